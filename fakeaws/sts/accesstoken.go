package sts

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/leastpriv/leastpriv/internal/constraint"
)

// accessTokenKeys are the providers whose OAuth access tokens STS takes, which only
// they themselves can verify, with the condition keys for the application and the
// user of a token: page "IAM and AWS STS condition context keys".
var accessTokenKeys = map[string]struct{ app, user string }{
	"www.amazon.com":     {app: "app_id", user: "user_id"},
	"graph.facebook.com": {app: "app_id", user: "id"},
}

// accessToken asks a provider for whom an access token is.
func (s *Fake) accessToken(in *sdk.AssumeRoleWithWebIdentityInput) (*webIdentity, error) {
	provider := *in.ProviderId
	keys, ok := accessTokenKeys[provider]
	if !ok {
		return nil, constraint.Error(fmt.Sprintf(invalidProviderID, provider))
	}
	issuer, ok := s.world.Issuers().Get(provider)
	if !ok || issuer.Identify == nil {
		return nil, &types.IDPCommunicationErrorException{Message: aws.String(unreachableProvider)}
	}
	app, user, ok := issuer.Identify(*in.WebIdentityToken)
	if !ok {
		return nil, &types.IDPRejectedClaimException{Message: aws.String(fmt.Sprintf(rejectedClaim, provider))}
	}
	id := &webIdentity{provider: provider, issuer: provider, audience: app, subject: user, facts: facts{
		{key: "aws:FederatedProvider", values: []string{provider}, lasts: true},
		{key: provider + ":" + keys.app, values: []string{app}, lasts: true},
		{key: provider + ":" + keys.user, values: []string{user}, lasts: true},
	}}
	var err error
	id.role, err = roleInput(in, nil)
	return id, err
}
