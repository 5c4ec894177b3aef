package filter

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws/internal/eventpattern"
)

// rule reads one element of the array of a key.
func (p *parser) rule(v any) (rule, error) {
	expression, ok := v.(map[string]any)
	if !ok {
		match, err := exactly(v)
		return rule{match: match}, err
	}
	if len(expression) != 1 {
		return rule{}, refusal(textOneOperator)
	}
	for operator, operand := range expression {
		if operator == "exists" {
			return exists(operand)
		}
		match, err := p.expression(operator, operand)
		return rule{match: match}, err
	}
	return rule{}, nil
}

func (p *parser) expression(operator string, operand any) (func(Value) bool, error) {
	switch operator {
	case "prefix", "suffix", "equals-ignore-case", "wildcard":
		return p.text(operator, operand)
	case "anything-but":
		return p.anythingBut(operand)
	case "numeric":
		return numeric(operand)
	case "cidr":
		return cidr(operand)
	}
	return nil, refusal("Unrecognized match type " + operator)
}

// exactly matches a string, a number, true, false or null.
func exactly(v any) (func(Value) bool, error) {
	switch v := v.(type) {
	case string, bool, nil:
		return func(x Value) bool { return x == v }, nil
	case json.Number:
		n, err := number(v)
		return func(x Value) bool { f, ok := x.(float64); return ok && round(f) == n }, err
	}
	return nil, refusal(textValue)
}

// number reads a number, with the accuracy that SNS compares with.
func number(n json.Number) (float64, error) {
	f, err := n.Float64()
	if err != nil || math.Abs(f) > maxNumber {
		return 0, refusal(textNumber)
	}
	return round(f), nil
}

// round keeps the five digits after the decimal point by which SNS compares numbers.
func round(f float64) float64 {
	if math.Abs(f) > maxNumber {
		return f
	}
	return math.Round(f*1e5) / 1e5
}

func exists(operand any) (rule, error) {
	there, ok := operand.(bool)
	if !ok {
		return rule{}, refusal(textExists)
	}
	return rule{absent: !there, match: func(Value) bool { return true }}, nil
}

// text is an operator on strings.
func (p *parser) text(operator string, operand any) (func(Value) bool, error) {
	want, ok := operand.(string)
	if !ok {
		return nil, errors.New(operator + " match pattern must be a string")
	}
	var match func(string) bool
	switch operator {
	case "prefix":
		match = func(s string) bool { return strings.HasPrefix(s, want) }
	case "suffix":
		match = func(s string) bool { return strings.HasSuffix(s, want) }
	case "equals-ignore-case":
		match = func(s string) bool { return strings.EqualFold(s, want) }
	default:
		w, err := eventpattern.ParseWildcard(want)
		if err != nil {
			return nil, refusal(textWildcard)
		}
		stars := w.Stars()
		if stars > maxStars {
			return nil, refusal(textWildcards)
		}
		if p.points += stars; stars > 1 {
			p.points += 2 * stars
		}
		match = w.Match
	}
	return func(x Value) bool { s, ok := x.(string); return ok && match(s) }, nil
}

// anythingBut matches every value but one, those of a list, or those that an operator on
// strings matches.
func (p *parser) anythingBut(operand any) (func(Value) bool, error) {
	var excluded []func(Value) bool
	var err error
	if expression, ok := operand.(map[string]any); ok {
		excluded, err = p.excludedTexts(expression)
	} else {
		excluded, err = excludedValues(operand)
	}
	if err != nil {
		return nil, err
	}
	return func(x Value) bool {
		return !slices.ContainsFunc(excluded, func(match func(Value) bool) bool { return match(x) })
	}, nil
}

func excludedValues(operand any) ([]func(Value) bool, error) {
	list, ok := operand.([]any)
	if !ok {
		list = []any{operand}
	}
	if len(list) == 0 {
		return nil, refusal(textEmptyArray)
	}
	_, numbers := list[0].(json.Number)
	var excluded []func(Value) bool
	for _, v := range list {
		_, isNumber := v.(json.Number)
		if _, isText := v.(string); isNumber != numbers || !isNumber && !isText {
			return nil, refusal(textAnythingBut)
		}
		match, err := exactly(v)
		if err != nil {
			return nil, err
		}
		excluded = append(excluded, match)
	}
	return excluded, nil
}

func (p *parser) excludedTexts(expression map[string]any) ([]func(Value) bool, error) {
	if len(expression) != 1 {
		return nil, refusal(textOneOperator)
	}
	var excluded []func(Value) bool
	for operator, operand := range expression {
		switch operator {
		case "prefix", "suffix", "wildcard", "equals-ignore-case":
		default:
			return nil, refusal("Unsupported anything-but pattern: " + operator)
		}
		list, ok := operand.([]any)
		if !ok {
			list = []any{operand}
		}
		if len(list) == 0 {
			return nil, refusal(textEmptyArray)
		}
		for _, v := range list {
			match, err := p.text(operator, v)
			if err != nil {
				return nil, err
			}
			excluded = append(excluded, match)
		}
	}
	return excluded, nil
}

// numeric reads one comparison, or a range: [">", 0, "<=", 150].
func numeric(operand any) (func(Value) bool, error) {
	list, ok := operand.([]any)
	if !ok {
		return nil, refusal("Value of numeric must be an array.")
	}
	if len(list) != 2 && len(list) != 4 {
		return nil, refusal("Too many or too few elements in numeric expression")
	}
	name, bound, err := comparison(list[0], list[1])
	if err != nil {
		return nil, err
	}
	match := eventpattern.Compare(name, bound)
	if len(list) == 4 {
		upper, top, err := comparison(list[2], list[3])
		switch {
		case err != nil:
			return nil, err
		case name[0] != '>' || upper[0] != '<':
			return nil, refusal(fmt.Sprintf("Bad numeric range operator: %s", upper))
		case top <= bound:
			return nil, refusal(textRange)
		}
		lower, below := match, eventpattern.Compare(upper, top)
		match = func(f float64) bool { return lower(f) && below(f) }
	}
	return func(x Value) bool { f, ok := x.(float64); return ok && match(round(f)) }, nil
}

func comparison(operator, operand any) (name string, bound float64, err error) {
	name, _ = operator.(string)
	if !slices.Contains([]string{"=", "<", "<=", ">", ">="}, name) {
		return "", 0, refusal(fmt.Sprintf("Unrecognized numeric range operator: %v", operator))
	}
	n, ok := operand.(json.Number)
	if !ok {
		return "", 0, refusal(fmt.Sprintf("Value of %s must be numeric", name))
	}
	bound, err = number(n)
	return name, bound, err
}

// cidr matches addresses of a network.
func cidr(operand any) (func(Value) bool, error) {
	text, ok := operand.(string)
	if !ok {
		return nil, refusal("prefix match pattern must be a string")
	}
	network, err := netip.ParsePrefix(text)
	if err != nil {
		address, err := netip.ParseAddr(text)
		if err != nil {
			return nil, refusal(textCIDR)
		}
		network = netip.PrefixFrom(address, address.BitLen())
	}
	return func(x Value) bool {
		s, ok := x.(string)
		if !ok {
			return false
		}
		address, err := netip.ParseAddr(s)
		return err == nil && network.Contains(address)
	}, nil
}
