package lint

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/managed"
)

// lines returns the findings about a document, one on each line.
func lines(doc string, kind enforce.Kind) []string {
	var all []string
	for _, f := range Lint(doc, kind, enforce.Source{}) {
		all = append(all, strings.TrimPrefix(f.String(), "policy:"))
	}
	return all
}

// stmt writes a statement; more has further elements as JSON.
func stmt(effect, action, resource string, more ...string) string {
	parts := append([]string{`"Effect":"` + effect + `"`, `"Action":"` + action + `"`}, more...)
	if resource != "" {
		parts = append(parts, `"Resource":"`+resource+`"`)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func aws(principal string) string { return `"Principal":{"AWS":"` + principal + `"}` }

func statementsOf(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

// Each document has one thing to find.
func TestLintFinds(t *testing.T) {
	t.Parallel()
	with := func(condition string) string {
		return statementsOf(stmt("Allow", "s3:ListBucket", "arn:aws:s3:::b", `"Condition":`+condition))
	}
	everybody := `"Principal":"*"`
	for _, c := range []struct {
		name, doc string
		kind      enforce.Kind
		want      string // of the finding's line, after its place
	}{
		{"unknown service", statementsOf(stmt("Allow", "s4:GetObject", "*")), enforce.IdentityPolicy,
			`error INVALID_SERVICE_IN_ACTION: no service has the prefix "s4"`},
		{"a foreign key, and an action that is unknown", statementsOf(stmt("Deny", "sqs:Frobnicate", "*", `"Condition":{"StringEquals":{"iam:PolicyARN":"x"}}`)), enforce.IdentityPolicy,
			`error INVALID_ACTION: Amazon SQS has no action "Frobnicate"`},
		{"misspelled service", statementsOf(stmt("Allow", "sesv2:SendEmail", "*")), enforce.IdentityPolicy,
			`error INVALID_SERVICE_IN_ACTION: no service has the prefix "sesv2"; did you mean "ses:SendEmail"?`},
		{"misspelled action", statementsOf(stmt("Allow", "s3:GetObjcet", "*")), enforce.IdentityPolicy,
			`error INVALID_ACTION: Amazon S3 has no action "GetObjcet"; did you mean "s3:GetObject"?`},
		{"an action of nothing like", statementsOf(stmt("Deny", "sqs:Frobnicate", "*")), enforce.IdentityPolicy,
			`error INVALID_ACTION: Amazon SQS has no action "Frobnicate"`},
		{"the name of an operation", statementsOf(stmt("Allow", "s3:ListObjectsV2", "*")), enforce.IdentityPolicy,
			`error INVALID_ACTION: Amazon S3 has no action "ListObjectsV2"; the operation ListObjectsV2 needs s3:ListBucket`},
		{"a pattern without a match", statementsOf(stmt("Allow", "sqs:Fetch*", "*")), enforce.IdentityPolicy,
			`error INVALID_ACTION: no action of Amazon SQS matches "Fetch*"`},
		{"unknown action in NotAction", statementsOf(`{"Effect":"Deny","NotAction":"s3:GetObjcet","Resource":"*"}`), enforce.IdentityPolicy,
			`error INVALID_ACTION: Amazon S3 has no action "GetObjcet"; did you mean "s3:GetObject"?`},
		{"unknown global key", with(`{"IpAddress":{"aws:SourceIP4":"10.0.0.0/8"}}`), enforce.IdentityPolicy,
			`error INVALID_GLOBAL_CONDITION_KEY: there is no global condition key "aws:SourceIP4"; did you mean "aws:SourceIp"?`},
		{"unknown key of a service", with(`{"StringEquals":{"s3:prefixes":"x"}}`), enforce.IdentityPolicy,
			`error INVALID_SERVICE_CONDITION_KEY: Amazon S3 has no condition key "s3:prefixes"; did you mean "s3:prefix"?`},
		{"key of an unknown service", with(`{"StringEquals":{"s4:prefix":"x"}}`), enforce.IdentityPolicy,
			`error INVALID_SERVICE_CONDITION_KEY: no service has the prefix of condition key "s4:prefix"`},
		{"key without a prefix", with(`{"StringEquals":{"prefix":"x"}}`), enforce.IdentityPolicy,
			`error INVALID_CONDITION_KEY_FORMAT: condition key "prefix" has no prefix; want a form like aws:SourceIp`},
		{"key of another action", with(`{"StringEquals":{"s3:x-amz-acl":"private"}}`), enforce.IdentityPolicy,
			`warning CONDITION_KEY_NOT_OF_ACTION: no request for s3:ListBucket has the condition key s3:x-amz-acl`},
		{"key of another service's action", statementsOf(stmt("Allow", "sts:AssumeRoleWithWebIdentity", "", `"Principal":{"Federated":"id.example.com"}`, `"Condition":{"StringEquals":{"saml:aud":"x"}}`)), enforce.TrustPolicy,
			"warning CONDITION_KEY_NOT_OF_ACTION: no request for sts:AssumeRoleWithWebIdentity has the condition key saml:aud"},
		{"object action on a bucket", statementsOf(stmt("Allow", "s3:GetObject", "arn:aws:s3:::b")), enforce.IdentityPolicy,
			"warning RESOURCE_NOT_OF_ACTION: s3:GetObject acts on none of the statement's resources; it acts on arn:${Partition}:s3:::${BucketName}/${ObjectName}, arn:${Partition}:s3:${Region}:${Account}:accesspoint/${AccessPointName}/object/${ObjectName}"},
		{"bucket action on objects", statementsOf(stmt("Deny", "s3:ListBucket", "arn:aws:s3:::b/*")), enforce.IdentityPolicy,
			"warning RESOURCE_NOT_OF_ACTION: s3:ListBucket acts on none of the statement's resources; it acts on arn:${Partition}:s3:::${BucketName}, arn:${Partition}:s3:${Region}:${Account}:accesspoint/${AccessPointName}"},
		{"an action without resources", statementsOf(stmt("Allow", "sqs:ListQueues", "arn:aws:s3:::b")), enforce.IdentityPolicy,
			"warning RESOURCE_NOT_OF_ACTION: sqs:ListQueues acts on none of the statement's resources; it acts on arn:${Partition}:sqs:${Region}:${Account}:*"},
		{"an action without resource-level permissions", statementsOf(stmt("Allow", "ec2:DescribeInstances", "arn:aws:ec2:us-east-1:111122223333:instance/*")), enforce.IdentityPolicy,
			`warning RESOURCE_NOT_OF_ACTION: ec2:DescribeInstances has no resource-level permissions: no ARN matches its requests; give it a statement with the resource "*"`},
		{"all buckets by one bucket", statementsOf(stmt("Allow", "s3:ListAllMyBuckets", "arn:aws:s3:::b")), enforce.IdentityPolicy,
			"warning RESOURCE_NOT_OF_ACTION: s3:ListAllMyBuckets acts on none of the statement's resources; it acts on arn:${Partition}:s3:::*"},
		{"a resource too many", statementsOf(`{"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}`), enforce.IdentityPolicy,
			"warning RESOURCE_NOT_OF_ACTION: none of the statement's actions acts on arn:aws:s3:::b"},
		{"NotAction with Allow", statementsOf(`{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`), enforce.IdentityPolicy,
			"warning ALLOW_WITH_NOT_ACTION: Allow with NotAction allows every other action, those of other and of future services too; list what is allowed in Action, or deny with NotAction"},
		{"everything", statementsOf(stmt("Allow", "*", "*")), enforce.IdentityPolicy,
			"warning ALLOW_EVERYTHING: the statement allows every action on every resource"},
		{"everybody", statementsOf(stmt("Allow", "sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:q", everybody)), enforce.QueuePolicy,
			"warning ALLOW_EVERY_PRINCIPAL: Allow for every principal: of all accounts, and anonymous callers too; name the principals, or add a condition such as aws:PrincipalOrgID or aws:SourceArn"},
		{"everybody, the long form", statementsOf(stmt("Allow", "s3:GetObject", "arn:aws:s3:::b/*", `"Principal":{"AWS":["111122223333","*"]}`)), enforce.BucketPolicy,
			"warning ALLOW_EVERY_PRINCIPAL: Allow for every principal: of all accounts, and anonymous callers too; name the principals, or add a condition such as aws:PrincipalOrgID or aws:SourceArn"},
		// What AWS refuses.
		{"a wildcard in a principal", statementsOf(stmt("Allow", "sqs:SendMessage", "*", aws("arn:aws:iam::111122223333:user/*"))), enforce.QueuePolicy,
			`error InvalidAttributeValue: AWS "arn:aws:iam::111122223333:user/*" names no account, user, role, session, service or identity provider; a wildcard stands for everybody or not at all: write "*" with a condition on aws:PrincipalArn`},
		{"unknown operator", with(`{"StringEqual":{"s3:prefix":"x"}}`), enforce.IdentityPolicy,
			`error MalformedPolicyDocument: unknown condition operator "StringEqual"; did you mean "StringEquals"?`},
		{"unknown element", `{"Version":"2012-10-17","Statements":[],"Statement":[` + stmt("Deny", "s3:*", "*") + `]}`, enforce.IdentityPolicy,
			`error MalformedPolicyDocument: unknown element "Statements"`},
		{"an Id that is no text", `{"Version":"2012-10-17","Id":7,"Statement":[` + stmt("Deny", "s3:*", "*") + `]}`, enforce.IdentityPolicy,
			"error MalformedPolicyDocument: Id is a string, not a number"},
		{"no statements", `{"Version":"2012-10-17"}`, enforce.IdentityPolicy,
			"error MalformedPolicyDocument: Statement is missing"},
		{"not JSON", `{"Version":`, enforce.IdentityPolicy,
			"error MalformedPolicyDocument: want a value, found the end of the document"},
		{"an unknown action that S3 refuses", statementsOf(stmt("Allow", "s3:GetObjcet", "arn:aws:s3:::b/*", aws("111122223333"))), enforce.BucketPolicy,
			`error MalformedPolicy: S3 has no action "s3:GetObjcet"; did you mean "s3:GetObject"?`},
		{"a managed policy over the quota", statementsOf(stmt("Deny", "s3:*", "arn:aws:s3:::"+strings.Repeat("b", 6200))), enforce.ManagedPolicy,
			"error POLICY_SIZE_EXCEEDED: the document has 6299 characters without white space; 6144 are the quota of a managed policy"},
		{"an RCP over the quota, with white space", statementsOf(stmt("Deny", "s3:*", "*", everybody)) + strings.Repeat(" ", 5120), enforce.ResourceControlPolicy,
			"error POLICY_SIZE_EXCEEDED: the document has 5223 characters; 5120 are the quota of a resource control policy"},
		{"an RCP for a service without", statementsOf(stmt("Deny", "ec2:*", "*", everybody)), enforce.ResourceControlPolicy,
			`error MalformedPolicyDocumentException: action "ec2:*": resource control policies are not for service "ec2"`},
		{"an RCP for all services", statementsOf(stmt("Deny", "*", "*", everybody)), enforce.ResourceControlPolicy,
			`error MalformedPolicyDocumentException: Action "*" is for RCPFullAWSAccess alone; name the service, like s3:*`},
		{"too long", strings.Repeat(" ", enforce.MaxDocument+1), enforce.IdentityPolicy,
			"error MalformedPolicyDocument: the document has 131073 bytes; 131072 are the most"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			found := lines(c.doc, c.kind)
			require.Len(t, found, 1)
			_, finding, _ := strings.Cut(found[0], ": ")
			assert.Equal(t, c.want, finding)
		})
	}
}

// There is nothing to find in what is right, though it looks a little like what
// is not.
func TestLintIsSilent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, doc string
		kind      enforce.Kind
	}{
		{"bucket and objects", statementsOf(`{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}`), enforce.IdentityPolicy},
		{"both in one pattern", statementsOf(`{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::b*"}`), enforce.IdentityPolicy},
		{"a service's actions on a bucket", statementsOf(stmt("Allow", "s3:*", "arn:aws:s3:::b")), enforce.IdentityPolicy},
		{"all buckets", statementsOf(stmt("Allow", "s3:ListAllMyBuckets", "arn:aws:s3:::*")), enforce.IdentityPolicy},
		{"users below a path", statementsOf(stmt("Allow", "iam:ListUsers", "arn:aws:iam::111122223333:user/eng/*")), enforce.IdentityPolicy},
		{"in other letters", statementsOf(stmt("Allow", "S3:getobject", "*", `"Condition":{"StringEquals":{"AWS:sourcevpc":"v","S3:EXISTINGOBJECTTAG/team":"blue"}}`)), enforce.IdentityPolicy},
		{"a variable", statementsOf(stmt("Allow", "s3:GetObject", "arn:aws:s3:::b/${aws:username, 'x'}/*")), enforce.IdentityPolicy},
		{"a variable for all", statementsOf(stmt("Allow", "s3:ListBucket", "arn:aws:s3:::${aws:PrincipalTag/bucket}")), enforce.IdentityPolicy},
		{"everything but", statementsOf(`{"Effect":"Deny","NotAction":"s3:*","NotResource":"arn:aws:s3:::b"}`), enforce.IdentityPolicy},
		{"any action", statementsOf(stmt("Deny", "*", "arn:aws:s3:::b", `"Condition":{"StringEquals":{"s3:prefix":"x"}}`)), enforce.IdentityPolicy},
		{"a key of another service, and any action", statementsOf(stmt("Deny", "*", "*", `"Condition":{"StringEquals":{"sts:ExternalId":"x"}}`)), enforce.IdentityPolicy},
		{"everything, on a condition", statementsOf(stmt("Allow", "*", "*", `"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`)), enforce.IdentityPolicy},
		{"everybody, on a condition", statementsOf(stmt("Allow", "sqs:SendMessage", "*", `"Principal":"*"`, `"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:t"}}`)), enforce.QueuePolicy},
		{"nobody", statementsOf(stmt("Deny", "sqs:*", "*", `"Principal":"*"`)), enforce.QueuePolicy},
		{"a key of the principal's session", statementsOf(stmt("Allow", "s3:GetObject", "*", `"Condition":{"ArnLike":{"lambda:SourceFunctionArn":"arn:aws:lambda:*:*:function:f"}}`)), enforce.IdentityPolicy},
		{"a key of the other service", statementsOf(stmt("Allow", "sts:AssumeRole", "*", `"Condition":{"StringEquals":{"iam:ResourceTag/team":"blue"}}`)), enforce.IdentityPolicy},
		{"claims of a provider", statementsOf(stmt("Allow", "sts:AssumeRoleWithWebIdentity", "", `"Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/id.example.com"}`, `"Condition":{"StringEquals":{"id.example.com:sub":"x"}}`)), enforce.TrustPolicy},
		{"claims of an assertion", statementsOf(stmt("Allow", "sts:AssumeRoleWithSAML", "", `"Principal":{"Federated":"arn:aws:iam::111122223333:saml-provider/p"}`, `"Condition":{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}`)), enforce.TrustPolicy},
		{"white space over the quota of a managed policy", statementsOf(stmt("Deny", "s3:*", "*")) + strings.Repeat(" ", 6144), enforce.ManagedPolicy},
		{"a foreign key, and all but some actions", statementsOf(`{"Effect":"Deny","NotAction":"sqs:*","Resource":"*","Condition":{"StringEquals":{"iam:PolicyARN":"x"}}}`), enforce.IdentityPolicy},
		{"an SCP", statementsOf(stmt("Allow", "*", "*")), enforce.ServiceControlPolicy},
		{"an endpoint", statementsOf(stmt("Allow", "*", "*", `"Principal":"*"`)), enforce.EndpointPolicy},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			assert.Empty(t, lines(c.doc, c.kind))
		})
	}
}

// All at once, each where it stands, also what comes after what AWS stops at.
func TestLintFindsAll(t *testing.T) {
	t.Parallel()
	doc := `{
  "Version": "2012-10-17",
  "Statements": 1,
  "Statement": [
    {"Effect": "Allow", "Action": ["s3:GetObjcet", "GetObject"], "Resource": ["b", "*"]},
    {"Effect": "Perhaps", "NotAction": "s3:*", "Action": "s3:*", "Resource": "*", "Extra": 1},
    7,
    {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*", "Principal": {"AWS": "x"},
     "Condition": {"StringEqual": {"s3:prefix": "a"}, "DateLessThan": {"aws:CurrentTime": "soon"}, "Bool": {"aws:SecureTransprt": "true"}}},
    {"Action": "s3:*"},
    {"Sid": "a", "Effect": "Deny", "Action": "s3:*", "Resource": "*"},
    {"Sid": "a", "Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}
  ]
}`
	assert.Equal(t, []string{
		`3:3: error MalformedPolicyDocument: unknown element "Statements"`,
		`5:36: error INVALID_ACTION: Amazon S3 has no action "GetObjcet"; did you mean "s3:GetObject"?`,
		`5:52: error MalformedPolicyDocument: action "GetObject": want a form like s3:GetObject, s3:Get* or *`,
		`5:79: error MalformedPolicyDocument: Resource b must be in ARN format or "*".`,
		`6:5: error MalformedPolicyDocument: a statement has Action or NotAction, not both`,
		`6:16: error MalformedPolicyDocument: unknown Effect "Perhaps"; want Allow or Deny`,
		`6:83: error MalformedPolicyDocument: unknown element "Extra"`,
		`7:5: error MalformedPolicyDocument: a statement is an object, not a number`,
		`8:5: error MalformedPolicyDocument: the principal is whom the policy is attached to`,
		`9:20: error MalformedPolicyDocument: unknown condition operator "StringEqual"; did you mean "StringEquals"?`,
		`9:91: error MalformedPolicyDocument: DateLessThan: "soon" is no date; write it like 2026-11-22T20:26:45Z`,
		`9:109: error INVALID_GLOBAL_CONDITION_KEY: there is no global condition key "aws:SecureTransprt"; did you mean "aws:SecureTransport"?`,
		`10:5: error MalformedPolicyDocument: Effect is missing`,
		`10:5: error MalformedPolicyDocument: Resource is missing`,
		`12:5: warning ALLOW_WITH_NOT_ACTION: Allow with NotAction allows every other action, those of other and of future services too; list what is allowed in Action, or deny with NotAction`,
		`12:5: warning ADMINISTRATOR_ACCESS: iam:AttachUserPolicy of every user is administrator access: the principal can give itself every permission; name the resources, or add a condition such as iam:PermissionsBoundary`,
		`12:13: error MalformedPolicyDocument: Sid "a" is there twice`,
	}, lines(doc, enforce.IdentityPolicy))
	found := Lint(doc, enforce.IdentityPolicy, enforce.Source{File: "p.json", Line: 10})
	assert.Equal(t, "p.json:12:3: error MalformedPolicyDocument: unknown element \"Statements\"", found[0].String())
	assert.Equal(t, "Syntax errors in policy.", found[0].Refusal)
	assert.Empty(t, found[1].Refusal)
	text, err := json.Marshal(found[1])
	require.NoError(t, err)
	assert.JSONEq(t, `{"severity":"error","code":"INVALID_ACTION","file":"p.json","line":14,"column":36,
		"message":"Amazon S3 has no action \"GetObjcet\"","suggestion":"did you mean \"s3:GetObject\"?"}`, string(text))
}

func TestSeverityNames(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "info warning error Severity(3)", strings.Join([]string{Info.String(), Warning.String(), Error.String(), Severity(3).String()}, " "))
}

// What Parse refuses, Lint finds in the same place with the same words; what
// Parse takes, Lint says of no document that AWS refuses it.
func FuzzLint(f *testing.F) {
	files, err := filepath.Glob("../../cmd/leastpriv/testdata/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds: ", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range strings.Split(string(text), "\n-- ")[1:] {
			_, doc, _ := strings.Cut(part, "--\n")
			f.Add(doc, int(enforce.IdentityPolicy))
			f.Add(doc, int(enforce.BucketPolicy))
		}
	}
	f.Add(`{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:user/*"},"Action":["s3:*","x"],"Resource":"arn:aws:s3:::${b"}}`, int(enforce.QueuePolicy))
	f.Add(`{"Statement":[{"Effect":"deny","NotPrincipal":"*","Sid":"a","Condition":{"Bool":{"k":[]}}},{"Sid":"a"}]}`, int(enforce.TrustPolicy))
	f.Fuzz(func(t *testing.T, doc string, kind int) {
		found := Lint(doc, enforce.Kind(kind), enforce.Source{})
		_, err := enforce.Parse(doc, enforce.Kind(kind), enforce.Source{})
		var refusal *enforce.DocumentError
		if !errors.As(err, &refusal) {
			for _, one := range found {
				if one.Refusal != "" {
					t.Fatalf("%s\nis taken, and %s", doc, one.String())
				}
			}
			return
		}
		for _, one := range found {
			if one.Severity == Error && one.Line == refusal.Line && one.Column == refusal.Column &&
				one.Message == refusal.Detail && one.Refusal == refusal.Message && one.Code == refusal.Code {
				return
			}
		}
		t.Fatalf("%s\nis refused: %v\nfound are %v", doc, err, found)
	})
}

// A principal that names nobody is told of besides what else is wrong.
func TestLintOfPrincipalsInRCPs(t *testing.T) {
	t.Parallel()
	found := lines(statementsOf(stmt("Deny", "s3:*", "*", aws("nobody"))), enforce.ResourceControlPolicy)
	require.Len(t, found, 2)
	assert.Contains(t, found[0], `Principal must be "*"`)
	assert.Contains(t, found[1], "names no account")
	found = lines(statementsOf(stmt("Deny", "s3:*", "*", aws("nobody"))), enforce.ServiceControlPolicy)
	require.Len(t, found, 1, "there is to be no principal at all")
}

// The largest documents that a statement can be made of take a fraction of a
// second. One that took quadratic time would not end before the test's limit.
func TestLintIsBounded(t *testing.T) {
	t.Parallel()
	many := func(n int, format string) string {
		list := make([]string, n)
		for i := range list {
			list[i] = `"` + strings.ReplaceAll(format, "#", strconv.Itoa(i)) + `"`
		}
		return strings.Join(list, ",")
	}
	const resource = `"Resource":"arn:aws:ec2:us-east-1:111122223333:x/y"`
	for name, c := range map[string]struct {
		doc      string
		findings int
	}{
		"a long ARN":        {stmt("Allow", "ec2:*", "arn:aws:ec2:us-east-1:111122223333:"+strings.Repeat("a*", 30000)), 0},
		"many ARNs":         {`{"Effect":"Allow","Action":"ec2:*","Resource":[` + many(800, "arn:aws:ec2:us-east-1:111122223333:x/#*") + `]}`, 1},
		"many patterns":     {`{"Effect":"Allow",` + resource + `,"Action":[` + many(2000, "ec2:*s*?#?*") + `]}`, 2000},
		"many unknown":      {`{"Effect":"Allow","Resource":"*","Action":[` + many(300, "ec2:DescribeInstancesX#") + `]}`, 300},
		"many unknown keys": {stmt("Allow", "ec2:*", "*", `"Condition":{"StringEquals":{`+strings.ReplaceAll(many(500, "ec2:ResourceTagg/x#"), ",", `:"v",`)+`:"v"}}`), 500},
		"many statements":   {strings.TrimSuffix(strings.Repeat(`{"Effect":"Allow","Action":"ec2:*",`+resource+"},", 300), ","), 599}, // all but one are redundant too
		"many to compare":   {strings.TrimSuffix(strings.Repeat(`{"Effect":"Deny","Action":["ec2:*s*s*","ec2:*t*t*"],"Resource":"arn:aws:ec2:*:*:*a*/*"},{"Effect":"Deny","Action":["ec2:*s*","ec2:*u*"],"Resource":"arn:aws:ec2:*:*:*b*/*"},`, 300), ","), 598},
		"many to fulfil":    {stmt("Allow", "ec2:*", "*", `"Condition":{"StringEquals":{"aws:PrincipalTag/a":[`+many(4000, "v#")+`]},"StringNotEquals":{"aws:PrincipalTag/a":[`+many(4000, "v#")+`]}}`), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := Lint(statementsOf(c.doc), enforce.IdentityPolicy, enforce.Source{})
			found = slices.DeleteFunc(found, func(f Finding) bool { return f.Code == TooLong })
			assert.Equal(t, c.findings, len(found)) //nolint:testifylint // it would print them all
		})
	}
}

func BenchmarkLint(b *testing.B) {
	doc := statementsOf(`{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket","s3:Put*"],"Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}`,
		stmt("Allow", "sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:q", `"Condition":{"StringEquals":{"aws:PrincipalTag/team":"blue"}}`))
	b.ReportAllocs()
	for b.Loop() {
		Lint(doc, enforce.IdentityPolicy, enforce.Source{})
	}
}

// AWS's own policies are mostly right: Lint has little to say of them. Much of it
// is true nevertheless, like actions of services that are no more. What they say holds,
// and is well-formed.
func TestLintOfManagedPolicies(t *testing.T) {
	t.Parallel()
	certain := []string{NeverHolds, EmptyCondition, ServicePrincipal, ARNAccount, ARNRegion, AccountFormat}
	worst := make(map[Severity]int)
	names := managed.Names()
	for i, name := range names {
		if testing.Short() && i%40 != 0 {
			continue
		}
		m, _ := managed.Get(name)
		severity := Info
		for _, f := range Lint(m.Document(), enforce.ManagedPolicy, enforce.Source{ARN: m.ARN()}) {
			assert.Empty(t, f.Refusal, name)
			assert.NotContains(t, certain, f.Code, "%s: %s", name, f)
			severity = max(severity, f.Severity)
		}
		worst[severity]++
	}
	assert.Less(t, worst[Error]*100, len(names)*4, "policies with errors")
	assert.Less(t, worst[Warning]*100, len(names)*25, "policies with warnings")
}
