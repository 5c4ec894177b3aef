package cover

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
)

const document = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Read",
      "Effect": "Allow",
      "Action": ["s3:GetObject", "s3:PutObject"],
      "Resource": "arn:aws:s3:::b/*",
      "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["a", "b"]}, "Bool": {"aws:SecureTransport": true}}
    },
    {"Effect": "Deny", "NotAction": ["s3:*", "sqs:*"], "NotResource": "arn:aws:s3:::c"}
  ]
}`

// request is one on which enforce decides.
func request(action string, keys ...string) *enforce.Request {
	r := &enforce.Request{
		Principal: enforce.Principal{Type: enforce.User, ARN: "arn:aws:iam::111122223333:user/alice", Account: "111122223333"},
		Action:    action, Resource: "arn:aws:s3:::b/k",
	}
	for i := 0; i+1 < len(keys); i += 2 {
		r.Context.Set(keys[i], keys[i+1])
	}
	return r
}

func identity(t *testing.T, document string, src enforce.Source) *enforce.Policy {
	t.Helper()
	p, err := enforce.Parse(document, enforce.IdentityPolicy, src)
	require.NoError(t, err)
	return p
}

func same(file string) string { return file }

// noted is the profile of a policy of which an action was allowed and another denied.
func noted(t *testing.T) *Profile {
	t.Helper()
	var c enforce.Coverage
	set := &enforce.PolicySet{Identity: []*enforce.Policy{identity(t, document, enforce.Source{File: "p.json", Line: 3})}}
	c.Note(enforce.Evaluate(request("s3:GetObject", "aws:PrincipalTag/team", "a", "aws:SecureTransport", "true"), set))
	c.Note(enforce.Evaluate(request("s3:PutObject", "aws:PrincipalTag/team", "a", "aws:SecureTransport", "false"), set))
	return New(&c, func(file string) string { return "policies/" + file })
}

func written(t *testing.T, p *Profile) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, p.Write(&b))
	return b.String()
}

func TestReport(t *testing.T) {
	t.Parallel()
	r := noted(t).Report()
	assert.Equal(t, Count{Grants: 7, Used: 4, OnlyDenied: 0}, r.Count)
	var b strings.Builder
	require.NoError(t, r.WriteText(&b))
	assert.Equal(t, `policies/p.json (identity-based policy): 57.1% of 7 grants
  policies/p.json:9 Read: Action s3:PutObject is unused
  policies/p.json:13:5 statement 2: the whole statement is unused
policy coverage: 57.1% of the grants of 1 policy (4 of 7 used, 0 only denied)
`, b.String())

	// What applied in denied requests alone, and what a Deny denied.
	var c enforce.Coverage
	p := identity(t, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}},
		{"Effect":"Allow","Action":"iam:\u001b*","Resource":"*"},
		{"Effect":"Deny","Action":["s3:DeleteObject","s3:PutObject"],"NotResource":"arn:aws:s3:::c"}]}`, enforce.Source{})
	for _, secure := range []string{"true", "false"} {
		c.Note(enforce.Evaluate(request("s3:DeleteObject", "aws:SecureTransport", secure), &enforce.PolicySet{Identity: []*enforce.Policy{p}}))
	}
	b.Reset()
	require.NoError(t, New(&c, same).Report().WriteText(&b))
	assert.Equal(t, `identity-based policy (identity-based policy): 25.0% of 8 grants
  identity-based policy:2 statement 1: Action s3:* is only denied
  identity-based policy:2 statement 1: Resource * is only denied
  identity-based policy:2 statement 1: Condition Bool aws:SecureTransport "true" is only denied
  identity-based policy:3:3 statement 2: the whole statement is unused
  identity-based policy:4 statement 3: Action s3:PutObject is unused
policy coverage: 25.0% of the grants of 1 policy (2 of 8 used, 3 only denied)
`, b.String())
}

// A profile is what was noted, and reading gives what was written.
func TestProfileIsReadAsWritten(t *testing.T) {
	t.Parallel()
	p := noted(t)
	read, err := Read(strings.NewReader(written(t, p)))
	require.NoError(t, err)
	assert.Equal(t, written(t, p), written(t, read))
	assert.Equal(t, p.Report().Summary(), read.Report().Summary())
}

func TestProfilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	good := written(t, noted(t))
	for want, text := range map[string]string{
		"no profile of coverage: unexpected end":               "",
		"no profile of coverage":                               `{"version":1}`,
		"a profile of version 2: this program reads version 1": strings.Replace(good, `"version": 1`, `"version": 2`, 1),
		`outcome "often" is none of`:                           strings.Replace(good, `"allowed"`, `"often"`, 1),
		`policy 1: kind "identity-based polity" is none`:       strings.Replace(good, `identity-based policy`, `identity-based polity`, 1),
		"policy 1: statement 1 has other elements":             strings.Replace(good, `"resources": [`, `"resources": ["allowed",`, 1),
		"policy 1: 0 statements, and its document has 2":       `{"format":"leastpriv coverage","version":1,"policies":[{"kind":"identity-based policy","document":` + quote(document) + `}]}`,
		"policy 1: policy:1:1: MalformedPolicyDocument":        `{"format":"leastpriv coverage","version":1,"policies":[{"kind":"identity-based policy","document":"{}"}]}`,
		"cannot unmarshal":                                     `{"format":"leastpriv coverage","version":1,"policies":7}`,
	} {
		_, err := Read(strings.NewReader(text))
		assert.ErrorContains(t, err, want)
	}
	_, err := Read(iotest.ErrReader(assert.AnError))
	assert.ErrorIs(t, err, assert.AnError)
}

func quote(text string) string {
	quoted, _ := json.Marshal(text)
	return string(quoted)
}

// random makes a profile of some of few policies and calls.
func random(t *testing.T, r *rand.Rand) *Profile {
	t.Helper()
	var c enforce.Coverage
	var policies []*enforce.Policy
	for i := range 3 {
		if r.IntN(2) == 0 {
			policies = append(policies, identity(t, document, enforce.Source{File: fmt.Sprint("p", i, ".json")}))
			c.Add(policies[len(policies)-1])
		}
	}
	for range r.IntN(4) {
		action := []string{"s3:GetObject", "s3:PutObject", "iam:GetUser"}[r.IntN(3)]
		q := request(action, "aws:PrincipalTag/team", []string{"a", "c"}[r.IntN(2)], "aws:SecureTransport", "true")
		q.Principal.ARN = fmt.Sprint("arn:aws:iam::111122223333:user/u", r.IntN(2))
		c.Note(enforce.Evaluate(q, &enforce.PolicySet{Identity: policies}))
	}
	return New(&c, same)
}

// Merging is a union: the order, the grouping and repetitions change nothing.
func TestMergeIsAUnion(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		a, b, c := random(t, r), random(t, r), random(t, r)
		before := written(t, a)
		merged := written(t, Merge(a, b, c))
		assert.Equal(t, merged, written(t, Merge(c, a, b)), "commutative")
		assert.Equal(t, merged, written(t, Merge(Merge(a, b), c)), "associative")
		assert.Equal(t, merged, written(t, Merge(a, Merge(b, c))), "associative")
		assert.Equal(t, merged, written(t, Merge(a, b, c, a, b)), "idempotent")
		assert.Equal(t, before, written(t, Merge(a)), "a merge of one is that one")
		assert.Equal(t, before, written(t, a), "what is merged does not change")
		assert.GreaterOrEqual(t, Merge(a, b).Report().Used, a.Report().Used)
	}
	assert.True(t, Merge(&Profile{}, &Profile{Incomplete: true}).Incomplete)
	assert.Contains(t, (&Profile{Incomplete: true}).Report().Summary(), "; there were more")
	assert.Equal(t, "policy coverage: 100.0% of the grants of 0 policies (0 of 0 used, 0 only denied)", Merge().Report().Summary())
}

// A percentage that is not reached is not printed.
func TestPercentagesAreCut(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "99.9%", Count{Grants: 10_000, Used: 9_999}.PercentText())
	assert.Equal(t, "0.0%", Count{Grants: 10_000, Used: 1}.PercentText())
	assert.Equal(t, "100.0%", Count{}.PercentText())
	assert.InDelta(t, 100, Count{}.Percent(), 0)
}

// dtd is what coverage-04.dtd says of the elements that a report has: their children in
// order, and their attributes.
var dtd = map[string]struct{ children, attributes string }{
	"coverage": {"sources packages", "line-rate branch-rate lines-covered lines-valid branches-covered branches-valid complexity version timestamp"},
	"sources":  {"source*", ""}, "source": {"", ""}, "packages": {"package*", ""},
	"package": {"classes", "name line-rate branch-rate complexity"}, "classes": {"class*", ""},
	"class":   {"methods lines", "name filename line-rate branch-rate complexity"},
	"methods": {"method*", ""}, "lines": {"line*", ""}, "line": {"conditions*", "number hits branch condition-coverage"},
}

// element is any element of XML.
type element struct {
	XMLName    xml.Name
	Attributes []xml.Attr `xml:",any,attr"`
	Children   []element  `xml:",any"`
}

func (e *element) check(t *testing.T) {
	t.Helper()
	name := e.XMLName.Local
	rule, ok := dtd[name]
	require.True(t, ok, "%s is no element", name)
	var children []string
	for i := range e.Children {
		children = append(children, e.Children[i].XMLName.Local)
		e.Children[i].check(t)
	}
	if of, many := strings.CutSuffix(rule.children, "*"); many {
		for _, child := range children {
			assert.Equal(t, of, child, "in %s", name)
		}
	} else {
		assert.Equal(t, rule.children, strings.Join(children, " "), "in %s", name)
	}
	for _, a := range e.Attributes {
		assert.Contains(t, strings.Fields(rule.attributes), a.Name.Local, "of %s", name)
	}
	if name != "line" { // whose condition-coverage is optional
		assert.Len(t, e.Attributes, len(strings.Fields(rule.attributes)), "of %s", name)
	}
}

func TestCobertura(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	require.NoError(t, noted(t).Report().WriteCobertura(&b, time.UnixMilli(1796047510624), "/src"))
	var root element
	require.NoError(t, xml.Unmarshal(b.Bytes(), &root))
	root.check(t)
	text := b.String()
	assert.Contains(t, text, `<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">`)
	assert.Contains(t, text, `lines-covered="3" lines-valid="4" branches-covered="3" branches-valid="6" complexity="0" version="leastpriv" timestamp="1796047510624"`)
	assert.Contains(t, text, `<class name="p.json" filename="policies/p.json" line-rate="0.7500" branch-rate="0.5000" complexity="0">`)
	assert.Contains(t, text, `<line number="9" hits="1" branch="true" condition-coverage="50% (1/2)"></line>`)
	assert.Contains(t, text, `<line number="13" hits="0" branch="true" condition-coverage="0% (0/2)"></line>`)

	b.Reset()
	require.NoError(t, Merge().Report().WriteCobertura(&b, time.Time{}))
	root = element{}
	require.NoError(t, xml.Unmarshal(b.Bytes(), &root))
	root.check(t)
	for n := range 3 {
		assert.ErrorIs(t, noted(t).Report().WriteCobertura(failing(n), time.Time{}), assert.AnError)
	}
}

// failing fails at a write, counted from 0.
func failing(n int) *failAt { return &failAt{n} }

type failAt struct{ left int }

func (f *failAt) Write(p []byte) (int, error) {
	if f.left--; f.left < 0 {
		return 0, assert.AnError
	}
	return len(p), nil
}

// Of two documents that were noted for one file, what they have in common is one grant.
func TestCoberturaOfVersionsOfAFile(t *testing.T) {
	t.Parallel()
	a, b := noted(t), noted(t)
	b.Policies[0].Document = strings.Replace(document, "arn:aws:s3:::b/*", "arn:aws:s3:::d/*", 1)
	lines := Merge(a, b).Report().lines()["policies/p.json"]
	assert.Len(t, lines[9], 2)
	assert.Len(t, lines[10], 2, "the resources differ")
	assert.ElementsMatch(t, []int{9, 10, 11, 13}, slices.Collect(keys(lines)))
}

func keys(lines fileLines) func(func(int) bool) {
	return func(yield func(int) bool) {
		for n := range lines {
			if !yield(n) {
				return
			}
		}
	}
}

// What cannot be printed as it is, is quoted.
func TestTextIsPrintable(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `"a\x1b[2Jb"`, printable("a\x1b[2Jb"))
	assert.Equal(t, `"a\nb"`, printable("a\nb"))
	assert.Equal(t, "a`b c", printable("a`b c"))
}

// Policies without a name are told apart by what they are about, and those in files come
// first.
func TestNamesOfPolicies(t *testing.T) {
	t.Parallel()
	var c enforce.Coverage
	bucket, err := enforce.Parse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":["111122223333","*"]},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}`, enforce.BucketPolicy, enforce.Source{})
	require.NoError(t, err)
	c.Add(bucket)
	c.Add(identity(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}`, enforce.Source{}))
	c.Add(identity(t, document, enforce.Source{File: "z.json", Line: 2}))
	c.Add(identity(t, document, enforce.Source{File: "z.json"}))
	c.Add(identity(t, document, enforce.Source{File: "t.yaml", Statements: []enforce.Position{{Line: 40, Column: 3}, {Line: 50, Column: 3}}}))
	r := New(&c, same).Report()
	var names []string
	for _, p := range r.Policies {
		names = append(names, fmt.Sprint(p.Name, " ", p.Line))
	}
	assert.Equal(t, []string{"t.yaml 0", "z.json 0", "z.json 2", "bucket policy on arn:aws:s3:::b/* 0", "identity-based policy 0"}, names)
	assert.Equal(t, 40, r.Policies[0].Statements[0].Line)
	assert.Equal(t, "Principal", r.Policies[3].Statements[0].Grants[0].Element)
	assert.Len(t, r.lines(), 2, "the others stand in no file")
	assert.Contains(t, pageOf(t, New(&c, same)), "bucket policy on arn:aws:s3:::b/*")
}

func TestMergeOfWhatHasNoPrincipals(t *testing.T) {
	t.Parallel()
	a, b := noted(t), noted(t)
	a.Policies[0].Principals = nil
	assert.Equal(t, written(t, b), written(t, Merge(a, b)))
}
