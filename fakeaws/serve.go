package fakeaws

import (
	"cmp"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/aws/smithy-go"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/sigv4"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// An Exchange is one HTTP request on its way to an answer, as the [Wire] of a service
// sees it.
type Exchange struct {
	Call Call // first: its address is the context of the operation
	HTTP *http.Request
	// Request is what the operation is decoded of.
	Request   wire.Request
	Signature *sigv4.Signature // nil for an unsigned request
	Operation *wire.Operation  // nil while it is not known
	Protocol  wire.Protocol

	world    *World
	endpoint Endpoint
	wire     *Wire
	room     *room // nil when the World has no such service
	model    *wire.Service
}

// serve answers a request. It returns an error only when the client has gone, or when a
// fault ends the connection: see spoil.
func (d Door) serve(r *http.Request, endpoint string) (*wire.Response, error) {
	w := d.world
	w.takeEffect()
	x := &Exchange{world: w, HTTP: r, endpoint: w.endpointOf(r.Host), wire: noWire}
	x.Call = Call{
		exchange:  x,
		Context:   r.Context(),
		World:     w,
		Region:    w.region,
		Caller:    anonymous,
		Time:      w.clock.Now(),
		Endpoint:  endpoint,
		SourceIP:  w.sourceIP,
		UserAgent: r.UserAgent(),
		Referer:   r.Referer(),
		via:       d.via,
	}
	switch {
	case d.internal:
		x.Call.SourceIP = ""
	case x.Call.SourceIP == "":
		x.Call.SourceIP, _, _ = net.SplitHostPort(r.RemoteAddr)
	}
	resp, err := x.answer()
	if gone := r.Context().Err(); gone != nil && errors.Is(err, gone) {
		return nil, gone
	}
	if err != nil {
		err = x.inStyle(err)
		if resp == nil {
			resp = x.fail(err)
		}
	}
	x.Call.record(err)
	if x.wire.Finish != nil {
		x.wire.Finish(x, resp)
	}
	resp.Set("Date", x.Call.Time.Format(http.TimeFormat))
	if fault := x.Call.fault; fault != nil {
		return fault.spoil(&x.Call, resp)
	}
	return resp, nil
}

// anonymous is the caller of unsigned requests.
var anonymous = &Caller{Principal: enforce.Principal{Type: enforce.Anonymous}}

// answer takes the request through the pipeline: route, authenticate, decode, plan,
// judge, perform, encode.
func (x *Exchange) answer() (*wire.Response, error) {
	signature, malformed := sigv4.Parse(x.HTTP)
	x.Signature = signature
	if err := x.route(); err != nil {
		return nil, err
	}
	if err := x.admitBrowser(); err != nil {
		return nil, err
	}
	if x.wire.Intercept != nil {
		if resp, err := x.wire.Intercept(x, signature != nil || malformed != nil); resp != nil || err != nil {
			return resp, err
		}
	}
	bodyHash, err := x.readBody()
	if err != nil {
		return nil, err
	}
	operation, protocol, unroutable := x.model.Match(&x.Request)
	x.Operation, x.Protocol = operation, protocol
	if operation != nil {
		x.Call.Operation = operation.Name()
	}
	if malformed != nil {
		return nil, malformed
	}
	if err := x.Authenticate(bodyHash); err != nil {
		return nil, err
	}
	if unroutable != nil {
		return nil, unroutable
	}
	if _, ok := x.handler(); !ok {
		return nil, NotImplemented(x.Call.Service + " " + operation.Name() + " is not implemented")
	}
	if x.wire.OpenBody != nil {
		if err := x.wire.OpenBody(x); err != nil {
			return nil, err
		}
	}
	return x.Perform()
}

// Perform decodes the request, has its operation planned, authorized and performed,
// and encodes the answer.
func (x *Exchange) Perform() (*wire.Response, error) {
	handler, ok := x.handler()
	if !ok {
		return nil, NotImplemented(x.Call.Service + " " + x.Operation.Name() + " is not implemented")
	}
	in, err := handler.op.decode(x)
	if err != nil {
		return nil, err
	}
	out, err := handler.handle(&x.Call, in)
	if err != nil {
		return nil, err
	}
	if resp, ok := out.(*wire.Response); ok {
		return resp, nil
	}
	resp, err := x.Operation.Encode(x.Protocol, out, x.Call.RequestID)
	if err == nil && x.Call.finished {
		resp.Status = http.StatusOK
	}
	return resp, err
}

// handler finds what performs the operation.
func (x *Exchange) handler() (*handler, bool) {
	if x.room == nil || x.Operation == nil {
		return nil, false
	}
	h, ok := x.room.handlers[x.Operation.Name()]
	return h, ok
}

// NotImplemented is the answer to what AWS has and a fake has not. The text says what is not
// implemented: "kms: imported keys are not implemented".
func NotImplemented(text string) error {
	return &Error{Code: "NotImplemented", Message: text + " by leastpriv.", Status: http.StatusNotImplemented}
}

// inStyle words an error of the pipeline as the service does.
func (x *Exchange) inStyle(err error) error {
	if errors.Is(err, errNoPrincipal) {
		err = x.Signature.UnknownKey()
	}
	var failed *sigv4.Error
	if !errors.As(err, &failed) {
		return err
	}
	x.Call.event.Help = failed.Help()
	style, ok := x.wire.Styles[x.Protocol]
	switch {
	case ok:
	case x.Protocol == wire.AWSQuery, x.Protocol == wire.AWSQueryJSON:
		style = sigv4.Query
	case x.Protocol == wire.RESTJSON:
		style = sigv4.RESTJSON
	default:
		style = sigv4.JSON
	}
	return failed.For(style)
}

// fail makes the answer of an error.
func (x *Exchange) fail(err error) *wire.Response {
	if x.Protocol == 0 {
		x.Protocol = x.model.Protocols()[0]
	}
	e := wire.ErrorContext{RequestID: x.Call.RequestID, Head: x.HTTP.Method == http.MethodHead}
	if x.wire.DescribeError != nil {
		x.wire.DescribeError(x, &e)
	}
	return x.model.EncodeError(x.Protocol, err, e)
}

// record writes the call into the World's log.
func (c *Call) record(err error) {
	e := &c.event
	e.Time = c.Time
	e.RequestID = c.RequestID
	e.Caller = cmp.Or(c.Caller.ARN, c.Caller.Service)
	e.Service, e.Operation = c.Service, c.Operation
	size, waited := 0, time.Duration(0)
	if x := c.exchange; x != nil {
		size = len(x.HTTP.URL.Path) + len(x.HTTP.URL.RawQuery) // condition keys are parts of them
	}
	if len(e.Decisions) > 0 {
		waited = c.judged.Sub(c.Time)
	}
	if err != nil {
		e.Code, e.Message = "InternalFailure", err.Error()
		var api smithy.APIError
		if errors.As(err, &api) {
			e.Code, e.Message = api.ErrorCode(), api.ErrorMessage()
		}
		if len(e.Message) > maxMessage {
			e.Message = e.Message[:maxMessage]
		}
	}
	c.World.log.add(e, c.Caller, waited, size)
}
