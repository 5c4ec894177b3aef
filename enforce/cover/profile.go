// Package cover is the coverage of IAM policies: which of their grants the requests of
// tests used. A [Profile] is what one or several test binaries noted, and a [Report] what
// there is to say of it: as text, JSON, Cobertura's XML or a page.
package cover

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/leastpriv/leastpriv/enforce"
)

// Version is that of the format of profiles. It becomes another when what is read would
// mean something else.
const Version = 1

// formatName tells a profile from other files.
const formatName = "leastpriv coverage"

// A Profile is what was noted of policies. It says that a grant was used, not how often,
// as go test's -covermode=set does: so merging is a union, in any order and any number of
// times.
type Profile struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	// Incomplete says that there were more policies or callers than are noted.
	Incomplete bool     `json:"incomplete,omitempty"`
	Policies   []Policy `json:"policies"`
	Calls      []Call   `json:"calls"`
}

// A Policy is one policy, or several that are the same.
type Policy struct {
	Kind     string             `json:"kind"` // as enforce.Kind has it
	Name     string             `json:"name,omitempty"`
	File     string             `json:"file,omitempty"`
	Line     int                `json:"line,omitempty"` // at which the document starts
	At       []enforce.Position `json:"at,omitempty"`   // the statements, in a file of another format
	Document string             `json:"document"`

	Statements []Statement        `json:"statements"`
	Principals map[string]Outcome `json:"principals,omitempty"`
}

// A Statement has the outcomes of a statement and its elements, in the order of the document.
type Statement struct {
	Outcome    Outcome   `json:"outcome"`
	Actions    []Outcome `json:"actions,omitempty"`
	Resources  []Outcome `json:"resources,omitempty"`
	Principals []Outcome `json:"principals,omitempty"`
	Conditions []Outcome `json:"conditions,omitempty"`
}

// A Call is an action that a principal asked for.
type Call struct {
	Principal string  `json:"principal"`
	Action    string  `json:"action"`
	Outcome   Outcome `json:"outcome"`
}

// An Outcome is in which decisions something took part.
type Outcome enforce.Outcomes

// outcomes are the texts of the outcomes.
var outcomes = [...]string{"none", "allowed", "denied", "both"}

// MarshalText implements encoding.TextMarshaler.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(outcomes[o&3]), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (o *Outcome) UnmarshalText(text []byte) error {
	i := slices.Index(outcomes[:], string(text))
	if i < 0 {
		return fmt.Errorf("outcome %q is none of %v", text, outcomes)
	}
	*o = Outcome(i)
	return nil
}

// New returns the profile of what was noted. Place says how files are named to others:
// those who read a profile are in another folder, and often on another machine.
func New(c *enforce.Coverage, place func(file string) string) *Profile {
	var all union
	for _, p := range c.Policies() {
		policy := Policy{
			Kind: p.Kind.String(), Name: p.Source.Name, File: p.Source.File, Line: p.Source.Line, At: p.Source.Statements, Document: p.Document,
			Principals: map[string]Outcome{},
		}
		if policy.File != "" {
			policy.File = place(policy.File)
		}
		for _, s := range p.Statements {
			policy.Statements = append(policy.Statements, Statement{
				Outcome: Outcome(s.Statement), Actions: outcomesOf(s.Actions), Resources: outcomesOf(s.Resources),
				Principals: outcomesOf(s.Principals), Conditions: outcomesOf(s.Conditions),
			})
		}
		for principal, o := range p.Principals {
			policy.Principals[principal] = Outcome(o)
		}
		all.addPolicy(policy)
	}
	for call, o := range c.Calls() {
		all.addCall(Call{call.Principal, call.Action, Outcome(o)})
	}
	all.incomplete = c.Incomplete()
	return all.profile()
}

func outcomesOf(list []enforce.Outcomes) []Outcome {
	converted := make([]Outcome, len(list))
	for i, o := range list {
		converted[i] = Outcome(o)
	}
	return converted
}

// Merge returns what was noted in any of the profiles.
func Merge(profiles ...*Profile) *Profile {
	var all union
	for _, p := range profiles {
		for _, policy := range p.Policies {
			all.addPolicy(policy)
		}
		for _, call := range p.Calls {
			all.addCall(call)
		}
		all.incomplete = all.incomplete || p.Incomplete
	}
	return all.profile()
}

// A union is a merge at work.
type union struct {
	policies   map[policyKey]Policy
	calls      map[Call]Outcome // by calls without their outcome
	incomplete bool
}

// A policyKey tells policies apart, as an [enforce.Coverage] does.
type policyKey struct {
	kind, name, file string
	line             int
	document, at     string
}

func (u *union) addPolicy(p Policy) {
	key := policyKey{p.Kind, p.Name, p.File, p.Line, p.Document, fmt.Sprint(p.At)}
	there, ok := u.policies[key]
	if !ok {
		if u.policies == nil {
			u.policies = map[policyKey]Policy{}
		}
		p.Principals = maps.Clone(p.Principals)
		p.Statements = slices.Clone(p.Statements)
		for i := range p.Statements {
			s := &p.Statements[i]
			s.Actions, s.Resources = slices.Clone(s.Actions), slices.Clone(s.Resources)
			s.Principals, s.Conditions = slices.Clone(s.Principals), slices.Clone(s.Conditions)
		}
		u.policies[key] = p
		return
	}
	for i := range there.Statements {
		of, more := &there.Statements[i], &p.Statements[i]
		of.Outcome |= more.Outcome
		join(of.Actions, more.Actions)
		join(of.Resources, more.Resources)
		join(of.Principals, more.Principals)
		join(of.Conditions, more.Conditions)
	}
	if there.Principals == nil {
		there.Principals = map[string]Outcome{}
		u.policies[key] = there
	}
	for principal, o := range p.Principals {
		there.Principals[principal] |= o
	}
}

func join(of, more []Outcome) {
	for i := range of {
		of[i] |= more[i]
	}
}

func (u *union) addCall(c Call) {
	o := c.Outcome
	c.Outcome = 0
	if u.calls == nil {
		u.calls = map[Call]Outcome{}
	}
	u.calls[c] |= o
}

// profile returns the union, always in the same order.
func (u *union) profile() *Profile {
	p := &Profile{Format: formatName, Version: Version, Incomplete: u.incomplete, Policies: []Policy{}, Calls: []Call{}}
	keys := slices.SortedFunc(maps.Keys(u.policies), func(a, b policyKey) int {
		if (a.file == "") != (b.file == "") {
			return cmp.Compare(b.file, a.file) // those that stand in files come first
		}
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line), cmp.Compare(a.name, b.name),
			cmp.Compare(a.kind, b.kind), cmp.Compare(a.document, b.document), cmp.Compare(a.at, b.at))
	})
	for _, key := range keys {
		p.Policies = append(p.Policies, u.policies[key])
	}
	for c, o := range u.calls {
		c.Outcome = o
		p.Calls = append(p.Calls, c)
	}
	slices.SortFunc(p.Calls, func(a, b Call) int {
		return cmp.Or(cmp.Compare(a.Principal, b.Principal), cmp.Compare(a.Action, b.Action))
	})
	return p
}

// Write writes the profile.
func (p *Profile) Write(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "\t")
	return encoder.Encode(p)
}

// Read reads a profile. What does not fit its document is an error: a profile that was
// changed by hand must not call used what was not.
func Read(r io.Reader) (*Profile, error) {
	var head struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("no profile of coverage: %w", err)
	}
	switch {
	case head.Format != formatName:
		return nil, errors.New("no profile of coverage")
	case head.Version != Version:
		return nil, fmt.Errorf("a profile of version %d: this program reads version %d", head.Version, Version)
	}
	p := new(Profile)
	if err := json.Unmarshal(text, p); err != nil {
		return nil, err
	}
	for i := range p.Policies {
		if err := p.Policies[i].check(); err != nil {
			return nil, fmt.Errorf("policy %d: %w", i+1, err)
		}
	}
	return p, nil
}

// check reports whether the statements are those of the document.
func (p *Policy) check() error {
	kind := p.kind()
	if kind == 0 {
		return fmt.Errorf("kind %q is none", p.Kind)
	}
	parsed, err := enforce.Parse(p.Document, kind, p.source())
	if err != nil {
		return err
	}
	elements := parsed.Elements().Statements
	if len(elements) != len(p.Statements) {
		return fmt.Errorf("%d statements, and its document has %d", len(p.Statements), len(elements))
	}
	for i := range elements {
		e, s := &elements[i], &p.Statements[i]
		if len(e.Action) != len(s.Actions) || len(e.Resource) != len(s.Resources) || len(e.Principal) != len(s.Principals) || len(e.Conditions) != len(s.Conditions) {
			return fmt.Errorf("statement %d has other elements than in its document", i+1)
		}
	}
	return nil
}

func (p *Policy) source() enforce.Source {
	return enforce.Source{Name: p.Name, File: p.File, Line: p.Line, Statements: p.At}
}

// kind finds the kind by its name; 0 where there is none.
func (p *Policy) kind() enforce.Kind {
	for k := enforce.IdentityPolicy; k <= enforce.EndpointPolicy; k++ {
		if k.String() == p.Kind {
			return k
		}
	}
	return 0
}
