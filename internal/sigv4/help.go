package sigv4

import (
	"net"
	"net/http"
	"strconv"
	"strings"
)

// advice tells a developer what to look at, for reasons whose error does not say
// it.
var advice = map[Reason]string{
	MissingAuthentication: "the request is not signed: the client has no credentials, or the operation is none for anonymous callers",
	UnsupportedMechanism:  "the request is not signed with Signature Version 4; Version 2 is S3's alone, and of regions that were opened before 2014",
	IncompleteVersion2:    "the URL is signed with Signature Version 2, and lacks one of its parameters",
	InvalidVersion2:       "the Authorization header is neither of Signature Version 4 nor of Version 2",
	MultipleMechanisms:    "the request has both an Authorization header and the parameters of a presigned URL: send one of them",
	WrongScope:            "the credential scope is not that of the endpoint: compare the client's region and service with the URL",
	UnknownKey:            "no account of this World has the access key: it is another World's, or it was deleted",
	InactiveKey:           "the access key is inactive: iam UpdateAccessKey switches it on again",
	InvalidToken:          "the session token belongs to other credentials than the access key",
	MissingToken:          "the credentials are temporary: the session token must be sent with them",
	ExpiredSession:        "the session has ended by the World's clock, which the test may have moved",
	ClockSkew:             "client and World are more than 15 minutes apart: clients sign with the World's time when their config comes from it",
	UnsignedHeaders:       "headers were added after signing",
	BodyHashMismatch:      "the body is not the one that was signed: something changed it after signing",
	URLExpired:            "the URL is not valid at the World's time, which the test may have moved",
	IncompleteBody:        "the body is not as long as announced, or not well-formed in its chunks",
}

// maxHelp bounds what is told of one request.
const maxHelp = 4096

// Help returns what a developer who gets the error in a test wants to know and
// AWS does not tell; it may be empty.
func (e *Error) Help() string {
	if e.Reason != BadSignature {
		help := advice[e.Reason]
		if e.Reason == UnsignedHeaders {
			help += ": " + e.fields[0].Value
		}
		return help
	}
	help := e.hint
	if e.CanonicalRequest != "" {
		help += "\nthe request as the signature must cover it:\n" + indent(e.CanonicalRequest)
	}
	help += "\nwhat must be signed:\n" + indent(e.StringToSign)
	if len(help) > maxHelp {
		help = help[:maxHelp] + "…"
	}
	return help
}

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }

// otherSecret is what to think when no change of the request explains a wrong
// signature.
func (s *Signature) otherSecret() string {
	return "the signature is none that the secret of " + s.AccessKeyID + " makes: the client has another secret, or something it signed was changed on the way"
}

// diagnose finds out what a wrong signature is a signature of, by trying the
// changes that clients, proxies and hands make most.
func (c *scratch) diagnose(r *http.Request, s *Signature, bodyHash string) string {
	path, _ := canonicalPath(r, s)
	try := func(r *http.Request, path, hash string) bool { return c.verify(r, s, path, hash) }

	for _, method := range [...]string{http.MethodGet, http.MethodPut, http.MethodPost, http.MethodHead, http.MethodDelete} {
		changed := *r
		if changed.Method = method; try(&changed, path, bodyHash) {
			return "it is signed for " + method + ", and was sent as " + r.Method
		}
	}
	for _, host := range s.otherHosts(host(r)) {
		changed := *r
		if changed.Host = host; try(&changed, path, bodyHash) {
			return "it is signed for the host " + strconv.Quote(host) + ", and was sent to " + strconv.Quote(r.Host)
		}
	}
	for _, body := range [...]struct{ hash, what string }{
		{EmptyHash, "an empty body"},
		{UnsignedPayload, "a body that is not signed, which this service does not take"},
		{s.ContentSHA256, "the body that X-Amz-Content-Sha256 tells, not for the one that was sent"},
	} {
		if body.hash != "" && try(r, path, body.hash) {
			return "it is signed for " + body.what
		}
	}
	for _, other := range [...]struct{ path, what string }{
		{r.URL.EscapedPath(), "encoded once more than it must be"},
		{r.URL.Path, "encoded once less than it must be"},
		{string(appendPath(nil, r.URL.EscapedPath())), "encoded twice more than it must be"},
		{normalize(r.URL.Path), "normalized, which Amazon S3 does not do"},
	} {
		if other.path != path && try(r, other.path, bodyHash) {
			return "it is signed for a path that is " + other.what
		}
	}
	if !s.Presigned && r.URL.RawQuery != "" {
		changed, u := *r, *r.URL
		u.RawQuery = ""
		if changed.URL = &u; try(&changed, path, bodyHash) {
			return "it is signed without the query string"
		}
	}
	if missing := c.missingHeaders(r, s); missing != "" {
		return "headers that are signed are not in the request: " + missing
	}
	return s.otherSecret()
}

// otherHosts lists the hosts that a request may have been signed for that came to
// this one.
func (s *Signature) otherHosts(host string) []string {
	hosts := []string{s.Service + "." + s.Region + ".amazonaws.com", s.Service + ".amazonaws.com", host + ":80", host + ":443"}
	if name, _, err := net.SplitHostPort(host); err == nil {
		hosts = append(hosts, name)
	}
	return hosts
}

// missingHeaders lists the signed headers that the request does not have.
func (c *scratch) missingHeaders(r *http.Request, s *Signature) string {
	var missing []string
	for name := range strings.SplitSeq(s.SignedHeaders, ";") {
		if len(c.appendHeader(nil, r, name)) == 0 && len(c.header(r.Header, name)) == 0 && len(missing) < 20 {
			missing = append(missing, name)
		}
	}
	return strings.Join(missing, ", ")
}
