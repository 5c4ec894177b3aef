package awstest

import (
	"maps"
	"slices"
)

// Clone makes an account like this one for another test, such as a subtest, in a World of
// its own: a clone of this one with everything in it as it is now, with all accounts. What
// happens in one of the two the other does not see. So one set-up serves many tests, also
// parallel ones:
//
//	for _, tc := range cases {
//		t.Run(tc.name, func(t *testing.T) {
//			t.Parallel()
//			acct := acct.Clone(t)
//			client := s3.NewFromConfig(worker.In(acct).Config())
//			…
//
// What this package made in the first World stays there; [Principal.In] and [Account.In] give
// the same in the clone, and acct.S3().Bucket and its like find the rest by name. The clone
// has the time of the World, its faults and the same ids to give out, and a clock, an
// address and a log of its own. It ends with the test. Its calls count for the first World
// where grants are looked for that are used: by [AssertLeastPrivilege], [Principal.PolicyDiff],
// [Principal.MinimalPolicy] and [Account.Trace].
//
// A clone takes some microseconds, and its first use of each service the time to copy the
// part of that service. The first clone after a change of the World takes longest.
func (a *Account) Clone(t TB) *Account {
	t.Helper()
	world, err := a.world.Clone()
	if err != nil {
		t.Fatalf("awstest: Clone: %v", err)
		return nil
	}
	if isMutant(t) {
		world.LeaveCoverage()
	}
	other := *a
	other.t, other.world, other.socket = t, world, nil
	a.shared.mu.Lock()
	other.shared = &shared{accounts: a.shared.accounts, family: a.shared.family, sessions: a.shared.sessions, endpoints: a.shared.endpoints}
	a.shared.mu.Unlock()
	other.begin("Clone")
	t.Cleanup(world.EndFaults)
	a.adopt(&other)
	return &other
}

// maxHanded is how many calls of clones that have ended a World remembers, as many as of its
// own.
const maxHanded = 4096

// adopt has the calls of a clone count for the World that it was made of: see
// [Account.used]. Those of mutants count for nobody.
func (a *Account) adopt(clone *Account) {
	if isMutant(clone.t) {
		return
	}
	s := a.shared
	s.mu.Lock()
	s.clones = append(s.clones, clone)
	s.mu.Unlock()
	clone.t.Cleanup(func() {
		calls := clone.used()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.clones = slices.DeleteFunc(slices.Clone(s.clones), func(c *Account) bool { return c == clone })
		s.handed = append(s.handed, calls...)
		s.handed = slices.Delete(s.handed, 0, max(0, len(s.handed)-maxHanded))
	})
}

// used returns what the World and its clones were asked, for what tells which grants are
// used: the calls of the World, and then those of each clone.
func (a *Account) used() Calls {
	calls := a.Calls()
	a.shared.mu.Lock()
	clones := a.shared.clones
	calls = append(calls, a.shared.handed...)
	a.shared.mu.Unlock()
	for _, clone := range clones {
		calls = append(calls, clone.used()...)
	}
	return calls
}

// In returns the same account in the World of clone, which is a clone of this account's World
// or one of its accounts: for Worlds with several accounts.
func (a *Account) In(clone *Account) *Account {
	clone.t.Helper()
	if a.shared.family != clone.shared.family {
		clone.t.Fatalf("awstest: In: the World of account %s is no clone of the World of account %s", clone.ID(), a.ID())
		return nil
	}
	other := *a
	other.t, other.world, other.socket, other.shared = clone.t, clone.world, clone.socket, clone.shared
	if other.via != nil {
		other.goVia(other.via)
	}
	return &other
}

// In returns the same principal in the World of clone, a clone of the principal's own World:
// the same user, role or session with the same credentials, if the clone has them.
// Its configs reach the clone.
func (p *Principal) In(clone *Account) *Principal {
	clone.t.Helper()
	other := &Principal{}
	p.copyTo(&other.identity, clone)
	if p.credentials != nil {
		other.credentials = p.credentials.in(other.account)
	}
	return other
}

// In returns the same group in the World of clone, a clone of the group's own World.
func (g *Group) In(clone *Account) *Group {
	clone.t.Helper()
	other := &Group{}
	g.copyTo(&other.identity, clone)
	return other
}

// copyTo makes the same identity in a clone.
func (i *identity) copyTo(other *identity, clone *Account) {
	clone.t.Helper()
	other.account, other.kind, other.name, other.arn = i.account.In(clone), i.kind, i.name, i.arn
	i.mu.Lock()
	defer i.mu.Unlock()
	other.inline, other.named = i.inline, maps.Clone(i.named)
}
