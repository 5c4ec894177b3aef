package accessanalyzer

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
)

// A filter says which findings are meant: those that meet all of its criteria.
type filter map[string]types.Criterion

// filterKeys are those that have one value of a finding ("IAM Access Analyzer filter keys").
// Those of principals and conditions begin with principal. and condition.
var filterKeys = []string{
	"error", "findingType", "id", "isPublic", "resource", "resourceControlPolicyRestriction", "resourceOwnerAccount", "resourceType", "status",
}

// maxValues is how many values a criterion has ("IAM Access Analyzer quotas").
const maxValues = 20

func checkFilter(f filter) error {
	for key, c := range f {
		name, part, _ := strings.Cut(key, ".")
		if !slices.Contains(filterKeys, key) && (name != "principal" && name != "condition" || part == "") {
			return invalidf(textFilterKey, key)
		}
		lists := [][]string{c.Eq, c.Neq, c.Contains}
		some := c.Exists != nil
		for _, list := range lists {
			some = some || len(list) > 0
			if len(list) > maxValues {
				return invalidf(textCriterion, key)
			}
		}
		if !some {
			return invalidf(textCriterion, key)
		}
	}
	return nil
}

// admits reports whether a finding meets all criteria.
func (f filter) admits(x *finding) bool {
	for key, c := range f {
		if !meets(&c, x.value(key)) {
			return false
		}
	}
	return true
}

// meets reports whether a value, of which there may be none, meets a criterion.
func meets(c *types.Criterion, value *string) bool {
	text := aws.ToString(value)
	switch {
	case c.Exists != nil && *c.Exists != (value != nil),
		len(c.Eq) > 0 && (value == nil || !slices.Contains(c.Eq, text)),
		len(c.Neq) > 0 && value != nil && slices.Contains(c.Neq, text),
		len(c.Contains) > 0 && (value == nil || !slices.ContainsFunc(c.Contains, func(part string) bool { return strings.Contains(text, part) })):
		return false
	}
	return true
}

// value is what a finding has under a filter key; nil is nothing.
func (x *finding) value(key string) *string {
	name, part, _ := strings.Cut(key, ".")
	of := func(m map[string]string) *string {
		if v, ok := m[part]; ok {
			return &v
		}
		return nil
	}
	switch name {
	case "id":
		return &x.id
	case "resource":
		return &x.resource
	case "resourceType":
		return aws.String(string(x.resourceType))
	case "resourceOwnerAccount":
		return &x.account
	case "status":
		return aws.String(string(x.status))
	case "findingType":
		return aws.String(string(x.kind))
	case "error":
		if x.failure != "" {
			return &x.failure
		}
	case "isPublic":
		if x.kind == types.FindingTypeExternalAccess {
			return aws.String(strconv.FormatBool(x.public))
		}
	case "resourceControlPolicyRestriction":
		if x.kind == types.FindingTypeExternalAccess {
			return aws.String(string(x.restriction))
		}
	case "principal":
		return of(x.principal)
	case "condition":
		return of(x.condition)
	}
	return nil
}
