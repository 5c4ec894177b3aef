package anyservice

import "github.com/leastpriv/leastpriv/fakeaws"

// Guarded implements [fakeaws.PolicyHolder]: the resources whose policies were told.
func (f *Fake) Guarded(*fakeaws.Call) (all []fakeaws.Guarded) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for arn, k := range f.known {
		if k.policy != nil {
			all = append(all, fakeaws.Guarded{Resources: []string{arn}, Account: owner(arn), Policy: k.policy.Policy()})
		}
	}
	return all
}
