package sts

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

func delegatedNeeds(context.Context, *sdk.GetDelegatedAccessTokenInput) ([]fakeaws.Need, error) {
	return []fakeaws.Need{{Action: "sts:GetDelegatedAccessToken", Resource: "*", Name: "-"}}, nil
}

// GetDelegatedAccessToken exchanges the token of a delegation request for
// credentials of the principal who has approved it, limited to what the request
// asked for.
func (s *Fake) GetDelegatedAccessToken(ctx context.Context, in *sdk.GetDelegatedAccessTokenInput) (*sdk.GetDelegatedAccessTokenOutput, error) {
	call := fakeaws.CallFrom(ctx)
	if err := members.Check(in); err != nil {
		return nil, err
	}
	grant, ok := s.world.Federation().Delegation(*in.TradeInToken)
	if !ok || grant.Requestor != call.Account {
		return nil, constraint.Error(unknownTradeInToken)
	}
	if !call.Time.Before(grant.Expires) {
		return nil, &types.ExpiredTradeInTokenException{Message: aws.String(expiredTradeInToken)}
	}
	policy := grant.Policy
	if policy == nil {
		policy = enforce.Empty(enforce.SessionPolicy)
	}
	caller := *grant.Approver
	session := fakeaws.Session{Policies: []*enforce.Policy{policy}}
	if own := caller.Session; own != nil {
		session.Name, session.Tags, session.SourceIdentity = own.Name, own.Tags, own.SourceIdentity
	}
	caller.Session = &session
	life := min(grant.Life, maxDelegation)
	out := &sdk.GetDelegatedAccessTokenOutput{Credentials: s.issue(&caller, call.Time, life, nil), AssumedPrincipal: aws.String(caller.ARN)}
	return out, nil
}

// maxDelegation is the longest session of a delegation: page "Temporary
// delegation".
const maxDelegation = 12 * time.Hour
