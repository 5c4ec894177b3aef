package all_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/all"
)

// foreign is the root user of another account.
var foreign = aws.Credentials{AccessKeyID: "AKIAOTHERACCOUNT", SecretAccessKey: "secret"}

// A listening is a World behind a socket, with a bucket.
type listening struct {
	*fakeaws.World
	server *httptest.Server
}

func newListening(t *testing.T) *listening {
	t.Helper()
	return listen(t, newSignedWorld(t))
}

func listen(t *testing.T, w *fakeaws.World) *listening {
	t.Helper()
	_, err := w.AddAccount("444455556666", foreign.AccessKeyID, foreign.SecretAccessKey)
	require.NoError(t, err)
	server := httptest.NewServer(w.Door())
	t.Cleanup(server.Close)
	l := &listening{w, server}
	_, err = l.client(activeKey).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("bucket")})
	require.NoError(t, err)
	return l
}

func (l *listening) client(creds aws.Credentials) *s3.Client {
	return s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: &l.server.URL, UsePathStyle: true, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider(creds.AccessKeyID, creds.SecretAccessKey, creds.SessionToken),
	})
}

// put is the head of a presigned PUT of so many bytes, and a connection that has sent it.
func (l *listening) put(t *testing.T, creds aws.Credentials, bucket string, size int64, header string) (net.Conn, *bufio.Reader) {
	t.Helper()
	signed, err := s3.NewPresignClient(l.client(creds)).PresignPutObject(context.Background(), &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("key")})
	require.NoError(t, err)
	u, err := url.Parse(signed.URL)
	require.NoError(t, err)
	return l.send(t, fmt.Sprintf("PUT %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n%s\r\n", u.RequestURI(), u.Host, size, header))
}

// send opens a connection and sends the head of a request.
func (l *listening) send(t *testing.T, head string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", l.server.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	_, err = io.WriteString(conn, head)
	require.NoError(t, err)
	return conn, bufio.NewReader(conn)
}

const expect = "Expect: 100-continue\r\n"

// Who is refused is told so before the body is sent; who is not is asked for it.
func TestExpectContinue(t *testing.T) {
	t.Parallel()
	l := newListening(t)
	for name, tc := range map[string]struct {
		creds  aws.Credentials
		bucket string
		status int
	}{
		"wrong secret": {aws.Credentials{AccessKeyID: key, SecretAccessKey: "wrong"}, "bucket", http.StatusForbidden},
		"unknown key":  {aws.Credentials{AccessKeyID: "AKIAIOSFODNN7UNKNOWN", SecretAccessKey: "x"}, "bucket", http.StatusForbidden},
		"not allowed":  {foreign, "bucket", http.StatusForbidden},
		"no bucket":    {activeKey, "nobodys-bucket", http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			_, answers := l.put(t, tc.creds, tc.bucket, 1<<30, expect)
			resp, err := http.ReadResponse(answers, nil)
			require.NoError(t, err)
			defer resp.Body.Close()
			assert.Equal(t, tc.status, resp.StatusCode, "and not 100")
			assert.True(t, resp.Close, "the connection is of no use any more")
		})
	}
	t.Run("allowed", func(t *testing.T) {
		conn, answers := l.put(t, activeKey, "bucket", 4, expect)
		line, err := answers.ReadString('\n')
		require.NoError(t, err)
		assert.Equal(t, "HTTP/1.1 100 Continue\r\n", line)
		_, err = answers.ReadString('\n')
		require.NoError(t, err)
		_, err = io.WriteString(conn, "body")
		require.NoError(t, err)
		resp, err := http.ReadResponse(answers, nil)
		require.NoError(t, err)
		defer resp.Body.Close()
		assert.Equal(t, http.StatusOK, resp.StatusCode)
		assert.False(t, resp.Close)
	})
}

// A client that waits sends nothing of a large object that is refused. The SDK for Go
// does not: its requests are of no version of HTTP, and Go's client waits from 1.1 on.
// It gets its answer all the same.
func TestRefusedUploads(t *testing.T) {
	t.Parallel()
	l := newListening(t)
	var sent atomic.Int64
	transport := &http.Transport{
		ExpectContinueTimeout: time.Minute,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			return countingConn{conn, &sent}, err
		},
	}
	defer transport.CloseIdleConnections()
	put := func(creds aws.Credentials, client aws.HTTPClient) error {
		_, err := l.client(creds).PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String("bucket"), Key: aws.String("key"), Body: strings.NewReader(strings.Repeat("x", 3<<20)),
		}, func(o *s3.Options) { o.HTTPClient = client })
		return err
	}
	waiting := doFunc(func(r *http.Request) (*http.Response, error) {
		r.ProtoMajor, r.ProtoMinor = 1, 1
		return transport.RoundTrip(r)
	})
	require.ErrorContains(t, put(foreign, waiting), "AccessDenied")
	assert.Less(t, sent.Load(), int64(4096))
	require.NoError(t, put(activeKey, waiting))
	assert.Greater(t, sent.Load(), int64(3<<20))
	for range 20 {
		require.ErrorContains(t, put(foreign, &http.Client{Transport: transport}), "AccessDenied")
	}
}

type doFunc func(*http.Request) (*http.Response, error)

func (f doFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

// A countingConn counts what is written.
type countingConn struct {
	net.Conn
	sent *atomic.Int64
}

func (c countingConn) Write(p []byte) (int, error) {
	c.sent.Add(int64(len(p)))
	return c.Conn.Write(p)
}

// A body that was refused is read for a while, so that its sender gets to read the
// answer, but not without end.
func TestRefusedBodiesAreBounded(t *testing.T) {
	t.Parallel()
	l := newListening(t)
	wrong := aws.Credentials{AccessKeyID: key, SecretAccessKey: "wrong"}
	t.Run("small", func(t *testing.T) {
		conn, answers := l.put(t, wrong, "bucket", 1<<20, "")
		_, err := conn.Write(make([]byte, 1<<20))
		require.NoError(t, err)
		resp, err := http.ReadResponse(answers, nil)
		require.NoError(t, err)
		defer resp.Body.Close()
		assert.Equal(t, http.StatusForbidden, resp.StatusCode)
		assert.False(t, resp.Close, "the connection can be used again")
	})
	t.Run("large", func(t *testing.T) {
		conn, answers := l.put(t, wrong, "bucket", 1<<40, "")
		sent := make(chan int64)
		go func() {
			n, _ := io.Copy(conn, io.LimitReader(zeros{}, 1<<32)) // until the connection is closed
			sent <- n
		}()
		resp, err := http.ReadResponse(answers, nil)
		require.NoError(t, err)
		defer resp.Body.Close()
		assert.Equal(t, http.StatusForbidden, resp.StatusCode)
		assert.True(t, resp.Close)
		assert.Less(t, <-sent, int64(128<<20), "what is in the buffers of both sides comes on top")
	})
}

// Who is refused is told so at once, however slowly the body comes.
func TestRefusedBodiesAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	l := newListening(t)
	for name, header := range map[string]string{"with a length": "", "in chunks": "Transfer-Encoding: chunked\r\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wrong := aws.Credentials{AccessKeyID: key, SecretAccessKey: "wrong"}
			conn, answers := l.put(t, wrong, "bucket", 64<<20, header)
			start := time.Now()
			_, err := io.WriteString(conn, "4\r\nbody\r\n")
			require.NoError(t, err)
			resp, err := http.ReadResponse(answers, nil)
			require.NoError(t, err)
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			assert.Contains(t, string(body), "SignatureDoesNotMatch")
			assert.Less(t, time.Since(start), 4*time.Second, "the answer came while the door was waiting for more")
			assert.True(t, resp.Close)
			_, err = answers.ReadByte()
			assert.ErrorIs(t, err, io.EOF, "the connection is closed")
		})
	}
}

// A body that is wanted is waited for, but not for ever: neither one that does not come
// nor one that comes byte by byte.
func TestSlowBodies(t *testing.T) {
	t.Parallel()
	w := all.NewWorld(fakeaws.Config{BodyTimeout: time.Second})
	_, err := w.AddAccount(account, key, secret)
	require.NoError(t, err)
	l := listen(t, w)
	for name, trickle := range map[string]bool{"idle": false, "byte by byte": true} {
		for service, start := range map[string]func(*testing.T) (net.Conn, *bufio.Reader){
			"s3": func(t *testing.T) (net.Conn, *bufio.Reader) { return l.put(t, activeKey, "bucket", 1<<20, "") },
			"sqs": func(t *testing.T) (net.Conn, *bufio.Reader) {
				return l.send(t, "POST / HTTP/1.1\r\nHost: sqs.us-east-1.amazonaws.com\r\nContent-Length: 1000\r\n\r\n")
			},
		} {
			t.Run(service+" "+name, func(t *testing.T) {
				t.Parallel()
				conn, answers := start(t)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if trickle {
					go func() {
						for ctx.Err() == nil {
							_, _ = conn.Write([]byte("x"))
							time.Sleep(50 * time.Millisecond)
						}
					}()
				}
				resp, err := http.ReadResponse(answers, nil)
				require.NoError(t, err)
				defer resp.Body.Close()
				body, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				assert.Equal(t, http.StatusBadRequest, resp.StatusCode)
				assert.Contains(t, string(body), "RequestTimeout")
				assert.True(t, resp.Close)
			})
		}
	}
	t.Run("slow enough", func(t *testing.T) {
		t.Parallel()
		conn, answers := l.put(t, activeKey, "bucket", 8<<10, "")
		for range 8 {
			time.Sleep(250 * time.Millisecond)
			_, err := conn.Write(make([]byte, 1<<10))
			require.NoError(t, err)
		}
		resp, err := http.ReadResponse(answers, nil)
		require.NoError(t, err)
		defer resp.Body.Close()
		assert.Equal(t, http.StatusOK, resp.StatusCode)
		assert.False(t, resp.Close)
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
