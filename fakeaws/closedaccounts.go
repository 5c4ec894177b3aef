package fakeaws

import "maps"

// CloseAccount ends all credentials of an account, those of its sessions included: AWS
// answers them as unknown keys. The account gets no new ones. What it has stays, but is
// not available: no policy of it shares it any more.
func (w *World) CloseAccount(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	closed := map[string]bool{id: true}
	if before := w.closed.Load(); before != nil {
		maps.Copy(closed, *before)
	}
	w.closed.Store(&closed)
	for key, c := range w.credentials {
		if c.Caller.Account == id {
			delete(w.credentials, key)
		}
	}
}

// Closed reports whether an account was closed. It takes no lock: every decision asks.
func (w *World) Closed(id string) bool {
	closed := w.closed.Load()
	return closed != nil && (*closed)[id]
}
