package fakeaws

// CloseAccount ends all credentials of an account, those of its sessions included: AWS
// answers them as unknown keys. The account gets no new ones.
func (w *World) CloseAccount(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed == nil {
		w.closed = make(map[string]bool)
	}
	w.closed[id] = true
	for key, c := range w.credentials {
		if c.Caller.Account == id {
			delete(w.credentials, key)
		}
	}
}

// Closed reports whether an account was closed.
func (w *World) Closed(id string) bool {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.closed[id]
}
