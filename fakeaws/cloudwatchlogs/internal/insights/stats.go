package insights

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// A grouping makes one row of all rows with the same values of fields.
type grouping struct {
	functions []function
	by        []key
}

// A function is an aggregation: count(*), avg(latency).
type function struct {
	kind, field, name string
}

// A key is a field, or the time in steps.
type key struct {
	name string
	bin  time.Duration // 0 for a field
}

// aggregations are the functions of stats.
var aggregations = []string{"count", "count_distinct", "sum", "avg", "min", "max", "earliest", "latest"}

func (k *key) of(one *row) (string, bool) {
	if k.bin == 0 {
		return one.get(k.name)
	}
	if one.record == nil {
		return "", false
	}
	step := k.bin.Milliseconds()
	return stamp(one.record.At - one.record.At%step), true
}

// A tally is what a function has seen.
type tally struct {
	count    int
	sum      float64
	min, max string
	numbers  int
	distinct map[string]bool
	first    *row
	last     *row
}

type group struct {
	values  []string
	has     []bool
	tallies []tally
}

func (c *grouping) run(r *result) error {
	groups, keys := map[string]*group{}, []string{}
	for _, one := range r.rows {
		if err := r.err(); err != nil { // messages may be long
			return err
		}
		g := &group{tallies: make([]tally, len(c.functions))}
		id := ""
		for j := range c.by {
			value, ok := c.by[j].of(one)
			g.values, g.has = append(g.values, value), append(g.has, ok)
			id += strconv.FormatBool(ok) + value + "\x00"
		}
		if there := groups[id]; there != nil {
			g = there
		} else {
			groups[id] = g
			keys = append(keys, id)
		}
		for j := range c.functions {
			g.tallies[j].add(&c.functions[j], one)
		}
	}
	if len(groups) == 0 && len(c.by) == 0 {
		groups[""] = &group{tallies: make([]tally, len(c.functions))}
		keys = append(keys, "")
	}
	r.rows, r.shown, r.grouped = nil, nil, true
	for _, k := range c.by {
		r.shown = append(r.shown, k.name)
	}
	for _, f := range c.functions {
		r.shown = append(r.shown, f.name)
	}
	for _, id := range keys {
		g := groups[id]
		one := new(row)
		for j, k := range c.by {
			if g.has[j] {
				one.set(k.name, g.values[j])
			}
		}
		for j := range c.functions {
			if value, ok := g.tallies[j].value(&c.functions[j]); ok {
				one.set(c.functions[j].name, value)
			}
		}
		r.rows = append(r.rows, one)
	}
	return nil
}

func (t *tally) add(f *function, one *row) {
	if f.field == "*" {
		t.count++
		return
	}
	value, ok := one.get(f.field)
	if !ok {
		return
	}
	t.count++
	if f.kind == "count_distinct" {
		if t.distinct == nil {
			t.distinct = make(map[string]bool)
		}
		t.distinct[value] = true
	}
	if n, ok := number(value); ok {
		t.sum += n
		t.numbers++
	}
	if t.count == 1 || compare(value, t.min) < 0 {
		t.min = value
	}
	if t.count == 1 || compare(value, t.max) > 0 {
		t.max = value
	}
	if one.record != nil && (t.first == nil || one.record.At < t.first.record.At) {
		t.first = one
	}
	if one.record != nil && (t.last == nil || one.record.At > t.last.record.At) {
		t.last = one
	}
}

// value is what a function answers; false where it has seen nothing.
func (t *tally) value(f *function) (string, bool) {
	switch f.kind {
	case "count":
		return strconv.Itoa(t.count), true
	case "count_distinct":
		return strconv.Itoa(len(t.distinct)), true
	case "sum":
		return format(t.sum), t.numbers > 0
	case "avg":
		return format(t.sum / float64(max(t.numbers, 1))), t.numbers > 0
	case "min":
		return t.min, t.count > 0
	case "max":
		return t.max, t.count > 0
	case "earliest":
		if t.first == nil {
			return "", false
		}
		return t.first.get(f.field)
	}
	if t.last == nil {
		return "", false
	}
	return t.last.get(f.field)
}

func (p *parser) stats() (command, error) {
	c := new(grouping)
	for {
		f, err := p.function()
		if err != nil {
			return nil, err
		}
		c.functions = append(c.functions, f)
		if !p.take(",") {
			break
		}
	}
	if !p.keyword("by") {
		return c, nil
	}
	for {
		k, err := p.key()
		if err != nil {
			return nil, err
		}
		c.by = append(c.by, k)
		if !p.take(",") {
			return c, nil
		}
	}
}

func (p *parser) function() (function, error) {
	kind := strings.ToLower(p.word())
	if kind == "" {
		return function{}, p.wrong()
	}
	if !slices.Contains(aggregations, kind) {
		return function{}, &UnsupportedError{"the function " + kind}
	}
	if !p.take("(") {
		return function{}, p.wrong()
	}
	f := function{kind: kind, field: "*"}
	if !p.take("*") && !(kind == "count" && strings.HasPrefix(p.text[p.at:], ")")) {
		name, err := p.name()
		if err != nil {
			return f, err
		}
		f.field = name
	} else if kind != "count" {
		return f, p.wrong()
	}
	if !p.take(")") {
		return f, p.wrong()
	}
	f.name = kind + "(" + f.field + ")"
	if p.keyword("as") {
		name, err := p.name()
		if err != nil {
			return f, err
		}
		f.name = name
	}
	return f, nil
}

// units are those of periods.
var units = map[string]time.Duration{
	"ms": time.Millisecond, "s": time.Second, "sec": time.Second, "second": time.Second, "m": time.Minute, "min": time.Minute, "minute": time.Minute,
	"h": time.Hour, "hr": time.Hour, "hour": time.Hour, "d": 24 * time.Hour, "day": 24 * time.Hour, "w": 7 * 24 * time.Hour, "week": 7 * 24 * time.Hour,
}

// key reads a field or "bin(5m)".
func (p *parser) key() (key, error) {
	begin := p.at
	if !p.keyword("bin") || !p.take("(") {
		p.at = begin
		name, err := p.name()
		return key{name: name}, err
	}
	p.space()
	from := p.at
	n, err := p.integer()
	if err != nil {
		return key{}, err
	}
	unit, ok := units[strings.TrimSuffix(strings.ToLower(p.word()), "s")]
	if strings.EqualFold(p.text[from:p.at], strconv.Itoa(n)+"s") {
		unit, ok = time.Second, true
	}
	if strings.EqualFold(p.text[from:p.at], strconv.Itoa(n)+"ms") {
		unit, ok = time.Millisecond, true
	}
	name := "bin(" + p.text[from:p.at] + ")"
	if !ok || !p.take(")") {
		return key{}, p.wrong()
	}
	k := key{name: name, bin: time.Duration(n) * unit}
	if p.keyword("as") {
		k.name, err = p.name()
	}
	return k, err
}
