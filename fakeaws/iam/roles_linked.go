package iam

// A linkedRole is what AWS makes of the role of a service.
type linkedRole struct {
	name   string // after "AWSServiceRoleFor"
	policy string // the one of AWS's policies that it has
	// separator stands before a custom suffix; a service without one takes none.
	separator string
}

// linkedRoles has the roles whose names do not follow from the principal, by the
// principal without ".amazonaws.com": after the pages of each service that "AWS
// services that work with IAM" links to. Every policy is one that AWS has, which a
// test shows; which services take a suffix and what stands before it is unverified,
// as are the names of the roles of services that the table does not have.
var linkedRoles = map[string]linkedRole{
	"access-analyzer":      {"AccessAnalyzer", "AccessAnalyzerServiceRolePolicy", ""},
	"accountdiscovery.ssm": {"AmazonSSM_AccountDiscovery", "AWSSystemsManagerAccountDiscoveryServicePolicy", ""},
	"autoscaling":          {"AutoScaling", "AutoScalingServiceRolePolicy", "_"},
	"backup":               {"Backup", "AWSBackupServiceLinkedRolePolicyForBackup", ""},
	"batch":                {"Batch", "BatchServiceRolePolicy", ""},
	"channels.lex":         {"LexChannels", "LexChannelPolicy", ""},
	"cloudtrail":           {"CloudTrail", "CloudTrailServiceRolePolicy", ""},
	"config":               {"Config", "AWSConfigServiceRolePolicy", ""},
	"connect":              {"AmazonConnect", "AmazonConnectServiceLinkedRolePolicy", "_"},
	"custom-resource.application-autoscaling": {"ApplicationAutoScaling_CustomResource", "AWSApplicationAutoScalingCustomResourcePolicy", ""},
	"dax":                              {"DAX", "DAXServiceRolePolicy", ""},
	"dynamodb.application-autoscaling": {"ApplicationAutoScaling_DynamoDBTable", "AWSApplicationAutoscalingDynamoDBTablePolicy", ""},
	"ec2.application-autoscaling":      {"ApplicationAutoScaling_EC2SpotFleetRequest", "AWSApplicationAutoscalingEC2SpotFleetRequestPolicy", ""},
	"ec2fleet":                         {"EC2Fleet", "AWSEC2FleetServiceRolePolicy", ""},
	"ecs":                              {"ECS", "AmazonECSServiceRolePolicy", ""},
	"ecs.application-autoscaling":      {"ApplicationAutoScaling_ECSService", "AWSApplicationAutoscalingECSServicePolicy", ""},
	"eks":                              {"AmazonEKS", "AmazonEKSServiceRolePolicy", ""},
	"eks-fargate":                      {"AmazonEKSForFargate", "AmazonEKSForFargateServiceRolePolicy", ""},
	"eks-nodegroup":                    {"AmazonEKSNodegroup", "AWSServiceRoleForAmazonEKSNodegroup", ""},
	"elasticache":                      {"ElastiCache", "ElastiCacheServiceRolePolicy", ""},
	"elasticbeanstalk":                 {"ElasticBeanstalk", "AWSElasticBeanstalkServiceRolePolicy", ""},
	"elasticfilesystem":                {"AmazonElasticFileSystem", "AmazonElasticFileSystemServiceRolePolicy", ""},
	"elasticloadbalancing":             {"ElasticLoadBalancing", "AWSElasticLoadBalancingServiceRolePolicy", ""},
	"elasticmapreduce":                 {"EMRCleanup", "AmazonEMRCleanupPolicy", ""},
	"email.cognito-idp":                {"AmazonCognitoIdpEmailService", "AmazonCognitoIdpEmailServiceRolePolicy", ""},
	"emr-containers":                   {"AmazonEMRContainers", "AmazonEMRContainersServiceRolePolicy", ""},
	"es":                               {"AmazonElasticsearchService", "AmazonElasticsearchServiceRolePolicy", ""},
	"fms":                              {"FMS", "FMSServiceRolePolicy", ""},
	"globalaccelerator":                {"GlobalAccelerator", "AWSGlobalAcceleratorSLRPolicy", ""},
	"guardduty":                        {"AmazonGuardDuty", "AmazonGuardDutyServiceRolePolicy", ""},
	"inspector2":                       {"AmazonInspector2", "AmazonInspector2ServiceRolePolicy", ""},
	"kafka":                            {"Kafka", "KafkaServiceRolePolicy", ""},
	"lambda.application-autoscaling":   {"ApplicationAutoScaling_LambdaConcurrency", "AWSApplicationAutoscalingLambdaConcurrencyPolicy", ""},
	"lex":                              {"LexBots", "LexBotPolicy", ""},
	"lexv2":                            {"LexV2Bots", "AmazonLexV2BotPolicy", "_"},
	"macie":                            {"AmazonMacie", "AmazonMacieServiceRolePolicy", ""},
	"maintenance.elasticbeanstalk":     {"ElasticBeanstalkMaintenance", "AWSElasticBeanstalkMaintenance", ""},
	"managedupdates.elasticbeanstalk":  {"ElasticBeanstalkManagedUpdates", "AWSElasticBeanstalkManagedUpdatesServiceRolePolicy", ""},
	"network-firewall":                 {"NetworkFirewall", "AWSNetworkFirewallServiceRolePolicy", ""},
	"observability.aoss":               {"AmazonOpenSearchServerless", "AmazonOpenSearchServerlessServiceRolePolicy", ""},
	"opensearchservice":                {"AmazonOpenSearchService", "AmazonOpenSearchServiceRolePolicy", ""},
	"ops.apigateway":                   {"APIGateway", "APIGatewayServiceRolePolicy", ""},
	"organizations":                    {"Organizations", "AWSOrganizationsServiceTrustPolicy", ""},
	"rds":                              {"RDS", "AmazonRDSServiceRolePolicy", ""},
	"rds.application-autoscaling":      {"ApplicationAutoScaling_RDSCluster", "AWSApplicationAutoscalingRDSClusterPolicy", ""},
	"redshift":                         {"Redshift", "AmazonRedshiftServiceLinkedRolePolicy", ""},
	"replication.dynamodb":             {"DynamoDBReplication", "DynamoDBReplicationServiceRolePolicy", ""},
	"replicator.lambda":                {"LambdaReplicator", "AWSLambdaReplicator", ""},
	"securityhub":                      {"SecurityHub", "AWSSecurityHubServiceRolePolicy", ""},
	"spot":                             {"EC2Spot", "AWSEC2SpotServiceRolePolicy", ""},
	"spotfleet":                        {"EC2SpotFleet", "AWSEC2SpotFleetServiceRolePolicy", ""},
	"ssm":                              {"AmazonSSM", "AmazonSSMServiceRolePolicy", ""},
	"sso":                              {"SSO", "AWSSSOServiceRolePolicy", ""},
	"support":                          {"Support", "AWSSupportServiceRolePolicy", ""},
	"transitgateway":                   {"VPCTransitGateway", "AWSVPCTransitGatewayServiceRolePolicy", ""},
	"trustedadvisor":                   {"TrustedAdvisor", "AWSTrustedAdvisorServiceRolePolicy", ""},
}
