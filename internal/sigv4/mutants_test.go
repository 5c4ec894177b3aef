package sigv4

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/encoding/httpbinding"
	"github.com/stretchr/testify/require"
)

func pick[T any](rng *rand.Rand, from ...T) T { return from[rng.IntN(len(from))] }

// newMutant makes a request that the SDK signs in one of its ways, and writes it.
func newMutant(t testing.TB, rng *rand.Rand) *mutant {
	t.Helper()
	service := pick(rng, "s3", "s3", "sqs", "iam", "sts", "organizations")
	form := pick(rng, "header", "presigned")
	if service == "s3" {
		form = pick(rng, "header", "unsigned", "presigned", "chunks", "trailer")
	}
	m := &mutant{kind: service + "-" + form, now: exampleTime.Add(pick(rng, 0, 0, 0, 0, 15*time.Minute, -15*time.Minute, 15*time.Minute+time.Second, -15*time.Minute-time.Second, time.Hour-time.Second, time.Hour))}
	creds := testCreds
	if rng.IntN(3) == 0 {
		m.kind += "-session"
		creds.SessionToken = sessionToken
	}
	body := pick(rng, "", "hello", `{"a":"b"}`, "Action=GetUser&Version=2010-05-08")
	large := form == "chunks" && rng.IntN(4) == 0
	if large {
		body = strings.Repeat("large ", minChunk/4)
	}
	r := mutantRequest(t, rng, service)
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" })
	hash := Hash([]byte(body))
	switch form {
	case "unsigned":
		hash = UnsignedPayload
	case "chunks":
		hash = StreamingSigned
	case "trailer":
		hash = StreamingUnsignedTrailer
		r.Header.Set("X-Amz-Trailer", "x-amz-checksum-crc32")
	case "presigned":
		if service == "s3" {
			hash = UnsignedPayload
		}
	}
	if form == "chunks" || form == "trailer" {
		r.Header.Set("X-Amz-Decoded-Content-Length", strconv.Itoa(len(body)))
	}
	if form == "presigned" {
		r = presignMutant(t, signer, r, service, hash, creds.SessionToken)
	} else {
		if service == "s3" {
			r.Header.Set("X-Amz-Content-Sha256", hash)
		}
		require.NoError(t, signer.SignHTTP(context.Background(), creds, r, hash, service, "us-east-1", exampleTime))
	}
	switch {
	case form == "chunks" && body == "":
		body = signChunks(t, r)
	case form == "chunks" && large:
		body = signChunks(t, r, body[:minChunk], body[minChunk:])
	case form == "chunks":
		body = signChunks(t, r, body)
	case form == "trailer":
		body = fmt.Sprintf("%x\r\n%s\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", len(body), body)
		body = strings.TrimPrefix(body, "0\r\n\r\n")
	}
	m.text = writeRequest(t, r, body)
	return m
}

func mutantRequest(t testing.TB, rng *rand.Rand, service string) *http.Request {
	t.Helper()
	path := pick(rng, "/", "/key", "/a b/ä+c", "/a//b", "/a/../b/", "/%41~!'()*", "/a=b&c;d,e:f@g$h")
	u := &url.URL{Scheme: "https", Host: service + ".us-east-1.amazonaws.com", Path: path, RawPath: httpbinding.EscapePath(path, false)}
	u.RawQuery = pick(rng, "", "acl=", "list-type=2&prefix=a%20b%2F&delimiter=%2F", "b=2&a=1&a=0&A=3", "x=%C3%A4&y=~-_.&z=%2B%25", "prefix=&marker=a%2Fb")
	r, err := http.NewRequestWithContext(context.Background(), pick(rng, "GET", "PUT", "POST", "DELETE"), u.String(), nil)
	require.NoError(t, err)
	r.URL = u
	for _, header := range []struct{ name, value string }{
		{"Content-Type", "text/plain; charset=utf-8"}, {"X-Amz-Meta-A", "a  b "}, {"X-Amz-Meta-A", "second,third"}, {"X-Amz-Acl", "private"},
		{"X-Amz-Target", "AmazonSQS.SendMessage"}, {"X-Other", `"quoted  text"`}, {"Range", "bytes=0-9"}, {"X-Amz-Meta-Empty", ""},
	} {
		if rng.IntN(3) == 0 {
			r.Header.Add(header.name, header.value)
		}
	}
	return r
}

func presignMutant(t testing.TB, signer *v4.Signer, r *http.Request, service, hash, token string) *http.Request {
	t.Helper()
	q := r.URL.Query()
	q.Set("X-Amz-Expires", "3600")
	r.URL.RawQuery = q.Encode()
	creds := testCreds
	creds.SessionToken = token
	signed, header, err := signer.PresignHTTP(context.Background(), creds, r, hash, service, "us-east-1", exampleTime)
	require.NoError(t, err)
	out, err := http.NewRequestWithContext(context.Background(), r.Method, signed, nil)
	require.NoError(t, err)
	header.Del("Host")
	out.Header = header
	return out
}

// writeRequest writes a request as a client sends it, with its headers as they are.
func writeRequest(t testing.TB, r *http.Request, body string) string {
	t.Helper()
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", r.Method, r.URL.RequestURI(), r.URL.Host, len(body))
	require.NoError(t, r.Header.Write(&b))
	_, _ = io.WriteString(&b, "\r\n"+body)
	return b.String()
}

// changes are what is done to requests, with their names.
var changes = []struct {
	name   string
	change func(*rand.Rand, *parts)
}{
	{"method", func(rng *rand.Rand, p *parts) { p.method = pick(rng, "GET", "PUT", "POST", "DELETE", "HEAD", "get") }},
	{"byte of the path", func(rng *rand.Rand, p *parts) { p.path = "/" + flip(rng, p.path[1:]) }},
	{"path encoded", func(rng *rand.Rand, p *parts) { p.path = "/" + encode(rng, p.path[1:]) }},
	{"path decoded", func(_ *rand.Rand, p *parts) {
		if decoded, err := url.PathUnescape(p.path); err == nil && !strings.ContainsAny(decoded, " ?#%\x00") {
			p.path = decoded
		}
	}},
	{"path with dots", func(rng *rand.Rand, p *parts) { p.path = pick(rng, "/.", "/x/..", "/", "//x/../..") + p.path }},
	{"byte of the query", func(rng *rand.Rand, p *parts) { p.query = flip(rng, p.query) }},
	{"query encoded", func(rng *rand.Rand, p *parts) { p.query = encode(rng, p.query) }},
	{"small hexadecimals", func(_ *rand.Rand, p *parts) { p.query = lowerHex(p.query); p.path = lowerHex(p.path) }},
	{"plus for space", func(_ *rand.Rand, p *parts) { p.query = strings.Replace(p.query, "%20", "+", 1) }},
	{"parameters in another order", func(rng *rand.Rand, p *parts) {
		list := strings.Split(p.query, "&")
		rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		p.query = strings.Join(list, "&")
	}},
	{"parameter twice", func(rng *rand.Rand, p *parts) { p.query += "&" + pick(rng, strings.Split(p.query, "&")...) }},
	{"parameter added", func(rng *rand.Rand, p *parts) {
		p.query += "&" + pick(rng, "acl", "X-Amz-Signature=00", "X-Amz%2DExpires=9", "=", "", "versionId=1", "X-Amz-Security-Token=x")
	}},
	{"parameter without its sign", func(_ *rand.Rand, p *parts) { p.query = strings.Replace(p.query+"&", "=&", "&", 1) }},
	{"parameter dropped", func(rng *rand.Rand, p *parts) {
		list := strings.Split(p.query, "&")
		i := rng.IntN(len(list))
		p.query = strings.Join(append(list[:i:i], list[i+1:]...), "&")
	}},
	{"header in other letters", func(rng *rand.Rand, p *parts) {
		name, value, _ := strings.Cut(*p.header(rng), ":")
		p.replaceHeader(name+":"+value, pick(rng, strings.ToLower(name), strings.ToUpper(name))+":"+value)
	}},
	{"spaces around a value", func(rng *rand.Rand, p *parts) {
		h := p.header(rng)
		name, value, _ := strings.Cut(*h, ":")
		*h = name + pick(rng, ":", ":  ", ": \t") + strings.TrimSpace(value) + pick(rng, "", "  ", "\t")
	}},
	{"spaces in a value", func(rng *rand.Rand, p *parts) {
		h := p.header(rng)
		*h = strings.Replace(*h, "  ", pick(rng, " ", "   "), 1)
	}},
	{"header twice", func(rng *rand.Rand, p *parts) { p.headers = append(p.headers, *p.header(rng)) }},
	{"header again", func(rng *rand.Rand, p *parts) {
		name, _, _ := strings.Cut(*p.header(rng), ":")
		p.headers = append(p.headers, name+": "+pick(rng, "", "x"))
	}},
	{"header added", func(rng *rand.Rand, p *parts) {
		p.headers = append(p.headers, pick(rng, "X-Amz-Acl: public-read", "x-amz-meta-b: c", "X-Unsigned: x", "User-Agent: test", "X-Amz-Content-Sha256: UNSIGNED-PAYLOAD", "X-Amz-Date: 20130524T000000Z", "Date: Fri, 24 May 2013 00:00:00 GMT", "X-Amz-Security-Token: x", "Authorization: x"))
	}},
	{"header dropped", func(rng *rand.Rand, p *parts) { h := p.header(rng); *h = "X-Dropped: x" }},
	{"headers in another order", func(rng *rand.Rand, p *parts) {
		rng.Shuffle(len(p.headers), func(i, j int) { p.headers[i], p.headers[j] = p.headers[j], p.headers[i] })
	}},
	{"headers joined", func(_ *rand.Rand, p *parts) { p.join() }},
	{"byte of a header", func(rng *rand.Rand, p *parts) {
		h := p.header(rng)
		name, value, _ := strings.Cut(*h, ":")
		*h = name + ":" + flip(rng, value)
	}},
	{"signed headers", func(rng *rand.Rand, p *parts) {
		p.credentials(pick(rng, [2]string{"host;", ""}, [2]string{"host", "host;x-new"}, [2]string{"host", "HOST"}, [2]string{"x-amz-date", "x-amz-date;x-amz-date"}, [2]string{"host;", "host;;"}))
	}},
	{"scope", func(rng *rand.Rand, p *parts) {
		p.credentials(pick(rng, [2]string{"us-east-1", "us-east-2"}, [2]string{"aws4_request", "aws4_Request"}, [2]string{"20130524", "20130525"}, [2]string{"/s3/", "/sqs/"}, [2]string{"/us-east-1", "/us-east-1/"}))
	}},
	{"access key", func(_ *rand.Rand, p *parts) { p.credentials([2]string{exampleKey, "AKIDOTHER"}) }},
	{"date", func(rng *rand.Rand, p *parts) {
		p.everywhere("20130524T000000Z", pick(rng, "20130524T000001Z", "20130523T235959Z", "20130524T000000z"))
	}},
	{"expiry", func(rng *rand.Rand, p *parts) {
		p.credentials([2]string{"X-Amz-Expires=3600", "X-Amz-Expires=" + pick(rng, "3601", "03600", "1")})
	}},
	{"signature in capitals", func(_ *rand.Rand, p *parts) {
		p.everywhereFunc(regexp.MustCompile(`Signature=[0-9a-f]+`), func(s string) string { return "Signature=" + strings.ToUpper(s[len("Signature="):]) })
	}},
	{"byte of the signature", func(rng *rand.Rand, p *parts) {
		p.everywhereFunc(regexp.MustCompile(`Signature=[0-9a-f]+`), func(s string) string { return "Signature=" + flip(rng, s[len("Signature="):]) })
	}},
	{"order of the credentials", func(_ *rand.Rand, p *parts) {
		p.everywhereFunc(regexp.MustCompile(`Credential=[^,]*, SignedHeaders=[^,]*`), func(s string) string {
			a, b, _ := strings.Cut(s, ", ")
			return b + "," + a
		})
	}},
	{"token", func(rng *rand.Rand, p *parts) { p.everywhere("FwoGZXIvYXdzE", pick(rng, "FwoGZXIvYXdzF", "")) }},
	{"byte of the body", func(rng *rand.Rand, p *parts) { p.body = flip(rng, p.body) }},
	{"body cut", func(rng *rand.Rand, p *parts) { p.setBody(p.body[:rng.IntN(len(p.body)+1)]) }},
	{"body longer", func(rng *rand.Rand, p *parts) { p.setBody(p.body + pick(rng, "x", "\r\n", "0\r\n\r\n")) }},
	{"size of a chunk", func(_ *rand.Rand, p *parts) { p.setBody(strings.Replace(p.body, "5;", "05;", 1)) }},
	{"chunks swapped", func(_ *rand.Rand, p *parts) {
		if at := chunkHead.FindAllStringIndex(p.body, -1); len(at) == 3 {
			p.body = p.body[at[1][0]:at[2][0]] + p.body[:at[1][0]] + p.body[at[2][0]:]
		}
	}},
	{"chunk twice", func(_ *rand.Rand, p *parts) {
		if at := chunkHead.FindAllStringIndex(p.body, -1); len(at) > 1 {
			p.setBody(p.body[:at[1][0]] + p.body)
		}
	}},
	{"byte of the host", func(rng *rand.Rand, p *parts) {
		p.headers[0] = "Host: " + flip(rng, strings.TrimPrefix(p.headers[0], "Host: "))
	}},
}

// mutate changes the request.
func (m *mutant) mutate(rng *rand.Rand) {
	p := split(m.text)
	c := changes[rng.IntN(len(changes))]
	c.change(rng, p)
	if text := p.String(); text != m.text {
		m.text = text
		m.changes = append(m.changes, c.name)
	}
}

// parts are those of the text of a request.
type parts struct {
	method, path, query, body string
	headers                   []string // the first is Host
}

func split(text string) *parts {
	head, body, _ := strings.Cut(text, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	words := strings.SplitN(lines[0], " ", 3)
	path, query, _ := strings.Cut(words[1], "?")
	return &parts{words[0], path, query, body, lines[1:]}
}

func (p *parts) String() string {
	target := p.path
	if p.query != "" {
		target += "?" + p.query
	}
	return p.method + " " + target + " HTTP/1.1\r\n" + strings.Join(p.headers, "\r\n") + "\r\n\r\n" + p.body
}

// header is one of the headers that are no matter of the connection.
func (p *parts) header(rng *rand.Rand) *string {
	if len(p.headers) < 3 {
		p.headers = append(p.headers, "X-Unsigned: x")
	}
	return &p.headers[2+rng.IntN(len(p.headers)-2)]
}

func (p *parts) replaceHeader(old, with string) {
	for i := range p.headers {
		if p.headers[i] == old {
			p.headers[i] = with
			return
		}
	}
}

// join joins the values of headers of one name.
func (p *parts) join() {
	for i := 2; i < len(p.headers); i++ {
		name, value, _ := strings.Cut(p.headers[i], ":")
		for j := 2; j < i; j++ {
			if other, first, _ := strings.Cut(p.headers[j], ":"); strings.EqualFold(other, name) {
				p.headers[j] = name + ":" + first + "," + strings.TrimSpace(value)
				p.headers = append(p.headers[:i:i], p.headers[i+1:]...)
				return
			}
		}
	}
}

// credentials replaces a text where the signature is.
func (p *parts) credentials(change [2]string) {
	p.query = strings.Replace(p.query, url.QueryEscape(change[0]), url.QueryEscape(change[1]), 1)
	p.query = strings.Replace(p.query, change[0], change[1], 1)
	for i := range p.headers {
		if strings.HasPrefix(p.headers[i], "Authorization:") {
			p.headers[i] = strings.Replace(p.headers[i], change[0], change[1], 1)
		}
	}
}

func (p *parts) everywhere(old, with string) {
	p.everywhereFunc(regexp.MustCompile(regexp.QuoteMeta(old)), func(string) string { return with })
}

func (p *parts) everywhereFunc(what *regexp.Regexp, change func(string) string) {
	p.query = what.ReplaceAllStringFunc(p.query, change)
	for i := range p.headers {
		p.headers[i] = what.ReplaceAllStringFunc(p.headers[i], change)
	}
}

// setBody sets the body with its length.
func (p *parts) setBody(body string) {
	p.body = body
	for i := range p.headers {
		if strings.HasPrefix(p.headers[i], "Content-Length:") {
			p.headers[i] = "Content-Length: " + strconv.Itoa(len(body))
		}
	}
}

// flip changes one byte.
func flip(rng *rand.Rand, text string) string {
	if text == "" {
		return "x"
	}
	i := rng.IntN(len(text))
	return text[:i] + string(byte('!'+rng.IntN('~'-'!'))) + text[i+1:]
}

// encode encodes one character that need not be.
func encode(rng *rand.Rand, text string) string {
	if text == "" {
		return text
	}
	i := rng.IntN(len(text))
	if text[i] == '%' || i > 0 && text[i-1] == '%' || i > 1 && text[i-2] == '%' || strings.ContainsRune("&=/", rune(text[i])) {
		return text
	}
	return text[:i] + fmt.Sprintf("%%%02X", text[i]) + text[i+1:]
}

var chunkHead = regexp.MustCompile(`[0-9a-f]+;chunk-signature=`)

var encodedByte = regexp.MustCompile(`%[0-9A-F]{2}`)

func lowerHex(text string) string { return encodedByte.ReplaceAllStringFunc(text, strings.ToLower) }
