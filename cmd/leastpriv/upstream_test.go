package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/anyservice"
	"github.com/leastpriv/leastpriv/internal/sigv4"
)

// With -upstream another emulator answers what is allowed of a service without a fake, for
// clients in any language.
func TestServeUpstream(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	local := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = w.Write([]byte(`{"TableNames":["orders"]}`))
	}))
	defer local.Close()
	url, _ := start(t, "-upstream", "dynamodb="+local.URL)
	list := func(service, target, secret string) *http.Response {
		body := []byte(`{}`)
		r, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("X-Amz-Target", target)
		r.Header.Set("Content-Type", "application/x-amz-json-1.0")
		by := aws.Credentials{AccessKeyID: defaultAccessKey, SecretAccessKey: secret}
		require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), by, r, sigv4.Hash(body), service, "us-east-1", time.Now()))
		resp, err := client(t).Do(r)
		require.NoError(t, err)
		t.Cleanup(func() { _ = resp.Body.Close() })
		return resp
	}
	assert.Equal(t, http.StatusOK, list("dynamodb", "DynamoDB_20120810.ListTables", defaultSecretKey).StatusCode)
	assert.EqualValues(t, 1, asked.Load())
	assert.Equal(t, http.StatusBadRequest, list("dynamodb", "DynamoDB_20120810.ListTables", "wrong").StatusCode)
	assert.Equal(t, http.StatusNotImplemented, list("glue", "AWSGlue.ListJobs", defaultSecretKey).StatusCode)
	assert.EqualValues(t, 1, asked.Load(), "nobody else's calls reach it")
	assert.Equal(t, http.StatusOK, list("kms", "TrentService.ListKeys", defaultSecretKey).StatusCode, "a fake answers where there is one")
}

// An upstream that stands for a service answers in the place of its fake, and one for all
// services in the place of those that only tests ask for.
func TestServeUpstreamInPlaceOfAFake(t *testing.T) {
	t.Parallel()
	stands := &anyservice.Upstream{}
	names := func(upstreams map[string]*anyservice.Upstream) (names []string) {
		for _, s := range (&serveFlags{upstreams: upstreams}).fakes() {
			names = append(names, s.Name)
		}
		return names
	}
	assert.Contains(t, names(nil), "kms")
	assert.NotContains(t, names(map[string]*anyservice.Upstream{"kms": stands}), "kms")
	assert.Contains(t, names(map[string]*anyservice.Upstream{"kms": stands}), "sns")
	assert.NotContains(t, names(map[string]*anyservice.Upstream{"secretsmanager": stands}), "secretsmanager")
	assert.Empty(t, names(map[string]*anyservice.Upstream{"*": stands}))
}

func TestServeUpstreamMistakes(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"dynamodb":                  "want SERVICE=URL",
		"nothing=http://localhost":  `AWS has no service "nothing"`,
		"s3=http://localhost:9000":  "leastpriv answers s3 itself",
		"dynamodb=localhost:8000":   "is not the URL of a server",
		"*=http://localhost:1/?a=b": "is not the URL of a server",
	} {
		var stderr bytes.Buffer
		assert.Equal(t, exitUsage, run(t.Context(), []string{"serve", "-upstream", value}, new(bytes.Buffer), &stderr))
		assert.Contains(t, strings.Join(strings.Fields(stderr.String()), " "), want)
	}
}
