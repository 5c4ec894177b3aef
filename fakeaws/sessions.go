package fakeaws

import (
	"container/heap"
	"time"

	"github.com/leastpriv/leastpriv/enforce"
)

// maxSessions is how many temporary credentials a World keeps in any case. Beyond
// it, those that expired first are forgotten when new ones are made: a server
// that runs for days must not grow for ever. AWS forgets none, because its
// session tokens say all; here one that is forgotten is an unknown key.
const maxSessions = 4096

// AddSession stores temporary credentials.
func (w *World) AddSession(c *Credential) {
	now := w.clock.Now()
	s := w.state()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.credentials[c.AccessKeyID] = c
	heap.Push(&s.sessions, expiry{c.Caller.Session.Expires, c.AccessKeyID})
	for len(s.sessions) > maxSessions && !now.Before(s.sessions[0].at) {
		delete(s.credentials, heap.Pop(&s.sessions).(expiry).accessKeyID)
	}
}

// expiries has the sessions of a World; the one that expires first is the first.
type expiries []expiry

// An expiry is when temporary credentials expire.
type expiry struct {
	at          time.Time
	accessKeyID string
}

func (e expiries) Len() int           { return len(e) }
func (e expiries) Less(i, j int) bool { return e[i].at.Before(e[j].at) }
func (e expiries) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *expiries) Push(x any)        { *e = append(*e, x.(expiry)) }

func (e *expiries) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	*e = (*e)[:last]
	return x
}

// ofRoot reports whether the caller is a federated user whom the root user sent.
func (c *Caller) ofRoot() bool {
	return c.Type == enforce.FederatedUser && c.IssuerARN == ARN("iam", "", c.Account, "root")
}

// everything is what the root user hands on to a federated user: all that the
// session policies allow.
var everything = []*enforce.Policy{enforce.MustParse(
	`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, enforce.IdentityPolicy)}
