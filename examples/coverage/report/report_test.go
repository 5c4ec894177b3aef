// Package report is one of two whose tests use different parts of a policy.
package report

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	awstest.Main(m, nil, awstest.MinCoverage(50))
}

func TestReport(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.S3().CreateBucket("incoming").Put("raw/1", "x")
	worker := acct.NewRole("worker", awstest.File("../worker.json"), awstest.Tags(map[string]string{"team": "reports"}))

	store := s3.NewFromConfig(worker.Config())
	out, err := store.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("incoming"), Key: aws.String("raw/1")})
	require.NoError(t, err)
	require.NoError(t, out.Body.Close())
	_, err = store.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("incoming")})
	require.NoError(t, err)
}
