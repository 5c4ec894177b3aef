package dynamodb

import (
	"cmp"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// A stream has the changes of a table's items. It has one shard, which is open as long as the
// stream is on; AWS has several, and a new one every four hours.
type stream struct {
	id      tableID
	arn     string
	label   string
	view    streamtypes.StreamViewType
	keys    schema
	opened  time.Time
	closed  time.Time // zero while it is on
	shard   string
	first   uint64 // the sequence number that it begins with
	trimmed uint64 // that of the latest record that is gone
	policy  *policy
	records []*record // the oldest first
}

// A record is one change. It never changes.
type record struct {
	id       string
	sequence uint64
	at       time.Time
	name     streamtypes.OperationType
	of       *item // whose keys it has
	old, to  *item
	size     int64
	by       *streamIdentity
}

// A streamIdentity is a service that made a change by itself.
type streamIdentity struct{ principal, kind string }

// deletedByTTL is who deletes what has expired (developer guide, "DynamoDB Streams and Time
// to Live").
var deletedByTTL = &streamIdentity{"dynamodb.amazonaws.com", "Service"}

// recordLife is how long a stream has its records: 24 hours.
const recordLife = 24 * time.Hour

// checkStream refuses a stream specification that is none.
func checkStream(spec *types.StreamSpecification) error {
	if spec != nil && isTrue(spec.StreamEnabled) != (spec.StreamViewType != "") {
		return invalid(textStreamType)
	}
	return nil
}

// openStream turns the stream of a table on: a new one. The lock is held.
func (s *Fake) openStream(t *table, view types.StreamViewType) {
	now := s.now()
	label := now.Format("2006-01-02T15:04:05.000")
	arn := t.id.arn() + "/stream/" + label
	for s.streams[arn] != nil { // one was turned on and off in this millisecond
		now = now.Add(time.Millisecond)
		label = now.Format("2006-01-02T15:04:05.000")
		arn = t.id.arn() + "/stream/" + label
	}
	t.stream = &stream{
		id: t.id, arn: arn, label: label, view: streamtypes.StreamViewType(view), keys: t.keys, opened: s.now(),
		shard: fmt.Sprintf("shardId-%020d-%s", now.UnixMilli(), s.world.IDs().UUID()[:8]),
		first: t.sequence + 1,
	}
	s.streams[arn] = t.stream
}

// closeStream turns the stream of a table off. It is readable for another day. The lock is
// held.
func (s *Fake) closeStream(t *table) {
	if t.stream != nil && t.stream.closed.IsZero() {
		t.stream.closed = s.now()
	}
}

// trim drops what is too old, and the stream itself when it was turned off a day ago: then
// false. The lock is held.
func (s *Fake) trim(x *stream) bool {
	now := s.now()
	n := 0
	for n < len(x.records) && now.Sub(x.records[n].at) >= recordLife {
		n++
	}
	if n > 0 {
		x.trimmed = x.records[n-1].sequence
		clear(x.records[:n]) // what nobody reads any more is free
		x.records = x.records[n:]
	}
	if x.closed.IsZero() || now.Sub(x.closed) < recordLife {
		return true
	}
	delete(s.streams, x.arn)
	return false
}

// record tells the stream of a table of a change. The lock is held.
func (s *Fake) record(t *table, o outcome, by *streamIdentity) {
	x := t.stream
	if x == nil || !x.closed.IsZero() {
		return
	}
	s.trim(x)
	t.sequence++
	r := &record{id: s.world.IDs().UUID(), sequence: t.sequence, at: s.now(), by: by}
	r.of = o.either()
	switch {
	case o.old == nil:
		r.name = streamtypes.OperationTypeInsert
	case o.to == nil:
		r.name = streamtypes.OperationTypeRemove
	default:
		r.name = streamtypes.OperationTypeModify
	}
	r.size = int64(t.keys.of(r.of.attributes()).Size())
	both := x.view == streamtypes.StreamViewTypeNewAndOldImages
	if o.to != nil && (both || x.view == streamtypes.StreamViewTypeNewImage) {
		r.to = o.to
		r.size += int64(o.to.size)
	}
	if o.old != nil && (both || x.view == streamtypes.StreamViewTypeOldImage) {
		r.old = o.old
		r.size += int64(o.old.size)
	}
	x.records = append(x.records, r)
	s.world.Arrived(x.arn)
}

// number is a sequence number as answers have it: 21 digits at least.
func number(sequence uint64) string { return fmt.Sprintf("1%020d", sequence) }

// streamsName is what Worlds call DynamoDB Streams, whose requests are signed for dynamodb.
const streamsName = "dynamodb-streams"

// StreamsService is Amazon DynamoDB Streams, for a World to be made of that has DynamoDB.
var StreamsService = fakeaws.Service{
	Name: streamsName, SDK: "dynamodbstreams", SigningName: "dynamodb", Faults: faults, Wire: fakeaws.Wire{Resolve: resolve, Endpoint: endpoint},
	New: func(w *fakeaws.World) fakeaws.Fake { return streamsFake{Of(w)} },
}

// A streamsFake is DynamoDB Streams over the streams of DynamoDB.
type streamsFake struct{ *Fake }

var _ fakeaws.Stateful = streamsFake{}

// State implements fakeaws.Stateful. All that there is the fake of DynamoDB keeps.
func (s streamsFake) State() *fakeaws.Mutex { return nil }

// Ops implements fakeaws.Fake.
func (s streamsFake) Ops() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.listStreams), fakeaws.Bind(s.describeStream), fakeaws.Bind(s.getShardIterator), fakeaws.Bind(s.getRecords),
	}
}

// Next and Work make a streamsFake no second Worker.
func (s streamsFake) Next() (time.Time, bool) { return time.Time{}, false }

// sdk is a record in the SDK's types.
func (r *record) sdk(x *stream) streamtypes.Record {
	out := streamtypes.Record{
		AwsRegion: &x.id.region, EventID: &r.id, EventName: r.name, EventSource: ptr("aws:dynamodb"), EventVersion: ptr("1.1"),
		Dynamodb: &streamtypes.StreamRecord{
			ApproximateCreationDateTime: ptr(r.at.Truncate(time.Second)), Keys: streamMap(x.keys.of(r.of.attributes())), NewImage: streamMap(r.to.orNone()), OldImage: streamMap(r.old.orNone()),
			SequenceNumber: ptr(number(r.sequence)), SizeBytes: &r.size, StreamViewType: x.view,
		},
	}
	if r.by != nil {
		out.UserIdentity = &streamtypes.Identity{PrincipalId: &r.by.principal, Type: &r.by.kind}
	}
	return out
}

func ptr[T any](v T) *T { return &v }

func streamMap(m value.Map) map[string]streamtypes.AttributeValue {
	if m == nil {
		return nil
	}
	out := make(map[string]streamtypes.AttributeValue, len(m))
	for name, v := range m {
		out[name] = streamValue(v)
	}
	return out
}

// streamValue is a value in the types of DynamoDB Streams.
func streamValue(v value.Value) streamtypes.AttributeValue {
	switch av := v.SDK().(type) {
	case *types.AttributeValueMemberS:
		return &streamtypes.AttributeValueMemberS{Value: av.Value}
	case *types.AttributeValueMemberN:
		return &streamtypes.AttributeValueMemberN{Value: av.Value}
	case *types.AttributeValueMemberB:
		return &streamtypes.AttributeValueMemberB{Value: av.Value}
	case *types.AttributeValueMemberSS:
		return &streamtypes.AttributeValueMemberSS{Value: av.Value}
	case *types.AttributeValueMemberNS:
		return &streamtypes.AttributeValueMemberNS{Value: av.Value}
	case *types.AttributeValueMemberBS:
		return &streamtypes.AttributeValueMemberBS{Value: av.Value}
	case *types.AttributeValueMemberBOOL:
		return &streamtypes.AttributeValueMemberBOOL{Value: av.Value}
	case *types.AttributeValueMemberNULL:
		return &streamtypes.AttributeValueMemberNULL{Value: av.Value}
	}
	if v.Kind() == value.M {
		return &streamtypes.AttributeValueMemberM{Value: cmpMap(streamMap(v.Map()))}
	}
	list := make([]streamtypes.AttributeValue, len(v.List()))
	for i, e := range v.List() {
		list[i] = streamValue(e)
	}
	return &streamtypes.AttributeValueMemberL{Value: list}
}

// cmpMap is a map that is there: an empty one is not none.
func cmpMap(m map[string]streamtypes.AttributeValue) map[string]streamtypes.AttributeValue {
	if m == nil {
		return map[string]streamtypes.AttributeValue{}
	}
	return m
}

// maxGot is how many records an answer has at most.
const maxGot = 1000

// limitOf is how many records an answer has at most: 1,000, or what is asked for.
func limitOf(in *dynamodbstreams.GetRecordsInput) int {
	if in.Limit == nil {
		return maxGot
	}
	return int(cmp.Or(*in.Limit, maxGot))
}
