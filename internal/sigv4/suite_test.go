package sigv4

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// suiteRequest reads one request of the suite. It returns the path as it stands
// there, before encoding.
func suiteRequest(t *testing.T, text string) (r *http.Request, path, body string) {
	t.Helper()
	head, body, ok := strings.Cut(text, "\n\n")
	require.True(t, ok)
	body = strings.TrimSuffix(body, "\n")
	lines := strings.Split(head, "\n")
	method, target, _ := strings.Cut(lines[0], " ")
	path, query, _ := strings.Cut(target, "?")
	r = &http.Request{Method: method, URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{}, ContentLength: int64(len(body))}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Add(name, value)
	}
	return r, path, body
}

const suiteSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

// The cases of the AWS Signature Version 4 test suite, for SigV4A too.
func TestSigningTestSuite(t *testing.T) {
	t.Parallel()
	suite, err := txtar.ParseFile("testdata/aws-signing-test-suite.txtar")
	require.NoError(t, err)
	require.Len(t, suite.Files, 37)
	at := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	for _, file := range suite.Files {
		t.Run(file.Name, func(t *testing.T) {
			t.Parallel()
			r, path, body := suiteRequest(t, string(file.Data))
			verify := func(path, secret string) bool {
				s, err := Parse(r)
				require.NoError(t, err)
				require.NoError(t, s.checkTime(at))
				require.NoError(t, s.checkHeaders(r))
				assert.Equal(t, "us-east-1", s.Region)
				s.key = new(Verifier).key(secret, s)
				return new(scratch).verify(r, s, path, Hash([]byte(body)))
			}
			if !strings.HasSuffix(file.Name, "-unnormalized") {
				path = normalize(path)
			}
			assert.True(t, verify(path, suiteSecret))
			assert.False(t, verify(path+"x", suiteSecret))
			assert.False(t, verify(path, suiteSecret+"x"))
		})
	}
}
