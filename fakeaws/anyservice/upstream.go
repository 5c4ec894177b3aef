package anyservice

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/sigv4"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// An Upstream is another emulator, which answers what has been allowed.
type Upstream struct {
	// URL is where it listens. Requests keep their path and query after its path.
	URL *url.URL
	// Credentials sign the requests to it. Emulators take any.
	Credentials aws.Credentials
	// Client sends the requests; nil is one of its own, without proxies.
	Client *http.Client
}

// NewUpstream returns the upstream at a URL, such as "http://localhost:8000". User and
// password in it are the access key that signs; without them it is that of most emulators,
// test and test.
func NewUpstream(address string) (*Upstream, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not the URL of a server, like http://localhost:8000", address)
	}
	up := &Upstream{URL: u, Credentials: aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}}
	if user := u.User; user != nil {
		secret, _ := user.Password()
		up.Credentials = aws.Credentials{AccessKeyID: user.Username(), SecretAccessKey: secret}
		u.User = nil
	}
	return up, nil
}

// client sends requests to upstreams. It follows no redirection, which is the client's to
// follow, and asks for no compression, so that answers pass as they are.
var client = &http.Client{
	Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
	CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	},
}

// dropped are the headers of a request that are about its connection or its signature, and
// those by which some servers find another method, path or host than the request has.
var dropped = map[string]bool{
	"Authorization": true, "X-Amz-Date": true, "X-Amz-Security-Token": true, "X-Amz-Content-Sha256": true, "Date": true,
	"Connection": true, "Proxy-Connection": true, "Keep-Alive": true, "Te": true, "Trailer": true, "Transfer-Encoding": true,
	"Upgrade": true, "Expect": true, "Accept-Encoding": true, "Content-Length": true, "Host": true,
	"X-Http-Method": true, "X-Http-Method-Override": true, "X-Method-Override": true, "X-Original-Url": true, "X-Rewrite-Url": true,
	"Forwarded": true, "X-Forwarded-For": true, "X-Forwarded-Host": true, "X-Forwarded-Port": true, "X-Forwarded-Prefix": true, "X-Forwarded-Proto": true,
}

// pass sends a request on and returns the answer, which is read as the client reads it. It is
// sent once.
func (u *Upstream) pass(r *request, service string) (*wire.Response, error) {
	req, err := u.request(r, service)
	if err != nil {
		return nil, err
	}
	c := u.Client
	if c == nil {
		c = client
	}
	resp, err := c.Do(req) //nolint:bodyclose // it is the stream of the answer, which its reader closes
	if err != nil {
		if r.call.Err() != nil {
			return nil, r.call.Err()
		}
		return nil, &fakeaws.Error{
			Code:    "BadGateway",
			Message: fmt.Sprintf("The call is allowed, and the upstream %s did not answer it: %v", u.URL.Redacted(), err),
			Status:  http.StatusBadGateway,
		}
	}
	out := &wire.Response{Status: resp.StatusCode, Header: http.Header{}, Stream: resp.Body, Length: resp.ContentLength}
	for name, values := range resp.Header {
		if !dropped[name] {
			out.Header[name] = values
		}
	}
	return out, nil
}

func (u *Upstream) request(r *request, service string) (*http.Request, error) {
	target := *u.URL
	escaped := strings.TrimSuffix(u.URL.EscapedPath(), "/") + r.sent.Path
	var err error
	if target.Path, err = url.PathUnescape(escaped); err != nil {
		return nil, invalid("The path of the request is malformed.")
	}
	if slices.ContainsFunc(strings.Split(target.Path, "/"), func(segment string) bool { return segment == "." || segment == ".." }) {
		return nil, invalid("The path of the request has dot segments, by which the upstream could find another resource than the one that was judged.")
	}
	target.RawPath, target.RawQuery = escaped, unsigned(r.sent.RawQuery)
	req, err := http.NewRequestWithContext(r.call, r.sent.Method, target.String(), bytes.NewReader(r.sent.Body))
	if err != nil {
		return nil, err
	}
	for name, values := range r.sent.Header {
		if !dropped[name] {
			req.Header[name] = values
		}
	}
	u.onlyJudged(r, req)
	hash := sigv4.Hash(r.sent.Body)
	req.Header.Set("X-Amz-Content-Sha256", hash)
	signer := v4.NewSigner()
	// The upstream's clock is the machine's, not the World's.
	if err := signer.SignHTTP(r.call, u.Credentials, req, hash, service, r.call.Region, time.Now()); err != nil {
		return nil, err
	}
	return req, nil
}

// onlyJudged takes out of a request what could name another operation than the one that was
// judged: each protocol names it in its own place, and an emulator may look at others first.
func (u *Upstream) onlyJudged(r *request, req *http.Request) {
	target := req.Header.Get("X-Amz-Target")
	req.Header.Del("X-Amz-Target")
	if r.msg.Protocol != wire.RPCV2CBOR {
		req.Header.Del("Smithy-Protocol")
	}
	switch r.msg.Protocol {
	case wire.AWSJSON10, wire.AWSJSON11:
		req.Header.Set("X-Amz-Target", target)
		req.URL.RawQuery = ""
	case wire.RPCV2CBOR:
		req.URL.RawQuery = ""
	}
}

// unsigned removes the parameters of a presigned URL.
func unsigned(query string) string {
	if !strings.Contains(query, "X-Amz-") {
		return query
	}
	kept := make([]string, 0, 8)
	for pair := range strings.SplitSeq(query, "&") {
		switch name, _, _ := strings.Cut(pair, "="); name {
		case "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Security-Token":
		default:
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}
