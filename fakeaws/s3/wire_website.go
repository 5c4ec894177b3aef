package s3

import (
	"errors"
	"html"
	"net/http"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// A website is a request to the website endpoint of a bucket, which answers browsers:
// objects and pages, and nothing else of the API (User Guide, "Website endpoints"). It
// looks at no credentials: every object that it reads, it reads as the anonymous caller
// does.
type website struct {
	x    *fakeaws.Exchange
	fake *Fake
	cfg  *types.WebsiteConfiguration
	key  string // of the URL, without the index document
}

// websiteOf reads a host of a website endpoint: "b.s3-website-us-east-1.amazonaws.com" or
// "b.s3-website.eu-central-1.amazonaws.com", and "b.s3-website.localhost" through a
// socket. The region is empty where the host names none.
func websiteOf(host string) (bucket, region string, ok bool) {
	const label = ".s3-website"
	if !strings.Contains(host, label[1:]) {
		return "", "", false // nearly all
	}
	host = "." + host
	at := strings.LastIndex(host, label)
	if at < 0 {
		return "", "", false
	}
	bucket, rest := strings.TrimPrefix(host[:at], "."), host[at+len(label):]
	if rest == ".localhost" {
		return bucket, "", true
	}
	name, ok := strings.CutSuffix(strings.TrimSuffix(rest, ".cn"), ".amazonaws.com")
	if !ok || name == "" || name[0] != '.' && name[0] != '-' {
		return "", "", false
	}
	region = name[1:]
	return bucket, region, strings.Count(region, "-") >= 2 && !strings.Contains(region, ".")
}

// isWebsite reports whether a request came to a website endpoint.
func isWebsite(x *fakeaws.Exchange) bool {
	_, _, ok := websiteOf(fakeaws.Hostname(x.HTTP.Host))
	return ok
}

// productPage is where website endpoints send who names no bucket; unverified.
const productPage = "https://aws.amazon.com/s3/"

// answerWebsite answers a request to a website endpoint. With an error of the API the
// answer is the page that tells of it.
func (s *Fake) answerWebsite(x *fakeaws.Exchange) (*wire.Response, error) {
	x.Protocol, x.Signature = wire.RESTXML, nil
	x.Operation = x.Model("GetObject")
	if x.HTTP.Method == http.MethodHead {
		x.Operation = x.Model("HeadObject")
	}
	x.Call.Operation = x.Operation.Name()
	w := &website{x: x, fake: s, key: strings.TrimPrefix(x.HTTP.URL.Path, "/")}
	if x.Endpoint().Bucket == "" {
		return w.redirect(http.StatusMovedPermanently, productPage), nil
	}
	resp, err := w.answer()
	if err != nil {
		return w.failed(err)
	}
	return resp, nil
}

// answer finds what a URL leads to.
func (w *website) answer() (*wire.Response, error) {
	if m := w.x.HTTP.Method; m != http.MethodGet && m != http.MethodHead {
		return nil, errMethodNotAllowed.of("Method", m, "ResourceType", "OBJECT")
	}
	var err error
	if w.cfg, err = w.fake.websiteConfiguration(&w.x.Call, w.x.Endpoint().Bucket); err != nil {
		return nil, err
	}
	if all := w.cfg.RedirectAllRequestsTo; all != nil {
		return w.redirect(http.StatusMovedPermanently, w.location(string(all.Protocol), aws.ToString(all.HostName), w.x.HTTP.URL.RequestURI())), nil
	}
	if resp := w.route(0); resp != nil {
		return resp, nil
	}
	key, suffix := w.key, aws.ToString(w.cfg.IndexDocument.Suffix)
	if key == "" || strings.HasSuffix(key, "/") {
		key += suffix
	}
	resp, err := w.read(key)
	if err != nil {
		if key == w.key && w.fake.leadsToIndex(&w.x.Call, w.x.Endpoint().Bucket, key, suffix) {
			return w.found("/" + escapePath(key) + "/"), nil
		}
		return nil, err
	}
	if to := resp.Header.Get("X-Amz-Website-Redirect-Location"); to != "" {
		if resp.Stream != nil {
			_ = resp.Stream.Close()
		}
		return w.redirect(http.StatusMovedPermanently, to), nil
	}
	return resp, nil
}

// websiteConfiguration finds the configuration of a bucket. Website endpoints do not
// redirect to that of the bucket's region: the code is what browsers are known to show,
// its status is unverified.
func (s *Fake) websiteConfiguration(call *fakeaws.Call, name string) (*types.WebsiteConfiguration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.buckets.Get(name)
	switch at := call.EndpointRegion; {
	case !ok:
		return nil, errNoSuchBucket.of("BucketName", name)
	case at != "" && at != b.region:
		return nil, errIncorrectEndpoint.of("Endpoint", name+".s3-website-"+b.region+".amazonaws.com")
	case b.website == nil:
		return nil, errNoSuchWebsite.of("BucketName", name)
	}
	return b.website, nil
}

// leadsToIndex reports whether a key is a directory's whose index document the caller may
// read. A key that is an object's is not.
func (s *Fake) leadsToIndex(call *fakeaws.Call, name, key, suffix string) bool {
	s.mu.Lock()
	b, ok := s.buckets.Get(name)
	if ok {
		ok = s.age(call, b) == nil && b.live(key) == nil && b.live(key+"/"+suffix) != nil
	}
	s.mu.Unlock()
	s.deliver(call)
	if !ok {
		return false
	}
	_, err := call.World.Do(call, call.Actor(), &awss3.HeadObjectInput{Bucket: &name, Key: aws.String(key + "/" + suffix)})
	return err == nil
}

// websiteHeaders are the headers that a website endpoint reads of a request.
var websiteHeaders = []string{"Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"}

// read reads an object as the anonymous caller.
func (w *website) read(key string) (*wire.Response, error) {
	header := make(http.Header)
	for _, name := range websiteHeaders {
		if values := w.x.HTTP.Header[name]; values != nil {
			header[name] = values
		}
	}
	w.x.Request = wire.Request{Method: w.x.HTTP.Method, Bucket: w.x.Endpoint().Bucket, Path: "/" + escapePath(key), Header: header}
	return w.x.Perform()
}

// route answers by the first routing rule for the key and for an error, 0 without one.
func (w *website) route(status int) *wire.Response {
	for i := range w.cfg.RoutingRules {
		rule := &w.cfg.RoutingRules[i]
		prefix, code := "", ""
		if c := rule.Condition; c != nil {
			prefix, code = aws.ToString(c.KeyPrefixEquals), aws.ToString(c.HttpErrorCodeReturnedEquals)
		}
		wanted := 0
		if code != "" {
			wanted, _ = strconv.Atoi(code)
		}
		if wanted != status || !strings.HasPrefix(w.key, prefix) {
			continue
		}
		to, path := rule.Redirect, "/"+escapePath(w.key)
		switch {
		case to.ReplaceKeyWith != nil:
			path = "/" + *to.ReplaceKeyWith
		case to.ReplaceKeyPrefixWith != nil:
			path = "/" + *to.ReplaceKeyPrefixWith + escapePath(w.key[len(prefix):])
		}
		answer := http.StatusMovedPermanently
		if to.HttpRedirectCode != nil {
			answer, _ = strconv.Atoi(*to.HttpRedirectCode)
		}
		return w.redirect(answer, w.location(string(to.Protocol), aws.ToString(to.HostName), path))
	}
	return nil
}

// location is an address in a Location header. Protocol and host are those of the request
// where a rule names none.
func (w *website) location(protocol, host, path string) string {
	scheme, _, _ := strings.Cut(w.x.Call.Endpoint, "://")
	if protocol == "" {
		protocol = scheme
	}
	if host == "" {
		host = w.x.HTTP.Host
	}
	return protocol + "://" + host + path
}

// redirect is an answer without a page.
func (w *website) redirect(status int, location string) *wire.Response {
	resp := &wire.Response{Status: status, Header: make(http.Header), Length: -1}
	resp.Set("X-Amz-Request-Id", w.x.Call.RequestID)
	resp.Set("Location", location)
	resp.Set("Content-Length", "0")
	return resp
}

// found is the answer to a directory's name without its slash.
func (w *website) found(location string) *wire.Response {
	resp := w.page(&fakeaws.Error{Code: "Found", Message: "Resource Found", Status: http.StatusFound}, nil)
	resp.Set("Location", location)
	return resp
}

// failed makes the page of an error: what a routing rule for it says, the error document
// or S3's own page. The error itself is told to the log.
func (w *website) failed(err error) (*wire.Response, error) {
	var e *fakeaws.Error
	if !errors.As(err, &e) || e.Status < http.StatusBadRequest {
		return nil, err
	}
	if w.cfg == nil || e.Status >= http.StatusInternalServerError {
		return w.page(e, nil), err
	}
	if resp := w.route(e.Status); resp != nil {
		return resp, err
	}
	if w.cfg.ErrorDocument == nil {
		return w.page(e, nil), err
	}
	resp, custom := w.errorDocument()
	if resp == nil {
		return w.page(e, custom), err
	}
	resp.Status = e.Status
	describePage(resp, e)
	return resp, err
}

// errorDocument reads the error document, as the anonymous caller again.
func (w *website) errorDocument() (*wire.Response, *fakeaws.Error) {
	call := &w.x.Call
	out, err := fakeaws.Do[awss3.GetObjectOutput](call, call.World, call.Actor(), &awss3.GetObjectInput{Bucket: aws.String(w.x.Endpoint().Bucket), Key: w.cfg.ErrorDocument.Key})
	if err == nil {
		var resp *wire.Response
		if resp, err = w.x.Model("GetObject").Encode(wire.RESTXML, out, call.RequestID); err == nil {
			return w.withoutBody(resp), nil
		}
	}
	var e *fakeaws.Error
	if !errors.As(err, &e) {
		e = &fakeaws.Error{Code: "InternalError", Message: err.Error(), Status: http.StatusInternalServerError}
	}
	return nil, e
}

// withoutBody takes away what the answer to a HEAD request does not have.
func (w *website) withoutBody(resp *wire.Response) *wire.Response {
	if w.x.HTTP.Method != http.MethodHead {
		return resp
	}
	if resp.Stream != nil {
		_ = resp.Stream.Close()
	}
	resp.Stream, resp.Body = nil, nil
	return resp
}

// describePage tells the error of a page in headers.
func describePage(resp *wire.Response, e *fakeaws.Error) {
	resp.Set("X-Amz-Error-Code", e.Code)
	resp.Set("X-Amz-Error-Message", headerText(e.Message))
	for _, f := range e.Fields {
		resp.Set("x-amz-error-detail-"+f.Name, headerText(f.Value))
	}
}

// headerText is a text in a header, without what may not be there.
func headerText(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}

// page is S3's own page of an error, and of a second one where the error document could
// not be read.
func (w *website) page(e, custom *fakeaws.Error) *wire.Response {
	resp := &wire.Response{Status: e.Status, Header: make(http.Header), Length: -1}
	id := hostID(w.x)
	resp.Set("X-Amz-Request-Id", w.x.Call.RequestID)
	resp.Set(hostIDHeader, id)
	resp.Set("Content-Type", "text/html; charset=utf-8")
	if e.Status >= http.StatusBadRequest {
		describePage(resp, e)
	}
	title := strconv.Itoa(e.Status) + " " + http.StatusText(e.Status)
	var b strings.Builder
	b.WriteString("<html>\n<head><title>" + title + "</title></head>\n<body>\n<h1>" + title + "</h1>\n<ul>\n")
	listError(&b, e)
	listItem(&b, "RequestId", w.x.Call.RequestID)
	listItem(&b, "HostId", id)
	b.WriteString("</ul>\n")
	if custom != nil {
		b.WriteString("<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>\n<ul>\n")
		listError(&b, custom)
		b.WriteString("</ul>\n")
	}
	b.WriteString("<hr/>\n</body>\n</html>\n")
	resp.Body = []byte(b.String())
	return w.withoutBody(resp)
}

func listError(b *strings.Builder, e *fakeaws.Error) {
	listItem(b, "Code", e.Code)
	listItem(b, "Message", e.Message)
	for _, f := range e.Fields {
		listItem(b, f.Name, f.Value)
	}
}

func listItem(b *strings.Builder, name, value string) {
	b.WriteString("<li>" + html.EscapeString(name) + ": " + html.EscapeString(value) + "</li>\n")
}
