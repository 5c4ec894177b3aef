package enforce_test

import (
	"encoding/base64"
	"math/big"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// conditionsHold: operators, and keys within an operator, are all required
// (rule 18). One that surely does not hold settles what is open about the others.
func (n *naive) conditionsHold(s statement) bool {
	block, _ := s.element["Condition"].(map[string]any)
	before, all, open := n.open, true, false
	for operator, keys := range block {
		for key, values := range keys.(map[string]any) {
			n.open = false
			holds := n.holds(operator, strings.ToLower(key), texts(values), s.version)
			if !holds && !n.open {
				n.open = before
				return false
			}
			all, open = all && holds, open || n.open
		}
	}
	n.open = before || open
	return all
}

func (n *naive) holds(operator, key string, wanted []string, version string) bool {
	operator, ifExists := strings.CutSuffix(operator, "IfExists")
	operator, forAll := strings.CutPrefix(operator, "ForAllValues:")
	operator, forAny := strings.CutPrefix(operator, "ForAnyValue:")
	actual := n.keys[key]
	null := len(actual) == 0 || len(actual) == 1 && actual[0] == "" // rule 22
	if null && n.multi[key] {
		actual = nil // the page on multivalued keys: Null sees nothing there either
	}
	if operator == "Null" {
		return isNull(len(actual) == 0, wanted)
	}
	switch {
	case len(actual) == 0 && ifExists: // rules 20 and 24
		return true
	case forAll: // rule 22
		for _, value := range actual {
			if !null && !n.satisfies(operator, value, wanted, version) {
				return false
			}
		}
		return true
	case forAny:
		for _, value := range actual {
			if !null && n.satisfies(operator, value, wanted, version) {
				return true
			}
		}
		return false
	case len(actual) == 0 || len(actual) > 1 || n.multi[key]: // rules 20 and 23
		return negated(operator)
	}
	return n.satisfies(operator, actual[0], wanted, version)
}

// isNull is rule 21.
func isNull(absent bool, wanted []string) bool {
	for _, w := range wanted {
		if strings.EqualFold(w, strconv.FormatBool(absent)) {
			return true
		}
	}
	return false
}

func negated(operator string) bool { return strings.Contains(operator, "Not") }

// satisfies tells whether one value of the request is one of those wanted, or for
// a negated operator none of them (rule 18).
func (n *naive) satisfies(operator, value string, wanted []string, version string) bool {
	if strings.HasPrefix(operator, "Numeric") && number(value) == nil { // rule 26
		return false
	}
	not := negated(operator)
	positive := strings.Replace(operator, "Not", "", 1)
	for _, w := range wanted {
		if n.one(positive, value, w, version) {
			return !not
		}
	}
	return not
}

func (n *naive) one(operator, value, wanted, version string) bool {
	switch {
	case strings.HasPrefix(operator, "String"):
		p, ok := n.expand(wanted, version)
		return ok && compareString(operator, value, p)
	case strings.HasPrefix(operator, "Arn"):
		p, ok := n.expand(wanted, version)
		return ok && n.compareARN(value, p)
	case strings.HasPrefix(operator, "Numeric"):
		return compareNumber(strings.TrimPrefix(operator, "Numeric"), number(value), number(wanted))
	case strings.HasPrefix(operator, "Date"):
		a, b := date(value), date(wanted)
		return a != nil && b != nil && ordered(strings.TrimPrefix(operator, "Date"), a.Compare(*b))
	case operator == "Bool": // rule 28
		return strings.EqualFold(value, wanted)
	case operator == "BinaryEquals": // rule 29
		b, err := base64.StdEncoding.DecodeString(wanted)
		return err == nil && string(b) == value
	case operator == "IpAddress":
		return inNetwork(value, wanted)
	}
	panic("no such operator: " + operator)
}

// compareString is rule 25.
func compareString(operator, value string, p pattern) bool {
	switch operator {
	case "StringEquals":
		return value == p.text()
	case "StringEqualsIgnoreCase":
		return strings.EqualFold(value, p.text())
	case "StringLike":
		return p.matches(value)
	}
	panic("no such operator: " + operator)
}

// compareARN is rule 31: six segments, each with its own wildcards.
func (n *naive) compareARN(value string, p pattern) bool {
	have := strings.SplitN(value, ":", 6)
	if len(have) < 6 || have[0] != "arn" {
		n.open = true // what a negated operator says of it is open
		return false
	}
	for i := range 6 {
		segment, rest, more := p.cut()
		if i == 5 {
			segment = p
		}
		if !segment.matches(have[i]) || i < 5 && !more {
			return false
		}
		p = rest
	}
	return true
}

// cut splits a pattern at its first colon.
func (p pattern) cut() (before, after pattern, found bool) {
	for i, r := range p {
		if r == ':' {
			return p[:i], p[i+1:], true
		}
	}
	return p, nil, false
}

var decimal = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?$`)

// number is nil for what is none.
func number(text string) *big.Rat {
	if !decimal.MatchString(text) {
		return nil
	}
	r, _ := new(big.Rat).SetString(text)
	return r
}

func compareNumber(operator string, value, wanted *big.Rat) bool {
	return value != nil && wanted != nil && ordered(operator, value.Cmp(wanted))
}

// ordered tells whether how a value compares with the wanted one is what the
// operator asks for.
func ordered(operator string, comparison int) bool {
	switch operator {
	case "Equals":
		return comparison == 0
	case "LessThan":
		return comparison < 0
	case "LessThanEquals":
		return comparison <= 0
	case "GreaterThan":
		return comparison > 0
	case "GreaterThanEquals":
		return comparison >= 0
	}
	panic("no such comparison: " + operator)
}

// date is rule 27.
func date(text string) *time.Time {
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil && len(text) > 4 {
		t := time.Unix(seconds, 0)
		return &t
	}
	for _, layout := range []string{"2006", "2006-01", "2006-01-02", "2006-01-02T15:04Z07:00", time.RFC3339Nano} {
		if t, err := time.Parse(layout, text); err == nil {
			return &t
		}
	}
	return nil
}

// inNetwork is rule 30.
func inNetwork(value, wanted string) bool {
	address, err := netip.ParseAddr(value)
	if err != nil {
		return false
	}
	if network, err := netip.ParsePrefix(wanted); err == nil {
		return network.Masked().Contains(address)
	}
	single, err := netip.ParseAddr(wanted)
	return err == nil && single == address
}
