package iam

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"time"
)

// AWS's virtual MFA devices are those of RFC 6238: SHA-1, six digits, a new code
// every 30 seconds.
const (
	totpStep   = 30 * time.Second
	totpModulo = 1_000_000
	// syncWindow is how many steps a device's clock may be off when it is enabled
	// or synchronized, codeWindow when a code is used. How far AWS goes is
	// unverified.
	syncWindow = 120
	codeWindow = 1
)

// stepAt is the number of the time step of RFC 6238.
func stepAt(t time.Time) int64 { return t.Unix() / int64(totpStep/time.Second) }

// totp is the code of a time step.
func totp(secret []byte, step int64) string {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	mac := hmac.New(sha1.New, secret)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[offset:])&0x7fffffff%totpModulo)
}

// synchronize finds the two consecutive codes near a time and learns from them
// how far the device's clock is off.
func (d *mfaDevice) synchronize(code1, code2 string, now time.Time) error {
	current := stepAt(now)
	for distance := range int64(syncWindow + 1) {
		for _, drift := range []int64{-distance, distance} {
			// The second code is the newer one.
			if step := current + drift; totp(d.secret, step) == code2 && totp(d.secret, step-1) == code1 {
				d.drift, d.used = drift, step
				return nil
			}
		}
	}
	return invalidCode()
}

// stepOf finds the time step of a code that can be used: a new one, because
// each code counts once.
func (d *mfaDevice) stepOf(code string, now time.Time) (int64, bool) {
	current := stepAt(now) + d.drift
	for step := max(current-codeWindow, d.used+1); step <= current+codeWindow; step++ {
		if totp(d.secret, step) == code {
			return step, true
		}
	}
	return 0, false
}
