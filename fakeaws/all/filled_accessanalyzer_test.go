package all_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	aa "github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	aatypes "github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

func init() {
	register("access-analyzer", func(c aws.Config) any {
		return aa.NewFromConfig(c, func(o *aa.Options) { o.IdempotencyTokenProvider = sameToken{} })
	}, analyzerValues, (*filled).fillAnalyzer)
	apiPackages["access-analyzer"] = "accessanalyzer"
	storedValues["CreateAnalyzer.AnalyzerName"], storedValues["CreateArchiveRule.RuleName"] = hidden, hidden
	storedValues["access-analyzer.Tags"] = map[string]string{hidden: hidden}
	// "IAM Access Analyzer policy generation" of the User Guide has it.
	otherPermissions[operationName{"access-analyzer", "StartPolicyGeneration"}] = "iam:PassRole"
}

const ofAnalyzer = "arn:aws:access-analyzer:" + worldtest.Region + ":" + worldtest.Account + ":analyzer/"

var analyzerFilter = map[string]aatypes.Criterion{"resource": {Eq: []string{"value"}}}

// analyzerValues are the values of members of IAM Access Analyzer.
var analyzerValues = map[string]any{
	"access-analyzer.AnalyzerName": "target", "access-analyzer.AnalyzerArn": ofAnalyzer + "target", "access-analyzer.ResourceArn": ofAnalyzer + "target",
	"access-analyzer.RuleName": "target", "CreateArchiveRule.RuleName": "value", "CreateArchiveRule.Filter": analyzerFilter, "UpdateArchiveRule.Filter": analyzerFilter,
	"CreateAnalyzer.AnalyzerName": "value", "CreateAnalyzer.Type": aatypes.TypeAccountUnusedAccess,
	"GetAnalyzedResource.ResourceArn": "arn:aws:sqs:" + worldtest.Region + ":" + worldtest.Account + ":shared",
	"StartResourceScan.ResourceArn":   "arn:aws:sqs:" + worldtest.Region + ":" + worldtest.Account + ":shared",
	"UpdateFindings.ResourceArn":      "arn:aws:sqs:" + worldtest.Region + ":" + worldtest.Account + ":shared",
	"access-analyzer.Tags":            map[string]string{"value": "value"}, "access-analyzer.TagKeys": []string{"value"},
	"access-analyzer.PolicyDocument": worldtest.AllowAll, "ExistingPolicyDocument": worldtest.AllowAll, "NewPolicyDocument": worldtest.AllowAll,
	"CheckNoPublicAccess.PolicyDocument": toRoot, "CheckNoPublicAccess.ResourceType": aatypes.AccessCheckResourceTypeSnsTopic,
	"CheckAccessNotGranted.Access":                  []aatypes.Access{{Actions: []string{"s3:GetObject"}}},
	"StartPolicyGeneration.PolicyGenerationDetails": &aatypes.PolicyGenerationDetails{PrincipalArn: aws.String("arn:aws:iam::" + worldtest.Account + ":user/target")},
	"StartPolicyGeneration.CloudTrailDetails":       trailDetails(),
	"CreateAccessPreview.Configurations":            previewed,
}

// previewed is what an access preview is of.
var previewed = map[string]aatypes.Configuration{
	"arn:aws:sqs:" + worldtest.Region + ":" + worldtest.Account + ":shared": &aatypes.ConfigurationMemberSqsQueue{Value: aatypes.SqsQueueConfiguration{}},
}

func trailDetails() *aatypes.CloudTrailDetails {
	return &aatypes.CloudTrailDetails{AccessRole: aws.String("arn:aws:iam::" + worldtest.Account + ":role/target"), StartTime: aws.Time(time.Now().Add(-24 * time.Hour)),
		Trails: []aatypes.Trail{{CloudTrailArn: aws.String("arn:aws:cloudtrail:" + worldtest.Region + ":" + worldtest.Account + ":trail/t"), AllRegions: aws.Bool(true)}}}
}

// fillAnalyzer makes an analyzer with an archive rule, a finding and an access preview,
// and a policy generation that is done.
func (f *filled) fillAnalyzer(t testing.TB, config aws.Config) {
	t.Helper()
	ctx, client, name := t.Context(), aa.NewFromConfig(config), aws.String("target")
	made, err := client.CreateAnalyzer(ctx, &aa.CreateAnalyzerInput{AnalyzerName: name, Type: aatypes.TypeAccount})
	require.NoError(t, err)
	_, err = client.CreateArchiveRule(ctx, &aa.CreateArchiveRuleInput{AnalyzerName: name, RuleName: name, Filter: analyzerFilter})
	require.NoError(t, err)
	_, err = sqs.NewFromConfig(config).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("shared"), Attributes: map[string]string{
		"Policy": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + worldtest.Other + `"},"Action":"sqs:SendMessage","Resource":"*"}}`}})
	require.NoError(t, err)
	found, err := client.ListFindings(ctx, &aa.ListFindingsInput{AnalyzerArn: made.Arn, Filter: map[string]aatypes.Criterion{"resource": {Contains: []string{":shared"}}}})
	require.NoError(t, err)
	require.NotEmpty(t, found.Findings)
	f.values["GetFinding.Id"], f.values["GetFindingV2.Id"] = *found.Findings[0].Id, *found.Findings[0].Id
	preview, err := client.CreateAccessPreview(ctx, &aa.CreateAccessPreviewInput{AnalyzerArn: made.Arn, Configurations: previewed})
	require.NoError(t, err)
	f.values["access-analyzer.AccessPreviewId"] = *preview.Id
	job, err := client.StartPolicyGeneration(ctx, &aa.StartPolicyGenerationInput{CloudTrailDetails: trailDetails(),
		PolicyGenerationDetails: &aatypes.PolicyGenerationDetails{PrincipalArn: aws.String("arn:aws:iam::" + worldtest.Account + ":user/target")}})
	require.NoError(t, err)
	require.NoError(t, f.Settle(ctx))
	f.values["access-analyzer.JobId"] = *job.JobId
}
