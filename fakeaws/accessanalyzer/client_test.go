package accessanalyzer_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	aa "github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/accessanalyzer"
	"github.com/leastpriv/leastpriv/fakeaws/anyservice"
	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/s3"
	"github.com/leastpriv/leastpriv/fakeaws/sqs"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
	"github.com/leastpriv/leastpriv/internal/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	owner  = worldtest.Account
	other  = worldtest.Other
	region = worldtest.Region
)

var start = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)

// A cloud is a World whose clock reads start.
type cloud struct{ *worldtest.World }

func newCloud(t testing.TB, door worldtest.Door, more ...fakeaws.Service) *cloud {
	t.Helper()
	services := append([]fakeaws.Service{accessanalyzer.Service, s3.Service, sqs.Service, iam.Service, sts.Service}, more...)
	w := worldtest.NewWorld(t, fakeaws.Config{Region: region, Clock: clock.At(start), Others: anyservice.Services{}, Services: services})
	return &cloud{worldtest.Open(t, door, w)}
}

func (c *cloud) root() *aa.Client { return aa.NewFromConfig(c.RootConfig(owner)) }

// as makes a user of the account with a policy.
func (c *cloud) as(t testing.TB, name, policy string) aws.Config {
	t.Helper()
	client := awsiam.NewFromConfig(c.RootConfig(owner))
	_, err := client.CreateUser(t.Context(), &awsiam.CreateUserInput{UserName: &name})
	require.NoError(t, err)
	if policy != "" {
		_, err = client.PutUserPolicy(t.Context(), &awsiam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("p"), PolicyDocument: &policy})
		require.NoError(t, err)
	}
	key, err := client.CreateAccessKey(t.Context(), &awsiam.CreateAccessKeyInput{UserName: &name})
	require.NoError(t, err)
	return c.Config(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "")
}

// analyzer makes an analyzer of a type, and returns its ARN.
func (c *cloud) analyzer(t testing.TB, kind types.Type) *string {
	t.Helper()
	out, err := c.root().CreateAnalyzer(t.Context(), &aa.CreateAnalyzerInput{AnalyzerName: aws.String("test"), Type: kind})
	require.NoError(t, err)
	return out.Arn
}

func (c *cloud) queue(t testing.TB, name, policy string) (arn string) {
	t.Helper()
	in := &awssqs.CreateQueueInput{QueueName: &name}
	if policy != "" {
		in.Attributes = map[string]string{"Policy": policy}
	}
	_, err := awssqs.NewFromConfig(c.RootConfig(owner)).CreateQueue(t.Context(), in)
	require.NoError(t, err)
	return fakeaws.ARN("sqs", region, owner, name)
}

func allow(principal, action, resource, condition string) string {
	st := `{"Effect":"Allow","Principal":` + principal + `,"Action":` + action
	if resource != "" {
		st += `,"Resource":"` + resource + `"`
	}
	if condition != "" {
		st += `,"Condition":` + condition
	}
	return `{"Version":"2012-10-17","Statement":[` + st + `}]}`
}

func (c *cloud) findings(t testing.TB, arn *string, filter map[string]types.Criterion) []types.FindingSummary {
	t.Helper()
	out, err := c.root().ListFindings(t.Context(), &aa.ListFindingsInput{AnalyzerArn: arn, Filter: filter, Sort: &types.SortCriteria{AttributeName: aws.String("resource")}})
	require.NoError(t, err)
	return out.Findings
}

func only(status types.FindingStatus) map[string]types.Criterion {
	return map[string]types.Criterion{"status": {Eq: []string{string(status)}}}
}

func requireError(t testing.TB, err error, code, text string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, code, api.ErrorCode())
	assert.Contains(t, api.ErrorMessage(), text)
}

// A queue that another account may use is a finding, until its policy is mended.
func TestExternalAccess(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloud(t, door)
		arn := c.analyzer(t, types.TypeAccount)
		shared := fakeaws.ARN("sqs", region, owner, "shared")
		c.queue(t, "shared", allow(`{"AWS":"arn:aws:iam::`+other+`:root"}`, `["sqs:SendMessage","sqs:ReceiveMessage"]`, shared, ""))
		c.queue(t, "private", "")
		own := fakeaws.ARN("sqs", region, owner, "own")
		c.queue(t, "own", allow(`"*"`, `"sqs:SendMessage"`, own, `{"StringEquals":{"aws:SourceAccount":"`+owner+`"}}`))

		found := c.findings(t, arn, nil)
		require.Len(t, found, 1)
		f := found[0]
		assert.Equal(t, shared, *f.Resource)
		assert.Equal(t, types.ResourceTypeAwsSqsQueue, f.ResourceType)
		assert.Equal(t, map[string]string{"AWS": other}, f.Principal)
		assert.Equal(t, []string{"sqs:ReceiveMessage", "sqs:SendMessage"}, f.Action)
		assert.Equal(t, types.FindingStatusActive, f.Status)
		assert.False(t, *f.IsPublic)
		assert.Equal(t, []types.FindingSource{{Type: types.FindingSourceTypePolicy}}, f.Sources)
		assert.Equal(t, types.ResourceControlPolicyRestrictionNotApplicable, f.ResourceControlPolicyRestriction)

		v2, err := c.root().GetFindingV2(t.Context(), &aa.GetFindingV2Input{AnalyzerArn: arn, Id: f.Id})
		require.NoError(t, err)
		require.Len(t, v2.FindingDetails, 1)
		assert.Equal(t, f.Principal, v2.FindingDetails[0].(*types.FindingDetailsMemberExternalAccessDetails).Value.Principal)

		c.Clock().Advance(time.Hour)
		client := awssqs.NewFromConfig(c.RootConfig(owner))
		url, err := client.GetQueueUrl(t.Context(), &awssqs.GetQueueUrlInput{QueueName: aws.String("shared")})
		require.NoError(t, err)
		_, err = client.SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{QueueUrl: url.QueueUrl, Attributes: map[string]string{"Policy": ""}})
		require.NoError(t, err)
		assert.Empty(t, c.findings(t, arn, only(types.FindingStatusActive)))
		got, err := c.root().GetFinding(t.Context(), &aa.GetFindingInput{AnalyzerArn: arn, Id: f.Id})
		require.NoError(t, err)
		assert.Equal(t, types.FindingStatusResolved, got.Finding.Status)
		assert.WithinDuration(t, f.UpdatedAt.Add(time.Hour), *got.Finding.UpdatedAt, time.Minute)

		resources, err := c.root().ListAnalyzedResources(t.Context(), &aa.ListAnalyzedResourcesInput{AnalyzerArn: arn, ResourceType: types.ResourceTypeAwsSqsQueue})
		require.NoError(t, err)
		assert.Len(t, resources.AnalyzedResources, 3)
		// The role that the service looks at the account with is analyzed too.
		roles, err := c.root().ListAnalyzedResources(t.Context(), &aa.ListAnalyzedResourcesInput{AnalyzerArn: arn, ResourceType: types.ResourceTypeAwsIamRole})
		require.NoError(t, err)
		require.Len(t, roles.AnalyzedResources, 1)
		assert.Equal(t, "arn:aws:iam::"+owner+":role/aws-service-role/access-analyzer.amazonaws.com/AWSServiceRoleForAccessAnalyzer", *roles.AnalyzedResources[0].ResourceArn)
	})
}

// A bucket is public by its policy or its ACL, unless Block Public Access is in the way.
func TestBuckets(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	arn := c.analyzer(t, types.TypeAccount)
	client := awss3.NewFromConfig(c.RootConfig(owner))
	ctx := t.Context()
	for _, name := range []string{"by-policy", "by-acl", "blocked"} {
		_, err := client.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: &name, ObjectOwnership: "BucketOwnerPreferred"})
		require.NoError(t, err)
		_, err = client.DeletePublicAccessBlock(ctx, &awss3.DeletePublicAccessBlockInput{Bucket: &name})
		require.NoError(t, err)
	}
	for _, name := range []string{"by-policy", "blocked"} {
		_, err := client.PutBucketPolicy(ctx, &awss3.PutBucketPolicyInput{Bucket: &name, Policy: aws.String(allow(`"*"`, `"s3:GetObject"`, "arn:aws:s3:::"+name+"/*", ""))})
		require.NoError(t, err)
	}
	_, err := client.PutPublicAccessBlock(ctx, &awss3.PutPublicAccessBlockInput{Bucket: aws.String("blocked"), PublicAccessBlockConfiguration: blockAll()})
	require.NoError(t, err)
	_, err = client.PutBucketAcl(ctx, &awss3.PutBucketAclInput{Bucket: aws.String("by-acl"), ACL: "public-read"})
	require.NoError(t, err)

	found := c.findings(t, arn, only(types.FindingStatusActive))
	require.Len(t, found, 2)
	assert.Equal(t, "arn:aws:s3:::by-acl", *found[0].Resource)
	assert.Equal(t, []types.FindingSource{{Type: types.FindingSourceTypeBucketAcl}}, found[0].Sources)
	assert.True(t, *found[0].IsPublic)
	assert.Equal(t, "arn:aws:s3:::by-policy", *found[1].Resource)
	assert.Equal(t, map[string]string{"AWS": "*"}, found[1].Principal)
	assert.True(t, *found[1].IsPublic)
	public := map[string]types.Criterion{"isPublic": {Eq: []string{"true"}}, "resource": {Contains: []string{"policy"}}}
	assert.Len(t, c.findings(t, arn, public), 1)

	statistics, err := c.root().GetFindingsStatistics(ctx, &aa.GetFindingsStatisticsInput{AnalyzerArn: arn})
	require.NoError(t, err)
	counts := statistics.FindingsStatistics[0].(*types.FindingsStatisticsMemberExternalAccessFindingsStatistics).Value
	assert.EqualValues(t, 2, *counts.TotalActiveFindings)
	assert.EqualValues(t, 2, *counts.ResourceTypeStatistics["AWS::S3::Bucket"].TotalActivePublic)
}

func blockAll() *s3types.PublicAccessBlockConfiguration {
	on := aws.Bool(true)
	return &s3types.PublicAccessBlockConfiguration{BlockPublicAcls: on, IgnorePublicAcls: on, BlockPublicPolicy: on, RestrictPublicBuckets: on}
}
