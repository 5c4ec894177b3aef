package enforce

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// refusal parses a document and returns AWS's answer.
func refusal(t *testing.T, doc string, kind Kind) *DocumentError {
	t.Helper()
	_, err := Parse(doc, kind, Source{})
	var e *DocumentError
	require.ErrorAs(t, err, &e, doc)
	return e
}

func whole(statements string) string {
	return `{"Version":"2012-10-17","Statement":[` + statements + `]}`
}

func TestIAMRefusals(t *testing.T) {
	t.Parallel()
	resource := func(r string) string { return whole(stmt("Allow", "s3:GetObject", r)) }
	action := func(a string) string { return whole(stmt("Allow", a, "*")) }
	condition := func(c string) string { return whole(stmt("Allow", "s3:*", "*", `"Condition":`+c)) }
	trust := func(more ...string) string { return whole(stmt("Allow", "sts:AssumeRole", "", more...)) }
	const iamPath = `IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.`
	for _, c := range []struct {
		name, doc string
		kind      Kind
		want      string
	}{
		{"rule 73: not JSON", `{`, IdentityPolicy, "Syntax errors in policy."},
		{"rule 73: a trust policy that is not JSON", `{`, TrustPolicy, "This policy contains invalid Json"},
		{"rule 73: a trust policy with an unknown element", `{"X":1}`, TrustPolicy, "Syntax errors in policy."},
		{"rule 73: old version", `{"Version":"2008-10-17","Statement":` + stmt("Allow", "*", "*") + `}`, ManagedPolicy, "Policy document must be version 2012-10-17 or greater."},
		{"rule 73: no version", `{"Statement":` + stmt("Allow", "*", "*") + `}`, ManagedPolicy, "Policy document must be version 2012-10-17 or greater."},
		{"rule 73: version before actions", `{"Statement":{"Effect":"Allow","Resource":"x"}}`, ManagedPolicy, "Policy document must be version 2012-10-17 or greater."},
		{"rule 73: effect in other letters", whole(stmt("denY", "s3:*", "*")), IdentityPolicy, "The policy failed legacy parsing"},
		{"rule 73: unparsable date", condition(`{"DateLessThan":{"aws:CurrentTime":"soon"}}`), IdentityPolicy, "The policy failed legacy parsing"},
		{"rule 73: unparsable address", condition(`{"IpAddress":{"aws:SourceIp":"1.2.3.4/33"}}`), IdentityPolicy, "The policy failed legacy parsing"},
		{"rule 73: unparsable address, bare", condition(`{"IpAddress":{"aws:SourceIp":"home"}}`), IdentityPolicy, "The policy failed legacy parsing"},
		{"rule 73: not base64", condition(`{"BinaryEquals":{"k":"%"}}`), IdentityPolicy, "The policy failed legacy parsing"},
		{"rule 73: five-part S3 ARN", resource("arn:aws:s3::b"), IdentityPolicy, "The policy failed legacy parsing"},
		{"rule 73: Sid twice", whole(stmt("Allow", "s3:*", "*", `"Sid":"a"`) + "," + stmt("Allow", "s3:*", "*", `"Sid":"a"`)), IdentityPolicy, "Statement IDs (SID) in a single policy must be unique."},
		{"rule 73: Sid with a space", whole(stmt("Allow", "s3:*", "*", `"Sid":"a b"`)), IdentityPolicy, "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"},
		{"rule 73: no action", whole(`{"Effect":"Allow","Resource":"*"}`), IdentityPolicy, "Policy statement must contain actions."},
		{"rule 73: empty actions", whole(`{"Effect":"Allow","Action":[],"Resource":"*"}`), IdentityPolicy, "Policy statement must contain actions."},
		{"rule 73: no ARN", resource("bucket"), IdentityPolicy, `Resource bucket must be in ARN format or "*".`},
		{"rule 73: no ARN but colons", resource("a:aws:c"), IdentityPolicy, `Resource a:aws:c must be in ARN format or "*".`},
		{"rule 73: no ARN, partition first", resource("s3::b/*"), IdentityPolicy, `Partition "" is not valid for resource "arn::b/*:*:*:*".`},
		{"rule 73: partition", resource("arn:awz:s3:::b"), IdentityPolicy, `Partition "awz" is not valid for resource "arn:awz:s3:::b".`},
		{"rule 73: partition, padded", resource("arn:awz:s3"), IdentityPolicy, `Partition "awz" is not valid for resource "arn:awz:s3:*:*:*".`},
		{"rule 73: wildcard service", resource("arn:aws:s*:::b"), IdentityPolicy, "Resource vendor must be fully qualified and cannot contain regexes."},
		{"rule 73: missing service", resource("arn:aws:*"), IdentityPolicy, "Resource vendor must be fully qualified and cannot contain regexes."},
		{"rule 73: no service", resource("arn:aws"), IdentityPolicy, "Resource vendor must be fully qualified and cannot contain regexes."},
		{"rule 73: IAM region", resource("arn:aws:iam:us-east-1:111122223333:user/a"), IdentityPolicy, "IAM resource arn:aws:iam:us-east-1:111122223333:user/a cannot contain region information."},
		{"rule 73: S3 region", resource("arn:aws:s3:us-east-1::b"), IdentityPolicy, "Resource arn:aws:s3:us-east-1::b can not contain region information."},
		{"rule 73: IAM path", resource("arn:aws:iam::111122223333:alice"), IdentityPolicy, iamPath},
		{"rule 73: no vendor", action("GetObject"), IdentityPolicy, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
		{"rule 73: two colons", action("s3:Get:Object"), IdentityPolicy, "Actions/Condition can contain only one colon."},
		{"rule 73: vendor", action("s3*:GetObject"), IdentityPolicy, "Vendor s3* is not valid"},
		{"rule 73: wildcard vendor", action("*:GetObject"), IdentityPolicy, "Vendor * is not valid"},
		{"rule 73: resources before actions", whole(stmt("Allow", "GetObject", "bucket")), IdentityPolicy, `Resource bucket must be in ARN format or "*".`},
		{"rule 73: no resource", whole(stmt("Allow", "s3:*", "")), IdentityPolicy, "Policy statement must contain resources."},
		{"rule 73: principal in an identity policy", whole(stmt("Allow", "s3:*", "*", `"Principal":"*"`)), IdentityPolicy, "Policy document should not specify a principal."},
		{"rule 36: NotPrincipal in an identity policy", whole(stmt("Deny", "s3:*", "*", `"NotPrincipal":"*"`)), SessionPolicy, "Policy document should not specify a principal."},
		{"rule 11: both actions", whole(stmt("Allow", "s3:*", "*", `"NotAction":"s3:*"`)), IdentityPolicy, "Syntax errors in policy."},
		{"rule 73: trust with a resource", whole(stmt("Allow", "sts:AssumeRole", "*", aws(account))), TrustPolicy, "Has prohibited field Resource"},
		{"rule 73: trust with NotResource", trust(aws(account), `"NotResource":"*"`), TrustPolicy, "Has prohibited field NotResource"},
		{"rule 36: trust with NotPrincipal", trust(`"NotPrincipal":"*"`), TrustPolicy, "Has prohibited field NotPrincipal"},
		{"rule 73: trust without a principal", trust(), TrustPolicy, "Missing required field Principal"},
		{"rule 73: trust of another action", whole(stmt("Allow", "s3:GetObject", "", aws(account))), TrustPolicy, "AssumeRole policy may only specify STS AssumeRole actions."},
		{"rule 73: trust of everything", whole(stmt("Allow", "*", "", aws(account))), TrustPolicy, "AssumeRole policy may only specify STS AssumeRole actions."},
		{"rule 37: no such form of principal", trust(aws("alice")), TrustPolicy, `Invalid principal in policy: "AWS":"alice"`},
		{"rule 35: wildcard in a principal", trust(aws("arn:aws:iam::111122223333:role/*")), TrustPolicy, `Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:role/*"`},
		{"rule 73: no kind", whole(stmt("Allow", "*", "*")), Kind(0), "Syntax errors in policy."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := refusal(t, c.doc, c.kind)
			assert.Equal(t, "MalformedPolicyDocument", e.Code)
			assert.Equal(t, c.want, e.Message, e.Detail)
		})
	}
}

func TestIAMAccepts(t *testing.T) {
	t.Parallel()
	for _, r := range []string{"*", "arn:aws:s3:::*", "arn:*:s3:::b", "arn:aws-cn:s3:::b", "arn:aws:sqs:us-east-1", "arn:aws:iam::111122223333:*",
		"arn:aws:iam::*:role/${aws:username}", "arn:aws:s3:us-east-1:111122223333:accesspoint/ap", "arn:aws:unknown:::x"} {
		_, err := Parse(whole(stmt("Allow", "unknown-service:Act*", r)), ManagedPolicy, Source{})
		require.NoError(t, err, r)
	}
	for _, a := range []string{"sts:AssumeRole", "sts:*", "sts:AssumeRole*", "STS:TagSession", "sts:SetSourceIdentity"} {
		_, err := Parse(whole(stmt("Allow", a, "", aws(account))), TrustPolicy, Source{})
		require.NoError(t, err, a)
	}
}

func TestS3Refusals(t *testing.T) {
	t.Parallel()
	const everybody = `"Principal":"*"`
	for _, c := range []struct{ name, doc, want string }{
		{"rule 74: not JSON", `x`, "Policies must be valid JSON and the first byte must be '{'"},
		{"rule 74: empty", ``, "Policies must be valid JSON and the first byte must be '{'"},
		{"rule 74: no statement", `{}`, "Missing required field Statement"},
		{"rule 74: no effect", whole(`{"Action":"s3:*"}`), "Missing required field Effect"},
		{"rule 74: no principal", whole(stmt("Allow", "s3:*", "arn:aws:s3:::b")), "Missing required field Principal"},
		{"rule 74: no action", whole(`{"Effect":"Allow","Principal":"*","Resource":"arn:aws:s3:::b"}`), "Missing required field Action"},
		{"rule 74: no resource", whole(stmt("Allow", "s3:*", "", everybody)), "Missing required field Resource"},
		{"rule 74: principal", whole(stmt("Allow", "s3:*", "arn:aws:s3:::b", aws("alice"))), "Invalid principal in policy"},
		{"rule 74: principal as a word", whole(stmt("Allow", "s3:*", "arn:aws:s3:::b", `"Principal":"alice"`)), "Invalid principal in policy"},
		{"rule 36: NotPrincipal with Allow", whole(stmt("Allow", "s3:*", "arn:aws:s3:::b", `"NotPrincipal":"*"`)), "Invalid principal in policy"},
		{"rule 74: unknown action", whole(stmt("Allow", "s3:GetObjekt", "arn:aws:s3:::b/*", everybody)), "Policy has invalid action"},
		{"rule 74: action of another service", whole(stmt("Allow", "sqs:SendMessage", "arn:aws:s3:::b/*", everybody)), "Policy has invalid action"},
		{"rule 74: no action at all", whole(stmt("Allow", "GetObject", "arn:aws:s3:::b/*", everybody)), "Policy has invalid action"},
		{"rule 74: no ARN", whole(stmt("Allow", "s3:GetObject", "b/*", everybody)), "Policy has invalid resource"},
		{"rule 74: version", `{"Version":"2020-01-01"}`, "The policy must contain a valid version string"},
		{"rule 74: effect", whole(stmt("hello", "s3:*", "*", everybody)), "Invalid effect: hello"},
		{"rule 74: effect in other letters", whole(stmt("allow", "s3:*", "*", everybody)), "Invalid effect: allow"},
		{"rule 74: unknown element", `{"Statements":[]}`, "Unknown field Statements"},
		{"rule 74: too large", whole(stmt("Allow", "s3:*", "arn:aws:s3:::b/"+strings.Repeat("x", 20480), everybody)), "Normalized policy document exceeds the maximum allowed size"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := refusal(t, c.doc, BucketPolicy)
			assert.Equal(t, "MalformedPolicy", e.Code)
			assert.Equal(t, c.want, e.Message, e.Detail)
		})
	}
}

func TestOtherRefusals(t *testing.T) {
	t.Parallel()
	const organizations = "The provided policy document does not meet the requirements of the specified policy type."
	for _, c := range []struct {
		name, doc     string
		kind          Kind
		code, message string
	}{
		{"rule 75: queue policy", `{}`, QueuePolicy, "InvalidAttributeValue", "Invalid value for the parameter Policy."},
		{"rule 75: queue policy, principal", whole(stmt("Allow", "sqs:*", "*", aws("x"))), QueuePolicy, "InvalidAttributeValue", "Invalid value for the parameter Policy."},
		{"rule 75: queue policy, resource", whole(stmt("Allow", "sqs:*", "", aws(account))), QueuePolicy, "InvalidAttributeValue", "Invalid value for the parameter Policy."},
		{"rule 53: key policy", `{}`, KeyPolicy, "MalformedPolicyDocumentException", "Syntax errors in policy."},
		{"rule 72: SCP with a principal", whole(stmt("Deny", "*", "*", `"Principal":"*"`)), ServiceControlPolicy, "MalformedPolicyDocumentException", organizations},
		{"rule 72: SCP without a version", `{"Statement":` + stmt("Deny", "*", "*") + `}`, ServiceControlPolicy, "MalformedPolicyDocumentException", organizations},
		{"rule 41: RCP without a version", `{"Statement":` + stmt("Deny", "s3:*", "*", `"Principal":"*"`) + `}`, ResourceControlPolicy, "MalformedPolicyDocumentException", organizations},
		{"rule 41: RCP that allows", whole(stmt("Allow", "*", "*", `"Principal":"*"`)), ResourceControlPolicy, "MalformedPolicyDocumentException", organizations},
		{"rule 41: RCP for one account", whole(stmt("Deny", "s3:*", "*", aws(account))), ResourceControlPolicy, "MalformedPolicyDocumentException", organizations},
		{"rule 41: RCP with NotAction", whole(`{"Effect":"Deny","Principal":"*","NotAction":"s3:*","Resource":"*"}`), ResourceControlPolicy, "MalformedPolicyDocumentException", organizations},
		{"rule 41: RCP for every service", whole(stmt("Deny", "*", "*", `"Principal":"*"`)), ResourceControlPolicy, "MalformedPolicyDocumentException", organizations},
		{"rule 41: RCP without a resource", whole(stmt("Deny", "s3:*", "", `"Principal":"*"`)), ResourceControlPolicy, "MalformedPolicyDocumentException", organizations},
		{"rule 49: endpoint policy", `{}`, EndpointPolicy, "InvalidPolicyDocument", "Syntax errors in policy."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := refusal(t, c.doc, c.kind)
			assert.Equal(t, c.code, e.Code)
			assert.Equal(t, c.message, e.Message)
			assert.NotEmpty(t, e.Detail)
		})
	}
	_, err := Parse(whole(stmt("Allow", "ecr:*", "", aws(account))), ResourcePolicy, Source{})
	require.NoError(t, err, "some services imply the resource")
}

// rule 73: the partitions and the resources of IAM that IAM takes.
func TestPartitionsAndPaths(t *testing.T) {
	t.Parallel()
	for _, partition := range strings.Fields("aws aws-cn aws-us-gov aws-iso aws-iso-b aws-iso-e aws-iso-f aws-eusc *") {
		assert.Empty(t, checkResource("arn:"+partition+":s3:::b"), partition)
	}
	for _, partition := range strings.Fields("awss aws-us AWS ?") {
		assert.Contains(t, checkResource("arn:"+partition+":s3:::b"), "is not valid for resource", partition)
	}
	for _, kind := range strings.Fields("user federated-user role group instance-profile mfa server-certificate policy sms-mfa saml-provider oidc-provider report access-report") {
		assert.Empty(t, checkResource("arn:aws:iam::"+account+":"+kind+"/x"), kind)
		assert.Contains(t, checkResource("arn:aws:iam::"+account+":"+kind), "IAM resource path must", kind)
	}
	for _, resource := range []string{"*", "root"} {
		assert.Empty(t, checkResource("arn:aws:iam::"+account+":"+resource), resource)
	}
	assert.Contains(t, checkResource("arn:aws:iam::"+account+":users/x"), "IAM resource path must")
	for _, resource := range []string{"arn:aws:", "arn:aws::::x", "arn:aws", "arn:aws:s*:::b"} {
		assert.Equal(t, "Resource vendor must be fully qualified and cannot contain regexes.", checkResource(resource), resource)
	}
}

func TestKindNames(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "role trust policy", TrustPolicy.String())
	assert.Equal(t, "VPC endpoint policy", EndpointPolicy.String())
	assert.Equal(t, "Kind(12) Kind(-1) unknown policy", Kind(12).String()+" "+Kind(-1).String()+" "+Kind(0).String())
}
