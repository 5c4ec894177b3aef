package s3

import "github.com/leastpriv/leastpriv/internal/ids"

// Ids of versions and uploads look random, and yet S3 continues a list behind
// one that has been deleted in the meantime. Here too an id tells the order in
// which it was made: its last digits are a count, scrambled so that neighbours
// look nothing alike.
const (
	orderDigits = 11 // 62^11 > 2^64
	digits62    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	// scramble times unscramble is 1 in 64 bits.
	scramble   = 0x9E3779B97F4A7C15
	unscramble = 0xF1DE83E19937733D
)

// orderedID makes an id of a length that tells its place in the order.
func orderedID(source *ids.Source, length int, place uint64) string {
	id := []byte(source.Name(length))
	n := place * scramble
	for i := range orderDigits {
		id[length-1-i] = digits62[n%62]
		n /= 62
	}
	return string(id)
}

// placeOf reads the place out of an id of orderedID. Of an id that was not made
// here it returns some place or other.
func placeOf(id string) uint64 {
	n := uint64(0)
	for i := max(len(id)-orderDigits, 0); i < len(id); i++ {
		n = n*62 + uint64(digit62(id[i]))
	}
	return n * unscramble
}

func digit62(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'A' <= c && c <= 'Z':
		return int(c-'A') + 10
	case 'a' <= c && c <= 'z':
		return int(c-'a') + 36
	}
	return 0
}
