package dynamodb

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/expression"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// An item takes less than 300 bytes beside its names and values.
func TestMemoryOfAnItem(t *testing.T) {
	const n, limit = 100_000, 300
	x := &table{keys: schema{partition: expression.Key{Name: "id", Kind: value.S}}}
	data := 0
	before := heap()
	for i := range n {
		attributes := value.Map{"id": value.String(fmt.Sprintf("item-%08d", i)), "n": value.OfInt(i), "text": value.String(fmt.Sprintf("%040d", i))}
		data += attributes.Size()
		x.put(nil, newItem(x, attributes), time.Time{})
	}
	each := (float64(heap()-before) - float64(data)) / n
	t.Logf("%.0f bytes for each of %d items beside its data of %d", each, n, data/n)
	assert.Less(t, each, float64(limit))
	runtime.KeepAlive(x)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
