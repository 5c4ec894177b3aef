package sigv4

import (
	"context"
	"encoding/hex"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/encoding/httpbinding"
)

// claims are what a request says of its signature, as the reference reads it.
type claims struct {
	presigned                                          bool
	key, date, region, service, stamp, list, signature string
	token, hash                                        string
	expires                                            int
}

var scopeForm = regexp.MustCompile(`^([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request$`)

// refer is an opinion on a request that does not share code with the verifier: it signs
// what has arrived once more with the SDK's signer, as the one who owns the key, and
// compares. What a signature does not tell, it asks as the documentation has it.
func refer(r *http.Request, body []byte, token string, now time.Time) bool {
	c, ok := claimsOf(r)
	if !ok || c.key != exampleKey || c.token != token || !strings.HasPrefix(c.stamp, c.date) {
		return false
	}
	at, err := time.Parse("20060102T150405Z", c.stamp)
	if err != nil || !timely(c, at, now) {
		return false
	}
	list := strings.Split(c.list, ";")
	if !slices.Contains(list, "host") {
		return false
	}
	if c.service == "s3" {
		for name := range r.Header {
			lower := strings.ToLower(name)
			if strings.HasPrefix(lower, "x-amz-") && lower != "x-amz-content-sha256" && !slices.Contains(list, lower) {
				return false
			}
		}
	} else {
		c.hash = Hash(body)
	}
	for _, form := range pathForms(r.URL, c.service) {
		if signature, signed := signAgain(r, c, form, list, at); signature == c.signature && signed == c.list {
			return c.service != "s3" || referBody(r, body, c)
		}
	}
	return false
}

// claimsOf reads what a request says of its signature; not ok is a request that says it in
// no way that can be understood, or in two.
func claimsOf(r *http.Request) (c claims, ok bool) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return c, false
	}
	inQuery := query.Has("X-Amz-Signature") || query.Has("X-Amz-Algorithm") || query.Has("X-Amz-Credential")
	headers := r.Header.Values("Authorization")
	var credential string
	switch {
	case len(headers) > 1 || len(headers) == 1 && inQuery:
		return c, false
	case len(headers) == 1:
		params, found := strings.CutPrefix(headers[0], "AWS4-HMAC-SHA256 ")
		if !found {
			return c, false
		}
		fields := map[string]string{}
		for param := range strings.SplitSeq(params, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
			if name == "" && value == "" {
				continue
			}
			if _, twice := fields[name]; twice {
				return c, false
			}
			fields[name] = value
		}
		if len(fields) != 3 {
			return c, false
		}
		credential, c.list, c.signature = fields["Credential"], fields["SignedHeaders"], fields["Signature"]
		c.stamp, c.token, c.hash = r.Header.Get("X-Amz-Date"), r.Header.Get("X-Amz-Security-Token"), r.Header.Get("X-Amz-Content-Sha256")
	case inQuery:
		c.presigned = true
		for _, name := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Expires", "X-Amz-Security-Token"} {
			if len(query[name]) > 1 {
				return c, false
			}
		}
		credential, c.list, c.signature = query.Get("X-Amz-Credential"), query.Get("X-Amz-SignedHeaders"), query.Get("X-Amz-Signature")
		c.stamp, c.token = query.Get("X-Amz-Date"), query.Get("X-Amz-Security-Token")
		if c.token == "" {
			c.token = r.Header.Get("X-Amz-Security-Token")
		}
		c.hash = r.Header.Get("X-Amz-Content-Sha256")
		if c.hash == "" {
			c.hash = query.Get("X-Amz-Content-Sha256")
		}
		if c.hash == "" {
			c.hash = "UNSIGNED-PAYLOAD"
		}
		if c.expires, err = strconv.Atoi(query.Get("X-Amz-Expires")); err != nil || query.Get("X-Amz-Algorithm") != "AWS4-HMAC-SHA256" {
			return c, false
		}
	default:
		return c, false
	}
	scope := scopeForm.FindStringSubmatch(credential)
	if scope == nil {
		return c, false
	}
	c.key, c.date, c.region, c.service = scope[1], scope[2], scope[3], scope[4]
	return c, true
}

// timely reports whether the signature is valid now: a presigned URL of Amazon S3 until it
// expires, all others for a quarter of an hour.
func timely(c claims, at, now time.Time) bool {
	age := now.Sub(at)
	if c.presigned && c.service == "s3" {
		return age >= -15*time.Minute && age < time.Duration(c.expires)*time.Second
	}
	return age.Abs() <= 15*time.Minute
}

// pathForms are the paths that a signer may have signed: of Amazon S3 what the path means,
// of others what was sent, and that normalized.
func pathForms(u *url.URL, service string) (forms []url.URL) {
	if service == "s3" {
		return []url.URL{{Path: u.Path, RawPath: httpbinding.EscapePath(u.Path, false)}}
	}
	sent := u.EscapedPath()
	clean := path.Clean("/" + sent)
	if last := path.Base("x" + sent); clean != "/" && (strings.HasSuffix(sent, "/") || last == "." || last == "..") {
		clean += "/"
	}
	for _, raw := range []string{sent, clean} {
		decoded, err := url.PathUnescape(raw)
		if err == nil {
			forms = append(forms, url.URL{Path: decoded, RawPath: raw})
		}
	}
	return forms
}

// signAgain signs what has arrived of the signed headers, and returns the signature and its
// list of headers.
func signAgain(r *http.Request, c claims, form url.URL, list []string, at time.Time) (signature, signed string) {
	again := &http.Request{Method: r.Method, Host: r.Host, Header: http.Header{}, URL: &url.URL{Scheme: "https", Host: r.Host, Path: form.Path, RawPath: form.RawPath}}
	for _, name := range list {
		switch name {
		case "host", "x-amz-date":
		case "content-length":
			again.ContentLength = r.ContentLength
		default:
			if values := r.Header.Values(name); values != nil {
				again.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
			} else {
				again.Header[http.CanonicalHeaderKey(name)] = []string{""}
			}
		}
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) {
		o.DisableURIPathEscaping, o.DisableHeaderHoisting = c.service == "s3", true
	})
	query, _ := url.ParseQuery(r.URL.RawQuery)
	if !c.presigned {
		if slices.Contains(list, "x-amz-date") && len(r.Header.Values("X-Amz-Date")) > 1 {
			return "", "" // the SDK signs one
		}
		again.URL.RawQuery = query.Encode()
		if err := signer.SignHTTP(context.Background(), testCreds, again, c.hash, c.service, c.region, at); err != nil {
			return "", ""
		}
		_, rest, _ := strings.Cut(again.Header.Get("Authorization"), "SignedHeaders=")
		signed, signature, _ = strings.Cut(rest, ", Signature=")
		return signature, signed
	}
	for _, name := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature"} {
		query.Del(name)
	}
	again.URL.RawQuery = query.Encode()
	if slices.Contains(list, "x-amz-date") {
		again.Header["X-Amz-Date"] = r.Header.Values("X-Amz-Date")
	}
	text, _, err := signer.PresignHTTP(context.Background(), testCreds, again, c.hash, c.service, c.region, at)
	if err != nil {
		return "", ""
	}
	u, err := url.Parse(text)
	if err != nil {
		return "", ""
	}
	return u.Query().Get("X-Amz-Signature"), u.Query().Get("X-Amz-SignedHeaders")
}

// referBody judges the body of a request to Amazon S3 whose signature is good.
func referBody(r *http.Request, body []byte, c claims) bool {
	switch c.hash {
	case "UNSIGNED-PAYLOAD":
		return true
	case StreamingSigned, StreamingUnsignedTrailer:
		return referChunks(r, string(body), c)
	}
	return strings.EqualFold(c.hash, Hash(body))
}

var (
	signedChunk   = regexp.MustCompile(`^([0-9a-fA-F]{1,15});chunk-signature=([^\r\n]*)\r?\n`)
	unsignedChunk = regexp.MustCompile(`^([0-9a-fA-F]{1,15})\r?\n`)
	trailers      = regexp.MustCompile(`^(?i:x-amz-checksum-crc32):[^\r\n]*[^\r\n\t ][^\r\n]*\r?\n\r?\n$`)
	endOfLine     = regexp.MustCompile(`^\r?\n`)
)

// referChunks judges a body in chunks: each has its signature, of the SDK's signer of
// streams, one of no data ends them, and the data is as long as announced.
func referChunks(r *http.Request, body string, c claims) bool {
	announced, err := strconv.Atoi(r.Header.Get("X-Amz-Decoded-Content-Length"))
	if err != nil {
		return false
	}
	seed, err := hex.DecodeString(c.signature)
	if err != nil {
		return false
	}
	at, _ := time.Parse("20060102T150405Z", c.stamp)
	signer := v4.NewStreamSigner(testCreds, c.service, c.region, seed)
	head := unsignedChunk
	if c.hash == StreamingSigned {
		head = signedChunk
	}
	for total := 0; ; {
		m := head.FindStringSubmatch(body)
		if m == nil {
			return false
		}
		body = body[len(m[0]):]
		size, err := strconv.ParseInt(m[1], 16, 64)
		if err != nil || size > int64(len(body)) {
			return false
		}
		data := body[:size]
		body, total = body[size:], total+int(size)
		if c.hash == StreamingSigned {
			sum, err := signer.GetSignature(context.Background(), nil, []byte(data), at)
			if err != nil || hex.EncodeToString(sum) != m[2] {
				return false
			}
		}
		if size == 0 {
			if total != announced {
				return false
			}
			if c.hash == StreamingSigned {
				end := endOfLine.FindString(body)
				return end != "" && end == body
			}
			return trailers.MatchString(body)
		}
		end := endOfLine.FindString(body)
		if end == "" {
			return false
		}
		body = body[len(end):]
	}
}
