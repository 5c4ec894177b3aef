package lambda

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// An order is one invocation of a function: what it is to run.
type order struct {
	ref           reference
	requestID     string
	payload       []byte
	clientContext []byte
}

// A result is what became of an invocation that ran.
type result struct {
	version string
	payload []byte
	failed  bool // payload is the document of an error
	log     []byte
}

// maxResponse is how long the answer of a function may be: 6 MB, and 100 bytes.
const maxResponse = 6291556

// accountConcurrency is the default quota of concurrent executions of an account in a
// region.
const accountConcurrency = 1000

// run runs a function. The error is that of an invocation which did not run it. No lock is
// held, and none while the code runs.
func (s *Fake) run(ctx context.Context, o order) (*result, error) {
	i, done, err := s.begin(o)
	if err != nil {
		return nil, err
	}
	defer done()
	if _, err := i.invocation.Credentials(ctx); err != nil {
		if gone := ctx.Err(); gone != nil {
			return nil, gone
		}
		return nil, accessDenied(textRole)
	}
	at := s.world.Clock().Now()
	r := i.execute(ctx, s.world)
	s.keep(o, r, at)
	s.writeLog(ctx, i, r.log)
	return r, ctx.Err()
}

// A running invocation is one whose function has room for it.
type runningInvocation struct {
	invocation Invocation
	runtime    Runtime
	log        logWriter
	first      bool // of its execution environment
}

// begin finds the version that an invocation is for, and takes one of the function's
// concurrent executions until done is called.
func (s *Fake) begin(o order) (i *runningInvocation, done func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.functions[o.ref.id]
	if f == nil {
		return nil, nil, functionNotFound(o.ref.arn())
	}
	v, a, ok := f.find(o.ref.qualifier)
	if ok && a != nil {
		v = f.numbered(aws.String(a.choose()))
	}
	if !ok || v == nil {
		return nil, nil, functionNotFound(o.ref.arn())
	}
	if err := s.room(f); err != nil {
		return nil, nil, err
	}
	runtime := s.runtimes[f.id].Runtime
	if runtime == nil {
		return nil, nil, noCode(f.id)
	}
	i = &runningInvocation{runtime: runtime, first: f.environment(v, s)}
	i.invocation = Invocation{
		World: s.world, Account: f.id.account, Region: f.id.region, FunctionName: f.id.name, Version: v.name(), ARN: o.ref.arn(),
		RequestID: o.requestID, Payload: o.payload, ClientContext: o.clientContext, Environment: v.variables(),
		MemorySize: int(aws.ToInt32(v.MemorySize)), Timeout: v.timeout(), Role: v.roleOf(), fake: s, id: f.id, Log: &i.log,
	}
	i.invocation.LogGroup, i.invocation.LogStream = aws.ToString(v.LoggingConfig.LogGroup), f.streams[v.name()]
	f.running++
	return i, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		f.running--
	}, nil
}

// noCode is the error of a function that has no Go code.
func noCode(id functionID) error {
	return &fakeaws.Error{
		Code: "NotImplemented", Status: 501,
		Message: "lambda: no Go code stands for the function " + id.arn() + ": lambdatest.Of(acct).Handle makes a function of a Go handler, and lambdatest.Of(acct).Run gives one to a function that exists.",
	}
}

// room refuses an invocation where the function, or its account, has no execution left.
func (s *Fake) room(f *function) error {
	if f.reserved != nil {
		if f.running >= executions(*f.reserved) {
			return tooManyRequests(types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded)
		}
		return nil
	}
	running, left := 0, accountConcurrency
	for id, other := range s.functions {
		switch {
		case id.account != f.id.account || id.region != f.id.region:
		case other.reserved != nil:
			left -= int(*other.reserved)
		default:
			running += int(other.running)
		}
	}
	if running >= left {
		return tooManyRequests(types.ThrottleReasonConcurrentInvocationLimitExceeded)
	}
	return nil
}

// environment returns whether the execution environment of a version is new. There is one
// here for each version, whose log stream has AWS's form of name.
func (f *function) environment(v *version, s *Fake) (first bool) {
	if f.streams[v.name()] != "" {
		return false
	}
	if f.streams == nil {
		f.streams = make(map[string]string)
	}
	const id = 32
	f.streams[v.name()] = s.world.Clock().Now().Format("2006/01/02/") + "[" + v.name() + "]" + s.world.IDs().Hex(id)
	return true
}

// execute runs the code, for as long as it may take by the World's clock. What the code does
// after that is done, but changes nothing of the answer.
func (i *runningInvocation) execute(ctx context.Context, w *fakeaws.World) *result {
	inv := &i.invocation
	r := &result{version: inv.Version}
	start := w.Clock().Now()
	deadline := start.Add(inv.Timeout)
	limited, cancel := context.WithTimeout(ctx, inv.Timeout)
	defer cancel()
	fmt.Fprintf(&i.log, "START RequestId: %s Version: %s\n", inv.RequestID, inv.Version)
	answered := make(chan struct{})
	var payload []byte
	// A test that ends inside of the code, or a handler that ends its goroutine, leaves no
	// answer: AWS calls it an exit of the runtime.
	err := error(&FunctionError{document("RequestId: "+inv.RequestID+" Error: Runtime exited without providing a reason", "Runtime.ExitError")})
	go func() {
		defer close(answered)
		payload, err = i.runtime.Invoke(limited, inv)
	}()
	if await(ctx, w, deadline, answered) {
		if r.answer(payload, err); r.failed {
			fmt.Fprintf(&i.log, "%s %s\n", w.Clock().Now().Format("2006/01/02 15:04:05"), r.payload)
		}
	} else {
		cancel()
		r.timedOut(inv, &i.log, w.Clock().Now())
	}
	i.finish(w.Clock().Now().Sub(start))
	r.log = i.log.take()
	return r
}

// await waits for an answer, and reports whether it came before a time.
func await(ctx context.Context, w *fakeaws.World, deadline time.Time, answered <-chan struct{}) bool {
	for {
		err := w.Clock().Wait(ctx, deadline, answered)
		select {
		case <-answered:
			return true
		default:
		}
		if err != nil || !w.Clock().Now().Before(deadline) {
			return false
		}
	}
}

// answer takes what the code answered.
func (r *result) answer(payload []byte, err error) {
	switch {
	case err != nil:
		r.payload, r.failed = documentOf(err), true
	case len(payload) > maxResponse:
		r.payload, r.failed = document("Response payload size exceeded maximum allowed payload size (6291556 bytes).", "Function.ResponseSizeTooLarge"), true
	default:
		r.payload = payload
	}
}

func (r *result) timedOut(inv *Invocation, log *logWriter, now time.Time) {
	text := fmt.Sprintf("Task timed out after %.2f seconds", inv.Timeout.Seconds())
	fmt.Fprintf(log, "%s %s %s\n\n", now.Format("2006-01-02T15:04:05.000Z"), inv.RequestID, text)
	r.payload, r.failed = document("RequestId: "+inv.RequestID+" Error: "+text, "Sandbox.Timedout"), true
}

// finish writes the last lines of an invocation's log.
func (i *runningInvocation) finish(took time.Duration) {
	inv := &i.invocation
	took = min(took, inv.Timeout)
	ms := float64(took) / float64(time.Millisecond)
	fmt.Fprintf(&i.log, "END RequestId: %s\nREPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %d ms\tMemory Size: %d MB\tMax Memory Used: %d MB\t",
		inv.RequestID, inv.RequestID, ms, int64((took+time.Millisecond-1)/time.Millisecond), inv.MemorySize, memoryUsed)
	if i.first {
		fmt.Fprintf(&i.log, "Init Duration: %.2f ms\t", 0.0)
	}
	fmt.Fprint(&i.log, "\n")
}

// memoryUsed stands for the memory that a function uses, which nobody measures here.
const memoryUsed = 64

// maxLog bounds what is kept of the log of one invocation, of which AWS keeps all.
const maxLog = 1 << 20

// A logWriter has the log of one invocation. The code may write to it from goroutines, also
// after its time was over.
type logWriter struct {
	mu     sync.Mutex
	text   bytes.Buffer
	closed bool
}

// Write implements io.Writer.
func (w *logWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed && w.text.Len() < maxLog {
		w.text.Write(p[:min(len(p), maxLog-w.text.Len())])
	}
	return len(p), nil
}

// take ends the log and returns it.
func (w *logWriter) take() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	return w.text.Bytes()
}

// tail is the end of a log as X-Amz-Log-Result has it: "the last 4 KB of the execution log".
func tail(log []byte) *string {
	const most = 4096
	return aws.String(base64.StdEncoding.EncodeToString(log[max(0, len(log)-most):]))
}

// writeLog sends the log of an invocation to its log group, as the execution role. What the
// role may not, is lost, as in AWS: the decision is in the World's log.
func (s *Fake) writeLog(ctx context.Context, i *runningInvocation, log []byte) {
	if !s.world.Has("logs") {
		return
	}
	inv := &i.invocation
	own, err := s.session(ctx, inv.id, inv.Role)
	if err != nil {
		return
	}
	_, _ = s.world.Deliver(ctx, own.actor, &fakeaws.Delivery{
		Target: fakeaws.ARN("logs", inv.Region, inv.Account, "log-group:"+inv.LogGroup), Name: inv.LogStream,
		Body: log, Batch: bytes.SplitAfter(bytes.TrimSuffix(log, []byte("\n")), []byte("\n")), CreateTarget: true,
	})
}
