package docs

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	aa "github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/fakeaws/accessanalyzer"
)

// TestAccessAnalyzer is docs/accessanalyzer.md's.
func TestAccessAnalyzer(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, awstest.With(accessanalyzer.Service)) // package fakeaws/accessanalyzer
	client := aa.NewFromConfig(acct.Config())
	ctx := t.Context()
	analyzer, err := client.CreateAnalyzer(ctx, &aa.CreateAnalyzerInput{AnalyzerName: aws.String("external"), Type: types.TypeAccount})
	require.NoError(t, err)
	queue := acct.SQS().CreateQueue("jobs", nil)
	queue.SetPolicy(awstest.Allow("sqs:SendMessage").By("444455556666"))

	active := map[string]types.Criterion{"status": {Eq: []string{"ACTIVE"}}}
	found, err := client.ListFindings(ctx, &aa.ListFindingsInput{AnalyzerArn: analyzer.Arn, Filter: active})
	require.NoError(t, err)
	require.Len(t, found.Findings, 1)
	assert.Equal(t, map[string]string{"AWS": "444455556666"}, found.Findings[0].Principal)

	old := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}}`
	changed := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::reports/*"}}`
	checked, err := client.CheckNoNewAccess(ctx, &aa.CheckNoNewAccessInput{
		PolicyType: types.AccessCheckPolicyTypeIdentityPolicy, ExistingPolicyDocument: &old, NewPolicyDocument: &changed,
	})
	require.NoError(t, err)
	assert.Equal(t, types.CheckNoNewAccessResultFail, checked.Result)
	assert.Equal(t, "New access in the statement with index: 0.", *checked.Reasons[0].Description)
}
