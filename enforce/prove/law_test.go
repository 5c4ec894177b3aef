package prove

import (
	"context"
	"strings"
	"testing"

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
