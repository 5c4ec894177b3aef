package deploy

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestProblems(t *testing.T) {
	t.Parallel()
	assert.NoError(t, Errors(nil).Err())
	p := Errors{
		{Position{"b.yaml", 3}, "Worker", "Fn::Splice is no function"},
		{Position{"a.yaml", 9}, "", "no parameter Stage"},
		{Position{"a.yaml", 2}, "Queue", "cycle"},
		{Position{File: "plan.json"}, "", "not a plan"},
	}
	assert.EqualError(t, p.Err(), "a.yaml:2: Queue: cycle\na.yaml:9: no parameter Stage\nb.yaml:3: Worker: Fn::Splice is no function\nplan.json: not a plan")
	assert.Equal(t, "Worker: cycle", Problem{Address: "Worker", Text: "cycle"}.String(), "of a source without a file")
	assert.Equal(t, "Worker", p[0].Address, "in place")
}
