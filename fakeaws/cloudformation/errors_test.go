package cloudformation_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscf "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// What is wrong with a template is answered in CloudFormation's words, before anything is made.
func TestTemplateErrors(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	client := c.root()
	const q = `"Q":{"Type":"AWS::SQS::Queue"}`
	cases := map[string]string{
		`{"Resources":`:          "Template format error: JSON not well-formed. (line 1, column 1)",
		"a: [":                   "Template format error: YAML not well-formed. (line 1, column 1)",
		`text`:                   "Template format error: unsupported structure.",
		`{"Things":{}}`:          "Invalid template property or properties [Things]",
		`{}`:                     "Template format error: At least one Resources member must be defined.",
		`{"Resources":{"Q":{}}}`: "Template format error: [/Resources/Q] Every Resources object must contain a Type member.",
		`{"Resources":{"Q-1":{"Type":"AWS::SQS::Queue"}}}`:                                                                                                             "Template format error: Resource name Q-1 is non alphanumeric.",
		`{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Color":"red"}}}`:                                                                                                 "Invalid template resource property 'Color'",
		`{"Resources":{"Q":{"Type":"Not::A::Type"}}}`:                                                                                                                  "Template format error: Unrecognized resource types: [Not::A::Type]",
		`{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":{"Ref":"X"}}}}}`:                                                                        "Template format error: Unresolved resource dependencies [X] in the Resources block of the template",
		`{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":{"Fn::Sub":"a-${X}"}}}}}`:                                                               "Template format error: Unresolved resource dependencies [X] in the Resources block of the template",
		`{"Resources":{"Q":{"Type":"AWS::SQS::Queue","DependsOn":"X"}}}`:                                                                                               "Template format error: Unresolved resource dependencies [X] in the Resources block of the template",
		`{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":{"Fn::GetAtt":["X","Arn"]}}}}}`:                                                         "Template error: instance of Fn::GetAtt references undefined resource X",
		`{"Resources":{` + q + `},"Outputs":{"O":{"Value":{"Ref":"X"}}}}`:                                                                                              "Template format error: Unresolved resource dependencies [X] in the Outputs block of the template",
		`{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":{"Fn::If":["X","a","b"]}}}}}`:                                                           "Template error: unresolved condition dependency X in Fn::If",
		`{"Resources":{"A":{"Type":"AWS::SQS::Queue","DependsOn":"B"},"B":{"Type":"AWS::SQS::Queue","DependsOn":"A"}}}`:                                                "Circular dependency between resources: [A, B]",
		`{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":{"Fn::Select":[7,["a"]]}}}}}`:                                                           "Template error: Fn::Select requires a list argument with two elements: an integer index and a list",
		`{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":{"Fn::Select":["x",["a"]]}}}}}`:                                                         "Template error: Fn::Select requires a list argument with two elements: an integer index and a list",
		`{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":{"Fn::Split":["a"]}}}}}`:                                                                "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split.",
		`{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":{"Fn::FindInMap":["M","a","b"]}}}}}`:                                                    "Template error: Unable to get mapping for M::a::b",
		`{"Transform":"AWS::Serverless-2016-10-31","Resources":{"F":{"Type":"AWS::Serverless::Function","Properties":{"CodeUri":"./f","Handler":"a","Runtime":"b"}}}}`: "Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application Specification document. Number of errors found: 1. Resource with id [F] is invalid. 'CodeUri' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId query parameter.",
		`{"Parameters":{"P":{"Type":"Thing"}},"Resources":{` + q + `}}`:                                                                                                "Template format error: Unrecognized parameter type: Thing",
		`{"Parameters":{"P":{"Type":"String"},"R":{"Type":"String"}},"Resources":{` + q + `}}`:                                                                         "Parameters: [P, R] must have values",
		`{"Parameters":{"P":{"Type":"Number","Default":"x"}},"Resources":{` + q + `}}`:                                                                                 "Parameter 'P' must be a number.",
		`{"Parameters":{"P":{"Type":"Number","Default":"1","MinValue":2}},"Resources":{` + q + `}}`:                                                                    "Parameter 'P' must be a number not less than 2",
		`{"Parameters":{"P":{"Type":"String","Default":"c","AllowedValues":["a","b"]}},"Resources":{` + q + `}}`:                                                       "Parameter 'P' must be one of AllowedValues",
		`{"Parameters":{"P":{"Type":"String","Default":"c","AllowedPattern":"[0-9]+"}},"Resources":{` + q + `}}`:                                                       "Parameter 'P' must match pattern [0-9]+",
		`{"Parameters":{"P":{"Type":"String","Default":"c","AllowedPattern":"[0-9]+","ConstraintDescription":"only digits"}},"Resources":{` + q + `}}`:                 "Parameter P failed to satisfy constraint: only digits",
		`{"Parameters":{"P":{"Type":"String","Default":"c","MinLength":3}},"Resources":{` + q + `}}`:                                                                   "Parameter 'P' must contain at least 3 characters",
	}
	for body, want := range cases {
		_, err := client.CreateStack(t.Context(), &awscf.CreateStackInput{StackName: aws.String("s"), TemplateBody: &body})
		if assert.Error(t, err, body) {
			worldtest.RequireError(t, err, "ValidationError", want)
		}
	}
	out, err := client.ListStacks(t.Context(), &awscf.ListStacksInput{})
	require.NoError(t, err)
	assert.Empty(t, out.StackSummaries, "nothing was made")
}

// What is not implemented is refused by its name, never left out.
func TestRefused(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	client := c.root()
	failures := map[string]string{
		`{"Resources":{"V":{"Type":"AWS::EC2::VPC","Properties":{"CidrBlock":"10.0.0.0/16"}}}}`:                                                                                                           "V CREATE_FAILED cloudformation: the resource type AWS::EC2::VPC is not implemented by leastpriv.",
		`{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"Color":"red"}}}}`:                                                                                                                     "Q CREATE_FAILED cloudformation: the property Color of AWS::SQS::Queue is not implemented by leastpriv.",
		`{"Resources":{"F":{"Type":"AWS::Scheduler::Schedule","Properties":{"ScheduleExpression":"rate(1 hour)","FlexibleTimeWindow":{"Mode":"OFF"},"Target":{"Arn":"a","RoleArn":"b","Color":"red"}}}}}`: "F CREATE_FAILED cloudformation: the property /Target/Color of AWS::Scheduler::Schedule (The field is not supported) is not implemented by leastpriv.",
		`{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":"{{resolve:ssm:/name}}"}}}}`:                                                                                               "Q CREATE_FAILED cloudformation: the dynamic reference {{resolve:ssm:/name}} is not implemented by leastpriv.",
		`{"Resources":{"Q":{"Type":"AWS::SQS::Queue"},"T":{"Type":"AWS::SNS::Topic","Properties":{"DisplayName":{"Fn::GetAtt":["Q","Color"]}}}}}`:                                                         "T CREATE_FAILED Template error: resource Q does not support attribute type Color in Fn::GetAtt",
	}
	n := 0
	for body, want := range failures {
		n++
		name := "s" + strings.Repeat("x", n)
		assert.Equal(t, types.StackStatusRollbackComplete, c.create(t, client, name, body).StackStatus, body)
		assert.Contains(t, c.events(t, client, name), want)
	}
	_, err := client.CreateStack(t.Context(), &awscf.CreateStackInput{StackName: aws.String("p"), TemplateBody: aws.String(`{"Parameters":{"P":{"Type":"AWS::SSM::Parameter::Value<String>","Default":"/p"}},"Resources":{"Q":{"Type":"AWS::SQS::Queue"}}}`)})
	worldtest.RequireError(t, err, "NotImplemented", "cloudformation: the type AWS::SSM::Parameter::Value<String> of the parameter P is not implemented by leastpriv.")
	_, err = client.CreateStackSet(t.Context(), &awscf.CreateStackSetInput{StackSetName: aws.String("s")})
	worldtest.RequireError(t, err, "NotImplemented", "cloudformation CreateStackSet is not implemented by leastpriv.")
}

func TestCapabilities(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	client := c.root()
	role := func(name string) string {
		return `{"Resources":{"R":{"Type":"AWS::IAM::Role","Properties":{` + name + `"AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}}}}}`
	}
	cases := []struct {
		body string
		have []types.Capability
		want string
	}{
		{role(""), nil, "CAPABILITY_IAM"},
		{role(""), []types.Capability{types.CapabilityCapabilityIam}, ""},
		{role(""), []types.Capability{types.CapabilityCapabilityNamedIam}, ""},
		{role(`"RoleName":"r",`), []types.Capability{types.CapabilityCapabilityIam}, "CAPABILITY_NAMED_IAM"},
		{role(`"RoleName":"r",`), []types.Capability{types.CapabilityCapabilityNamedIam}, ""},
		{`{"Transform":"AWS::Serverless-2016-10-31","Resources":{"Q":{"Type":"AWS::SQS::Queue"}}}`, nil, "CAPABILITY_AUTO_EXPAND"},
		{`{"Transform":"AWS::Serverless-2016-10-31","Resources":{"Q":{"Type":"AWS::SQS::Queue"}}}`, []types.Capability{types.CapabilityCapabilityAutoExpand}, ""},
	}
	for i, of := range cases {
		name := "s" + strings.Repeat("x", i)
		_, err := client.CreateStack(t.Context(), &awscf.CreateStackInput{StackName: &name, TemplateBody: &of.body, Capabilities: of.have})
		if of.want == "" {
			require.NoError(t, err)
			continue
		}
		worldtest.RequireError(t, err, "InsufficientCapabilitiesException", "Requires capabilities : ["+of.want+"]")
	}
	body := role("")
	valid, err := client.ValidateTemplate(t.Context(), &awscf.ValidateTemplateInput{TemplateBody: &body})
	require.NoError(t, err)
	assert.Equal(t, []types.Capability{types.CapabilityCapabilityIam}, valid.Capabilities)
	assert.Equal(t, "The following resource(s) require capabilities: [AWS::IAM::Role]", *valid.CapabilitiesReason)
}

// Requests that were made before are answered as they were; those that cannot be are refused.
func TestRequests(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	client, ctx := c.root(), t.Context()
	in := &awscf.CreateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(oneQueue), ClientRequestToken: aws.String("token")}
	first, err := client.CreateStack(ctx, in)
	require.NoError(t, err)
	again, err := client.CreateStack(ctx, in)
	require.NoError(t, err)
	assert.Equal(t, *first.StackId, *again.StackId)
	in.ClientRequestToken = nil
	_, err = client.CreateStack(ctx, in)
	worldtest.RequireError(t, err, "AlreadyExistsException", "Stack [s] already exists")
	_, err = client.UpdateStack(ctx, &awscf.UpdateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(oneQueue)})
	worldtest.RequireError(t, err, "ValidationError", "Stack:"+*first.StackId+" is in CREATE_IN_PROGRESS state and can not be updated.")
	c.done(t, client, "s")
	for _, e := range must(client.DescribeStackEvents(ctx, &awscf.DescribeStackEventsInput{StackName: aws.String("s")})).StackEvents {
		assert.Equal(t, "token", aws.ToString(e.ClientRequestToken))
	}
	errs := map[string]error{
		"ValidationError Stack [none] does not exist":                             two(client.UpdateStack(ctx, &awscf.UpdateStackInput{StackName: aws.String("none"), TemplateBody: aws.String(oneQueue)})),
		"ValidationError Stack with id none does not exist":                       two(client.DescribeStacks(ctx, &awscf.DescribeStacksInput{StackName: aws.String("none")})),
		"ValidationError Stack 'none' does not exist":                             two(client.DescribeStackResource(ctx, &awscf.DescribeStackResourceInput{StackName: aws.String("none"), LogicalResourceId: aws.String("Q")})),
		"ValidationError Resource X does not exist for stack s":                   two(client.DescribeStackResource(ctx, &awscf.DescribeStackResourceInput{StackName: aws.String("s"), LogicalResourceId: aws.String("X")})),
		"ValidationError Either Template URL or Template Body must be specified.": two(client.CreateStack(ctx, &awscf.CreateStackInput{StackName: aws.String("t")})),
		"ValidationError Parameters: [P] do not exist in the template":            two(client.CreateStack(ctx, &awscf.CreateStackInput{StackName: aws.String("t"), TemplateBody: aws.String(oneQueue), Parameters: []types.Parameter{param("P", "v")}})),
		"ValidationError 1 validation error detected: Value '1' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: ([a-zA-Z][-a-zA-Z0-9]*)|(arn:\\b(aws|aws-us-gov|aws-cn)\\b:[-a-zA-Z0-9:/._+]*)": two(client.UpdateTerminationProtection(ctx,
			&awscf.UpdateTerminationProtectionInput{StackName: aws.String("1"), EnableTerminationProtection: aws.Bool(true)})),
		"ValidationError Export 'x' is not imported by any stack.":                      two(client.ListImports(ctx, &awscf.ListImportsInput{ExportName: aws.String("x")})),
		"ValidationError aws: prefixed tag key names are not allowed for external use.": two(client.CreateStack(ctx, &awscf.CreateStackInput{StackName: aws.String("t"), TemplateBody: aws.String(oneQueue), Tags: []types.Tag{{Key: aws.String("aws:a"), Value: aws.String("b")}}})),
	}
	for want, err := range errs {
		code, message, _ := strings.Cut(want, " ")
		worldtest.RequireError(t, err, code, message)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func two[T any](_ T, err error) error { return err }

// The value of a parameter with NoEcho is shown nowhere.
func TestNoEcho(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	client, ctx := c.root(), t.Context()
	const body = `{"Parameters":{"P":{"Type":"String","NoEcho":true}},"Resources":{"T":{"Type":"AWS::SNS::Topic","Properties":{"DisplayName":{"Fn::Sub":"is ${P}"}}}}}`
	st := c.create(t, client, "s", body, param("P", "hush"))
	require.Equal(t, types.StackStatusCreateComplete, st.StackStatus)
	_, err := client.CreateChangeSet(ctx, &awscf.CreateChangeSetInput{StackName: aws.String("s"), ChangeSetName: aws.String("c"), UsePreviousTemplate: aws.Bool(true), Parameters: []types.Parameter{param("P", "other")}})
	require.NoError(t, err)
	set := must(client.DescribeChangeSet(ctx, &awscf.DescribeChangeSetInput{StackName: aws.String("s"), ChangeSetName: aws.String("c"), IncludePropertyValues: aws.Bool(true)}))
	assert.Equal(t, "****", *st.Parameters[0].ParameterValue)
	assert.Equal(t, `{"Properties":{"DisplayName":"is ****"}}`, *set.Changes[0].ResourceChange.BeforeContext)
	assert.Equal(t, `{"Properties":{"DisplayName":"is ****"}}`, *set.Changes[0].ResourceChange.AfterContext)
	for _, e := range must(client.DescribeStackEvents(ctx, &awscf.DescribeStackEventsInput{StackName: aws.String("s")})).StackEvents {
		assert.NotContains(t, aws.ToString(e.ResourceProperties), "hush")
	}
}

// A macro, a file that is included and policies that are not understood are refused.
func TestUnsupported(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	cases := map[string]string{
		`{"Transform":"Own","Resources":{"Q":{"Type":"AWS::SQS::Queue"}}}`:                                                                                   "the transform Own",
		`{"Transform":{"Name":"AWS::Include","Parameters":{"Location":"/etc/passwd"}},"Resources":{"Q":{"Type":"AWS::SQS::Queue"}}}`:                         "the transform AWS::Include",
		`{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"Fn::Transform":{"Name":"AWS::Include","Parameters":{"Location":"/etc/passwd"}}}}}}`:      "Fn::Transform",
		`{"Resources":{"Q":{"Type":"AWS::SQS::Queue","CreationPolicy":{"ResourceSignal":{}}}}}`:                                                              "CreationPolicy of AWS::SQS::Queue",
		`{"Resources":{"A":{"Type":"AWS::Lambda::Alias","UpdatePolicy":{"CodeDeployLambdaAliasUpdate":{"ApplicationName":"a","DeploymentGroupName":"b"}}}}}`: "UpdatePolicy",
	}
	for body, what := range cases {
		_, err := c.root().CreateStack(t.Context(), &awscf.CreateStackInput{StackName: aws.String("s"), TemplateBody: &body, Capabilities: acknowledged})
		worldtest.RequireError(t, err, "NotImplemented", "cloudformation: "+what+" is not implemented by leastpriv.")
	}
	_, err := c.root().CreateStack(t.Context(), &awscf.CreateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(oneQueue), NotificationARNs: []string{"arn:aws:sns:us-east-1:111122223333:t"}})
	require.ErrorContains(t, err, "the publishing of events to NotificationARNs is not implemented")
}

// A member of a property that is not understood fails the resource by its name, as a property
// does: none is left out.
func TestMembersThatAreNotThere(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	client := c.root()
	const trust = `"AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	for properties, want := range map[string]string{
		`"Type":"AWS::IAM::Role","Properties":{` + trust + `,"Policies":[{"PolicyName":"p","PolicyDocument":{},"Color":"red"}]}`:                                              "Policies.Color of AWS::IAM::Role",
		`"Type":"AWS::SNS::Topic","Properties":{"Subscription":[{"Protocol":"email","Endpoint":"a@example.com","FilterPolicy":{}}]}`:                                          "Subscription.FilterPolicy of AWS::SNS::Topic",
		`"Type":"AWS::S3::Bucket","Properties":{"LifecycleConfiguration":{"Rules":[],"TransitionDefaultMinimumObjectSize":"varies_by_storage_class"}}`:                        "LifecycleConfiguration.TransitionDefaultMinimumObjectSize of AWS::S3::Bucket",
		`"Type":"AWS::S3::Bucket","Properties":{"NotificationConfiguration":{"TopicConfigurations":[{"Topic":"t","Event":"s3:ObjectCreated:*","Filter":{}, "Color":"red"}]}}`: "NotificationConfiguration.TopicConfigurations.Color of AWS::S3::Bucket",
		`"Type":"AWS::DynamoDB::Table","Properties":{"StreamSpecification":{"StreamViewType":"KEYS_ONLY","ResourcePolicy":{}}}`:                                               "StreamSpecification.ResourcePolicy of AWS::DynamoDB::Table",
		`"Type":"AWS::Lambda::Alias","Properties":{"RoutingConfig":{"AdditionalVersionWeights":[{"FunctionVersion":"1","FunctionWeight":0.1,"Color":"red"}]}}`:                "RoutingConfig.AdditionalVersionWeights.Color of AWS::Lambda::Alias",
	} {
		name := "s" + c.IDs().Name(8)
		c.create(t, client, name, `{"Resources":{"R":{`+properties+`}}}`)
		assert.Contains(t, strings.Join(c.events(t, client, name), "\n"), "the property "+want, properties)
	}
	st := c.create(t, client, "quiet", `{"Resources":{"R":{"Type":"AWS::S3::Bucket","Properties":{"NotificationConfiguration":{"EventBridgeConfiguration":{"EventBridgeEnabled":false}}}}}}`)
	require.Equal(t, types.StackStatusCreateComplete, st.StackStatus)
	bucket := c.resources(t, client, "quiet")[0].PhysicalResourceId
	out, err := awss3.NewFromConfig(c.RootConfig(owner)).GetBucketNotificationConfiguration(t.Context(), &awss3.GetBucketNotificationConfigurationInput{Bucket: bucket})
	require.NoError(t, err)
	assert.Nil(t, out.EventBridgeConfiguration)
}
