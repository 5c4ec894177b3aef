package kinesis

import (
	"bytes"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leastpriv/leastpriv/enforce"
)

// A Stream is a stream as Go code sees it that looks without a call: no policy is asked and
// nothing changes.
type Stream struct {
	Name, ARN string
	Created   time.Time
	OnDemand  bool
	Retention time.Duration
	// KMSKey is as the owner named it; empty without encryption.
	KMSKey string
	Tags   map[string]string
	// Policy is the resource policy; nil where there is none.
	Policy *enforce.Policy
	// Shards are the ids of the shards that have not expired, by number.
	Shards []string
	// Consumers are the ARNs of the consumers, by name.
	Consumers []string
}

// A Record is one record of a stream.
type Record struct {
	ShardID, SequenceNumber, PartitionKey string
	Data                                  []byte
	Arrived                               time.Time
	// Encrypted says that the record is encrypted with a KMS key.
	Encrypted bool
}

// Names returns the names of the streams of an account in a region, in order.
func (s *Fake) Names(account, region string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.names(account, region)
}

// Stream returns a stream by its ARN; false where there is none.
func (s *Fake) Stream(streamARN string) (Stream, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.byARN(streamARN)
	if x == nil {
		return Stream{}, false
	}
	out := Stream{
		Name: x.id.name, ARN: x.id.arn(), Created: x.created, OnDemand: x.mode == types.StreamModeOnDemand, Retention: x.retention,
		KMSKey: x.kmsKey, Tags: maps.Clone(x.tags), Policy: x.policy.Policy(),
	}
	for _, h := range x.shards {
		out.Shards = append(out.Shards, h.id())
	}
	for _, c := range x.consumersInOrder() {
		out.Consumers = append(out.Consumers, c.arn())
	}
	return out, true
}

// byARN finds a stream. The lock is held.
func (s *Fake) byARN(streamARN string) *stream {
	id, ok := parseStreamARN(streamARN)
	if !ok {
		return nil
	}
	return s.find(id)
}

// Records returns the records of a stream that follow a sequence number, in the order in
// which they came: of one shard, or of all where none is named. Without a sequence number it
// returns all that there are. No policy is asked: for who reads as somebody there is Read.
func (s *Fake) Records(streamARN, shardID, after string) []Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.byARN(streamARN)
	if x == nil {
		return nil
	}
	at := x.following(after)
	var next []*shard
	var from []int
	for _, h := range x.shards {
		if shardID == "" || h.id() == shardID {
			next, from = append(next, h), append(from, h.from(at))
		}
	}
	var all []Record
	for {
		first := -1
		for i, h := range next {
			if from[i] < len(h.records) && (first < 0 || h.records[from[i]].count < next[first].records[from[first]].count) {
				first = i
			}
		}
		if first < 0 {
			return all
		}
		r := next[first].records[from[first]]
		from[first]++
		all = append(all, Record{
			ShardID: next[first].id(), SequenceNumber: x.sequenceText(r.count, next[first].number), PartitionKey: r.partitionKey,
			Data: bytes.Clone(r.data), Arrived: r.arrived, Encrypted: r.kmsKey != "",
		})
	}
}

// following is the position after a sequence number; the first of all without one.
func (x *stream) following(sequenceNumber string) position {
	if count, _, ok := x.sequence(sequenceNumber); ok {
		return count + 1
	}
	return 0
}

// Shards returns the ids of the shards of a stream that have not expired, by number.
func (s *Fake) Shards(streamARN string) []string {
	x, _ := s.Stream(streamARN)
	return x.Shards
}

// Tip returns the sequence number of what came last to a shard: records that come later
// follow it. It is empty where there is no such shard.
func (s *Fake) Tip(streamARN, shardID string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.byARN(streamARN)
	if x == nil {
		return ""
	}
	h := x.shard(shardID)
	if h == nil {
		return ""
	}
	return x.sequenceText(x.count, h.number)
}
