package sigv4

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/leastpriv/leastpriv/internal/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// multiRegion names a Multi-Region Access Point, the one thing for which the S3
// client signs with SigV4A.
const multiRegion = "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap"

// asymmetricClient is an S3 client whose requests end in send.
func asymmetricClient(token string, send func(*http.Request) error) *s3.Client {
	return s3.NewFromConfig(aws.Config{
		Region: "us-east-1", Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: credentials.NewStaticCredentialsProvider(exampleKey, exampleSecret, token),
		HTTPClient: doFunc(func(r *http.Request) (*http.Response, error) {
			if err := send(r); err != nil {
				return nil, err
			}
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
		}),
	})
}

// drawAsymmetric draws what the SDK signs with SigV4A.
func drawAsymmetric(t *rapid.T) sdkRequest {
	out := sdkRequest{at: time.Now(), token: rapid.SampledFrom([]string{"", "FwoGZXIvYXdzE+/=="}).Draw(t, "token")}
	client := asymmetricClient(out.token, func(r *http.Request) error {
		out.r = r.Clone(context.Background())
		if r.ContentLength > 0 {
			out.r.Body = io.NopCloser(strings.NewReader(strings.Repeat("x", int(r.ContentLength))))
		}
		return nil
	})
	key := "k" + rapid.StringMatching(`[ -~ä€/]{0,20}`).Draw(t, "key")
	get := &s3.GetObjectInput{Bucket: aws.String(multiRegion), Key: &key, Range: aws.String("bytes=0-1"), ResponseContentType: aws.String("a/b")}
	var err error
	switch rapid.SampledFrom([]string{"get", "put", "presigned"}).Draw(t, "call") {
	case "get":
		_, err = client.GetObject(context.Background(), get)
	case "put":
		_, err = client.PutObject(context.Background(), &s3.PutObjectInput{Bucket: aws.String(multiRegion), Key: &key, Body: strings.NewReader("body"), Metadata: map[string]string{"a": "b  c"}})
	case "presigned":
		// The client encodes the path of such a URL twice, which S3 does not: the
		// signature is the one of another key.
		key = "k" + rapid.StringMatching(`[a-zA-Z0-9/._~-]{0,20}`).Draw(t, "plain key")
		var signed *v4.PresignedHTTPRequest
		signed, err = s3.NewPresignClient(client).PresignGetObject(context.Background(), get)
		require.NoError(t, err)
		out.r, err = http.NewRequest(signed.Method, signed.URL, nil)
		require.NoError(t, err)
		out.r.Header.Set("Range", "bytes=0-1")
	}
	require.NoError(t, err)
	assert.Contains(t, out.r.Header.Get("Authorization")+out.r.URL.RawQuery, algorithmECDSA)
	return out
}

// What the SDK signs with SigV4A verifies, in process and over a socket; with any
// byte of it changed it does not.
func whateverTheSDKSignsAsymmetrically(t *rapid.T) {
	var v Verifier
	signed := drawAsymmetric(t)
	require.NoError(t, signed.check(&v, exampleSecret))
	signed.r = overTheWire(t, signed.r)
	require.NoError(t, signed.check(&v, exampleSecret))
	require.Error(t, signed.check(&v, exampleSecret+"x"))
	what := rapid.SampledFrom(mutations).Draw(t, "mutation")
	changed := signed
	changed.r = signed.r.Clone(context.Background())
	if what.change(t, &changed) {
		require.Error(t, changed.check(&v, exampleSecret), what.name)
	}
}

func TestWhateverTheSDKSignsAsymmetrically(t *testing.T) {
	t.Parallel()
	rapid.Check(t, whateverTheSDKSignsAsymmetrically)
}

func FuzzWhateverTheSDKSignsAsymmetrically(f *testing.F) {
	f.Fuzz(neverEnding(whateverTheSDKSignsAsymmetrically))
}

func TestRegionSet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		set, region string
		want        bool
	}{
		{"us-east-1", "us-east-1", true},
		{"us-east-1", "us-east-2", false},
		{"us-east-1,eu-west-1", "eu-west-1", true},
		{"us-east-1, eu-west-1", "eu-west-1", true},
		{"*", "eu-west-1", true},
		{"us-*", "us-west-2", true},
		{"us-*", "eu-west-1", false},
		{"*-west-*", "eu-west-1", true},
		{"*-west-2", "eu-west-1", false},
		{"us-*-1", "us-west-1", true},
		{"us-*-1", "us-1", false},
		{"us-**1", "us-1", true},
		{"", "us-east-1", false},
		{"US-EAST-1", "us-east-1", false},
		{strings.Repeat("*a", 500), strings.Repeat("a", 400) + "b", false},
	} {
		s := &Signature{algorithm: algorithmECDSA, RegionSet: c.set}
		assert.Equal(t, c.want, s.Covers(c.region), "%s of %s", c.region, c.set)
	}
	s := &Signature{algorithm: algorithm, Region: "us-east-1"}
	assert.True(t, s.Covers("us-east-1"))
	assert.False(t, s.Covers("us-east-2"))

	const header = "AWS4-ECDSA-P256-SHA256 Credential=AKID/20130524/sqs/aws4_request, SignedHeaders=host;x-amz-date;x-amz-region-set, Signature=00"
	parse := func(set, header string) (*Signature, error) {
		return Parse(newRequest(t, "GET", "https://h/", "X-Amz-Date:20130524T000000Z", "X-Amz-Region-Set:"+set, "Authorization:"+header))
	}
	s, err := parse("eu-west-1", header)
	require.NoError(t, err)
	assert.Equal(t, "eu-west-1", s.Region, "the only one")
	s, err = parse("eu-west-1,us-*", header)
	require.NoError(t, err)
	assert.Empty(t, s.Region)
	assert.Equal(t, words{403, "SignatureDoesNotMatch", "Credential should be scoped to a valid region, not 'eu-west-1,us-*'. "}, wordsOf(s.WrongRegion("ap-south-1").For(Query)))
	for name, c := range map[string][2]string{
		"none":          {"", header},
		"not signed":    {"us-east-1", strings.Replace(header, ";x-amz-region-set", "", 1)},
		"too long":      {strings.Repeat("*", maxRegionSet+1), header},
		"with a region": {"us-east-1", strings.Replace(header, "/sqs/", "/us-east-1/sqs/", 1)},
	} {
		_, err := parse(c[0], c[1])
		assert.Equal(t, Malformed, reasonOf(t, err), name)
	}
	_, err = Parse(newRequest(t, "GET", strings.NewReplacer("HMAC-", "ECDSA-P256-", "us-east-1%2F", "").Replace(presignedURL())))
	assert.Equal(t, Malformed, reasonOf(t, err), "a URL without a region set")
}

// The key pair of AWS's own test of the derivation, in the SDK for Go.
func TestPublicKey(t *testing.T) {
	t.Parallel()
	k := publicKey("AKISORANDOMAASORANDOM", "q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom")
	point, err := k.Bytes()
	require.NoError(t, err)
	assert.Equal(t, "0415d242ceebf8d8169fd6a8b5a746c41140414c3b07579038da06af89190fffcb0515242cedd82e94799482e4c0514b505afccf2c0c98d6a553bf539f424c5ec0", hex.EncodeToString(point))
}

// plainPrivateKey derives the key pair with big numbers alone.
func plainPrivateKey(accessKeyID, secret string) *ecdsa.PrivateKey {
	d := new(big.Int).SetBytes(plainHMAC([]byte("AWS4A"+secret), "\x00\x00\x00\x01AWS4-ECDSA-P256-SHA256\x00"+accessKeyID+"\x01\x00\x00\x01\x00"))
	d.Add(d, big.NewInt(1))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d.FillBytes(make([]byte, 32)))
	if err != nil {
		panic(err)
	}
	return key
}

func signPrivately(t *testing.T, text string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(text))
	sig, err := ecdsa.SignASN1(rand.Reader, plainPrivateKey(exampleKey, exampleSecret), sum[:])
	require.NoError(t, err)
	return hex.EncodeToString(sig)
}

// asymmetricUpload makes a signed chunked upload, whose signatures are padded to
// one length as AWS's signers do it.
func asymmetricUpload(t *testing.T, kind string, chunks ...string) (*http.Request, string) {
	t.Helper()
	const scope = "AWS4-ECDSA-P256-SHA256%s\n20130524T000000Z\n20130524/s3/aws4_request\n"
	length := 0
	for _, c := range chunks {
		length += len(c)
	}
	headers := []string{"host:b.s3.amazonaws.com", "x-amz-content-sha256:" + kind, "x-amz-date:20130524T000000Z", "x-amz-decoded-content-length:" + strconv.Itoa(length), "x-amz-region-set:*"}
	signed := "host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-region-set"
	if strings.HasSuffix(kind, "TRAILER") {
		headers = append(headers, "x-amz-trailer:x-amz-checksum-crc32")
		signed += ";x-amz-trailer"
	}
	canonical := "PUT\n/k\n\n" + strings.Join(headers, "\n") + "\n\n" + signed + "\n" + kind
	prev := signPrivately(t, strings.Replace(scope, "%s", "", 1)+Hash([]byte(canonical)))
	r := newRequest(t, "PUT", "https://b.s3.amazonaws.com/k", append(headers[1:], "Authorization:AWS4-ECDSA-P256-SHA256 Credential="+exampleKey+"/20130524/s3/aws4_request, SignedHeaders="+signed+", Signature="+prev)...)
	var body strings.Builder
	for _, c := range append(chunks, "") {
		prev = signPrivately(t, strings.Replace(scope, "%s", "-PAYLOAD", 1)+prev+"\n"+EmptyHash+"\n"+Hash([]byte(c)))
		body.WriteString(strconv.FormatInt(int64(len(c)), 16) + ";chunk-signature=" + prev + strings.Repeat("*", maxDigits-len(prev)) + "\r\n" + c)
		if c != "" {
			body.WriteString("\r\n")
		}
	}
	if strings.HasSuffix(kind, "TRAILER") {
		const trailer = "x-amz-checksum-crc32:NhCmhg=="
		body.WriteString(trailer + "\r\nx-amz-trailer-signature:" + signPrivately(t, strings.Replace(scope, "%s", "-TRAILER", 1)+prev+"\n"+Hash([]byte(trailer+"\n"))) + "\r\n")
	}
	body.WriteString("\r\n")
	r.ContentLength = int64(body.Len())
	return r, body.String()
}

func TestAsymmetricChunks(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", minChunk)
	for _, kind := range []string{StreamingECDSA, StreamingECDSATrailer} {
		r, body := asymmetricUpload(t, kind, big, "hello")
		got, b, err := readStream(r, []byte(body))
		require.NoError(t, err)
		assert.Equal(t, big+"hello", string(got))
		if kind == StreamingECDSATrailer {
			assert.Equal(t, []wire.Field{{Name: "x-amz-checksum-crc32", Value: "NhCmhg=="}}, b.Trailer())
			_, _, err = readStream(r, []byte(strings.Replace(body, "NhCmhg", "NhCmhh", 1)))
			assert.Equal(t, BadSignature, reasonOf(t, err))
		}
		for _, change := range [][2]string{{"hello", "hellp"}, {"xxxx\r\n", "xxxy\r\n"}} {
			_, _, err = readStream(r, []byte(strings.Replace(body, change[0], change[1], 1)))
			assert.Equal(t, BadSignature, reasonOf(t, err))
		}
	}
	// The body is of the kind that the request is signed for.
	r, _ := asymmetricUpload(t, StreamingSigned)
	_, _, err := readStream(r, nil)
	assert.Equal(t, InvalidContentHash, reasonOf(t, err))
	r = upload(t, "", "X-Amz-Content-Sha256:"+StreamingECDSA, "X-Amz-Decoded-Content-Length:0")
	sign(t, r, testCreds, "s3", StreamingECDSA)
	_, _, err = readStream(r, nil)
	assert.Equal(t, InvalidContentHash, reasonOf(t, err))
}

func BenchmarkVerifyAsymmetric(b *testing.B) {
	var r *http.Request
	client := asymmetricClient("", func(sent *http.Request) error { r = sent; return io.EOF })
	_, _ = client.GetObject(context.Background(), &s3.GetObjectInput{Bucket: aws.String(multiRegion), Key: aws.String("k")})
	var v Verifier
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		s, err := Parse(r)
		if err == nil {
			err = v.Verify(r, s, exampleSecret, "", now)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
