package saml

import (
	"crypto/rand"
	"crypto/rsa"
	"testing"
	"time"

	"github.com/beevik/etree"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Whatever is sent, reading a response ends, and nothing unsigned is believed;
// whatever is signed, reading the assertion ends.
func FuzzSAMLResponse(f *testing.F) {
	const open = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">`
	f.Add(open + `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status><saml:Assertion ID="_1"/></samlp:Response>`)
	f.Add(open + `<saml:Assertion ID="_1" IssueInstant="2026-01-01T00:00:00Z"><saml:Issuer>x</saml:Issuer><saml:Subject><saml:NameID>a<!-- -->b</saml:NameID>` +
		`<saml:SubjectConfirmation><saml:SubjectConfirmationData NotOnOrAfter="2026-01-01T00:00:00.5Z" Recipient="r"/></saml:SubjectConfirmation></saml:Subject>` +
		`<saml:AttributeStatement><saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/PrincipalTag:k"><saml:AttributeValue>v</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>` +
		`<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:Reference URI="#_1"/></ds:SignedInfo><ds:SignatureValue/></ds:Signature></saml:Assertion></samlp:Response>`)
	f.Add(`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`)
	f.Add(open)
	f.Add(open + `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status><saml:EncryptedAssertion><xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#">` +
		`<xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes256-cbc"/><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptedKey>` +
		`<xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-1_5"/><xenc:CipherData><xenc:CipherValue>AAAA</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo>` +
		`<xenc:CipherData><xenc:CipherValue>AAAA</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData></saml:EncryptedAssertion></samlp:Response>`)
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		f.Fatal(err)
	}
	provider := fakeaws.SAMLProvider{ARN: "arn:aws:iam::111122223333:saml-provider/p", Issuer: "x", Keys: []*rsa.PrivateKey{key}}
	now := time.Unix(1767225600, 0)
	f.Fuzz(func(t *testing.T, text string) {
		if a, err := readResponse([]byte(text), provider, now); err == nil {
			t.Fatalf("believed %+v without a certificate", a)
		}
		doc := etree.NewDocument()
		if doc.ReadFromString(text) != nil || doc.Root() == nil {
			return
		}
		for _, el := range children(doc.Root(), assertionNS, "Assertion") {
			_, _ = readAssertion(el)
		}
	})
}
