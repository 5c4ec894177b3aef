package fakeaws

import (
	"net/http"
	"strings"
)

// A web page that a developer has open can have the browser send requests to any port
// of the machine. A presigned URL needs no header, and who knows an access key can make
// one, so a signature does not tell that the user of the browser wants the call. The
// requests of browsers are therefore told apart by the headers that no page can set
// (Fetch Metadata Request Headers, Origin), before anything else looks at them.

// The headers by which browsers tell where a request comes from.
const (
	fetchSiteHeader = "Sec-Fetch-Site"
	originHeader    = "Origin"
)

// onlyS3 is the text of a refused request of a browser. It is not AWS's, which has no
// such request.
const onlyS3 = "Requests of browsers are refused, except by Amazon S3."

// admitBrowser refuses a request of a browser that the service does not take: see
// [Wire.AdmitPage]. The browsers of people who use AWS send requests to Amazon S3, for
// images, downloads and uploads. To the other services programs do.
func (x *Exchange) admitBrowser() error {
	if !fromBrowser(x.HTTP) {
		return nil
	}
	if x.wire.AdmitPage == nil {
		return NotForBrowsers()
	}
	return x.wire.AdmitPage(x, fromElsewhere(x.HTTP))
}

// NotForBrowsers is the error of a request of a browser to what takes none.
func NotForBrowsers() error {
	return &Error{Code: "AccessDenied", Message: onlyS3, Status: http.StatusForbidden}
}

// fromBrowser reports whether a browser sent the request. Those that do not know
// Sec-Fetch-Site send Origin with all but GET and HEAD. With these they can be told by
// their name alone, which a page cannot change of what it does not fetch; other methods
// are left to programs that call themselves Mozilla because a policy asks for it.
func fromBrowser(r *http.Request) bool {
	h := r.Header
	return len(h[fetchSiteHeader]) > 0 || len(h[originHeader]) > 0 ||
		(r.Method == http.MethodGet || r.Method == http.MethodHead) && namesBrowser(r)
}

// namesBrowser reports whether the client calls itself what all browsers do.
func namesBrowser(r *http.Request) bool { return strings.HasPrefix(r.UserAgent(), "Mozilla/") }

// fromElsewhere reports whether a page of another origin than the server's had the
// browser send the request. "none" is what a person has typed, and also a redirection of
// it: it can only be a GET.
func fromElsewhere(r *http.Request) bool {
	if site := r.Header[fetchSiteHeader]; len(site) > 0 {
		return len(site) > 1 || site[0] != "same-origin" && site[0] != "none"
	}
	origin := r.Header[originHeader]
	if len(origin) == 0 {
		return false
	}
	_, host, _ := strings.Cut(origin[0], "://")
	return len(origin) > 1 || host == "" || !strings.EqualFold(host, r.Host)
}

// pagePolicy makes an answer that is a page one of no origin. Objects of all buckets
// have the origin of the server: without it, one that is a page could send requests as
// if the server's own did, and read the answers.
const pagePolicy = "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts"

// sandbox adds pagePolicy to what a browser gets. It is added to all answers, not only
// to pages: what a browser has fetched as an image it may show as a page later. Programs
// get the headers of AWS and no other.
func sandbox(h http.Header, r *http.Request) {
	if len(r.Header[fetchSiteHeader]) > 0 || namesBrowser(r) {
		h.Set("Content-Security-Policy", pagePolicy)
	}
}
