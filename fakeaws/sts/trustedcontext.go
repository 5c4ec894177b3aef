package sts

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

const (
	// identityCenter is the only context provider that there is (API page
	// "AssumeRole", ProvidedContexts).
	identityCenter = "arn:aws:iam::aws:contextProvider/IdentityCenter"
	// contextPolicy is what STS attaches to every session with a context of IAM
	// Identity Center: it denies all but some actions (AWS Managed Policy Reference).
	contextPolicy = awsPolicies + "AWSIAMIdentityCenterAllowListForIdentityContext"
)

// A TrustedContext is what an assertion of IAM Identity Center says: the condition
// keys of page "AWS STS condition context keys for IAM Identity Center" with their
// values, such as identitystore:UserId.
type TrustedContext struct {
	Keys    map[string]string
	Expires time.Time
}

// SealContext makes the assertion of a context: signed and encrypted by STS, as the
// claim sts:identity_context of IAM Identity Center's tokens is. Only this STS
// can make one or read it.
func (s *Fake) SealContext(c TrustedContext) (string, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	seal, err := s.contextSeal()
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(seal.Seal(nil, nil, text, nil)), nil
}

// contextSeal returns what signs and encrypts contexts, with a key made on first use.
func (s *Fake) contextSeal() (cipher.AEAD, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seal == nil {
		block, err := aes.NewCipher([]byte(s.world.IDs().Hex(32)))
		if err != nil {
			return nil, err
		}
		if s.seal, err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return nil, err
		}
	}
	return s.seal, nil
}

// openContext reads an assertion.
func (s *Fake) openContext(assertion string, now time.Time) (TrustedContext, error) {
	var c TrustedContext
	sealed, err := base64.RawURLEncoding.DecodeString(assertion)
	if err != nil {
		return c, expiredToken(invalidContext)
	}
	seal, err := s.contextSeal()
	if err != nil {
		return c, err
	}
	text, err := seal.Open(nil, nil, sealed, nil)
	if err != nil || json.Unmarshal(text, &c) != nil {
		return c, expiredToken(invalidContext)
	}
	if !now.Before(c.Expires) {
		return c, expiredToken(invalidContext)
	}
	return c, nil
}

// An enhancement is what the contexts of a request bring: keys of the request, and
// those that the session keeps.
type enhancement struct {
	request, session facts
}

// enhance reads the contexts of a request. A session has one at most (IAM Identity
// Center User Guide, "Identity-enhanced IAM role sessions").
func (s *Fake) enhance(provided []types.ProvidedContext, now time.Time) (enhancement, error) {
	var e enhancement
	if len(provided) == 0 {
		return e, nil
	}
	if len(provided) > 1 {
		return e, constraint.Error(manyContexts)
	}
	if arn := aws.ToString(provided[0].ProviderArn); arn != identityCenter {
		return e, constraint.Error(fmt.Sprintf(unknownContextProvider, arn))
	}
	c, err := s.openContext(aws.ToString(provided[0].ContextAssertion), now)
	if err != nil {
		return e, err
	}
	e.request = facts{{key: "sts:RequestContextProviders", values: []string{identityCenter}, many: true}}
	for _, key := range slices.Sorted(maps.Keys(c.Keys)) {
		values := []string{c.Keys[key]}
		e.request = append(e.request, fact{key: "sts:RequestContext/" + key, values: values})
		e.session = append(e.session, fact{key: key, values: values, lasts: true})
	}
	return e, nil
}

// apply gives a session its context and the policy that comes with it. AWS says that
// STS attaches it to the role; that a denial then names an identity-based policy,
// and that a chained session has no context any more, is unverified.
func (s *Fake) apply(e enhancement, session *fakeaws.Session) error {
	if e.request == nil {
		return nil
	}
	policy, ok := s.world.Directory().ManagedPolicy(contextPolicy)
	if !ok {
		return fmt.Errorf("there is no policy %s", contextPolicy)
	}
	session.Keys, session.Attached = e.session.lasting(), []*enforce.Policy{policy}
	return nil
}
