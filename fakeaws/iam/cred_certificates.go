package iam

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"time"
)

// parseCertificates reads one or more certificates in PEM. Text before, between
// and after them is no PEM to AWS.
func parseCertificates(text string) ([]*x509.Certificate, bool) {
	var certificates []*x509.Certificate
	for rest := []byte(text); len(rest) > 0; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil || block.Type != "CERTIFICATE" {
			return nil, false
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, false
		}
		certificates = append(certificates, c)
	}
	return certificates, len(certificates) > 0
}

// parseCertificate reads exactly one certificate.
func parseCertificate(text string) (*x509.Certificate, error) {
	certificates, ok := parseCertificates(text)
	if !ok || len(certificates) != 1 {
		return nil, malformedCertificate(badCertificate)
	}
	return certificates[0], nil
}

// current reports whether a certificate is valid at a time.
func current(c *x509.Certificate, now time.Time) bool {
	return !now.Before(c.NotBefore) && !now.After(c.NotAfter)
}

// checkChain wants each certificate to have signed the one before it, the first
// one having signed leaf (User Guide "Manage server certificates in IAM").
func checkChain(leaf *x509.Certificate, chain string) error {
	certificates, ok := parseCertificates(chain)
	if !ok {
		return malformedCertificate(fmt.Sprintf(badChain, -1))
	}
	for i, issuer := range certificates {
		if leaf.CheckSignatureFrom(issuer) != nil {
			// AWS says -1 where not even the first one fits.
			return malformedCertificate(fmt.Sprintf(badChain, i-1))
		}
		leaf = issuer
	}
	return nil
}

// parsePrivateKey reads a private key in PEM that is not encrypted, in any of
// the three forms of private keys.
func parsePrivateKey(text string) (crypto.Signer, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, malformedCertificate(badPrivateKey)
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		if signer, ok := key.(crypto.Signer); ok {
			return signer, nil
		}
	}
	return nil, malformedCertificate(badPrivateKey)
}

// belongs reports whether a private key is that of a certificate.
func belongs(key crypto.Signer, c *x509.Certificate) bool {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(c.PublicKey)
}
