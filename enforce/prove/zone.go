package prove

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// A Zone is a zone of trust, as IAM Access Analyzer has it: access from within it is no
// concern.
type Zone struct {
	// Account owns the resource, and is in the zone.
	Account string
	// Accounts are in the zone too: those of the organization.
	Accounts []string
	// Organization is the id of the organization that the zone is, if it is one: callers of
	// whom a condition says that they belong to it are in the zone.
	Organization string
	// Budget is how many steps each question may take; 0 is [DefaultBudget].
	Budget int
}

func (z *Zone) check(p *enforce.Policy) error {
	switch p.Kind() {
	case enforce.ResourcePolicy, enforce.BucketPolicy, enforce.QueuePolicy, enforce.KeyPolicy, enforce.TrustPolicy:
	default:
		return fmt.Errorf("prove: %s is not a resource-based policy", p.Kind())
	}
	if z.Account == "" {
		return errors.New("prove: the zone of trust names no account that owns the resource")
	}
	for _, account := range z.accounts() {
		if err := checkAccount(account); err != nil {
			return fmt.Errorf("prove: the zone of trust: %w", err)
		}
	}
	return nil
}

// accounts are all in the zone.
func (z *Zone) accounts() []string { return append([]string{z.Account}, z.Accounts...) }

// has reports whether an account is in the zone.
func (z *Zone) has(account string) bool { return slices.Contains(z.accounts(), account) }

// outside are conditions that hold of requests from outside of the zone, as far as a policy
// asks: where a key says who called on whose behalf, it is not of the zone either.
func (z *Zone) outside(doc *enforce.Document) (where []enforce.ConditionElement) {
	add := func(operator, key string, values ...string) {
		if asksFor(doc, key) {
			where = append(where, enforce.Condition(operator, key, values...))
		}
	}
	accounts := z.accounts()
	for _, key := range []string{"aws:SourceAccount", "aws:SourceOwner", "kms:CallerAccount"} {
		add("StringNotEquals", key, accounts...)
	}
	arns := make([]string, len(accounts))
	for i, account := range accounts {
		arns[i] = "arn:*:*:*:" + account + ":*"
	}
	add("ArnNotLike", "aws:SourceArn", arns...)
	if z.Organization != "" {
		add("StringNotEquals", "aws:PrincipalOrgID", z.Organization)
		add("StringNotEquals", "aws:SourceOrgID", z.Organization)
		add("ForAllValues:StringNotLike", "aws:PrincipalOrgPaths", z.Organization+"/*")
		add("ForAllValues:StringNotLike", "aws:SourceOrgPaths", z.Organization+"/*")
	}
	return where
}

// asksFor reports whether a policy has a condition of a key, or a variable.
func asksFor(doc *enforce.Document, key string) bool {
	variable := "${" + strings.ToLower(key)
	return slices.ContainsFunc(doc.Statements, func(s enforce.StatementElements) bool {
		return slices.ContainsFunc(s.Resource, func(r enforce.Text) bool { return strings.Contains(strings.ToLower(r.Value), variable) }) ||
			slices.ContainsFunc(s.NotResource, func(r enforce.Text) bool { return strings.Contains(strings.ToLower(r.Value), variable) }) ||
			slices.ContainsFunc(s.Conditions, func(c enforce.ConditionElement) bool {
				return strings.EqualFold(c.Key.Value, key) ||
					slices.ContainsFunc(c.Values, func(v enforce.Text) bool { return strings.Contains(strings.ToLower(v.Value), variable) })
			})
	})
}

// servicesAreTrusted: AWS's own services are in each zone of trust, or every role of a
// service would be a finding. This is unverified.
const servicesAreTrusted = true
