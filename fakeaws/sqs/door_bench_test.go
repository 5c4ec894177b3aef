package sqs_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/leastpriv/leastpriv/internal/sigv4"
	"github.com/stretchr/testify/require"
)

// What a call costs from the door to its answer, without the client: a request that
// is signed once is sent again and again.
func BenchmarkDoor(b *testing.B) {
	c := newCloud(b)
	out, err := c.root().CreateQueue(b.Context(), &awssqs.CreateQueueInput{QueueName: aws.String("jobs")})
	require.NoError(b, err)
	user := c.userKey(owner, "worker", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:SendMessage","sqs:ReceiveMessage","sqs:DeleteMessage"],"Resource":"`+queueARN+`"}]}`)
	key, err := user.Retrieve(b.Context())
	require.NoError(b, err)
	for target, body := range map[string]string{
		"SendMessage":    `{"QueueUrl":"` + *out.QueueUrl + `","MessageBody":"hello"}`,
		"ReceiveMessage": `{"QueueUrl":"` + *out.QueueUrl + `"}`,
	} {
		r := httptest.NewRequest(http.MethodPost, "https://sqs.us-east-1.amazonaws.com/", nil)
		r.RequestURI = ""
		r.Header.Set("Content-Type", "application/x-amz-json-1.0")
		r.Header.Set("X-Amz-Target", "AmazonSQS."+target)
		require.NoError(b, v4.NewSigner().SignHTTP(b.Context(), key, r, sigv4.Hash([]byte(body)), "sqs", region, time.Now()))
		b.Run(target, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
				resp, err := c.Door().RoundTrip(r)
				require.NoError(b, err)
				require.Equal(b, 200, resp.StatusCode)
				_ = resp.Body.Close()
			}
		})
	}
}
