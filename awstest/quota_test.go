package awstest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/require"
)

func TestSetQuota(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		acct := awstest.New(t, opts...)
		acct.SetQuota("iam", "Groups per account", 1)
		client := iam.NewFromConfig(acct.Config())
		_, err := client.CreateGroup(t.Context(), &iam.CreateGroupInput{GroupName: aws.String("a")})
		require.NoError(t, err)
		_, err = client.CreateGroup(t.Context(), &iam.CreateGroupInput{GroupName: aws.String("b")})
		require.ErrorContains(t, err, "Cannot exceed quota for GroupsPerAccount: 1")
	})
}
