package fakeaws

import (
	"time"

	"github.com/leastpriv/leastpriv/enforce"
)

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
