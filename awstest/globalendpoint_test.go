package awstest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/require"
)

// STS's endpoint without a region does not know the operations that came last.
func TestGlobalEndpointOfSTS(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	ctx := t.Context()
	user := acct.NewUser("u", awstest.Allow("sts:*"))
	token := &sts.GetWebIdentityTokenInput{Audience: []string{"a"}, SigningAlgorithm: aws.String("ES384")}
	root := &sts.AssumeRootInput{TargetPrincipal: aws.String(acct.ID()),
		TaskPolicyArn: &types.PolicyDescriptorType{Arn: aws.String("arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy")}}

	global := sts.NewFromConfig(user.Config(), func(o *sts.Options) { o.BaseEndpoint = aws.String("https://sts.amazonaws.com") })
	_, err := global.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	require.NoError(t, err)
	_, err = global.AssumeRoot(ctx, root)
	requireCode(t, err, "InvalidAction", "Unknown Operation")
	_, err = global.GetWebIdentityToken(ctx, token)
	requireCode(t, err, "InvalidAction", "Unknown Operation")

	regional := sts.NewFromConfig(user.Config())
	_, err = regional.AssumeRoot(ctx, root)
	requireCode(t, err, "AccessDenied", "User: "+user.ARN()+" is not authorized to perform: sts:AssumeRoot on resource: arn:aws:iam::"+acct.ID()+":root")
	_, err = regional.GetWebIdentityToken(ctx, token)
	var disabled *types.OutboundWebIdentityFederationDisabledException
	require.ErrorAs(t, err, &disabled)
}
