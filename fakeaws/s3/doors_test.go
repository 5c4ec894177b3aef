package s3_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/internal/sdkclient"
)

// A way is how clients reach S3: the door that they come in through, and where they
// name the bucket.
type way struct{ socket, path bool }

func (w way) String() string {
	door, style := "in process", "virtual host"
	if w.socket {
		door = "socket"
	}
	if w.path {
		style = "path"
	}
	return door + ", " + style
}

// throughDoors runs a story through both doors and in both styles of addressing, all
// at the same time.
func throughDoors(t *testing.T, story func(t *testing.T, a *account)) {
	t.Helper()
	for _, w := range []way{{}, {path: true}, {socket: true}, {socket: true, path: true}} {
		t.Run(w.String(), func(t *testing.T) {
			t.Parallel()
			story(t, newAccountBy(t, w))
		})
	}
}

// An entrance is an open door.
type entrance struct {
	way
	http aws.HTTPClient
	url  string // of the socket, where requests name it
}

// enter opens a door of the World. The socket that paths lead to is a test's server,
// with a URL of its own. The one that hosts lead to speaks TLS, and every name of AWS
// is its name, as with a DNS of one's own.
func (a *account) enter(w way) entrance {
	door := a.world.Door()
	if !w.socket {
		return entrance{way: w, http: door}
	}
	server := httptest.NewUnstartedServer(door)
	e := entrance{way: w}
	if w.path {
		server.Start()
		e.url = server.URL
	} else {
		server.StartTLS()
	}
	a.t.Cleanup(server.Close)
	transport := server.Client().Transport.(*http.Transport).Clone()
	if !w.path {
		transport.TLSClientConfig.ServerName = "example.com" // of the test's certificate
	}
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
	client := sdkclient.SocketOver(transport)
	a.t.Cleanup(client.Close)
	e.http = client
	return e
}

// address is where clients without an SDK find a bucket or an object.
func (e entrance) address(bucket, key string) string {
	switch {
	case e.url != "":
		return e.url + "/" + bucket + "/" + key
	case e.path:
		return "https://s3.us-east-1.amazonaws.com/" + bucket + "/" + key
	}
	return "https://" + bucket + ".s3.us-east-1.amazonaws.com/" + key
}

// secure reports whether bodies that cannot be read twice may be sent: the SDK signs
// those only by TLS.
func (e entrance) secure() bool { return !strings.HasPrefix(e.url, "http:") }

// s3 leads clients of S3 to the door, control those of its other API.
func (e entrance) s3(o *awss3.Options) {
	o.HTTPClient, o.UsePathStyle = e.http, e.path
	if e.url != "" {
		o.BaseEndpoint = &e.url
	}
}

func (e entrance) control(o *s3control.Options) {
	o.HTTPClient = e.http
	if e.url != "" { // an account's number and an address make no host
		o.BaseEndpoint = aws.String("http://s3.test")
	}
}

func TestEveryWayIsTaken(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		rec := &recorder{HTTPClient: a.http}
		a.bucket("bucket")
		_, err := a.root.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")}, func(o *awss3.Options) { o.HTTPClient = rec })
		require.NoError(t, err)
		url := *rec.last.Request.URL
		url.RawQuery = ""
		require.Equal(t, a.address("bucket", "key"), url.String())
		require.Equal(t, a.socket && a.secure(), rec.last.TLS != nil)
	})
}
