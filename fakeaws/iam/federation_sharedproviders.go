package iam

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// sharedProviders are the OpenID Connect providers that many customers of AWS share,
// and the condition key that tells them apart: page "Identity-provider controls for
// shared OIDC providers". Those of IBM Turbonomic, whose addresses change, are left out.
var sharedProviders = map[string]string{
	"agent.buildkite.com":            "sub",
	"api.pulumi.com/oidc":            "aud",
	"app.terraform.io":               "sub",
	"cognito-identity.amazonaws.com": "aud",
	"gitlab.com":                     "sub",
	"oidc-configuration.audit-log.githubusercontent.com": "sub",
	"oidc.codefresh.io":                     "sub",
	"oidc.vercel.com":                       "aud",
	"proidc.upbound.io":                     "sub",
	"sandboxes.cloud":                       "aud",
	"scalr.io":                              "sub",
	"studio.datachain.ai/api":               "sub",
	"token.actions.githubusercontent.com":   "sub",
	"tokens.cloud.shisho.dev":               "sub",
	"vstoken.actions.githubusercontent.com": "sub",
	azureSentinel:                           "sts:RoleSessionName",
}

const (
	github        = "token.actions.githubusercontent.com"
	azureSentinel = "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d"
)

// controlOf is the condition key that trust in a provider must evaluate; empty for
// one that is not shared. An enterprise has an address of its own with GitHub.
func controlOf(principal string) string {
	url := principal
	if i := strings.Index(principal, ":oidc-provider/"); i >= 0 {
		url = principal[i+len(":oidc-provider/"):]
	}
	claim, shared := sharedProviders[url]
	if !shared && strings.HasPrefix(url, github+"/") {
		claim, shared = sharedProviders[github], true
	}
	switch {
	case !shared:
		return ""
	case strings.Contains(claim, ":"):
		return claim
	}
	return url + ":" + claim
}

// checkSharedProviders refuses trust in a provider that others use too without a
// condition that says whom of its users is meant. A value of wildcards alone means
// everybody; that IAM lets pass all others is unverified.
func checkSharedProviders(p *enforce.Policy) error {
	for _, s := range p.Elements().Statements {
		if s.Effect.Value != "Allow" {
			continue
		}
		for _, principal := range s.Principal {
			if principal.Type != "Federated" {
				continue
			}
			if key := controlOf(principal.Value); key != "" && !evaluates(s.Conditions, key) {
				return malformed(&enforce.DocumentError{Code: "MalformedPolicyDocument", Message: fmt.Sprintf(sharedProvider, principal.Value, key)})
			}
		}
	}
	return nil
}

// sharedProvider is IAM's answer to trust in all users of a shared provider.
const sharedProvider = "Trust policy with trusted principal %s must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, %s which is not scoped to all."

// evaluates reports whether there is a condition on a key.
func evaluates(conditions []enforce.ConditionElement, key string) bool {
	isAll := func(value enforce.Text) bool { return strings.Trim(value.Value, "*?") == "" }
	return slices.ContainsFunc(conditions, func(c enforce.ConditionElement) bool {
		switch strings.TrimPrefix(c.Operator.Value, "ForAnyValue:") {
		case "StringEquals", "StringLike", "StringEqualsIgnoreCase":
			return strings.EqualFold(c.Key.Value, key) && len(c.Values) > 0 && !slices.ContainsFunc(c.Values, isAll)
		}
		return false
	})
}
