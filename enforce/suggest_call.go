package enforce

import (
	"fmt"
	"strings"
)

// demands says what the caller must change so that the conditions of a statement hold
// which do not; empty when there is none.
func (e *eval) demands(s *Statement) string {
	if s == nil {
		return ""
	}
	var demands []string
	for i := range s.conditions {
		if c := &s.conditions[i]; !e.holds(c) {
			demands = append(demands, c.demand(false))
		}
	}
	return strings.Join(abridged(demands), "; and ")
}

// sparing says what the caller may change so that a Deny no longer applies to it: one of
// its conditions must not hold. It is empty when the statement has none.
func sparing(s *Statement) string {
	demands := make([]string, len(s.conditions))
	for i := range s.conditions {
		demands[i] = s.conditions[i].demand(true)
	}
	return strings.Join(abridged(demands), "; or ")
}

// maxListed is how many of a kind an explanation names.
const maxListed = 4

// abridged returns the first of a list, and how many more there are.
func abridged(list []string) []string {
	if len(list) <= maxListed {
		return list
	}
	return append(list[:maxListed:maxListed], fmt.Sprintf("%d more", len(list)-maxListed))
}

// A relation is how a value of a request must be to those of a condition, and how it must
// be for the condition not to hold.
type relation struct{ holds, fails string }

// relations are those of the operators, without the type in their names.
var relations = map[string]relation{
	"Equals":              {"=", "other than"},
	"NotEquals":           {"other than", "="},
	"EqualsIgnoreCase":    {"=", "other than"},
	"NotEqualsIgnoreCase": {"other than", "="},
	"Like":                {"like", "not like"},
	"NotLike":             {"not like", "like"},
	"LessThan":            {"<", ">="},
	"LessThanEquals":      {"<=", ">"},
	"GreaterThan":         {">", "<="},
	"GreaterThanEquals":   {">=", "<"},
	"IpAddress":           {"in", "outside"},
	"NotIpAddress":        {"outside", "in"},
	"Bool":                {"=", "other than"},
}

// relation returns the relation of an operator; false for those that have none.
func (o *operator) relation() (relation, bool) {
	name := o.name
	for _, family := range []string{"String", "Numeric", "Date", "Binary", "Arn"} {
		name = strings.TrimPrefix(name, family)
	}
	r, ok := relations[name]
	return r, ok
}

// demand says what the caller must change so that a condition holds, or does not.
func (c *condition) demand(fails bool) string {
	if c.op.null {
		if (len(c.values) == 1 && strings.EqualFold(c.values[0], "true")) != fails {
			return "the request must not have " + c.key.name
		}
		return "the request must have " + c.key.name
	}
	r, known := c.op.relation()
	if !known || c.set != noQualifier {
		verb := " must hold"
		if fails {
			verb = " must not hold"
		}
		return c.qualified.String() + " " + c.key.name + " " + alternatives(c.values) + verb
	}
	how := r.holds
	if fails {
		how = r.fails
	}
	if words := c.flag(how); words != "" {
		return words
	}
	return subject(c.key) + " " + how + " " + alternatives(c.values)
}

// flag is demand for the keys that are a fact about the call.
func (c *condition) flag(how string) string {
	if len(c.values) != 1 || how != "=" && how != "other than" {
		return ""
	}
	if wanted := strings.EqualFold(c.values[0], "true") == (how == "="); !wanted {
		return ""
	}
	switch c.key.lower {
	case "aws:securetransport":
		return "the caller must use TLS"
	case "aws:multifactorauthpresent":
		return "the caller must authenticate with MFA"
	}
	return ""
}

// subject begins a sentence about what a key stands for.
func subject(k *conditionKey) string {
	prefix, tag, tagged := strings.Cut(k.name, "/")
	switch prefix = strings.ToLower(prefix); {
	case tagged && prefix == "aws:principaltag":
		return "the caller must be tagged " + tag
	case tagged && prefix == "aws:requesttag":
		return "the call must set the tag " + tag
	case tagged && (strings.HasSuffix(prefix, ":resourcetag") || prefix == "s3:existingobjecttag" || prefix == "s3:buckettag"):
		return "the resource must be tagged " + tag
	}
	switch {
	case k.lower == "sts:externalid":
		return "the caller must send sts:ExternalId"
	case k.lower == "aws:sourceip":
		return "the address of the caller must be"
	case k.lower == "s3:prefix" || k.lower == "s3:delimiter" || k.lower == "s3:max-keys":
		return "call with " + strings.TrimPrefix(k.lower, "s3:")
	case k.lower == "aws:userid" || k.lower == "aws:username" || strings.HasPrefix(k.lower, "aws:principal"):
		return "the caller must be one with " + k.name
	}
	return "the request must have " + k.name
}

// alternatives lists the values of a condition, one of which is enough.
func alternatives(values []string) string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = fmt.Sprintf("%q", v)
	}
	return strings.Join(abridged(list), " or ")
}
