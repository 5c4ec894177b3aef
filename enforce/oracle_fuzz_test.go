package enforce_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/enforce"
)

var (
	oracleTime = flag.Duration("oracle", 0, "how long TestAgainstNaive compares the evaluators; 0 is a few thousand cases")
	oracleSeed = flag.Uint64("oracle.seed", 1, "where TestAgainstNaive starts")
)

// tally counts what a comparison has seen: a generator that only ever makes
// denials, or documents that are refused, proves nothing.
type tally struct {
	cases, open, scenes, refused int
	verdicts                     [3]int
	layers                       map[enforce.Layer]int // of denials, where the rules say which
}

// compare asks both evaluators and returns how they differ.
func (s *scene) compare(count *tally) error {
	docs := read(s.set)
	for i := range s.asked {
		q := &s.asked[i]
		set, docs := possible(q.Principal.Type, *s.set, *docs)
		want := decideNaively(q.Request, docs, q.multi)
		got := enforce.Evaluate(q.Request, set)
		count.cases++
		count.verdicts[got.Verdict]++
		if want.open {
			count.open++
			continue
		}
		if got.Verdict != want.verdict || want.layer != enforce.NoLayer && got.Layer != want.layer {
			return fmt.Errorf("Evaluate says %v by the %v, the rules %v by the %v\n%s", got.Verdict, got.Layer, want.verdict, want.layer, describeCase(set, q))
		}
		if want.verdict != enforce.Allowed && want.layer != enforce.NoLayer {
			count.layers[want.layer]++
		}
	}
	count.scenes++
	count.refused += len(s.refused)
	return nil
}

// possible takes away the policies that a caller of the type cannot have in AWS,
// and about which the rules therefore say nothing.
func possible(caller enforce.PrincipalType, set enforce.PolicySet, docs documents) (*enforce.PolicySet, *documents) {
	switch caller {
	case enforce.AssumedRole, enforce.FederatedUser:
	case enforce.User:
		set.Session, docs.session, docs.hasSession = nil, nil, false
	default:
		set.Identity, docs.identity = nil, nil
		set.Boundary, docs.boundary, docs.hasBoundary = nil, nil, false
		set.Session, docs.session, docs.hasSession = nil, nil, false
	}
	return &set, &docs
}

func newTally() *tally { return &tally{layers: map[enforce.Layer]int{}} }

func (t *tally) String() string {
	return fmt.Sprintf("%d cases in %d scenes, %d open, %d documents refused, %v %d, %v %d, %v %d, denials by %v", t.cases, t.scenes, t.open, t.refused,
		enforce.Allowed, t.verdicts[enforce.Allowed], enforce.ExplicitDeny, t.verdicts[enforce.ExplicitDeny], enforce.ImplicitDeny, t.verdicts[enforce.ImplicitDeny], t.layers)
}

// describeCase writes a case so that a reader can decide it by hand.
func describeCase(set *enforce.PolicySet, q *question) string {
	var b strings.Builder
	p := q.Principal
	fmt.Fprintf(&b, "%s %s of %s asks %s on %s of %q\n", p.Type, p.ARN+p.Service, p.IssuerARN, q.Action, q.Resource, q.ResourceAccount)
	for key, values := range q.Context.All() {
		fmt.Fprintf(&b, "  %s = %q (multivalued: %v)\n", key, values, q.multi[strings.ToLower(key)])
	}
	show := func(what string, policies ...*enforce.Policy) {
		for _, p := range policies {
			if p != nil {
				fmt.Fprintf(&b, "  %s: %s\n", what, p.Document())
			}
		}
	}
	show("identity", set.Identity...)
	show("resource", set.Resource)
	show("boundary", set.Boundary)
	fmt.Fprintf(&b, "  session policies: %v\n", set.Session != nil)
	show("session", set.Session...)
	for i, node := range set.SCPs {
		show(fmt.Sprintf("SCP node %d", i), node...)
	}
	for i, node := range set.RCPs {
		show(fmt.Sprintf("RCP node %d", i), node...)
	}
	show("endpoint", set.Endpoint)
	return b.String()
}

// Two evaluators, written apart, agree. With -oracle=60s they are compared for a
// minute; see the seed in the log to start elsewhere.
func TestAgainstNaive(t *testing.T) {
	t.Parallel()
	count := newTally()
	begin := time.Now()
	for scenes := 0; scenes < 500 || time.Since(begin) < *oracleTime; scenes++ {
		seed := *oracleSeed + uint64(scenes)
		s := drawScene(randomChooser{rand.New(rand.NewPCG(seed, 0))}, 12)
		if err := s.compare(count); err != nil {
			t.Fatalf("-oracle.seed=%d: %v", seed, err)
		}
	}
	t.Log(count)
	for verdict, n := range count.verdicts {
		if n < count.cases/20 {
			t.Errorf("only %d of %d cases end as %v", n, count.cases, enforce.Verdict(verdict))
		}
	}
	if count.open > count.cases/20 || count.refused > count.scenes/20 {
		t.Errorf("too many cases decide nothing: %v", count)
	}
	for layer := enforce.IdentityLayer; layer <= enforce.TrustLayer; layer++ {
		if count.layers[layer] == 0 {
			t.Errorf("no case is denied by the %v", layer)
		}
	}
}

// The same as a property, for its small counterexamples.
func TestNaiveAgreesProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		if err := drawScene(rapidChooser{t}, 2).compare(newTally()); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzAgainstNaive lets the fuzzer's bytes choose policies and requests.
func FuzzAgainstNaive(f *testing.F) {
	f.Add([]byte{})
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 1))
		choices := make([]byte, 400)
		for i := range choices {
			choices[i] = byte(r.Uint32())
		}
		f.Add(choices)
	}
	f.Fuzz(func(t *testing.T, choices []byte) {
		if err := drawScene(&byteChooser{choices}, 4).compare(newTally()); err != nil {
			t.Fatal(err)
		}
	})
}
