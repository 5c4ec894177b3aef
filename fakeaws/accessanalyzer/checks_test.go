package accessanalyzer_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	aa "github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/prove"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

func statements(all string) string { return `{"Version":"2012-10-17","Statement":[` + all + `]}` }

const (
	read   = `{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}`
	write  = `{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::reports/*"}`
	broad  = `{"Sid":"Read","Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::reports*"}`
	denied = `{"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/secret/*"}`
)

// The words are those of the API reference's examples.
func TestCustomPolicyChecks(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloud(t, door)
		ctx := t.Context()
		checker := aa.NewFromConfig(c.as(t, "checker", statements(`{"Effect":"Allow","Action":["access-analyzer:CheckNoNewAccess","access-analyzer:CheckAccessNotGranted"],"Resource":"*"}`)))
		compare := func(old, changed string) *aa.CheckNoNewAccessOutput {
			out, err := checker.CheckNoNewAccess(ctx, &aa.CheckNoNewAccessInput{ExistingPolicyDocument: aws.String(statements(old)), NewPolicyDocument: aws.String(statements(changed)),
				PolicyType: types.AccessCheckPolicyTypeIdentityPolicy})
			require.NoError(t, err)
			return out
		}
		same := compare(read, read+","+denied)
		assert.Equal(t, types.CheckNoNewAccessResultPass, same.Result)
		assert.Equal(t, "The modified permissions do not grant new access compared to your existing policy.", *same.Message)
		assert.Empty(t, same.Reasons)
		more := compare(read, denied+","+write+","+broad)
		assert.Equal(t, types.CheckNoNewAccessResultFail, more.Result)
		assert.Equal(t, "The modified permissions grant new access compared to your existing policy.", *more.Message)
		assert.Equal(t, []types.ReasonSummary{
			{Description: aws.String("New access in the statement with index: 1."), StatementIndex: aws.Int32(1)},
			{Description: aws.String("New access in the statement with sid: Read."), StatementIndex: aws.Int32(2), StatementId: aws.String("Read")},
		}, more.Reasons)

		granted := func(policy string, access types.Access) *aa.CheckAccessNotGrantedOutput {
			out, err := checker.CheckAccessNotGranted(ctx, &aa.CheckAccessNotGrantedInput{PolicyDocument: aws.String(statements(policy)), Access: []types.Access{access},
				PolicyType: types.AccessCheckPolicyTypeIdentityPolicy})
			require.NoError(t, err)
			return out
		}
		not := granted(read, types.Access{Actions: []string{"s3:PutObject"}})
		assert.Equal(t, types.CheckAccessNotGrantedResultPass, not.Result)
		assert.Equal(t, "The policy document does not grant access to perform the listed actions or resources.", *not.Message)
		not = granted(read+","+denied, types.Access{Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::reports/secret/*"}})
		assert.Equal(t, types.CheckAccessNotGrantedResultPass, not.Result)
		is := granted(write+","+read, types.Access{Resources: []string{"arn:aws:s3:::reports/x"}, Actions: []string{"s3:GetObject"}})
		assert.Equal(t, types.CheckAccessNotGrantedResultFail, is.Result)
		assert.Equal(t, "The policy document grants access to perform one or more of the listed actions or resources.", *is.Message)
		assert.Equal(t, []types.ReasonSummary{
			{Description: aws.String("One or more of the listed actions or resources in the statement with sid: Read."), StatementIndex: aws.Int32(1), StatementId: aws.String("Read")},
		}, is.Reasons)

		_, err := checker.CheckNoNewAccess(ctx, &aa.CheckNoNewAccessInput{ExistingPolicyDocument: aws.String("{"), NewPolicyDocument: aws.String(statements(read)), PolicyType: types.AccessCheckPolicyTypeIdentityPolicy})
		requireError(t, err, "InvalidParameterException", "The policy document is not valid")
		_, err = checker.CheckAccessNotGranted(ctx, &aa.CheckAccessNotGrantedInput{PolicyDocument: aws.String(statements(read)), Access: []types.Access{{}}, PolicyType: types.AccessCheckPolicyTypeIdentityPolicy})
		requireError(t, err, "ValidationException", "An access must have actions or resources.")
		_, err = checker.CheckNoPublicAccess(ctx, &aa.CheckNoPublicAccessInput{PolicyDocument: aws.String(statements(read)), ResourceType: types.AccessCheckResourceTypeS3Bucket})
		requireError(t, err, "AccessDeniedException", "is not authorized to perform: access-analyzer:CheckNoPublicAccess")
	})
}

func TestCheckNoPublicAccess(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	for _, test := range []struct {
		kind   types.AccessCheckResourceType
		policy string
		public bool
	}{
		// Those of the API reference.
		{types.AccessCheckResourceTypeS3Bucket, statements(`{"Sid":"Bob","Effect":"Allow","Principal":"*","Action":["s3:GetObject"]}`), true},
		{types.AccessCheckResourceTypeS3Bucket, statements(`{"Sid":"Bob","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/JohnDoe"},"Action":["s3:GetObject"]}`), false},
		{types.AccessCheckResourceTypeSqsQueue, statements(`{"Sid":"Bob","Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*"}`), true},
		{types.AccessCheckResourceTypeSqsQueue, statements(`{"Sid":"Bob","Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:111122223333:t"}}}`), false},
		{types.AccessCheckResourceTypeRoleTrust, statements(`{"Sid":"Bob","Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}`), true},
		{types.AccessCheckResourceTypeRoleTrust, statements(`{"Sid":"Bob","Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}}`), false},
		{types.AccessCheckResourceTypeKmsKey, statements(`{"Sid":"Bob","Effect":"Allow","Principal":"*","Action":"kms:Decrypt","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*"}`), false},
	} {
		out, err := c.root().CheckNoPublicAccess(t.Context(), &aa.CheckNoPublicAccessInput{PolicyDocument: &test.policy, ResourceType: test.kind})
		require.NoError(t, err, test.policy)
		if !test.public {
			assert.Equal(t, types.CheckNoPublicAccessResultPass, out.Result, test.policy)
			assert.Equal(t, "The resource policy does not grant public access for the given resource type.", *out.Message)
			continue
		}
		assert.Equal(t, types.CheckNoPublicAccessResultFail, out.Result, test.policy)
		assert.Equal(t, "The resource policy grants public access for the given resource type.", *out.Message)
		assert.Equal(t, []types.ReasonSummary{{Description: aws.String("Public access granted in the following statement with sid: Bob."), StatementId: aws.String("Bob"), StatementIndex: aws.Int32(0)}}, out.Reasons)
	}
}

// The answers are those of package prove.
func TestChecksAgreeWithProve(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	documents := []string{
		statements(read), statements(write), statements(broad), statements(read + "," + denied), statements(broad + "," + denied), statements(read + "," + write),
		statements(`{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`),
		statements(`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"a"}}}`),
		statements(`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:PrincipalTag/team}/*"}`),
	}
	results := map[prove.Verdict]string{prove.Yes: "FAIL", prove.No: "PASS", prove.Unknown: "UnprocessableEntityException"}
	seen := map[string]int{}
	for _, old := range documents {
		for _, changed := range documents {
			p, q := enforce.MustParse(old, enforce.IdentityPolicy), enforce.MustParse(changed, enforce.IdentityPolicy)
			before, question := prove.Alone(p, q)
			after, _ := prove.Alone(q, p)
			want, err := prove.NoNewAccess(t.Context(), before, after, question)
			require.NoError(t, err)
			out, err := c.root().CheckNoNewAccess(t.Context(), &aa.CheckNoNewAccessInput{ExistingPolicyDocument: &old, NewPolicyDocument: &changed, PolicyType: types.AccessCheckPolicyTypeIdentityPolicy})
			seen[results[want.Verdict]]++
			if want.Verdict == prove.Unknown {
				requireError(t, err, "UnprocessableEntityException", want.Reasons[0])
				continue
			}
			require.NoError(t, err)
			assert.Equal(t, results[want.Verdict], string(out.Result), "%s\n%s", old, changed)
			assert.Equal(t, want.Verdict == prove.Yes, len(out.Reasons) > 0)
		}
		for _, action := range []string{"s3:GetObject", "s3:Put*", "iam:PassRole", "*"} {
			want, err := prove.NotGranted(t.Context(), enforce.MustParse(old, enforce.IdentityPolicy), prove.Access{Actions: []string{action}})
			require.NoError(t, err)
			out, err := c.root().CheckAccessNotGranted(t.Context(), &aa.CheckAccessNotGrantedInput{PolicyDocument: &old, Access: []types.Access{{Actions: []string{action}}}, PolicyType: types.AccessCheckPolicyTypeIdentityPolicy})
			require.NoError(t, err)
			assert.Equal(t, results[want[0].Verdict], string(out.Result), "%s %s", action, old)
		}
	}
	assert.Greater(t, seen["PASS"], 10)
	assert.Greater(t, seen["FAIL"], 20)
}

func TestValidatePolicy(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloud(t, door)
		in := &aa.ValidatePolicyInput{PolicyType: types.PolicyTypeIdentityPolicy, Locale: types.LocaleEn, MaxResults: aws.Int32(1),
			PolicyDocument: aws.String("{\"Version\":\"2012-10-17\",\n\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:GetObjekt\",\"Resource\":\"*\",\"Condition\":{\"StringEquals\":{\"aws:Nothing\":\"x\"}}}]}")}
		out, err := c.root().ValidatePolicy(t.Context(), in)
		require.NoError(t, err)
		require.Len(t, out.Findings, 1)
		assert.Equal(t, types.ValidatePolicyFinding{
			IssueCode: aws.String("INVALID_ACTION"), FindingType: types.ValidatePolicyFindingTypeError,
			FindingDetails: aws.String("The action s3:GetObjekt does not exist. Did you mean s3:GetObject?"),
			LearnMoreLink:  aws.String("https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-error-invalid-action"),
			Locations: []types.Location{{
				Path: []types.PathElement{&types.PathElementMemberValue{Value: "Statement"}, &types.PathElementMemberIndex{Value: 0}, &types.PathElementMemberValue{Value: "Action"}},
				Span: &types.Span{Start: &types.Position{Line: aws.Int32(2), Column: aws.Int32(40), Offset: aws.Int32(65)}, End: &types.Position{Line: aws.Int32(2), Column: aws.Int32(54), Offset: aws.Int32(79)}},
			}},
		}, out.Findings[0])
		in.NextToken = out.NextToken
		out, err = c.root().ValidatePolicy(t.Context(), in)
		require.NoError(t, err)
		require.Len(t, out.Findings, 1)
		assert.Equal(t, "INVALID_GLOBAL_CONDITION_KEY", *out.Findings[0].IssueCode)
		assert.Nil(t, out.NextToken)
		in.NextToken, in.ValidatePolicyResourceType = nil, types.ValidatePolicyResourceTypeS3Bucket
		_, err = c.root().ValidatePolicy(t.Context(), in)
		requireError(t, err, "ValidationException", "does not go with the resource type")
	})
}

// What nobody uses is found when the time is over.
func TestUnusedAccess(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	ctx := t.Context()
	made, err := c.root().CreateAnalyzer(ctx, &aa.CreateAnalyzerInput{AnalyzerName: aws.String("unused"), Type: types.TypeAccountUnusedAccess,
		Configuration: &types.AnalyzerConfigurationMemberUnusedAccess{Value: types.UnusedAccessConfiguration{UnusedAccessAge: aws.Int32(30),
			AnalysisRule: &types.AnalysisRule{Exclusions: []types.AnalysisRuleCriteria{{ResourceTags: []map[string]string{{"keep": "yes"}}}}}}},
		ArchiveRules: []types.InlineArchiveRule{{RuleName: aws.String("keys"), Filter: map[string]types.Criterion{"findingType": {Eq: []string{"UnusedIAMUserAccessKey"}}}}}})
	require.NoError(t, err)
	client := awsiam.NewFromConfig(c.RootConfig(owner))
	active := c.as(t, "active", statements(`{"Effect":"Allow","Action":["sqs:ListQueues","sqs:CreateQueue","s3:ListAllMyBuckets"],"Resource":"*"}`))
	c.as(t, "idle", "")
	trust := allow(`{"AWS":"arn:aws:iam::`+owner+`:root"}`, `"sts:AssumeRole"`, "", "")
	_, err = client.CreateRole(ctx, &awsiam.CreateRoleInput{RoleName: aws.String("old"), AssumeRolePolicyDocument: &trust})
	require.NoError(t, err)
	_, err = client.CreateRole(ctx, &awsiam.CreateRoleInput{RoleName: aws.String("kept"), AssumeRolePolicyDocument: &trust})
	require.NoError(t, err)
	_, err = client.TagRole(ctx, &awsiam.TagRoleInput{RoleName: aws.String("kept"), Tags: tagsOf("keep", "yes")})
	require.NoError(t, err)
	_, err = client.CreateLoginProfile(ctx, &awsiam.CreateLoginProfileInput{UserName: aws.String("idle"), Password: aws.String("Passw0rd!Passw0rd!")})
	require.NoError(t, err)

	find := func() map[string]types.FindingSummaryV2 {
		out, err := c.root().ListFindingsV2(ctx, &aa.ListFindingsV2Input{AnalyzerArn: made.Arn})
		require.NoError(t, err)
		found := map[string]types.FindingSummaryV2{}
		for _, f := range out.Findings {
			found[string(f.FindingType)+" "+*f.Resource] = f
		}
		return found
	}
	assert.Empty(t, find(), "nothing is older than the period")
	c.Clock().Advance(31 * 24 * time.Hour)
	_, err = awssqs.NewFromConfig(active).ListQueues(ctx, &awssqs.ListQueuesInput{})
	require.NoError(t, err)
	found := find()
	assert.Len(t, found, 4)
	user := "arn:aws:iam::" + owner + ":user/"
	require.Contains(t, found, "UnusedIAMRole arn:aws:iam::"+owner+":role/old")
	require.Contains(t, found, "UnusedIAMUserPassword "+user+"idle")
	assert.Equal(t, types.FindingStatusArchived, found["UnusedIAMUserAccessKey "+user+"idle"].Status, "a rule archives it")
	permissions := found["UnusedPermission "+user+"active"]
	require.NotNil(t, permissions.Id)
	got, err := c.root().GetFindingV2(ctx, &aa.GetFindingV2Input{AnalyzerArn: made.Arn, Id: permissions.Id})
	require.NoError(t, err)
	require.Len(t, got.FindingDetails, 2)
	s3 := got.FindingDetails[0].(*types.FindingDetailsMemberUnusedPermissionDetails).Value
	assert.Equal(t, "s3", *s3.ServiceNamespace)
	assert.Nil(t, s3.Actions, "nothing of the service is used")
	sqs := got.FindingDetails[1].(*types.FindingDetailsMemberUnusedPermissionDetails).Value
	assert.Equal(t, []types.UnusedAction{{Action: aws.String("CreateQueue")}}, sqs.Actions)

	statistics, err := c.root().GetFindingsStatistics(ctx, &aa.GetFindingsStatisticsInput{AnalyzerArn: made.Arn})
	require.NoError(t, err)
	counts := statistics.FindingsStatistics[0].(*types.FindingsStatisticsMemberUnusedAccessFindingsStatistics).Value
	assert.Equal(t, []int32{3, 1, 0}, []int32{*counts.TotalActiveFindings, *counts.TotalArchivedFindings, *counts.TotalResolvedFindings})

	clone := &cloud{worldtest.Clone(t, c.World.World)}
	defer clone.Close()
	cloned, err := clone.root().GetFindingV2(ctx, &aa.GetFindingV2Input{AnalyzerArn: made.Arn, Id: permissions.Id})
	require.NoError(t, err)
	assert.Equal(t, got.FindingDetails, cloned.FindingDetails)
	_, err = c.root().UpdateAnalyzer(ctx, &aa.UpdateAnalyzerInput{AnalyzerName: aws.String("unused"), Configuration: &types.AnalyzerConfigurationMemberUnusedAccess{Value: types.UnusedAccessConfiguration{UnusedAccessAge: aws.Int32(31)}}})
	requireError(t, err, "ValidationException", "unusedAccessAge cannot be changed.")
	updated, err := c.root().UpdateAnalyzer(ctx, &aa.UpdateAnalyzerInput{AnalyzerName: aws.String("unused"), Configuration: &types.AnalyzerConfigurationMemberUnusedAccess{Value: types.UnusedAccessConfiguration{UnusedAccessAge: aws.Int32(30)}}})
	require.NoError(t, err)
	assert.Nil(t, updated.Configuration.(*types.AnalyzerConfigurationMemberUnusedAccess).Value.AnalysisRule)
	assert.Contains(t, find(), "UnusedIAMRole arn:aws:iam::"+owner+":role/kept", "nothing is excluded any more")

	_, err = client.DeleteRole(ctx, &awsiam.DeleteRoleInput{RoleName: aws.String("old")})
	require.NoError(t, err)
	assert.Equal(t, types.FindingStatusResolved, find()["UnusedIAMRole arn:aws:iam::"+owner+":role/old"].Status)
	_, err = c.root().ListFindings(ctx, &aa.ListFindingsInput{AnalyzerArn: made.Arn})
	requireError(t, err, "ValidationException", "is not supported for an analyzer of the type ACCOUNT_UNUSED_ACCESS")
}

func tagsOf(key, value string) []iamtypes.Tag {
	return []iamtypes.Tag{{Key: &key, Value: &value}}
}
