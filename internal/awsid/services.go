package awsid

import (
	"iter"
	"maps"
	"strings"
)

// IAMPrefix returns the prefix of a service's IAM actions, by the service id of
// its SDK client: "CloudWatch Logs" is "logs".
func IAMPrefix(serviceID string) string {
	if prefix, ok := prefixes[serviceID]; ok {
		return prefix
	}
	return strings.ToLower(strings.ReplaceAll(serviceID, " ", ""))
}

// Prefixes ranges over the services whose prefix cannot be told from their id, with the
// prefix.
func Prefixes() iter.Seq2[string, string] { return maps.All(prefixes) }

// prefixes has the services whose prefix is not their id in lower case without
// spaces.
var prefixes = map[string]string{
	"ApiGatewayManagementApi":         "execute-api",
	"ApiGatewayV2":                    "apigateway",
	"Application Auto Scaling":        "application-autoscaling",
	"Application Discovery Service":   "discovery",
	"Auto Scaling Plans":              "autoscaling-plans",
	"Bedrock Agent":                   "bedrock",
	"Bedrock Agent Runtime":           "bedrock",
	"Bedrock Runtime":                 "bedrock",
	"Chime SDK Identity":              "chime",
	"Chime SDK Meetings":              "chime",
	"Chime SDK Messaging":             "chime",
	"CloudControl":                    "cloudformation",
	"CloudHSM V2":                     "cloudhsm",
	"CloudSearch Domain":              "cloudsearch",
	"CloudTrail Data":                 "cloudtrail-data",
	"CloudWatch Events":               "events",
	"CloudWatch Logs":                 "logs",
	"CodeGuru Reviewer":               "codeguru-reviewer",
	"CodeStar connections":            "codestar-connections",
	"Cognito Identity":                "cognito-identity",
	"Cognito Identity Provider":       "cognito-idp",
	"Cognito Sync":                    "cognito-sync",
	"Compute Optimizer":               "compute-optimizer",
	"Config Service":                  "config",
	"Cost Explorer":                   "ce",
	"Cost and Usage Report Service":   "cur",
	"Database Migration Service":      "dms",
	"DevOps Guru":                     "devops-guru",
	"Directory Service":               "ds",
	"DocDB":                           "rds",
	"DocDB Elastic":                   "docdb-elastic",
	"DynamoDB Streams":                "dynamodb",
	"EC2 Instance Connect":            "ec2-instance-connect",
	"ECR PUBLIC":                      "ecr-public",
	"EFS":                             "elasticfilesystem",
	"EKS Auth":                        "eks-auth",
	"EMR":                             "elasticmapreduce",
	"EMR Serverless":                  "emr-serverless",
	"EMR containers":                  "emr-containers",
	"Elastic Load Balancing v2":       "elasticloadbalancing",
	"Elasticsearch Service":           "es",
	"EventBridge":                     "events",
	"IoT Data Plane":                  "iot",
	"IoT Events Data":                 "iotevents",
	"IoT Jobs Data Plane":             "iotjobsdata",
	"IoTSecureTunneling":              "iot",
	"Keyspaces":                       "cassandra",
	"Kinesis Analytics V2":            "kinesisanalytics",
	"Lex Model Building Service":      "lex",
	"Lex Models V2":                   "lex",
	"Lex Runtime Service":             "lex",
	"Lex Runtime V2":                  "lex",
	"License Manager":                 "license-manager",
	"Location":                        "geo",
	"MTurk":                           "mechanicalturk",
	"Migration Hub":                   "mgh",
	"Neptune":                         "rds",
	"Network Firewall":                "network-firewall",
	"OpenSearch":                      "es",
	"OpenSearchServerless":            "aoss",
	"Payment Cryptography":            "payment-cryptography",
	"Payment Cryptography Data":       "payment-cryptography",
	"Personalize Events":              "personalize",
	"Personalize Runtime":             "personalize",
	"Pinpoint":                        "mobiletargeting",
	"RDS Data":                        "rds-data",
	"Recycle Bin":                     "rbin",
	"Redshift Data":                   "redshift-data",
	"Redshift Serverless":             "redshift-serverless",
	"Resource Groups":                 "resource-groups",
	"Resource Groups Tagging API":     "tag",
	"S3 Control":                      "s3",
	"S3Outposts":                      "s3-outposts",
	"SESv2":                           "ses",
	"SFN":                             "states",
	"SSM Incidents":                   "ssm-incidents",
	"SSO Admin":                       "sso",
	"SSO OIDC":                        "sso-oauth",
	"SageMaker Runtime":               "sagemaker",
	"Security IR":                     "security-ir",
	"ServerlessApplicationRepository": "serverlessrepo",
	"SnowDeviceManagement":            "snow-device-management",
	"Timestream Query":                "timestream",
	"Timestream Write":                "timestream",
	"Transcribe Streaming":            "transcribe",
	"VPC Lattice":                     "vpc-lattice",
	"WAF Regional":                    "waf-regional",
	"codestar notifications":          "codestar-notifications",
	"kendra ranking":                  "kendra-ranking",
}
