package enforce

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const written = `{
  "Version": "2012-10-17",
  "Id": "i",
  "Statement": [
    {"Sid": "A", "Effect": "Allow", "Principal": {"AWS": ["111122223333", "444455556666"], "Service": "s3.amazonaws.com"},
     "Action": ["s3:Get*", "s3:ListBucket"], "Resource": "arn:aws:s3:::b/*",
     "Condition": {"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a", "b"]}, "Bool": {"aws:SecureTransport": true}}},
    {"Effect": "Deny", "NotPrincipal": "*", "NotAction": "s3:*", "NotResource": ["*"]}
  ]
}`

// values returns the texts of an element.
func values(list []Text) []string {
	var all []string
	for _, t := range list {
		all = append(all, t.Value)
	}
	return all
}

func TestElements(t *testing.T) {
	t.Parallel()
	p, err := Parse(written, ResourcePolicy, Source{File: "p.json", Line: 10})
	require.NoError(t, err)
	d := p.Elements()
	assert.Equal(t, "2012-10-17", d.Version.Value)
	assert.Equal(t, "i", d.ID.Value)
	assert.Equal(t, p.Size(), d.Size)
	require.Len(t, d.Statements, 2)
	s := d.Statements[0]
	assert.Equal(t, []string{"A", "Allow"}, []string{s.Sid.Value, s.Effect.Value})
	assert.Equal(t, p.Statements()[0].Document(), written[s.Start:s.End])
	assert.Equal(t, []string{"s3:Get*", "s3:ListBucket"}, values(s.Action))
	assert.Equal(t, []string{"arn:aws:s3:::b/*"}, values(s.Resource))
	require.Len(t, s.Principal, 3)
	assert.Equal(t, "AWS", s.Principal[1].Type)
	assert.Equal(t, "444455556666", s.Principal[1].Value)
	assert.Equal(t, "Service", s.Principal[2].Type)
	require.Len(t, s.Conditions, 2)
	assert.Equal(t, "aws:TagKeys", s.Conditions[0].Key.Value)
	assert.Equal(t, []string{"a", "b"}, values(s.Conditions[0].Values))
	assert.Equal(t, []string{"true"}, values(s.Conditions[1].Values))
	line, column := d.Position(s.Action[1].Offset)
	assert.Equal(t, []int{15, 28}, []int{line, column})
	s = d.Statements[1]
	assert.Equal(t, []string{"*"}, values(s.NotResource))
	assert.Equal(t, []string{"s3:*"}, values(s.NotAction))
	assert.Equal(t, "*", s.NotPrincipal[0].Type)
	assert.Nil(t, s.Action)
	assert.Nil(t, s.Principal)
	assert.Equal(t, s, *p.Statements()[1].Elements(), "a statement alone has the same elements")
	// Of other policies made of it, only the statements that they have.
	denials := p.Denials().Elements()
	assert.Equal(t, []StatementElements{s}, denials.Statements)
	joined := Join(ResourcePolicy, p, MustParse(`{"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}`, ResourcePolicy))
	require.Len(t, joined.Elements().Statements, 3)
	assert.Equal(t, "A", joined.Elements().Statements[0].Sid.Value)
	assert.Equal(t, []string{"*"}, values(joined.Elements().Statements[2].Action))
}

func TestQualifiers(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][3]any{
		"StringEquals":                   {"StringEquals", "", false},
		"ArnLikeIfExists":                {"ArnLike", "", true},
		"ForAllValues:StringLike":        {"StringLike", "ForAllValues", false},
		"ForAnyValue:StringLikeIfExists": {"StringLike", "ForAnyValue", true},
		"StringEqual":                    {"", "", false},
	} {
		c := Condition(name, "k", "v")
		operator, set, ifExists := c.Qualifiers()
		assert.Equal(t, want, [3]any{operator, set, ifExists}, name)
	}
}

func TestBuild(t *testing.T) {
	t.Parallel()
	p, err := Build(&Document{ID: Text{Value: "i"}, Statements: []StatementElements{
		{
			Sid: Text{Value: "A"}, Effect: Text{Value: "Allow"}, Principal: append(Principals("AWS", "111122223333", "444455556666"), Principals("Service", "s3.amazonaws.com")...),
			Action: Texts("s3:GetObject"), Resource: Texts("arn:aws:s3:::b/<&>", "arn:aws:s3:::b"),
			Conditions: []ConditionElement{Condition("StringEquals", "a", "1"), Condition("Bool", "b", "true"), Condition("StringEquals", "a", "2"), Condition("StringEquals", "c", "3", "4")},
		},
		{Effect: Text{Value: "Deny"}, Principal: Principals("*", "*"), NotAction: Texts("s3:*"), NotResource: Texts("*")},
		{Effect: Text{Value: "Deny"}, NotPrincipal: Principals("AWS", "111122223333"), Action: Texts("s3:*"), Resource: Texts("*")},
	}}, ResourcePolicy, Source{Name: "built"})
	require.NoError(t, err)
	assert.Equal(t, `{"Version":"2012-10-17","Id":"i","Statement":[`+
		`{"Sid":"A","Effect":"Allow","Principal":{"AWS":["111122223333","444455556666"],"Service":"s3.amazonaws.com"},"Action":"s3:GetObject","Resource":["arn:aws:s3:::b/<&>","arn:aws:s3:::b"],`+
		`"Condition":{"StringEquals":{"a":["1","2"],"c":["3","4"]},"Bool":{"b":"true"}}},`+
		`{"Effect":"Deny","Principal":"*","NotAction":"s3:*","NotResource":"*"},`+
		`{"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"}]}`, p.Document())
	assert.Equal(t, "built", p.Label())
	old, err := Build(&Document{Version: Text{Value: "2008-10-17"}, Statements: []StatementElements{{Effect: Text{Value: "Allow"}, Action: Texts("s3:*"), Resource: Texts("*")}}}, IdentityPolicy, Source{})
	require.NoError(t, err)
	assert.Equal(t, "2008-10-17", old.Version())
	_, err = Build(&Document{Statements: []StatementElements{{Effect: Text{Value: "Allow"}}}}, IdentityPolicy, Source{})
	var refusal *DocumentError
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, "Policy statement must contain actions.", refusal.Message)
}

// What is built of a policy's elements is that policy.
func TestBuildOfElements(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		doc  string
		kind Kind
	}{
		{written, ResourcePolicy},
		{`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":[],"Resource":"*"}}`, IdentityPolicy},
		{`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{}}}`, IdentityPolicy},
		{`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"k":[]}}}}`, IdentityPolicy},
	} {
		p, err := Parse(c.doc, c.kind, Source{})
		if err != nil {
			continue // there is nothing to build
		}
		built, err := Build(p.Elements(), c.kind, Source{})
		require.NoError(t, err, c.doc)
		assert.Equal(t, p.String(), built.String())
		assert.Equal(t, built.String(), built.Document())
	}
}

func TestRenamePrincipals(t *testing.T) {
	t.Parallel()
	const before = `{ "Statement": [{"Effect": "Allow", "Sid": "arn1", "Principal": {"AWS": ["%s", "arn:aws:iam::111122223333:user\/b"], "Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole",
		"Condition": {"StringEquals": {"Principal": "arn:aws:iam::111122223333:user/a"}}}, {"Principal":{"AWS":"%s"},"Action":"sts:TagSession","Effect":"Allow"} ] }`
	doc := strings.ReplaceAll(before, "%s", "arn:aws:iam::111122223333:user/a")
	p := MustParse(doc, TrustPolicy)
	same, err := p.RenamePrincipals(map[string]string{"arn:aws:iam::111122223333:user/c": "x"})
	require.NoError(t, err)
	assert.Equal(t, doc, same.Document())
	renamed, err := p.RenamePrincipals(map[string]string{"arn:aws:iam::111122223333:user/a": "AIDAEXAMPLEEXAMPLE1"})
	require.NoError(t, err)
	assert.Equal(t, strings.ReplaceAll(before, "%s", "AIDAEXAMPLEEXAMPLE1"), renamed.Document())
	assert.Equal(t, TrustPolicy, renamed.Kind())
	renamed, err = p.RenamePrincipals(map[string]string{"arn:aws:iam::111122223333:user/b": "444455556666"})
	require.NoError(t, err)
	assert.Equal(t, strings.ReplaceAll(doc, `arn:aws:iam::111122223333:user\/b`, "444455556666"), renamed.Document())
	_, err = p.RenamePrincipals(map[string]string{"arn:aws:iam::111122223333:user/a": `"`})
	require.Error(t, err)
	deny := MustParse(`{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"*","Resource":"*"}}`, ResourcePolicy)
	renamed, err = deny.RenamePrincipals(map[string]string{"111122223333": "444455556666"})
	require.NoError(t, err)
	assert.Contains(t, renamed.Document(), `"NotPrincipal":{"AWS":"444455556666"}`)
}

// What is no principal stays as it is written.
func TestRenamePrincipalsKeepsTheRest(t *testing.T) {
	t.Parallel()
	const arn, id = "arn:aws:iam::111122223333:user/u", "AIDAEXAMPLEEXAMPLE1"
	for name, document := range map[string]string{
		"one":              `{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"%s"}}}`,
		"in a list":        `{"Statement":[ {"Principal":{"AWS":[ "444455556666", "%s" ,"%s"]},"Effect":"Allow","Action":"sts:AssumeRole" } ]}`,
		"others stay":      `{"Id":"ARN","Statement":[{"Sid":"Principal","Effect":"Allow","Condition":{"ArnEquals":{"aws:PrincipalArn":"ARN","Principal":["ARN"]}},"Principal":{"Service":"s3.amazonaws.com","AWS":"%s"},"Action":"sts:AssumeRole"}]}`,
		"longer ARNs stay": `{"Statement":{"Principal":{"AWS":["ARNx"]},"Effect":"Allow","Action":"sts:AssumeRole"}}`,
	} {
		document = strings.ReplaceAll(document, "ARN", arn)
		p, err := MustParse(strings.ReplaceAll(document, "%s", arn), TrustPolicy).RenamePrincipals(map[string]string{arn: id})
		require.NoError(t, err, name)
		assert.Equal(t, strings.ReplaceAll(document, "%s", id), p.Document(), name)
	}
}

// Renaming twice gives back what was; nothing else moves.
func FuzzRenamePrincipals(f *testing.F) {
	f.Add(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/u"},"Action":"sts:AssumeRole"}}`)
	f.Add(`{"Statement":[{"Principal":{"AWS":["arn:aws:iam::111122223333:user/u","*"]},"Effect":"Allow","Action":"sts:*","Condition":{"StringEquals":{"a:b":"arn:aws:iam::111122223333:user/u"}}}]}`)
	f.Add(`{"Statement":[`)
	f.Add(`]`)
	f.Fuzz(func(t *testing.T, document string) {
		const arn, id = "arn:aws:iam::111122223333:user/u", "AIDAAAAAAAAAAAAAAAAAA"
		p, err := Parse(document, TrustPolicy, Source{})
		if err != nil || strings.Contains(document, id) || strings.Contains(document, `\`) {
			return
		}
		renamed, err := p.RenamePrincipals(map[string]string{arn: id})
		require.NoError(t, err)
		for _, ref := range renamed.Principals() {
			assert.NotEqual(t, arn, ref.Value)
		}
		back, err := renamed.RenamePrincipals(map[string]string{id: arn})
		require.NoError(t, err)
		assert.Equal(t, document, back.Document())
	})
}

func TestReadDocument(t *testing.T) {
	t.Parallel()
	doc := `{"Version":"2012-10-17","Extra":1,"Statement":[{"Effect":"Allow","Action":"s3","Resource":"b"}]}`
	d, refusals := ReadDocument(doc, IdentityPolicy, Source{File: "f"})
	require.Len(t, refusals, 3)
	assert.Equal(t, []int{strings.Index(doc, `"Extra"`), strings.Index(doc, `"b"`), strings.Index(doc, `"s3"`)},
		[]int{refusals[0].Offset, refusals[1].Offset, refusals[2].Offset})
	assert.Equal(t, "s3", d.Statements[0].Action[0].Value)
	_, err := Parse(doc, IdentityPolicy, Source{File: "f"})
	assert.Equal(t, refusals[0], err)
	// All that is wrong with a resource control policy.
	_, refusals = ReadDocument(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":{"AWS":"nobody"},"Action":["*","ec2:*"],"Resource":"*"}}`, ResourceControlPolicy, Source{})
	var details []string
	for _, r := range refusals {
		details = append(details, r.Detail)
	}
	assert.Equal(t, []string{
		`Principal must be "*"; use condition keys to choose among callers`,
		`Action "*" is for RCPFullAWSAccess alone; name the service, like s3:*`,
		`action "ec2:*": resource control policies are not for service "ec2"`,
		`AWS "nobody" names no account, user, role, session, service or identity provider`,
	}, details)
	d, refusals = ReadDocument("[]", IdentityPolicy, Source{})
	assert.Nil(t, d)
	assert.Len(t, refusals, 1)
}

func TestParseAction(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]bool{"s3:GetObject": true, "S3:get*": true, "*": true, "s3:Get?bject": true, "s3:Put*": false, "s3:": false} {
		a, err := ParseAction(pattern)
		require.NoError(t, err)
		assert.Equal(t, want, a.Match("s3:GETObject"), pattern)
	}
	_, err := ParseAction("s3")
	assert.EqualError(t, err, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
}

func TestDenialOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		service, action string
		want            Denial
	}{
		{"s3", "s3:GetObject", Denial{Code: "AccessDenied", Style: MessageStyle{QuoteResource: true, PolicyARN: true}}},
		{"iam", "iam:ListUsers", Denial{Code: "AccessDenied", Style: MessageStyle{PolicyARN: true, AnyResource: true}}},
		{"organizations", "organizations:ListRoots", Denial{Code: "AccessDeniedException", Style: MessageStyle{PolicyARN: true, AnyResource: true}}},
		{"sqs", "sqs:SendMessage", Denial{Code: "AccessDenied", Style: MessageStyle{LowerAction: true}}},
		{"sts", "sts:GetFederationToken", Denial{Code: "AccessDenied"}},
		{"sts", "sts:AssumeRole", Denial{Code: "AccessDenied", Style: MessageStyle{Bare: true}}},
		{"sts", "sts:TagSession", Denial{Code: "AccessDenied", Style: MessageStyle{Bare: true}}},
		{"sts", "sts:SetSourceIdentity", Denial{Code: "AccessDenied", Style: MessageStyle{Bare: true}}},
		{"sts", "sts:SetContext", Denial{Code: "AccessDenied", Style: MessageStyle{Bare: true}}},
		{"sns", "sns:Publish", Denial{Code: "AuthorizationError", Style: MessageStyle{UpperPrefix: true}}},
		{"ec2", "ec2:RunInstances", Denial{Code: "UnauthorizedOperation", Style: MessageStyle{PolicyARN: true}, Encoded: true}},
		{"dynamodb", "dynamodb:GetItem", Denial{Code: "AccessDeniedException", Style: MessageStyle{PolicyARN: true}}},
		{"kms", "kms:Decrypt", Denial{Code: "AccessDeniedException"}},
	} {
		assert.Equal(t, c.want, DenialOf(c.service, c.action), c.action)
	}
	for service := range strings.FieldsSeq("autoscaling cloudformation cloudfront cloudsearch cloudwatch elasticache elasticbeanstalk elasticloadbalancing rds redshift route53 ses") {
		assert.Equal(t, Denial{Code: "AccessDenied"}, DenialOf(service, service+":X"))
	}
	d := Evaluate(ask(userOf(account, "alice"), "iam:GetAccountSummary", "*"), &PolicySet{})
	assert.Contains(t, d.Message(DenialOf("iam", "iam:GetAccountSummary").Style), " on resource: * because")
	assert.NotContains(t, d.Message(MessageStyle{}), "on resource")
}

// Every policy of the random scenes is made of its elements again.
func TestBuildOfElementsOfScenes(t *testing.T) {
	t.Parallel()
	text := rapid.SampledFrom([]string{"a", "b:c", "*", `"`, "<é>", `\`})
	texts := rapid.Custom(func(t *rapid.T) []Text { return Texts(rapid.SliceOfN(text, 1, 3).Draw(t, "texts")...) })
	rapid.Check(t, func(t *rapid.T) {
		d := &Document{Version: Text{Value: version2012}}
		for range rapid.IntRange(1, 3).Draw(t, "statements") {
			s := StatementElements{Effect: Text{Value: "Deny"}, Action: Texts("s3:*"), Resource: Texts("*")}
			for range rapid.IntRange(0, 4).Draw(t, "conditions") {
				s.Conditions = append(s.Conditions, ConditionElement{Operator: Text{Value: rapid.SampledFrom([]string{"StringEquals", "StringLike"}).Draw(t, "operator")},
					Key: Text{Value: "k" + text.Draw(t, "key")}, Values: texts.Draw(t, "values")})
			}
			d.Statements = append(d.Statements, s)
		}
		p, err := Build(d, IdentityPolicy, Source{})
		var refusal *DocumentError
		if errors.As(err, &refusal) {
			t.Fatal(err)
		}
		if again := p.Elements().String(); again != p.Document() || again != d.String() {
			t.Fatalf("%s\n%s", again, d)
		}
	})
}
