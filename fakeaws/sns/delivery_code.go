package sns

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
)

// A receiver is Go code that stands for HTTP endpoints. Nothing leaves the process to others.
type receiver struct{ of *receiving }

type receiving struct {
	prefix string
	serve  http.Handler
}

// Deliver has a handler stand for the HTTP and HTTPS endpoints whose URLs begin with a
// prefix: it gets what SNS posts to them, also the requests to confirm a subscription. The
// handler may use the World.
func Deliver(w *fakeaws.World, prefix string, handler http.Handler) {
	s := Of(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.receivers = append(s.receivers, receiver{&receiving{prefix: prefix, serve: handler}})
}

// receiverOf finds the handler that stands for an endpoint: of several, that with the
// longest prefix, and the latest of these.
func (s *Fake) receiverOf(endpoint string) *receiving {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found *receiving
	for _, r := range s.receivers {
		if strings.HasPrefix(endpoint, r.of.prefix) && (found == nil || len(r.of.prefix) >= len(found.prefix)) {
			found = r.of
		}
	}
	return found
}

// errNoReceiver is why nothing can be delivered to an endpoint.
var errNoReceiver = errors.New("no handler stands for the endpoint: see sns.Deliver")

// post delivers to an HTTP endpoint.
func (s *Fake) post(call *fakeaws.Call, d *delivery) error {
	r := s.receiverOf(d.endpoint)
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

// invoke delivers to a Lambda function, if its policy lets SNS on behalf of the topic. SNS
// does not wait for the function.
func (s *Fake) invoke(call *fakeaws.Call, d *delivery) error {
	event, err := json.Marshal(s.lambdaEvent(d))
	if err != nil {
		return err // strings always have a form
	}
	_, err = s.world.Deliver(background(call), d.asService(d.region), &fakeaws.Delivery{Target: d.endpoint, Body: event})
	return err
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
	session, err := role.Assume(background(call), s.world, d.service(d.region), d.firehoseRole, "SNS")
	if err != nil {
		return err
	}
	_, err = s.world.Deliver(background(call), session.Actor, &fakeaws.Delivery{Target: d.endpoint, Body: []byte(s.bodyFor(d))})
	return err
}
