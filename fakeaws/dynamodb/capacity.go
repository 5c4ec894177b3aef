package dynamodb

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// What a unit of capacity reads and writes (developer guide, "DynamoDB read and write
// operations").
const (
	readUnit  = 4 << 10
	writeUnit = 1 << 10
)

// A meter counts the capacity that an operation takes of one table.
type meter struct {
	table         string
	kind          types.ReturnConsumedCapacity
	transactional bool
	reads, writes float64
	global, local map[string]float64
}

func newMeter(t *target, kind types.ReturnConsumedCapacity, transactional bool) *meter {
	return &meter{table: t.id.name, kind: kind, transactional: transactional}
}

// units are how many units some bytes take: one at least.
func units(bytes, unit int) float64 { return float64(max((bytes+unit-1)/unit, 1)) }

// readUnits are those of a read: half as many where it is eventually consistent.
func readUnits(bytes int, consistent bool) float64 {
	n := units(bytes, readUnit)
	if !consistent {
		n /= 2
	}
	return n
}

// read counts a read of the table.
func (m *meter) read(bytes int, consistent bool) {
	if m.transactional {
		m.reads += 2 * units(bytes, readUnit)
		return
	}
	m.reads += readUnits(bytes, consistent)
}

// readIndex counts a read of an index.
func (m *meter) readIndex(x *index, bytes int, consistent bool) {
	m.addIndex(x, readUnits(bytes, consistent))
}

func (m *meter) addIndex(x *index, n float64) {
	of := &m.global
	if x.local {
		of = &m.local
	}
	if *of == nil {
		*of = make(map[string]float64)
	}
	(*of)[x.name] += n
}

// write counts a write of the table, and of the indexes where something changes.
func (m *meter) write(t *table, o outcome) {
	if !m.asked() {
		return
	}
	factor := 1.0
	if m.transactional {
		factor = 2
	}
	m.writes += factor * units(o.bytes(), writeUnit)
	for _, x := range t.indexes {
		old, to := x.entry(o.old), x.entry(o.to)
		switch {
		case old == nil && to == nil, old != nil && to != nil && old.Equal(to):
		case old != nil && to != nil && x.keys.place(old, "") != x.keys.place(to, ""): // one is removed, one is added
			m.addIndex(x, factor*(units(old.Size(), writeUnit)+units(to.Size(), writeUnit)))
		default:
			m.addIndex(x, factor*units(max(old.Size(), to.Size()), writeUnit))
		}
	}
}

// entry is what an index has of an item; nil is nothing.
func (x *index) entry(i *item) value.Map {
	attributes := i.orNone()
	if i == nil || !x.admits(attributes) {
		return nil
	}
	return x.projected(attributes)
}

// asked reports whether the answer tells of the capacity.
func (m *meter) asked() bool { return m.kind != "" && m.kind != types.ReturnConsumedCapacityNone }

// consumed is what the answer tells, if it was asked for.
func (m *meter) consumed() *types.ConsumedCapacity {
	if !m.asked() {
		return nil
	}
	total := m.reads + m.writes
	for _, of := range []map[string]float64{m.global, m.local} {
		for _, n := range of {
			total += n
		}
	}
	c := &types.ConsumedCapacity{TableName: aws.String(m.table), CapacityUnits: &total}
	if m.transactional {
		reads, writes := m.reads, total-m.reads
		if reads > 0 {
			c.ReadCapacityUnits = &reads
		} else {
			c.WriteCapacityUnits = &writes
		}
	}
	if m.kind == types.ReturnConsumedCapacityIndexes {
		own := m.reads + m.writes
		c.Table = &types.Capacity{CapacityUnits: &own}
		c.GlobalSecondaryIndexes, c.LocalSecondaryIndexes = capacities(m.global), capacities(m.local)
	}
	return c
}

func capacities(of map[string]float64) map[string]types.Capacity {
	if len(of) == 0 {
		return nil
	}
	all := make(map[string]types.Capacity, len(of))
	for name, n := range of {
		all[name] = types.Capacity{CapacityUnits: &n}
	}
	return all
}

// collection tells the size of an item's collection, which tables with local indexes have.
// The estimate is that of a small one.
func (c *change) collection(key value.Map, asked types.ReturnItemCollectionMetrics) *types.ItemCollectionMetrics {
	if asked != types.ReturnItemCollectionMetricsSize || !slices.ContainsFunc(c.indexes, func(x *index) bool { return x.local }) {
		return nil
	}
	name := c.keys.partition.Name
	return &types.ItemCollectionMetrics{
		ItemCollectionKey:   value.Map{name: key[name]}.SDK(),
		SizeEstimateRangeGB: []float64{0, 1},
	}
}
