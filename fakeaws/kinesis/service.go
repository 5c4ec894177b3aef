// Package kinesis is a fake of Amazon Kinesis Data Streams: streams with shards that split
// and merge, records with sequence numbers and retention, iterators, consumers with enhanced
// fan-out, resource policies, tags and encryption with KMS keys.
package kinesis

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A Fake has the streams of all accounts and regions of a World.
type Fake struct {
	world *fakeaws.World

	mu      fakeaws.Mutex // guards everything below, and all streams
	streams map[streamID]*stream
	// open are how many open shards accounts have in regions.
	open map[place]int
	// committed are the accounts in regions that have a minimum throughput billing commitment.
	committed map[place]time.Time
}

// A place is an account in a region.
type place struct{ account, region string }

// Service is Amazon Kinesis Data Streams, for a World to be made of. No World has it unless
// asked.
var Service = fakeaws.Service{
	Name: "kinesis",
	New:  func(w *fakeaws.World) fakeaws.Fake { return newFake(w) },
	Wire: fakeaws.Wire{MaxBody: maxBody},
	Faults: map[fakeaws.FaultKind]error{
		fakeaws.Throttle:    &types.ProvisionedThroughputExceededException{Message: aws.String(textRate)},
		fakeaws.ServerError: &types.InternalFailureException{Message: aws.String("Internal Service Failure")},
	},
}

// maxBody is how long a request may be: 10 MiB of records in base64, with their keys. The
// bound of AWS is unverified.
const maxBody = 16 << 20

// Of returns the Amazon Kinesis Data Streams of a World.
func Of(w *fakeaws.World) *Fake { return w.Fake("kinesis").(*Fake) }

// State implements fakeaws.Stateful.
func (s *Fake) State() *fakeaws.Mutex { return &s.mu }

func newFake(w *fakeaws.World) *Fake {
	return &Fake{
		world:     w,
		streams:   make(map[streamID]*stream),
		open:      make(map[place]int),
		committed: make(map[place]time.Time),
	}
}

// Ops implements [fakeaws.Fake].
func (s *Fake) Ops() []fakeaws.Op {
	return slices.Concat(s.streamOps(), s.listOps(), s.settingOps(), s.shardOps(), s.putOps(), s.getOps(), s.consumerOps(), s.tagOps(),
		s.policyOps(), s.encryptionOps(), s.accountOps())
}

// Denied implements [fakeaws.Fake].
func (s *Fake) Denied(_ *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	text := d.Message(need.Style("kinesis"))
	if need.OfKMS() {
		return &types.KMSAccessDeniedException{Message: &text}
	}
	return &types.AccessDeniedException{Message: &text}
}

// now is the time as Kinesis answers it, in milliseconds.
func (s *Fake) now() time.Time { return s.world.Clock().Now().UTC().Truncate(time.Millisecond) }
