package escalation

import (
	"fmt"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// String returns the path in a few lines: its steps with the requests and what allows them,
// what is gained, and what closes it.
func (p *Path) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", p.Way())
	for i, s := range p.Steps {
		fmt.Fprintf(&b, "\n  %d. %s", i+1, s)
	}
	fmt.Fprintf(&b, "\n  gains: %s", p.gained())
	if text := p.Remedy.String(); text != "" {
		fmt.Fprintf(&b, "\n  closed by: %s", text)
	}
	for _, a := range p.Assumes {
		fmt.Fprintf(&b, "\n  if: %s", a)
	}
	return b.String()
}

func (p *Path) gained() string {
	what := ""
	if p.Gain.Everything {
		what = "everything, "
	}
	w := p.Gain.Witness
	text := what + "for example " + w.Action + " on " + w.Resource + keys(w)
	if p.Gain.Statement != nil {
		text += " (" + place(p.Gain.Statement) + ")"
	}
	return text + ", as " + name(p.Holder)
}

// String returns the call, what it asks for, and what allows that.
func (s *Step) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", name(s.Caller), s.Operation)
	for i, p := range s.Parameters {
		separator := ", "
		if i == 0 {
			separator = " with "
		}
		fmt.Fprintf(&b, "%s%s=%s", separator, p.Name, p.Value)
	}
	if s.Effect != "" {
		fmt.Fprintf(&b, ": %s", s.Effect)
	}
	for i := range s.Needs {
		d := &s.Needs[i]
		fmt.Fprintf(&b, "\n     %s on %s%s", d.Request.Action, d.Request.Resource, keys(d.Request))
		if d.Statement != nil {
			fmt.Fprintf(&b, ": allowed by %s", place(d.Statement))
		}
	}
	return b.String()
}

// keys are the condition keys of a request.
func keys(r *enforce.Request) string {
	var b strings.Builder
	separator := " with "
	for key, values := range r.Context.All() {
		fmt.Fprintf(&b, "%s%s=%s", separator, key, strings.Join(values, ","))
		separator = ", "
	}
	return b.String()
}

// place names a statement: its policy, file and line.
func place(s *enforce.Statement) string {
	p := s.Policy()
	text := s.Label() + " of " + p.Label()
	if file := p.Source().File; file != "" {
		line, column := s.Position()
		return fmt.Sprintf("%s (%s:%d:%d)", text, file, line, column)
	}
	return text
}

// name names a principal.
func name(p enforce.Principal) string {
	if p.ARN != "" {
		return p.ARN
	}
	return p.Service
}
