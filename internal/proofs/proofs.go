// Package proofs shows what the answers of package prove say to people: the request that was
// found, the statement that lets it through, and a change that keeps it out.
package proofs

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/prove"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// A Claim is that there are no requests of some callers, on parts of what there may be.
type Claim struct {
	// Actions, Resources and If are those of a [prove.Question]: what is claimed never to be
	// allowed.
	Actions, Resources []string
	If                 []enforce.ConditionElement
	Parts              []Part
}

// A Part is some policies, and the requests that they decide about: a question without what
// the claim says. A claim about a caller has a part for each resource that has a policy, and
// one for all others.
type Part struct {
	Set      *enforce.PolicySet
	Question prove.Question
	// Bound are policies that allow what the claim admits, which is no finding. Nil where
	// nothing is admitted.
	Bound *enforce.PolicySet
	// Unknown is what else may allow requests, in words; "" is nothing.
	Unknown string
}

// A Finding is the answer to a claim: No says that it holds.
type Finding struct {
	prove.Answer
	// Statement lets the witness through; nil where AWS itself does.
	Statement *enforce.Statement
	// Change is what closes it: proved, and "" where none was found. Sought says that one was
	// looked for.
	Change string
	Sought bool

	part *Part
}

// question is what a claim asks of a part.
func (c *Claim) question(p *Part) prove.Question {
	q := p.Question
	q.Actions, q.Resources, q.Where = c.Actions, c.Resources, slices.Concat(c.If, q.Where)
	return q
}

func (c *Claim) ask(ctx context.Context, p *Part) (prove.Answer, error) {
	if p.Bound == nil {
		return prove.Can(ctx, p.Set, c.question(p))
	}
	return prove.NoNewAccess(ctx, p.Bound, p.Set, c.question(p))
}

// Ask is Find, and says how to close what is found.
func (c *Claim) Ask(ctx context.Context) (Finding, error) {
	f, err := c.Find(ctx)
	if err == nil && f.Verdict == prove.Yes {
		c.Close(ctx, &f)
	}
	return f, err
}

// Close sets the change that closes a finding of the claim.
func (c *Claim) Close(ctx context.Context, f *Finding) {
	f.Change, f.Sought = c.change(ctx, f.part, f), true
}

// Find asks about all parts: one request that is found is enough, and so is one part of which
// the answer cannot be known, where nothing is found.
func (c *Claim) Find(ctx context.Context) (Finding, error) {
	result := Finding{Answer: prove.Answer{Verdict: prove.No}}
	for i := range c.Parts {
		p := &c.Parts[i]
		a, err := c.ask(ctx, p)
		if err != nil {
			return Finding{}, err
		}
		result.Steps += a.Steps
		switch {
		case a.Verdict == prove.Yes:
			f := Finding{Answer: a, Statement: granting(a.Witness, p.Set), part: p}
			f.Steps = result.Steps
			return f, nil
		case a.Verdict == prove.No && p.Unknown != "" && c.reaches(ctx, p):
			a.Verdict, a.Reasons = prove.Unknown, []string{p.Unknown}
			fallthrough
		case a.Verdict == prove.Unknown:
			result.Verdict = prove.Unknown
			result.Reasons = union(result.Reasons, a.Reasons)
		default:
			result.Denies = union(result.Denies, a.Denies)
			result.Missing = union(result.Missing, a.Missing)
		}
	}
	return result, nil
}

func union[T comparable](known, more []T) []T {
	for _, x := range more {
		if !slices.Contains(known, x) {
			known = append(known, x)
		}
	}
	return known
}

// reaches reports whether the claim may be about resources of a part at all.
func (c *Claim) reaches(ctx context.Context, p *Part) bool {
	open := &enforce.PolicySet{Identity: []*enforce.Policy{everything}, Resource: everybody}
	a, err := prove.Can(ctx, open, c.question(p))
	return err != nil || a.Verdict != prove.No
}

var (
	everything = enforce.MustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, enforce.IdentityPolicy)
	everybody  = enforce.MustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`, enforce.ResourcePolicy)
)

// granting returns the statement that lets a request through.
func granting(req *enforce.Request, set *enforce.PolicySet) *enforce.Statement {
	d := enforce.Evaluate(req, set)
	if d.Statement != nil {
		return d.Statement
	}
	if uses := d.Uses(); len(uses) > 0 {
		return uses[0].Statement
	}
	return nil
}

// Place says where a statement stands: "policies/worker.json:12:5", or in which policy.
func Place(s *enforce.Statement) string {
	line, column := s.Position()
	file := s.Policy().Source().File
	if file == "" {
		file = s.Policy().Label()
	}
	return fmt.Sprintf("%s:%d:%d", file, line, column)
}

// maxKeys is how many condition keys of a witness are shown, and maxText how much of a text.
const (
	maxKeys = 12
	maxText = 300
)

// Lines shows a request, what lets it through, and what closes it.
func (f *Finding) Lines() []string {
	if f.Verdict == prove.Unknown {
		return append([]string{"it is not known, because of"}, indented(f.Reasons)...)
	}
	lines := append([]string{"this request is allowed:"}, Request(f.Witness)...)
	switch {
	case f.Statement == nil:
		lines = append(lines, "let through by AWS itself, which asks no policy")
	default:
		lines = append(lines, "let through by "+f.Statement.Label()+" at "+Place(f.Statement), "  "+short(compact(f.Statement.Document())))
	}
	switch {
	case !f.Sought:
		return lines
	case f.Change == "":
		return append(lines, "no change of one policy was found that closes it")
	}
	return append(lines, "smallest change that closes it, as is proved:", "  "+f.Change)
}

// Request shows a request, one line each for who, what and the condition keys.
func Request(req *enforce.Request) []string {
	who := req.Principal.ARN
	if who == "" {
		who = req.Principal.Service
	}
	if who == "" {
		who = strings.ToLower(string(req.Principal.Type))
	}
	lines := []string{"  principal  " + short(who), "  action     " + req.Action, "  resource   " + short(req.Resource)}
	if req.ResourceAccount != "" && req.ResourceAccount != req.Principal.Account {
		lines = append(lines, "  owner      "+req.ResourceAccount)
	}
	n := 0
	for key, values := range req.Context.All() {
		if strings.EqualFold(key, "aws:TokenIssueTime") {
			continue // every session has it
		}
		if n++; n <= maxKeys {
			lines = append(lines, fmt.Sprintf("  key        %s = %s", key, short(quoted(values))))
		}
	}
	if n > maxKeys {
		lines = append(lines, fmt.Sprintf("  and %d more keys", n-maxKeys))
	}
	return lines
}

func quoted(values []string) string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = fmt.Sprintf("%q", v)
	}
	return strings.Join(all, ", ")
}

func indented(all []string) []string {
	lines := make([]string, len(all))
	for i, s := range all {
		lines[i] = "  " + s
	}
	return lines
}

func short(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}

// ResourcesOf are patterns of the resources of an action that only a policy of the resource can
// allow: keys, and roles that are assumed. What is no key and no role is asked for by nobody, and
// would need no such policy. Nil is any resource, which is meant of all other actions.
func ResourcesOf(action string) (patterns []string) {
	a, ok := catalog.Find(action)
	if !ok || a.Service.Prefix != "sts" && a.Service.Prefix != "kms" || !slices.ContainsFunc(a.Resources, func(t catalog.Target) bool { return t.Required }) {
		return nil
	}
	for _, target := range a.Resources {
		for _, form := range target.Resource.ARNs {
			patterns = append(patterns, variables.ReplaceAllString(form, "*"))
		}
	}
	return patterns
}

var variables = regexp.MustCompile(`\$\{[^}]*\}`)
