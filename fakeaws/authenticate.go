package fakeaws

import (
	"errors"
	"time"

	"github.com/leastpriv/leastpriv/internal/sigv4"
)

// errNoPrincipal is a call with the credentials of a user or role that has been
// deleted. AWS answers it as an unknown key, also where the operation needs no permission,
// as GetCallerIdentity: InvalidClientTokenId is its answer to credentials that "are expired
// or deleted" (Knowledge Center, "How do I resolve the IAM credentials error"). That it
// looks after the signature is verified is unverified.
var errNoPrincipal = errors.New("the principal of the credentials does not exist")

// Authenticate finds who calls, in AWS's order: key, token, expiry, clock,
// signature.
func (x *Exchange) Authenticate(bodyHash string) error {
	if h, ok := x.handler(); ok && h.op.unsigned {
		return nil
	}
	s := x.Signature
	if s == nil {
		if x.room != nil && x.room.reg.Anonymous {
			return nil
		}
		return sigv4.NoSignature()
	}
	if err := x.checkScope(s); err != nil {
		return err
	}
	cred, err := x.world.usable(s, x.Call.Time)
	if err != nil {
		return err
	}
	if err := x.world.verifier.Verify(x.HTTP, s, cred.SecretAccessKey, bodyHash, x.Call.Time); err != nil {
		return err
	}
	if !x.world.has(cred.Caller) {
		return errNoPrincipal
	}
	x.Call.Caller = cred.Caller
	x.Call.Account = cred.Caller.Account
	if x.Operation != nil {
		cred.Uses.record(&x.Call)
		cred.Caller.Uses.record(&x.Call)
	}
	x.Call.Signed = Signed{AuthType: s.AuthType(), Version: s.Version(), ContentSHA256: s.ContentSHA256}
	if s.Presigned && !s.Version2() {
		x.Call.Signed.Age = x.Call.Time.Sub(s.Time)
	}
	return nil
}

// usable finds the credentials of a signature as far as they can be used at a time.
func (w *World) usable(s *sigv4.Signature, now time.Time) (*Credential, error) {
	cred, ok := w.Credential(s.AccessKeyID)
	if !ok {
		return nil, s.UnknownKey()
	}
	if cred.Inactive {
		return nil, s.InactiveKey()
	}
	if err := s.CheckToken(cred.SessionToken); err != nil {
		return nil, err
	}
	if session := cred.Caller.Session; session != nil && !now.Before(session.Expires) {
		return nil, s.ExpiredSession()
	}
	return cred, nil
}

// StillAllowed asks again, for an operation that has waited, whether the caller may do
// what it waited for: the credentials, the principal and the policies as they are now.
// AWS evaluates permissions "each time" that credentials are used (User Guide, "Disabling
// permissions for temporary security credentials"); that it does so again after a wait
// is unverified.
func (c *Call) StillAllowed(needs ...Need) error {
	c.World.takeEffect()
	arrived := c.Time
	c.Time = c.World.clock.Now()
	defer func() { c.Time = arrived }()
	if x := c.exchange; x != nil && x.Signature != nil {
		if _, err := c.World.usable(x.Signature, c.Time); err != nil {
			return err
		}
		if !c.World.has(c.Caller) {
			return errNoPrincipal
		}
	}
	return c.authorize(needs)
}

// has reports whether the user or role behind a caller's credentials exists.
func (w *World) has(caller *Caller) bool {
	if caller.EntityID == "" {
		return true // it is no user and no role: root, and whom root sent
	}
	_, exists := w.state().principals.ARN(caller.EntityID)
	return exists
}

// checkScope refuses a signature for another service or region than those of the
// endpoint, as far as the host tells them.
func (x *Exchange) checkScope(s *sigv4.Signature) error {
	e := &x.endpoint
	region := e.Region
	if region == "" && (e.Shared || e.Service == "") {
		region = x.Call.Region
	}
	if s.Version2() {
		if x.wire.Version2 == nil || !x.wire.Version2(x) || !s.Covers(region) {
			return s.Unsupported()
		}
		return nil
	}
	if !e.Shared && x.world.rooms[e.Service] != nil && e.Service != s.Service {
		return s.WrongService(e.Service)
	}
	if x.room != nil && x.room.reg.SigningName != "" && x.room.reg.SigningName != s.Service {
		return s.WrongService(x.room.reg.SigningName)
	}
	if region != "" && !s.Covers(region) {
		return s.WrongRegion(region)
	}
	return nil
}
