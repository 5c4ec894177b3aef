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
	if err := members.Check(in); err != nil {
		return err
	}
	if call.Caller.Session != nil {
		return accessDenied(fmt.Sprintf(notWithSession, "GetSessionToken"))
	}
	return nil
}

// GetSessionToken makes temporary credentials of the calling user, with all of
// the user's permissions.
func (s *Fake) GetSessionToken(ctx context.Context, in *sdk.GetSessionTokenInput) (*sdk.GetSessionTokenOutput, error) {
	call := fakeaws.CallFrom(ctx)
	if err := checkSessionToken(call, in); err != nil {
		return nil, err
	}
	if err := s.checkMFA(call, in.SerialNumber, in.TokenCode, useCode); err != nil {
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
	caller.Session = &fakeaws.Session{MFA: in.TokenCode != nil}
	out := &sdk.GetSessionTokenOutput{Credentials: s.issue(&caller, call.Time, life, in.MinimumSessionTokenSize)}
	out.SessionTokenSize, out.SessionTokenUtilization = tokenUse(out.Credentials)
	return out, nil
}
