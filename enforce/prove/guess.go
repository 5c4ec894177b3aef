package prove

import (
	"maps"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// pins returns the keys of which the question says what requests have.
func (q *Question) pins() map[string]keyState {
	pins := make(map[string]keyState)
	for _, w := range q.Where {
		key := strings.ToLower(w.Key.Value)
		switch {
		case len(w.Values) != 1:
		case w.Operator.Value == "StringEquals":
			pins[key] = single(w.Values[0].Value)
		case w.Operator.Value == "Null" && strings.EqualFold(w.Values[0].Value, "true"):
			pins[key] = keyState{}
		}
	}
	return pins
}

// finite returns all that requests have for a key in the question; nil when that is more.
func (q *Question) finite(key string) (states []keyState) {
	for _, w := range q.Where {
		name, set, ifExists := w.Qualifiers()
		if name != "StringEquals" || set != "" || !strings.EqualFold(w.Key.Value, key) {
			continue
		}
		for _, v := range w.Values {
			states = append(states, single(v.Value))
		}
		if ifExists {
			states = append(states, keyState{})
		}
		return states
	}
	return nil
}

// maxGuesses is how many values are tried for policy variables.
const maxGuesses = 64

// guess tries values for the keys that are used as policy variables. s is a request that
// was found where they may have any.
func (p *proof) guess(s *search) (*enforce.Request, outcome) {
	if found, result := p.witness(s); result == possible {
		return found, possible
	}
	e := p.encoder
	base := e.pinned
	if captured := e.captured(s); len(captured) > 0 {
		if found, _ := p.suppose(base, captured); found != nil {
			return found, possible
		}
	}
	keys := slices.Sorted(maps.Keys(e.open))
	complete, total := len(keys) > 0, 1
	var choices [][]keyState
	for _, k := range keys {
		d, _, _ := e.key(k)
		states := p.question.finite(k)
		if states == nil {
			complete = false
			if d.absent || d.multi {
				states = append(states, keyState{})
			}
			for _, v := range p.texts(s, d) {
				states = append(states, single(v))
			}
		}
		choices = append(choices, states)
		total = min(total*len(states), maxGuesses+1)
	}
	complete = complete && total <= maxGuesses
	for guess := range combinations(keys, choices, maxGuesses) {
		found, result := p.suppose(base, guess)
		if found != nil {
			return found, possible
		}
		if result != impossible {
			complete = false
		}
		if p.spent {
			break
		}
	}
	if complete {
		return nil, impossible
	}
	for _, k := range keys {
		p.because("policy variable ${" + e.spelled(k) + "}")
	}
	return nil, unknown
}

// suppose tries values for keys.
func (p *proof) suppose(base, guess map[string]keyState) (*enforce.Request, outcome) {
	e := p.encoder
	used := e.used
	e.pinned, e.guesses = maps.Clone(base), guess
	maps.Copy(e.pinned, guess)
	defer func() { e.pinned, e.guesses, e.used = base, nil, used }()
	tried, result := p.tryOnce()
	if result != possible {
		return nil, result
	}
	found, _ := p.witness(tried)
	return found, possible
}

// captured returns what the variables of templates stand for in the request that was found.
func (e *encoder) captured(s *search) map[string]keyState {
	values := make(map[string]keyState)
	for _, u := range e.used {
		state, _ := s.state(u.dim)
		if fact, _ := s.state(u.fact); fact.isAbsent() || state.multi || state.isAbsent() {
			continue
		}
		runs := u.glob.runs(state.values[0])
		for _, v := range u.vars {
			if _, ok := values[v.key]; !ok && runs != nil {
				values[v.key] = single(runs[v.at])
				runs[v.at] = "" // another variable in the same run has nothing left
			}
		}
	}
	return values
}

// maxAligned is how large a table may be in which a text is aligned with a glob.
const maxAligned = 1 << 18

// runs returns what each run of a glob stands for in a text, by its place; nil when the glob
// does not match.
func (g glob) runs(text string) []string {
	var letters []rune
	for at := 0; at < len(text); {
		r, size := decode(text[at:])
		letters = append(letters, r)
		at += size
	}
	if len(g)*len(letters) > maxAligned {
		return nil
	}
	lost := make(map[[2]int]bool) // places from which no way leads to the end
	runs := make([]string, len(g))
	var match func(i, at int) bool
	match = func(i, at int) bool {
		if i == len(g) {
			return at == len(letters)
		}
		if lost[[2]int{i, at}] {
			return false
		}
		if g[i].kind != run {
			if at < len(letters) && g[i].has(letters[at]) && match(i+1, at+1) {
				return true
			}
		} else {
			for end := at; ; end++ {
				if match(i+1, end) {
					runs[i] = textFrom(letters[at:end])
					return true
				}
				if end == len(letters) || !g[i].has(letters[end]) {
					break
				}
			}
		}
		lost[[2]int{i, at}] = true
		return false
	}
	if !match(0, 0) {
		return nil
	}
	return runs
}

// derivedKeys are those that follow from the caller.
var derivedKeys = []string{"aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:principalisawsservice",
	"aws:principalservicename", "aws:userid", "aws:username"}

// texts returns values that a variable may have: those of the request that was found, the
// parts of its resource, and those that the policies name.
func (p *proof) texts(s *search, d *dimension) (all []string) {
	add := func(text string) {
		if !slices.Contains(all, text) && len(all) < maxGuesses {
			all = append(all, text)
		}
	}
	own, _ := s.state(d)
	for i := range s.held {
		h := &s.held[i]
		if h.said == nil {
			continue
		}
		for _, v := range h.state.values {
			if h.dim.name == resourceField {
				for _, part := range strings.FieldsFunc(v, func(r rune) bool { return r == '/' || r == ':' }) {
					add(part)
				}
			}
			add(v)
		}
	}
	if !own.isAbsent() && !own.multi {
		add(own.values[0])
	}
	for _, key := range derivedKeys {
		_, state, _ := p.encoder.caller.derived(key)
		for _, v := range state.values {
			add(v)
		}
	}
	add("x")
	slices.SortStableFunc(all, func(a, b string) int { return len(a) - len(b) })
	for _, a := range p.encoder.atoms {
		if a.set == nil || a.set.text == nil {
			continue
		}
		for _, g := range a.set.text.globs {
			if text, ok := g.text(); ok && a.dim.name != actionField {
				add(text)
			}
		}
	}
	return all
}

// combinations yields what the keys have together, as many as most.
func combinations(keys []string, choices [][]keyState, most int) func(func(map[string]keyState) bool) {
	return func(yield func(map[string]keyState) bool) {
		at := make([]int, len(keys))
		for range most {
			m := make(map[string]keyState, len(keys))
			for i, k := range keys {
				if len(choices[i]) == 0 {
					return
				}
				m[k] = choices[i][at[i]]
			}
			if !yield(m) {
				return
			}
			i := 0
			for ; i < len(at); i++ {
				if at[i]++; at[i] < len(choices[i]) {
					break
				}
				at[i] = 0
			}
			if i == len(at) {
				return
			}
		}
	}
}

// guessed says that the keys have what was guessed.
func (e *encoder) guessed() (parts []*node) {
	for _, k := range slices.Sorted(maps.Keys(e.guesses)) {
		state := e.guesses[k]
		d, _, _ := e.key(k)
		if d == nil {
			continue
		}
		if state.values == nil { // nothing that a variable could have
			parts = append(parts, claimOf(e.atom(d, "one value", func() atom { return atom{set: &valueSet{text: newTextSet(wild("*", anyRune))}} })).not())
			continue
		}
		parts = append(parts, e.in(d, "guess", state.values, exactly))
	}
	return parts
}

func (e *encoder) spelled(key string) string {
	if name, ok := e.names[key]; ok {
		return name
	}
	return key
}
