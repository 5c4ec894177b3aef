package enforce

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// noted returns what was noted of each statement of a policy, as text: its own outcome
// and those of its actions, resources, principals and conditions.
func noted(t *testing.T, c *Coverage, p *Policy) string {
	t.Helper()
	for _, of := range c.Policies() {
		if of.Document != p.doc || of.Kind != p.kind {
			continue
		}
		var all []string
		for _, s := range of.Statements {
			all = append(all, fmt.Sprint(s.Statement, s.Actions, s.Resources, s.Principals, s.Conditions))
		}
		return strings.Join(all, "; ")
	}
	return "nothing"
}

func TestCoverage(t *testing.T) {
	t.Parallel()
	const mfa = `"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"},"StringEquals":{"aws:PrincipalTag/team":"blue"}}`
	p := identity(t,
		`{"Effect":"Allow","Action":["s3:Get*","sqs:*","s3:GetObject"],"Resource":["arn:aws:s3:::other/*","arn:aws:s3:::b/*"]}`,
		`{"Effect":"Allow","NotAction":"iam:*","NotResource":"arn:aws:s3:::other/*"}`,
		`{"Effect":"Allow","Action":"iam:*","Resource":"*",`+mfa+`}`,
		`{"Effect":"Deny","Action":["s3:GetObjectAcl","s3:PutObject"],"Resource":"*"}`)
	c := new(Coverage)
	decide := func(action string, keys ...string) {
		c.Note(Evaluate(ask(userOf(account, "alice"), action, bucketObject, keys...), &PolicySet{Identity: []*Policy{p}}))
	}
	assert.Equal(t, "nothing", noted(t, c, p))
	c.Add(p)
	assert.Equal(t, "0 [0 0 0] [0 0] [] []; 0 [] [] [] []; 0 [0] [0] [] [0 0]; 0 [0 0] [0] [] []", noted(t, c, p))
	decide("s3:GetObject")
	assert.Equal(t, "1 [1 0 1] [0 1] [] []; 1 [] [] [] []; 0 [0] [0] [] [0 0]; 0 [0 0] [0] [] []", noted(t, c, p))
	decide("s3:GetObjectAcl")
	assert.Equal(t, "3 [3 0 1] [0 3] [] []; 3 [] [] [] []; 0 [0] [0] [] [0 0]; 2 [2 0] [2] [] []", noted(t, c, p), "an explicit deny is no use of an Allow")
	decide("iam:GetUser", "aws:PrincipalTag/team", "blue")
	assert.Contains(t, noted(t, c, p), "; 0 [0] [0] [] [2 0];", "the condition that did not hold")
	decide("iam:GetUser", "aws:PrincipalTag/team", "blue", "aws:MultiFactorAuthPresent", "true")
	assert.Contains(t, noted(t, c, p), "; 1 [1] [1] [] [3 1];")

	news := c.News()
	decide("s3:GetObject")
	assert.Equal(t, news, c.News(), "nothing is new")
	alice := "arn:aws:iam::" + account + ":user/alice"
	assert.Equal(t, map[string]Outcomes{alice: InAllowed | InDenied}, c.Policies()[0].Principals)
	assert.Equal(t, map[CallCoverage]Outcomes{
		{alice, "s3:GetObject"}: InAllowed, {alice, "s3:GetObjectAcl"}: InDenied, {alice, "iam:GetUser"}: InAllowed | InDenied,
	}, c.Calls())
	assert.False(t, c.Incomplete())
}

// Every layer that takes part has its statements noted, and no other.
func TestCoverageOfLayers(t *testing.T) {
	t.Parallel()
	const star = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	const everybody = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["*","444455556666"]},"Action":"*","Resource":"*"},
		{"Effect":"Deny","NotPrincipal":{"AWS":"*"},"Action":"s3:PutObject","Resource":"*"}]}`
	set := &PolicySet{
		Identity: []*Policy{MustParse(star, IdentityPolicy)}, Boundary: MustParse(star, ManagedPolicy), Session: []*Policy{MustParse(star, SessionPolicy)},
		SCPs: [][]*Policy{{FullAWSAccess(ServiceControlPolicy), MustParse(star, ServiceControlPolicy)}}, Resource: MustParse(everybody, BucketPolicy),
		RCPs: [][]*Policy{{FullAWSAccess(ResourceControlPolicy)}}, Endpoint: MustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`, EndpointPolicy),
	}
	c := new(Coverage)
	c.Note(Evaluate(ask(sessionOf(account, "worker", "s1"), "s3:GetObject", bucketObject), set))
	assert.Len(t, c.Policies(), 6, "AWS's own are left out")
	for _, p := range []*Policy{set.Identity[0], set.Boundary, set.Session[0], set.SCPs[0][1]} {
		assert.Equal(t, "1 [1] [1] [] []", noted(t, c, p), p.kind)
	}
	assert.Equal(t, "1 [1] [1] [1] []", noted(t, c, set.Endpoint))
	assert.Equal(t, "1 [1] [1] [1 0] []; 0 [0] [0] [] []", noted(t, c, set.Resource))

	// The root user has no identity-based policies, and AWS itself decides of others.
	c = new(Coverage)
	c.Note(Evaluate(ask(rootOf(account), "s3:GetObject", bucketObject), &PolicySet{Identity: set.Identity}))
	c.Note(Evaluate(ask(userOf(account, "alice"), "sts:GetCallerIdentity", "*"), &PolicySet{Identity: set.Identity}))
	c.Note(Evaluate(ask(userOf(account, "alice"), "s3:GetObject", bucketObject), &PolicySet{Identity: []*Policy{set.Resource}}))
	assert.Empty(t, c.Policies())
	assert.Len(t, c.Calls(), 2, "a set that cannot be judged is no answer of policies")

	for name, p := range map[string]Principal{
		"arn:aws:iam::" + account + ":role/worker": sessionOf(account, "worker", "s1"), "arn:aws:iam::" + account + ":root": rootOf(account),
		"s3.amazonaws.com": {Type: Service, Service: "s3.amazonaws.com"}, "Anonymous": {Type: Anonymous},
	} {
		assert.Equal(t, name, p.covered())
	}
}

// A long policy is looked at through its index.
func TestCoverageOfLongPolicies(t *testing.T) {
	t.Parallel()
	statements := []string{stmt("Allow", "s3:GetObject", "arn:aws:s3:::b/*"), stmt("Allow", "s3:Get*", "arn:aws:s3:::b/*"), stmt("Allow", "*", "*"), stmt("Allow", "s3:Put*", "*")}
	for i := range minIndexed {
		statements = append(statements, stmt("Allow", "s3:GetObject", fmt.Sprintf("arn:aws:s3:::another-%d/*", i)))
	}
	p, c := identity(t, statements...), new(Coverage)
	require.NotNil(t, p.allows.actions)
	c.Note(Evaluate(ask(userOf(account, "alice"), "s3:GetObject", bucketObject), &PolicySet{Identity: []*Policy{p}}))
	assert.Equal(t, strings.Repeat("1 [1] [1] [] []; ", 3)+strings.Repeat("0 [0] [0] [] []; ", minIndexed)+"0 [0] [0] [] []", noted(t, c, p))
}

// The same policy in many Worlds is one, whatever the identifiers of these are.
func TestCoverageIsOfDocuments(t *testing.T) {
	t.Parallel()
	const doc = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`
	c := new(Coverage)
	parse := func(kind Kind, src Source) *Policy {
		p, err := Parse(doc, kind, src)
		require.NoError(t, err)
		c.Add(p)
		return p
	}
	for _, arn := range []string{"arn:aws:iam::111122223333:policy/p", "arn:aws:iam::444455556666:policy/p"} {
		parse(ManagedPolicy, Source{Name: "p", ARN: arn})
		parse(ServiceControlPolicy, Source{ARN: arn})
	}
	parse(IdentityPolicy, Source{Name: "p", File: "p.json"})
	parse(IdentityPolicy, Source{Name: "q", File: "p.json"})
	assert.Len(t, c.Policies(), 3)
	parse(IdentityPolicy, Source{File: "p.json", Line: 7})
	session := parse(SessionPolicy, Source{ARN: "arn:aws:iam::111122223333:policy/p"})
	assert.Len(t, c.Policies(), 5)
	parse(IdentityPolicy, Source{Name: "p", Implied: true})
	c.Add(nil)
	c.Add(Empty(IdentityPolicy))
	assert.Len(t, c.Policies(), 5)

	other := new(Coverage)
	other.Add(session)
	c.Add(session)
	assert.Len(t, other.Policies(), 1, "a policy may be noted by two")
	assert.Len(t, c.Policies(), 5)

	var off *Coverage
	off.Add(session)
	off.Note(Decision{})

	// A policy whose principals were renamed is the one that was written.
	trust := MustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/a"},"Action":"sts:AssumeRole"}}`, TrustPolicy)
	renamed, err := trust.RenamePrincipals(map[string]string{"arn:aws:iam::111122223333:role/a": "arn:aws:iam::111122223333:role/b"})
	require.NoError(t, err)
	again, err := renamed.RenamePrincipals(map[string]string{"arn:aws:iam::111122223333:role/b": "arn:aws:iam::111122223333:role/c"})
	require.NoError(t, err)
	c.Add(trust)
	c.Add(again)
	assert.Len(t, c.Policies(), 6)
}

// What a Join has of several policies is noted for each.
func TestCoverageOfJoinedPolicies(t *testing.T) {
	t.Parallel()
	const doc = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"%s","Resource":"*"}}`
	written := MustParse(fmt.Sprintf(doc, "s3:PutObject"), BucketPolicy)
	implied, err := Parse(fmt.Sprintf(doc, "s3:GetObject"), BucketPolicy, Source{Implied: true})
	require.NoError(t, err)
	c := new(Coverage)
	for _, action := range []string{"s3:PutObject", "s3:GetObject"} {
		c.Note(Evaluate(ask(userOf(account, "alice"), action, bucketObject), &PolicySet{Resource: Join(BucketPolicy, implied, written)}))
	}
	require.Len(t, c.Policies(), 1)
	assert.Equal(t, "1 [1] [1] [1] []", noted(t, c, written))
}

// Tests that make up policies and callers do not fill the memory.
func TestCoverageIsBounded(t *testing.T) {
	t.Parallel()
	c := new(Coverage)
	const doc = `{"Version":"2012-10-17","Id":"%d","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`
	for i := range maxCovered {
		c.Add(MustParse(fmt.Sprintf(doc, i), IdentityPolicy))
	}
	assert.False(t, c.Incomplete())
	last := MustParse(fmt.Sprintf(doc, maxCovered), IdentityPolicy)
	c.Add(last)
	assert.True(t, c.Incomplete())
	c.Note(Evaluate(ask(userOf(account, "alice"), "s3:GetObject", bucketObject), &PolicySet{Identity: []*Policy{last}}))
	assert.Len(t, c.Policies(), maxCovered)

	c = new(Coverage)
	p := MustParse(fmt.Sprintf(doc, 0), IdentityPolicy)
	for i := range maxCoveredCalls + 1 {
		c.Note(Evaluate(ask(userOf(account, fmt.Sprint("user", i)), "s3:GetObject", bucketObject), &PolicySet{Identity: []*Policy{p}}))
	}
	assert.Len(t, c.Calls(), maxCoveredCalls)
	assert.Len(t, c.Policies()[0].Principals, maxCoveredPrincipals)
	assert.True(t, c.Incomplete())

	c = new(Coverage)
	c.bytes = maxCoveredBytes
	c.Add(p)
	assert.Empty(t, c.Policies())
	assert.True(t, c.Incomplete())
}

func TestCoverageIsShared(t *testing.T) {
	t.Parallel()
	c := new(Coverage)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			p := identity(t, stmt("Allow", "s3:*", "*"))
			for i := range 50 {
				c.Note(Evaluate(ask(userOf(account, fmt.Sprint("user", i)), "s3:GetObject", bucketObject), &PolicySet{Identity: []*Policy{p}}))
				c.Policies()
				c.Calls()
			}
		})
	}
	wg.Wait()
	require.Len(t, c.Policies(), 1)
	assert.Len(t, c.Policies()[0].Principals, 50)
	assert.Len(t, c.Calls(), 50)
}

// What is known already is noted without an allocation.
func TestCoverageAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("-race is set, which allocates: the allocations of coverage are not counted")
	}
	c, req, set := new(Coverage), benchRequest(), tenByTen(t, stmt("Allow", "s3:GetObject", "arn:aws:s3:::reports/*"))
	d := Evaluate(req, set)
	require.True(t, d.Allowed())
	c.Note(d)
	assert.Zero(t, testing.AllocsPerRun(100, func() { c.Note(d) }))
}

func BenchmarkCoverage(b *testing.B) {
	for _, m := range []struct {
		name string
		set  *PolicySet
	}{
		{"1 statement", &PolicySet{Identity: []*Policy{identity(b, stmt("Allow", "s3:GetObject", "arn:aws:s3:::reports/*"))}}},
		{"10x10", tenByTen(b, stmt("Allow", "s3:GetObject", "arn:aws:s3:::reports/*"))},
	} {
		c, d := new(Coverage), Evaluate(benchRequest(), m.set)
		b.Run(m.name+"/evaluate", func(b *testing.B) {
			for b.Loop() {
				Evaluate(d.Request, d.Policies)
			}
		})
		b.Run(m.name+"/note", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Note(d)
			}
		})
	}
}
