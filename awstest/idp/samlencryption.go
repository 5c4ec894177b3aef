package idp

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"

	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/beevik/etree"
	"github.com/leastpriv/leastpriv/awstest"
	saml "github.com/russellhaering/gosaml2/types"
)

// EncryptAssertions gives the account's IAM provider a private key and has it
// demand encrypted assertions. From then on the provider encrypts those of its
// responses, with the newest key if called again.
func (p *SAMLProvider) EncryptAssertions() {
	t := p.account.TB()
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatalf("idp: SAML provider %s: %v", p.arn, err)
		return
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	awstest.Do[awsiam.UpdateSAMLProviderOutput](p.account, &awsiam.UpdateSAMLProviderInput{
		SAMLProviderArn: &p.arn, AddPrivateKey: &text, AssertionEncryptionMode: types.AssertionEncryptionModeTypeRequired,
	})
	p.encryption = &key.PublicKey
}

const xmlenc = "http://www.w3.org/2001/04/xmlenc#"

// encrypted returns the EncryptedAssertion of an assertion: AES-256-GCM with a key
// of its own, which RSA-OAEP hides.
func encrypted(assertion *etree.Element, to *rsa.PublicKey) (*etree.Element, error) {
	doc := etree.NewDocument()
	doc.SetRoot(assertion)
	plain, err := doc.WriteToBytes()
	if err != nil {
		return nil, err
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	hidden, err := rsa.EncryptOAEP(sha1.New(), rand.Reader, to, key, nil)
	if err != nil {
		return nil, err
	}
	element := etree.NewElement("saml:EncryptedAssertion")
	element.CreateAttr("xmlns:saml", samlAssertionNS)
	data := element.CreateElement("xenc:EncryptedData")
	data.CreateAttr("xmlns:xenc", xmlenc)
	data.CreateAttr("Type", xmlenc+"Element")
	data.CreateElement("xenc:EncryptionMethod").CreateAttr("Algorithm", saml.MethodAES256GCM)
	info := data.CreateElement("ds:KeyInfo")
	info.CreateAttr("xmlns:ds", "http://www.w3.org/2000/09/xmldsig#")
	encryptedKey := info.CreateElement("xenc:EncryptedKey")
	encryptedKey.CreateElement("xenc:EncryptionMethod").CreateAttr("Algorithm", saml.MethodRSAOAEP)
	for el, text := range map[*etree.Element][]byte{encryptedKey: hidden, data: gcm.Seal(nil, nil, plain, nil)} {
		el.CreateElement("xenc:CipherData").CreateElement("xenc:CipherValue").SetText(base64.StdEncoding.EncodeToString(text))
	}
	return element, nil
}
