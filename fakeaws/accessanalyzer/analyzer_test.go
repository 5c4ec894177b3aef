package accessanalyzer_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	aa "github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awsorganizations "github.com/aws/aws-sdk-go-v2/service/organizations"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/eventbridge"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/kms"
	"github.com/leastpriv/leastpriv/fakeaws/organizations"
	"github.com/leastpriv/leastpriv/fakeaws/sns"
)

// Analyzers are guarded by their ARNs and tags, and who makes one must be allowed to have the
// service-linked role made.
func TestAnalyzers(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloud(t, door)
		ctx := t.Context()
		ofTeam := aa.NewFromConfig(c.as(t, "team", statements(`{"Effect":"Allow","Action":["access-analyzer:CreateAnalyzer","access-analyzer:TagResource"],"Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"a"}}},
			{"Effect":"Allow","Action":["access-analyzer:Get*","access-analyzer:ListTagsForResource","access-analyzer:UntagResource"],"Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"a"}}}`)))
		in := &aa.CreateAnalyzerInput{AnalyzerName: aws.String("a"), Type: types.TypeAccount}
		_, err := ofTeam.CreateAnalyzer(ctx, in)
		requireError(t, err, "AccessDeniedException", "is not authorized to perform: access-analyzer:CreateAnalyzer on resource: arn:aws:access-analyzer:us-east-1:111122223333:analyzer/a")
		in.Tags = map[string]string{"team": "a"}
		_, err = ofTeam.CreateAnalyzer(ctx, in)
		requireError(t, err, "AccessDeniedException", "is not authorized to perform: iam:CreateServiceLinkedRole on resource: arn:aws:iam::111122223333:role/aws-service-role/access-analyzer.amazonaws.com/AWSServiceRoleForAccessAnalyzer")
		made, err := c.root().CreateAnalyzer(ctx, in)
		require.NoError(t, err)
		got, err := ofTeam.GetAnalyzer(ctx, &aa.GetAnalyzerInput{AnalyzerName: in.AnalyzerName})
		require.NoError(t, err)
		assert.Equal(t, types.AnalyzerStatusActive, got.Analyzer.Status)
		assert.Equal(t, in.Tags, got.Analyzer.Tags)
		assert.Nil(t, got.Analyzer.Configuration)
		_, err = ofTeam.UntagResource(ctx, &aa.UntagResourceInput{ResourceArn: made.Arn, TagKeys: []string{"team"}})
		require.NoError(t, err)
		_, err = ofTeam.GetAnalyzer(ctx, &aa.GetAnalyzerInput{AnalyzerName: in.AnalyzerName})
		requireError(t, err, "AccessDeniedException", "access-analyzer:GetAnalyzer")

		_, err = c.root().CreateAnalyzer(ctx, &aa.CreateAnalyzerInput{AnalyzerName: aws.String("a"), Type: types.TypeAccountUnusedAccess})
		requireError(t, err, "ConflictException", "already exists")
		_, err = c.root().CreateAnalyzer(ctx, &aa.CreateAnalyzerInput{AnalyzerName: aws.String("b"), Type: types.TypeAccount})
		requireError(t, err, "ServiceQuotaExceededException", "analyzers of the type ACCOUNT")
		_, err = c.root().CreateAnalyzer(ctx, &aa.CreateAnalyzerInput{AnalyzerName: aws.String("b"), Type: types.TypeAccountInternalAccess})
		requireError(t, err, "NotImplemented", "analyzers of internal access are not implemented")
		_, err = c.root().CreateAnalyzer(ctx, &aa.CreateAnalyzerInput{AnalyzerName: aws.String("1"), Type: types.TypeAccount})
		requireError(t, err, "ValidationException", "failed to satisfy constraint")
		_, err = c.root().CreateAnalyzer(ctx, &aa.CreateAnalyzerInput{AnalyzerName: aws.String("b"), Type: types.TypeAccountUnusedAccess,
			Configuration: &types.AnalyzerConfigurationMemberUnusedAccess{Value: types.UnusedAccessConfiguration{UnusedAccessAge: aws.Int32(366)}}})
		requireError(t, err, "ValidationException", "unusedAccessAge")
		_, err = c.root().CreateServiceLinkedAnalyzer(ctx, &aa.CreateServiceLinkedAnalyzerInput{Type: types.TypeAccount})
		requireError(t, err, "NotImplemented", "CreateServiceLinkedAnalyzer")
		listed, err := c.root().ListAnalyzers(ctx, &aa.ListAnalyzersInput{Type: types.TypeAccount})
		require.NoError(t, err)
		assert.Len(t, listed.Analyzers, 1)
		// Another account has no access, whatever its own policies say.
		_, err = aa.NewFromConfig(c.RootConfig(other)).ListFindings(ctx, &aa.ListFindingsInput{AnalyzerArn: made.Arn})
		requireError(t, err, "AccessDeniedException", "access-analyzer:ListFindings")
		_, err = c.root().DeleteAnalyzer(ctx, &aa.DeleteAnalyzerInput{AnalyzerName: aws.String("a")})
		require.NoError(t, err)
		_, err = c.root().GetAnalyzer(ctx, &aa.GetAnalyzerInput{AnalyzerName: aws.String("a")})
		requireError(t, err, "ResourceNotFoundException", "The analyzer a does not exist.")
	})
}

// Rules archive what is new, and older findings when they are applied.
func TestArchiveRules(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	ctx := t.Context()
	arn := c.analyzer(t, types.TypeAccount)
	share := func(name string) {
		c.queue(t, name, allow(`{"AWS":"`+other+`"}`, `"sqs:SendMessage"`, fakeaws.ARN("sqs", region, owner, name), ""))
	}
	share("before")
	require.Len(t, c.findings(t, arn, only(types.FindingStatusActive)), 1)
	name := aws.String("partner")
	filter := map[string]types.Criterion{"principal.AWS": {Eq: []string{other}}, "condition.aws:PrincipalOrgID": {Exists: aws.Bool(false)}}
	_, err := c.root().CreateArchiveRule(ctx, &aa.CreateArchiveRuleInput{AnalyzerName: aws.String("test"), RuleName: name, Filter: filter})
	require.NoError(t, err)
	share("after")
	assert.Len(t, c.findings(t, arn, only(types.FindingStatusActive)), 1)
	assert.Len(t, c.findings(t, arn, only(types.FindingStatusArchived)), 1)
	_, err = c.root().ApplyArchiveRule(ctx, &aa.ApplyArchiveRuleInput{AnalyzerArn: arn, RuleName: name})
	require.NoError(t, err)
	archived := c.findings(t, arn, only(types.FindingStatusArchived))
	require.Len(t, archived, 2)
	_, err = c.root().UpdateFindings(ctx, &aa.UpdateFindingsInput{AnalyzerArn: arn, Status: types.FindingStatusUpdateActive, Ids: []string{*archived[0].Id}})
	require.NoError(t, err)
	assert.Len(t, c.findings(t, arn, only(types.FindingStatusActive)), 1)
	_, err = c.root().UpdateFindings(ctx, &aa.UpdateFindingsInput{AnalyzerArn: arn, Status: types.FindingStatusUpdateActive})
	requireError(t, err, "ValidationException", "either ids or a resource ARN")

	got, err := c.root().GetArchiveRule(ctx, &aa.GetArchiveRuleInput{AnalyzerName: aws.String("test"), RuleName: name})
	require.NoError(t, err)
	assert.Equal(t, filter, got.ArchiveRule.Filter)
	rules := aa.NewFromConfig(c.as(t, "rules", statements(`{"Effect":"Allow","Action":"access-analyzer:*","Resource":"arn:aws:access-analyzer:*:*:analyzer/test/archive-rule/partner"}`)))
	_, err = rules.DeleteArchiveRule(ctx, &aa.DeleteArchiveRuleInput{AnalyzerName: aws.String("test"), RuleName: aws.String("other")})
	requireError(t, err, "AccessDeniedException", "analyzer/test/archive-rule/other")
	_, err = rules.DeleteArchiveRule(ctx, &aa.DeleteArchiveRuleInput{AnalyzerName: aws.String("test"), RuleName: name})
	require.NoError(t, err)
	_, err = c.root().GetArchiveRule(ctx, &aa.GetArchiveRuleInput{AnalyzerName: aws.String("test"), RuleName: name})
	requireError(t, err, "ResourceNotFoundException", "The archive rule partner does not exist.")
	_, err = c.root().ListFindings(ctx, &aa.ListFindingsInput{AnalyzerArn: arn, Filter: map[string]types.Criterion{"colour": {Eq: []string{"red"}}}})
	requireError(t, err, "ValidationException", "The filter key colour is not valid.")
}

// The zone of trust of an organization has all of its accounts.
func TestOrganization(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess, organizations.Service)
	ctx := t.Context()
	in := &aa.CreateAnalyzerInput{AnalyzerName: aws.String("org"), Type: types.TypeOrganization}
	_, err := c.root().CreateAnalyzer(ctx, in)
	requireError(t, err, "ValidationException", "You must create an organization")
	management := awsorganizations.NewFromConfig(c.RootConfig(owner))
	made, err := management.CreateOrganization(ctx, &awsorganizations.CreateOrganizationInput{})
	require.NoError(t, err)
	_, err = c.root().CreateAnalyzer(ctx, in)
	requireError(t, err, "ValidationException", "Trusted access")
	_, err = management.EnableAWSServiceAccess(ctx, &awsorganizations.EnableAWSServiceAccessInput{ServicePrincipal: aws.String("access-analyzer.amazonaws.com")})
	require.NoError(t, err)
	analyzer, err := c.root().CreateAnalyzer(ctx, in)
	require.NoError(t, err)
	account := c.analyzer(t, types.TypeAccount)

	const stranger = "777788889999"
	c.queue(t, "to-stranger", allow(`{"AWS":"`+stranger+`"}`, `"sqs:SendMessage"`, fakeaws.ARN("sqs", region, owner, "to-stranger"), ""))
	c.queue(t, "to-members", allow(`"*"`, `"sqs:SendMessage"`, fakeaws.ARN("sqs", region, owner, "to-members"), `{"StringEquals":{"aws:PrincipalOrgID":"`+*made.Organization.Id+`"}}`))
	found := c.findings(t, analyzer.Arn, nil)
	require.Len(t, found, 1)
	assert.Equal(t, map[string]string{"AWS": stranger}, found[0].Principal)
	found = c.findings(t, account, nil)
	require.Len(t, found, 2)
	assert.Equal(t, map[string]string{"aws:PrincipalOrgID": *made.Organization.Id}, found[0].Condition)
	assert.False(t, *found[0].IsPublic)

	_, err = management.DisableAWSServiceAccess(ctx, &awsorganizations.DisableAWSServiceAccessInput{ServicePrincipal: aws.String("access-analyzer.amazonaws.com")})
	require.NoError(t, err)
	got, err := c.root().GetAnalyzer(ctx, &aa.GetAnalyzerInput{AnalyzerName: aws.String("org")})
	require.NoError(t, err)
	assert.Equal(t, types.AnalyzerStatusDisabled, got.Analyzer.Status)
	assert.Equal(t, types.ReasonCodeAwsServiceAccessDisabled, got.Analyzer.StatusReason.Code)
}

// All that can be shared is looked at.
func TestResources(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess, kms.Service, sns.Service)
	ctx := t.Context()
	arn := c.analyzer(t, types.TypeAccount)
	trust := allow(`{"AWS":"arn:aws:iam::`+other+`:root"}`, `"sts:AssumeRole"`, "", `{"StringEquals":{"sts:ExternalId":"x"}}`)
	_, err := awsiam.NewFromConfig(c.RootConfig(owner)).CreateRole(ctx, &awsiam.CreateRoleInput{RoleName: aws.String("shared"), AssumeRolePolicyDocument: &trust})
	require.NoError(t, err)
	topic, err := awssns.NewFromConfig(c.RootConfig(owner)).CreateTopic(ctx, &awssns.CreateTopicInput{Name: aws.String("shared")})
	require.NoError(t, err)
	assert.Len(t, c.findings(t, arn, nil), 1, "the default policy of a topic is for its owner")
	_, err = awssns.NewFromConfig(c.RootConfig(owner)).SetTopicAttributes(ctx, &awssns.SetTopicAttributesInput{TopicArn: topic.TopicArn, AttributeName: aws.String("Policy"),
		AttributeValue: aws.String(allow(`"*"`, `"sns:Publish"`, *topic.TopicArn, ""))})
	require.NoError(t, err)
	var found []string
	for _, f := range c.findings(t, arn, nil) {
		found = append(found, string(f.ResourceType)+" "+strings.Join(f.Action, ","))
	}
	assert.ElementsMatch(t, []string{"AWS::IAM::Role sts:AssumeRole", "AWS::SNS::Topic sns:Publish"}, found)
	resource, err := c.root().GetAnalyzedResource(ctx, &aa.GetAnalyzedResourceInput{AnalyzerArn: arn, ResourceArn: topic.TopicArn})
	require.NoError(t, err)
	assert.True(t, *resource.Resource.IsPublic)
	assert.Equal(t, []string{"POLICY"}, resource.Resource.SharedVia)
	_, err = c.root().StartResourceScan(ctx, &aa.StartResourceScanInput{AnalyzerArn: arn, ResourceArn: topic.TopicArn})
	require.NoError(t, err)
	_, err = c.root().StartResourceScan(ctx, &aa.StartResourceScanInput{AnalyzerArn: arn, ResourceArn: aws.String("arn:aws:sqs:us-east-1:111122223333:none")})
	requireError(t, err, "ResourceNotFoundException", "is not analyzed")

	clone := &cloud{worldtest.Clone(t, c.World.World)}
	defer clone.Close()
	assert.Equal(t, c.findings(t, arn, nil)[0].Id, clone.findings(t, arn, nil)[0].Id, "a clone has the findings")
}

// The default event bus is told of findings.
func TestEvents(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess, eventbridge.Service)
	arn := c.analyzer(t, types.TypeAccount)
	shared := fakeaws.ARN("sqs", region, owner, "shared")
	c.queue(t, "shared", allow(`{"AWS":"`+other+`"}`, `"sqs:SendMessage"`, shared, ""))
	found := c.findings(t, arn, nil)
	c.findings(t, arn, nil)
	events := eventbridge.Published(c.World.World, fakeaws.ARN("events", region, owner, "event-bus/default"))
	require.Len(t, events, 1, "once")
	assert.Equal(t, "aws.access-analyzer Access Analyzer Finding", events[0].Source+" "+events[0].DetailType)
	var detail map[string]any
	require.NoError(t, json.Unmarshal([]byte(events[0].Detail), &detail))
	assert.Equal(t, *found[0].Id, detail["id"])
	assert.Equal(t, map[string]any{"AWS": other}, detail["principal"])
	assert.Equal(t, "ACTIVE", detail["status"])
}

// A preview says what a policy would change.
func TestAccessPreviews(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	ctx := t.Context()
	arn := c.analyzer(t, types.TypeAccount)
	shared := c.queue(t, "shared", allow(`{"AWS":"`+other+`"}`, `"sqs:SendMessage"`, fakeaws.ARN("sqs", region, owner, "shared"), ""))
	preview := func(of string, configuration types.Configuration) []types.AccessPreviewFinding {
		made, err := c.root().CreateAccessPreview(ctx, &aa.CreateAccessPreviewInput{AnalyzerArn: arn, Configurations: map[string]types.Configuration{of: configuration}})
		require.NoError(t, err)
		got, err := c.root().GetAccessPreview(ctx, &aa.GetAccessPreviewInput{AnalyzerArn: arn, AccessPreviewId: made.Id})
		require.NoError(t, err)
		assert.Equal(t, types.AccessPreviewStatusCompleted, got.AccessPreview.Status)
		assert.Equal(t, configuration, got.AccessPreview.Configurations[of])
		found, err := c.root().ListAccessPreviewFindings(ctx, &aa.ListAccessPreviewFindingsInput{AnalyzerArn: arn, AccessPreviewId: made.Id})
		require.NoError(t, err)
		return found.Findings
	}
	same := preview(shared, &types.ConfigurationMemberSqsQueue{})
	require.Len(t, same, 1)
	assert.Equal(t, types.FindingChangeTypeUnchanged, same[0].ChangeType)
	mended := preview(shared, &types.ConfigurationMemberSqsQueue{Value: types.SqsQueueConfiguration{QueuePolicy: aws.String("")}})
	require.Len(t, mended, 1)
	assert.Equal(t, []any{types.FindingChangeTypeChanged, types.FindingStatusResolved, types.FindingStatusActive}, []any{mended[0].ChangeType, mended[0].Status, mended[0].ExistingFindingStatus})
	assert.Equal(t, *c.findings(t, arn, nil)[0].Id, *mended[0].ExistingFindingId)
	wider := preview(shared, &types.ConfigurationMemberSqsQueue{Value: types.SqsQueueConfiguration{QueuePolicy: aws.String(allow(`"*"`, `"sqs:*"`, shared, ""))}})
	require.Len(t, wider, 2)
	assert.Equal(t, []any{types.FindingChangeTypeNew, true}, []any{wider[0].ChangeType, *wider[0].IsPublic})
	assert.Len(t, c.findings(t, arn, nil), 1, "nothing has changed")

	bucket := "arn:aws:s3:::new"
	public := aws.String(allow(`"*"`, `"s3:GetObject"`, bucket+"/*", ""))
	assert.Len(t, preview(bucket, &types.ConfigurationMemberS3Bucket{Value: types.S3BucketConfiguration{BucketPolicy: public}}), 1)
	assert.Empty(t, preview(bucket, &types.ConfigurationMemberS3Bucket{Value: types.S3BucketConfiguration{BucketPolicy: public,
		BucketPublicAccessBlock: &types.S3PublicAccessBlockConfiguration{RestrictPublicBuckets: aws.Bool(true), IgnorePublicAcls: aws.Bool(true)}}}))
	_, err := awss3.NewFromConfig(c.RootConfig(owner)).CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: aws.String("new")})
	require.NoError(t, err)
	assert.Empty(t, preview(bucket, &types.ConfigurationMemberS3Bucket{Value: types.S3BucketConfiguration{BucketPolicy: public}}), "new buckets block public access")

	wrong, err := c.root().CreateAccessPreview(ctx, &aa.CreateAccessPreviewInput{AnalyzerArn: arn, Configurations: map[string]types.Configuration{
		shared: &types.ConfigurationMemberSqsQueue{Value: types.SqsQueueConfiguration{QueuePolicy: aws.String("{")}}}})
	require.NoError(t, err)
	got, err := c.root().GetAccessPreview(ctx, &aa.GetAccessPreviewInput{AnalyzerArn: arn, AccessPreviewId: wrong.Id})
	require.NoError(t, err)
	assert.Equal(t, types.AccessPreviewStatusReasonCodeInvalidConfiguration, got.AccessPreview.StatusReason.Code)
	_, err = c.root().CreateAccessPreview(ctx, &aa.CreateAccessPreviewInput{AnalyzerArn: arn, Configurations: map[string]types.Configuration{"arn:aws:sqs:us-east-1:" + other + ":q": &types.ConfigurationMemberSqsQueue{}}})
	requireError(t, err, "ValidationException", "or not of the account")
	_, err = c.root().CreateAccessPreview(ctx, &aa.CreateAccessPreviewInput{AnalyzerArn: arn, Configurations: map[string]types.Configuration{"arn:aws:ec2:us-east-1::snapshot/s": &types.ConfigurationMemberEbsSnapshot{}}})
	requireError(t, err, "NotImplemented", "access previews of snapshots")
}

// A generated policy allows what was done, and no more.
func TestPolicyGeneration(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloud(t, door)
		ctx := t.Context()
		roles := awsiam.NewFromConfig(c.RootConfig(owner))
		trust := allow(`{"Service":"access-analyzer.amazonaws.com"}`, `"sts:AssumeRole"`, "", "")
		monitor, err := roles.CreateRole(ctx, &awsiam.CreateRoleInput{RoleName: aws.String("monitor"), AssumeRolePolicyDocument: &trust})
		require.NoError(t, err)
		may := func(policy string) {
			_, err := roles.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: aws.String("monitor"), PolicyName: aws.String("p"), PolicyDocument: aws.String(statements(policy))})
			require.NoError(t, err)
		}
		worker := c.as(t, "worker", statements(`{"Effect":"Allow","Action":"*","Resource":"*"}`))
		_, err = awssqs.NewFromConfig(worker).CreateQueue(ctx, &awssqs.CreateQueueInput{QueueName: aws.String("q")})
		require.NoError(t, err)
		_, err = awss3.NewFromConfig(worker).ListBuckets(ctx, &awss3.ListBucketsInput{})
		require.NoError(t, err)
		c.Clock().Advance(time.Minute)

		user := aws.String("arn:aws:iam::" + owner + ":user/worker")
		in := &aa.StartPolicyGenerationInput{PolicyGenerationDetails: &types.PolicyGenerationDetails{PrincipalArn: user},
			CloudTrailDetails: &types.CloudTrailDetails{AccessRole: monitor.Role.Arn, StartTime: aws.Time(start.Add(-time.Hour)),
				Trails: []types.Trail{{CloudTrailArn: aws.String("arn:aws:cloudtrail:us-east-1:" + owner + ":trail/t"), AllRegions: aws.Bool(true)}}}}
		_, err = aa.NewFromConfig(c.as(t, "cannot-pass", statements(`{"Effect":"Allow","Action":"access-analyzer:*","Resource":"*"}`))).StartPolicyGeneration(ctx, in)
		requireError(t, err, "AccessDeniedException", "is not authorized to perform: iam:PassRole on resource: "+*monitor.Role.Arn)
		passes := aa.NewFromConfig(c.as(t, "passes", statements(`{"Effect":"Allow","Action":"access-analyzer:*","Resource":"*"},
			{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"access-analyzer.amazonaws.com"}}}`)))
		generate := func() *aa.GetGeneratedPolicyOutput {
			again := *in
			again.ClientToken = nil // which the client has set
			job, err := passes.StartPolicyGeneration(ctx, &again)
			require.NoError(t, err)
			require.NoError(t, c.Settle(ctx))
			out, err := passes.GetGeneratedPolicy(ctx, &aa.GetGeneratedPolicyInput{JobId: job.JobId, IncludeResourcePlaceholders: aws.Bool(true)})
			require.NoError(t, err)
			return out
		}
		failed := generate()
		assert.Equal(t, types.JobStatusFailed, failed.JobDetails.Status)
		assert.Equal(t, types.JobErrorCodeAuthorizationError, failed.JobDetails.JobError.Code)
		may(`{"Effect":"Allow","Action":["cloudtrail:GetTrail","iam:GenerateServiceLastAccessedDetails","iam:GetServiceLastAccessedDetails"],"Resource":"*"}`)
		done := generate()
		if done.JobDetails.JobError != nil {
			t.Fatal(*done.JobDetails.JobError.Message)
		}
		require.Equal(t, types.JobStatusSucceeded, done.JobDetails.Status)
		require.Len(t, done.GeneratedPolicyResult.GeneratedPolicies, 1)
		document := *done.GeneratedPolicyResult.GeneratedPolicies[0].Policy
		assert.JSONEq(t, statements(`{"Sid":"SupportedServiceSid0","Effect":"Allow","Action":["s3:ListAllMyBuckets"],"Resource":"*"},
			{"Sid":"SupportedServiceSid1","Effect":"Allow","Action":["sqs:CreateQueue"],"Resource":["arn:aws:sqs:${Region}:${Account}:${QueueName}"]}`), document)
		_, err = enforce.Parse(strings.NewReplacer("${Region}", region, "${Account}", owner, "${QueueName}", "q").Replace(document), enforce.IdentityPolicy, enforce.Source{})
		require.NoError(t, err, "with the placeholders filled in it is a policy")

		in.CloudTrailDetails.EndTime = aws.Time(start.Add(-time.Minute))
		assert.Empty(t, generate().GeneratedPolicyResult.GeneratedPolicies, "nothing was done then")
		in.CloudTrailDetails.EndTime = nil
		in.CloudTrailDetails.Trails[0].AllRegions, in.CloudTrailDetails.Trails[0].Regions = nil, []string{"eu-west-1"}
		assert.Empty(t, generate().GeneratedPolicyResult.GeneratedPolicies, "nor there")
		listed, err := passes.ListPolicyGenerations(ctx, &aa.ListPolicyGenerationsInput{PrincipalArn: user})
		require.NoError(t, err)
		assert.Len(t, listed.PolicyGenerations, 4)
		in.PolicyGenerationDetails.PrincipalArn = aws.String("arn:aws:iam::" + owner + ":user/nobody")
		_, err = passes.StartPolicyGeneration(ctx, in)
		requireError(t, err, "ValidationException", "does not exist")
		c.Clock().Advance(8 * 24 * time.Hour)
		_, err = passes.GetGeneratedPolicy(ctx, &aa.GetGeneratedPolicyInput{JobId: done.JobDetails.JobId})
		requireError(t, err, "ValidationException", "does not exist")
	})
}
