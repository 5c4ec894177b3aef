package fakeaws

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// A Delivery is a message that one service has for a resource of another, by the ARN of the
// resource. What a service has no use for it leaves out, as AWS's do.
type Delivery struct {
	// Target is the ARN of a queue, topic, function, event bus, log group, stream, delivery
	// stream or state machine.
	Target string
	// Body is the message: the payload of an invocation, the body of a message, the data of a
	// record. It is not changed.
	Body []byte
	// Attributes are those of a message to a queue or topic.
	Attributes map[string]DeliveryAttribute
	// GroupID and DeduplicationID are for FIFO queues and topics.
	GroupID, DeduplicationID string
	// TraceHeader is the system attribute AWSTraceHeader of a message to a queue.
	TraceHeader string
	// Subject is that of a message to a topic.
	Subject string
	// Source and DetailType are those of an event for an event bus, of which Body is the
	// detail.
	Source, DetailType string
	// PartitionKey is that of a record of a Kinesis stream.
	PartitionKey string
	// Name is that of an execution of a state machine, or of the stream of a log group.
	Name string
	// Batch are the events of a log stream where there are several, in place of Body.
	Batch [][]byte
	// CreateTarget says that who sends makes the log group if there is none, as Lambda does.
	CreateTarget bool
	// Answered says that who sends waits for the answer of a function or of an execution;
	// else a function is invoked asynchronously.
	Answered bool
}

// A DeliveryAttribute is a message attribute: Type is "String", "Number" or "Binary", or one
// of them with a suffix.
type DeliveryAttribute struct {
	Type, String string
	Binary       []byte
}

// A Target is a fake whose resources other services deliver to.
type Target interface {
	Fake
	// Take returns the input, in the SDK's type, of the operation by which AWS's services
	// deliver to a resource of this one. The error says that the ARN names none to which
	// they can.
	Take(d *Delivery) (input any, err error)
	// Exists reports whether there is the resource of an ARN: what a service knows of
	// targets also where it may not use them.
	Exists(arn string) bool
}

// An Answerer is a [Target] that answers deliveries: a function answers a payload.
type Answerer interface {
	Target
	// Answer reads the output of the operation whose input Take has returned. The error is
	// what the resource itself answered: that of a function.
	Answer(output any) ([]byte, error)
}

// delivering are the operations by which AWS's services deliver to the resources of others,
// which are also the names of the permissions but for Lambda's.
var delivering = map[string]string{
	"appsync": "GraphQL", "events": "PutEvents", "firehose": "PutRecord", "kinesis": "PutRecord", "lambda": "InvokeFunction",
	"logs": "PutLogEvents", "sns": "Publish", "sqs": "SendMessage", "states": "StartExecution",
}

// Deliver delivers as an actor: it performs the operation for it on the target's fake, on
// the path of every call, so that it is judged, and its decision is in the log. Where the
// World has no fake of the target's service, the permission is judged in the same way, and
// the Go code gets the message that stands for the target: see [World.Receive]. It must
// not be called under a service's lock.
func (w *World) Deliver(ctx context.Context, as Actor, d *Delivery) ([]byte, error) {
	target, err := w.target(d.Target)
	if err != nil {
		return nil, err
	}
	if target == nil {
		return w.handOver(ctx, as, d)
	}
	in, err := target.Take(d)
	if err != nil {
		return nil, err
	}
	if err := w.prepare(ctx, as, target, d, func(ctx context.Context, as Actor, in any) error {
		_, err := w.Do(ctx, as, in)
		return err
	}); err != nil {
		return nil, err
	}
	out, err := w.Do(ctx, as, in)
	if a, ok := target.(Answerer); ok && err == nil && d.Answered {
		return a.Answer(out)
	}
	return nil, err
}

// CheckDelivery asks whether an actor may deliver, and delivers nothing: see [World.Check].
func (w *World) CheckDelivery(ctx context.Context, as Actor, d *Delivery) error {
	target, err := w.target(d.Target)
	if err != nil {
		return err
	}
	if target == nil {
		h, in, err := w.handing(d, false)
		if err != nil {
			return err
		}
		return w.check(ctx, as, h, in)
	}
	in, err := target.Take(d)
	if err != nil {
		return err
	}
	if err := w.prepare(ctx, as, target, d, w.Check); err != nil {
		return err
	}
	return w.Check(ctx, as, in)
}

// TargetExists reports whether a World has the resource of an ARN. Without a fake of its
// service one exists if Go code stands for it.
func (w *World) TargetExists(target string) bool {
	fake, err := w.target(target)
	switch {
	case err != nil:
		return false
	case fake == nil:
		return w.receivers.of(target) != nil
	}
	return fake.Exists(target)
}

// target finds the fake of a target's service; nil where the World has none.
func (w *World) target(target string) (Target, error) {
	parsed, err := arn.Parse(target)
	if err != nil {
		return nil, err
	}
	if !w.Has(parsed.Service) {
		return nil, nil
	}
	fake, ok := w.Fake(parsed.Service).(Target)
	if !ok {
		return nil, fmt.Errorf("leastpriv: nothing can be delivered to %s of %s", parsed.Resource, parsed.Service)
	}
	return fake, nil
}

// A Receiver is Go code that stands for a target whose service the World has no fake of. An
// error makes the delivery fail.
type Receiver func(ctx context.Context, d *Delivery) ([]byte, error)

// receivers are the Receivers of a World by the ARNs of their targets. Clones have them too:
// they are the test's own code.
type receivers struct {
	mu sync.Mutex
	by map[string]Receiver
}

func (r *receivers) of(target string) Receiver {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.by[target]
}

// Receive has Go code stand for a target by its ARN, from now on: for a function, stream,
// delivery stream or state machine of a service that the World has no fake of. What is
// delivered is judged before. The code may use the World.
func (w *World) Receive(target string, take Receiver) {
	r := &w.receivers
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.by == nil {
		r.by = make(map[string]Receiver)
	}
	r.by[target] = take
}

func (r *receivers) clone(from *receivers) {
	from.mu.Lock()
	defer from.mu.Unlock()
	for target, take := range from.by {
		if r.by == nil {
			r.by = make(map[string]Receiver, len(from.by))
		}
		r.by[target] = take
	}
}

// handOver judges a delivery to a service without a fake and gives it to Go code.
func (w *World) handOver(ctx context.Context, as Actor, d *Delivery) ([]byte, error) {
	h, in, err := w.handing(d, true)
	if err != nil {
		return nil, err
	}
	out, err := w.do(ctx, as, h, in)
	answer, _ := out.(*handed)
	if err != nil || answer == nil {
		return nil, err
	}
	return answer.body, nil
}

type handed struct{ body []byte }

// handing is the operation by which a delivery reaches a service without a fake.
func (w *World) handing(d *Delivery, take bool) (*handler, *Delivery, error) {
	parsed, _ := arn.Parse(d.Target) // it was looked at
	operation, ok := delivering[parsed.Service]
	if !ok {
		return nil, nil, fmt.Errorf("leastpriv: it is not known which permission a delivery to %s needs", parsed.Service)
	}
	other, ok := w.otherRoom(parsed.Service)
	if !ok {
		return nil, nil, errors.New("leastpriv: this World has no " + parsed.Service)
	}
	plan := func(call *Call, _ any) (planned, error) {
		need, err := call.guard(parsed.Service+":"+operation, d.Target)
		if err != nil {
			return nil, err
		}
		return &Plan[*handed]{Needs: []Need{need}, Do: func() (*handed, error) {
			code := w.receivers.of(d.Target)
			if code == nil {
				return nil, errors.New("leastpriv: no Go code stands for " + d.Target + ": this World has no " + parsed.Service + "; name some with Receive")
			}
			if !take {
				return nil, nil
			}
			body, err := code(call, d)
			return &handed{body}, err
		}}, nil
	}
	return &handler{room: other, op: Op{Name: operation, plan: plan}}, d, nil
}
