package prove

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Formulas that change nothing are left out, and what decides is all that stays.
func TestJoined(t *testing.T) {
	t.Parallel()
	a, b := claimOf(&atom{id: 1}), claimOf(&atom{id: 2})
	assert.Equal(t, always, both().kind)
	assert.Equal(t, never, either().kind)
	assert.Equal(t, always, both(yes, yes).kind)
	assert.Equal(t, never, either(no, no).kind)
	assert.Same(t, a, both(yes, a))
	assert.Same(t, a, either(a, no))
	assert.Same(t, no, both(a, no, b))
	assert.Same(t, yes, either(a, yes, b))
	assert.Equal(t, []*node{a, b}, both(a, yes, b).parts)
	assert.Equal(t, or, both(a, b).not().kind)
	assert.Equal(t, and, either(a, b).not().kind)
	assert.Equal(t, yes, no.not())
	assert.Equal(t, no, yes.not())
	n := a.not()
	assert.Same(t, n, a.not())
}

// Formulas say the same where they are written alike, also if others have the same hash.
func TestSays(t *testing.T) {
	t.Parallel()
	one, two := &atom{id: 1}, &atom{id: 2}
	a, b := claimOf(one), claimOf(two)
	assert.True(t, both(a, b).says(both(claimOf(one), claimOf(two))))
	assert.True(t, both(a, b).not().says(either(a.not(), b.not())))
	forged := func(kind nodeKind, c said, parts ...*node) *node {
		return &node{kind: kind, claim: c, parts: parts, hash: both(a, b).hash}
	}
	for name, other := range map[string]*node{
		"another order":      forged(and, said{}, b, a),
		"or":                 forged(or, said{}, a, b),
		"less":               forged(and, said{}, a),
		"more":               forged(and, said{}, a, b, a),
		"another part":       forged(and, said{}, a, b.not()),
		"a claim":            forged(and, said{one, true}, a, b),
		"what is not known":  {kind: maybe},
		"another hash alone": {kind: and, parts: []*node{a, b}, hash: 1},
	} {
		assert.False(t, both(a, b).says(other), name)
		assert.False(t, other.says(both(a, b)), name)
	}
	assert.False(t, a.says(a.not()))
	m := &node{kind: maybe}
	assert.True(t, m.says(m))
	assert.False(t, m.says(&node{kind: maybe}), "each is about something else")
	assert.Equal(t, maybe, m.not().kind)
	assert.True(t, m.holds(nil))
	assert.True(t, m.not().holds(nil))
}
