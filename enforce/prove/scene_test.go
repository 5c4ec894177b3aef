package prove

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/enforce"
)

// A chooser picks a number below n. 0 is the plainest choice.
type chooser interface{ pick(n int) int }

type rapidChooser struct{ *rapid.T }

func (r rapidChooser) pick(n int) int { return rapid.IntRange(0, n-1).Draw(r.T, "choice") }

type byteChooser struct{ left []byte }

func (b *byteChooser) pick(n int) int {
	if len(b.left) == 0 {
		return 0
	}
	value := int(b.left[0])
	b.left = b.left[1:]
	return value % n
}

type fastChooser struct{ state uint64 }

func (f *fastChooser) pick(n int) int {
	f.state = f.state*6364136223846793005 + 1442695040888963407
	return int(f.state >> 33 % uint64(n))
}

func of[T any](c chooser, choices ...T) T { return choices[c.pick(len(choices))] }

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
	canonicalID  = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
)

var callers = []enforce.Principal{
	{Type: enforce.User, ARN: aliceARN, Account: mine, UserID: "AIDAEXAMPLEEXAMPLEAAA", UserName: "alice", CanonicalUser: canonicalID},
	{Type: enforce.AssumedRole, ARN: sessionARN, IssuerARN: workerARN, Account: mine, UserID: "AROAEXAMPLEEXAMPLEAAA:s1"},
	{Type: enforce.FederatedUser, ARN: fedARN, IssuerARN: aliceARN, Account: mine, UserID: mine + ":fed"},
	{Type: enforce.Root, ARN: "arn:aws:iam::" + mine + ":root", Account: mine, UserID: mine},
	{Type: enforce.User, ARN: "arn:aws:iam::" + theirs + ":user/zoe", Account: theirs, UserID: "AIDAEXAMPLEEXAMPLEZZZ", UserName: "zoe"},
	{Type: enforce.AssumedRole, ARN: "arn:aws:sts::" + theirs + ":assumed-role/guest/g", IssuerARN: "arn:aws:iam::" + theirs + ":role/guest", Account: theirs, UserID: "AROAEXAMPLEEXAMPLEZZZ:g"},
	{Type: enforce.Root, ARN: "arn:aws:iam::" + theirs + ":root", Account: theirs, UserID: theirs},
	{Type: enforce.AssumedRole, ARN: "arn:aws:sts::" + mine + ":assumed-role/Linked/l", IssuerARN: "arn:aws:iam::" + mine + ":role/aws-service-role/x.amazonaws.com/Linked", Account: mine, UserID: "AROAEXAMPLEEXAMPLELLL:l"},
	{Type: enforce.Anonymous},
	{Type: enforce.Service, Service: "s3.amazonaws.com"},
	{Type: enforce.WebIdentity, Service: "accounts.google.com"},
}

var principals = []string{`"*"`, `{"AWS":"` + mine + `"}`, `{"AWS":"` + aliceARN + `"}`, `{"AWS":"` + workerARN + `"}`, `{"AWS":"` + sessionARN + `"}`,
	`{"AWS":"arn:aws:iam::` + theirs + `:root"}`, `{"AWS":["` + workerARN + `","` + sessionARN + `"]}`, `{"AWS":["` + fedARN + `","` + aliceARN + `"]}`,
	`{"Service":"s3.amazonaws.com"}`, `{"AWS":"AIDAEXAMPLEEXAMPLEAAA"}`, `{"AWS":"AROAEXAMPLEEXAMPLEAAA"}`, `{"CanonicalUser":"` + canonicalID + `"}`,
	`{"Federated":"accounts.google.com"}`, `{"AWS":["` + theirs + `","arn:aws:iam::` + theirs + `:user/zoe"]}`}

// A stage is actions, resources and the sort of the resource's policy.
type stage struct {
	kind               enforce.Kind
	actions, resources []string // of requests
	actionPatterns     []string
	resourcePatterns   []string
}

var stages = []stage{
	{enforce.ResourcePolicy,
		[]string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:PutBucketPolicy", "iam:PassRole", "iam:GetUser"},
		[]string{"arn:aws:s3:::b/k", "arn:aws:s3:::b", "arn:aws:s3:::c/a", "*", "arn:aws:s3:::b/a*", "arn:aws:sqs:us-east-1:" + theirs + ":q", "arn:aws:sqs:us-east-1:" + mine + ":q", "arn:aws:s3:::alice/k", "arn:aws:sqs:us-east-1:${aws:PrincipalAccount}:q"},
		[]string{"*", "s3:*", "s3:GetObject", "S3:get*", "s3:?utObject", "s3:*Object", "iam:*", "s3:Put*", "s3:*t*"},
		[]string{"*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/k", "arn:aws:s3:::*", "arn:*:s3:::?/k", "arn:aws:s3:::${aws:username, 'b'}/*", "arn:aws:s3:::b/${k}",
			"arn:aws:s3:::b/a${*}", "arn:aws:sqs:*:" + mine + ":*", "arn:aws:sqs", "arn:aws:s3:::*${aws:PrincipalTag/team}*", "arn:aws:s3:::*/a*", "arn:*:sqs:*:${aws:PrincipalAccount}:q", "arn:aws:sqs:us-east-1:${aws:PrincipalAccount}:q*"}},
	{enforce.TrustPolicy,
		[]string{"sts:AssumeRole", "sts:TagSession", "sts:GetSessionToken", "sts:GetCallerIdentity", "sts:GetFederationToken", "sts:AssumeRoot"},
		[]string{"arn:aws:iam::" + mine + ":role/target", "*", "arn:aws:iam::" + mine + ":role/aws-service-role/x/L"},
		[]string{"sts:*", "sts:AssumeRole", "STS:assume*", "sts:TagSession"},
		[]string{"*", "arn:aws:iam::*:role/*", "arn:aws:iam::" + mine + ":role/target"}},
	{enforce.KeyPolicy,
		[]string{"kms:Decrypt", "kms:RetireGrant", "kms:Encrypt"},
		[]string{"arn:aws:kms:us-east-1:" + mine + ":key/k", "arn:aws:kms:us-east-1:" + theirs + ":key/k", "*"},
		[]string{"kms:*", "kms:Decrypt", "kms:*crypt", "*"},
		[]string{"*", "arn:aws:kms:*:*:key/*", "arn:aws:kms:us-east-1:" + mine + ":*"}},
}

// A subject is operators that work alike, keys, and values for both sides.
type subject struct {
	operators, keys []string
	wanted          []string // as JSON
	actual          []string
}

var subjects = []subject{
	{[]string{"StringEquals", "StringLike", "StringNotEquals", "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"},
		[]string{"k", "K", "m", "aws:PrincipalTag/team", "aws:username", "aws:PrincipalAccount", "aws:ResourceAccount", "aws:PrincipalType", "aws:userid"},
		[]string{`"a"`, `"A"`, `"k"`, `"a*"`, `"*"`, `"?"`, `""`, `"alice"`, `"User"`, `"${k}"`, `"${m}"`, `"${aws:username}"`, `"${missing, 'a'}"`, `"a${*}"`,
			`"` + mine + `"`, `"${aws:PrincipalAccount}"`, `"*b*a*"`, `"a??"`, `"\ufffd"`, `"?${k}"`, `"${k}*"`},
		[]string{"a", "k", "A", "", "ab", "a*", "alice"}},
	{[]string{"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals"},
		[]string{"n", "k"}, []string{`"5"`, `5`, `"5.0"`, `"-1"`, `4.5`, `"+5"`, `"x"`}, []string{"5", "5.00", "4", "-1", "x", "", "4.75"}},
	{[]string{"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"},
		[]string{"d"}, []string{`"2026-01-01T00:00:00Z"`, `"2026"`, `"2025-12-31"`, `"1767225600"`, `"2026-01-01T01:00+01:00"`, `"2026-01-01T00:00:00.5Z"`},
		[]string{"2026-01-01T00:00:00Z", "1767225600", "2027", "2025-12-31T23:59:59-01:00", "x"}},
	{[]string{"Bool"}, []string{"b", "aws:PrincipalIsAWSService", "aws:MultiFactorAuthPresent"}, []string{`"true"`, `"false"`, `true`, `"True"`, `"x"`}, []string{"true", "false"}},
	{[]string{"BinaryEquals"}, []string{"bin", "k"}, []string{`"aGVsbG8="`, `"YQ=="`, `"/w=="`, `"Yf/+"`}, []string{"hello", "a", "\xff", "a\xff\xfe"}},
	{[]string{"IpAddress", "NotIpAddress"}, []string{"ip", "aws:SourceIp"}, []string{`"10.0.0.0/8"`, `"10.1.2.3"`, `"10.1.2.3/16"`, `"0.0.0.0/0"`, `"2001:db8::/32"`, `"::/0"`},
		[]string{"10.1.2.3", "10.200.0.1", "192.0.2.1", "2001:db8::1", "2001:db9::1"}},
	{[]string{"ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"}, []string{"arn", "aws:PrincipalArn", "k"},
		[]string{`"arn:aws:s3:::b"`, `"arn:aws:s3:::*"`, `"*"`, `"arn:*:sns:*:` + mine + `:*"`, `"arn:aws:s3:::${k}"`, `"${aws:PrincipalArn}"`, `"arn:aws:iam::*:user/*"`, `"arn:aws:iam::${aws:PrincipalAccount}:*"`, `"x"`, `"*:*:s3"`, `"${arn}"`},
		[]string{"arn:aws:s3:::b", "arn:aws:sns:us-east-1:" + mine + ":t:u", "arn:aws:s3:::a", "notarn"}},
	{[]string{"Null"}, []string{"k", "m", "n", "aws:username", "aws:TokenIssueTime", "kms:ResourceAliases", "aws:PrincipalServiceName"}, []string{`"true"`, `"false"`, `true`}, nil},
}

func listOf(values []string) string {
	if len(values) == 1 {
		return values[0]
	}
	return "[" + strings.Join(values, ",") + "]"
}

func quotedAll(values []string) []string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = fmt.Sprintf("%q", v)
	}
	return quoted
}

func drawCondition(c chooser) string {
	var block []string
	seen := map[string]bool{}
	for range c.pick(3) {
		s := subjects[c.pick(len(subjects))]
		operator := of(c, s.operators...)
		if operator != "Null" {
			operator = of(c, "", "", "ForAllValues:", "ForAnyValue:") + operator + of(c, "", "", "IfExists")
		}
		if seen[operator] {
			continue
		}
		seen[operator] = true
		block = append(block, fmt.Sprintf("%q:{%q:%s}", operator, of(c, s.keys...), listOf(some(c, 1, 3, func() string { return of(c, s.wanted...) }))))
	}
	if len(block) == 0 {
		return ""
	}
	return `,"Condition":{` + strings.Join(block, ",") + `}`
}

func drawStatement(c chooser, s *stage, kind enforce.Kind) string {
	effect := of(c, "Allow", "Allow", "Allow", "Deny")
	action := "Action"
	actions := some(c, 1, 2, func() string { return of(c, s.actionPatterns...) })
	switch kind {
	case enforce.TrustPolicy:
		actions = []string{of(c, "sts:*", "sts:AssumeRole", "sts:TagSession")}
	case enforce.ResourceControlPolicy:
		effect, actions = "Deny", []string{of(c, "s3:*", "sqs:*", "kms:*", "sts:*", "s3:GetObject")}
	default:
		action = of(c, "Action", "Action", "Action", "Action", "NotAction")
	}
	text := fmt.Sprintf(`{"Effect":%q,%q:%s`, effect, action, listOf(quotedAll(actions)))
	if kind != enforce.TrustPolicy {
		text += fmt.Sprintf(`,%q:%s`, of(c, "Resource", "Resource", "Resource", "NotResource"), listOf(quotedAll(some(c, 1, 2, func() string { return of(c, s.resourcePatterns...) }))))
	}
	switch kind {
	case enforce.ResourceControlPolicy:
		text += `,"Principal":"*"`
	case enforce.ResourcePolicy, enforce.TrustPolicy, enforce.KeyPolicy, enforce.EndpointPolicy:
		who := "Principal"
		if effect == "Deny" && kind == enforce.ResourcePolicy && c.pick(3) == 2 {
			who = "NotPrincipal"
		}
		text += fmt.Sprintf(`,%q:%s`, who, of(c, principals...))
	}
	return text + drawCondition(c) + "}"
}

func drawPolicy(c chooser, s *stage, kind enforce.Kind) *enforce.Policy {
	statements := some(c, 1, 3, func() string { return drawStatement(c, s, kind) })
	if c.pick(2) == 1 && kind != enforce.TrustPolicy && kind != enforce.ResourceControlPolicy {
		all := `{"Effect":"Allow","Action":"*","Resource":"*"`
		if kind == enforce.ResourcePolicy || kind == enforce.KeyPolicy || kind == enforce.EndpointPolicy {
			all += `,"Principal":` + of(c, principals...)
		}
		statements = append(statements, all+"}")
	}
	version := "2012-10-17"
	if kind != enforce.ServiceControlPolicy && kind != enforce.ResourceControlPolicy && c.pick(5) == 4 {
		version = "2008-10-17"
	}
	doc := fmt.Sprintf(`{"Version":%q,"Statement":[%s]}`, version, strings.Join(statements, ","))
	p, err := enforce.Parse(doc, kind, enforce.Source{})
	if err != nil {
		panic(err.Error() + "\n" + doc)
	}
	return p
}

// drawSet draws policies for a stage; single asks for identity-based ones alone.
func drawSet(c chooser, s *stage, oneLayer bool) *enforce.PolicySet {
	set := &enforce.PolicySet{}
	policy := func(kind enforce.Kind) func() *enforce.Policy {
		return func() *enforce.Policy { return drawPolicy(c, s, kind) }
	}
	set.Identity = some(c, 1, 2, policy(enforce.IdentityPolicy))
	if oneLayer {
		return set
	}
	if s.kind != enforce.ResourcePolicy || c.pick(2) == 1 {
		set.Resource = policy(s.kind)()
	}
	if c.pick(8) == 7 {
		set.NoResourcePolicy, set.Resource = true, nil
	}
	if c.pick(4) == 3 {
		set.Boundary = policy(enforce.IdentityPolicy)()
	}
	if c.pick(4) == 3 {
		set.Session = some(c, 0, 2, policy(enforce.SessionPolicy))
	}
	nodes := func(kind enforce.Kind) [][]*enforce.Policy {
		return some(c, 1, 2, func() []*enforce.Policy {
			return append(some(c, 0, 1, policy(kind)), some(c, 0, 1, func() *enforce.Policy { return enforce.FullAWSAccess(kind) })...)
		})
	}
	if c.pick(4) == 3 {
		set.SCPs = nodes(enforce.ServiceControlPolicy)
	}
	if c.pick(4) == 3 {
		set.RCPs = nodes(enforce.ResourceControlPolicy)
	}
	if c.pick(6) == 5 {
		set.Endpoint = policy(enforce.EndpointPolicy)()
	}
	return set
}

// drawRequest draws a request that may be one of a question: keys have values of their types.
func drawRequest(c chooser, s *stage) *enforce.Request {
	req := &enforce.Request{Principal: of(c, callers...), Action: of(c, s.actions...), Resource: of(c, s.resources...)}
	req.ResourceAccount = of(c, "", "", mine, theirs)
	drawContext(c, req)
	return req
}

func drawContext(c chooser, req *enforce.Request) {
	for _, s := range subjects {
		for _, key := range s.keys {
			lower := strings.ToLower(key)
			if strings.HasPrefix(lower, "aws:p") && lower != "aws:principaltag/team" || lower == "aws:username" || lower == "aws:userid" || lower == "aws:resourceaccount" || key == "K" {
				continue
			}
			value := func() string { return of(c, append([]string{"k"}, s.actual...)...) }
			switch typed := newKey(lower); {
			case lower == "aws:tokenissuetime":
				if c.pick(3) == 2 {
					req.Context.Set(key, "2026-01-01T00:00:00Z")
				}
			case lower == "kms:resourcealiases":
				if c.pick(3) == 2 {
					req.Context.SetMulti(key, []string{"alias/a", of(c, "alias/b", "alias/aws/s3")})
				}
			case typed.values != nil:
				if c.pick(2) == 1 {
					req.Context.Set(key, of(c, s.actual...))
				}
			case c.pick(3) == 2: // missing
			case typed.multi && (!typed.single || c.pick(5) == 4):
				req.Context.SetMulti(key, some(c, 0, 3, value))
			default:
				req.Context.Set(strings.ToUpper(key[:1])+key[1:], value())
			}
		}
	}
}

// stateOf returns what a request has for a key.
func stateOf(req *enforce.Request, key string) keyState {
	for name, values := range req.Context.All() {
		if !strings.EqualFold(name, key) {
			continue
		}
		if !req.Context.IsMulti(name) {
			return single(values[0])
		}
		if len(values) == 0 || len(values) == 1 && values[0] == "" {
			return keyState{} // an empty set is as none
		}
		return keyState{multi: true, values: values}
	}
	return keyState{}
}

func describe(set *enforce.PolicySet, req *enforce.Request) string {
	var b strings.Builder
	for p := range set.All() {
		fmt.Fprintf(&b, "%s: %s\n", p.Kind(), p.Document())
	}
	if req != nil {
		fmt.Fprintf(&b, "%+v %s on %s of %q", req.Principal, req.Action, req.Resource, req.ResourceAccount)
		for k, v := range req.Context.All() {
			fmt.Fprintf(&b, " %s=%q", k, v)
		}
	}
	return b.String()
}

func documentsOf(set *enforce.PolicySet) (texts []string) {
	for p := range set.All() {
		texts = append(texts, p.Document())
	}
	return texts
}
