package enforce

import (
	"strings"
	"unicode/utf8"
)

// boolValue is the operand of Bool. AWS's pages disagree on whether Bool knows
// policy variables; it does here.
type boolValue struct{ template }

func boolean(value string, variables bool) (operand, error) {
	t, err := compileTemplate(value, textMode{variables: variables})
	return &boolValue{t}, err
}

func (o *boolValue) match(e *eval, v item) outcome {
	value := v.string()
	text, ok := e.expand(&o.template, utf8.UTFMax*len(value))
	return outcomeOf(ok && strings.EqualFold(value, text) &&
		(strings.EqualFold(value, "true") || strings.EqualFold(value, "false")))
}
