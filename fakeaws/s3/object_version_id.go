package s3

import (
	"hash/fnv"

	"github.com/leastpriv/leastpriv/internal/ids"
)

// Ids of versions and uploads look random, and yet S3 continues a list behind
// one that has been deleted in the meantime. Here too an id tells the order in
// which it was made: its last digits are a count, scrambled so that neighbours
// look nothing alike. The count is mixed with the digits before it, so that an id of which
// a digit was changed tells a place that nothing ever had: it is unreadable, as it is to S3.
const (
	orderDigits = 11 // 62^11 > 2^64
	digits62    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	// scramble times unscramble is 1 in 64 bits.
	scramble   = 0x9E3779B97F4A7C15
	unscramble = 0xF1DE83E19937733D
	// maxPlace is more than a World makes of versions and uploads.
	maxPlace = 1 << 40
)

// orderedID makes an id of a length that tells its place in the order.
func orderedID(source *ids.Source, length int, place uint64) string {
	id := []byte(source.Name(length))
	n := place*scramble + mixOf(id[:length-orderDigits])
	for i := range orderDigits {
		id[length-1-i] = digits62[n%62]
		n /= 62
	}
	return string(id)
}

// placeOf reads the place out of an id of orderedID. Of an id that was not made
// here it returns some place or other.
func placeOf(id string) uint64 {
	n, head := uint64(0), max(len(id)-orderDigits, 0)
	for i := head; i < len(id); i++ {
		n = n*62 + uint64(digit62(id[i]))
	}
	return (n - mixOf([]byte(id[:head]))) * unscramble
}

// readable reports whether an id of a length was made here.
func readable(id string, length int) bool { return len(id) == length && placeOf(id)-1 < maxPlace }

// mixOf is a number that every byte changes.
func mixOf(head []byte) uint64 {
	h := fnv.New64a()
	h.Write(head)
	return h.Sum64()
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
