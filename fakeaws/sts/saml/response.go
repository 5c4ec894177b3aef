package saml

import (
	"strings"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/russellhaering/goxmldsig/etreeutils"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
)

// Namespaces of SAML 2.0.
const (
	protocolNS  = "urn:oasis:names:tc:SAML:2.0:protocol"
	assertionNS = "urn:oasis:names:tc:SAML:2.0:assertion"
)

const successStatus = "urn:oasis:names:tc:SAML:2.0:status:Success"

// nameIDFormat begins the formats of names, and is left out of saml:sub_type.
const nameIDFormat = "urn:oasis:names:tc:SAML:2.0:nameid-format:"

// What is canonicalized is bounded before: for each element the namespaces that are in
// scope there are copied, several times. The length of a response is bounded by the model;
// AWS's own limits of these are unverified, and no provider's responses come near.
const (
	maxElements   = 5000
	maxDepth      = 100
	maxAttributes = 5000
	// maxScopes is the sum of the namespaces in scope at all elements.
	maxScopes = 20_000
)

// readResponse verifies the signature of a response and reads its assertion out
// of what was signed: whatever else the document has, in whatever place, is not
// looked at, so that nothing can be wrapped around a good signature.
func readResponse(text []byte, provider fakeaws.SAMLProvider, now time.Time) (*sts.SAMLAssertion, error) {
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(text); err != nil || doc.Root() == nil || !bounded(doc.Root()) {
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

// bounded reports whether a document is as small as responses are.
func bounded(root *etree.Element) bool {
	var t tally
	return t.add(root, 0, 0)
}

// A tally counts what makes canonical XML slow.
type tally struct{ elements, attributes, scopes int }

// add counts an element, where so many namespaces are in scope, and what is below it; false
// when that is too much.
func (t *tally) add(el *etree.Element, depth, scope int) bool {
	for _, a := range el.Attr {
		if a.Space == "xmlns" || a.Space == "" && a.Key == "xmlns" {
			scope++
		}
	}
	t.elements++
	t.attributes += len(el.Attr)
	t.scopes += scope
	if depth > maxDepth || t.elements > maxElements || t.attributes > maxAttributes || t.scopes > maxScopes {
		return false
	}
	for _, child := range el.Child {
		if child, ok := child.(*etree.Element); ok && !t.add(child, depth+1, scope) {
			return false
		}
	}
	return true
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
	case !bounded(response): // with what was decrypted
		return nil, invalidToken(notAResponse)
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
func readAssertion(el *etree.Element) (*sts.SAMLAssertion, error) {
	a := &sts.SAMLAssertion{Issuer: textOf(only(el, "Issuer"))}
	confirmation := only(only(el, "Subject"), "SubjectConfirmation")
	data := only(confirmation, "SubjectConfirmationData")
	conditions, statement := only(el, "Conditions"), only(el, "AuthnStatement")
	if data == nil {
		return nil, invalidToken(sts.NoSubjectConfirmation)
	}
	a.Recipient = data.SelectAttrValue("Recipient", "")
	name := only(only(el, "Subject"), "NameID")
	a.Subject = textOf(name)
	if name != nil {
		a.SubjectType = strings.TrimPrefix(name.SelectAttrValue("Format", ""), nameIDFormat)
	}
	valid := readTime(&a.Issued, el, "IssueInstant") && readTime(&a.NotOnOrAfter, data, "NotOnOrAfter") &&
		readTime(&a.NotBefore, conditions, "NotBefore") && readTime(&a.ConditionsEnd, conditions, "NotOnOrAfter") &&
		readTime(&a.SessionEnds, statement, "SessionNotOnOrAfter")
	if !valid {
		return nil, invalidToken(notAResponse)
	}
	if conditions != nil {
		for _, restriction := range children(conditions, assertionNS, "AudienceRestriction") {
			for _, audience := range children(restriction, assertionNS, "Audience") {
				a.Audiences = append(a.Audiences, textOf(audience))
			}
		}
	}
	a.Attributes = readAttributes(el)
	return a, nil
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

func readAttributes(el *etree.Element) []sts.SAMLAttribute {
	var read []sts.SAMLAttribute
	for _, statement := range children(el, assertionNS, "AttributeStatement") {
		for _, attribute := range children(statement, assertionNS, "Attribute") {
			one := sts.SAMLAttribute{Name: attribute.SelectAttrValue("Name", "")}
			for _, value := range children(attribute, assertionNS, "AttributeValue") {
				one.Values = append(one.Values, textOf(value))
			}
			read = append(read, one)
		}
	}
	return read
}
