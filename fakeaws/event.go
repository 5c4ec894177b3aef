package fakeaws

import (
	"context"
	"time"
)

// A ServiceEvent is what an AWS service tells the default event bus of an account: S3 that an
// object was created.
type ServiceEvent struct {
	// Account and Region are those of the bus, which are also where the event comes from.
	Account, Region string
	// Source is that of the service, "aws.s3", and DetailType "Object Created".
	Source, DetailType string
	// Resources are the ARNs of what the event is about.
	Resources []string
	// Detail is a JSON object.
	Detail []byte
	// Time is when it happened; zero is now.
	Time time.Time
}

// An EventSink is the fake of Amazon EventBridge for other fakes, which put events of their
// own on the default bus of an account.
type EventSink interface {
	Fake
	// PutServiceEvent puts an event on the default bus of its account, and delivers it as
	// the rules there say. AWS's services need no permission for that.
	PutServiceEvent(ctx context.Context, e *ServiceEvent)
}

// PutServiceEvent puts an event of an AWS service on the default bus of its account. It is
// false where the World has no Amazon EventBridge. It must not be called under a service's
// lock.
func (w *World) PutServiceEvent(ctx context.Context, e *ServiceEvent) bool {
	if !w.Has("events") {
		return false
	}
	sink, ok := w.Fake("events").(EventSink)
	if ok {
		sink.PutServiceEvent(ctx, e)
	}
	return ok
}
