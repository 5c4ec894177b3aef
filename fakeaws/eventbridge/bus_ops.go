package eventbridge

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func (s *Fake) busOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createEventBus),
		fakeaws.Bind(s.updateEventBus),
		fakeaws.Bind(s.deleteEventBus),
		fakeaws.Bind(s.describeEventBus),
		fakeaws.Bind(s.listEventBuses),
	}
}

// maxBuses is how many event buses an account has in a region (user guide, "EventBridge
// quotas").
const maxBuses = 100

// maxListed is how many things a call lists: as many as it may ask for.
const maxListed = 100

// createEventBus makes a bus. One for the events of a partner there is not.
func (s *Fake) createEventBus(call *fakeaws.Call, in *eb.CreateEventBusInput) (*fakeaws.Plan[*eb.CreateEventBusOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	switch {
	case in.EventSourceName != nil:
		return nil, notImplemented("partner event sources are not there")
	case strings.Contains(*in.Name, "/"):
		return nil, invalid(textBusSlash)
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	id := busID{call.Account, call.Region, *in.Name}
	need := fakeaws.Need{Action: "events:CreateEventBus", Resource: id.arn(), ResourceAccount: id.account}
	setRequestTags(&need.Context, in.Tags)
	return planned(s, tagging(need, in.Tags), func() (*eb.CreateEventBusOutput, error) {
		if s.bus(id) != nil {
			return nil, exists(textBusExists, id.name)
		}
		if len(s.busesOf(call.Account, call.Region)) > maxBuses {
			return nil, tooMany()
		}
		now := s.now()
		s.buses[id] = &bus{
			id: id, description: in.Description, kmsKey: in.KmsKeyIdentifier, dead: in.DeadLetterConfig, logs: in.LogConfig,
			tags: tagsOf(in.Tags), created: now, changed: now, rules: make(map[string]*rule),
		}
		return &eb.CreateEventBusOutput{
			EventBusArn: aws.String(id.arn()), Description: in.Description, KmsKeyIdentifier: in.KmsKeyIdentifier,
			DeadLetterConfig: in.DeadLetterConfig, LogConfig: in.LogConfig,
		}, nil
	}), nil
}

// tagging adds the permission to tag to that of a call that makes something with tags.
func tagging(need fakeaws.Need, tags []types.Tag) []fakeaws.Need {
	needs := []fakeaws.Need{need}
	if len(tags) > 0 {
		tag := need
		tag.Action, tag.Context = "events:TagResource", need.Context.Clone()
		needs = append(needs, tag)
	}
	return needs
}

// busesOf are the buses of an account in a region, by name. The lock is held.
func (s *Fake) busesOf(account, region string) []*bus {
	s.bus(busID{account, region, defaultName})
	var all []*bus
	for id, b := range s.buses {
		if id.account == account && id.region == region {
			all = append(all, b)
		}
	}
	slices.SortFunc(all, func(a, b *bus) int { return strings.Compare(a.id.name, b.id.name) })
	return all
}

// updateEventBus replaces the settings that the call has; the others stay.
func (s *Fake) updateEventBus(call *fakeaws.Call, in *eb.UpdateEventBusInput) (*fakeaws.Plan[*eb.UpdateEventBusOutput], error) {
	return onBus(s, call, in, in.Name, func(b *bus) (*eb.UpdateEventBusOutput, error) {
		if in.Description != nil {
			b.description = in.Description
		}
		if in.KmsKeyIdentifier != nil {
			b.kmsKey = in.KmsKeyIdentifier
		}
		if in.DeadLetterConfig != nil {
			b.dead = in.DeadLetterConfig
		}
		if in.LogConfig != nil {
			b.logs = in.LogConfig
		}
		b.changed = s.now()
		return &eb.UpdateEventBusOutput{
			Arn: aws.String(b.id.arn()), Name: aws.String(b.id.name), Description: b.description, KmsKeyIdentifier: b.kmsKey,
			DeadLetterConfig: b.dead, LogConfig: b.logs,
		}, nil
	})
}

func (s *Fake) deleteEventBus(call *fakeaws.Call, in *eb.DeleteEventBusInput) (*fakeaws.Plan[*eb.DeleteEventBusOutput], error) {
	if aws.ToString(in.Name) == defaultName {
		return nil, invalid(textDefaultBus)
	}
	return onBus(s, call, in, in.Name, func(b *bus) (*eb.DeleteEventBusOutput, error) {
		if b.id.name == defaultName {
			return nil, invalid(textDefaultBus)
		}
		if len(b.rules) > 0 {
			return nil, invalid(textBusHasRules)
		}
		b.gone = true
		delete(s.buses, b.id)
		return &eb.DeleteEventBusOutput{}, nil
	})
}

func (s *Fake) describeEventBus(call *fakeaws.Call, in *eb.DescribeEventBusInput) (*fakeaws.Plan[*eb.DescribeEventBusOutput], error) {
	return onBus(s, call, in, in.Name, func(b *bus) (*eb.DescribeEventBusOutput, error) {
		out := &eb.DescribeEventBusOutput{
			Arn: aws.String(b.id.arn()), Name: aws.String(b.id.name), Description: b.description, KmsKeyIdentifier: b.kmsKey,
			DeadLetterConfig: b.dead, LogConfig: b.logs, Policy: b.document(),
		}
		out.CreationTime, out.LastModifiedTime = b.times()
		return out, nil
	})
}

func (s *Fake) listEventBuses(call *fakeaws.Call, in *eb.ListEventBusesInput) (*fakeaws.Plan[*eb.ListEventBusesOutput], error) {
	return onAccount(s, call, in, func() (*eb.ListEventBusesOutput, error) {
		p, err := listed(s.busesOf(call.Account, call.Region), in.NextToken, in.Limit, in.NamePrefix,
			func(b *bus) string { return b.id.name }, (*bus).entry)
		if err != nil {
			return nil, err
		}
		return &eb.ListEventBusesOutput{EventBuses: p.Items, NextToken: p.Next}, nil
	})
}

// listed is a page of a list that is in the order of names.
func listed[V, T any](all []V, token *string, limit *int32, prefix *string, name func(V) string, show func(V) T) (page.Page[T], error) {
	after, ok := page.After(token)
	if !ok {
		return page.Page[T]{}, invalid(textToken)
	}
	if prefix != nil {
		all = slices.DeleteFunc(all, func(v V) bool { return !strings.HasPrefix(name(v), *prefix) })
	}
	return page.Of(page.Sorted(all, name), after, page.Size(limit, maxListed), page.Every(show)), nil
}

// inOrder are the values of a map in the order of its keys.
func inOrder[V any](m map[string]V) []V {
	all := make([]V, 0, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		all = append(all, m[key])
	}
	return all
}
