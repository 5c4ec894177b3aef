package lambda

import (
	"bytes"
	"context"
	"encoding/json"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Why records of a stream are discarded. The name of the second is unverified.
const (
	retryAttemptsExhausted = "RetryAttemptsExhausted"
	recordAgeExceeded      = "RecordAgeExceeded"
)

// A discarded is what a destination gets of the records that a mapping discards ("Retain
// discarded batch records for a Kinesis Data Streams event source" of the developer guide, and
// the same for DynamoDB). It tells where they are in the stream; in S3 it has them too.
type discarded struct {
	RequestContext  requestContext   `json:"requestContext"`
	ResponseContext *responseContext `json:"responseContext,omitempty"`
	Version         string           `json:"version"`
	Timestamp       string           `json:"timestamp"`
	Kinesis         *batchInfo       `json:"KinesisBatchInfo,omitempty"`
	DynamoDB        *batchInfo       `json:"DDBStreamBatchInfo,omitempty"`
	Payload         string           `json:"payload,omitempty"`
}

type batchInfo struct {
	ShardID      string `json:"shardId"`
	Start        string `json:"startSequenceNumber"`
	End          string `json:"endSequenceNumber"`
	FirstArrival string `json:"approximateArrivalOfFirstRecord"`
	LastArrival  string `json:"approximateArrivalOfLastRecord"`
	Size         int    `json:"batchSize"`
	StreamARN    string `json:"streamArn"`
}

const discardTime = "2006-01-02T15:04:05.000Z"

// discard tells the destination of failures of records that are discarded, as the execution
// role. What fails is dropped: the World's log has why.
func (p *shardPoll) discard(ctx context.Context, b *shardBatch, role, condition string) {
	to := p.mapping.onFailure()
	if to == "" {
		return
	}
	own, err := p.fake.session(ctx, p.mapping.ref.id, role)
	if err != nil {
		return
	}
	d := p.discarded(b, condition)
	parsed, _ := awsarn.Parse(to)
	inS3 := parsed.Service == "s3"
	if inS3 {
		events := make([]json.RawMessage, len(b.records))
		for i, r := range b.records {
			events[i] = r.event
		}
		payload, _ := json.Marshal(map[string]any{"Records": events}) // records are always written
		d.Payload = string(payload)
	}
	body, err := json.Marshal(d)
	if err != nil {
		return // a record is always written
	}
	if inS3 {
		p.discardToS3(ctx, own, parsed.Resource, body)
		return
	}
	_, _ = p.fake.world.Deliver(ctx, own.actor, &fakeaws.Delivery{Target: to, Body: body})
}

func (p *shardPoll) discarded(b *shardBatch, condition string) *discarded {
	first, last := b.records[0], b.records[len(b.records)-1]
	info := &batchInfo{
		p.shard, first.sequence, last.sequence, first.arrived.UTC().Format(discardTime), last.arrived.UTC().Format(discardTime), len(b.records),
		*p.mapping.EventSourceArn,
	}
	d := &discarded{
		RequestContext: requestContext{b.requestID, p.mapping.ref.arn(), condition, b.tried}, Version: "1.0",
		Timestamp: p.fake.world.Clock().Now().UTC().Format(discardTime),
	}
	if d.Kinesis = info; sourceOf(p.mapping.EventSourceArn) == sourceDynamoDB {
		d.Kinesis, d.DynamoDB = nil, info
	}
	if b.last != nil {
		d.ResponseContext = &responseContext{StatusCode: 200, ExecutedVersion: b.last.version}
		if b.last.failed {
			d.ResponseContext.FunctionError = "Unhandled"
		}
	}
	return d
}

// discardToS3 stores what is discarded: the key has the form of the developer guide.
func (p *shardPoll) discardToS3(ctx context.Context, own *session, bucket string, body []byte) {
	if !p.fake.world.Has("s3") {
		return
	}
	key := "aws/lambda/" + *p.mapping.UUID + "/" + p.shard + "/" + p.fake.world.Clock().Now().UTC().Format("2006/01/02/2006-01-02T15.04.05-") + p.fake.world.IDs().UUID()
	_, _ = fakeaws.Do[s3.PutObjectOutput](ctx, p.fake.world, own.actor, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(body)})
}
