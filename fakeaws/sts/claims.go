package sts

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/golang-jwt/jwt/v5"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// tokenFacts are the condition keys of a token: page "IAM and AWS STS condition
// context keys", section "Available keys for AWS OIDC federation". Of other
// claims AWS makes no keys.
func tokenFacts(provider fakeaws.OIDCProvider, id *webIdentity, claims jwt.MapClaims) facts {
	prefix := provider.URL + ":"
	f := facts{
		{key: "aws:FederatedProvider", values: []string{provider.ARN}, lasts: true},
		{key: prefix + "aud", values: []string{id.audience}, lasts: true},
		{key: prefix + "sub", values: []string{id.subject}, lasts: true},
	}
	if methods := claimValues(claims["amr"]); methods != nil {
		f = append(f, fact{key: prefix + "amr", values: methods, many: true, lasts: true})
	}
	more := claimsOf(provider.URL)
	if _, hasParty := claims["azp"]; hasParty && provider.URL == "accounts.google.com" {
		f = append(f, fact{key: prefix + "oaud", values: claimValues(claims["aud"])})
	}
	for _, name := range append([]string{"email"}, more...) {
		value := claimAt(claims, name)
		if values := claimValues(value); len(values) > 0 {
			_, many := value.([]any)
			f = append(f, fact{key: prefix + name, values: values, many: many})
		}
	}
	return slices.DeleteFunc(f, func(x fact) bool { return len(x.values) == 0 })
}

// claimAt finds a claim: one of that name, or else one in nested objects, like
// google/organization_number.
func claimAt(claims map[string]any, name string) any {
	if v, ok := claims[name]; ok {
		return v
	}
	head, rest, nested := strings.Cut(name, "/")
	if !nested {
		return nil
	}
	inner, _ := claims[head].(map[string]any)
	return claimAt(inner, rest)
}

// claimValues are the texts of a claim; nil for one that is an object.
func claimValues(claim any) []string {
	switch v := claim.(type) {
	case string:
		return []string{v}
	case json.Number:
		return []string{v.String()}
	case bool:
		return []string{strconv.FormatBool(v)}
	case []any:
		var values []string
		for _, item := range v {
			if one := claimValues(item); len(one) == 1 {
				values = append(values, one[0])
			}
		}
		return values
	}
	return nil
}

// standardClaims are those that become keys for every provider.
var standardClaims = []string{"aud", "sub", "amr", "oaud", "email"}

// A claimRule is of which claims AWS makes keys for the providers of a pattern.
type claimRule struct {
	provider *regexp.Regexp
	claims   []string
}

// claimRules are those of the Service Authorization Reference: the keys of
// sts:AssumeRoleWithWebIdentity like "token.actions.${Domain}.ghe.com:actor".
var claimRules = sync.OnceValue(func() []claimRule {
	service, ok := catalog.Lookup("sts")
	if !ok {
		return nil
	}
	var rules []claimRule
	seen := make(map[string]int)
	for _, key := range service.Keys() {
		template, claim, _ := strings.Cut(key.Name, ":")
		if !strings.Contains(template, ".") || slices.Contains(standardClaims, claim) {
			continue // of AWS, or for every provider
		}
		i, ok := seen[template]
		if !ok {
			i = len(rules)
			seen[template] = i
			rules = append(rules, claimRule{provider: templatePattern(template)})
		}
		rules[i].claims = append(rules[i].claims, claim)
	}
	return rules
})

var placeholder = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\\\$\\\{\w+\\\}`) })

// templatePattern matches the URLs of a template: "${Domain}" is anything but a
// slash.
func templatePattern(template string) *regexp.Regexp {
	return regexp.MustCompile("^" + placeholder().ReplaceAllLiteralString(regexp.QuoteMeta(template), "[^/]+") + "$")
}

// claimsOf are the claims that become keys for the provider of a URL.
func claimsOf(url string) []string {
	var claims []string
	for _, rule := range claimRules() {
		if rule.provider.MatchString(url) {
			claims = append(claims, rule.claims...)
		}
	}
	return claims
}

// Claims with which a token passes session tags and a source identity: page
// "Pass session tags in AWS STS". Tags are nested, or one claim each.
const (
	tagsClaim           = "https://aws.amazon.com/tags"
	principalTags       = "principal_tags"
	transitiveTagKeys   = "transitive_tag_keys"
	sourceIdentityClaim = "https://aws.amazon.com/source_identity"
)

// rolesClaim names the roles for which a token is good. AWS does not document it;
// users have found out how STS reads it.
const rolesClaim = "https://aws.amazon.com/roles"

// roleAuthorized reports whether a token names the role. One that names others
// only is no good for it, whatever the role's trust policy says.
func roleAuthorized(claims jwt.MapClaims, role string) (bool, error) {
	claim, pinned := claims[rolesClaim]
	if !pinned {
		return false, nil
	}
	if !slices.Contains(claimValues(claim), role) {
		return false, invalidToken(notPinned)
	}
	return true, nil
}

// roleInput is a request with a token as one of AssumeRole.
func roleInput(in *sdk.AssumeRoleWithWebIdentityInput, claims jwt.MapClaims) (*sdk.AssumeRoleInput, error) {
	out := &sdk.AssumeRoleInput{
		RoleArn: in.RoleArn, RoleSessionName: in.RoleSessionName, DurationSeconds: in.DurationSeconds,
		Policy: in.Policy, PolicyArns: in.PolicyArns, MinimumSessionTokenSize: in.MinimumSessionTokenSize,
	}
	tags := make(map[string]any)
	if nested, ok := claims[tagsClaim].(map[string]any); ok {
		if named, ok := nested[principalTags].(map[string]any); ok {
			tags = named
		}
		out.TransitiveTagKeys = claimValues(nested[transitiveTagKeys])
	}
	for name, value := range claims {
		if key, ok := strings.CutPrefix(name, tagsClaim+"/"+principalTags+"/"); ok {
			tags[key] = value
		}
	}
	if flat, ok := claims[tagsClaim+"/"+transitiveTagKeys]; ok {
		out.TransitiveTagKeys = claimValues(flat)
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		values := claimValues(tags[key])
		if len(values) != 1 {
			return nil, invalidToken(fmt.Sprintf(tagValues, key))
		}
		out.Tags = append(out.Tags, types.Tag{Key: aws.String(key), Value: aws.String(values[0])})
	}
	if identity, ok := claims[sourceIdentityClaim].(string); ok {
		out.SourceIdentity = aws.String(identity)
	}
	if err := members.Check(out); err != nil {
		return nil, err
	}
	return out, checkTags(nil, out)
}
