package sts

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"slices"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A signingKey is a key of an account's issuer of identity tokens. It is made once, on
// first use, beside the calls that wait for it: an RSA key takes a while, and a client that
// leaves does not wait for it.
type signingKey struct {
	id string
	// private is nil until the key is made, err is why it could not be.
	private crypto.Signer
	err     error
	// waiting are the channels of the calls that wait, closed when the key is made. Each is
	// made by its call.
	waiting []chan struct{}
}

// signingKeys are the keys of an issuer by algorithm.
type signingKeys map[string]*signingKey

// outboundKey returns the key of an issuer for an algorithm.
func (s *Fake) outboundKey(ctx context.Context, issuer, algorithm string) (*signingKey, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := s.outbound[issuer][algorithm]
	if key == nil {
		key = &signingKey{id: algorithm + "_" + s.world.IDs().Hex(8)}
		if s.outbound[issuer] == nil {
			s.outbound[issuer] = make(signingKeys)
		}
		s.outbound[issuer][algorithm] = key
		go s.makeKey(key, issuer, algorithm)
	}
	if key.private == nil {
		s.waitFor(ctx, key)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return key, key.err
}

// waitFor returns with the lock, which it gives away meanwhile, when the key is made or the
// client has left.
func (s *Fake) waitFor(ctx context.Context, key *signingKey) {
	made := make(chan struct{})
	key.waiting = append(key.waiting, made)
	s.mu.Unlock()
	select {
	case <-made:
	case <-ctx.Done():
	}
	s.mu.Lock()
	key.waiting = slices.DeleteFunc(key.waiting, func(c chan struct{}) bool { return c == made })
}

// makeKey makes a key, publishes it with the others of its issuer, and tells those who
// wait. A key that cannot be made the next call tries to make again.
func (s *Fake) makeKey(key *signingKey, issuer, algorithm string) {
	private, err := newSigner(algorithm)
	s.mu.Lock()
	defer s.mu.Unlock()
	if key.err = err; err == nil {
		key.private = private
		s.publish(issuer)
	} else {
		delete(s.outbound[issuer], algorithm)
	}
	for _, made := range key.waiting {
		close(made)
	}
	key.waiting = nil
}

// newSigner makes a key.
func newSigner(algorithm string) (crypto.Signer, error) {
	if algorithm == "RS256" {
		return rsa.GenerateKey(rand.Reader, 2048)
	}
	return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
}

// publish gives the public keys of an issuer to the World.
func (s *Fake) publish(issuer string) {
	published := &fakeaws.Issuer{URL: issuer, Keys: make(map[string]crypto.PublicKey)}
	for _, key := range s.outbound[issuer] {
		if key.private != nil {
			published.Keys[key.id] = key.private.Public()
		}
	}
	s.world.Issuers().Set(published)
}
