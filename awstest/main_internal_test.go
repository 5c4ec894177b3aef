package awstest

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMainCleansUpAndExits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		setUp func(TB)
		tests int
		want  int
		ran   bool
	}{
		"passes":       {func(TB) {}, 0, 0, true},
		"a test fails": {func(TB) {}, 3, 3, true},
		"set up":       {func(t TB) { New(t).NewRole("") }, 0, 1, false},
		"later":        {func(t TB) { t.Cleanup(func() {}) }, 0, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ran, cleaned, ended := false, false, false
			code := run(func(t TB) {
				t.Cleanup(func() { cleaned = t.Context().Err() != nil })
				test.setUp(t)
				ended = true
			}, func() int {
				ran = true
				return test.tests
			})
			assert.Equal(t, test.want, code)
			assert.Equal(t, test.ran, ran)
			assert.Equal(t, test.ran, ended, "Fatalf ends the set-up")
			assert.True(t, cleaned, "when the context is over")
		})
	}
}

func TestMainFailsWithWhatFailsLater(t *testing.T) {
	t.Parallel()
	var acct *Account
	assert.Equal(t, 1, run(func(t TB) { acct = New(t) }, func() int {
		acct.t.Errorf("found by a test")
		return 0
	}))
}

// A clean-up may fail, and be ended by what fails it: the others run, and the run fails.
func TestMainFailsWithACleanUp(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(TB){
		"Errorf": func(t TB) { t.Errorf("not written") },
		"Fatalf": func(t TB) { t.Fatalf("not written") },
		"panic":  func(TB) { panic("not written") },
	} {
		cleaned := 0
		code := run(func(t TB) {
			t.Cleanup(func() { cleaned++ })
			t.Cleanup(func() {
				t.Cleanup(func() { cleaned++ })
				fail(t)
			})
		}, func() int { return 0 })
		assert.Equal(t, 1, code, name)
		assert.Equal(t, 2, cleaned, name)
	}
}
