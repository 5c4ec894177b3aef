// Package firehose is a fake of Amazon Data Firehose: streams that take records from programs
// or from Kinesis data streams, transform them with Lambda functions and deliver them to S3.
package firehose

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A Fake has the Firehose streams of all accounts and regions of a World.
type Fake struct {
	world *fakeaws.World

	mu      fakeaws.Mutex // guards everything below, and all streams
	streams map[streamID]*stream
}

// Service is Amazon Data Firehose, for a World to be made of. No World has it unless asked.
var Service = fakeaws.Service{
	Name: "firehose",
	New:  func(w *fakeaws.World) fakeaws.Fake { return &Fake{world: w, streams: make(map[streamID]*stream)} },
	Wire: fakeaws.Wire{MaxBody: maxBody},
	Faults: map[fakeaws.FaultKind]error{
		fakeaws.Throttle:    &types.ServiceUnavailableException{Message: aws.String(textSlow)},
		fakeaws.Unavailable: &types.ServiceUnavailableException{Message: aws.String(textSlow)},
	},
}

// maxBody is how long a request may be: 4 MiB of records in base64. The bound of AWS is
// unverified.
const maxBody = 8 << 20

// principal is Firehose as the trust policies of roles name it.
const principal = "firehose.amazonaws.com"

// Of returns the Amazon Data Firehose of a World.
func Of(w *fakeaws.World) *Fake { return w.Fake("firehose").(*Fake) }

// State implements fakeaws.Stateful.
func (s *Fake) State() *fakeaws.Mutex { return &s.mu }

// Ops implements [fakeaws.Fake].
func (s *Fake) Ops() []fakeaws.Op {
	return slices.Concat(s.streamOps(), s.putOps(), s.tagOps(), s.encryptionOps())
}

// Denied implements [fakeaws.Fake].
func (s *Fake) Denied(_ *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	if need.OfKMS() {
		return invalidKey("AccessDeniedException", d.Message(need.Style("firehose")))
	}
	return accessDenied(d.Message(need.Style("firehose")))
}

// now is the time as Firehose answers it, in milliseconds.
func (s *Fake) now() time.Time { return s.world.Clock().Now().UTC().Truncate(time.Millisecond) }
