package dynamodb

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// iteratorLife is how long a shard iterator is good for.
const iteratorLife = 15 * time.Minute

// maxStreams is how many streams and shards an answer has at most.
const maxStreams = 100

// listStreams lists the streams of the account, or those of a table, by their ARNs.
func (s streamsFake) listStreams(call *fakeaws.Call, in *dynamodbstreams.ListStreamsInput) (*fakeaws.Plan[*dynamodbstreams.ListStreamsOutput], error) {
	of, err := ownTable(call, in.TableName)
	if err != nil {
		return nil, err
	}
	limit, err := limited(in.Limit, maxStreams)
	if err != nil {
		return nil, err
	}
	need := fakeaws.Need{Action: "dynamodb:ListStreams", Resource: "*", ResourceAccount: call.Account}
	return &fakeaws.Plan[*dynamodbstreams.ListStreamsOutput]{Needs: []fakeaws.Need{need}, Do: func() (*dynamodbstreams.ListStreamsOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		out := &dynamodbstreams.ListStreamsOutput{Streams: []types.Stream{}}
		var arns []string
		for arn, x := range s.streams {
			if x.id.account == call.Account && x.id.region == call.Region && (of == "" || of == x.id.name) && arn > aws.ToString(in.ExclusiveStartStreamArn) && s.trim(x) {
				arns = append(arns, arn)
			}
		}
		slices.Sort(arns)
		for _, arn := range arns[:min(limit, len(arns))] {
			x := s.streams[arn]
			out.Streams = append(out.Streams, types.Stream{StreamArn: &x.arn, StreamLabel: &x.label, TableName: &x.id.name})
		}
		if len(arns) > limit {
			out.LastEvaluatedStreamArn = &arns[limit-1]
		}
		return out, nil
	}}, nil
}

func limited(limit *int32, most int) (int, error) {
	if limit == nil {
		return most, nil
	}
	if *limit < 1 {
		return 0, invalidf("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1", *limit)
	}
	return min(int(*limit), most), nil
}

// onStream plans an operation on a stream, which takes the permission of its own name. The
// function do performs it under the lock on the stream that was judged.
func onStream[O any](s streamsFake, call *fakeaws.Call, arn string, do func(*stream) (O, error)) (*fakeaws.Plan[O], error) {
	if _, _, ok := strings.Cut(arn, "/stream/"); !ok {
		return nil, invalidf(textARN, "StreamArn", arn)
	}
	g, err := s.guarded(call, &arn)
	if err != nil {
		return nil, err
	}
	keyNeeds, failed := s.keyNeeds(call, []*target{g.target})
	return (&fakeaws.Plan[O]{Needs: append([]fakeaws.Need{g.needOn("dynamodb:"+call.Operation, arn)}, keyNeeds...), Do: func() (none O, _ error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !g.has(s.Fake) || !s.trim(g.stream) {
			return none, &types.ResourceNotFoundException{Message: aws.String("Requested resource not found: Stream: " + arn + " not found")}
		}
		if g.table != nil && !g.table.gone {
			s.expire(g.table)
		}
		return do(g.stream)
	}}).Refusing(failed), nil
}

func (s streamsFake) describeStream(call *fakeaws.Call, in *dynamodbstreams.DescribeStreamInput) (*fakeaws.Plan[*dynamodbstreams.DescribeStreamOutput], error) {
	if _, err := limited(in.Limit, maxStreams); err != nil {
		return nil, err
	}
	return onStream(s, call, aws.ToString(in.StreamArn), func(x *stream) (*dynamodbstreams.DescribeStreamOutput, error) {
		d := &types.StreamDescription{
			CreationRequestDateTime: ptr(x.opened), StreamArn: &x.arn, StreamLabel: &x.label, StreamStatus: types.StreamStatusEnabled,
			StreamViewType: x.view, TableName: &x.id.name, Shards: []types.Shard{},
		}
		for _, e := range x.keys.elements() {
			d.KeySchema = append(d.KeySchema, types.KeySchemaElement{AttributeName: e.AttributeName, KeyType: types.KeyType(e.KeyType)})
		}
		shard := types.Shard{ShardId: &x.shard, SequenceNumberRange: &types.SequenceNumberRange{StartingSequenceNumber: ptr(number(x.first))}}
		if !x.closed.IsZero() {
			d.StreamStatus = types.StreamStatusDisabled
			shard.SequenceNumberRange.EndingSequenceNumber = ptr(number(x.last()))
		}
		if aws.ToString(in.ExclusiveStartShardId) < x.shard {
			d.Shards = append(d.Shards, shard)
		}
		return &dynamodbstreams.DescribeStreamOutput{StreamDescription: d}, nil
	})
}

// last is the sequence number of the latest record; before the first one when there is none.
func (x *stream) last() uint64 {
	if n := len(x.records); n > 0 {
		return x.records[n-1].sequence
	}
	return max(x.trimmed, x.first)
}

func (s streamsFake) getShardIterator(call *fakeaws.Call, in *dynamodbstreams.GetShardIteratorInput) (*fakeaws.Plan[*dynamodbstreams.GetShardIteratorOutput], error) {
	from, err := sequenceOf(in.ShardIteratorType, in.SequenceNumber)
	if err != nil {
		return nil, err
	}
	return onStream(s, call, aws.ToString(in.StreamArn), func(x *stream) (*dynamodbstreams.GetShardIteratorOutput, error) {
		if aws.ToString(in.ShardId) != x.shard {
			return nil, &types.ResourceNotFoundException{Message: aws.String(textShard)}
		}
		switch in.ShardIteratorType {
		case types.ShardIteratorTypeLatest:
			from = x.next()
		case types.ShardIteratorTypeTrimHorizon:
			from = x.first
			if x.trimmed >= from {
				from = x.trimmed + 1
			}
		default:
			if from <= x.trimmed {
				return nil, &types.TrimmedDataAccessException{Message: aws.String(textTrimmed)}
			}
		}
		return &dynamodbstreams.GetShardIteratorOutput{ShardIterator: ptr(x.iterator(from, s.now()))}, nil
	})
}

// next is the sequence number of the next record.
func (x *stream) next() uint64 {
	if n := len(x.records); n > 0 {
		return x.records[n-1].sequence + 1
	}
	return max(x.trimmed+1, x.first)
}

// sequenceOf is the sequence number that an iterator begins at, where it names one.
func sequenceOf(kind types.ShardIteratorType, sequence *string) (uint64, error) {
	named := kind == types.ShardIteratorTypeAtSequenceNumber || kind == types.ShardIteratorTypeAfterSequenceNumber
	if !named {
		if kind != types.ShardIteratorTypeLatest && kind != types.ShardIteratorTypeTrimHorizon {
			return 0, invalidf("1 validation error detected: Value '%s' at 'shardIteratorType' failed to satisfy constraint: Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_SEQUENCE_NUMBER, TRIM_HORIZON]", kind)
		}
		return 0, nil
	}
	digits, ok := strings.CutPrefix(aws.ToString(sequence), "1")
	n, err := strconv.ParseUint(digits, 10, 64)
	if !ok || err != nil || number(n) != *sequence {
		return 0, invalid(textSequence)
	}
	if kind == types.ShardIteratorTypeAfterSequenceNumber {
		n++
	}
	return n, nil
}

// iterator is a place in a stream, with the time at which it was made. It names the stream, so
// that the permission is asked on that.
func (x *stream) iterator(from uint64, now time.Time) string {
	return x.arn + "|1|" + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %d", from, now.UnixNano()))
}

// readIterator takes an iterator apart.
func readIterator(text string) (arn string, from uint64, made time.Time, err error) {
	arn, sealed, ok := strings.Cut(text, "|1|")
	raw, wrong := base64.RawURLEncoding.DecodeString(sealed)
	var at int64
	n, scanned := fmt.Sscanf(string(raw), "%d %d", &from, &at)
	if !ok || wrong != nil || scanned != nil || n != 2 {
		return "", 0, time.Time{}, invalid(textIterator)
	}
	return arn, from, time.Unix(0, at), nil
}

// maxRecords is how many bytes of records an answer has at most.
const maxRecords = 1 << 20

func (s streamsFake) getRecords(call *fakeaws.Call, in *dynamodbstreams.GetRecordsInput) (*fakeaws.Plan[*dynamodbstreams.GetRecordsOutput], error) {
	limit := limitOf(in)
	if limit < 1 || limit > maxGot {
		return nil, invalidf("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value between 1 and 1000", limit)
	}
	arn, from, made, err := readIterator(aws.ToString(in.ShardIterator))
	if err != nil {
		return nil, err
	}
	return onStream(s, call, arn, func(x *stream) (*dynamodbstreams.GetRecordsOutput, error) {
		if s.now().Sub(made) > iteratorLife {
			return nil, &types.ExpiredIteratorException{Message: aws.String(textExpired)}
		}
		if from <= x.trimmed {
			return nil, &types.TrimmedDataAccessException{Message: aws.String(textTrimmed)}
		}
		out := &dynamodbstreams.GetRecordsOutput{Records: []types.Record{}}
		i := x.at(from)
		var size int64
		for _, r := range x.records[i:] {
			if len(out.Records) == limit || len(out.Records) > 0 && size+r.size > maxRecords {
				break
			}
			size += r.size
			from = r.sequence + 1
			out.Records = append(out.Records, r.sdk(x))
		}
		if x.closed.IsZero() || from < x.next() { // a closed shard ends
			out.NextShardIterator = ptr(x.iterator(from, s.now()))
		}
		return out, nil
	})
}
