package fakeaws

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/leastpriv/leastpriv/internal/wire"
)

// A Door is a way into a World: an [http.Handler] for a listener, and an
// [http.RoundTripper] and SDK HTTP client for calls that stay in the process.
// All of them run the same pipeline.
type Door struct {
	world *World
	via   *VPCEndpoint // nil: none
	// internal says that a service of AWS sends the requests: see Internal.
	internal bool
}

// Internal returns the way by which a service of AWS sends requests to another: they come from no
// address of a client, whatever the World's calls seem to come from.
func (d Door) Internal() Door {
	d.internal = true
	return d
}

// Door returns the way into the World.
func (w *World) Door() Door { return Door{world: w} }

// ServeHTTP answers a request that came over a socket.
func (d Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	waits := strings.EqualFold(r.Header.Get("Expect"), "100-continue") // to be asked for its body
	if waits && r.ContentLength == 0 {
		// net/http asks when a body is read, and there is none to read. The AWS CLI
		// sends nothing more over a connection that answered otherwise.
		w.WriteHeader(http.StatusContinue)
	}
	if r.ContentLength == 0 {
		switch resp, err := d.serve(r, "http://"+r.Host); err {
		case nil:
			send(w, r, resp)
		case io.EOF, io.ErrUnexpectedEOF:
			hangUp(w, err)
		}
		return
	}
	body := newSocketBody(w, r, d.world.bodyTimeout)
	resp, err := d.serve(r, "http://"+r.Host)
	r.Body = body.ReadCloser // net/http looks whether it is its own
	switch {
	case err == io.EOF, err == io.ErrUnexpectedEOF:
		hangUp(w, err)
	case err != nil: // the client has gone
	case body.ended:
		send(w, r, resp)
	case waits && !body.asked:
		// Who waits to be asked has its answer and sends nothing. The SDK for Go says so
		// and does not wait.
		send(w, r, resp)
		_ = body.conn.Flush()
		body.discard(linger, linger)
	case body.discard(prompt, pause):
		send(w, r, resp)
	default:
		body.answerEarly(w)
		send(w, r, resp)
		_ = body.conn.Flush()
		body.discard(lingerSending, lingerSending)
	}
}

// send writes an answer, with the names of its headers as AWS spells them. Clients of
// net/http read them in canonical form: so the answers of RoundTrip have them.
func send(w http.ResponseWriter, r *http.Request, resp *wire.Response) {
	header := w.Header()
	for name, values := range resp.Header {
		header[wire.Spelled(name)] = values
	}
	sandbox(header, r)
	if resp.Stream == nil {
		if r.Method != http.MethodHead {
			header.Set("Content-Length", strconv.Itoa(len(resp.Body)))
		}
		w.WriteHeader(resp.Status)
		_, _ = w.Write(resp.Body)
		return
	}
	defer resp.Stream.Close()
	if resp.Length >= 0 {
		header.Set("Content-Length", strconv.FormatInt(resp.Length, 10))
	}
	w.WriteHeader(resp.Status)
	if resp.Length < 0 {
		sendEvents(w, r, resp.Stream)
		return
	}
	_, _ = io.Copy(w, resp.Stream)
}

// sendEvents writes a stream of which nobody knows the length: its messages go out when
// they are made, because the next may take a while.
func sendEvents(w http.ResponseWriter, r *http.Request, stream io.Reader) {
	conn := http.NewResponseController(w)
	buffer := make([]byte, 32<<10)
	for {
		n, err := stream.Read(buffer)
		if n > 0 {
			if _, err := w.Write(buffer[:n]); err != nil {
				return
			}
			_ = conn.Flush()
		}
		switch {
		case err == io.EOF, err != nil && r.Context().Err() != nil:
			return
		case err != nil:
			panic(http.ErrAbortHandler) // so that the client does not take what it has for all
		}
	}
}

// Do implements the SDK's aws.HTTPClient.
func (d Door) Do(r *http.Request) (*http.Response, error) { return d.RoundTrip(r) }

// RoundTrip answers a request of this process. The answer's body streams from
// the World's storage; no goroutine outlives the call.
func (d Door) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in, err := received(r)
	if err != nil {
		return nil, err
	}
	resp, err := d.serve(in, r.URL.Scheme+"://"+in.Host)
	if err != nil {
		return nil, err
	}
	return response(resp, r), nil
}

// received returns what a server would see of a client's request, without touching
// the client's.
func received(r *http.Request) (*http.Request, error) {
	in := *r
	if in.Body == nil {
		in.Body = http.NoBody
	}
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	in.RemoteAddr = localAddr
	if r.URL.Opaque != "" {
		u, err := url.ParseRequestURI(r.URL.RequestURI())
		if err != nil {
			return nil, err
		}
		in.URL = u
	}
	plain := true
	for name, values := range r.Header {
		plain = plain && canonical(name)
		for _, value := range values {
			if strings.IndexByte(value, '\n') >= 0 || strings.IndexByte(value, '\r') >= 0 {
				return nil, fmt.Errorf("fakeaws: invalid value of the header %s", name)
			}
		}
	}
	if !plain {
		in.Header = make(http.Header, len(r.Header))
		for name, values := range r.Header {
			for _, value := range values {
				in.Header.Add(name, value)
			}
		}
	}
	return &in, nil
}

// canonical reports whether a header's name is written as net/http writes it: the
// SDK's are. [http.CanonicalHeaderKey] would make a string of each.
func canonical(name string) bool {
	first := true
	for i := range len(name) {
		c := name[i]
		switch {
		case c == '-':
			first = true
			continue
		case 'a' <= c && c <= 'z' && first, 'A' <= c && c <= 'Z' && !first:
			return false
		case c|0x20 < 'a' || c|0x20 > 'z':
			if c < '0' || c > '9' {
				return name == http.CanonicalHeaderKey(name)
			}
		}
		first = false
	}
	return true
}

// localAddr is the client address of a request that never left the process.
const localAddr = "127.0.0.1:0"

func response(resp *wire.Response, r *http.Request) *http.Response {
	for name, values := range resp.Header {
		if !canonical(name) { // as a client of net/http reads it from a socket
			delete(resp.Header, name)
			resp.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	out := &http.Response{
		Status:        strconv.Itoa(resp.Status) + " " + http.StatusText(resp.Status),
		StatusCode:    resp.Status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        resp.Header,
		Body:          resp.Stream,
		ContentLength: resp.Length,
		Request:       r,
	}
	if resp.Stream == nil {
		out.ContentLength = int64(len(resp.Body))
		out.Body = io.NopCloser(bytes.NewReader(resp.Body))
	}
	return out
}
