package sts

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Attributes that AWS reads: page "Configure SAML assertions for the
// authentication response".
const (
	attributePrefix          = "https://aws.amazon.com/SAML/Attributes/"
	roleAttribute            = attributePrefix + "Role"
	roleSessionNameAttribute = attributePrefix + "RoleSessionName"
	sessionDurationAttribute = attributePrefix + "SessionDuration"
	sourceIdentityAttribute  = attributePrefix + "SourceIdentity"
	transitiveTagsAttribute  = attributePrefix + "TransitiveTagKeys"
	principalTagAttribute    = attributePrefix + "PrincipalTag:"
)

// signIn is the address and the audience of AWS in SAML; there is one for each
// region too.
var signIn = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^https://([a-z0-9-]+\.)?signin\.aws\.amazon\.com/saml(/acs/[\w-]+)?$`)
})

// otherAudience is the other name under which AWS goes as an audience.
const otherAudience = "urn:amazon:webservices"

// A SAMLAssertion is what a signed assertion says.
type SAMLAssertion struct {
	Issuer               string
	Subject, SubjectType string
	Recipient            string
	Issued               time.Time
	NotBefore            time.Time // zero where it does not say
	NotOnOrAfter         time.Time // of the confirmation
	ConditionsEnd        time.Time // zero where it does not say
	SessionEnds          time.Time // zero where it does not say
	Audiences            []string
	Attributes           []SAMLAttribute // in their order
}

// A SAMLAttribute is an attribute of an assertion.
type SAMLAttribute struct {
	Name   string
	Values []string
}

// values are the values of an attribute, of all its elements.
func (a *SAMLAssertion) values(name string) []string {
	var values []string
	for _, attribute := range a.Attributes {
		if attribute.Name == name {
			values = append(values, attribute.Values...)
		}
	}
	return values
}

// tags are the session tags of the assertion.
func (a *SAMLAssertion) tags() ([]types.Tag, error) {
	var tags []types.Tag
	for _, attribute := range a.Attributes {
		key, isTag := strings.CutPrefix(attribute.Name, principalTagAttribute)
		if !isTag {
			continue
		}
		if len(attribute.Values) != 1 {
			return nil, invalidToken(fmt.Sprintf(tagValues, key))
		}
		tags = append(tags, types.Tag{Key: &key, Value: &attribute.Values[0]})
	}
	return tags, nil
}

// attribute is the first value of an attribute.
func (a *SAMLAssertion) attribute(name string) string {
	if values := a.values(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

var (
	sessionNameForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-zA-Z_0-9+=,.@-]{2,64}$`) })
	samlNames       = "[a-zA-Z_0-9+=,.@-]{2,64}"
)

// check refuses an assertion that is not for AWS, not for the role, or too old.
func (a *SAMLAssertion) check(provider fakeaws.SAMLProvider, role string, now time.Time) error {
	switch {
	case a.Issuer != provider.Issuer:
		return invalidToken("Issuer not present in specified provider")
	case a.NotOnOrAfter.IsZero(), a.Recipient == "":
		return invalidToken(NoSubjectConfirmation)
	case !signIn().MatchString(a.Recipient):
		return invalidToken(wrongRecipient)
	case len(a.Audiences) > 0 && !slices.ContainsFunc(a.Audiences, func(s string) bool { return s == otherAudience || signIn().MatchString(s) }):
		return invalidToken("Response does not contain the required audience.")
	case !now.Before(a.NotOnOrAfter), now.Sub(a.Issued) > redeemWithin:
		return expiredToken("Token must be redeemed within 5 minutes of issuance")
	case now.Before(a.NotBefore), !a.ConditionsEnd.IsZero() && !now.Before(a.ConditionsEnd):
		return expiredToken(outsideConditions)
	case a.Subject == "":
		return invalidToken(noNameID)
	case !a.names(provider.ARN, role):
		return notAuthorized(actionWithSAML)
	}
	name := a.attribute(roleSessionNameAttribute)
	identity := a.attribute(sourceIdentityAttribute)
	switch {
	case name == "":
		return invalidToken("RoleSessionName is required in AuthnResponse")
	case !sessionNameForm().MatchString(name):
		return invalidToken("RoleSessionName in AuthnResponse must match " + samlNames)
	case identity != "" && (!sessionNameForm().MatchString(identity) || strings.HasPrefix(identity, "aws:")):
		return invalidToken("Source Identity must match " + samlNames + ` and not begin with "aws:"`)
	}
	return nil
}

// names reports whether the assertion has the pair of the role and the provider,
// in either order.
func (a *SAMLAssertion) names(provider, role string) bool {
	return slices.ContainsFunc(a.values(roleAttribute), func(pair string) bool {
		first, second, _ := strings.Cut(pair, ",")
		first, second = strings.TrimSpace(first), strings.TrimSpace(second)
		return first == role && second == provider || first == provider && second == role
	})
}

// sessionDuration is what the assertion says of the session's life; nil for nothing.
func (a *SAMLAssertion) sessionDuration() (*int32, error) {
	text := a.attribute(sessionDurationAttribute)
	if text == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return nil, invalidToken(badSessionDuration)
	}
	seconds := int32(n)
	return &seconds, nil
}
