package everyservice

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/redshift"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/leastpriv/leastpriv/awstest"
)

const stack = "stack/shop/a9f1d3c0-1f2e-11ef-8d4f-0a1b2c3d4e5f"

// arnRows have the ARNs of resources as policies name them: each with the ARN that differs
// least.
var arnRows = []row{
	{
		operation: "an object", action: "s3:GetObject", resource: "arn:aws:s3:::reports/may.txt", other: "arn:aws:s3:::reports/may.txt/",
		call: onObject(faked(s3.NewFromConfig, (*s3.Client).GetObject, &s3.GetObjectInput{Bucket: aws.String("reports"), Key: aws.String("may.txt")})),
	},
	{
		operation: "a table", action: "dynamodb:Scan", resource: arn("dynamodb", "table/orders"), other: arn("dynamodb", "table/orders/index/*"),
		call: operation(dynamodb.NewFromConfig, (*dynamodb.Client).Scan, &dynamodb.ScanInput{TableName: aws.String("orders")}),
	},
	{
		operation: "a table by its ARN", action: "dynamodb:Scan", resource: arn("dynamodb", "table/orders"), other: arn("dynamodb", "table/order"),
		call: operation(dynamodb.NewFromConfig, (*dynamodb.Client).Scan, &dynamodb.ScanInput{TableName: aws.String(arn("dynamodb", "table/orders"))}),
	},
	{
		operation: "an index", action: "dynamodb:Scan", resource: arn("dynamodb", "table/orders/index/by-day"), other: arn("dynamodb", "table/orders"),
		call: operation(dynamodb.NewFromConfig, (*dynamodb.Client).Scan, &dynamodb.ScanInput{TableName: aws.String("orders"), IndexName: aws.String("by-day")}),
	},
	{
		operation: "a function", action: "lambda:GetFunction", resource: arn("lambda", "function:bill"), other: arn("lambda", "function:bill:*"),
		call: operation(lambda.NewFromConfig, (*lambda.Client).GetFunction, &lambda.GetFunctionInput{FunctionName: aws.String("bill")}),
	},
	{
		operation: "an alias of a function", action: "lambda:InvokeFunction", resource: arn("lambda", "function:bill:live"), other: arn("lambda", "function:bill"),
		call: operation(lambda.NewFromConfig, (*lambda.Client).Invoke, &lambda.InvokeInput{FunctionName: aws.String("bill"), Qualifier: aws.String("live")}),
	},
	{
		operation: "a queue", action: "sqs:SendMessage", resource: arn("sqs", "jobs"), other: arn("sqs", "jobs.fifo"),
		call: prepared(func(acct *awstest.Account) call {
			return faked(sqs.NewFromConfig, (*sqs.Client).SendMessage, &sqs.SendMessageInput{QueueUrl: jobs(acct), MessageBody: aws.String("sold")})
		}),
	},
	{
		operation: "a topic", action: "sns:Subscribe", resource: arn("sns", "orders"), other: arn("sns", "orders.fifo"),
		call: operation(sns.NewFromConfig, (*sns.Client).Subscribe, &sns.SubscribeInput{TopicArn: aws.String(arn("sns", "orders")), Protocol: aws.String("sqs"), Endpoint: aws.String(arn("sqs", "jobs"))}),
	},
	{
		operation: "a key", action: "kms:Encrypt", resource: arn("kms", "key/"+keyID), other: arn("kms", "key/"+otherKeyID),
		call: operation(kms.NewFromConfig, (*kms.Client).Encrypt, &kms.EncryptInput{KeyId: aws.String(arn("kms", "key/"+keyID)), Plaintext: []byte("hunter2")}),
	},
	{
		operation: "a user", action: "iam:GetUser", resource: "arn:aws:iam::000000000000:user/alice", other: "arn:aws:iam::000000000000:user/bob", printed: "user alice",
		call: prepared(func(acct *awstest.Account) call {
			acct.NewUser("alice")
			return faked(iam.NewFromConfig, (*iam.Client).GetUser, &iam.GetUserInput{UserName: aws.String("alice")})
		}),
	},
	{
		operation: "a role", action: "sts:AssumeRole", resource: "arn:aws:iam::000000000000:role/deploy", other: "arn:aws:iam::000000000000:role/deploy/deploy",
		call: prepared(func(acct *awstest.Account) call {
			role := acct.NewRole("deploy", awstest.Trust(awstest.Allow("sts:AssumeRole").By(account)))
			return faked(sts.NewFromConfig, (*sts.Client).AssumeRole, &sts.AssumeRoleInput{RoleArn: aws.String(role.ARN()), RoleSessionName: aws.String("ci")})
		}),
	},
	{
		operation: "a secret", action: "secretsmanager:GetSecretValue", resource: arn("secretsmanager", "secret:db-AbCdEf"), other: arn("secretsmanager", "secret:db"),
		call: operation(secretsmanager.NewFromConfig, (*secretsmanager.Client).GetSecretValue, &secretsmanager.GetSecretValueInput{SecretId: aws.String(arn("secretsmanager", "secret:db-AbCdEf"))}),
	},
	{
		operation: "a log group", action: "logs:FilterLogEvents", resource: arn("logs", "log-group:/shop/web:log-stream:"), other: arn("logs", "log-group:/shop/web2:*"),
		call: operation(cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).FilterLogEvents, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("/shop/web")}),
	},
	{
		operation: "an event bus", action: "events:DescribeEventBus", resource: arn("events", "event-bus/shop"), other: arn("events", "event-bus/default"),
		call: operation(eventbridge.NewFromConfig, (*eventbridge.Client).DescribeEventBus, &eventbridge.DescribeEventBusInput{Name: aws.String("shop")}),
	},
	{
		operation: "a rule", action: "events:DeleteRule", resource: arn("events", "rule/shop/sold"), other: arn("events", "rule/sold"),
		call: operation(eventbridge.NewFromConfig, (*eventbridge.Client).DeleteRule, &eventbridge.DeleteRuleInput{Name: aws.String("sold"), EventBusName: aws.String("shop")}),
	},
	{
		operation: "a state machine", action: "states:StartExecution", resource: arn("states", "stateMachine:order"), other: arn("states", "execution:order:*"),
		call: operation(sfn.NewFromConfig, (*sfn.Client).StartExecution, &sfn.StartExecutionInput{StateMachineArn: aws.String(arn("states", "stateMachine:order"))}),
	},
	{
		operation: "a stream", action: "kinesis:PutRecord", resource: arn("kinesis", "stream/clicks"), other: arn("kinesis", "stream/clicks/consumer/*"),
		call: operation(kinesis.NewFromConfig, (*kinesis.Client).PutRecord, &kinesis.PutRecordInput{StreamName: aws.String("clicks"), PartitionKey: aws.String("1"), Data: []byte("x")}),
	},
	{
		operation: "an alias of a function by its ARN", action: "lambda:InvokeFunction", resource: arn("lambda", "function:bill:live"), other: arn("lambda", "function:bill"),
		call: operation(lambda.NewFromConfig, (*lambda.Client).Invoke, &lambda.InvokeInput{FunctionName: aws.String(arn("lambda", "function:bill")), Qualifier: aws.String("live")}),
	},
	{
		operation: "a repository", action: "ecr:BatchGetImage", resource: arn("ecr", "repository/shop/web"), other: arn("ecr", "repository/web"),
		call: operation(ecr.NewFromConfig, (*ecr.Client).BatchGetImage, &ecr.BatchGetImageInput{
			RepositoryName: aws.String("shop/web"), ImageIds: []ecrtypes.ImageIdentifier{{ImageTag: aws.String("v1")}},
		}),
	},
	{
		operation: "a parameter", action: "ssm:GetParameter", resource: arn("ssm", "parameter/shop/url"), other: arn("ssm", "parameter/url"),
		call: operation(ssm.NewFromConfig, (*ssm.Client).GetParameter, &ssm.GetParameterInput{Name: aws.String("/shop/url")}),
	},
	{
		operation: "a stack", action: "cloudformation:DeleteStack", resource: arn("cloudformation", stack), other: arn("cloudformation", "stack/shop"),
		call: operation(cloudformation.NewFromConfig, (*cloudformation.Client).DeleteStack, &cloudformation.DeleteStackInput{StackName: aws.String(arn("cloudformation", stack))}),
	},
	{
		operation: "a REST API", action: "apigateway:GET", resource: "arn:aws:apigateway:us-east-1::/restapis/a1b2c3", other: "arn:aws:apigateway:us-east-1::/restapis/a1b2c3/*",
		call: operation(apigateway.NewFromConfig, (*apigateway.Client).GetRestApi, &apigateway.GetRestApiInput{RestApiId: aws.String("a1b2c3")}),
	},
	{
		operation: "a backup vault", action: "backup:DeleteBackupVault", resource: arn("backup", "backup-vault:daily"), other: arn("backup", "backup-vault:daily2"),
		call: operation(backup.NewFromConfig, (*backup.Client).DeleteBackupVault, &backup.DeleteBackupVaultInput{BackupVaultName: aws.String("daily")}),
	},
	{
		operation: "a file system", action: "elasticfilesystem:DeleteFileSystem", resource: arn("elasticfilesystem", "file-system/fs-01234567"), other: arn("elasticfilesystem", "access-point/*"),
		call: operation(efs.NewFromConfig, (*efs.Client).DeleteFileSystem, &efs.DeleteFileSystemInput{FileSystemId: aws.String("fs-01234567")}),
	},
	{
		operation: "a cluster", action: "redshift:DeleteCluster", resource: arn("redshift", "cluster:sales"), other: arn("redshift", "snapshot:sales/*"),
		call: operation(redshift.NewFromConfig, (*redshift.Client).DeleteCluster, &redshift.DeleteClusterInput{ClusterIdentifier: aws.String("sales")}),
	},
	{
		operation: "a compute environment", action: "batch:DeleteComputeEnvironment", resource: arn("batch", "compute-environment/night"), other: arn("batch", "job-queue/night"),
		call: operation(batch.NewFromConfig, (*batch.Client).DeleteComputeEnvironment, &batch.DeleteComputeEnvironmentInput{ComputeEnvironment: aws.String("night")}),
	},
}

// The ARN of a resource, as policies name it, allows a call on it and no other does; the text
// of the denial has it.
func TestARNs(t *testing.T) {
	t.Parallel()
	for _, r := range arnRows {
		for door, options := range doors {
			t.Run(r.operation+"/"+door, func(t *testing.T) {
				t.Parallel()
				r.test(t, awstest.New(t, options...), door == "socket")
			})
		}
	}
}
