package main

import (
	"cmp"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/all"
	"github.com/leastpriv/leastpriv/fakeaws/anyservice"
	"github.com/leastpriv/leastpriv/fakeaws/sts/saml"
)

// A handler answers AWS calls from a World, and the server's own addresses
// below /_leastpriv/. A bucket cannot have that name: an underscore is not
// allowed in one.
type handler struct {
	flags *serveFlags
	mu    sync.Mutex // one reset at a time
	world atomic.Pointer[fakeaws.World]
	own   *http.ServeMux
	since time.Time // when the server was started
	// denials is where denials are printed, with -log; unwatch ends that of the World.
	denials io.Writer
	unwatch func()
}

// A healthJSON says that a server answers, and what it is.
type healthJSON struct {
	Status string `json:"status"` // "ok"
	// Version is that of the command, see versionJSON.
	Version string `json:"version"`
	Mode    string `json:"mode"`
	Region  string `json:"region"`
	// Services are those with a fake; of others calls are judged, and answered from their
	// models or by an upstream.
	Services []string `json:"services"`
	// UptimeSeconds is for how long the server has answered.
	UptimeSeconds float64 `json:"uptimeSeconds"`
}

func newHandler(f *serveFlags, stderr io.Writer) (*handler, error) {
	h := &handler{flags: f, own: http.NewServeMux(), since: time.Now(), denials: stderr, unwatch: func() {}}
	if err := h.reset(); err != nil {
		return nil, err
	}
	h.own.HandleFunc("POST /_leastpriv/reset", h.postReset)
	h.own.HandleFunc("GET /_leastpriv/decisions", h.getDecisions)
	h.own.HandleFunc("GET /_leastpriv/health", h.getHealth)
	return h, nil
}

// reset puts a new, empty World in place of the old one.
func (h *handler) reset() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	// A server's ids, unlike a test's, must not be foreseen.
	config := fakeaws.Config{
		Others: anyservice.Services{Upstreams: h.flags.upstreams}, Services: h.flags.fakes(),
		Region: h.flags.region, Mode: h.flags.mode, BodyTimeout: h.flags.bodyTimeout, Seed: rand.Uint64(),
	}
	w := all.NewWorld(config)
	saml.Enable(w)
	for i := range h.flags.accounts {
		a := &h.flags.accounts[i]
		acct, err := w.AddAccount(a.id, a.accessKey, a.secret)
		if err != nil {
			return err
		}
		// A key that was made up stays over a reset.
		a.accessKey, a.secret = acct.Root.AccessKeyID, acct.Root.SecretAccessKey
	}
	unwatch := h.unwatch
	if h.flags.log {
		h.unwatch = printDenials(h.denials, w.Log(), h.flags.mode != fakeaws.Strict)
	}
	old := h.world.Swap(w)
	unwatch()
	if old != nil {
		old.Close()
	}
	return nil
}

// close prints the last denials.
func (h *handler) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.unwatch()
	h.unwatch = func() {}
}

// fakes are those that Worlds have only when asked: of every service for which no upstream
// answers.
func (f *serveFlags) fakes() (services []fakeaws.Service) {
	if f.details {
		services = all.Previews()
	}
	others := anyservice.Services{Upstreams: f.upstreams}
	for _, s := range all.OptIn() {
		if !others.HasUpstream(cmp.Or(s.SDK, s.Name)) {
			services = append(services, s)
		}
	}
	return services
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, ownPath) {
		if err := h.flags.checkHost(r); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		h.world.Load().Door().ServeHTTP(w, r)
		return
	}
	guard(w.Header())
	if err := h.flags.checkOwn(r); err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	h.own.ServeHTTP(w, r)
}

// postReset forgets all state; the accounts and their root keys stay.
func (h *handler) postReset(w http.ResponseWriter, _ *http.Request) {
	if err := h.reset(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// getDecisions answers the latest calls with what the policies said, newest last.
func (h *handler) getDecisions(w http.ResponseWriter, _ *http.Request) {
	events := append([]fakeaws.Event{}, h.world.Load().Log().Events()...)
	for i := range events {
		if events[i].Decisions == nil {
			events[i].Decisions = []enforce.Decision{} // a list, for those who read it
		}
	}
	writeJSON(w, events)
}

// getHealth says that the server answers, and what it is.
func (h *handler) getHealth(w http.ResponseWriter, _ *http.Request) {
	info, _ := debug.ReadBuildInfo()
	var names []string
	for _, s := range slices.Concat(all.Services(), h.flags.fakes()) {
		names = append(names, s.Name)
	}
	slices.Sort(names)
	writeJSON(w, healthJSON{
		Status: "ok", Version: versionOf(info).Version, Mode: h.flags.mode.String(), Region: h.flags.region,
		Services: names, UptimeSeconds: time.Since(h.since).Seconds(),
	})
}

// writeJSON answers with a value. Markup in it is escaped.
func writeJSON(w http.ResponseWriter, v any) {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(body, '\n'))
}
