package all_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	firehosetypes "github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
	"github.com/leastpriv/leastpriv/awstest/logstest"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/all"
	fakeeb "github.com/leastpriv/leastpriv/fakeaws/eventbridge"
	fakekinesis "github.com/leastpriv/leastpriv/fakeaws/kinesis"
	fakesns "github.com/leastpriv/leastpriv/fakeaws/sns"
)

// A deliveryRow is what one AWS service delivers to another. It arrives when the policy of
// the target, or the role that the source was given, allows an action, and is refused
// without.
type deliveryRow struct {
	source, target string
	// action is what the source needs, and by who needs it: the service, or the session of a
	// role.
	action, by string
	// run sets the delivery up, with or without the permission, and causes it. What it returns
	// tells whether the target got something.
	run func(l *deliveryLab, permitted bool) (arrived func() bool)
}

var deliveryRows = []deliveryRow{
	{"s3", "sqs", "sqs:SendMessage", "s3.amazonaws.com", func(l *deliveryLab, permitted bool) func() bool {
		queue, arrived := l.queue("s3.amazonaws.com", permitted)
		l.notify(s3types.NotificationConfiguration{QueueConfigurations: []s3types.QueueConfiguration{{QueueArn: &queue, Events: created}}})
		return arrived
	}},
	{"s3", "sns", "sns:Publish", "s3.amazonaws.com", func(l *deliveryLab, permitted bool) func() bool {
		topic, arrived := l.topic("s3.amazonaws.com", permitted)
		l.notify(s3types.NotificationConfiguration{TopicConfigurations: []s3types.TopicConfiguration{{TopicArn: &topic, Events: created}}})
		return arrived
	}},
	{"s3", "lambda", "lambda:InvokeFunction", "s3.amazonaws.com", func(l *deliveryLab, permitted bool) func() bool {
		function, arrived := l.function("s3.amazonaws.com", permitted)
		l.notify(s3types.NotificationConfiguration{LambdaFunctionConfigurations: []s3types.LambdaFunctionConfiguration{{LambdaFunctionArn: &function, Events: created}}})
		return arrived
	}},
	{"sns", "sqs", "sqs:SendMessage", "sns.amazonaws.com", func(l *deliveryLab, permitted bool) func() bool {
		queue, arrived := l.queue("sns.amazonaws.com", permitted)
		l.publish("sqs", queue, nil)
		return arrived
	}},
	{"sns", "lambda", "lambda:InvokeFunction", "sns.amazonaws.com", func(l *deliveryLab, permitted bool) func() bool {
		function, arrived := l.function("sns.amazonaws.com", permitted)
		l.publish("lambda", function, nil)
		return arrived
	}},
	{"sns", "firehose", "firehose:PutRecord", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
		stream, arrived := l.deliveryStream()
		role := l.role("sns.amazonaws.com", permitted, "firehose:PutRecord", stream)
		l.publish("firehose", stream, map[string]string{"SubscriptionRoleArn": role})
		return arrived
	}},
	{"lambda", "sqs", "sqs:SendMessage", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
		queue, arrived := l.queue("", false)
		l.destination(queue, permitted, "sqs:SendMessage")
		return arrived
	}},
	{"lambda", "sns", "sns:Publish", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
		topic, arrived := l.topic("", false)
		l.destination(topic, permitted, "sns:Publish")
		return arrived
	}},
	{"lambda", "lambda", "lambda:InvokeFunction", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
		function, arrived := l.function("", false)
		l.destination(function, permitted, "lambda:InvokeFunction")
		return arrived
	}},
	{"lambda", "events", "events:PutEvents", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
		bus, arrived := l.bus()
		l.destination(bus, permitted, "events:PutEvents")
		return arrived
	}},
	{"lambda", "logs", "logs:PutLogEvents", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
		action := ""
		if permitted {
			action = "logs:PutLogEvents"
		}
		group := logstest.Of(l.Account).Create("/aws/lambda/source")
		role := l.executionRole(awstest.Allow("logs:CreateLogGroup", "logs:CreateLogStream"))
		if permitted {
			role.Attach(awstest.Allow(action))
		}
		l.invoke(role)
		return func() bool { return len(group.Messages()) > 0 }
	}},
	{"lambda", "sts", "sts:AssumeRole", "lambda.amazonaws.com", func(l *deliveryLab, permitted bool) func() bool {
		role := l.executionRole(awstest.Allow("logs:*"))
		ran := false
		lambdatest.Of(l.Account).Handle("source", role, func(context.Context) error { ran = true; return nil })
		if !permitted {
			_, err := iam.NewFromConfig(l.Config()).UpdateAssumeRolePolicy(l.t.Context(), &iam.UpdateAssumeRolePolicyInput{
				RoleName: aws.String("delivery"), PolicyDocument: aws.String(awstest.TrustDocument(awstest.Allow("sts:AssumeRole").By("ec2.amazonaws.com"))),
			})
			require.NoError(l.t, err)
		}
		_, err := awslambda.NewFromConfig(l.Config()).Invoke(l.t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("source")})
		if permitted {
			require.NoError(l.t, err)
		} else {
			require.ErrorContains(l.t, err, "AccessDeniedException")
		}
		return func() bool { return ran }
	}},
	{"sqs", "lambda", "sqs:ReceiveMessage", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
		queue := l.SQS().CreateQueue("source", nil)
		role := l.executionRole(awstest.Allow("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes").On(queue.ARN()))
		handled := false
		lambdatest.Of(l.Account).Handle("target", role, func(context.Context) error { handled = true; return nil }).Consume(queue.ARN())
		if !permitted {
			role.Replace("policy-1", awstest.Allow("sqs:DeleteMessage", "sqs:GetQueueAttributes").On(queue.ARN()))
		}
		queue.Send("message")
		return func() bool { return handled }
	}},
	{"kinesis", "lambda", "kinesis:GetRecords", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
		stream, _ := l.stream()
		arrived := l.reads(stream, "kinesis", permitted, "kinesis:GetShardIterator", "kinesis:DescribeStream", "kinesis:ListShards")
		_, err := kinesis.NewFromConfig(l.Config()).PutRecord(l.t.Context(), &kinesis.PutRecordInput{StreamARN: &stream, Data: []byte("record"), PartitionKey: aws.String("key")})
		require.NoError(l.t, err)
		return arrived
	}},
	{"dynamodb", "lambda", "dynamodb:GetRecords", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
		client := dynamodb.NewFromConfig(l.Config())
		made, err := client.CreateTable(l.t.Context(), &dynamodb.CreateTableInput{
			TableName: aws.String("source"), BillingMode: dbtypes.BillingModePayPerRequest,
			AttributeDefinitions: []dbtypes.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: dbtypes.ScalarAttributeTypeS}},
			KeySchema:            []dbtypes.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: dbtypes.KeyTypeHash}},
			StreamSpecification:  &dbtypes.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: dbtypes.StreamViewTypeKeysOnly},
		})
		require.NoError(l.t, err)
		arrived := l.reads(*made.TableDescription.LatestStreamArn, "dynamodb", permitted, "dynamodb:GetShardIterator", "dynamodb:DescribeStream")
		_, err = client.PutItem(l.t.Context(), &dynamodb.PutItemInput{TableName: aws.String("source"), Item: map[string]dbtypes.AttributeValue{"id": &dbtypes.AttributeValueMemberS{Value: "1"}}})
		require.NoError(l.t, err)
		return arrived
	}},
	{"events", "sqs", "sqs:SendMessage", "events.amazonaws.com", func(l *deliveryLab, permitted bool) func() bool {
		queue, arrived := l.queue("events.amazonaws.com", permitted)
		l.putEvent(queue, "")
		return arrived
	}},
	{"events", "sns", "sns:Publish", "events.amazonaws.com", func(l *deliveryLab, permitted bool) func() bool {
		topic, arrived := l.topic("events.amazonaws.com", permitted)
		l.putEvent(topic, "")
		return arrived
	}},
	{"events", "lambda", "lambda:InvokeFunction", "events.amazonaws.com", func(l *deliveryLab, permitted bool) func() bool {
		function, arrived := l.function("events.amazonaws.com", permitted)
		l.putEvent(function, "")
		return arrived
	}},
	{"events", "logs", "logs:CreateLogStream", "events.amazonaws.com", func(l *deliveryLab, permitted bool) func() bool {
		group := logstest.Of(l.Account).Create("/aws/events/target")
		if permitted {
			group.SetPolicy("events", awstest.Allow("logs:CreateLogStream", "logs:PutLogEvents").By("events.amazonaws.com"))
		}
		l.putEvent(group.ARN(), "")
		return func() bool { return len(group.Messages()) > 0 }
	}},
	{"events", "firehose", "firehose:PutRecord", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
		stream, arrived := l.deliveryStream()
		l.putEvent(stream, l.role("events.amazonaws.com", permitted, "firehose:PutRecord", stream))
		return arrived
	}},
	{"events", "kinesis", "kinesis:PutRecord", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
		stream, arrived := l.stream()
		l.putEvent(stream, l.role("events.amazonaws.com", permitted, "kinesis:PutRecord", stream))
		return arrived
	}},
	{"events", "states", "states:StartExecution", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
		machine, arrived := l.machine()
		l.putEvent(machine, l.role("events.amazonaws.com", permitted, "states:StartExecution", machine))
		return arrived
	}},
	{"events", "events", "events:PutEvents", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
		bus, arrived := l.bus()
		l.putEvent(bus, l.role("events.amazonaws.com", permitted, "events:PutEvents", bus))
		return arrived
	}},
	{"secretsmanager", "lambda", "lambda:InvokeFunction", "secretsmanager.amazonaws.com", func(l *deliveryLab, permitted bool) func() bool {
		function, arrived := l.function("secretsmanager.amazonaws.com", true)
		client := secretsmanager.NewFromConfig(l.Config())
		_, err := client.CreateSecret(l.t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("db"), SecretString: aws.String("one")})
		require.NoError(l.t, err)
		_, err = client.RotateSecret(l.t.Context(), &secretsmanager.RotateSecretInput{SecretId: aws.String("db"), RotationLambdaARN: &function,
			RotationRules: &smtypes.RotationRulesType{ScheduleExpression: aws.String("rate(10 hours)")}, RotateImmediately: aws.Bool(false)})
		require.NoError(l.t, err)
		l.Settle()
		l.handled = false
		if !permitted {
			_, err = awslambda.NewFromConfig(l.Config()).RemovePermission(l.t.Context(), &awslambda.RemovePermissionInput{FunctionName: &function, StatementId: aws.String(l.permission)})
			require.NoError(l.t, err)
		}
		l.Advance(11 * time.Hour)
		return arrived
	}},
	{"cloudformation", "sqs", "sqs:CreateQueue", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
		may := awstest.Allow("sqs:GetQueueAttributes")
		if permitted {
			may = awstest.Allow("sqs:*")
		}
		l.deploy(may, `{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":"target"}}}}`)
		return func() bool {
			_, err := awssqs.NewFromConfig(l.Config()).GetQueueUrl(l.t.Context(), &awssqs.GetQueueUrlInput{QueueName: aws.String("target")})
			return err == nil
		}
	}},
	{"cloudformation", "lambda", "lambda:InvokeFunction", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
		function, arrived := l.function("", false)
		may := awstest.Allow("lambda:GetFunction")
		if permitted {
			may = awstest.Allow("lambda:*")
		}
		l.deploy(may, `{"Resources":{"C":{"Type":"Custom::Thing","Properties":{"ServiceToken":"`+function+`"}}}}`)
		return arrived
	}},
	{"logs", "lambda", "lambda:InvokeFunction", "logs.us-east-1.amazonaws.com", func(l *deliveryLab, permitted bool) func() bool {
		function, arrived := l.function("logs.amazonaws.com", true)
		group := logstest.Of(l.Account).Create("/app")
		_, err := cloudwatchlogs.NewFromConfig(l.Config()).PutSubscriptionFilter(l.t.Context(), &cloudwatchlogs.PutSubscriptionFilterInput{
			LogGroupName: aws.String("/app"), FilterName: aws.String("all"), FilterPattern: aws.String(""), DestinationArn: &function,
		})
		require.NoError(l.t, err)
		if !permitted {
			_, err = awslambda.NewFromConfig(l.Config()).RemovePermission(l.t.Context(), &awslambda.RemovePermissionInput{FunctionName: &function, StatementId: aws.String(l.permission)})
			require.NoError(l.t, err)
		}
		group.Put("stream", "message")
		return arrived
	}},
}

// Every service delivers to others as itself or with the role that it was given, and to
// nobody who does not let it. What is refused is in the log, with its decision.
func TestDeliveries(t *testing.T) {
	t.Parallel()
	for _, row := range deliveryRows {
		t.Run(row.source+" to "+row.target, func(t *testing.T) {
			t.Parallel()
			for name, permitted := range map[string]bool{"allowed": true, "refused": false} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					l := &deliveryLab{Account: awstest.New(t, awstest.With(all.OptIn()...)), t: t}
					arrived := row.run(l, permitted)
					l.Settle()
					assert.Equal(t, permitted, arrived(), "whether it has arrived")
					if permitted {
						return
					}
					found := false
					for _, e := range l.World().Log().Events() {
						for i := range e.Decisions {
							d := &e.Decisions[i]
							by := d.Request.Principal.Service
							if by == "" {
								by = d.Request.Principal.ARN
							}
							found = found || !d.Allowed() && d.Request.Action == row.action && strings.Contains(by, row.by)
						}
					}
					assert.True(t, found, "no denied %s in the log", row.action)
				})
			}
		})
	}
}

// A deliveryLab is an account that makes sources and targets.
type deliveryLab struct {
	*awstest.Account
	t *testing.T
	// handled is set when function was invoked, and permission names the statement of its
	// policy.
	handled    bool
	permission string
}

var created = []s3types.Event{"s3:ObjectCreated:*"}

func (l *deliveryLab) arn(service, resource string) string {
	return fakeaws.ARN(service, l.Region(), l.ID(), resource)
}

// queue makes a queue, to which a service may send or not.
func (l *deliveryLab) queue(service string, permitted bool) (arn string, arrived func() bool) {
	q := l.SQS().CreateQueue("target", nil)
	if permitted {
		q.SetPolicy(awstest.Allow("sqs:SendMessage").By(service))
	}
	return q.ARN(), func() bool { return len(q.Messages()) > 0 }
}

// topic makes a topic, to which a service may publish or not.
func (l *deliveryLab) topic(service string, permitted bool) (arn string, arrived func() bool) {
	client := sns.NewFromConfig(l.Config())
	made, err := client.CreateTopic(l.t.Context(), &sns.CreateTopicInput{Name: aws.String("target")})
	require.NoError(l.t, err)
	if permitted {
		policy := awstest.Document(awstest.Allow("sns:Publish").On(*made.TopicArn).By(service))
		_, err := client.SetTopicAttributes(l.t.Context(), &sns.SetTopicAttributesInput{TopicArn: made.TopicArn, AttributeName: aws.String("Policy"), AttributeValue: &policy})
		require.NoError(l.t, err)
	}
	return *made.TopicArn, func() bool { return len(fakesns.Published(l.World(), *made.TopicArn)) > 0 }
}

// function makes a function, which a service may invoke or not.
func (l *deliveryLab) function(service string, permitted bool) (arn string, arrived func() bool) {
	f := lambdatest.Of(l.Account).Handle("target", l.NewRole("target", lambdatest.Trust()), func(context.Context) error {
		l.handled = true
		return nil
	})
	if permitted {
		l.permission = "permission"
		_, err := awslambda.NewFromConfig(l.Config()).AddPermission(l.t.Context(), &awslambda.AddPermissionInput{
			FunctionName: aws.String("target"), StatementId: &l.permission, Action: aws.String("lambda:InvokeFunction"), Principal: &service, SourceAccount: aws.String(l.ID()),
		})
		require.NoError(l.t, err)
	}
	return f.ARN(), func() bool { return l.handled }
}

// bus makes an event bus.
func (l *deliveryLab) bus() (arn string, arrived func() bool) {
	made, err := eventbridge.NewFromConfig(l.Config()).CreateEventBus(l.t.Context(), &eventbridge.CreateEventBusInput{Name: aws.String("target")})
	require.NoError(l.t, err)
	return *made.EventBusArn, func() bool { return len(fakeeb.Published(l.World(), *made.EventBusArn)) > 0 }
}

// stream makes a Kinesis stream.
func (l *deliveryLab) stream() (arn string, arrived func() bool) {
	_, err := kinesis.NewFromConfig(l.Config()).CreateStream(l.t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("target"), ShardCount: aws.Int32(1)})
	require.NoError(l.t, err)
	arn = l.arn("kinesis", "stream/target")
	return arn, func() bool {
		streams := fakekinesis.Of(l.World())
		return len(streams.Records(arn, streams.Shards(arn)[0], "")) > 0
	}
}

// deliveryStream makes a stream of Firehose that delivers to a bucket.
func (l *deliveryLab) deliveryStream() (arn string, arrived func() bool) {
	bucket := l.S3().CreateBucket("delivered")
	role := l.NewRole("firehose", awstest.Trust(awstest.Allow("sts:AssumeRole").By("firehose.amazonaws.com")), awstest.Allow("s3:*"))
	made, err := firehose.NewFromConfig(l.Config()).CreateDeliveryStream(l.t.Context(), &firehose.CreateDeliveryStreamInput{
		DeliveryStreamName:                 aws.String("target"),
		ExtendedS3DestinationConfiguration: &firehosetypes.ExtendedS3DestinationConfiguration{BucketARN: aws.String(bucket.ARN()), RoleARN: aws.String(role.ARN())},
	})
	require.NoError(l.t, err)
	return *made.DeliveryStreamARN, func() bool {
		l.Advance(15 * time.Minute) // longer than it waits for more
		return len(bucket.Keys()) > 0
	}
}

// machine makes a state machine.
func (l *deliveryLab) machine() (arn string, arrived func() bool) {
	role := l.NewRole("machine", awstest.Trust(awstest.Allow("sts:AssumeRole").By("states.amazonaws.com")))
	client := sfn.NewFromConfig(l.Config())
	made, err := client.CreateStateMachine(l.t.Context(), &sfn.CreateStateMachineInput{Name: aws.String("target"), RoleArn: aws.String(role.ARN()), Definition: aws.String(passes)})
	require.NoError(l.t, err)
	return *made.StateMachineArn, func() bool {
		all, err := client.ListExecutions(l.t.Context(), &sfn.ListExecutionsInput{StateMachineArn: made.StateMachineArn})
		require.NoError(l.t, err)
		return len(all.Executions) > 0
	}
}

// reads makes a function that reads a stream, with the actions that reading takes besides
// GetRecords, which its role loses after the mapping is made unless it is permitted.
func (l *deliveryLab) reads(stream, service string, permitted bool, rest ...string) (arrived func() bool) {
	role := l.executionRole(awstest.Allow(append(rest, service+":GetRecords")...).On(stream))
	role.Attach(awstest.Allow(service + ":ListStreams"))
	lambdatest.Of(l.Account).Handle("target", role, func(context.Context) error { l.handled = true; return nil }).
		Consume(stream, lambdatest.From(lambdatypes.EventSourcePositionTrimHorizon))
	if !permitted {
		role.Replace("policy-1", awstest.Allow(rest...).On(stream))
	}
	return func() bool { return l.handled }
}

// role makes a role that a service may assume, and that may do one thing or nothing.
func (l *deliveryLab) role(service string, permitted bool, action, resource string) (arn string) {
	r := l.NewRole("delivery", awstest.Trust(awstest.Allow("sts:AssumeRole").By(service)))
	if permitted {
		r.Attach(awstest.Allow(action).On(resource))
	}
	return r.ARN()
}

func (l *deliveryLab) executionRole(may awstest.Statement) *awstest.Principal {
	return l.NewRole("delivery", lambdatest.Trust(), may)
}

// notify makes a bucket that notifies, and an object in it. S3 does not look at the
// destinations before: that is another refusal.
func (l *deliveryLab) notify(n s3types.NotificationConfiguration) {
	bucket := l.S3().CreateBucket("source")
	_, err := s3.NewFromConfig(l.Config()).PutBucketNotificationConfiguration(l.t.Context(), &s3.PutBucketNotificationConfigurationInput{
		Bucket: aws.String("source"), NotificationConfiguration: &n, SkipDestinationValidation: aws.Bool(true),
	})
	require.NoError(l.t, err)
	bucket.Put("key", "data")
}

// publish publishes to a topic with one subscriber.
func (l *deliveryLab) publish(protocol, endpoint string, attributes map[string]string) {
	client := sns.NewFromConfig(l.Config())
	topic, err := client.CreateTopic(l.t.Context(), &sns.CreateTopicInput{Name: aws.String("source")})
	require.NoError(l.t, err)
	_, err = client.Subscribe(l.t.Context(), &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: &protocol, Endpoint: &endpoint, Attributes: attributes})
	require.NoError(l.t, err)
	_, err = client.Publish(l.t.Context(), &sns.PublishInput{TopicArn: topic.TopicArn, Message: aws.String("message")})
	require.NoError(l.t, err)
}

// deploy makes a stack with a role, which may do one thing.
func (l *deliveryLab) deploy(may awstest.Statement, template string) {
	role := l.NewRole("delivery", awstest.Trust(awstest.Allow("sts:AssumeRole").By("cloudformation.amazonaws.com")), may)
	_, err := cloudformation.NewFromConfig(l.Config()).CreateStack(l.t.Context(), &cloudformation.CreateStackInput{StackName: aws.String("source"), TemplateBody: &template, RoleARN: aws.String(role.ARN())})
	require.NoError(l.t, err)
}

// destination invokes a function asynchronously, whose result goes to a destination.
func (l *deliveryLab) destination(arn string, permitted bool, action string) {
	role := l.executionRole(awstest.Allow("logs:*"))
	role.Attach(awstest.Allow(action).On(arn)) // Lambda asks when the destination is set
	lambdatest.Of(l.Account).Handle("source", role, func(context.Context) (string, error) { return "done", nil })
	client := awslambda.NewFromConfig(l.Config())
	_, err := client.PutFunctionEventInvokeConfig(l.t.Context(), &awslambda.PutFunctionEventInvokeConfigInput{
		FunctionName: aws.String("source"), DestinationConfig: &lambdatypes.DestinationConfig{OnSuccess: &lambdatypes.OnSuccess{Destination: &arn}},
	})
	require.NoError(l.t, err)
	if !permitted {
		role.Detach("policy-2")
	}
	_, err = client.Invoke(l.t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("source"), InvocationType: lambdatypes.InvocationTypeEvent})
	require.NoError(l.t, err)
}

// invoke invokes a function with a role.
func (l *deliveryLab) invoke(role *awstest.Principal) {
	lambdatest.Of(l.Account).Handle("source", role, func(context.Context) error { return nil })
	_, err := awslambda.NewFromConfig(l.Config()).Invoke(l.t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("source")})
	require.NoError(l.t, err)
}

// putEvent puts an event that a rule has go to a target.
func (l *deliveryLab) putEvent(target, role string) {
	ctx, client := l.t.Context(), eventbridge.NewFromConfig(l.Config())
	_, err := client.PutRule(ctx, &eventbridge.PutRuleInput{Name: aws.String("source"), EventPattern: aws.String(`{"source":["shop"]}`)})
	require.NoError(l.t, err)
	to := ebtypes.Target{Id: aws.String("1"), Arn: &target}
	if role != "" {
		to.RoleArn = &role
	}
	put, err := client.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: aws.String("source"), Targets: []ebtypes.Target{to}})
	require.NoError(l.t, err)
	require.Zero(l.t, put.FailedEntryCount)
	events, err := client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []ebtypes.PutEventsRequestEntry{
		{Source: aws.String("shop"), DetailType: aws.String("order"), Detail: aws.String(`{"id":1}`)},
	}})
	require.NoError(l.t, err)
	require.Zero(l.t, events.FailedEntryCount)
}
