package vtl

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A step of a JSONPath selects of values.
type step struct {
	deep  bool
	all   bool
	name  string
	index *int
	from  *int
	to    *int
	slice bool
}

var errPath = errors.New("it is no JSONPath that is implemented: filters, unions and functions are not")

// find returns what a JSONPath finds: one value where the path can find only one, nil where there
// is none, else a list.
func (e *evaluation) find(root any, path string) (any, error) {
	steps, err := parsePath(path)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, err)
	}
	found, definite := []any{root}, true
	for i := range steps {
		s := &steps[i]
		definite = definite && !s.deep && !s.all && !s.slice
		var next []any
		for _, v := range found {
			if next, err = e.selects(s, v, next, 0); err != nil {
				return nil, err
			}
		}
		found = next
	}
	if !definite {
		return &List{found}, nil
	}
	if len(found) == 0 {
		return nil, nil
	}
	return found[0], nil
}

func (e *evaluation) selects(s *step, v any, to []any, depth int) ([]any, error) {
	if err := e.spend(1); err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, errDeep
	}
	switch v := v.(type) {
	case *Object:
		switch {
		case s.all:
			for _, key := range v.keys {
				to = append(to, v.by[key])
			}
		case s.name != "" && v.Has(s.name):
			to = append(to, v.by[s.name])
		}
	case *List:
		from, end := s.bounds(len(v.items))
		if from < end {
			to = append(to, v.items[from:end]...)
		}
	}
	if err := e.spend(len(to)); err != nil {
		return nil, err
	}
	if !s.deep {
		return to, nil
	}
	var err error
	switch v := v.(type) {
	case *Object:
		for _, key := range v.keys {
			if to, err = e.selects(s, v.by[key], to, depth+1); err != nil {
				return nil, err
			}
		}
	case *List:
		for _, item := range v.items {
			if to, err = e.selects(s, item, to, depth+1); err != nil {
				return nil, err
			}
		}
	}
	return to, nil
}

// bounds are the elements of a list that a step selects.
func (s *step) bounds(n int) (from, end int) {
	at := func(i int) int {
		if i < 0 {
			i += n
		}
		return min(max(i, 0), n)
	}
	switch {
	case s.all:
		return 0, n
	case s.index != nil:
		i := *s.index
		if i < 0 {
			i += n
		}
		if i < 0 || i >= n {
			return 0, 0
		}
		return i, i + 1
	case s.slice:
		from, end = 0, n
		if s.from != nil {
			from = at(*s.from)
		}
		if s.to != nil {
			end = at(*s.to)
		}
		return from, end
	}
	return 0, 0
}

func parsePath(text string) ([]step, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), "$")
	if !ok {
		rest = "." + text // Jayway puts $. before
	}
	var steps []step
	for rest != "" {
		if len(steps) > maxDepth {
			return nil, errPath
		}
		var s step
		if after, deep := strings.CutPrefix(rest, ".."); deep {
			s.deep = true
			rest = "." + after
			if strings.HasPrefix(after, "[") {
				rest = after
			}
		}
		var err error
		if rest, err = s.parse(rest); err != nil {
			return nil, err
		}
		steps = append(steps, s)
	}
	return steps, nil
}

// parse reads one step.
func (s *step) parse(rest string) (string, error) {
	switch rest[0] {
	case '.':
		rest = rest[1:]
		n := strings.IndexAny(rest, ".[")
		if n < 0 {
			n = len(rest)
		}
		if s.name = rest[:n]; s.name == "*" {
			s.name, s.all = "", true
		} else if s.name == "" || strings.ContainsAny(s.name, "()?") {
			return "", errPath
		}
		return rest[n:], nil
	case '[':
		if len(rest) > 1 && (rest[1] == '\'' || rest[1] == '"') {
			end := strings.IndexByte(rest[2:], rest[1])
			if end < 0 || !strings.HasPrefix(rest[2+end+1:], "]") {
				return "", errPath
			}
			s.name = rest[2 : 2+end]
			return rest[2+end+2:], nil
		}
		end := strings.IndexByte(rest, ']')
		if end < 0 {
			return "", errPath
		}
		return rest[end+1:], s.parseIndex(strings.TrimSpace(rest[1:end]))
	}
	return "", errPath
}

func (s *step) parseIndex(text string) error {
	if text == "*" {
		s.all = true
		return nil
	}
	number := func(t string) (*int, error) {
		if t = strings.TrimSpace(t); t == "" {
			return nil, nil
		}
		n, err := strconv.Atoi(t)
		if err != nil {
			return nil, errPath
		}
		return &n, nil
	}
	from, to, slice := strings.Cut(text, ":")
	var err error
	if !slice {
		if s.index, err = number(text); s.index == nil && err == nil {
			err = errPath
		}
		return err
	}
	s.slice = true
	if s.from, err = number(from); err != nil {
		return err
	}
	s.to, err = number(to)
	return err
}
