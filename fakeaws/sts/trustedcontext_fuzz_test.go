package sts

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Nobody but STS makes an assertion: whatever is sent is refused, unless it is one that
// was made.
func FuzzContextAssertion(f *testing.F) {
	now := time.Unix(1767225600, 0)
	s := newFake(fakeaws.NewWorld(fakeaws.Config{}))
	good, err := s.SealContext(TrustedContext{Keys: map[string]string{"identitystore:UserId": "alice"}, Expires: now.Add(time.Hour)})
	if err != nil {
		f.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add("assertion")
	f.Add(base64.RawURLEncoding.EncodeToString(raw[:12]))
	f.Fuzz(func(t *testing.T, text string) {
		// Each process of a fuzz run makes another one, of the same key.
		if c, err := s.openContext(text, now); err == nil && (len(c.Keys) != 1 || c.Keys["identitystore:UserId"] != "alice") {
			t.Fatalf("believed %q", text)
		}
	})
}
