package firehose

import (
	"strings"
	"time"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

// A streamID names a Firehose stream.
type streamID struct{ account, region, name string }

func (id streamID) arn() string {
	return fakeaws.ARN("firehose", id.region, id.account, "deliverystream/"+id.name)
}

// parseARN reads the ARN of a Firehose stream.
func parseARN(text string) (streamID, bool) {
	parsed, err := awsarn.Parse(text)
	name, ok := strings.CutPrefix(parsed.Resource, "deliverystream/")
	if err != nil || !ok || name == "" || parsed.Service != "firehose" || parsed.Partition != "aws" || parsed.Region == "" || !awsid.IsAccount(parsed.AccountID) {
		return streamID{}, false
	}
	return streamID{parsed.AccountID, parsed.Region, name}, true
}

// A stream is one Firehose stream.
type stream struct {
	id               streamID
	created, updated time.Time
	gone             bool

	kind        types.DeliveryStreamType
	version     int
	destination types.ExtendedS3DestinationDescription
	hint        *types.DirectPutSourceConfiguration
	tags        map[string]string
	key         types.KeyType // empty without encryption
	keyARN      string

	source   *source
	buffer   []*record
	size     int         // of the buffer
	pending  []*delivery // the oldest first
	failures []string    // of deliveries that were given up, the latest last
}

// A source is the Kinesis stream that records come from.
type source struct {
	streamARN, roleARN string
	since              time.Time
	// read is up to which sequence number each shard is read.
	read map[string]fakeaws.StreamPosition
	// due is when to read: now that records came, or later after a failure; zero is never.
	due time.Time
}

// A record is one record. It never changes.
type record struct {
	id      string
	data    []byte
	arrived time.Time
	// shard, sequence and partitionKey are where it was in a Kinesis stream.
	shard, sequence, partitionKey string
}

// A delivery is what is due to go to S3 as one object.
type delivery struct {
	records []*record
	begun   time.Time
	due     time.Time
	// transformed is set when the function was asked; then records are what it answered.
	transformed bool
	backedUp    bool
	failed      []failure
}

// noPolicy stands for the resource policies that Firehose does not have: callers of other
// accounts are denied.
var noPolicy = enforce.Empty(enforce.ResourcePolicy)

func need(action string, id streamID, x *stream) fakeaws.Need {
	n := fakeaws.Need{Action: action, Resource: id.arn(), ResourceAccount: id.account, Policy: noPolicy}
	if x == nil {
		n.Note = "there is no Firehose stream " + id.arn()
		return n
	}
	n.Context.Grow(len(x.tags) + 4)
	for key, value := range x.tags {
		n.Context.Set("aws:ResourceTag/"+key, value)
	}
	return n
}

// on plans an operation on one stream, which takes one permission on it. The function do
// performs it under the lock on the stream that was judged.
func on[O any](s *Fake, call *fakeaws.Call, in any, name *string, do func(*stream) (O, error)) (*stream, *fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, nil, err
	}
	return onID(s, call, streamID{call.Account, call.Region, *name}, do)
}

func onID[O any](s *Fake, call *fakeaws.Call, id streamID, do func(*stream) (O, error)) (*stream, *fakeaws.Plan[O], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.streams[id]
	return x, &fakeaws.Plan[O]{Needs: []fakeaws.Need{need("firehose:"+call.Operation, id, x)}, Do: func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if x == nil || x.gone {
			return none, id.notFound()
		}
		return do(x)
	}}, nil
}
