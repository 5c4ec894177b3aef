package eventpattern

import (
	"math"
	"net/netip"
	"strconv"
	"strings"
)

// maxNumber bounds the numbers of comparisons in both directions ("Numeric matching" of the
// user guide: between -5.0e9 and +5.0e9 inclusive, with 15 digits of precision).
const maxNumber = 5e9

// Texts of numbers, as EventBridge answers them.
const (
	textNumeric       = "Value of numeric must be an array."
	textNumericValue  = "Value of %s must be numeric"
	textRangeOperator = "Bad numeric range operator: %s"
)

// Texts of numbers of which no answer is on record: unverified.
const (
	textNumericOperator = "Unrecognized numeric range operator: %s"
	textNumericMember   = "Invalid member in numeric match: %s"
	textNumericEquals   = "Value of equals must be numeric."
	textNumericMany     = "Too many elements in numeric expression"
	textNumberRange     = "Value must be between -5.0E9 and 5.0E9, inclusive"
	textBottom          = "Bottom must be less than top"
)

// Texts of addresses, as EventBridge answers them. They say no place.
const (
	textCIDR     = "Malformed CIDR, one '/' required"
	textMask     = "Malformed CIDR, mask bits must be an integer"
	textAddress  = "Nonstandard IP address: "
	textNegative = "Malformed CIDR, mask bits must not be negative" // unverified, as the next two
	textMask4    = "IPv4 mask bits must be < 32"
	textMask6    = "IPv6 mask bits must be < 128"
)

func inRange(f float64) bool { return math.Abs(f) <= maxNumber }

// round keeps the six digits behind the point by which EventBridge compares numbers.
func round(f float64) float64 { return math.Round(f*1e6) / 1e6 }

// numeric reads one comparison, or a range: [">", 0, "<=", 150].
func (p *parser) numeric(k kind) (func(*value) bool, error) {
	if k != startArray {
		return nil, p.errorf(textNumeric)
	}
	if p.next() != text {
		return nil, p.errorf(textNumericMember, p.text())
	}
	operator := p.text()
	bound, err := p.bound(operator)
	if err != nil {
		return nil, err
	}
	match := Compare(operator, bound)
	if k := p.next(); k != endArray {
		if operator[0] != '>' {
			return nil, p.errorf(textNumericMany)
		}
		if k != text {
			return nil, p.errorf(textNumericMember, p.text())
		}
		upper := p.text()
		if upper == "" || upper[0] != '<' {
			return nil, p.errorf(textRangeOperator, upper)
		}
		top, err := p.bound(upper)
		if err != nil {
			return nil, err
		}
		if p.next() != endArray {
			return nil, p.errorf(textNumericMany)
		}
		if top <= bound {
			return nil, &problem{textBottom}
		}
		lower, below := match, Compare(upper, top)
		match = func(f float64) bool { return lower(f) && below(f) }
	}
	return func(v *value) bool { return v.isNumber && inRange(v.number) && match(round(v.number)) }, nil
}

// bound reads what an operator compares with.
func (p *parser) bound(operator string) (float64, error) {
	switch operator {
	case "=", "<", "<=", ">", ">=":
	default:
		return 0, p.errorf(textNumericOperator, operator)
	}
	if p.next() != number {
		if operator == "=" {
			return 0, p.errorf(textNumericEquals)
		}
		return 0, p.errorf(textNumericValue, operator)
	}
	f, err := strconv.ParseFloat(p.text(), 64)
	if err != nil || !inRange(f) {
		return 0, &problem{textNumberRange}
	}
	return round(f), nil
}

// Compare makes the comparison with a bound of one of the operators =, <, <=, > and >=.
func Compare(operator string, bound float64) func(float64) bool {
	switch operator {
	case "<":
		return func(f float64) bool { return f < bound }
	case "<=":
		return func(f float64) bool { return f <= bound }
	case ">":
		return func(f float64) bool { return f > bound }
	case ">=":
		return func(f float64) bool { return f >= bound }
	}
	return func(f float64) bool { return f == bound }
}

// cidr matches the addresses of a network.
func cidr(network string) (func(*value) bool, error) {
	ip, mask, ok := strings.Cut(network, "/")
	if !ok || strings.Contains(mask, "/") || mask == "" {
		return nil, &problem{textCIDR}
	}
	bits, err := strconv.Atoi(mask)
	if err != nil {
		return nil, &problem{textMask}
	}
	address, err := netip.ParseAddr(ip)
	switch {
	case bits < 0:
		return nil, &problem{textNegative}
	case err != nil || address.Zone() != "":
		return nil, &problem{textAddress + ip}
	case address.Is4() && bits >= 32:
		return nil, &problem{textMask4}
	case bits >= 128:
		return nil, &problem{textMask6}
	}
	prefix := netip.PrefixFrom(address, bits)
	return func(v *value) bool {
		if !v.isText {
			return false
		}
		address, err := netip.ParseAddr(v.text)
		return err == nil && prefix.Contains(address)
	}, nil
}
