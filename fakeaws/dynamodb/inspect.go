package dynamodb

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Items are all items of a table, in the order of its scans: no policy is asked. It is nil
// where there is no such table.
func (s *Fake) Items(account, region, table string) []map[string]types.AttributeValue {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[tableID{account, region, table}]
	if t == nil {
		return nil
	}
	s.expire(t)
	all := make([]map[string]types.AttributeValue, 0, t.items.Len())
	t.items.Scan(func(_ string, i *item) bool {
		all = append(all, i.attributes().SDK())
		return true
	})
	return all
}

// Shards are the shards of a stream, the oldest first: what an event source mapping reads. The
// actor takes the permission to DescribeStream.
func Shards(ctx context.Context, w *fakeaws.World, as fakeaws.Actor, stream string) ([]string, error) {
	out, err := fakeaws.Do[dynamodbstreams.DescribeStreamOutput](ctx, w, as, &dynamodbstreams.DescribeStreamInput{StreamArn: &stream})
	if err != nil {
		return nil, err
	}
	var all []string
	for _, shard := range out.StreamDescription.Shards {
		all = append(all, *shard.ShardId)
	}
	return all, nil
}

// ShardIterator is a place in a shard, where [Records] reads from: TRIM_HORIZON, LATEST, or
// AFTER_SEQUENCE_NUMBER of a record. The actor takes the permission to GetShardIterator.
func ShardIterator(ctx context.Context, w *fakeaws.World, as fakeaws.Actor, stream, shard, kind, sequence string) (string, error) {
	in := &dynamodbstreams.GetShardIteratorInput{StreamArn: &stream, ShardId: &shard, ShardIteratorType: streamtypes.ShardIteratorType(kind)}
	if sequence != "" {
		in.SequenceNumber = &sequence
	}
	out, err := fakeaws.Do[dynamodbstreams.GetShardIteratorOutput](ctx, w, as, in)
	if err != nil {
		return "", err
	}
	return *out.ShardIterator, nil
}

// A Change is a record of a stream, in JSON as a Lambda function gets it in its event, without
// the member eventSourceARN.
type Change struct {
	JSON           json.RawMessage
	SequenceNumber string
}

// Records reads a shard, and returns the iterator of what comes then: empty at the end of a
// shard that is closed. The actor takes the permission to GetRecords.
func Records(ctx context.Context, w *fakeaws.World, as fakeaws.Actor, iterator string, limit int32) (changes []Change, next string, err error) {
	out, err := fakeaws.Do[dynamodbstreams.GetRecordsOutput](ctx, w, as, &dynamodbstreams.GetRecordsInput{ShardIterator: &iterator, Limit: &limit})
	if err != nil {
		return nil, "", err
	}
	for i := range out.Records {
		text, err := json.Marshal(eventOf(&out.Records[i]))
		if err != nil {
			return nil, "", err
		}
		changes = append(changes, Change{text, *out.Records[i].Dynamodb.SequenceNumber})
	}
	if out.NextShardIterator != nil {
		next = *out.NextShardIterator
	}
	return changes, next, nil
}

// eventOf is a record with the names that Lambda's event has (Lambda developer guide, "Using
// AWS Lambda with Amazon DynamoDB").
func eventOf(r *streamtypes.Record) map[string]any {
	change := map[string]any{
		"ApproximateCreationDateTime": r.Dynamodb.ApproximateCreationDateTime.Unix(), "Keys": jsonMap(r.Dynamodb.Keys),
		"SequenceNumber": *r.Dynamodb.SequenceNumber, "SizeBytes": *r.Dynamodb.SizeBytes, "StreamViewType": r.Dynamodb.StreamViewType,
	}
	if r.Dynamodb.NewImage != nil {
		change["NewImage"] = jsonMap(r.Dynamodb.NewImage)
	}
	if r.Dynamodb.OldImage != nil {
		change["OldImage"] = jsonMap(r.Dynamodb.OldImage)
	}
	event := map[string]any{
		"eventID": *r.EventID, "eventName": r.EventName, "eventVersion": *r.EventVersion, "eventSource": *r.EventSource,
		"awsRegion": *r.AwsRegion, "dynamodb": change,
	}
	if r.UserIdentity != nil {
		event["userIdentity"] = map[string]any{"type": *r.UserIdentity.Type, "principalId": *r.UserIdentity.PrincipalId}
	}
	return event
}

func jsonMap(m map[string]streamtypes.AttributeValue) map[string]any {
	out := make(map[string]any, len(m))
	for name, v := range m {
		out[name] = jsonValue(v)
	}
	return out
}

// jsonValue is a value as it is on the wire.
func jsonValue(v streamtypes.AttributeValue) map[string]any {
	switch v := v.(type) {
	case *streamtypes.AttributeValueMemberS:
		return map[string]any{"S": v.Value}
	case *streamtypes.AttributeValueMemberN:
		return map[string]any{"N": v.Value}
	case *streamtypes.AttributeValueMemberB:
		return map[string]any{"B": v.Value}
	case *streamtypes.AttributeValueMemberSS:
		return map[string]any{"SS": v.Value}
	case *streamtypes.AttributeValueMemberNS:
		return map[string]any{"NS": v.Value}
	case *streamtypes.AttributeValueMemberBS:
		return map[string]any{"BS": v.Value}
	case *streamtypes.AttributeValueMemberBOOL:
		return map[string]any{"BOOL": v.Value}
	case *streamtypes.AttributeValueMemberNULL:
		return map[string]any{"NULL": v.Value}
	case *streamtypes.AttributeValueMemberM:
		return map[string]any{"M": jsonMap(v.Value)}
	case *streamtypes.AttributeValueMemberL:
		list := make([]any, len(v.Value))
		for i, e := range v.Value {
			list[i] = jsonValue(e)
		}
		return map[string]any{"L": list}
	}
	return nil
}
