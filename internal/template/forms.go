package template

import "strings"

// forms are how the resources of AWS's types are identified: what their pages in the
// CloudFormation reference say under "Return values". Attributes that AWS makes up, and
// that no policy needs, are not there: who needs one binds it.
var forms = map[string]form{}

func init() {
	for _, of := range []map[string]form{formsOfIAM, formsOfData, formsOfCompute, formsOfIntegration, formsOfNetwork, formsOfOperation} {
		for kind, f := range of {
			forms[kind] = f
		}
	}
}

// returns reads what Fn::GetAtt gives: "QueueName={name} QueueUrl={ref}".
func returns(texts string) map[string]string {
	attrs := map[string]string{}
	for _, text := range strings.Fields(texts) {
		name, value, _ := strings.Cut(text, "=")
		attrs[name] = value
	}
	return attrs
}

var formsOfIAM = map[string]form{
	"AWS::IAM::Role":                              {property: "RoleName", max: 64, arn: "iam::{account}:role{path}{name}"},
	"AWS::IAM::User":                              {property: "UserName", max: 64, arn: "iam::{account}:user{path}{name}"},
	"AWS::IAM::Group":                             {property: "GroupName", max: 128, arn: "iam::{account}:group{path}{name}"},
	"AWS::IAM::ManagedPolicy":                     {property: "ManagedPolicyName", max: 128, ref: "{arn}", arn: "iam::{account}:policy{path}{name}", attrs: returns("PolicyArn={arn}")},
	"AWS::IAM::InstanceProfile":                   {property: "InstanceProfileName", max: 128, arn: "iam::{account}:instance-profile{path}{name}"},
	"AWS::IAM::Policy":                            {max: 128},
	"AWS::IAM::RolePolicy":                        {property: "PolicyName"},
	"AWS::IAM::UserPolicy":                        {property: "PolicyName"},
	"AWS::IAM::GroupPolicy":                       {property: "PolicyName"},
	"AWS::IAM::UserToGroupAddition":               {},
	"AWS::IAM::OIDCProvider":                      {made: "{.Url}", ref: "{arn}", arn: "iam::{account}:oidc-provider/{name}"},
	"AWS::IAM::SAMLProvider":                      {property: "Name", ref: "{arn}", arn: "iam::{account}:saml-provider/{name}"},
	"AWS::IAM::ServerCertificate":                 {property: "ServerCertificateName", arn: "iam::{account}:server-certificate{path}{name}"},
	"AWS::IAM::VirtualMFADevice":                  {property: "VirtualMfaDeviceName", ref: "{arn}", arn: "iam::{account}:mfa{path}{name}", attrs: returns("SerialNumber={arn}")},
	"AWS::KMS::Key":                               {made: "{uuid}", arn: "kms:{region}:{account}:key/{name}", attrs: returns("KeyId={name}")},
	"AWS::KMS::ReplicaKey":                        {made: "mrk-{hex32}", arn: "kms:{region}:{account}:key/{name}", attrs: returns("KeyId={name}")},
	"AWS::KMS::Alias":                             {property: "AliasName", arn: "kms:{region}:{account}:{name}"},
	"AWS::SecretsManager::Secret":                 {property: "Name", ref: "{arn}", arn: "secretsmanager:{region}:{account}:secret:{name}-{id6}", attrs: returns("Id={arn}")},
	"AWS::SecretsManager::RotationSchedule":       {made: "{.SecretId}"},
	"AWS::SecretsManager::SecretTargetAttachment": {made: "{.SecretId}"},
	"AWS::SecretsManager::ResourcePolicy":         {made: "{.SecretId}"},
	"AWS::Cognito::UserPool":                      {made: "{region}_{id9}", arn: "cognito-idp:{region}:{account}:userpool/{name}", attrs: returns("UserPoolId={name} ProviderName=cognito-idp.{region}.{suffix}/{name} ProviderURL=https://cognito-idp.{region}.{suffix}/{name}")},
	"AWS::Cognito::UserPoolClient":                {made: "{lower26}", attrs: returns("ClientId={name}")},
	"AWS::Cognito::UserPoolDomain":                {property: "Domain"},
	"AWS::Cognito::IdentityPool":                  {made: "{region}:{uuid}", attrs: returns("Id={name} Name={.IdentityPoolName}")},
	"AWS::ACMPCA::CertificateAuthority":           {made: "{uuid}", ref: "{arn}", arn: "acm-pca:{region}:{account}:certificate-authority/{name}"},
	"AWS::CertificateManager::Certificate":        {made: "{uuid}", ref: "{arn}", arn: "acm:{region}:{account}:certificate/{name}", attrs: returns("CertificateArn={arn}")},
}

var formsOfData = map[string]form{
	"AWS::S3::Bucket": {property: "BucketName", max: 63, lower: true, arn: "s3:::{name}", attrs: returns("DomainName={name}.s3.{suffix} " +
		"RegionalDomainName={name}.s3.{region}.{suffix} DualStackDomainName={name}.s3.dualstack.{region}.{suffix} WebsiteURL=http://{name}.s3-website-{region}.{suffix}")},
	"AWS::S3::BucketPolicy":                {made: "{.Bucket}"},
	"AWS::S3::AccessPoint":                 {property: "Name", max: 50, lower: true, arn: "s3:{region}:{account}:accesspoint/{name}", attrs: returns("Name={name}")},
	"AWS::DynamoDB::Table":                 {property: "TableName", arn: "dynamodb:{region}:{account}:table/{name}"},
	"AWS::DynamoDB::GlobalTable":           {property: "TableName", arn: "dynamodb:{region}:{account}:table/{name}", attrs: returns("TableId={uuid}")},
	"AWS::RDS::DBInstance":                 {property: "DBInstanceIdentifier", max: 63, lower: true, ref: "{name}", arn: "rds:{region}:{account}:db:{name}", attrs: returns("DBInstanceArn={arn}")},
	"AWS::RDS::DBCluster":                  {property: "DBClusterIdentifier", max: 63, lower: true, arn: "rds:{region}:{account}:cluster:{name}", attrs: returns("DBClusterArn={arn}")},
	"AWS::RDS::DBSubnetGroup":              {property: "DBSubnetGroupName", lower: true},
	"AWS::RDS::DBParameterGroup":           {property: "DBParameterGroupName", lower: true},
	"AWS::RDS::DBClusterParameterGroup":    {property: "DBClusterParameterGroupName", lower: true},
	"AWS::RDS::DBProxy":                    {property: "DBProxyName", arn: "rds:{region}:{account}:db-proxy:prx-0{hex16}", attrs: returns("DBProxyArn={arn}")},
	"AWS::EFS::FileSystem":                 {made: "fs-0{hex16}", arn: "elasticfilesystem:{region}:{account}:file-system/{name}", attrs: returns("FileSystemId={name}")},
	"AWS::EFS::AccessPoint":                {made: "fsap-0{hex16}", arn: "elasticfilesystem:{region}:{account}:access-point/{name}", attrs: returns("AccessPointId={name}")},
	"AWS::EFS::MountTarget":                {made: "fsmt-0{hex16}", attrs: returns("Id={name}")},
	"AWS::ElastiCache::CacheCluster":       {property: "ClusterName", max: 50, lower: true},
	"AWS::ElastiCache::ReplicationGroup":   {property: "ReplicationGroupId", max: 40, lower: true},
	"AWS::ElastiCache::SubnetGroup":        {property: "CacheSubnetGroupName", lower: true},
	"AWS::OpenSearchService::Domain":       {property: "DomainName", max: 28, lower: true, arn: "es:{region}:{account}:domain/{name}"},
	"AWS::Elasticsearch::Domain":           {property: "DomainName", max: 28, lower: true, arn: "es:{region}:{account}:domain/{name}", attrs: returns("DomainArn={arn}")},
	"AWS::Redshift::Cluster":               {property: "ClusterIdentifier", max: 63, lower: true},
	"AWS::Glue::Job":                       {property: "Name"},
	"AWS::Glue::Crawler":                   {property: "Name"},
	"AWS::Athena::WorkGroup":               {property: "Name"},
	"AWS::Backup::BackupVault":             {property: "BackupVaultName", arn: "backup:{region}:{account}:backup-vault:{name}", attrs: returns("BackupVaultName={name} BackupVaultArn={arn}")},
	"AWS::MSK::Cluster":                    {property: "ClusterName", ref: "{arn}", arn: "kafka:{region}:{account}:cluster/{name}/{uuid}-1"},
	"AWS::KinesisFirehose::DeliveryStream": {property: "DeliveryStreamName", max: 64, arn: "firehose:{region}:{account}:deliverystream/{name}"},
	"AWS::Kinesis::Stream":                 {property: "Name", max: 128, arn: "kinesis:{region}:{account}:stream/{name}"},
	"AWS::Kinesis::StreamConsumer":         {property: "ConsumerName"},
	"AWS::DMS::ReplicationInstance":        {made: "{id26}", ref: "{arn}", arn: "dms:{region}:{account}:rep:{name}"},
	"AWS::S3Tables::TableBucket":           {property: "TableBucketName", max: 63, lower: true, ref: "{arn}", arn: "s3tables:{region}:{account}:bucket/{name}", attrs: returns("TableBucketARN={arn}")},
	"AWS::Timestream::Database":            {property: "DatabaseName", arn: "timestream:{region}:{account}:database/{name}"},
	"AWS::SSM::Parameter":                  {property: "Name"},
	"AWS::AppConfig::Application":          {made: "{lower7}", attrs: returns("ApplicationId={name}")},
}

var formsOfIntegration = map[string]form{
	"AWS::SQS::Queue":                  {property: "QueueName", max: 80, ref: "https://sqs.{region}.{suffix}/{account}/{name}", arn: "sqs:{region}:{account}:{name}", attrs: returns("QueueName={name} QueueUrl={ref}")},
	"AWS::SQS::QueuePolicy":            {attrs: returns("Id={name}")},
	"AWS::SQS::QueueInlinePolicy":      {made: "{.Queue}"},
	"AWS::SNS::Topic":                  {property: "TopicName", ref: "{arn}", arn: "sns:{region}:{account}:{name}", attrs: returns("TopicArn={arn} TopicName={name}")},
	"AWS::SNS::TopicPolicy":            {attrs: returns("Id={name}")},
	"AWS::SNS::TopicInlinePolicy":      {made: "{.TopicArn}"},
	"AWS::SNS::Subscription":           {made: "{uuid}", ref: "{.TopicArn}:{name}", attrs: returns("Arn={ref}")},
	"AWS::Events::EventBus":            {property: "Name", arn: "events:{region}:{account}:event-bus/{name}", attrs: returns("Name={name}")},
	"AWS::Events::Rule":                {property: "Name", max: 64, arn: "events:{region}:{account}:rule/{bus}{name}"},
	"AWS::Events::Connection":          {property: "Name", max: 64, arn: "events:{region}:{account}:connection/{name}/{uuid}"},
	"AWS::Events::ApiDestination":      {property: "Name", max: 64, arn: "events:{region}:{account}:api-destination/{name}/{uuid}"},
	"AWS::Events::Archive":             {property: "ArchiveName", max: 48, arn: "events:{region}:{account}:archive/{name}"},
	"AWS::Pipes::Pipe":                 {property: "Name", max: 64, arn: "pipes:{region}:{account}:pipe/{name}"},
	"AWS::Scheduler::Schedule":         {property: "Name", max: 64},
	"AWS::Scheduler::ScheduleGroup":    {property: "Name", max: 64, arn: "scheduler:{region}:{account}:schedule-group/{name}"},
	"AWS::StepFunctions::StateMachine": {property: "StateMachineName", max: 80, ref: "{arn}", arn: "states:{region}:{account}:stateMachine:{name}", attrs: returns("Name={name}")},
	"AWS::StepFunctions::Activity":     {property: "Name", max: 80, ref: "{arn}", arn: "states:{region}:{account}:activity:{name}", attrs: returns("Name={name}")},
	"AWS::ApiGateway::RestApi":         {made: "{lower10}", attrs: returns("RestApiId={name} RootResourceId={lower10}")},
	"AWS::ApiGateway::Resource":        {made: "{lower6}", attrs: returns("ResourceId={name}")},
	"AWS::ApiGateway::Method":          {},
	"AWS::ApiGateway::Model":           {property: "Name"},
	"AWS::ApiGateway::Deployment":      {made: "{lower6}", attrs: returns("DeploymentId={name}")},
	"AWS::ApiGateway::Stage":           {property: "StageName"},
	"AWS::ApiGateway::Authorizer":      {made: "{lower6}", attrs: returns("AuthorizerId={name}")},
	"AWS::ApiGateway::ApiKey":          {made: "{lower10}", attrs: returns("APIKeyId={name}")},
	"AWS::ApiGateway::UsagePlan":       {made: "{lower6}", attrs: returns("Id={name}")},
	"AWS::ApiGateway::DomainName":      {property: "DomainName"},
	"AWS::ApiGatewayV2::Api":           {made: "{lower10}", attrs: returns("ApiId={name} ApiEndpoint=https://{name}.execute-api.{region}.{suffix}")},
	"AWS::ApiGatewayV2::Stage":         {property: "StageName"},
	"AWS::ApiGatewayV2::Integration":   {made: "{lower7}", attrs: returns("IntegrationId={name}")},
	"AWS::ApiGatewayV2::Route":         {made: "{lower7}", attrs: returns("RouteId={name}")},
	"AWS::ApiGatewayV2::Deployment":    {made: "{lower6}", attrs: returns("DeploymentId={name}")},
	"AWS::ApiGatewayV2::Authorizer":    {made: "{lower6}", attrs: returns("AuthorizerId={name}")},
	"AWS::AppSync::GraphQLApi":         {made: "{lower26}", ref: "{arn}", arn: "appsync:{region}:{account}:apis/{name}", attrs: returns("ApiId={name}")},
	"AWS::SES::EmailIdentity":          {property: "EmailIdentity"},
	"AWS::SES::ConfigurationSet":       {property: "Name"},
	"AWS::IoT::TopicRule":              {property: "RuleName", arn: "iot:{region}:{account}:rule/{name}"},
	"AWS::IoT::Thing":                  {property: "ThingName", arn: "iot:{region}:{account}:thing/{name}"},
	"AWS::AmazonMQ::Broker":            {made: "b-{uuid}", arn: "mq:{region}:{account}:broker:{.BrokerName}:{name}"},
}

var formsOfCompute = map[string]form{
	"AWS::Lambda::Function":                       {property: "FunctionName", max: 64, arn: "lambda:{region}:{account}:function:{name}"},
	"AWS::Lambda::Version":                        {made: "1", ref: "arn:{partition}:lambda:{region}:{account}:function:{function}:1", attrs: returns("Version=1 FunctionArn={ref}")},
	"AWS::Lambda::Alias":                          {property: "Name", ref: "arn:{partition}:lambda:{region}:{account}:function:{function}:{name}", attrs: returns("AliasArn={ref}")},
	"AWS::Lambda::Permission":                     {attrs: returns("Id={name}")},
	"AWS::Lambda::EventSourceMapping":             {made: "{uuid}", attrs: returns("Id={name} EventSourceMappingArn=arn:{partition}:lambda:{region}:{account}:event-source-mapping:{name}")},
	"AWS::Lambda::EventInvokeConfig":              {},
	"AWS::Lambda::LayerVersion":                   {property: "LayerName", max: 140, ref: "arn:{partition}:lambda:{region}:{account}:layer:{name}:1", attrs: returns("LayerVersionArn={ref}")},
	"AWS::Lambda::LayerVersionPermission":         {},
	"AWS::Lambda::Url":                            {made: "{.TargetFunctionArn}", attrs: returns("FunctionArn={name} FunctionUrl=https://{lower32}.lambda-url.{region}.on.aws/")},
	"AWS::Lambda::CodeSigningConfig":              {made: "csc-0{hex16}", ref: "{arn}", arn: "lambda:{region}:{account}:code-signing-config:{name}", attrs: returns("CodeSigningConfigArn={arn}")},
	"AWS::ECR::Repository":                        {property: "RepositoryName", lower: true, arn: "ecr:{region}:{account}:repository/{name}", attrs: returns("RepositoryUri={account}.dkr.ecr.{region}.{suffix}/{name}")},
	"AWS::ECS::Cluster":                           {property: "ClusterName", arn: "ecs:{region}:{account}:cluster/{name}"},
	"AWS::ECS::TaskDefinition":                    {property: "Family", ref: "{arn}", arn: "ecs:{region}:{account}:task-definition/{name}:1", attrs: returns("TaskDefinitionArn={arn}")},
	"AWS::EKS::Cluster":                           {property: "Name", max: 100, arn: "eks:{region}:{account}:cluster/{name}"},
	"AWS::EKS::Nodegroup":                         {property: "NodegroupName", max: 63, ref: "{.ClusterName}/{name}", arn: "eks:{region}:{account}:nodegroup/{.ClusterName}/{name}/{uuid}", attrs: returns("NodegroupName={name} ClusterName={.ClusterName}")},
	"AWS::Batch::JobQueue":                        {property: "JobQueueName", max: 128, ref: "{arn}", arn: "batch:{region}:{account}:job-queue/{name}", attrs: returns("JobQueueArn={arn}")},
	"AWS::Batch::JobDefinition":                   {property: "JobDefinitionName", max: 128, ref: "arn:{partition}:batch:{region}:{account}:job-definition/{name}:1"},
	"AWS::Batch::ComputeEnvironment":              {property: "ComputeEnvironmentName", max: 128, ref: "{arn}", arn: "batch:{region}:{account}:compute-environment/{name}", attrs: returns("ComputeEnvironmentArn={arn}")},
	"AWS::AppRunner::Service":                     {property: "ServiceName", max: 40, ref: "{arn}", arn: "apprunner:{region}:{account}:service/{name}/{hex32}", attrs: returns("ServiceArn={arn}")},
	"AWS::AutoScaling::AutoScalingGroup":          {property: "AutoScalingGroupName"},
	"AWS::AutoScaling::LaunchConfiguration":       {property: "LaunchConfigurationName"},
	"AWS::ApplicationAutoScaling::ScalableTarget": {made: "{.ResourceId}|{.ScalableDimension}|{.ServiceNamespace}"},
	"AWS::CodeBuild::Project":                     {property: "Name", arn: "codebuild:{region}:{account}:project/{name}"},
	"AWS::CodePipeline::Pipeline":                 {property: "Name", max: 100},
	"AWS::CodeCommit::Repository":                 {made: "{uuid}", attrs: returns("Name={.RepositoryName} Arn=arn:{partition}:codecommit:{region}:{account}:{.RepositoryName}")},
	"AWS::CodeDeploy::Application":                {property: "ApplicationName", max: 100},
	"AWS::CodeDeploy::DeploymentGroup":            {property: "DeploymentGroupName", max: 100},
	"AWS::CodeArtifact::Domain":                   {property: "DomainName", ref: "{arn}", arn: "codeartifact:{region}:{account}:domain/{name}", attrs: returns("Name={name} Owner={account}")},
	"AWS::CodeArtifact::Repository":               {property: "RepositoryName", ref: "{arn}", arn: "codeartifact:{region}:{account}:repository/{.DomainName}/{name}", attrs: returns("Name={name}")},
	"AWS::ElasticBeanstalk::Application":          {property: "ApplicationName", max: 100},
	"AWS::SageMaker::NotebookInstance":            {property: "NotebookInstanceName", max: 63, ref: "{arn}", arn: "sagemaker:{region}:{account}:notebook-instance/{name}", attrs: returns("NotebookInstanceName={name}")},
}

var formsOfNetwork = map[string]form{
	"AWS::EC2::VPC":                                   {made: "vpc-0{hex16}", attrs: returns("VpcId={name} CidrBlock={.CidrBlock}")},
	"AWS::EC2::Subnet":                                {made: "subnet-0{hex16}", attrs: returns("SubnetId={name} VpcId={.VpcId} AvailabilityZone={.AvailabilityZone} CidrBlock={.CidrBlock}")},
	"AWS::EC2::SecurityGroup":                         {made: "sg-0{hex16}", attrs: returns("GroupId={name} Id={name} VpcId={.VpcId}")},
	"AWS::EC2::SecurityGroupIngress":                  {made: "sgr-0{hex16}", attrs: returns("Id={name}")},
	"AWS::EC2::SecurityGroupEgress":                   {made: "sgr-0{hex16}", attrs: returns("Id={name}")},
	"AWS::EC2::InternetGateway":                       {made: "igw-0{hex16}", attrs: returns("InternetGatewayId={name}")},
	"AWS::EC2::VPCGatewayAttachment":                  {},
	"AWS::EC2::NatGateway":                            {made: "nat-0{hex16}", attrs: returns("NatGatewayId={name}")},
	"AWS::EC2::RouteTable":                            {made: "rtb-0{hex16}", attrs: returns("RouteTableId={name}")},
	"AWS::EC2::Route":                                 {},
	"AWS::EC2::SubnetRouteTableAssociation":           {made: "rtbassoc-0{hex16}", attrs: returns("Id={name}")},
	"AWS::EC2::VPCEndpoint":                           {made: "vpce-0{hex16}", attrs: returns("Id={name}")},
	"AWS::EC2::FlowLog":                               {made: "fl-0{hex16}", attrs: returns("Id={name}")},
	"AWS::EC2::Instance":                              {made: "i-0{hex16}", attrs: returns("InstanceId={name}")},
	"AWS::EC2::LaunchTemplate":                        {made: "lt-0{hex16}", attrs: returns("LaunchTemplateId={name} LatestVersionNumber=1 DefaultVersionNumber=1")},
	"AWS::EC2::Volume":                                {made: "vol-0{hex16}", attrs: returns("VolumeId={name}")},
	"AWS::EC2::KeyPair":                               {property: "KeyName", attrs: returns("KeyPairId=key-0{hex16}")},
	"AWS::EC2::NetworkInterface":                      {made: "eni-0{hex16}", attrs: returns("Id={name}")},
	"AWS::ElasticLoadBalancingV2::TargetGroup":        {property: "Name", max: 32, ref: "{arn}", arn: "elasticloadbalancing:{region}:{account}:targetgroup/{name}/{hex16}", attrs: returns("TargetGroupArn={arn} TargetGroupName={name} TargetGroupFullName=targetgroup/{name}/{hex16}")},
	"AWS::ElasticLoadBalancingV2::Listener":           {made: "{hex16}", ref: "{.LoadBalancerArn}/{name}", attrs: returns("ListenerArn={ref}")},
	"AWS::ElasticLoadBalancingV2::ListenerRule":       {made: "{hex16}", ref: "{.ListenerArn}/{name}", attrs: returns("RuleArn={ref}")},
	"AWS::CloudFront::Distribution":                   {made: "E{id13}", attrs: returns("Id={name} DomainName=d{lower13}.cloudfront.net")},
	"AWS::CloudFront::CloudFrontOriginAccessIdentity": {made: "E{id13}", attrs: returns("Id={name}")},
	"AWS::CloudFront::OriginAccessControl":            {made: "E{id13}", attrs: returns("Id={name}")},
	"AWS::CloudFront::CachePolicy":                    {made: "{uuid}", attrs: returns("Id={name}")},
	"AWS::CloudFront::Function":                       {property: "Name", ref: "arn:{partition}:cloudfront::{account}:function/{name}", attrs: returns("FunctionARN={ref}")},
	"AWS::Route53::HostedZone":                        {made: "Z{id20}", attrs: returns("Id={name}")},
	"AWS::Route53::RecordSet":                         {property: "Name"},
	"AWS::Route53::HealthCheck":                       {made: "{uuid}", attrs: returns("HealthCheckId={name}")},
	"AWS::ServiceDiscovery::PrivateDnsNamespace":      {made: "ns-{lower16}", arn: "servicediscovery:{region}:{account}:namespace/{name}", attrs: returns("Id={name}")},
	"AWS::ServiceDiscovery::Service":                  {made: "srv-{lower16}", arn: "servicediscovery:{region}:{account}:service/{name}", attrs: returns("Id={name} Name={.Name}")},
	"AWS::WAFv2::WebACL":                              {property: "Name", ref: "{name}|{uuid}|{.Scope}", attrs: returns("Id={uuid}")},
}

var formsOfOperation = map[string]form{
	"AWS::Logs::LogGroup":                      {property: "LogGroupName", attrs: returns("Arn=arn:{partition}:logs:{region}:{account}:log-group:{name}:*")},
	"AWS::Logs::LogStream":                     {property: "LogStreamName"},
	"AWS::Logs::SubscriptionFilter":            {property: "FilterName"},
	"AWS::Logs::MetricFilter":                  {property: "FilterName"},
	"AWS::CloudWatch::Alarm":                   {property: "AlarmName", arn: "cloudwatch:{region}:{account}:alarm:{name}"},
	"AWS::CloudWatch::CompositeAlarm":          {property: "AlarmName", arn: "cloudwatch:{region}:{account}:alarm:{name}"},
	"AWS::CloudWatch::Dashboard":               {property: "DashboardName"},
	"AWS::CloudTrail::Trail":                   {property: "TrailName", arn: "cloudtrail:{region}:{account}:trail/{name}"},
	"AWS::Config::ConfigRule":                  {property: "ConfigRuleName", max: 128},
	"AWS::SSM::Document":                       {property: "Name", max: 128},
	"AWS::SSM::MaintenanceWindow":              {made: "mw-0{hex16}"},
	"AWS::Budgets::Budget":                     {},
	"AWS::CloudFormation::Stack":               {property: "StackName", max: 128, ref: "arn:{partition}:cloudformation:{region}:{account}:stack/{name}/{uuid}"},
	"AWS::CloudFormation::WaitConditionHandle": {},
	"AWS::CloudFormation::WaitCondition":       {},
	"AWS::CDK::Metadata":                       {},
	"AWS::ResourceGroups::Group":               {property: "Name", arn: "resource-groups:{region}:{account}:group/{name}"},
	"AWS::Organizations::Account":              {made: "{digits12}", attrs: returns("AccountId={name}")},
}
