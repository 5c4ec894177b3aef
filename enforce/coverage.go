package enforce

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Outcomes are the decisions that something took part in: none, those that allowed,
// those that denied, or both.
type Outcomes uint8

// The outcomes.
const (
	InAllowed Outcomes = 1 << iota
	InDenied
)

// A Coverage notes which grants of policies decisions rest on, over all Worlds that share
// it. It notes that a grant took part, not how often: so it grows with the policies, and
// not with the calls. A nil Coverage notes nothing. It is safe for concurrent use.
type Coverage struct {
	news atomic.Uint64 // counts what was not noted before

	mu         sync.RWMutex // guards what follows
	policies   map[policyID]*policyCoverage
	calls      map[CallCoverage]Outcomes
	bytes      int
	incomplete bool
}

// A CallCoverage is an action that a principal asked for.
type CallCoverage struct{ Principal, Action string }

// A PolicyCoverage is what was noted of one policy, or of several that are the same.
type PolicyCoverage struct {
	Kind Kind
	// Source has no name where there is a file, which several policies may be made of.
	Source   Source
	Document string
	// Statements are in the order of the document.
	Statements []StatementCoverage
	// Principals are those whose requests its statements applied to.
	Principals map[string]Outcomes
}

// A StatementCoverage has the outcomes of a statement and of its elements, in the order
// of the document. NotAction, NotResource and NotPrincipal name what a statement does not
// apply to, and have none. A condition is among the denied also where it alone kept an
// Allow statement from applying.
type StatementCoverage struct {
	Statement                                  Outcomes
	Actions, Resources, Principals, Conditions []Outcomes
}

// A policyID tells policies apart: by their text, and by the file that it stands in or
// else by their name.
type policyID struct {
	kind       Kind
	name, file string
	line       int
	doc        string
}

func (p *Policy) id() policyID {
	id := policyID{kind: p.kind, name: p.source.Name, file: p.source.File, line: p.source.Line, doc: p.doc}
	switch {
	case id.file != "":
		id.name = ""
	case id.name == "" && p.kind != ServiceControlPolicy && p.kind != ResourceControlPolicy: // whose ARNs are made up
		id.name = p.source.ARN
	}
	return id
}

const (
	// maxCovered and maxCoveredBytes bound the policies that a Coverage notes: tests that
	// make up policies must not fill the memory.
	maxCovered      = 1 << 13
	maxCoveredBytes = 64 << 20
	// maxCoveredCalls bounds the pairs of principals and actions, and maxCoveredPrincipals
	// the principals of a policy.
	maxCoveredCalls      = 1 << 16
	maxCoveredPrincipals = 1 << 12
)

// A policyCoverage is what is noted of a policy.
type policyCoverage struct {
	of      *Coverage
	kind    Kind
	source  Source
	doc     string
	layouts []layout
	marks   []atomic.Uint32 // of all statements, one after the other
	callers struct {
		sync.RWMutex
		outcomes map[string]Outcomes
	}
}

// A layout says where the marks of a statement are: its own first, and then those of its
// actions, resources, principals and conditions.
type layout struct{ first, actions, resources, principals, conditions int }

func (s *layout) end() int {
	return s.first + 1 + s.actions + s.resources + s.principals + s.conditions
}

// layoutOf returns the layout of a statement whose marks begin at first.
func layoutOf(s *Statement, first int) layout {
	marks := layout{first: first, conditions: len(s.conditions)}
	if !s.not.action {
		marks.actions = len(s.actions)
	}
	if !s.not.resource {
		marks.resources = len(s.resources)
	}
	if !s.not.principal {
		marks.principals = len(s.principals)
	}
	return marks
}

// Add makes a policy one of those that are looked at: one that no request ever meets is
// covered by nothing. AWS's own policies and those that stand for something else
// ([Source.Implied]) are left out: their grants are nobody's to take away.
func (c *Coverage) Add(p *Policy) {
	if c != nil && p != nil {
		for _, s := range p.statements {
			c.policy(s.policy)
		}
	}
}

// policy returns what is noted of a policy; nil of one that is left out.
func (c *Coverage) policy(p *Policy) *policyCoverage {
	if p.written != nil {
		p = p.written // under other names of its principals
	}
	if found := p.coverage.Load(); found != nil && found.of == c {
		return found
	}
	if p.source.Implied || p.isAWSOwn() {
		return nil
	}
	id := p.id()
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.policies[id]
	if found == nil {
		if len(c.policies) >= maxCovered || c.bytes+len(p.doc) > maxCoveredBytes {
			c.incomplete = true
			return nil
		}
		found = newPolicyCoverage(c, p, id)
		if c.policies == nil {
			c.policies = make(map[policyID]*policyCoverage)
		}
		c.policies[id] = found
		c.bytes += len(p.doc)
		c.news.Add(1)
	}
	p.coverage.Store(found)
	return found
}

func newPolicyCoverage(c *Coverage, p *Policy, id policyID) *policyCoverage {
	n := &policyCoverage{of: c, kind: p.kind, source: p.source, doc: p.doc}
	n.source.Name, n.source.ARN = id.name, ""
	end := 0
	for _, s := range p.statements {
		n.layouts = append(n.layouts, layoutOf(s, end))
		end = n.layouts[len(n.layouts)-1].end()
	}
	n.marks = make([]atomic.Uint32, end)
	n.callers.outcomes = map[string]Outcomes{}
	return n
}

// isAWSOwn reports whether AWS wrote the policy.
func (p *Policy) isAWSOwn() bool { return p == fullSCP || p == fullRCP || p.source.isOwn() }

// News is a number that is another when something was noted since.
func (c *Coverage) News() uint64 { return c.news.Load() }

// Incomplete reports whether there were more policies or callers than are noted.
func (c *Coverage) Incomplete() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.incomplete
}

// Calls returns which actions principals asked for.
func (c *Coverage) Calls() map[CallCoverage]Outcomes {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return maps.Clone(c.calls)
}

// Policies returns what was noted of each policy, in no order.
func (c *Coverage) Policies() []PolicyCoverage {
	c.mu.RLock()
	defer c.mu.RUnlock()
	all := make([]PolicyCoverage, 0, len(c.policies))
	for _, of := range c.policies {
		all = append(all, of.read())
	}
	return all
}

func (of *policyCoverage) read() PolicyCoverage {
	p := PolicyCoverage{Kind: of.kind, Source: of.source, Document: of.doc, Statements: make([]StatementCoverage, len(of.layouts))}
	of.callers.RLock()
	p.Principals = maps.Clone(of.callers.outcomes)
	of.callers.RUnlock()
	marks := make([]Outcomes, len(of.marks))
	for i := range marks {
		marks[i] = Outcomes(of.marks[i].Load())
	}
	cut := func(n int) []Outcomes {
		part := marks[:n:n]
		marks = marks[n:]
		return part
	}
	for i := range p.Statements {
		s, at := &p.Statements[i], &of.layouts[i]
		s.Statement = cut(1)[0]
		s.Actions, s.Resources, s.Principals, s.Conditions = cut(at.actions), cut(at.resources), cut(at.principals), cut(at.conditions)
	}
	return p
}
