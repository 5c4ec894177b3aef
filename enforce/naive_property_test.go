package enforce_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/enforce"
)

// Properties over the scenes that the evaluators are compared with: every layer,
// every sort of caller, all operators.

// askedPerScene is how many questions each property asks of a set of policies.
const askedPerScene = 6

// A part of a PolicySet that is there.
type part struct {
	kind enforce.Kind
	// edit makes a set with policies in place of the part's.
	edit     func(set *enforce.PolicySet, policies []*enforce.Policy)
	policies []*enforce.Policy
	layer    enforce.Layer
}

// partsOf takes a set apart. A list of policies is one part, a node of an
// organization too.
func partsOf(set *enforce.PolicySet) (parts []part) {
	one := func(p *enforce.Policy, layer enforce.Layer, edit func(*enforce.PolicySet, []*enforce.Policy)) {
		if p != nil {
			parts = append(parts, part{p.Kind(), edit, []*enforce.Policy{p}, layer})
		}
	}
	parts = append(parts, part{enforce.IdentityPolicy, func(set *enforce.PolicySet, p []*enforce.Policy) { set.Identity = p }, set.Identity, enforce.IdentityLayer})
	if set.Session != nil {
		parts = append(parts, part{enforce.SessionPolicy, func(set *enforce.PolicySet, p []*enforce.Policy) { set.Session = p }, set.Session, enforce.SessionLayer})
	}
	resource := enforce.ResourceLayer
	if set.Resource != nil && set.Resource.Kind() == enforce.TrustPolicy {
		resource = enforce.TrustLayer
	}
	one(set.Resource, resource, func(set *enforce.PolicySet, p []*enforce.Policy) { set.Resource = p[0] })
	one(set.Boundary, enforce.BoundaryLayer, func(set *enforce.PolicySet, p []*enforce.Policy) { set.Boundary = p[0] })
	one(set.Endpoint, enforce.EndpointLayer, func(set *enforce.PolicySet, p []*enforce.Policy) { set.Endpoint = p[0] })
	for i, node := range set.SCPs {
		parts = append(parts, part{enforce.ServiceControlPolicy, func(set *enforce.PolicySet, p []*enforce.Policy) {
			set.SCPs = slices.Clone(set.SCPs)
			set.SCPs[i] = p
		}, node, enforce.SCPLayer})
	}
	for i, node := range set.RCPs {
		parts = append(parts, part{enforce.ResourceControlPolicy, func(set *enforce.PolicySet, p []*enforce.Policy) {
			set.RCPs = slices.Clone(set.RCPs)
			set.RCPs[i] = p
		}, node, enforce.RCPLayer})
	}
	return parts
}

// with returns the set with one more statement in the part: in a policy of its
// own where there may be several, and else in the one that is there.
func (p *part) with(t require.TestingT, set *enforce.PolicySet, statement string) *enforce.PolicySet {
	more := *set
	switch p.layer {
	case enforce.IdentityLayer, enforce.SessionLayer, enforce.SCPLayer, enforce.RCPLayer:
		source := enforce.Source{}
		if p.layer == enforce.RCPLayer && strings.Contains(statement, `"Allow"`) { // the one RCP that AWS lets allow
			source = enforce.FullAWSAccess(p.kind).Source()
		}
		added, err := enforce.Parse(`{"Version":"2012-10-17","Statement":[`+statement+`]}`, p.kind, source)
		require.NoError(t, err, statement)
		p.edit(&more, append(slices.Clone(p.policies), added))
	default:
		p.edit(&more, []*enforce.Policy{rewritten(t, p.policies[0], func(statements []json.RawMessage) []json.RawMessage {
			return append(statements, json.RawMessage(statement))
		})})
	}
	return &more
}

// rewritten returns a policy with other statements.
func rewritten(t require.TestingT, p *enforce.Policy, change func([]json.RawMessage) []json.RawMessage) *enforce.Policy {
	var doc map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(p.Document()), &doc))
	var statements []json.RawMessage
	if json.Unmarshal(doc["Statement"], &statements) != nil {
		statements = []json.RawMessage{doc["Statement"]}
	}
	statements = change(statements)
	var err error
	doc["Statement"], err = json.Marshal(statements)
	require.NoError(t, err)
	text, err := json.Marshal(doc)
	require.NoError(t, err)
	changed, err := enforce.Parse(string(text), p.Kind(), enforce.Source{})
	require.NoError(t, err, string(text))
	return changed
}

func (s *scene) verdicts(set *enforce.PolicySet) (all []enforce.Verdict) {
	for _, q := range s.asked {
		d := enforce.Evaluate(q.Request, set)
		all = append(all, d.Verdict)
	}
	return all
}

// mustNotAllowMore fails if a question is allowed by one set and not by another.
func (s *scene) mustNotAllowMore(t *rapid.T, what string, less, more *enforce.PolicySet) {
	a, b := s.verdicts(less), s.verdicts(more)
	for i := range a {
		if a[i] == enforce.Allowed && b[i] != enforce.Allowed {
			t.Fatalf("%s: allowed, and otherwise %v\n%s\nand otherwise\n%s", what, b[i], describeCase(less, &s.asked[i]), describeCase(more, &s.asked[i]))
		}
	}
}

// rule 39: a Deny that is added to any layer allows nothing that was denied.
func TestDenyAnywhereNeverWidens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := rapidChooser{t}
		s := drawScene(c, askedPerScene)
		p := of(c, partsOf(s.set)...)
		s.mustNotAllowMore(t, fmt.Sprintf("with a Deny in the %v", p.layer), p.with(t, s.set, drawPolicyStatement(c, p.kind, "Deny")), s.set)
	})
}

// rule 39: an Allow that is added to any layer that is there denies nothing that
// was allowed.
func TestAllowAnywhereNeverNarrows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := rapidChooser{t}
		s := drawScene(c, askedPerScene)
		p := of(c, slices.DeleteFunc(partsOf(s.set), func(p part) bool { return p.kind == enforce.ResourceControlPolicy })...)
		s.mustNotAllowMore(t, fmt.Sprintf("without an Allow in the %v", p.layer), s.set, p.with(t, s.set, drawPolicyStatement(c, p.kind, "Allow")))
	})
}

// rules 40, 42, 43, 49: what limits never grants. Without session policies a
// federated user may do nothing (rule 39), so they are no limit for it; and temporary
// credentials of a user with session policies are others than those without, which IAM
// does not take (rule 54).
func TestLimitsOfAllSortsNeverGrant(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := rapidChooser{t}
		s := drawScene(c, askedPerScene)
		s.asked = slices.DeleteFunc(s.asked, func(q question) bool {
			_, temporary := contextOf(q.Request, mine)["aws:tokenissuetime"]
			return q.Principal.Type == enforce.FederatedUser || temporary && strings.HasPrefix(q.Action, "iam:")
		})
		free := enforce.PolicySet{Identity: s.set.Identity, Resource: s.set.Resource}
		s.mustNotAllowMore(t, "without limits", s.set, &free)
		for _, limit := range []func(*enforce.PolicySet){
			func(set *enforce.PolicySet) { set.Boundary = nil },
			func(set *enforce.PolicySet) { set.Session = nil },
			func(set *enforce.PolicySet) { set.SCPs = nil },
			func(set *enforce.PolicySet) { set.RCPs = nil },
			func(set *enforce.PolicySet) { set.Endpoint = nil },
		} {
			without := *s.set
			limit(&without)
			s.mustNotAllowMore(t, "without one limit", s.set, &without)
		}
	})
}

// rule 5: the order of policies, and of the statements in them, never matters: not
// for the verdict and not for the layer that is named.
func TestOrderInAllLayersNeverMatters(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(rapidChooser{t}, askedPerScene)
		turned := *s.set
		for _, p := range partsOf(s.set) {
			var policies []*enforce.Policy
			for _, policy := range p.policies {
				if len(policy.Statements()) > 1 {
					policy = rewritten(t, policy, func(statements []json.RawMessage) []json.RawMessage {
						slices.Reverse(statements)
						return statements
					})
				}
				policies = append([]*enforce.Policy{policy}, policies...)
			}
			if p.policies != nil && policies == nil {
				policies = []*enforce.Policy{}
			}
			p.edit(&turned, policies)
		}
		for i, q := range s.asked {
			a, b := enforce.Evaluate(q.Request, s.set), enforce.Evaluate(q.Request, &turned)
			if a.Verdict != b.Verdict || a.Layer != b.Layer {
				t.Fatalf("%s\nbut in another order\n%s\n%s", a.Explain(), b.Explain(), describeCase(s.set, &s.asked[i]))
			}
		}
	})
}

// rule 71: what Suggestions say, when it is done where they say it, allows.
func TestSuggestionsAllowWhereTheySay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(rapidChooser{t}, askedPerScene)
		for i := range s.asked {
			q := &s.asked[i]
			set, _ := possible(q.Principal.Type, *s.set, documents{})
			d := enforce.Evaluate(q.Request, set)
			suggestions := d.Suggestions()
			if (d.Allowed() || d.Layer == enforce.NoLayer) != (len(suggestions) == 0) { // NoLayer: no policy can help
				t.Fatalf("%v suggestions: %s\n%s", suggestions, d.Explain(), describeCase(set, q))
			}
			if len(suggestions) == 0 || slices.ContainsFunc(suggestions, func(s enforce.Suggestion) bool { return s.Add+s.Attach == "" || s.Call != "" }) {
				continue // another call, or another Deny: TestSuggestionsNeverOpenAHole does these
			}
			changed := set
			for _, next := range suggestions {
				changed = done(t, changed, next)
			}
			if after := enforce.Evaluate(q.Request, changed); !after.Allowed() {
				t.Fatalf("%v\nand then %s\n%s", suggestions, after.Explain(), describeCase(set, q))
			}
		}
	})
}

// done does what a suggestion says to every policy list of its layer, which for
// an organization is every node. The statement goes into a document that is
// there, if there is one and the suggestion does not ask for a newer one.
func done(t require.TestingT, set *enforce.PolicySet, s enforce.Suggestion) *enforce.PolicySet {
	found, level := false, 0
	for _, p := range partsOf(set) {
		if p.layer != s.Layer {
			continue
		}
		if level++; s.Levels != nil && !slices.Contains(s.Levels, level) {
			continue
		}
		found = true
		policies := slices.Clone(p.policies)
		switch {
		case s.Attach != "":
			require.Equal(t, enforce.FullAWSAccess(p.kind).Source().ARN, s.Attach)
			policies = append(policies, enforce.FullAWSAccess(p.kind))
		case s.Version != "" || len(policies) == 0 || len(policies[0].Statements()) == 0:
			policies = append([]*enforce.Policy{written(t, p.kind, s)}, policies...)
		default:
			policies[0] = rewritten(t, policies[0], func(statements []json.RawMessage) []json.RawMessage {
				return append(statements, json.RawMessage(s.Add))
			})
		}
		changed := *set
		p.edit(&changed, policies)
		set = &changed
	}
	if found {
		return set
	}
	made := *set
	switch s.Layer {
	case enforce.ResourceLayer:
		made.Resource = written(t, enforce.ResourcePolicy, s)
	case enforce.TrustLayer:
		made.Resource = written(t, enforce.TrustPolicy, s)
	case enforce.SessionLayer:
		made.Session = []*enforce.Policy{written(t, enforce.SessionPolicy, s)}
	default:
		require.Fail(t, "a suggestion for a layer that is not there", s.String())
	}
	return &made
}

// written makes a document of a suggested statement, of the Version that it asks
// for. Where it asks for none the oldest must do, if the kind may have it.
func written(t require.TestingT, kind enforce.Kind, s enforce.Suggestion) *enforce.Policy {
	version := s.Version
	switch {
	case version != "":
	case kind == enforce.ServiceControlPolicy || strings.Contains(s.Add, "${"):
		version = "2012-10-17"
	default:
		version = "2008-10-17"
	}
	p, err := enforce.Parse(`{"Version":"`+version+`","Statement":[`+s.Add+`]}`, kind, enforce.Source{})
	require.NoError(t, err, s.Add)
	return p
}

// rule 5: printing a policy and parsing it again changes nothing, whatever the kind.
func TestPrintedPoliciesOfAllKinds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := rapidChooser{t}
		s := drawScene(c, askedPerScene)
		again := *s.set
		for _, p := range partsOf(s.set) {
			policies := []*enforce.Policy{}
			for _, policy := range p.policies {
				printed, err := enforce.Parse(policy.String(), policy.Kind(), policy.Source())
				switch {
				case len(policy.Statements()) == 0:
					printed = policy // AWS takes no document without statements
				case err != nil:
					t.Fatalf("%v: %s", err, policy)
				case printed.String() != policy.String():
					t.Fatalf("%s\nand then\n%s", policy, printed)
				}
				policies = append(policies, printed)
			}
			p.edit(&again, policies)
		}
		before, after := read(s.set), read(&again)
		for i := range s.asked {
			q := &s.asked[i]
			a, b := enforce.Evaluate(q.Request, s.set), enforce.Evaluate(q.Request, &again)
			if a.Verdict != b.Verdict || a.Layer != b.Layer {
				t.Fatalf("printed, it decides otherwise: %s and %s\n%s", a.String(), b.String(), describeCase(&again, q))
			}
			if a, b := decideNaively(q.Request, before, q.multi), decideNaively(q.Request, after, q.multi); a != b {
				t.Fatalf("printed, it means something else: %v and %v\n%s", a, b, describeCase(&again, q))
			}
		}
	})
}
