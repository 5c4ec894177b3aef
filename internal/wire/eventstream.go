package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream/eventstreamapi"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// Events are what an operation answers one by one, as an event stream.
type Events interface {
	// Next returns the next event, a member of the SDK's union: io.EOF after the last. Any
	// other error ends the stream: AWS's are its last message.
	Next() (any, error)
	Close() error
}

type eventsKey struct{}

// SetEvents puts the events of an answer into the metadata of the SDK's output, which has
// no other place for them that a service can write.
func SetEvents(m *middleware.Metadata, events Events) { m.Set(eventsKey{}, events) }

// EventsOf returns the events of an answer; nil when it has none.
func EventsOf(m middleware.Metadata) Events {
	events, _ := m.Get(eventsKey{}).(Events)
	return events
}

// encodeEvents makes the answer of an operation whose output is an event stream. Such an
// answer has no content type, as S3's are quoted.
func (o *Operation) encodeEvents(p Protocol, out any, requestID string) (*Response, error) {
	v := reflect.ValueOf(out).Elem().FieldByName("ResultMetadata")
	m, _ := v.Interface().(middleware.Metadata)
	events := EventsOf(m)
	inJSON := p == AWSJSON10 || p == AWSJSON11
	if p != RESTXML && !inJSON || events == nil {
		return nil, fmt.Errorf("wire: %s has no event stream for %s", o.Name(), p)
	}
	r := &eventReader{service: o.service, union: o.eventUnion(), events: events, encoder: eventstream.NewEncoder()}
	if inJSON {
		return encodeJSONEvents(p, r, requestID)
	}
	n, ov, err := o.out.plan(o.service, o.operation.Out, out)
	if err != nil {
		return nil, err
	}
	res := encodeREST(o, p, n, ov, requestID)
	res.Header["Content-Type"] = nil // net/http would guess one
	res.Stream = r
	return res, nil
}

// encodeJSONEvents makes an answer in the RPC protocols, whose first message stands for the
// output without its events. No operation has other members in such an output.
func encodeJSONEvents(p Protocol, r *eventReader, requestID string) (*Response, error) {
	res := &Response{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/vnd.amazon.eventstream"}}, Length: -1}
	res.Set(requestIDHeader, requestID)
	r.contentType = jsonContentTypes[p][0]
	first := eventstream.Message{Payload: []byte("{}"), Headers: eventHeaders(
		eventstreamapi.EventTypeHeader, "initial-response",
		eventstreamapi.ContentTypeHeader, r.contentType,
		eventstreamapi.MessageTypeHeader, eventstreamapi.EventMessageType,
	)}
	res.Stream = r
	return res, r.encoder.Encode(&r.message, first)
}

// eventUnion is the shape of the events of an operation's output; nil where it has none. In
// REST it is the payload, in the RPC protocols a member like others.
func (o *Operation) eventUnion() *shape {
	out := o.service.shapes[o.operation.Out]
	if out == nil {
		return nil
	}
	for _, m := range out.Members {
		if target := o.service.shapes[strings.TrimPrefix(m.Type, "#")]; target != nil && target.Streaming {
			return target
		}
	}
	return nil
}

// An eventReader is an event stream as it is read: every message is made when it is asked
// for.
type eventReader struct {
	service *Service
	union   *shape
	events  Events
	encoder *eventstream.Encoder
	// contentType is that of the payloads in the RPC protocols; empty in REST.
	contentType string
	message     bytes.Buffer
	ended       error
}

// Read implements io.Reader. One call reads of one message.
func (r *eventReader) Read(p []byte) (int, error) {
	for r.message.Len() == 0 && r.ended == nil {
		r.next()
	}
	if r.message.Len() == 0 {
		return 0, r.ended
	}
	return r.message.Read(p)
}

// Close implements io.Closer.
func (r *eventReader) Close() error { return r.events.Close() }

// next makes the next message. An error of AWS is a message too, and the last.
func (r *eventReader) next() {
	event, err := r.events.Next()
	var msg eventstream.Message
	var api smithy.APIError
	switch {
	case err == nil:
		msg, err = r.eventMessage(event)
		r.ended = err
	case errors.As(err, &api):
		msg, r.ended = r.errorMessage(api), io.EOF
		err = nil
	default:
		r.ended = err
	}
	if err == nil {
		r.message.Reset()
		if err := r.encoder.Encode(&r.message, msg); err != nil {
			r.ended = err
		}
	}
}

func eventHeaders(pairs ...string) (h eventstream.Headers) {
	for i := 0; i+1 < len(pairs); i += 2 {
		h.Set(pairs[i], eventstream.StringValue(pairs[i+1]))
	}
	return h
}

// errorMessage is the message of an error that comes when the answer has begun: an exception
// where the union has it and the protocol is an RPC.
func (r *eventReader) errorMessage(err smithy.APIError) eventstream.Message {
	isModeled := func(m trait) bool { return m.Name == err.ErrorCode() }
	if r.contentType == "" || !slices.ContainsFunc(r.union.Members, isModeled) {
		return eventstream.Message{Headers: eventHeaders(
			eventstreamapi.ErrorCodeHeader, err.ErrorCode(),
			eventstreamapi.ErrorMessageHeader, err.ErrorMessage(),
			eventstreamapi.MessageTypeHeader, eventstreamapi.ErrorMessageType,
		)}
	}
	body := append(appendJSONString([]byte(`{"message":`), err.ErrorMessage()), '}')
	return eventstream.Message{Payload: body, Headers: eventHeaders(
		eventstreamapi.ExceptionTypeHeader, err.ErrorCode(),
		eventstreamapi.ContentTypeHeader, r.contentType,
		eventstreamapi.MessageTypeHeader, eventstreamapi.ExceptionMessageType,
	)}
}

// eventMessage is the message of an event: a pointer to the SDK's type of a member of the
// union, whose only field is its value.
func (r *eventReader) eventMessage(event any) (msg eventstream.Message, err error) {
	v := reflect.ValueOf(event)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return msg, fmt.Errorf("wire: %T is no event", event)
	}
	s, union := r.service, r.union
	_, name, _ := strings.Cut(v.Elem().Type().Name(), "Member")
	value := v.Elem().FieldByName("Value")
	for i := range union.Members {
		m := &union.Members[i]
		if capitalize(m.Name) != name || !value.IsValid() {
			continue
		}
		msg.Headers = eventHeaders(eventstreamapi.MessageTypeHeader, eventstreamapi.EventMessageType, eventstreamapi.EventTypeHeader, m.Name)
		n, err := s.compile(value.Type(), strings.TrimPrefix(m.Type, "#"))
		if err != nil {
			return msg, err
		}
		if r.contentType != "" {
			msg.Headers.Set(eventstreamapi.ContentTypeHeader, eventstream.StringValue(r.contentType))
			msg.Payload = n.appendJSON(make([]byte, 0, 256), value)
			return msg, nil
		}
		err = s.eventPayload(&msg, n, strings.TrimPrefix(m.Type, "#"), value)
		return msg, err
	}
	return msg, fmt.Errorf("wire: %s has no event %s", union.name, name)
}

// eventPayload adds the payload of an event, if it has one: bytes, or a document.
func (s *Service) eventPayload(msg *eventstream.Message, n *node, event string, v reflect.Value) error {
	for _, m := range s.shapes[event].Members {
		if !m.EventPayload {
			return fmt.Errorf("wire: %s.%s is neither payload nor known", event, m.Name)
		}
		for i := range n.fields {
			f := &n.fields[i]
			fv, ok := f.node.value(v.Field(f.index))
			if f.name != m.Name || !ok {
				continue
			}
			if f.node.kind == blobKind {
				msg.Headers.Set(eventstreamapi.ContentTypeHeader, eventstream.StringValue("application/octet-stream"))
				msg.Payload = fv.Bytes()
				continue
			}
			// S3 writes these documents without a declaration and out of its namespace, as
			// its streams are quoted.
			msg.Headers.Set(eventstreamapi.ContentTypeHeader, eventstream.StringValue("text/xml"))
			b := append(append(append(make([]byte, 0, 256), '<'), f.node.xmlName...), ` xmlns="">`...)
			b = f.node.appendXMLContent(b, fv, milliTime)
			msg.Payload = append(append(append(b, "</"...), f.node.xmlName...), '>')
		}
	}
	return nil
}
