package awstest

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/sdkclient"
)

// socket is a World's listener and the client for it. To listen takes longer than all else
// that New does, and most tests never ask for the URL: so it waits until one does.
type socket struct {
	world *fakeaws.World
	door  fakeaws.Door // the World's own, or that of a VPC endpoint

	mu     sync.Mutex
	closed bool
	// server and client are nil while nothing listens.
	server *httptest.Server
	client *socketClient
}

func (s *socket) listen() {
	s.server = httptest.NewUnstartedServer(s.door)
	// It speaks no TLS, so no HTTP/2 either, which takes some time to prepare.
	s.server.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
	s.server.Start()
	s.client = &socketClient{sdkclient.NewSocket(), s.world}
}

// url returns the address of the socket, "" once the test is over. It is false inside a
// synctest bubble where nothing listens yet: the goroutines of a server that is started there
// would stop the bubble's time.
func (s *socket) url() (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server == nil {
		switch {
		case s.closed:
			return "", true
		case time.Now().Before(started):
			return "", false
		}
		s.listen()
	}
	return s.server.URL, true
}

// started is before every time outside of synctest bubbles, whose clocks begin in 2000. It
// has no monotonic reading, which theirs have too.
var started = time.Now().Round(0)

func (s *socket) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed = true; s.server != nil {
		s.client.Close()
		s.server.Close()
	}
}
