package sigv4

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/leastpriv/leastpriv/internal/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The credentials of AWS's published examples.
const (
	exampleKey    = "AKIAIOSFODNN7EXAMPLE"
	exampleSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

var exampleTime = time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)

// newRequest makes a request as a server sees it.
func newRequest(t testing.TB, method, url string, headers ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	require.NoError(t, err)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ":")
		r.Header.Add(name, value)
	}
	return r
}

// verify parses and verifies in one step.
func verify(r *http.Request, secret, bodyHash string, now time.Time) error {
	s, err := Parse(r)
	if err != nil {
		return err
	}
	return new(Verifier).Verify(r, s, secret, bodyHash, now)
}

// The examples of "Signature Calculations for the Authorization Header:
// Transferring Payload in a Single Chunk" and "Authenticating Requests: Using
// Query Parameters" in the Amazon S3 API Reference, and of "Create a signed AWS
// API request" in the IAM User Guide.
func TestPublishedExamples(t *testing.T) {
	t.Parallel()
	const scope = "AWS4-HMAC-SHA256 Credential=" + exampleKey + "/20130524/us-east-1/s3/aws4_request,"
	for _, c := range []struct {
		name   string
		r      *http.Request
		secret string
		at     time.Time
	}{
		{"get object", newRequest(t, "GET", "https://examplebucket.s3.amazonaws.com/test.txt",
			"Range:bytes=0-9", "X-Amz-Content-Sha256:"+EmptyHash, "X-Amz-Date:20130524T000000Z",
			"Authorization:"+scope+"SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"), exampleSecret, exampleTime},
		{"put object", newRequest(t, "PUT", "https://examplebucket.s3.amazonaws.com/test$file.text",
			"Date:Fri, 24 May 2013 00:00:00 GMT", "X-Amz-Date:20130524T000000Z", "X-Amz-Storage-Class:REDUCED_REDUNDANCY",
			"X-Amz-Content-Sha256:44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
			"Authorization:"+scope+"SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"), exampleSecret, exampleTime},
		{"get bucket lifecycle", newRequest(t, "GET", "https://examplebucket.s3.amazonaws.com/?lifecycle",
			"X-Amz-Date:20130524T000000Z", "X-Amz-Content-Sha256:"+EmptyHash,
			"Authorization:"+scope+"SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"), exampleSecret, exampleTime},
		{"list objects", newRequest(t, "GET", "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J",
			"X-Amz-Date:20130524T000000Z", "X-Amz-Content-Sha256:"+EmptyHash,
			"Authorization:"+scope+"SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"), exampleSecret, exampleTime},
		{"presigned", newRequest(t, "GET", "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"), exampleSecret, exampleTime},
		{"iam list users", newRequest(t, "GET", "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
			"Content-Type:application/x-www-form-urlencoded; charset=utf-8", "X-Amz-Date:20150830T123600Z",
			"Authorization:AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"),
			"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, verify(c.r, c.secret, EmptyHash, c.at))

			// The example page's credentials are not the ones of another secret.
			var e *Error
			require.ErrorAs(t, verify(c.r, c.secret+"x", EmptyHash, c.at), &e)
			assert.Equal(t, BadSignature, e.Reason)
		})
	}
}

// streamingExample is the PUT of 65 KiB of "a" in chunks of 64 KiB, from the
// pages "Transferring Payload in Multiple Chunks" and "Including Trailing
// Headers".
func streamingExample(t testing.TB, trailer bool) (*http.Request, []byte) {
	r := newRequest(t, "PUT", "https://s3.amazonaws.com/examplebucket/chunkObject.txt",
		"X-Amz-Date:20130524T000000Z", "X-Amz-Storage-Class:REDUCED_REDUNDANCY",
		"Content-Encoding:aws-chunked", "X-Amz-Decoded-Content-Length:66560")
	signatures := []string{
		"ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
		"0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
		"b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
	}
	names, seed, end := "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class",
		"4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9", "\r\n"
	r.ContentLength = 66824
	r.Header.Set("X-Amz-Content-Sha256", StreamingSigned)
	if trailer {
		signatures = []string{
			"b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
			"1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
			"2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
		}
		names, seed = "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer",
			"106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
		end = "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"
		r.ContentLength = -1
		r.Header.Set("X-Amz-Content-Sha256", StreamingSignedTrailer)
		r.Header.Set("X-Amz-Trailer", "x-amz-checksum-crc32c")
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+exampleKey+"/20130524/us-east-1/s3/aws4_request,SignedHeaders="+names+",Signature="+seed)
	var body bytes.Buffer
	body.WriteString("10000;chunk-signature=" + signatures[0] + "\r\n" + strings.Repeat("a", 65536) + "\r\n")
	body.WriteString("400;chunk-signature=" + signatures[1] + "\r\n" + strings.Repeat("a", 1024) + "\r\n")
	body.WriteString("0;chunk-signature=" + signatures[2] + "\r\n" + end)
	return r, body.Bytes()
}

// readStream verifies the request and reads its body.
func readStream(r *http.Request, body []byte) ([]byte, *Body, error) {
	s, err := Parse(r)
	if err != nil {
		return nil, nil, err
	}
	if err := new(Verifier).Verify(r, s, exampleSecret, "", exampleTime); err != nil {
		return nil, nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	b, err := NewBody(r, s)
	if err != nil {
		return nil, nil, err
	}
	got, err := io.ReadAll(b)
	return got, b, err
}

func TestPublishedStreamingExamples(t *testing.T) {
	t.Parallel()
	for _, trailer := range []bool{false, true} {
		r, body := streamingExample(t, trailer)
		got, b, err := readStream(r, body)
		require.NoError(t, err)
		assert.Equal(t, bytes.Repeat([]byte("a"), 66560), got)
		assert.EqualValues(t, 66560, b.Length)
		if trailer {
			assert.Equal(t, []wire.Field{{Name: "x-amz-checksum-crc32c", Value: "sOO8/Q=="}}, b.Trailer())
		} else {
			assert.Len(t, body, 66824, "the page's Content-Length")
			assert.Nil(t, b.Trailer())
		}
		require.NoError(t, b.Close())
	}
}
