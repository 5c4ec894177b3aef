package certs_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/iam/internal/certs"
)

var begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// A made certificate, with its key, in PEM and as crypto/x509 has it.
type made struct {
	parsed       *x509.Certificate
	key          *ecdsa.PrivateKey
	body, secret string
}

// issue makes a certificate that issuer has signed; nil: itself.
func issue(t *testing.T, issuer *made) *made {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: begin, NotAfter: begin.Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	parent, signer := template, key
	if issuer != nil {
		parent, signer = issuer.parsed, issuer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	text := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return &made{parsed, key, text("CERTIFICATE", der), text("PRIVATE KEY", private)}
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	root := issue(t, nil)
	middle := issue(t, root)
	leaf := issue(t, middle)

	parsed, ok := certs.Parse(leaf.body)
	require.True(t, ok)
	assert.Equal(t, leaf.parsed.Raw, parsed.Raw)
	for _, text := range []string{"", "x", leaf.body + root.body, leaf.secret, leaf.body[:100]} {
		_, ok := certs.Parse(text)
		assert.False(t, ok, text)
	}

	key, ok := certs.ParsePrivateKey(leaf.secret)
	require.True(t, ok)
	assert.True(t, certs.Belongs(key, parsed))
	assert.False(t, certs.Belongs(key, root.parsed))
	for _, text := range []string{"", "x", leaf.body} {
		_, ok := certs.ParsePrivateKey(text)
		assert.False(t, ok, text)
	}

	for chain, want := range map[string]struct {
		last int
		ok   bool
	}{
		middle.body + root.body: {1, true},
		middle.body:             {0, true},
		middle.body + leaf.body: {0, false},
		root.body:               {-1, false},
		"":                      {-1, false},
		"x":                     {-1, false},
	} {
		last, ok := certs.CheckChain(parsed, chain)
		assert.Equal(t, want.ok, ok)
		assert.Equal(t, want.last, last)
	}
}

func TestCurrent(t *testing.T) {
	t.Parallel()
	c := issue(t, nil).parsed
	for at, want := range map[time.Duration]bool{-time.Second: false, 0: true, time.Hour: true, time.Hour + time.Second: false} {
		assert.Equal(t, want, certs.Current(c, begin.Add(at)), at)
	}
}
