package iam_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSetQuota(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		create := func(name string) error {
			return second(w.iam.CreateRole(w.root, &sdk.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trustEC2)}))
		}
		require.NoError(t, w.service.SetQuota(accountID, "Roles per account", 2))
		require.NoError(t, create("a"))
		require.NoError(t, create("b"))
		requireError(t, create("c"), "LimitExceeded", "Cannot exceed quota for RolesPerAccount: 2")
		summary, err := w.iam.GetAccountSummary(w.root, &sdk.GetAccountSummaryInput{})
		require.NoError(t, err)
		assert.Equal(t, int32(2), summary.SummaryMap["RolesQuota"])
		require.NoError(t, w.service.SetQuota(accountID, "Roles per account", 3))
		require.NoError(t, create("c"))
		require.NoError(t, w.service.SetQuota(accountID, "Roles per account", 1))
		_, err = w.iam.GetRole(w.root, &sdk.GetRoleInput{RoleName: aws.String("c")})
		require.NoError(t, err, "what is there stays")

		other, err := w.rootOf(otherID).GetAccountSummary(w.root, &sdk.GetAccountSummaryInput{})
		require.NoError(t, err)
		assert.Equal(t, int32(1000), other.SummaryMap["RolesQuota"], "of another account")

		require.NoError(t, w.service.SetQuota(accountID, "Role trust policy length", 100))
		require.NoError(t, w.service.SetQuota(accountID, "Roles per account", 10))
		requireError(t, create("d"), "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 100")
		require.ErrorContains(t, w.service.SetQuota(accountID, "Rolls per account", 1), `iam has no quota "Rolls per account" that can be set; it has ["Users per account"`)
	})
}
