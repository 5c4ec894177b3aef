package fakeaws

import (
	"net/http"
	"strings"

	"github.com/leastpriv/leastpriv/internal/wire"
)

// noWire is the Wire of a service that has none.
var noWire = new(Wire)

// route finds the service and the protocol-independent parts of the request.
func (x *Exchange) route() error {
	name := x.serviceName()
	schema := name
	for i := range x.world.services {
		own := &x.world.services[i].Wire
		if own.Resolve == nil {
			continue
		}
		if service, model, ok := own.Resolve(name, x.HTTP); ok {
			name, schema, x.wire = service, model, own
			break
		}
	}
	x.Call.Service = name
	if r, ok := x.world.rooms[name]; ok {
		x.room = r.open()
		x.model, x.wire = x.room.model, &r.reg.Wire
	} else if r, ok := x.findOther(name); ok {
		x.room = r.open()
		x.model, x.wire = x.room.model, &r.reg.Wire
		x.Call.Service = r.reg.Name
	} else if model, ok := wire.Load(schema); ok {
		x.model = model
	}
	x.Request = wire.Request{
		Method:        x.HTTP.Method,
		Path:          x.HTTP.URL.EscapedPath(),
		RawQuery:      x.HTTP.URL.RawQuery,
		Header:        x.HTTP.Header,
		ContentLength: x.HTTP.ContentLength,
	}
	if x.wire.Receive != nil {
		x.wire.Receive(x)
	}
	if x.Call.RequestID == "" {
		x.Call.RequestID = x.world.ids.UUID()
	}
	if s := x.Signature; s != nil && s.Region != "" {
		x.Call.Region = s.Region
	} else if x.endpoint.Region != "" {
		x.Call.Region = x.endpoint.Region
	}
	if x.model == nil {
		x.standIn()
		if name == "" {
			return NotImplemented("a request that names no service is not implemented")
		}
		return NotImplemented("the service " + name + " is not implemented")
	}
	return nil
}

// Endpoint is what the host of the request says.
func (x *Exchange) Endpoint() Endpoint { return x.endpoint }

// Fake is what performs the operations of the service; nil when the World has none.
func (x *Exchange) Fake() Fake {
	if x.room == nil {
		return nil
	}
	return x.room.service
}

// Model finds an operation of the service by its name.
func (x *Exchange) Model(operation string) *wire.Operation { return x.model.Operation(operation) }

// standIn gives a request for an unknown service the model of one that words
// errors in the protocol that the request seems to speak.
func (x *Exchange) standIn() {
	name, protocol := "lambda", wire.RESTJSON
	switch {
	case x.HTTP.Header.Get("X-Amz-Target") != "":
		name, protocol = "kms", wire.AWSJSON11
	case IsQueryForm(x.HTTP):
		name, protocol = "sns", wire.AWSQuery
	}
	x.model, _ = wire.Load(name)
	x.Protocol = protocol
}

// serviceName returns the service that a request is for: the one of its endpoint
// where that is AWS's own, else the one that it was signed for or, signed for none, the
// one that host or target name, or that claims it.
func (x *Exchange) serviceName() string {
	scoped := x.Signature != nil && x.Signature.Service != "" // Signature Version 2 has no scope
	if e := &x.endpoint; x.world.rooms[e.Service] != nil && (!scoped || !e.Shared) {
		return e.Service
	}
	if scoped {
		return x.Signature.Service
	}
	if label := serviceOf(x.HTTP.Host); x.world.rooms[label] != nil {
		return label
	}
	if target := x.HTTP.Header.Get("X-Amz-Target"); target != "" {
		prefix, _, _ := strings.Cut(target, ".")
		if name, ok := wire.ServiceOfTarget(prefix); ok {
			return name
		}
	}
	return x.world.claimed(x.HTTP, x.Signature != nil && x.Signature.Version2())
}

// IsQueryForm reports whether a request has the body of the Query protocol, which comes
// with POST. Some HTTP clients call every body such a form, also what they PUT.
func IsQueryForm(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
}
