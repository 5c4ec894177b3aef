package enforce_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/enforce"
)

// rule 71: what is suggested allows the request, none of it can be left out, and what is
// added to policies allows nothing but the request under the conditions that there were:
// for every denial of the tables.
func TestSuggestionsOfTheRules(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/rules/*.txtar")
	require.NoError(t, err)
	denied := 0
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		require.NoError(t, err)
		documents := map[string]string{}
		for _, f := range archive.Files {
			documents[f.Name] = strings.TrimSpace(string(f.Data))
		}
		for _, c := range cases(t, file, archive) {
			tab := &table{owner: mine, documents: documents}
			for i, line := range c.lines {
				if line == "" || strings.HasPrefix(line, "#") {
					continue
				}
				tab.last = enforce.Decision{}
				if _, err := tab.do(line); err != nil || tab.last.Request == nil || tab.last.Allowed() {
					continue // TestRules reports what is wrong
				}
				denied++
				assert.NoError(t, closesNoHole(randomChooser{rand.New(rand.NewPCG(1, uint64(i)))}, tab.last), "%s:%d: %s", c.file, c.first+i, line)
			}
		}
	}
	assert.Greater(t, denied, 300, "the tables have denials")
}

// rule 71: the same for random policies of all layers.
func TestSuggestionsNeverOpenAHole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := rapidChooser{t}
		s := drawScene(c, askedPerScene)
		for i := range s.asked {
			q := &s.asked[i]
			set, _ := possible(q.Principal.Type, *s.set, documents{})
			if d := enforce.Evaluate(q.Request, set); !d.Allowed() {
				if err := closesNoHole(randomChooser{rand.New(rand.NewPCG(2, uint64(c.pick(1<<16))))}, d); err != nil {
					t.Fatalf("%v\n%s\n%s", err, d.Explain(), describeCase(set, q))
				}
			}
		}
	})
}

// closesNoHole checks what is suggested for a denial.
func closesNoHole(c chooser, d enforce.Decision) error {
	all := d.Suggestions()
	if (len(all) == 0) != (d.Layer == enforce.NoLayer || d.Verdict == enforce.ExplicitDeny && d.Statement == nil) {
		return fmt.Errorf("%d suggestions", len(all))
	}
	if lines := strings.Count(d.Explain(), "\n") + 1; lines > 40 {
		return fmt.Errorf("%d lines", lines)
	}
	if len(all) == 0 {
		return nil
	}
	for leave := range len(all) + 1 {
		set := *d.Policies
		for i, s := range all {
			if i == leave {
				continue
			}
			if err := follow(&set, d.Request, s); err != nil {
				return err
			}
		}
		after := enforce.Evaluate(d.Request, &set)
		if whole := leave == len(all); after.Allowed() != whole {
			return fmt.Errorf("without number %d of %v: %s", leave, all, after.String())
		}
	}
	for _, s := range all {
		if s.Add != "" {
			if err := isNarrow(c, d, s); err != nil {
				return fmt.Errorf("%s: %w", s.Add, err)
			}
		}
	}
	return nil
}

// follow does what a suggestion says. Where the call is to be another, it is taken to be
// so: the conditions of the statement, or of what is added, hold.
func follow(set *enforce.PolicySet, req *enforce.Request, s enforce.Suggestion) error {
	switch {
	case s.Narrow != "":
		set.Without(s.Statement)
		return nil
	case s.Attach != "":
		path := make([][]*enforce.Policy, len(set.RCPs))
		for i, node := range set.RCPs {
			path[i] = append(slices.Clone(node), enforce.FullAWSAccess(enforce.ResourceControlPolicy))
		}
		set.RCPs = path
		return nil
	case s.Add == "" && s.Statement != nil:
		if s.Call == "" {
			return fmt.Errorf("nothing is suggested: %v", s)
		}
		set.Relax(s.Statement)
		return nil
	case s.Add == "" && req.Principal.Type == enforce.Anonymous:
		s.Add = `{"Effect":"Allow","Principal":"*","Action":"` + req.Action + `","Resource":"*"}` // as if it had signed
		if s.Layer == enforce.TrustLayer {
			s.Add = `{"Effect":"Allow","Principal":"*","Action":"` + req.Action + `"}`
		}
	case s.Call != "":
		before, _, _ := strings.Cut(s.Add, `,"Condition":`)
		s.Add = strings.TrimSuffix(before, "}") + "}"
	}
	levels := s.Levels
	if levels == nil {
		levels = []int{1}
	}
	for _, level := range levels {
		if !set.Extend(s.Layer, level-1, s.Add) {
			return fmt.Errorf("no statement: %s", s.Add)
		}
	}
	return nil
}

// isNarrow asks random other requests of a statement: one that it applies to has the
// action, the resource and the caller of the denied one, and the conditions of the
// nearest statement hold.
func isNarrow(c chooser, d enforce.Decision, s enforce.Suggestion) error {
	kind := map[enforce.Layer]enforce.Kind{enforce.ResourceLayer: enforce.ResourcePolicy, enforce.TrustLayer: enforce.TrustPolicy,
		enforce.EndpointLayer: enforce.EndpointPolicy, enforce.SCPLayer: enforce.ServiceControlPolicy}[s.Layer]
	if kind == 0 {
		kind = enforce.IdentityPolicy
	}
	version := "2012-10-17"
	if p := map[enforce.Layer]*enforce.Policy{enforce.ResourceLayer: d.Policies.Resource, enforce.TrustLayer: d.Policies.Resource,
		enforce.BoundaryLayer: d.Policies.Boundary, enforce.EndpointLayer: d.Policies.Endpoint}[s.Layer]; p != nil {
		version = p.Version() // it comes into that document
	}
	added, err := enforce.Parse(`{"Version":"`+version+`","Statement":[`+s.Add+`]}`, kind, enforce.Source{})
	if err != nil {
		return err
	}
	statement := added.Statements()[0]
	elements := statement.Elements()
	if named := append(elements.Principal, elements.NotPrincipal...); s.Layer != enforce.EndpointLayer && slices.ContainsFunc(named, func(p enforce.PrincipalElement) bool { return p.Value == "*" }) {
		return fmt.Errorf("it is for everybody")
	}
	wild := strings.HasSuffix(d.Request.Resource, "*") || version != "2012-10-17"
	for range 40 {
		other := otherRequest(c, d.Request, s.Statement)
		if !statement.AppliesTo(other) {
			continue
		}
		p, was := &other.Principal, &d.Request.Principal
		switch {
		case !strings.EqualFold(other.Action, d.Request.Action):
			return fmt.Errorf("it allows %s", other.Action)
		case !wild && s.Layer != enforce.TrustLayer && other.Resource != d.Request.Resource:
			return fmt.Errorf("it allows %s", other.Resource)
		case elements.Principal != nil && s.Layer != enforce.EndpointLayer && p.ARN != was.ARN && (p.IssuerARN != was.IssuerARN || p.IssuerARN == "") && p.Service != was.Service:
			return fmt.Errorf("it allows %v", p)
		case s.Statement != nil && !s.Statement.HoldsFor(other):
			return fmt.Errorf("the conditions of %s do not hold", s.Statement.Document())
		}
	}
	return nil
}

// otherRequest is a request like another: of another caller, for another resource, with
// other values for what conditions look at.
func otherRequest(c chooser, req *enforce.Request, near *enforce.Statement) *enforce.Request {
	other := &enforce.Request{Principal: req.Principal, Action: req.Action, Resource: req.Resource, ResourceAccount: req.ResourceAccount}
	other.Context.Base = &req.Context
	if c.pick(4) == 0 {
		other.Principal = of(c, callers...)
	}
	switch c.pick(6) {
	case 0:
		other.Action = of(c, req.Action+"Tagging", strings.ToUpper(req.Action), "s3:PutObject", "sqs:SendMessage")
	case 1:
		other.Resource = of(c, req.Resource+"x", req.Resource+"/x", strings.ToUpper(req.Resource), "arn:aws:s3:::other/k", "*", strings.TrimSuffix(req.Resource, "k"))
	}
	if near == nil {
		return other
	}
	for _, condition := range near.Elements().Conditions {
		key := condition.Key.Value
		switch c.pick(5) {
		case 0:
			other.Context.Set(key, of(c, condition.Values...).Value)
		case 1:
			other.Context.Set(key, "something else")
		case 2:
			other.Context.SetAbsent(key)
		case 3:
			other.Context.SetMulti(key, []string{of(c, condition.Values...).Value})
		}
	}
	return other
}
