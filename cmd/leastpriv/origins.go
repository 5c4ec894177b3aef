package main

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// ownPath is where the server's own addresses are.
const ownPath = "/_leastpriv/"

// domains are those of AWS's endpoints, which somebody may have lead here.
var domains = []string{".amazonaws.com", ".amazonaws.com.cn", ".api.aws"}

// checkHost refuses a request by a name that is not known to be the server's. A page of
// a name that its owner then makes lead to this machine is of one origin with whatever
// answers here under that name, so its requests look like those of the server's own
// pages. Nobody else can give out addresses, or the names that the machine has for itself.
func (f *serveFlags) checkHost(r *http.Request) error {
	host := strings.ToLower(r.Host)
	name := host
	if bare, _, err := net.SplitHostPort(host); err == nil {
		name = bare
	}
	known := name == "" || name == "localhost" || strings.HasSuffix(name, ".localhost")
	if address, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		known = !address.IsUnspecified()
	}
	for _, domain := range domains {
		known = known || strings.HasSuffix(name, domain)
	}
	for _, given := range f.names() {
		if bare, _, err := net.SplitHostPort(given); err == nil {
			given = bare
		}
		known = known || name == given || strings.HasSuffix(name, "."+given)
	}
	if !known {
		return fmt.Errorf("leastpriv is not known by the name of this host; start it with -host %s if it is to be", name)
	}
	return nil
}

// names are those that the flags give the server.
func (f *serveFlags) names() []string {
	if host, _, err := net.SplitHostPort(f.addr); err == nil && host != "" {
		return append([]string{strings.ToLower(host)}, f.hosts...)
	}
	return f.hosts
}

// checkOwn refuses a request to the server's own addresses that does not name the host
// on which the server listens, or that a web page may have sent. There is no such page
// of the server's own: an object that is one has no origin (see fakeaws), and what is
// behind these addresses is none.
func (f *serveFlags) checkOwn(r *http.Request) error {
	if !f.ownHost(r) {
		return fmt.Errorf("%s is not the host that leastpriv listens on; start it with -host %[1]s if it is to be", r.Host)
	}
	h := r.Header
	site, page := h.Get("Sec-Fetch-Site"), h.Get("Sec-Fetch-Dest")
	_, referrer, _ := strings.Cut(h.Get("Referer"), "://")
	switch {
	case len(h["Origin"]) > 0,
		site != "" && site != "none" && site != "same-origin",
		page != "" && page != "document",
		referrer != "" && !strings.HasPrefix(referrer, r.Host+ownPath):
		return fmt.Errorf("requests of web pages are refused")
	}
	return nil
}

// ownHost reports whether a request names the host that the server listens on, with its
// port, or one that was given with -host.
func (f *serveFlags) ownHost(r *http.Request) bool {
	host := strings.ToLower(r.Host)
	listener, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok {
		return false
	}
	port := fmt.Sprint(listener.Port)
	for _, name := range append([]string{"localhost", "127.0.0.1", "::1", listener.IP.String()}, f.names()...) {
		own := net.JoinHostPort(name, port)
		if host == own || host == name && strings.Contains(name, ":") || port == "80" && host+":80" == own {
			return true
		}
	}
	return false
}

// guard makes what is at the server's own addresses text that no page can show or keep.
func guard(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}
