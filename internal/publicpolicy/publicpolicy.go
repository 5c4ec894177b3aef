// Package publicpolicy says which resource-based policies are public: whether any statement
// by itself grants access to others than fixed principals, networks or sources. S3 describes
// it ("The meaning of public" of the S3 User Guide). Other services ask an automated
// reasoner, for which this takes the place: in doubt a policy is public.
package publicpolicy

import (
	"maps"
	"net/netip"
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

// Buckets are the keys that count for buckets and access points.
var Buckets = func() Keys {
	keys := maps.Clone(Callers)
	keys["aws:sourceowner"] = Open
	keys["aws:sourceip"] = broadNetwork
	keys["s3:dataaccesspointarn"] = openAccessPoint
	keys["s3:dataaccesspointaccount"] = Open
	keys["s3:x-amz-server-side-encryption-aws-kms-key-id"] = Open
	return keys
}()

// openAccessPoint is Open of the ARN of an access point, which may leave the name of the
// access point open but not the account.
func openAccessPoint(pattern string) bool {
	parts := strings.SplitN(pattern, ":", 6)
	return len(parts) < 6 || parts[0] != "arn" || Open(parts[4]) || parts[4] == ""
}

// broadNetwork reports whether a network is so large that it means everybody: broader than
// /8, or /32 with IPv6.
func broadNetwork(cidr string) bool {
	if addr, err := netip.ParseAddr(cidr); err == nil {
		return !addr.IsValid()
	}
	network, err := netip.ParsePrefix(cidr)
	if err != nil {
		return true
	}
	if network.Addr().Is4() {
		return network.Bits() < 8
	}
	return network.Bits() < 32
}

// Public reports whether a policy is public by the keys that count for its service.
func Public(d *enforce.Document, keys Keys) bool {
	return slices.ContainsFunc(d.Statements, func(st enforce.StatementElements) bool {
		return st.Effect.Value == "Allow" && keys.Open(&st)
	})
}

// Open reports whether neither the principals nor a condition of a statement are fixed.
func (keys Keys) Open(st *enforce.StatementElements) bool {
	return !fixedPrincipals(st) && !slices.ContainsFunc(st.Conditions, keys.fix)
}

// fixedPrincipals reports whether a statement is for known principals.
func fixedPrincipals(st *enforce.StatementElements) bool {
	return len(st.Principal) > 0 && !slices.ContainsFunc(st.Principal, func(p enforce.PrincipalElement) bool {
		return OpenPrincipal(p)
	})
}

// OpenPrincipal reports whether everybody can be the principal: of a web identity provider
// everybody can be a user.
func OpenPrincipal(p enforce.PrincipalElement) bool { return p.Type == "Federated" || Open(p.Value) }

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
