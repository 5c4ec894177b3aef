package s3

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// A crossOrigin is what the CORS configuration of a bucket allows an origin.
type crossOrigin struct {
	// origin is the one that may see the answer, or "*".
	origin                   string
	methods, headers, expose []string
	maxAge                   *int32
}

// A corsRefusal is why a preflight is refused, and what refuses it.
type corsRefusal struct{ text, kind string }

// of is the error of a request with a method.
func (r corsRefusal) of(method string) error {
	return &fakeaws.Error{Code: "AccessForbidden", Message: r.text, Status: http.StatusForbidden,
		Fields: []fakeaws.Field{{Name: "Method", Value: method}, {Name: "ResourceType", Value: r.kind}}}
}

// The headers of CORS, and the texts of refused preflights.
const (
	originHeader        = "Origin"
	askedMethodHeader   = "Access-Control-Request-Method"
	askedHeadersHeader  = "Access-Control-Request-Headers"
	allowOriginHeader   = "Access-Control-Allow-Origin"
	varyOfCrossOrigin   = originHeader + ", " + askedHeadersHeader + ", " + askedMethodHeader
	notAllowedByCORS    = "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
	notConfiguredByCORS = "CORSResponse: CORS is not enabled for this bucket."
	noBucketByCORS      = "CORSResponse: Bucket not found"
)

// bucketName is the bucket that the request names, in its host or path.
func bucketName(x *fakeaws.Exchange) string {
	if x.Request.Bucket != "" {
		return x.Request.Bucket
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(x.HTTP.URL.Path, "/"), "/")
	return name
}

// askedMethods are those that browsers may ask for.
var askedMethods = []string{"GET", "PUT", "HEAD", "POST", "DELETE"}

// preflight answers the question that browsers ask before a request from another
// origin: without any authentication, by the bucket's CORS configuration. One that asks
// for no method is judged as what it is itself, an OPTIONS request, which no rule allows.
func (s *Fake) preflight(x *fakeaws.Exchange) (*wire.Response, error) {
	x.Protocol = wire.RESTXML
	h := x.HTTP.Header
	origin, method := h.Get(originHeader), cmp.Or(h.Get(askedMethodHeader), http.MethodOptions)
	switch {
	case origin == "":
		return nil, &fakeaws.Error{Code: "BadRequest", Message: "Insufficient information. Origin request header needed.", Status: http.StatusBadRequest}
	case method != http.MethodOptions && !slices.Contains(askedMethods, method):
		return nil, &fakeaws.Error{Code: "BadRequest", Message: "Invalid Access-Control-Request-Method: " + method, Status: http.StatusBadRequest}
	}
	asked, ok := askedHeaders(h)
	if !ok {
		return nil, &fakeaws.Error{Code: "BadRequest", Message: "Too many headers in " + askedHeadersHeader + ".", Status: http.StatusBadRequest}
	}
	answer, refused := s.crossOrigin(x.HTTP.Context(), bucketName(x), origin, method, asked)
	if answer == nil {
		return nil, refused.of(method)
	}
	resp := &wire.Response{Status: http.StatusOK, Header: http.Header{"X-Amz-Request-Id": {x.Call.RequestID}}}
	answer.write(resp.Header)
	return resp, nil
}

// admitPage refuses what a page of another origin has a browser send to change something,
// unless the CORS configuration of the bucket allows it, or it is a form, which is judged
// by the policy that it brings. S3 itself performs such a request and has the browser
// hide the answer: there a page knows no access key, here it may. Reading changes
// nothing, and the browser hides the answer here too. S3 Control is not for browsers.
func admitPage(x *fakeaws.Exchange, elsewhere bool) error {
	s, ok := fakeOf(x)
	switch {
	case !ok:
		return fakeaws.NotForBrowsers()
	case !elsewhere, isForm(x) && x.Signature == nil:
		return nil
	}
	switch method := x.HTTP.Method; method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil
	default:
		answer, refused := s.crossOrigin(x.HTTP.Context(), bucketName(x), x.HTTP.Header.Get(originHeader), method, nil)
		if answer == nil {
			return refused.of(method)
		}
		return nil
	}
}

// askedHeaders are the names of headers that a request asks for, in lower case; false if
// they are too many.
func askedHeaders(h http.Header) (asked []string, ok bool) {
	for name := range strings.SplitSeq(h.Get(askedHeadersHeader), ",") {
		if name = strings.TrimSpace(name); name != "" {
			asked = append(asked, strings.ToLower(name))
		}
		if len(asked) > maxAskedHeaders {
			return nil, false
		}
	}
	return asked, true
}

// admitOrigin adds to the answer of a request from another origin what its browser
// needs, if the bucket's CORS configuration allows it. A request that has the headers of
// a preflight is judged by them.
func (s *Fake) admitOrigin(x *fakeaws.Exchange, resp *wire.Response) {
	h := x.HTTP.Header
	origin := h.Get(originHeader)
	if origin == "" || x.HTTP.Method == http.MethodOptions {
		return
	}
	asked, ok := askedHeaders(h)
	if !ok {
		return
	}
	if answer, _ := s.crossOrigin(x.HTTP.Context(), bucketName(x), origin, cmp.Or(h.Get(askedMethodHeader), x.HTTP.Method), asked); answer != nil {
		answer.write(resp.Header)
	}
}

func (c *crossOrigin) write(h http.Header) {
	h.Set(allowOriginHeader, c.origin)
	h.Set("Access-Control-Allow-Methods", strings.Join(c.methods, ", "))
	if len(c.headers) > 0 {
		h.Set("Access-Control-Allow-Headers", strings.Join(c.headers, ", "))
	}
	if len(c.expose) > 0 {
		h.Set("Access-Control-Expose-Headers", strings.Join(c.expose, ", "))
	}
	if c.maxAge != nil {
		h.Set("Access-Control-Max-Age", strconv.FormatInt(int64(*c.maxAge), 10))
	}
	if c.origin != "*" {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	h.Set("Vary", varyOfCrossOrigin)
}
