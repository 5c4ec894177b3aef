package fakeaws

import "maps"

// closedAccounts are the ids of closed accounts.
type closedAccounts map[string]bool

// CloseAccount ends all credentials of an account, those of its sessions included: AWS
// answers them as unknown keys. The account gets no new ones. What it has stays, but is
// not available: no policy of it shares it any more.
func (w *World) CloseAccount(id string) {
	s := w.state()
	s.mu.Lock()
	defer s.mu.Unlock()
	closed := closedAccounts{id: true}
	if before := s.closed.Load(); before != nil {
		maps.Copy(closed, *before)
	}
	s.closed.Store(&closed)
	for key, c := range s.credentials {
		if c.Caller.Account == id {
			delete(s.credentials, key)
		}
	}
}

// Closed reports whether an account was closed. It takes no lock: every decision asks.
func (w *World) Closed(id string) bool {
	closed := w.state().closed.Load()
	return closed != nil && (*closed)[id]
}
