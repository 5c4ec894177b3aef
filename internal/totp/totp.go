// Package totp makes the codes of MFA devices: those of RFC 6238 with SHA-1, six
// digits and a new code every 30 seconds.
package totp

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"time"
)

const (
	period = 30 * time.Second
	modulo = 1_000_000
)

// Step is the number of the time step of RFC 6238.
func Step(t time.Time) int64 { return t.Unix() / int64(period/time.Second) }

// Code is the code of a time step.
func Code(secret []byte, step int64) string {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	mac := hmac.New(sha1.New, secret)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[offset:])&0x7fffffff%modulo)
}
