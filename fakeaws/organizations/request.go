package organizations

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// An audience says which accounts of the organization an operation is for, beside
// the management account, as the API reference has it.
type audience int

const (
	// management alone.
	management audience = iota
	// delegates are the accounts that the delegation policy names.
	delegates
	// readers are these and the delegated administrators of services.
	readers
	// everyone is every member account.
	everyone
)

// about says what a call is about: its resources and the values of its condition keys,
// as the Service Authorization Reference has them.
type about struct {
	// ids are the resources of the call, in the order in which they are authorized.
	// One that is nil is left out.
	ids []*string
	// resource is what a call without ids is authorized on; nil is "*".
	resource   func(*organization) string
	policyType types.PolicyType
	service    *string // a service principal
	tags       []types.Tag
	creates    bool     // the tags are those of a resource that the call makes
	tagKeys    []string // of tags that the call removes
	// more returns what the call needs beside its own action; nil is nothing.
	more func(*request) []fakeaws.Need
}

// A request is a call with what its plan has found. An operation finds what the plan
// has looked up and nothing else, so that it changes only what was authorized.
type request struct {
	*organization // the caller's; nil when its account is in none
	fake          *Fake
	call          *fakeaws.Call
	about         about
	found         []found // by the ids of about
}

// found is what an id names: one of these, or nothing.
type found struct {
	id         string
	node       *node
	policy     *policy
	delegation *delegationPolicy
	handshake  *handshake // of any organization
}

func (s *Fake) find(o *organization, id string) found {
	f := found{id: id}
	f.handshake, _ = s.handshakes.Get(id)
	if o == nil {
		return f
	}
	f.node = o.nodes[id]
	f.policy, _ = o.policies.Get(id)
	if o.delegation != nil && o.delegation.id == id {
		f.delegation = o.delegation
	}
	return f
}

// plan checks the input of a call, finds what it is about, and returns the permissions
// that it needs.
func (s *Fake) plan(call *fakeaws.Call, in any, who audience, what about) (*request, []fakeaws.Need, error) {
	if err := check(in); err != nil {
		return nil, nil, err
	}
	if len(what.tags) > maxTags || len(what.tagKeys) > maxTags { // each becomes a condition key
		return nil, nil, violates(types.ConstraintViolationExceptionReasonMaxTagLimitExceeded, tooManyTags)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &request{organization: s.byMember[call.Account], about: what, fake: s, call: call}
	for _, id := range r.about.ids {
		if id != nil {
			r.found = append(r.found, s.find(r.organization, *id))
		}
	}
	return r, r.needs(who), nil
}

// onOrganization plans an operation on the caller's organization. The lock is held
// while it is performed.
func onOrganization[O any](s *Fake, call *fakeaws.Call, in any, who audience, what about, do func(*request) (O, error)) (*fakeaws.Plan[O], error) {
	r, needs, err := s.plan(call, in, who, what)
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[O]{Needs: needs, Do: func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if r.organization == nil || s.byMember[call.Account] == nil {
			return none, notInUse()
		}
		if err := r.unmoved(); err != nil {
			return none, err
		}
		r.clean()
		return do(r)
	}}, nil
}

// changing plans an operation that changes what later authorizations depend on. The
// change counts from its return on.
func changing[O any](s *Fake, call *fakeaws.Call, in any, who audience, what about, do func(*request) (O, error)) (*fakeaws.Plan[O], error) {
	return onOrganization(s, call, in, who, what, func(r *request) (O, error) {
		out, err := do(r)
		if err == nil {
			r.publish()
		}
		return out, err
	})
}

// unmoved refuses a call whose account has joined or left an organization since the
// call was planned. That AWS answers so is unverified.
func (r *request) unmoved() error {
	if r.fake.byMember[r.call.Account] != r.organization {
		return &types.ConcurrentModificationException{Message: aws.String(modifiedMeanwhile)}
	}
	return nil
}

// get returns what the plan has found by an id, and nothing when that is not there any
// more: an account that has left and come back is another member.
func (r *request) get(id *string) found {
	for _, f := range r.found {
		if f.id == *id && f == r.fake.find(r.organization, *id) {
			return f
		}
	}
	return found{id: *id}
}

// needs asks for the operation's action on each resource that the call names.
func (r *request) needs(who audience) []fakeaws.Need {
	base := fakeaws.Need{Action: "organizations:" + r.call.Operation, Resource: "*", ResourceAccount: r.call.Account}
	r.guard(who, &base)
	var needs []fakeaws.Need
	for _, f := range r.found {
		need := base
		need.Resource = r.arnOf(f)
		r.setKeys(&need, f)
		needs = append(needs, need)
	}
	if len(needs) == 0 {
		if r.about.resource != nil {
			base.Resource = r.about.resource(r.organization)
		}
		r.setKeys(&base, found{})
		needs = append(needs, base)
	}
	if r.about.more != nil {
		needs = append(needs, r.about.more(r)...)
	}
	// "If the request includes tags, then the requester must have the
	// organizations:TagResource permission."
	if r.about.creates && len(r.about.tags) > 0 {
		need := needs[0]
		need.Action = "organizations:TagResource"
		needs = append(needs, need)
	}
	return needs
}

// guard adds the policy that member accounts need for an operation that is not for all
// of them: the organization's own resource-based policy, in the management account.
func (r *request) guard(who audience, need *fakeaws.Need) {
	o := r.organization
	if o == nil || who == everyone {
		return
	}
	if who == readers && r.call.Account != o.management && o.nodes[r.call.Account].account.delegated.Len() > 0 {
		return // "or a member account that is a delegated administrator"
	}
	need.ResourceAccount = o.management
	if who >= delegates && o.delegation != nil {
		need.Policy = o.delegation.bound.Policy()
	}
}

// setKeys sets the condition keys of a call and of the resource that it is about.
// Attaching a policy to a target has the policy's type on both.
func (r *request) setKeys(need *fakeaws.Need, resource found) {
	c, policyType := &need.Context, r.about.policyType
	for _, f := range r.found {
		if f.policy != nil {
			policyType = descriptions[f.policy.policyType].name
		}
	}
	if tags := resource.tags(); tags != nil {
		tags.tags.Scan(func(key, value string) bool {
			c.Set("aws:ResourceTag/"+key, value)
			return true
		})
	}
	if policyType != "" {
		c.Set("organizations:PolicyType", string(policyType))
	}
	if service := aws.ToString(r.about.service); service != "" {
		c.Set("organizations:ServicePrincipal", service)
	}
	fakeaws.SetRequestTags(c, r.about.tags, func(t types.Tag) (key, value string) { return *t.Key, *t.Value })
	fakeaws.SetTagKeys(c, r.about.tagKeys)
}

// arnOf is the ARN of a resource. What AWS evaluates for one that does not exist, or
// for a caller without an organization, is unverified.
func (r *request) arnOf(f found) string {
	o := r.organization
	switch {
	case f.handshake != nil: // it has one for both its sides
		return *f.handshake.shown.Arn
	case o == nil:
		return "*"
	case f.node != nil:
		return f.node.arn
	case f.policy != nil:
		return f.policy.arn
	}
	switch prefix, _, _ := strings.Cut(f.id, "-"); prefix {
	case "r":
		return o.arn("root", o.id, f.id)
	case "ou":
		return o.arn("ou", o.id, f.id)
	case "rp":
		return o.arn("resourcepolicy", o.id, f.id)
	case "h":
		return o.arn("handshake", o.id, "invite", f.id)
	case "p":
		return o.arn("policy", o.id, descriptions[scp].path, f.id)
	}
	return o.arn("account", o.id, f.id)
}
