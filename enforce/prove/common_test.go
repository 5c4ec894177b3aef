package prove

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
)

func policyOf(t *testing.T, kind enforce.Kind, statements ...string) *enforce.Policy {
	t.Helper()
	p, err := enforce.Parse(`{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`, kind, enforce.Source{})
	require.NoError(t, err)
	return p
}

// Statements for the tables below: A, B and C allow, D and E deny.
const (
	allowA = `{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::a/*"}`
	allowB = `{"Effect":"Allow","Action":["s3:Put*","sqs:*"],"Resource":"arn:aws:s3:::b/*"}`
	allowC = `{"Effect":"Allow","NotAction":"iam:*","Resource":"arn:aws:s3:::c/*"}`
	denyD  = `{"Effect":"Deny","Action":"s3:PutObject","Resource":"*"}`
	denyE  = `{"Effect":"Deny","NotAction":"s3:*","Resource":"*"}`
)

// What a comparison is narrowed to: the statements that differ, the Allows that are left out,
// and the actions.
func TestLeaveOut(t *testing.T) {
	t.Parallel()
	identity := func(statements ...string) *enforce.PolicySet {
		return &enforce.PolicySet{Identity: []*enforce.Policy{policyOf(t, enforce.IdentityPolicy, statements...)}}
	}
	old2008 := &enforce.PolicySet{Identity: []*enforce.Policy{enforce.MustParse(strings.Replace(policyOf(t, enforce.IdentityPolicy, allowA).Document(), "2012-10-17", "2008-10-17", 1), enforce.IdentityPolicy)}}
	who := func(s string) string { return strings.Replace(s, `"Effect"`, `"Principal":"*","Effect"`, 1) }
	both := func(identity *enforce.PolicySet, statements ...string) *enforce.PolicySet {
		set := *identity
		set.Resource = policyOf(t, enforce.ResourcePolicy, statements...)
		return &set
	}
	for name, c := range map[string]struct {
		old, changed    *enforce.PolicySet
		differ, without int
		narrow          []string // nil: not narrowed
	}{
		"the same":               {identity(allowA, denyD), identity(allowA, denyD), 0, 0, []string{}},
		"an Allow more":          {identity(allowA), identity(allowA, allowB), 1, 1, []string{"s3:put*", "sqs:*"}},
		"an Allow less":          {identity(allowA, allowB), identity(allowA), 0, 0, []string{}},
		"of NotAction":           {identity(allowA), identity(allowA, allowC), 1, 1, nil},
		"two, one of NotAction":  {identity(allowA), identity(allowC, allowB, allowA), 2, 1, nil},
		"a Deny less":            {identity(allowA, denyD), identity(allowA), 1, 0, []string{"s3:putobject"}},
		"a Deny more":            {identity(allowA), identity(allowA, denyD), 0, 0, []string{}},
		"a Deny of NotAction":    {identity(allowA, denyE), identity(allowA), 1, 0, nil},
		"a Deny less, and Allow": {identity(allowA, denyD), identity(allowA, allowB), 2, 0, []string{"s3:put*", "s3:putobject", "sqs:*"}},
		"of another version":     {old2008, identity(allowA), 1, 0, []string{"s3:get*"}},
		"in one of two layers":   {both(identity(allowA), who(allowA)), both(identity(allowA, allowB), who(allowA)), 1, 1, []string{"s3:put*", "sqs:*"}},
		"in the other":           {both(identity(allowA), who(allowA)), both(identity(allowA), who(allowA), who(allowB)), 1, 1, []string{"s3:put*", "sqs:*"}},
		"in both":                {both(identity(allowA), who(allowA)), both(identity(allowA, allowB), who(allowA), who(allowB)), 2, 0, []string{"s3:put*", "s3:put*", "sqs:*", "sqs:*"}},
	} {
		p := &proof{question: &Question{}, deny: c.old, allow: c.changed}
		p.leaveOut()
		assert.NotNil(t, p.differ, name)
		assert.Len(t, p.differ, c.differ, name)
		assert.Len(t, p.without, c.without, name)
		if c.narrow == nil {
			assert.Nil(t, p.question.narrow, name)
			continue
		}
		require.NotNil(t, p.question.narrow, name)
		actions := []string{}
		for _, a := range p.question.narrow.all {
			actions = append(actions, a.text)
		}
		assert.ElementsMatch(t, c.narrow, actions, name)
	}
}

// Sets that differ elsewhere than in the identity-based policies and the resource's are
// compared as a whole, and what is newly allowed there is found.
func TestSetsThatAreNotAlike(t *testing.T) {
	t.Parallel()
	all := policyOf(t, enforce.IdentityPolicy, `{"Effect":"Allow","Action":"*","Resource":"*"}`)
	some := policyOf(t, enforce.IdentityPolicy, allowA)
	session := policyOf(t, enforce.SessionPolicy, allowA)
	scp := policyOf(t, enforce.ServiceControlPolicy, `{"Effect":"Deny","Action":"s3:*","Resource":"*"}`)
	rcp := policyOf(t, enforce.ResourceControlPolicy, `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}`)
	full, fullRCP := enforce.FullAWSAccess(enforce.ServiceControlPolicy), enforce.FullAWSAccess(enforce.ResourceControlPolicy)
	endpoint := policyOf(t, enforce.EndpointPolicy, `{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}`)
	admits := `{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"}`
	key := policyOf(t, enforce.KeyPolicy, `{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"kms:*","Resource":"*"}`)
	other := policyOf(t, enforce.ResourcePolicy, `{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"kms:*","Resource":"*"}`)
	set := func(change func(*enforce.PolicySet)) *enforce.PolicySet {
		s := &enforce.PolicySet{Identity: []*enforce.Policy{all}}
		change(s)
		return s
	}
	same := func(*enforce.PolicySet) {}
	for name, c := range map[string]struct{ old, changed func(*enforce.PolicySet) }{
		"boundary":   {func(s *enforce.PolicySet) { s.Boundary = some }, same},
		"session":    {func(s *enforce.PolicySet) { s.Session = []*enforce.Policy{session} }, same},
		"no session": {func(s *enforce.PolicySet) { s.Session = []*enforce.Policy{} }, same},
		"another session": {func(s *enforce.PolicySet) { s.Session = []*enforce.Policy{session} }, func(s *enforce.PolicySet) {
			s.Session = []*enforce.Policy{session, policyOf(t, enforce.SessionPolicy, allowB)}
		}},
		"SCPs":           {func(s *enforce.PolicySet) { s.SCPs = [][]*enforce.Policy{{full, scp}} }, func(s *enforce.PolicySet) { s.SCPs = [][]*enforce.Policy{{full}} }},
		"no SCPs":        {func(s *enforce.PolicySet) { s.SCPs = [][]*enforce.Policy{{}} }, same},
		"RCPs":           {func(s *enforce.PolicySet) { s.RCPs = [][]*enforce.Policy{{fullRCP, rcp}} }, func(s *enforce.PolicySet) { s.RCPs = [][]*enforce.Policy{{fullRCP}} }},
		"no RCPs":        {func(s *enforce.PolicySet) { s.RCPs = [][]*enforce.Policy{{rcp}} }, same},
		"endpoint":       {func(s *enforce.PolicySet) { s.Endpoint = endpoint }, same},
		"no key policy":  {same, func(s *enforce.PolicySet) { s.Resource = policyOf(t, enforce.KeyPolicy, admits) }},
		"roles left out": {same, func(s *enforce.PolicySet) { s.NoResourcePolicy = true }},
		"another kind":   {func(s *enforce.PolicySet) { s.Resource = key }, func(s *enforce.PolicySet) { s.Resource = other }},
		"resource removed": {func(s *enforce.PolicySet) {
			s.Resource = policyOf(t, enforce.ResourcePolicy, `{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}`)
		}, same},
	} {
		old, changed := set(c.old), set(c.changed)
		q := Question{Principals: callers[:1], Actions: []string{"*"}}
		p := &proof{question: &q, deny: old, allow: changed}
		p.leaveOut()
		assert.Nil(t, p.differ, name)
		a, err := NoNewAccess(context.Background(), old, changed, q)
		require.NoError(t, err, name)
		assert.Equal(t, Yes, a.Verdict, "%s %v", name, a.Reasons)
	}
	// The same layers are no difference.
	like := set(func(s *enforce.PolicySet) {
		s.Boundary, s.Session, s.SCPs, s.RCPs, s.Endpoint, s.Resource = some, []*enforce.Policy{session}, [][]*enforce.Policy{{full}}, [][]*enforce.Policy{{fullRCP}}, endpoint, key
	})
	likewise := *like
	assert.True(t, alike(like, &likewise))
	likewise.Session, like.Session = []*enforce.Policy{}, []*enforce.Policy{}
	likewise.SCPs, like.SCPs = [][]*enforce.Policy{}, [][]*enforce.Policy{}
	assert.True(t, alike(like, &likewise))
	likewise.Session = nil
	assert.False(t, alike(like, &likewise))
	likewise.Session, likewise.SCPs = like.Session, nil
	assert.False(t, alike(like, &likewise))
}

// checkNarrowed compares a comparison that was narrowed with one that was not.
func checkNarrowed(t fatal, c chooser) bool {
	old, changed, q, _ := drawPair(c)
	narrow := &proof{work: newWork(context.Background(), 0), question: &q, vocabulary: newVocabulary(), deny: old, allow: changed}
	got := narrow.answer()
	whole := q
	whole.narrow = nil
	p := &proof{work: newWork(context.Background(), 0), question: &whole, vocabulary: newVocabulary(), deny: old, allow: changed, blamed: make(map[*enforce.Statement]bool)}
	found, result := p.search()
	if want := [...]Verdict{impossible: No, possible: Yes, unknown: Unknown}[result]; want != got.Verdict && want != Unknown && got.Verdict != Unknown {
		t.Fatalf("narrowed %v, as a whole %v %v\n%s\nchanged:\n%s", got.Verdict, want, found, describe(old, nil), describe(changed, nil))
	}
	return narrow.differ != nil
}

func TestNarrowedComparisons(t *testing.T) {
	t.Parallel()
	narrowed := 0
	for i := range 5 * *cases {
		if checkNarrowed(t, &fastChooser{uint64(i)}) {
			narrowed++
		}
	}
	assert.Greater(t, narrowed, 2**cases)
}
