package enforce

import "slices"

// compile compiles the statement of a document. It fails where AWS's legacy
// parser does: a value that its operator cannot read, or a broken variable.
func (s *rawStatement) compile(d *document, kind Kind) (*Statement, *problem) {
	variables := d.version.value == version2012
	c := &Statement{start: s.start, end: s.end, deny: s.effect.value == "Deny"}
	if s.sid != nil {
		c.sid = s.sid.value
	}
	c.not.action = s.notAction != nil
	c.actions = make([]actionPattern, 0, len(s.action)+len(s.notAction))
	for _, a := range append(s.action, s.notAction...) {
		c.actions = append(c.actions, compileAction(a.value))
	}
	c.not.resource = s.notResource != nil
	c.resources = make([]arnPattern, 0, len(s.resource)+len(s.notResource))
	for _, r := range append(s.resource, s.notResource...) {
		// "You can use policy variables … in the resource portion of the ARN",
		// which follows the fifth colon.
		p, err := compileARN(r.value, variables)
		if err != nil {
			return nil, legacy(r.at, err.Error())
		}
		c.resources = append(c.resources, p)
	}
	c.needs = c.sieve()
	c.not.principal = s.notPrincipal != nil
	c.principals = make([]principalPattern, 0, len(s.principal)+len(s.notPrincipal))
	for _, p := range append(s.principal, s.notPrincipal...) {
		pattern, ok := compilePrincipal(p)
		if !ok && s.invalid == nil {
			s.invalid = invalidPrincipal(p)
		}
		c.principals = append(c.principals, pattern)
		c.anyPrincipal = c.anyPrincipal || pattern.kind == everybody && !c.not.principal
	}
	c.anyPrincipal = c.anyPrincipal || !kind.namesPrincipals()
	c.conditions = make([]condition, 0, len(s.conditions))
	for _, text := range s.conditions {
		condition, err := compileCondition(text, variables)
		if err != nil {
			return nil, err
		}
		c.conditions = append(c.conditions, condition)
	}
	return c, nil
}

func compileCondition(text conditionText, variables bool) (condition, *problem) {
	c := condition{qualified: text.qualified, operator: text.operator.value, key: newConditionKey(text.key.value)}
	c.operands, c.values = make([]operand, 0, len(text.values)), make([]string, 0, len(text.values))
	for _, v := range text.values {
		o, err := c.op.compile(v.value, variables && c.op.textual)
		if err != nil {
			return condition{}, legacy(v.at, text.operator.value+": "+err.Error())
		}
		c.operands = append(c.operands, o)
		c.values = append(c.values, v.value)
	}
	return c, nil
}

// adopt makes compiled statements the policy's own.
func (p *Policy) adopt(statements []*Statement) {
	for i, s := range statements {
		s.policy, s.number = p, i
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
