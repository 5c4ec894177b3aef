package enforce

import "strconv"

// A condition is one line of a Condition block: an operator, a key and values.
type condition struct {
	qualified
	key      *conditionKey
	operands []operand
	values   []string // as the policy spells them
}

// forAnyValueIfExists is what ForAnyValue:…IfExists says of a key that is
// missing. The page of IfExists says true and the page of ForAnyValue false;
// which of them AWS does is unverified.
const forAnyValueIfExists = true

// holds reports whether the request satisfies a condition. Here, and nowhere
// else, is what the operators have in common: missing keys, sets and negation.
func (e *eval) holds(c *condition) bool {
	v := e.value(c.key)
	switch {
	case c.op.null:
		return e.test(c, presence(v))
	case c.set == forAllValues:
		return v == nil || e.all(c, v)
	case c.set == forAnyValue:
		if v == nil {
			return c.ifExists && forAnyValueIfExists
		}
		return e.any(c, v)
	case v == nil:
		// "If the key is not present and the operator is negated, the condition
		// is true": a Deny with StringNotEquals fires.
		return c.ifExists || c.op.negated
	case v.kind == multi:
		// Without a set operator a multivalued key matches nothing.
		return c.op.negated
	}
	return e.test(c, v.item())
}

// presence is what Null looks at: "true" when the key is absent.
func presence(v *value) item { return item{text: strconv.FormatBool(v == nil)} }

// test compares one value of the request with those of the policy, which are
// alternatives; for a negated operator none may match.
func (e *eval) test(c *condition, v item) bool {
	voided := false
	for _, o := range c.operands {
		switch o.match(e, v) {
		case hit:
			return !c.op.negated
		case void:
			voided = true
		}
	}
	return c.op.negated && !voided
}

// nullSetIsMissing makes a multivalued key that is there without values, or with
// one empty string, the same as one that is not there. "Multivalued context key
// examples" says so of Null, with which policies keep such keys out, and of
// ForAllValues and ForAnyValue. That IfExists and negated operators see it alike
// is unverified.
const nullSetIsMissing = true

// isNull reports whether the values are a "null data set", such as one empty
// string.
func (v *value) isNull() bool {
	switch v.kind {
	case multi:
		return len(*v.many) == 0 || len(*v.many) == 1 && (*v.many)[0] == ""
	case single, binary:
		return v.one == ""
	}
	return false
}

// all is ForAllValues, which an empty set satisfies.
func (e *eval) all(c *condition, v *value) bool {
	if v.isNull() {
		return true
	}
	if v.kind != multi {
		return e.test(c, v.item())
	}
	for _, one := range *v.many {
		if !e.test(c, item{text: one}) {
			return false
		}
	}
	return true
}

// any is ForAnyValue, which an empty set does not satisfy.
func (e *eval) any(c *condition, v *value) bool {
	if v.isNull() {
		return false
	}
	if v.kind != multi {
		return e.test(c, v.item())
	}
	for _, one := range *v.many {
		if e.test(c, item{text: one}) {
			return true
		}
	}
	return false
}
