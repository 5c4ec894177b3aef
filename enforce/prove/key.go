package prove

import (
	"slices"
	"strconv"
	"strings"

	"github.com/leastpriv/leastpriv/internal/catalog"
)

// A dimension is one thing that a request has: the action, the resource, a field of the
// principal, or a condition key. Requests differ in each without regard to the others.
type dimension struct {
	name   string
	number int // of those of a proof
	// What a request can have: nothing, one value, several.
	absent, single, multi bool
	values                []limit // of each value
	memo                  map[string]answer
}

// A keyState is what a request has in a dimension. The zero value is nothing.
type keyState struct {
	multi  bool
	values []string
}

func (s keyState) isAbsent() bool { return !s.multi && s.values == nil }

func single(value string) keyState { return keyState{values: []string{value}} }

// An answer is whether a dimension can be so, and how.
type answer struct {
	outcome outcome
	state   keyState
}

// A mode says how an atom looks at the values of a dimension.
type mode uint8

const (
	plain    mode = iota
	forAll        // ForAllValues
	forAny        // ForAnyValue
	presence      // Null
)

// An atom is a statement about one dimension: a condition, the action or the resource.
type atom struct {
	id   int
	dim  *dimension
	mode mode
	set  *valueSet
	// What it says where there is nothing; of several values when it is plain; and, as
	// presence, where there is something.
	absent, multi, present bool
}

// holds reports whether the atom holds of a state: rules 20 to 24.
func (a *atom) holds(s keyState) bool {
	switch {
	case s.isAbsent():
		return a.absent
	case a.mode == presence:
		return a.present
	case !s.multi:
		return a.holdsOf(s.values[0])
	case a.mode == plain:
		return a.multi
	case a.mode == forAll:
		return !slices.ContainsFunc(s.values, func(v string) bool { return !a.set.has(v) })
	}
	return slices.ContainsFunc(s.values, a.set.has)
}

// holdsOf is holds for a single value. An empty one is an empty set to the set operators.
func (a *atom) holdsOf(value string) bool {
	if value == "" && a.mode != plain {
		return a.mode == forAll
	}
	return a.set.has(value)
}

// A said is an atom that holds, or does not.
type said struct {
	*atom
	in bool
}

// can finds a state of a dimension of which all is true that is said.
func (w *work) can(d *dimension, all []said) answer {
	var key []byte
	for _, s := range all {
		key = strconv.AppendBool(strconv.AppendInt(key, int64(s.id), 10), s.in)
	}
	if known, ok := d.memo[string(key)]; ok {
		return known
	}
	a := w.find(d, all)
	if a.outcome != unknown {
		d.memo[string(key)] = a
	}
	return a
}

func (w *work) find(d *dimension, all []said) answer {
	if d.absent && !slices.ContainsFunc(all, func(s said) bool { return s.atom.absent != s.in }) {
		return answer{outcome: possible}
	}
	result := impossible
	for _, try := range [...]func(*dimension, []said) answer{w.findSingle, w.findMulti} {
		switch a := try(d, all); a.outcome {
		case possible:
			return a
		case unknown:
			result = unknown
		}
	}
	return answer{outcome: result}
}

// findSingle is find for one value.
func (w *work) findSingle(d *dimension, all []said) answer {
	if !d.single {
		return answer{}
	}
	limits := slices.Clone(d.values)
	sets := false
	for _, s := range all {
		switch s.mode {
		case presence:
			if s.present != s.in {
				return answer{}
			}
			continue
		case forAll, forAny:
			sets = true
		}
		limits = append(limits, limit{s.set, s.in})
	}
	if empty := single(""); sets && within(d.values, "") && !slices.ContainsFunc(all, func(s said) bool { return s.holds(empty) != s.in }) {
		return answer{possible, empty}
	}
	if sets {
		limits = append(limits, limit{&valueSet{text: newTextSet(exactly(""))}, false})
	}
	value, result := w.value(limits)
	return answer{result, single(value)}
}

// findMulti is find for several values: some of them must be somewhere, all of them may
// only be somewhere.
func (w *work) findMulti(d *dimension, all []said) answer {
	if !d.multi {
		return answer{}
	}
	each := slices.Clone(d.values)
	var some []limit
	for _, s := range all {
		switch {
		case s.mode == presence && s.present != s.in, s.mode == plain && s.multi != s.in:
			return answer{}
		case s.mode == forAll && s.in, s.mode == forAny && !s.in:
			each = append(each, limit{s.set, s.in})
		case s.mode == forAll, s.mode == forAny:
			some = append(some, limit{s.set, s.in})
		}
	}
	state := keyState{multi: true}
	for i := 0; i < max(1, len(some)); i++ {
		limits := each
		if some != nil {
			limits = append(slices.Clone(each), some[i])
		}
		value, result := w.value(limits)
		if result != possible {
			return answer{outcome: result}
		}
		if !slices.Contains(state.values, value) {
			state.values = append(state.values, value)
		}
	}
	if len(state.values) == 1 && state.values[0] == "" {
		state.values = append(state.values, "") // one alone would be nothing
	}
	return answer{possible, state}
}

// newKey returns the dimension of a condition key, as AWS's reference has it: of a type,
// with one value or several. A key that it has not may have any.
func newKey(name string) *dimension {
	d := &dimension{name: name, absent: true, single: true, multi: true, memo: make(map[string]answer)}
	key, ok := catalogKey(name)
	if !ok {
		return d
	}
	kind, array := strings.CutPrefix(key.Type, "ArrayOf")
	d.single, d.multi = !array, array
	switch kind {
	case "Numeric":
		d.values = []limit{{&valueSet{family: numbers, readable: true}, true}}
	case "Date":
		d.values = []limit{{&valueSet{family: dates, readable: true}, true}}
	case "IPAddress":
		d.values = []limit{{&valueSet{family: addresses, readable: true}, true}}
	case "Bool":
		d.values = []limit{{&valueSet{text: newTextSet(exactly("true"), exactly("false"))}, true}}
	}
	return d
}

func catalogKey(name string) (*catalog.Key, bool) {
	if key, ok := catalog.GlobalKey(name); ok {
		return key, true
	}
	prefix, _, _ := strings.Cut(name, ":")
	service, ok := catalog.Lookup(prefix)
	if !ok {
		return nil, false
	}
	return service.Key(name)
}
