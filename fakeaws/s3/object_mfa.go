package s3

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// authenticateMFA checks the code of the x-amz-mfa header, a serial number and a
// code, of a root user: only root users can use MFA Delete (User Guide, "Configuring MFA
// delete"). It returns the account whose root user showed the code, or "".
func authenticateMFA(call *fakeaws.Call, header *string) (shownBy string, err error) {
	if header == nil {
		return "", nil
	}
	if call.Caller.Type != enforce.Root {
		return "", errNotBucketOwner.of()
	}
	serial, code, _ := strings.Cut(*header, " ")
	switch call.World.Directory().MFACode(call.Caller, serial, code, true) {
	case fakeaws.MFAPassed:
		return call.Caller.Account, nil
	case fakeaws.MFAUnknownDevice:
		return "", errNotDeviceOwner.of()
	}
	return "", errMFAInvalid.of()
}

// withMFA is the plan of an operation whose request may have a code of an MFA device. The
// code is used up when the call is allowed. do is given the account whose root user showed
// a code, or "", and the lock is held.
func withMFA[O any](s *Fake, call *fakeaws.Call, b *bucket, needs []fakeaws.Need, header *string, do func(shownBy string) (O, error)) *fakeaws.Plan[O] {
	return &fakeaws.Plan[O]{Needs: needs, Do: func() (none O, err error) {
		shownBy, err := authenticateMFA(call, header)
		if err != nil {
			return none, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := b.still(call); err != nil {
			return none, err
		}
		return do(shownBy)
	}}
}

// checkMFA refuses a code of another account's root user, and a request without one
// where it is required.
func (b *bucket) checkMFA(shownBy string, required bool) error {
	switch {
	case shownBy != "" && shownBy != b.owner.ID:
		return errNotBucketOwner.of()
	case required && shownBy == "":
		return errMFARequired.of()
	}
	return nil
}

// requiresMFA reports whether a version is removed only with a code. To hide an
// object with a delete marker takes none.
func (b *bucket) requiresMFA(version *string) bool {
	return version != nil && b.mfaDelete == types.MFADeleteStatusEnabled
}

// admitLifecycle refuses rules where MFA Delete is on (User Guide, "Lifecycle and
// other bucket configurations"). The text is unverified; that of the opposite, MFA
// Delete where there are rules, is AWS's.
func (s *Fake) admitLifecycle(b *bucket, _ *lifecycle) error {
	if b.mfaDelete == types.MFADeleteStatusEnabled {
		return errInvalidBucketState.withText("Lifecycle configuration is not supported on a bucket with Mfa Authentication. Disable Mfa Authentication before setting lifecycle configuration.")
	}
	return nil
}
