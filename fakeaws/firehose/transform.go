package firehose

import (
	"encoding/json"
	"errors"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
)

const (
	// defaultRetries is how often Firehose invokes a function again: "retries the invocation
	// three times by default".
	defaultRetries = 3
	// defaultInvocation is how many bytes of records an invocation has without a buffer size,
	// in the synchronous invocation's limit of 6 MB.
	defaultInvocation = 1 << 20
)

// lambdaOf is the processor that transforms records; nil without one.
func lambdaOf(d *types.ExtendedS3DestinationDescription) *types.Processor {
	all := processors(d)
	for i := range all {
		if all[i].Type == types.ProcessorTypeLambda {
			return &all[i]
		}
	}
	return nil
}

// transformEvent is what a function gets ("Transform source data in Amazon Data Firehose").
type transformEvent struct {
	InvocationID           string            `json:"invocationId"`
	DeliveryStreamARN      string            `json:"deliveryStreamArn"`
	Region                 string            `json:"region"`
	SourceKinesisStreamARN string            `json:"sourceKinesisStreamArn,omitempty"`
	Records                []transformRecord `json:"records"`
}

type transformRecord struct {
	RecordID string           `json:"recordId"`
	Arrived  int64            `json:"approximateArrivalTimestamp"`
	Data     []byte           `json:"data"` // encoding/json writes base64
	Kinesis  *kinesisMetadata `json:"kinesisRecordMetadata,omitempty"`
}

type kinesisMetadata struct {
	SequenceNumber    string `json:"sequenceNumber"`
	SubsequenceNumber int    `json:"subsequenceNumber"`
	PartitionKey      string `json:"partitionKey"`
	ShardID           string `json:"shardId"`
	Arrived           int64  `json:"approximateArrivalTimestamp"`
}

// transformAnswer is what a function answers.
type transformAnswer struct {
	Records []struct {
		RecordID string `json:"recordId"`
		Result   string `json:"result"`
		Data     []byte `json:"data"`
	} `json:"records"`
}

// transform has a function transform records, batch by batch. An error is none of the
// function: the delivery is tried again.
func (w *work) transform(p *types.Processor, records []*record) (kept []*record, failed []failure, err error) {
	size := defaultInvocation
	if mb, err := strconv.ParseFloat(parameter(p, types.ProcessorParameterNameBufferSizeInMb), 64); err == nil && mb > 0 && mb <= 3 {
		size = int(mb * (1 << 20))
	}
	for len(records) > 0 {
		n, total := 0, 0
		for n < len(records) && (n == 0 || total+len(records[n].data) <= size) {
			total += len(records[n].data)
			n++
		}
		more, bad, err := w.invoke(p, records[:n])
		if err != nil {
			return nil, nil, err
		}
		kept, failed, records = append(kept, more...), append(failed, bad...), records[n:]
	}
	return kept, failed, nil
}

// invoke invokes the function with a batch, again if it fails. A batch that it does not
// answer failed as a whole.
func (w *work) invoke(p *types.Processor, records []*record) ([]*record, []failure, error) {
	retries := defaultRetries
	if n, err := strconv.Atoi(parameter(p, types.ProcessorParameterNameLambdaNumberOfRetries)); err == nil {
		retries = n
	}
	function := parameter(p, types.ProcessorParameterNameLambdaArn)
	body, err := json.Marshal(w.event(records))
	if err != nil {
		return nil, nil, err
	}
	var code, message string
	for attempt := 1; attempt <= retries+1; attempt++ {
		if err := w.ctx.Err(); err != nil {
			return nil, nil, err // who waits for the delivery has left: it is due again
		}
		var answer []byte
		if answer, code, message = w.call(p, function, body); code == "" {
			kept, failed := w.sort(records, answer, function, attempt)
			return kept, failed, nil
		}
	}
	failed := make([]failure, len(records))
	for i, r := range records {
		failed[i] = failure{r, code, message, retries + 1, w.now(), function}
	}
	return nil, failed, nil
}

func (w *work) event(records []*record) transformEvent {
	e := transformEvent{
		InvocationID: w.world.IDs().UUID(), DeliveryStreamARN: w.id.arn(), Region: w.id.region, SourceKinesisStreamARN: w.sourceARN,
		Records: make([]transformRecord, len(records)),
	}
	for i, r := range records {
		e.Records[i] = transformRecord{RecordID: r.id, Arrived: r.arrived.UnixMilli(), Data: r.data}
		if r.data == nil {
			e.Records[i].Data = []byte{}
		}
		if r.sequence != "" {
			e.Records[i].Kinesis = &kinesisMetadata{SequenceNumber: r.sequence, PartitionKey: r.partitionKey, ShardID: r.shard, Arrived: r.arrived.UnixMilli()}
		}
	}
	return e
}

// call invokes the function once as the role of the processor, or that of the destination.
func (w *work) call(p *types.Processor, function string, body []byte) (answer []byte, code, message string) {
	roleARN := parameter(p, types.ProcessorParameterNameRoleArn)
	if roleARN == "" {
		roleARN = aws.ToString(w.destination.RoleARN)
	}
	session, err := w.assume(w.ctx, w.id, roleARN)
	if err != nil {
		return nil, "Lambda.AssumeRoleAccessDenied", err.Error()
	}
	answer, err = w.world.Deliver(w.ctx, session.Actor, &fakeaws.Delivery{Target: function, Body: body, Answered: true})
	if err == nil {
		return answer, "", ""
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode() {
		case "AccessDeniedException":
			return nil, "Lambda.InvokeAccessDenied", err.Error()
		case "ResourceNotFoundException":
			return nil, "Lambda.ResourceNotFound", err.Error()
		}
	}
	return nil, "Lambda.FunctionError", err.Error()
}

// sort divides records by what the function answered of each.
func (w *work) sort(records []*record, answer []byte, function string, attempt int) (kept []*record, failed []failure) {
	fail := func(r *record, code, message string) {
		failed = append(failed, failure{r, code, message, attempt, w.now(), function})
	}
	var all transformAnswer
	if err := json.Unmarshal(answer, &all); err != nil {
		for _, r := range records {
			fail(r, "Lambda.JsonProcessingException", "There was an error parsing returned records from the Lambda function. Ensure that the returned records follow the status model required by Amazon Data Firehose.")
		}
		return nil, failed
	}
	answered := make(map[string]int, len(all.Records))
	for i := range all.Records {
		id := all.Records[i].RecordID
		if _, twice := answered[id]; twice {
			answered[id] = -1
			continue
		}
		answered[id] = i
	}
	for _, r := range records {
		i, ok := answered[r.id]
		switch {
		case !ok:
			fail(r, "Lambda.MissingRecordId", "One or more record IDs were not returned. Ensure that the Lambda function returns all received record IDs.")
		case i < 0:
			fail(r, "Lambda.DuplicatedRecordId", "Multiple records were returned with the same record ID. Ensure that the Lambda function returns unique record IDs for each record.")
		case all.Records[i].Result == "Ok":
			changed := *r
			changed.data = all.Records[i].Data
			kept = append(kept, &changed)
		case all.Records[i].Result != "Dropped":
			fail(r, "Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record")
		}
	}
	return kept, failed
}
