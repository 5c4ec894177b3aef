package fakeaws

import (
	"net/http"

	"github.com/leastpriv/leastpriv/internal/sigv4"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// A Wire is what a service has of its own on the wire, beside the protocol of its
// schema. Most have nothing; every field may be left out.
type Wire struct {
	// Endpoint reads a host name; false when it is not one of the service's own
	// endpoints. Those of the usual form, sqs.us-east-1.amazonaws.com, need none.
	Endpoint func(host string) (Endpoint, bool)
	// Claims reports whether a request is for the service that names none: neither in its
	// host, nor by its signature, nor in X-Amz-Target.
	Claims func(*http.Request) bool
	// Resolve tells of a request that is signed for a name which service of a World it is
	// for, and whose schema its answer follows: a service may have several APIs under one
	// name, or several names for one API. False when the name is not its business.
	Resolve func(name string, r *http.Request) (service, schema string, ok bool)

	// MaxBody limits a body that is read as a whole, in bytes; 0 is 1 MiB. What AWS itself
	// takes at most is unverified; each limit is well above the largest valid request.
	MaxBody int64
	// Styles is how the service words a refused signature, by protocol, where that is
	// not as most services with the protocol do.
	Styles map[wire.Protocol]sigv4.Style

	// Version2 reports whether a request may be signed with Signature Version 2, which no
	// service but S3 takes.
	Version2 func(*Exchange) bool
	// Receive completes the request before anything looks at it.
	Receive func(*Exchange)
	// Intercept answers requests that are no operation's; nil and no error when it does not.
	// With an error that it answers in a form of its own, it returns both.
	// Signed tells whether the request has a signature, even a malformed one.
	Intercept func(x *Exchange, signed bool) (*wire.Response, error)
	// AdmitPage refuses what web pages may not have browsers send to the service; elsewhere
	// tells whether a page of another origin did. A service without it takes no request
	// of a browser at all.
	AdmitPage func(x *Exchange, elsewhere bool) error
	// OpenBody makes the body ready to be decoded, after the signature was verified, for
	// a service whose signatures do not cover it. Without it the body is read as a whole
	// and its hash is a part of what is verified.
	OpenBody func(*Exchange) error
	// DescribeError adds to what the body of an error tells.
	DescribeError func(*Exchange, *wire.ErrorContext)
	// Finish completes every answer, also those of errors.
	Finish func(*Exchange, *wire.Response)
}

// An Endpoint is what the host of a request says: a service, a region.
type Endpoint struct {
	// Service is the service that the host is an endpoint of, by its signing name; empty
	// for a host that is not AWS's, such as a test's socket.
	Service string
	// Region is the one that requests must be signed for; empty when the host does not
	// decide it.
	Region string
	// Named is the region by which the host calls itself: see [Call.EndpointRegion].
	Named string
	// Bucket is the one that the host names.
	Bucket string
	// Shared says that requests to the host are signed for several services.
	Shared bool
}

// endpointOf reads the host of a request.
func (w *World) endpointOf(host string) Endpoint {
	host = Hostname(host)
	for i := range w.services {
		s := &w.services[i]
		if s.Wire.Endpoint == nil {
			continue
		}
		if e, ok := s.Wire.Endpoint(host); ok {
			return e
		}
	}
	return usualEndpoint(host)
}

// claimed returns the service of a request that names none. One that is signed with
// Signature Version 2 is for the service that takes it, unless it is a call of the Query
// protocol to no path.
func (w *World) claimed(r *http.Request, version2 bool) string {
	version2 = version2 && !(IsQueryForm(r) && r.URL.Path == "/")
	for i := range w.services {
		s := &w.services[i]
		if version2 && s.Wire.Version2 != nil || !version2 && s.Wire.Claims != nil && s.Wire.Claims(r) {
			return s.Name
		}
	}
	return ""
}
