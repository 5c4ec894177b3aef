package s3

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// heap is what is in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestMemoryOfSmallObjects keeps the price of an object of 1 KiB under 2 KiB. It
// does not run beside others, whose memory it would count.
func TestMemoryOfSmallObjects(t *testing.T) {
	const count, size = 20_000, 1 << 10
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	body := bytes.Repeat([]byte("x"), size)
	before := heap()
	for i := range count {
		key := fmt.Sprintf("directory/of/objects/%06d", i)
		length := int64(size)
		_, err := l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: &key, Body: bytes.NewReader(body), ContentLength: &length})
		require.NoError(t, err)
	}
	each := (heap() - before) / count
	assert.Less(t, each, int64(2<<10))
	t.Logf("%d bytes for an object of %d", each, size)
	runtime.KeepAlive(l)
}
