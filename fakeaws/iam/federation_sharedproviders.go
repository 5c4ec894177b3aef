package iam

import (
	"encoding/json"
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

// texts is a value of a policy document that is one text or a list.
type texts []string

func (t *texts) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*t = texts{one}
		return nil
	}
	var list []any // numbers and booleans too
	if err := json.Unmarshal(data, &list); err != nil {
		return nil //nolint:nilerr // a value that is no text evaluates no claim
	}
	for _, v := range list {
		*t = append(*t, fmt.Sprint(v))
	}
	return nil
}

// A trusting is what a statement of a trust policy says of identity providers. The
// document was parsed before: what is not as it should be is not looked at.
type trusting struct {
	Effect    string
	Principal json.RawMessage
	Condition map[string]map[string]texts
}

// checkSharedProviders refuses trust in a provider that others use too without a
// condition that says whom of its users is meant. A value of wildcards alone means
// everybody; that IAM lets pass all others is unverified.
func checkSharedProviders(p *enforce.Policy) error {
	for _, s := range p.Statements() {
		var t trusting
		var by struct{ Federated texts }
		if json.Unmarshal([]byte(s.Document()), &t) != nil || t.Effect != "Allow" || json.Unmarshal(t.Principal, &by) != nil {
			continue
		}
		for _, principal := range by.Federated {
			if key := controlOf(principal); key != "" && !t.evaluates(key) {
				return malformed(&enforce.DocumentError{Code: "MalformedPolicyDocument", Message: fmt.Sprintf(sharedProvider, principal, key)})
			}
		}
	}
	return nil
}

// sharedProvider is IAM's answer to trust in all users of a shared provider.
const sharedProvider = "Trust policy with trusted principal %s must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, %s which is not scoped to all."

// evaluates reports whether a statement has a condition on a key.
func (t *trusting) evaluates(key string) bool {
	for operator, keys := range t.Condition {
		switch strings.TrimPrefix(operator, "ForAnyValue:") {
		case "StringEquals", "StringLike", "StringEqualsIgnoreCase":
		default:
			continue
		}
		for name, values := range keys {
			isAll := func(value string) bool { return strings.Trim(value, "*?") == "" }
			if strings.EqualFold(name, key) && len(values) > 0 && !slices.ContainsFunc(values, isAll) {
				return true
			}
		}
	}
	return false
}
