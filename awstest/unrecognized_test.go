package awstest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
)

// A principal of which nothing is known is accepted, as in AWS, and logged once
// when the test fails or asks for it.
func TestUnrecognizedPrincipalsAreLogged(t *testing.T) {
	t.Parallel()
	run := func(failed bool, opts ...awstest.Option) *recorder {
		r := &recorder{name: t.Name()}
		acct := awstest.New(r, opts...)
		client := s3.NewFromConfig(acct.Config())
		_, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("bucket")})
		require.NoError(t, err)
		for range 2 {
			for _, principal := range []string{"lamda.amazonaws.com", "999988887777", "arn:aws:iam::999988887777:user/x", "ec2.amazonaws.com"} {
				_, err := client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{
					Bucket: aws.String("bucket"), Policy: aws.String(awstest.Allow("s3:GetObject").On("arn:aws:s3:::bucket/*").By(principal).String()),
				})
				require.NoError(t, err)
			}
		}
		if failed {
			r.Errorf("failed")
		}
		r.end()
		return r
	}
	want := []string{
		"unrecognized principal: a policy names the service lamda.amazonaws.com, which AWS is not known to have",
		"unrecognized principal: a policy names the account 999988887777, which this World does not have",
	}
	assert.Empty(t, run(false).logs)
	for _, r := range []*recorder{run(true), run(false, awstest.WithVerbose())} {
		require.Len(t, r.logs, 3)
		assert.Contains(t, r.logs[0], "AWS calls of this test")
		assert.Equal(t, want, r.logs[1:])
	}
}
