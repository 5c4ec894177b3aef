package enforce

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Statements have the resources and conditions of the one before them where they are the
// same, and only there.
func TestStatementsShare(t *testing.T) {
	t.Parallel()
	condition := func(operator, key, values string) string {
		return `"Condition":{"` + operator + `":{"` + key + `":[` + values + `]}}`
	}
	a, b := "arn:aws:s3:::a", "arn:aws:s3:::b"
	same := condition("StringEquals", "k", `"1","2"`)
	first := stmt("Allow", "s3:GetObject", a, same)
	for _, c := range []struct {
		second                string
		resources, conditions bool
	}{
		{stmt("Deny", "s3:PutObject", a, same), true, true},
		{stmt("Allow", "s3:GetObject", b, same), false, true},
		{`{"Effect":"Allow","Action":"s3:GetObject","NotResource":"` + a + `",` + same + `}`, false, true},
		{`{"Effect":"Allow","Action":"s3:GetObject","Resource":["` + a + `","` + b + `"],` + same + `}`, false, true},
		{stmt("Allow", "s3:GetObject", a, condition("StringLike", "k", `"1","2"`)), true, false},
		{stmt("Allow", "s3:GetObject", a, condition("StringEquals", "l", `"1","2"`)), true, false},
		{stmt("Allow", "s3:GetObject", a, condition("StringEquals", "k", `"1","3"`)), true, false},
		{stmt("Allow", "s3:GetObject", a, condition("StringEquals", "k", `"1"`)), true, false},
	} {
		s := identity(t, first, c.second, stmt("Allow", "s3:GetObject", "arn:aws:s3:::third", condition("Null", "m", `"true"`))).statements
		assert.Equal(t, c.resources, &s[0].resources[0] == &s[1].resources[0], c.second)
		assert.Equal(t, c.conditions, &s[0].conditions[0] == &s[1].conditions[0], c.second)
		assert.Equal(t, "m", s[2].conditions[0].key.name, c.second)
		assert.Equal(t, "arn:aws:s3:::third", s[2].resources[0].whole.text, c.second)
	}
	s := identity(t, `{"Effect":"Allow","Action":"s3:GetObject","NotResource":"`+a+`"}`, `{"Effect":"Allow","Action":"s3:GetObject","NotResource":"`+b+`"}`).statements
	assert.NotSame(t, &s[0].resources[0], &s[1].resources[0])
}

// What one statement finds of shared resources and conditions is not taken for another's.
func TestSharedStatementsDecide(t *testing.T) {
	t.Parallel()
	holds, fails := `"Condition":{"StringEquals":{"k":"1"}}`, `"Condition":{"StringEquals":{"k":"2"}}`
	a, b := "arn:aws:s3:::a", "arn:aws:s3:::b"
	not := func(resource, condition string) string {
		return `{"Effect":"Allow","Action":"s3:GetObject","NotResource":"` + resource + `",` + condition + `}`
	}
	for want, statements := range map[int][]string{
		0: {stmt("Allow", "s3:GetObject", a, fails), stmt("Allow", "s3:GetObject", b, holds), not(a, holds), not(b, fails)},
		3: {stmt("Allow", "s3:GetObject", b, holds), stmt("Allow", "s3:GetObject", a, fails), stmt("Allow", "s3:GetObject", a, holds)},
		2: {not(a, holds), not(b, holds), not(b, fails)},
		4: {not(a, holds), not(a, holds), stmt("Allow", "s3:GetObject", a, fails), stmt("Allow", "s3:GetObject", a, holds)},
	} {
		set := &PolicySet{Identity: []*Policy{identity(t, statements...)}}
		d := Evaluate(ask(userOf(account, "u"), "s3:GetObject", a, "k", "1"), set)
		if want == 0 {
			assert.Equal(t, ImplicitDeny, d.Verdict)
			continue
		}
		assert.Equal(t, Allowed, d.Verdict)
		assert.Equal(t, want, d.Statement.Number())
		// Another request with the same eval finds it all again.
		assert.Equal(t, ImplicitDeny, verdict(ask(userOf(account, "u"), "s3:GetObject", a, "k", "3"), set))
	}
}

// The most direct grade of a statement is one that it can have.
func TestMostDirect(t *testing.T) {
	t.Parallel()
	for principal, want := range map[string]grade{
		`"Principal":"*"`:                                                               directly,
		`"Principal":{"AWS":"` + account + `"}`:                                         byAccount,
		`"Principal":{"CanonicalUser":"0123"}`:                                          byAccount,
		`"Principal":{"AWS":"arn:aws:iam::` + account + `:user/u"}`:                     directly,
		`"Principal":{"AWS":["` + account + `","arn:aws:iam::` + account + `:user/u"]}`: directly,
		`"Principal":{"Service":"s3.amazonaws.com"}`:                                    directly,
	} {
		p := policy(t, BucketPolicy, stmt("Allow", "s3:GetObject", "arn:aws:s3:::a/*", principal))
		assert.Equal(t, want, p.statements[0].most, principal)
	}
	assert.Equal(t, byAccount, new(Statement).mostDirect(), "of nobody")
	denied := policy(t, BucketPolicy, stmt("Deny", "s3:GetObject", "arn:aws:s3:::a/*", `"NotPrincipal":{"AWS":"`+account+`"}`))
	assert.Equal(t, directly, denied.statements[0].most)
	assert.Equal(t, directly, identity(t, stmt("Allow", "s3:GetObject", "*")).statements[0].most)
}

// Of statements that apply alike the first decides, and one that applies more directly
// before all others, wherever it stands.
func TestMoreDirectStatementsDecide(t *testing.T) {
	t.Parallel()
	toAccount, toUser := aws(account), aws("arn:aws:iam::"+account+":user/u")
	allow := func(principal string) string {
		return stmt("Allow", "s3:GetObject", "arn:aws:s3:::a/*", principal)
	}
	for want, statements := range map[int][]string{
		1: {allow(toAccount), allow(toAccount)},
		2: {allow(toAccount), allow(toUser), allow(toUser), allow(toAccount)},
		3: {allow(aws(other)), allow(toAccount), allow(toUser)},
	} {
		d := Evaluate(ask(userOf(account, "u"), "s3:GetObject", "arn:aws:s3:::a/k"), &PolicySet{
			Resource: policy(t, BucketPolicy, statements...), Identity: []*Policy{identity(t, stmt("Allow", "s3:*", "*"))}})
		if want == 1 {
			assert.Equal(t, IdentityLayer, d.Layer)
			e := new(eval)
			e.prepare(d.Request, d.Policies)
			_, s := e.resourceAllows()
			assert.Equal(t, want, s.Number())
			continue
		}
		assert.Equal(t, want, d.Statement.Number())
	}
}

// A few actions with wildcards are a list; more are found by their service.
func TestFewActions(t *testing.T) {
	t.Parallel()
	every := identity(t, stmt("Allow", "*", "*")).allows.rules[0]
	for n := 1; n <= fewActions+2; n++ {
		x := new(actionIndex)
		x.add(every)
		for i := range n {
			s := identity(t, stmt("Allow", fmt.Sprintf("s%d:Get*", i), "*"), stmt("Allow", fmt.Sprintf("s%d:get*", i), "*")).allows.rules
			x.add(s[0])
			x.add(s[1])
		}
		if n <= fewActions {
			assert.Len(t, x.few, n)
			assert.Nil(t, x.wild)
		} else {
			assert.Nil(t, x.few)
			assert.Len(t, x.wild, n)
		}
		assert.Len(t, x.other, 1, "every action is of no service")
		for i := range n {
			for _, w := range x.wilds(fmt.Sprintf("s%d:getobject", i)) {
				assert.Len(t, w.rules, 2)
			}
		}
	}
}

// A key is looked up once for all conditions that ask for it, and a released eval has
// nothing of the request.
func TestKeysAreLookedUpOnce(t *testing.T) {
	t.Parallel()
	e := new(eval)
	e.prepare(ask(userOf(account, "u"), "s3:GetObject", "*", "a", "1", "b", "2"), &PolicySet{})
	a, b := newConditionKey("a"), newConditionKey("B")
	for range 2 {
		assert.Equal(t, "1", e.value(a).one)
	}
	found := e.value(a)
	e.req.Context = Context{}
	assert.Same(t, found, e.value(a), "the eval has it")
	assert.Nil(t, e.value(b), "another key of the same place")
	e.meets(&Statement{conditions: []condition{{qualified: qualified{op: operators["Null"]}, key: a, operands: []operand{&nullValue{"true"}}}}})
	assert.NotNil(t, e.met.conditions)
	e.covers(&Statement{resources: []arnPattern{{any: true}}})
	assert.NotNil(t, e.covered.resources)
	e.release()
	assert.Equal(t, [len(e.lookups)]lookup{}, e.lookups)
	assert.Nil(t, e.met.conditions)
	assert.Nil(t, e.covered.resources)
	assert.Nil(t, e.req)
}

// An eval that decides on another action than before is about that one.
func TestActionOfAnEval(t *testing.T) {
	t.Parallel()
	e := new(eval)
	for _, action := range []string{"s3:GetObject", "s3:GetObject", "S3:PutObject", "sqs:ReceiveMessage", "s3:GetObject"} {
		e.lower(action)
		assert.Equal(t, lowerCase.Replace(action), e.action)
	}
}
