package secretsmanager

import (
	"encoding/hex"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) passwordOps() []fakeaws.Op {
	return []fakeaws.Op{fakeaws.Bind(s.getRandomPassword)}
}

// The characters of passwords by their types, and the length where none is asked for.
const (
	lowercase     = "abcdefghijklmnopqrstuvwxyz"
	uppercase     = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	numbers       = "0123456789"
	punctuation   = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
	space         = " "
	defaultLength = 32
)

// getRandomPassword makes a password, of the World's ids. It needs a permission on no
// resource.
func (s *Fake) getRandomPassword(call *fakeaws.Call, in *sm.GetRandomPasswordInput) (*fakeaws.Plan[*sm.GetRandomPasswordOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	need := fakeaws.Need{Action: "secretsmanager:GetRandomPassword", Resource: "*", ResourceAccount: call.Account}
	return &fakeaws.Plan[*sm.GetRandomPasswordOutput]{Needs: []fakeaws.Need{need}, Do: func() (*sm.GetRandomPasswordOutput, error) {
		password, err := s.password(in)
		if err != nil {
			return nil, err
		}
		return &sm.GetRandomPasswordOutput{RandomPassword: &password}, nil
	}}, nil
}

func (s *Fake) password(in *sm.GetRandomPasswordInput) (string, error) {
	var kinds []string
	add := func(excluded *bool, characters string) {
		if aws.ToBool(excluded) {
			return
		}
		left := strings.Map(func(r rune) rune {
			if strings.ContainsRune(aws.ToString(in.ExcludeCharacters), r) {
				return -1
			}
			return r
		}, characters)
		if left != "" {
			kinds = append(kinds, left)
		}
	}
	add(in.ExcludeLowercase, lowercase)
	add(in.ExcludeUppercase, uppercase)
	add(in.ExcludeNumbers, numbers)
	add(in.ExcludePunctuation, punctuation)
	required := len(kinds)
	add(aws.Bool(!aws.ToBool(in.IncludeSpace)), space)
	all := strings.Join(kinds, "")
	length := defaultLength
	if in.PasswordLength != nil {
		length = int(*in.PasswordLength)
	}
	each := in.RequireEachIncludedType == nil || *in.RequireEachIncludedType
	switch {
	case all == "":
		return "", invalidParameter(textPasswordEmpty)
	case each && length < required:
		return "", invalidParameter(textPasswordShort)
	}
	dice := dice{source: s.world.IDs().Hex}
	password := make([]byte, length)
	for i := range password {
		from := all
		if each && i < required {
			from = kinds[i]
		}
		password[i] = from[dice.roll(len(from))]
	}
	for i := len(password) - 1; i > 0; i-- { // so that the types are in no order
		j := dice.rollWide(i + 1)
		password[i], password[j] = password[j], password[i]
	}
	return string(password), nil
}

// dice makes even numbers of the World's ids.
type dice struct {
	source func(int) string
	left   []byte
}

func (d *dice) byte() byte {
	if len(d.left) == 0 {
		d.left, _ = hex.DecodeString(d.source(128)) // it is hexadecimal
	}
	b := d.left[0]
	d.left = d.left[1:]
	return b
}

// roll returns a number below n, which is at most 256.
func (d *dice) roll(n int) int {
	for {
		if b := int(d.byte()); b < 256-256%n {
			return b % n
		}
	}
}

// rollWide returns a number below n, which is at most 65536.
func (d *dice) rollWide(n int) int {
	for {
		if b := int(d.byte())<<8 | int(d.byte()); b < 65536-65536%n {
			return b % n
		}
	}
}
