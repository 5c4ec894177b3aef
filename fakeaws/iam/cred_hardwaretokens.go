package iam

import (
	"errors"
	"fmt"
	"strings"
)

// A hardware token shows codes as a virtual device does. AWS knows the seeds of
// the tokens that are sold for it by their serial numbers; a World knows those
// that a test has told it of.

// AddHardwareToken adds a hardware MFA token to the World: its serial number, as it
// is printed on the token, and its seed. Any account may then give the
// token to one of its users with EnableMFADevice.
func (s *Fake) AddHardwareToken(serial string, seed []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, known := s.tokens[serial]
	switch {
	case known:
		return fmt.Errorf("the World has a hardware token %s already", serial)
	case strings.HasPrefix(serial, "arn:"):
		return fmt.Errorf("%s is the serial number of a virtual device: CreateVirtualMFADevice makes one", serial)
	case len(seed) == 0:
		return errors.New("a hardware token has a seed")
	}
	if s.tokens == nil {
		s.tokens = make(map[string]*mfaDevice)
	}
	s.tokens[serial] = &mfaDevice{serial: serial, secret: seed}
	return nil
}

// device finds the MFA device that EnableMFADevice names: a virtual one of the
// account, or a hardware token.
func (s *Fake) device(a *account, serial string) (*mfaDevice, error) {
	if d, ok := s.tokens[serial]; ok {
		return d, nil
	}
	return a.virtualDevice(serial)
}
