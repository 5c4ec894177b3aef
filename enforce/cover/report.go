package cover

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// A State is what became of a grant.
type State string

// The states.
const (
	// Used grants are those that allowed requests rest on; of a Deny statement, the
	// requests that it denied.
	Used State = "used"
	// OnlyDenied grants applied to requests, and all of these were denied, by another
	// policy. A condition is one too that kept its statement from applying.
	OnlyDenied State = "denied"
	// Unused grants never applied.
	Unused State = "unused"
)

// stateOf returns the state of what has an outcome.
func stateOf(o Outcome, deny bool) State {
	switch {
	case o&Outcome(enforce.InAllowed) != 0, deny && o != 0:
		return Used
	case o != 0:
		return OnlyDenied
	}
	return Unused
}

// A Report is what there is to say of a profile.
type Report struct {
	Count
	Incomplete bool           `json:"incomplete,omitempty"`
	Policies   []PolicyReport `json:"policies"`
	Calls      []Call         `json:"calls"`
}

// A Count counts grants: actions, resources, principals and conditions.
type Count struct {
	Grants     int `json:"grants"`
	Used       int `json:"used"`
	OnlyDenied int `json:"onlyDenied"`
}

func (c *Count) add(s State) {
	c.Grants++
	switch s {
	case Used:
		c.Used++
	case OnlyDenied:
		c.OnlyDenied++
	}
}

// Percent is how many of the grants are used; 100 where there are none.
func (c Count) Percent() float64 {
	if c.Grants == 0 {
		return 100
	}
	return 100 * float64(c.Used) / float64(c.Grants)
}

// PercentText is Percent with one digit. It is cut, not rounded: what is not all is
// not 100.0.
func (c Count) PercentText() string {
	if c.Grants == 0 {
		return "100.0%"
	}
	thousandths := 1000 * c.Used / c.Grants
	return fmt.Sprintf("%d.%d%%", thousandths/10, thousandths%10)
}

// A PolicyReport is that of one policy.
type PolicyReport struct {
	Count
	Name       string             `json:"name"` // the file, or else a name for readers
	Kind       string             `json:"kind"`
	File       string             `json:"file,omitempty"`
	Line       int                `json:"line,omitempty"`
	Statements []StatementReport  `json:"statements"`
	Principals map[string]Outcome `json:"principals,omitempty"`

	policy *Policy
}

// A StatementReport is that of one statement.
type StatementReport struct {
	Label  string  `json:"label"`
	Effect string  `json:"effect"`
	State  State   `json:"state"`
	Line   int     `json:"line"`
	Column int     `json:"column"`
	Grants []Grant `json:"grants"`

	start, end, effect int // in the document
}

// A Grant is an element of a statement. All that is under NotAction, NotResource or
// NotPrincipal is one.
type Grant struct {
	Element string `json:"element"`
	Text    string `json:"text"`
	State   State  `json:"state"`
	Line    int    `json:"line"`

	tokens []int // the places of its strings in the document
}

// Report makes the report of a profile.
func (p *Profile) Report() *Report {
	r := &Report{Incomplete: p.Incomplete, Policies: []PolicyReport{}, Calls: p.Calls}
	for i := range p.Policies {
		policy := p.Policies[i].report()
		r.Grants += policy.Grants
		r.Used += policy.Used
		r.OnlyDenied += policy.OnlyDenied
		r.Policies = append(r.Policies, policy)
	}
	return r
}

func (p *Policy) report() PolicyReport {
	r := PolicyReport{Name: p.File, Kind: p.Kind, File: p.File, Line: p.Line, Principals: p.Principals, policy: p}
	doc, _ := enforce.ReadDocument(p.Document, p.kind(), p.source())
	if r.Name == "" {
		r.Name = cmp.Or(p.Name, p.Kind) + about(doc, p.Name)
	}
	for i := range p.Statements {
		s := reported{document: doc, elements: &doc.Statements[i], outcomes: &p.Statements[i]}
		s.Label = cmp.Or(s.elements.Sid.Value, "statement "+strconv.Itoa(i+1))
		s.Effect = s.elements.Effect.Value
		s.State = stateOf(s.outcomes.Outcome, s.deny())
		s.start, s.end, s.effect = s.elements.Start, s.elements.End, s.elements.Effect.Offset
		s.Line, s.Column = doc.Position(s.start)
		s.read()
		for _, g := range s.Grants {
			r.add(g.State)
		}
		r.Statements = append(r.Statements, s.StatementReport)
	}
	return r
}

// about tells policies apart that stand in no file, and are often named alike: by the first
// resource that they are about.
func about(doc *enforce.Document, name string) string {
	for i := range doc.Statements {
		if resources := doc.Statements[i].Resource; len(resources) > 0 && resources[0].Value != "*" && resources[0].Value != name {
			return " on " + resources[0].Value
		}
	}
	return ""
}

// reported is the report of a statement in the making.
type reported struct {
	StatementReport
	document *enforce.Document
	elements *enforce.StatementElements
	outcomes *Statement
}

func (s *reported) deny() bool { return s.Effect == "Deny" }

// read reads the elements in the order of AWS's grammar.
func (s *reported) read() {
	e, o := s.elements, s.outcomes
	s.texts("Principal", principals(e.Principal), o.Principals)
	s.excluded("NotPrincipal", principals(e.NotPrincipal))
	s.texts("Action", e.Action, o.Actions)
	s.excluded("NotAction", e.NotAction)
	s.texts("Resource", e.Resource, o.Resources)
	s.excluded("NotResource", e.NotResource)
	for i := range e.Conditions {
		c := &e.Conditions[i]
		s.grant("Condition", c.Operator.Value+" "+c.Key.Value+" "+quoted(c.Values), o.Conditions[i], append([]enforce.Text{c.Key}, c.Values...))
	}
}

func (s *reported) texts(element string, list []enforce.Text, outcomes []Outcome) {
	for i, t := range list {
		s.grant(element, t.Value, outcomes[i], list[i:i+1])
	}
}

func (s *reported) excluded(element string, list []enforce.Text) {
	if len(list) > 0 {
		s.grant(element, quoted(list), s.outcomes.Outcome, list)
	}
}

func (s *reported) grant(element, text string, o Outcome, at []enforce.Text) {
	g := Grant{Element: element, Text: text, State: stateOf(o, s.deny())}
	g.Line, _ = s.document.Position(at[0].Offset)
	for _, t := range at {
		g.tokens = append(g.tokens, t.Offset)
	}
	s.Grants = append(s.Grants, g)
}

func principals(list []enforce.PrincipalElement) []enforce.Text {
	texts := make([]enforce.Text, len(list))
	for i, p := range list {
		texts[i] = p.Text
	}
	return texts
}

func quoted(list []enforce.Text) string {
	texts := make([]string, len(list))
	for i, t := range list {
		texts[i] = strconv.Quote(t.Value)
	}
	return strings.Join(texts, ", ")
}

// Summary is the report in one line.
func (r *Report) Summary() string {
	policies := "policies"
	if len(r.Policies) == 1 {
		policies = "policy"
	}
	text := fmt.Sprintf("policy coverage: %s of the grants of %d %s (%d of %d used, %d only denied)", r.PercentText(), len(r.Policies), policies, r.Used, r.Grants, r.OnlyDenied)
	if r.Incomplete {
		text += "; there were more policies or callers than are noted"
	}
	return text
}

// stateTexts say of grants what the states mean.
var stateTexts = map[State]string{OnlyDenied: "only denied", Unused: "unused"}

// WriteText writes each policy with its percentage and the grants that are not used, and
// the summary.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for i := range r.Policies {
		p := &r.Policies[i]
		fmt.Fprintf(&b, "%s (%s): %s of %d grants\n", printable(p.Name), p.Kind, p.PercentText(), p.Grants)
		for j := range p.Statements {
			s := &p.Statements[j]
			if s.State == Unused && !slices.ContainsFunc(s.Grants, func(g Grant) bool { return g.State != Unused }) {
				fmt.Fprintf(&b, "  %s:%d:%d %s: the whole statement is unused\n", printable(p.Name), s.Line, s.Column, printable(s.Label))
				continue
			}
			for _, g := range s.Grants {
				if text := stateTexts[g.State]; text != "" {
					fmt.Fprintf(&b, "  %s:%d %s: %s %s is %s\n", printable(p.Name), g.Line, printable(s.Label), g.Element, printable(g.Text), text)
				}
			}
		}
	}
	b.WriteString(r.Summary() + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// printable keeps what would move a terminal's cursor out of a text.
func printable(text string) string {
	if strconv.CanBackquote(strings.ReplaceAll(text, "`", "'")) && !strings.Contains(text, "\t") {
		return text
	}
	return strconv.Quote(text)
}

// actions returns the actions that were asked for.
func (r *Report) actions() []string {
	set := map[string]bool{}
	for _, c := range r.Calls {
		set[c.Action] = true
	}
	return slices.Sorted(maps.Keys(set))
}
