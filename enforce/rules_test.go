package enforce_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
)

// TestRules runs the tables of testdata/rules. A table has one case for each
// "rule NN: what it says", of lines that a reader can check against AWS's pages:
//
//	identity: FILE, or statements as JSON     also boundary, session, resource, bucket,
//	                                          queue, key, trust, endpoint; "none" takes it away
//	scp: FILE FILE                            one more node of the organization; also rcp
//	owner: ACCOUNT                            of the resource; 111122223333 to begin with
//	CALLER asks ACTION on RESOURCE with KEY=VALUE KEY=[V,V] -> VERDICT by LAYER
//	CALLER says STYLE: TEXT                   the denial in AWS's words
//	when: CONDITION                           an identity-based policy that allows all if
//	holds: KEY=VALUE                          … this satisfies the condition
//	fails: KEY=VALUE                          … and this does not
//	refused KIND: FILE or JSON -> CODE: TEXT  a document that AWS does not take
//	takes KIND: FILE or JSON                  one that it does take
//
// What a line asks is asked of the naive evaluator as well.
func TestRules(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/rules/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		require.NoError(t, err)
		documents := map[string]string{}
		for _, f := range archive.Files {
			documents[f.Name] = strings.TrimSpace(string(f.Data))
		}
		for _, c := range cases(t, file, archive) {
			t.Run(strings.ReplaceAll(c.name, "/", "|"), func(t *testing.T) {
				t.Parallel()
				run(t, c, documents)
			})
		}
	}
}

// A ruleCase is the lines of a table from one rule to the next.
type ruleCase struct {
	name, file string
	first      int // number of the first line
	lines      []string
}

func cases(t *testing.T, file string, archive *txtar.Archive) (all []ruleCase) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "rules" })
	require.GreaterOrEqual(t, i, 0, "%s has no table", file)
	before, _, _ := strings.Cut(string(text), "-- rules --")
	number := strings.Count(before, "\n") + 2
	for line := range strings.Lines(string(archive.Files[i].Data)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "rule "):
			all = append(all, ruleCase{name: line, file: file, first: number + 1})
		case len(all) > 0:
			all[len(all)-1].lines = append(all[len(all)-1].lines, line)
		}
		number++
	}
	return all
}

// a table is what the lines of a case have set so far.
type table struct {
	set       enforce.PolicySet
	owner     string
	documents map[string]string
	last      enforce.Decision
	multi     map[string]bool // the keys of the last question that are multivalued
}

func run(t *testing.T, c ruleCase, documents map[string]string) {
	t.Helper()
	tab := &table{owner: mine, documents: documents}
	checked := 0
	for i, line := range c.lines {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		check, err := tab.do(line)
		if check {
			checked++
		}
		assert.NoError(t, err, "%s:%d: %s", c.file, c.first+i, line)
	}
	assert.Positive(t, checked, "%s:%d checks nothing", c.file, c.first)
}

var (
	asksLine    = regexp.MustCompile(`^(\w+) asks (\S+) on (\S+)(?: with (.*))? -> (allowed|implicitDeny|explicitDeny)(?: by (?:the )?(.+))?$`)
	saysLine    = regexp.MustCompile(`^(\w+) says(?: (as S3|as SQS|as STS|with policies|without a resource|of ".*"))?: (.*)$`)
	refusedLine = regexp.MustCompile(`^refused (\w+): (.*) -> (\w+)(?:: (.*))?$`)
)

// do does what a line says, and reports whether that was a check.
func (tab *table) do(line string) (check bool, err error) {
	if m := asksLine.FindStringSubmatch(line); m != nil {
		return true, tab.asks(m[1], m[2], m[3], m[4], m[5], m[6])
	}
	if m := saysLine.FindStringSubmatch(line); m != nil {
		return true, tab.says(m[1], m[2], m[3])
	}
	if m := refusedLine.FindStringSubmatch(line); m != nil {
		return true, tab.refused(m[1], m[2], m[3], m[4])
	}
	word, rest, found := strings.Cut(line, ":")
	rest = strings.TrimSpace(rest)
	if !found {
		return false, errors.New("no such line")
	}
	switch kind, _ := strings.CutPrefix(word, "takes "); word {
	case "takes " + kind:
		_, err := tab.policies(kinds[kind], rest)
		return true, err
	case "holds":
		return true, tab.asks("alice", "s3:GetObject", "arn:aws:s3:::b/k", rest, "allowed", "identity-based policy")
	case "fails":
		return true, tab.asks("alice", "s3:GetObject", "arn:aws:s3:::b/k", rest, "implicitDeny", "identity-based policy")
	case "when":
		rest = `{"Effect":"Allow","Action":"*","Resource":"*","Condition":` + rest + `}`
		word = "identity"
	case "owner":
		tab.owner = rest
		return false, nil
	}
	return false, tab.put(word, rest)
}

var kinds = map[string]enforce.Kind{
	"identity": enforce.IdentityPolicy, "managed": enforce.ManagedPolicy, "boundary": enforce.IdentityPolicy, "session": enforce.SessionPolicy,
	"resource": enforce.ResourcePolicy, "bucket": enforce.BucketPolicy, "queue": enforce.QueuePolicy, "key": enforce.KeyPolicy, "trust": enforce.TrustPolicy,
	"endpoint": enforce.EndpointPolicy, "scp": enforce.ServiceControlPolicy, "rcp": enforce.ResourceControlPolicy,
}

// put makes policies a layer of the set.
func (tab *table) put(layer, value string) error {
	kind, known := kinds[layer]
	if !known {
		return errors.New("no such line")
	}
	policies, err := tab.policies(kind, value)
	if err != nil {
		return err
	}
	one := func() *enforce.Policy {
		if len(policies) == 0 {
			return nil
		}
		return policies[0]
	}
	switch layer {
	case "identity":
		tab.set.Identity = policies
	case "session":
		tab.set.Session = policies
		if value == "none" {
			tab.set.Session = nil
		}
	case "boundary":
		tab.set.Boundary = one()
	case "endpoint":
		tab.set.Endpoint = one()
	case "scp":
		tab.set.SCPs = append(tab.set.SCPs, policies)
	case "rcp":
		tab.set.RCPs = append(tab.set.RCPs, policies)
	default:
		tab.set.Resource = one()
	}
	return nil
}

// policies reads one list of statements, or the names of files, each with the ARN
// of the managed policy that it is, if it is one.
func (tab *table) policies(kind enforce.Kind, value string) (all []*enforce.Policy, err error) {
	names := strings.Fields(value)
	if strings.HasPrefix(value, "{") || strings.HasPrefix(value, "[") {
		names = []string{value}
	}
	for _, name := range names {
		var p *enforce.Policy
		switch name {
		case "none":
			continue
		case "missing":
			p = enforce.Empty(kind)
		case "FullAWSAccess", "RCPFullAWSAccess":
			p = enforce.FullAWSAccess(kind)
		default:
			file, arn, _ := strings.Cut(name, "=")
			doc, source := tab.document(name), enforce.Source{}
			if arn != "" && !strings.HasPrefix(name, "{") && !strings.HasPrefix(name, "[") {
				doc, source = tab.document(file), enforce.Source{ARN: arn}
			}
			if p, err = enforce.Parse(doc, kind, source); err != nil {
				return nil, err
			}
		}
		all = append(all, p)
	}
	return all, nil
}

// document returns the text of a file, or makes a document of statements.
func (tab *table) document(s string) string {
	if doc, is := tab.documents[s]; is {
		return doc
	}
	return `{"Version":"2012-10-17","Statement":` + s + `}`
}

func (tab *table) asks(caller, action, resource, keys, verdict, layer string) error {
	p, known := ruleCallers[caller]
	if !known {
		return fmt.Errorf("no caller is called %s", caller)
	}
	req := &enforce.Request{Principal: p, Action: action, Resource: resource, ResourceAccount: tab.owner}
	tab.multi = map[string]bool{}
	for _, pair := range strings.Fields(keys) {
		key, value, _ := strings.Cut(pair, "=")
		if list, is := strings.CutPrefix(value, "["); is {
			tab.multi[strings.ToLower(key)] = true
			values := strings.FieldsFunc(strings.TrimSuffix(list, "]"), func(r rune) bool { return r == ',' })
			for i := range values {
				values[i] = strings.Trim(values[i], "'") // '' is an empty value
			}
			req.Context.SetMulti(key, values)
			continue
		}
		req.Context.Set(key, value)
	}
	set := tab.set // a decision refers to its set
	tab.last = enforce.Evaluate(req, &set)
	d := &tab.last
	if err := tab.agrees(req); err != nil {
		return err
	}
	if d.Verdict.String() != verdict || layer != "" && d.Layer.String() != layer {
		return fmt.Errorf("%v by the %v\n%s", d.Verdict, d.Layer, d.Explain())
	}
	return nil
}

// agrees asks the naive evaluator too, where it knows all that the question is about.
func (tab *table) agrees(req *enforce.Request) error {
	set, docs := possible(req.Principal.Type, tab.set, *read(&tab.set))
	if naive := decideNaively(req, docs, tab.multi); !naive.open && naive.verdict != tab.last.Verdict {
		if got := enforce.Evaluate(req, set); naive.verdict != got.Verdict {
			return fmt.Errorf("%v, and %v when decided naively", got.Verdict, naive.verdict)
		}
	}
	return nil
}

func (tab *table) says(caller, style, want string) error {
	if tab.last.Request == nil || tab.last.Request.Principal != ruleCallers[caller] {
		return fmt.Errorf("%s has not asked", caller)
	}
	var s enforce.MessageStyle
	switch {
	case style == "as S3":
		s.QuoteResource = true
	case style == "as SQS":
		s.LowerAction = true
	case style == "as STS":
		s.Bare = true
	case style == "with policies":
		s.PolicyARN = true
	case style == "without a resource":
		s.Name = "-"
	case style != "":
		s.Name, _ = strconv.Unquote(strings.TrimPrefix(style, "of "))
	}
	if got := tab.last.Message(s); got != want {
		return fmt.Errorf("says\n%s\nand should\n%s", got, want)
	}
	return nil
}

func (tab *table) refused(kind, value, code, message string) error {
	k, known := kinds[kind]
	if !known {
		return fmt.Errorf("no kind of policy is called %s", kind)
	}
	_, err := enforce.Parse(tab.document(value), k, enforce.Source{})
	if err == nil {
		return errors.New("not refused")
	}
	var refusal *enforce.DocumentError
	if !errors.As(err, &refusal) {
		return fmt.Errorf("no refusal of a document: %w", err)
	}
	if refusal.Code != code || message != "" && refusal.Message != message {
		return fmt.Errorf("refused with %s: %s (%s)", refusal.Code, refusal.Message, refusal.Detail)
	}
	return nil
}

// ruleCallers are the names in the tables.
var ruleCallers = map[string]enforce.Principal{
	"alice": callers[0], "worker": callers[1], "fed": callers[2], "root": callers[3],
	"zoe": callers[4], "guest": callers[5], "zroot": callers[6], // of the other account
	"linked": callers[7], "anonymous": callers[8], "s3": callers[9], "google": callers[10], "saml": callers[11],
	"bob":     {Type: enforce.User, ARN: "arn:aws:iam::" + mine + ":user/eng/bob", Account: mine, UserID: "AIDAEXAMPLEEXAMPLEBBB", UserName: "bob"},
	"reborn":  {Type: enforce.User, ARN: aliceARN, Account: mine, UserID: "AIDAEXAMPLEEXAMPLENEW", UserName: "alice"}, // deleted and created again
	"worker2": {Type: enforce.AssumedRole, ARN: "arn:aws:sts::" + mine + ":assumed-role/worker/s2", IssuerARN: workerARN, Account: mine, UserID: "AROAEXAMPLEEXAMPLEAAA:s2"},
	"sns":     {Type: enforce.Service, Service: "sns.amazonaws.com"},
	"lambda":  {Type: enforce.Service, Service: "lambda.amazonaws.com"},
}

// rule 71: a decision says more than AWS: what decided and where, every layer's
// verdict, what is missing and what to add.
func TestDecisionSaysMoreThanAWS(t *testing.T) {
	t.Parallel()
	doc := `{"Version":"2012-10-17","Statement":[
  {"Sid":"Team","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*",
   "Condition":{"StringEquals":{"aws:PrincipalTag/team":"red","aws:RequestedRegion":"eu-west-1"}}},
  {"Sid":"NoPut","Effect":"Deny","Action":"s3:PutObject","Resource":"*"}]}`
	p, err := enforce.Parse(doc, enforce.IdentityPolicy, enforce.Source{Name: "reader", ARN: "arn:aws:iam::" + mine + ":policy/reader", File: "reader.json"})
	require.NoError(t, err)
	set := &enforce.PolicySet{Identity: []*enforce.Policy{p}, Boundary: enforce.Empty(enforce.IdentityPolicy)}
	req := &enforce.Request{Principal: callers[0], Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"}
	req.Context.Set("aws:RequestedRegion", "us-east-1")

	denied := enforce.Evaluate(req, set)
	misses := denied.NearMisses()
	require.Len(t, misses, 1)
	assert.ElementsMatch(t, []enforce.Unmet{
		{Operator: "StringEquals", Key: "aws:PrincipalTag/team", Wanted: []string{"red"}},
		{Operator: "StringEquals", Key: "aws:RequestedRegion", Wanted: []string{"eu-west-1"}, Actual: []string{"us-east-1"}},
	}, misses[0].Unmet)
	assert.Equal(t, []string{"aws:PrincipalTag/team"}, denied.MissingKeys())
	verdicts := map[enforce.Layer]enforce.Verdict{}
	for _, l := range denied.Layers() {
		verdicts[l.Layer] = l.Verdict
	}
	assert.Equal(t, map[enforce.Layer]enforce.Verdict{enforce.IdentityLayer: enforce.ImplicitDeny, enforce.BoundaryLayer: enforce.ImplicitDeny}, verdicts)
	assert.Equal(t, `to allow it, the caller must be tagged team = "red"; and the request must have aws:RequestedRegion = "eu-west-1"; `+
		`identity-based policy reader, Team (reader.json:2:3) then allows`, denied.Suggest())

	put := &enforce.Request{Principal: callers[0], Action: "s3:PutObject", Resource: "arn:aws:s3:::b/k"}
	explicit := enforce.Evaluate(put, set)
	require.NotNil(t, explicit.Statement)
	assert.Same(t, p, explicit.Policy)
	assert.Equal(t, "arn:aws:iam::"+mine+":policy/reader", explicit.Policy.Source().ARN)
	assert.Equal(t, "NoPut", explicit.Statement.Sid())
	line, column := explicit.Statement.Position()
	assert.Equal(t, []int{4, 3}, []int{line, column})
}
