package eventpattern

import (
	"slices"
	"strconv"
	"strings"
)

// Texts of what is wrong with a match expression, as EventBridge answers them.
const (
	textString      = "%s match pattern must be a string"
	textOperator    = "Unrecognized match type %s"
	textAffix       = "prefix/suffix match pattern must be a string"
	textNullAffix   = "Null prefix/suffix not allowed"
	textAnythingBut = "Value of anything-but must be an array or single string/number value."
	textButList     = "Inside anything but list, start|null|boolean is not supported."
	textIgnoreList  = "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
)

// Texts of which no answer of EventBridge is on record: unverified, as those of parse.go.
const (
	textExists    = "exists match pattern must be either true or false."
	textMixed     = "Inside anything but list, either all values are number or string, mixed type is not supported"
	textButOption = "Unsupported anything-but pattern: %s"
	textIgnore    = "Expected equals-ignore-case match expression in %s"
)

// rule reads one element of the array of a field, of which the first token has been read.
func (p *parser) rule(k kind) (rule, error) {
	switch k {
	case text:
		want := p.text()
		return rule{exact: want, isExact: true, match: func(v *value) bool { return v.isText && v.text == want }}, nil
	case number:
		return rule{match: equalsNumber(p.text())}, nil
	case literal:
		want := p.text()
		return rule{match: func(v *value) bool { return !v.isText && v.text == want }}, nil
	case startObject:
	default:
		return rule{}, p.errorf(textValue)
	}
	if p.next() != fieldName {
		return rule{}, p.errorf(textNoName)
	}
	r, err := p.expression(p.name)
	if err != nil {
		return rule{}, err
	}
	if p.next() != endObject {
		return rule{}, p.errorf(textOneKey)
	}
	return r, nil
}

// equalsNumber matches a number however it is written. (The user guide says that 300 and
// 300.0 are not equal; the recorded answers are that an integer equals a float.)
func equalsNumber(written string) func(*value) bool {
	f, err := strconv.ParseFloat(written, 64)
	if err != nil || !inRange(f) {
		return func(v *value) bool { return !v.isText && v.text == written }
	}
	want := round(f)
	return func(v *value) bool { return v.isNumber && inRange(v.number) && round(v.number) == want }
}

// expression reads the operand of an operator.
func (p *parser) expression(operator string) (rule, error) {
	k := p.next()
	if p.filter && slices.Contains([]string{"exact", "wildcard", "cidr"}, operator) {
		return rule{}, p.errorf(textOperator, operator)
	}
	switch operator {
	case "exact", "equals-ignore-case", "wildcard":
		return p.texts(operator, k)
	case "prefix", "suffix":
		if k == startObject && !p.filter {
			return p.affixIgnoringCase(operator)
		}
		return p.texts(operator, k)
	case "anything-but":
		match, err := p.anythingBut(k)
		return rule{match: match}, err
	case "numeric":
		match, err := p.numeric(k)
		return rule{match: match}, err
	case "exists":
		return p.exists(k)
	case "cidr":
		if k != text {
			return rule{}, p.errorf(textString, "prefix") // these are the words
		}
		match, err := cidr(p.text())
		return rule{match: match}, err
	}
	return rule{}, p.errorf(textOperator, operator)
}

// texts reads the operand of an operator on texts.
func (p *parser) texts(operator string, k kind) (rule, error) {
	if k != text {
		return rule{}, p.errorf(textString, operator)
	}
	want := p.text()
	match, err := p.comparison(operator, want)
	if err != nil {
		return rule{}, err
	}
	return rule{exact: want, isExact: operator == "exact", match: func(v *value) bool { return v.isText && match(v.text) }}, nil
}

// comparison is an operator on texts.
func (p *parser) comparison(operator, want string) (func(string) bool, error) {
	switch operator {
	case "exact":
		return func(s string) bool { return s == want }, nil
	case "prefix":
		return func(s string) bool { return strings.HasPrefix(s, want) }, nil
	case "suffix":
		return func(s string) bool { return strings.HasSuffix(s, want) }, nil
	case "equals-ignore-case":
		return func(s string) bool { return strings.EqualFold(s, want) }, nil
	}
	w, err := ParseWildcard(want)
	if err != nil {
		return nil, p.errorf("%s", err.Error())
	}
	if p.wildcards += w.complexity(); p.wildcards > maxWildcards {
		return nil, &problem{textComplex}
	}
	return w.Match, nil
}

// affixIgnoringCase reads {"equals-ignore-case": "text"} of a prefix or suffix.
func (p *parser) affixIgnoringCase(operator string) (rule, error) {
	if p.next() != fieldName || p.name != "equals-ignore-case" {
		return rule{}, p.errorf(textIgnore, operator)
	}
	if p.next() != text {
		return rule{}, p.errorf(textString, "equals-ignore-case")
	}
	want := p.text()
	if p.next() != endObject {
		return rule{}, p.errorf(textOneKey)
	}
	return rule{match: func(v *value) bool { return v.isText && hasAffixFold(operator, v.text, want) }}, nil
}

// hasAffixFold compares as many characters of the beginning or end as there are wanted.
func hasAffixFold(operator, s, want string) bool {
	runes, n := []rune(s), len([]rune(want))
	if len(runes) < n {
		return false
	}
	if operator == "prefix" {
		return strings.EqualFold(string(runes[:n]), want)
	}
	return strings.EqualFold(string(runes[len(runes)-n:]), want)
}

func (p *parser) exists(k kind) (rule, error) {
	if k != literal || p.text() == "null" {
		return rule{}, p.errorf(textExists)
	}
	if p.text() == "false" {
		p.absent = append(p.absent, slices.Clone(p.path))
		return rule{absent: len(p.absent)}, nil
	}
	return rule{match: func(*value) bool { return true }}, nil
}

// anythingBut matches every value but one, those of a list, or those that an operator on
// texts matches.
func (p *parser) anythingBut(k kind) (func(*value) bool, error) {
	var excluded []func(*value) bool
	var err error
	switch k {
	case text, number:
		excluded = append(excluded, p.excluded(k))
	case startArray:
		excluded, err = p.excludedValues()
	case startObject:
		if p.filter {
			return nil, p.errorf(textAnythingBut)
		}
		excluded, err = p.excludedTexts()
	default:
		return nil, p.errorf(textAnythingBut)
	}
	if err != nil {
		return nil, err
	}
	return func(v *value) bool {
		return !slices.ContainsFunc(excluded, func(match func(*value) bool) bool { return match(v) })
	}, nil
}

func (p *parser) excluded(k kind) func(*value) bool {
	want := p.text()
	if k == number {
		return equalsNumber(want)
	}
	return func(v *value) bool { return v.isText && v.text == want }
}

func (p *parser) excludedValues() (excluded []func(*value) bool, err error) {
	var first kind
	for k := p.next(); k != endArray; k = p.next() {
		switch {
		case k != text && k != number:
			return nil, p.again(p.errorf(textButList))
		case first == 0:
			first = k
		case k != first:
			return nil, p.again(p.errorf(textMixed))
		}
		excluded = append(excluded, p.excluded(k))
	}
	if first == 0 {
		return nil, p.errorf(textEmptyArray)
	}
	return excluded, nil
}

// excludedTexts reads {"prefix": "text"} and its like, also with lists.
func (p *parser) excludedTexts() (excluded []func(*value) bool, err error) {
	if p.next() != fieldName {
		return nil, p.errorf(textNoName)
	}
	operator := p.name
	switch operator {
	case "prefix", "suffix", "wildcard", "equals-ignore-case":
	default:
		p.next()
		return nil, p.errorf(textButOption, operator)
	}
	switch k := p.next(); {
	case k == startArray:
		for k := p.next(); k != endArray; k = p.next() {
			match, err := p.excludedText(operator, k)
			if err != nil {
				return nil, p.again(err)
			}
			excluded = append(excluded, match)
		}
		if len(excluded) == 0 {
			return nil, p.errorf(textEmptyArray)
		}
	case k == startObject || k == literal:
		return nil, p.errorf(textAnythingBut)
	default:
		match, err := p.excludedText(operator, k)
		if err != nil {
			return nil, err
		}
		excluded = append(excluded, match)
	}
	if p.next() != endObject {
		return nil, p.errorf(textOneKey)
	}
	return excluded, nil
}

func (p *parser) excludedText(operator string, k kind) (func(*value) bool, error) {
	affix := operator == "prefix" || operator == "suffix"
	if k != text {
		switch {
		case affix:
			return nil, p.errorf(textAffix)
		case operator == "wildcard":
			return nil, p.errorf(textString, operator)
		}
		return nil, p.errorf(textIgnoreList)
	}
	want := p.text()
	if affix && want == "" {
		return nil, p.errorf(textNullAffix)
	}
	match, err := p.comparison(operator, want)
	return func(v *value) bool { return v.isText && match(v.text) }, err
}
