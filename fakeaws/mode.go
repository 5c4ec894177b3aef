package fakeaws

import "fmt"

// Mode is what becomes of a call that the policies deny. Calls are
// authenticated in every mode.
type Mode int

const (
	// Strict refuses the call, as AWS does.
	Strict Mode = iota
	// Soft records the denial and lets the call pass.
	Soft
	// Off asks no policy: every authenticated caller may do what root may.
	Off
)

// String returns the name that ParseMode reads.
func (m Mode) String() string {
	switch m {
	case Strict:
		return "strict"
	case Soft:
		return "soft"
	case Off:
		return "off"
	}
	return fmt.Sprintf("Mode(%d)", int(m))
}

// ParseMode reads the name of a mode. A name that it does not know is an error,
// so that a typing mistake never switches enforcement off.
func ParseMode(name string) (Mode, error) {
	for _, m := range []Mode{Strict, Soft, Off} {
		if name == m.String() {
			return m, nil
		}
	}
	return Strict, fmt.Errorf("mode %q: want strict, soft or off", name)
}
