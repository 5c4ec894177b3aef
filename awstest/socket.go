package awstest

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"sync"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/sdkclient"
)

// socket is a World's listener and the client for it. To listen takes longer than all else
// that New does, and most tests never ask for the URL: so it waits until one does.
type socket struct {
	world *fakeaws.World
	// server and client are nil while nothing listens.
	server *httptest.Server
	client *socketClient

	// asked and ended are closed, one of them and once, when the URL is wanted and when the
	// test is over; opened is closed when something listens.
	once                 sync.Once
	asked, ended, opened chan struct{}
}

// newSocket makes a socket that listens now, or when it is asked for its URL. Then another
// goroutine listens, which waits for that: what is asked inside a synctest bubble must not
// start a server there, whose goroutines would stop virtual time.
func newSocket(w *fakeaws.World, now bool) *socket {
	s := &socket{world: w}
	if now {
		s.listen()
		return s
	}
	s.asked, s.ended, s.opened = make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		select {
		case <-s.asked:
			s.listen()
			close(s.opened)
		case <-s.ended:
		}
	}()
	return s
}

func (s *socket) listen() {
	s.server = httptest.NewUnstartedServer(s.world.Door())
	// It speaks no TLS, so no HTTP/2 either, which takes some time to prepare.
	s.server.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
	s.server.Start()
	s.client = &socketClient{sdkclient.NewSocket(), s.world}
}

// url returns the address of the socket, "" once the test is over.
func (s *socket) url() string {
	if s.asked != nil {
		s.once.Do(func() {
			close(s.asked)
			<-s.opened
		})
	}
	if s.server == nil {
		return ""
	}
	return s.server.URL
}

func (s *socket) close() {
	if s.asked != nil {
		s.once.Do(func() { close(s.ended) })
	}
	if s.server != nil {
		s.client.Close()
		s.server.Close()
	}
}
