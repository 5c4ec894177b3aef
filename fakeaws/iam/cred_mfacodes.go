package iam

import (
	"time"

	"github.com/leastpriv/leastpriv/internal/totp"
)

// syncWindow is how many steps a device's clock may be off when it is enabled or
// synchronized, codeWindow when a code is used. How far AWS goes is unverified.
const (
	syncWindow = 120
	codeWindow = 1
)

// synchronize finds the two consecutive codes near a time and measures by them
// how far the device's clock is off.
func (d *mfaDevice) synchronize(code1, code2 string, now time.Time) error {
	current := totp.Step(now)
	for distance := range int64(syncWindow + 1) {
		for _, drift := range []int64{-distance, distance} {
			// The second code is the newer one.
			if step := current + drift; totp.Code(d.secret, step) == code2 && totp.Code(d.secret, step-1) == code1 {
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
	current := totp.Step(now) + d.drift
	for step := max(current-codeWindow, d.used+1); step <= current+codeWindow; step++ {
		if totp.Code(d.secret, step) == code {
			return step, true
		}
	}
	return 0, false
}
