package cloudformation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscf "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// queue is a template of a queue with some properties, and of what stands beside it.
func queue(properties, beside string) string {
	return `{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{` + properties + `}}` + beside + `}}`
}

func (c *cloud) queues(t testing.TB) (names []string) {
	t.Helper()
	out, err := awssqs.NewFromConfig(c.RootConfig(owner)).ListQueues(t.Context(), &awssqs.ListQueuesInput{})
	require.NoError(t, err)
	for _, url := range out.QueueUrls {
		names = append(names, url[strings.LastIndex(url, "/")+1:])
	}
	return names
}

// since are the events after some that were there.
func since(all []string, before int) []string { return all[before:] }

func TestUpdate(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	client := c.root()
	c.create(t, client, "s", queue(`"QueueName":"one","DelaySeconds":5`, ""))
	_, err := client.UpdateStack(t.Context(), &awscf.UpdateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(queue(`"DelaySeconds":5,"QueueName":"one"`, ""))})
	worldtest.RequireError(t, err, "ValidationError", "No updates are to be performed.")

	// In place.
	n := len(c.events(t, client, "s"))
	st := c.update(t, client, "s", queue(`"QueueName":"one","DelaySeconds":6`, ""))
	assert.Equal(t, types.StackStatusUpdateComplete, st.StackStatus)
	assert.Equal(t, []string{"s UPDATE_IN_PROGRESS User Initiated", "Q UPDATE_IN_PROGRESS ", "Q UPDATE_COMPLETE ", "s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS ", "s UPDATE_COMPLETE "}, since(c.events(t, client, "s"), n))
	assert.Equal(t, []string{"one"}, c.queues(t))

	// By another one.
	n = len(c.events(t, client, "s"))
	c.update(t, client, "s", queue(`"QueueName":"two"`, ""))
	assert.Equal(t, []string{
		"s UPDATE_IN_PROGRESS User Initiated",
		"Q UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating one.", "Q UPDATE_IN_PROGRESS Resource creation Initiated", "Q UPDATE_COMPLETE ",
		"s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS ", "Q DELETE_IN_PROGRESS ", "Q DELETE_COMPLETE ", "s UPDATE_COMPLETE ",
	}, since(c.events(t, client, "s"), n))
	assert.Equal(t, []string{"two"}, c.queues(t))

	// A name that stays cannot be given to another one.
	st = c.update(t, client, "s", queue(`"QueueName":"two.fifo","FifoQueue":true`, ""))
	assert.Equal(t, types.StackStatusUpdateComplete, st.StackStatus)
	c.update(t, client, "s", queue(`"QueueName":"two.fifo"`, ""))
	assert.Contains(t, c.events(t, client, "s"), "Q UPDATE_FAILED CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename two.fifo and update the stack again.")

	// What the template no longer has is deleted, unless it is retained.
	c.update(t, client, "s", `{"Resources":{"T":{"Type":"AWS::SNS::Topic","DeletionPolicy":"Retain"}}}`)
	assert.Empty(t, c.queues(t))
	n = len(c.events(t, client, "s"))
	c.update(t, client, "s", queue("", ""))
	assert.Contains(t, since(c.events(t, client, "s"), n), "T DELETE_SKIPPED ")
	topics, err := awssns.NewFromConfig(c.RootConfig(owner)).ListTopics(t.Context(), &awssns.ListTopicsInput{})
	require.NoError(t, err)
	assert.Len(t, topics.Topics, 1)
	_, err = client.UpdateStack(t.Context(), &awscf.UpdateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(`{"Resources":{"Q":{"Type":"AWS::SNS::Topic"}}}`)})
	worldtest.RequireError(t, err, "ValidationError", "Update of resource type is not permitted. The new template modifies resource type of the following resources: [Q]")
}

// An update that fails is rolled back: what was changed, replaced and added.
func TestUpdateRollback(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	client := c.root()
	const tail = `,"Z":{"Type":"AWS::SQS::QueuePolicy","DependsOn":["Q","R","N"],"Properties":{"Queues":[{"Ref":"Q"}],"PolicyDocument":{"no":"policy"}}}`
	first := queue(`"QueueName":"one","DelaySeconds":5`, `,"R":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":"r-one"}}`)
	c.create(t, client, "s", first)
	st := c.update(t, client, "s", queue(`"QueueName":"one","DelaySeconds":6`, `,"R":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":"r-two"}},"N":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":"new"}}`+tail))
	require.Equal(t, types.StackStatusUpdateRollbackComplete, st.StackStatus)
	all := strings.Join(c.events(t, client, "s"), "\n")
	assert.Contains(t, all, "s UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Z]. \nQ UPDATE_IN_PROGRESS \nQ UPDATE_COMPLETE \ns UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS ")
	assert.ElementsMatch(t, []string{"one", "r-one"}, c.queues(t))
	out, err := awssqs.NewFromConfig(c.RootConfig(owner)).GetQueueAttributes(t.Context(), &awssqs.GetQueueAttributesInput{
		QueueUrl: aws.String("https://sqs.us-east-1.amazonaws.com/" + owner + "/one"), AttributeNames: []sqstypes.QueueAttributeName{"DelaySeconds"}})
	require.NoError(t, err)
	assert.Equal(t, "5", out.Attributes["DelaySeconds"])
	_, err = client.UpdateStack(t.Context(), &awscf.UpdateStackInput{StackName: aws.String("s"), TemplateBody: &first})
	worldtest.RequireError(t, err, "ValidationError", "No updates are to be performed.")
}

// The tags of the stack are rolled back on its resources as well, whether these change beside
// or not: policies ask for them.
func TestRollbackOfTags(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	client := c.root()
	tag := func(value string) []types.Tag { return []types.Tag{{Key: aws.String("team"), Value: &value}} }
	const beside = `,"R":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":"two"}}`
	first := queue(`"QueueName":"one"`, beside)
	_, err := client.CreateStack(t.Context(), &awscf.CreateStackInput{StackName: aws.String("s"), TemplateBody: &first, Tags: tag("blue")})
	require.NoError(t, err)
	require.Equal(t, types.StackStatusCreateComplete, c.done(t, client, "s").StackStatus)
	_, err = client.UpdateStack(t.Context(), &awscf.UpdateStackInput{StackName: aws.String("s"), Tags: append(tag("red"), types.Tag{Key: aws.String("new"), Value: aws.String("x")}), TemplateBody: aws.String(
		queue(`"QueueName":"one","DelaySeconds":6`, beside+`,"Z":{"Type":"AWS::SQS::QueuePolicy","DependsOn":["Q","R"],"Properties":{"Queues":[{"Ref":"Q"}],"PolicyDocument":{"no":"policy"}}}`))})
	require.NoError(t, err)
	require.Equal(t, types.StackStatusUpdateRollbackComplete, c.done(t, client, "s").StackStatus)
	for _, name := range []string{"one", "two"} {
		out, err := awssqs.NewFromConfig(c.RootConfig(owner)).ListQueueTags(t.Context(), &awssqs.ListQueueTagsInput{QueueUrl: aws.String("https://sqs.us-east-1.amazonaws.com/" + owner + "/" + name)})
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"team": "blue"}, out.Tags, name)
	}
}

// A rollback that fails can be continued, and what fails in it be skipped.
func TestContinueUpdateRollback(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	c.Close() // the test alone does the steps
	client := c.root()
	c.create(t, client, "s", queue(`"QueueName":"one","DelaySeconds":5`, ""))
	role := c.role(t, "once", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"sqs:CreateQueue","Resource":"*"}]}`)
	_, err := client.UpdateStack(t.Context(), &awscf.UpdateStackInput{StackName: aws.String("s"), RoleARN: &role, TemplateBody: aws.String(queue(`"QueueName":"one","DelaySeconds":6`, `,"Z":{"Type":"AWS::SQS::Queue","DependsOn":"Q"}`))})
	require.NoError(t, err)
	// The queue is deleted while the stack is updated, so that it cannot be changed back.
	for range 2 {
		c.step(t)
	}
	_, err = awssqs.NewFromConfig(c.RootConfig(owner)).DeleteQueue(t.Context(), &awssqs.DeleteQueueInput{QueueUrl: aws.String("https://sqs.us-east-1.amazonaws.com/" + owner + "/one")})
	require.NoError(t, err)
	st := c.done(t, client, "s")
	require.Equal(t, types.StackStatusUpdateRollbackFailed, st.StackStatus, strings.Join(c.events(t, client, "s"), "\n"))
	assert.Equal(t, "The following resource(s) failed to update: [Q]. ", *st.StackStatusReason)
	_, err = client.UpdateStack(t.Context(), &awscf.UpdateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(oneQueue)})
	worldtest.RequireError(t, err, "ValidationError", "Stack:"+*st.StackId+" is in UPDATE_ROLLBACK_FAILED state and can not be updated.")
	_, err = client.ContinueUpdateRollback(t.Context(), &awscf.ContinueUpdateRollbackInput{StackName: aws.String("s"), ResourcesToSkip: []string{"Q"}})
	require.NoError(t, err)
	assert.Equal(t, types.StackStatusUpdateRollbackComplete, c.done(t, client, "s").StackStatus)
}

func (c *cloud) step(t testing.TB) {
	t.Helper()
	c.Fake("cloudformation").(worker).Work(t.Context())
}

// OnFailure and DisableRollback say what becomes of a creation that fails.
func TestOnFailure(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	client := c.root()
	body := queue(`"QueueName":"one"`, `,"Z":{"Type":"AWS::SQS::Queue","DependsOn":"Q","Properties":{"DelaySeconds":99999}}`)
	created := func(name string, set func(*awscf.CreateStackInput)) types.Stack {
		in := &awscf.CreateStackInput{StackName: &name, TemplateBody: &body}
		set(in)
		out, err := client.CreateStack(t.Context(), in)
		require.NoError(t, err)
		return c.done(t, client, *out.StackId)
	}
	assert.Equal(t, types.StackStatusDeleteComplete, created("deleted", func(in *awscf.CreateStackInput) { in.OnFailure = types.OnFailureDelete }).StackStatus)
	assert.Empty(t, c.queues(t))
	require.NoError(t, c.Advance(t.Context(), 61*time.Second)) // until SQS takes the name again
	st := created("kept", func(in *awscf.CreateStackInput) { in.OnFailure = types.OnFailureDoNothing })
	assert.Equal(t, types.StackStatusCreateFailed, st.StackStatus)
	assert.Equal(t, "The following resource(s) failed to create: [Z]. ", *st.StackStatusReason)
	assert.Equal(t, []string{"one"}, c.queues(t))
	_, err := client.RollbackStack(t.Context(), &awscf.RollbackStackInput{StackName: aws.String("kept")})
	require.NoError(t, err)
	assert.Equal(t, types.StackStatusRollbackComplete, c.done(t, client, "kept").StackStatus)
	assert.Empty(t, c.queues(t))
	_, err = client.CreateStack(t.Context(), &awscf.CreateStackInput{StackName: aws.String("kept"), TemplateBody: &body})
	worldtest.RequireError(t, err, "AlreadyExistsException", "Stack [kept] already exists")
	_, err = client.CreateStack(t.Context(), &awscf.CreateStackInput{StackName: aws.String("both"), TemplateBody: &body, DisableRollback: aws.Bool(true), OnFailure: types.OnFailureDelete})
	worldtest.RequireError(t, err, "ValidationError", "You can specify either DisableRollback or OnFailure, but not both.")
}

// A deletion that fails says what it could not delete, which can then be retained.
func TestDelete(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	client := c.root()
	_, err := client.CreateStack(t.Context(), &awscf.CreateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(queue("", "")), EnableTerminationProtection: aws.Bool(true)})
	require.NoError(t, err)
	st := c.done(t, client, "s")
	cfg, _ := c.user(t, allow("cloudformation:*"))
	user := awscf.NewFromConfig(cfg)
	_, err = user.DeleteStack(t.Context(), &awscf.DeleteStackInput{StackName: aws.String("s")})
	worldtest.RequireError(t, err, "ValidationError", "Stack [s] cannot be deleted while TerminationProtection is enabled")
	_, err = user.UpdateTerminationProtection(t.Context(), &awscf.UpdateTerminationProtectionInput{StackName: aws.String("s"), EnableTerminationProtection: aws.Bool(false)})
	require.NoError(t, err)
	_, err = user.DeleteStack(t.Context(), &awscf.DeleteStackInput{StackName: aws.String("s"), RetainResources: []string{"Q"}})
	require.ErrorContains(t, err, "specify which resources to retain only when the stack is in the DELETE_FAILED state.")
	_, err = user.DeleteStack(t.Context(), &awscf.DeleteStackInput{StackName: aws.String("s")})
	require.NoError(t, err)
	failed := c.done(t, user, "s")
	assert.Equal(t, types.StackStatusDeleteFailed, failed.StackStatus)
	assert.Equal(t, "The following resource(s) failed to delete: [Q]. ", *failed.StackStatusReason)
	assert.Contains(t, strings.Join(c.events(t, user, "s"), "\n"), "Q DELETE_FAILED Resource handler returned message: ")
	_, err = user.DeleteStack(t.Context(), &awscf.DeleteStackInput{StackName: aws.String("s"), RetainResources: []string{"Q"}})
	require.NoError(t, err)
	assert.Equal(t, types.StackStatusDeleteComplete, c.done(t, user, *st.StackId).StackStatus)
	assert.Len(t, c.queues(t), 1)
}

// A stack policy decides which resources an update may change, replace and delete.
func TestStackPolicy(t *testing.T) {
	t.Parallel()
	const policy = `{"Statement":[{"Effect":"Allow","Action":"Update:*","Principal":"*","Resource":"*"},` +
		`{"Effect":"Deny","Action":["Update:Replace","Update:Delete"],"Principal":"*","Resource":"*","Condition":{"StringEquals":{"ResourceType":["AWS::SQS::Queue"]}}}]}`
	c := newCloud(t, worldtest.InProcess)
	client := c.root()
	_, err := client.CreateStack(t.Context(), &awscf.CreateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(queue(`"QueueName":"one"`, "")), StackPolicyBody: aws.String(policy)})
	require.NoError(t, err)
	c.done(t, client, "s")
	assert.Equal(t, types.StackStatusUpdateComplete, c.update(t, client, "s", queue(`"QueueName":"one","DelaySeconds":5`, "")).StackStatus)
	assert.Equal(t, types.StackStatusUpdateRollbackComplete, c.update(t, client, "s", queue(`"QueueName":"two"`, "")).StackStatus)
	assert.Contains(t, c.events(t, client, "s"), "Q UPDATE_FAILED Action denied by stack policy: Statement [#2] does not allow [Update:Replace] for resource [LogicalResourceId/Q]")
	assert.Equal(t, types.StackStatusUpdateRollbackComplete, c.update(t, client, "s", `{"Resources":{"T":{"Type":"AWS::SNS::Topic"}}}`).StackStatus)
	assert.Equal(t, []string{"one"}, c.queues(t))
	_, err = client.UpdateStack(t.Context(), &awscf.UpdateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(queue(`"QueueName":"two"`, "")),
		StackPolicyDuringUpdateBody: aws.String(`{"Statement":{"Effect":"Allow","Action":"Update:*","Principal":"*","Resource":"*"}}`)})
	require.NoError(t, err)
	assert.Equal(t, types.StackStatusUpdateComplete, c.done(t, client, "s").StackStatus)
	assert.Equal(t, []string{"two"}, c.queues(t))
	cfg, _ := c.user(t, allow("cloudformation:UpdateStack", "cloudformation:DescribeStacks", "sqs:*"))
	_, err = awscf.NewFromConfig(cfg).UpdateStack(t.Context(), &awscf.UpdateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(queue(`"QueueName":"three"`, "")),
		StackPolicyDuringUpdateBody: aws.String(`{"Statement":{"Effect":"Allow","Action":"Update:*","Principal":"*","Resource":"*"}}`)})
	require.ErrorContains(t, err, "is not authorized to perform: cloudformation:SetStackPolicy on resource: ")
	got, err := client.GetStackPolicy(t.Context(), &awscf.GetStackPolicyInput{StackName: aws.String("s")})
	require.NoError(t, err)
	assert.Equal(t, policy, *got.StackPolicyBody)

	// A policy that an update brings does not free it from the one that the stack has.
	const open = `{"Statement":{"Effect":"Allow","Action":"Update:*","Principal":"*","Resource":"*"}}`
	_, err = client.UpdateStack(t.Context(), &awscf.UpdateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(queue(`"QueueName":"three"`, "")), StackPolicyBody: aws.String(open)})
	require.NoError(t, err)
	assert.Equal(t, types.StackStatusUpdateRollbackComplete, c.done(t, client, "s").StackStatus)
	assert.Equal(t, []string{"two"}, c.queues(t))

	// Without a statement that allows it, an update is denied.
	_, err = client.SetStackPolicy(t.Context(), &awscf.SetStackPolicyInput{StackName: aws.String("s"), StackPolicyBody: aws.String(`{"Statement":{"Effect":"Allow","Action":"Update:*","Principal":"*","NotResource":"LogicalResourceId/Q*"}}`)})
	require.NoError(t, err)
	assert.Equal(t, types.StackStatusUpdateRollbackComplete, c.update(t, client, "s", queue(`"QueueName":"two","DelaySeconds":1`, "")).StackStatus)
	for _, wrong := range []string{"", "{}", `{"Statement":{"Effect":"Allow","Action":"sqs:*","Principal":"*","Resource":"*"}}`, `{"Statement":{"Effect":"Allow","Action":"Update:*","Principal":"me","Resource":"*"}}`,
		`{"Statement":{"Effect":"Allow","Action":"Update:*","Principal":"*","Resource":"arn:aws:s3:::a"}}`, `{"Statement":{"Effect":"Allow","Action":"Update:*","Principal":"*","Resource":"*","Condition":{"Bool":{"a":"b"}}}}`} {
		_, err = client.SetStackPolicy(t.Context(), &awscf.SetStackPolicyInput{StackName: aws.String("s"), StackPolicyBody: &wrong})
		require.ErrorContains(t, err, "ValidationError", wrong)
	}
}
