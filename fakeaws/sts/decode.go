package sts

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func decodeNeeds(context.Context, *sdk.DecodeAuthorizationMessageInput) ([]fakeaws.Need, error) {
	return []fakeaws.Need{{Action: "sts:DecodeAuthorizationMessage", Resource: "*", Name: "-"}}, nil
}

// DecodeAuthorizationMessage shows what the World's EncodeAuthorizationMessage
// has hidden.
func (s *Fake) DecodeAuthorizationMessage(_ context.Context, in *sdk.DecodeAuthorizationMessageInput) (*sdk.DecodeAuthorizationMessageOutput, error) {
	if err := members.Check(in); err != nil {
		return nil, err
	}
	message, ok := s.world.DecodeAuthorizationMessage(*in.EncodedMessage)
	if !ok {
		return nil, &types.InvalidAuthorizationMessageException{Message: aws.String(invalidMessage)}
	}
	return &sdk.DecodeAuthorizationMessageOutput{DecodedMessage: &message}, nil
}
