package enforce

import (
	"maps"
	"slices"
	"strings"
)

// rcpServices are the services, by prefix, that resource control policies are
// for: "List of AWS services that support RCPs" of the AWS Organizations User
// Guide, of September 2026.
var rcpServices = func() map[string]bool {
	services := make(map[string]bool)
	for prefix := range strings.FieldsSeq(`
		aoss appconfig appstream autoscaling autoscaling-plans budgets clouddirectory cloudfront
		cloudsearch cloudtrail-data codeartifact codebuild codecommit codepipeline cognito-identity
		cognito-idp comprehend comprehendmedical compute-optimizer cost-optimization-hub dax dsql
		dynamodb ecr ecr-public events firehose fis fms gamelift health inspector-scan kendra
		kinesisvideo kms logs memorydb networkmonitor notifications opensearch pca-connector-ad
		personalize polly pricing resource-groups rolesanywhere s3 secretsmanager servicediscovery
		signin sqs sts support swf textract timestream-influxdb transcribe transfer translate wafv2
		workspaces xray`) {
		services[prefix] = true
	}
	return services
}()

// RCPServices returns the prefixes of the services that resource control policies are for,
// sorted.
func RCPServices() []string { return slices.Sorted(maps.Keys(rcpServices)) }

// rcpsApply reports whether resource control policies apply to an action, given in lower
// case, on a resource. "RCPs apply to the resources that are authorized as part of an
// operation request": an action without a resource of its own, like the lists of all
// buckets and queues, has none; one that is not known it has.
func rcpsApply(action, resource string, unknown *Unknown) bool {
	if !rcpServices[serviceOf(action)] || action == "kms:retiregrant" {
		return false
	}
	a, ok := splitARN(resource)
	return ok && a.resource() != "" && (a.resource() != "*" || unknown != nil && unknown.Resource) && !isServiceLinked(a)
}

// resourceAliases are the aliases of the KMS key that an action is about.
var resourceAliases = newConditionKey("kms:ResourceAliases")

// keyOfAWS reports whether the resource is a key that a service of AWS has in the account,
// like aws/s3: "AWS managed KMS keys" are not restricted by resource control policies.
// The alias tells, for customers make none that begins with alias/aws/.
func (e *eval) keyOfAWS() bool {
	if serviceOf(e.action) != "kms" {
		return false
	}
	v := e.value(resourceAliases)
	return v != nil && slices.ContainsFunc(v.texts(), func(alias string) bool { return strings.HasPrefix(alias, "alias/aws/") })
}

// isServiceLinked reports whether a resource is a service-linked role, whose trust policy
// "can't be restricted" by resource control policies.
func isServiceLinked(a arn) bool {
	return a.service() == "iam" && strings.HasPrefix(a.resource(), serviceLinkedPath)
}

// rcpFullAWSAccess is the ARN of the policy that AWS Organizations attaches
// everywhere, the only resource control policy that may allow.
const rcpFullAWSAccess = "arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess"

// checkResourceControl finds what "RCP syntax" does not let customers write.
func (s *StatementElements) checkResourceControl(src Source, wrong report) {
	own := src.ARN == rcpFullAWSAccess
	if s.Effect.Value != "Deny" && !own {
		wrong(syntax(s.Start, "Allow is for RCPFullAWSAccess alone"))
	}
	if len(s.Principal) != 1 || s.Principal[0].Value != "*" {
		wrong(syntax(s.Start, `Principal must be "*"; use condition keys to choose among callers`))
	}
	if s.NotAction != nil {
		wrong(syntax(s.Start, "NotAction is not supported in resource control policies"))
	}
	for _, a := range s.Action {
		switch service := serviceOf(strings.ToLower(a.Value)); {
		case own || rcpServices[service]:
		case a.Value == "*":
			wrong(syntax(a.Offset, `Action "*" is for RCPFullAWSAccess alone; name the service, like s3:*`))
		default:
			wrong(syntax(a.Offset, "action %q: resource control policies are not for service %q", a.Value, service))
		}
	}
	if len(s.Resource) == 0 && len(s.NotResource) == 0 {
		wrong(syntax(s.Start, "Resource is missing"))
	}
}
