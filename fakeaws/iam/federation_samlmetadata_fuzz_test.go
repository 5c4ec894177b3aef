package iam

import (
	"strings"
	"testing"
)

// Whatever is sent, the reader of metadata ends, and takes only what names its
// issuer.
func FuzzSAMLMetadata(f *testing.F) {
	const sso = `<IDPSSODescriptor/>`
	const open = `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x" `
	f.Add(open + `validUntil="2030-01-02T03:04:05Z">` + sso + `</EntityDescriptor>`)
	f.Add(open + `></EntityDescriptor><!-- end -->`)
	f.Add(`<?xml version="1.0"?><a><b></a>`)
	f.Fuzz(func(t *testing.T, document string) {
		m, err := readMetadata(document)
		if err == nil && (m.document != document || !strings.Contains(document, "entityID")) {
			t.Errorf("took %q", document)
		}
	})
}
