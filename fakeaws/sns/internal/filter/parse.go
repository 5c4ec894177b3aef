package filter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// The limits of the developer guide's page "Filter policy constraints in Amazon SNS".
const (
	// MaxSize is the most bytes of a policy.
	MaxSize = 256 << 10
	// maxKeys is the most keys of a policy: of those that have an array.
	maxKeys = 5
	// maxCombinations bounds the product of the numbers of values of all keys, in a policy
	// for bodies each multiplied with the depth of the key.
	maxCombinations = 150
	// maxNumber bounds numbers in both directions.
	maxNumber = 1e9
	// maxWildcardPoints bounds the stars of all patterns: a pattern with one counts one
	// point, one with more three for each star. maxStars is the most of one pattern.
	// That the points are counted so is unverified.
	maxWildcardPoints = 100
	maxStars          = 3
)

// Texts of what is wrong with a policy. Only those about empty arrays, the number of keys
// and nested policies are quoted from answers of SNS; the others are unverified, and so is
// that SNS adds where in the document it stopped, which is left out here.
const (
	textEmptyArray  = "Empty arrays are not allowed"
	textKeys        = "Filter policy can not have more than 5 keys"
	textComplex     = "Filter policy is too complex"
	textSize        = "Filter policy is too long"
	textJSON        = "failed to parse JSON"
	textNoObject    = "Filter policy is not an object"
	textEmpty       = "Empty objects are not allowed"
	textValue       = "Match value must be String, number, true, false, or null"
	textOneOperator = "Only one key allowed in match expression"
	textWildcard    = "Consecutive wildcard characters or an invalid escape character in a wildcard pattern"
	textWildcards   = "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character"
	textNumber      = "Value must be between -1.0E9 and 1.0E9, inclusive"
	textRange       = "Bottom must be less than top"
	textExists      = "exists match pattern must be either true or false."
	textCIDR        = "Malformed CIDR, one '/' required"
	textAnythingBut = "Inside anything but list, either all values are number or string, mixed type is not supported"
)

// ErrNested is the error of a policy for attributes that has an object in a key.
var ErrNested = refusal("Filter policy scope MessageAttributes does not support nested filter policy")

// operators are the names of match expressions. A $or whose alternatives have such keys is
// no $or but a key of that name.
var operators = []string{"anything-but", "prefix", "suffix", "wildcard", "equals-ignore-case", "numeric", "exists", "cidr"}

// A parser reads one policy.
type parser struct {
	scope  Scope
	keys   int
	points int // of wildcards
}

// A refusal is an error in SNS's words, which begin and end as sentences do.
type refusal string

// Error implements error.
func (r refusal) Error() string { return string(r) }

// Parse reads a filter policy. Its errors are in SNS's words.
func Parse(document string, scope Scope) (*Policy, error) {
	if len(document) > MaxSize {
		return nil, refusal(textSize)
	}
	d := json.NewDecoder(bytes.NewReader([]byte(document)))
	d.UseNumber()
	var root any
	if err := d.Decode(&root); err != nil {
		return nil, refusal(textJSON)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, refusal(textJSON)
	}
	fields, ok := root.(map[string]any)
	if !ok {
		return nil, refusal(textNoObject)
	}
	p := parser{scope: scope}
	o, combinations, err := p.object(fields, 1)
	switch {
	case err != nil:
		return nil, err
	case p.keys > maxKeys:
		return nil, refusal(textKeys)
	case combinations > maxCombinations:
		return nil, refusal(textComplex)
	case p.points > maxWildcardPoints:
		return nil, refusal(textWildcards)
	}
	return &Policy{o}, nil
}

// object reads the keys of an object that is so deep in the policy, and counts the
// combinations of their values.
func (p *parser) object(fields map[string]any, depth int) (o object, combinations int, err error) {
	combinations = 1
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		n := 0
		switch v := fields[name].(type) {
		case map[string]any:
			n, err = p.nested(&o, name, v, depth)
		case []any:
			if alternatives, ok := orOf(name, v); ok {
				n, err = p.or(&o, alternatives, depth)
				break
			}
			n, err = p.array(&o, name, v, depth)
		default:
			err = fmt.Errorf("%q must be an object or an array", name)
		}
		if err != nil {
			return o, 0, err
		}
		// More than the most is not looked at further, and must not overflow.
		combinations = min(combinations*n, maxCombinations+1)
	}
	return o, combinations, nil
}

func (p *parser) nested(o *object, name string, fields map[string]any, depth int) (int, error) {
	if p.scope != Body {
		return 0, ErrNested
	}
	if len(fields) == 0 {
		return 0, refusal(textEmpty)
	}
	nested, n, err := p.object(fields, depth+1)
	o.fields = append(o.fields, field{name: name, nested: &nested})
	return n, err
}

func (p *parser) array(o *object, name string, values []any, depth int) (int, error) {
	if len(values) == 0 {
		return 0, refusal(textEmptyArray)
	}
	p.keys++
	f := field{name: name, rules: make([]rule, 0, len(values))}
	for _, v := range values {
		r, err := p.rule(v)
		if err != nil {
			return 0, err
		}
		f.rules = append(f.rules, r)
	}
	o.fields = append(o.fields, f)
	if p.scope != Body {
		depth = 1
	}
	return min(len(values)*depth, maxCombinations+1), nil
}

// orOf returns the alternatives of a $or: at least two objects, none of which is a match
// expression.
func orOf(name string, values []any) ([]map[string]any, bool) {
	if name != "$or" || len(values) < 2 {
		return nil, false
	}
	alternatives := make([]map[string]any, 0, len(values))
	for _, v := range values {
		fields, ok := v.(map[string]any)
		if !ok || len(fields) == 0 {
			return nil, false
		}
		for _, operator := range operators {
			if _, is := fields[operator]; is {
				return nil, false
			}
		}
		alternatives = append(alternatives, fields)
	}
	return alternatives, true
}

// or reads alternatives, whose combinations add up.
func (p *parser) or(o *object, alternatives []map[string]any, depth int) (sum int, err error) {
	list := make([]object, 0, len(alternatives))
	for _, fields := range alternatives {
		alternative, n, err := p.object(fields, depth)
		if err != nil {
			return 0, err
		}
		list = append(list, alternative)
		sum = min(sum+n, maxCombinations+1)
	}
	o.ors = append(o.ors, list)
	return sum, nil
}
