package enforce

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Generators draw from small alphabets, so that policies and requests meet.
var (
	genAction   = rapid.SampledFrom([]string{"s3:GetObject", "s3:PutObject", "s3:Get*", "s3:*", "*", "sqs:SendMessage", "S3:getobject"})
	genResource = rapid.SampledFrom([]string{"*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/k", "arn:aws:s3:::*", "arn:aws:s3:::${aws:username, 'k'}/k", "arn:aws:sqs:us-east-1"})
	genEffect   = rapid.SampledFrom([]string{"Allow", "Allow", "Deny"})
	genWho      = rapid.SampledFrom([]string{
		`"*"`, `{"AWS":"` + account + `"}`, `{"AWS":"arn:aws:iam::` + account + `:user/alice"}`, `{"AWS":"` + other + `"}`,
		`{"AWS":"arn:aws:iam::` + account + `:role/worker"}`, `{"AWS":"arn:aws:sts::` + account + `:assumed-role/worker/s1"}`,
		`{"Service":"s3.amazonaws.com"}`,
	})
	genCondition = rapid.SampledFrom([]string{
		"", "", `"StringEquals":{"k":"a"}`, `"StringNotLike":{"k":"a*"}`, `"Null":{"k":"true"}`, `"ForAnyValue:StringEquals":{"m":["a","b"]}`,
		`"ForAllValues:StringNotEquals":{"m":["a"]}`, `"NumericLessThanIfExists":{"k":"5"}`, `"StringEquals":{"aws:PrincipalType":"User"}`,
		`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"}`, `"Bool":{"aws:PrincipalIsAWSService":"false"}`,
	})
	genCaller = rapid.SampledFrom([]Principal{
		userOf(account, "alice"), userOf(other, "alice"), sessionOf(account, "worker", "s1"), federatedOf(account, "alice", "bob"),
		rootOf(account), rootOf(other), {Type: Anonymous}, serviceCalled("s3.amazonaws.com"),
	})
)

func drawStatement(t *rapid.T, kind Kind) string {
	return drawStatementOf(t, kind, genEffect.Draw(t, "effect"))
}

func drawStatementOf(t *rapid.T, kind Kind, effect string) string {
	action, resource := "Action", "Resource"
	if rapid.IntRange(0, 5).Draw(t, "not action") == 0 {
		action = "NotAction"
	}
	if rapid.IntRange(0, 5).Draw(t, "not resource") == 0 {
		resource = "NotResource"
	}
	parts := []string{
		`"Effect":"` + effect + `"`,
		fmt.Sprintf("%q:%q", action, genAction.Draw(t, "action")),
		fmt.Sprintf("%q:%q", resource, genResource.Draw(t, "resource")),
	}
	if kind.namesPrincipals() {
		name := "Principal"
		if effect == "Deny" && rapid.IntRange(0, 4).Draw(t, "not principal") == 0 {
			name = "NotPrincipal"
		}
		parts = append(parts, fmt.Sprintf("%q:%s", name, genWho.Draw(t, "who")))
	}
	if c := genCondition.Draw(t, "condition"); c != "" {
		parts = append(parts, `"Condition":{`+c+`}`)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func drawPolicy(t *rapid.T, kind Kind) *Policy {
	n := rapid.IntRange(1, 4).Draw(t, "statements")
	if rapid.IntRange(0, 9).Draw(t, "long") == 0 {
		n = 30
	}
	statements := make([]string, n)
	for i := range statements {
		statements[i] = drawStatement(t, kind)
	}
	return parsed(t, kind, statements)
}

func parsed(t require.TestingT, kind Kind, statements []string) *Policy {
	p, err := Parse(whole(strings.Join(statements, ",")), kind, Source{})
	require.NoError(t, err)
	return p
}

func drawPolicies(t *rapid.T, kind Kind, most int) []*Policy {
	var list []*Policy
	for range rapid.IntRange(0, most).Draw(t, "policies") {
		list = append(list, drawPolicy(t, kind))
	}
	return list
}

func drawSet(t *rapid.T) *PolicySet {
	sometimes := func(what string) bool { return rapid.IntRange(0, 3).Draw(t, what) == 0 }
	set := &PolicySet{Identity: drawPolicies(t, IdentityPolicy, 3)}
	if rapid.Bool().Draw(t, "resource") {
		set.Resource = drawPolicy(t, ResourcePolicy)
	}
	if sometimes("boundary") {
		set.Boundary = drawPolicy(t, IdentityPolicy)
	}
	if sometimes("session") {
		set.Session = drawPolicies(t, SessionPolicy, 2)
	}
	if sometimes("SCPs") {
		set.SCPs = [][]*Policy{{FullAWSAccess(ServiceControlPolicy)}, drawPolicies(t, ServiceControlPolicy, 2)}
	}
	if sometimes("endpoint") {
		set.Endpoint = drawPolicy(t, EndpointPolicy)
	}
	return set
}

func drawRequest(t *rapid.T) *Request {
	req := ask(genCaller.Draw(t, "caller"),
		rapid.SampledFrom([]string{"s3:GetObject", "s3:PutObject", "sqs:SendMessage", "s3:ListAllMyBuckets"}).Draw(t, "asked action"),
		rapid.SampledFrom([]string{"arn:aws:s3:::b/k", "arn:aws:s3:::c/k", "*", "arn:aws:sqs:us-east-1:111122223333:q"}).Draw(t, "asked resource"))
	req.ResourceAccount = account
	if rapid.Bool().Draw(t, "k is there") {
		req.Context.Set("k", rapid.SampledFrom([]string{"", "a", "ab", "4", "9"}).Draw(t, "k"))
	}
	if rapid.Bool().Draw(t, "m is there") {
		req.Context.SetMulti("m", rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "c"}), 0, 3).Draw(t, "m"))
	}
	return req
}

// A Deny never widens: adding one to any layer allows nothing that was denied.
func TestDenyNeverWidens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		set, req := drawSet(t), drawRequest(t)
		before := verdict(req, set)
		more := *set
		switch rapid.SampledFrom([]string{"identity", "resource", "boundary", "session"}).Draw(t, "where") {
		case "identity":
			more.Identity = append(slices.Clone(set.Identity), parsed(t, IdentityPolicy, []string{drawStatementOf(t, IdentityPolicy, "Deny")}))
		case "resource":
			more.Resource = set.Resource.with(parsed(t, ResourcePolicy, []string{drawStatementOf(t, ResourcePolicy, "Deny")}))
		case "boundary":
			more.Boundary = set.Boundary.with(parsed(t, IdentityPolicy, []string{drawStatementOf(t, IdentityPolicy, "Deny")}))
		case "session":
			if set.Session == nil {
				t.Skip("a first session policy adds a layer that federated users lack")
			}
			more.Session = append(slices.Clone(set.Session), parsed(t, SessionPolicy, []string{drawStatementOf(t, SessionPolicy, "Deny")}))
		}
		if after := verdict(req, &more); after == Allowed && before != Allowed {
			t.Fatalf("%v became %v", before, after)
		}
	})
}

// The order of statements and policies never matters.
func TestOrderNeverMatters(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		set, req := drawSet(t), drawRequest(t)
		shuffled := *set
		shuffle := func(p *Policy) *Policy {
			if p == nil {
				return nil
			}
			turned := p.bare()
			for _, s := range rapid.Permutation(p.statements).Draw(t, "order") {
				one := *s
				turned.statements = append(turned.statements, &one)
			}
			turned.adopt(turned.statements)
			return turned
		}
		shuffled.Identity = nil
		for _, p := range set.Identity {
			shuffled.Identity = append(shuffled.Identity, shuffle(p))
		}
		slices.Reverse(shuffled.Identity)
		shuffled.Resource, shuffled.Boundary, shuffled.Endpoint = shuffle(set.Resource), shuffle(set.Boundary), shuffle(set.Endpoint)
		a, b := Evaluate(req, set), Evaluate(req, &shuffled)
		if a.Verdict != b.Verdict || a.Layer != b.Layer {
			t.Fatalf("%s\nbut in another order\n%s", a.Explain(), b.Explain())
		}
	})
}

// A boundary, session policies and SCPs never grant.
func TestLimitsNeverGrant(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		set, req := drawSet(t), drawRequest(t)
		req.Principal = rapid.SampledFrom([]Principal{userOf(account, "alice"), sessionOf(account, "worker", "s1")}).Draw(t, "limited caller")
		free := *set
		free.Boundary, free.Session, free.SCPs = nil, nil, nil
		if verdict(req, set) == Allowed && verdict(req, &free) != Allowed {
			t.Fatal("a limit grants")
		}
	})
}

// An added Allow never narrows, unless the layer was absent before.
func TestAllowNeverNarrows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		set, req := drawSet(t), drawRequest(t)
		more := *set
		more.Identity = append(slices.Clone(set.Identity), parsed(t, IdentityPolicy, []string{drawStatementOf(t, IdentityPolicy, "Allow")}))
		more.Resource = set.Resource.with(parsed(t, ResourcePolicy, []string{drawStatementOf(t, ResourcePolicy, "Allow")}))
		if verdict(req, set) == Allowed && verdict(req, &more) != Allowed {
			t.Fatal("an Allow narrows")
		}
	})
}

// What Suggestions propose, when it is done, allows.
func TestSuggestionsAllow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		set, req := drawSet(t), drawRequest(t)
		d := Evaluate(req, set)
		changed := *set
		steps := 0
		for at := d; !at.Allowed(); at = Evaluate(req, &changed) {
			if steps++; steps > maxSuggestions {
				t.Fatalf("no end: %v", d.Suggestions())
			}
			next, change := at.next()
			if len(at.Suggestions()) == 0 || !change(&changed) {
				t.Fatalf("nothing is suggested, or what makes no difference: %s, %v", at.String(), next)
			}
		}
		if got := d.Suggestions(); len(got) >= maxSuggestions {
			t.Fatalf("no end: %v", got)
		}
	})
}

// Printing and parsing again changes nothing.
func TestPrintedPoliciesDecideAlike(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, req := drawPolicy(t, ResourcePolicy), drawRequest(t)
		again, err := Parse(p.String(), ResourcePolicy, Source{})
		if err != nil || again.String() != p.String() {
			t.Fatalf("%v: %s, %s", err, p, again)
		}
		if verdict(req, &PolicySet{Resource: p}) != verdict(req, &PolicySet{Resource: again}) {
			t.Fatal("decides otherwise")
		}
	})
}

// FuzzEvaluate: whatever parses decides without a panic, and always alike.
func FuzzEvaluate(f *testing.F) {
	f.Add(whole(stmt("Allow", "s3:*", "arn:aws:s3:::b/*", `"Principal":"*"`)), "s3:GetObject", bucketObject, "k", "v", 0)
	f.Add(whole(stmt("Deny", "*", "*", `"NotPrincipal":{"AWS":"`+account+`"}`, `"Condition":{"DateLessThan":{"k":"2026"}}`)), "s3:GetObject", "*", "k", "1", 3)
	f.Add(whole(stmt("Allow", "s3:*", "arn:aws:s3:::${k, 'x'}", `"Principal":"*"`)), "", "", "", "", 5)
	types := []PrincipalType{User, AssumedRole, FederatedUser, Root, Anonymous, Service, WebIdentity, SAMLIdentity}
	f.Fuzz(func(t *testing.T, doc, action, resource, key, value string, who int) {
		p, err := Parse(doc, ResourcePolicy, Source{})
		if err != nil {
			p = Empty(ResourcePolicy)
		}
		req := ask(Principal{Type: types[uint(who)%uint(len(types))], ARN: "arn:aws:iam::" + account + ":user/a", Account: account}, action, resource, key, value)
		req.Context.SetMulti(key+"s", []string{value, key})
		set := &PolicySet{Resource: p, Boundary: Empty(IdentityPolicy), SCPs: [][]*Policy{{FullAWSAccess(ServiceControlPolicy)}}}
		d := Evaluate(req, set)
		if again := Evaluate(req, set); again != d {
			t.Fatalf("%v and then %v", d, again)
		}
		if d.Explain() == "" || d.Allowed() != (d.Message(MessageStyle{}) == "") {
			t.Fatalf("%v", d)
		}
		if d.Allowed() && err != nil && req.Principal.Type != Root {
			t.Fatal("an empty policy allows")
		}
	})
}
