package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// send sends a request with headers, of which Host is one, and returns its answer.
func send(t *testing.T, method, url string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		} else {
			r.Header.Set(header[i], header[i+1])
		}
	}
	resp, err := client(t).Do(r)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp, string(body)
}

// addresses are all below /_leastpriv, and one that is not there.
var addresses = []string{"GET /_leastpriv/decisions", "GET /_leastpriv/health", "POST /_leastpriv/reset", "GET /_leastpriv/", "GET /%5Fleastpriv/decisions", "GET /_leastpriv/%3Cscript%3E"}

// The server's own addresses are reached by the host that it listens on. A name that
// somebody else makes lead there is not the server's.
func TestHostsOfOwnAddresses(t *testing.T) {
	url, _ := start(t, "-host", "ci.internal", "-host", "tunnel.internal:80")
	_, port, err := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	for host, own := range map[string]bool{
		"127.0.0.1:" + port:              true,
		"localhost:" + port:              true,
		"LocalHost:" + port:              true,
		"[::1]:" + port:                  true,
		"ci.internal:" + port:            true,
		"tunnel.internal:80":             true,
		"evil.example:" + port:           false,
		"evil.example":                   false,
		"127.0.0.1":                      false,
		"127.0.0.1:1":                    false,
		"localhost":                      false,
		"127.0.0.2:" + port:              false,
		"192.0.2.1:" + port:              false,
		"127.0.0.1.evil.example:" + port: false,
		"localhost.evil.example:" + port: false,
		"a.localhost:" + port:            false,
		"localhost.:" + port:             false,
		"evil.example@127.0.0.1:" + port: false,
		"a.ci.internal:" + port:          false,
		"tunnel.internal:" + port:        false,
		"sts.us-east-1.amazonaws.com":    false,
	} {
		for _, address := range addresses {
			method, path, _ := strings.Cut(address, " ")
			resp, body := send(t, method, url+path, "Host", host)
			if own {
				assert.NotEqual(t, http.StatusForbidden, resp.StatusCode, "%s of %s: %s", address, host, body)
			} else {
				assert.Equal(t, http.StatusForbidden, resp.StatusCode, "%s of %s", address, host)
			}
		}
	}
}

// A page that was loaded from a name which then leads to this machine is of the same
// origin as the server under that name. It reaches no service.
func TestHostsOfServices(t *testing.T) {
	url, _ := start(t, "-host", "ci.internal")
	_, port, err := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	for host, known := range map[string]bool{
		"127.0.0.1:" + port:                     true,
		"127.0.0.1":                             true,
		"[::1]:" + port:                         true,
		"192.0.2.1:" + port:                     true,
		"localhost:1":                           true,
		"bucket.localhost:" + port:              true,
		"bucket.s3.localhost":                   true,
		"bucket.s3.us-east-1.amazonaws.com":     true,
		"sqs.cn-north-1.amazonaws.com.cn":       true,
		"sqs.us-east-1.api.aws":                 true,
		"ci.internal:" + port:                   true,
		"bucket.s3.ci.internal:" + port:         true,
		"0.0.0.0:" + port:                       false, // leads to this machine from any page
		"[::]:" + port:                          false,
		"evil.example:" + port:                  false,
		"evil.example":                          false,
		"localhost.evil.example":                false,
		"evillocalhost":                         false,
		"evilamazonaws.com":                     false,
		"evilci.internal":                       false,
		"127.0.0.1.evil.example":                false,
		"s3.us-east-1.amazonaws.com.evil.ample": false,
	} {
		resp, body := send(t, http.MethodGet, url+"/?Action=GetCallerIdentity", "Host", host)
		if known {
			assert.NotContains(t, body, "-host", host)
		} else {
			assert.Equal(t, http.StatusForbidden, resp.StatusCode, host)
			assert.Contains(t, body, "start it with -host ")
		}
	}
}

// What a person types is shown; no page gets it.
func TestPagesOfOwnAddresses(t *testing.T) {
	url, _ := start(t)
	for name, test := range map[string]struct {
		header []string
		shown  bool
	}{
		"a program":                    {nil, true},
		"typed":                        {[]string{"Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, true},
		"loaded again":                 {[]string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", "document"}, true},
		"an older browser":             {[]string{"Sec-Fetch-Site", "same-origin"}, true},
		"another site":                 {[]string{"Sec-Fetch-Site", "cross-site"}, false},
		"a link of another site":       {[]string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, false},
		"another port":                 {[]string{"Sec-Fetch-Site", "same-site"}, false},
		"a word that no browser has":   {[]string{"Sec-Fetch-Site", "None"}, false},
		"a script of this origin":      {[]string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"}, false},
		"a frame of this origin":       {[]string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", "iframe"}, false},
		"an origin":                    {[]string{"Origin", "https://evil.example"}, false},
		"no origin":                    {[]string{"Origin", "null"}, false},
		"its own origin":               {[]string{"Origin", url, "Sec-Fetch-Site", "same-origin"}, false},
		"a page of an older browser":   {[]string{"Referer", "https://evil.example/"}, false},
		"an object of this origin":     {[]string{"Referer", url + "/bucket/page.html"}, false},
		"an address of the server own": {[]string{"Referer", url + "/_leastpriv/decisions"}, true},
	} {
		for _, address := range addresses {
			method, path, _ := strings.Cut(address, " ")
			resp, body := send(t, method, url+path, test.header...)
			if test.shown {
				assert.NotEqual(t, http.StatusForbidden, resp.StatusCode, "%s: %s: %s", name, address, body)
			} else {
				assert.Equal(t, http.StatusForbidden, resp.StatusCode, "%s: %s", name, address)
			}
			for header, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin",
				"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
			} {
				assert.Equal(t, want, resp.Header.Get(header), "%s: %s: %s", name, address, header)
			}
			assert.NotContains(t, resp.Header.Get("Content-Type"), "html")
			assert.NotContains(t, body, "<script>")
		}
	}
}

// Names that a caller has chosen stand in the log as text.
func TestDecisionsHaveNoMarkup(t *testing.T) {
	url, _ := start(t)
	client := s3.NewFromConfig(config(t, url, defaultAccessKey, defaultSecretKey), func(o *s3.Options) { o.UsePathStyle = true })
	_, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("bucket")})
	require.NoError(t, err)
	_, err = client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("<script>alert(1)</script>")})
	require.NoError(t, err)
	_, body := send(t, http.MethodGet, url+"/_leastpriv/decisions")
	assert.Contains(t, body, "script")
	assert.NotContains(t, body, "<")
}

// A page among the objects has the server's address, and not its origin.
func TestObjectPages(t *testing.T) {
	url, _ := start(t)
	client := s3.NewFromConfig(config(t, url, defaultAccessKey, defaultSecretKey), func(o *s3.Options) { o.UsePathStyle = true })
	_, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("pages")})
	require.NoError(t, err)
	_, err = client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("pages"), Key: aws.String("page.html"),
		ContentType: aws.String("text/html"), Body: strings.NewReader("<script>fetch('/_leastpriv/decisions')</script>")})
	require.NoError(t, err)
	link, err := s3.NewPresignClient(client).PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("pages"), Key: aws.String("page.html")})
	require.NoError(t, err)
	resp, body := send(t, http.MethodGet, link.URL, "Sec-Fetch-Site", "none", "Sec-Fetch-Dest", "document")
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Contains(t, body, "<script>")
	policy := resp.Header.Get("Content-Security-Policy")
	assert.True(t, strings.HasPrefix(policy, "sandbox "), policy)
	assert.NotContains(t, policy, "allow-same-origin")
}

// A root key that is in every copy of AWS's documentation protects from nobody.
func TestExampleKeyIsWarnedOf(t *testing.T) {
	const warning = "has the root key of AWS's documentation"
	for name, test := range map[string]struct {
		args []string
		want bool
	}{
		"by default":       {nil, true},
		"named":            {[]string{"-account", "111122223333:" + defaultAccessKey + ":secret"}, false},
		"named, with both": {[]string{"-account", "111122223333:" + defaultAccessKey + ":" + defaultSecretKey}, true},
		"another key":      {[]string{"-account", "111122223333"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr bytes.Buffer
			startWith(t, &stderr, test.args...)
			assert.Equal(t, test.want, strings.Contains(stderr.String(), warning), stderr.String())
		})
	}
}
