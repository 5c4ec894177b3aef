package enforce

import "strings"

// equalString is the operand of StringEquals: the same text.
type equalString struct{ template }

func stringEquals(value string, variables bool) (operand, error) {
	t, err := compileTemplate(value, textMode{variables: variables})
	return &equalString{t}, err
}

func (o *equalString) match(e *eval, v item) outcome {
	text, ok := e.expand(&o.template)
	return outcomeOf(ok && v.string() == text)
}

// foldString is the operand of StringEqualsIgnoreCase.
type foldString struct{ template }

func stringEqualsIgnoreCase(value string, variables bool) (operand, error) {
	t, err := compileTemplate(value, textMode{variables: variables})
	return &foldString{t}, err
}

func (o *foldString) match(e *eval, v item) outcome {
	text, ok := e.expand(&o.template)
	return outcomeOf(ok && strings.EqualFold(v.string(), text))
}

// likeString is the operand of StringLike: wildcards over the whole value.
type likeString struct{ template }

func stringLike(value string, variables bool) (operand, error) {
	t, err := compileTemplate(value, textMode{wild: true, variables: variables})
	return &likeString{t}, err
}

func (o *likeString) match(e *eval, v item) outcome {
	pattern, ok := e.expand(&o.template)
	return outcomeOf(ok && glob(pattern, v.string()))
}
