package wire

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// readSnapshot reads a request that the SDK's authors recorded: request line,
// headers, a blank line, the body.
func readSnapshot(t testing.TB, file string) *Request {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	r := bufio.NewReader(bytes.NewReader(raw))
	line, err := r.ReadString('\n')
	require.NoError(t, err)
	method, target, ok := strings.Cut(strings.TrimSpace(line), " ")
	require.True(t, ok, line)
	path, query, _ := strings.Cut(target, "?")
	_, err = r.ReadString('\n')
	require.NoError(t, err)
	req := &Request{Method: method, Path: path, RawQuery: query, Header: http.Header{}, ContentLength: 1}
	for {
		line, err := r.ReadString('\n')
		if line = strings.TrimRight(line, "\r\n"); line == "" || err != nil {
			break
		}
		name, value, _ := strings.Cut(line, ": ")
		name = textproto.CanonicalMIMEHeaderKey(name)
		req.Header[name] = append(req.Header[name], value)
	}
	req.Body, err = io.ReadAll(r)
	require.NoError(t, err)
	return req
}

// snapshotRequest returns the recorded request of an operation, nil when there
// is none, and the input that it was made of.
func snapshotRequest(t testing.TB, op sdkOp, o *Operation) (*Request, reflect.Value) {
	t.Helper()
	file := filepath.Join(moduleDir(t, op.service), "request_snapshot", op.name+".request.snap")
	if _, err := os.Stat(file); err != nil {
		return nil, reflect.Value{}
	}
	r := readSnapshot(t, file)
	in := reflect.New(op.in)
	filler{service: o.Service()}.fill(in.Elem(), op.name)
	// The recordings were made with one host for all buckets.
	if b := in.Elem().FieldByName("Bucket"); op.service == "s3" && b.IsValid() {
		r.Bucket = b.Elem().String()
	}
	return r, in
}

func TestRequestSnapshots(t *testing.T) {
	t.Parallel()
	// Every recording belongs to an operation that the next test decodes.
	for service := range clients {
		s, _ := Load(service)
		files, err := filepath.Glob(filepath.Join(moduleDir(t, service), "request_snapshot", "*.snap"))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, f := range files {
			name, _, _ := strings.Cut(filepath.Base(f), ".")
			assert.NotNil(t, s.Operation(name), f)
		}
	}
	forEachOperation(t, func(t *testing.T, op sdkOp, o *Operation) {
		r, want := snapshotRequest(t, op, o)
		if r == nil {
			return
		}
		checkRequest(t, o, r, op, want)
	})
}

func checkRequest(t *testing.T, o *Operation, r *Request, op sdkOp, want reflect.Value) {
	matched, p, err := o.Service().Match(r)
	require.NoError(t, err)
	require.Equal(t, o.Name(), matched.Name())
	in := reflect.New(op.in)
	require.NoError(t, matched.Decode(p, r, in.Interface()))
	assert.Empty(t, diffSDK(want.Interface(), in.Interface()))
}
