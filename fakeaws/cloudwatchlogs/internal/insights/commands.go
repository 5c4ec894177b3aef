package insights

import (
	"regexp"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs/internal/bounded"
)

// A selection says which fields answers have.
type selection struct {
	names []string
	from  []string // where a name stands for another field
	only  bool     // display: those that were selected before are not shown
}

func (c *selection) run(r *result) error {
	if c.only {
		r.shown = nil
	}
	for i, name := range c.names {
		if c.from[i] != name {
			for _, one := range r.rows {
				if value, ok := one.get(c.from[i]); ok {
					one.set(name, value)
				}
			}
		}
		if !slices.Contains(r.shown, name) {
			r.shown = append(r.shown, name)
		}
	}
	return nil
}

func (p *parser) fields(only bool) (command, error) {
	c := &selection{only: only}
	for {
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		from := name
		if p.keyword("as") {
			if name, err = p.name(); err != nil {
				return nil, err
			}
		}
		c.names, c.from = append(c.names, name), append(c.from, from)
		if !p.take(",") {
			return c, nil
		}
	}
}

// An order sorts rows by fields.
type order struct {
	names      []string
	descending []bool
}

func (c *order) run(r *result) error {
	slices.SortStableFunc(r.rows, func(a, b *row) int {
		for i, name := range c.names {
			x, hasX := a.get(name)
			y, hasY := b.get(name)
			n := 0
			switch {
			case hasX && hasY:
				n = compare(x, y)
			case hasX:
				n = 1
			case hasY:
				n = -1
			}
			if c.descending[i] {
				n = -n
			}
			if n != 0 {
				return n
			}
		}
		return 0
	})
	return r.err()
}

func (p *parser) sort() (command, error) {
	c := new(order)
	for {
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		descending := p.keyword("desc")
		if !descending {
			p.keyword("asc")
		}
		c.names, c.descending = append(c.names, name), append(c.descending, descending)
		if !p.take(",") {
			return c, nil
		}
	}
}

type limit int

func (c limit) run(r *result) error {
	r.rows = r.rows[:min(int(c), len(r.rows))]
	return nil
}

// A dedup keeps the first row of those with the same values. One that lacks a field is kept:
// "null values are not considered duplicates".
type dedup []string

func (c dedup) run(r *result) error {
	seen := make(map[string]bool)
	kept := r.rows[:0]
	for _, one := range r.rows {
		if err := r.err(); err != nil { // messages may be long
			return err
		}
		key, lacks := "", false
		for _, name := range c {
			value, ok := one.get(name)
			key += value + "\x00"
			lacks = lacks || !ok
		}
		if lacks || !seen[key] {
			kept = append(kept, one)
		}
		seen[key] = seen[key] || !lacks
	}
	r.rows = kept
	return nil
}

// A parsing takes fields out of another, by a regular expression whose groups are named.
type parsing struct {
	from  string
	regex *bounded.Regexp
	names []string
}

func (c *parsing) run(r *result) error {
	for _, one := range r.rows {
		if err := r.err(); err != nil { // messages may be long
			return err
		}
		text, ok := one.get(c.from)
		if !ok {
			continue
		}
		found := c.regex.FindStringSubmatch(text)
		for j, name := range c.names {
			if found != nil && name != "" {
				one.set(name, found[j+1])
			}
		}
	}
	return nil
}

// parse reads "parse @message "user=*, id=*" as user, id", or a regular expression.
func (p *parser) parse() (command, error) {
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	c := &parsing{from: name}
	if text, ok := p.quoted(); ok {
		parts := strings.Split(text, "*")
		for i, part := range parts {
			parts[i] = regexp.QuoteMeta(part)
		}
		expression := strings.Join(parts, "(.*?)")
		if strings.HasSuffix(text, "*") {
			expression = strings.TrimSuffix(expression, "?)") + ")"
		}
		if c.regex, err = bounded.Compile("(?s)" + expression); err != nil {
			return nil, p.wrong()
		}
		if !p.keyword("as") {
			return nil, p.wrong()
		}
		if c.names, err = p.names(); err != nil {
			return nil, err
		}
		if len(c.names) != len(parts)-1 {
			return nil, p.wrong()
		}
		return c, nil
	}
	if c.regex, err = p.regex(); err != nil {
		return nil, err
	}
	c.names = c.regex.SubexpNames()[1:]
	return c, nil
}
