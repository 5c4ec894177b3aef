package enforce

import (
	"strings"
	"unicode/utf8"
)

// equalString is the operand of StringEquals: the same text.
type equalString struct{ template }

func stringEquals(value string, variables bool) (operand, error) {
	t, err := compileTemplate(value, textMode{variables: variables})
	return &equalString{t}, err
}

func (o *equalString) match(e *eval, v item) outcome {
	value := v.string()
	text, ok := e.expand(&o.template, len(value))
	return outcomeOf(ok && value == text)
}

// foldString is the operand of StringEqualsIgnoreCase.
type foldString struct{ template }

func stringEqualsIgnoreCase(value string, variables bool) (operand, error) {
	t, err := compileTemplate(value, textMode{variables: variables})
	return &foldString{t}, err
}

func (o *foldString) match(e *eval, v item) outcome {
	value := v.string()
	text, ok := e.expand(&o.template, utf8.UTFMax*len(value)) // K is also the sign of kelvin, of three bytes
	return outcomeOf(ok && strings.EqualFold(value, text))
}

// likeString is the operand of StringLike: wildcards over the whole value.
type likeString struct{ template }

func stringLike(value string, variables bool) (operand, error) {
	t, err := compileTemplate(value, textMode{wild: true, variables: variables})
	return &likeString{t}, err
}

func (o *likeString) match(e *eval, v item) outcome {
	value := v.string()
	pattern, ok := e.expand(&o.template, len(value))
	return outcomeOf(ok && e.texts.glob(pattern, value))
}
