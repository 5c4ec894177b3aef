package kinesis

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// A shard has the records of a range of hash keys.
type shard struct {
	number      int
	first, last hashKey
	// parents are the numbers of the shards that it was made of: none, one of a split, two
	// of a merge.
	parents []int
	opened  time.Time
	// start is the count of the stream when the shard was made; end that when it was closed.
	start, end uint64
	closed     time.Time // zero while it is open
	children   []childShard
	records    []*record // the oldest first
}

// A childShard is a shard as those who read its parents to their end see it.
type childShard struct {
	number      int
	first, last hashKey
	parents     []int
}

func (h *shard) id() string   { return shardID(h.number) }
func (h *shard) isOpen() bool { return h.closed.IsZero() }

// expire drops the records that are not younger than a time.
func (h *shard) expire(horizon time.Time) {
	n := 0
	for n < len(h.records) && !h.records[n].arrived.After(horizon) {
		n++
	}
	clear(h.records[:n])
	if h.records = h.records[n:]; len(h.records) == 0 {
		h.records = nil
	}
}

// from returns the index of the first record at a position or after it.
func (h *shard) from(at position) int {
	return sort.Search(len(h.records), func(i int) bool { return h.records[i].count >= at })
}

// addShard adds an open shard, and tells its parents. The lock is held.
func (s *Fake) addShard(x *stream, first, last hashKey, parents ...*shard) *shard {
	h := &shard{number: x.numbered, first: first, last: last, opened: s.now(), start: x.count + 1}
	x.count++
	x.numbered++
	for _, parent := range parents {
		h.parents = append(h.parents, parent.number)
	}
	for _, parent := range parents {
		parent.children = append(parent.children, childShard{h.number, first, last, h.parents})
	}
	x.shards = append(x.shards, h)
	i, _ := x.search(first)
	x.open = slices.Insert(x.open, i, h)
	s.open[place{x.id.account, x.id.region}]++
	return h
}

// close has a shard take no more records. The lock is held.
func (s *Fake) close(x *stream, h *shard) {
	x.count++
	h.closed, h.end = s.now(), x.count
	i, _ := x.search(h.first)
	x.open = slices.Delete(x.open, i, i+1)
	s.open[place{x.id.account, x.id.region}]--
}

// split divides a shard at a hash key. The lock is held.
func (s *Fake) split(x *stream, h *shard, at hashKey) {
	s.close(x, h)
	s.addShard(x, h.first, at.previous(), h)
	s.addShard(x, at, h.last, h)
}

// merge makes one shard of two, of which the first has the lower hash keys. The parents keep
// the order in which the caller named them. The lock is held.
func (s *Fake) merge(x *stream, low, high *shard, parents ...*shard) *shard {
	s.close(x, low)
	s.close(x, high)
	return s.addShard(x, low.first, high.last, parents...)
}

// scale gives a stream shards of the same size by splits and merges, which make shards that
// live for a moment only, as AWS's do. The lock is held.
func (s *Fake) scale(x *stream, n int) {
	all := starts(n)
	for _, at := range all {
		if h := x.shardOf(at); h.first != at {
			s.split(x, h, at)
		}
	}
	for i, at := range all {
		last := maxHashKey
		if i+1 < n {
			last = all[i+1].previous()
		}
		for h := x.shardOf(at); h.last != last; {
			next := x.shardOf(h.last.next())
			h = s.merge(x, h, next, h, next)
		}
	}
}

// search finds the place of an open shard by its first hash key.
func (x *stream) search(first hashKey) (int, bool) {
	return slices.BinarySearchFunc(x.open, first, func(h *shard, k hashKey) int { return h.first.compare(k) })
}

// shardOf returns the open shard of a hash key: the open shards have all.
func (x *stream) shardOf(k hashKey) *shard {
	i, found := x.search(k)
	if !found {
		i--
	}
	return x.open[i]
}

// show is a shard as Kinesis describes it.
func (x *stream) show(h *shard) types.Shard {
	out := types.Shard{
		ShardId:             aws.String(h.id()),
		HashKeyRange:        hashRange(h.first, h.last),
		SequenceNumberRange: &types.SequenceNumberRange{StartingSequenceNumber: aws.String(x.sequenceText(h.start, h.number))},
	}
	if !h.isOpen() {
		out.SequenceNumberRange.EndingSequenceNumber = aws.String(x.sequenceText(h.end, h.number))
	}
	if len(h.parents) > 0 {
		out.ParentShardId = aws.String(shardID(h.parents[0]))
	}
	if len(h.parents) > 1 {
		out.AdjacentParentShardId = aws.String(shardID(h.parents[1]))
	}
	return out
}

func hashRange(first, last hashKey) *types.HashKeyRange {
	return &types.HashKeyRange{StartingHashKey: aws.String(first.String()), EndingHashKey: aws.String(last.String())}
}

// showChildren are the children of a closed shard, for who has read it to its end.
func (h *shard) showChildren() []types.ChildShard {
	var all []types.ChildShard
	for i := range h.children {
		c := &h.children[i]
		child := types.ChildShard{ShardId: aws.String(shardID(c.number)), HashKeyRange: hashRange(c.first, c.last)}
		for _, parent := range c.parents {
			child.ParentShards = append(child.ParentShards, shardID(parent))
		}
		all = append(all, child)
	}
	slices.SortFunc(all, func(a, b types.ChildShard) int { return cmp.Compare(*a.ShardId, *b.ShardId) })
	return all
}
