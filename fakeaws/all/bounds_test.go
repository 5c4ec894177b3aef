//go:build linux

package all_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

var measured = flag.Bool("bounds", false, "measure what requests of nearly 1 MB cost")

// What a request of less than 1 MB may cost: CPU time of the process, and bytes that it
// allocates from first to last, whether or not they are freed meanwhile.
const (
	maxCPU       = 100 * time.Millisecond
	maxAllocated = 32 << 20
	maxLocked    = 10 * time.Millisecond // of the lock of any service
	hugeBody     = 950 << 10             // of a request of less than 1 MB
	hugeHeaders  = 60 << 10              // the server takes 64 KiB
)

// A cost is what one request took.
type cost struct {
	cpu       time.Duration
	allocated uint64
}

func (c cost) exceeds() bool { return c.cpu > maxCPU || c.allocated > maxAllocated }

func (c cost) String() string {
	return fmt.Sprintf("%v, %.1f MiB", c.cpu.Round(time.Millisecond), float64(c.allocated)/(1<<20))
}

// costOf measures a function. The machine is shared with others, so that it is the
// process's CPU time that counts, and the best of a few.
func costOf(run func()) (best cost) {
	for range 8 {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := processTime()
		run()
		took := processTime() - start
		runtime.ReadMemStats(&after)
		this := cost{took, after.TotalAlloc - before.TotalAlloc}
		if best == (cost{}) || this.cpu < best.cpu {
			best.cpu = this.cpu
		}
		best.allocated = min(cmp.Or(best.allocated, this.allocated), this.allocated)
		if !best.exceeds() {
			break
		}
	}
	return best
}

// processTime is the CPU time that the process has taken.
func processTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// A recorded is a request as the SDK would send it.
type recorded struct {
	*http.Request
	body []byte
}

// record returns the request that the SDK makes of an input.
func (o operation) record(t testing.TB, config aws.Config, in any) recorded {
	t.Helper()
	var got recorded
	config.HTTPClient = doFunc(func(r *http.Request) (*http.Response, error) {
		got.Request = r.Clone(t.Context())
		if r.Body != nil {
			got.body, _ = io.ReadAll(r.Body)
		}
		return nil, errSent
	})
	_ = o.call(t.Context(), config, in)
	return got
}

// send sends the request through the World's door, and returns the answer.
func (r recorded) send(w *fakeaws.World) string {
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(r.body))
	resp, err := w.Door().Do(again)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return string(text)
}

func (r recorded) headers() (n int) {
	n = len(r.URL.RequestURI())
	for name, values := range r.Header {
		for _, v := range values {
			n += len(name) + len(v)
		}
	}
	return n
}

// A site is a place in an input that can have many entries, or a long text.
type site struct {
	path string
	fill func(in reflect.Value, n int)
}

// sites finds all of an input type.
func (f filler) sites(o operation) (found []site) {
	var visit func(t reflect.Type, path string, at func(reflect.Value) reflect.Value, depth int)
	visit = func(t reflect.Type, path string, at func(reflect.Value) reflect.Value, depth int) {
		switch t.Kind() {
		case reflect.Pointer:
			visit(t.Elem(), path, func(v reflect.Value) reflect.Value {
				p := at(v)
				if p.IsNil() {
					p.Set(reflect.New(t.Elem()))
					f.fillAll(o, p.Elem(), 0)
				}
				return p.Elem()
			}, depth)
		case reflect.Struct:
			if depth > 6 || t == reflect.TypeFor[time.Time]() {
				return
			}
			for i := range t.NumField() {
				if field := t.Field(i); field.IsExported() {
					visit(field.Type, path+"."+field.Name, func(v reflect.Value) reflect.Value { return at(v).Field(i) }, depth+1)
				}
			}
		case reflect.String:
			found = append(found, site{path, func(v reflect.Value, n int) { at(v).SetString(strings.Repeat("a", n)) }})
		case reflect.Slice:
			if t.Elem().Kind() == reflect.Uint8 {
				return
			}
			found = append(found, site{path + "[]", func(v reflect.Value, n int) {
				list := reflect.MakeSlice(t, n, n)
				for i := range n {
					f.entry(o, list.Index(i), i, 0)
				}
				at(v).Set(list)
			}})
			visit(t.Elem(), path+"[]", func(v reflect.Value) reflect.Value {
				list := at(v)
				if list.Len() == 0 {
					list.Set(reflect.MakeSlice(t, 1, 1))
					f.entry(o, list.Index(0), 0, 0)
				}
				return list.Index(0)
			}, depth+1)
		case reflect.Map:
			found = append(found, site{path + "{}", func(v reflect.Value, n int) {
				m := reflect.MakeMapWithSize(t, n)
				for i := range n {
					value := reflect.New(t.Elem()).Elem()
					f.entry(o, value, i, 0)
					m.SetMapIndex(reflect.ValueOf(fmt.Sprint("k", i)).Convert(t.Key()), value)
				}
				at(v).Set(m)
			}})
		}
	}
	visit(o.input, o.name, func(v reflect.Value) reflect.Value { return v }, 0)
	return found
}

// entry makes one of many entries of a list: no two are the same.
func (f filler) entry(o operation, v reflect.Value, i, depth int) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.entry(o, v.Elem(), i, depth)
	case reflect.String:
		if _, enum := v.Type().MethodByName("Values"); enum {
			v.SetString(f.textOf(v.Type(), nil))
		} else {
			v.SetString(fmt.Sprint("k", i))
		}
	case reflect.Bool:
		v.SetBool(false)
	case reflect.Int32, reflect.Int64:
		v.SetInt(int64(i + 1))
	case reflect.Struct:
		if depth > 3 || v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for n := range v.NumField() {
			if field := v.Type().Field(n); field.IsExported() && field.Type.Kind() != reflect.Interface {
				f.entry(o, v.Field(n), i, depth+1)
			}
		}
	case reflect.Slice:
		if depth > 2 {
			return
		}
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte("data"))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		f.entry(o, v.Index(0), i, depth+1)
	}
}

func (f filler) fillAll(o operation, v reflect.Value, depth int) {
	if v.Kind() == reflect.Struct {
		f.entry(o, v, 0, 3)
	}
}

// hostile makes the request of an operation whose site is as full as 1 MB allows.
func (f *filled) hostile(t testing.TB, o operation, s site, config aws.Config) (recorded, int, bool) {
	size := func(n int) (recorded, int, int) {
		in := reflect.ValueOf(f.input(t, o)).Elem()
		s.fill(in, n)
		r := o.record(t, config, in.Addr().Interface())
		if r.Request == nil {
			return r, 0, 0
		}
		return r, len(r.body), r.headers()
	}
	r, body1, head1 := size(1)
	if r.Request == nil {
		return r, 0, false
	}
	const probe = 101
	r, body2, head2 := size(probe)
	if r.Request == nil {
		return r, 0, false
	}
	var n int
	if grow := body2 - body1; grow > probe/2 {
		n = (hugeBody - body1) / (grow/(probe-1) + 3)
	} else if grow := head2 - head1; grow > probe/2 {
		n = (hugeHeaders - head1) / (grow/(probe-1) + 3)
	} else {
		return r, 0, false
	}
	if n < 2 {
		return r, 0, false
	}
	r, _, _ = size(n)
	return r, n, r.Request != nil
}

// Whatever list or text of an input is filled in a request of less than 1 MB, and whoever
// sends it, it costs no more than the bounds.
func TestFilledInputsAreBounded(t *testing.T) {
	if !*measured {
		t.Skip("-bounds is not set: CPU time of filled inputs is not measured")
	}
	for service := range clientsOf {
		for _, op := range newFilled(t).Fake(service).Ops() {
			o := newOperation(t, service, op.Name)
			t.Run(service+"."+o.name, func(t *testing.T) {
				f := newFilled(t)
				for _, s := range f.sites(o) {
					for who, config := range map[string]aws.Config{
						"nobody": f.anonymous, "a stranger": f.RootConfig(worldtest.Other), "root": f.RootConfig(worldtest.Account),
					} {
						if r, n, ok := f.hostile(t, o, s, config); ok {
							isBounded(t, f.World.World, fmt.Sprintf("%s x%d by %s", s.path, n, who), r)
						}
					}
				}
			})
		}
	}
}

// isBounded asserts that a request costs no more than the bounds, and that no other call
// waits for it.
func isBounded(t *testing.T, w *fakeaws.World, what string, r recorded) {
	t.Helper()
	var answer string
	c := costOf(func() { answer = r.send(w) })
	assert.False(t, c.exceeds(), "%s costs %s: %.300s", what, c, strings.Join(strings.Fields(answer), " "))
	if c.cpu < maxLocked {
		return // it cannot hold a lock for longer
	}
	if locked := lockedBy(w, func() { r.send(w) }); locked > maxLocked {
		t.Errorf("%s locks a service for %v", what, locked)
	}
}

// heldBy is how many bytes the heap has grown by, when a function has run.
func heldBy(run func()) int64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	run()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return int64(after.HeapAlloc) - int64(before.HeapAlloc)
}
