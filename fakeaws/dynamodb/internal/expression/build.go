package expression

import (
	"slices"

	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// What this file makes are the trees of conditions, projections and updates without the text
// of an expression: PartiQL and the legacy parameters say the same in other words.

// NewPath is the path of an attribute.
func NewPath(attribute string) Path { return Path{{name: attribute}} }

// Field is the path of an attribute of a map.
func (p Path) Field(name string) Path { return append(slices.Clip(p), step{name: name}) }

// Element is the path of an element of a list.
func (p Path) Element(i int) Path { return append(slices.Clip(p), step{index: i, list: true}) }

// TooLong reports whether the path has more steps than DynamoDB takes.
func (p Path) TooLong() bool { return len(p) > maxPath }

// Same compares two paths.
func (p Path) Same(q Path) bool { return slices.Equal(p, q) }

// At is the operand that a path leads to.
func At(p Path) *Operand { return &Operand{path: p} }

// SizeOf is the size of what a path leads to.
func SizeOf(p Path) *Operand { return &Operand{path: p, size: true} }

// Literal is an operand that is a value.
func Literal(v value.Value) *Operand { return &Operand{v: v} }

// Path is the path of an operand that is one; nil for a literal and a size.
func (o *Operand) Path() Path {
	if o.size {
		return nil
	}
	return o.path
}

// Value is the value of a literal.
func (o *Operand) Value() value.Value { return o.v }

// Compare is the condition that an operator or a function makes of operands.
func Compare(operator string, operands ...*Operand) *Predicate {
	return &Predicate{&comparison{operator, operands}}
}

// And holds where both conditions do; nil is one that always holds.
func (c *Predicate) And(d *Predicate) *Predicate {
	switch {
	case c == nil:
		return d
	case d == nil:
		return c
	}
	return &Predicate{&logical{true, c.root, d.root}}
}

// Or holds where one of two conditions does.
func (c *Predicate) Or(d *Predicate) *Predicate { return &Predicate{&logical{false, c.root, d.root}} }

// Not holds where a condition does not.
func (c *Predicate) Not() *Predicate { return &Predicate{&negation{c.root}} }

// equal returns the values of which an attribute has one where the comparison holds; false when
// it says nothing of the kind.
func (c *comparison) equal(attribute string) ([]value.Value, bool) {
	if c.operator != "=" && c.operator != "IN" {
		return nil, false
	}
	if p := c.operands[0].Path(); !p.is(attribute) {
		return nil, false
	}
	var all []value.Value
	for _, o := range c.operands[1:] {
		if o.path != nil {
			return nil, false
		}
		all = append(all, o.v)
	}
	return union(nil, all), true
}

// is reports whether a path is an attribute of the item itself.
func (p Path) is(attribute string) bool { return len(p) == 1 && p[0].name == attribute }

// Values are the values of which an attribute has one in every item that meets the condition;
// false when items with any value may meet it.
func (c *Predicate) Values(attribute string) ([]value.Value, bool) {
	if c == nil {
		return nil, false
	}
	return valuesIn(c.root, attribute)
}

func valuesIn(n node, attribute string) ([]value.Value, bool) {
	switch n := n.(type) {
	case *comparison:
		return n.equal(attribute)
	case *logical:
		a, fromA := valuesIn(n.a, attribute)
		b, fromB := valuesIn(n.b, attribute)
		switch {
		case !n.and:
			return union(a, b), fromA && fromB
		case fromA && fromB:
			return both(a, b), true
		case fromA:
			return a, true
		}
		return b, fromB
	}
	return nil, false
}

// union are the values of both lists, each once.
func union(a, b []value.Value) []value.Value {
	all := slices.Clone(a)
	for _, v := range b {
		if !slices.ContainsFunc(all, v.Equal) {
			all = append(all, v)
		}
	}
	return all
}

// both are the values that two lists have in common. Where they have none, nothing meets the
// condition; the first list then still says what was asked for.
func both(a, b []value.Value) []value.Value {
	common := slices.DeleteFunc(slices.Clone(a), func(v value.Value) bool { return !slices.ContainsFunc(b, v.Equal) })
	if len(common) == 0 {
		return union(a, b)
	}
	return common
}

// conjuncts are the conditions all of which must hold.
func conjuncts(n node) []node {
	if l, ok := n.(*logical); ok && l.and {
		return append(conjuncts(l.a), conjuncts(l.b)...)
	}
	return []node{n}
}

// Range takes what a condition says of the sort keys of a partition: of each in their order the
// first part that a key condition can have. All of the condition remains to be asked of the
// items.
func (c *Predicate) Range(partition []value.Value, sorts []Key) *Keys {
	k := &Keys{Partition: partition}
	if c == nil {
		return k
	}
	all := conjuncts(c.root)
	for i := range sorts {
		at := slices.IndexFunc(all, func(n node) bool {
			x, ok := n.(*comparison)
			return ok && x.bounds(&sorts[i])
		})
		if at < 0 || k.Operator != "" {
			break
		}
		k.bound(all[at].(*comparison))
	}
	return k
}

// bounds reports whether a comparison is one that a key condition can have on a sort key.
func (c *comparison) bounds(sort *Key) bool {
	switch c.operator {
	case "=", "<", "<=", ">", ">=", "BETWEEN":
	case "begins_with":
		if sort.Kind == value.N {
			return false
		}
	default:
		return false
	}
	if !c.operands[0].Path().is(sort.Name) {
		return false
	}
	return !slices.ContainsFunc(c.operands[1:], func(o *Operand) bool { return o.path != nil || o.v.Kind() != sort.Kind })
}

// Item takes the key of one item out of a condition: for each attribute an equality that must
// hold. The rest is what remains of the condition, nil when nothing does. False is a condition
// that is not about one item.
func (c *Predicate) Item(attributes []string) (key value.Map, rest *Predicate, ok bool) {
	key = make(value.Map, len(attributes))
	if c == nil {
		return nil, nil, false
	}
	for _, n := range conjuncts(c.root) {
		x, is := n.(*comparison)
		if is && x.operator == "=" && x.operands[1].path == nil {
			name := ""
			for _, a := range attributes {
				if x.operands[0].Path().is(a) {
					name = a
				}
			}
			if _, twice := key[name]; name != "" && !twice {
				key[name] = x.operands[1].v
				continue
			}
		}
		rest = rest.And(&Predicate{n})
	}
	return key, rest, len(key) == len(attributes)
}

// NewTerms makes a key condition of conditions all of which must hold.
func NewTerms(of ...*Predicate) (*Terms, error) {
	t := new(Terms)
	for _, c := range of {
		if err := t.collect(c.root); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// Project makes a projection of paths.
func Project(paths ...Path) (*Paths, error) {
	p := new(Paths)
	for _, path := range paths {
		if problem, other := p.tree.add(path, nil); problem != "" {
			return nil, invalidf("Invalid "+Projection+": "+problem, other, path)
		}
		p.all = append(p.all, path)
	}
	return p, nil
}

// A Term is what an update assigns.
type Term struct{ t *term }

// Assigned is the value of an operand.
func Assigned(o *Operand) *Term { return &Term{&term{path: o.path, v: o.v}} }

// Apply is an operator or function of two terms: +, - or list_append. False is a literal of a
// type that it does not take.
func Apply(operator string, a, b *Term) (*Term, bool) {
	want := value.N
	if operator == "list_append" {
		want = value.L
	}
	for _, t := range []*term{a.t, b.t} {
		if kind := t.literal(); kind != value.None && kind != want {
			return nil, false
		}
	}
	return &Term{&term{operator: operator, a: a.t, b: b.t}}, true
}

// Set has an update assign a term to what a path leads to.
func (u *Updates) Set(p Path, t *Term) error {
	return u.act(&action{section: "SET", path: p, set: t.t})
}

// Remove has an update remove what a path leads to.
func (u *Updates) Remove(p Path) error { return u.act(&action{section: "REMOVE", path: p}) }

// Add and Delete are the actions ADD and DELETE with a value.
func (u *Updates) Add(p Path, v value.Value) error {
	return u.act(&action{section: "ADD", path: p, operand: v})
}

// Delete has an update take elements out of a set.
func (u *Updates) Delete(p Path, v value.Value) error {
	return u.act(&action{section: "DELETE", path: p, operand: v})
}

func (u *Updates) act(a *action) error {
	if problem, other := u.tree.add(a.path, a); problem != "" {
		return invalidf("Invalid "+Update+": "+problem, other, a.path)
	}
	u.actions = append(u.actions, a)
	return nil
}
