package enforce_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/enforce"
)

// What is allowed without knowing a part of a request is allowed whatever that part is.
func TestUnknownNeverAllowsMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := rapidChooser{t}
		s := drawScene(c, askedPerScene)
		for i := range s.asked {
			known := s.asked[i].Request
			unknown, hidden := hide(c, known)
			d := enforce.Evaluate(unknown, s.set)
			if d.Allowed() && !enforce.Evaluate(known, s.set).Allowed() {
				t.Fatalf("allowed without knowing %v and %q, and denied with\n%s%s", hidden, unknown.Resource, describeCase(s.set, &s.asked[i]), enforce.Evaluate(known, s.set).Explain())
			}
			if d.Allowed() && len(d.Unknowns()) > 0 {
				t.Fatalf("it is allowed, and depends on %v", d.Unknowns())
			}
			d.Explain()
		}
	})
}

// Where nothing is hidden, that something may be unknown changes nothing.
func TestNothingUnknownDecidesAsEver(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := rapidChooser{t}
		s := drawScene(c, askedPerScene)
		for i := range s.asked {
			known := *s.asked[i].Request
			want := enforce.Evaluate(&known, s.set)
			known.Unknown = &enforce.Unknown{Key: func(string) bool { return false }}
			if got := enforce.Evaluate(&known, s.set); got.Verdict != want.Verdict || got.Layer != want.Layer || got.Statement != want.Statement {
				t.Fatalf("%v and not %v\n%s", got, want, describeCase(s.set, &s.asked[i]))
			}
		}
	})
}

// sessionKeys tell what the caller's credentials are, and are always known.
var sessionKeys = map[string]bool{"aws:tokenissuetime": true, "aws:multifactorauthpresent": true}

// hide makes some of the keys of a request unknown, and a part of its resource.
func hide(c chooser, known *enforce.Request) (unknown *enforce.Request, hidden []string) {
	asked := *known
	asked.Context = enforce.Context{}
	for key, values := range known.Context.All() {
		lower := strings.ToLower(key)
		switch {
		case !sessionKeys[lower] && c.pick(2) == 1:
			hidden = append(hidden, lower)
		case known.Context.IsMulti(key):
			asked.Context.SetMulti(key, values)
		default:
			asked.Context.Set(key, values[0])
		}
	}
	asked.Unknown = &enforce.Unknown{Key: func(name string) bool {
		lower := strings.ToLower(name)
		return slices.Contains(hidden, lower) || lower == "missing"
	}}
	if i := strings.LastIndexByte(asked.Resource, ':'); i > 0 && c.pick(3) > 0 {
		from := i + 1 + c.pick(len(asked.Resource)-i)
		to := from + c.pick(len(asked.Resource)-from+1)
		if !strings.Contains(asked.Resource[:from]+asked.Resource[to:], "*") {
			asked.Resource, asked.Unknown.Resource = asked.Resource[:from]+"*"+asked.Resource[to:], true
		}
	}
	return &asked, hidden
}
