// Package certs reads the certificates and private keys that IAM stores.
package certs

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"time"
)

// parseAll reads one or more certificates in PEM. Text before, between
// and after them is no PEM to AWS.
func parseAll(text string) ([]*x509.Certificate, bool) {
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

// Parse reads exactly one certificate in PEM.
func Parse(text string) (*x509.Certificate, bool) {
	certificates, ok := parseAll(text)
	if !ok || len(certificates) != 1 {
		return nil, false
	}
	return certificates[0], true
}

// Current reports whether a certificate is valid at a time.
func Current(c *x509.Certificate, now time.Time) bool {
	return !now.Before(c.NotBefore) && !now.After(c.NotAfter)
}

// CheckChain wants each certificate of a chain to have signed the one before it, the first
// one having signed leaf (User Guide "Manage server certificates in IAM"). last is the index
// of the last certificate that fits: -1 where not even the first one does, or where the
// chain cannot be read.
func CheckChain(leaf *x509.Certificate, chain string) (last int, ok bool) {
	certificates, ok := parseAll(chain)
	if !ok {
		return -1, false
	}
	for i, issuer := range certificates {
		if leaf.CheckSignatureFrom(issuer) != nil {
			return i - 1, false
		}
		leaf = issuer
	}
	return len(certificates) - 1, true
}

// ParsePrivateKey reads a private key in PEM that is not encrypted, in any of
// the three forms of private keys.
func ParsePrivateKey(text string) (crypto.Signer, bool) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, false
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, true
	}
	if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return key, true
	}
	if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		if signer, ok := key.(crypto.Signer); ok {
			return signer, true
		}
	}
	return nil, false
}

// Belongs reports whether a private key is that of a certificate.
func Belongs(key crypto.Signer, c *x509.Certificate) bool {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(c.PublicKey)
}
