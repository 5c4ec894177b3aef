package fakeaws

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/leastpriv/leastpriv/internal/wire"
)

// A CrossOrigin is what the CORS configuration of a bucket allows an origin.
type CrossOrigin struct {
	// Origin is the one that may see the answer, or "*".
	Origin                   string
	Methods, Headers, Expose []string
	MaxAge                   *int32
}

// corsService answers for the CORS configurations of its buckets. Configured says
// whether the bucket has one, the answer is nil when no rule of it fits.
type corsService interface {
	CrossOrigin(bucket, origin, method string, headers []string) (answer *CrossOrigin, configured bool)
}

// The headers of CORS, and the texts of refused preflights; the texts, and those of
// requests that are no preflights, are unverified.
const (
	originHeader        = "Origin"
	askedMethodHeader   = "Access-Control-Request-Method"
	askedHeadersHeader  = "Access-Control-Request-Headers"
	allowOriginHeader   = "Access-Control-Allow-Origin"
	varyOfCrossOrigin   = originHeader + ", " + askedHeadersHeader + ", " + askedMethodHeader
	notAllowedByCORS    = "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
	notConfiguredByCORS = "CORSResponse: CORS is not enabled for this bucket."
)

func (x *exchange) cors() (corsService, bool) {
	if x.call.Service != "s3" || x.room == nil {
		return nil, false
	}
	s, ok := x.room.service.(corsService)
	return s, ok
}

// bucketName is the bucket that the request names, in its host or path.
func (x *exchange) bucketName() string {
	if x.request.Bucket != "" {
		return x.request.Bucket
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(x.http.URL.Path, "/"), "/")
	return name
}

// preflight answers the question that browsers ask before a request from another
// origin: without any authentication, by the bucket's CORS configuration.
func (x *exchange) preflight(s corsService) (*wire.Response, error) {
	x.protocol = wire.RESTXML
	h := x.http.Header
	origin, method := h.Get(originHeader), h.Get(askedMethodHeader)
	switch {
	case origin == "":
		return nil, &Error{Code: "BadRequest", Message: "Insufficient information. Origin request header needed.", Status: http.StatusBadRequest}
	case !slices.Contains([]string{"GET", "PUT", "HEAD", "POST", "DELETE"}, method):
		if method == "" {
			method = "null"
		}
		return nil, &Error{Code: "BadRequest", Message: "Invalid Access-Control-Request-Method: " + method, Status: http.StatusBadRequest}
	}
	var asked []string
	for name := range strings.SplitSeq(h.Get(askedHeadersHeader), ",") {
		if name = strings.TrimSpace(name); name != "" {
			asked = append(asked, strings.ToLower(name))
		}
	}
	answer, configured := s.CrossOrigin(x.bucketName(), origin, method, asked)
	if answer == nil {
		text, kind := notAllowedByCORS, "OBJECT"
		if !configured {
			text, kind = notConfiguredByCORS, "BUCKET"
		}
		return nil, &Error{Code: "AccessForbidden", Message: text, Status: http.StatusForbidden,
			Fields: []Field{{Name: "Method", Value: method}, {Name: "ResourceType", Value: kind}}}
	}
	resp := &wire.Response{Status: http.StatusOK, Header: http.Header{"X-Amz-Request-Id": {x.call.RequestID}, "X-Amz-Id-2": {x.hostID()}}}
	answer.write(resp.Header)
	return resp, nil
}

// admitOrigin adds to the answer of a request from another origin what its browser
// needs, if the bucket's CORS configuration allows it.
func (x *exchange) admitOrigin(resp *wire.Response) {
	origin := x.http.Header.Get(originHeader)
	if origin == "" || x.http.Method == http.MethodOptions {
		return
	}
	if s, ok := x.cors(); ok {
		if answer, _ := s.CrossOrigin(x.bucketName(), origin, x.http.Method, nil); answer != nil {
			answer.write(resp.Header)
		}
	}
}

func (c *CrossOrigin) write(h http.Header) {
	h.Set(allowOriginHeader, c.Origin)
	h.Set("Access-Control-Allow-Methods", strings.Join(c.Methods, ", "))
	if len(c.Headers) > 0 {
		h.Set("Access-Control-Allow-Headers", strings.Join(c.Headers, ", "))
	}
	if len(c.Expose) > 0 {
		h.Set("Access-Control-Expose-Headers", strings.Join(c.Expose, ", "))
	}
	if c.MaxAge != nil {
		h.Set("Access-Control-Max-Age", strconv.FormatInt(int64(*c.MaxAge), 10))
	}
	if c.Origin != "*" {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	h.Set("Vary", varyOfCrossOrigin)
}
