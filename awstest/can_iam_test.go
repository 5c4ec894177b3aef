package awstest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/awstest"
)

// Can knows the tags of what else IAM has, as calls do: for what is there, a call and Can say
// the same.
func TestCanOnOtherResourcesOfIAM(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	user := acct.NewUser("alice", awstest.Allow("iam:*").On("*").If("StringEquals", "aws:ResourceTag/team", "blue"))
	client := iam.NewFromConfig(user.Config())
	for _, team := range []string{"blue", "red"} {
		tags := []types.Tag{{Key: aws.String("team"), Value: &team}}
		profile := awstest.Do[iam.CreateInstanceProfileOutput](acct, &iam.CreateInstanceProfileInput{InstanceProfileName: &team, Path: aws.String("/a/"), Tags: tags})
		oidc := awstest.Do[iam.CreateOpenIDConnectProviderOutput](acct, &iam.CreateOpenIDConnectProviderInput{Url: aws.String("https://" + team + ".example.com"), Tags: tags})
		mfa := awstest.Do[iam.CreateVirtualMFADeviceOutput](acct, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: &team, Tags: tags})
		want := team == "blue"
		for _, c := range []struct {
			action, arn string
			call        func() error
		}{
			{"iam:GetInstanceProfile", *profile.InstanceProfile.Arn, func() error {
				_, err := client.GetInstanceProfile(t.Context(), &iam.GetInstanceProfileInput{InstanceProfileName: &team})
				return err
			}},
			{"iam:GetOpenIDConnectProvider", *oidc.OpenIDConnectProviderArn, func() error {
				_, err := client.GetOpenIDConnectProvider(t.Context(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: oidc.OpenIDConnectProviderArn})
				return err
			}},
			{"iam:ListMFADeviceTags", *mfa.VirtualMFADevice.SerialNumber, func() error {
				_, err := client.ListMFADeviceTags(t.Context(), &iam.ListMFADeviceTagsInput{SerialNumber: mfa.VirtualMFADevice.SerialNumber})
				return err
			}},
		} {
			assert.Equal(t, want, user.Can(c.action, c.arn).Allowed, "%s %s", c.action, c.arn)
			assert.Equal(t, want, c.call() == nil, "%s %s", c.action, c.arn)
		}
	}
	missing := user.Can("iam:GetSAMLProvider", "arn:aws:iam::"+acct.ID()+":saml-provider/none")
	assert.Contains(t, missing.Note, "there is no arn:aws:iam::"+acct.ID()+":saml-provider/none")
	elsewhere := user.Can("iam:GetInstanceProfile", "arn:aws:iam::"+acct.ID()+":instance-profile/b/blue")
	assert.False(t, elsewhere.Allowed, "the path is another")
}
