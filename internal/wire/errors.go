package wire

import (
	"errors"
	"net/http"
	"reflect"
	"strings"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/encoding/cbor"
)

const (
	s3RequestIDHeader = "X-Amz-Request-Id"
	s3HostIDHeader    = "X-Amz-Id-2"
	errorTypeHeader   = "X-Amzn-Errortype"
	queryErrorHeader  = "X-Amzn-Query-Error"
)

// ErrorContext is what an error's answer tells of the request.
type ErrorContext struct {
	RequestID, HostID string
	// Head: the answer to a HEAD request has no body.
	Head bool
}

// answer is an error as all protocols see it.
type answer struct {
	code    string // of Query and S3
	jsonTyp string // of JSON: with its namespace
	message string
	status  int
	sender  bool
	fields  []Field
	header  http.Header
	model   *node         // of the SDK's type, nil without one
	value   reflect.Value // its struct
}

// EncodeError makes the answer of an error: one of the SDK's modeled types, an
// [*Error], another smithy.APIError. Any other error is AWS's internal failure.
// A zero Protocol is the one that the service prefers.
func (s *Service) EncodeError(p Protocol, err error, e ErrorContext) *Response {
	if p < AWSJSON10 || p > RPCV2CBOR {
		p = s.protocols[0]
	}
	a := s.answer(p, err)
	res := &Response{Status: a.status, Header: http.Header{}}
	for name, values := range a.header {
		res.Header[http.CanonicalHeaderKey(name)] = values
	}
	if p == RESTXML {
		res.Set(s3RequestIDHeader, e.RequestID)
		if e.HostID != "" {
			res.Set(s3HostIDHeader, e.HostID)
		}
	} else {
		res.Set(requestIDHeader, e.RequestID)
	}
	if p == AWSJSON10 || p == AWSJSON11 || p == RESTJSON {
		s.addErrorHeaders(p, a, res.Header)
	}
	if e.Head && p == RESTXML && a.status != http.StatusNotModified {
		res.Set("Content-Type", xmlType) // of the body that is not sent
	}
	if e.Head || a.status == http.StatusNotModified || a.status == http.StatusNoContent {
		return res
	}
	switch p {
	case AWSQuery:
		res.setBody("text/xml", s.appendQueryError(a, e))
	case AWSQueryJSON:
		res.setBody("application/json", s.appendQueryErrorJSON(a, e))
	case EC2Query:
		res.setBody("text/xml", appendEC2Error(a, e))
	case RPCV2CBOR:
		res.Set("Smithy-Protocol", "rpc-v2-cbor")
		res.setBody("application/cbor", cborError(a))
	case RESTXML:
		res.setBody(xmlType, s.appendXMLError(a, e))
	default:
		res.setBody(jsonContentTypes[p][0], a.appendJSONError(p))
	}
	return res
}

// answer reads an error.
func (s *Service) answer(p Protocol, err error) *answer {
	var own *Error
	if errors.As(err, &own) {
		return s.plainAnswer(p, own)
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return s.plainAnswer(p, &Error{Code: internalCode(p), Message: err.Error(), Status: http.StatusInternalServerError})
	}
	typ := reflect.TypeOf(api)
	if typ.Kind() == reflect.Pointer {
		if sh := s.errors[typ.Elem().Name()]; sh != nil {
			if a := s.modeledAnswer(sh, api); a != nil {
				return a
			}
		}
	}
	status := 0
	if api.ErrorFault() == smithy.FaultServer {
		status = http.StatusInternalServerError
	}
	return s.plainAnswer(p, &Error{Code: api.ErrorCode(), Message: api.ErrorMessage(), Status: status})
}

func internalCode(p Protocol) string {
	if p == RESTXML {
		return "InternalError"
	}
	return "InternalFailure"
}

func (s *Service) modeledAnswer(sh *shape, api smithy.APIError) *answer {
	v := reflect.ValueOf(api)
	if v.IsNil() {
		return nil
	}
	n, err := s.compile(v.Elem().Type(), sh.name)
	if err != nil {
		return nil
	}
	a := &answer{
		code: sh.QueryError, jsonTyp: s.errorNamespace + "#" + sh.name,
		message: api.ErrorMessage(), status: sh.Code, sender: sh.Fault != "server",
		model: n, value: v.Elem(),
	}
	if a.code == "" {
		a.code = sh.name
	}
	if a.status == 0 {
		a.status = defaultStatus(a.sender)
	}
	return a
}

func defaultStatus(sender bool) int {
	if sender {
		return http.StatusBadRequest
	}
	return http.StatusInternalServerError
}

// commonErrors has the errors of AWS's front ends by their names: the same one
// is InvalidClientTokenId in Query and UnrecognizedClientException in JSON.
var commonErrors = []struct{ query, json string }{
	{"AccessDenied", "AccessDeniedException"},
	{"ExpiredToken", "ExpiredTokenException"},
	{"IncompleteSignature", "IncompleteSignatureException"},
	{"InternalFailure", "InternalFailure"},
	{"InvalidAction", "UnknownOperationException"},
	{"InvalidClientTokenId", "UnrecognizedClientException"},
	{"InvalidParameterCombination", "InvalidParameterCombinationException"},
	{"InvalidParameterValue", "InvalidParameterValueException"},
	{"MissingAuthenticationToken", "MissingAuthenticationTokenException"},
	{"MissingParameter", "MissingRequiredParameterException"},
	{"RequestExpired", "RequestExpired"},
	{"ServiceUnavailable", "ServiceUnavailableException"},
	{"SignatureDoesNotMatch", "InvalidSignatureException"},
	{"ThrottlingException", "ThrottlingException"},
	{"ValidationError", "ValidationException"},
}

// coralNamespace qualifies errors that no service's model has.
const coralNamespace = "com.amazon.coral.service#"

func (s *Service) plainAnswer(p Protocol, e *Error) *answer {
	a := &answer{
		code: e.Code, jsonTyp: e.Code, message: e.Message, status: e.Status,
		sender: e.Status < http.StatusInternalServerError, fields: e.Fields, header: e.Header,
	}
	namespace := coralNamespace
	if sh := s.shapeOfCode(e.Code); sh != nil {
		a.jsonTyp, namespace = sh.name, s.errorNamespace+"#"
		if sh.QueryError != "" {
			a.code = sh.QueryError
		}
		if a.status == 0 {
			a.status = sh.Code
		}
	} else {
		for _, c := range commonErrors {
			if e.Code == c.query || e.Code == c.json {
				a.code, a.jsonTyp = c.query, c.json
				break
			}
		}
	}
	if p == RESTXML {
		a.code = e.Code
	}
	a.jsonTyp = namespace + a.jsonTyp
	if a.status == 0 {
		a.status = defaultStatus(a.sender)
	}
	return a
}

// shapeOfCode finds the error of the model that a code names.
func (s *Service) shapeOfCode(code string) *shape {
	if sh := s.errors[code]; sh != nil {
		return sh
	}
	return s.queryErrors[code]
}

// party returns the fault as Query and x-amzn-query-error name it.
func (a *answer) party() string {
	if a.sender {
		return "Sender"
	}
	return "Receiver"
}

// addErrorHeaders adds what JSON services say of an error in headers. Those that
// spoke Query before keep its codes in x-amzn-query-error.
func (s *Service) addErrorHeaders(p Protocol, a *answer, h http.Header) {
	if p == RESTJSON {
		h[errorTypeHeader] = []string{a.jsonTyp[strings.LastIndexByte(a.jsonTyp, '#')+1:]}
		return
	}
	if s.queryCompatible {
		h[queryErrorHeader] = []string{a.code + ";" + a.party()}
	}
}

// queryMessage is the message of an error in the Query protocol.
func (s *Service) queryMessage(a *answer) string {
	if text, ok := queryMessages[a.code]; ok {
		return text
	}
	return a.message
}

// appendQueryError writes <ErrorResponse>. SQS alone has an empty Detail.
func (s *Service) appendQueryError(a *answer, e ErrorContext) []byte {
	b := make([]byte, 0, 384)
	b = append(append(append(b, "<ErrorResponse"...), s.xmlns...), "><Error><Type>"...)
	b = append(append(b, a.party()...), "</Type>"...)
	b = appendXMLElement(b, "Code", a.code)
	b = appendXMLElement(b, "Message", s.queryMessage(a))
	if s.queryCompatible {
		b = append(b, "<Detail/>"...)
	}
	b = a.appendMembers(b, dateTime)
	for _, f := range a.fields {
		b = appendXMLElement(b, f.Name, f.Value)
	}
	b = append(b, "</Error>"...)
	b = appendXMLElement(b, "RequestId", e.RequestID)
	return append(b, "</ErrorResponse>"...)
}

// appendXMLError writes <Error>, which has no namespace. S3 alone has it as the
// document; elsewhere it is in an <ErrorResponse>, as in Query.
func (s *Service) appendXMLError(a *answer, e ErrorContext) []byte {
	b := make([]byte, 0, 384)
	b = append(b, xmlHeader...)
	wrapped := s.name != "s3"
	if wrapped {
		b = append(append(append(b, "<ErrorResponse"...), s.xmlns...), '>')
	}
	b = append(b, "<Error>"...)
	b = appendXMLElement(b, "Code", a.code)
	b = appendXMLElement(b, "Message", a.message)
	b = a.appendMembers(b, milliTime)
	for _, f := range a.fields {
		b = appendXMLElement(b, f.Name, f.Value)
	}
	if wrapped {
		b = append(b, "</Error>"...)
	}
	b = appendXMLElement(b, "RequestId", e.RequestID)
	b = appendXMLElement(b, "HostId", e.HostID)
	if wrapped {
		return append(b, "</ErrorResponse>"...)
	}
	return append(b, "</Error>"...)
}

// appendMembers writes the members of a modeled error but for the message.
func (a *answer) appendMembers(b []byte, place timeFormat) []byte {
	if a.model == nil {
		return b
	}
	for i := range a.model.fields {
		f := &a.model.fields[i]
		if f.loc != inBody || isMessage(f.name) {
			continue
		}
		if v, ok := f.node.value(a.value.Field(f.index)); ok {
			b = f.appendXML(b, v, place)
		}
	}
	return b
}

// appendEC2Error writes <Response><Errors>, as EC2 alone does.
func appendEC2Error(a *answer, e ErrorContext) []byte {
	b := append(make([]byte, 0, 384), xmlHeader...)
	b = append(b, "<Response><Errors><Error>"...)
	b = appendXMLElement(b, "Code", a.code)
	b = appendXMLElement(b, "Message", a.message)
	b = append(b, "</Error></Errors>"...)
	b = appendXMLElement(b, "RequestID", e.RequestID)
	return append(b, "</Response>"...)
}

// cborError writes the map of an error of the RPC v2 CBOR protocol.
func cborError(a *answer) []byte {
	return cbor.Encode(cbor.Map{"__type": cbor.String(a.jsonTyp), "message": cbor.String(a.message)})
}

func isMessage(name string) bool { return name == "message" || name == "Message" }

// appendJSONError writes the body of a JSON error. The message of a modeled
// error is called as its model says, that of the front end's errors Message.
func (a *answer) appendJSONError(p Protocol) []byte {
	b := make([]byte, 0, 256)
	b = append(b, '{')
	if p != RESTJSON {
		b = appendJSONString(append(b, `"__type":`...), a.jsonTyp)
	}
	key := `"Message":`
	if a.model != nil {
		for i := range a.model.fields {
			f := &a.model.fields[i]
			if isMessage(f.name) {
				key = f.jsonKey
				continue
			}
			if v, ok := f.node.value(a.value.Field(f.index)); ok && f.loc == inBody {
				b = f.node.appendJSON(append(comma(b), f.jsonKey...), v)
			}
		}
	}
	b = appendJSONString(append(comma(b), key...), a.message)
	return append(b, '}')
}

func comma(b []byte) []byte {
	if b[len(b)-1] == '{' {
		return b
	}
	return append(b, ',')
}

func appendXMLElement(b []byte, name, text string) []byte {
	b = append(append(append(b, '<'), name...), '>')
	b = appendXMLText(b, text)
	return append(append(append(b, "</"...), name...), '>')
}
