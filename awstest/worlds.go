package awstest

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// living are the Worlds of the tests that run. An assertion finds in them the call that an
// error came from.
var living = struct {
	mu     sync.Mutex
	worlds map[*fakeaws.World]life
	begun  int // how many there ever were
}{worlds: map[*fakeaws.World]life{}}

// A life is the name of a World's test, and the number of the World.
type life struct {
	test   string
	number int
}

// live registers the World of a test until it ends.
func live(t TB, w *fakeaws.World) {
	living.mu.Lock()
	defer living.mu.Unlock()
	living.begun++
	living.worlds[w] = life{t.Name(), living.begun}
	t.Cleanup(func() {
		living.mu.Lock()
		defer living.mu.Unlock()
		delete(living.worlds, w)
	})
}

// worldsOf returns the living Worlds of a test and of the tests that it is part of, or
// all where it has none: a World may belong to a whole package. Those of the test itself are
// first, and the latest of them: a clone gives requests the ids that its World gives later.
func worldsOf(t TB) []*fakeaws.World {
	living.mu.Lock()
	defer living.mu.Unlock()
	var own []*fakeaws.World
	for w, of := range living.worlds {
		if t.Name() == of.test || strings.HasPrefix(t.Name(), of.test+"/") {
			own = append(own, w)
		}
	}
	if own == nil {
		own = slices.Collect(maps.Keys(living.worlds))
	}
	slices.SortFunc(own, func(a, b *fakeaws.World) int {
		one, other := living.worlds[a], living.worlds[b]
		return cmp.Or(cmp.Compare(len(other.test), len(one.test)), cmp.Compare(other.number, one.number))
	})
	return own
}

// settle finds the call that an error came from, whichever client returned it. Its
// outcome needs no further explanation: the assertion expects it or explains it.
func settle(t TB, err error) (fakeaws.Event, bool) {
	if w, id := answered(err); w != nil {
		if event, ok := w.Log().Settle(id); ok {
			return event, true
		}
	}
	ids := requestIDs(err)
	for _, w := range worldsOf(t) {
		for _, id := range ids {
			if event, ok := w.Log().Settle(id); ok {
				return event, true
			}
		}
	}
	return fakeaws.Event{}, false
}

// answered returns the World that answered a client which this package configured, and
// the request id of the answer.
func answered(err error) (*fakeaws.World, string) {
	var failed *awshttp.ResponseError
	if !errors.As(err, &failed) || failed.Response == nil || failed.Response.Response == nil || failed.Response.Request == nil {
		return nil, ""
	}
	w, _ := failed.Response.Request.Context().Value(worldKey{}).(*fakeaws.World)
	return w, requestID(failed.Response.Header)
}

// requestID returns the request id of a response: S3 has a header of its own.
func requestID(h http.Header) string {
	return cmp.Or(h.Get("X-Amz-Request-Id"), h.Get("X-Amzn-Requestid"))
}

// requestIDs returns the request ids that an error has: as the SDK's errors have them, in
// a field RequestID as minio-go's have, and in its text, which is what is left of the
// errors of a subprocess.
func requestIDs(err error) (ids []string) {
	for e := range chain(err) {
		if has, ok := e.(interface{ ServiceRequestID() string }); ok {
			ids = append(ids, has.ServiceRequestID())
		}
		v := reflect.Indirect(reflect.ValueOf(e))
		if v.Kind() != reflect.Struct {
			continue
		}
		if f := v.FieldByName("RequestID"); f.IsValid() && f.Kind() == reflect.String {
			ids = append(ids, f.String())
		}
	}
	ids = append(ids, idInText.FindAllString(err.Error(), -1)...)
	return slices.DeleteFunc(ids, func(id string) bool { return id == "" })
}

// idInText matches what looks like a request id: a UUID, or S3's 16 letters and digits.
var idInText = regexp.MustCompile(`\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-Z]{16})\b`)

// chain yields an error and all that it wraps.
func chain(err error) func(yield func(error) bool) {
	return func(yield func(error) bool) { walk(err, yield) }
}

func walk(err error, yield func(error) bool) bool {
	if err == nil {
		return true
	}
	if !yield(err) {
		return false
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return walk(e.Unwrap(), yield)
	case interface{ Unwrap() []error }:
		for _, wrapped := range e.Unwrap() {
			if !walk(wrapped, yield) {
				return false
			}
		}
	}
	return true
}
