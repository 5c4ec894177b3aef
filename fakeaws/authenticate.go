package fakeaws

import (
	"errors"

	"github.com/leastpriv/leastpriv/internal/sigv4"
)

// errNoPrincipal is a call with the credentials of a user or role that has been
// deleted. AWS answers it as an unknown key.
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
	cred, ok := x.world.Credential(s.AccessKeyID)
	if !ok {
		return s.UnknownKey()
	}
	if cred.Inactive {
		return s.InactiveKey()
	}
	if err := s.CheckToken(cred.SessionToken); err != nil {
		return err
	}
	if session := cred.Caller.Session; session != nil && !x.Call.Time.Before(session.Expires) {
		return s.ExpiredSession()
	}
	if err := x.world.verifier.Verify(x.HTTP, s, cred.SecretAccessKey, bodyHash, x.Call.Time); err != nil {
		return err
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
	if region != "" && !s.Covers(region) {
		return s.WrongRegion(region)
	}
	return nil
}
