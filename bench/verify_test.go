package bench

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/leastpriv/leastpriv/internal/sigv4"
	"github.com/stretchr/testify/require"
)

// verification returns what verifies a small signed request, as SQS's client
// sends it.
func verification(tb testing.TB) func() {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "https://sqs.us-east-1.amazonaws.com/", nil)
	require.NoError(tb, err)
	for name, value := range map[string]string{
		"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.SendMessage", "Amz-Sdk-Request": "attempt=1; max=3",
		"Amz-Sdk-Invocation-Id": "0f6b1ad4-4f8c-4c7e-9e55-6f0f9e5a9d5e", "User-Agent": "aws-sdk-go-v2/1.47.7 os/linux lang/go#1.26 api/sqs#1.52.10",
	} {
		r.Header.Set(name, value)
	}
	now := time.Now()
	creds := aws.Credentials{AccessKeyID: floorKey, SecretAccessKey: floorSecret}
	require.NoError(tb, v4.NewSigner().SignHTTP(context.Background(), creds, r, sigv4.EmptyHash, "sqs", "us-east-1", now))
	verifier := new(sigv4.Verifier)
	return func() {
		s, err := sigv4.Parse(r)
		if err == nil {
			err = verifier.Verify(r, s, floorSecret, sigv4.EmptyHash, now)
		}
		require.NoError(tb, err)
	}
}

func BenchmarkVerification(b *testing.B) {
	verify := verification(b)
	b.ReportAllocs()
	for b.Loop() {
		verify()
	}
}

// TestSpeedOfVerification compares what verifying a signature costs with a whole
// call of a server that verifies none.
func TestSpeedOfVerification(t *testing.T) {
	if !*speed {
		t.Skip("-speed is not set: the time to verify a signature is not measured")
	}
	floor := getCallerIdentity(t, floorConfig(t, canned(learn(t, measurements[0])), false))
	check(t, 0.2, 200, floor, verification(t))
}
