package saml

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"hash"
	"strings"
	"testing"
	"time"

	"github.com/russellhaering/gosaml2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A cipherSuite is one way of many to encrypt an assertion.
type cipherSuite struct {
	block, transport string
	keySize          int
	digest           func() hash.Hash
	// detached has the key beside the data; certificate names for whom it is.
	detached, certificate bool
}

func (c cipherSuite) encrypt(t *testing.T, plain []byte, to *rsa.PublicKey) string {
	t.Helper()
	key := make([]byte, c.keySize)
	_, _ = rand.Read(key)
	block, err := aes.NewCipher(key)
	require.NoError(t, err)
	var text []byte
	if strings.HasSuffix(c.block, "-gcm") {
		gcm, err := cipher.NewGCMWithRandomNonce(block)
		require.NoError(t, err)
		text = gcm.Seal(nil, nil, plain, nil)
	} else {
		pad := aes.BlockSize - len(plain)%aes.BlockSize
		plain = append(bytes.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
		text = make([]byte, aes.BlockSize+len(plain))
		_, _ = rand.Read(text[:aes.BlockSize])
		cipher.NewCBCEncrypter(block, text[:aes.BlockSize]).CryptBlocks(text[aes.BlockSize:], plain)
	}
	var hidden []byte
	digest := ""
	switch c.transport {
	case types.MethodRSAv1_5:
		hidden, err = rsa.EncryptPKCS1v15(rand.Reader, to, key)
	default:
		hidden, err = rsa.EncryptOAEP(c.digest(), rand.Reader, to, key, nil)
		if c.digest().Size() == sha256.Size {
			digest = `<ds:DigestMethod xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/2000/09/xmldsig#sha256"/>`
		}
	}
	require.NoError(t, err)
	certificate := ""
	if c.certificate {
		certificate = `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`
	}
	b64 := base64.StdEncoding.EncodeToString
	encryptedKey := `<xenc:EncryptedKey xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"><xenc:EncryptionMethod Algorithm="` + c.transport + `">` + digest + `</xenc:EncryptionMethod>` +
		certificate + `<xenc:CipherData><xenc:CipherValue>` + b64(hidden) + `</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>`
	inside, beside := `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">`+encryptedKey+`</ds:KeyInfo>`, ""
	if c.detached {
		inside, beside = "", encryptedKey
	}
	return `<saml:EncryptedAssertion><xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"><xenc:EncryptionMethod Algorithm="` + c.block + `"/>` + inside +
		`<xenc:CipherData><xenc:CipherValue>` + b64(text) + `</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>` + beside + `</saml:EncryptedAssertion>`
}

// response puts an assertion, plain or not, into a response.
func response(assertion string) string {
	return `<samlp:Response xmlns:samlp="` + protocolNS + `" xmlns:saml="` + assertionNS + `" ID="_r"><samlp:Status><samlp:StatusCode Value="` + successStatus + `"/></samlp:Status>` +
		assertion + `</samlp:Response>`
}

const plainAssertion = `<saml:Assertion xmlns:saml="` + assertionNS + `" ID="_a" IssueInstant="2026-01-01T00:00:00Z"><saml:Issuer>x</saml:Issuer><saml:Subject><saml:NameID>alice</saml:NameID>` +
	`<saml:SubjectConfirmation><saml:SubjectConfirmationData NotOnOrAfter="2026-01-01T00:05:00Z" Recipient="r"/></saml:SubjectConfirmation></saml:Subject></saml:Assertion>`

func TestEncryptedAssertions(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 1, 0, 0, time.UTC)
	certificate, signed := newSigner(t, now)
	signer, old, current := newKey(t), newKey(t), newKey(t)
	provider := fakeaws.SAMLProvider{Issuer: "x", Certificates: []*x509.Certificate{certificate}, Keys: []*rsa.PrivateKey{old, current}, Encrypted: true}
	read := func(t *testing.T, text string) error {
		t.Helper()
		a, err := readResponse([]byte(text), provider, now)
		if err == nil {
			assert.Equal(t, "alice", a.Subject)
		}
		return err
	}

	gcm := cipherSuite{block: types.MethodAES256GCM, keySize: 32, transport: types.MethodRSAOAEP, digest: sha1.New}
	for name, c := range map[string]cipherSuite{
		"AES-128-GCM":       {block: types.MethodAES128GCM, keySize: 16, transport: types.MethodRSAOAEP, digest: sha1.New},
		"AES-256-GCM":       gcm,
		"AES-128-CBC":       {block: types.MethodAES128CBC, keySize: 16, transport: types.MethodRSAOAEP, digest: sha1.New},
		"AES-256-CBC":       {block: types.MethodAES256CBC, keySize: 32, transport: types.MethodRSAv1_5},
		"OAEP with SHA-256": {block: types.MethodAES256GCM, keySize: 32, transport: types.MethodRSAOAEP, digest: sha256.New},
		"detached key":      {block: types.MethodAES256GCM, keySize: 32, transport: types.MethodRSAOAEP, digest: sha1.New, detached: true},
		"some certificate":  {block: types.MethodAES256GCM, keySize: 32, transport: types.MethodRSAOAEP, digest: sha1.New, certificate: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assertion := []byte(signed(plainAssertion))
			require.NoError(t, read(t, response(c.encrypt(t, assertion, &current.PublicKey))))
			require.NoError(t, read(t, response(c.encrypt(t, assertion, &old.PublicKey))))
			require.Error(t, read(t, response(c.encrypt(t, assertion, &signer.PublicKey))))
		})
	}
	t.Run("unsigned", func(t *testing.T) {
		t.Parallel()
		require.ErrorContains(t, read(t, response(gcm.encrypt(t, []byte(plainAssertion), &current.PublicKey))), badResponseSignature)
	})
	t.Run("the response is signed", func(t *testing.T) {
		t.Parallel()
		require.NoError(t, read(t, signed(response(gcm.encrypt(t, []byte(plainAssertion), &current.PublicKey)))))
		exchanged := signed(response(gcm.encrypt(t, []byte(plainAssertion), &current.PublicKey)))
		start, end := strings.Index(exchanged, "<saml:EncryptedAssertion"), strings.Index(exchanged, "</saml:EncryptedAssertion>")+len("</saml:EncryptedAssertion>")
		other := strings.Replace(gcm.encrypt(t, []byte(plainAssertion), &current.PublicKey), ">", ` xmlns:saml="`+assertionNS+`">`, 1)
		exchanged = exchanged[:start] + other + exchanged[end:]
		require.ErrorContains(t, read(t, exchanged), badResponseSignature)
	})
	for name, plain := range map[string]string{
		"no XML": "alice", "something else": "<a/>", "of another namespace": strings.ReplaceAll(plainAssertion, assertionNS, "urn:x"),
		"many elements": "<a>" + strings.Repeat("<b/>", maxElements) + "</a>", "nothing": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Error(t, read(t, response(gcm.encrypt(t, []byte(plain), &current.PublicKey))))
		})
	}
}
