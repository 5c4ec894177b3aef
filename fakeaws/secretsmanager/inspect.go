package secretsmanager

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/leastpriv/leastpriv/enforce"
)

// A Secret is a secret as Go code sees it that looks without a call: no policy is asked and
// nothing changes, also not when it was last accessed.
type Secret struct {
	ARN, Name, Description string
	// KMSKey is as the owner named it; empty is aws/secretsmanager.
	KMSKey string
	Tags   map[string]string
	// Policy is the resource policy; nil where there is none.
	Policy *enforce.Policy
	// Versions are all, the oldest first, with those that are deprecated.
	Versions []Version
	// Deleted is when the secret was marked for deletion; zero where it was not.
	Deleted time.Time
	// PrimaryRegion is another region than the secret's for a replica.
	PrimaryRegion string
	// RotationError is how the latest rotation failed; nil where it did not.
	RotationError error
}

// A Version is one version of a secret.
type Version struct {
	ID string
	// String and Binary are the value, of which there is one; HasValue is false for a
	// version that a rotation has begun and nobody filled.
	String   string
	Binary   []byte
	HasValue bool
	Labels   []string
	Created  time.Time
}

// Version returns the version with a staging label: false where none has it.
func (x *Secret) Version(label string) (Version, bool) {
	i := slices.IndexFunc(x.Versions, func(v Version) bool { return slices.Contains(v.Labels, label) })
	if i < 0 {
		return Version{}, false
	}
	return x.Versions[i], true
}

// Secret returns a secret by its name; false where there is none. One that waits for its
// deletion is there.
func (s *Fake) Secret(account, region, name string) (Secret, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.lookUp(secretID{account, region, name})
	if x == nil {
		return Secret{}, false
	}
	return x.snapshot(), true
}

// Names returns the names of the secrets of an account in a region, in order.
func (s *Fake) Names(account, region string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	now := s.now()
	for id, x := range s.secrets {
		if id.account == account && id.region == region && !x.expired(now) {
			names = append(names, id.name)
		}
	}
	slices.Sort(names)
	return names
}

func (x *secret) snapshot() Secret {
	out := Secret{
		ARN: x.arn(), Name: x.id.name, Description: x.description, KMSKey: x.kmsKey, Tags: maps.Clone(x.tags),
		Deleted: x.deleted, PrimaryRegion: x.region(), RotationError: x.rotation.failure,
	}
	if x.policy != nil {
		out.Policy = x.policy.Policy()
	}
	for _, v := range x.versions {
		out.Versions = append(out.Versions, Version{
			ID: v.id, String: aws.ToString(v.text), Binary: bytes.Clone(v.binary), HasValue: v.hasValue(), Labels: x.labelsOf(v), Created: v.created,
		})
	}
	return out
}
