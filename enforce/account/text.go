package account

import (
	"bytes"
	"sort"
	"unicode/utf8"

	"github.com/leastpriv/leastpriv/enforce"
)

// raw is a value of JSON as it stands in a file.
type raw []byte

// UnmarshalJSON implements json.Unmarshaler.
func (r *raw) UnmarshalJSON(b []byte) error {
	*r = append((*r)[:0], b...)
	return nil
}

// A text is a file of which places are asked.
type text struct {
	name  string
	data  []byte
	lines []int // where lines start
	// from and to are the details that are read now, and found is where the last search
	// for a document ended.
	from, to, found int
}

func newText(f *File) *text {
	t := &text{name: f.Name, data: f.Data, lines: []int{0}}
	for i, b := range f.Data {
		if b == '\n' {
			t.lines = append(t.lines, i+1)
		}
	}
	return t
}

// enter begins with details that stand between two offsets.
func (t *text) enter(from, to int) { t.from, t.to, t.found = from, to, from }

// find returns where a value stands in the details: after the value that was found before,
// or else, since members have no order, from their beginning.
func (t *text) find(value []byte) int {
	at := bytes.Index(t.data[t.found:t.to], value)
	if at >= 0 {
		at += t.found
	} else {
		at = t.from + max(0, bytes.Index(t.data[t.from:t.to], value))
	}
	t.found = at + len(value)
	return at
}

// line returns the line of an offset, from 1.
func (t *text) line(offset int) int { return sort.SearchInts(t.lines, offset+1) }

// position returns the place of an offset, as [enforce.Policy] tells places.
func (t *text) position(offset int) enforce.Position {
	line := t.line(offset)
	return enforce.Position{Line: line, Column: 1 + utf8.RuneCount(t.data[t.lines[line-1]:offset])}
}
