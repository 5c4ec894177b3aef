package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// The conditions of records that destinations get.
const (
	succeeded        = "Success"
	retriesExhausted = "RetriesExhausted"
	eventAgeExceeded = "EventAgeExceeded"
)

// eventSettings are what decides about the asynchronous invocations of a function.
type eventSettings struct {
	types.FunctionEventInvokeConfig
	role, deadLetter string
	// stopped says that the function has no concurrency reserved: "Lambda begins sending new
	// events to the configured dead-letter queue or the on-failure event destination, without
	// any retries".
	stopped bool
}

// configFor returns what decides about an invocation; false when there is no such function
// any more.
func (s *Fake) configFor(ref reference) (*eventSettings, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.functions[ref.id]
	if f == nil {
		return nil, false
	}
	v, a, ok := f.find(ref.qualifier)
	if !ok || v == nil {
		return nil, false
	}
	cfg := &eventSettings{role: v.roleOf(), stopped: f.reserved != nil && *f.reserved == 0}
	qualifier := ref.qualifier
	if qualifier == "" {
		qualifier = latestVersion
	}
	if c := f.async[qualifier]; c != nil {
		cfg.FunctionEventInvokeConfig = c.FunctionEventInvokeConfig
	} else if c := f.async[v.name()]; c != nil && a == nil {
		cfg.FunctionEventInvokeConfig = c.FunctionEventInvokeConfig
	}
	if v.DeadLetterConfig != nil {
		cfg.deadLetter = aws.ToString(v.DeadLetterConfig.TargetArn)
	}
	return cfg, true
}

// The defaults of asynchronous invocations.
const (
	defaultAge     = 6 * time.Hour
	defaultRetries = 2
)

func (c *eventSettings) age() time.Duration {
	if c.MaximumEventAgeInSeconds == nil {
		return defaultAge
	}
	return time.Duration(*c.MaximumEventAgeInSeconds) * time.Second
}

func (c *eventSettings) retries() int {
	if c.MaximumRetryAttempts == nil {
		return defaultRetries
	}
	return int(*c.MaximumRetryAttempts)
}

func (c *eventSettings) onSuccess() string {
	if c.DestinationConfig == nil || c.DestinationConfig.OnSuccess == nil {
		return ""
	}
	return aws.ToString(c.DestinationConfig.OnSuccess.Destination)
}

func (c *eventSettings) onFailure() string {
	if c.DestinationConfig == nil || c.DestinationConfig.OnFailure == nil {
		return ""
	}
	return aws.ToString(c.DestinationConfig.OnFailure.Destination)
}

// A record is what a destination gets of an invocation ("Capturing records of Lambda
// asynchronous invocations" of the developer guide).
type record struct {
	Version         string           `json:"version"`
	Timestamp       string           `json:"timestamp"`
	RequestContext  requestContext   `json:"requestContext"`
	RequestPayload  json.RawMessage  `json:"requestPayload"`
	ResponseContext *responseContext `json:"responseContext,omitempty"`
	ResponsePayload json.RawMessage  `json:"responsePayload,omitempty"`
}

type requestContext struct {
	RequestID   string `json:"requestId"`
	FunctionARN string `json:"functionArn"`
	Condition   string `json:"condition"`
	Invocations int    `json:"approximateInvokeCount"`
}

type responseContext struct {
	StatusCode      int    `json:"statusCode"`
	ExecutedVersion string `json:"executedVersion"`
	FunctionError   string `json:"functionError,omitempty"`
}

// recordOf makes the record of an event.
func (s *Fake) recordOf(e *event, condition string) *record {
	arn := e.ref.arn()
	if e.ref.qualifier == "" {
		arn += ":" + latestVersion
	}
	r := &record{
		Version: "1.0", Timestamp: s.world.Clock().Now().Format("2006-01-02T15:04:05.000Z"), RequestPayload: e.payload,
		RequestContext: requestContext{e.requestID, arn, condition, e.invoked},
	}
	if e.last != nil {
		const ok = 200
		r.ResponseContext = &responseContext{StatusCode: ok, ExecutedVersion: e.last.version}
		if e.last.failed {
			r.ResponseContext.FunctionError = "Unhandled"
		}
		r.ResponsePayload = jsonOf(e.last.payload)
	}
	return r
}

// jsonOf is a payload as part of a document: null where the function answered nothing.
func jsonOf(payload []byte) json.RawMessage {
	if len(bytes.TrimSpace(payload)) == 0 {
		return json.RawMessage("null")
	}
	if !json.Valid(payload) {
		text, err := json.Marshal(string(payload))
		if err != nil {
			return json.RawMessage("null") // strings are always written
		}
		return text
	}
	return payload
}

// report sends the record of an event to a destination, as the execution role. What fails is
// dropped, with a metric in AWS: the World's log has why.
func (s *Fake) report(ctx context.Context, e *event, cfg *eventSettings, to, condition string) {
	if to == "" {
		return
	}
	rec := s.recordOf(e, condition)
	body, err := json.Marshal(rec)
	if err != nil {
		return // a record is always written
	}
	own, err := s.session(ctx, e.ref.id, cfg.role)
	if err != nil {
		return
	}
	if parsed, _ := awsarn.Parse(to); parsed.Service == "s3" {
		s.reportToS3(ctx, own, e, parsed.Resource, body)
		return
	}
	_, _ = s.world.Deliver(ctx, own.actor, &fakeaws.Delivery{Target: to, Body: body, Source: "lambda", DetailType: detailType(condition)})
}

// detailType is that of the event which a bus gets: "The value for the source event field is
// lambda. The value for the detail-type event field is either Lambda Function Invocation
// Result - Success or … - Failure".
func detailType(condition string) string {
	if condition == succeeded {
		return "Lambda Function Invocation Result - Success"
	}
	return "Lambda Function Invocation Result - Failure"
}

// reportToS3 stores the record of a failure: the key has the form of the developer guide.
func (s *Fake) reportToS3(ctx context.Context, own *session, e *event, bucket string, body []byte) {
	if !s.world.Has("s3") {
		return
	}
	key := "aws/lambda/async/" + e.ref.id.name + "/" + s.world.Clock().Now().Format("2006/01/02/2006-01-02T15.04.05-") + s.world.IDs().UUID()
	_, _ = fakeaws.Do[s3.PutObjectOutput](ctx, s.world, own.actor, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(body)})
}

// maxErrorMessage is how much of an error's text a dead letter has: "the first 1 KB".
const maxErrorMessage = 1024

// discard ends an event that failed: its record goes to the destination of failures, the
// event itself to the dead-letter target, as the execution role.
func (s *Fake) discard(ctx context.Context, e *event, cfg *eventSettings, condition string) {
	s.report(ctx, e, cfg, cfg.onFailure(), condition)
	if cfg.deadLetter == "" {
		return
	}
	own, err := s.session(ctx, e.ref.id, cfg.role)
	if err != nil {
		return
	}
	code, message := "429", textThrottled
	if e.last != nil {
		var failed errorDocument
		code, message = "200", ""
		if json.Unmarshal(e.last.payload, &failed) == nil {
			message = failed.Message
		}
	}
	_, _ = s.world.Deliver(ctx, own.actor, &fakeaws.Delivery{Target: cfg.deadLetter, Body: e.payload, Attributes: map[string]fakeaws.DeliveryAttribute{
		"RequestID":    {Type: "String", String: e.requestID},
		"ErrorCode":    {Type: "Number", String: code},
		"ErrorMessage": {Type: "String", String: message[:min(len(message), maxErrorMessage)]},
	}})
}
