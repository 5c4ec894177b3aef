package cloudformation_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscf "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

const oneQueue = `{"Resources":{"Q":{"Type":"AWS::SQS::Queue"}},"Outputs":{"Url":{"Value":{"Ref":"Q"}}}}`

// allow is a policy that allows some actions.
func allow(actions ...string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["` + strings.Join(actions, `","`) + `"],"Resource":"*"}}`
}

// A user who may create stacks, and nothing that is in them, gets the denial in an event, and a
// stack that is rolled back. With the permission the stack is there.
func TestCallerIsJudged(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloud(t, door)
		cfg, name := c.user(t, allow("cloudformation:*"))
		client := awscf.NewFromConfig(cfg)
		st := c.create(t, client, "one", oneQueue)
		assert.Equal(t, types.StackStatusRollbackComplete, st.StackStatus)
		events := c.events(t, client, "one")
		require.Len(t, events, 5)
		assert.Equal(t, []string{"one CREATE_IN_PROGRESS User Initiated", "Q CREATE_IN_PROGRESS "}, events[:2])
		assert.Regexp(t, `^Q CREATE_FAILED Resource handler returned message: "User: arn:aws:iam::111122223333:user/`+name+` is not authorized to perform: sqs:createqueue on resource: arn:aws:sqs:us-east-1:111122223333:one-Q-[A-Za-z0-9]{12} `+
			`because no identity-based policy allows the sqs:createqueue action \(Service: Sqs, Status Code: 403, Request ID: [0-9a-f-]{36}\)" \(RequestToken: [0-9a-f-]{36}, HandlerErrorCode: AccessDenied\)$`, events[2])
		assert.Equal(t, []string{"one ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Q]. Rollback requested by user.", "one ROLLBACK_COMPLETE "}, events[3:])

		cfg, _ = c.user(t, allow("cloudformation:*", "sqs:*"))
		client = awscf.NewFromConfig(cfg)
		st = c.create(t, client, "two", oneQueue)
		assert.Equal(t, types.StackStatusCreateComplete, st.StackStatus)
		assert.Regexp(t, `^arn:aws:cloudformation:us-east-1:111122223333:stack/two/[0-9a-f-]{36}$`, *st.StackId)
		assert.Regexp(t, `^https://sqs.us-east-1.amazonaws.com/111122223333/two-Q-[A-Za-z0-9]{12}$`, *st.Outputs[0].OutputValue)
		_, err := awssqs.NewFromConfig(cfg).GetQueueAttributes(t.Context(), &awssqs.GetQueueAttributesInput{QueueUrl: st.Outputs[0].OutputValue})
		require.NoError(t, err)
		_, err = client.DeleteStack(t.Context(), &awscf.DeleteStackInput{StackName: aws.String("two")})
		require.NoError(t, err)
		assert.Equal(t, types.StackStatusDeleteComplete, c.done(t, client, *st.StackId).StackStatus)
		_, err = client.DescribeStacks(t.Context(), &awscf.DescribeStacksInput{StackName: aws.String("two")})
		worldtest.RequireError(t, err, "ValidationError", "Stack with id two does not exist")
	})
}

// What a stack does for its caller is a forward access session: its policies see CloudFormation
// in aws:CalledVia, and no address of the caller.
func TestForwardAccessSession(t *testing.T) {
	t.Parallel()
	condition := func(condition string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"cloudformation:*","Resource":"*"},{"Effect":"Allow","Action":"sqs:*","Resource":"*","Condition":` + condition + `}]}`
	}
	cases := map[string]struct {
		condition string
		via       bool // what a stack may
		direct    bool // what the user may without one
	}{
		"CalledVia":      {`{"ForAnyValue:StringEquals":{"aws:CalledVia":"cloudformation.amazonaws.com"}}`, true, false},
		"CalledViaFirst": {`{"StringEquals":{"aws:CalledViaFirst":"cloudformation.amazonaws.com"}}`, true, false},
		"CalledViaLast":  {`{"StringEquals":{"aws:CalledViaLast":"cloudformation.amazonaws.com"}}`, true, false},
		"another":        {`{"StringEquals":{"aws:CalledViaLast":"athena.amazonaws.com"}}`, false, false},
		"ViaAWSService":  {`{"Bool":{"aws:ViaAWSService":"true"}}`, true, false},
		"direct":         {`{"Bool":{"aws:ViaAWSService":"false"}}`, false, true},
		"SourceIp":       {`{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}`, false, true},
	}
	for name, of := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t, worldtest.InProcess)
			cfg, _ := c.user(t, condition(of.condition))
			client := awscf.NewFromConfig(cfg)
			want := types.StackStatusRollbackComplete
			if of.via {
				want = types.StackStatusCreateComplete
			}
			assert.Equal(t, want, c.create(t, client, "stack", oneQueue).StackStatus)
			_, err := awssqs.NewFromConfig(cfg).CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: aws.String("direct")})
			assert.Equal(t, of.direct, err == nil)
		})
	}
}

// A stack with a role is made by the role's session, which is no forward access session, and by
// nothing of who asked, who must be allowed to pass it.
func TestRole(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	role := c.role(t, "deployer", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sqs:*","Resource":"*","Condition":{"Bool":{"aws:ViaAWSService":"false"}}}}`)
	in := &awscf.CreateStackInput{StackName: aws.String("one"), TemplateBody: aws.String(oneQueue), RoleARN: &role}
	cfg, name := c.user(t, allow("cloudformation:*", "sqs:*"))
	_, err := awscf.NewFromConfig(cfg).CreateStack(t.Context(), in)
	worldtest.RequireError(t, err, "AccessDenied", "User: arn:aws:iam::111122223333:user/"+name+" is not authorized to perform: iam:PassRole on resource: "+role+
		" because no identity-based policy allows the iam:PassRole action")
	pass := func(service string) *awscf.Client {
		cfg, _ := c.user(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"cloudformation:*","Resource":"*"},`+
			`{"Effect":"Allow","Action":"iam:PassRole","Resource":"`+role+`","Condition":{"StringEquals":{"iam:PassedToService":"`+service+`"}}}]}`)
		return awscf.NewFromConfig(cfg)
	}
	_, err = pass("lambda.amazonaws.com").CreateStack(t.Context(), in)
	require.ErrorContains(t, err, "iam:PassRole")
	client := pass("cloudformation.amazonaws.com")
	_, err = client.CreateStack(t.Context(), in)
	require.NoError(t, err)
	st := c.done(t, client, "one")
	assert.Equal(t, types.StackStatusCreateComplete, st.StackStatus)
	assert.Equal(t, role, *st.RoleARN)

	// The role stays the stack's: an update that names none has it too.
	st = c.update(t, client, "one", `{"Resources":{"Q":{"Type":"AWS::SQS::Queue"},"R":{"Type":"AWS::SNS::Topic"}}}`)
	assert.Equal(t, types.StackStatusUpdateRollbackComplete, st.StackStatus)
	assert.Contains(t, strings.Join(c.events(t, client, "one"), "\n"), "assumed-role/deployer/AWSCloudFormation is not authorized to perform: SNS:CreateTopic")

	// A role that CloudFormation cannot assume.
	other := `arn:aws:iam::111122223333:role/none`
	_, err = c.root().CreateStack(t.Context(), &awscf.CreateStackInput{StackName: aws.String("two"), TemplateBody: aws.String(oneQueue), RoleARN: &other})
	worldtest.RequireError(t, err, "ValidationError", "Role "+other+" is invalid or cannot be assumed")
}

// The permissions of operations are asked for stacks by ARN, and with their keys.
func TestPermissions(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	st := c.create(t, c.root(), "one", oneQueue)
	cfg, name := c.user(t, allow("sqs:*"))
	client := awscf.NewFromConfig(cfg)
	denied := func(action, resource string) string {
		text := "User: arn:aws:iam::111122223333:user/" + name + " is not authorized to perform: cloudformation:" + action
		if resource != "" {
			text += " on resource: " + resource
		}
		return text + " because no identity-based policy allows the cloudformation:" + action + " action"
	}
	_, err := client.CreateStack(t.Context(), &awscf.CreateStackInput{StackName: aws.String("two"), TemplateBody: aws.String(oneQueue)})
	worldtest.RequireError(t, err, "AccessDenied", denied("CreateStack", "arn:aws:cloudformation:us-east-1:111122223333:stack/two/*"))
	_, err = client.DescribeStacks(t.Context(), &awscf.DescribeStacksInput{StackName: aws.String("one")})
	worldtest.RequireError(t, err, "AccessDenied", denied("DescribeStacks", *st.StackId))
	_, err = client.DescribeStacks(t.Context(), &awscf.DescribeStacksInput{StackName: aws.String("none")})
	worldtest.RequireError(t, err, "AccessDenied", denied("DescribeStacks", "arn:aws:cloudformation:us-east-1:111122223333:stack/none/*"))

	tags := []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}}
	cfg, _ = c.user(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudformation:CreateStack","cloudformation:DescribeStacks","sqs:*"],"Resource":"*"}]}`)
	_, err = awscf.NewFromConfig(cfg).CreateStack(t.Context(), &awscf.CreateStackInput{StackName: aws.String("two"), TemplateBody: aws.String(oneQueue), Tags: tags})
	require.ErrorContains(t, err, "cloudformation:TagResource")
	cfg, _ = c.user(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudformation:*","sqs:*"],"Resource":"*"},{"Effect":"Deny","Action":"cloudformation:TagResource","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"a"}}}]}`)
	_, err = awscf.NewFromConfig(cfg).CreateStack(t.Context(), &awscf.CreateStackInput{StackName: aws.String("tagged"), TemplateBody: aws.String(oneQueue), Tags: tags})
	require.ErrorContains(t, err, "with an explicit deny in an identity-based policy")
	cfg, _ = c.user(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"cloudformation:DeleteStack","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"a"}}}]}`)
	_, err = awscf.NewFromConfig(cfg).DeleteStack(t.Context(), &awscf.DeleteStackInput{StackName: aws.String("one")})
	require.ErrorContains(t, err, "cloudformation:DeleteStack")
	cfg, _ = c.user(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"cloudformation:CreateStack","Resource":"*","Condition":{"StringLike":{"cloudformation:TemplateUrl":"https://s3.amazonaws.com/templates/*"}}}]}`)
	_, err = awscf.NewFromConfig(cfg).CreateStack(t.Context(), &awscf.CreateStackInput{StackName: aws.String("three"), TemplateBody: aws.String(oneQueue)})
	require.ErrorContains(t, err, "cloudformation:CreateStack")
}

// A template in S3 is read as the caller.
func TestTemplateURL(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	objects := awss3.NewFromConfig(c.RootConfig(owner))
	_, err := objects.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: aws.String("templates")})
	require.NoError(t, err)
	_, err = objects.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("templates"), Key: aws.String("a/one.json"), Body: strings.NewReader(oneQueue)})
	require.NoError(t, err)
	in := &awscf.CreateStackInput{StackName: aws.String("one"), TemplateURL: aws.String("https://templates.s3.us-east-1.amazonaws.com/a/one.json")}
	cfg, _ := c.user(t, allow("cloudformation:*", "sqs:*"))
	_, err = awscf.NewFromConfig(cfg).CreateStack(t.Context(), in)
	require.ErrorContains(t, err, "ValidationError: S3 error: ")
	require.ErrorContains(t, err, "s3:GetObject")
	cfg, _ = c.user(t, allow("cloudformation:*", "sqs:*", "s3:GetObject"))
	client := awscf.NewFromConfig(cfg)
	_, err = client.CreateStack(t.Context(), in)
	require.NoError(t, err)
	assert.Equal(t, types.StackStatusCreateComplete, c.done(t, client, "one").StackStatus)
	for _, url := range []string{"https://example.com/one.json", "s3://templates/a/one.json", "https://s3.amazonaws.com/"} {
		_, err = client.ValidateTemplate(t.Context(), &awscf.ValidateTemplateInput{TemplateURL: &url})
		worldtest.RequireError(t, err, "ValidationError", "TemplateURL must be a supported URL.")
	}
}
