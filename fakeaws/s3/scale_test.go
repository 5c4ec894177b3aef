package s3

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"runtime"
	"testing"
	"time"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var scale = flag.Bool("scale", false, "hold a million objects against a thousand; takes half a minute and 2 GiB")

// heap is what is in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A shelf is a bucket of small objects.
type shelf struct {
	*lab
	n    int
	body []byte
	next int // of the objects that are looked at
}

const smallObject = 1 << 10

func newShelf(t testing.TB, n int) *shelf {
	s := &shelf{lab: newLab(t), n: n, body: bytes.Repeat([]byte("x"), smallObject)}
	s.bucketNamed(t, "bucket")
	for i := range n {
		require.NoError(t, s.put(i))
	}
	return s
}

func (s *shelf) key(i int) *string {
	key := fmt.Sprintf("directory/of/objects/%07d", i)
	return &key
}

func (s *shelf) put(i int) error {
	length := int64(len(s.body))
	_, err := s.PutObject(s.ctx, &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: s.key(i), Body: bytes.NewReader(s.body), ContentLength: &length})
	return err
}

// step goes on to another object, far from the last one.
func (s *shelf) step() int {
	s.next = (s.next + 7919) % s.n
	return s.next
}

// works are what is done to a shelf, by name.
var works = map[string]func(*shelf) error{
	"put":         func(s *shelf) error { return s.put(s.step()) },
	"put, delete": (*shelf).putNew,
	"get":         (*shelf).get,
	"list 1,000":  (*shelf).list,
}

func (s *shelf) putNew() error {
	if err := s.put(s.n + 1); err != nil {
		return err
	}
	_, err := s.DeleteObject(s.ctx, &awss3.DeleteObjectInput{Bucket: ptr("bucket"), Key: s.key(s.n + 1)})
	return err
}

func (s *shelf) get() error {
	out, err := s.GetObject(s.ctx, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: s.key(s.step())})
	if err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, out.Body)
	if err == nil && n != smallObject {
		err = fmt.Errorf("%d bytes of an object", n)
	}
	return err
}

func (s *shelf) list() error {
	out, err := s.ListObjectsV2(s.ctx, &awss3.ListObjectsV2Input{Bucket: ptr("bucket"), StartAfter: s.key((s.n-1000)/2 - 1)})
	if err == nil && len(out.Contents) != 1000 {
		err = fmt.Errorf("%d objects on a page", len(out.Contents))
	}
	return err
}

// A million small objects fit, and are as fast as a thousand. The test does not run
// beside others, whose memory it would count.
func TestSmallObjects(t *testing.T) {
	const few = 1_000
	many := 20_000
	if *scale {
		many = 1_000_000
	}
	small, before := newShelf(t, few), heap()
	large := newShelf(t, many)
	each := (heap() - before) / int64(many)
	t.Logf("%d objects: %d bytes for one of %d", many, each, smallObject)
	assert.Less(t, each, int64(2<<10))
	for name, work := range works {
		times := 500
		if name == "list 1,000" {
			times = 5
		}
		var costs [2]time.Duration
		for i := range costs {
			costs[i] = time.Hour
		}
		for range 15 { // in turns, so that whatever else the machine does hits both
			for i, s := range []*shelf{small, large} {
				start := time.Now()
				for range times {
					require.NoError(t, work(s))
				}
				costs[i] = min(costs[i], time.Since(start)/time.Duration(times))
			}
		}
		ratio := float64(costs[1]) / float64(costs[0])
		t.Logf("%s: of %d objects %v, of %d %v: %.2f times", name, few, costs[0], many, costs[1], ratio)
		// What a million objects take is in no cache of the processor's, so that a get,
		// which does little else than to look, waits for memory.
		assert.Less(t, ratio, 10.0, "%s: a cost that grows with the number would be hundreds of times", name)
	}
	runtime.KeepAlive(large)
}
