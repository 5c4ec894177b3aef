package cloudwatchlogs

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5" //nolint:gosec // it spreads, and keeps nothing secret
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"time"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs/internal/pattern"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
)

// A subscription is a subscription filter. One that is changed is another.
type subscription struct {
	name         string
	pattern      *pattern.Pattern
	destination  string
	role         string
	distribution types.Distribution
	transformed  bool
	systemFields []string
	created      time.Time
}

// A delivery is what waits to be delivered for a subscription filter. It never changes.
type delivery struct {
	at     time.Time
	group  groupID
	stream string
	filter subscription
	events []*event
}

// subscribed has events delivered to who has subscribed to a log group, or to all of its
// account. The lock is held.
func (s *Fake) subscribed(g *group, x *stream, events []*event, now time.Time) {
	g.filters.Scan(func(_ string, f *subscription) bool {
		s.queue(g, x, f, events, now)
		return true
	})
	if f := s.at(g.id.place()).subscription(g); f != nil && g.class == types.LogGroupClassStandard {
		s.queue(g, x, f, events, now)
	}
}

// queue has the events that a filter matches delivered. The lock is held.
func (s *Fake) queue(g *group, x *stream, f *subscription, events []*event, now time.Time) {
	matching := events
	if !f.pattern.All() {
		matching = nil
		for _, e := range events {
			if f.pattern.Match(e.message) {
				matching = append(matching, e)
			}
		}
	}
	if len(matching) > 0 {
		s.outbox = append(s.outbox, &delivery{now, g.id, x.name, *f, matching})
		s.world.Wake(now)
	}
}

// Next implements [fakeaws.Worker].
func (s *Fake) Next() (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.outbox) == 0 {
		return time.Time{}, false
	}
	return s.outbox[0].at, true
}

// Work implements [fakeaws.Worker]: it delivers what waits the longest. What cannot be
// delivered is dropped, as CloudWatch Logs does with what is denied; the log of the World has
// the denial.
func (s *Fake) Work(ctx context.Context) {
	s.mu.Lock()
	if len(s.outbox) == 0 || s.outbox[0].at.After(s.world.Clock().Now()) {
		s.mu.Unlock()
		return
	}
	d := s.outbox[0]
	s.outbox[0] = nil
	s.outbox = s.outbox[1:]
	s.mu.Unlock()
	to, ok := s.receiver(d.group, d.filter.destination, d.filter.role)
	if !ok {
		return
	}
	_ = s.send(ctx, d.group, to, d.payload(), d.partitionKey(s.world))
}

// A receiver is where a subscription's events go: a function, or a stream by a role.
type receiver struct{ target, role string }

// receiver finds where the events of a destination go; false for a destination that there is
// no more. The lock is not held.
func (s *Fake) receiver(_ groupID, destination, roleARN string) (receiver, bool) {
	id, ok := parseDestinationARN(destination)
	if !ok {
		return receiver{destination, roleARN}, true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.at(id.place()).destinations.Get(id.name)
	if !ok {
		return receiver{}, false
	}
	return receiver{d.target, d.role}, true
}

// sessionName is that of the sessions of roles that CloudWatch Logs assumes: unverified.
const sessionName = "CloudWatchLogsSubscription"

// actor is CloudWatch Logs as it delivers: as itself to functions, and by a role to streams.
func (s *Fake) actor(ctx context.Context, id groupID, to receiver) (fakeaws.Actor, error) {
	if to.role == "" {
		return s.principal(ctx, id, "lambda:InvokeFunction", to.target).Actor(), nil
	}
	session, err := role.Assume(ctx, s.world, *s.principal(ctx, id, "sts:AssumeRole", to.role), to.role, sessionName)
	if err != nil {
		return fakeaws.Actor{}, err
	}
	return session.Actor, nil
}

// principal is CloudWatch Logs under the name by which a policy lets it do something: it has
// two, of which policies have one or the other. What is denied to one is denied.
func (s *Fake) principal(ctx context.Context, id groupID, action, resource string) *fakeaws.ServiceCall {
	var found *fakeaws.ServiceCall
	for _, name := range []string{regional(id.region), global} {
		service := s.asService(id, name)
		answer, err := s.world.Ask(ctx, &fakeaws.Question{Service: service, Action: action, Resource: resource, Region: id.region})
		switch {
		case err != nil:
		case answer.Verdict == enforce.ExplicitDeny:
			return service
		case answer.Allowed() && found == nil:
			found = service
		}
	}
	if found == nil {
		return s.asService(id, regional(id.region))
	}
	return found
}

// send delivers a document. The lock is not held.
func (s *Fake) send(ctx context.Context, id groupID, to receiver, document any, partitionKey string) error {
	actor, err := s.actor(ctx, id, to)
	if err != nil {
		return err
	}
	d, err := envelope(to.target, document)
	if err != nil {
		return err
	}
	d.PartitionKey = partitionKey
	_, err = s.world.Deliver(ctx, actor, d)
	return err
}

// envelope is a document as it is delivered: compressed with gzip, and for functions in Base64
// within an event.
func envelope(target string, document any) (*fakeaws.Delivery, error) {
	text, err := json.Marshal(document)
	if err != nil {
		return nil, err
	}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	body := zipped.Bytes()
	if vendor(target) == "lambda" {
		body = []byte(`{"awslogs":{"data":"` + base64.StdEncoding.EncodeToString(body) + `"}}`)
	}
	return &fakeaws.Delivery{Target: target, Body: body}, nil
}

// vendor is the service of a destination's ARN.
func vendor(target string) string {
	parsed, _ := awsarn.Parse(target)
	return parsed.Service
}

// A payload is the document that is delivered ("Real-time processing of log data with
// subscriptions").
type payload struct {
	MessageType         string         `json:"messageType"`
	Owner               string         `json:"owner"`
	LogGroup            string         `json:"logGroup"`
	LogStream           string         `json:"logStream"`
	SubscriptionFilters []string       `json:"subscriptionFilters"`
	LogEvents           []payloadEvent `json:"logEvents"`
}

type payloadEvent struct {
	ID              string            `json:"id"`
	Timestamp       int64             `json:"timestamp"`
	Message         string            `json:"message"`
	ExtractedFields map[string]string `json:"extractedFields,omitempty"`
}

func (d *delivery) payload() *payload {
	p := &payload{
		MessageType: "DATA_MESSAGE", Owner: d.group.account, LogGroup: d.group.name, LogStream: d.stream,
		SubscriptionFilters: []string{d.filter.name}, LogEvents: make([]payloadEvent, len(d.events)),
	}
	for i, e := range d.events {
		p.LogEvents[i] = payloadEvent{e.id(), e.at, e.message, d.filter.pattern.Fields(e.message)}
	}
	return p
}

// control is the document by which CloudWatch Logs finds out whether a stream takes what it
// sends.
func control(now time.Time, kind string) *payload {
	return &payload{
		MessageType: "CONTROL_MESSAGE", Owner: "CloudwatchLogs", SubscriptionFilters: []string{},
		LogEvents: []payloadEvent{{Timestamp: now.UnixMilli(), Message: "CWL CONTROL MESSAGE: Checking health of destination " + kind + "."}},
	}
}

// partitionKey spreads records over the shards of a stream, by the log stream or at random.
func (d *delivery) partitionKey(w *fakeaws.World) string {
	if d.filter.distribution == types.DistributionRandom {
		return w.IDs().UUID()
	}
	sum := md5.Sum([]byte(d.group.arn() + noStream + d.stream)) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}
