package enforce_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/enforce"
)

// A chooser picks a number below n: at random, or as the bytes of a fuzzer say.
// 0 is the plainest choice.
type chooser interface{ pick(n int) int }

type randomChooser struct{ *rand.Rand }

func (r randomChooser) pick(n int) int { return r.IntN(n) }

type byteChooser struct{ left []byte }

func (b *byteChooser) pick(n int) int {
	if len(b.left) == 0 {
		return 0
	}
	value := int(b.left[0])
	b.left = b.left[1:]
	return value % n
}

type rapidChooser struct{ *rapid.T }

func (r rapidChooser) pick(n int) int { return rapid.IntRange(0, n-1).Draw(r.T, "choice") }

// of picks one of several.
func of[T any](c chooser, choices ...T) T { return choices[c.pick(len(choices))] }

// some picks between least and most of what draw draws.
func some[T any](c chooser, least, most int, draw func() T) []T {
	all := []T{}
	for range least + c.pick(most-least+1) {
		all = append(all, draw())
	}
	return all
}

// The vocabulary: few words, so that policies and requests meet.
const (
	mine, theirs = "111122223333", "444455556666"
	aliceARN     = "arn:aws:iam::" + mine + ":user/eng/alice"
	workerARN    = "arn:aws:iam::" + mine + ":role/jobs/worker"
	sessionARN   = "arn:aws:sts::" + mine + ":assumed-role/worker/s1"
	fedARN       = "arn:aws:sts::" + mine + ":federated-user/fed"
	foreignARN   = "arn:aws:iam::" + theirs + ":user/zoe"
	foreignRole  = "arn:aws:iam::" + theirs + ":role/guest"
	linkedARN    = "arn:aws:iam::" + mine + ":role/aws-service-role/x.amazonaws.com/Linked"
	canonical    = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
	provider     = "accounts.google.com"
)

var callers = []enforce.Principal{
	{Type: enforce.User, ARN: aliceARN, Account: mine, UserID: "AIDAEXAMPLEEXAMPLEAAA", UserName: "alice", CanonicalUser: canonical},
	{Type: enforce.AssumedRole, ARN: sessionARN, IssuerARN: workerARN, Account: mine, UserID: "AROAEXAMPLEEXAMPLEAAA:s1"},
	{Type: enforce.FederatedUser, ARN: fedARN, IssuerARN: aliceARN, Account: mine, UserID: mine + ":fed"},
	{Type: enforce.Root, ARN: "arn:aws:iam::" + mine + ":root", Account: mine, UserID: mine, CanonicalUser: canonical},
	{Type: enforce.User, ARN: foreignARN, Account: theirs, UserID: "AIDAEXAMPLEEXAMPLEZZZ", UserName: "zoe"},
	{Type: enforce.AssumedRole, ARN: "arn:aws:sts::" + theirs + ":assumed-role/guest/g1", IssuerARN: foreignRole, Account: theirs, UserID: "AROAEXAMPLEEXAMPLEZZZ:g1"},
	{Type: enforce.Root, ARN: "arn:aws:iam::" + theirs + ":root", Account: theirs, UserID: theirs},
	{Type: enforce.AssumedRole, ARN: "arn:aws:sts::" + mine + ":assumed-role/Linked/l", IssuerARN: linkedARN, Account: mine, UserID: "AROAEXAMPLEEXAMPLELLL:l"},
	{Type: enforce.Anonymous},
	{Type: enforce.Service, Service: "s3.amazonaws.com"},
	{Type: enforce.WebIdentity, Service: provider},
	{Type: enforce.SAMLIdentity, Service: "arn:aws:iam::" + mine + ":saml-provider/p"},
}

var (
	actionPatterns = []string{"*", "s3:GetObject", "s3:*", "s3:getobject", "S3:Get*", "s3:?etObject", "s3:*Object", "s3:PutObject",
		"s3:List*", "sqs:SendMessage", "sqs:*", "kms:*", "sts:AssumeRole", "iam:*"}
	resourcePatterns = []string{"*", "arn:aws:s3:::b/k", "arn:aws:s3:::b/*", "arn:aws:s3:::*", "arn:aws:s3:::b", "arn:*:s3:::?/k",
		"arn:aws:s3:::${aws:username, 'b'}/*", "arn:aws:s3:::b/${k}", "arn:aws:s3:::b/${K, 'k'}", "arn:aws:s3:::b/${*}", "arn:aws:s3:::B/*",
		"arn:aws:s3:::b/${m}", "arn:aws:s3:::*${aws:PrincipalTag/team}*", "arn:aws:sqs:us-east-1", "arn:aws:sqs:*:" + mine + ":q*",
		"arn:aws:sqs:us-east-1:*:${k}", "arn:aws:kms:*:*:key/*", "arn:aws:sqs:us-east-1:" + theirs + ":*", "arn:aws:s3:::b/${$}{k}", "arn:aws:s3:::b/a${?}"}
	requests = [][2]string{ // the first is the plainest
		{"s3:GetObject", "arn:aws:s3:::b/k"}, {"s3:PutObject", "arn:aws:s3:::b/k"}, {"s3:GetObject", "arn:aws:s3:::b/a"},
		{"s3:GetObject", "arn:aws:s3:::b/k"}, {"s3:PutObject", "arn:aws:s3:::b/k"}, {"s3:GetObject", "arn:aws:s3:::b/k"},
		{"s3:GetObject", "arn:aws:s3:::b/*"}, {"s3:GetObject", "arn:aws:s3:::b/${k}"}, {"s3:GetObject", "arn:aws:s3:::b/a?"},
		{"s3:ListBucket", "arn:aws:s3:::b"}, {"s3:ListAllMyBuckets", "*"}, {"sqs:SendMessage", "arn:aws:sqs:us-east-1:" + mine + ":a"},
		{"sqs:SendMessage", "arn:aws:sqs:eu-west-1:" + mine + ":q1"}, {"sqs:SendMessage", "arn:aws:sqs:us-east-1:" + theirs + ":q"}, {"s3:GetObject", "arn:aws:s3:::alice/x:y/z"},
		{"s3:ListAllMyBuckets", "arn:aws:s3:::*"}, {"sqs:ListQueues", "arn:aws:sqs:us-east-1:" + mine + ":"}, {"iam:GetUser", aliceARN},
		{"s3:PutBucketPolicy", "arn:aws:s3:::b"}, {"sts:GetCallerIdentity", "*"}, {"sts:GetSessionToken", "*"}, {"sts:GetFederationToken", "*"}, {"sts:GetAccessKeyInfo", "*"}, {"iam:PassRole", workerARN},
	}
	principals = []string{`"*"`, `{"AWS":"*"}`, `{"AWS":"` + mine + `"}`, `{"AWS":"arn:aws:iam::` + mine + `:root"}`,
		`{"AWS":"` + aliceARN + `"}`, `{"AWS":"` + workerARN + `"}`, `{"AWS":"` + sessionARN + `"}`, `{"AWS":"` + fedARN + `"}`,
		`{"AWS":["` + theirs + `","` + sessionARN + `"]}`, `{"AWS":"` + foreignARN + `"}`, `{"AWS":["` + foreignRole + `","` + aliceARN + `"]}`,
		`{"AWS":"AIDAEXAMPLEEXAMPLEAAA"}`, `{"AWS":["AROAEXAMPLEEXAMPLEAAA"]}`, `{"Service":"s3.amazonaws.com"}`, `{"AWS":"` + linkedARN + `"}`, `{"AWS":["` + workerARN + `","` + sessionARN + `"]}`,
		`{"AWS":["` + aliceARN + `","` + fedARN + `"]}`,
		`{"Service":["sns.amazonaws.com","s3.amazonaws.com"],"AWS":"` + workerARN + `"}`, `{"CanonicalUser":"` + canonical + `"}`,
		`{"Federated":"` + provider + `"}`, `{"Federated":"arn:aws:iam::` + mine + `:saml-provider/p"}`}
)

// A family is operators that work alike, keys of their type, and values for both
// sides. The keys of several families are the same only where all can read them.
type family struct {
	operators []string
	keys      []string
	wanted    []string // as JSON
	actual    []string
}

var families = []family{
	{[]string{"StringEquals", "StringLike", "StringNotEquals", "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"},
		[]string{"k", "K", "m", "aws:username", "AWS:PrincipalType", "aws:PrincipalTag/team", "aws:PrincipalAccount", "aws:ResourceAccount", "aws:userid", "missing"},
		[]string{`"a"`, `"A"`, `"k"`, `"a*"`, `"*"`, `"?"`, `""`, `"alice"`, `"User"`, `"${k}"`, `"${m}"`, `"${aws:username}"`, `"${missing}"`, `"${missing, 'a'}"`,
			`"a${*}"`, `"${$}{k}"`, `"Ass*"`, `"` + mine + `"`, `"${aws:PrincipalAccount}"`, `true`, `5`},
		[]string{"a", "k", "A", "", "ab", "a*", "5", "true", "${k}", "alice"}},
	{[]string{"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals"},
		[]string{"n", "N", "missing"}, []string{`"5"`, `5`, `"5.0"`, `"-1"`, `4.5`, `"100000000000000000001"`, `"+5"`},
		[]string{"5", "5.00", "4", "-1", "x", "", "100000000000000000000", "4.5"}},
	{[]string{"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"},
		[]string{"d", "missing"}, []string{`"2026-01-01T00:00:00Z"`, `"2026"`, `"2026-01"`, `"2025-12-31"`, `"1767225600"`, `1767225600`, `"2026-01-01T01:00+01:00"`, `"2026-01-01T00:00:00.5Z"`},
		[]string{"2026-01-01T00:00:00Z", "2026-01-01", "1767225600", "2027", "2025-12-31T23:59:59-01:00", "2026-01-01T00:00:00.500Z"}},
	{[]string{"Bool"}, []string{"b", "aws:PrincipalIsAWSService", "missing"}, []string{`"true"`, `"false"`, `true`, `false`, `"True"`}, []string{"true", "false", "FALSE"}},
	{[]string{"BinaryEquals"}, []string{"bin", "missing"}, []string{`"aGVsbG8="`, `"eA=="`}, []string{"hello", "x", "eA=="}},
	{[]string{"IpAddress", "NotIpAddress"}, []string{"ip", "missing"}, []string{`"10.0.0.0/8"`, `"10.1.2.3"`, `"10.1.2.3/16"`, `"0.0.0.0/0"`, `"2001:db8::/32"`, `"::/0"`, `"2001:DB8::1"`},
		[]string{"10.1.2.3", "10.200.0.1", "192.0.2.1", "2001:db8::1", "2001:db9::1"}},
	{[]string{"ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"}, []string{"arn", "aws:PrincipalArn", "missing"},
		[]string{`"arn:aws:s3:::b"`, `"arn:aws:s3:::*"`, `"arn:*:sns:*:` + mine + `:*"`, `"arn:aws:s3:::${k}"`, `"${aws:PrincipalArn}"`, `"arn:aws:iam::*:user/*"`, `"` + workerARN + `"`, `"arn:aws:iam::${aws:PrincipalAccount}:*"`, `"arn:aws:sns:*:*:t:?"`},
		[]string{"arn:aws:s3:::b", "arn:aws:sns:us-east-1:" + mine + ":t:u", "arn:aws:s3:::a", "notarn", aliceARN}},
	{[]string{"Null"}, []string{"k", "m", "n", "aws:username", "aws:PrincipalArn", "missing", "aws:PrincipalServiceName"}, []string{`"true"`, `"false"`, `true`, `false`}, nil},
}

// list writes one value as itself or as a list of one, and several as a list.
func list(c chooser, values []string) string {
	if len(values) == 1 && c.pick(2) == 0 {
		return values[0]
	}
	return "[" + strings.Join(values, ",") + "]"
}

func quoted(values ...string) []string {
	for i, v := range values {
		values[i] = fmt.Sprintf("%q", v)
	}
	return values
}

func drawCondition(c chooser) string {
	var block []string
	seen := map[string]bool{}
	for range c.pick(3) {
		f := families[c.pick(len(families))]
		operator := of(c, f.operators...)
		if operator != "Null" {
			operator = of(c, "", "", "ForAllValues:", "ForAnyValue:") + operator + of(c, "", "", "IfExists")
		}
		if seen[operator] {
			continue
		}
		seen[operator] = true
		var keys []string
		inside := map[string]bool{}
		for range 1 + c.pick(5)/4 {
			key := of(c, f.keys...)
			if !inside[strings.ToLower(key)] {
				keys = append(keys, fmt.Sprintf("%q:%s", key, list(c, some(c, 1, 3, func() string { return of(c, f.wanted...) }))))
			}
			inside[strings.ToLower(key)] = true
		}
		block = append(block, fmt.Sprintf("%q:{%s}", operator, strings.Join(keys, ",")))
	}
	if len(block) == 0 {
		return ""
	}
	return `,"Condition":{` + strings.Join(block, ",") + `}`
}

// A stage is the sort of resource that a scene is about.
type stage int

const (
	onBucket stage = iota
	onRole
	onKey
)

// drawPolicyStatement writes a statement; effect "" is either.
func drawPolicyStatement(c chooser, kind enforce.Kind, effect string) string {
	if effect == "" {
		effect = of(c, "Allow", "Allow", "Allow", "Allow", "Deny")
	}
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	add(`"Effect":%q`, effect)
	action, patterns := "Action", some(c, 1, 2, func() string { return of(c, actionPatterns...) })
	switch {
	case kind == enforce.TrustPolicy:
		patterns = []string{of(c, "sts:AssumeRole", "sts:*", "sts:TagSession", "STS:assume*")}
	case c.pick(6) == 5 && kind != enforce.ResourceControlPolicy:
		action = "NotAction"
	case kind == enforce.ResourceControlPolicy:
		patterns = []string{of(c, "s3:GetObject", "s3:*", "sqs:*", "kms:*", "sts:*")}
	}
	add("%q:%s", action, list(c, quoted(patterns...)))
	if kind != enforce.TrustPolicy {
		resource := of(c, "Resource", "Resource", "Resource", "NotResource")
		add("%q:%s", resource, list(c, quoted(some(c, 1, 2, func() string { return of(c, resourcePatterns...) })...)))
	}
	switch kind {
	case enforce.ResourceControlPolicy:
		add(`"Principal":"*"`)
	case enforce.ResourcePolicy, enforce.KeyPolicy, enforce.TrustPolicy, enforce.EndpointPolicy:
		who := "Principal"
		if effect == "Deny" && kind == enforce.ResourcePolicy && c.pick(4) == 3 {
			who = "NotPrincipal"
		}
		add("%q:%s", who, of(c, principals...))
	}
	return "{" + strings.Join(parts, ",") + drawCondition(c) + "}"
}

// drawDocument writes a policy. Kinds that would not grant anything often enough
// get a plain Allow now and then.
func drawDocument(c chooser, kind enforce.Kind) string {
	effect := ""
	if kind == enforce.ResourceControlPolicy {
		effect = "Deny"
	}
	statements := some(c, 1, 3, func() string { return drawPolicyStatement(c, kind, effect) })
	if c.pick(3) == 0 && effect == "" && kind != enforce.TrustPolicy {
		all := `{"Effect":"Allow","Action":"*","Resource":"*"`
		if kind == enforce.EndpointPolicy || kind == enforce.ResourcePolicy || kind == enforce.KeyPolicy {
			all += `,"Principal":` + of(c, principals...)
		}
		statements = append(statements, all+"}")
	}
	version := `"Version":"2012-10-17",`
	if kind != enforce.ServiceControlPolicy && kind != enforce.ResourceControlPolicy {
		version = of(c, version, version, version, `"Version":"2008-10-17",`, "")
	}
	return "{" + version + `"Statement":` + list(c, statements) + "}"
}

// A question is a request, and which of its keys are multivalued.
type question struct {
	*enforce.Request
	multi map[string]bool
}

// A scene is policies and questions.
type scene struct {
	set   *enforce.PolicySet
	asked []question
	// refused has the documents that did not parse, and are not in the set.
	refused []error
}

func drawScene(c chooser, asked int) *scene {
	s := &scene{set: &enforce.PolicySet{}}
	at := of(c, onBucket, onBucket, onBucket, onBucket, onRole, onKey)
	resource := []enforce.Kind{enforce.ResourcePolicy, enforce.TrustPolicy, enforce.KeyPolicy}[at]
	s.set.Identity = s.policies(c, enforce.IdentityPolicy, 0, 3)
	if at != onBucket || c.pick(3) > 0 {
		s.set.Resource = s.policy(c, resource)
	}
	if c.pick(4) == 3 {
		s.set.Boundary = of(c, s.policy(c, enforce.IdentityPolicy), enforce.Empty(enforce.IdentityPolicy))
	}
	if c.pick(2) == 1 {
		s.set.Session = s.policies(c, enforce.SessionPolicy, 0, 2)
	}
	if c.pick(4) == 3 {
		s.set.SCPs = s.nodes(c, enforce.ServiceControlPolicy)
	}
	if c.pick(4) == 3 {
		s.set.RCPs = s.nodes(c, enforce.ResourceControlPolicy)
	}
	if c.pick(6) == 5 {
		s.set.Endpoint = s.policy(c, enforce.EndpointPolicy)
	}
	for range asked {
		s.asked = append(s.asked, drawQuestion(c, at))
	}
	return s
}

func (s *scene) policy(c chooser, kind enforce.Kind) *enforce.Policy {
	doc := drawDocument(c, kind)
	p, err := enforce.Parse(doc, kind, enforce.Source{})
	if err != nil {
		s.refused = append(s.refused, fmt.Errorf("%w: %s", err, doc))
		return enforce.Empty(kind)
	}
	return p
}

func (s *scene) policies(c chooser, kind enforce.Kind, least, most int) []*enforce.Policy {
	return some(c, least, most, func() *enforce.Policy { return s.policy(c, kind) })
}

func (s *scene) nodes(c chooser, kind enforce.Kind) [][]*enforce.Policy {
	return some(c, 1, 2, func() []*enforce.Policy {
		node := s.policies(c, kind, 0, 1)
		if c.pick(4) < 3 {
			node = append(node, enforce.FullAWSAccess(kind))
		}
		return node
	})
}

func drawQuestion(c chooser, at stage) question {
	what := of(c, requests...)
	switch at {
	case onRole:
		what = [2]string{"sts:AssumeRole", "arn:aws:iam::" + mine + ":role/target"}
	case onKey:
		what = [2]string{of(c, "kms:Decrypt", "kms:Decrypt", "kms:RetireGrant"), "arn:aws:kms:us-east-1:" + mine + ":key/k"}
	}
	req := &enforce.Request{Principal: of(c, callers...), Action: what[0], Resource: what[1], ResourceAccount: mine}
	if req.Principal.Account == mine && c.pick(2) == 0 {
		req.ResourceAccount = "" // the caller's own
	}
	if req.Principal.Account != "" && c.pick(4) == 3 { // the keys of temporary credentials
		req.Context.Set("aws:TokenIssueTime", "2026-01-01T00:00:00Z")
		req.Context.Set("aws:MultiFactorAuthPresent", of(c, "true", "false"))
	}
	q := question{req, map[string]bool{}}
	for _, f := range families {
		for _, key := range f.settable() {
			q.drawKey(c, key, f.actual)
		}
	}
	return q
}

// settable returns the keys that a request sets itself, each once: not those that
// follow from the caller.
func (f *family) settable() []string {
	var keys []string
	for _, key := range f.keys {
		derived := strings.HasPrefix(strings.ToLower(key), "aws:") && key != "aws:PrincipalTag/team"
		if f.actual != nil && !derived && key != "missing" && key != "K" && key != "N" {
			keys = append(keys, key)
		}
	}
	return keys
}

// drawKey sets a key, in other letters than the policies', or leaves it out. The
// key m always has many values, the others sometimes.
func (q *question) drawKey(c chooser, key string, actual []string) {
	value := func() string { return of(c, actual...) }
	choice := c.pick(8)
	switch {
	case choice == 6: // missing
	case key == "m" || choice == 7:
		q.Context.SetMulti(key, some(c, 0, 3, value))
		q.multi[strings.ToLower(key)] = true
	case key == "d" && choice == 5:
		q.Context.SetTime(key, time.Unix(1767225600, 0))
	default:
		q.Context.Set(strings.ToUpper(key[:1])+key[1:], value())
	}
}
