package awstest

// mutantT is the T of a run: it collects mutants, or puts one in place.
type mutantT struct {
	*basicTB
	documents int      // guarded by mu, as mutants
	mutants   []mutant // of a run without one
	mutant    *mutant
	refused   bool // AWS does not take the mutant
	began     bool // the check
}

// newMutantT returns the T of a run. What a mutant logs, nobody wants to read.
func newMutantT(t TB, m *mutant) *mutantT {
	return &mutantT{basicTB: newBasicTB(t.Context(), t.Name(), nil), mutant: m}
}

// run runs the check on a clone and what it registered to clean up.
func (t *mutantT) run(acct *Account, check func(T, *Account)) {
	t.do(func() {
		clone := acct.Clone(t)
		if t.mutant != nil && t.mutant.place != nil && t.mutant.put(clone) != nil {
			t.refused = true
			return
		}
		t.began = true
		check(t, clone)
	})
	t.end()
}

// isMutant reports whether a test runs with a mutant: its policies are those of nobody.
func isMutant(t TB) bool {
	m, ok := t.(*mutantT)
	return ok && m.mutant != nil
}
