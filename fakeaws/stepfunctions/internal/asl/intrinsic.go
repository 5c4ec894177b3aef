package asl

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// An Expression is what stands in a field whose name ends with ".$": a path, or the call of an
// intrinsic function.
type Expression struct {
	path *Path
	call *call
}

// A call is that of an intrinsic function.
type call struct {
	text      string
	function  *function
	arguments []argument
}

// An argument is a literal, a path or another call.
type argument struct {
	value any
	Expression
}

// maxCallDepth is how deep calls may be nested ("You can nest up to 10 intrinsic functions").
const maxCallDepth = 10

var errExpression = errors.New("it is no valid JSONPath and no valid intrinsic function call")

// ParseExpression reads a path or the call of an intrinsic function.
func ParseExpression(text string) (*Expression, error) {
	s := scanner{text: text}
	e := s.expression(0)
	if e == nil || s.at != len(text) {
		return nil, fmt.Errorf("%q: %w", text, errExpression)
	}
	return e, nil
}

func (s *scanner) expression(depth int) *Expression {
	if s.peek() == '$' {
		if p := s.path(0); p != nil {
			return &Expression{path: p}
		}
		return nil
	}
	if c := s.call(depth); c != nil {
		return &Expression{call: c}
	}
	return nil
}

func (s *scanner) call(depth int) *call {
	start := s.at
	if depth == maxCallDepth || !s.accept("States.") {
		return nil
	}
	f := functions[s.identifier()]
	if f == nil || !s.accept("(") {
		return nil
	}
	c := &call{function: f}
	s.spaces()
	if s.peek() != ')' && !s.list(func() bool { return s.argument(c, depth) }) {
		return nil
	}
	s.spaces()
	if !s.accept(")") || len(c.arguments) < f.least || f.most >= 0 && len(c.arguments) > f.most {
		return nil
	}
	c.text = s.text[start:s.at]
	return c
}

// argument reads one argument.
func (s *scanner) argument(c *call, depth int) bool {
	var a argument
	switch {
	case s.peek() == '\'':
		text, ok := s.literal()
		if !ok {
			return false
		}
		a.value = text
	case s.accept("null"):
	case s.accept("true"):
		a.value = true
	case s.accept("false"):
		a.value = false
	case s.peek() == '$' || s.peek() == 'S':
		e := s.expression(depth + 1)
		if e == nil {
			return false
		}
		a.Expression = *e
	default:
		n, ok := s.number()
		if !ok {
			return false
		}
		a.value = n
	}
	c.arguments = append(c.arguments, a)
	return true
}

// A literal is a string of an intrinsic function. Braces that a backslash quotes keep it, for
// States.Format to see.
func (s *scanner) literal() (string, bool) {
	var b strings.Builder
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '\'':
			s.at++
			return b.String(), true
		case c == '\\' && s.at+1 < len(s.text):
			s.at++
			if next := s.text[s.at]; next == '{' || next == '}' {
				b.WriteByte('\\')
			}
			b.WriteByte(s.text[s.at])
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

// Eval returns what an expression is worth.
func (e *Expression) Eval(env *Env) (any, error) {
	if e.path != nil {
		return e.path.Eval(env)
	}
	return e.call.eval(env)
}

// String returns the expression as it was written.
func (e *Expression) String() string {
	if e.path != nil {
		return e.path.text
	}
	return e.call.text
}

func (c *call) eval(env *Env) (any, error) {
	values := make([]any, len(c.arguments))
	for i := range c.arguments {
		a := &c.arguments[i]
		values[i] = a.value
		if a.path != nil || a.call != nil {
			var err error
			if values[i], err = a.Eval(env); err != nil {
				return nil, err
			}
		}
	}
	out, err := c.function.apply(env, values)
	if env.meter.left < 0 {
		err = errMuch
	}
	if err != nil {
		return nil, failure(ErrIntrinsic, said("The function '%s' had the following error: %v", c.text, err))
	}
	return out, nil
}

// text is an argument that must be a string.
func text(v any) (string, error) {
	s, ok := v.(string)
	if !ok {
		return "", errors.New("the argument must be a string")
	}
	return s, nil
}

func list(v any) ([]any, error) {
	l, ok := v.([]any)
	if !ok {
		return nil, errors.New("the argument must be an array")
	}
	return l, nil
}

func whole(v any) (int, error) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, errors.New("the argument must be a number")
	}
	if i, ok := integer(v); ok {
		return i, nil
	}
	// "If you specify a non-integer value for the start, end and step, Step Functions will round
	// off": the same is said of the other functions that take integers.
	f, err := n.Float64()
	if err != nil || f > 1<<53 || f < -1<<53 {
		return 0, errors.New("the number is too large")
	}
	return int(roundHalfUp(f)), nil
}
