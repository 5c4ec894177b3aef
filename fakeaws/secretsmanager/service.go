// Package secretsmanager is a fake of AWS Secrets Manager: secrets with versions and
// staging labels, resource policies, KMS keys, rotation, replicas and recovery windows.
package secretsmanager

import (
	"slices"
	"time"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A Fake has the secrets of all accounts and regions of a World.
type Fake struct {
	world *fakeaws.World

	mu      fakeaws.Mutex // guards everything below, and all secrets
	secrets map[secretID]*secret
	// counts are how many secrets accounts have in regions.
	counts map[place]int
	// rotated are the secrets that were configured for rotation.
	rotated []*secret
}

// A place is an account in a region.
type place struct{ account, region string }

// Service is AWS Secrets Manager, for a World to be made of. No World has it unless asked.
var Service = fakeaws.Service{
	Name: "secretsmanager", Faults: faults,
	New:  func(w *fakeaws.World) fakeaws.Fake { return newFake(w) },
	Wire: fakeaws.Wire{MaxBody: maxBody},
}

// maxBody is how long a request may be: that of a secret all of whose characters are
// escaped, with its tags. The bound of AWS is unverified.
const maxBody = 1 << 20

// Of returns the AWS Secrets Manager of a World.
func Of(w *fakeaws.World) *Fake { return w.Fake("secretsmanager").(*Fake) }

// State implements fakeaws.Stateful.
func (s *Fake) State() *fakeaws.Mutex { return &s.mu }

func newFake(w *fakeaws.World) *Fake {
	return &Fake{
		world:   w,
		secrets: make(map[secretID]*secret),
		counts:  make(map[place]int),
	}
}

// Ops implements [fakeaws.Fake].
func (s *Fake) Ops() []fakeaws.Op {
	return slices.Concat(s.secretOps(), s.deleteOps(), s.valueOps(), s.listOps(), s.versionOps(), s.policyOps(), s.tagOps(),
		s.replicaOps(), s.rotationOps(), s.passwordOps())
}

// Denied implements [fakeaws.Fake]. Of a denial by KMS, Secrets Manager says no more than
// that.
func (s *Fake) Denied(_ *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	if need.OfKMS() {
		return accessDenied(textKMSDenied)
	}
	return accessDenied(d.Message(need.Style("secretsmanager")))
}

// now is the time as Secrets Manager answers it, in milliseconds.
func (s *Fake) now() time.Time { return s.world.Clock().Now().UTC().Truncate(time.Millisecond) }
