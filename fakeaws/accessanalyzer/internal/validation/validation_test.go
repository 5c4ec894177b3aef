package validation_test

import (
	_ "embed"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/accessanalyzer/internal/validation"
)

// cases are documents, and what is found in them.
//
//go:embed testdata/cases.txt
var cases string

var stands = strings.NewReplacer(
	"ALLOW ", `"Effect":"Allow",`, "USER ", `"Principal":{"AWS":"arn:aws:iam::111122223333:user/u"},`,
	"ASSUME ", `"Effect":"Allow","Action":"sts:AssumeRole",`, "REST", `"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`,
	"WHEN ", `"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":`, "LONG", strings.Repeat("b", 21000),
)

// each yields the cases.
func each(yield func(policyType, resource, codes, doc string)) {
	for line := range strings.Lines(cases) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), "|", 3)
		if strings.HasPrefix(line, "#") {
			continue
		}
		doc := stands.Replace(parts[2])
		if !strings.HasPrefix(doc, "{") && !strings.HasPrefix(doc, "[") {
			doc = `{"Version":"2012-10-17","Statement":[{` + doc + `}]}`
		}
		policyType, resource := validation.Resource, ""
		switch parts[0] {
		case "I":
			policyType = validation.Identity
		case "SCP":
			policyType = validation.ServiceControl
		case "RCP":
			policyType = validation.ResourceControl
		case "TRUST":
			resource = validation.RoleTrust
		case "R":
		default:
			resource = parts[0]
		}
		yield(policyType, resource, parts[1], doc)
	}
}

func validate(t testing.TB, doc, policyType, resource string) []validation.Finding {
	t.Helper()
	found, err := validation.Validate(t.Context(), doc, policyType, resource)
	require.NoError(t, err)
	return found
}

// Each check that AWS documents is found by a case, or among those that are missing.
func TestChecks(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	each(func(policyType, resource, want, doc string) {
		var codes []string
		for _, f := range validate(t, doc, policyType, resource) {
			codes = append(codes, f.Code)
			seen[f.Code] = true
			assert.NotContains(t, f.Details, "%!", doc)
			assert.NotEmpty(t, f.Places, doc)
		}
		slices.Sort(codes)
		assert.Equal(t, want, strings.Join(slices.Compact(codes), " "), "%.300s", doc)
	})
	missing := validation.Missing()
	for _, code := range validation.Checks() {
		assert.NotEqual(t, slices.Contains(missing, code), seen[code], code)
	}
	require.Len(t, validation.Checks(), 153)
}

func TestWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ statement, want string }{
		{`"Action":"s3:GetObjekt","Resource":"*"`, "The action s3:GetObjekt does not exist. Did you mean s3:GetObject?"},
		{`"Action":"s4:GetObject","Resource":"*"`, "The service s4 specified in the action does not exist."},
		{`"Action":"dynamo:GetItem","Resource":"*"`, "The service dynamo specified in the action does not exist. Did you mean dynamodb?"},
		{`"Action":["iam:Get*","iam:GetCredentialReport"],"Resource":"*"`, "The 1 action(s) are redundant because they provide similar permissions. Update the policy to remove the redundant action such as: iam:GetCredentialReport."},
		{`"Action":"sqs:SendMessage","Resource":"arn:aws:sqs:us-east-1:1111:q"`, "The resource ARN account ID 1111 is not valid. Provide a 12-digit account ID."},
		{`"Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"s3:nothing":"x"}}`, "The condition key s3:nothing does not exist in the service s3. Use a valid condition key."},
		{`"Action":"s3:GetObject","Resource":"*","Condition":{"StringLike":{"aws:UserId":"*"}}`, "We recommend replacing the key aws:UserId in the condition block of StringLike with {aws:UserId: false} to ensure better enforcement of the condition."},
		{`"Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag":"x"}}`, "The condition key aws:RequestTag/ must include a tag key to control access based on tags. Use the format aws:RequestTag/tag-key and specify a key name for tag-key."},
		{`"Action":"s3:GetObject","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.7/24"}}`, "The non-zero bits in the IP address after the masked bits are ignored. Replace address with 203.0.113.0/24."},
	} {
		all := validate(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow",`+c.statement+`}}`, validation.Identity, "")
		if assert.Len(t, all, 1, c.statement) {
			assert.Equal(t, c.want, all[0].Details)
		}
	}
	all := validate(t, "{\n \"Version\" \"x\"}", validation.Identity, "")
	require.Len(t, all, 1)
	assert.Equal(t, "Fix the JSON syntax error at index 13 line 2 column 11.", all[0].Details)
}

// A finding says where it is, by a path and in lines, columns and characters.
func TestPlaces(t *testing.T) {
	t.Parallel()
	doc := "{\n  \"Version\": \"2012-10-17\",\n  \"Id\": \"é\",\n  \"Statement\": [{\"Effect\": \"Allow\", \"Resource\": \"*\",\n    \"Action\": [\"s3:GetObject\", \"s3:Nothing\"]}]\n}"
	all := validate(t, doc, validation.Identity, "")
	require.Len(t, all, 1)
	require.Len(t, all[0].Places, 1)
	p := all[0].Places[0]
	assert.Equal(t, []validation.Step{{Name: "Statement"}, {Kind: validation.Index}, {Name: "Action"}, {Kind: validation.Index, Index: 1}}, p.Path)
	assert.Equal(t, `"s3:Nothing"`, string([]rune(doc)[p.Start.Offset:p.End.Offset]))
	assert.Equal(t, [2]int{5, 31}, [2]int{p.Start.Line, p.Start.Column})
	assert.Equal(t, "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-error-invalid-action", validation.Link(all[0].Code))

	all = validate(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:Nothing":"x"}}}}`, validation.Identity, "")
	require.Len(t, all, 1)
	assert.Equal(t, []validation.Step{{Name: "Statement"}, {Name: "Condition"}, {Name: "StringEquals"}, {Kind: validation.Key, Name: "aws:Nothing"}}, all[0].Places[0].Path)
}

// FuzzValidate has documents of all kinds read, none of which may be too much.
func FuzzValidate(f *testing.F) {
	each(func(policyType, resource, _, doc string) { f.Add(doc, policyType, resource) })
	f.Fuzz(func(t *testing.T, doc, policyType, resource string) {
		for _, found := range validate(t, doc, policyType, resource) {
			for _, p := range found.Places {
				if p.Start.Offset > p.End.Offset || p.Start.Line < 1 || p.Start.Column < 0 {
					t.Fatalf("%+v", p)
				}
			}
		}
	})
}
