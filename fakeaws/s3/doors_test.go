package s3_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
)

// throughDoors runs a story in the process, and over a socket with bucket names
// in paths.
func throughDoors(t *testing.T, story func(t *testing.T, a *account)) {
	t.Helper()
	t.Run("in process", func(t *testing.T) {
		t.Parallel()
		story(t, newAccount(t))
	})
	t.Run("socket", func(t *testing.T) {
		t.Parallel()
		a := newAccount(t)
		server := httptest.NewServer(a.world.Door())
		t.Cleanup(server.Close)
		client := &http.Client{Transport: &http.Transport{}}
		t.Cleanup(client.CloseIdleConnections)
		overSocket := func(o *awss3.Options) {
			o.BaseEndpoint, o.UsePathStyle, o.HTTPClient = aws.String(server.URL), true, client
		}
		a.options = append(a.options, overSocket)
		a.root, a.user = awss3.New(a.root.Options(), overSocket), awss3.New(a.user.Options(), overSocket)
		story(t, a)
	})
}
