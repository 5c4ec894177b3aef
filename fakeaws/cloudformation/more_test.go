package cloudformation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscf "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/cloudformation"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/lambda"
)

// A change set makes and changes a stack, and tells before what it will do.
func TestChangeSets(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloud(t, door)
		client, ctx := c.root(), t.Context()
		topic := func(name, second string) *string {
			return aws.String(`{"Resources":{"Foo":{"Type":"AWS::SNS::Topic","Properties":{"TopicName":"` + name + `"}},"Bar":{"Type":"AWS::SNS::Topic","Properties":{"DisplayName":{"Fn::Join":["",["` + second + `",{"Fn::GetAtt":["Foo","TopicName"]}]]}}}}}`)
		}
		made, err := client.CreateChangeSet(ctx, &awscf.CreateChangeSetInput{StackName: aws.String("s"), ChangeSetName: aws.String("one"), ChangeSetType: types.ChangeSetTypeCreate, TemplateBody: topic("topic-1", "")})
		require.NoError(t, err)
		assert.Regexp(t, "^arn:aws:cloudformation:us-east-1:111122223333:changeSet/one/[0-9a-f-]{36}$", *made.Id)
		st := c.stack(t, client, "s")
		assert.Equal(t, types.StackStatusReviewInProgress, st.StackStatus)
		described, err := client.DescribeChangeSet(ctx, &awscf.DescribeChangeSetInput{ChangeSetName: aws.String("one"), StackName: aws.String("s")})
		require.NoError(t, err)
		require.Len(t, described.Changes, 2)
		assert.Equal(t, types.ChangeSetStatusCreateComplete, described.Status)
		assert.Equal(t, types.ResourceChange{Action: types.ChangeActionAdd, LogicalResourceId: aws.String("Foo"), ResourceType: aws.String("AWS::SNS::Topic"), Details: []types.ResourceChangeDetail{}, Scope: []types.ResourceAttribute{}}, *described.Changes[0].ResourceChange)
		_, err = client.ExecuteChangeSet(ctx, &awscf.ExecuteChangeSetInput{ChangeSetName: made.Id})
		require.NoError(t, err)
		st = c.done(t, client, "s")
		assert.Equal(t, types.StackStatusCreateComplete, st.StackStatus)
		assert.Equal(t, *made.Id, *st.ChangeSetId)

		_, err = client.CreateChangeSet(ctx, &awscf.CreateChangeSetInput{StackName: aws.String("s"), ChangeSetName: aws.String("same"), TemplateBody: topic("topic-1", "")})
		require.NoError(t, err)
		described, err = client.DescribeChangeSet(ctx, &awscf.DescribeChangeSetInput{ChangeSetName: aws.String("same"), StackName: aws.String("s")})
		require.NoError(t, err)
		assert.Equal(t, types.ChangeSetStatusFailed, described.Status)
		assert.Equal(t, "The submitted information didn't contain changes. Submit different information to create a change set.", *described.StatusReason)
		_, err = client.ExecuteChangeSet(ctx, &awscf.ExecuteChangeSetInput{ChangeSetName: aws.String("same"), StackName: aws.String("s")})
		require.ErrorContains(t, err, "cannot be executed in its current status of [FAILED]")

		_, err = client.CreateChangeSet(ctx, &awscf.CreateChangeSetInput{StackName: aws.String("s"), ChangeSetName: aws.String("two"), TemplateBody: topic("topic-2", "")})
		require.NoError(t, err)
		described, err = client.DescribeChangeSet(ctx, &awscf.DescribeChangeSetInput{ChangeSetName: aws.String("two"), StackName: aws.String("s"), IncludePropertyValues: aws.Bool(true)})
		require.NoError(t, err)
		require.Len(t, described.Changes, 2)
		assert.Equal(t, types.ResourceChange{
			Action: types.ChangeActionModify, LogicalResourceId: aws.String("Foo"), ResourceType: aws.String("AWS::SNS::Topic"), PhysicalResourceId: aws.String("arn:aws:sns:us-east-1:111122223333:topic-1"),
			Replacement: types.ReplacementTrue, PolicyAction: types.PolicyActionReplaceAndDelete, Scope: []types.ResourceAttribute{types.ResourceAttributeProperties},
			BeforeContext: aws.String(`{"Properties":{"TopicName":"topic-1"}}`), AfterContext: aws.String(`{"Properties":{"TopicName":"topic-2"}}`),
			Details: []types.ResourceChangeDetail{{ChangeSource: types.ChangeSourceDirectModification, Evaluation: types.EvaluationTypeStatic, Target: &types.ResourceTargetDefinition{
				Attribute: types.ResourceAttributeProperties, Name: aws.String("TopicName"), RequiresRecreation: types.RequiresRecreationAlways, Path: aws.String("/Properties/TopicName"),
				AttributeChangeType: types.AttributeChangeTypeModify, BeforeValue: aws.String("topic-1"), AfterValue: aws.String("topic-2"),
			}}},
		}, *described.Changes[0].ResourceChange)
		assert.Equal(t, "Foo.TopicName", *described.Changes[1].ResourceChange.Details[0].CausingEntity)
		listed, err := client.ListChangeSets(ctx, &awscf.ListChangeSetsInput{StackName: aws.String("s")})
		require.NoError(t, err)
		assert.Len(t, listed.Summaries, 2)
		_, err = client.DeleteChangeSet(ctx, &awscf.DeleteChangeSetInput{ChangeSetName: aws.String("same"), StackName: aws.String("s")})
		require.NoError(t, err)
		_, err = client.ExecuteChangeSet(ctx, &awscf.ExecuteChangeSetInput{ChangeSetName: aws.String("two"), StackName: aws.String("s")})
		require.NoError(t, err)
		assert.Equal(t, types.StackStatusUpdateComplete, c.done(t, client, "s").StackStatus)
		_, err = client.DescribeChangeSet(ctx, &awscf.DescribeChangeSetInput{ChangeSetName: aws.String("two"), StackName: aws.String("s")})
		worldtest.RequireError(t, err, "ChangeSetNotFound", "ChangeSet [two] does not exist")

		// Who creates one gives what executes it no right.
		cfg, _ := c.user(t, allow("cloudformation:*"))
		user := awscf.NewFromConfig(cfg)
		_, err = client.CreateChangeSet(ctx, &awscf.CreateChangeSetInput{StackName: aws.String("s"), ChangeSetName: aws.String("three"), TemplateBody: topic("topic-3", "")})
		require.NoError(t, err)
		_, err = user.ExecuteChangeSet(ctx, &awscf.ExecuteChangeSetInput{ChangeSetName: aws.String("three"), StackName: aws.String("s")})
		require.NoError(t, err)
		assert.Equal(t, types.StackStatusUpdateRollbackComplete, c.done(t, client, "s").StackStatus)
		_, err = client.CreateChangeSet(ctx, &awscf.CreateChangeSetInput{StackName: aws.String("s"), ChangeSetName: aws.String("i"), ChangeSetType: types.ChangeSetTypeImport, TemplateBody: topic("t", "")})
		require.ErrorContains(t, err, "NotImplemented: cloudformation: the import of resources")
	})
}

func (c *cloud) stack(t testing.TB, client *awscf.Client, name string) types.Stack {
	t.Helper()
	out, err := client.DescribeStacks(t.Context(), &awscf.DescribeStacksInput{StackName: &name})
	require.NoError(t, err)
	return out.Stacks[0]
}

// Exports are those of a region, imported by name, and stay while they are imported.
func TestExports(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	client := c.root()
	export := func(delay string) string {
		return queue(`"DelaySeconds":`+delay, "")[:len(queue(`"DelaySeconds":`+delay, ""))-1] + `,"Outputs":{"Arn":{"Value":{"Fn::GetAtt":["Q","Arn"]},"Export":{"Name":"queue"}}}}`
	}
	const imports = `{"Resources":{"T":{"Type":"AWS::SNS::Topic","Properties":{"DisplayName":{"Fn::ImportValue":"queue"}}}}}`
	_, err := client.CreateStack(t.Context(), &awscf.CreateStackInput{StackName: aws.String("b"), TemplateBody: aws.String(imports)})
	worldtest.RequireError(t, err, "ValidationError", "No export named queue found")
	c.create(t, client, "a", export("1"))
	require.Equal(t, types.StackStatusCreateComplete, c.create(t, client, "b", imports).StackStatus)
	out, err := client.ListExports(t.Context(), &awscf.ListExportsInput{})
	require.NoError(t, err)
	require.Len(t, out.Exports, 1)
	users, err := client.ListImports(t.Context(), &awscf.ListImportsInput{ExportName: aws.String("queue")})
	require.NoError(t, err)
	assert.Equal(t, []string{"b"}, users.Imports)
	_, err = client.DeleteStack(t.Context(), &awscf.DeleteStackInput{StackName: aws.String("a")})
	worldtest.RequireError(t, err, "ValidationError", "Export queue cannot be deleted as it is in use by b")
	assert.Equal(t, types.StackStatusUpdateRollbackComplete, c.update(t, client, "a", queue(`"DelaySeconds":2`, "")).StackStatus)
	assert.Equal(t, types.StackStatusRollbackComplete, c.create(t, client, "other", export("1")).StackStatus)
	assert.Equal(t, types.StackStatusUpdateComplete, c.update(t, client, "a", export("3")).StackStatus)
}

// A nested stack is made by who makes the one that it is in, from a template that this one may read.
func TestNested(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	objects := awss3.NewFromConfig(c.RootConfig(owner))
	_, err := objects.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: aws.String("templates")})
	require.NoError(t, err)
	put := func(body string) {
		_, err = objects.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("templates"), Key: aws.String("q.json"), Body: strings.NewReader(body)})
		require.NoError(t, err)
	}
	nested := func(delay string) string {
		return `{"Parameters":{"Delay":{"Type":"Number"}},"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"DelaySeconds":{"Ref":"Delay"}}}},"Outputs":{"Url":{"Value":{"Ref":"Q"}},"X":{"Value":"` + delay + `"}}}`
	}
	put(nested(""))
	outer := func(delay string) string {
		return `{"Resources":{"In":{"Type":"AWS::CloudFormation::Stack","Properties":{"TemplateURL":"https://s3.amazonaws.com/templates/q.json","Parameters":{"Delay":` + delay + `}}}},"Outputs":{"Url":{"Value":{"Fn::GetAtt":["In","Outputs.Url"]}}}}`
	}
	role := c.role(t, "deployer", allow("cloudformation:*", "sqs:*", "s3:GetObject"))
	client := c.root()
	_, err = client.CreateStack(t.Context(), &awscf.CreateStackInput{StackName: aws.String("out"), TemplateBody: aws.String(outer("1")), RoleARN: &role})
	require.NoError(t, err)
	st := c.done(t, client, "out")
	require.Equal(t, types.StackStatusCreateComplete, st.StackStatus, strings.Join(c.events(t, client, "out"), "\n"))
	assert.Contains(t, *st.Outputs[0].OutputValue, "/out-In-")
	id := *c.resources(t, client, "out")[0].PhysicalResourceId
	in := c.stack(t, client, id)
	assert.Equal(t, []string{*st.StackId, *st.StackId, role}, []string{*in.ParentId, *in.RootId, *in.RoleARN})
	st = c.update(t, client, "out", outer("2"))
	require.Equal(t, types.StackStatusUpdateComplete, st.StackStatus, strings.Join(c.events(t, client, "out"), "\n"))
	assert.Equal(t, types.StackStatusUpdateComplete, c.stack(t, client, id).StackStatus)
	st = c.update(t, client, "out", outer("99999"))
	require.Equal(t, types.StackStatusUpdateRollbackComplete, st.StackStatus, strings.Join(c.events(t, client, "out"), "\n"))
	assert.Contains(t, strings.Join(c.events(t, client, "out"), "\n"), "In UPDATE_FAILED Embedded stack "+id+" was not successfully updated. Currently in UPDATE_ROLLBACK_COMPLETE with reason: ")
	_, err = client.DeleteStack(t.Context(), &awscf.DeleteStackInput{StackName: aws.String("out")})
	require.NoError(t, err)
	assert.Equal(t, types.StackStatusDeleteComplete, c.done(t, client, *st.StackId).StackStatus)
	assert.Empty(t, c.queues(t))

	// What fails inside fails outside.
	blind := c.role(t, "blind", allow("cloudformation:*", "s3:GetObject"))
	_, err = client.CreateStack(t.Context(), &awscf.CreateStackInput{StackName: aws.String("out"), TemplateBody: aws.String(outer("1")), RoleARN: &blind})
	require.NoError(t, err)
	st = c.done(t, client, "out")
	assert.Equal(t, types.StackStatusRollbackComplete, st.StackStatus)
	assert.Regexp(t, `In CREATE_FAILED Embedded stack arn:[^ ]+ was not successfully created: The following resource\(s\) failed to create: \[Q\]\. `, strings.Join(c.events(t, client, "out"), "\n"))
	unread := c.role(t, "unread", allow("cloudformation:*", "sqs:*"))
	_, err = client.CreateStack(t.Context(), &awscf.CreateStackInput{StackName: aws.String("unread"), TemplateBody: aws.String(outer("1")), RoleARN: &unread})
	require.NoError(t, err)
	assert.Equal(t, types.StackStatusRollbackComplete, c.done(t, client, "unread").StackStatus)
	assert.Contains(t, strings.Join(c.events(t, client, "unread"), "\n"), "S3 error: ")
}

// A code answers the requests of a custom resource.
type code func(ctx context.Context, i *lambda.Invocation) error

func (f code) Invoke(ctx context.Context, i *lambda.Invocation) ([]byte, error) {
	return []byte("null"), f(ctx, i)
}

// A custom resource is what a function answers.
func TestCustomResource(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	var requests []string
	status := "SUCCESS"
	lambda.Of(c.World.World).SetRuntime(owner, region, "maker", code(func(_ context.Context, i *lambda.Invocation) error {
		var event map[string]any
		if err := json.Unmarshal(i.Payload, &event); err != nil {
			return err
		}
		requests = append(requests, fmt.Sprint(event["RequestType"], " ", event["LogicalResourceId"], " ", event["PhysicalResourceId"], " ", event["ResourceProperties"].(map[string]any)["Size"]))
		answer, _ := json.Marshal(map[string]any{"Status": status, "Reason": "because", "PhysicalResourceId": "thing-" + fmt.Sprint(event["ResourceProperties"].(map[string]any)["Size"]), "StackId": event["StackId"], "RequestId": event["RequestId"],
			"LogicalResourceId": event["LogicalResourceId"], "Data": map[string]any{"Color": "red"}})
		return cloudformation.Respond(i.World, event["ResponseURL"].(string), answer)
	}))
	body := func(size string) string {
		return `{"Resources":{"Role":{"Type":"AWS::IAM::Role","Properties":{"AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}}},` +
			`"F":{"Type":"AWS::Lambda::Function","Properties":{"FunctionName":"maker","Runtime":"nodejs22.x","Handler":"index.handler","Code":{"ZipFile":"x"},"Role":{"Fn::GetAtt":["Role","Arn"]}}},` +
			`"C":{"Type":"Custom::Thing","Properties":{"ServiceToken":{"Fn::GetAtt":["F","Arn"]},"Size":"` + size + `"}}},"Outputs":{"Color":{"Value":{"Fn::GetAtt":["C","Color"]}},"Id":{"Value":{"Ref":"C"}}}}`
	}
	client := c.root()
	st := c.create(t, client, "s", body("1"))
	require.Equal(t, types.StackStatusCreateComplete, st.StackStatus, strings.Join(c.events(t, client, "s"), "\n"))
	assert.Equal(t, "red", *st.Outputs[0].OutputValue)
	st = c.update(t, client, "s", body("2"))
	require.Equal(t, types.StackStatusUpdateComplete, st.StackStatus, strings.Join(c.events(t, client, "s"), "\n"))
	assert.Equal(t, "thing-2", *st.Outputs[1].OutputValue)
	status = "FAILED"
	assert.Equal(t, types.StackStatusUpdateRollbackFailed, c.update(t, client, "s", body("3")).StackStatus)
	assert.Regexp(t, `C UPDATE_FAILED Received response status \[FAILED\] from custom resource. Message returned: because \(RequestId: [0-9a-f-]{36}\)`, strings.Join(c.events(t, client, "s"), "\n"))
	status = "SUCCESS"
	_, err := client.DeleteStack(t.Context(), &awscf.DeleteStackInput{StackName: aws.String("s")})
	require.NoError(t, err)
	assert.Equal(t, types.StackStatusDeleteComplete, c.done(t, client, *st.StackId).StackStatus)
	assert.Equal(t, []string{"Create C <nil> 1", "Update C thing-1 2", "Delete C thing-1 1", "Update C thing-2 3"}, requests[:4])
	assert.Equal(t, "Delete C thing-2 2", requests[len(requests)-1])
	require.Error(t, cloudformation.Respond(c.World.World, "https://example.com/", []byte("{}")))
}

// A wait condition waits for signals, by its handle or by SignalResource, for so long.
func TestWaitCondition(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	client, ctx := c.root(), t.Context()
	const body = `{"Resources":{"H":{"Type":"AWS::CloudFormation::WaitConditionHandle"},"W":{"Type":"AWS::CloudFormation::WaitCondition","Properties":{"Handle":{"Ref":"H"},"Timeout":"600"}}},"Outputs":{"Data":{"Value":{"Fn::GetAtt":["W","Data"]}}}}`
	_, err := client.CreateStack(ctx, &awscf.CreateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(body)})
	require.NoError(t, err)
	require.NoError(t, c.Advance(ctx, time.Minute))
	assert.Equal(t, types.StackStatusCreateInProgress, c.stack(t, client, "s").StackStatus)
	handle := *c.resources(t, client, "s")[0].PhysicalResourceId
	require.NoError(t, cloudformation.Respond(c.World.World, handle, []byte(`{"Status":"SUCCESS","Reason":"ready","UniqueId":"one","Data":"here"}`)))
	st := c.done(t, client, "s")
	require.Equal(t, types.StackStatusCreateComplete, st.StackStatus, strings.Join(c.events(t, client, "s"), "\n"))
	assert.Equal(t, `{"one":"here"}`, *st.Outputs[0].OutputValue)

	_, err = client.CreateStack(ctx, &awscf.CreateStackInput{StackName: aws.String("late"), TemplateBody: aws.String(body)})
	require.NoError(t, err)
	require.NoError(t, c.Advance(ctx, 11*time.Minute))
	assert.Equal(t, types.StackStatusRollbackComplete, c.stack(t, client, "late").StackStatus)
	assert.Contains(t, c.events(t, client, "late"), "W CREATE_FAILED WaitCondition timed out. Received 0 conditions when expecting 1")

	const signaled = `{"Resources":{"W":{"Type":"AWS::CloudFormation::WaitCondition","CreationPolicy":{"ResourceSignal":{"Count":2,"Timeout":"PT15M"}}}}}`
	_, err = client.CreateStack(ctx, &awscf.CreateStackInput{StackName: aws.String("two"), TemplateBody: aws.String(signaled)})
	require.NoError(t, err)
	for _, id := range []string{"a", "b"} {
		require.NoError(t, c.Settle(ctx))
		assert.Equal(t, types.StackStatusCreateInProgress, c.stack(t, client, "two").StackStatus)
		_, err = client.SignalResource(ctx, &awscf.SignalResourceInput{StackName: aws.String("two"), LogicalResourceId: aws.String("W"), UniqueId: &id, Status: types.ResourceSignalStatusSuccess})
		require.NoError(t, err)
	}
	assert.Equal(t, types.StackStatusCreateComplete, c.done(t, client, "two").StackStatus)
}

// The waiters of the SDK wait for a World that does its work by itself.
func TestWaiters(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	synctest.Test(t, func(t *testing.T) {
		client := c.root()
		_, err := client.CreateStack(t.Context(), &awscf.CreateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(oneQueue)})
		require.NoError(t, err)
		require.NoError(t, awscf.NewStackCreateCompleteWaiter(client).Wait(t.Context(), &awscf.DescribeStacksInput{StackName: aws.String("s")}, time.Hour))
		id := c.stack(t, client, "s").StackId
		_, err = client.DeleteStack(t.Context(), &awscf.DeleteStackInput{StackName: id})
		require.NoError(t, err)
		require.NoError(t, awscf.NewStackDeleteCompleteWaiter(client).Wait(t.Context(), &awscf.DescribeStacksInput{StackName: id}, time.Hour))
	})
}

// A clone goes on with what is under way, and the two know nothing of each other.
func TestClone(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	c.Close() // the test alone does the steps
	_, err := c.root().CreateStack(t.Context(), &awscf.CreateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(queue("", `,"R":{"Type":"AWS::SQS::Queue"}`))})
	require.NoError(t, err)
	c.step(t)
	clone := &cloud{worldtest.Clone(t, c.World.World)}
	t.Cleanup(clone.Close)
	assert.Equal(t, types.StackStatusCreateComplete, clone.done(t, clone.root(), "s").StackStatus)
	assert.Len(t, clone.queues(t), 2)
	assert.Len(t, c.queues(t), 1)
	assert.Equal(t, types.StackStatusCreateInProgress, c.stack(t, c.root(), "s").StackStatus)
	assert.Equal(t, types.StackStatusCreateComplete, c.done(t, c.root(), "s").StackStatus)
}
