package s3

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A Fake is Amazon S3 in one World: the buckets of all its accounts and
// regions, which share one namespace.
type Fake struct {
	world *fakeaws.World

	mu      fakeaws.Mutex // guards buckets and all that they hold
	buckets btree.Map[string, *bucket]
	// accountBlocks is Block Public Access of accounts.
	accountBlocks map[string]*types.PublicAccessBlockConfiguration
	points        map[string]*accessPoint // by ARN
	made          uint64                  // versions and uploads, in order

	outbox outbox
}

// Service is Amazon S3, for a World to be made of.
var Service = fakeaws.Service{Name: "s3", Anonymous: true, Wire: ownWire, New: func(w *fakeaws.World) fakeaws.Fake { return newFake(w) }}

// Of returns the Amazon S3 of a World.
func Of(w *fakeaws.World) *Fake { return w.Fake("s3").(*Fake) }

// State implements fakeaws.Stateful.
func (s *Fake) State() *fakeaws.Mutex { return &s.mu }

func newFake(w *fakeaws.World) *Fake {
	return &Fake{world: w, accountBlocks: make(map[string]*types.PublicAccessBlockConfiguration), points: make(map[string]*accessPoint)}
}

// Ops implements fakeaws.Fake.
func (s *Fake) Ops() []fakeaws.Op {
	return slices.Concat(
		s.bucketOps(), s.bucketTaggingOps(), s.policyOps(), s.blockOps(), s.aclOps(), s.configurationOps(),
		s.objectOps(),
	)
}

// objectOps are the rows of the operations on objects, on uploads in parts, and on lists
// of them.
func (s *Fake) objectOps() []fakeaws.Op {
	return slices.Concat(
		s.objectPutOps(), s.objectGetOps(), s.objectSelectOps(), s.objectAttributesOps(), s.objectCopyOps(), s.objectDeleteOps(),
		s.objectTaggingOps(), s.objectRetentionOps(), s.objectRestoreOps(), s.objectReencryptOps(), s.objectAnnotationOps(), s.objectRefusedOps(),
		s.lockConfigurationOps(), s.versioningOps(), s.listOps(), s.listVersionsOps(),
		s.uploadOps(), s.uploadPartOps(), s.uploadCompleteOps(), s.uploadListOps(), s.uploadListPartsOps(),
	)
}

// Denied implements fakeaws.Fake. S3 explains a denial only to callers of
// the account that owns the resource, or of its organization (User Guide,
// "Troubleshoot access denied (403 Forbidden) errors in Amazon S3"); it puts the
// resource in quotes.
func (s *Fake) Denied(call *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	denied := errAccessDenied.of()
	if !call.Anonymous() && (need.ResourceAccount == "" || call.World.SameOrganization(need.ResourceAccount, call.Account)) {
		denied = errAccessDenied.withText(d.Message(need.Style("s3")))
	}
	return s.withRegion(denied, need.Resource)
}
