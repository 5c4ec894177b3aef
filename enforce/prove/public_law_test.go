package prove

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/publicpolicy"
)

// callerKeys are keys that name callers, networks or sources, with fixed and open values.
var callerKeys = []struct {
	key, operators string
	values         []string
}{
	{"aws:PrincipalOrgID", "StringEquals StringNotEquals StringLike", []string{"o-a", "o-b", "o-*"}},
	{"aws:SourceVpc", "StringEquals StringEqualsIgnoreCase StringLike StringNotLike", []string{"vpc-1", "vpc-*", "*", "${aws:PrincipalTag/vpc}"}},
	{"aws:SourceVpce", "StringLike", []string{"vpce-1", "vpce-2", "vpce-?*"}},
	{"aws:SourceArn", "ArnEquals ArnLike ArnNotLike StringLike", []string{"arn:aws:sns:us-east-1:444455556666:t", "arn:aws:sns:*:*:*", "arn:aws:s3:::b"}},
	{"aws:SourceAccount", "StringEquals StringLike", []string{"444455556666", "4444*"}},
	{"aws:SourceIp", "IpAddress NotIpAddress", []string{"203.0.113.0/24", "198.51.100.7", "0.0.0.0/0", "128.0.0.0/1", "2001:db8::/32", "2000::/3"}},
	{"aws:PrincipalArn", "ArnEquals ArnLike", []string{"arn:aws:iam::444455556666:role/r", "arn:aws:iam::444455556666:role/*", "*"}},
	{"aws:PrincipalAccount", "StringEquals", []string{"444455556666", "777788889999"}},
	{"aws:PrincipalOrgPaths", "StringLike", []string{"o-a/r-1/*", "o-b/r-2/"}},
	{"s3:DataAccessPointArn", "ArnLike StringLike", []string{"arn:aws:s3:us-east-1:444455556666:accesspoint/*", "arn:aws:s3:*:*:accesspoint/*"}},
	{"aws:Referer", "StringEquals", []string{"x", "y"}},
}

// drawGrant draws an Allow whose conditions can hold: each key has one.
func drawGrant(c chooser) string {
	who := of(c, `"*"`, `"*"`, `"*"`, `{"AWS":"444455556666"}`, `{"AWS":["444455556666","*"]}`, `{"Federated":"accounts.google.com"}`)
	conditions := make(map[string][]string)
	for range c.pick(3) {
		n := callerKeys[c.pick(len(callerKeys))]
		if strings.Contains(who, "Federated") && strings.HasPrefix(n.key, "aws:Principal") {
			continue // users of identity providers have none of these
		}
		operator := of(c, strings.Fields(n.operators)...)
		if n.key != "aws:PrincipalAccount" { // which all requests have: S3 does not look at that
			operator += of(c, "", "", "IfExists")
		}
		if n.key == "aws:PrincipalOrgPaths" {
			operator = of(c, "ForAnyValue:", "ForAllValues:") + operator
		}
		condition := fmt.Sprintf("%q:%s", n.key, listOf(quotedAll(some(c, 1, 2, func() string { return of(c, n.values...) }))))
		if conditions[n.key] == nil {
			conditions[n.key] = []string{operator, condition}
		}
	}
	block := make(map[string][]string)
	for _, n := range callerKeys {
		if condition := conditions[n.key]; condition != nil {
			block[condition[0]] = append(block[condition[0]], condition[1])
		}
	}
	var operators []string
	for _, operator := range slices.Sorted(maps.Keys(block)) {
		keys := block[operator]
		operators = append(operators, fmt.Sprintf("%q:{%s}", operator, strings.Join(keys, ",")))
	}
	return fmt.Sprintf(`{"Effect":"Allow","Principal":%s,"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{%s}}`, who, strings.Join(operators, ","))
}

// checkPublic compares what S3 calls public with what a stranger may do, of a policy of
// Allows; with a Deny, S3 calls more public.
func checkPublic(t fatal, c chooser) Verdict {
	statements := some(c, 1, 2, func() string { return drawGrant(c) })
	denies := c.pick(4) == 3
	if denies {
		statements = append(statements, strings.Replace(drawGrant(c), `"Allow"`, `"Deny"`, 1))
	}
	doc := `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
	p, err := enforce.Parse(doc, enforce.ResourcePolicy, enforce.Source{})
	if err != nil {
		t.Fatalf("%v\n%s", err, doc)
	}
	x, err := Public(context.Background(), p, Zone{Account: mine})
	if err != nil {
		t.Fatalf("%v\n%s", err, doc)
	}
	public := publicpolicy.Public(p.Elements(), publicpolicy.Buckets)
	switch {
	case x.Public == Unknown:
	case x.Public == Yes && !public, !denies && (x.Public == Yes) != public:
		t.Fatalf("public: %v, of a bucket %v\n%s", x.Public, public, doc)
	}
	for i := range x.Findings {
		f := &x.Findings[i]
		if !enforce.Evaluate(f.Witness, &enforce.PolicySet{Identity: []*enforce.Policy{everything}, Resource: p}).Allowed() || f.Witness.Principal.Account == mine {
			t.Fatalf("the witness is none: %s\n%s", f, doc)
		}
	}
	checkWhole(t, p, &x)
	if x.Verdict == No {
		attackFromOutside(t, c, p)
	}
	return x.Public
}

// attackFromOutside asks for callers outside of the zone, with values that the policy names or
// nearly does.
func attackFromOutside(t fatal, c chooser, p *enforce.Policy) {
	zone := Zone{Account: mine}
	q := Question{Actions: []string{"*"}, Anyone: true, Where: zone.outside(p.Elements())}
	set := &enforce.PolicySet{Identity: []*enforce.Policy{everything}, Resource: p}
	if err := q.check(set); err != nil {
		t.Fatalf("%v", err)
	}
	words := wordsOf(set)
	for range *attacks {
		who := of(c, callers[4], callers[5], callers[6], callers[8], callers[10])
		req := words.request(c, who)
		req.ResourceAccount = mine
		if req.Principal.Type == enforce.Anonymous || req.Principal.Type == enforce.WebIdentity {
			req.Context.SetAbsent("aws:PrincipalOrgID")
			req.Context.SetAbsent("aws:PrincipalOrgPaths")
		}
		if q.holds(req) && enforce.Evaluate(req, set).Allowed() && req.Action != "sts:GetCallerIdentity" {
			t.Fatalf("open to nobody, and yet %s\n%s", Describe(req), p.Document())
		}
	}
}

// checkWhole asks about the policy as a whole what the findings say of its parts.
func checkWhole(t fatal, p *enforce.Policy, x *Exposure) {
	zone := Zone{Account: mine}
	set, q := Alone(p)
	q.ResourceAccount, q.outside, q.Where = mine, &zone, zone.outside(p.Elements())
	a, err := Can(context.Background(), set, q)
	if err != nil || a.Verdict != x.Verdict && a.Verdict != Unknown && x.Verdict != Unknown {
		t.Fatalf("as a whole %v, of its parts %v\n%s", a.Verdict, x.Verdict, p.Document())
	}
}

func TestPublicIsWhatS3SaysIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { checkPublic(t, rapidChooser{t}) })
	seen := map[Verdict]int{}
	for i := range *cases {
		seen[checkPublic(t, &fastChooser{uint64(i)})]++
	}
	t.Log(seen)
	if seen[Yes] < *cases/10 || seen[No] < *cases/10 || seen[Unknown] > *cases/10 {
		t.Errorf("too few of a sort, or too many unknown: %v", seen)
	}
}
