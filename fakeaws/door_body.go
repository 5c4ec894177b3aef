package fakeaws

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// defaultBodyTimeout is that of [Config.BodyTimeout]. AWS's is unverified.
const defaultBodyTimeout = time.Minute

// minBodyRate is how many bytes of a body must come in a second, on average, once its
// timeout is over. That AWS has such a rule is unverified; without one, a body that comes
// byte by byte would take for ever.
const minBodyRate = 1 << 10

const (
	// maxUnread is how much of a body that nobody wants is read nevertheless: more than
	// the parts that SDKs make of uploads.
	maxUnread = 64 << 20
	// prompt is how long an answer waits for the end of a body that nobody wants while it
	// keeps coming, and pause how long while it does not. The connection can be used
	// again when the end has come.
	prompt = time.Second
	pause  = 200 * time.Millisecond
	// linger is how long the door reads from a client that was not asked for its body, and
	// lingerSending from one that goes on sending after the answer. Many look for an answer
	// only when all is sent; to who sends into a closed connection, a broken pipe is all
	// the answer.
	linger        = time.Second
	lingerSending = 2 * time.Second
)

// errSlowBody is the answer to a body that does not come. Code and text are S3's; that
// the other services have the same is unverified.
var errSlowBody = &Error{
	Code:    "RequestTimeout",
	Message: "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.",
	Status:  http.StatusBadRequest,
}

// A socketBody is a body that comes over a socket, in a time that is bounded.
type socketBody struct {
	io.ReadCloser
	conn    *http.ResponseController
	start   time.Time
	timeout time.Duration
	read    int64 // bytes
	unread  int64 // of them, those that nobody wanted
	asked   bool  // somebody read it
	ended   bool
}

// newSocketBody takes the place of the body of a request.
func newSocketBody(w http.ResponseWriter, r *http.Request, timeout time.Duration) *socketBody {
	b := &socketBody{ReadCloser: r.Body, conn: http.NewResponseController(w), start: time.Now(), timeout: timeout}
	if r.Body != nil {
		r.Body = b
	}
	return b
}

// Read implements io.Reader.
func (b *socketBody) Read(p []byte) (int, error) {
	b.asked = true
	_ = b.conn.SetReadDeadline(b.start.Add(b.timeout + time.Duration(b.read/minBodyRate)*time.Second))
	n, err := b.take(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = errSlowBody
	}
	return n, err
}

// take reads. At the end of the body the connection has no deadline any more: net/http
// now looks there whether the client goes away.
func (b *socketBody) take(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if err == io.EOF {
		b.ended = true
		_ = b.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}

// discard reads what nobody wants, for a while, and at most until nothing comes for a
// pause. It reports whether that was the rest.
func (b *socketBody) discard(while, pause time.Duration) bool {
	end := time.Now().Add(while)
	buffer := make([]byte, 32<<10)
	for !b.ended && b.unread < maxUnread {
		next := time.Now().Add(pause)
		if next.After(end) {
			next = end
		}
		if b.conn.SetReadDeadline(next) != nil {
			break // no socket
		}
		n, err := b.take(buffer)
		if b.unread += int64(n); err != nil {
			break
		}
	}
	return b.ended
}

// answerEarly prepares for an answer to a client that is still sending. net/http would
// first read on; and the connection is of no use any more.
func (b *socketBody) answerEarly(w http.ResponseWriter) {
	_ = b.conn.EnableFullDuplex()
	w.Header().Set("Connection", "close")
}
