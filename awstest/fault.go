package awstest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A Fault is a way in which AWS fails, for [Account.Fail]. Its methods return another
// Fault, for fewer calls:
//
//	acct.Fail("s3:PutObject", awstest.Throttle(2).By(worker).On("arn:aws:s3:::reports/*"))
//
// There is none for reads that return what was before a write: S3 is strongly consistent,
// and so is all else in a World but for what [Delay] delays.
type Fault struct {
	fault fakeaws.Fault
	// counted says that the fault is one of a number of calls.
	counted bool
}

// counted is a fault of n calls.
func counted(kind fakeaws.FaultKind, n int) Fault {
	return Fault{fault: fakeaws.Fault{Kind: kind, Times: n}, counted: true}
}

// Throttle refuses n calls as AWS does where there are too many: S3 with SlowDown, IAM and
// STS with Throttling, SQS with RequestThrottled, Organizations with
// TooManyRequestsException. They are not performed. The SDK's retryer takes them for
// throttling; [WithRetries] gives the configs one.
func Throttle(n int) Fault { return counted(fakeaws.Throttle, n) }

// ServerError answers n calls with AWS's internal error, whose status is 500: InternalError
// of S3, InternalFailure of other services, ServiceException of Organizations. They are not
// performed.
func ServerError(n int) Fault { return counted(fakeaws.ServerError, n) }

// Unavailable answers n calls as a service that is down: ServiceUnavailable, with the
// status 503. They are not performed.
func Unavailable(n int) Fault { return counted(fakeaws.Unavailable, n) }

// Slow performs calls, and answers them a while later: in a synctest bubble in virtual
// time. [Account.Advance] moves that time as well.
func Slow(d time.Duration) Fault {
	return Fault{fault: fakeaws.Fault{Kind: fakeaws.Slow, Delay: d}}
}

// Timeout performs calls and never answers them: who waits for the answer does so until
// its context ends, or the fault does, which cuts the connection off.
func Timeout() Fault { return Fault{fault: fakeaws.Fault{Kind: fakeaws.Timeout}} }

// Drop performs n calls and cuts the connection off before the answer. The SDK's retryer
// makes them again, so that what is not idempotent is done twice. (Over a socket net/http
// itself makes a GET or HEAD again if the connection had served another call before.)
func Drop(n int) Fault { return counted(fakeaws.Drop, n) }

// Partial performs n calls and cuts the connection off in the middle of the answer's body:
// the client has the headers and an unexpected EOF. An answer without a body ends in its
// headers. The SDK does not retry what ends in the body of a GetObject: its caller reads it.
func Partial(n int) Fault { return counted(fakeaws.Partial, n) }

// Delay performs calls that change IAM, and has decisions see the change a while later, by
// the World's clock, as IAM does: "Changes that I make are not always immediately visible"
// in its User Guide. Until then new policies grant nothing, a new role cannot be assumed or
// named by a policy, and a new access key is unknown; what was taken away still counts,
// deleted access keys included. The answers of IAM itself are about what is.
//
//	acct.Fail("iam:*", awstest.Delay(5*time.Second))
func Delay(d time.Duration) Fault {
	return Fault{fault: fakeaws.Fault{Kind: fakeaws.Delay, Delay: d}}
}

// By is the fault for the calls of a principal; of a role, for those of all its sessions.
func (f Fault) By(p *Principal) Fault {
	f.fault.By = func(c *fakeaws.Caller) bool { return p.made(cmp.Or(c.ARN, c.Service)) }
	return f
}

// On is the fault for calls on resources: ARNs as policies have them, with wildcards.
func (f Fault) On(resources ...string) Fault {
	f.fault.Resources = append(slices.Clip(f.fault.Resources), resources...)
	return f
}

// After lets the first n calls pass that the fault would meet.
func (f Fault) After(n int) Fault {
	f.fault.After = n
	return f
}

// An ActiveFault is a fault that [Account.Fail] began.
type ActiveFault struct{ stop func() }

// Stop ends the fault.
func (f *ActiveFault) Stop() { f.stop() }

// Fail has AWS fail until the end of the test: the calls of an operation
// ("s3:ListObjectsV2"), or those that need a permission ("s3:ListBucket"), of anybody in
// the World. Wildcards are those of policies: "sqs:*". A call that the policies deny is
// denied and does not count. Of several faults for a call the first counts that is neither
// waiting ([Fault.After]) nor used up.
//
// What this package and AWS's services do of themselves does not fail. [fakeaws.Event] has
// the fault of a call, and the log of a failed test lists it as FAULT.
func (a *Account) Fail(action string, fault Fault) *ActiveFault {
	a.t.Helper()
	if fault.counted && fault.fault.Times < 1 {
		a.t.Fatalf("awstest: Fail(%q, %s(%d)): a fault is of one call or more", action, fault.fault.Kind, fault.fault.Times)
		return nil
	}
	f := fault.fault
	f.Action = action
	stop, err := a.world.Inject(f)
	if err != nil {
		a.t.Fatalf("awstest: Fail: %v", err)
		return nil
	}
	a.t.Cleanup(stop)
	return &ActiveFault{stop}
}

// byFault says of a call that met a fault that the error is the test's own making; ""
// of another call.
func byFault(event *fakeaws.Event) string {
	if event.Fault == "" {
		return ""
	}
	return fmt.Sprintf("\n  the test itself injected the fault %s into %s:%s with Fail; no policy refused the call", event.Fault, event.Service, event.Operation)
}

// unanswered tells of an error without an answer, which nothing says the call of, whether
// the latest call met a fault that leaves none.
func (o outcome) unanswered() string {
	for _, w := range worldsOf(o.t) {
		events := w.Log().Events()
		if len(events) == 0 {
			continue
		}
		switch last := &events[len(events)-1]; last.Fault {
		case fakeaws.Timeout.String(), fakeaws.Drop.String(), fakeaws.Partial.String():
			return fmt.Sprintf("\n  the latest call, %s:%s, met the fault %s, which the test itself injected with Fail", last.Service, last.Operation, last.Fault)
		}
	}
	return ""
}
