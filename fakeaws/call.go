package fakeaws

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/leastpriv/leastpriv/enforce"
)

// A Call is one request on its way through the pipeline, and the context in
// which its operation runs.
type Call struct {
	context.Context
	World *World
	// Account is the caller's account; empty when anonymous.
	Account string
	// Region is the one that the request was signed for.
	Region string
	// Caller is never nil; its Type is Anonymous for an unsigned request.
	Caller *Caller
	// Service and Operation are the names in AWS's model: "sqs", "SendMessage".
	Service, Operation string
	RequestID          string
	// Time is the World's clock, in UTC, when the request arrived.
	Time time.Time
	// Endpoint is the scheme and host under which the client reached the
	// service, for URLs in answers.
	Endpoint string
	// EndpointRegion is the region by which the host of the request calls itself, as far
	// as the service reads it: S3's is another name than that of a region for its global
	// endpoint.
	EndpointRegion string
	// Signed says how the request was signed.
	Signed Signed
	// SourceIP, UserAgent and Referer are those of the HTTP request.
	SourceIP, UserAgent, Referer string

	// PolicySource is the file that a policy document of this call came from, as
	// far as Go code that seeds state knows it; decisions name it.
	PolicySource enforce.Source

	exchange *Exchange    // nil for a call that Go code makes: see Do
	handler  *handler     // of the operation, once it is known
	source   *ServiceCall // of a call that a service makes as itself; else nil
	via      *VPCEndpoint // that the request came through; mostly nil
	// calledVia are the services that pass the caller's request on, the first first: see Forward.
	calledVia []string
	fixture   bool // see Fixture
	denied    []deniedEntry
	finished  bool      // see Finished
	charged   bool      // see Charge
	judged    time.Time // when the decisions of event were made
	fault     *injected // that the request has met; mostly nil
	// global has the condition keys that all permissions of a refused call share.
	global *enforce.Context
	stores []*enforce.Policy // see Stores
	event  Event
}

// Signed is what S3's condition keys tell of a request's signature. The zero
// value is an unsigned request.
type Signed struct {
	// AuthType is "REST-HEADER", "REST-QUERY-STRING" or "POST".
	AuthType string
	// Version is "AWS4-HMAC-SHA256", or "AWS" for Signature Version 2.
	Version string
	// Age is the age of a presigned request's signature; Signature Version 2 tells none.
	Age time.Duration
	// ContentSHA256 is the value of x-amz-content-sha256, if it was sent.
	ContentSHA256 string
}

// Help has the log tell more of a failed call than AWS does; what was said first counts.
func (c *Call) Help(text string) {
	if c.event.Help == "" {
		c.event.Help = text[:min(len(text), maxMessage)]
	}
}

// Stores tells of a policy that the call stores when it succeeds: one that no request
// meets afterwards is one that no test covers.
func (c *Call) Stores(p *enforce.Policy) {
	if c.World.coverage != nil {
		c.stores = append(c.stores, p)
	}
}

// stored has the coverage know the policies that the call stored.
func (c *Call) stored() {
	for _, p := range c.stores {
		c.World.coverage.Add(p)
	}
}

// EntryDenied reports whether a batch entry's Need, or an optional one, was denied.
// The operation answers that entry with AWS's error and performs the others; what is
// optional it leaves out of the answer.
func (c *Call) EntryDenied(entry int) bool {
	return slices.ContainsFunc(c.denied, func(d deniedEntry) bool { return d.entry == entry })
}

// A deniedEntry is a batch entry that was denied, or a permission that is optional: then
// without the need and the decision.
type deniedEntry struct {
	entry    int
	need     *Need
	decision *enforce.Decision
}

// EntryDenial is the error of a batch entry that was denied, as the service words the
// denial of a whole call; nil where the entry was allowed.
func (c *Call) EntryDenial(entry int) error {
	for _, d := range c.denied {
		if d.entry == entry && d.need != nil {
			refused := *d.need
			refused.refused = c
			return c.handler.room.service.Denied(c, &refused, d.decision)
		}
	}
	return nil
}

// Sent reports whether the request gives a top-level member of the input, by its
// name on the wire, where the SDK's type cannot tell: a number that is zero.
func (c *Call) Sent(member string) bool {
	return c.exchange != nil && c.exchange.Request.Sent(c.exchange.Protocol, member)
}

// EntrySent reports whether an entry of a list of the input, counted from 0, gives
// a member.
func (c *Call) EntrySent(list string, entry int, member string) bool {
	x := c.exchange
	return x != nil && x.Operation.EntrySent(x.Protocol, &x.Request, list, entry, member)
}

// SignedFor reports whether the request's signature is good for a region: a SigV4A
// signature is for a set of them.
func (c *Call) SignedFor(region string) bool {
	if c.exchange != nil && c.exchange.Signature != nil {
		return c.exchange.Signature.Covers(region)
	}
	return c.Region == region
}

// Host is the name under which the client reached the service, without its port;
// empty outside of a request.
func (c *Call) Host() string {
	_, host, _ := strings.Cut(c.Endpoint, "://")
	return Hostname(host)
}

// Header is a header of the request; empty outside of a request.
func (c *Call) Header(name string) string {
	if c.exchange == nil {
		return ""
	}
	return c.exchange.HTTP.Header.Get(name)
}

// Path is the path of the request's URL; "/" outside of a request.
func (c *Call) Path() string {
	if c.exchange == nil || c.exchange.Request.Path == "" {
		return "/"
	}
	return c.exchange.Request.Path
}

// Finished says that what an operation usually only begins, and answers as accepted,
// is done already.
func (c *Call) Finished() { c.finished = true }

// Charge says that the caller pays for the request in place of the owner of what it
// asks for.
func (c *Call) Charge() { c.charged = true }

// Charged reports whether the caller pays: see Charge.
func (c *Call) Charged() bool { return c.charged }

// ViaEndpoint is the VPC endpoint through which the request came; nil for others.
func (c *Call) ViaEndpoint() *VPCEndpoint { return c.via }

// Anonymous reports whether the request was not signed.
func (c *Call) Anonymous() bool { return c.Caller.Type == enforce.Anonymous }

// Fixture reports whether the World's own hand makes the call: see [World.Fixture].
func (c *Call) Fixture() bool { return c.fixture }
