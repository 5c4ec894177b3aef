package kinesis_test

import (
	"crypto/md5" //nolint:gosec // Kinesis maps partition keys with it
	"fmt"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/kinesis"
)

// A modelShard is a shard as simple as it can be: numbers of any size, and all its records.
type modelShard struct {
	first, last *big.Int
	parents     []string
	closed      bool
	records     []modelRecord
}

type modelRecord struct {
	data    string
	arrived time.Time
}

// A model is a stream by the rules of the Developer Guide.
type model struct {
	t      *rapid.T
	w      *fakeaws.World
	client *awskinesis.Client
	name   *string
	shards []*modelShard // by number
	put    int
}

var top = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 128), big.NewInt(1))

func newModel(t *rapid.T) *model {
	users := worldtest.NewUsers()
	w := worldtest.NewWorld(t, fakeaws.Config{Region: region, Services: []fakeaws.Service{kinesis.Service, users.Service()}})
	m := &model{t: t, w: w, client: awskinesis.NewFromConfig(worldtest.FixtureConfig(w, owner, region)), name: aws.String("model")}
	n := rapid.Int32Range(1, 3).Draw(t, "shards")
	_, err := m.client.CreateStream(t.Context(), &awskinesis.CreateStreamInput{StreamName: m.name, ShardCount: &n})
	require.NoError(t, err)
	size := new(big.Int).Div(new(big.Int).Add(top, big.NewInt(1)), big.NewInt(int64(n)))
	for i := range int64(n) {
		s := &modelShard{first: new(big.Int).Mul(size, big.NewInt(i)), last: new(big.Int).Sub(new(big.Int).Mul(size, big.NewInt(i+1)), big.NewInt(1))}
		if i == int64(n)-1 {
			s.last = top
		}
		m.shards = append(m.shards, s)
	}
	return m
}

func id(number int) *string { return aws.String(fmt.Sprintf("shardId-%012d", number)) }

// open is the number of the open shard of a hash key.
func (m *model) open(hash *big.Int) int {
	return slices.IndexFunc(m.shards, func(s *modelShard) bool {
		return !s.closed && s.first.Cmp(hash) <= 0 && hash.Cmp(s.last) <= 0
	})
}

func (m *model) any() int { return rapid.IntRange(0, len(m.shards)-1).Draw(m.t, "shard") }

// Put puts a record, by its key or an explicit hash key.
func (m *model) Put(*rapid.T) {
	m.put++
	key, data := rapid.StringMatching(`[a-z]{1,4}`).Draw(m.t, "key"), fmt.Sprint("record ", m.put)
	in := &awskinesis.PutRecordInput{StreamName: m.name, PartitionKey: &key, Data: []byte(data)}
	sum := md5.Sum([]byte(key)) //nolint:gosec // see above
	hash := new(big.Int).SetBytes(sum[:])
	if rapid.Bool().Draw(m.t, "explicit") {
		edge := m.shards[m.any()]
		hash = rapid.SampledFrom([]*big.Int{edge.first, edge.last}).Draw(m.t, "edge")
		in.ExplicitHashKey = aws.String(hash.String())
	}
	out, err := m.client.PutRecord(m.t.Context(), in)
	require.NoError(m.t, err)
	number := m.open(hash)
	require.Equal(m.t, *id(number), *out.ShardId)
	m.shards[number].records = append(m.shards[number].records, modelRecord{data, m.w.Clock().Now()})
}

// Split splits a shard in the middle; a closed one, or one too small, is refused.
func (m *model) Split(*rapid.T) {
	number := m.any()
	s := m.shards[number]
	at := new(big.Int).Rsh(new(big.Int).Add(s.first, s.last), 1)
	_, err := m.client.SplitShard(m.t.Context(), &awskinesis.SplitShardInput{StreamName: m.name, ShardToSplit: id(number), NewStartingHashKey: aws.String(at.String())})
	if s.closed || at.Cmp(new(big.Int).Add(s.first, big.NewInt(1))) <= 0 || at.Cmp(s.last) >= 0 {
		require.Error(m.t, err)
		return
	}
	require.NoError(m.t, err)
	s.closed = true
	m.shards = append(m.shards,
		&modelShard{first: s.first, last: new(big.Int).Sub(at, big.NewInt(1)), parents: []string{*id(number)}},
		&modelShard{first: at, last: s.last, parents: []string{*id(number)}})
}

// Merge merges two shards, which must be neighbours.
func (m *model) Merge(*rapid.T) {
	one, two := m.any(), m.any()
	_, err := m.client.MergeShards(m.t.Context(), &awskinesis.MergeShardsInput{StreamName: m.name, ShardToMerge: id(one), AdjacentShardToMerge: id(two)})
	a, b := m.shards[one], m.shards[two]
	if a.first.Cmp(b.first) > 0 {
		a, b = b, a
	}
	if a.closed || b.closed || new(big.Int).Add(a.last, big.NewInt(1)).Cmp(b.first) != 0 {
		require.Error(m.t, err)
		return
	}
	require.NoError(m.t, err)
	a.closed, b.closed = true, true
	m.shards = append(m.shards, &modelShard{first: a.first, last: b.last, parents: []string{*id(one), *id(two)}})
}

// Scale gives the stream another number of shards: all of the same size, which together have
// all hash keys once. How it gets there is AWS's own, so the model takes the shards over.
func (m *model) Scale(*rapid.T) {
	target := rapid.Int32Range(1, 6).Draw(m.t, "target")
	_, err := m.client.UpdateShardCount(m.t.Context(), &awskinesis.UpdateShardCountInput{StreamName: m.name, TargetShardCount: &target, ScalingType: types.ScalingTypeUniformScaling})
	if err != nil {
		return
	}
	out, err := m.client.ListShards(m.t.Context(), &awskinesis.ListShardsInput{StreamName: m.name})
	require.NoError(m.t, err)
	for _, s := range out.Shards {
		var number int
		_, err := fmt.Sscanf(*s.ShardId, "shardId-%d", &number)
		require.NoError(m.t, err)
		for len(m.shards) <= number {
			m.shards = append(m.shards, nil)
		}
		if m.shards[number] == nil {
			m.shards[number] = &modelShard{first: parsed(*s.HashKeyRange.StartingHashKey), last: parsed(*s.HashKeyRange.EndingHashKey)}
			for _, parent := range []*string{s.ParentShardId, s.AdjacentParentShardId} {
				if parent != nil {
					m.shards[number].parents = append(m.shards[number].parents, *parent)
				}
			}
		}
		m.shards[number].closed = s.SequenceNumberRange.EndingSequenceNumber != nil
	}
	open := 0
	size := new(big.Int).Div(new(big.Int).Add(top, big.NewInt(1)), big.NewInt(int64(target)))
	for _, s := range m.shards {
		if !s.closed {
			open++
			require.Zero(m.t, new(big.Int).Mod(s.first, size).Sign(), "all have the same size")
		}
	}
	require.Equal(m.t, int(target), open)
}

func parsed(text string) *big.Int {
	n, _ := new(big.Int).SetString(text, 10)
	return n
}

// Wait lets time go by: less than the retention period in all.
func (m *model) Wait(*rapid.T) { m.w.Clock().Advance(time.Second) }

// Check compares all shards with the model: their ranges and parents, that the open ones have
// all hash keys, and that a reader in small steps gets all their records, in order, and the
// end of those that are closed.
func (m *model) Check(*rapid.T) {
	out, err := m.client.ListShards(m.t.Context(), &awskinesis.ListShardsInput{StreamName: m.name})
	require.NoError(m.t, err)
	require.Len(m.t, out.Shards, len(m.shards))
	covered := new(big.Int)
	for number, want := range m.shards {
		got := out.Shards[number]
		require.Equal(m.t, *id(number), *got.ShardId)
		require.Equal(m.t, [2]string{want.first.String(), want.last.String()}, [2]string{*got.HashKeyRange.StartingHashKey, *got.HashKeyRange.EndingHashKey})
		require.Equal(m.t, want.closed, got.SequenceNumberRange.EndingSequenceNumber != nil)
		if len(want.parents) > 0 {
			require.Equal(m.t, want.parents[0], *got.ParentShardId)
		}
		if !want.closed {
			covered.Add(covered, new(big.Int).Add(new(big.Int).Sub(want.last, want.first), big.NewInt(1)))
		}
		m.read(number, want)
	}
	require.Equal(m.t, new(big.Int).Add(top, big.NewInt(1)), covered)
}

func (m *model) read(number int, want *modelShard) {
	it, err := m.client.GetShardIterator(m.t.Context(), &awskinesis.GetShardIteratorInput{StreamName: m.name, ShardId: id(number), ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
	require.NoError(m.t, err)
	next, last := it.ShardIterator, ""
	got := []string{}
	for range len(want.records) + 1 {
		out, err := m.client.GetRecords(m.t.Context(), &awskinesis.GetRecordsInput{ShardIterator: next, Limit: aws.Int32(2)})
		require.NoError(m.t, err)
		for _, r := range out.Records {
			require.True(m.t, last == "" || parsed(last).Cmp(parsed(*r.SequenceNumber)) < 0, "sequence numbers increase")
			last = *r.SequenceNumber
		}
		got = append(got, texts(out.Records)...)
		if next = out.NextShardIterator; next == nil {
			require.NotEmpty(m.t, out.ChildShards)
			break
		}
	}
	require.Equal(m.t, want.closed, next == nil, "only a closed shard ends")
	expected := []string{}
	for _, r := range want.records {
		expected = append(expected, r.data)
	}
	require.Equal(m.t, expected, got)
}

// Random calls do to a stream what they do to the model.
func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t)
		t.Repeat(map[string]func(*rapid.T){"put": m.Put, "split": m.Split, "merge": m.Merge, "scale": m.Scale, "wait": m.Wait, "check": m.Check})
		m.Check(t)
	})
}
