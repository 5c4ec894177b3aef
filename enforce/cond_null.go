package enforce

import "strings"

// nullValue is the operand of Null: "true" wants the key absent, "false" wants
// it there.
type nullValue struct{ want string }

func isNull(value string, _ bool) (operand, error) { return &nullValue{value}, nil }

// match compares with the presence of the key, which is all that Null looks at.
func (o *nullValue) match(_ *eval, v item) outcome {
	return outcomeOf(strings.EqualFold(o.want, v.text))
}
