package sts

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) sessionOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.getSessionToken).Unrestricted(),
	}
}

const (
	// defaultUserSession is the life of GetSessionToken's credentials.
	defaultUserSession = 12 * time.Hour
	// rootSession is the longest session of the root user (API page
	// "GetSessionToken"); a longer one is cut, not refused.
	rootSession = time.Hour
)

// getSessionToken makes temporary credentials of the calling user, with all of
// the user's permissions. Policies cannot control it (User Guide "Controlling
// permissions for temporary security credentials"), only the kind of credentials can.
func (s *Fake) getSessionToken(call *fakeaws.Call, in *sdk.GetSessionTokenInput) (*fakeaws.Plan[*sdk.GetSessionTokenOutput], error) {
	if err := admit(call, in, ofUsers); err != nil {
		return nil, err
	}
	if err := s.checkMFA(call, in.SerialNumber, in.TokenCode, lookAtCode); err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*sdk.GetSessionTokenOutput]{Do: func() (*sdk.GetSessionTokenOutput, error) {
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
	}}, nil
}
