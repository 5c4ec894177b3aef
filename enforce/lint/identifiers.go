package lint

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

// identifiers finds accounts, regions and names of services that cannot be ones. Those in
// the ARNs of principals AWS refuses.
func (l *linter) identifiers(s *enforce.StatementElements) {
	for _, p := range append(s.Principal, s.NotPrincipal...) {
		if p.Type == "Service" && p.Value != "*" && !servicePrincipal.MatchString(p.Value) {
			l.name(p.Offset, Finding{Severity: Error, Code: ServicePrincipal, Suggestion: serviceLike(p.Value),
				Message: fmt.Sprintf("%q is no service principal; want a form like s3.amazonaws.com", p.Value)})
		}
	}
	for _, r := range append(s.Resource, s.NotResource...) {
		l.arn(r)
	}
	for i := range s.Conditions {
		c := &s.Conditions[i]
		for _, v := range c.Values {
			if strings.HasPrefix(v.Value, "arn:") {
				l.arn(v)
			}
		}
		l.accounts(c)
	}
}

// servicePrincipal knows the names of services: labels, of which one may be a region, and
// the suffix of a partition. Services that AWS keeps to itself have a suffix of their own.
var servicePrincipal = regexp.MustCompile(`^([A-Za-z0-9_-]+\.)+(amazonaws\.com(\.cn)?|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov|aws\.internal|aws\.com)$`)

// serviceLike suggests a service principal in place of what is none: the name of the
// service alone, or a suffix that is misspelled.
func serviceLike(name string) string {
	label, _, _ := strings.Cut(strings.ToLower(name), ".")
	if !regexp.MustCompile(`^[a-z0-9-]+$`).MatchString(label) {
		return ""
	}
	return didYouMean(label + ".amazonaws.com")
}

// arn finds what is wrong with the region and the account of an ARN. Words that are no
// numbers are names of AWS's own, as in arn:aws:iam::aws:policy/ReadOnlyAccess.
func (l *linter) arn(text enforce.Text) {
	parts := strings.SplitN(text.Value, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return
	}
	region, account := parts[3], parts[4]
	if strings.Contains(region+account, "${") {
		return
	}
	if !canBeRegion(region) {
		l.name(text.Offset, Finding{Severity: Error, Code: ARNRegion,
			Message: fmt.Sprintf("the region of %s is %q; want a form like us-east-1", text.Value, region)})
	}
	if !canBeAccount(account) {
		l.name(text.Offset, Finding{Severity: Error, Code: ARNAccount,
			Message: fmt.Sprintf("the account of %s is %q; want 12 digits", text.Value, account)})
	}
}

var (
	regionForm = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}$`)
	ownRegion  = regexp.MustCompile(`^([a-z]+-)?global$`) // of what has none
	ownAccount = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
)

func canBeRegion(s string) bool {
	if strings.ContainsAny(s, "*?") {
		return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-*?") == ""
	}
	return s == "" || regionForm.MatchString(s) || ownRegion.MatchString(s)
}

func canBeAccount(s string) bool {
	digits := strings.ReplaceAll(s, "*", "")
	switch {
	case s == "" || ownAccount.MatchString(s):
		return true
	case strings.Trim(digits, "0123456789?") != "":
		// A pattern of a word of AWS's own.
		return strings.ContainsAny(s, "*?") && strings.Trim(digits, "abcdefghijklmnopqrstuvwxyz-?") == ""
	case digits == s:
		return len(s) == 12
	}
	return len(digits) <= 12
}

// accountKeys are the global condition keys whose value is an account.
var accountKeys = map[string]bool{"aws:sourceaccount": true, "aws:principalaccount": true, "aws:resourceaccount": true}

// accounts finds values of conditions on accounts that cannot be ones.
func (l *linter) accounts(c *enforce.ConditionElement) {
	operator, _, _ := c.Qualifiers()
	if !accountKeys[strings.ToLower(c.Key.Value)] || !strings.HasPrefix(operator, "String") {
		return
	}
	for _, v := range c.Values {
		wild := strings.HasSuffix(operator, "Like") && strings.ContainsAny(v.Value, "*?")
		if !strings.Contains(v.Value, "${") && !awsid.IsAccount(v.Value) && (!wild || !canBeAccount(v.Value)) {
			l.add(v.Offset, Finding{Severity: Error, Code: AccountFormat,
				Message: fmt.Sprintf("%s is compared with %q, which is no account: an account has 12 digits", c.Key.Value, v.Value)})
		}
	}
}
