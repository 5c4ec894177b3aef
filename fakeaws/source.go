package fakeaws

import "time"

// A Source is a fake whose resources have records that other services come for: messages
// of a queue. Who comes receives them by the operations of the service, which are judged;
// this only tells when it is worth it, as a long poll does without a call for each look.
type Source interface {
	Fake
	// Pending returns how many records of a resource, by its ARN, can be received now, and
	// when there may be more if no call changes it before; zero is never.
	Pending(arn string) (now int, next time.Time)
}

// Pending asks the fake of an ARN's service: see [Source]. Where the World has none there is
// nothing.
func (w *World) Pending(service, arn string) (now int, next time.Time, ok bool) {
	if !w.Has(service) {
		return 0, time.Time{}, false
	}
	source, ok := w.Fake(service).(Source)
	if !ok {
		return 0, time.Time{}, false
	}
	now, next = source.Pending(arn)
	return now, next, true
}
