package s3

import (
	"net/http"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/sigv4"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// ownWire is what S3 and S3 Control have of their own on the wire: hosts that name
// buckets, browsers' preflights and forms, bodies that are verified while they are read.
var ownWire = fakeaws.Wire{
	Endpoint: endpoint,
	// Requests as plain as GET /bucket/key are for S3.
	Claims:        func(r *http.Request) bool { return !fakeaws.IsQueryForm(r) },
	Resolve:       resolve,
	Styles:        map[wire.Protocol]sigv4.Style{wire.RESTXML: sigv4.S3},
	Version2:      takesVersion2,
	Receive:       readHost,
	Intercept:     intercept,
	AdmitPage:     admitPage,
	OpenBody:      openBody,
	DescribeError: describeError,
	Finish:        finish,
}

// maxDocument is the longest body that is a document: 1,000 keys of DeleteObjects, 10,000
// parts of an upload. What AWS itself takes at most is unverified.
const maxDocument = 2 << 20

// resolve finds the API of a request that is signed for S3. Directory buckets, Outposts
// and Object Lambda have names of their own and S3's API; no World has one.
func resolve(name string, r *http.Request) (service, schema string, ok bool) {
	switch name {
	case "s3":
		if isControl(r.Host, r.URL.Path, r.Header.Get("X-Amz-Account-Id")) {
			return "s3-control", "s3-control", true
		}
		return "s3", "s3", true
	case "s3express", "s3-outposts", "s3-object-lambda":
		return name, "s3", true
	}
	return "", "", false
}

// readHost takes what the host says, and the headers that a presigned URL has in its query.
func readHost(x *fakeaws.Exchange) {
	e := x.Endpoint()
	if s := x.Signature; s != nil {
		s.InBucket(e.Bucket)
		if s.Presigned {
			x.Request.Header = s.Hoisted(x.HTTP)
			dropHoistedChecksums(x.Request.Header, x.HTTP.Header)
		}
	}
	x.Request.Bucket = e.Bucket
	x.Call.EndpointRegion = e.Named
	if s := x.Signature; s != nil && s.Version2() && e.Named == globalEndpoint {
		x.Call.Region = globalRegion
	}
	x.Call.RequestID = x.Call.World.IDs().HexUpper(16)
	keepRequest(x)
}

// dropHoistedChecksums takes the checksums away that a presigned URL has in its query. S3
// ignores them there: SDKs put that of an empty body into the URL of an upload, whose body
// is not known yet. hoisted differs from sent where the query has headers.
func dropHoistedChecksums(hoisted, sent http.Header) {
	for name := range hoisted {
		if sent[name] != nil {
			continue
		}
		switch checksum, ok := strings.CutPrefix(name, "X-Amz-Checksum-"); {
		case ok && checksum != "Algorithm" && checksum != "Type" && checksum != "Mode", name == "X-Amz-Sdk-Checksum-Algorithm":
			delete(hoisted, name)
		}
	}
}

// takesVersion2 reports whether a request may be signed with Signature Version 2. That
// access points take none is unverified.
func takesVersion2(x *fakeaws.Exchange) bool {
	_, ok := fakeOf(x)
	return ok && !isAccessPoint(bucketName(x))
}

// fakeOf is the S3 that a request is for; false for the other APIs.
func fakeOf(x *fakeaws.Exchange) (*Fake, bool) {
	s, ok := x.Fake().(*Fake)
	return s, ok
}

// intercept answers preflights, websites, and the forms by which browsers upload.
func intercept(x *fakeaws.Exchange, signed bool) (*wire.Response, error) {
	s, ok := fakeOf(x)
	switch {
	case !ok:
		return nil, nil
	case x.HTTP.Method == http.MethodOptions:
		return s.preflight(x)
	case isWebsite(x):
		return s.answerWebsite(x)
	case !signed && isForm(x):
		return answerForm(x)
	}
	return nil, nil
}

// openBody makes the body ready: verified and unchunked while it is read.
func openBody(x *fakeaws.Exchange) error {
	readMetadata(x)
	streams := x.Operation.StreamsInput()
	if x.Signature != nil && x.Signature.Streaming() && !streams {
		return x.Signature.StreamingRefused()
	}
	body, err := sigv4.NewBody(x.HTTP, x.Signature)
	if err != nil {
		return err
	}
	x.Request.ContentLength = body.Length
	if streams {
		x.Request.Stream = body
		return nil
	}
	defer body.Close()
	if x.Request.Body, err = fakeaws.ReadAll(body, body.Length, maxDocument); err != nil {
		return err
	}
	if x.Operation.Name() == "SelectObjectContent" && len(x.Request.Body) == 0 {
		return &fakeaws.Error{Code: "EmptyRequestBody", Message: "The request body cannot be empty.", Status: http.StatusBadRequest}
	}
	return checkDigests(x.Operation.Name(), x.HTTP.Header, x.Request.Body)
}

func describeError(x *fakeaws.Exchange, e *wire.ErrorContext) {
	e.HostID = hostID(x)
}

// hostIDHeader is the second of the two ids of a request that S3 answers.
const hostIDHeader = "X-Amz-Id-2"

// hostID is the second id of a request.
func hostID(x *fakeaws.Exchange) string {
	if r := requestOf(&x.Call); r != nil {
		return r.hostID
	}
	return x.Call.World.IDs().Token(76) // it was refused before S3 looked at it
}

// serverName is how S3 calls itself in the header Server of every answer.
const serverName = "AmazonS3"

func finish(x *fakeaws.Exchange, resp *wire.Response) {
	resp.Set("Server", serverName)
	sendMetadata(resp)
	if x.HTTP.Method == http.MethodHead && resp.Header["Content-Type"] == nil && resp.Status == http.StatusOK {
		resp.Set("Content-Type", "application/xml") // HeadBucket tells what it would answer to a GET
	}
	if resp.Header.Get(hostIDHeader) == "" {
		resp.Set(hostIDHeader, hostID(x))
	}
	if s, ok := fakeOf(x); ok {
		s.admitOrigin(x, resp)
	}
}

// setCharged tells in the outputs that have a member for it that the requester was
// charged.
func setCharged(out any) {
	if f := reflect.ValueOf(out).Elem().FieldByName("RequestCharged"); f.IsValid() {
		f.Set(reflect.ValueOf(types.RequestChargedRequester))
	}
}
