package all_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// S3 Control is signed for "s3" (signingName of its service model), and what was signed
// has a hash of the body: a signature for another name, or one without a hash, would
// let whoever holds it send any body.
func TestABodyIsAlwaysSigned(t *testing.T) {
	t.Parallel()
	const block = `<PublicAccessBlockConfiguration xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/"><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>`
	control := protocol{service: "s3", method: "PUT", target: "/v20180820/configuration/publicAccessBlock", body: block, header: map[string]string{"X-Amz-Account-Id": account}}
	hashes := map[string]string{"the body's": hashOf(block), "none": "", "that of an empty body": hashOf("")}
	wrong := answered{400, "AuthorizationHeaderMalformed", `The authorization header is malformed; incorrect service "s3-control". This endpoint belongs to "s3".`}
	sign := func(t *testing.T, base, scope, hash string, p protocol) *http.Request {
		r, err := http.NewRequestWithContext(context.Background(), p.method, base+p.target, strings.NewReader(p.body))
		require.NoError(t, err)
		for name, value := range p.header {
			r.Header.Set(name, value)
		}
		require.NoError(t, v4.NewSigner().SignHTTP(context.Background(), activeKey, r, hash, scope, "us-east-1", time.Now()))
		return r
	}
	for name, hash := range hashes {
		t.Run("signed for s3-control with a hash: "+name, func(t *testing.T) {
			t.Parallel()
			got, body := through(t, newSignedWorld(t), func(base string) *http.Request { return sign(t, base, "s3-control", hash, control) })
			assert.Equal(t, wrong, got, body)
		})
	}
	for name, p := range protocols {
		t.Run(name+" without a hash", func(t *testing.T) {
			t.Parallel()
			w := newSignedWorld(t)
			got, body := through(t, w, func(base string) *http.Request { return sign(t, base, p.service, "", p) })
			assert.GreaterOrEqual(t, got.status, 400, body)
			assert.Empty(t, w.Log().Events()[0].Caller)
		})
	}
	t.Run("signed for s3", func(t *testing.T) {
		t.Parallel()
		got, body := through(t, newSignedWorld(t), func(base string) *http.Request { return signing{}.request(t, base, control) })
		assert.Less(t, got.status, 300, body)
	})
}
