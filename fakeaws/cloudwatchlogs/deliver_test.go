package cloudwatchlogs_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/logstest"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

func (c *cloud) fake() *cloudwatchlogs.Fake { return cloudwatchlogs.Of(c.World.World) }

func delivery(target, name, body string) *fakeaws.Delivery {
	return &fakeaws.Delivery{Target: target, Name: name, Body: []byte(body)}
}

// document of a subscription.
type payload struct {
	MessageType, Owner, LogGroup, LogStream string
	SubscriptionFilters                     []string
	LogEvents                               []struct {
		ID, Message     string
		Timestamp       int64
		ExtractedFields map[string]string
	}
}

func unzip(t testing.TB, body []byte) (p payload) {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(body))
	require.NoError(t, err)
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &p))
	return p
}

// A function gets what a filter matches, if its policy lets CloudWatch Logs invoke it for the
// log group, under either of its names.
func TestFunctions(t *testing.T) {
	t.Parallel()
	for _, principal := range []string{"logs.us-east-1.amazonaws.com", "logs.amazonaws.com"} {
		acct := awstest.New(t, logstest.With())
		ctx, logs := t.Context(), logstest.Of(acct)
		group := logs.Create("/app")
		arn := "arn:aws:lambda:" + acct.Region() + ":" + acct.ID() + ":function:digest"
		var got []payload
		acct.World().Receive(arn, func(_ context.Context, d *fakeaws.Delivery) ([]byte, error) {
			var event struct{ AWSLogs struct{ Data string } }
			require.NoError(t, json.Unmarshal(d.Body, &event))
			data, err := base64.StdEncoding.DecodeString(event.AWSLogs.Data)
			require.NoError(t, err)
			got = append(got, unzip(t, data))
			return nil, nil
		})
		client := awslogs.NewFromConfig(acct.Config())
		subscribe := func() error {
			_, err := client.PutSubscriptionFilter(ctx, &awslogs.PutSubscriptionFilterInput{
				LogGroupName: aws.String("/app"), FilterName: aws.String("errors"), FilterPattern: aws.String("[level=ERROR, ...]"), DestinationArn: &arn,
			})
			return err
		}
		worldtest.RequireError(t, subscribe(), "InvalidParameterException",
			"Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.")
		acct.SetResourcePolicy(arn, awstest.Allow("lambda:InvokeFunction").By(principal).If("ArnLike", "aws:SourceArn", group.ARN()))
		require.Error(t, subscribe(), "the ARN has :* behind it")
		acct.SetResourcePolicy(arn, awstest.Allow("lambda:InvokeFunction").By(principal).If("ArnLike", "aws:SourceArn", group.ARN()+":*"))
		require.NoError(t, subscribe())
		group.Put("web", "ERROR one", "INFO two", "ERROR three")
		assert.Empty(t, got, "it is delivered later")
		acct.Settle()
		require.Len(t, got, 1)
		p := got[0]
		assert.Equal(t, []string{"DATA_MESSAGE", acct.ID(), "/app", "web"}, []string{p.MessageType, p.Owner, p.LogGroup, p.LogStream})
		assert.Equal(t, []string{"errors"}, p.SubscriptionFilters)
		require.Len(t, p.LogEvents, 2)
		assert.Equal(t, "ERROR three", p.LogEvents[1].Message)
		assert.Equal(t, map[string]string{"level": "ERROR"}, p.LogEvents[1].ExtractedFields)
		assert.Equal(t, group.Events()[2].ID, p.LogEvents[1].ID)
		acct.SetResourcePolicy(arn, awstest.Deny("lambda:*").By(principal))
		group.Put("web", "ERROR four")
		acct.Settle()
		assert.Len(t, got, 1, "what may not be delivered is dropped")
	}
}

// A stream gets records by a role that the caller may pass and that trusts CloudWatch Logs,
// and a message that tries it.
func TestStreams(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, logstest.With())
	ctx, group := t.Context(), logstest.Of(acct).Create("/app")
	target := "arn:aws:kinesis:" + acct.Region() + ":" + acct.ID() + ":stream/all"
	var got []payload
	var keys []string
	acct.World().Receive(target, func(_ context.Context, d *fakeaws.Delivery) ([]byte, error) {
		got, keys = append(got, unzip(t, d.Body)), append(keys, d.PartitionKey)
		return nil, nil
	})
	deliverer := acct.NewRole("deliver", awstest.Trust(awstest.Allow("sts:AssumeRole").By("logs.amazonaws.com")))
	put := func(client *awslogs.Client, role *string) error {
		_, err := client.PutSubscriptionFilter(ctx, &awslogs.PutSubscriptionFilterInput{
			LogGroupName: aws.String("/app"), FilterName: aws.String("all"), FilterPattern: aws.String(""), DestinationArn: &target, RoleArn: role,
		})
		return err
	}
	user := acct.NewUser("deployer", awstest.Allow("logs:PutSubscriptionFilter").On("*"))
	client := awslogs.NewFromConfig(user.Config())
	arn := deliverer.ARN()
	worldtest.RequireError(t, put(client, nil), "InvalidParameterException", "destinationArn for vendor kinesis cannot be used without roleArn")
	awstest.RequireDenied(t, put(client, &arn), "iam:PassRole")
	passing := acct.NewUser("passing", awstest.Allow("logs:PutSubscriptionFilter").On("*"), awstest.Allow("iam:PassRole").On(arn).If("StringEquals", "iam:PassedToService", "logs.amazonaws.com"))
	client = awslogs.NewFromConfig(passing.Config())
	worldtest.RequireError(t, put(client, &arn), "InvalidParameterException",
		"Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is in ACTIVE state.")
	other := acct.NewRole("writer", awstest.Trust(awstest.Allow("sts:AssumeRole").By("logs."+acct.Region()+".amazonaws.com")), awstest.Allow("kinesis:PutRecord").On(target))
	able := other.ARN()
	pass := acct.NewUser("passing2", awstest.Allow("logs:PutSubscriptionFilter", "iam:PassRole").On("*"))
	client = awslogs.NewFromConfig(pass.Config())
	require.NoError(t, put(client, &able))
	require.Len(t, got, 1)
	assert.Equal(t, "CONTROL_MESSAGE", got[0].MessageType)
	assert.Equal(t, "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream.", got[0].LogEvents[0].Message)
	group.Put("web", "one")
	group.Put("web", "two")
	acct.Advance(time.Second)
	require.Len(t, got, 3)
	assert.Equal(t, keys[1], keys[2], "by log stream")
	assert.Equal(t, "two", got[2].LogEvents[0].Message)
}

// Another account subscribes by a destination, whose access policy lets it.
func TestDestinations(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, logstest.With())
	ctx := t.Context()
	sender := acct.NewAccount()
	target := "arn:aws:firehose:" + acct.Region() + ":" + acct.ID() + ":deliverystream/all"
	var got []payload
	acct.World().Receive(target, func(_ context.Context, d *fakeaws.Delivery) ([]byte, error) {
		got = append(got, unzip(t, d.Body))
		return nil, nil
	})
	roleARN := acct.NewRole("deliver", awstest.Trust(awstest.Allow("sts:AssumeRole").By("logs.amazonaws.com")), awstest.Allow("firehose:PutRecord").On("*")).ARN()
	client := awslogs.NewFromConfig(acct.Config())
	made, err := client.PutDestination(ctx, &awslogs.PutDestinationInput{DestinationName: aws.String("central"), TargetArn: &target, RoleArn: &roleARN})
	require.NoError(t, err)
	assert.Equal(t, "arn:aws:logs:"+acct.Region()+":"+acct.ID()+":destination:central", *made.Destination.Arn)
	group := logstest.Of(sender).Create("/app")
	put := func() error {
		_, err := awslogs.NewFromConfig(sender.Config()).PutSubscriptionFilter(ctx, &awslogs.PutSubscriptionFilterInput{
			LogGroupName: aws.String("/app"), FilterName: aws.String("all"), FilterPattern: aws.String(""), DestinationArn: made.Destination.Arn,
		})
		return err
	}
	worldtest.RequireError(t, put(), "AccessDeniedException", "User with accountId: "+sender.ID()+" is not authorized to perform: logs:PutSubscriptionFilter on resource: "+*made.Destination.Arn)
	_, err = client.PutDestinationPolicy(ctx, &awslogs.PutDestinationPolicyInput{DestinationName: aws.String("central"), AccessPolicy: aws.String(document(
		allow("logs:PutSubscriptionFilter", *made.Destination.Arn, to("AWS", sender.ID()))))})
	require.NoError(t, err)
	require.NoError(t, put())
	before := len(got)
	group.Put("web", "from afar")
	acct.Settle()
	require.Len(t, got, before+1)
	assert.Equal(t, []string{sender.ID(), "from afar"}, []string{got[before].Owner, got[before].LogEvents[0].Message})
	listed, err := client.DescribeDestinations(ctx, &awslogs.DescribeDestinationsInput{DestinationNamePrefix: aws.String("cen")})
	require.NoError(t, err)
	require.Len(t, listed.Destinations, 1)
	assert.NotNil(t, listed.Destinations[0].AccessPolicy)
	_, err = client.DeleteDestination(ctx, &awslogs.DeleteDestinationInput{DestinationName: aws.String("central")})
	require.NoError(t, err)
	group.Put("web", "to nowhere")
	acct.Settle()
	assert.Len(t, got, before+1)
}

// Lambda writes as the role of the function, and makes the log group and stream: each takes a
// permission.
func TestExecutionRoles(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, logstest.With())
	logs, ctx := logstest.Of(acct), t.Context()
	arn := "arn:aws:logs:" + acct.Region() + ":" + acct.ID() + ":log-group:/aws/lambda/digest"
	write := func(actions ...string) error {
		var options []awstest.RoleOption
		if len(actions) > 0 {
			options = append(options, awstest.Allow(actions...).On(arn+":*"))
		}
		actor := roleActor(t, acct, options...)
		d := &fakeaws.Delivery{Target: arn, Name: "2026/11/30/[$LATEST]0123", CreateTarget: true, Batch: [][]byte{[]byte("START"), []byte("END")}}
		if err := acct.World().CheckDelivery(ctx, actor, d); err != nil {
			return err
		}
		_, err := acct.World().Deliver(ctx, actor, d)
		return err
	}
	awstest.RequireDenied(t, write(), "logs:CreateLogGroup")
	awstest.RequireDenied(t, write("logs:CreateLogGroup"), "logs:CreateLogStream")
	awstest.RequireDenied(t, write("logs:CreateLogGroup", "logs:CreateLogStream"), "logs:PutLogEvents")
	assert.Empty(t, logs.Names(), "to ask makes nothing")
	require.NoError(t, write("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"))
	require.NoError(t, write("logs:PutLogEvents"), "both are there")
	assert.Equal(t, []string{"START", "END", "START", "END"}, logs.Group("/aws/lambda/digest").Messages())
}

// roleActor is a session of a new role, as a service uses it.
func roleActor(t testing.TB, acct *awstest.Account, options ...awstest.RoleOption) fakeaws.Actor {
	t.Helper()
	options = append(options, awstest.Trust(awstest.Allow("sts:AssumeRole").By("lambda.amazonaws.com")))
	name := acct.World().IDs().Unique("R")
	made := acct.NewRole(name, options...)
	session, err := role.Assume(t.Context(), acct.World(), fakeaws.ServiceCall{Principal: "lambda.amazonaws.com", SourceAccount: acct.ID(), Region: acct.Region()}, made.ARN(), "digest")
	require.NoError(t, err)
	return session.Actor
}
