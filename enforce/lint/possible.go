package lint

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leastpriv/leastpriv/enforce"
)

// maxPossible bounds how often a value is compared with another one.
const maxPossible = 200_000

// possible are conditions on one key, and values of which one fulfils them all if any
// value does. The evaluator decides, so that there is one meaning of conditions.
type possible struct {
	from       *enforce.ConditionElement // the condition that the values are from
	conditions []enforce.ConditionElement
	values     []string
}

// A family is operators that compare alike.
type family struct {
	prefix string
	// values returns the values that suffice to try, nil when there is no telling.
	values func([]*enforce.ConditionElement) []string
}

var families = []family{
	{"String", texts}, {"Bool", texts}, {"Numeric", numbers}, {"Date", dates}, {"IpAddress", addresses},
}

// newPossible returns the conditions of one family; nil when nothing can be said. What
// has policy variables or set operators, and what holds without the key, is left out: it
// may only make fewer requests fulfil them all.
func newPossible(all []*enforce.ConditionElement) *possible {
	for _, f := range families {
		var conditions []*enforce.ConditionElement
		count := 0
		for _, c := range all {
			operator, set, _ := c.Qualifiers()
			if strings.HasPrefix(operator, f.prefix) && set == "" && !slices.ContainsFunc(c.Values, func(v enforce.Text) bool { return strings.Contains(v.Value, "${") }) {
				conditions = append(conditions, c)
				count += len(c.Values)
			}
		}
		first := slices.IndexFunc(conditions, demands)
		if len(conditions) < 2 || first < 0 {
			continue
		}
		if values := f.values(conditions); values != nil && len(values)*count <= maxPossible {
			p := &possible{from: conditions[first], values: values}
			for _, c := range conditions {
				p.conditions = append(p.conditions, *c)
			}
			return p
		}
	}
	return nil
}

// any reports whether one of the values fulfils all conditions.
func (p *possible) any() bool {
	const action = "s3:ListAllMyBuckets"
	policy, err := enforce.Build(&enforce.Document{Statements: []enforce.StatementElements{{
		Effect: enforce.Text{Value: "Allow"}, Action: enforce.Texts(action), Resource: enforce.Texts("*"), Conditions: p.conditions,
	}}}, enforce.IdentityPolicy, enforce.Source{})
	if err != nil {
		return true // refused
	}
	set := enforce.PolicySet{Identity: []*enforce.Policy{policy}}
	for _, v := range p.values {
		request := enforce.Request{Principal: enforce.Principal{Type: enforce.User, Account: "000000000000", ARN: "arn:aws:iam::000000000000:user/u"}, Action: action, Resource: "*"}
		request.Context.Set(p.from.Key.Value, v)
		if enforce.Evaluate(&request, &set).Allowed() {
			return true
		}
	}
	return false
}

// operators names the operators, for a message.
func (p *possible) operators() string {
	names := make([]string, len(p.conditions))
	for i := range p.conditions {
		names[i] = p.conditions[i].Operator.Value
	}
	return strings.Join(names, " and ")
}

// texts are those of an operator that takes no other. Wildcards, and the case that an
// operator ignores, leave more than can be tried.
func texts(conditions []*enforce.ConditionElement) []string {
	for _, c := range conditions {
		if operator, _, _ := c.Qualifiers(); (operator == "StringEquals" || operator == "Bool") && demands(c) {
			return valuesOf(c)
		}
	}
	return nil
}

func valuesOf(c *enforce.ConditionElement) []string {
	values := make([]string, len(c.Values))
	for i, v := range c.Values {
		values[i] = v.Value
	}
	return values
}

// numbers are the bounds, those beside them and between them: what compares with bounds
// holds of a whole interval between two of them, or of none of it.
func numbers(conditions []*enforce.ConditionElement) []string {
	var bounds []float64
	for _, c := range conditions {
		for _, v := range c.Values {
			n, err := strconv.ParseFloat(v.Value, 64)
			// What a float64 does not hold exactly is not told apart.
			if err != nil || n > 1<<50 || n < -1<<50 {
				return nil
			}
			bounds = append(bounds, n)
		}
	}
	slices.Sort(bounds)
	var values []string
	add := func(n float64) { values = append(values, strconv.FormatFloat(n, 'f', -1, 64)) }
	for i, n := range bounds {
		add(n)
		if i > 0 {
			add(bounds[i-1] + (n-bounds[i-1])/2)
		}
	}
	if len(bounds) > 0 {
		add(bounds[0] - 1)
		add(bounds[len(bounds)-1] + 1)
	}
	return values
}

// dates are the same of points in time.
func dates(conditions []*enforce.ConditionElement) []string {
	var bounds []time.Time
	for _, c := range conditions {
		for _, v := range c.Values {
			at, err := parseDate(v.Value)
			if err != nil {
				return nil
			}
			bounds = append(bounds, at)
		}
	}
	slices.SortFunc(bounds, time.Time.Compare)
	var values []string
	add := func(at time.Time) { values = append(values, at.UTC().Format(time.RFC3339Nano)) }
	for i, at := range bounds {
		add(at)
		if i > 0 {
			add(bounds[i-1].Add(at.Sub(bounds[i-1]) / 2))
		}
	}
	if len(bounds) > 0 {
		add(bounds[0].Add(-time.Hour))
		add(bounds[len(bounds)-1].Add(time.Hour))
	}
	return values
}

// parseDate reads the common forms of dates.
func parseDate(s string) (at time.Time, err error) {
	if seconds, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) > 4 {
		return time.Unix(seconds, 0), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err = time.Parse(layout, s); err == nil {
			return at, nil
		}
	}
	return at, err
}

// addresses are the first of each range: of two ranges one has the other in it, or they
// are apart.
func addresses(conditions []*enforce.ConditionElement) []string {
	var values []string
	for _, c := range conditions {
		for _, v := range c.Values {
			prefix, err := netip.ParsePrefix(v.Value)
			if err != nil {
				address, err := netip.ParseAddr(v.Value)
				if err != nil {
					return nil
				}
				prefix = netip.PrefixFrom(address, address.BitLen())
			}
			values = append(values, prefix.Masked().Addr().String())
		}
	}
	return values
}
