package fakeaws

import (
	"context"
	"time"
)

// A StreamSource is a fake whose resources are streams that other services read: records in
// shards, each of which has its order. Who reads does it by the operations of the service,
// which are judged: [StreamSource.ReadStream]. The other methods tell when that is worth it,
// and ask no policy. Streams are named by their ARNs.
type StreamSource interface {
	Fake
	// StreamShards returns the shards of a stream, those before their children; none where
	// there is no such stream.
	StreamShards(arn string) []StreamShard
	// StreamTip returns the position after all that a shard has.
	StreamTip(arn, shard string) StreamPosition
	// StreamAhead counts the records of a shard from a position on; it counts to most.
	StreamAhead(arn, shard string, from StreamPosition, most int) int
	// StreamHolds reports whether a shard still has a record.
	StreamHolds(arn, shard, sequenceNumber string) bool
	// ReadStream lists the shards and reads records of one from a position on, at most limit of
	// them, as somebody. It must not be called under a service's lock.
	ReadStream(ctx context.Context, as Actor, arn, shard string, from StreamPosition, limit int) ([]StreamRecord, error)
}

// A StreamShard is a shard of a stream.
type StreamShard struct {
	ID string
	// Parents are the shards that it was made of.
	Parents []string
}

// A StreamPosition is a place in a shard: after a record, or at the first that is not older
// than a time. The zero value is the oldest record.
type StreamPosition struct {
	After string // a sequence number
	Since time.Time
}

// A StreamRecord is a record of a stream.
type StreamRecord struct {
	SequenceNumber string
	Arrived        time.Time
	// PartitionKey and Data are those of a record of Kinesis.
	PartitionKey string
	Data         []byte
	// Event is the record as it is in the event of a Lambda function, without what Lambda
	// knows of it: eventSourceARN and invokeIdentityArn. It is the reader's own.
	Event map[string]any
}

// StreamSource returns the fake that has the streams of a service, by the service in their
// ARNs; nil where the World has none.
func (w *World) StreamSource(service string) StreamSource {
	if !w.Has(service) {
		return nil
	}
	source, _ := w.Fake(service).(StreamSource)
	return source
}
