package everyservice

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	batchtypes "github.com/aws/aws-sdk-go-v2/service/batch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/aws/aws-sdk-go-v2/service/elasticsearchservice"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/redshift"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/leastpriv/leastpriv/awstest"
)

// arn is the ARN of a resource of the account in the tests' region.
func arn(service, resource string) string {
	return "arn:aws:" + service + ":" + region + ":" + account + ":" + resource
}

// Keys of KMS have ids like these.
const (
	keyID      = "1234abcd-12ab-34cd-56ef-1234567890ab"
	otherKeyID = "0987dcba-09fe-87dc-65ba-ab0987654321"
)

var analyticsRows = []row{
	{
		operation: "ecr/DescribeImages", action: "ecr:DescribeImages", resource: arn("ecr", "repository/web"), other: arn("ecr", "repository/api"),
		call: operation(ecr.NewFromConfig, (*ecr.Client).DescribeImages, &ecr.DescribeImagesInput{RepositoryName: aws.String("web")}),
	},
	{
		operation: "elasticsearchservice/DescribeElasticsearchDomains", action: "es:DescribeElasticsearchDomains", resource: arn("es", "domain/logs"), other: arn("es", "domain/other"),
		call: operation(elasticsearchservice.NewFromConfig, (*elasticsearchservice.Client).DescribeElasticsearchDomains, &elasticsearchservice.DescribeElasticsearchDomainsInput{DomainNames: []string{"logs"}}),
	},
	{
		operation: "kinesis/CreateStream", action: "kinesis:CreateStream", resource: arn("kinesis", "stream/clicks"), other: arn("kinesis", "stream/orders"),
		call: operation(kinesis.NewFromConfig, (*kinesis.Client).CreateStream, &kinesis.CreateStreamInput{StreamName: aws.String("clicks")}),
	},
	{
		operation: "kinesis/DeleteStream", action: "kinesis:DeleteStream", resource: arn("kinesis", "stream/clicks"), other: arn("kinesis", "stream/orders"),
		call: operation(kinesis.NewFromConfig, (*kinesis.Client).DeleteStream, &kinesis.DeleteStreamInput{StreamName: aws.String("clicks")}),
	},
	{
		operation: "cloudwatch/PutMetricData", action: "cloudwatch:PutMetricData", resource: "*",
		call: operation(cloudwatch.NewFromConfig, (*cloudwatch.Client).PutMetricData, &cloudwatch.PutMetricDataInput{Namespace: aws.String("shop")}),
	},
	{
		operation: "cloudwatchlogs/CreateLogGroup", action: "logs:CreateLogGroup", resource: arn("logs", "log-group:/shop/web:log-stream:"), other: arn("logs", "log-group:/shop/api:*"),
		call: operation(cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).CreateLogGroup, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("/shop/web")}),
	},
	{
		operation: "cloudwatchlogs/DeleteLogGroup", action: "logs:DeleteLogGroup", resource: arn("logs", "log-group:/shop/web:log-stream:"), other: arn("logs", "log-group:/shop/api:*"),
		call: operation(cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).DeleteLogGroup, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: aws.String("/shop/web")}),
	},
	{
		operation: "cloudwatchlogs/CreateLogStream", action: "logs:CreateLogStream", resource: arn("logs", "log-group:/shop/web:log-stream:1"), other: arn("logs", "log-group:/shop/api:*"),
		call: operation(cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).CreateLogStream, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: aws.String("/shop/web"), LogStreamName: aws.String("1")}),
	},
	{
		operation: "cloudwatchlogs/PutLogEvents", action: "logs:PutLogEvents", resource: arn("logs", "log-group:/shop/web:log-stream:1"), other: arn("logs", "log-group:/shop/web:log-stream:2"),
		call: operation(cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).PutLogEvents, &cloudwatchlogs.PutLogEventsInput{
			LogGroupName: aws.String("/shop/web"), LogStreamName: aws.String("1"), LogEvents: []logstypes.InputLogEvent{{Message: aws.String("sold"), Timestamp: aws.Int64(1)}},
		}),
	},
}

var computeRows = []row{
	{
		operation: "apigateway/CreateRestApi", action: "apigateway:POST", resource: "arn:aws:apigateway:us-east-1::/restapis", other: "arn:aws:apigateway:us-east-1::/restapis/a1b2c3",
		call: operation(apigateway.NewFromConfig, (*apigateway.Client).CreateRestApi, &apigateway.CreateRestApiInput{Name: aws.String("shop")}),
	},
	{
		operation: "apigateway/DeleteRestApi", action: "apigateway:DELETE", resource: "arn:aws:apigateway:us-east-1::/restapis/a1b2c3", other: "arn:aws:apigateway:us-east-1::/restapis/d4e5f6",
		call: operation(apigateway.NewFromConfig, (*apigateway.Client).DeleteRestApi, &apigateway.DeleteRestApiInput{RestApiId: aws.String("a1b2c3")}),
	},
	{
		operation: "batch/CreateComputeEnvironment", action: "batch:CreateComputeEnvironment", resource: arn("batch", "compute-environment/night"), other: arn("batch", "compute-environment/day"),
		call: operation(batch.NewFromConfig, (*batch.Client).CreateComputeEnvironment, &batch.CreateComputeEnvironmentInput{ComputeEnvironmentName: aws.String("night"), Type: batchtypes.CETypeManaged}),
	},
	{
		operation: "cloudformation/ListStacks", action: "cloudformation:ListStacks", resource: "*",
		call: operation(cloudformation.NewFromConfig, (*cloudformation.Client).ListStacks, &cloudformation.ListStacksInput{}),
	},
	{
		operation: "lambda/CreateFunction", action: "lambda:CreateFunction", resource: arn("lambda", "function:bill"), other: arn("lambda", "function:ship"),
		also: []awstest.Statement{awstest.Allow("iam:PassRole").On("arn:aws:iam::" + account + ":role/bill")},
		call: prepared(func(acct *awstest.Account) call {
			role := acct.NewRole("bill", awstest.Trust(awstest.Allow("sts:AssumeRole").By("lambda.amazonaws.com")))
			return operation(lambda.NewFromConfig, (*lambda.Client).CreateFunction, &lambda.CreateFunctionInput{
				FunctionName: aws.String("bill"), Role: aws.String(role.ARN()), Code: &lambdatypes.FunctionCode{ZipFile: []byte("zip")},
			})
		}),
	},
	{
		operation: "lambda/DeleteFunction", action: "lambda:DeleteFunction", resource: arn("lambda", "function:bill"), other: arn("lambda", "function:ship"),
		call: operation(lambda.NewFromConfig, (*lambda.Client).DeleteFunction, &lambda.DeleteFunctionInput{FunctionName: aws.String("bill")}),
	},
	{
		operation: "lambda/Invoke", action: "lambda:InvokeFunction", resource: arn("lambda", "function:bill"), other: arn("lambda", "function:ship"),
		call: operation(lambda.NewFromConfig, (*lambda.Client).Invoke, &lambda.InvokeInput{FunctionName: aws.String("bill"), Payload: []byte("{}")}),
	},
	{
		operation: "lambda/GetLayerVersion", action: "lambda:GetLayerVersion", resource: arn("lambda", "layer:fonts:3"), other: arn("lambda", "layer:fonts:4"),
		call: operation(lambda.NewFromConfig, (*lambda.Client).GetLayerVersion, &lambda.GetLayerVersionInput{LayerName: aws.String("fonts"), VersionNumber: aws.Int64(3)}),
	},
	{
		operation: "sfn/CreateStateMachine", action: "states:CreateStateMachine", resource: arn("states", "stateMachine:order"), other: arn("states", "stateMachine:refund"),
		also: []awstest.Statement{awstest.Allow("iam:PassRole").On("arn:aws:iam::" + account + ":role/order")},
		call: prepared(func(acct *awstest.Account) call {
			role := acct.NewRole("order", awstest.Trust(awstest.Allow("sts:AssumeRole").By("states.amazonaws.com")))
			return operation(sfn.NewFromConfig, (*sfn.Client).CreateStateMachine, &sfn.CreateStateMachineInput{
				Name: aws.String("order"), RoleArn: aws.String(role.ARN()), Definition: aws.String("{}"),
			})
		}),
	},
	{
		operation: "sfn/DeleteStateMachine", action: "states:DeleteStateMachine", resource: arn("states", "stateMachine:order"), other: arn("states", "stateMachine:refund"),
		call: operation(sfn.NewFromConfig, (*sfn.Client).DeleteStateMachine, &sfn.DeleteStateMachineInput{StateMachineArn: aws.String(arn("states", "stateMachine:order"))}),
	},
}

var databaseRows = []row{
	{
		operation: "dynamodb/DescribeTable", action: "dynamodb:DescribeTable", resource: arn("dynamodb", "table/orders"), other: arn("dynamodb", "table/users"),
		call: operation(dynamodb.NewFromConfig, (*dynamodb.Client).DescribeTable, &dynamodb.DescribeTableInput{TableName: aws.String("orders")}),
	},
	{
		operation: "dynamodb/CreateTable", action: "dynamodb:CreateTable", resource: arn("dynamodb", "table/orders"), other: arn("dynamodb", "table/users"),
		call: operation(dynamodb.NewFromConfig, (*dynamodb.Client).CreateTable, &dynamodb.CreateTableInput{
			TableName: aws.String("orders"), BillingMode: dbtypes.BillingModePayPerRequest,
			AttributeDefinitions: []dbtypes.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: dbtypes.ScalarAttributeTypeS}},
			KeySchema:            []dbtypes.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: dbtypes.KeyTypeHash}},
		}),
	},
	{
		operation: "dynamodb/DeleteTable", action: "dynamodb:DeleteTable", resource: arn("dynamodb", "table/orders"), other: arn("dynamodb", "table/users"),
		call: operation(dynamodb.NewFromConfig, (*dynamodb.Client).DeleteTable, &dynamodb.DeleteTableInput{TableName: aws.String("orders")}),
	},
	{
		operation: "redshift/DescribeClusters", action: "redshift:DescribeClusters", resource: arn("redshift", "cluster:sales"), other: arn("redshift", "cluster:hr"),
		call: operation(redshift.NewFromConfig, (*redshift.Client).DescribeClusters, &redshift.DescribeClustersInput{ClusterIdentifier: aws.String("sales")}),
	},
	{
		operation: "redshiftdata/ListDatabases", action: "redshift-data:ListDatabases", resource: arn("redshift", "cluster:sales"), other: arn("redshift", "cluster:hr"),
		also: []awstest.Statement{awstest.Allow("redshift-data:ListDatabases").On(arn("redshift-serverless", "workgroup/*"))},
		call: operation(redshiftdata.NewFromConfig, (*redshiftdata.Client).ListDatabases, &redshiftdata.ListDatabasesInput{
			ClusterIdentifier: aws.String("sales"), Database: aws.String("dev"), SecretArn: aws.String(arn("secretsmanager", "secret:db-AbCdEf")),
		}),
	},
}

var messagingRows = []row{
	{
		operation: "eventbridge/CreateEventBus", action: "events:CreateEventBus", resource: arn("events", "event-bus/shop"), other: arn("events", "event-bus/hr"),
		call: operation(eventbridge.NewFromConfig, (*eventbridge.Client).CreateEventBus, &eventbridge.CreateEventBusInput{Name: aws.String("shop")}),
	},
	{
		operation: "eventbridge/DeleteEventBus", action: "events:DeleteEventBus", resource: arn("events", "event-bus/shop"), other: arn("events", "event-bus/hr"),
		call: operation(eventbridge.NewFromConfig, (*eventbridge.Client).DeleteEventBus, &eventbridge.DeleteEventBusInput{Name: aws.String("shop")}),
	},
	{
		operation: "eventbridge/PutEvents", action: "events:PutEvents", resource: arn("events", "event-bus/shop"), other: arn("events", "event-bus/hr"),
		call: operation(eventbridge.NewFromConfig, (*eventbridge.Client).PutEvents, &eventbridge.PutEventsInput{Entries: []eventtypes.PutEventsRequestEntry{
			{EventBusName: aws.String("shop"), Source: aws.String("web"), DetailType: aws.String("sold"), Detail: aws.String("{}")},
		}}),
	},
	{
		operation: "eventbridge/PutEvents to the default bus", action: "events:PutEvents", resource: arn("events", "event-bus/default"), other: arn("events", "event-bus/hr"),
		call: operation(eventbridge.NewFromConfig, (*eventbridge.Client).PutEvents, &eventbridge.PutEventsInput{Entries: []eventtypes.PutEventsRequestEntry{
			{Source: aws.String("web"), DetailType: aws.String("sold"), Detail: aws.String("{}")},
		}}),
	},
	{
		operation: "sns/Publish", action: "sns:Publish", resource: arn("sns", "orders"), other: arn("sns", "users"),
		call: operation(sns.NewFromConfig, (*sns.Client).Publish, &sns.PublishInput{TopicArn: aws.String(arn("sns", "orders")), Message: aws.String("sold")}),
	},
	{
		operation: "sqs/CreateQueue", action: "sqs:CreateQueue", resource: arn("sqs", "jobs"), other: arn("sqs", "dead"),
		call: faked(sqs.NewFromConfig, (*sqs.Client).CreateQueue, &sqs.CreateQueueInput{QueueName: aws.String("jobs")}),
	},
	{
		operation: "sqs/GetQueueAttributes", action: "sqs:GetQueueAttributes", resource: arn("sqs", "jobs"), other: arn("sqs", "dead"),
		call: prepared(func(acct *awstest.Account) call {
			return faked(sqs.NewFromConfig, (*sqs.Client).GetQueueAttributes, &sqs.GetQueueAttributesInput{QueueUrl: jobs(acct)})
		}),
	},
	{
		operation: "sqs/SendMessage", action: "sqs:SendMessage", resource: arn("sqs", "jobs"), other: arn("sqs", "dead"),
		call: prepared(func(acct *awstest.Account) call {
			return faked(sqs.NewFromConfig, (*sqs.Client).SendMessage, &sqs.SendMessageInput{QueueUrl: jobs(acct), MessageBody: aws.String("sold")})
		}),
	},
	{
		operation: "sqs/ReceiveMessage", action: "sqs:ReceiveMessage", resource: arn("sqs", "jobs"), other: arn("sqs", "dead"),
		call: prepared(func(acct *awstest.Account) call {
			return faked(sqs.NewFromConfig, (*sqs.Client).ReceiveMessage, &sqs.ReceiveMessageInput{QueueUrl: jobs(acct)})
		}),
	},
	{
		operation: "sqs/DeleteQueue", action: "sqs:DeleteQueue", resource: arn("sqs", "jobs"), other: arn("sqs", "dead"),
		call: prepared(func(acct *awstest.Account) call {
			return faked(sqs.NewFromConfig, (*sqs.Client).DeleteQueue, &sqs.DeleteQueueInput{QueueUrl: jobs(acct)})
		}),
	},
}

// jobs makes a queue and returns its URL.
func jobs(acct *awstest.Account) *string {
	return aws.String(acct.SQS().CreateQueue("jobs", nil).URL())
}

var securityRows = []row{
	{
		operation: "acm/ListCertificates", action: "acm:ListCertificates", resource: "*",
		call: operation(acm.NewFromConfig, (*acm.Client).ListCertificates, &acm.ListCertificatesInput{}),
	},
	{
		operation: "kms/CreateKey", action: "kms:CreateKey", resource: "*",
		call: operation(kms.NewFromConfig, (*kms.Client).CreateKey, &kms.CreateKeyInput{}),
	},
	{
		operation: "kms/DescribeKey", action: "kms:DescribeKey", resource: arn("kms", "key/"+keyID), other: arn("kms", "key/"+otherKeyID),
		call: operation(kms.NewFromConfig, (*kms.Client).DescribeKey, &kms.DescribeKeyInput{KeyId: aws.String(keyID)}),
	},
	{
		operation: "secretsmanager/CreateSecret", action: "secretsmanager:CreateSecret", resource: arn("secretsmanager", "secret:db-??????"), other: arn("secretsmanager", "secret:api-??????"),
		call: operation(secretsmanager.NewFromConfig, (*secretsmanager.Client).CreateSecret, &secretsmanager.CreateSecretInput{Name: aws.String("db"), SecretString: aws.String("hunter2")}),
	},
	{
		operation: "secretsmanager/GetSecretValue", action: "secretsmanager:GetSecretValue", resource: arn("secretsmanager", "secret:db-??????"), other: arn("secretsmanager", "secret:api-??????"),
		call: operation(secretsmanager.NewFromConfig, (*secretsmanager.Client).GetSecretValue, &secretsmanager.GetSecretValueInput{SecretId: aws.String("db")}),
	},
	{
		operation: "secretsmanager/GetSecretValue by ARN", action: "secretsmanager:GetSecretValue", resource: arn("secretsmanager", "secret:db-AbCdEf"), other: arn("secretsmanager", "secret:db-GhIjKl"),
		call: operation(secretsmanager.NewFromConfig, (*secretsmanager.Client).GetSecretValue, &secretsmanager.GetSecretValueInput{SecretId: aws.String(arn("secretsmanager", "secret:db-AbCdEf"))}),
	},
	{
		operation: "secretsmanager/DeleteSecret", action: "secretsmanager:DeleteSecret", resource: arn("secretsmanager", "secret:db-??????"), other: arn("secretsmanager", "secret:api-??????"),
		call: operation(secretsmanager.NewFromConfig, (*secretsmanager.Client).DeleteSecret, &secretsmanager.DeleteSecretInput{SecretId: aws.String("db")}),
	},
}

var storageRows = []row{
	{
		operation: "backup/DescribeBackupVault", action: "backup:DescribeBackupVault", resource: arn("backup", "backup-vault:daily"), other: arn("backup", "backup-vault:yearly"),
		call: operation(backup.NewFromConfig, (*backup.Client).DescribeBackupVault, &backup.DescribeBackupVaultInput{BackupVaultName: aws.String("daily")}),
	},
	{
		operation: "efs/DescribeFileSystems", action: "elasticfilesystem:DescribeFileSystems", resource: arn("elasticfilesystem", "file-system/fs-01234567"), other: arn("elasticfilesystem", "file-system/fs-76543210"),
		call: operation(efs.NewFromConfig, (*efs.Client).DescribeFileSystems, &efs.DescribeFileSystemsInput{FileSystemId: aws.String("fs-01234567")}),
	},
	{
		operation: "s3/ListBuckets", action: "s3:ListAllMyBuckets", resource: "*",
		call: faked(s3.NewFromConfig, (*s3.Client).ListBuckets, &s3.ListBucketsInput{}),
	},
	{
		operation: "s3/CreateBucket", action: "s3:CreateBucket", resource: "arn:aws:s3:::reports", other: "arn:aws:s3:::invoices",
		call: faked(s3.NewFromConfig, (*s3.Client).CreateBucket, &s3.CreateBucketInput{Bucket: aws.String("reports")}),
	},
	{
		operation: "s3/DeleteBucket", action: "s3:DeleteBucket", resource: "arn:aws:s3:::reports", other: "arn:aws:s3:::invoices",
		call: onBucket(faked(s3.NewFromConfig, (*s3.Client).DeleteBucket, &s3.DeleteBucketInput{Bucket: aws.String("reports")})),
	},
	{
		operation: "s3/ListObjects", action: "s3:ListBucket", resource: "arn:aws:s3:::reports", other: "arn:aws:s3:::invoices",
		call: onBucket(faked(s3.NewFromConfig, (*s3.Client).ListObjects, &s3.ListObjectsInput{Bucket: aws.String("reports")})),
	},
	{
		operation: "s3/GetObject", action: "s3:GetObject", resource: "arn:aws:s3:::reports/may.txt", other: "arn:aws:s3:::reports/june.txt",
		call: onObject(faked(s3.NewFromConfig, (*s3.Client).GetObject, &s3.GetObjectInput{Bucket: aws.String("reports"), Key: aws.String("may.txt")})),
	},
	{
		operation: "s3/PutObject", action: "s3:PutObject", resource: "arn:aws:s3:::reports/may.txt", other: "arn:aws:s3:::reports/june.txt",
		call: prepared(func(acct *awstest.Account) call {
			acct.S3().CreateBucket("reports")
			return faked(s3.NewFromConfig, (*s3.Client).PutObject, &s3.PutObjectInput{Bucket: aws.String("reports"), Key: aws.String("may.txt"), Body: strings.NewReader("sold")})
		}),
	},
	{
		operation: "s3/DeleteObject", action: "s3:DeleteObject", resource: "arn:aws:s3:::reports/may.txt", other: "arn:aws:s3:::reports/june.txt",
		call: onObject(faked(s3.NewFromConfig, (*s3.Client).DeleteObject, &s3.DeleteObjectInput{Bucket: aws.String("reports"), Key: aws.String("may.txt")})),
	},
	{
		operation: "s3/CreateMultipartUpload", action: "s3:PutObject", resource: "arn:aws:s3:::reports/may.txt", other: "arn:aws:s3:::reports/june.txt",
		call: onBucket(faked(s3.NewFromConfig, (*s3.Client).CreateMultipartUpload, &s3.CreateMultipartUploadInput{Bucket: aws.String("reports"), Key: aws.String("may.txt")})),
	},
	{
		operation: "s3/UploadPart", action: "s3:PutObject", resource: "arn:aws:s3:::reports/may.txt", other: "arn:aws:s3:::reports/june.txt",
		call: prepared(func(acct *awstest.Account) call {
			return faked(s3.NewFromConfig, (*s3.Client).UploadPart, &s3.UploadPartInput{
				Bucket: aws.String("reports"), Key: aws.String("may.txt"), UploadId: upload(acct).UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader("sold"),
			})
		}),
	},
	{
		operation: "s3/CompleteMultipartUpload", action: "s3:PutObject", resource: "arn:aws:s3:::reports/may.txt", other: "arn:aws:s3:::reports/june.txt",
		call: prepared(func(acct *awstest.Account) call {
			id := upload(acct).UploadId
			part := awstest.Do[s3.UploadPartOutput](acct, &s3.UploadPartInput{
				Bucket: aws.String("reports"), Key: aws.String("may.txt"), UploadId: id, PartNumber: aws.Int32(1), Body: strings.NewReader("sold"),
			})
			return faked(s3.NewFromConfig, (*s3.Client).CompleteMultipartUpload, &s3.CompleteMultipartUploadInput{
				Bucket: aws.String("reports"), Key: aws.String("may.txt"), UploadId: id,
				MultipartUpload: &s3types.CompletedMultipartUpload{Parts: []s3types.CompletedPart{{PartNumber: aws.Int32(1), ETag: part.ETag}}},
			})
		}),
	},
}

// onBucket is a call on a bucket that is there.
func onBucket(c call) call {
	return prepared(func(acct *awstest.Account) call {
		acct.S3().CreateBucket("reports")
		return c
	})
}

// onObject is a call on an object that is there.
func onObject(c call) call {
	return prepared(func(acct *awstest.Account) call {
		acct.S3().CreateBucket("reports").Put("may.txt", "sold")
		return c
	})
}

// upload begins an upload in parts.
func upload(acct *awstest.Account) *s3.CreateMultipartUploadOutput {
	acct.S3().CreateBucket("reports")
	return awstest.Do[s3.CreateMultipartUploadOutput](acct, &s3.CreateMultipartUploadInput{Bucket: aws.String("reports"), Key: aws.String("may.txt")})
}
