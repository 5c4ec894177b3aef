package kms

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

var errWrapped = errors.New("the encrypted key material is invalid")

// unwrap decrypts key material: with the RSA key itself, or with an AES key that the RSA key
// wraps ("Select a wrapping algorithm").
func unwrap(wrapping *rsa.PrivateKey, algorithm types.AlgorithmSpec, wrapped []byte) ([]byte, error) {
	hash := crypto.SHA256
	if strings.HasSuffix(string(algorithm), "SHA_1") {
		hash = crypto.SHA1
	}
	switch algorithm {
	case types.AlgorithmSpecRsaesOaepSha1, types.AlgorithmSpecRsaesOaepSha256:
		return rsa.DecryptOAEP(hash.New(), nil, wrapping, wrapped, nil)
	case types.AlgorithmSpecRsaAesKeyWrapSha1, types.AlgorithmSpecRsaAesKeyWrapSha256:
		size := wrapping.Size()
		if len(wrapped) <= size {
			return nil, errWrapped
		}
		key, err := rsa.DecryptOAEP(hash.New(), nil, wrapping, wrapped[:size], nil)
		if err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		return unwrapPadded(block, wrapped[size:])
	}
	return nil, notImplemented("WrappingAlgorithm " + string(algorithm))
}

// paddedMark begins what AES key wrap with padding wraps (RFC 5649, 3).
var paddedMark = []byte{0xA6, 0x59, 0x59, 0xA6}

// unwrapPadded is AES key unwrap with padding (RFC 5649, 4.2).
func unwrapPadded(block cipher.Block, wrapped []byte) ([]byte, error) {
	n := len(wrapped)/8 - 1
	if len(wrapped)%8 != 0 || n < 1 {
		return nil, errWrapped
	}
	b := bytes.Clone(wrapped)
	if n == 1 {
		block.Decrypt(b, b)
	} else {
		unwrapRounds(block, b, n)
	}
	length := int(binary.BigEndian.Uint32(b[4:8]))
	if !bytes.Equal(b[:4], paddedMark) || length <= 8*(n-1) || length > 8*n || len(bytes.Trim(b[8+length:], "\x00")) > 0 {
		return nil, errWrapped
	}
	return b[8 : 8+length], nil
}

// unwrapRounds is the inverse of the wrapping process (RFC 3394, 2.2.2).
func unwrapRounds(block cipher.Block, b []byte, n int) {
	var buf [16]byte
	for j := 5; j >= 0; j-- {
		for i := n; i >= 1; i-- {
			binary.BigEndian.PutUint64(buf[:8], binary.BigEndian.Uint64(b[:8])^uint64(n*j+i))
			copy(buf[8:], b[8*i:8*i+8])
			block.Decrypt(buf[:], buf[:])
			copy(b[:8], buf[:8])
			copy(b[8*i:], buf[8:])
		}
	}
}

// specOf is the key spec of a private key; empty for one that KMS has not.
func specOf(private crypto.Signer) string {
	switch k := private.(type) {
	case *rsa.PrivateKey:
		return "RSA_" + strconv.Itoa(k.N.BitLen())
	case *ecdsa.PrivateKey:
		return "ECC_NIST_P" + strconv.Itoa(k.Params().BitSize)
	case ed25519.PrivateKey:
		return string(types.KeySpecEccNistEdwards25519)
	}
	return ""
}
