package sts

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

func (s *Fake) identityOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.getCallerIdentity).Unrestricted(),
		fakeaws.Bind(s.getAccessKeyInfo),
	}
}

// getCallerIdentity says who calls. It needs no permission, and no policy can
// deny it.
func (s *Fake) getCallerIdentity(call *fakeaws.Call, _ *sdk.GetCallerIdentityInput) (*fakeaws.Plan[*sdk.GetCallerIdentityOutput], error) {
	return &fakeaws.Plan[*sdk.GetCallerIdentityOutput]{Do: func() (*sdk.GetCallerIdentityOutput, error) {
		p := &call.Caller.Principal
		return &sdk.GetCallerIdentityOutput{
			Account: aws.String(p.Account),
			Arn:     aws.String(p.ARN),
			UserId:  aws.String(p.UserID),
		}, nil
	}}, nil
}

// getAccessKeyInfo names the account of an access key, whosever it is. AWS
// reads it from the key id itself and so answers for keys that are deleted too;
// here a key that no longer exists is an error.
func (s *Fake) getAccessKeyInfo(call *fakeaws.Call, in *sdk.GetAccessKeyInfoInput) (*fakeaws.Plan[*sdk.GetAccessKeyInfoOutput], error) {
	if err := admit(call, in, ofUsers|ofRoles); err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*sdk.GetAccessKeyInfoOutput]{Needs: ownAction(call), Do: func() (*sdk.GetAccessKeyInfoOutput, error) {
		c, ok := s.world.Credential(*in.AccessKeyId)
		if !ok {
			return nil, constraint.Error(unknownAccessKey)
		}
		return &sdk.GetAccessKeyInfoOutput{Account: aws.String(c.Caller.Account)}, nil
	}}, nil
}
