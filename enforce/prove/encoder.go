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
	dims     map[string]*dimension
	names    map[string]string // of keys, as they are spelled
	atoms    map[string]*atom
	elements map[*enforce.Policy]*enforce.Document
	// pinned are keys of which the question, or a guess, says what requests have.
	pinned  map[string]keyState
	guesses map[string]keyState // a part of pinned
	// open are the keys that are used as variables and whose values are not known.
	open map[string]bool
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

func claimOf(a *atom) *node { return &node{kind: claim, claim: said{a, true}} }

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
func (e *encoder) actions(values ...string) *node {
	if len(values) == 0 {
		return no
	}
	for i, v := range values {
		if v == "*" {
			return yes
		}
		values[i] = lowerASCII(v)
	}
	return e.in(e.dims[actionField], "action", values, func(s string) glob { return wild(s, anyRune) })
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

// between is an atom that holds of what surely matches, and may of what may match.
func (e *encoder) between(d *dimension, sort string, p patterns, build func(*textSet) atom) *node {
	of := func(globs []glob) *node {
		var text strings.Builder
		text.WriteString(sort)
		for _, g := range globs {
			g.key(&text)
		}
		return claimOf(e.atom(d, text.String(), func() atom { return build(newTextSet(globs...)) }))
	}
	sure := of(p.sure)
	if p.loose == nil {
		return sure
	}
	loose := of(append(p.loose, p.sure...))
	if sample := build(newTextSet()); sample.set.not {
		loose, sure = sure, loose
	}
	return &node{kind: about, parts: []*node{loose, sure.not()}}
}

// key writes what a glob is.
func (g glob) key(b *strings.Builder) {
	b.WriteByte(0)
	for _, e := range g {
		b.WriteString(strconv.Itoa(int(e.kind)<<4 | int(e.class)))
		if e.kind < one {
			b.WriteRune(e.r)
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
			return &node{kind: about, parts: []*node{yes, yes}}
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
		for _, globs := range [][]glob{p.sure, p.loose} {
			for i, g := range globs {
				if len(g) == 1 {
					globs[i] = arnGlob
				}
			}
		}
	}
	build := func(set *textSet) atom {
		a := made
		a.set = &valueSet{text: set, not: negated}
		return a
	}
	return e.at(name, func(d *dimension) *node { return e.between(d, sort, p, build) }, func(s keyState) *node {
		sure := build(newTextSet(p.sure...))
		loose := build(newTextSet(append(p.loose, p.sure...)...))
		if a, b := sure.holds(s), loose.holds(s); a != b {
			return &node{kind: about, parts: []*node{yes, yes}}
		}
		return constant(sure.holds(s))
	})
}

// about says an atom of a condition key.
func (e *encoder) about(name, text string, made atom) *node {
	return e.at(name, func(d *dimension) *node { return claimOf(e.atom(d, text, func() atom { return made })) },
		func(s keyState) *node { return constant(made.holds(s)) })
}

// at says something of a condition key: of its dimension, or of what all requests have.
func (e *encoder) at(name string, dim func(*dimension) *node, fixed func(keyState) *node) *node {
	d, state, ok := e.key(name)
	if !ok {
		e.because(name + " of any account but those that are named")
		return &node{kind: about, parts: []*node{yes, yes}}
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
