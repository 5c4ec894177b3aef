package kinesis

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

// A streamID names a stream.
type streamID struct{ account, region, name string }

func (id streamID) arn() string {
	return fakeaws.ARN("kinesis", id.region, id.account, "stream/"+id.name)
}

// A stream is one data stream.
type stream struct {
	id      streamID
	created time.Time
	gone    bool

	mode      types.StreamMode
	retention time.Duration
	// shards are all that have not expired, by number; numbered is the next number.
	shards   []*shard
	numbered int
	// open are the shards that take records, by their hash keys.
	open []*shard
	// count is that of the latest record.
	count uint64
	// turn is the shard that the next record goes to where keys do not decide.
	turn int
	// scaled are the times of the latest calls of UpdateShardCount.
	scaled []time.Time

	kmsKey      string // as its owner named it; empty without encryption
	tags        map[string]string
	policy      *fakeaws.ResourcePolicy
	consumers   map[string]*consumer
	metrics     []types.MetricsName
	maxRecord   int32 // in KiB
	warm        int32 // in MiB a second; 0 when none was set
	strategy    types.RecordDistributionStrategy
	subscribers subscribers
	// subscriptions is how many there have been.
	subscriptions uint64
}

// A record is one record. It never changes.
type record struct {
	count        uint64
	data         []byte
	partitionKey string
	arrived      time.Time
	kmsKey       string // under which it is encrypted; empty is none
}

// size is what counts of a record: "the total size of the partition key and data blob".
func (r *record) size() int { return len(r.data) + len(r.partitionKey) }

// noPolicy stands for the policy of a stream that has none: callers of other accounts are
// told that no resource-based policy allows them.
var noPolicy = enforce.Empty(enforce.ResourcePolicy)

// shared are the operations that the policy of a stream or of a consumer can allow other
// accounts (Developer Guide, "Share your data stream with another account"). That it can
// allow no other is unverified.
var shared = map[string]bool{
	"DescribeStream": true, "DescribeStreamSummary": true, "ListShards": true, "GetShardIterator": true, "GetRecords": true,
	"PutRecord": true, "PutRecords": true, "DescribeStreamConsumer": true, "SubscribeToShard": true,
}

// need is one permission on the stream, with the policy and tags that it has now.
func (x *stream) need(action string) fakeaws.Need {
	return resourceNeed(action, x.id.arn(), x.id.account, x.policy, x.tags)
}

func resourceNeed(action, arn, account string, policy *fakeaws.ResourcePolicy, tags map[string]string) fakeaws.Need {
	n := fakeaws.Need{Action: action, Resource: arn, ResourceAccount: account, Policy: noPolicy}
	if policy != nil {
		n.Policy = policy.Policy()
		if !shared[strings.TrimPrefix(action, "kinesis:")] {
			n.Policy = n.Policy.Denials()
		}
	}
	n.Context.Grow(len(tags) + 4)
	for key, value := range tags {
		n.Context.Set("aws:ResourceTag/"+key, value)
	}
	return n
}

// need is one permission on the stream of an id, also where there is none: who may not see
// the stream does not learn that it is missing. The lock is held.
func (s *Fake) need(id streamID, action string) (*stream, fakeaws.Need) {
	if x := s.find(id); x != nil {
		return x, x.need(action)
	}
	return nil, fakeaws.Need{Action: action, Resource: id.arn(), ResourceAccount: id.account, Policy: noPolicy, Note: "there is no stream " + id.arn()}
}

// find returns the stream of an id, with what is due done; nil where there is none. The lock
// is held.
func (s *Fake) find(id streamID) *stream {
	x := s.streams[id]
	if x != nil {
		x.expire(s.now())
	}
	return x
}

// expire drops the records that are older than the retention period, and closed shards all
// of whose records have expired.
func (x *stream) expire(now time.Time) {
	horizon := now.Add(-x.retention)
	kept := x.shards[:0]
	for _, h := range x.shards {
		h.expire(horizon)
		if h.isOpen() || h.closed.After(horizon) {
			kept = append(kept, h)
		}
	}
	clear(x.shards[len(kept):])
	x.shards = kept
}

// parseStreamARN reads the ARN of a stream.
func parseStreamARN(text string) (streamID, bool) {
	parsed, err := awsarn.Parse(text)
	name, ok := strings.CutPrefix(parsed.Resource, "stream/")
	if err != nil || !ok || parsed.Service != "kinesis" || parsed.Partition != "aws" || parsed.Region == "" ||
		!awsid.IsAccount(parsed.AccountID) || !isName(name) {
		return streamID{}, false
	}
	return streamID{parsed.AccountID, parsed.Region, name}, true
}

// isName reports whether a text is the name of a stream or a consumer.
func isName(text string) bool {
	if text == "" || len(text) > 128 {
		return false
	}
	for i := range len(text) {
		c := text[i]
		alphanumeric := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !alphanumeric && strings.IndexByte("_.-", c) < 0 {
			return false
		}
	}
	return true
}

// A ref is how a call names a stream.
type ref struct{ name, arn, id *string }

// refer reads how a call names a stream: by its name, which is one of the caller's account,
// by its ARN, or by both. That it must be in the call's Region is unverified.
func refer(call *fakeaws.Call, r ref) (streamID, error) {
	if r.id != nil {
		return streamID{}, notImplemented("StreamId, which AWS reserves for future use,")
	}
	if r.arn == nil {
		if r.name == nil {
			return streamID{}, invalidArgument(textNoName)
		}
		return streamID{call.Account, call.Region, *r.name}, nil
	}
	id, ok := parseStreamARN(*r.arn)
	switch {
	case !ok || id.region != call.Region:
		return id, invalidArgument(textStreamARN, *r.arn)
	case r.name != nil && *r.name != id.name:
		return id, invalidArgument(textTwoNames)
	}
	return id, nil
}

// A contextKey adds condition keys of the request to a permission.
type contextKey func(*enforce.Context)

// onStream plans an operation on one stream, which takes one permission on it. The function
// do performs it under the lock on the stream that was judged.
func onStream[O any](s *Fake, call *fakeaws.Call, in any, r ref, do func(*stream) (O, error), keys ...contextKey) (*fakeaws.Plan[O], error) {
	_, plan, err := planOnStream(s, call, in, r, do)
	if err != nil {
		return nil, err
	}
	for _, set := range keys {
		set(&plan.Needs[0].Context)
	}
	return plan, nil
}

// anywhere plans an operation on one stream of which the service authorization reference
// says that its permission names no resource.
func anywhere[O any](s *Fake, call *fakeaws.Call, in any, r ref, do func(*stream) (O, error)) (*fakeaws.Plan[O], error) {
	_, plan, err := planOnStream(s, call, in, r, do)
	if err != nil {
		return nil, err
	}
	plan.Needs[0].Resource, plan.Needs[0].Context = "*", enforce.Context{}
	return plan, nil
}

func planOnStream[O any](s *Fake, call *fakeaws.Call, in any, r ref, do func(*stream) (O, error)) (*stream, *fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, nil, err
	}
	id, err := refer(call, r)
	if err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x, need := s.need(id, "kinesis:"+call.Operation)
	return x, &fakeaws.Plan[O]{Needs: []fakeaws.Need{need}, Do: doOn(s, id, x, do)}, nil
}

// doOn performs an operation on the stream that was judged, under the lock.
func doOn[O any](s *Fake, id streamID, x *stream, do func(*stream) (O, error)) func() (O, error) {
	return func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if x == nil || x.gone {
			return none, id.notFound()
		}
		x.expire(s.now())
		return do(x)
	}
}

// shard finds a shard by its id; nil where there is none, or it has expired.
func (x *stream) shard(id string) *shard {
	for _, h := range x.shards {
		if h.id() == id {
			return h
		}
	}
	return nil
}

func shardID(number int) string { return fmt.Sprintf("shardId-%012d", number) }

func timePointer(t time.Time) *time.Time { return &t }

func hours(d time.Duration) *int32 { return aws.Int32(int32(d / time.Hour)) } //nolint:gosec // a year at most
