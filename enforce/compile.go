package enforce

import "slices"

// A compiler compiles the statements of a document. What they are made of it cuts
// off a few large slices: a policy is kept as a whole, or not at all.
type compiler struct {
	kind      Kind
	variables bool
	wrong     report

	statements []Statement
	actions    []actionPattern
	resources  []arnPattern
	principals []principalPattern
	conditions []condition
	operands   []operand
	values     []string
}

func newCompiler(d *document, kind Kind, wrong report) *compiler {
	var actions, resources, principals, conditions, values int
	for i := range d.statements {
		s := &d.statements[i]
		actions += len(s.action) + len(s.notAction)
		resources += len(s.resource) + len(s.notResource)
		principals += len(s.principal) + len(s.notPrincipal)
		conditions += len(s.conditions)
		for _, c := range s.conditions {
			values += len(c.values)
		}
	}
	return &compiler{
		kind: kind, variables: d.version.value == version2012, wrong: wrong,
		statements: make([]Statement, 0, len(d.statements)),
		actions:    make([]actionPattern, 0, actions),
		resources:  make([]arnPattern, 0, resources),
		principals: make([]principalPattern, 0, principals),
		conditions: make([]condition, 0, conditions),
		operands:   make([]operand, 0, values),
		values:     make([]string, 0, values),
	}
}

// compile compiles a statement. It finds what AWS's legacy parser does: a value
// that its operator cannot read, or a broken variable.
func (c *compiler) compile(s *rawStatement) *Statement {
	c.statements = append(c.statements, Statement{sid: s.sid.value, start: int32(s.start), end: int32(s.end), deny: s.effect.value == "Deny"})
	compiled := &c.statements[len(c.statements)-1]
	compiled.not.action = s.notAction != nil
	first := len(c.actions)
	for _, a := range append(s.action, s.notAction...) {
		c.actions = append(c.actions, compileAction(a.value))
	}
	compiled.actions = since(c.actions, first)
	compiled.not.resource = s.notResource != nil
	first = len(c.resources)
	for _, r := range append(s.resource, s.notResource...) {
		// "You can use policy variables … in the resource portion of the ARN",
		// which follows the fifth colon.
		p, err := compileARN(r.value, c.variables)
		if err != nil {
			c.wrong(legacy(r.at, err.Error()))
		}
		c.resources = append(c.resources, p)
	}
	compiled.resources = since(c.resources, first)
	compiled.needs = compiled.sieve()
	c.principalsOf(s, compiled)
	first = len(c.conditions)
	for i := range s.conditions {
		c.condition(&s.conditions[i])
	}
	compiled.conditions = since(c.conditions, first)
	return compiled
}

func (c *compiler) principalsOf(s *rawStatement, compiled *Statement) {
	compiled.not.principal = s.notPrincipal != nil
	first := len(c.principals)
	for _, p := range append(s.principal, s.notPrincipal...) {
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

func (c *compiler) condition(s *conditionText) {
	first := len(c.operands)
	for _, v := range s.values {
		o, err := s.op.compile(v.value, c.variables && s.op.textual)
		if err != nil {
			c.wrong(legacy(v.at, s.operator.value+": "+err.Error()))
		}
		c.operands = append(c.operands, o)
		c.values = append(c.values, v.value)
	}
	c.conditions = append(c.conditions, condition{qualified: s.qualified, key: newConditionKey(s.key.value),
		operands: since(c.operands, first), values: since(c.values, first)})
}

// adopt makes compiled statements the policy's own.
func (p *Policy) adopt(statements []*Statement) {
	for i, s := range statements {
		s.policy, s.number = p, int32(i)
	}
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
