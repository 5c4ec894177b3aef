package kinesis

import (
	"cmp"
	"crypto/md5" //nolint:gosec // Kinesis maps partition keys with it
	"encoding/binary"
	"math/big"
	"math/bits"
)

// A hashKey is one of the 2^128 values that partition keys are mapped to.
type hashKey struct{ high, low uint64 }

// maxHashKey is the last of them.
var maxHashKey = hashKey{^uint64(0), ^uint64(0)}

// hashOf is the hash key of a partition key: its MD5 as a number.
func hashOf(partitionKey string) hashKey {
	sum := md5.Sum([]byte(partitionKey)) //nolint:gosec // see above
	return hashKey{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])}
}

// parseHashKey reads a decimal number; false when it is none, or too large.
func parseHashKey(text string) (hashKey, bool) {
	n, ok := new(big.Int).SetString(text, 10)
	if !ok || n.Sign() < 0 || n.BitLen() > 128 {
		return hashKey{}, false
	}
	var b [16]byte
	n.FillBytes(b[:])
	return hashKey{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}, true
}

// String implements fmt.Stringer: the decimal number.
func (k hashKey) String() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], k.high)
	binary.BigEndian.PutUint64(b[8:], k.low)
	return new(big.Int).SetBytes(b[:]).String()
}

func (k hashKey) compare(other hashKey) int {
	return cmp.Or(cmp.Compare(k.high, other.high), cmp.Compare(k.low, other.low))
}

// next and previous are the neighbours, modulo 2^128.
func (k hashKey) next() hashKey {
	low, carry := bits.Add64(k.low, 1, 0)
	return hashKey{k.high + carry, low}
}

func (k hashKey) previous() hashKey {
	low, borrow := bits.Sub64(k.low, 1, 0)
	return hashKey{k.high - borrow, low}
}

// starts are the first hash keys of n shards of the same size, which together have all:
// the last is longer by what is left.
func starts(n int) []hashKey {
	size := new(big.Int).Div(new(big.Int).Lsh(big.NewInt(1), 128), big.NewInt(int64(n)))
	all := make([]hashKey, n)
	at := new(big.Int)
	for i := range all {
		var b [16]byte
		at.FillBytes(b[:])
		all[i] = hashKey{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
		at.Add(at, size)
	}
	return all
}
