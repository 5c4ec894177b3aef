package terraform

import (
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// madeName is the name that the provider makes of a prefix, or of none.
const madeName = "{name_prefix|terraform-}{suffix}"

// computed are the attributes that AWS or the provider makes, by type. In braces stand
// other attributes, and:
//
//	p, r, a, dns   partition, region, account, and the domain of the partition
//	suffix         the 26 digits that the provider puts after a prefix
//	fifo           ".fifo" for a FIFO queue or topic
//	id:N           N capital letters and digits that AWS makes up
//	hex:N, uuid    the like in hexadecimal
var computed = map[string]map[string]string{
	"aws_iam_role":                    {"name": madeName, "path": "/", "id": "{name}", "arn": "arn:{p}:iam::{a}:role{path}{name}", "unique_id": "AROA{id:17}"},
	"aws_iam_user":                    {"path": "/", "id": "{name}", "arn": "arn:{p}:iam::{a}:user{path}{name}", "unique_id": "AIDA{id:17}"},
	"aws_iam_group":                   {"path": "/", "id": "{name}", "arn": "arn:{p}:iam::{a}:group{path}{name}", "unique_id": "AGPA{id:17}"},
	"aws_iam_policy":                  {"name": madeName, "path": "/", "id": "{arn}", "arn": "arn:{p}:iam::{a}:policy{path}{name}", "policy_id": "ANPA{id:17}"},
	"aws_iam_instance_profile":        {"name": madeName, "path": "/", "id": "{name}", "arn": "arn:{p}:iam::{a}:instance-profile{path}{name}", "unique_id": "AIPA{id:17}"},
	"aws_iam_openid_connect_provider": {"id": "{arn}", "arn": "arn:{p}:iam::{a}:oidc-provider/{url-host}"},
	"aws_iam_saml_provider":           {"id": "{arn}", "arn": "arn:{p}:iam::{a}:saml-provider/{name}"},
	"aws_iam_server_certificate":      {"name": madeName, "path": "/", "id": "ASCA{id:17}", "arn": "arn:{p}:iam::{a}:server-certificate{path}{name}"},
	"aws_iam_service_linked_role":     {"path": "/aws-service-role/{aws_service_name}/", "unique_id": "AROA{id:17}"},
	"aws_iam_role_policy":             {"name": madeName, "id": "{role}:{name}"},
	"aws_iam_user_policy":             {"name": madeName, "id": "{user}:{name}"},
	"aws_iam_group_policy":            {"name": madeName, "id": "{group}:{name}"},
	"aws_iam_access_key":              {"id": "AKIA{id:16}"},

	"aws_s3_bucket": {"bucket": "{bucket_prefix|terraform-}{suffix}", "id": "{bucket}", "arn": "arn:{p}:s3:::{bucket}", "bucket_domain_name": "{bucket}.s3.{dns}",
		"bucket_regional_domain_name": "{bucket}.s3.{r}.{dns}", "region": "{r}"},
	"aws_s3_bucket_policy":                               {"id": "{bucket}"},
	"aws_s3_bucket_public_access_block":                  {"id": "{bucket}"},
	"aws_s3_bucket_versioning":                           {"id": "{bucket}"},
	"aws_s3_bucket_notification":                         {"id": "{bucket}"},
	"aws_s3_bucket_ownership_controls":                   {"id": "{bucket}"},
	"aws_s3_bucket_server_side_encryption_configuration": {"id": "{bucket}"},
	"aws_s3_bucket_lifecycle_configuration":              {"id": "{bucket}"},
	"aws_s3_access_point":                                {"id": "{a}:{name}", "arn": "arn:{p}:s3:{r}:{a}:accesspoint/{name}", "account_id": "{a}"},
	"aws_s3_object":                                      {"id": "{key}", "arn": "arn:{p}:s3:::{bucket}/{key}"},

	"aws_sqs_queue":                        {"name": madeName + "{fifo}", "id": "{url}", "arn": "arn:{p}:sqs:{r}:{a}:{name}", "url": "https://sqs.{r}.{dns}/{a}/{name}"},
	"aws_sqs_queue_policy":                 {"id": "{queue_url}"},
	"aws_sns_topic":                        {"name": madeName + "{fifo}", "id": "{arn}", "arn": "arn:{p}:sns:{r}:{a}:{name}", "owner": "{a}"},
	"aws_sns_topic_policy":                 {"id": "{arn}", "owner": "{a}"},
	"aws_kms_key":                          {"id": "{key_id}", "key_id": "{uuid}", "arn": "arn:{p}:kms:{r}:{a}:key/{key_id}"},
	"aws_kms_external_key":                 {"id": "{uuid}", "arn": "arn:{p}:kms:{r}:{a}:key/{id}"},
	"aws_kms_alias":                        {"name": "{name_prefix|alias/}{suffix}", "id": "{name}", "arn": "arn:{p}:kms:{r}:{a}:{name}", "target_key_arn": "arn:{p}:kms:{r}:{a}:key/{target_key_id}"},
	"aws_lambda_function":                  {"id": "{function_name}", "arn": "arn:{p}:lambda:{r}:{a}:function:{function_name}", "qualified_arn": "{arn}:{version|$LATEST}", "invoke_arn": "arn:{p}:apigateway:{r}:lambda:path/2015-03-31/functions/{arn}/invocations"},
	"aws_lambda_alias":                     {"arn": "arn:{p}:lambda:{r}:{a}:function:{function_name}:{name}", "id": "{arn}"},
	"aws_lambda_permission":                {"statement_id": "{statement_id_prefix|terraform-}{suffix}", "id": "{statement_id}"},
	"aws_dynamodb_table":                   {"id": "{name}", "arn": "arn:{p}:dynamodb:{r}:{a}:table/{name}"},
	"aws_kinesis_stream":                   {"id": "{arn}", "arn": "arn:{p}:kinesis:{r}:{a}:stream/{name}"},
	"aws_ssm_parameter":                    {"id": "{name}", "arn": "arn:{p}:ssm:{r}:{a}:parameter{slash-name}"},
	"aws_ssm_document":                     {"id": "{name}", "arn": "arn:{p}:ssm:{r}:{a}:document/{name}"},
	"aws_secretsmanager_secret":            {"name": madeName, "id": "{arn}", "arn": "arn:{p}:secretsmanager:{r}:{a}:secret:{name}-{id:6}"},
	"aws_secretsmanager_secret_policy":     {"id": "{secret_arn}"},
	"aws_secretsmanager_secret_version":    {"arn": "{secret_id}"},
	"aws_kinesis_firehose_delivery_stream": {"id": "{arn}", "arn": "arn:{p}:firehose:{r}:{a}:deliverystream/{name}"},

	"aws_cloudwatch_log_group":     {"name": madeName, "id": "{name}", "arn": "arn:{p}:logs:{r}:{a}:log-group:{name}"},
	"aws_cloudwatch_log_stream":    {"id": "{name}", "arn": "arn:{p}:logs:{r}:{a}:log-group:{log_group_name}:log-stream:{name}"},
	"aws_cloudwatch_metric_alarm":  {"id": "{alarm_name}", "arn": "arn:{p}:cloudwatch:{r}:{a}:alarm:{alarm_name}"},
	"aws_cloudwatch_dashboard":     {"dashboard_arn": "arn:{p}:cloudwatch::{a}:dashboard/{dashboard_name}"},
	"aws_cloudwatch_event_rule":    {"name": madeName, "id": "{name}", "arn": "arn:{p}:events:{r}:{a}:rule/{name}"},
	"aws_cloudwatch_event_bus":     {"id": "{name}", "arn": "arn:{p}:events:{r}:{a}:event-bus/{name}"},
	"aws_scheduler_schedule":       {"name": madeName, "id": "{group_name|default}/{name}", "arn": "arn:{p}:scheduler:{r}:{a}:schedule/{group_name|default}/{name}"},
	"aws_scheduler_schedule_group": {"name": madeName, "id": "{name}", "arn": "arn:{p}:scheduler:{r}:{a}:schedule-group/{name}"},
	"aws_sfn_state_machine":        {"name": "{name_prefix|}{suffix}", "id": "{arn}", "arn": "arn:{p}:states:{r}:{a}:stateMachine:{name}"},
	"aws_sfn_activity":             {"id": "{arn}", "arn": "arn:{p}:states:{r}:{a}:activity:{name}"},

	"aws_ecr_repository":                    {"id": "{name}", "arn": "arn:{p}:ecr:{r}:{a}:repository/{name}", "registry_id": "{a}", "repository_url": "{a}.dkr.ecr.{r}.{dns}/{name}"},
	"aws_ecs_cluster":                       {"id": "{arn}", "arn": "arn:{p}:ecs:{r}:{a}:cluster/{name}"},
	"aws_ecs_service":                       {"id": "arn:{p}:ecs:{r}:{a}:service/{cluster-name}/{name}"},
	"aws_eks_cluster":                       {"id": "{name}", "arn": "arn:{p}:eks:{r}:{a}:cluster/{name}"},
	"aws_codebuild_project":                 {"id": "{arn}", "arn": "arn:{p}:codebuild:{r}:{a}:project/{name}"},
	"aws_codepipeline":                      {"id": "{name}", "arn": "arn:{p}:codepipeline:{r}:{a}:{name}"},
	"aws_codecommit_repository":             {"id": "{repository_name}", "arn": "arn:{p}:codecommit:{r}:{a}:{repository_name}"},
	"aws_glue_catalog_database":             {"id": "{a}:{name}", "arn": "arn:{p}:glue:{r}:{a}:database/{name}", "catalog_id": "{a}"},
	"aws_glue_catalog_table":                {"id": "{a}:{database_name}:{name}", "arn": "arn:{p}:glue:{r}:{a}:table/{database_name}/{name}", "catalog_id": "{a}"},
	"aws_glue_job":                          {"id": "{name}", "arn": "arn:{p}:glue:{r}:{a}:job/{name}"},
	"aws_glue_crawler":                      {"id": "{name}", "arn": "arn:{p}:glue:{r}:{a}:crawler/{name}"},
	"aws_athena_workgroup":                  {"id": "{name}", "arn": "arn:{p}:athena:{r}:{a}:workgroup/{name}"},
	"aws_db_instance":                       {"identifier": "{identifier_prefix|terraform-}{suffix}", "arn": "arn:{p}:rds:{r}:{a}:db:{identifier}"},
	"aws_rds_cluster":                       {"cluster_identifier": "{cluster_identifier_prefix|tf-}{suffix}", "id": "{cluster_identifier}", "arn": "arn:{p}:rds:{r}:{a}:cluster:{cluster_identifier}"},
	"aws_elasticache_replication_group":     {"id": "{replication_group_id}", "arn": "arn:{p}:elasticache:{r}:{a}:replicationgroup:{replication_group_id}"},
	"aws_elasticsearch_domain":              {"id": "{arn}", "arn": "arn:{p}:es:{r}:{a}:domain/{domain_name}"},
	"aws_opensearch_domain":                 {"id": "{arn}", "arn": "arn:{p}:es:{r}:{a}:domain/{domain_name}"},
	"aws_redshift_cluster":                  {"id": "{cluster_identifier}", "arn": "arn:{p}:redshift:{r}:{a}:cluster:{cluster_identifier}"},
	"aws_batch_job_queue":                   {"id": "{arn}", "arn": "arn:{p}:batch:{r}:{a}:job-queue/{name}"},
	"aws_batch_compute_environment":         {"id": "{name}", "arn": "arn:{p}:batch:{r}:{a}:compute-environment/{name}"},
	"aws_ses_domain_identity":               {"id": "{domain}", "arn": "arn:{p}:ses:{r}:{a}:identity/{domain}"},
	"aws_ses_email_identity":                {"id": "{email}", "arn": "arn:{p}:ses:{r}:{a}:identity/{email}"},
	"aws_sesv2_email_identity":              {"id": "{email_identity}", "arn": "arn:{p}:ses:{r}:{a}:identity/{email_identity}"},
	"aws_route53_zone":                      {"id": "{zone_id}", "zone_id": "Z{id:20}", "arn": "arn:{p}:route53:::hostedzone/{zone_id}"},
	"aws_cloudfront_distribution":           {"id": "E{id:13}", "arn": "arn:{p}:cloudfront::{a}:distribution/{id}"},
	"aws_cloudfront_origin_access_identity": {"id": "E{id:13}", "iam_arn": "arn:{p}:iam::cloudfront:user/CloudFront Origin Access Identity {id}"},
	"aws_cognito_user_pool":                 {"id": "{r}_{id:9}", "arn": "arn:{p}:cognito-idp:{r}:{a}:userpool/{id}", "endpoint": "cognito-idp.{r}.{dns}/{id}"},
	"aws_cognito_identity_pool":             {"id": "{r}:{uuid}", "arn": "arn:{p}:cognito-identity:{r}:{a}:identitypool/{id}"},
	"aws_acm_certificate":                   {"id": "{arn}", "arn": "arn:{p}:acm:{r}:{a}:certificate/{uuid}"},
	"aws_backup_vault":                      {"id": "{name}", "arn": "arn:{p}:backup:{r}:{a}:backup-vault:{name}"},
	"aws_efs_file_system":                   {"id": "fs-{hex:17}", "arn": "arn:{p}:elasticfilesystem:{r}:{a}:file-system/{id}"},
	"aws_api_gateway_rest_api":              {"id": "{lower:10}", "arn": "arn:{p}:apigateway:{r}::/restapis/{id}", "execution_arn": "arn:{p}:execute-api:{r}:{a}:{id}"},
	"aws_apigatewayv2_api":                  {"id": "{lower:10}", "arn": "arn:{p}:apigateway:{r}::/apis/{id}", "execution_arn": "arn:{p}:execute-api:{r}:{a}:{id}"},
	"aws_vpc":                               {"id": "vpc-{hex:17}", "arn": "arn:{p}:ec2:{r}:{a}:vpc/{id}"},
	"aws_vpc_endpoint":                      {"id": "vpce-{hex:17}", "arn": "arn:{p}:ec2:{r}:{a}:vpc-endpoint/{id}"},
	"aws_subnet":                            {"id": "subnet-{hex:17}", "arn": "arn:{p}:ec2:{r}:{a}:subnet/{id}"},
	"aws_security_group":                    {"name": madeName, "id": "sg-{hex:17}", "arn": "arn:{p}:ec2:{r}:{a}:security-group/{id}"},
	"aws_instance":                          {"id": "i-{hex:17}", "arn": "arn:{p}:ec2:{r}:{a}:instance/{id}"},
	"aws_ebs_volume":                        {"id": "vol-{hex:17}", "arn": "arn:{p}:ec2:{r}:{a}:volume/{id}"},
	"aws_launch_template":                   {"name": madeName, "id": "lt-{hex:17}", "arn": "arn:{p}:ec2:{r}:{a}:launch-template/{id}"},
}

// computed returns an attribute that is made after apply, NilVal where there is none.
func (in *instance) computed(name string) cty.Value {
	template, ok := computed[in.kind][name]
	if !ok || in.mode == "data" {
		return cty.NilVal
	}
	var text strings.Builder
	for template != "" {
		plain, rest, found := strings.Cut(template, "{")
		text.WriteString(plain)
		if !found {
			break
		}
		var field string
		field, template, _ = strings.Cut(rest, "}")
		value, ok := in.field(field)
		if !ok {
			return in.scope.world.unknownFor("%s.%s", in.address, field)
		}
		text.WriteString(value)
	}
	return cty.StringVal(text.String())
}

// field returns what stands in braces.
func (in *instance) field(field string) (string, bool) {
	w := in.scope.world
	switch field {
	case "p":
		return w.target.Partition, true
	case "r":
		return w.regionOf(in), true
	case "a":
		return w.accountID(), true
	case "dns":
		return w.target.URLSuffix(), true
	case "suffix":
		// The time and a counter. Digits of a hash are as good, and the same every time.
		return w.target.Digits(in.seed(), 26), true
	case "fifo":
		for _, name := range []string{"fifo_queue", "fifo_topic"} {
			if in.values[name] == true {
				return ".fifo", true
			}
		}
		return "", true
	case "uuid":
		return w.target.UUID(in.seed()), true
	case "url-host":
		url, ok := in.text("url")
		return strings.TrimSuffix(strings.TrimPrefix(url, "https://"), "/"), ok
	case "slash-name":
		name, ok := in.text("name")
		return "/" + strings.TrimPrefix(name, "/"), ok
	case "cluster-name":
		cluster, ok := in.text("cluster")
		return cluster[strings.LastIndexByte(cluster, '/')+1:], ok
	}
	if of, length, ok := strings.Cut(field, ":"); ok {
		n, err := strconv.Atoi(length)
		return in.made(of, n), err == nil
	}
	name, instead, hasInstead := strings.Cut(field, "|")
	if hasInstead && in.isAbsent(name) {
		return instead, true
	}
	return in.text(name)
}

// made is what AWS makes up: the same for the same resource.
func (in *instance) made(of string, n int) string {
	t := in.scope.world.target
	switch of {
	case "lower":
		return strings.ToLower(t.ID(in.seed(), n))
	case "hex":
		return t.Hex(in.seed(), n)
	}
	return t.ID(in.seed(), n)
}

// seed is what all that AWS makes up for the resource is made of.
func (in *instance) seed() string { return "terraform " + in.address }

// isAbsent reports whether an argument that AWS would compute is not given.
func (in *instance) isAbsent(name string) bool {
	if in.isConfigured(name) {
		return false
	}
	return in.values[name] == nil || in.values[name] == ""
}

// text returns an attribute that is known text.
func (in *instance) text(name string) (string, bool) {
	v := in.attr(name)
	if v == cty.NilVal || !v.IsWhollyKnown() || v.IsNull() {
		return "", false
	}
	s, ok := fromCty(v).(string)
	return s, ok
}
