package expression

import (
	"maps"
	"slices"

	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// An Updates is what an update expression does to an item.
type Updates struct {
	tree    tree
	actions []*action
}

// An action changes what one path leads to.
type action struct {
	section string // SET, REMOVE, ADD or DELETE
	path    Path
	set     *term       // of SET
	operand value.Value // of ADD and DELETE
}

// A term is what SET assigns: an operand, or an operator or function of two.
type term struct {
	operator string // "", "+", "-", if_not_exists, list_append
	path     Path   // of an operand that is one, and the first operand of if_not_exists
	v        value.Value
	a, b     *term
}

// Update reads an update.
func (s *Scope) Update(text string) (*Updates, error) {
	p, err := s.parser(Update, text)
	if err != nil {
		return nil, err
	}
	u := new(Updates)
	seen := make(map[string]bool)
	for p.peek().kind != tokenEnd {
		section := ""
		for _, name := range []string{"SET", "REMOVE", "ADD", "DELETE"} {
			if p.peek().is(name) {
				section = name
			}
		}
		if section == "" {
			return nil, p.unexpected()
		}
		p.at++
		if seen[section] {
			return nil, p.errorf(textSection, section)
		}
		seen[section] = true
		if err := u.section(p, section); err != nil {
			return nil, err
		}
	}
	for _, a := range u.actions {
		if problem, other := u.tree.add(a.path, a); problem != "" {
			return nil, p.errorf(problem, other, a.path)
		}
	}
	return u, nil
}

// section reads the actions of one section.
func (u *Updates) section(p *parser, section string) error {
	for {
		a := &action{section: section}
		var err error
		if a.path, err = p.path(); err != nil {
			return err
		}
		if err := p.operator(); err != nil {
			return err
		}
		switch section {
		case "SET":
			if err := p.expect("="); err != nil {
				return err
			}
			if a.set, err = p.sum(); err != nil {
				return err
			}
		case "ADD", "DELETE":
			if a.operand, err = p.value(); err != nil {
				return err
			}
			kind := a.operand.Kind()
			if !kind.IsSet() && (section == "DELETE" || kind != value.N) {
				return p.errorf(textActionType, section, kind.Type(), section)
			}
		}
		u.actions = append(u.actions, a)
		if !p.accept(",") {
			return nil
		}
	}
}

// sum reads what SET assigns.
func (p *parser) sum() (*term, error) {
	a, err := p.term()
	if err != nil {
		return nil, err
	}
	operator := p.peek()
	if !operator.is("+") && !operator.is("-") {
		return a, nil
	}
	p.at++
	if err := p.operator(); err != nil {
		return nil, err
	}
	b, err := p.term()
	if err != nil {
		return nil, err
	}
	for _, t := range []*term{a, b} {
		if kind := t.literal(); kind != value.None && kind != value.N {
			return nil, p.errorf(textOperandType, operator.text, kind)
		}
	}
	return &term{operator: operator.text, a: a, b: b}, nil
}

// literal is the type of a term that is known before there is an item.
func (t *term) literal() value.Kind {
	switch {
	case t.operator == "list_append":
		return value.L
	case t.operator != "" || t.path != nil:
		return value.None
	}
	return t.v.Kind()
}

// maxTerms is how deep functions may be nested in an update: unverified.
const maxTerms = 32

func (p *parser) term() (*term, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxTerms {
		return nil, p.errorf(textNesting, p.depth)
	}
	switch t := p.peek(); {
	case t.is("("):
		p.at++
		inner, err := p.sum()
		if err != nil {
			return nil, err
		}
		return inner, p.expect(")")
	case t.kind == tokenValue:
		v, err := p.value()
		return &term{v: v}, err
	case t.kind == tokenWord && p.peekSecond().is("("):
		return p.termFunction()
	}
	path, err := p.path()
	return &term{path: path}, err
}

func (p *parser) termFunction() (*term, error) {
	name := p.next().text
	p.at++
	if err := p.operator(); err != nil {
		return nil, err
	}
	if name != "if_not_exists" && name != "list_append" {
		if _, known := functions[name]; known || name == "size" {
			return nil, p.errorf(textNotInUpdate, name)
		}
		return nil, p.errorf(textFunction, name)
	}
	var operands []*term
	for {
		t, err := p.term()
		if err != nil {
			return nil, err
		}
		operands = append(operands, t)
		if p.accept(")") {
			break
		}
		if err := p.expect(","); err != nil {
			return nil, err
		}
	}
	if len(operands) != 2 {
		return nil, p.errorf(textOperands, name, len(operands))
	}
	if name == "if_not_exists" {
		if operands[0].path == nil || operands[0].operator != "" {
			return nil, p.errorf(textNeedsPath, name)
		}
		return &term{operator: name, path: operands[0].path, b: operands[1]}, nil
	}
	for _, t := range operands {
		if kind := t.literal(); kind != value.None && kind != value.L {
			return nil, p.errorf(textOperandType, name, kind)
		}
	}
	return &term{operator: name, a: operands[0], b: operands[1]}, nil
}

// eval is what a term is worth for an item.
func (t *term) eval(item value.Map) (value.Value, error) {
	switch {
	case t.operator == "if_not_exists":
		if v, ok := t.path.Get(item); ok {
			return v, nil
		}
		return t.b.eval(item)
	case t.operator != "":
		a, err := t.a.eval(item)
		if err != nil {
			return value.Value{}, err
		}
		b, err := t.b.eval(item)
		if err != nil {
			return value.Value{}, err
		}
		return apply(t.operator, a, b)
	case t.path != nil:
		v, ok := t.path.Get(item)
		if !ok {
			return v, value.Error(textNoAttribute)
		}
		return v, nil
	}
	return t.v, nil
}

func apply(operator string, a, b value.Value) (value.Value, error) {
	if operator == "list_append" {
		if a.Kind() != value.L || b.Kind() != value.L {
			return value.Value{}, value.Error(textDataType)
		}
		return value.OfList(slices.Concat(a.List(), b.List())), nil
	}
	if a.Kind() != value.N || b.Kind() != value.N {
		return value.Value{}, value.Error(textDataType)
	}
	n := b.Number()
	if operator == "-" {
		n = n.Negate()
	}
	sum, err := a.Number().Add(n)
	return value.OfNumber(sum), err
}

func (t *term) visit(visit func(Path)) {
	if t == nil {
		return
	}
	if t.path != nil {
		visit(t.path)
	}
	t.a.visit(visit)
	t.b.visit(visit)
}

// Attributes are the attributes of the item that the update reads or changes, in order.
func (u *Updates) Attributes() []string {
	if u == nil {
		return nil
	}
	all := make(map[string]bool)
	for _, a := range u.actions {
		all[a.path.Attribute()] = true
		a.set.visit(func(p Path) { all[p.Attribute()] = true })
	}
	return slices.Sorted(maps.Keys(all))
}

// Changes are the attributes that the update changes, in the order of its actions.
func (u *Updates) Changes() []string {
	if u == nil {
		return nil
	}
	var all []string
	for _, a := range u.actions {
		all = append(all, a.path.Attribute())
	}
	return all
}

// Updated returns the parts of an item that the update is about.
func (u *Updates) Updated(item value.Map) value.Map {
	if u == nil {
		return nil
	}
	m, _ := u.tree.ofMap(item)
	return m
}

// Apply returns the item as the update makes it. All that it assigns is read from the item
// as it was.
func (u *Updates) Apply(item value.Map) (value.Map, error) {
	if u == nil {
		return item, nil
	}
	assigned := make(map[*action]value.Value, len(u.actions))
	for _, a := range u.actions {
		if a.set == nil {
			continue
		}
		v, err := a.set.eval(item)
		if err != nil {
			return nil, err
		}
		assigned[a] = v
	}
	return u.tree.applyMap(item, assigned)
}

// apply changes a value; ok is whether there is one, before and after.
func (t *tree) apply(v value.Value, ok bool, assigned map[*action]value.Value) (value.Value, bool, error) {
	if a := t.action; a != nil {
		return a.apply(v, ok, assigned)
	}
	switch {
	case ok && len(t.names) > 0 && v.Kind() == value.M:
		m, err := t.applyMap(v.Map(), assigned)
		return value.OfMap(m), true, err
	case ok && len(t.indexes) > 0 && v.Kind() == value.L:
		return t.applyList(v.List(), assigned)
	}
	return v, ok, value.Error(textInvalidPath)
}

func (t *tree) applyMap(m value.Map, assigned map[*action]value.Value) (value.Map, error) {
	out := maps.Clone(m)
	if out == nil {
		out = make(value.Map)
	}
	for _, name := range slices.Sorted(maps.Keys(t.names)) {
		old, there := m[name]
		v, ok, err := t.names[name].apply(old, there, assigned)
		switch {
		case err != nil:
			return nil, err
		case ok:
			out[name] = v
		default:
			delete(out, name)
		}
	}
	return out, nil
}

// applyList changes elements. Those that are set behind the end are appended in order, and
// those that are removed leave no gap.
func (t *tree) applyList(list []value.Value, assigned map[*action]value.Value) (none value.Value, ok bool, err error) {
	out := slices.Clone(list)
	removed := make(map[int]bool)
	for _, i := range slices.Sorted(maps.Keys(t.indexes)) {
		var old value.Value
		there := i < len(list)
		if there {
			old = list[i]
		}
		v, ok, err := t.indexes[i].apply(old, there, assigned)
		switch {
		case err != nil:
			return none, false, err
		case ok && there:
			out[i] = v
		case ok:
			out = append(out, v)
		case there:
			removed[i] = true
		}
	}
	if len(removed) > 0 {
		left := make([]value.Value, 0, len(out))
		for i, v := range out {
			if !removed[i] {
				left = append(left, v)
			}
		}
		out = left
	}
	return value.OfList(out), true, nil
}

// apply is what an action makes of a value.
func (a *action) apply(v value.Value, ok bool, assigned map[*action]value.Value) (value.Value, bool, error) {
	switch a.section {
	case "SET":
		return assigned[a], true, nil
	case "REMOVE":
		return value.Value{}, false, nil
	case "ADD":
		if !ok {
			return a.operand, true, nil
		}
		if v.Kind() != a.operand.Kind() {
			return v, ok, value.Error(textDataType)
		}
		if v.Kind() == value.N {
			sum, err := apply("+", v, a.operand)
			return sum, true, err
		}
		return v.Union(a.operand), true, nil
	}
	if !ok {
		return v, false, nil
	}
	if v.Kind() != a.operand.Kind() {
		return v, ok, value.Error(textDataType)
	}
	left := v.Without(a.operand)
	return left, left.Kind() != value.None, nil
}
