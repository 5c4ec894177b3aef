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
	keys       map[string]*conditionKey
	// last and before are the statement before, as it was written and compiled.
	last   *StatementElements
	before *Statement
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
	c.principalsOf(s, compiled)
	first = len(c.conditions)
	for i := range s.Conditions {
		c.condition(&s.Conditions[i])
	}
	compiled.conditions = since(c.conditions, first)
	c.share(s, compiled)
	return compiled
}

// share gives a statement the resources and the conditions of the one before where they are
// the same: an evaluation that has just looked at them does not look again.
func (c *compiler) share(s *StatementElements, compiled *Statement) {
	last, before := c.last, c.before
	c.last, c.before = s, compiled
	if last == nil {
		return
	}
	if slices.EqualFunc(s.Resource, last.Resource, sameText) && slices.EqualFunc(s.NotResource, last.NotResource, sameText) {
		c.resources = c.resources[:len(c.resources)-len(compiled.resources)]
		compiled.resources = before.resources
	}
	if slices.EqualFunc(s.Conditions, last.Conditions, sameCondition) {
		c.conditions = c.conditions[:len(c.conditions)-len(compiled.conditions)]
		compiled.conditions = before.conditions
	}
}

func sameText(a, b Text) bool { return a.Value == b.Value }

func sameCondition(a, b ConditionElement) bool {
	return a.Operator.Value == b.Operator.Value && a.Key.Value == b.Key.Value && slices.EqualFunc(a.Values, b.Values, sameText)
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
	compiled.most = compiled.mostDirect()
}

// mostDirect returns the most direct grade that a statement may have for any caller: no
// less than byAccount, also where it names nobody.
func (s *Statement) mostDirect() grade {
	if s.anyPrincipal || s.not.principal {
		return directly
	}
	most := byAccount
	for i := range s.principals {
		most = max(most, s.principals[i].kind.most())
	}
	return most
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
	c.conditions = append(c.conditions, condition{qualified: s.parsed, key: c.key(s.Key.Value),
		operands: since(c.operands, first), values: since(c.values, first)})
}

// key returns a condition key, the same for all that name it in a policy: an evaluation
// finds it again by its address.
func (c *compiler) key(name string) *conditionKey {
	if key, ok := c.keys[name]; ok {
		return key
	}
	if c.keys == nil {
		c.keys = make(map[string]*conditionKey, 1)
	}
	key := newConditionKey(name)
	c.keys[name] = key
	return key
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
	p.statements = statements
	p.allows, p.denies = newIndex(rules(statements, false)), newIndex(rules(statements, true))
}

// rules returns the statements that deny, or those that allow.
func rules(statements []*Statement, deny bool) []rule {
	n := 0
	for _, s := range statements {
		if s.deny == deny {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	list := make([]rule, 0, n)
	for _, s := range statements {
		if s.deny == deny {
			list = append(list, rule{s.sieve(), s})
		}
	}
	return list
}
