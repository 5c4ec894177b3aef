package vtl

import (
	"regexp"
	"regexp/syntax"
)

// patternStep is how many instructions of a regular expression make a step cost another: Go looks
// at each of them for each character at most.
const patternStep = 8

// pattern reads a regular expression that will look at a text, and pays for that.
func (e *evaluation) pattern(expression, text string) (*regexp.Regexp, error) {
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, err
	}
	if err := e.spend((1 + len(text)/textStep) * (1 + len(program.Inst)/patternStep)); err != nil {
		return nil, err
	}
	return regexp.Compile(expression)
}
