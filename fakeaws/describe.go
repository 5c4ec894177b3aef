package fakeaws

import (
	"maps"
	"slices"

	"github.com/leastpriv/leastpriv/enforce/account"
)

// A Describer is a fake that has identities, resources with policies, or what runs with
// roles.
type Describer interface {
	// Describe adds what an account has to a description of it.
	Describe(call *Call, to *account.Account)
}

// Describe returns what accounts of the World have that says who may do what, for those who
// search it. Undescribed are the services whose resources are not in it.
func (w *World) Describe(ids ...string) (accounts []*account.Account, undescribed []string) {
	w.takeEffect()
	call := &Call{World: w, Region: w.region, Caller: anonymous, Time: w.clock.Now()}
	for _, id := range ids {
		a := &account.Account{ID: id, Organization: &account.Organization{}}
		if m := w.Membership(id); m != nil {
			a.SCPs, a.RCPs = m.SCPs, m.RCPs
			a.Organization = &account.Organization{ID: m.ID, Path: m.Path}
		}
		call.Account = id
		w.state().keys.describe(a)
		for _, name := range slices.Sorted(maps.Keys(w.rooms)) {
			if d, ok := w.rooms[name].fake().(Describer); ok {
				d.Describe(call, a)
			}
		}
		accounts = append(accounts, a)
	}
	for _, name := range slices.Sorted(maps.Keys(w.rooms)) {
		if _, ok := w.rooms[name].fake().(Describer); !ok && !slices.Contains(withoutResources, name) {
			undescribed = append(undescribed, name)
		}
	}
	return accounts, undescribed
}

// withoutResources are services that have no resources with policies, or of which the World
// itself has them.
var withoutResources = []string{"sts", "kms", "organizations", "iam-toolbox"}

// describe adds the KMS keys of an account.
func (k *Keys) describe(to *account.Account) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	for _, arn := range slices.Sorted(maps.Keys(k.byARN)) {
		if key := k.byARN[arn]; key.Account == to.ID && !key.managed {
			to.Resources = append(to.Resources, &account.Resource{ARN: arn, Policy: key.policy.Policy()})
		}
	}
}

// DescribedTags returns tags as descriptions have them.
func DescribedTags(tags map[string]string) (all []account.Tag) {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		all = append(all, account.Tag{Key: key, Value: tags[key]})
	}
	return all
}
