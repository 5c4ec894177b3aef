package validation

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// numbers finds values of which one alone counts.
func (v *validator) numbers(c *condition) {
	which := ""
	switch c.operator {
	case "NumericLessThan", "NumericLessThanEquals":
		which = "greatest"
	case "NumericGreaterThan", "NumericGreaterThanEquals":
		which = "least"
	}
	if which != "" && len(c.values) > 1 {
		v.add("REDUNDANT_CONDITION_VALUE_NUM", c.value.span(), c.name(), which, c.key)
	}
}

// wildcards finds wildcards that are none, and those that match always or never.
func (v *validator) wildcards(c *condition) {
	for _, value := range c.values {
		star := strings.Trim(value.text, "*") == "" && value.text != ""
		like := strings.HasSuffix(c.operator, "Like")
		switch {
		case strings.HasPrefix(c.operator, "StringEquals") || strings.HasPrefix(c.operator, "StringNotEquals"):
			if strings.ContainsAny(value.text, "*?") {
				v.add("WILDCARD_WITHOUT_LIKE_OPERATOR", value.span())
			}
		case !like || !star || c.set != "":
		case c.ifExists && !c.negated():
			v.add("REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION", c.span(), c.key, c.name())
		case !c.ifExists && c.negated():
			v.add("EQUIVALENT_TO_NULL_TRUE", c.span(), c.key, c.name(), c.key)
		case !c.ifExists:
			v.add("EQUIVALENT_TO_NULL_FALSE", c.span(), c.key, c.name(), c.key)
		}
	}
}

// addresses checks blocks of addresses.
func (v *validator) addresses(c *condition) {
	if c.operator != "IpAddress" && c.operator != "NotIpAddress" {
		return
	}
	private, public := 0, 0
	for _, value := range c.values {
		prefix, err := netip.ParsePrefix(value.text)
		if err != nil {
			address, err := netip.ParseAddr(value.text)
			if err != nil {
				if !strings.Contains(value.text, "${") {
					v.add("TYPE_MISMATCH_IP_RANGE", value.span(), c.name())
				}
				return
			}
			prefix = netip.PrefixFrom(address, address.BitLen())
		}
		if prefix.Masked() != prefix {
			v.add("IMPROVE_IP_RANGE", value.span(), prefix.Masked().String())
		}
		if slices.ContainsFunc(privateBlocks, func(b netip.Prefix) bool { return b.Bits() <= prefix.Bits() && b.Contains(prefix.Addr()) }) {
			private++
		} else {
			public++
		}
	}
	if !c.is("aws:SourceIp") || private == 0 {
		return
	}
	code := "PRIVATE_IP_ADDRESS"
	if c.operator == "NotIpAddress" {
		code = "PRIVATE_NOT_IP_ADDRESS"
	}
	if public > 0 {
		code += "_SUBSET"
	}
	v.add(code, c.value.span())
}

// privateBlocks are those of RFC 1918, and of unique local addresses.
var privateBlocks = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("fc00::/7"),
}

var (
	vpcID      = regexp.MustCompile(`^vpc-([0-9A-Za-z]{8}|[0-9A-Za-z]{17})$`)
	vpceID     = regexp.MustCompile(`^vpce-([0-9A-Za-z]{8}|[0-9A-Za-z]{17})$`)
	kmsKeyARN  = regexp.MustCompile(`^arn:[^:]+:kms:[^:]+:[^:]+:key/.+$`)
	regionForm = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}$`)
)

// kmsKeys are the condition keys whose values are ARNs of KMS keys.
var kmsKeys = []string{"s3:x-amz-server-side-encryption-aws-kms-key-id"}

// forms checks the values of keys that have a form of their own.
func (v *validator) forms(c *condition) {
	for _, value := range c.values {
		if strings.ContainsAny(value.text, "*?") || strings.Contains(value.text, "${") || c.operator == "Null" {
			continue
		}
		switch {
		case c.is("aws:SourceVpc") && !vpcID.MatchString(value.text):
			v.add("INVALID_VPC_FORMAT", value.span())
		case c.is("aws:SourceVpce") && !vpceID.MatchString(value.text):
			v.add("INVALID_VPCE_FORMAT", value.span())
		case c.is("aws:RequestedRegion") && !regionForm.MatchString(value.text):
			v.add("INVALID_REGION", value.span(), value.text)
		case slices.ContainsFunc(kmsKeys, c.is) && !kmsKeyARN.MatchString(value.text):
			v.add("INVALID_KMS_KEY_VALUE", value.span(), c.key)
		}
	}
}
