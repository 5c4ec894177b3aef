package s3

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/enforce"
)

// isPublic reports whether a policy is public in the sense of Block Public
// Access: whether any statement grants access to others than fixed principals,
// networks or sources (User Guide, "The meaning of public").
func isPublic(d *enforce.Document) bool {
	return slices.ContainsFunc(d.Statements, func(st enforce.StatementElements) bool {
		return st.Effect.Value == "Allow" && !hasFixedPrincipals(&st) && !slices.ContainsFunc(st.Conditions, isFixedCondition)
	})
}

// hasFixedPrincipals reports whether a statement is for known principals. Everybody can
// be a user of a web identity provider.
func hasFixedPrincipals(st *enforce.StatementElements) bool {
	return len(st.Principal) > 0 && !slices.ContainsFunc(st.Principal, func(p enforce.PrincipalElement) bool {
		return p.Type == "Federated" || isOpen(p.Value)
	})
}

// isFixedKey reports whether fixed values of a condition key keep a statement from
// being public. The key is in lower case.
func isFixedKey(key string) bool {
	switch key {
	case "aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths",
		"aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:userid",
		"s3:dataaccesspointarn", "s3:dataaccesspointaccount", "s3:x-amz-server-side-encryption-aws-kms-key-id":
		return true
	}
	return false
}

// isFixedCondition reports whether a condition keeps a statement from being public.
func isFixedCondition(c enforce.ConditionElement) bool {
	open := isOpen
	switch key := strings.ToLower(c.Key.Value); {
	case key == "aws:sourceip":
		open = broadNetwork
	case key == "s3:dataaccesspointarn":
		open = openAccessPoint
	case !isFixedKey(key):
		return false
	}
	return isFixingOperator(&c) && !slices.ContainsFunc(c.Values, func(v enforce.Text) bool { return open(v.Value) })
}

// isFixingOperator reports whether a condition holds only for requests that have
// the key with one of the values.
func isFixingOperator(c *enforce.ConditionElement) bool {
	operator, set, ifExists := c.Qualifiers()
	if set == "ForAllValues" || ifExists {
		return false
	}
	switch operator {
	case "StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress":
		return true
	}
	return false
}

// isOpen reports whether a value has a wildcard or a policy variable.
func isOpen(value string) bool {
	return strings.ContainsAny(value, "*?") || strings.Contains(value, "${")
}

// openAccessPoint is isOpen of an access point ARN, which may leave the name
// of the access point open but not the account.
func openAccessPoint(pattern string) bool {
	point, err := arn.Parse(pattern)
	return err != nil || isOpen(point.AccountID) || point.AccountID == ""
}

// broadNetwork reports whether a network is so large that it means everybody:
// broader than /8, or /32 with IPv6, and not private.
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
