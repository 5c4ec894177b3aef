package saml

import (
	"crypto/rsa"
	"crypto/tls"
	"encoding/xml"
	"slices"

	"github.com/beevik/etree"
	"github.com/russellhaering/gosaml2/types"
	"github.com/russellhaering/goxmldsig/etreeutils"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// decryptAssertion puts the assertion of a response in the place of the encrypted
// one, if that is how the response has it. Whether anybody has signed it is looked
// at afterwards.
func decryptAssertion(response *etree.Element, provider fakeaws.SAMLProvider) error {
	found := children(response, assertionNS, "EncryptedAssertion")
	switch {
	case len(found) == 0 && provider.Encrypted && len(children(response, assertionNS, "Assertion")) > 0:
		return invalidToken(notEncrypted)
	case len(found) == 0:
		return nil
	case len(found) > 1:
		return invalidToken(notAResponse)
	}
	alone, err := etreeutils.NSDetatch(namespaces(response), found[0])
	if err != nil {
		return invalidToken(notAResponse)
	}
	doc := etree.NewDocument()
	doc.SetRoot(alone)
	text, err := doc.WriteToBytes()
	if err != nil {
		return invalidToken(notAResponse)
	}
	for _, key := range provider.Keys {
		plain, err := decrypt(text, key)
		if err != nil {
			continue // encrypted for the other key
		}
		doc := etree.NewDocument()
		if doc.ReadFromBytes(plain) != nil || doc.Root() == nil || !bounded(doc.Root()) {
			return invalidToken(notAResponse)
		}
		response.InsertChildAt(found[0].Index(), doc.Root())
		response.RemoveChild(found[0])
		return nil
	}
	return invalidToken(notDecrypted)
}

// blockCiphers are the algorithms by which AWS's page "Manage SAML encryption keys"
// means AES-GCM and AES-CBC.
var blockCiphers = []string{
	types.MethodAES128GCM, types.MethodAES192GCM, types.MethodAES256GCM, types.MethodAES128CBC, types.MethodAES256CBC,
}

// decrypt returns the text of an encrypted assertion.
func decrypt(element []byte, key *rsa.PrivateKey) ([]byte, error) {
	var encrypted types.EncryptedAssertion
	if err := xml.Unmarshal(element, &encrypted); err != nil {
		return nil, err
	}
	if !slices.Contains(blockCiphers, encrypted.EncryptionMethod.Algorithm) {
		return nil, invalidToken(notDecrypted)
	}
	// A certificate beside the key says only for whom it is meant; which key fits
	// is tried out.
	encrypted.EncryptedKey.X509Data, encrypted.DetEncryptedKey.X509Data = "", ""
	return encrypted.DecryptBytes(&tls.Certificate{Certificate: [][]byte{{}}, PrivateKey: key})
}
