package dynamodb

import (
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) policyOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s.putResourcePolicy), bind(s.getResourcePolicy), bind(s.deleteResourcePolicy)}
}

// maxPolicy is how long a resource policy may be (developer guide, "Resource-based policy
// considerations").
const maxPolicy = 20 << 10

// A policy is that of a table or a stream.
type policy struct {
	bound    *fakeaws.ResourcePolicy
	revision string
}

// noPolicy is the policy of a table that has none.
var noPolicy = enforce.Empty(enforce.ResourcePolicy)

// current is the policy as it is in force now.
func (p *policy) current() *enforce.Policy {
	if p == nil {
		return noPolicy
	}
	return p.bound.Policy()
}

// newPolicy makes a policy with a revision id. The lock is held.
func (s *Fake) newPolicy(bound *fakeaws.ResourcePolicy) *policy {
	s.revisions++
	return &policy{bound, strconv.FormatInt(s.now().Truncate(time.Millisecond).UnixMilli()+int64(s.revisions), 10)} //nolint:gosec // they are few
}

// readPolicy reads a policy; nil of none.
func (s *Fake) readPolicy(call *fakeaws.Call, text *string) (*fakeaws.ResourcePolicy, *enforce.Policy, error) {
	if text == nil {
		return nil, nil, nil
	}
	if len(*text) > maxPolicy {
		return nil, nil, invalid(textPolicySize)
	}
	parsed, err := enforce.Parse(*text, enforce.ResourcePolicy, call.PolicySource)
	if err != nil {
		return nil, nil, invalidf(textPolicyWrong, err.Error())
	}
	bound, err := s.world.Bind(parsed)
	if err != nil {
		return nil, nil, invalidf(textPolicyWrong, err.Error())
	}
	return bound, parsed, nil
}

// A guarded is a table or a stream, as the operations on policies name it.
type guarded struct {
	*target
	stream *stream // nil for a table
	arn    string
}

// guarded finds the resource of an ARN. A stream is found with its table.
func (s *Fake) guarded(call *fakeaws.Call, resource *string) (*guarded, error) {
	name := *resource
	parsed, err := arn.Parse(name)
	if err != nil || parsed.Service != "dynamodb" {
		return nil, invalidf(textARN, "ResourceArn", name)
	}
	base, label, isStream := strings.Cut(name, "/stream/")
	g := &guarded{arn: name}
	if g.target, err = s.target(call, &base); err != nil {
		return nil, err
	}
	if isStream {
		s.mu.Lock()
		defer s.mu.Unlock()
		g.stream = s.streams[name]
		if g.stream == nil || g.id.region != call.Region {
			g.target = &target{id: g.id, named: name, document: noPolicy}
			g.stream = &stream{label: label}
		} else {
			g.document = g.stream.policy.current()
		}
	}
	return g, nil
}

// has reports whether the resource is still there. The lock is held.
func (g *guarded) has(s *Fake) bool {
	if g.stream != nil {
		return s.streams[g.arn] == g.stream
	}
	return g.table != nil && !g.table.gone
}

// place is where the policy is kept.
func (g *guarded) place() **policy {
	if g.stream != nil {
		return &g.stream.policy
	}
	return &g.table.policy
}

// onPolicy plans an operation on the policy of a resource.
func onPolicy[O any](s *Fake, call *fakeaws.Call, g *guarded, do func(**policy) (O, error), more ...fakeaws.Need) *fakeaws.Plan[O] {
	needs := append([]fakeaws.Need{g.needOn("dynamodb:"+call.Operation, g.arn)}, more...)
	return &fakeaws.Plan[O]{Needs: needs, Do: func() (none O, _ error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !g.has(s) {
			return none, notFoundf("Requested resource not found: ResourceArn: %s not found", g.arn)
		}
		return do(g.place())
	}}
}

// noPolicyRevision is the ExpectedRevisionId of a resource without a policy.
const noPolicyRevision = "NO_POLICY"

// expected refuses a change of another policy than the one that the caller has seen.
func expected(p *policy, revision *string, arn string) error {
	switch {
	case revision == nil:
		return nil
	case p == nil && *revision != noPolicyRevision:
		return noPolicyOf(arn)
	case p != nil && *revision != p.revision:
		return noPolicyRevisionOf(*revision)
	}
	return nil
}

// lockOut is the entry of the permission that a caller would have with a new policy.
const lockOut = 1

// putResourcePolicy gives a table or a stream a policy in place of any other. One that takes
// the permission to change it away from its caller must be confirmed.
func (s *Fake) putResourcePolicy(call *fakeaws.Call, in *dynamodb.PutResourcePolicyInput) (*fakeaws.Plan[*dynamodb.PutResourcePolicyOutput], error) {
	bound, parsed, err := s.readPolicy(call, in.Policy)
	if err != nil {
		return nil, err
	}
	g, err := s.guarded(call, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	later := g.needOn("dynamodb:PutResourcePolicy", g.arn)
	later.Policy, later.Optional, later.Entry = bound.Policy(), true, lockOut
	return onPolicy(s, call, g, func(at **policy) (*dynamodb.PutResourcePolicyOutput, error) {
		if err := expected(*at, in.ExpectedRevisionId, g.arn); err != nil {
			return nil, err
		}
		if call.EntryDenied(lockOut) && !in.ConfirmRemoveSelfResourceAccess {
			return nil, invalid(textPolicyLock)
		}
		if *at != nil && (*at).bound.Document() == bound.Document() { // "returns the same revision id"
			return &dynamodb.PutResourcePolicyOutput{RevisionId: aws.String((*at).revision)}, nil
		}
		*at = s.newPolicy(bound)
		call.Stores(parsed)
		return &dynamodb.PutResourcePolicyOutput{RevisionId: aws.String((*at).revision)}, nil
	}, later), nil
}

// getResourcePolicy answers the policy of a table or a stream.
func (s *Fake) getResourcePolicy(call *fakeaws.Call, in *dynamodb.GetResourcePolicyInput) (*fakeaws.Plan[*dynamodb.GetResourcePolicyOutput], error) {
	g, err := s.guarded(call, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return onPolicy(s, call, g, func(at **policy) (*dynamodb.GetResourcePolicyOutput, error) {
		if *at == nil {
			return nil, noPolicyOf(g.arn)
		}
		return &dynamodb.GetResourcePolicyOutput{Policy: aws.String((*at).bound.Document()), RevisionId: aws.String((*at).revision)}, nil
	}), nil
}

// deleteResourcePolicy removes the policy of a table or a stream, also where there is none.
func (s *Fake) deleteResourcePolicy(call *fakeaws.Call, in *dynamodb.DeleteResourcePolicyInput) (*fakeaws.Plan[*dynamodb.DeleteResourcePolicyOutput], error) {
	g, err := s.guarded(call, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return onPolicy(s, call, g, func(at **policy) (*dynamodb.DeleteResourcePolicyOutput, error) {
		if err := expected(*at, in.ExpectedRevisionId, g.arn); err != nil {
			return nil, err
		}
		out := new(dynamodb.DeleteResourcePolicyOutput)
		if *at != nil {
			out.RevisionId = aws.String((*at).revision)
			*at = nil
		}
		return out, nil
	}), nil
}
