package prove

import (
	"slices"
	"strings"

	"net/netip"

	"github.com/leastpriv/leastpriv/enforce"
)

// arnGlob is every ARN: six segments, of which the first five have no colon.
var arnGlob = segments("arn", "*", "*", "*", "*", "*")

// segments makes a glob of the six segments of an ARN.
func segments(parts ...string) (g glob) {
	for i, part := range parts {
		if i > 0 {
			g = append(g, element{kind: literal, r: ':'})
		}
		g = append(g, wild(part, segmentClass(i))...)
	}
	return g
}

// segmentClass is what wildcards in a segment stand for: rule 8.
func segmentClass(i int) class {
	if i < 5 {
		return noColon
	}
	return anyRune
}

// A form is how an operand is read.
type form uint8

const (
	plainForm form = iota // StringEquals
	foldForm              // StringEqualsIgnoreCase
	likeForm              // StringLike
	arnForm               // the Arn operators
	boolForm
	binaryForm
	resourceForm
)

// Patterns are operands as globs: sure are those that match.
type patterns struct {
	sure  []glob
	loose []template
}

// A template is an operand with a variable of which the value is not known. What it matches
// is within the glob; it matches nothing where one of the keys has no value.
type template struct {
	text string
	glob glob
	keys []string
	vars []place
}

// A place is where the glob of a template has a variable: a run.
type place struct {
	at  int
	key string // in lower case
}

// operand reads a value of a policy. Variables are known in it or not.
func (e *encoder) operand(p *patterns, value string, as form, variables bool) {
	known := variables && strings.Contains(value, "${")
	switch as {
	case binaryForm:
		p.sure = append(p.sure, exactly(binaryText(value)))
		return
	case resourceForm:
		e.segmented(p, value, variables)
		return
	case arnForm:
		if !known {
			e.segmented(p, value, false)
			return
		}
	}
	t, result := e.template(value, as, known)
	g := t.glob
	switch {
	case result == without: // a variable that has no value: it matches nothing
	case result == open && as == arnForm:
		t.glob, t.vars = arnGlob, nil
		p.loose = append(p.loose, t)
	case result == open:
		p.loose = append(p.loose, t)
	case as == arnForm:
		p.add(resegmented(g))
	case as == boolForm:
		p.add(onlyBool(g))
	default:
		p.sure = append(p.sure, g)
	}
}

func (p *patterns) add(g glob) {
	if g != nil {
		p.sure = append(p.sure, g)
	}
}

// literal reports whether all patterns are texts, or match everything.
func (p *patterns) literal() bool {
	for _, g := range p.sure {
		if len(g) != 1 || g[0].kind != run || g[0].class != anyRune {
			if _, ok := g.text(); !ok {
				return false
			}
		}
	}
	return p.loose == nil
}

// onlyBool is the operand of Bool, which takes true and false alone.
func onlyBool(g glob) glob {
	set := newTextSet(g)
	for _, word := range []string{"true", "false"} {
		if set.has(word) {
			return inAnyCase(word)
		}
	}
	return nil
}

// segmented reads a pattern of ARNs; variables are known in the last segment alone.
func (e *encoder) segmented(p *patterns, value string, variables bool) {
	if value == "*" {
		p.sure = append(p.sure, wild("*", anyRune))
		return
	}
	parts := enforce.SplitPattern(value)
	variables = variables && strings.Contains(parts[5], "${")
	if !newTextSet(wild(parts[0], noColon)).has("arn") {
		return // no ARN begins so
	}
	parts[0] = "arn"
	// A variable in one of the first segments is plain text, and its colon divides the ARN of
	// a request: such a pattern matches as a whole, or not at all.
	if first := strings.Join(parts[:5], ":"); strings.Count(first, ":") > 4 && (variables || strings.ContainsAny(first, "*?")) {
		return
	}
	if !variables {
		p.sure = append(p.sure, segments(parts[:]...))
		return
	}
	t, result := e.template(parts[5], likeForm, true)
	g := append(segments(parts[:5]...), element{kind: literal, r: ':'})
	for i := range t.vars {
		t.vars[i].at += len(g)
	}
	t.text, t.glob = value, append(g, t.glob...)
	switch result {
	case complete:
		p.sure = append(p.sure, t.glob)
	case open:
		p.loose = append(p.loose, t)
	}
}

// resegmented reads a pattern of ARNs whose variables were put in before: colons of their
// values count. It is nil when no ARN matches.
func resegmented(g glob) glob {
	result := glob{}
	n := 0
	var segment glob
	flush := func() bool {
		if n == 0 {
			if !newTextSet(segment).has("arn") {
				return false
			}
			segment = exactly("arn")
		}
		for _, e := range segment {
			if e.kind >= one {
				e.class = segmentClass(n)
			}
			result = result.with(e)
		}
		segment = nil
		n++
		return true
	}
	for _, e := range g {
		if n < 5 && e.kind == literal && e.r == ':' {
			if !flush() {
				return nil
			}
			result = append(result, e)
			continue
		}
		segment = append(segment, e)
	}
	if !flush() {
		return nil
	}
	for ; n < 6; n++ {
		result = append(result, element{kind: literal, r: ':'}, element{kind: run, class: segmentClass(n)})
	}
	return result
}

// An expansion says what became of a template.
type expansion uint8

const (
	complete expansion = iota
	open               // a variable may have any value
	without            // a variable has no value
)

// pattern reads a text of a policy.
func (as form) pattern(s string) glob {
	if as == likeForm || as == arnForm {
		return wild(s, anyRune)
	}
	return as.value(s)
}

// value reads the value of a variable: wildcards in it are plain characters.
func (as form) value(s string) glob {
	if as == foldForm || as == boolForm {
		return inAnyCase(s)
	}
	return exactly(s)
}

// template puts the values of variables in: rules 12 to 16.
func (e *encoder) template(s string, as form, variables bool) (t template, _ expansion) {
	t.text = s
	if !variables {
		t.glob = as.pattern(s)
		return t, complete
	}
	add := func(more glob) {
		for _, e := range more {
			t.glob = t.glob.with(e)
		}
	}
	result := complete
	for {
		before, rest, found := strings.Cut(s, "${")
		add(as.pattern(before))
		if !found {
			return t, result
		}
		inner, after, _ := strings.Cut(rest, "}")
		s = after
		if inner == "*" || inner == "?" || inner == "$" {
			add(exactly(inner))
			continue
		}
		name, def, hasDefault := strings.Cut(inner, ", ")
		switch text, known := e.variable(name); {
		case !known:
			if result = open; !hasDefault {
				t.keys = append(t.keys, name)
			}
			add(wild("*", anyRune))
			t.vars = append(t.vars, place{len(t.glob) - 1, strings.ToLower(name)})
		case text != nil:
			add(as.value(*text))
		case hasDefault:
			add(as.value(def[1 : len(def)-1])) // its wildcards are plain characters too
		default:
			return t, without
		}
	}
}

// compare has the comparisons of the Numeric and Date operators.
var compare = map[string]func(int) bool{
	"Equals":            func(order int) bool { return order == 0 },
	"NotEquals":         func(order int) bool { return order == 0 },
	"LessThan":          func(order int) bool { return order < 0 },
	"LessThanEquals":    func(order int) bool { return order <= 0 },
	"GreaterThan":       func(order int) bool { return order > 0 },
	"GreaterThanEquals": func(order int) bool { return order >= 0 },
}

// numericSet is the values that a Numeric operator takes; nil when it takes none.
func numericSet(operator string, values []enforce.Text) *valueSet {
	set := &valueSet{family: numbers, compare: compare[operator], not: operator == "NotEquals"}
	for _, v := range values {
		switch n, ok := number(v.Value); {
		case ok:
			set.numbers = append(set.numbers, n)
		case set.not:
			return nil // rule 26: it makes no sense, whether negated or not
		}
	}
	return set
}

// farDate is how many seconds from 1970 a date is too far away to reckon with.
const farDate = 1e12

// dateSet is the values that a Date operator takes; false when one is too far away.
func dateSet(operator string, values []enforce.Text) (*valueSet, bool) {
	set := &valueSet{family: dates, compare: compare[operator], not: operator == "NotEquals"}
	for _, v := range values {
		d, _ := enforce.ParseDate(v.Value)
		if s := d.Unix(); s > farDate || s < -farDate {
			return set, false
		}
		set.dates = append(set.dates, d)
	}
	return set, true
}

// addressSet is the values that IpAddress and NotIpAddress take.
func addressSet(values []enforce.Text, not bool) *valueSet {
	set := &valueSet{family: addresses, not: not}
	for _, v := range values {
		if p, err := netip.ParsePrefix(v.Value); err == nil {
			set.addresses = append(set.addresses, p)
		} else if a, err := netip.ParseAddr(v.Value); err == nil {
			set.addresses = append(set.addresses, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return set
}

// isOneOf reports whether one of the values is a word, in any case.
func isOneOf(values []enforce.Text, word string) bool {
	return slices.ContainsFunc(values, func(v enforce.Text) bool { return strings.EqualFold(v.Value, word) })
}
