package s3_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A readCount counts what is read of a body.
type readCount struct {
	io.Reader
	n int64
}

func (r *readCount) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.n += int64(n)
	return n, err
}

// All that comes before the file of a form is bounded, whatever it is: fields, parts of
// nothing, the headers of parts, what stands before the first part. The bucket need not
// exist, and nobody signs.
func TestFormIsBounded(t *testing.T) {
	t.Parallel()
	const (
		nothing = "--b\r\n\r\n\r\n"
		key     = "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nk\r\n"
		file    = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\ndata\r\n--b--\r\n"
	)
	field := func(n int) string {
		return "--b\r\nContent-Disposition: form-data; name=\"x-ignore-a\"\r\n\r\n" + strings.Repeat("v", n) + "\r\n"
	}
	const whole, refused = "NoSuchBucket", "MaxPostPreDataLengthExceededError"
	throughDoors(t, func(t *testing.T, a *account) {
		for name, test := range map[string]struct{ body, want string }{
			"the most parts":        {key + strings.Repeat(nothing, 999) + file, whole},
			"one part more":         {key + strings.Repeat(nothing, 1000) + file, refused},
			"parts for ever":        {strings.Repeat(nothing, 1<<20) + file, refused},
			"the longest fields":    {key + field(20<<10-len("keykx-ignore-a")) + file, whole},
			"one byte more":         {key + field(20<<10-len("keykx-ignore-a")+1) + file, refused},
			"a header for ever":     {key + "--b\r\nContent-Disposition: " + strings.Repeat("a", 4<<20) + "\r\n\r\nv\r\n" + file, refused},
			"headers for ever":      {key + "--b\r\n" + strings.Repeat("A: a\r\n", 1<<20) + "\r\nv\r\n" + file, "MalformedPOSTRequest"},
			"a preamble for ever":   {strings.Repeat("no part\r\n", 1<<20) + key + file, refused},
			"a long file":           {key + strings.Replace(file, "\r\ndata", "\r\n"+strings.Repeat("data", 1<<20), 1), whole},
			"a long name":           {key + "--b\r\nContent-Disposition: form-data; name=\"" + strings.Repeat("a", 100<<10) + "\"\r\n\r\nv\r\n" + file, refused},
			"nothing":               {"", "InvalidArgument"},
			"an end without a file": {key + "--b--\r\n", "InvalidArgument"},
		} {
			body := &readCount{Reader: strings.NewReader(test.body)}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.address("nobodys-bucket", ""), body)
			require.NoError(t, err)
			r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
			resp, err := a.http.Do(r)
			require.NoError(t, err, name)
			assert.Equal(t, test.want, errorCode(t, resp), name)
			if test.want != whole && !a.socket {
				assert.LessOrEqual(t, body.n, int64(256<<10), name)
			}
		}
	})
}
