package cloudformation_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/cloudformation"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder records how an assertion fails.
type recorder struct {
	testing.TB
	text string
}

func (r *recorder) Errorf(format string, args ...any) { r.text += fmt.Sprintf(format, args...) }
func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// explained is how a denial is explained.
func explained(t *testing.T, err error) string {
	t.Helper()
	r := &recorder{TB: t}
	awstest.AssertAllowed(r, err)
	return r.text
}

// at is where a text stands in a file: "testdata/worker.yaml:12:9".
func at(t *testing.T, file, text string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	for i, line := range strings.Split(string(b), "\n") {
		if column := strings.Index(line, text); column >= 0 {
			return fmt.Sprintf("%s:%d:%d", file, i+1, column+1)
		}
	}
	t.Fatalf("%s has no %q", file, text)
	return ""
}

func put(t *testing.T, client *s3.Client, bucket, key string) error {
	t.Helper()
	_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("x")})
	return err
}

func get(t *testing.T, client *s3.Client, bucket, key string) error {
	t.Helper()
	_, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	return err
}

func send(t *testing.T, client *sqs.Client, url string) error {
	t.Helper()
	_, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("x")})
	return err
}

func TestWorker(t *testing.T) {
	t.Parallel()
	const file = "testdata/worker.yaml"
	acct := awstest.New(t)
	stack := acct.Load(cloudformation.Template(file, map[string]string{"Stage": "staging"}))
	worker, owner := stack.Role("WorkerRole"), acct
	assert.Regexp(t, `^arn:aws:iam::000000000000:role/workers/worker-WorkerRole-[A-Z0-9]{12}$`, worker.ARN())
	queue, results := stack.Queue("UploadQueue"), stack.Bucket("Results")
	assert.Equal(t, "https://sqs.us-east-1.amazonaws.com/000000000000/uploads-staging", stack.Output("QueueUrl"))
	assert.Equal(t, "subnet-1", stack.Output("FirstSubnet"))
	uploads := stack.Bucket("Uploads").Name()
	assert.Regexp(t, `^worker-uploads-[a-z0-9]{12}$`, uploads)

	// An upload is announced to the queue, and the worker reads it.
	require.NoError(t, put(t, s3.NewFromConfig(owner.Config()), uploads, "incoming/a"))
	objects, messages := s3.NewFromConfig(worker.Config()), sqs.NewFromConfig(worker.Config())
	out, err := messages.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(queue.URL())})
	awstest.RequireAllowed(t, err)
	require.Len(t, out.Messages, 1)
	awstest.RequireAllowed(t, get(t, objects, uploads, "incoming/a"))
	awstest.RequireAllowed(t, put(t, objects, results.Name(), "small/a"))
	_, err = messages.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: aws.String(queue.URL())})
	awstest.RequireAllowed(t, err)
	_, err = objects.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(results.Name()), MaxKeys: aws.Int32(10)})
	awstest.RequireAllowed(t, err)
	_, err = objects.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(results.Name()), MaxKeys: aws.Int32(11)})
	awstest.RequireDenied(t, err, "s3:ListBucket")

	// Denials name the statement: of the role's policy, and of the bucket's.
	err = put(t, objects, results.Name(), "reports/a")
	awstest.RequireDenied(t, err, "s3:PutObject")
	assert.Contains(t, explained(t, err), at(t, file, "Sid: KeepReports"))
	_, err = objects.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &uploads, Key: aws.String("incoming/a")})
	awstest.RequireDenied(t, err, "s3:DeleteObject")
	assert.Contains(t, explained(t, err), at(t, file, "Sid: KeepOriginals"))
	awstest.RequireDenied(t, send(t, messages, queue.URL()), "sqs:SendMessage")

	var notMade []string
	for _, r := range stack.NotMade() {
		notMade = append(notMade, r.Address)
	}
	assert.Equal(t, []string{"Reports", "Cluster", "LogGroup", "Task", "Service"}, notMade)
}

// In production nothing is purged, and there is an alarm.
func TestConditions(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	stack := acct.Load(cloudformation.Template("testdata/worker.yaml", map[string]string{"Stage": "prod"}))
	messages := sqs.NewFromConfig(stack.Role("WorkerRole").Config())
	_, err := messages.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: aws.String(stack.Queue("UploadQueue").URL())})
	awstest.RequireDenied(t, err, "sqs:PurgeQueue")
	assert.Regexp(t, `^worker-Alarm-[A-Z0-9]{12}$`, stack.Output("AlarmName"))
	attached, err := iam.NewFromConfig(acct.Config()).ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: aws.String(stack.Role("WorkerRole").Name())})
	require.NoError(t, err)
	assert.Len(t, attached.AttachedPolicies, 2)
}

func TestSAM(t *testing.T) {
	t.Parallel()
	const file = "testdata/sam.yaml"
	acct := awstest.New(t)
	stack := acct.Load(cloudformation.Template(file, nil, cloudformation.StackName("shop")))
	orders, dead, receipts := stack.Queue("Orders").URL(), stack.Queue("OrdersDead").URL(), stack.Bucket("Receipts").Name()
	as := func(role string) (*s3.Client, *sqs.Client) {
		config := stack.Role(role).Config()
		return s3.NewFromConfig(config), sqs.NewFromConfig(config)
	}

	_, place := as("PlaceOrderRole")
	awstest.RequireAllowed(t, send(t, place, orders))
	awstest.RequireDenied(t, send(t, place, dead), "sqs:SendMessage")

	objects, process := as("ProcessOrderRole")
	_, err := process.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &orders})
	awstest.RequireAllowed(t, err)
	awstest.RequireAllowed(t, put(t, objects, receipts, "2026/1"))
	awstest.RequireAllowed(t, send(t, process, dead))
	err = put(t, objects, receipts, "audit/1")
	awstest.RequireDenied(t, err, "s3:PutObject")
	assert.Contains(t, explained(t, err), at(t, file, "Sid: NoAudit"))

	objects, _ = as("IndexCatalogueRole")
	catalogue := stack.Bucket("Catalogue").Name()
	require.NoError(t, put(t, s3.NewFromConfig(acct.Config()), catalogue, "a"))
	awstest.RequireAllowed(t, get(t, objects, catalogue, "a"))
	awstest.RequireDenied(t, put(t, objects, catalogue, "b"), "s3:PutObject")

	_, nightly := as("NightlyRole")
	_, err = nightly.ListQueues(t.Context(), &sqs.ListQueuesInput{})
	awstest.RequireAllowed(t, err)
	awstest.RequireDenied(t, send(t, nightly, orders), "sqs:SendMessage")

	// Connectors, in a function and beside it.
	_, webhook := as("WebhookRole")
	awstest.RequireAllowed(t, send(t, webhook, orders))
	objects, _ = as("ExporterRole")
	awstest.RequireAllowed(t, get(t, objects, receipts, "2026/1"))
	awstest.RequireDenied(t, put(t, objects, receipts, "2026/2"), "s3:PutObject")

	// SAM polls the queue that it makes between a topic and a function.
	_, mailer := as("MailerRole")
	_, err = mailer.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(stack.Queue("MailerTopicQueue").URL())})
	awstest.RequireAllowed(t, err)

	// Destinations of invocations have queues that SAM makes.
	_, projection := as("ProjectionRole")
	awstest.RequireAllowed(t, send(t, projection, stack.Queue("ProjectionEventInvokeConfigOnFailureQueue").URL()))
	_, machine := as("FulfilmentRole")
	awstest.RequireAllowed(t, send(t, machine, orders))
	for _, role := range []string{"FulfilmentDailyRole", "ProjectionHourlyRole", "CodeDeployServiceRole", "SharedRole"} {
		assert.NotEmpty(t, stack.Role(role).ARN())
	}
	assert.Regexp(t, `^https://[a-z0-9]{10}\.execute-api\.us-east-1\.amazonaws\.com/Prod/$`, stack.Output("Api"))
	assert.Regexp(t, `^arn:aws:lambda:us-east-1:000000000000:function:shop-Nightly-[A-Z0-9]{12}:live$`, stack.Output("Alias"))

	tags, err := iam.NewFromConfig(acct.Config()).ListRoleTags(t.Context(), &iam.ListRoleTagsInput{RoleName: aws.String(stack.Role("PlaceOrderRole").Name())})
	require.NoError(t, err)
	assert.Len(t, tags.Tags, 2, "as the function's, and who made it")
}

func TestCDK(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	stack := acct.Load(cloudformation.CDK("testdata/cdk.out"))
	uploads, jobs := stack.Bucket("DataStack/Uploads").Name(), stack.Queue("DataStack/Jobs").URL()
	assert.Equal(t, jobs, stack.Output("DataStack/QueueUrl"))
	require.NoError(t, put(t, s3.NewFromConfig(acct.Config()), uploads, "incoming/a"))
	worker := stack.Role("AppStack/Worker/ServiceRole")
	objects, messages := s3.NewFromConfig(worker.Config()), sqs.NewFromConfig(worker.Config())
	out, err := messages.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &jobs})
	awstest.RequireAllowed(t, err)
	assert.Len(t, out.Messages, 1, "the notification of the upload")
	awstest.RequireAllowed(t, get(t, objects, uploads, "incoming/a"))
	awstest.RequireDenied(t, put(t, objects, uploads, "b"), "s3:PutObject")

	probe := sqs.NewFromConfig(stack.Role("DataStack/Network/Probe").Config())
	_, err = probe.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &jobs})
	awstest.RequireAllowed(t, err)
	awstest.RequireDenied(t, send(t, probe, jobs), "sqs:SendMessage")
}

func TestForEachAndNestedStacks(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	stack := acct.Load(cloudformation.Template("testdata/fleet.json", map[string]string{"Teams": "red, green"}))
	bucket := stack.Bucket("Storage/Bucket").Name()
	assert.Equal(t, "fleet-eu-west-1-000000000000", bucket)
	assert.Equal(t, "arn:aws:s3:::"+bucket, stack.Output("Bucket"))
	assert.Equal(t, stack.Queue("Queuered").URL(), stack.Output("Urlred"))
	red := stack.Role("Rolered")
	awstest.RequireAllowed(t, send(t, sqs.NewFromConfig(red.Config()), stack.Queue("Queuered").URL()))
	awstest.RequireDenied(t, send(t, sqs.NewFromConfig(red.Config()), stack.Queue("Queuegreen").URL()), "sqs:SendMessage")
	awstest.RequireAllowed(t, put(t, s3.NewFromConfig(red.Config()), bucket, "red/a"))
	awstest.RequireAllowed(t, get(t, s3.NewFromConfig(stack.Role("Storage/Reader").Config()), bucket, "red/a"))
	awstest.RequireDenied(t, put(t, s3.NewFromConfig(red.Config()), bucket, "green/a"), "s3:PutObject")
	for team, seconds := range map[string]string{"red": "3600", "green": "7200"} {
		out, err := sqs.NewFromConfig(acct.Config()).GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
			QueueUrl: aws.String(stack.Queue("Queue" + team).URL()), AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameMessageRetentionPeriod},
		})
		require.NoError(t, err)
		assert.Equal(t, seconds, out.Attributes["MessageRetentionPeriod"], "the default of Fn::FindInMap")
	}
}

// The Serverless Framework writes a template.
func TestServerlessFramework(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	stack := acct.Load(cloudformation.Template("testdata/.serverless/cloudformation-template-update-stack.json", nil, cloudformation.StackName("mail-dev")))
	role := stack.Role("IamRoleLambdaExecution")
	assert.Equal(t, "arn:aws:iam::000000000000:role/mail-dev-us-east-1-lambdaRole", role.ARN())
	client := sqs.NewFromConfig(role.Config())
	url := stack.Queue("MailQueue").URL()
	_, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url})
	awstest.RequireAllowed(t, err)
	awstest.RequireDenied(t, send(t, client, url), "sqs:SendMessage")
}

// One stack of several may import from those that are not made.
func TestStacksOfCDK(t *testing.T) {
	t.Parallel()
	stack, err := cloudformation.CDK("testdata/cdk.out", cloudformation.Stacks("AppStack")).Resources(target())
	require.NoError(t, err)
	var addresses []string
	for _, r := range stack.Resources {
		addresses = append(addresses, r.Address)
		assert.Empty(t, r.Unknowns(), r.Address)
	}
	assert.Equal(t, []string{"AppStack/Worker/ServiceRole", "AppStack/Worker/ServiceRole/DefaultPolicy", "AppStack/Worker", "AppStack/Worker/SqsEventSource:DataStackJobs"}, addresses, "the metadata is none")

	_, err = cloudformation.CDK("testdata/cdk.out", cloudformation.Stacks("Other")).Resources(target())
	assert.EqualError(t, err, "testdata/cdk.out/manifest.json: there is no stack Other")
	_, err = cloudformation.CDK("testdata").Resources(target())
	assert.ErrorContains(t, err, "not the folder that cdk synth writes: stat testdata/manifest.json")
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(dir+"/manifest.json", []byte(`{"artifacts": {"S": {"type": "aws:cloudformation:stack", "environment": "aws://999999999999/eu-west-1", "properties": {"templateFile": "s.json"}}}}`), 0o600))
	require.NoError(t, os.WriteFile(dir+"/s.json", []byte(`{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}`), 0o600))
	_, err = cloudformation.CDK(dir).Resources(target())
	assert.ErrorContains(t, err, "the stack S is of aws://999999999999/eu-west-1, not of account 111122223333 and region eu-west-1")
}

// What is left out is neither made nor understood, and has its names nevertheless.
func TestLeaveOut(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	stack := acct.Load(cloudformation.Template("testdata/worker.yaml", nil, cloudformation.LeaveOut("Reports", "Service", "Key", "KeyAlias", "Uploads", "UploadsPolicy")))
	for _, r := range stack.NotMade() {
		assert.NotContains(t, []string{"Reports", "Service"}, r.Address)
	}
	assert.Regexp(t, "^arn:aws:kms:", stack.Output("KeyArn"))
}

// Loading ends the test where something that is made needs what cannot be known.
func TestLoadNamesUnknowns(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/t.yaml"
	require.NoError(t, os.WriteFile(path, []byte("Resources:\n  Thing: { Type: Custom::Thing }\n  Queue:\n    Type: AWS::SQS::Queue\n    Properties: { KmsMasterKeyId: !GetAtt Thing.Key }\n"), 0o600))
	r := &recorder{TB: t}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		awstest.New(r).Load(cloudformation.Template(path, nil))
	}()
	<-ended
	assert.Contains(t, r.text, path+`:5: Queue: Fn::GetAtt: Thing.Key cannot be known (the custom resource gives it): give it with cloudformation.Bind("Thing.Key", …)`)
	stack := awstest.New(t).Load(cloudformation.Template(path, nil, cloudformation.Bind("Thing.Key", "alias/own")))
	assert.NotEmpty(t, stack.Queue("Queue").URL())
}
