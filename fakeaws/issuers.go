package fakeaws

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// Issuers are the OpenID Connect providers that a World can reach: what AWS would
// fetch from their addresses is here, and nothing is ever fetched from a network.
// It is safe for concurrent use, and a service may ask it under its own lock.
type Issuers struct {
	mu    RWMutex
	byURL map[string]*Issuer // without scheme and last slash
}

// An Issuer is what an OpenID Connect provider publishes. It is immutable: to
// rotate its keys, set another under the same URL.
type Issuer struct {
	// URL is the value of its tokens' claim "iss": "https://idp.example.com".
	URL string
	// Keys are its public keys, *rsa.PublicKey or *ecdsa.PublicKey, by key id.
	Keys map[string]crypto.PublicKey
	// Thumbprint is the SHA-1 digest, in hexadecimal, of its server certificate's
	// authority where that is a private one. Empty is an authority that everybody
	// trusts; then AWS looks at no thumbprints.
	Thumbprint string
	// Identify says for which application and user an OAuth access token is; false
	// for a token that is none of the provider's. Nil is a provider of signed tokens.
	Identify func(accessToken string) (app, user string, ok bool)
}

// Set enters an issuer, in place of any of the same URL.
func (s *Issuers) Set(i *Issuer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byURL == nil {
		s.byURL = make(map[string]*Issuer)
	}
	s.byURL[bareURL(i.URL)] = i
}

// Delete makes an issuer unreachable.
func (s *Issuers) Delete(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byURL, bareURL(url))
}

// Get finds the issuer at a URL.
func (s *Issuers) Get(url string) (*Issuer, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	i, ok := s.byURL[bareURL(url)]
	return i, ok
}

// bareURL is a URL as IAM shows those of providers: without scheme and last slash.
func bareURL(url string) string {
	return strings.TrimSuffix(strings.TrimPrefix(url, "https://"), "/")
}

// A jwk is a public key in JSON (RFC 7517).
type jwk struct {
	Kty string `json:"kty"`
	Kid string `json:"kid"`
	Use string `json:"use"`
	Alg string `json:"alg"`
	Crv string `json:"crv,omitempty"`
	N   string `json:"n,omitempty"`
	E   string `json:"e,omitempty"`
	X   string `json:"x,omitempty"`
	Y   string `json:"y,omitempty"`
}

// JWKS returns the keys as a JSON Web Key Set, as the issuer's jwks_uri has it.
func (i *Issuer) JWKS() []byte {
	encode := base64.RawURLEncoding.EncodeToString
	var set struct {
		Keys []jwk `json:"keys"`
	}
	for _, kid := range slices.Sorted(maps.Keys(i.Keys)) {
		switch key := i.Keys[kid].(type) {
		case *rsa.PublicKey:
			set.Keys = append(set.Keys, jwk{Kty: "RSA", Kid: kid, Use: "sig", Alg: "RS256",
				N: encode(key.N.Bytes()), E: encode(big.NewInt(int64(key.E)).Bytes())})
		case *ecdsa.PublicKey:
			point, err := key.Bytes() // 4, x, y
			if err != nil {
				continue // a key on none of the curves of package elliptic
			}
			half := len(point) / 2
			params := key.Params()
			alg := map[int]string{256: "ES256", 384: "ES384", 521: "ES512"}[params.BitSize]
			set.Keys = append(set.Keys, jwk{Kty: "EC", Kid: kid, Use: "sig", Alg: alg, Crv: params.Name,
				X: encode(point[1 : 1+half]), Y: encode(point[1+half:])})
		}
	}
	text, _ := json.Marshal(set) // strings can always be marshaled
	return text
}
