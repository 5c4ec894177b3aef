package secretsmanager

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func (s *Fake) listOps() []fakeaws.Op {
	return []fakeaws.Op{fakeaws.Bind(s.listSecrets)}
}

const (
	// maxListed is how many secrets or versions a call lists that asks for no number: as
	// many as it may ask for.
	maxListed = 100
	// defaultOrder is that of a list for which none is asked: unverified.
	defaultOrder = types.SortOrderTypeDesc
)

// listSecrets lists the caller's secrets in the call's region.
func (s *Fake) listSecrets(call *fakeaws.Call, in *sm.ListSecretsInput) (*fakeaws.Plan[*sm.ListSecretsOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	match, err := filter(in.Filters)
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*sm.ListSecretsOutput]{Needs: []fakeaws.Need{anywhere(call, "secretsmanager:ListSecrets")}, Do: func() (*sm.ListSecretsOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		p, err := s.listed(call, listing{
			keep: func(x *secret) bool { return (x.deleted.IsZero() || aws.ToBool(in.IncludePlannedDeletion)) && match(x) },
			by:   in.SortBy, order: in.SortOrder, token: in.NextToken, size: page.Size(in.MaxResults, maxListed),
		})
		if err != nil {
			return nil, err
		}
		out := &sm.ListSecretsOutput{NextToken: p.Next, SecretList: make([]types.SecretListEntry, len(p.Items))}
		for i, x := range p.Items {
			out.SecretList[i] = x.entry()
		}
		return out, nil
	}}, nil
}

// anywhere is a permission on no resource in particular.
func anywhere(call *fakeaws.Call, action string) fakeaws.Need {
	return fakeaws.Need{Action: action, Resource: "*", ResourceAccount: call.Account}
}

// A listing says which secrets a call lists, and in which order.
type listing struct {
	keep  func(*secret) bool
	by    types.SortByType
	order types.SortOrderType
	token *string
	size  int
}

// listed returns a page of secrets. The lock is held.
func (s *Fake) listed(call *fakeaws.Call, l listing) (page.Page[*secret], error) {
	after, ok := page.After(l.token)
	if !ok {
		return page.Page[*secret]{}, invalidToken()
	}
	type keyed struct {
		key    string
		secret *secret
	}
	now := s.now()
	var all []keyed
	for id, x := range s.secrets {
		if len(all)%1024 == 1023 && call.Err() != nil {
			return page.Page[*secret]{}, call.Err()
		}
		if id.account == call.Account && id.region == call.Region && !x.expired(now) && l.keep(x) {
			all = append(all, keyed{l.key(x), x})
		}
	}
	slices.SortFunc(all, func(a, b keyed) int { return strings.Compare(a.key, b.key) })
	return page.Of(page.Sorted(all, func(k keyed) string { return k.key }), after, l.size, page.Every(func(k keyed) *secret { return k.secret })), nil
}

// key is what a secret is sorted by, with the name behind it: no two are the same.
func (l *listing) key(x *secret) string {
	var at time.Time
	switch l.by {
	case types.SortByTypeName:
	case types.SortByTypeLastAccessedDate:
		at = day(x.accessed)
	case types.SortByTypeLastChangedDate:
		at = x.changed
	default:
		at = x.created
	}
	key := fmt.Sprintf("%020d", max(at.UnixMilli(), 0)) + x.id.name
	if cmp.Or(l.order, defaultOrder) == types.SortOrderTypeAsc {
		return key
	}
	inverted := make([]byte, len(key)+1) // a name comes behind those that begin with it
	for i := range len(key) {
		inverted[i] = ^key[i]
	}
	inverted[len(key)] = 0xff
	return string(inverted)
}

// filter reads filters: a secret must match one value of each.
func filter(filters []types.Filter) (func(*secret) bool, error) {
	seen := make(map[types.FilterNameStringType]bool, len(filters))
	for _, f := range filters {
		if seen[f.Key] {
			return nil, invalidParameterf(textFilterTwice, f.Key)
		}
		seen[f.Key] = true
	}
	return func(x *secret) bool {
		for _, f := range filters {
			if !matches(x, &f) {
				return false
			}
		}
		return true
	}, nil
}

// matches reports whether a secret has one of the values of a filter. One with "!" in front
// is not to be had by it: "You can prefix your search value with an exclamation mark in
// order to perform negation filters."
func matches(x *secret, f *types.Filter) bool {
	return slices.ContainsFunc(f.Values, func(value string) bool {
		value, negated := strings.CutPrefix(value, "!")
		return has(x, f.Key, value) != negated
	})
}

// has reports whether an attribute of a secret begins with a value.
func has(x *secret, key types.FilterNameStringType, value string) bool {
	switch key {
	case types.FilterNameStringTypeDescription:
		return strings.HasPrefix(strings.ToLower(x.description), strings.ToLower(value))
	case types.FilterNameStringTypeName:
		return strings.HasPrefix(x.id.name, value)
	case types.FilterNameStringTypePrimaryRegion:
		return strings.HasPrefix(x.region(), value)
	case types.FilterNameStringTypeOwningService:
		return false // no secret here is of another service
	case types.FilterNameStringTypeTagKey:
		return anyTag(x, func(key, _ string) bool { return strings.HasPrefix(key, value) })
	case types.FilterNameStringTypeTagValue:
		return anyTag(x, func(_, v string) bool { return strings.HasPrefix(v, value) })
	}
	return hasWord(x, value)
}

func anyTag(x *secret, is func(key, value string) bool) bool {
	for key, value := range x.tags {
		if is(key, value) {
			return true
		}
	}
	return false
}

// hasWord reports whether the name, the description or a tag has one of the words of a text:
// "searching for My_Secret matches secrets with the word my or secret". That a word is found
// as a part of another is unverified.
func hasWord(x *secret, text string) bool {
	attributes := []string{x.id.name, x.description}
	for key, value := range x.tags {
		attributes = append(attributes, key, value)
	}
	all := strings.ToLower(strings.Join(attributes, "\n"))
	return slices.ContainsFunc(words(text), func(word string) bool { return strings.Contains(all, strings.ToLower(word)) })
}

// words breaks a text into words, which are "separated by any change from uppercase to
// lowercase, from letter to number, or from number/letter to punctuation", and have letters
// and digits alone: credsDatabase#892 are creds, Database and 892.
func words(text string) (all []string) {
	begin, before := 0, byte(0)
	cut := func(end int) {
		if begin < end {
			all = append(all, text[begin:end])
		}
		begin = end
	}
	for i := range len(text) {
		c := text[i]
		switch {
		case !isAlphanumeric(c):
			cut(i)
			begin = i + 1
		case i > begin && (isUpper(c) && !isUpper(before) || isDigit(c) != isDigit(before)):
			cut(i)
		}
		before = c
	}
	cut(len(text))
	return all
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
