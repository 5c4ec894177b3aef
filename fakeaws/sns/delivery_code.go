package sns

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A receiver is Go code that stands for endpoints: of HTTP, of Lambda or of Amazon Data
// Firehose. Nothing leaves the process to other endpoints.
type receiver struct{ of *receiving }

type receiving struct {
	prefix string
	serve  http.Handler
	take   func(context.Context, []byte) error
}

// Deliver has a handler stand for the HTTP and HTTPS endpoints whose URLs begin with a
// prefix: it gets what SNS posts to them, also the requests to confirm a subscription. The
// handler may use the World.
func Deliver(w *fakeaws.World, prefix string, handler http.Handler) {
	Of(w).receive(&receiving{prefix: prefix, serve: handler})
}

// DeliverTo has a function stand for a Lambda function, by its ARN, which it gets events as
// JSON for, or for a delivery stream of Amazon Data Firehose, which it gets records for. SNS
// delivers what it may: lambda:InvokeFunction by the policy of the function, and
// firehose:PutRecord by the role of the subscription. An error makes the delivery fail.
func DeliverTo(w *fakeaws.World, arn string, take func(ctx context.Context, payload []byte) error) {
	Of(w).receive(&receiving{prefix: arn, take: take})
}

func (s *Fake) receive(r *receiving) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.receivers = append(s.receivers, receiver{r})
}

// receiverOf finds the Go code that stands for an endpoint: of several, that with the
// longest prefix, and the latest of these.
func (s *Fake) receiverOf(endpoint string, http bool) *receiving {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found *receiving
	for _, r := range s.receivers {
		matches := r.of.prefix == endpoint || http && strings.HasPrefix(endpoint, r.of.prefix)
		if matches && (r.of.serve != nil) == http && (found == nil || len(r.of.prefix) >= len(found.prefix)) {
			found = r.of
		}
	}
	return found
}

// errNoReceiver is why nothing can be delivered to an endpoint.
var errNoReceiver = errors.New("no Go code stands for the endpoint: see sns.Deliver and sns.DeliverTo")

// post delivers to an HTTP endpoint.
func (s *Fake) post(call *fakeaws.Call, d *delivery) error {
	r := s.receiverOf(d.endpoint, true)
	if r == nil {
		return errNoReceiver
	}
	kind := "Notification"
	if d.confirmation != "" {
		kind = "SubscriptionConfirmation"
	}
	request, err := http.NewRequestWithContext(background(call), http.MethodPost, d.endpoint, bytes.NewReader([]byte(s.bodyFor(d))))
	if err != nil {
		return err
	}
	header := request.Header
	header.Set("X-Amz-Sns-Message-Type", kind)
	header.Set("X-Amz-Sns-Message-Id", d.publication.ID)
	header.Set("X-Amz-Sns-Topic-Arn", d.topic)
	if d.confirmation == "" {
		header.Set("X-Amz-Sns-Subscription-Arn", d.subscription)
	}
	if d.raw && d.confirmation == "" {
		header.Set("X-Amz-Sns-Rawdelivery", "true")
	}
	header.Set("Content-Type", "text/plain; charset=UTF-8")
	header.Set("User-Agent", "Amazon Simple Notification Service Agent")
	answer := answered{header: http.Header{}}
	r.serve.ServeHTTP(&answer, request)
	if answer.status != 0 && answer.status/100 != 2 {
		return fmt.Errorf("the endpoint answered %d", answer.status)
	}
	return nil
}

// answered is the answer of a handler, of which only the status counts.
type answered struct {
	header http.Header
	status int
}

func (a *answered) Header() http.Header { return a.header }

func (a *answered) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return len(b), nil
}

func (a *answered) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
}

// invoke delivers to a Lambda function, if its policy lets SNS on behalf of the topic.
func (s *Fake) invoke(call *fakeaws.Call, d *delivery) error {
	service := fakeaws.ServiceCall{Principal: serviceName, SourceARN: d.topic, SourceAccount: d.account, Region: d.region}
	if err := s.world.May(background(call), &fakeaws.Question{Service: &service, Action: "lambda:InvokeFunction", Resource: d.endpoint, Region: d.region}); err != nil {
		return err
	}
	r := s.receiverOf(d.endpoint, false)
	if r == nil {
		return errNoReceiver
	}
	event, err := json.Marshal(s.lambdaEvent(d))
	if err != nil {
		return err // strings always have a form
	}
	return r.take(background(call), event)
}

// lambdaEvent is what a function gets (Lambda developer guide, "Invoking Lambda functions
// with Amazon SNS notifications").
func (s *Fake) lambdaEvent(d *delivery) any {
	p, text := d.publication, d.text()
	var subject *string
	if p.Subject != "" {
		subject = &p.Subject
	}
	attributes := make(map[string]map[string]string, len(p.Attributes))
	for name, v := range p.Attributes {
		value := aws.ToString(v.StringValue)
		if baseType(&v) == typeBinary {
			value = string(v.BinaryValue)
		}
		attributes[name] = map[string]string{"Type": *v.DataType, "Value": value}
	}
	return map[string]any{"Records": []any{map[string]any{
		"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": d.subscription,
		"Sns": map[string]any{
			"Type": "Notification", "MessageId": p.ID, "TopicArn": p.TopicARN, "Subject": subject, "Message": text,
			"Timestamp": timestamp(p.Published), "SignatureVersion": p.version,
			"Signature":      p.signature(text, func() string { return signedNotification(p, text) }),
			"SigningCertUrl": certificateURL(d.region), "MessageAttributes": attributes,
			"UnsubscribeUrl": endpointOf(d.region) + "/?Action=Unsubscribe&SubscriptionArn=" + d.subscription,
		},
	}}}
}

// putRecord delivers to a stream of Amazon Data Firehose with the role of the subscription,
// which must trust SNS.
func (s *Fake) putRecord(call *fakeaws.Call, d *delivery) error {
	if !s.world.Has("sts") {
		return errors.New("this World has no STS, which the role of the subscription takes")
	}
	role, err := fakeaws.Do[awssts.AssumeRoleOutput](background(call), s.world, d.asService(d.region), &awssts.AssumeRoleInput{
		RoleArn: &d.firehoseRole, RoleSessionName: aws.String("SNS"),
	})
	if err != nil {
		return err
	}
	if err := s.world.May(background(call), &fakeaws.Question{
		AccessKeyID: *role.Credentials.AccessKeyId, Action: "firehose:PutRecord", Resource: d.endpoint, Region: d.region,
	}); err != nil {
		return err
	}
	r := s.receiverOf(d.endpoint, false)
	if r == nil {
		return errNoReceiver
	}
	return r.take(background(call), []byte(s.bodyFor(d)))
}
