// Package sshkey reads and writes the public keys with which users of IAM sign in to
// CodeCommit. They are RSA keys.
package sshkey

import (
	"crypto/md5"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
)

const (
	// leastBits is the least length of a key (API page "UploadSSHPublicKey").
	leastBits = 2048
	algorithm = "ssh-rsa"
)

var (
	// ErrEncoding is the error of a text that is no public key.
	ErrEncoding = errors.New("no public key in the format of ssh-rsa or in PEM")
	// ErrWeak is the error of a key that is too short, or none of RSA.
	ErrWeak = errors.New("no RSA key of 2048 bits or more")
)

// A Key is a public key.
type Key struct {
	public *rsa.PublicKey
	wire   []byte // as in RFC 4253
}

// Parse reads a public key in the format of ssh-rsa or in PEM.
func Parse(body string) (*Key, error) {
	var key *rsa.PublicKey
	if block, _ := pem.Decode([]byte(body)); block != nil {
		public, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			public, err = x509.ParsePKCS1PublicKey(block.Bytes)
		}
		if err != nil {
			return nil, ErrEncoding
		}
		key, _ = public.(*rsa.PublicKey)
	} else {
		var ok bool
		if key, ok = parseLine(body); !ok {
			return nil, ErrEncoding
		}
	}
	if key == nil || key.N.BitLen() < leastBits {
		return nil, ErrWeak
	}
	return newKey(key), nil
}

func newKey(public *rsa.PublicKey) *Key { return &Key{public, wire(public)} }

// parseLine reads "ssh-rsa BASE64 comment".
func parseLine(line string) (*rsa.PublicKey, bool) {
	fields := strings.Fields(line)
	if len(fields) < 2 || fields[0] != algorithm {
		return nil, false
	}
	rest, err := base64.StdEncoding.DecodeString(fields[1])
	if err != nil {
		return nil, false
	}
	var parts [3][]byte // algorithm, exponent, modulus
	for i := range parts {
		if len(rest) < 4 {
			return nil, false
		}
		n := binary.BigEndian.Uint32(rest)
		if rest = rest[4:]; uint64(n) > uint64(len(rest)) {
			return nil, false
		}
		parts[i], rest = rest[:n], rest[n:]
	}
	exponent := new(big.Int).SetBytes(parts[1])
	if string(parts[0]) != algorithm || len(rest) > 0 || exponent.Sign() == 0 || exponent.BitLen() > 31 {
		return nil, false
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(parts[2]), E: int(exponent.Int64())}, true
}

// wire writes a public key as in RFC 4253: algorithm, exponent, modulus, each
// after its length.
func wire(key *rsa.PublicKey) []byte {
	var b []byte
	add := func(part []byte) {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(part))), part...)
	}
	number := func(n *big.Int) {
		digits := n.Bytes()
		if len(digits) > 0 && digits[0]&0x80 != 0 {
			digits = append([]byte{0}, digits...) // or it would be negative
		}
		add(digits)
	}
	add([]byte(algorithm))
	number(big.NewInt(int64(key.E)))
	number(key.N)
	return b
}

// Equal reports whether two keys are the same.
func (k *Key) Equal(other *Key) bool { return k.public.Equal(other.public) }

// Line is the key in the format of ssh-rsa.
func (k *Key) Line() string {
	return algorithm + " " + base64.StdEncoding.EncodeToString(k.wire)
}

// PEM is the key in PEM.
func (k *Key) PEM() string {
	// What was parsed can be written.
	der, _ := x509.MarshalPKIXPublicKey(k.public)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// Fingerprint is the MD5 of the key, in the way that ssh-keygen prints it.
func (k *Key) Fingerprint() string {
	sum := md5.Sum(k.wire)
	pairs := make([]string, len(sum))
	for i := range sum {
		pairs[i] = hex.EncodeToString(sum[i : i+1])
	}
	return strings.Join(pairs, ":")
}
