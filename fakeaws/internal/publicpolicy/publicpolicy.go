// Package publicpolicy says which resource-based policies are public: whether any statement
// by itself grants access to others than fixed principals, networks or sources. S3 describes
// it ("The meaning of public" of the S3 User Guide). Other services ask an automated
// reasoner, for which this takes the place: in doubt a policy is public.
package publicpolicy

import (
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// Keys are condition keys, in lower case, whose values keep a statement from being public
// unless one of them is open.
type Keys map[string]func(value string) (open bool)

// Callers are the keys that say who calls or for which resource, in all services.
var Callers = Keys{
	"aws:principalarn": Open, "aws:principalaccount": Open, "aws:principalorgid": Open, "aws:principalorgpaths": Open, "aws:userid": Open,
	"aws:sourcearn": Open, "aws:sourceaccount": Open, "aws:sourcevpc": Open, "aws:sourcevpce": Open,
}

// Public reports whether a policy is public by the keys that count for its service.
func Public(d *enforce.Document, keys Keys) bool {
	return slices.ContainsFunc(d.Statements, func(st enforce.StatementElements) bool {
		return st.Effect.Value == "Allow" && !fixedPrincipals(&st) && !slices.ContainsFunc(st.Conditions, keys.fix)
	})
}

// fixedPrincipals reports whether a statement is for known principals. Everybody can be a
// user of a web identity provider.
func fixedPrincipals(st *enforce.StatementElements) bool {
	return len(st.Principal) > 0 && !slices.ContainsFunc(st.Principal, func(p enforce.PrincipalElement) bool {
		return p.Type == "Federated" || Open(p.Value)
	})
}

// fix reports whether a condition holds only for requests that have one of the keys with one
// of the values, none of which is open.
func (keys Keys) fix(c enforce.ConditionElement) bool {
	open, known := keys[strings.ToLower(c.Key.Value)]
	operator, set, ifExists := c.Qualifiers()
	if !known || set == "ForAllValues" || ifExists {
		return false
	}
	switch operator {
	case "StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress":
		return !slices.ContainsFunc(c.Values, func(v enforce.Text) bool { return open(v.Value) })
	}
	return false
}

// Open reports whether a value has a wildcard or a policy variable.
func Open(value string) bool {
	return strings.ContainsAny(value, "*?") || strings.Contains(value, "${")
}
