// Package insights has a part of the query language of CloudWatch Logs Insights: fields,
// display, filter, parse, stats, sort, dedup and limit.
package insights

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Query is a parsed query. It never changes.
type Query struct {
	commands []command
	// limit is the last one of the text; 0 without one.
	limit int
}

// A command turns rows into other rows.
type command interface {
	run(*result) error
}

// A SyntaxError says what is wrong with a query, and where.
type SyntaxError struct {
	Message    string
	Start, End int // of characters
}

// Error implements error.
func (e *SyntaxError) Error() string { return e.Message }

// An UnsupportedError names what the language has and this package has not.
type UnsupportedError struct{ Name string }

// Error implements error.
func (e *UnsupportedError) Error() string { return e.Name + " of queries" }

// The limits of results: "If you don't specify a limit, the console shows up to 10,000", and
// "the maximum is 10,000".
const (
	MaxRows     = 10_000
	maxCommands = 100
)

// A Record is an event as queries see it.
type Record struct {
	Message, Stream, Log, Pointer string
	At, Ingested                  int64
}

// A Field is a value of a row.
type Field struct{ Name, Value string }

// Rows are the rows of a result, and how many records the query has matched.
type Rows struct {
	Rows    [][]Field
	Matched int
}

// A row has the values of a record by the names of fields.
type row struct {
	record *Record
	fields map[string]string
	json   map[string]string // discovered in the message; nil before
}

// get returns the value of a field; false where the row has none.
func (r *row) get(name string) (string, bool) {
	if value, ok := r.fields[name]; ok {
		return value, true
	}
	if r.record == nil {
		return "", false
	}
	switch name {
	case "@message":
		return r.record.Message, true
	case "@timestamp":
		return stamp(r.record.At), true
	case "@ingestionTime":
		return stamp(r.record.Ingested), true
	case "@logStream":
		return r.record.Stream, true
	case "@log":
		return r.record.Log, true
	case "@ptr":
		return r.record.Pointer, true
	}
	if r.json == nil {
		r.json = discover(r.record.Message)
	}
	value, ok := r.json[name]
	return value, ok
}

func (r *row) set(name, value string) {
	if r.fields == nil {
		r.fields = make(map[string]string)
	}
	r.fields[name] = value
}

// stamp is a time as results have it.
func stamp(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05.000") }

// A result is what a query has made so far.
type result struct {
	rows []*row
	// shown are the fields that the rows have in the answer; nil is the time and the message.
	shown   []string
	grouped bool
	matched int
	err     func() error
}

// Run answers a query about records, the oldest first. err ends it early.
func (q *Query) Run(records []Record, limit int, err func() error) (Rows, error) {
	r := &result{rows: make([]*row, len(records)), matched: len(records), err: err}
	for i := range records {
		// Without sort, the newest come first.
		r.rows[len(records)-1-i] = &row{record: &records[i]}
	}
	for _, c := range q.commands {
		if err := c.run(r); err != nil {
			return Rows{}, err
		}
		if !r.grouped {
			r.matched = len(r.rows)
		}
	}
	most := MaxRows
	if q.limit > 0 {
		most = min(most, q.limit)
	}
	if limit > 0 {
		most = min(most, limit)
	}
	out := Rows{Matched: r.matched, Rows: [][]Field{}}
	for _, one := range r.rows[:min(most, len(r.rows))] {
		out.Rows = append(out.Rows, r.answer(one))
	}
	return out, nil
}

// answer is a row as the answer has it: a field that it does not have is left out, and one of
// a record has a pointer to it.
func (r *result) answer(one *row) []Field {
	shown := r.shown
	if shown == nil {
		shown = []string{"@timestamp", "@message"}
	}
	fields := make([]Field, 0, len(shown)+1)
	for _, name := range shown {
		if value, ok := one.get(name); ok {
			fields = append(fields, Field{name, value})
		}
	}
	if one.record != nil && !slices.Contains(shown, "@ptr") {
		fields = append(fields, Field{"@ptr", one.record.Pointer})
	}
	return fields
}

// number reads a number.
func number(text string) (float64, bool) {
	if text == "" || !strings.ContainsRune("0123456789+-.", rune(text[0])) {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil && !math.IsNaN(n)
}

// format writes a number as results have it.
func format(n float64) string {
	if n == math.Trunc(n) && math.Abs(n) < 1e15 {
		return strconv.FormatInt(int64(n), 10)
	}
	return strings.TrimRight(fmt.Sprintf("%.4f", n), "0")
}

// compare orders two values: numbers as such, and all others as text.
func compare(a, b string) int {
	x, isX := number(a)
	y, isY := number(b)
	switch {
	case isX && isY && x < y:
		return -1
	case isX && isY && x > y:
		return 1
	case isX && isY:
		return 0
	}
	return strings.Compare(a, b)
}
