//go:build race

package enforce

// raceEnabled: sync.Pool drops what it is given at random under the race detector.
const raceEnabled = true
