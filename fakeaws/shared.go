package fakeaws

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/leastpriv/leastpriv/enforce"
)

// A Shared is a resource that its owner can share with others: by its policy, and by what
// its service has beside it.
type Shared struct {
	ARN string
	// Type is that of AWS CloudFormation: "AWS::SQS::Queue".
	Type string
	// Account owns the resource. Region is empty for a resource of all regions.
	Account, Region string
	// Policy is all that admits callers, as it is in force for those of other accounts; nil is
	// nothing. Beside is the part of it that is not the resource's policy: the ACL of a bucket,
	// the grants of a KMS key.
	Policy, Beside *enforce.Policy
	// Restricts says that a public policy would not be in force for others: it is Block Public
	// Access of a bucket.
	Restricts bool
}

// A Sharer is a fake whose resources can be shared with others: IAM Access Analyzer looks at
// them all.
type Sharer interface {
	Fake
	// Shared returns the resources of all accounts and regions, with a policy and without.
	Shared() []Shared
}

// Shared returns all resources of the World that can be shared, in the order of their ARNs.
// It must not be called under a service's lock.
func (w *World) Shared() []Shared {
	all := w.state().keys.shared()
	for i := range w.services {
		if s, ok := w.Fake(w.services[i].Name).(Sharer); ok {
			all = append(all, s.Shared()...)
		}
	}
	w.others.mu.RLock()
	rooms := make([]*room, 0, len(w.others.rooms))
	for _, r := range w.others.rooms {
		rooms = append(rooms, r)
	}
	w.others.mu.RUnlock()
	for _, r := range rooms {
		if s, ok := r.fake().(Sharer); ok {
			all = append(all, s.Shared()...)
		}
	}
	slices.SortFunc(all, func(a, b Shared) int {
		return cmp.Or(strings.Compare(a.ARN, b.ARN), strings.Compare(a.Account, b.Account))
	})
	return all
}

// shared returns the keys of customers: nobody can change the policies of the others. A grant
// admits its grantee as the key's policy does.
func (k *Keys) shared() []Shared {
	now := k.world.clock.Now()
	k.mu.Lock()
	defer k.mu.Unlock()
	var all []Shared
	for _, arn := range slices.Collect(maps.Keys(k.byARN)) {
		key := k.Get(arn, now)
		if key == nil || key.managed {
			continue
		}
		var grants []*enforce.Policy
		for _, g := range key.grants {
			grants = append(grants, g.allows.resource.Policy())
		}
		beside := enforce.Join(enforce.KeyPolicy, grants...)
		all = append(all, Shared{ARN: key.ARN, Type: "AWS::KMS::Key", Account: key.Account, Region: key.Region,
			Policy: enforce.Join(enforce.KeyPolicy, key.policy.Policy(), beside), Beside: beside})
	}
	return all
}

// An Identity is a user or role, what it may do, and what it was used for.
type Identity struct {
	ARN, Account string
	// Role says that it is a role, and ServiceLinked that an AWS service made it.
	Role, ServiceLinked bool
	Created             time.Time
	Tags                []Tag
	// Policies are those that allow it something.
	Policies []*enforce.Policy
	// Uses are what it was used for, the latest first.
	Uses []Use
	// Keys are the active access keys of a user.
	Keys []IdentityKey
	// Password is when a user got a password; zero where it has none. Nobody signs in to the
	// console of a World, so no password is ever used.
	Password time.Time
}

// An IdentityKey is an access key of a user. Used is zero of one that was never used.
type IdentityKey struct {
	ID            string
	Created, Used time.Time
}

// A UseReporter is a [Directory] that tells of users and roles what they were used for.
type UseReporter interface {
	Directory
	// Identities returns the users and roles of an account, in the order of their ARNs.
	Identities(account string) []Identity
}
