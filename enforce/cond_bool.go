package enforce

import "strings"

// boolValue is the operand of Bool. AWS's pages disagree on whether Bool knows
// policy variables; it does here.
type boolValue struct{ template }

func boolean(value string, variables bool) (operand, error) {
	t, err := compileTemplate(value, textMode{variables: variables})
	return &boolValue{t}, err
}

func (o *boolValue) match(e *eval, v item) outcome {
	text, ok := e.expand(&o.template)
	value := v.string()
	return outcomeOf(ok && strings.EqualFold(value, text) &&
		(strings.EqualFold(value, "true") || strings.EqualFold(value, "false")))
}
