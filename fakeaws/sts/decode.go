package sts

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) decodeOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.decodeAuthorizationMessage),
	}
}

// decodeAuthorizationMessage shows what the World's EncodeAuthorizationMessage
// has hidden.
func (s *Fake) decodeAuthorizationMessage(call *fakeaws.Call, in *sdk.DecodeAuthorizationMessageInput) (*fakeaws.Plan[*sdk.DecodeAuthorizationMessageOutput], error) {
	if err := admit(call, in, ofUsers|ofRoles); err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*sdk.DecodeAuthorizationMessageOutput]{Needs: ownAction(call), Do: func() (*sdk.DecodeAuthorizationMessageOutput, error) {
		message, ok := s.world.DecodeAuthorizationMessage(*in.EncodedMessage)
		if !ok {
			return nil, &types.InvalidAuthorizationMessageException{Message: aws.String(invalidMessage)}
		}
		return &sdk.DecodeAuthorizationMessageOutput{DecodedMessage: &message}, nil
	}}, nil
}
