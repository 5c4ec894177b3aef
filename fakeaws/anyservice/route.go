package anyservice

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/catalog"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// route finds the service that a request means among those that sign for a name.
func route(name string, r *http.Request) *catalog.API {
	prefix, operation, targeted := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	all := catalog.SignedFor(name)
	if len(all) == 0 && name == "" && targeted {
		return byTarget(catalog.APIs(), prefix, operation, r.UserAgent())
	}
	switch {
	case len(all) == 0:
		return nil
	case len(all) == 1:
		return all[0]
	case targeted:
		if api := byTarget(all, prefix, operation, r.UserAgent()); api != nil {
			return api
		}
	}
	if api := byUserAgent(all, r.UserAgent()); api != nil {
		return api
	}
	if api := byAction(all, r); api != nil {
		return api
	}
	for _, api := range all {
		if _, _, err := modelOf(api)().Match(&wire.Request{Method: r.Method, Path: r.URL.EscapedPath(), RawQuery: r.URL.RawQuery, Header: r.Header}); err == nil {
			return api
		}
	}
	return all[0]
}

// byAction returns the service that has the Action of a form in the Version that it names: Elastic
// Load Balancing has two generations, and Amazon RDS, Neptune and DocumentDB share operations,
// of which RDS has most.
func byAction(all []*catalog.API, r *http.Request) (best *catalog.API) {
	query := r.URL.Query()
	if fakeaws.IsQueryForm(r) && !query.Has("Action") {
		if form, err := url.ParseQuery(peek(r)); err == nil {
			query = form
		}
	}
	action, version := query.Get("Action"), query.Get("Version")
	for _, api := range all {
		if api.Version == version && modelOf(api)().Operation(action) != nil && (best == nil || len(api.Operations()) > len(best.Operations())) {
			best = api
		}
	}
	return best
}

// peek returns the body of a request, which is read again afterwards: with the error that ended
// it, if there was one, which is answered in its turn.
func peek(r *http.Request) string {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	rest := []io.Reader{bytes.NewReader(body)}
	if err != nil {
		rest = append(rest, failing{err})
	} else {
		rest = append(rest, r.Body)
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(rest...), r.Body}
	return string(body)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// byTarget returns the service that has an operation under a target. Of two with the same
// target, as CloudWatch Events and EventBridge, which followed it, the client says which it
// means; of one that does not say, it is the one with more operations.
func byTarget(all []*catalog.API, prefix, operation, agent string) (best *catalog.API) {
	var fitting []*catalog.API
	for _, api := range all {
		if api.Target != prefix || modelOf(api)().Operation(operation) == nil {
			continue
		}
		fitting = append(fitting, api)
		if best == nil || len(api.Operations()) > len(best.Operations()) {
			best = api
		}
	}
	if len(fitting) > 1 {
		if api := byUserAgent(fitting, agent); api != nil {
			return api
		}
	}
	return best
}

// byUserAgent reads "api/dynamodb#1.2.3" of a User-Agent, which SDKs send.
func byUserAgent(all []*catalog.API, agent string) *catalog.API {
	_, rest, found := strings.Cut(agent, "api/")
	if !found {
		return nil
	}
	id, _, _ := strings.Cut(rest, "#")
	id, _, _ = strings.Cut(id, " ")
	for _, api := range all {
		if strings.EqualFold(strings.ReplaceAll(id, "_", " "), api.ID) || strings.EqualFold(id, api.Package) {
			return api
		}
	}
	return nil
}
