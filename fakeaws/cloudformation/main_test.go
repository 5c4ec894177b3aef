package cloudformation_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awscf "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/cloudformation"
	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb"
	"github.com/leastpriv/leastpriv/fakeaws/eventbridge"
	"github.com/leastpriv/leastpriv/fakeaws/firehose"
	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/kinesis"
	"github.com/leastpriv/leastpriv/fakeaws/kms"
	"github.com/leastpriv/leastpriv/fakeaws/lambda"
	"github.com/leastpriv/leastpriv/fakeaws/s3"
	"github.com/leastpriv/leastpriv/fakeaws/scheduler"
	"github.com/leastpriv/leastpriv/fakeaws/secretsmanager"
	"github.com/leastpriv/leastpriv/fakeaws/sns"
	"github.com/leastpriv/leastpriv/fakeaws/sqs"
	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	owner  = worldtest.Account
	region = worldtest.Region
)

// A cloud is a World with clients of CloudFormation.
type cloud struct{ *worldtest.World }

func services() []fakeaws.Service {
	return []fakeaws.Service{
		cloudformation.Service, cloudwatchlogs.Service, dynamodb.Service, dynamodb.StreamsService, eventbridge.Service, firehose.Service, iam.Service, kinesis.Service, kms.Service, lambda.Service,
		s3.Service, scheduler.Service, secretsmanager.Service, sns.Service, sqs.Service, stepfunctions.Service, sts.Service,
	}
}

func newCloud(t testing.TB, door worldtest.Door) *cloud {
	t.Helper()
	return &cloud{worldtest.New(t, door, services()...)}
}

func (c *cloud) root() *awscf.Client { return awscf.NewFromConfig(c.RootConfig(owner)) }

// user makes a user with one policy.
func (c *cloud) user(t testing.TB, policy string) (aws.Config, string) {
	t.Helper()
	as := awsiam.NewFromConfig(c.RootConfig(owner))
	name := aws.String("user-" + c.IDs().Name(8))
	_, err := as.CreateUser(t.Context(), &awsiam.CreateUserInput{UserName: name})
	require.NoError(t, err)
	_, err = as.PutUserPolicy(t.Context(), &awsiam.PutUserPolicyInput{UserName: name, PolicyName: aws.String("p"), PolicyDocument: &policy})
	require.NoError(t, err)
	key, err := as.CreateAccessKey(t.Context(), &awsiam.CreateAccessKeyInput{UserName: name})
	require.NoError(t, err)
	return c.ConfigOf(credentials.NewStaticCredentialsProvider(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "")), *name
}

// role makes a role that CloudFormation may assume.
func (c *cloud) role(t testing.TB, name, policy string) string {
	t.Helper()
	as := awsiam.NewFromConfig(c.RootConfig(owner))
	out, err := as.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"cloudformation.amazonaws.com"},"Action":"sts:AssumeRole"}}`)})
	require.NoError(t, err)
	_, err = as.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("p"), PolicyDocument: &policy})
	require.NoError(t, err)
	return *out.Role.Arn
}

var acknowledged = []types.Capability{types.CapabilityCapabilityNamedIam, types.CapabilityCapabilityAutoExpand}

func param(name, value string) types.Parameter {
	return types.Parameter{ParameterKey: &name, ParameterValue: &value}
}

// done settles the World until a stack is not in progress.
func (c *cloud) done(t testing.TB, client *awscf.Client, name string) types.Stack {
	t.Helper()
	for range 60 {
		require.NoError(t, c.Settle(t.Context()))
		out, err := client.DescribeStacks(t.Context(), &awscf.DescribeStacksInput{StackName: &name})
		require.NoError(t, err)
		if st := out.Stacks[0]; !strings.HasSuffix(string(st.StackStatus), "_IN_PROGRESS") {
			return st
		}
		require.NoError(t, c.Advance(t.Context(), 5*time.Second))
	}
	t.Fatalf("the stack %s does not end: %v", name, c.events(t, client, name))
	return types.Stack{}
}

// events are those of a stack in lines, the first first.
func (c *cloud) events(t testing.TB, client *awscf.Client, name string) (all []string) {
	t.Helper()
	in := &awscf.DescribeStackEventsInput{StackName: &name}
	for {
		out, err := client.DescribeStackEvents(t.Context(), in)
		require.NoError(t, err)
		for _, e := range out.StackEvents {
			all = append([]string{*e.LogicalResourceId + " " + string(e.ResourceStatus) + " " + aws.ToString(e.ResourceStatusReason)}, all...)
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return all
		}
	}
}

// create makes a stack, whatever becomes of it.
func (c *cloud) create(t testing.TB, client *awscf.Client, name, body string, params ...types.Parameter) types.Stack {
	t.Helper()
	out, err := client.CreateStack(t.Context(), &awscf.CreateStackInput{StackName: &name, TemplateBody: &body, Parameters: params, Capabilities: acknowledged})
	require.NoError(t, err)
	return c.done(t, client, *out.StackId)
}

// update changes a stack, whatever becomes of it.
func (c *cloud) update(t testing.TB, client *awscf.Client, name, body string, params ...types.Parameter) types.Stack {
	t.Helper()
	_, err := client.UpdateStack(t.Context(), &awscf.UpdateStackInput{StackName: &name, TemplateBody: &body, Parameters: params, Capabilities: acknowledged})
	require.NoError(t, err)
	return c.done(t, client, name)
}

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

// Every type of resource is made, changed and deleted by the operations of its service.
func TestEveryType(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	client := c.root()
	body := read(t, "testdata/everything.yaml")
	st := c.create(t, client, "all", body)
	require.Equal(t, types.StackStatusCreateComplete, st.StackStatus, strings.Join(c.events(t, client, "all"), "\n"))
	made := map[string]bool{}
	for _, e := range c.resources(t, client, "all") {
		assert.Equal(t, types.ResourceStatusCreateComplete, e.ResourceStatus, *e.LogicalResourceId)
		made[*e.ResourceType] = true
	}
	for _, kind := range cloudformation.Types() {
		if !strings.HasPrefix(kind, "AWS::CloudFormation::") {
			assert.True(t, made[kind], "%s is not in testdata/everything.yaml", kind)
		}
	}
	st = c.update(t, client, "all", body, param("Stage", "prod"))
	require.Equal(t, types.StackStatusUpdateComplete, st.StackStatus, strings.Join(c.events(t, client, "all"), "\n"))
	for _, tags := range [][]types.Tag{{{Key: aws.String("team"), Value: aws.String("a")}}, {{Key: aws.String("cost"), Value: aws.String("b")}}} {
		_, err := client.UpdateStack(t.Context(), &awscf.UpdateStackInput{StackName: st.StackId, UsePreviousTemplate: aws.Bool(true), Parameters: []types.Parameter{{ParameterKey: aws.String("Stage"), UsePreviousValue: aws.Bool(true)}}, Capabilities: acknowledged, Tags: tags})
		require.NoError(t, err)
		st = c.done(t, client, "all")
		require.Equal(t, types.StackStatusUpdateComplete, st.StackStatus, strings.Join(c.events(t, client, "all"), "\n"))
	}
	for _, r := range c.resources(t, client, "all") {
		if *r.LogicalResourceId != "Queue" {
			continue
		}
		out, err := awssqs.NewFromConfig(c.RootConfig(owner)).ListQueueTags(t.Context(), &awssqs.ListQueueTagsInput{QueueUrl: r.PhysicalResourceId})
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"cost": "b", "stage": "prod"}, out.Tags)
	}
	_, err := client.DeleteStack(t.Context(), &awscf.DeleteStackInput{StackName: st.StackId})
	require.NoError(t, err)
	st = c.done(t, client, *st.StackId)
	require.Equal(t, types.StackStatusDeleteComplete, st.StackStatus, strings.Join(c.events(t, client, *st.StackId), "\n"))
}

func (c *cloud) resources(t testing.TB, client *awscf.Client, name string) []types.StackResourceSummary {
	t.Helper()
	out, err := client.ListStackResources(t.Context(), &awscf.ListStackResourcesInput{StackName: &name})
	require.NoError(t, err)
	return out.StackResourceSummaries
}

type worker = fakeaws.Worker
