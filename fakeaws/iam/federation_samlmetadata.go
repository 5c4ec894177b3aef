package iam

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"io"
	"strings"
	"time"

	"github.com/leastpriv/leastpriv/fakeaws/iam/internal/certs"
)

// Unverified: metadata that are not those of an identity provider.
const invalidMetadata = "Could not parse metadata"

// samlMetadata is a metadata document and what it says.
type samlMetadata struct {
	document     string
	issuer       string
	certificates []*x509.Certificate // with which assertions are signed
	validUntil   time.Time           // zero when the document does not say
}

// An ssoDescriptor is what metadata say of the keys of an identity provider.
type ssoDescriptor struct {
	Keys []struct {
		Use          string   `xml:"use,attr"`
		Certificates []string `xml:"KeyInfo>X509Data>X509Certificate"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:metadata KeyDescriptor"`
}

// signing returns the certificates with which the provider signs; false when one
// is none. A key without a use is for everything.
func (d *ssoDescriptor) signing() (certificates []*x509.Certificate, ok bool) {
	for _, key := range d.Keys {
		if key.Use != "" && key.Use != "signing" {
			continue
		}
		for _, text := range key.Certificates {
			der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
			if err != nil {
				return nil, false
			}
			certificate, err := x509.ParseCertificate(der)
			if err != nil {
				return nil, false
			}
			certificates = append(certificates, certificate)
		}
	}
	return certificates, true
}

// readMetadata reads the metadata document of an identity provider: an
// EntityDescriptor that names its issuer and describes single sign-on ("Metadata
// for the OASIS Security Assertion Markup Language (SAML) V2.0").
func readMetadata(document string) (samlMetadata, error) {
	m := samlMetadata{document: document}
	var entity struct {
		XMLName    xml.Name        `xml:"urn:oasis:names:tc:SAML:2.0:metadata EntityDescriptor"`
		EntityID   string          `xml:"entityID,attr"`
		ValidUntil *time.Time      `xml:"validUntil,attr"`
		SSO        []ssoDescriptor `xml:"urn:oasis:names:tc:SAML:2.0:metadata IDPSSODescriptor"`
	}
	dec := xml.NewDecoder(strings.NewReader(document))
	if err := dec.Decode(&entity); err != nil || entity.EntityID == "" || len(entity.SSO) == 0 {
		return m, invalidInput(invalidMetadata)
	}
	if !onlyMisc(dec) {
		return m, invalidInput(invalidMetadata)
	}
	m.issuer = entity.EntityID
	for _, sso := range entity.SSO {
		certificates, ok := sso.signing()
		if !ok {
			return m, invalidInput(invalidMetadata)
		}
		m.certificates = append(m.certificates, certificates...)
	}
	if entity.ValidUntil != nil {
		m.validUntil = entity.ValidUntil.UTC()
	}
	return m, nil
}

// onlyMisc reports whether no more than comments and white space follow the
// element that was read.
func onlyMisc(dec *xml.Decoder) bool {
	for {
		switch token, err := dec.Token(); t := token.(type) {
		case nil:
			return err == io.EOF
		case xml.Comment, xml.ProcInst:
		case xml.CharData:
			if strings.TrimSpace(string(t)) != "" {
				return false
			}
		default:
			return false
		}
	}
}

// parseSAMLKey reads the private key of a provider: an RSA key in PEM that is not
// encrypted itself.
func parseSAMLKey(text string) (*rsa.PrivateKey, error) {
	key, _ := certs.ParsePrivateKey(text)
	if private, ok := key.(*rsa.PrivateKey); ok {
		return private, nil
	}
	return nil, invalidInput(invalidPrivateKey)
}
