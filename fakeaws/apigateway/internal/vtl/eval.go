package vtl

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// An Input is what a template is evaluated with.
type Input struct {
	// Body is the payload.
	Body string
	// Path, Query and Header are the parameters of the request, $input.params().
	Path, Query, Header *Object
	// Context is $context: a template can change its requestOverride and responseOverride.
	Context *Object
	// StageVariables is $stageVariables.
	StageVariables *Object
	// Err says why the evaluation ends early; nil is nothing that does.
	Err func() error
}

// Render evaluates a template.
func (t *Template) Render(in *Input) (string, error) {
	e := &evaluation{in: in, left: maxSteps, variables: map[string]any{
		"input": &inputHost{in: in}, "context": in.Context, "stageVariables": in.StageVariables, "util": utilHost{},
	}}
	e.out.left = maxOutput
	err := e.nodes(t.nodes)
	if err != nil && !errors.Is(err, errStop) {
		return "", err
	}
	return e.out.b.String(), nil
}

// An evaluation is one rendering at work.
type evaluation struct {
	in        *Input
	out       writer
	variables map[string]any
	left      int
	depth     int
}

var (
	errStop  = errors.New("#stop")
	errBreak = errors.New("#break")
	errSteps = errors.New("the mapping template takes too many steps")
)

// textStep is how many bytes of a text are worth a step.
const textStep = 64

func (e *evaluation) spend(n int) error {
	const often = 4096
	before := e.left / often
	if e.left -= n; e.left < 0 {
		return errSteps
	}
	if e.in.Err != nil && e.left/often != before {
		return e.in.Err()
	}
	return nil
}

func (e *evaluation) nodes(all []node) error {
	if e.depth++; e.depth > 2*maxDepth {
		return errDeep
	}
	defer func() { e.depth-- }()
	for _, n := range all {
		if err := e.spend(1); err != nil {
			return err
		}
		if err := n.render(e); err != nil {
			return err
		}
	}
	return nil
}

func (n textNode) render(e *evaluation) error { return e.out.text(string(n)) }

func (breakNode) render(*evaluation) error { return errBreak }

func (stopNode) render(*evaluation) error { return errStop }

// render of a reference without a value is the reference itself where no variable has its name,
// and nothing else.
func (n *refNode) render(e *evaluation) error {
	v, err := n.ref.value(e)
	if err != nil {
		return err
	}
	if _, known := e.variables[n.ref.name]; v == nil && !known && !n.quiet {
		return e.out.text(n.source)
	}
	return e.out.print(v)
}

func (n *setNode) render(e *evaluation) error {
	v, err := n.value.value(e)
	if err != nil {
		return err
	}
	if len(n.ref.parts) == 0 {
		if _, fixed := e.variables[n.ref.name].(host); fixed {
			return fmt.Errorf("$%s cannot be assigned", n.ref.name)
		}
		e.variables[n.ref.name] = v
		return nil
	}
	// The objects on the way are made.
	at, ok := e.variables[n.ref.name].(*Object)
	for i := range n.ref.parts {
		p := &n.ref.parts[i]
		if !ok || p.call || at == nil {
			return fmt.Errorf("#set cannot assign to a member of $%s", n.ref.name)
		}
		key := p.name
		if p.index != nil {
			k, err := p.index.value(e)
			if err != nil {
				return err
			}
			key = e.asText(k)
		}
		if i == len(n.ref.parts)-1 {
			at.Put(key, v)
			break
		}
		if !at.Has(key) {
			at.Put(key, &Object{})
		}
		at, ok = at.Get(key).(*Object)
	}
	return nil
}

func (n *ifNode) render(e *evaluation) error {
	for i, c := range n.conditions {
		v, err := c.value(e)
		if err != nil {
			return err
		}
		if truth(v) {
			return e.nodes(n.blocks[i])
		}
	}
	if len(n.blocks) > len(n.conditions) {
		return e.nodes(n.blocks[len(n.blocks)-1])
	}
	return nil
}

// truth is whether a value counts as true: all but false and nothing.
func truth(v any) bool {
	b, ok := v.(bool)
	return v != nil && (!ok || b)
}

func (n *forNode) render(e *evaluation) error {
	v, err := n.over.value(e)
	if err != nil {
		return err
	}
	var items []any
	switch v := v.(type) {
	case *List:
		items = v.items
	case *Object:
		for _, key := range v.keys {
			items = append(items, v.by[key])
		}
	}
	if len(items) > maxRounds {
		return fmt.Errorf("#foreach has more than %d rounds", maxRounds)
	}
	outer, had := e.variables["foreach"]
	before, was := e.variables[n.variable]
	for i, item := range items {
		loop := &Object{}
		loop.Put("count", number(i+1))
		loop.Put("index", number(i))
		loop.Put("hasNext", i+1 < len(items))
		loop.Put("first", i == 0)
		loop.Put("last", i+1 == len(items))
		if had {
			loop.Put("parent", outer)
		}
		e.variables[n.variable], e.variables["foreach"] = item, loop
		e.variables["velocityCount"], e.variables["velocityHasNext"] = number(i+1), i+1 < len(items)
		if err := e.nodes(n.body); errors.Is(err, errBreak) {
			break
		} else if err != nil {
			return err
		}
	}
	restore(e.variables, "foreach", outer, had)
	restore(e.variables, n.variable, before, was)
	return nil
}

func restore(variables map[string]any, name string, v any, had bool) {
	if had {
		variables[name] = v
	} else {
		delete(variables, name)
	}
}

func number(i int) json.Number { return json.Number(strconv.Itoa(i)) }

func (l literal) value(*evaluation) (any, error) { return l.of, nil }

func (q *quotedRef) value(e *evaluation) (any, error) {
	outer := e.out
	e.out = writer{left: outer.left}
	err := e.nodes(q.nodes)
	text, used := e.out.b.String(), outer.left-e.out.left
	e.out = outer
	if err != nil {
		return nil, err
	}
	return text, e.spend(used / textStep)
}

func (l listOf) value(e *evaluation) (any, error) {
	out := &List{}
	for _, x := range l {
		v, err := x.value(e)
		if err != nil {
			return nil, err
		}
		out.items = append(out.items, v)
	}
	return out, e.spend(len(l))
}

func (r *rangeOf) value(e *evaluation) (any, error) {
	from, err := r.from.value(e)
	if err != nil {
		return nil, err
	}
	to, err := r.to.value(e)
	if err != nil {
		return nil, err
	}
	i, ok := integer(from)
	j, ok2 := integer(to)
	if !ok || !ok2 {
		return nil, nil
	}
	step := 1
	if j < i {
		step = -1
	}
	n := (j-i)*step + 1
	if n > maxRange {
		return nil, errSteps
	}
	if err := e.spend(n); err != nil {
		return nil, err
	}
	out := &List{make([]any, 0, n)}
	for ; ; i += step {
		out.items = append(out.items, number(i))
		if i == j {
			return out, nil
		}
	}
}

func (m *mapOf) value(e *evaluation) (any, error) {
	out := &Object{}
	for i := range m.keys {
		k, err := m.keys[i].value(e)
		if err != nil {
			return nil, err
		}
		v, err := m.values[i].value(e)
		if err != nil {
			return nil, err
		}
		out.Put(e.asText(k), v)
	}
	return out, e.spend(len(m.keys))
}

// integer reads a whole number.
func integer(v any) (int, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(n.String())
	return i, err == nil && i > math.MinInt32 && i < math.MaxInt32
}

func (u *unary) value(e *evaluation) (any, error) {
	v, err := u.of.value(e)
	if err != nil {
		return nil, err
	}
	if u.op == "!" {
		return !truth(v), nil
	}
	return arithmetic("-", json.Number("0"), v), nil
}

func (b *binary) value(e *evaluation) (any, error) {
	left, err := b.left.value(e)
	if err != nil {
		return nil, err
	}
	switch {
	case b.op == "||" && truth(left):
		return true, nil
	case b.op == "&&" && !truth(left):
		return false, nil
	}
	right, err := b.right.value(e)
	if err != nil {
		return nil, err
	}
	switch b.op {
	case "||", "&&":
		return truth(right), nil
	case "==":
		return e.equal(left, right), nil
	case "!=":
		return !e.equal(left, right), nil
	case "<", "<=", ">", ">=":
		return compare(b.op, left, right), nil
	case "+":
		_, ok := left.(json.Number)
		_, ok2 := right.(json.Number)
		if !ok || !ok2 {
			text := e.asText(left) + e.asText(right)
			return text, e.spend(len(text) / textStep)
		}
	}
	return arithmetic(b.op, left, right), nil
}

// asText is a value as text.
func (e *evaluation) asText(v any) string {
	w := writer{left: maxOutput}
	err := w.print(v)
	e.left -= (maxOutput - w.left) / textStep // the next step says if that is too much
	if err != nil {
		return ""
	}
	return w.b.String()
}
