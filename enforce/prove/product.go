package prove

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode"
)

// A member says that a text is in a set, or that it is not.
type member struct {
	set *textSet
	in  bool
}

// orbit returns a character in all cases.
func orbit(r rune) []rune {
	all := []rune{r}
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		all = append(all, f)
	}
	return all
}

// common finds a text that is in some sets and not in others. It first tries texts that a
// reader would write, and then goes through the product of the automata, shortest texts
// first: there is no such text when it comes to an end.
func (w *work) common(members []member) (string, outcome) {
	members = simplified(members)
	for _, m := range members {
		if m.in && m.set.exact != nil {
			return w.among(m.set, members)
		}
	}
	if text, ok := w.plain(members); ok {
		return text, possible
	}
	return w.product(members)
}

// holds reports whether a text is where the members say.
func holds(members []member, text string) bool {
	for _, m := range members {
		if m.set.has(text) != m.in {
			return false
		}
	}
	return true
}

// among looks through a set of few texts.
func (w *work) among(set *textSet, members []member) (string, outcome) {
	for _, g := range set.globs {
		if !w.spend(1) {
			return "", unknown
		}
		if text, _ := g.text(); holds(members, text) {
			return text, possible
		}
	}
	return "", impossible
}

// simplified leaves out what is said twice, and of the sets those globs that have nothing
// in common with what the text must be.
func simplified(members []member) []member {
	var must []glob // of which the text is one each
	for _, m := range members {
		if m.in && len(m.set.globs) == 1 {
			must = append(must, m.set.globs[0])
		}
	}
	result := make([]member, 0, len(members))
	for _, m := range members {
		if slices.Contains(result, m) {
			continue
		}
		if m.set.exact == nil || m.in {
			if kept := m.set.near(must); kept != m.set {
				m.set = kept
			}
		}
		if m.in || len(m.set.globs) > 0 {
			result = append(result, m)
		}
	}
	return result
}

// near returns the set without the globs that are apart from what a text must be.
func (s *textSet) near(must []glob) *textSet {
	far := func(g glob) bool { return slices.ContainsFunc(must, func(m glob) bool { return apart(g, m) }) }
	if !slices.ContainsFunc(s.globs, far) {
		return s
	}
	return newTextSet(slices.DeleteFunc(slices.Clone(s.globs), far)...)
}

// maxPlain is how many texts are tried before the automata are.
const maxPlain = 64

// plain tries texts that fill the wildcards in.
func (w *work) plain(members []member) (string, bool) {
	tried := 0
	for _, m := range members {
		if !m.in {
			continue
		}
		for _, g := range m.set.globs {
			for _, filling := range [...]string{"x", "example", "", "x/x"} {
				if tried++; tried > maxPlain || !w.spend(1) {
					return "", false
				}
				if text := g.example(filling); holds(members, text) {
					return text, true
				}
			}
		}
	}
	return "", false
}

// A reached is a state of the product, and how a text got there.
type reached struct {
	at   []int32
	from int32
	r    rune
}

// satisfied is the state of a member that holds however the text goes on.
const satisfied = -1

// product goes through the product of the automata.
func (w *work) product(members []member) (string, outcome) {
	start := make([]int32, len(members))
	for i, m := range members {
		start[i] = m.set.start()
		if m.settle(&start[i]) {
			return "", impossible
		}
	}
	queue := []reached{{at: start, from: -1}}
	seen := map[string]bool{keyOf(nil, start): true}
	var key []byte
	var alphabet []rune
	for i := 0; i < len(queue); i++ {
		if accepted(members, queue[i].at) {
			return textOf(queue, i), possible
		}
		alphabet = letters(alphabet[:0], members, queue[i].at)
		for _, r := range alphabet {
			if !w.spend(len(members)) {
				return "", unknown
			}
			next, ok := w.after(members, queue[i].at, r)
			if !ok {
				continue
			}
			key = key[:0]
			if k := keyOf(key, next); !seen[k] {
				seen[k] = true
				queue = append(queue, reached{next, int32(i), r})
			}
		}
	}
	if w.spent {
		return "", unknown
	}
	return "", impossible
}

// settle marks a member that holds however the text goes on, and reports one that cannot
// hold any more.
func (m *member) settle(at *int32) (lost bool) {
	st := m.set.states[*at]
	switch {
	case m.in && st.dead, !m.in && st.all:
		return true
	case m.in && st.all, !m.in && st.dead:
		*at = satisfied
	}
	return false
}

// placesPerStep is how many places a step of the budget takes a new state from.
const placesPerStep = 8

func (w *work) after(members []member, at []int32, r rune) ([]int32, bool) {
	next := make([]int32, len(at))
	for i := range members {
		if next[i] = at[i]; at[i] == satisfied {
			continue
		}
		if st := members[i].set.states[at[i]]; len(st.places) >= placesPerStep {
			if _, known := st.next[r]; !known && !w.spend(len(st.places)/placesPerStep) {
				return nil, false
			}
		}
		next[i] = members[i].set.step(at[i], r)
		if members[i].settle(&next[i]) {
			return nil, false
		}
	}
	return next, true
}

func accepted(members []member, at []int32) bool {
	for i, m := range members {
		if at[i] != satisfied && m.set.states[at[i]].accepts != m.in {
			return false
		}
	}
	return true
}

func keyOf(key []byte, at []int32) string {
	for _, n := range at {
		key = binary.LittleEndian.AppendUint32(key, uint32(n))
	}
	return string(key)
}

func textOf(queue []reached, i int) string {
	var letters []rune
	for ; queue[i].from >= 0; i = int(queue[i].from) {
		letters = append(letters, queue[i].r)
	}
	slices.Reverse(letters)
	return textFrom(letters)
}

func textFrom(letters []rune) string {
	var b strings.Builder
	for _, r := range letters {
		writeRune(&b, r)
	}
	return b.String()
}

// coarse and fine are the sorts of characters that classes tell apart: most of them, and all.
var (
	coarse = []string{"xyzabcdefghijklmnopqrstuvw-", "7012345689", ":"}
	fine   = []string{"xyzghijklmnopqrstuvw-", "abcdef", "ABCDEF", "7986", "1234", "5", "0", ":"}
)

// letters appends the characters that lead to different states: those that the globs name at
// the places where the members are, and of each class of others one.
func letters(to []rune, members []member, at []int32) []rune {
	for i, m := range members {
		if at[i] != satisfied {
			to = append(to, m.set.states[at[i]].letters...)
		}
	}
	slices.Sort(to)
	to = slices.Compact(to)
	named := len(to)
	sorts := coarse
	if slices.ContainsFunc(members, func(m member) bool { return m.set.fine }) {
		sorts = fine
	}
	for _, sort := range sorts {
		for _, r := range sort {
			if !slices.Contains(to[:named], r) {
				to = append(to, r)
				break
			}
		}
	}
	return append(to, other(to[:named]))
}

// other returns a character that is in no class but that of all, and not among some.
func other(named []rune) rune {
	for _, r := range "XYZGHIJKLMNOPQRSTUVW_./ " {
		if !slices.Contains(named, r) {
			return r
		}
	}
	for r := rune(0xe0); ; r++ {
		if !slices.Contains(named, r) && unicode.IsLetter(r) {
			return r
		}
	}
}
