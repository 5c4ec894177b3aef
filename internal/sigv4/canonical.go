package sigv4

import (
	"bytes"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// scratch is the memory of one verification.
type scratch struct {
	canonical []byte // the canonical request
	toSign    []byte // the string to sign, behind room for the key of the HMAC
	encoded   []byte // canonical query parameters, not yet in order
	params    []param
	name      []byte // of a header, in canonical form
}

// A param is a query parameter: offsets into scratch.encoded.
type param struct{ start, equals, end int }

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// maxScratch is how much memory goes back to the pool: what a hostile request
// took is freed.
const maxScratch = 1 << 16

func (c *scratch) release() {
	if cap(c.canonical)+cap(c.toSign)+cap(c.encoded) <= maxScratch {
		scratches.Put(c)
	}
}

// canonicalize writes the canonical request of "Create a signed AWS API
// request" to c.canonical, with a path that is already canonical but for its
// encoding.
func (c *scratch) canonicalize(r *http.Request, s *Signature, path, bodyHash string) {
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	b := append(c.canonical[:0], method...)
	b = append(b, '\n')
	b = appendPath(b, path)
	b = append(b, '\n')
	b = c.appendQuery(b, r.URL.RawQuery, s.Presigned)
	b = append(b, '\n')
	for list, more := s.SignedHeaders, true; more; {
		var name string
		name, list, more = strings.Cut(list, ";")
		b = append(b, name...)
		b = append(b, ':')
		b = c.appendHeader(b, r, name)
		b = append(b, '\n')
	}
	b = append(b, '\n')
	b = append(b, s.SignedHeaders...)
	b = append(b, '\n')
	c.canonical = append(b, bodyHash...)
}

// canonicalPath returns the path that a signature covers: everywhere but in Amazon
// S3 it is normalized, and encoded a second time.
//
// Some signers do not normalize it, that of the SDK for Go among them. They have
// other as what they signed; it is the same where there is nothing to normalize.
// Services are known to normalize what they verify; that they take the path as it
// was sent as well is unverified.
func canonicalPath(r *http.Request, s *Signature) (path, other string) {
	if s.s3() {
		return r.URL.Path, r.URL.Path
	}
	other = r.URL.EscapedPath()
	return normalize(other), other
}

// appendPath encodes every byte of a path that is neither unreserved nor "/".
func appendPath(b []byte, p string) []byte {
	if p == "" {
		return append(b, '/')
	}
	for i := range len(p) {
		if p[i] == '/' {
			b = append(b, '/')
		} else {
			b = appendEncoded(b, p[i])
		}
	}
	return b
}

// normalize removes relative and redundant parts of a path, as RFC 3986 does,
// and keeps a slash at its end.
func normalize(p string) string {
	if !strings.Contains(p, "//") && !strings.Contains(p, "/.") {
		return p
	}
	clean := path.Clean("/" + p)
	if clean == "/" {
		return clean
	}
	if strings.HasSuffix(p, "/") || strings.HasSuffix(p, "/.") || strings.HasSuffix(p, "/..") {
		clean += "/"
	}
	return clean
}

// appendQuery writes the parameters, each encoded anew, in order of their
// encoded names and values. The signature is not part of what it signs.
func (c *scratch) appendQuery(b []byte, raw string, presigned bool) []byte {
	c.encoded, c.params = c.encoded[:0], c.params[:0]
	for raw != "" {
		var one string
		one, raw, _ = strings.Cut(raw, "&")
		if one == "" {
			continue
		}
		name, value, _ := strings.Cut(one, "=")
		p := param{start: len(c.encoded)}
		c.encoded = appendQueryPart(c.encoded, name)
		p.equals = len(c.encoded)
		if presigned && string(c.encoded[p.start:]) == "X-Amz-Signature" {
			c.encoded = c.encoded[:p.start]
			continue
		}
		c.encoded = append(c.encoded, '=')
		c.encoded = appendQueryPart(c.encoded, value)
		p.end = len(c.encoded)
		c.params = append(c.params, p)
	}
	if !slices.IsSortedFunc(c.params, c.compare) {
		slices.SortFunc(c.params, c.compare)
	}
	for i, p := range c.params {
		if i > 0 {
			b = append(b, '&')
		}
		b = append(b, c.encoded[p.start:p.end]...)
	}
	return b
}

func (c *scratch) compare(p, q param) int {
	if n := bytes.Compare(c.encoded[p.start:p.equals], c.encoded[q.start:q.equals]); n != 0 {
		return n
	}
	return bytes.Compare(c.encoded[p.equals:p.end], c.encoded[q.equals:q.end])
}

// appendQueryPart decodes a name or value and encodes it canonically.
func appendQueryPart(b []byte, part string) []byte {
	for i := 0; i < len(part); i++ {
		switch ch := part[i]; {
		case ch == '+':
			b = append(b, "%20"...)
		case ch == '%' && i+2 < len(part) && isHex(part[i+1]) && isHex(part[i+2]):
			b = appendEncoded(b, unhex(part[i+1])<<4|unhex(part[i+2]))
			i += 2
		default:
			b = appendEncoded(b, ch)
		}
	}
	return b
}

// appendEncoded is AWS's UriEncode of one byte.
func appendEncoded(b []byte, ch byte) []byte {
	if unreserved[ch] {
		return append(b, ch)
	}
	const digits = "0123456789ABCDEF"
	return append(b, '%', digits[ch>>4], digits[ch&15])
}

// unreserved are the characters that RFC 3986 never encodes.
var unreserved = func() (set [256]bool) {
	for _, ch := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") {
		set[ch] = true
	}
	return set
}()

func isHex(ch byte) bool {
	return '0' <= ch && ch <= '9' || 'a' <= ch && ch <= 'f' || 'A' <= ch && ch <= 'F'
}

func isHexString(v string) bool {
	for i := range len(v) {
		if !isHex(v[i]) {
			return false
		}
	}
	return true
}

func unhex(ch byte) byte {
	if ch <= '9' {
		return ch - '0'
	}
	return ch&^0x20 - 'A' + 10
}

// appendHeader writes the values of a signed header, joined by commas. Host,
// Content-Length and Transfer-Encoding are what net/http has them for: entries of
// these names in the header map never reach a server.
func (c *scratch) appendHeader(b []byte, r *http.Request, name string) []byte {
	var values []string
	switch name {
	case "host":
		return appendTrimmed(b, host(r))
	case "content-length":
		if r.ContentLength < 0 {
			return b
		}
		return strconv.AppendInt(b, r.ContentLength, 10)
	case "transfer-encoding":
		values = r.TransferEncoding
	default:
		values = c.header(r.Header, name)
	}
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendTrimmed(b, v)
	}
	return b
}

// host is the Host header: net/http promotes it out of the header map.
func host(r *http.Request) string {
	if r.Host == "" {
		return r.URL.Host
	}
	return r.Host
}

// header looks a lower-case name up, without making a string of its canonical
// form.
func (c *scratch) header(h http.Header, name string) []string {
	c.name = append(c.name[:0], name...)
	upper := true
	for i, ch := range c.name {
		if upper && 'a' <= ch && ch <= 'z' {
			c.name[i] = ch &^ 0x20
		}
		upper = ch == '-'
	}
	return h[string(c.name)]
}

// appendTrimmed writes a header value without spaces around it and with single
// spaces in it.
func appendTrimmed(b []byte, v string) []byte {
	v = strings.TrimSpace(v)
	for {
		i := strings.Index(v, "  ")
		if i < 0 {
			return append(b, v...)
		}
		b = append(b, v[:i+1]...)
		v = strings.TrimLeft(v[i:], " ")
	}
}
