package fakeaws

import (
	"context"
	"maps"
	"slices"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
)

// A Describer is a fake that has identities, or what runs with roles. Its resources are those
// of a [PolicyHolder].
type Describer interface {
	// Describe adds what an account has, but its resources, to a description of it.
	Describe(call *Call, to *account.Account)
}

// Describe returns what accounts of the World have that says who may do what, for those who
// search it. Undescribed are the services of which there may be more than is in it.
func (w *World) Describe(ids ...string) (accounts []*account.Account, undescribed []string) {
	w.takeEffect()
	call := &Call{Context: context.Background(), World: w, Region: w.region, Caller: anonymous, Time: w.clock.Now()}
	guarded := w.guarded(call)
	for _, id := range ids {
		a := &account.Account{ID: id, Organization: &account.Organization{}, Resources: described(guarded, id)}
		if m := w.Membership(id); m != nil {
			a.SCPs, a.RCPs = m.SCPs, m.RCPs
			a.Organization = &account.Organization{ID: m.ID, Path: m.Path}
		}
		call.Account = id
		for _, name := range slices.Sorted(maps.Keys(w.rooms)) {
			if d, ok := w.rooms[name].fake().(Describer); ok {
				d.Describe(call, a)
			}
		}
		accounts = append(accounts, a)
	}
	for _, name := range slices.Sorted(maps.Keys(w.rooms)) {
		if _, ok := w.rooms[name].fake().(Describer); !ok && !slices.Contains(allListed, name) {
			undescribed = append(undescribed, name)
		}
	}
	return accounts, undescribed
}

// allListed are services that have no resources with policies, or that list all of them, those
// without a policy too; and of which nothing runs with a role. Of the KMS keys and the
// organizations the World itself knows all.
var allListed = []string{
	"sts", "kms", "organizations", "iam-toolbox", "s3", "s3-control", "sqs", "sns", "secretsmanager", "dynamodb", "dynamodb-streams", "kinesis",
}

// described are the resources of an account, with the policies that somebody put there. Roles
// are not among them: they are identities.
func described(guarded []Guarded, id string) (all []*account.Resource) {
	for i := range guarded {
		g := &guarded[i]
		if g.Account != id || g.Type == "" || g.Type == RoleType {
			continue
		}
		if last := len(all) - 1; last >= 0 && all[last].ARN == g.Resources[0] {
			continue // some services are two of AWS's SDK, and the same fake
		}
		all = append(all, &account.Resource{ARN: g.Resources[0], Policy: g.own(), Tags: g.Tags})
	}
	return all
}

// RoleType is the [Guarded.Type] of roles.
const RoleType = "AWS::IAM::Role"

// own is the policy that somebody put there, without what is beside it, and as it is for those
// of its account; nil is none.
func (g *Guarded) own() *enforce.Policy {
	if g.Beside != nil || g.Restricts {
		return g.Written
	}
	return g.Policy
}

// DescribedTags returns tags as descriptions have them.
func DescribedTags(tags map[string]string) (all []account.Tag) {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		all = append(all, account.Tag{Key: key, Value: tags[key]})
	}
	return all
}
