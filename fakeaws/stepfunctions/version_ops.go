package stepfunctions

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func (s *Fake) versionOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.publishStateMachineVersion),
		fakeaws.Bind(s.deleteStateMachineVersion),
		fakeaws.Bind(s.listStateMachineVersions),
	}
}

// maxVersions is how many versions a state machine has ("Quotas related to state machines").
const maxVersions = 1000

// pageSize is how many things a list call returns that does not say how many.
const pageSize = 100

// paged returns a page of things that are in the order of their keys.
func paged[V, T any](all []V, key func(V) string, token *string, size int32, show func(V) T) (page.Page[T], error) {
	after, ok := page.After(token)
	if !ok {
		return page.Page[T]{}, invalidToken()
	}
	most := int(size)
	if most == 0 {
		most = pageSize
	}
	return page.Of(page.Sorted(all, key), after, most, page.Every(show)), nil
}

// publish makes a version of the current revision.
func (m *machine) publish(description string, now time.Time) *version {
	m.latest++
	v := &version{number: m.latest, revision: m.current, description: description, created: now}
	m.versions = append(m.versions, v)
	return v
}

// published is the version of a revision; nil where there is none.
func (m *machine) published(r *revision) *version {
	i := slices.IndexFunc(m.versions, func(v *version) bool { return v.revision == r })
	if i < 0 {
		return nil
	}
	return m.versions[i]
}

// publishStateMachineVersion makes a version of the current revision, or finds that it has
// one.
func (s *Fake) publishStateMachineVersion(call *fakeaws.Call, in *sfn.PublishStateMachineVersionInput) (*fakeaws.Plan[*sfn.PublishStateMachineVersionOutput], error) {
	return onMachine(s, call, in, in.StateMachineArn, func(t *target) (*sfn.PublishStateMachineVersionOutput, error) {
		if err := t.plain(); err != nil {
			return nil, err
		}
		if t.deleting {
			return nil, deleting(t.arn)
		}
		revision := t.current.id
		if revision == "" {
			revision = "INITIAL"
		}
		if in.RevisionId != nil && *in.RevisionId != revision {
			return nil, conflict(textRevision, *in.RevisionId)
		}
		v := t.published(t.current)
		switch {
		case v != nil && in.Description != nil && *in.Description != v.description:
			return nil, conflict(textVersionTwice, v.arn(t.machine))
		case v == nil && len(t.versions) >= maxVersions:
			return nil, quotaExceeded(textManyVersions)
		case v == nil:
			v = t.publish(aws.ToString(in.Description), s.now())
		}
		return &sfn.PublishStateMachineVersionOutput{CreationDate: &v.created, StateMachineVersionArn: aws.String(v.arn(t.machine))}, nil
	})
}

// deleteStateMachineVersion deletes a version that no alias leads to. One that does not exist
// is fine.
func (s *Fake) deleteStateMachineVersion(call *fakeaws.Call, in *sfn.DeleteStateMachineVersionInput) (*fakeaws.Plan[*sfn.DeleteStateMachineVersionOutput], error) {
	t, err := s.target(call, in, in.StateMachineVersionArn, call.Operation)
	if err != nil {
		return nil, err
	}
	if !isNumber(t.ref.rest) {
		return nil, invalidARN(textResourceType, t.ref.text)
	}
	return &fakeaws.Plan[*sfn.DeleteStateMachineVersionOutput]{Needs: []fakeaws.Need{t.need}, Do: func() (*sfn.DeleteStateMachineVersionOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if t.machine == nil || t.gone {
			return &sfn.DeleteStateMachineVersionOutput{}, nil
		}
		for _, a := range t.aliases {
			for _, r := range a.routes {
				if *r.StateMachineVersionArn == t.ref.text {
					return nil, conflict(textVersionInUse, a.name)
				}
			}
		}
		n, _ := strconv.Atoi(t.ref.rest)
		t.versions = slices.DeleteFunc(t.versions, func(v *version) bool { return v.number == n })
		return &sfn.DeleteStateMachineVersionOutput{}, nil
	}}, nil
}

// listStateMachineVersions lists the versions of a state machine, the latest first.
func (s *Fake) listStateMachineVersions(call *fakeaws.Call, in *sfn.ListStateMachineVersionsInput) (*fakeaws.Plan[*sfn.ListStateMachineVersionsOutput], error) {
	return onMachine(s, call, in, in.StateMachineArn, func(t *target) (*sfn.ListStateMachineVersionsOutput, error) {
		if err := t.plain(); err != nil {
			return nil, err
		}
		all := slices.Clone(t.versions)
		slices.Reverse(all)
		p, err := paged(all, func(v *version) string { return descending(v.number) }, in.NextToken, in.MaxResults, func(v *version) types.StateMachineVersionListItem {
			return types.StateMachineVersionListItem{CreationDate: &v.created, StateMachineVersionArn: aws.String(v.arn(t.machine))}
		})
		if err != nil {
			return nil, err
		}
		return &sfn.ListStateMachineVersionsOutput{StateMachineVersions: p.Items, NextToken: p.Next}, nil
	})
}

// descending is a key by which larger numbers come first.
func descending(n int) string { return fmt.Sprintf("%012d", 999_999_999_999-n) }
