package fakeaws

import (
	"crypto/cipher"
	"crypto/rsa"
	"crypto/x509"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/deepcopy"
)

// What a clone of a World does not get a copy of, and why: all else it does.
var _ = deepcopy.Register(
	deepcopy.Share[enforce.Policy]("it never changes once it is parsed"),
	deepcopy.Share[enforce.Context]("those that are stored, of sessions, never change"),
	deepcopy.Share[enforce.ActionPattern]("it never changes once it is parsed"),
	deepcopy.Share[enforce.ResourcePattern]("it never changes once it is parsed"),
	deepcopy.Share[Session]("a caller's session never changes"),
	deepcopy.Share[Issuer]("it never changes: others are set in its place"),
	deepcopy.Share[members]("the map never changes: SetOrganization stores another"),
	deepcopy.Share[boundIDs]("the map never changes: another policy has another"),
	deepcopy.Share[closedAccounts]("the map never changes: CloseAccount stores another"),
	deepcopy.Share[time.Time]("its location never changes"),
	deepcopy.Share[x509.Certificate]("it never changes once it is parsed"),
	deepcopy.Share[rsa.PrivateKey]("it never changes"),
	deepcopy.Share[cipher.AEAD]("it has a key that never changes"),
	deepcopy.Share[func(*Caller) bool]("a fault chooses by what a caller is, and asks no World anything"),
	deepcopy.Keep[World]("services and the World's own state both refer to it"),
	deepcopy.Keep[Principals]("the same"),
	deepcopy.Keep[Keys]("the same"),
	deepcopy.Keep[Key]("the same"),
	deepcopy.Keep[RelatedKeys]("several keys refer to it"),
	deepcopy.Keep[KeyGrant]("the grants of a key are looked up by several ways"),
	deepcopy.Keep[Account]("the same"),
	deepcopy.Keep[Credential]("the same"),
	deepcopy.Keep[Caller]("the same"),
	deepcopy.Keep[Uses]("the same"),
	deepcopy.Leave[heldRequests]("the requests that wait are those of the World that they were sent to"),
	deepcopy.By("what it shows is made of what never changes", func(c *deepcopy.Copier, dst, src *ResourcePolicy) {
		dst.principals = deepcopy.Of(c, src.principals)
		dst.written, dst.bound = src.written, src.bound
		dst.current.Store(src.current.Load())
	}),
)

// A once is a [sync.Once] that tells whether it was done.
type once struct {
	sync.Once
	was atomic.Bool
}

func (o *once) do(f func()) {
	o.Do(func() {
		f()
		o.was.Store(true)
	})
}

func (o *once) done() bool { return o.was.Load() }
