// Package externalid guards a role against the confused deputy: a vendor may
// assume it only with the external id that was agreed on.
package externalid

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/require"
)

func TestExternalID(t *testing.T) {
	customer := awstest.New(t)
	vendor := customer.NewAccount().NewUser("vendor", awstest.Allow("sts:AssumeRole"))
	role := customer.NewRole("audit", awstest.Trust(
		awstest.Allow("sts:AssumeRole").By(vendor.ARN()).If("StringEquals", "sts:ExternalId", "7f3a"),
	))
	client := sts.NewFromConfig(vendor.Config())

	for name, externalID := range map[string]*string{"none": nil, "another": aws.String("1234")} {
		t.Run(name, func(t *testing.T) {
			_, err := client.AssumeRole(t.Context(), &sts.AssumeRoleInput{
				RoleArn: aws.String(role.ARN()), RoleSessionName: aws.String("audit-2026"), ExternalId: externalID,
			})
			awstest.AssertDenied(t, err, "sts:AssumeRole")
		})
	}

	out, err := client.AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String(role.ARN()), RoleSessionName: aws.String("audit-2026"), ExternalId: aws.String("7f3a"),
	})
	awstest.RequireAllowed(t, err)
	require.Equal(t, "arn:aws:sts::000000000000:assumed-role/audit/audit-2026", *out.AssumedRoleUser.Arn)
}
