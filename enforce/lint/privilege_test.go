package lint

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
)

// found returns the findings of some codes, one on each line.
func found(doc string, kind enforce.Kind, codes ...string) (all []string) {
	for _, f := range Lint(doc, kind, enforce.Source{}) {
		for _, code := range codes {
			if f.Code == code {
				all = append(all, strings.TrimPrefix(f.String(), "policy:"))
			}
		}
	}
	return all
}

func notAction(actions, resource string) string {
	return `{"Effect":"Allow","NotAction":` + actions + `,"Resource":"` + resource + `"}`
}

func TestLintFindsEscalation(t *testing.T) {
	t.Parallel()
	const mfa = `"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`
	const passedTo = `"Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}`
	for _, c := range []struct{ name, statement, want string }{
		{"all of IAM", stmt("Allow", "iam:*", "*"), "1:65: warning ADMINISTRATOR_ACCESS"},
		{"in other letters", stmt("Allow", "IAM:ATTACH*", "*"), "1:65: warning ADMINISTRATOR_ACCESS"},
		{"one action", stmt("Allow", "iam:PutRolePolicy", "*"), "warning ADMINISTRATOR_ACCESS: iam:PutRolePolicy of every role"},
		{"on all roles", stmt("Allow", "iam:AttachRolePolicy", "arn:aws:iam::111122223333:role/*"), "warning ADMINISTRATOR_ACCESS"},
		{"on what AWS completes", stmt("Allow", "iam:CreatePolicyVersion", "arn:aws:iam::*"), "warning ADMINISTRATOR_ACCESS"},
		{"all but little", notAction(`"s3:*"`, "*"), "1:38: warning ADMINISTRATOR_ACCESS"},
		{"all but some of IAM", notAction(`["iam:Attach*","iam:Put*"]`, "*"), "warning ADMINISTRATOR_ACCESS: iam:CreatePolicyVersion of every policy"},
		{"everything but a bucket", `{"Effect":"Allow","Action":"iam:*","NotResource":"arn:aws:s3:::b"}`, "warning ADMINISTRATOR_ACCESS"},
		{"everything in all ARNs", stmt("Allow", "*", "arn:aws:iam::*:*"), "warning ADMINISTRATOR_ACCESS"},
		{"on a condition", stmt("Allow", "iam:AttachRolePolicy", "*", mfa), ""},
		{"all but IAM", notAction(`["iam:*","sts:*"]`, "*"), ""},
		{"all but roles", `{"Effect":"Allow","Action":"iam:AttachRolePolicy","NotResource":"arn:aws:iam::*:role/*"}`, ""},
		{"roles on a path", stmt("Allow", "iam:AttachRolePolicy", "arn:aws:iam::111122223333:role/apps/*"), ""},
		{"of another kind", stmt("Allow", "iam:AttachRolePolicy", "arn:aws:iam::111122223333:user/*"), ""},
		{"denied", stmt("Deny", "iam:*", "*"), ""},
		{"pass any role", stmt("Allow", "iam:PassRole", "*"), "warning PASS_ROLE_WITH_STAR_IN_RESOURCE"},
		{"pass any role of the account", stmt("Allow", "iam:Pass*", "arn:aws:iam::111122223333:role/*"), "warning PASS_ROLE_WITH_STAR_IN_RESOURCE"},
		{"pass any role, with MFA", stmt("Allow", "iam:PassRole", "*", mfa), "warning PASS_ROLE_WITH_STAR_IN_RESOURCE"},
		{"pass any role to a service", stmt("Allow", "iam:PassRole", "*", passedTo), ""},
		{"pass a role", stmt("Allow", "iam:PassRole", "arn:aws:iam::111122223333:role/job"), ""},
		{"assume any role", stmt("Allow", "sts:AssumeRole", "*"), "warning ASSUME_ROLE_WITH_STAR_IN_RESOURCE"},
		{"assume any role of all accounts", stmt("Allow", "sts:*", "arn:aws:iam::*:role/*"), "warning ASSUME_ROLE_WITH_STAR_IN_RESOURCE"},
		{"assume a role of all accounts", stmt("Allow", "sts:AssumeRole", "arn:aws:iam::*:role/audit"), ""},
		{"assume tagged roles", stmt("Allow", "sts:AssumeRole", "*", `"Condition":{"StringEquals":{"iam:ResourceTag/team":"blue"}}`), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			findings := found(statementsOf(c.statement), enforce.IdentityPolicy, AdministratorAccess, PassEveryRole, AssumeEveryRole)
			if c.want == "" {
				assert.Empty(t, findings)
				return
			}
			require.NotEmpty(t, findings)
			assert.Contains(t, findings[0], c.want)
			if c.name != "all but little" && c.name != "all but some of IAM" {
				assert.Empty(t, found(statementsOf(c.statement), enforce.ServiceControlPolicy, AdministratorAccess, PassEveryRole, AssumeEveryRole), "an SCP grants nothing")
			}
		})
	}
	assert.Equal(t, []string{"1:38: warning ALLOW_EVERYTHING: the statement allows every action on every resource"},
		lines(statementsOf(stmt("Allow", "*", "*")), enforce.IdentityPolicy))
	for _, refused := range []string{"*:*", "?*", "**", "i*:*"} {
		findings := lines(statementsOf(stmt("Allow", refused, "*")), enforce.IdentityPolicy)
		require.Len(t, findings, 1, refused)
		assert.Contains(t, findings[0], "error MalformedPolicyDocument", "AWS stores no such disguise")
	}
}

func TestLintFindsResourcesToNarrow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ statement, want string }{
		{stmt("Allow", "s3:GetObject", "*"), "1:91: info RESOURCE_CAN_BE_NARROWED: the resource can be named: all of s3:GetObject act on resources; they act on arn:${Partition}:s3:::${BucketName}/${ObjectName}, arn:${Partition}:s3:${Region}:${Account}:accesspoint/${AccessPointName}/object/${ObjectName}"},
		{`{"Effect":"Allow","Action":["sqs:Send*","sqs:ReceiveMessage"],"Resource":"*"}`, "1:111: info RESOURCE_CAN_BE_NARROWED: the resource can be named: all of sqs:Send*, sqs:ReceiveMessage act on resources; they act on arn:${Partition}:sqs:${Region}:${Account}:${QueueName}"},
		{stmt("Allow", "s3:*", "*"), ""},
		{`{"Effect":"Allow","Action":["s3:GetObject","ec2:DescribeInstances"],"Resource":"*"}`, ""},
		{`{"Effect":"Allow","Action":["s3:GetObject","s3:GetObjekt"],"Resource":"*"}`, ""},
		{stmt("Allow", "s3:ListAllMyBuckets", "*"), ""},
		{stmt("Deny", "s3:GetObject", "*"), ""},
		{stmt("Allow", "s3:GetObject", "arn:aws:s3:::*"), ""},
		{stmt("Allow", "s3:GetObject", "*", `"Condition":{"StringEquals":{"aws:ResourceTag/team":"blue"}}`), ""},
		{notAction(`"s3:GetObject"`, "*"), ""},
	} {
		assert.Equal(t, c.want, strings.Join(found(statementsOf(c.statement), enforce.IdentityPolicy, ResourceTooBroad), "\n"), c.statement)
	}
}

func TestLintFindsConditionsThatNeverHold(t *testing.T) {
	t.Parallel()
	const k = "aws:PrincipalTag/team"
	for _, c := range []struct{ conditions, want string }{
		// Contradictions.
		{`"StringEquals":{"` + k + `":"red"},"StringLike":{"` + k + `":["bl*","green"]}`, "no value of aws:PrincipalTag/team is right for StringEquals and StringLike: the statement allows nothing"},
		{`"StringEquals":{"` + k + `":["red","blue"]},"StringNotEquals":{"` + k + `":["blue","red","green"]}`, "no value of"},
		{`"StringEquals":{"` + k + `":"red","AWS:principaltag/team":"blue"}`, "no value of"},
		{`"StringEquals":{"` + k + `":"red"},"StringEqualsIfExists":{"` + k + `":"blue"}`, "no value of"},
		{`"NumericLessThan":{"s3:max-keys":"5"},"NumericGreaterThan":{"s3:max-keys":"10"}`, "no value of s3:max-keys is right for NumericLessThan and NumericGreaterThan"},
		{`"NumericLessThan":{"s3:max-keys":"5"},"NumericGreaterThanEquals":{"s3:max-keys":5}`, "no value of"},
		{`"DateGreaterThan":{"aws:CurrentTime":"2026-02-01T00:00:00Z"},"DateLessThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}`, "no value of"},
		{`"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"IpAddressIfExists":{"aws:SourceIp":"192.168.0.0/16"}`, "no value of"},
		{`"Bool":{"aws:SecureTransport":"true"},"BoolIfExists":{"aws:SecureTransport":"false"}`, "no value of"},
		{`"Null":{"` + k + `":"true"},"StringEquals":{"` + k + `":"red"}`, "StringEquals wants aws:PrincipalTag/team to be there, and Null wants it missing"},
		{`"Null":{"aws:TagKeys":"true"},"ForAnyValue:StringEquals":{"aws:TagKeys":"red"}`, "ForAnyValue:StringEquals wants aws:TagKeys to be there"},
		// Values that are none.
		{`"Null":{"` + k + `":"red"}`, `Null asks whether aws:PrincipalTag/team is missing, true or false; it is never "red"`},
		{`"Bool":{"aws:SecureTransport":"yes"}`, `Bool compares aws:SecureTransport with true or false; it is never "yes"`},
		// What may hold.
		{`"StringEquals":{"` + k + `":["red","blue"]},"StringLike":{"` + k + `":"bl*"}`, ""},
		{`"StringEquals":{"` + k + `":"${aws:username}"},"StringLike":{"` + k + `":"bl*"}`, ""},
		{`"StringEquals":{"` + k + `":"red"},"StringLike":{"` + k + `":"${aws:username}"}`, ""},
		{`"StringEqualsIfExists":{"` + k + `":"red"},"StringNotEquals":{"` + k + `":"red"}`, ""},
		{`"StringEquals":{"` + k + `":"red","aws:PrincipalTag/other":"blue"}`, ""},
		{`"ForAnyValue:StringEquals":{"aws:TagKeys":"a"},"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`, ""},
		{`"ForAnyValue:StringEquals":{"aws:TagKeys":"a"},"ForAnyValue:StringLike":{"aws:TagKeys":"b*"}`, ""},
		{`"NumericLessThan":{"s3:max-keys":"10"},"NumericGreaterThan":{"s3:max-keys":"5"}`, ""},
		{`"NumericLessThan":{"s3:max-keys":"6"},"NumericGreaterThan":{"s3:max-keys":"5"},"NumericNotEquals":{"s3:max-keys":"5.5"}`, ""},
		{`"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"},"DateLessThan":{"aws:CurrentTime":"2026-02-01T00:00:00Z"}`, ""},
		{`"DateGreaterThan":{"aws:CurrentTime":"2026-01-01"},"DateLessThan":{"aws:CurrentTime":"2027"}`, ""},
		{`"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"NotIpAddress":{"aws:SourceIp":["10.0.0.0/16","10.255.0.0/16"]}`, ""},
		{`"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"IpAddressIfExists":{"aws:SourceIp":["10.1.0.0/16","::1/128"]}`, ""},
		{`"Null":{"` + k + `":"false"},"StringEquals":{"` + k + `":"red"}`, ""},
		{`"Null":{"` + k + `":"true"},"StringNotEquals":{"` + k + `":"red"}`, ""},
		{`"Null":{"` + k + `":"true"},"StringEqualsIfExists":{"` + k + `":"red"}`, ""},
		{`"Null":{"aws:TagKeys":"true"},"ForAllValues:StringEquals":{"aws:TagKeys":"red"}`, ""},
		{`"Null":{"` + k + `":["true","false"]},"StringEquals":{"` + k + `":"red"}`, ""},
		{`"Bool":{"aws:SecureTransport":"${aws:PrincipalTag/tls}"}`, ""},
		{`"Bool":{"aws:SecureTransport":true}`, ""},
		{`"BoolIfExists":{"aws:SecureTransport":"yes"}`, ""},
	} {
		text := statementsOf(stmt("Allow", "s3:ListBucket", "arn:aws:s3:::b", `"Condition":{`+c.conditions+`}`))
		findings := found(text, enforce.IdentityPolicy, NeverHolds)
		if c.want == "" {
			assert.Empty(t, findings, c.conditions)
			continue
		}
		require.Len(t, findings, 1, c.conditions)
		assert.Contains(t, findings[0], "warning CONDITION_NEVER_HOLDS: "+c.want)
	}
	denied := found(statementsOf(stmt("Deny", "s3:*", "*", `"Condition":{"Null":{"aws:SourceIp":"x"}}`)), enforce.IdentityPolicy, NeverHolds)
	require.Len(t, denied, 1)
	assert.Contains(t, denied[0], "1:84: ")
	assert.Contains(t, denied[0], "the statement denies nothing")
}

func TestLintFindsEmptyConditions(t *testing.T) {
	t.Parallel()
	for operator, want := range map[string]string{
		"StringEquals": "it never holds", "StringNotEquals": "it always holds", "ForAllValues:StringEquals": "it holds of requests without the key alone",
		"StringEqualsIfExists": "it holds of requests without the key alone", "ForAnyValue:StringLike": "it never holds",
	} {
		text := statementsOf(stmt("Allow", "s3:CreateBucket", "arn:aws:s3:::b", `"Condition":{"`+operator+`":{"aws:TagKeys":[]}}`))
		assert.Equal(t, []string{"1:96: warning EMPTY_ARRAY_CONDITION: " + operator + " aws:TagKeys compares with no value: " + want},
			found(text, enforce.IdentityPolicy, EmptyCondition, NeverHolds), operator)
	}
}

func TestLintFindsRedundantStatements(t *testing.T) {
	t.Parallel()
	const team = `"Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}`
	get := stmt("Allow", "s3:GetObject", "arn:aws:s3:::b/a")
	for _, c := range []struct {
		name, one, other string
		want             int // the redundant one; 0 none
	}{
		{"the same", get, get, 2},
		{"by a wildcard", stmt("Allow", "s3:Get*", "arn:aws:s3:::b/*"), get, 2},
		{"by a later one", get, stmt("Allow", "S3:get*", "*"), 1},
		{"by everything", get, stmt("Allow", "*", "*"), 1},
		{"by a list", `{"Effect":"Allow","Action":["s3:PutObject","s3:GetObject"],"Resource":["arn:aws:s3:::c","arn:aws:s3:::b/?"]}`, get, 2},
		{"a condition more", get, stmt("Allow", "s3:GetObject", "arn:aws:s3:::b/a", team), 2},
		{"the same condition", stmt("Allow", "s3:*", "*", team), stmt("Allow", "s3:GetObject", "*", team), 2},
		{"what is left out", notAction(`"s3:Get*"`, "*"), notAction(`["s3:*","sqs:*"]`, "*"), 2},
		{"what is left out too", notAction(`["s3:Get*"]`, "*"), notAction(`["s3:GetObject","s3:GetObject*"]`, "*"), 1},
		{"other things are left out", notAction(`"s3:Get*"`, "*"), notAction(`"sqs:*"`, "*"), 0},
		{"a narrower action", stmt("Allow", "s3:Get?bject", "*"), stmt("Allow", "s3:Get*bject", "*"), 1},
		{"one letter does not stand for many", stmt("Allow", "s3:GetObject?", "*"), stmt("Allow", "s3:GetObject*", "arn:aws:s3:::b/*"), 0},
		{"another effect", stmt("Deny", "*", "*"), get, 0},
		{"another resource", stmt("Allow", "s3:*", "arn:aws:s3:::b"), get, 0},
		{"segments", stmt("Allow", "sqs:*", "arn:aws:sqs:*:111122223333:*"), stmt("Allow", "sqs:*", "arn:aws:sqs:us-east-1:*:*"), 0},
		{"everything of a service is not everything", stmt("Allow", "s3:*", "arn:aws:s3:::*"), stmt("Allow", "s3:GetObject", "*"), 0},
		{"variables", stmt("Allow", "s3:*", "arn:aws:s3:::b/${aws:username}/*"), stmt("Allow", "s3:*", "arn:aws:s3:::b/${aws:userid}/*"), 0},
		{"another condition", stmt("Allow", "s3:*", "*", team), stmt("Allow", "s3:GetObject", "*", strings.Replace(team, "red", "blue", 1)), 0},
		{"a condition less", stmt("Allow", "s3:*", "*", team), stmt("Allow", "s3:GetObject", "*"), 0},
		{"action and what is left out", notAction(`"sqs:*"`, "*"), get, 0},
	} {
		findings := found(statementsOf(c.one, c.other), enforce.IdentityPolicy, Redundant)
		if c.want == 0 {
			assert.Empty(t, findings, c.name)
			continue
		}
		require.Len(t, findings, 1, c.name)
		assert.Contains(t, findings[0], "info REDUNDANT_STATEMENT: statement "+map[int]string{1: "2 (1:", 2: "1 (1:"}[c.want], c.name)
	}
	to := func(principal string) string { return stmt("Allow", "s3:GetObject", "arn:aws:s3:::b/a", principal) }
	alice := aws("arn:aws:iam::111122223333:user/alice")
	for _, c := range []struct {
		one, other string
		want       int
	}{
		{to(`"Principal":"*"`), to(alice), 1}, {to(alice), to(`"Principal":"*"`), 1}, {to(alice), to(alice), 1},
		{to(aws("111122223333")), to(alice), 0}, // an account names the user less directly
		{to(`"Principal":{"AWS":["arn:aws:iam::111122223333:user/alice","444455556666"]}`), to(alice), 1},
	} {
		assert.Len(t, found(statementsOf(c.one, c.other), enforce.BucketPolicy, Redundant), c.want, c.one+c.other)
	}
}

func TestLintFindsMalformedIdentifiers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ resource, want string }{
		{"arn:aws:sqs:us-east1:111122223333:q", `error INVALID_ARN_REGION: the region of arn:aws:sqs:us-east1:111122223333:q is "us-east1"; want a form like us-east-1`},
		{"arn:aws:sqs:US-EAST-1:111122223333:q", "INVALID_ARN_REGION"},
		{"arn:aws:sqs:us-east-1a:111122223333:q", "INVALID_ARN_REGION"},
		{"arn:aws:sqs:us_*:111122223333:q", "INVALID_ARN_REGION"},
		{"arn:aws:sqs:us-east-1:11112222333:q", `error INVALID_ARN_ACCOUNT: the account of arn:aws:sqs:us-east-1:11112222333:q is "11112222333"; want 12 digits`},
		{"arn:aws:sqs:us-east-1:1111-2222-3333:q", "INVALID_ARN_ACCOUNT"},
		{"arn:aws:sqs:us-east-1:<account>:q", "INVALID_ARN_ACCOUNT"},
		{"arn:aws:sqs:us-east-1:1111222233334*:q", "INVALID_ARN_ACCOUNT"},
		{"arn:aws:sqs:us-east-1:11112222333a:q", "INVALID_ARN_ACCOUNT"},
		{"arn:aws:sqs:us-east-1:111122223333:q", ""}, {"arn:aws:sqs:*:*:q", ""}, {"arn:aws:sqs:us-*:1111????3333:q", ""}, {"arn:aws:sqs:us-gov-west-1:1111*:q", ""},
		{"arn:aws:iam::aws:policy/ReadOnlyAccess", ""}, {"arn:aws:iam::cloudfront:user/x", ""}, {"arn:aws:sqs:eusc-de-east-1", ""}, {"arn:aws:s3:::b", ""},
	} {
		findings := found(statementsOf(stmt("Allow", "*", c.resource)), enforce.IdentityPolicy, ARNRegion, ARNAccount)
		if c.want == "" {
			assert.Empty(t, findings, c.resource)
			continue
		}
		require.Len(t, findings, 1, c.resource)
		assert.Contains(t, findings[0], c.want)
	}
	for condition, want := range map[string]string{
		`"ArnLike":{"aws:SourceArn":"arn:aws:sns:useast-1:111122223333:t"}`:       "INVALID_ARN_REGION",
		`"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:1111:t"}`:              "INVALID_ARN_ACCOUNT",
		`"StringEquals":{"aws:SourceAccount":"1111-2222-3333"}`:                   `error INVALID_ACCOUNT_ID: aws:SourceAccount is compared with "1111-2222-3333", which is no account`,
		`"StringNotEqualsIfExists":{"aws:PrincipalAccount":["111122223333","*"]}`: "INVALID_ACCOUNT_ID",
		`"StringLike":{"aws:ResourceAccount":"1111*"}`:                            "",
		`"StringEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"}`:        "",
	} {
		findings := found(statementsOf(stmt("Deny", "*", "*", `"Condition":{`+condition+`}`)), enforce.IdentityPolicy, ARNRegion, ARNAccount, AccountFormat)
		assert.Contains(t, strings.Join(findings, "\n"), want, condition)
		assert.Equal(t, want == "", findings == nil, condition)
	}
	for service, want := range map[string]string{
		"lambda":              `error INVALID_SERVICE_PRINCIPAL_FORMAT: "lambda" is no service principal; want a form like s3.amazonaws.com; did you mean "lambda.amazonaws.com"?`,
		"lambda.amazonaws.co": `did you mean "lambda.amazonaws.com"?`, "arn:aws:iam::111122223333:root": "INVALID_SERVICE_PRINCIPAL_FORMAT", "amazonaws.com": "INVALID_SERVICE_PRINCIPAL_FORMAT",
		"lambda.amazonaws.com": "", "states.us-east-1.amazonaws.com": "", "ec2.amazonaws.com.cn": "", "ops.apigateway.amazonaws.com": "",
	} {
		findings := found(statementsOf(stmt("Allow", "sts:AssumeRole", "", `"Principal":{"Service":"`+service+`"}`)), enforce.TrustPolicy, ServicePrincipal)
		assert.Contains(t, strings.Join(findings, "\n"), want, service)
		assert.Equal(t, want == "", findings == nil, service)
	}
}

// Every code is described, here and in the documentation.
func TestEveryCodeIsDescribed(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "finding.go", nil, 0)
	require.NoError(t, err)
	docs, err := os.ReadFile("../../docs/enforcement.md")
	require.NoError(t, err)
	codes := 0
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
			if value, ok := spec.Values[0].(*ast.BasicLit); ok && value.Kind == token.STRING {
				code := strings.Trim(value.Value, `"`)
				assert.Regexp(t, `^[A-Z].*\.$`, descriptions[code], code)
				assert.Equal(t, descriptions[code], Describe(code))
				assert.Contains(t, string(docs), "`"+code+"`")
				codes++
			}
		}
		return true
	})
	assert.Len(t, descriptions, codes)
	assert.Equal(t, "AWS refuses the document.", Describe("MalformedPolicyDocument"))
}
