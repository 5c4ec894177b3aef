package s3

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
)

// A policyDoc is what S3 itself reads of a bucket policy: whether it is for its bucket,
// and whether it is public.
type policyDoc struct {
	Statement list[policyStatement]
}

type policyStatement struct {
	Effect                string
	Principal             principals
	Action                list[string]
	Resource, NotResource list[string]
	Condition             map[string]map[string]list[scalar]
}

// A list is one value or several.
type list[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *list[T]) UnmarshalJSON(raw []byte) error {
	if bytes.HasPrefix(raw, []byte("[")) {
		return json.Unmarshal(raw, (*[]T)(l))
	}
	var one T
	if err := json.Unmarshal(raw, &one); err != nil {
		return err
	}
	*l = list[T]{one}
	return nil
}

// A scalar is the text of a string, number or boolean.
type scalar string

// UnmarshalJSON implements json.Unmarshaler.
func (s *scalar) UnmarshalJSON(raw []byte) error {
	if !bytes.HasPrefix(raw, []byte(`"`)) {
		*s = scalar(raw)
		return nil
	}
	return json.Unmarshal(raw, (*string)(s))
}

// principals are by their type: AWS, Service, Federated, CanonicalUser.
type principals map[string]list[string]

// UnmarshalJSON implements json.Unmarshaler.
func (p *principals) UnmarshalJSON(raw []byte) error {
	if bytes.HasPrefix(raw, []byte(`"`)) {
		var one string
		if err := json.Unmarshal(raw, &one); err != nil {
			return err
		}
		*p = principals{"AWS": {one}}
		return nil
	}
	return json.Unmarshal(raw, (*map[string]list[string])(p))
}

func readPolicyDoc(doc string) (*policyDoc, error) {
	d := new(policyDoc)
	if err := json.Unmarshal([]byte(doc), d); err != nil {
		return nil, errMalformedPolicy.withText("Policies must be valid JSON and the first byte must be '{'")
	}
	return d, nil
}

// public reports whether the policy is public in the sense of Block Public
// Access: whether any statement grants access to others than fixed principals,
// networks or sources (User Guide, "The meaning of public").
func (d *policyDoc) public() bool {
	return slices.ContainsFunc(d.Statement, func(st policyStatement) bool {
		return st.Effect == "Allow" && !st.fixedPrincipals() && !st.fixedCondition()
	})
}

func (st *policyStatement) fixedPrincipals() bool {
	if len(st.Principal) == 0 {
		return false
	}
	for principal, names := range st.Principal {
		// Everybody can be a user of a web identity provider.
		if principal == "Federated" || !slices.ContainsFunc(names, isFixed) || slices.ContainsFunc(names, isOpen) {
			return false
		}
	}
	return true
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

func (st *policyStatement) fixedCondition() bool {
	for operator, keys := range st.Condition {
		if !fixingOperator(operator) {
			continue
		}
		for key, values := range keys {
			key = strings.ToLower(key)
			open := isOpen
			switch {
			case key == "aws:sourceip":
				open = broadNetwork
			case key == "s3:dataaccesspointarn":
				open = openAccessPoint
			case !isFixedKey(key):
				continue
			}
			if !slices.ContainsFunc(values, func(v scalar) bool { return open(string(v)) }) {
				return true
			}
		}
	}
	return false
}

// fixingOperator reports whether a condition holds only for requests that have
// the key with one of the values.
func fixingOperator(operator string) bool {
	operator = strings.TrimPrefix(strings.ToLower(operator), "foranyvalue:")
	switch operator {
	case "stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress":
		return true
	}
	return false
}

func isFixed(value string) bool { return !isOpen(value) }

// isOpen reports whether a value has a wildcard or a policy variable.
func isOpen(value string) bool {
	return strings.ContainsAny(value, "*?") || strings.Contains(value, "${")
}

// openAccessPoint is isOpen of an access point ARN, which may leave the name
// of the access point open but not the account.
func openAccessPoint(arn string) bool {
	parts := strings.SplitN(arn, ":", 6)
	return len(parts) < 6 || isOpen(parts[4]) || parts[4] == ""
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
