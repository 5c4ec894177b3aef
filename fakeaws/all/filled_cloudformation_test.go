package all_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/stretchr/testify/require"
)

func init() {
	register("cloudformation", func(c aws.Config) any { return cloudformation.NewFromConfig(c) }, stacksValues, func(f *filled, t testing.TB, c aws.Config) {
		f.fillCloudFormation(t, cloudformation.NewFromConfig(c))
	})
}

// The templates make nothing of other services, so that what is done later asks no policy.
// stackTemplate has an output that importTemplate imports; waitingTemplate never ends by itself,
// and failingTemplate cannot be made.
const (
	stackTemplate   = `{"Resources":{"Q":{"Type":"AWS::CDK::Metadata","Properties":{"Analytics":"1"}}},"Outputs":{"Id":{"Value":{"Ref":"Q"},"Export":{"Name":"target"}}}}`
	changedTemplate = `{"Resources":{"Q":{"Type":"AWS::CDK::Metadata","Properties":{"Analytics":"2"}}},"Outputs":{"Id":{"Value":{"Ref":"Q"},"Export":{"Name":"target"}}}}`
	importTemplate  = `{"Resources":{"Q":{"Type":"AWS::CDK::Metadata","Properties":{"Analytics":{"Fn::ImportValue":"target"}}}}}`
	handleTemplate  = `{"Resources":{"H":{"Type":"AWS::CloudFormation::WaitConditionHandle"}}}`
	waitingTemplate = `{"Resources":{"W":{"Type":"AWS::CloudFormation::WaitCondition","CreationPolicy":{"ResourceSignal":{"Timeout":"PT12H"}}}}}`
	failingTemplate = `{"Resources":{"V":{"Type":"AWS::EC2::VPC"}}}`
)

// fillCloudFormation makes stacks in the statuses that operations want: one that is there with a
// change set, one that imports what it exports, one that waits, one that is updated and waits,
// and one that has failed.
func (f *filled) fillCloudFormation(t testing.TB, client *cloudformation.Client) {
	t.Helper()
	ctx := t.Context()
	create := func(name, body string) *string {
		out, err := client.CreateStack(ctx, &cloudformation.CreateStackInput{StackName: &name, TemplateBody: &body, DisableRollback: aws.Bool(true)})
		require.NoError(t, err)
		require.NoError(t, f.Settle(ctx))
		return out.StackId
	}
	create("target", stackTemplate)
	create("user", importTemplate)
	create("waiting", waitingTemplate)
	create("failed", failingTemplate)
	create("updated", handleTemplate)
	_, err := client.UpdateStack(ctx, &cloudformation.UpdateStackInput{StackName: aws.String("updated"), TemplateBody: aws.String(waitingTemplate)})
	require.NoError(t, err)
	require.NoError(t, f.Settle(ctx))
	_, err = client.CreateChangeSet(ctx, &cloudformation.CreateChangeSetInput{StackName: aws.String("target"), ChangeSetName: aws.String("target"), TemplateBody: aws.String(changedTemplate)})
	require.NoError(t, err)
}

// stacksValues are the values of members of CloudFormation.
var stacksValues = map[string]any{
	"StackName": "target", "CreateStack.StackName": "value", "DeleteStack.StackName": "user", "CancelUpdateStack.StackName": "updated", "RollbackStack.StackName": "failed",
	"SignalResource.StackName": "waiting", "SignalResource.LogicalResourceId": "W", "cloudformation.LogicalResourceId": "Q", "cloudformation.TemplateBody": stackTemplate, "UpdateStack.TemplateBody": changedTemplate,
	"CreateChangeSet.TemplateBody": changedTemplate, "CreateStack.TemplateBody": handleTemplate, "ChangeSetName": "target", "CreateChangeSet.ChangeSetName": "value", "ExportName": "target",
	"DescribeStackResources.StackName": "target", "DescribeChangeSet.StackName": "target", "ExecuteChangeSet.StackName": "target", "DeleteChangeSet.StackName": "target", "GetTemplate.StackName": "target",
	"ContinueUpdateRollback.StackName": "target", "ValidateTemplate.TemplateBody": stackTemplate, "GetTemplateSummary.TemplateBody": stackTemplate,
	"SetStackPolicy.StackPolicyBody": `{"Statement":{"Effect":"Allow","Action":"Update:*","Principal":"*","Resource":"*"}}`,
	"cloudformation.Tags":            []cftypes.Tag{{Key: aws.String("value"), Value: aws.String("value")}},
}
