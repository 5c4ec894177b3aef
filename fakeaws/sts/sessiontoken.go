package sts

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

const (
	// defaultUserSession is the life of GetSessionToken's credentials.
	defaultUserSession = 12 * time.Hour
	// rootSession is the longest session of the root user (API page
	// "GetSessionToken"); a longer one is cut, not refused.
	rootSession = time.Hour
)

// checkSessionToken is all that stands before GetSessionToken: policies cannot
// control it (User Guide "Controlling permissions for temporary security
// credentials"), only the kind of credentials can.
func checkSessionToken(call *fakeaws.Call, in *sdk.GetSessionTokenInput) error {
	if err := sessionTokenPlan.Check(in); err != nil {
		return err
	}
	if call.Caller.Session != nil {
		return accessDenied(fmt.Sprintf(notWithSession, "GetSessionToken"))
	}
	return checkMFA(in.SerialNumber, in.TokenCode)
}

// checkMFA refuses the code of an MFA device: there is none that it could be of.
func checkMFA(serial, code *string) error {
	if serial == nil && code == nil {
		return nil
	}
	return accessDenied("MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.")
}

// GetSessionToken makes temporary credentials of the calling user, with all of
// the user's permissions.
func (s *Service) GetSessionToken(ctx context.Context, in *sdk.GetSessionTokenInput) (*sdk.GetSessionTokenOutput, error) {
	call := fakeaws.CallFrom(ctx)
	if err := checkSessionToken(call, in); err != nil {
		return nil, err
	}
	life := defaultUserSession
	if in.DurationSeconds != nil {
		life = time.Duration(aws.ToInt32(in.DurationSeconds)) * time.Second
	}
	if call.Caller.Type == enforce.Root {
		life = min(life, rootSession)
	}
	caller := *call.Caller
	caller.Session = new(fakeaws.Session)
	out := &sdk.GetSessionTokenOutput{Credentials: s.issue(&caller, call.Time, life, in.MinimumSessionTokenSize)}
	out.SessionTokenSize, out.SessionTokenUtilization = tokenUse(out.Credentials)
	return out, nil
}
