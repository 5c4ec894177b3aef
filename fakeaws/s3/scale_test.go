package s3_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var scale = flag.Bool("scale", false, "hold a million objects, and compare times with a bucket of a thousand; takes a minute and 2 GiB")

// heap is what is in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A shelf is a bucket of small objects.
type shelf struct {
	*account
	n    int
	body []byte
	next int // of the objects that are looked at
}

const smallObject = 1 << 10

// newShelf fills a bucket past the wire.
func newShelf(t testing.TB, n int) *shelf {
	s := &shelf{account: newAccount(t), n: n, body: bytes.Repeat([]byte("x"), smallObject)}
	s.bucket("bucket")
	fixture := s.world.Fixture(owner, "us-east-1")
	for i := range n {
		_, err := s.world.Do(t.Context(), fixture, s.putting(i))
		require.NoError(t, err)
	}
	return s
}

func (s *shelf) key(i int) *string { return aws.String(fmt.Sprintf("directory/of/objects/%07d", i)) }

func (s *shelf) putting(i int) *awss3.PutObjectInput {
	return &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: s.key(i), Body: bytes.NewReader(s.body), ContentLength: aws.Int64(smallObject)}
}

// step goes on to another object, far from the last one.
func (s *shelf) step() int {
	s.next = (s.next + 7919) % s.n
	return s.next
}

// works are what clients do to a shelf, by name.
var works = map[string]func(*shelf, context.Context) error{
	"put":         func(s *shelf, ctx context.Context) error { return second(s.root.PutObject(ctx, s.putting(s.step()))) },
	"put, delete": (*shelf).putNew,
	"get":         (*shelf).get,
	"list 1,000":  (*shelf).list,
}

func (s *shelf) putNew(ctx context.Context) error {
	if _, err := s.root.PutObject(ctx, s.putting(s.n+1)); err != nil {
		return err
	}
	return second(s.root.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: s.key(s.n + 1)}))
}

func (s *shelf) get(ctx context.Context) error {
	out, err := s.root.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String("bucket"), Key: s.key(s.step())})
	if err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, out.Body)
	if err == nil && n != smallObject {
		err = fmt.Errorf("%d bytes of an object", n)
	}
	return err
}

func (s *shelf) list(ctx context.Context) error {
	out, err := s.root.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: aws.String("bucket"), StartAfter: s.key((s.n-1000)/2 - 1)})
	if err == nil && len(out.Contents) != 1000 {
		err = fmt.Errorf("%d objects on a page", len(out.Contents))
	}
	return err
}

// A million small objects fit. The test does not run beside others, whose memory it
// would count.
func TestSmallObjects(t *testing.T) {
	many := 20_000
	if *scale {
		many = 1_000_000
	}
	before := heap()
	large := newShelf(t, many)
	each := (heap() - before) / int64(many)
	t.Logf("%d objects: %d bytes for one of %d", many, each, smallObject)
	assert.Less(t, each, int64(2<<10))
	for name, work := range works {
		assert.NoError(t, work(large, t.Context()), name)
	}
	runtime.KeepAlive(large)
}

// A bucket of a million small objects is as fast as one of a thousand. The test does
// not run beside others, whose time it would measure.
func TestSmallObjectsCost(t *testing.T) {
	if !*scale {
		t.Skip("-scale is not set: times with 1,000 and 1,000,000 objects are not compared")
	}
	const few, many = 1_000, 1_000_000
	small, large := newShelf(t, few), newShelf(t, many)
	for name, work := range works {
		times := 200
		if name == "list 1,000" {
			times = 2
		}
		var costs [2]time.Duration
		for i := range costs {
			costs[i] = time.Hour
		}
		for range 15 { // in turns, so that whatever else the machine does hits both
			for i, s := range []*shelf{small, large} {
				start := time.Now()
				for range times {
					require.NoError(t, work(s, t.Context()))
				}
				costs[i] = min(costs[i], time.Since(start)/time.Duration(times))
			}
		}
		ratio := float64(costs[1]) / float64(costs[0])
		t.Logf("%s: of %d objects %v, of %d %v: %.2f times", name, few, costs[0], many, costs[1], ratio)
		assert.Less(t, ratio, 1.5, "%s: a cost that grows with the number would be hundreds of times", name)
	}
}
