package enforce

// What the tests of suggestions do to sets and ask of statements.

// Without takes a statement out of a set.
func (set *PolicySet) Without(s *Statement) { set.replace(s, nil) }

// Relax takes the conditions of a statement of a set away.
func (set *PolicySet) Relax(s *Statement) {
	relaxed := *s
	relaxed.conditions = nil
	set.replace(s, &relaxed)
}

// Extend adds a statement to a layer, at a level of the organization's path from 0.
func (set *PolicySet) Extend(l Layer, level int, statement string) bool {
	return set.apply(l, level, statement)
}

// AppliesTo reports whether a statement is about a request and its conditions hold.
func (s *Statement) AppliesTo(req *Request) bool {
	e := new(eval)
	e.prepare(req, &PolicySet{})
	return e.matches(s) != unnamed
}

// HoldsFor reports whether the conditions of a statement hold for a request.
func (s *Statement) HoldsFor(req *Request) bool {
	e := new(eval)
	e.prepare(req, &PolicySet{})
	for i := range s.conditions {
		if !e.holds(&s.conditions[i]) {
			return false
		}
	}
	return true
}
