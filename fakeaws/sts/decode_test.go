package sts_test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
)

func TestDecodeAuthorizationMessage(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		req := &enforce.Request{Action: "ec2:StopInstances", Resource: "arn:aws:ec2:us-east-1:111122223333:instance/i-1",
			Principal: enforce.Principal{Type: enforce.User, ARN: alice, UserID: "AIDACKCEVSQ6C2EXAMPLE", UserName: "alice", Account: accountID}}
		req.Context.Set("ec2:Region", "us-east-1")
		d := enforce.Evaluate(req, &enforce.PolicySet{Identity: []*enforce.Policy{enforce.MustParse(
			`{"Version":"2012-10-17","Statement":{"Sid":"Never","Effect":"Deny","Action":["ec2:*"],"Resource":"*"}}`, enforce.IdentityPolicy)}})
		encoded := w.EncodeAuthorizationMessage(&d)
		assert.NotContains(t, encoded, "alice")
		u := w.user(t, w.iam, "alice", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:DecodeAuthorizationMessage","Resource":"*"}}`)
		out, err := u.DecodeAuthorizationMessage(ctx, &sdk.DecodeAuthorizationMessageInput{EncodedMessage: &encoded})
		require.NoError(t, err)
		assert.JSONEq(t, `{"allowed":false,"explicitDeny":true,"matchedStatements":{"items":[{"statementId":"Never","effect":"DENY",
			"principals":{"items":[{"value":"AIDACKCEVSQ6C2EXAMPLE"}]},"principalGroups":{"items":[]},"actions":{"items":[{"value":"ec2:*"}]},
			"resources":{"items":[{"value":"*"}]},"conditions":{"items":[]}}]},"failures":{"items":[]},
			"context":{"principal":{"id":"AIDACKCEVSQ6C2EXAMPLE","name":"alice","arn":"`+alice+`"},"action":"ec2:StopInstances",
			"resource":"arn:aws:ec2:us-east-1:111122223333:instance/i-1","conditions":{"items":[{"key":"ec2:Region","values":{"items":[{"value":"us-east-1"}]}}]}}}`, *out.DecodedMessage)
		assert.True(t, json.Valid([]byte(*out.DecodedMessage)))

		other := "AAAA" + encoded[4:]
		for _, bad := range []string{"x", "", encoded + "A", encoded[:len(encoded)-4], other} {
			_, err = u.DecodeAuthorizationMessage(ctx, &sdk.DecodeAuthorizationMessageInput{EncodedMessage: aws.String(bad)})
			require.Error(t, err)
		}
		_, err = u.DecodeAuthorizationMessage(ctx, &sdk.DecodeAuthorizationMessageInput{EncodedMessage: &other})
		requireError(t, err, "InvalidAuthorizationMessageException", "Message is not valid.")
		nobody := w.user(t, w.iam, "nobody", "")
		_, err = nobody.DecodeAuthorizationMessage(ctx, &sdk.DecodeAuthorizationMessageInput{EncodedMessage: &encoded})
		requireError(t, err, "AccessDenied", "User: arn:aws:iam::111122223333:user/nobody is not authorized to perform: sts:DecodeAuthorizationMessage because no identity-based policy allows the sts:DecodeAuthorizationMessage action")
	})
}
