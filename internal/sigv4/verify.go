package sigv4

import (
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxSkew is how far the clocks of signer and service may be apart.
const maxSkew = 15 * time.Minute

// maxKeys bounds the cache of a Verifier. A key is good for one day, region and
// service, so a cache that is full holds mostly keys that are not used again.
const maxKeys = 1024

// EmptyHash is the hash of an empty body.
const EmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// Hash returns the hexadecimal SHA-256 of a body.
func Hash(body []byte) string {
	if len(body) == 0 {
		return EmptyHash
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// A Verifier verifies signatures. It keeps signing keys, because deriving one
// takes four HMACs. The zero value is ready to use, by several goroutines.
type Verifier struct {
	mu   sync.RWMutex
	keys map[keyID]*signingKey
}

// A keyID is what a key is derived from. The key of SigV4A has an access key id
// and no scope.
type keyID struct{ secret, date, region, service, accessKeyID string }

// A signingKey is a derived key as HMAC uses it: the two blocks that go before
// the message and before the inner hash. That of SigV4A is public instead.
type signingKey struct {
	inner, outer [sha256.BlockSize]byte
	public       *ecdsa.PublicKey
}

// Verify reports whether s is the signature that the owner of secret makes of
// the request, and whether it is valid at the time now. bodyHash is the
// hexadecimal SHA-256 of the body; Amazon S3 signs X-Amz-Content-Sha256 instead,
// so for S3 it is not looked at, and the body is verified while it is read from
// [NewBody]. Errors are of type [*Error].
func (v *Verifier) Verify(r *http.Request, s *Signature, secret, bodyHash string, now time.Time) error {
	if s.Posted() {
		return v.verifyPost(s, secret, now)
	}
	if s.Version2() {
		return s.verify2(r, secret, now)
	}
	if err := s.checkTime(now); err != nil {
		return err
	}
	if err := s.checkHeaders(r); err != nil {
		return err
	}
	if s.s3() {
		if err := checkContentHash(s.ContentSHA256); err != nil {
			return err
		}
		bodyHash = s.ContentSHA256
	} else if bodyHash == "" {
		// A mistake of the caller must not make signatures good for every body.
		return errors.New("sigv4: the body of a request that is signed for " + s.Service + " was not hashed")
	}
	s.key = v.key(secret, s)
	c := scratches.Get().(*scratch)
	defer c.release()
	path, other := canonicalPath(r, s)
	if c.verify(r, s, path, bodyHash) || other != path && c.verify(r, s, other, bodyHash) {
		return nil
	}
	// Clients differ in whether they sign the bytes of metadata that is not US-ASCII or its
	// characters in UTF-8. S3 takes both.
	if read := inLatin1(r); read != nil && s.s3() && c.verify(read, s, path, bodyHash) {
		return nil
	}
	hint := c.diagnose(r, s, bodyHash)
	c.verify(r, s, path, bodyHash) // what AWS would show
	return s.mismatch(s.Signature, string(c.canonical), c.stringToSign(), hint)
}

// verify makes the canonical request and the string to sign, and compares the
// signature of the request with theirs.
func (c *scratch) verify(r *http.Request, s *Signature, path, bodyHash string) bool {
	c.canonicalize(r, s, path, bodyHash)
	hash := sha256.Sum256(c.canonical)
	c.startStringToSign(s, "")
	c.toSign = hex.AppendEncode(c.toSign, hash[:])
	return c.signedBy(s.key, s.Signature)
}

// checkTime compares the signing time with the clock.
func (s *Signature) checkTime(now time.Time) error {
	age := now.Sub(s.Time)
	switch {
	case s.Presigned && s.s3():
		// Unverified: that a URL may be as much ahead of the clock as a header.
		if age < -maxSkew {
			return s.notYetValid(now)
		}
		if s.Expires == 0 || age >= s.Expires {
			return s.expired(now)
		}
	case age > maxSkew, age < -maxSkew:
		return s.skew(now)
	}
	return nil
}

// checkHeaders insists on the headers that must be signed: Host everywhere, and
// in Amazon S3 also every x-amz- header of the request ("Signature Calculations
// for the Authorization Header"), so that who only has a presigned URL
// cannot add an ACL, for example. X-Amz-Content-Sha256 is bound by the canonical request
// anyway, and S3 tolerates it unsigned.
func (s *Signature) checkHeaders(r *http.Request) error {
	var unsigned []string
	s.indexSigned()
	if !s.signs("host") {
		unsigned = append(unsigned, "host")
	}
	if s.s3() {
		for name := range r.Header {
			if len(name) < 7 || !strings.EqualFold(name[:6], "x-amz-") {
				continue
			}
			if !s.signsHeader(name) {
				unsigned = append(unsigned, strings.ToLower(name))
			}
		}
	}
	if unsigned == nil {
		return nil
	}
	slices.Sort(unsigned)
	return unsignedHeaders(unsigned)
}

// signsHeader reports whether the header of a canonical name is signed, or need
// not be.
func (s *Signature) signsHeader(name string) bool {
	var space [64]byte
	lower := space[:0]
	for i := range len(name) {
		ch := name[i]
		if 'A' <= ch && ch <= 'Z' {
			ch |= 0x20
		}
		lower = append(lower, ch)
	}
	return string(lower) == "x-amz-content-sha256" || s.signsBytes(lower)
}

// key returns the signing key of a secret for the scope of s.
func (v *Verifier) key(secret string, s *Signature) *signingKey {
	id := keyID{secret: secret, date: s.Date, region: s.Region, service: s.Service}
	if s.asymmetric() {
		id = keyID{secret: secret, accessKeyID: s.AccessKeyID}
	}
	v.mu.RLock()
	k := v.keys[id]
	v.mu.RUnlock()
	if k != nil {
		return k
	}
	k = newSigningKey(id)
	// The parts of the scope share the memory of a whole header.
	for _, part := range [...]*string{&id.date, &id.region, &id.service, &id.accessKeyID} {
		*part = strings.Clone(*part)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.keys == nil || len(v.keys) >= maxKeys {
		v.keys = make(map[keyID]*signingKey)
	}
	v.keys[id] = k
	return k
}

func newSigningKey(id keyID) *signingKey {
	if id.accessKeyID != "" {
		return &signingKey{public: publicKey(id.accessKeyID, id.secret)}
	}
	sum := []byte("AWS4" + id.secret)
	for _, part := range [...]string{id.date, id.region, id.service, terminator} {
		h := hmac.New(sha256.New, sum)
		h.Write([]byte(part))
		sum = h.Sum(nil)
	}
	k := new(signingKey)
	copy(k.inner[:], sum)
	copy(k.outer[:], sum)
	for i := range k.inner {
		k.inner[i] ^= 0x36
		k.outer[i] ^= 0x5c
	}
	return k
}

// start empties the string to sign. Its first block is the key's.
func (c *scratch) start() {
	c.toSign = append(c.toSign[:0], make([]byte, sha256.BlockSize)...)
}

// startStringToSign writes the lines that strings to sign begin with: algorithm,
// with a suffix where it is not a request's, time and scope.
func (c *scratch) startStringToSign(s *Signature, suffix string) {
	c.start()
	b := append(c.toSign, s.algorithm...)
	b = append(b, suffix...)
	b = append(b, '\n')
	b = append(b, s.stamp...)
	b = append(b, '\n')
	b = append(b, s.Date...)
	b = append(b, '/')
	if !s.asymmetric() {
		b = append(b, s.Region...)
		b = append(b, '/')
	}
	b = append(b, s.Service...)
	c.toSign = append(b, "/"+terminator+"\n"...)
}

func (c *scratch) stringToSign() string { return string(c.toSign[sha256.BlockSize:]) }

// signedBy compares a hexadecimal signature with the HMAC of the string to sign.
func (c *scratch) signedBy(k *signingKey, signature string) bool {
	if k.public != nil {
		return c.signedByPublic(k.public, signature)
	}
	copy(c.toSign, k.inner[:])
	inner := sha256.Sum256(c.toSign)
	var block [sha256.BlockSize + sha256.Size]byte
	copy(block[:], k.outer[:])
	copy(block[sha256.BlockSize:], inner[:])
	sum := sha256.Sum256(block[:])
	var want [2 * sha256.Size]byte
	hex.Encode(want[:], sum[:])
	if len(signature) != len(want) {
		return false
	}
	var got [2 * sha256.Size]byte
	copy(got[:], signature)
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1
}
