package escalation

import (
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
)

// ofCaller are the parts of a document that ask who calls.
var ofCaller = []string{"aws:username", "aws:userid", "aws:principalarn", "aws:principaltype", "aws:principaltag", "aws:principalaccount"}

// resolved returns a set that allows anybody what it allows a caller: what policies ask of
// the caller is put in. False where that cannot be done.
func resolved(set *enforce.PolicySet, who enforce.Principal, tags []account.Tag) (*enforce.PolicySet, bool) {
	ok := true
	one := func(p *enforce.Policy) *enforce.Policy {
		if p == nil || !asksCaller(p.Document()) {
			return p
		}
		c := caller{who, tags}
		made := c.resolve(p)
		ok = ok && made != nil
		return made
	}
	all := func(policies []*enforce.Policy) []*enforce.Policy {
		if policies == nil {
			return nil
		}
		made := make([]*enforce.Policy, len(policies))
		for i, p := range policies {
			made[i] = one(p)
		}
		return made
	}
	made := &enforce.PolicySet{Identity: all(set.Identity), Boundary: one(set.Boundary), Session: all(set.Session), NoResourcePolicy: true}
	for _, node := range set.SCPs {
		made.SCPs = append(made.SCPs, all(node))
	}
	return made, ok
}

func asksCaller(document string) bool {
	document = strings.ToLower(document)
	return slices.ContainsFunc(ofCaller, func(key string) bool { return strings.Contains(document, key) })
}

// A caller puts itself into policies.
type caller struct {
	who  enforce.Principal
	tags []account.Tag
}

// value is that of a key of the caller, as a request of it has it; false where it has none.
func (c *caller) value(key string) (string, bool) {
	key = strings.ToLower(key)
	if name, ok := strings.CutPrefix(key, "aws:principaltag/"); ok {
		for _, t := range c.tags {
			if strings.EqualFold(t.Key, name) {
				return t.Value, true
			}
		}
		return "", false
	}
	req := &enforce.Request{Principal: c.who}
	for k, v := range req.DerivedKeys() {
		if strings.EqualFold(k, key) {
			return v, true
		}
	}
	return "", false
}

// resolve returns the policy for the caller alone; nil where it cannot be made.
func (c *caller) resolve(p *enforce.Policy) *enforce.Policy {
	d := p.Elements()
	made := &enforce.Document{Version: d.Version}
	if made.Version.Value == "" {
		made.Version.Value = "2008-10-17"
	}
	src := p.Source()
	src.Statements = nil
	for i := range d.Statements {
		s := d.Statements[i]
		if !c.holds(&s, made.Version.Value) || made.Version.Value == variablesVersion && !c.put(&s) {
			continue
		}
		made.Statements = append(made.Statements, s)
		line, column := p.Statements()[i].Position()
		src.Statements = append(src.Statements, enforce.Position{Line: line, Column: column})
	}
	if len(made.Statements) == 0 {
		return enforce.Empty(p.Kind())
	}
	policy, err := enforce.Build(made, p.Kind(), src)
	if err != nil {
		return nil
	}
	return policy
}

// variablesVersion is that of the policies that have variables.
const variablesVersion = "2012-10-17"

// holds decides the conditions that ask who calls, and takes them out; false where one does
// not hold.
func (c *caller) holds(s *enforce.StatementElements, version string) bool {
	var left []enforce.ConditionElement
	for _, condition := range s.Conditions {
		if !asksCaller(condition.Key.Value) {
			left = append(left, condition)
			continue
		}
		test, err := enforce.Build(&enforce.Document{Version: enforce.Text{Value: version}, Statements: []enforce.StatementElements{{
			Effect: enforce.Text{Value: "Deny"}, Action: enforce.Texts("*"), Resource: enforce.Texts("*"), Conditions: []enforce.ConditionElement{condition},
		}}}, enforce.IdentityPolicy, enforce.Source{})
		if err != nil {
			return s.Effect.Value == "Deny" // a Deny that may apply
		}
		req := &enforce.Request{Principal: c.who, Action: "question:Holds", Resource: "*"}
		for _, t := range c.tags {
			req.Context.Set("aws:PrincipalTag/"+t.Key, t.Value)
		}
		if enforce.Evaluate(req, &enforce.PolicySet{Identity: []*enforce.Policy{test}}).Verdict != enforce.ExplicitDeny {
			return false
		}
	}
	s.Conditions = left
	return true
}

// put puts values in place of variables; false where nothing is left that the statement is
// about.
func (c *caller) put(s *enforce.StatementElements) bool {
	resources, some := c.texts(s.Resource)
	if len(s.Resource) > 0 && !some {
		return false
	}
	s.Resource = resources
	if s.NotResource != nil {
		if s.NotResource, some = c.texts(s.NotResource); !some {
			s.NotResource, s.Resource = nil, enforce.Texts("*")
		}
	}
	var conditions []enforce.ConditionElement
	for _, condition := range s.Conditions {
		values, some := c.texts(condition.Values)
		if condition.Values = values; !some {
			var may bool
			if condition, may = withoutValues(condition); !may {
				return false
			}
			if condition.Key.Value == "" {
				continue
			}
		}
		conditions = append(conditions, condition)
	}
	s.Conditions = conditions
	return true
}

// withoutValues is a condition none of whose values is there, so that the key matches none: it
// holds always, which is none, or as far as the key is there or not; false is never.
func withoutValues(condition enforce.ConditionElement) (enforce.ConditionElement, bool) {
	operator := strings.ToLower(condition.Operator.Value)
	anyOf := strings.HasPrefix(operator, "foranyvalue:")
	switch {
	case strings.Contains(operator, "not") && !anyOf:
		return enforce.ConditionElement{}, true
	case strings.Contains(operator, "not"):
		return enforce.Condition("Null", condition.Key.Value, "false"), true
	case strings.HasPrefix(operator, "forallvalues:"), strings.HasSuffix(operator, "ifexists"):
		return enforce.Condition("Null", condition.Key.Value, "true"), true
	}
	return condition, false
}

// texts puts values in place of variables. A text of which one is missing is left out.
func (c *caller) texts(all []enforce.Text) (made []enforce.Text, some bool) {
	for _, t := range all {
		if value, ok := c.text(t.Value); ok {
			made = append(made, enforce.Text{Value: value})
		}
	}
	return made, len(made) > 0
}

func (c *caller) text(s string) (string, bool) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "${")
		b.WriteString(before)
		if !found {
			return b.String(), true
		}
		variable, after, ok := strings.Cut(rest, "}")
		s = after
		name, instead, _ := strings.Cut(variable, ",")
		name = strings.TrimSpace(name)
		if !ok || !asksCaller(name) {
			b.WriteString("${" + variable + "}")
			continue
		}
		value, has := c.value(name)
		if !has {
			value = strings.Trim(strings.TrimSpace(instead), "'")
			if instead == "" {
				return "", false
			}
		}
		b.WriteString(value)
	}
}
