package enforce

import "strings"

// likeARN is the operand of the Arn operators: six segments, each with
// wildcards of its own. That segments which a value lacks at its end match
// everything, as in a Resource, is unverified.
type likeARN struct{ arnPattern }

// likeVariableARN is one with variables. They are put in before the segments are
// taken apart, because one may be several segments, or all: "${aws:PrincipalArn}".
type likeVariableARN struct{ template }

func arnLike(value string, variables bool) (operand, error) {
	if variables && strings.Contains(value, "${") {
		t, err := compileTemplate(value, textMode{wild: true, variables: true})
		return &likeVariableARN{t}, err
	}
	p, err := compileARN(value, false)
	return &likeARN{p}, err
}

// match finds no match in a value that is not an ARN, not even for "*".
func (o *likeARN) match(e *eval, v item) outcome {
	value := v.string()
	a, ok := splitARN(value)
	if !ok {
		return unreadableARN
	}
	return outcomeOf(e.matchARN(&o.arnPattern, value, &a))
}

func (o *likeVariableARN) match(e *eval, v item) outcome {
	value := v.string()
	a, ok := splitARN(value)
	if !ok {
		return unreadableARN
	}
	text, known := e.expand(&o.template, len(value))
	if !known {
		return miss
	}
	more := true
	for i := range a {
		segment := anyRuns // what is missing at the end matches everything
		switch {
		case i == len(a)-1 && more:
			segment = text
		case more:
			segment, text, more = strings.Cut(text, ":")
		}
		if !e.texts.glob(segment, a[i]) {
			return miss
		}
	}
	return hit
}
