package enforce

import "slices"

// A compiler compiles the statements of a document. What they are made of it cuts
// off a few large slices: a policy is kept as a whole, or not at all.
type compiler struct {
	kind      Kind
	variables bool
	wrong     report

	statements []Statement
	actions    []ActionPattern
	resources  []arnPattern
	principals []principalPattern
	conditions []condition
	operands   []operand
	values     []string
}

func newCompiler(d *Document, kind Kind, wrong report) *compiler {
	var actions, resources, principals, conditions, values int
	for i := range d.Statements {
		s := &d.Statements[i]
		actions += len(s.Action) + len(s.NotAction)
		resources += len(s.Resource) + len(s.NotResource)
		principals += len(s.Principal) + len(s.NotPrincipal)
		conditions += len(s.Conditions)
		for _, c := range s.Conditions {
			values += len(c.Values)
		}
	}
	return &compiler{
		kind: kind, variables: d.Version.Value == version2012, wrong: wrong,
		statements: make([]Statement, 0, len(d.Statements)),
		actions:    make([]ActionPattern, 0, actions),
		resources:  make([]arnPattern, 0, resources),
		principals: make([]principalPattern, 0, principals),
		conditions: make([]condition, 0, conditions),
		operands:   make([]operand, 0, values),
		values:     make([]string, 0, values),
	}
}

// compile compiles a statement. It finds what AWS's legacy parser does: a value
// that its operator cannot read, or a broken variable.
func (c *compiler) compile(s *StatementElements) *Statement {
	c.statements = append(c.statements, Statement{sid: s.Sid.Value, start: int32(s.Start), end: int32(s.End), deny: s.Effect.Value == "Deny"})
	compiled := &c.statements[len(c.statements)-1]
	compiled.not.action = s.NotAction != nil
	first := len(c.actions)
	for _, a := range append(s.Action, s.NotAction...) {
		c.actions = append(c.actions, compileAction(a.Value))
	}
	compiled.actions = since(c.actions, first)
	compiled.not.resource = s.NotResource != nil
	first = len(c.resources)
	for _, r := range append(s.Resource, s.NotResource...) {
		// "You can use policy variables … in the resource portion of the ARN",
		// which follows the fifth colon.
		p, err := compileResource(r.Value, c.variables)
		if err != nil {
			c.wrong(legacy(r.Offset, err.Error()))
		}
		c.resources = append(c.resources, p)
	}
	compiled.resources = since(c.resources, first)
	compiled.needs = compiled.sieve()
	c.principalsOf(s, compiled)
	first = len(c.conditions)
	for i := range s.Conditions {
		c.condition(&s.Conditions[i])
	}
	compiled.conditions = since(c.conditions, first)
	return compiled
}

func (c *compiler) principalsOf(s *StatementElements, compiled *Statement) {
	compiled.not.principal = s.NotPrincipal != nil
	first := len(c.principals)
	for _, p := range append(s.Principal, s.NotPrincipal...) {
		pattern, ok := compilePrincipal(p)
		if !ok {
			s.invalid = append(s.invalid, p)
		}
		c.principals = append(c.principals, pattern)
		compiled.anyPrincipal = compiled.anyPrincipal || pattern.kind == everybody && !compiled.not.principal
	}
	compiled.principals = since(c.principals, first)
	compiled.anyPrincipal = compiled.anyPrincipal || !c.kind.namesPrincipals()
}

func (c *compiler) condition(s *ConditionElement) {
	first := len(c.operands)
	for _, v := range s.Values {
		o, err := s.parsed.op.compile(v.Value, c.variables && s.parsed.op.textual)
		if err != nil {
			c.wrong(legacy(v.Offset, s.Operator.Value+": "+err.Error()))
		}
		c.operands = append(c.operands, o)
		c.values = append(c.values, v.Value)
	}
	c.conditions = append(c.conditions, condition{qualified: s.parsed, key: newConditionKey(s.Key.Value),
		operands: since(c.operands, first), values: since(c.values, first)})
}

// adopt makes compiled statements the policy's own.
func (p *Policy) adopt(statements []*Statement) {
	for i, s := range statements {
		s.policy, s.number = p, int32(i)
	}
	p.hold(statements)
}

// hold makes compiled statements those that decide for the policy, which may be other
// policies' own.
func (p *Policy) hold(statements []*Statement) {
	denies := func(s *Statement) bool { return s.deny }
	allows := statements
	if slices.ContainsFunc(statements, denies) {
		allows = slices.DeleteFunc(slices.Clone(statements), denies)
	}
	p.statements, p.allows, p.denies = statements, newIndex(allows), index{}
	if len(allows) < len(statements) {
		p.denies = newIndex(slices.DeleteFunc(slices.Clone(statements), func(s *Statement) bool { return !s.deny }))
	}
}
