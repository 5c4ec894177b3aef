package fakeaws

import (
	"bytes"
	"io"
	"net/http"
	"time"

	"github.com/leastpriv/leastpriv/internal/wire"
)

// The errors of faults, by kind, as services word them that have no others: see
// [Service.Faults]. Those of Query and JSON are the "Common errors" of the services' API
// references; their throttling is as users of IAM and STS quote it. Those of REST XML are
// the "Error responses" of the S3 API reference; that S3 Control answers the same is
// unverified.
var (
	queryFaults = map[FaultKind]Error{
		Throttle:    {Code: "Throttling", Message: rateExceeded, Status: http.StatusBadRequest},
		ServerError: {Code: "InternalFailure", Message: internalFailure, Status: http.StatusInternalServerError},
		Unavailable: {Code: "ServiceUnavailable", Message: temporaryFailure, Status: http.StatusServiceUnavailable},
	}
	jsonFaults = map[FaultKind]Error{
		Throttle:    {Code: "ThrottlingException", Message: rateExceeded, Status: http.StatusBadRequest},
		ServerError: {Code: "InternalFailure", Message: internalFailure, Status: http.StatusInternalServerError},
		Unavailable: {Code: "ServiceUnavailable", Message: temporaryFailure, Status: http.StatusServiceUnavailable},
	}
	restXMLFaults = map[FaultKind]Error{
		Throttle:    {Code: "SlowDown", Message: "Please reduce your request rate.", Status: http.StatusServiceUnavailable},
		ServerError: {Code: "InternalError", Message: "We encountered an internal error. Please try again.", Status: http.StatusInternalServerError},
		Unavailable: {Code: "ServiceUnavailable", Message: "Service is unable to handle request.", Status: http.StatusServiceUnavailable},
	}
)

// The texts of those of Query and JSON.
const (
	rateExceeded     = "Rate exceeded"
	internalFailure  = "The request processing has failed because of an unknown error, exception or failure."
	temporaryFailure = "The request has failed due to a temporary failure of the server."
)

// faultError is the error that stands in place of the call; nil of a fault that comes
// with the answer.
func (x *Exchange) faultError(kind FaultKind) error {
	if err := x.room.reg.Faults[kind]; err != nil {
		return err
	}
	faults := jsonFaults
	switch x.Protocol {
	case wire.RESTXML:
		faults = restXMLFaults
	case wire.AWSQuery, wire.AWSQueryJSON:
		faults = queryFaults
	}
	if e, ok := faults[kind]; ok {
		return &e
	}
	return nil
}

// spoil does to an answer what the fault is about. An error is what the client's end of
// the connection would have: io.EOF where nothing came, io.ErrUnexpectedEOF where the
// headers were not complete, or that of the context of a client that has gone.
func (f *injected) spoil(c *Call, resp *wire.Response) (*wire.Response, error) {
	var err error
	switch f.Kind {
	case Slow:
		err = f.holdFor(c, f.Delay)
	case Timeout:
		if err = f.holdFor(c, 0); err == nil {
			err = io.EOF
		}
	case Drop:
		err = io.EOF
	case Partial:
		err = halve(resp, c.exchange.HTTP.Method == http.MethodHead)
	}
	if err == nil {
		return resp, nil
	}
	if resp.Stream != nil {
		_ = resp.Stream.Close()
	}
	return nil, err
}

// holdFor waits, for ever where the time is 0, until the fault or the test of it ends.
func (f *injected) holdFor(c *Call, d time.Duration) error {
	if body, ok := c.exchange.HTTP.Body.(*socketBody); ok && !body.ended {
		// net/http looks whether the client leaves once the body has ended.
		_, _ = io.CopyN(io.Discard, body, maxUnread)
	}
	wake := make(chan struct{}) // made by the call: see internal/clock
	if !f.hold(wake) {
		return nil
	}
	defer f.release(wake)
	if d == 0 {
		select {
		case <-wake:
		case <-c.Done():
		}
		return c.Err()
	}
	clock := c.World.clock
	for until := clock.Now().Add(d); clock.Now().Before(until); {
		if err := clock.Wait(c, until, wake); err != nil {
			return err
		}
		select {
		case <-wake:
			return nil
		default:
		}
	}
	return nil
}

// hold notes a request that waits; false when the fault is over.
func (f *injected) hold(wake chan struct{}) bool {
	all := &f.world.state().faults
	all.mu.Lock()
	defer all.mu.Unlock()
	if f.held == nil {
		f.held = make(heldRequests)
	}
	if !f.stopped {
		f.held[wake] = struct{}{}
	}
	return !f.stopped
}

func (f *injected) release(wake chan struct{}) {
	all := &f.world.state().faults
	all.mu.Lock()
	defer all.mu.Unlock()
	delete(f.held, wake)
}

// halve cuts the body of an answer in half. An answer that has none ends within its
// headers, for nothing would be missing otherwise.
func halve(resp *wire.Response, head bool) error {
	length := resp.Length
	if resp.Stream == nil {
		length = int64(len(resp.Body))
	}
	switch {
	case head || length == 0:
		return io.ErrUnexpectedEOF
	case length < 0: // nobody knows where the half is: it is of the first part that is read
		resp.Stream = &firstHalf{ReadCloser: resp.Stream}
	case resp.Stream == nil:
		resp.Stream, resp.Length = cutOff{bytes.NewReader(resp.Body[:length/2]), http.NoBody}, length
		resp.Body = nil
	default:
		resp.Stream = cutOff{io.LimitReader(resp.Stream, length/2), resp.Stream}
	}
	return nil
}

// A cutOff is a body whose connection ends before it.
type cutOff struct {
	io.Reader
	io.Closer
}

// Read implements io.Reader.
func (b cutOff) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// A firstHalf is half of what one read of a body gives.
type firstHalf struct {
	io.ReadCloser
	over bool
}

// Read implements io.Reader.
func (b *firstHalf) Read(p []byte) (int, error) {
	if b.over || len(p) < 2 {
		return 0, io.ErrUnexpectedEOF
	}
	b.over = true
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n / 2, err
}

// hangUp ends the connection of a request that a fault leaves without an answer. Where
// the client is to have a part of the headers, it has the line of the status.
func hangUp(w http.ResponseWriter, fault error) {
	if fault == io.ErrUnexpectedEOF {
		if hijacker, ok := w.(http.Hijacker); ok {
			if conn, _, err := hijacker.Hijack(); err == nil {
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
				_ = conn.Close()
				return
			}
		}
	}
	panic(http.ErrAbortHandler) // net/http closes the connection
}
