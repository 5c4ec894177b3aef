package prove

import (
	"strconv"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// An encoder turns policies into formulas about the requests of one caller.
type encoder struct {
	*work
	question *Question
	caller   *caller
	owner    owner
	*vocabulary
	names map[string]string // of keys, as they are spelled
	// pinned are keys of which the question, or a guess, says what requests have.
	pinned  map[string]keyState
	guesses map[string]keyState // a part of pinned
	// open are the keys that are used as variables and whose values are not known.
	open map[string]bool
	used []used
}

// A used is a template that a dimension is compared with, and the fact that it matches.
type used struct {
	template
	dim, fact *dimension
}

// A vocabulary is the dimensions and atoms of a proof, and of what explains it.
type vocabulary struct {
	dims    map[string]*dimension
	fields  map[string]*dimension // those of callers, by their full names
	atoms   map[string]*atom
	numbers int // of the dimensions that there were
}

func newVocabulary() *vocabulary {
	return &vocabulary{dims: make(map[string]*dimension), fields: make(map[string]*dimension), atoms: make(map[string]*atom)}
}

// add makes a dimension known.
func (v *vocabulary) add(name string, d *dimension) *dimension {
	d.number = v.numbers
	v.numbers++
	v.dims[name] = d
	return d
}

// atom returns the atom of a dimension with a text of its own: the same for all that say
// the same.
func (e *encoder) atom(d *dimension, text string, build func() atom) *atom {
	key := d.name + "\x00" + text
	a := e.atoms[key]
	if a == nil {
		made := build()
		a = &made
		a.id, a.dim = len(e.atoms), d
		e.atoms[key] = a
	}
	return a
}

func claimOf(a *atom) *node { return claimed(said{a, true}) }

// in says that a dimension with one value has one of the globs.
func (e *encoder) in(d *dimension, sort string, values []string, read func(string) glob) *node {
	return claimOf(e.atom(d, sort+"\x00"+strings.Join(values, "\x00"), func() atom {
		globs := make([]glob, len(values))
		for i, v := range values {
			globs[i] = read(v)
		}
		return atom{set: &valueSet{text: newTextSet(globs...)}}
	}))
}

// actions says that the action is one of some: rules 6 and 7.
func (e *encoder) actions(all []pattern) *node {
	var asked []glob
	var text strings.Builder
	for i := range all {
		p := &all[i]
		if p.text == "*" {
			return yes
		}
		if e.question.asks(p) { // most statements are about other actions than the question
			asked = append(asked, p.glob)
			text.WriteByte(0)
			text.WriteString(p.text)
		}
	}
	if asked == nil {
		return no
	}
	return claimOf(e.atom(e.dims[actionField], "action"+text.String(), func() atom { return atom{set: &valueSet{text: newTextSet(asked...)}} }))
}

// named says that the action is one of some that a rule names.
func (e *encoder) named(names ...string) *node {
	all := make([]pattern, len(names))
	for i, name := range names {
		all[i] = ruleAction(name)
	}
	return e.actions(all)
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// resources says that the resource is one of some: rules 8 and 10.
func (e *encoder) resources(values []enforce.Text, variables bool) *node {
	var p patterns
	for _, v := range values {
		if v.Value == "*" {
			return yes
		}
		e.operand(&p, v.Value, resourceForm, variables)
	}
	return e.between(e.dims[resourceField], "resource", p, func(set *textSet) atom { return atom{set: &valueSet{text: set}} })
}

// between is an atom of a dimension about the globs that match. That a template matches is
// a fact of its own, the same wherever it stands; what it matches is within its glob.
func (e *encoder) between(d *dimension, sort string, p patterns, build func(*textSet) atom) *node {
	of := func(globs ...glob) *node {
		var text strings.Builder
		text.WriteString(sort)
		for _, g := range globs {
			g.key(&text)
		}
		return claimOf(e.atom(d, text.String(), func() atom { return build(newTextSet(globs...)) }))
	}
	match := of(p.sure...)
	for _, t := range p.loose {
		matches := e.matches(d.name+"\x00"+sort, t)
		e.used = append(e.used, used{t, d, e.dims[factField+d.name+"\x00"+sort+"\x00"+t.text]})
		match = either(match, both(matches, of(t.glob)))
	}
	return match
}

// matches says that a template matches the value of a dimension.
func (e *encoder) matches(where string, t template) *node {
	n := e.fact(where + "\x00" + t.text)
	for _, key := range t.keys {
		n = both(n, e.about(strings.ToLower(key), "a value", atom{set: &valueSet{text: newTextSet(wild("*", anyRune))}}))
	}
	return n
}

const factField = "\x00fact\x00"

// fact says something of which nothing is known but that it is so or not.
func (e *encoder) fact(name string) *node {
	name = factField + name
	d := e.dims[name]
	if d == nil {
		d = e.add(name, &dimension{name: name, absent: true, single: true, memo: make(map[string]answer)})
	}
	return e.in(d, "so", []string{"x"}, exactly)
}

// key writes what a glob is.
func (g glob) key(b *strings.Builder) {
	b.WriteByte(0)
	for _, e := range g {
		b.WriteString(strconv.Itoa(int(e.kind)<<4 | int(e.class)))
		if e.kind < one {
			writeRune(b, e.r)
		}
	}
}

// condition says that a condition holds: rules 18 to 31.
func (e *encoder) condition(c *enforce.ConditionElement, variables bool) *node {
	operator, set, ifExists := c.Qualifiers()
	family, rest := familyOf(operator)
	negated := strings.Contains(operator, "Not")
	made := atom{absent: ifExists || negated, multi: negated}
	switch set {
	case "ForAllValues":
		made.mode, made.absent = forAll, true
	case "ForAnyValue":
		made.mode, made.absent = forAny, ifExists
	}
	name := strings.ToLower(c.Key.Value)
	if _, ok := e.names[name]; !ok {
		e.names[name] = c.Key.Value
	}
	sort := operator + "\x00" + set + "\x00" + strconv.FormatBool(ifExists)
	build := func(of *valueSet) *node {
		made.set = of
		text := sort
		for _, v := range c.Values {
			text += "\x00" + v.Value
		}
		return e.about(name, text, made)
	}
	switch family {
	case "Null":
		made = atom{mode: presence, absent: isOneOf(c.Values, "true"), present: isOneOf(c.Values, "false")}
		return build(nil)
	case "Numeric":
		values := numericSet(rest, c.Values)
		if values == nil {
			values = &valueSet{text: newTextSet()} // nothing
		}
		return build(values)
	case "Date":
		values, ok := dateSet(rest, c.Values)
		if !ok {
			e.because("a date that is too far away: " + operator)
			return &node{kind: maybe}
		}
		return build(values)
	case "Ip":
		return build(addressSet(c.Values, negated))
	}
	var p patterns
	as := formOf(operator)
	for _, v := range c.Values {
		e.operand(&p, v.Value, as, variables)
	}
	return e.text(name, sort, p, made, as == arnForm, negated)
}

// text says a condition of texts.
func (e *encoder) text(name, sort string, p patterns, made atom, isARN, negated bool) *node {
	if isARN { // "*" is every ARN, and nothing else
		for i, g := range p.sure {
			if len(g) == 1 {
				p.sure[i] = arnGlob
			}
		}
	}
	if p.loose != nil {
		return e.loosely(name, sort, p, made, negated)
	}
	if name == ownerKey && e.owner.other {
		return e.ownedBy(p.sure, negated)
	}
	build := func(set *textSet) atom {
		a := made
		a.set = &valueSet{text: set, not: negated}
		return a
	}
	return e.at(name, p.literal(), func(d *dimension) *node { return e.between(d, sort, p, build) }, func(s keyState) *node {
		a := build(newTextSet(p.sure...))
		return constant(a.holds(s))
	})
}

// ownedBy says a condition of the account that owns the resource, where it is any that is not
// named: its ARN has it.
func (e *encoder) ownedBy(accounts []glob, negated bool) *node {
	set := newTextSet()
	var text strings.Builder
	for _, account := range accounts {
		account.key(&text)
		g := append(segments("arn", "*", "*", "*"), element{kind: literal, r: ':'})
		for _, one := range account {
			if one.class == anyRune {
				one.class = noColon // an account is digits
			}
			g = append(g, one)
		}
		set.globs = append(set.globs, append(g, element{kind: literal, r: ':'}, element{kind: run}))
	}
	set = newTextSet(set.globs...)
	n := claimOf(e.atom(e.dims[resourceField], "owner"+text.String(), func() atom { return atom{set: &valueSet{text: set}} }))
	if negated {
		return n.not()
	}
	return n
}

// loosely is text for templates. With a set operator only a part can be said.
func (e *encoder) loosely(name, sort string, p patterns, made atom, negated bool) *node {
	if made.mode != plain {
		return e.loosest(name, sort, p, made, negated)
	}
	build := func(set *textSet) atom { return atom{set: &valueSet{text: set}} }
	n := e.at(name, false, func(d *dimension) *node { return e.between(d, "in\x00"+sort, p, build) }, func(s keyState) *node {
		match := no
		if !s.multi && s.values != nil {
			match = constant(newTextSet(p.sure...).has(s.values[0]))
			for _, t := range p.loose {
				match = either(match, both(e.matches(name+"\x00"+sort, t), constant(newTextSet(t.glob).has(s.values[0]))))
			}
		}
		return match
	})
	switch {
	case negated:
		return n.not()
	case made.absent:
		return either(n, e.about(name, "absent", atom{mode: presence, absent: true}))
	}
	return n
}

// loosest says that one part of the templates, or all of their globs, match: the condition
// is between what surely holds and what may.
func (e *encoder) loosest(name, sort string, p patterns, made atom, negated bool) *node {
	text := sort
	for _, g := range p.sure {
		text += "\x00" + g.String()
	}
	for _, t := range p.loose {
		text += "\x00" + t.text
	}
	of := func(sort string, globs []glob) *node {
		a := made
		a.set = &valueSet{text: newTextSet(globs...), not: negated}
		var b strings.Builder
		for _, g := range globs {
			g.key(&b)
		}
		return e.about(name, sort+text+b.String(), a)
	}
	globs := p.sure
	for _, t := range p.loose {
		globs = append(globs, t.glob)
	}
	tight, loose := of("tight", p.sure), of("loose", globs)
	if negated {
		tight, loose = loose, tight
	}
	return either(tight, both(e.fact(name+"\x00"+text), loose))
}

// about says an atom of a condition key.
func (e *encoder) about(name, text string, made atom) *node {
	// No account is an address.
	return e.at(name, made.mode == presence || made.set != nil && made.set.family == addresses, func(d *dimension) *node { return claimOf(e.atom(d, text, func() atom { return made })) },
		func(s keyState) *node { return constant(made.holds(s)) })
}

// at says something of a condition key: of its dimension, or of what all requests have.
// Literal says that it is about texts, and not patterns of them.
func (e *encoder) at(name string, literal bool, dim func(*dimension) *node, fixed func(keyState) *node) *node {
	d, state, ok := e.key(name)
	if !ok && literal {
		// One that no policy names: all of these are alike to what is no pattern.
		return fixed(single(e.owner.account))
	}
	if !ok {
		e.because(name + " of any account but those that are named")
		return &node{kind: maybe}
	}
	if d == nil {
		return fixed(state)
	}
	return dim(d)
}

func familyOf(operator string) (family, rest string) {
	for _, f := range []string{"Numeric", "Date", "Null"} {
		if rest, ok := strings.CutPrefix(operator, f); ok {
			return f, rest
		}
	}
	if strings.HasSuffix(operator, "IpAddress") {
		return "Ip", ""
	}
	return "text", ""
}

func formOf(operator string) form {
	switch {
	case strings.HasPrefix(operator, "Arn"):
		return arnForm
	case operator == "Bool":
		return boolForm
	case operator == "BinaryEquals":
		return binaryForm
	case strings.HasSuffix(operator, "IgnoreCase"):
		return foldForm
	case strings.HasSuffix(operator, "Like"):
		return likeForm
	}
	return plainForm
}
