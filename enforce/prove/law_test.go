package prove

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/enforce"
)

// formulaOf returns what a set allows as a formula about the requests of one caller, and
// what a request has in its dimensions.
func formulaOf(set *enforce.PolicySet, req *enforce.Request) (*node, func(*dimension) (keyState, bool)) {
	o := owner{any: true}
	if uses := strings.ToLower(strings.Join(documentsOf(set), "")); req.ResourceAccount != "" || strings.Contains(uses, "aws:resourceaccount") {
		o = owner{account: req.Owner()}
	}
	e := &encoder{work: newWork(context.Background(), 0), question: &Question{Actions: []string{"*"}}, caller: &caller{Principal: req.Principal}, owner: o,
		vocabulary: newVocabulary(), names: make(map[string]string), open: make(map[string]bool), pinned: make(map[string]keyState)}
	for _, p := range documentsOf(set) { // variables have the request's values
		for _, part := range strings.Split(p, "${")[1:] {
			name, _, _ := strings.Cut(part, "}")
			name, _, _ = strings.Cut(name, ",")
			e.pinned[strings.ToLower(name)] = stateOf(req, name)
		}
	}
	e.enter()
	return newLaw(e, set).allowed(), func(d *dimension) (keyState, bool) {
		switch d.name {
		case actionField:
			return single(lowerASCII(req.Action)), true
		case resourceField:
			return single(req.Resource), true
		}
		return stateOf(req, d.name), true
	}
}

// The formula of a set says of every request what the evaluator says, and so does its
// contrary.
func checkLaw(t interface{ Fatalf(string, ...any) }, c chooser) {
	s := &stages[c.pick(len(stages))]
	set := drawSet(c, s, c.pick(3) == 0)
	for range 6 {
		req := drawRequest(c, s)
		formula, state := formulaOf(set, req)
		allowed := enforce.Evaluate(req, set)
		if formula.holds(state) != allowed.Allowed() || formula.not().holds(state) == allowed.Allowed() {
			t.Fatalf("formula says %v, its contrary %v\n%s\n%s", formula.holds(state), formula.not().holds(state), allowed.Explain(), describe(set, req))
		}
	}
}

func TestFormulaIsTheEvaluator(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { checkLaw(t, rapidChooser{t}) })
	for i := range 10 * *cases {
		checkLaw(t, &fastChooser{uint64(i)})
	}
}

// A variable whose key has bytes that are no text has no value, for the evaluator and here.
func TestVariablesOfBytes(t *testing.T) {
	t.Parallel()
	set := &enforce.PolicySet{Identity: []*enforce.Policy{enforce.MustParse(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"k":"${k}"}}}]}`, enforce.IdentityPolicy)}}
	for value, want := range map[string]bool{"a": false, "a\xff": true} {
		req := &enforce.Request{Principal: enforce.Principal{Type: enforce.User, Account: "111122223333", ARN: "arn:aws:iam::111122223333:user/u", UserName: "u", UserID: "AIDAEXAMPLEEXAMPLEAAA"},
			Action: "sqs:SendMessage", Resource: "arn:aws:sqs:us-east-1:111122223333:q"}
		req.Context.Set("k", value)
		formula, state := formulaOf(set, req)
		assert.Equal(t, want, enforce.Evaluate(req, set).Allowed(), "%q", value)
		assert.Equal(t, want, formula.holds(state), "%q", value)
	}
}
