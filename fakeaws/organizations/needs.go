package organizations

import (
	"context"
	"reflect"
	"strings"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// An audience says which accounts of the organization an operation is for, beside
// the management account.
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

// bind makes the row of an operation. The actions have the names of their
// operations; what a call is about, the members of its input say: those that are
// ids of resources are what it is authorized on, as the Service Authorization
// Reference has it.
func bind[I, O any](s *Fake, method func(context.Context, *I) (*O, error), who audience) fakeaws.Op {
	m := sync.OnceValue(func() *inputMembers { return membersOf(reflect.TypeFor[I]()) })
	return fakeaws.BindMethod(method, func(ctx context.Context, in *I) ([]fakeaws.Need, error) {
		if err := check(in); err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		q := query{fake: s, call: fakeaws.CallFrom(ctx), in: reflect.ValueOf(in).Elem(), inputMembers: m()}
		q.organization = s.byMember[q.call.Account]
		return q.needs(who), nil
	})
}

// inputMembers are the members of an input that authorization looks at, by their
// index.
type inputMembers struct {
	operation string
	ids       []int
	// policyType, service, tags and tagKeys are -1 where there is none.
	policyType, service, tags, tagKeys int
}

func membersOf(t reflect.Type) *inputMembers {
	m := &inputMembers{operation: strings.TrimSuffix(t.Name(), "Input"), policyType: -1, service: -1, tags: -1, tagKeys: -1}
	for i := range t.NumField() {
		f := t.Field(i)
		switch {
		case f.Name == "CreateAccountRequestId":
		case f.Type == reflect.TypeFor[*string]() && strings.HasSuffix(f.Name, "Id"):
			m.ids = append(m.ids, i)
		case f.Type == reflect.TypeFor[types.PolicyType](), f.Type == reflect.TypeFor[types.EffectivePolicyType]():
			m.policyType = i
		case f.Name == "ServicePrincipal":
			m.service = i
		case f.Type == reflect.TypeFor[[]types.Tag]():
			m.tags = i
		case f.Name == "TagKeys":
			m.tagKeys = i
		}
	}
	return m
}

// A query is a call whose permissions are asked for.
type query struct {
	*inputMembers
	fake *Fake
	call *fakeaws.Call
	in   reflect.Value
	// organization is nil when the caller's account is in none.
	organization *organization
}

// needs asks for the operation's action on each resource that the call names.
func (q *query) needs(who audience) []fakeaws.Need {
	base := fakeaws.Need{Action: "organizations:" + q.operation, Resource: "*", ResourceAccount: q.call.Account}
	if o := q.organization; o != nil && who < everyone {
		q.guard(o, who, &base)
	}
	var needs []fakeaws.Need
	for _, id := range q.named() {
		if id != nil {
			need := base
			need.Resource = q.arnOf(*id)
			q.setKeys(&need.Context, *id)
			needs = append(needs, need)
		}
	}
	if len(needs) == 0 {
		if q.operation == "CreatePolicy" {
			base.Resource = q.organization.newPolicyARN(types.PolicyType(q.text(q.policyType)))
		}
		q.setKeys(&base.Context, "")
		needs = append(needs, base)
	}
	if q.moves() {
		needs = append(needs, fakeaws.Need{Action: "organizations:LeaveOrganization", Resource: "*", ResourceAccount: q.call.Account})
	}
	// "If the request includes tags, then the requester must have the
	// organizations:TagResource permission."
	if q.tags >= 0 && q.operation != "TagResource" && q.in.Field(q.tags).Len() > 0 {
		need := needs[0]
		need.Action = "organizations:TagResource"
		needs = append(needs, need)
	}
	return needs
}

// named are the ids that the call names.
func (q *query) named() []*string {
	named := make([]*string, 0, len(q.ids))
	for _, i := range q.ids {
		id, _ := q.in.Field(i).Interface().(*string)
		named = append(named, id)
	}
	if in, ok := q.in.Addr().Interface().(*sdk.InviteAccountToOrganizationInput); ok && in.Target.Type == types.HandshakePartyTypeAccount {
		named = append(named, in.Target.Id)
	}
	return named
}

// moves reports whether the call takes the account out of its organization, by
// accepting the invitation of another one: that it then needs the permission to
// leave as well is unverified.
func (q *query) moves() bool {
	in, ok := q.in.Addr().Interface().(*sdk.AcceptHandshakeInput)
	if !ok || q.organization == nil {
		return false
	}
	h, ok := q.fake.handshakes.Get(*in.HandshakeId)
	return ok && h.shown.Action == types.ActionTypeInviteAccountToOrganization && h.sender != q.organization
}

// arnOf is the ARN of what an id names. A handshake has one for both its sides.
func (q *query) arnOf(id string) string {
	if h, ok := q.fake.handshakes.Get(id); ok {
		return *h.shown.Arn
	}
	return q.organization.arnOf(id)
}

// guard says who must let a member account do what is not for all of them: the
// organization's own resource-based policy, in the management account.
func (q *query) guard(o *organization, who audience, need *fakeaws.Need) {
	if who == readers && q.call.Account != o.management && o.nodes[q.call.Account].account.delegated.Len() > 0 {
		return // "or a member account that is a delegated administrator"
	}
	need.ResourceAccount = o.management
	if who >= delegates && o.delegation != nil {
		need.Policy = o.delegation.bound.Policy()
	}
}

func (q *query) text(member int) string {
	if member < 0 {
		return ""
	}
	v := q.in.Field(member)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	return v.String()
}

// setKeys sets the condition keys of a call and of the resource that it is about.
func (q *query) setKeys(c *enforce.Context, id string) {
	policyType := q.text(q.policyType)
	if o := q.organization; o != nil {
		if p, ok := o.policies.Get(q.policyID(id)); ok {
			policyType = string(descriptions[p.policyType].name)
		}
		if tags, err := o.tagged(&id); err == nil {
			tags.tags.Scan(func(key, value string) bool {
				c.Set("aws:ResourceTag/"+key, value)
				return true
			})
		}
	}
	if policyType != "" {
		c.Set("organizations:PolicyType", policyType)
	}
	if service := q.text(q.service); service != "" {
		c.Set("organizations:ServicePrincipal", service)
	}
	var keys []string
	if q.tags >= 0 {
		for _, t := range q.in.Field(q.tags).Interface().([]types.Tag) {
			c.Set("aws:RequestTag/"+*t.Key, *t.Value)
			keys = append(keys, *t.Key)
		}
	}
	if q.tagKeys >= 0 {
		keys = q.in.Field(q.tagKeys).Interface().([]string)
	}
	if len(keys) > 0 {
		c.SetMulti("aws:TagKeys", keys)
	}
}

// policyID is the policy that a call names, whichever of its resources is asked
// about: attaching one to a target has its type on both.
func (q *query) policyID(id string) string {
	for _, i := range q.ids {
		if named, _ := q.in.Field(i).Interface().(*string); named != nil && strings.HasPrefix(*named, "p-") {
			return *named
		}
	}
	return id
}

// arnOf is the ARN of a resource by its id. What AWS evaluates for one that does
// not exist, or for a caller without an organization, is unverified.
func (o *organization) arnOf(id string) string {
	if o == nil {
		return "*"
	}
	if n := o.nodes[id]; n != nil {
		return n.arn
	}
	if p, ok := o.policies.Get(id); ok {
		return p.arn
	}
	switch prefix, _, _ := strings.Cut(id, "-"); prefix {
	case "r":
		return o.arn("root", o.id, id)
	case "ou":
		return o.arn("ou", o.id, id)
	case "rp":
		return o.arn("resourcepolicy", o.id, id)
	case "h":
		return o.arn("handshake", o.id, "invite", id)
	case "p":
		return o.arn("policy", o.id, descriptions[scp].path, id)
	}
	return o.arn("account", o.id, id)
}

// newPolicyARN is what making a policy is authorized on: those of its type. That
// the ARN ends so, when there is no id yet, is unverified.
func (o *organization) newPolicyARN(name types.PolicyType) string {
	if o == nil {
		return "*"
	}
	return o.arn("policy", o.id, strings.ToLower(string(name)), "*")
}
