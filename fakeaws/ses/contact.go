package ses

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A contactList is the people that an account writes to, with the topics that they can choose.
type contactList struct {
	name             string
	description      *string
	topics           []types.Topic
	tags             map[string]string
	created, updated time.Time
	contacts         map[string]*contact
}

type contact struct {
	address          string
	attributes       *string
	preferences      []types.TopicPreference
	unsubscribed     bool
	created, updated time.Time
}

var lists = &kind[*contactList]{
	prefix:  "contact-list/",
	in:      func(r *region) map[string]*contactList { return r.lists },
	tags:    func(x *contactList) map[string]string { return x.tags },
	missing: missingFor("", textNoList),
	exists:  existsFor("", textListExists),
}

// The quotas of contact lists ("Service quotas in Amazon SES": one list, 20 topics; contacts
// are kept in memory here, and fewer).
const (
	maxLists    = 1
	maxTopics   = 20
	maxContacts = 100_000
)

func (s fakeV2) contactListOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.createContactList),
		bind(s.updateContactList),
		bind(s.deleteContactList),
		bind(s.getContactList),
		bind(s.listContactLists),
	}
}

func (s fakeV2) contactOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.createContact),
		bind(s.updateContact),
		bind(s.deleteContact),
		bind(s.getContact),
		bind(s.listContacts),
	}
}

func (s fakeV2) createContactList(call *fakeaws.Call, in *sesv2.CreateContactListInput) (*fakeaws.Plan[*sesv2.CreateContactListOutput], error) {
	tags, err := tagsOf(call, in.Tags)
	if err != nil {
		return nil, err
	}
	if len(in.Topics) > maxTopics {
		return nil, limitExceeded(call, textManyResources, maxTopics)
	}
	return create(s.Fake, call, lists, aws.ToString(in.ContactListName), tags, func(r *region) (*contactList, *sesv2.CreateContactListOutput, error) {
		if len(r.lists) >= maxLists {
			return nil, nil, limitExceeded(call, textOneList)
		}
		now := s.now().Truncate(time.Millisecond)
		return &contactList{name: *in.ContactListName, description: in.Description, topics: in.Topics, tags: tags, created: now, updated: now, contacts: make(map[string]*contact)},
			&sesv2.CreateContactListOutput{}, nil
	})
}

func (s fakeV2) updateContactList(call *fakeaws.Call, in *sesv2.UpdateContactListInput) (*fakeaws.Plan[*sesv2.UpdateContactListOutput], error) {
	if len(in.Topics) > maxTopics {
		return nil, limitExceeded(call, textManyResources, maxTopics)
	}
	return on(s.Fake, call, lists, aws.ToString(in.ContactListName), func(_ *region, x *contactList) (*sesv2.UpdateContactListOutput, error) {
		x.description, x.topics, x.updated = in.Description, in.Topics, s.now().Truncate(time.Millisecond)
		return &sesv2.UpdateContactListOutput{}, nil
	})
}

func (s fakeV2) deleteContactList(call *fakeaws.Call, in *sesv2.DeleteContactListInput) (*fakeaws.Plan[*sesv2.DeleteContactListOutput], error) {
	return on(s.Fake, call, lists, aws.ToString(in.ContactListName), func(r *region, x *contactList) (*sesv2.DeleteContactListOutput, error) {
		delete(r.lists, x.name)
		return &sesv2.DeleteContactListOutput{}, nil
	})
}

func (s fakeV2) getContactList(call *fakeaws.Call, in *sesv2.GetContactListInput) (*fakeaws.Plan[*sesv2.GetContactListOutput], error) {
	return on(s.Fake, call, lists, aws.ToString(in.ContactListName), func(_ *region, x *contactList) (*sesv2.GetContactListOutput, error) {
		return &sesv2.GetContactListOutput{
			ContactListName: aws.String(x.name), Description: x.description, Topics: x.topics, Tags: shownTags(x.tags),
			CreatedTimestamp: aws.Time(x.created), LastUpdatedTimestamp: aws.Time(x.updated),
		}, nil
	})
}

func (s fakeV2) listContactLists(call *fakeaws.Call, in *sesv2.ListContactListsInput) (*fakeaws.Plan[*sesv2.ListContactListsOutput], error) {
	return onAccount(s.Fake, call, func(r *region) (*sesv2.ListContactListsOutput, error) {
		p, err := pageOf(call, r.lists, in.NextToken, sizeOf(in.PageSize, maxItems), func(name string, x *contactList) (types.ContactList, bool) {
			return types.ContactList{ContactListName: aws.String(name), LastUpdatedTimestamp: aws.Time(x.updated)}, true
		})
		return &sesv2.ListContactListsOutput{ContactLists: p.Items, NextToken: p.Next}, err
	})
}

// checkPreferences refuses topics that the list has not.
func (x *contactList) checkPreferences(call *fakeaws.Call, preferences []types.TopicPreference) error {
	for _, p := range preferences {
		if !slices.ContainsFunc(x.topics, func(t types.Topic) bool { return aws.ToString(t.TopicName) == aws.ToString(p.TopicName) }) {
			return invalid(call, textNoTopic, x.name, aws.ToString(p.TopicName))
		}
	}
	return nil
}

// onContact plans an operation on a contact, which takes the permission on its list.
func onContact[O any](s fakeV2, call *fakeaws.Call, list, address *string, do func(*contactList, *contact) (O, error)) (*fakeaws.Plan[O], error) {
	a, ok := parseAddress(aws.ToString(address))
	if !ok {
		return nil, invalid(call, textAddress, aws.ToString(address))
	}
	return on(s.Fake, call, lists, aws.ToString(list), func(_ *region, x *contactList) (none O, err error) {
		c := x.contacts[a.Address]
		if c == nil {
			return none, fail(call, "", "NotFoundException", textNoContact, a.Address, x.name)
		}
		return do(x, c)
	})
}

func (s fakeV2) createContact(call *fakeaws.Call, in *sesv2.CreateContactInput) (*fakeaws.Plan[*sesv2.CreateContactOutput], error) {
	a, ok := parseAddress(aws.ToString(in.EmailAddress))
	if !ok {
		return nil, invalid(call, textAddress, aws.ToString(in.EmailAddress))
	}
	return on(s.Fake, call, lists, aws.ToString(in.ContactListName), func(_ *region, x *contactList) (*sesv2.CreateContactOutput, error) {
		switch {
		case x.contacts[a.Address] != nil:
			return nil, fail(call, "", "AlreadyExistsException", textContactExists, a.Address, x.name)
		case len(x.contacts) >= maxContacts:
			return nil, limitExceeded(call, textManyResources, maxContacts)
		}
		if err := x.checkPreferences(call, in.TopicPreferences); err != nil {
			return nil, err
		}
		now := s.now().Truncate(time.Millisecond)
		x.contacts[a.Address] = &contact{a.Address, in.AttributesData, in.TopicPreferences, in.UnsubscribeAll, now, now}
		return &sesv2.CreateContactOutput{}, nil
	})
}

func (s fakeV2) updateContact(call *fakeaws.Call, in *sesv2.UpdateContactInput) (*fakeaws.Plan[*sesv2.UpdateContactOutput], error) {
	return onContact(s, call, in.ContactListName, in.EmailAddress, func(x *contactList, c *contact) (*sesv2.UpdateContactOutput, error) {
		if err := x.checkPreferences(call, in.TopicPreferences); err != nil {
			return nil, err
		}
		c.attributes, c.preferences, c.unsubscribed, c.updated = in.AttributesData, in.TopicPreferences, in.UnsubscribeAll, s.now().Truncate(time.Millisecond)
		return &sesv2.UpdateContactOutput{}, nil
	})
}

func (s fakeV2) deleteContact(call *fakeaws.Call, in *sesv2.DeleteContactInput) (*fakeaws.Plan[*sesv2.DeleteContactOutput], error) {
	return onContact(s, call, in.ContactListName, in.EmailAddress, func(x *contactList, c *contact) (*sesv2.DeleteContactOutput, error) {
		delete(x.contacts, c.address)
		return &sesv2.DeleteContactOutput{}, nil
	})
}

// defaults are the preferences of who has chosen none.
func (x *contactList) defaults() (all []types.TopicPreference) {
	for _, t := range x.topics {
		all = append(all, types.TopicPreference{TopicName: t.TopicName, SubscriptionStatus: t.DefaultSubscriptionStatus})
	}
	return all
}

func (s fakeV2) getContact(call *fakeaws.Call, in *sesv2.GetContactInput) (*fakeaws.Plan[*sesv2.GetContactOutput], error) {
	return onContact(s, call, in.ContactListName, in.EmailAddress, func(x *contactList, c *contact) (*sesv2.GetContactOutput, error) {
		return &sesv2.GetContactOutput{
			ContactListName: aws.String(x.name), EmailAddress: aws.String(c.address), AttributesData: c.attributes, TopicPreferences: c.preferences,
			TopicDefaultPreferences: x.defaults(), UnsubscribeAll: c.unsubscribed, CreatedTimestamp: aws.Time(c.created), LastUpdatedTimestamp: aws.Time(c.updated),
		}, nil
	})
}

// matches reports whether a filter lets a contact pass.
func (x *contactList) matches(c *contact, filter *types.ListContactsFilter) bool {
	if filter == nil || filter.FilteredStatus == "" && filter.TopicFilter == nil {
		return true
	}
	if filter.TopicFilter == nil || filter.TopicFilter.TopicName == nil {
		return c.unsubscribed == (filter.FilteredStatus == types.SubscriptionStatusOptOut)
	}
	for _, list := range [][]types.TopicPreference{c.preferences, x.defaults()} {
		for _, p := range list {
			if aws.ToString(p.TopicName) == *filter.TopicFilter.TopicName {
				return filter.FilteredStatus == "" || p.SubscriptionStatus == filter.FilteredStatus
			}
		}
		if !filter.TopicFilter.UseDefaultIfPreferenceUnavailable {
			return false
		}
	}
	return false
}

func (s fakeV2) listContacts(call *fakeaws.Call, in *sesv2.ListContactsInput) (*fakeaws.Plan[*sesv2.ListContactsOutput], error) {
	return on(s.Fake, call, lists, aws.ToString(in.ContactListName), func(_ *region, x *contactList) (*sesv2.ListContactsOutput, error) {
		p, err := pageOf(call, x.contacts, in.NextToken, sizeOf(in.PageSize, maxItems), func(_ string, c *contact) (types.Contact, bool) {
			return types.Contact{
				EmailAddress: aws.String(c.address), TopicPreferences: c.preferences, TopicDefaultPreferences: x.defaults(), UnsubscribeAll: c.unsubscribed,
				LastUpdatedTimestamp: aws.Time(c.updated),
			}, x.matches(c, in.Filter)
		})
		return &sesv2.ListContactsOutput{Contacts: p.Items, NextToken: p.Next}, err
	})
}
