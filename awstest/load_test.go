package awstest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/deploy"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stackOf is a source of resources.
type stackOf func(deploy.Target) (*deploy.Stack, error)

func (s stackOf) Resources(t deploy.Target) (*deploy.Stack, error) { return s(t) }

func resources(list ...deploy.Resource) stackOf {
	return func(deploy.Target) (*deploy.Stack, error) {
		return &deploy.Stack{Resources: list, Outputs: map[string]string{"Queue": "jobs"}}, nil
	}
}

// document is a policy document that stands in line 40 of a template.
func document(statements ...string) deploy.Document {
	at := make([]enforce.Position, len(statements))
	for i := range at {
		at[i] = enforce.Position{Line: 40 + i, Column: 11}
	}
	return deploy.Document{
		Text:   `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`,
		Source: enforce.Source{File: "template.yaml", Statements: at},
	}
}

const keyID = "11111111-2222-3333-4444-555555555555"

// deployed has each type for which there is a fake, the dependent ones first.
func deployed(t deploy.Target) (*deploy.Stack, error) {
	iam := "arn:aws:iam::" + t.Account + ":"
	queue := func(name string) string { return "arn:aws:sqs:" + t.Region + ":" + t.Account + ":" + name }
	url := "https://sqs." + t.Region + ".amazonaws.com/" + t.Account + "/"
	key := "arn:aws:kms:" + t.Region + ":" + t.Account + ":key/" + keyID
	assume := func(principal string) deploy.Document {
		return document(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":` + principal + `}`)
	}
	return resources(
		deploy.Resource{Address: "Attached", Type: "aws_iam_role_policy_attachment", Properties: map[string]any{"PolicyArn": "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess", "Roles": []any{"worker"}}},
		deploy.Resource{Address: "Inline", Type: "AWS::IAM::Policy", Properties: map[string]any{"PolicyName": "inline", "Roles": []any{"worker"},
			"PolicyDocument": document(`{"Effect":"Allow","Action":["s3:PutObject","s3:GetObject"],"Resource":"arn:aws:s3:::reports/*"}`, `{"Sid":"Never","Effect":"Deny","Action":"s3:DeleteObject","Resource":"*"}`)}},
		deploy.Resource{Address: "Deployer", Type: "AWS::IAM::Role", Name: "deployer", ARN: iam + "role/deployer", Properties: map[string]any{"RoleName": "deployer", "AssumeRolePolicyDocument": assume(`{"AWS":"` + iam + `role/app/worker"}`)}},
		deploy.Resource{Address: "Worker", Type: "AWS::IAM::Role", Name: "worker", ARN: iam + "role/app/worker", Properties: map[string]any{"RoleName": "worker", "Path": "/app/",
			"AssumeRolePolicyDocument": assume(`{"Service":"ecs-tasks.amazonaws.com"}`), "ManagedPolicyArns": []any{iam + "policy/send"}, "PermissionsBoundary": iam + "policy/bound",
			"Policies": []any{map[string]any{"PolicyName": "kms", "PolicyDocument": document(`{"Effect":"Allow","Action":"kms:*","Resource":"` + key + `"}`)}}, "MaxSessionDuration": 7200.0,
			"Tags": []any{map[string]any{"Key": "team", "Value": "blue"}}}},
		deploy.Resource{Address: "Send", Type: "AWS::IAM::ManagedPolicy", Name: iam + "policy/send", ARN: iam + "policy/send", Properties: map[string]any{"PolicyDocument": document(`{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"` + queue("jobs") + `"}`)}},
		deploy.Resource{Address: "Bound", Type: "AWS::IAM::ManagedPolicy", Name: iam + "policy/bound", ARN: iam + "policy/bound", Properties: map[string]any{"PolicyDocument": document(`{"Effect":"Allow","Action":"*","Resource":"*"}`)}},
		deploy.Resource{Address: "Staff", Type: "AWS::IAM::Group", Name: "staff", ARN: iam + "group/staff", Properties: map[string]any{"GroupName": "staff", "ManagedPolicyArns": []any{"arn:aws:iam::aws:policy/ReadOnlyAccess"}}},
		deploy.Resource{Address: "Alice", Type: "AWS::IAM::User", Name: "alice", ARN: iam + "user/alice", Properties: map[string]any{"UserName": "alice", "Groups": []any{"staff"}}},
		deploy.Resource{Address: "Profile", Type: "AWS::IAM::InstanceProfile", Name: "profile", ARN: iam + "instance-profile/profile", Properties: map[string]any{"Roles": []any{"worker"}}},
		deploy.Resource{Address: "BucketPolicy", Type: "AWS::S3::BucketPolicy", Properties: map[string]any{"Bucket": "reports", "PolicyDocument": document(`{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/secret/*"}`)}},
		deploy.Resource{Address: "Reports", Type: "AWS::S3::Bucket", Name: "reports", ARN: "arn:aws:s3:::reports", Properties: map[string]any{"BucketName": "reports",
			"VersioningConfiguration": map[string]any{"Status": "Enabled"}, "LifecycleConfiguration": map[string]any{"Rules": []any{}},
			"BucketEncryption":               map[string]any{"ServerSideEncryptionConfiguration": []any{map[string]any{"ServerSideEncryptionByDefault": map[string]any{"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}}},
			"PublicAccessBlockConfiguration": map[string]any{"BlockPublicPolicy": true, "RestrictPublicBuckets": true},
			"NotificationConfiguration":      map[string]any{"QueueConfigurations": []any{map[string]any{"Queue": queue("jobs"), "Event": "s3:ObjectCreated:*", "Filter": map[string]any{"S3Key": map[string]any{"Rules": []any{map[string]any{"Name": "prefix", "Value": "in/"}}}}}}}}},
		deploy.Resource{Address: "Jobs", Type: "AWS::SQS::Queue", Name: url + "jobs", ARN: queue("jobs"), Properties: map[string]any{"QueueName": "jobs", "VisibilityTimeout": 60.0,
			"RedrivePolicy": map[string]any{"deadLetterTargetArn": queue("dead"), "maxReceiveCount": 3.0}}},
		deploy.Resource{Address: "Dead", Type: "AWS::SQS::Queue", Name: url + "dead", ARN: queue("dead"), Properties: map[string]any{"QueueName": "dead", "FifoQueue": false, "Tags": []any{map[string]any{"Key": "a", "Value": "b"}}}},
		deploy.Resource{Address: "JobsPolicy", Type: "AWS::SQS::QueuePolicy", Properties: map[string]any{"Queues": []any{url + "jobs"}, "PolicyDocument": document(`{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"` + queue("jobs") + `"}`)}},
		deploy.Resource{Address: "Key", Type: "AWS::KMS::Key", Name: keyID, ARN: key, Properties: map[string]any{"KeyPolicy": document(`{"Effect":"Allow","Principal":{"AWS":"` + iam + `root"},"Action":"kms:*","Resource":"*"}`)}},
		deploy.Resource{Address: "KeyAlias", Type: "AWS::KMS::Alias", Properties: map[string]any{"AliasName": "alias/reports", "TargetKeyId": keyID}},
		deploy.Resource{Address: "Function", Type: "AWS::Lambda::Function", Name: "function"},
	)(t)
}

// The roles that a file makes do what it grants, and a denial names its file and line.
func TestLoad(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, awstest.WithRegion("eu-west-1"))
	stack := acct.Load(stackOf(deployed))
	require.Len(t, stack.NotMade(), 1)
	assert.Equal(t, "Function", stack.NotMade()[0].Address)
	assert.Equal(t, "jobs", stack.Output("Queue"))
	assert.Equal(t, "alias/reports", stack.Key("Key").Alias())
	assert.Equal(t, "staff", stack.Group("Staff").Name())
	assert.Equal(t, "send", stack.Policy("Send").Name())

	worker, bucket, jobs := stack.Role("Worker"), stack.Bucket("Reports"), stack.Queue("Jobs")
	client := s3.NewFromConfig(worker.Config())
	_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("reports"), Key: aws.String("in/q3.csv"), Body: strings.NewReader("a,b")})
	awstest.RequireAllowed(t, err)
	assert.Equal(t, []string{"in/q3.csv"}, bucket.Keys())
	assert.Len(t, jobs.Messages(), 2, "the test event, and that of the object")
	_, err = sqs.NewFromConfig(worker.Config()).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(jobs.URL()), MessageBody: aws.String("m")})
	awstest.RequireAllowed(t, err)
	attributes := awstest.Do[sqs.GetQueueAttributesOutput](acct, &sqs.GetQueueAttributesInput{QueueUrl: aws.String(jobs.URL()), AttributeNames: []types.QueueAttributeName{"All"}}).Attributes
	assert.Equal(t, "60", attributes["VisibilityTimeout"])
	assert.JSONEq(t, `{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:000000000000:dead","maxReceiveCount":3}`, attributes["RedrivePolicy"])

	denied := del(t.Context(), worker.Config())
	awstest.RequireDenied(t, denied, "s3:DeleteObject")
	r := failing(t, func(tb awstest.TB) { awstest.AssertAllowed(tb, denied) })
	assert.Contains(t, r.errors[0], "Never (template.yaml:41:11)")
	_, err = client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("reports"), Key: aws.String("secret/x")})
	awstest.RequireDenied(t, err)

	awstest.AssertAssumable(t, worker, "ecs-tasks.amazonaws.com")
	awstest.AssertNotAssumable(t, worker, "lambda.amazonaws.com")
	awstest.AssertAllowed(t, list(t.Context(), stack.User("Alice").Config()))
}

// What Block Public Access a bucket has decides whether S3 takes its policy, wherever the
// two stand in the file.
func TestLoadPublicBuckets(t *testing.T) {
	t.Parallel()
	public := func(block bool) stackOf {
		return resources(
			deploy.Resource{Address: "Policy", Type: "AWS::S3::BucketPolicy", Properties: map[string]any{"Bucket": "site", "PolicyDocument": document(`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::site/*"}`)}},
			deploy.Resource{Address: "Site", Type: "AWS::S3::Bucket", Name: "site", ARN: "arn:aws:s3:::site", Properties: map[string]any{"PublicAccessBlockConfiguration": map[string]any{"BlockPublicPolicy": block, "RestrictPublicBuckets": block}}},
		)
	}
	acct := awstest.New(t)
	acct.Load(public(false)).Bucket("Site").Put("index.html", "<html>")
	awstest.AssertAllowed(t, reading("site", "index.html")(t.Context(), acct.Anonymous().Config()))
	r := failing(t, func(tb awstest.TB) { awstest.New(tb).Load(public(true)) })
	require.Len(t, r.errors, 1)
	assert.Contains(t, r.errors[0], "Policy: PutBucketPolicy: AccessDenied")
}

// What is wrong with a file is told at once, with its places, and ends the test.
func TestLoadProblems(t *testing.T) {
	t.Parallel()
	at := func(line int) deploy.Position { return deploy.Position{File: "template.yaml", Line: line} }
	for name, test := range map[string]struct {
		source deploy.Source
		want   []string
	}{
		"the source": {stackOf(func(deploy.Target) (*deploy.Stack, error) { return nil, errors.New("template.yaml:1: not a template") }), []string{"awstest: Load:\ntemplate.yaml:1: not a template"}},
		"properties": {resources(
			deploy.Resource{Address: "B", Type: "AWS::S3::Bucket", Name: "bucket", Position: at(3), Properties: map[string]any{"Surprise": "x", "VersioningConfiguration": "on", "Tags": "none"}},
			deploy.Resource{Address: "R", Type: "AWS::IAM::Role", Name: "r2", Position: at(9)},
			deploy.Resource{Address: "Q", Type: "AWS::SQS::Queue", Name: "q", ARN: "arn:aws:sqs:us-east-1:000000000000:q", Position: at(12), Properties: map[string]any{"VisibilityTimeout": "long"}},
		), []string{
			"template.yaml:3: B: property Surprise of AWS::S3::Bucket is not understood", "template.yaml:3: B: property VersioningConfiguration is no object",
			"template.yaml:3: B: property Tags is no list of objects", "template.yaml:9: R: a role has an AssumeRolePolicyDocument", "template.yaml:12: Q: CreateQueue: ",
		}},
		"a principal": {resources(deploy.Resource{Address: "R", Type: "AWS::IAM::Role", Name: "role", Position: at(9), Properties: map[string]any{
			"AssumeRolePolicyDocument": document(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::000000000000:role/none"}}`)}}),
			[]string{"template.yaml:9: R: CreateRole: ", "Invalid principal in policy"}},
		"an attachment": {resources(deploy.Resource{Address: "A", Type: "aws_iam_role_policy_attachment", Position: at(2), Properties: map[string]any{"PolicyArn": "arn:aws:iam::aws:policy/Nothing", "Roles": []any{"none"}}}),
			[]string{"template.yaml:2: A: AttachRolePolicy: "}},
		"a policy": {resources(deploy.Resource{Address: "P", Type: "AWS::S3::BucketPolicy", Position: at(2), Properties: map[string]any{"Bucket": "b", "PolicyDocument": 7.0}}),
			[]string{"template.yaml:2: P: a policy document is neither an object nor text", "the policy of a bucket has a PolicyDocument"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := failing(t, func(tb awstest.TB) { awstest.New(tb).Load(test.source) })
			require.Len(t, r.errors, 1)
			assert.True(t, r.fatal)
			for _, want := range test.want {
				assert.Contains(t, r.errors[0], want)
			}
		})
	}
	for name, mistake := range map[string]func(*awstest.Deployment){
		"address": func(d *awstest.Deployment) { d.Role("Workers") },
		"kind":    func(d *awstest.Deployment) { d.User("Worker") },
		"output":  func(d *awstest.Deployment) { d.Output("none") },
	} {
		r := failing(t, func(tb awstest.TB) { mistake(awstest.New(tb).Load(stackOf(deployed))) })
		require.Len(t, r.errors, 1, name)
		assert.True(t, r.fatal, name)
	}
}
