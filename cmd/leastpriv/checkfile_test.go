package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// Whatever a file says, it is read without a panic; one without problems has checks that
// say as whom and what.
func FuzzCheckFile(f *testing.F) {
	script, err := os.ReadFile(filepath.Join("testdata", "check.txtar"))
	require.NoError(f, err)
	for _, part := range strings.Split(string(script), "\n-- ")[1:] {
		_, text, _ := strings.Cut(part, "--\n")
		f.Add(text)
	}
	f.Add("a: &a [*a]\nchecks: *a")
	f.Add("principals: &p {p: *p}\nchecks: [*p]")
	f.Fuzz(func(t *testing.T, text string) {
		file := readCheckFile("check.yaml", []byte(text))
		for _, p := range file.problems {
			if p.at.Line < 1 || p.at.Column < 1 || p.text == "" {
				t.Fatalf("%q: %+v", text, p)
			}
		}
		if len(file.problems) > 0 {
			return
		}
		for _, c := range file.checks {
			if c.as == "" || len(c.can)+len(c.cannot) == 0 || len(c.on) == 0 {
				t.Fatalf("%q: %+v", text, c)
			}
		}
	})
}

// A request has values of a key's type alone.
func TestValuesOfConditionKeys(t *testing.T) {
	t.Parallel()
	action, ok := catalog.Find("s3:ListBucket")
	require.True(t, ok)
	for _, c := range []struct {
		key    string
		values []string
		multi  bool
		want   string
	}{
		{"aws:SecureTransport", []string{"True"}, false, ""},
		{"aws:SecureTransport", []string{"yes"}, false, `aws:SecureTransport is of type Bool, which "yes" is not`},
		{"s3:max-keys", []string{"10"}, false, ""},
		{"s3:max-keys", []string{"ten"}, false, `s3:max-keys is of type Numeric, which "ten" is not`},
		{"aws:SourceIp", []string{"::1"}, false, ""},
		{"aws:SourceIp", []string{"10.0.0.0/8"}, false, `aws:SourceIp is of type IPAddress, which "10.0.0.0/8" is not`},
		{"aws:SourceArn", []string{"arn:aws:s3:::b"}, false, ""},
		{"aws:SourceArn", []string{"b"}, false, `aws:SourceArn is of type ARN, which "b" is not`},
		{"aws:CurrentTime", []string{"2026-11-22T20:26:45Z"}, false, ""},
		{"aws:CurrentTime", []string{"1795379205"}, false, ""},
		{"aws:CurrentTime", []string{"tomorrow"}, false, `aws:CurrentTime is of type Date, which "tomorrow" is not`},
		{"aws:TagKeys", []string{"a"}, false, ""},
		{"aws:TagKeys", []string{}, true, ""},
		{"token.example.com:sub", []string{"a", "b"}, true, ""}, // a claim of an identity provider
		{"aws:username", nil, false, ""},
		{"s3:prefixx", []string{"a"}, false, `Amazon S3 has no condition key "s3:prefixx"; did you mean "s3:prefix"?`},
	} {
		var keys enforce.Context
		err := setKey(&keys, &checkKey{name: c.key, values: c.values, multi: c.multi}, action)
		if c.want != "" {
			require.EqualError(t, err, c.want)
			continue
		}
		require.NoError(t, err, c.key)
		got := map[string][]string{}
		for name, values := range keys.All() {
			got[name] = values
		}
		if c.values == nil {
			assert.Empty(t, got)
		} else {
			assert.Equal(t, map[string][]string{c.key: c.values}, got)
		}
		assert.Equal(t, c.multi || c.key == "aws:TagKeys", keys.IsMulti(c.key), c.key)
	}
}
