// Package sdkclient has what clients of the SDK need to reach a World: a way over
// a socket, and signatures that are dated by the World's clock.
package sdkclient

import (
	"crypto/tls"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go/middleware"

	"github.com/leastpriv/leastpriv/internal/clock"
)

// A Socket is an HTTP client of clients that use a socket.
type Socket struct{ transport *http.Transport }

// NewSocket makes a client without connections.
func NewSocket() *Socket {
	return SocketOver(&http.Transport{
		MaxIdleConnsPerHost: 64, ExpectContinueTimeout: time.Second,
		// The sockets of Worlds speak no TLS, so no HTTP/2 either, which takes some time
		// to prepare.
		TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{},
	})
}

// SocketOver is a client that connects as a transport does.
func SocketOver(t *http.Transport) *Socket { return &Socket{t} }

// Close closes the connections.
func (s *Socket) Close() { s.transport.CloseIdleConnections() }

// Do implements aws.HTTPClient.
func (s *Socket) Do(r *http.Request) (*http.Response, error) {
	// The body that the SDK sends has a WriteTo, which net/http's transport
	// prefers. When the server answers before WriteTo has returned, the
	// transport gives the connection up, and calls with large answers fail now
	// and then. Without WriteTo it reads the body instead, and they do not.
	if r.Body != nil && r.Body != http.NoBody {
		plain := *r
		plain.Body = struct{ io.ReadCloser }{r.Body}
		r = &plain
	}
	return s.transport.RoundTrip(r)
}

// SignAt makes clients sign with a clock's time where that is not the machine's:
// a client whose clock is wrong is refused, by a World as by AWS. It is one of a
// client's APIOptions.
func SignAt(c *clock.Clock) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		offset := c.Offset()
		if offset == 0 {
			return nil
		}
		if m, ok := stack.Finalize.Get((*retry.Attempt)(nil).ID()); ok {
			if attempt, ok := m.(*retry.Attempt); ok {
				attempt.ClientSkew = new(atomic.Int64)
				attempt.ClientSkew.Store(int64(offset))
			}
		}
		return nil
	}
}
