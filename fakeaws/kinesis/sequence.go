package kinesis

import (
	"fmt"
	"hash/fnv"
	"math/big"
	"time"
)

// A sequence number is a large decimal number that increases within a shard. Here one counter
// of the stream is in it, with the second in which the stream was made and a hash of its name,
// so that the numbers of another stream are known, and with the number of the shard. The
// numbers have the length of AWS's, whose parts are not documented: unverified.
const (
	sequenceVersion   = 2
	sequenceVersionAt = 184
	sequenceCreatedAt = 148 // 36 bits
	sequenceStreamAt  = 100 // 48 bits
	sequenceCountAt   = 36  // 64 bits
	sequenceShardAt   = 4   // 32 bits
	sequenceEnd       = 2
)

// sequenceText is the sequence number of a count in a shard.
func (x *stream) sequenceText(count uint64, shard int) string {
	n := new(big.Int).Lsh(big.NewInt(sequenceVersion), sequenceVersionAt)
	n.Or(n, new(big.Int).Lsh(big.NewInt(x.created.Unix()), sequenceCreatedAt))
	n.Or(n, new(big.Int).Lsh(new(big.Int).SetUint64(x.hash()), sequenceStreamAt))
	n.Or(n, new(big.Int).Lsh(new(big.Int).SetUint64(count), sequenceCountAt))
	n.Or(n, big.NewInt(int64(shard)<<sequenceShardAt|sequenceEnd))
	return n.String()
}

// hash is what the sequence numbers of a stream have of its name, in 48 bits.
func (x *stream) hash() uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s %d", x.id.arn(), x.created.UnixMilli())
	return h.Sum64() >> 16
}

// sequence reads a sequence number of the stream: its count. ok is false when it is no
// number of a shard of this stream.
func (x *stream) sequence(text string) (count uint64, shard int, ok bool) {
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return 0, 0, false
	}
	field := func(at, length uint) uint64 {
		part := new(big.Int).Rsh(n, at)
		return part.And(part, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), length), big.NewInt(1))).Uint64()
	}
	count, shard = field(sequenceCountAt, 64), int(field(sequenceShardAt, 32)) //nolint:gosec // 32 bits
	return count, shard, x.sequenceText(count, shard) == text
}

// A position is where in a shard somebody reads: the count of the next record.
type position = uint64

// since is the position of the first record of a shard that is not older than a time.
func (h *shard) since(t time.Time, tip position) position {
	for _, r := range h.records {
		if !r.arrived.Before(t) {
			return r.count
		}
	}
	return tip
}
