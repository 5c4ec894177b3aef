package sts

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/russellhaering/goxmldsig/etreeutils"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Namespaces of SAML 2.0.
const (
	protocolNS  = "urn:oasis:names:tc:SAML:2.0:protocol"
	assertionNS = "urn:oasis:names:tc:SAML:2.0:assertion"
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
var signIn = regexp.MustCompile(`^https://([a-z0-9-]+\.)?signin\.aws\.amazon\.com/saml(/acs/[\w-]+)?$`)

// otherAudience is the other name under which AWS goes as an audience.
const otherAudience = "urn:amazon:webservices"

const successStatus = "urn:oasis:names:tc:SAML:2.0:status:Success"

// nameIDFormat begins the formats of names, and is left out of saml:sub_type.
const nameIDFormat = "urn:oasis:names:tc:SAML:2.0:nameid-format:"

// maxResponse bounds the elements of a response, whose text is bounded by the
// model: canonical XML of deep nesting is slow to make.
const maxResponse = 5000

// An assertion is what a signed assertion says.
type assertion struct {
	issuer               string
	subject, subjectType string
	recipient            string
	issued               time.Time
	notBefore            time.Time // zero where it does not say
	notOnOrAfter         time.Time // of the confirmation
	conditionsEnd        time.Time // zero where it does not say
	sessionEnds          time.Time // zero where it does not say
	audiences            []string
	attributes           map[string][]string
	tags                 []types.Tag
}

// readResponse verifies the signature of a response and reads its assertion out
// of what was signed: whatever else the document has, in whatever place, is not
// looked at, so that nothing can be wrapped around a good signature.
func readResponse(text []byte, provider fakeaws.SAMLProvider, now time.Time) (*assertion, error) {
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(text); err != nil || doc.Root() == nil || count(doc.Root(), 0) > maxResponse {
		return nil, invalidToken(notAResponse)
	}
	root := doc.Root()
	if !isElement(root, protocolNS, "Response") {
		return nil, invalidToken(notAResponse)
	}
	signed, err := signedAssertion(root, provider, now)
	if err != nil {
		return nil, err
	}
	return readAssertion(signed)
}

// count is the number of elements below and with el; it gives up at a depth that
// no response has.
func count(el *etree.Element, depth int) int {
	n := 1
	if depth > 100 {
		return maxResponse + 1
	}
	for _, child := range el.ChildElements() {
		n += count(child, depth+1)
	}
	return n
}

// signedAssertion returns the only assertion of a response, as the signature of
// the response or of the assertion itself covers it.
func signedAssertion(root *etree.Element, provider fakeaws.SAMLProvider, now time.Time) (*etree.Element, error) {
	ctx := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: provider.Certificates})
	ctx.Clock = dsig.NewFakeClockAt(now)
	if !uniqueIDs(root, make(map[string]bool)) {
		return nil, invalidToken(badResponseSignature)
	}
	response, err := ctx.Validate(root)
	whole := err == nil // the status and what is encrypted are signed too
	if !whole {
		response = root
	}
	if !succeeded(response) {
		return nil, invalidToken(notSuccessful)
	}
	if err := decryptAssertion(response, provider); err != nil {
		return nil, err
	}
	found := children(response, assertionNS, "Assertion")
	switch {
	case len(found) != 1:
		return nil, invalidToken(notAResponse)
	case !uniqueIDs(response, make(map[string]bool)):
		return nil, invalidToken(badResponseSignature)
	case whole:
		return found[0], nil
	}
	// The assertion must be verifiable by itself, with the namespaces around it.
	alone, err := etreeutils.NSDetatch(namespaces(response), found[0])
	if err != nil {
		return nil, invalidToken(notAResponse)
	}
	signed, err := ctx.Validate(alone)
	if err != nil || !isElement(signed, assertionNS, "Assertion") {
		return nil, invalidToken(badResponseSignature)
	}
	return signed, nil
}

// namespaces is the context of the children of an element.
func namespaces(el *etree.Element) etreeutils.NSContext {
	ctx, err := etreeutils.NewDefaultNSContext().SubContext(el)
	if err != nil {
		return etreeutils.NewDefaultNSContext()
	}
	return ctx
}

// uniqueIDs reports whether no two elements have the same ID: which of them a
// signature means could not be told.
func uniqueIDs(el *etree.Element, seen map[string]bool) bool {
	if id := el.SelectAttrValue("ID", ""); id != "" {
		if seen[id] {
			return false
		}
		seen[id] = true
	}
	for _, child := range el.ChildElements() {
		if !uniqueIDs(child, seen) {
			return false
		}
	}
	return true
}

func succeeded(response *etree.Element) bool {
	for _, status := range children(response, protocolNS, "Status") {
		for _, code := range children(status, protocolNS, "StatusCode") {
			return code.SelectAttrValue("Value", "") == successStatus
		}
	}
	return false
}

func isElement(el *etree.Element, namespace, name string) bool {
	return el.Tag == name && el.NamespaceURI() == namespace
}

// children are the child elements of a name.
func children(el *etree.Element, namespace, name string) []*etree.Element {
	var found []*etree.Element
	for _, child := range el.ChildElements() {
		if isElement(child, namespace, name) {
			found = append(found, child)
		}
	}
	return found
}

// only is the only child of a name; nil when there is none, or several.
func only(el *etree.Element, name string) *etree.Element {
	if el == nil {
		return nil
	}
	if found := children(el, assertionNS, name); len(found) == 1 {
		return found[0]
	}
	return nil
}

// textOf is the text of an element; comments do not cut it short.
func textOf(el *etree.Element) string {
	if el == nil {
		return ""
	}
	var b strings.Builder
	for _, token := range el.Child {
		if data, ok := token.(*etree.CharData); ok {
			b.WriteString(data.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

func timeOf(el *etree.Element, attribute string) (time.Time, bool) {
	text := el.SelectAttrValue(attribute, "")
	if text == "" {
		return time.Time{}, true
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	return t, err == nil
}

// readAssertion reads what was signed.
func readAssertion(el *etree.Element) (*assertion, error) {
	a := &assertion{issuer: textOf(only(el, "Issuer")), attributes: make(map[string][]string)}
	confirmation := only(only(el, "Subject"), "SubjectConfirmation")
	data := only(confirmation, "SubjectConfirmationData")
	conditions, statement := only(el, "Conditions"), only(el, "AuthnStatement")
	if data == nil {
		return nil, invalidToken(noConfirmation)
	}
	a.recipient = data.SelectAttrValue("Recipient", "")
	name := only(only(el, "Subject"), "NameID")
	a.subject = textOf(name)
	if name != nil {
		a.subjectType = strings.TrimPrefix(name.SelectAttrValue("Format", ""), nameIDFormat)
	}
	valid := readTime(&a.issued, el, "IssueInstant") && readTime(&a.notOnOrAfter, data, "NotOnOrAfter") &&
		readTime(&a.notBefore, conditions, "NotBefore") && readTime(&a.conditionsEnd, conditions, "NotOnOrAfter") &&
		readTime(&a.sessionEnds, statement, "SessionNotOnOrAfter")
	if !valid {
		return nil, invalidToken(notAResponse)
	}
	if conditions != nil {
		for _, restriction := range children(conditions, assertionNS, "AudienceRestriction") {
			for _, audience := range children(restriction, assertionNS, "Audience") {
				a.audiences = append(a.audiences, textOf(audience))
			}
		}
	}
	return a, a.readAttributes(el)
}

// readTime reads an attribute of an element that may not be there.
func readTime(to *time.Time, el *etree.Element, attribute string) bool {
	if el == nil {
		return true
	}
	t, ok := timeOf(el, attribute)
	*to = t
	return ok
}

func (a *assertion) readAttributes(el *etree.Element) error {
	for _, statement := range children(el, assertionNS, "AttributeStatement") {
		for _, attribute := range children(statement, assertionNS, "Attribute") {
			name := attribute.SelectAttrValue("Name", "")
			var values []string
			for _, value := range children(attribute, assertionNS, "AttributeValue") {
				values = append(values, textOf(value))
			}
			if key, isTag := strings.CutPrefix(name, principalTagAttribute); isTag {
				tag, err := samlTag(key, values)
				if err != nil {
					return err
				}
				a.tags = append(a.tags, tag)
				continue
			}
			a.attributes[name] = append(a.attributes[name], values...)
		}
	}
	return nil
}

// attribute is the first value of an attribute.
func (a *assertion) attribute(name string) string {
	if values := a.attributes[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

var (
	sessionNameForm = regexp.MustCompile(`^[a-zA-Z_0-9+=,.@-]{2,64}$`)
	samlNames       = "[a-zA-Z_0-9+=,.@-]{2,64}"
)

// check refuses an assertion that is not for AWS, not for the role, or too old.
func (a *assertion) check(provider fakeaws.SAMLProvider, role string, now time.Time) error {
	switch {
	case a.issuer != provider.Issuer:
		return invalidToken("Issuer not present in specified provider")
	case a.notOnOrAfter.IsZero(), a.recipient == "":
		return invalidToken(noConfirmation)
	case !signIn.MatchString(a.recipient):
		return invalidToken(wrongRecipient)
	case len(a.audiences) > 0 && !slices.ContainsFunc(a.audiences, func(s string) bool { return s == otherAudience || signIn.MatchString(s) }):
		return invalidToken("Response does not contain the required audience.")
	case !now.Before(a.notOnOrAfter), now.Sub(a.issued) > redeemWithin:
		return expiredToken("Token must be redeemed within 5 minutes of issuance")
	case now.Before(a.notBefore), !a.conditionsEnd.IsZero() && !now.Before(a.conditionsEnd):
		return expiredToken(outsideConditions)
	case a.subject == "":
		return invalidToken(noNameID)
	case !a.names(provider.ARN, role):
		return accessDenied("Not authorized to perform " + actionWithSAML)
	}
	name := a.attribute(roleSessionNameAttribute)
	identity := a.attribute(sourceIdentityAttribute)
	switch {
	case name == "":
		return invalidToken("RoleSessionName is required in AuthnResponse")
	case !sessionNameForm.MatchString(name):
		return invalidToken("RoleSessionName in AuthnResponse must match " + samlNames)
	case identity != "" && (!sessionNameForm.MatchString(identity) || strings.HasPrefix(identity, "aws:")):
		return invalidToken("Source Identity must match " + samlNames + ` and not begin with "aws:"`)
	}
	return nil
}

// names reports whether the assertion has the pair of the role and the provider,
// in either order.
func (a *assertion) names(provider, role string) bool {
	return slices.ContainsFunc(a.attributes[roleAttribute], func(pair string) bool {
		first, second, _ := strings.Cut(pair, ",")
		first, second = strings.TrimSpace(first), strings.TrimSpace(second)
		return first == role && second == provider || first == provider && second == role
	})
}

// sessionDuration is what the assertion says of the session's life; nil for nothing.
func (a *assertion) sessionDuration() (*int32, error) {
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
