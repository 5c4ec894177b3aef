package anyservice_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/anyservice"
	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// BenchmarkUpstream measures a call that passes through to an upstream beside the same request
// through net/http's reverse proxy: client, proxy and upstream are three sides of loopback.
func BenchmarkUpstream(b *testing.B) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = w.Write([]byte(`{"Item":{"id":{"S":"1"}}}`))
	}))
	defer upstream.Close()
	u, err := url.Parse(upstream.URL)
	require.NoError(b, err)
	floor := httputil.NewSingleHostReverseProxy(u)
	floor.Transport = &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64}
	w := worldtest.NewWorld(b, fakeaws.Config{Region: region, Services: []fakeaws.Service{iam.Service}, Others: upstreams(b, "*", upstream.URL)})
	acct, _ := w.Account(account)
	root := aws.Credentials{AccessKeyID: acct.Root.AccessKeyID, SecretAccessKey: acct.Root.SecretAccessKey}
	s := target("dynamodb", "DynamoDB_20120810.GetItem", `{"TableName":"orders","Key":{"id":{"S":"1"}}}`)
	for _, c := range []struct {
		name    string
		handler http.Handler
	}{{"floor", floor}, {"leastpriv", w.Door()}} {
		server := httptest.NewServer(c.handler)
		defer server.Close()
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
			defer client.CloseIdleConnections()
			r := s.sign(b, root)
			r.Host = r.URL.Host
			r.URL.Scheme, r.URL.Host = "http", server.Listener.Addr().String()
			body := []byte(s.body)
			for b.Loop() {
				r.Body = io.NopCloser(bytes.NewReader(body))
				resp, err := client.Do(r)
				if err != nil || resp.StatusCode != http.StatusOK {
					b.Fatal(err, resp)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
		})
	}
}

var _ anyservice.Services
