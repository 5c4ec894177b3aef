package sns

import (
	"crypto"
	"crypto/md5"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"strings"
	"sync"
	"time"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// testingKey is an RSA key of 2048 bits, the size of AWS's. Everybody knows it, and it
// protects nothing: what it signs never leaves the process. To make one takes some 60 ms.
//
//go:embed signature_key.pem
var testingKey []byte

// A signer has the key that signs what SNS sends, and its certificate.
type signer struct {
	key         *rsa.PrivateKey
	certificate *x509.Certificate
}

// theSigner is that of all Worlds. The key is read when something is first signed.
var theSigner = sync.OnceValue(func() *signer {
	block, _ := pem.Decode(testingKey)
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		panic("sns: no key: " + err.Error()) // the key is the one above
	}
	key := parsed.(*rsa.PrivateKey)
	// Tests move the clocks of Worlds: the certificate is valid at all times.
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sns.amazonaws.com"}, DNSNames: []string{"sns.amazonaws.com"},
		NotBefore: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		panic("sns: no certificate: " + err.Error())
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		panic("sns: no certificate: " + err.Error())
	}
	return &signer{key, certificate}
})

// Certificate is that of the key which signs what the SNS of a World sends. Its address, the
// SigningCertURL, is answered by the World alone, through its Door.
func Certificate(*fakeaws.World) *x509.Certificate { return theSigner().certificate }

// certificatePEM is the answer of a SigningCertURL.
func certificatePEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: theSigner().certificate.Raw})
}

// certificateName is the file of the certificate, by its content.
var certificateName = sync.OnceValue(func() string {
	sum := md5.Sum(theSigner().certificate.Raw)
	return "SimpleNotificationService-" + hex.EncodeToString(sum[:]) + ".pem"
})

func certificateURL(region string) string { return endpointOf(region) + "/" + certificateName() }

// sign signs a text: by SHA1withRSA in version 1, by SHA256withRSA in version 2.
func sign(version, text string) string {
	hash := crypto.SHA1
	var digest []byte
	if version == "2" {
		sum := sha256.Sum256([]byte(text))
		hash, digest = crypto.SHA256, sum[:]
	} else {
		sum := sha1.Sum([]byte(text))
		digest = sum[:]
	}
	signature, err := rsa.SignPKCS1v15(nil, theSigner().key, hash, digest)
	if err != nil {
		panic("sns: " + err.Error()) // the key knows both
	}
	return base64.StdEncoding.EncodeToString(signature)
}

// signature returns the signature of the message for a protocol. It is the same for all
// subscribers, and made once.
func (p *publication) signature(text string, toSign func() string) string {
	if s, ok := p.signed[text]; ok {
		return s
	}
	if p.signed == nil {
		p.signed = make(map[string]string, 1)
	}
	s := sign(p.version, toSign())
	p.signed[text] = s
	return s
}

// signedNotification is what is signed of a notification (developer guide, "Verifying the
// signatures of Amazon SNS messages").
func signedNotification(p *publication, text string) string {
	pairs := []string{"Message", text, "MessageId", p.ID}
	if p.Subject != "" {
		pairs = append(pairs, "Subject", p.Subject)
	}
	return lines(append(pairs, "Timestamp", timestamp(p.Published), "TopicArn", p.TopicARN, "Type", "Notification")...)
}

func lines(pairs ...string) string { return strings.Join(pairs, "\n") + "\n" }
