package dynamodb

import (
	"cmp"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// maxPage is how many bytes of items a page reads at most: 1 MB, before the filter. That the
// item which reaches it is the last of the page is unverified.
const maxPage = 1 << 20

// A page is what one call reads.
type page struct {
	items          []map[string]types.AttributeValue
	count, scanned int32
	last           map[string]types.AttributeValue
	consumed       *types.ConsumedCapacity
	bytes          int
}

// page reads items from one place up to another; no place is the end. The lock is held.
func (r *reading) page(call *fakeaws.Call, from, to string, forward bool) (*page, error) {
	if r.start != nil {
		if err := r.checkStart(); err != nil {
			return nil, err
		}
	}
	p := new(page)
	if r.selects != types.SelectCount {
		p.items = []map[string]types.AttributeValue{}
	}
	after := ""
	if r.start != nil {
		after = r.startPlace()
		if after < from || to != "" && after >= to {
			return nil, invalid(textStartKey)
		}
	}
	var left error
	visit := func(place string, i *item) bool {
		switch {
		case place == after || forward && to != "" && place >= to:
			return place == after
		case !forward && place < from:
			return false
		case !forward && to != "" && place >= to:
			return true
		}
		if !r.visit(p, i) {
			return false
		}
		if p.scanned%256 == 0 {
			left = call.Err()
		}
		return left == nil
	}
	if forward {
		r.walk(true, max(from, after), visit)
	} else {
		r.walk(false, cmp.Or(after, to), visit)
	}
	if left != nil {
		return nil, left
	}
	r.charge(p)
	return p, nil
}

// walk visits the items of the table or index from a place on, or back; no place is the
// beginning or the end. The lock is held.
func (r *reading) walk(forward bool, from string, visit func(place string, i *item) bool) {
	tree := &r.table.items
	if r.index != nil {
		tree = &r.index.items
	}
	switch {
	case forward:
		tree.Ascend(from, visit)
	case from != "":
		tree.Descend(from, visit)
	default:
		tree.Reverse(visit)
	}
}

// visit reads one item; false ends the page. Whether there are more is not looked at, as in
// AWS: who asks for as many as there are gets a LastEvaluatedKey.
func (r *reading) visit(p *page, i *item) bool {
	attributes, size := i.attributes(), i.size
	seen := attributes
	if r.index != nil {
		seen = r.index.projected(attributes)
		size = seen.Size()
	}
	p.scanned++
	p.bytes += size
	if r.filter.Holds(seen) {
		p.count++
		if r.selects != types.SelectCount {
			of := seen
			if r.fetches() {
				of = attributes
			}
			p.items = append(p.items, r.projection.Of(of).SDK())
		}
	}
	if int(p.scanned) == r.limit || p.bytes >= maxPage {
		p.last = r.lastKey(attributes).SDK()
		return false
	}
	return true
}

// lastKey is the key of an item in what is read: that of the table, and that of the index.
func (r *reading) lastKey(attributes value.Map) value.Map {
	key := r.table.keys.of(attributes)
	if r.index != nil {
		for name, v := range r.index.keys.of(attributes) {
			key[name] = v
		}
	}
	return key
}

// checkStart refuses a start key that is no key of what is read.
func (r *reading) checkStart() error {
	want := r.table.keys.each()
	if r.index != nil {
		want = append(want, r.index.keys.each()...)
	}
	names := make(map[string]bool, len(want))
	for _, k := range want {
		names[k.Name] = true
		if v, ok := r.start[k.Name]; !ok || v.Kind() != k.Kind {
			return invalid(textStartKey)
		}
	}
	if len(r.start) != len(names) {
		return invalid(textStartKey)
	}
	return nil
}

// startPlace is the place of the start key.
func (r *reading) startPlace() string {
	place := r.table.keys.place(r.start, "")
	if r.index != nil {
		return r.index.keys.place(r.start, place)
	}
	return place
}

// charge counts the capacity of a page.
func (r *reading) charge(p *page) {
	m := newMeter(r.target, r.capacity, false)
	if r.index != nil {
		m.readIndex(r.index, p.bytes, r.consistent)
	} else {
		m.read(p.bytes, r.consistent)
	}
	p.consumed = m.consumed()
}
