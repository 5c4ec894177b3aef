package dynamodb

import (
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/tidwall/btree"
	"github.com/zeebo/xxh3"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/expression"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// A tableID is what names a table in a World.
type tableID struct{ account, region, name string }

func (id tableID) arn() string {
	return fakeaws.ARN("dynamodb", id.region, id.account, "table/"+id.name)
}

// A table has items by their primary keys, and by the keys of its indexes.
type table struct {
	id      tableID
	uuid    string
	created time.Time
	gone    bool

	keys        schema
	definitions []types.AttributeDefinition
	indexes     []*index

	items btree.Map[string, *item]
	bytes int
	// expiring has the items with a time to live, by that and their keys.
	expiring btree.Map[string, *item]

	settings
	policy   *policy
	tags     map[string]string
	stream   *stream // the latest one; nil when there was none
	sequence uint64  // of the latest stream record
	// undos are the changes since point-in-time recovery was enabled, the oldest first.
	undos        []*undo
	destinations []*destination
}

// settings are what UpdateTable and its like change and the table only keeps.
type settings struct {
	billing       types.BillingMode
	onDemandSince time.Time
	throughput    throughput
	onDemand      *types.OnDemandThroughput
	warm          *types.WarmThroughput
	class         types.TableClass
	classSince    time.Time
	protected     bool
	ttl           string // the attribute; empty when it is off
	recovery      bool   // point in time
	recoveryDays  int32
	recoverySince time.Time
	kmsKey        string // an ARN; empty is a key that DynamoDB owns
	insights      map[string]types.ContributorInsightsStatus
}

type throughput struct {
	read, write int64
	decreases   int64
	raised, cut time.Time
}

// A schema has the attributes of a key: one partition key and one sort key at most, or up to four
// of each in a global index.
type schema struct {
	partition expression.Key
	sort      *expression.Key
	// also are the partition keys behind the first, then those sort keys behind the first.
	alsoPartition, alsoSort []expression.Key
}

// partitions and sorts are the partition keys and the sort keys.
func (k *schema) partitions() []expression.Key {
	return append([]expression.Key{k.partition}, k.alsoPartition...)
}

func (k *schema) sorts() []expression.Key {
	if k.sort == nil {
		return nil
	}
	return append([]expression.Key{*k.sort}, k.alsoSort...)
}

// An index has items by another key than the primary one. Items without its attributes are
// not in it.
type index struct {
	name   string
	local  bool
	keys   schema
	kind   types.ProjectionType
	also   []string // of INCLUDE
	needs  []string // the keys of the table and of the index
	items  btree.Map[string, *item]
	bytes  int
	rate   throughput
	limits *types.OnDemandThroughput
	warm   *types.WarmThroughput
}

// An item is immutable: a write puts another in its place.
type item struct {
	packed value.Packed
	key    string // in the tree of the table
	size   int
}

func newItem(t *table, attributes value.Map) *item {
	return &item{attributes.Pack(), t.keys.place(attributes, ""), attributes.Size()}
}

// attributes are made anew each time: most items are never looked at.
func (i *item) attributes() value.Map { return i.packed.Map() }

// place is where an item stands in a tree: by the hash of its partition key, so that scans
// see partitions in no order that a program could rely on, then by its sort key. In an index
// items of one key are in the order of the table.
func (k *schema) place(attributes value.Map, rest string) string {
	place := k.partitionPlace(k.partitionOf(attributes))
	if k.sort == nil {
		return place + terminator + rest
	}
	place += escape(attributes[k.sort.Name].Order()) + terminator
	for _, also := range k.alsoSort {
		place += escape(attributes[also.Name].Order()) + terminator
	}
	return place + rest
}

// partitionOf are the partition keys of an item.
func (k *schema) partitionOf(attributes value.Map) []value.Value {
	if k.alsoPartition == nil {
		return []value.Value{attributes[k.partition.Name]}
	}
	var all []value.Value
	for _, of := range k.partitions() {
		all = append(all, attributes[of.Name])
	}
	return all
}

// terminator ends a part of a place. It is less than what escape makes of any byte.
const (
	terminator = "\x00\x01"
	behind     = "\x00\x02" // all places that begin with a part
)

// partitionPlace begins the places of the items with a partition key.
func (k *schema) partitionPlace(partition []value.Value) string {
	order := escape(partition[0].Order())
	for _, v := range partition[1:] {
		order += terminator + escape(v.Order())
	}
	hash := binary.BigEndian.AppendUint64(nil, xxh3.HashString(order))
	return string(hash) + order + terminator
}

func escape(order string) string { return strings.ReplaceAll(order, "\x00", "\x00\xff") }

// names are the attributes of a key.
func (k *schema) names() []string {
	each := k.each()
	names := make([]string, len(each))
	for i, key := range each {
		names[i] = key.Name
	}
	return names
}

// each are the attributes of a key with their types.
func (k *schema) each() []expression.Key { return append(k.partitions(), k.sorts()...) }

// of is the key of an item.
func (k *schema) of(attributes value.Map) value.Map {
	key := make(value.Map, 2)
	for _, name := range k.names() {
		key[name] = attributes[name]
	}
	return key
}

func (t *table) index(name string) *index {
	if i := slices.IndexFunc(t.indexes, func(x *index) bool { return x.name == name }); i >= 0 {
		return t.indexes[i]
	}
	return nil
}

// projected returns the attributes that an index has of an item.
func (x *index) projected(attributes value.Map) value.Map {
	if x.kind == types.ProjectionTypeAll {
		return attributes
	}
	out := make(value.Map, len(x.needs)+len(x.also))
	for _, names := range [][]string{x.needs, x.also} {
		for _, name := range names {
			if v, ok := attributes[name]; ok {
				out[name] = v
			}
		}
	}
	return out
}

// projects reports whether an index has an attribute.
func (x *index) projects(name string) bool {
	return x.kind == types.ProjectionTypeAll || slices.Contains(x.needs, name) || slices.Contains(x.also, name)
}

// put stores an item in place of the one with its key; nil removes that one. The lock is
// held.
func (t *table) put(old, to *item, now time.Time) {
	if old != nil {
		t.items.Delete(old.key)
		t.bytes -= old.size
	}
	if to != nil {
		t.items.Set(to.key, to)
		t.bytes += to.size
	}
	if len(t.indexes) > 0 {
		before, after := old.orNone(), to.orNone()
		for _, x := range t.indexes {
			x.put(old, before, to, after)
		}
	}
	if t.ttl != "" {
		t.reexpire(old, to, now)
	}
}

// orNone are the attributes of an item that may not be there.
func (i *item) orNone() value.Map {
	if i == nil {
		return nil
	}
	return i.attributes()
}

// put stores an item with its attributes in place of another one.
func (x *index) put(old *item, before value.Map, to *item, after value.Map) {
	if old != nil && x.admits(before) {
		x.items.Delete(x.keys.place(before, old.key))
		x.bytes -= x.projected(before).Size()
	}
	if to != nil && x.admits(after) {
		x.items.Set(x.keys.place(after, to.key), to)
		x.bytes += x.projected(after).Size()
	}
}
