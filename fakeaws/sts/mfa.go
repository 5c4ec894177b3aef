package sts

import "github.com/leastpriv/leastpriv/fakeaws"

// What checkMFA does with a code that is right: a code counts once, and the
// permissions of a call are asked for before it is performed.
const (
	lookAtCode = false
	useCode    = true
)

// checkMFA checks the code of the calling user's MFA device, if there is one in
// the request.
func (s *Fake) checkMFA(call *fakeaws.Call, serial, code *string, use bool) error {
	switch {
	case serial == nil && code == nil:
		return nil
	case serial == nil || code == nil:
		return accessDenied("MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.")
	}
	switch s.world.Directory().MFACode(call.Caller, *serial, *code, use) {
	case fakeaws.MFAUnknownDevice:
		return accessDenied("MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.")
	case fakeaws.MFAWrongCode:
		return accessDenied("MultiFactorAuthentication failed with invalid MFA one time pass code.")
	}
	return nil
}
