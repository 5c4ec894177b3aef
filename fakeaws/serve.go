package fakeaws

import (
	"cmp"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/aws/smithy-go"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/sigv4"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// Limits on bodies that are read as a whole. What AWS itself takes at most is
// unverified; each is well above the largest valid request.
const (
	maxBody    = 1 << 20
	maxBodySQS = 8 << 20 // 1 MiB of message, escaped in JSON or a form
	maxBodyS3  = 2 << 20 // 1,000 keys of DeleteObjects, 10,000 parts of an upload
)

// An exchange is one HTTP request on its way to an answer.
type exchange struct {
	call      Call // first: its address is the context of the operation
	world     *World
	http      *http.Request
	endpoint  endpoint
	room      *room // nil when the World has no such service
	model     *wire.Service
	operation *wire.Operation
	protocol  wire.Protocol
	signature *sigv4.Signature
	request   wire.Request
	kept      any // see Call.Keep
}

// serve answers a request. It returns an error only when the client has gone.
func (w *World) serve(r *http.Request, endpoint string) (*wire.Response, error) {
	x := &exchange{world: w, http: r, endpoint: endpointOf(r.Host)}
	x.call = Call{
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
	}
	if x.call.SourceIP == "" {
		x.call.SourceIP, _, _ = net.SplitHostPort(r.RemoteAddr)
	}
	resp, err := x.answer()
	if gone := r.Context().Err(); gone != nil && errors.Is(err, gone) {
		return nil, gone
	}
	if err != nil {
		err = x.inStyle(err)
		resp = x.fail(err)
	}
	x.call.record(err)
	x.admitOrigin(resp)
	resp.Set("Date", x.call.Time.Format(http.TimeFormat))
	return resp, nil
}

// anonymous is the caller of unsigned requests.
var anonymous = &Caller{Principal: enforce.Principal{Type: enforce.Anonymous}}

// errNoPrincipal is a call with the credentials of a user or role that has been
// deleted. AWS answers it as an unknown key.
var errNoPrincipal = errors.New("the principal of the credentials does not exist")

// answer takes the request through the pipeline: route, authenticate, decode,
// authorize, perform, encode.
func (x *exchange) answer() (*wire.Response, error) {
	signature, malformed := sigv4.Parse(x.http)
	x.signature = signature
	if err := x.route(); err != nil {
		return nil, err
	}
	if s, ok := x.cors(); ok && x.http.Method == http.MethodOptions {
		return x.preflight(s)
	}
	if signature == nil && malformed == nil && x.isForm() {
		return x.answerForm()
	}
	bodyHash, err := x.readBody()
	if err != nil {
		return nil, err
	}
	operation, protocol, unroutable := x.model.Match(&x.request)
	x.operation, x.protocol = operation, protocol
	if operation != nil {
		x.call.Operation = operation.Name()
	}
	if malformed != nil {
		return nil, malformed
	}
	if err := x.authenticate(bodyHash); err != nil {
		return nil, err
	}
	if unroutable != nil {
		return nil, unroutable
	}
	if _, ok := x.handler(); !ok {
		return nil, notImplemented(x.call.Service + " " + operation.Name())
	}
	if err := x.openBody(); err != nil {
		return nil, err
	}
	return x.perform()
}

// perform decodes the request, has its operation authorized and performed, and
// encodes the answer.
func (x *exchange) perform() (*wire.Response, error) {
	handler, ok := x.handler()
	if !ok {
		return nil, notImplemented(x.call.Service + " " + x.operation.Name())
	}
	in := handler.op.newInput()
	if err := x.operation.Decode(x.protocol, &x.request, in); err != nil {
		return nil, err
	}
	out, err := handler.handle(&x.call, in)
	if err != nil {
		return nil, err
	}
	if x.call.charged {
		tellCharge(out)
	}
	resp, err := x.operation.Encode(x.protocol, out, x.call.RequestID)
	if err == nil && x.call.finished {
		resp.Status = http.StatusOK
	}
	if err == nil && x.s3() {
		resp.Set("X-Amz-Id-2", x.hostID())
	}
	return resp, err
}

// handler finds what performs the operation.
func (x *exchange) handler() (*handler, bool) {
	if x.room == nil || x.operation == nil {
		return nil, false
	}
	h, ok := x.room.handlers[x.operation.Name()]
	return h, ok
}

// notImplemented is the answer to what AWS has and this World has not.
func notImplemented(what string) error {
	return &Error{
		Code:    "NotImplemented",
		Message: what + " is not implemented by leastpriv.",
		Status:  http.StatusNotImplemented,
	}
}

// route finds the service and the protocol-independent parts of the request.
func (x *exchange) route() error {
	name := x.serviceName()
	if name == "s3" && isControl(x.http.Host, x.http.URL.Path, x.http.Header.Get("X-Amz-Account-Id")) {
		name = "s3-control"
	}
	x.call.Service = name
	if r, ok := x.world.rooms[name]; ok {
		x.room = r.open()
		x.model = x.room.model
	} else if model, ok := wire.Load(name); ok {
		x.model = model
	} else if speaksS3(name) {
		x.model, _ = wire.Load("s3")
	}
	x.request = wire.Request{
		Method:        x.http.Method,
		Path:          x.http.URL.EscapedPath(),
		RawQuery:      x.http.URL.RawQuery,
		Header:        x.http.Header,
		ContentLength: x.http.ContentLength,
	}
	switch {
	case x.s3():
		if x.signature != nil && x.signature.Presigned {
			x.request.Header = sigv4.Hoisted(x.http)
		}
		x.request.Bucket = x.endpoint.bucket
		x.call.EndpointRegion = endpointRegion(x.http.Host)
		x.call.RequestID = x.world.ids.HexUpper(16)
	default:
		x.call.RequestID = x.world.ids.UUID()
	}
	if s := x.signature; s != nil && s.Region != "" {
		x.call.Region = s.Region
	} else if x.endpoint.region != "" {
		x.call.Region = x.endpoint.region
	}
	if x.model == nil {
		x.standIn()
		return notImplemented("the service " + name)
	}
	return nil
}

// speaksS3 reports whether requests are signed for a service of this name that are of
// S3's API and for other things than buckets in a region: directory buckets, Outposts,
// Object Lambda. No World has one.
func speaksS3(name string) bool {
	return name == "s3express" || name == "s3-outposts" || name == "s3-object-lambda"
}

// standIn gives a request for an unknown service the model of one that words
// errors in the protocol that the request seems to speak.
func (x *exchange) standIn() {
	name, protocol := "lambda", wire.RESTJSON
	switch {
	case x.http.Header.Get("X-Amz-Target") != "":
		name, protocol = "kms", wire.AWSJSON11
	case strings.HasPrefix(x.http.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		name, protocol = "sns", wire.AWSQuery
	}
	x.model, _ = wire.Load(name)
	x.protocol = protocol
}

// serviceName returns the service that a request is for: the one of its endpoint
// where that is AWS's own, else the one that it was signed for or, unsigned, the
// one that target, host or API version name. What names none is for S3, whose
// requests may be as plain as GET /bucket/key.
func (x *exchange) serviceName() string {
	if service := x.endpoint.service; x.world.rooms[service] != nil && (x.signature == nil || service != "s3") {
		return service
	}
	if x.signature != nil {
		return x.signature.Service
	}
	if label := serviceOf(x.http.Host); x.world.rooms[label] != nil {
		return label
	}
	if target := x.http.Header.Get("X-Amz-Target"); target != "" {
		prefix, _, _ := strings.Cut(target, ".")
		if name, ok := wire.ServiceOfTarget(prefix); ok {
			return name
		}
	}
	if strings.HasPrefix(x.http.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		if x.http.URL.Path != "/" {
			return "sqs" // posted to the URL of a queue
		}
		return "sts" // the other Query service with operations for unsigned callers
	}
	return "s3"
}

// readBody reads the body of a request to a service that signs its body, and
// returns the body's hash. S3's is read after the signature was verified.
func (x *exchange) readBody() (hash string, err error) {
	if x.s3() {
		return "", nil
	}
	limit := int64(maxBody)
	if x.call.Service == "sqs" {
		limit = maxBodySQS
	}
	body, err := readAll(x.http.Body, x.http.ContentLength, limit)
	if err != nil {
		return "", err
	}
	x.request.Body = body
	return sigv4.Hash(body), nil
}

// openBody makes the body of an S3 request ready: verified and unchunked while
// it is read.
func (x *exchange) openBody() error {
	if !x.s3() {
		return nil
	}
	if x.signature != nil && x.signature.Streaming() && !x.operation.StreamsInput() {
		return x.signature.StreamingRefused()
	}
	body, err := sigv4.NewBody(x.http, x.signature)
	if err != nil {
		return err
	}
	x.request.ContentLength = body.Length
	if x.operation.StreamsInput() {
		x.request.Stream = body
		return nil
	}
	defer body.Close()
	if x.request.Body, err = readAll(body, body.Length, maxBodyS3); err != nil {
		return err
	}
	return checkDigests(x.operation.Name(), x.http.Header, x.request.Body)
}

// readAll reads a body of at most limit bytes. length is -1 where unknown. A
// [sigv4.Body] of known length gives its last bytes out only once it is verified.
func readAll(r io.Reader, length, limit int64) ([]byte, error) {
	if length > limit {
		return nil, tooLarge(limit)
	}
	if length >= 0 {
		body := make([]byte, length)
		if _, err := io.ReadFull(r, body); errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF {
			return nil, &Error{
				Code:    "IncompleteBody",
				Message: "You did not provide the number of bytes specified by the Content-Length HTTP header",
				Status:  http.StatusBadRequest,
			}
		} else if err != nil {
			return nil, err
		}
		return body, nil
	}
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(body)) > limit {
		return nil, tooLarge(limit)
	}
	return body, err
}

// authenticate finds who calls, in AWS's order: key, token, expiry, clock,
// signature.
func (x *exchange) authenticate(bodyHash string) error {
	if h, ok := x.handler(); ok && h.op.unsigned {
		return nil
	}
	s := x.signature
	if s == nil {
		if x.room != nil && x.room.reg.Anonymous {
			return nil
		}
		return sigv4.NoSignature()
	}
	if err := x.checkScope(s); err != nil {
		return err
	}
	cred, ok := x.world.Credential(s.AccessKeyID)
	if !ok {
		return s.UnknownKey()
	}
	if cred.Inactive {
		return s.InactiveKey()
	}
	if err := s.CheckToken(cred.SessionToken); err != nil {
		return err
	}
	if session := cred.Caller.Session; session != nil && !x.call.Time.Before(session.Expires) {
		return s.ExpiredSession()
	}
	if err := x.world.verifier.Verify(x.http, s, cred.SecretAccessKey, bodyHash, x.call.Time); err != nil {
		return err
	}
	x.call.Caller = cred.Caller
	x.call.Account = cred.Caller.Account
	if x.operation != nil {
		cred.Uses.record(&x.call)
		cred.Caller.Uses.record(&x.call)
	}
	x.call.Signed = Signed{AuthType: s.AuthType(), Version: s.Version(), ContentSHA256: s.ContentSHA256}
	if s.Presigned {
		x.call.Signed.Age = x.call.Time.Sub(s.Time)
	}
	return nil
}

// checkScope refuses a signature for another service or region than those of the
// endpoint, as far as the host tells them. Which region a request to S3's
// global endpoint must be signed for, the bucket decides.
func (x *exchange) checkScope(s *sigv4.Signature) error {
	service, region := x.endpoint.service, x.endpoint.region
	switch {
	case x.world.rooms[service] != nil && service != s.Service && service != "s3":
		return s.WrongService(service)
	case service == "s3" || service == "":
		region = x.call.Region
		if at := x.call.EndpointRegion; at != "" && at != GlobalEndpoint {
			region = at
		}
	}
	if region != "" && !s.Covers(region) {
		return s.WrongRegion(region)
	}
	return nil
}

// inStyle words an error of the pipeline as the service does.
func (x *exchange) inStyle(err error) error {
	if errors.Is(err, errNoPrincipal) {
		err = x.signature.UnknownKey()
	}
	var failed *sigv4.Error
	if !errors.As(err, &failed) {
		return err
	}
	x.call.event.Help = failed.Help()
	switch {
	case x.s3():
		return failed.For(sigv4.S3)
	case x.protocol == wire.AWSQuery:
		return failed.For(sigv4.Query)
	case x.protocol == wire.RESTJSON:
		return failed.For(sigv4.RESTJSON)
	case x.call.Service == "sqs":
		return failed.For(sigv4.SQSJSON)
	}
	return failed.For(sigv4.JSON)
}

// s3 reports whether the request is for one of S3's two APIs.
func (x *exchange) s3() bool {
	return x.call.Service == "s3" || x.call.Service == "s3-control" || speaksS3(x.call.Service)
}

// hostID makes what S3 sends as x-amz-id-2.
func (x *exchange) hostID() string { return x.world.ids.Token(76) }

// fail makes the answer of an error.
func (x *exchange) fail(err error) *wire.Response {
	if x.protocol == 0 {
		x.protocol = x.model.Protocols()[0]
	}
	e := wire.ErrorContext{RequestID: x.call.RequestID, Head: x.http.Method == http.MethodHead}
	if x.s3() {
		e.HostID = x.hostID()
		e.Resource = x.http.URL.Path
	}
	return x.model.EncodeError(x.protocol, err, e)
}

// record writes the call into the World's log.
func (c *Call) record(err error) {
	e := &c.event
	e.Time = c.Time
	e.RequestID = c.RequestID
	e.Caller = cmp.Or(c.Caller.ARN, c.Caller.Service)
	e.Service, e.Operation = c.Service, c.Operation
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
	c.World.log.add(*e)
}

// tooLarge is the error of a body over the limit. Code and status are those of
// S3's documentation; for the other services they are unverified.
func tooLarge(limit int64) error {
	return &Error{
		Code:    "MaxMessageLengthExceeded",
		Message: "Your request was too big.",
		Status:  http.StatusBadRequest,
		Fields:  []Field{{Name: "MaxMessageLengthBytes", Value: strconv.FormatInt(limit, 10)}},
	}
}
