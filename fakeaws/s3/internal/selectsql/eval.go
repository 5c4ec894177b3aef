package selectsql

// An env is what an expression is evaluated in.
type env struct {
	row   *Row
	now   Value
	alive func() error
	asked int // work since alive was asked
	spent int // work on the row
}

// slice is how much work is done between two looks whether somebody wants the result, in
// steps of some nanoseconds each.
const slice = 1 << 16

// maxWork is how much is done for one row: what takes less than a second. A pattern can be
// made for which each character of a row is looked at as often as the pattern is long.
// That S3 Select has such a limit is unverified.
const maxWork = 1 << 25

// work counts steps, and looks from time to time whether they are still wanted.
func (e *env) work(steps int) error {
	e.asked += steps
	e.spent += steps
	switch {
	case e.spent > maxWork:
		return Fail("ExternalEvalException")
	case e.asked < slice || e.alive == nil:
		return nil
	}
	e.asked = 0
	return e.alive()
}

// An expr is a part of an expression.
type expr interface {
	eval(e *env) (Value, error)
}

type constant struct{ value Value }

func (c *constant) eval(*env) (Value, error) { return c.value, nil }

// A path names a column of CSV, or leads into JSON.
type path struct {
	root  token
	steps []Step
	last  token // of the last step
	every bool  // it ends with .*

	column int  // of CSV, counted from 0; bound
	ofRow  bool // the root is the row itself; bound
}

// name is what a column of the result is called that is the path; empty for one that ends
// with an index.
func (p *path) name() string {
	if n := len(p.steps); n > 0 {
		return p.steps[n-1].Name
	}
	return p.root.text
}

func (p *path) eval(e *env) (v Value, err error) {
	if err := e.work(1); err != nil {
		return v, err
	}
	row := e.row
	if row.Fields != nil {
		if p.column < len(row.Fields) {
			return TextOf(row.Fields[p.column]), nil
		}
		return v, nil
	}
	v = row.Value
	if !p.ofRow {
		if v, err = e.step(&v, &Step{Name: p.root.text, Exact: p.root.typ == quotedName}); err != nil {
			return v, err
		}
	}
	for i := range p.steps {
		if v, err = e.step(&v, &p.steps[i]); err != nil {
			return v, err
		}
	}
	return v, nil
}

// step takes one step into JSON.
func (e *env) step(v *Value, s *Step) (Value, error) {
	if err := e.work(len(v.text) / 8); err != nil {
		return Value{}, err
	}
	switch {
	case s.Kind == ByName && v.kind == Struct:
		return v.member(s.Name, s.Exact)
	case s.Kind == ByIndex && v.kind == List:
		return v.element(s.Index), nil
	}
	return Value{}, nil
}

// A logical is AND or OR of its operands, with the three values of SQL.
type logical struct {
	or       bool
	operands []expr
}

func (l *logical) eval(e *env) (Value, error) {
	unknown := false
	for _, x := range l.operands {
		v, err := x.eval(e)
		switch {
		case err != nil:
			return v, err
		case v.unknown():
			unknown = true
		case v.kind != Bool:
			return v, Fail("IncorrectSqlFunctionArgumentType")
		case v.truth() == l.or:
			return v, nil
		}
	}
	if unknown {
		return null, nil
	}
	return boolOf(!l.or), nil
}

type not struct{ value expr }

func (n *not) eval(e *env) (Value, error) {
	v, err := n.value.eval(e)
	switch {
	case err != nil, v.unknown():
		return null, err
	case v.kind != Bool:
		return v, Fail("IncorrectSqlFunctionArgumentType")
	}
	return boolOf(!v.truth()), nil
}

// A comparison says of an order whether it is the one; same is for values without one.
type comparison struct {
	holds func(order int) bool
	same  bool // = and <>, which compare all values
}

var comparisons = map[string]*comparison{
	"=":  {func(n int) bool { return n == 0 }, true},
	"<>": {func(n int) bool { return n != 0 }, true},
	"!=": {func(n int) bool { return n != 0 }, true},
	"<":  {func(n int) bool { return n < 0 }, false},
	"<=": {func(n int) bool { return n <= 0 }, false},
	">":  {func(n int) bool { return n > 0 }, false},
	">=": {func(n int) bool { return n >= 0 }, false},
}

// decide compares two values. Those of different types are not equal, and neither is less:
// whether the result is then FALSE or unknown is unverified.
func (c *comparison) decide(a, b *Value) (Value, error) {
	if a.unknown() || b.unknown() {
		return null, nil
	}
	if c.same {
		same, err := equal(a, b)
		return boolOf(c.holds(map[bool]int{false: 1}[same])), err
	}
	order, ok, err := compare(a, b)
	if !ok {
		return null, err
	}
	return boolOf(c.holds(order)), nil
}

type compared struct {
	left, right expr
	comparison  *comparison
}

func (c *compared) eval(e *env) (Value, error) {
	a, b, err := both(e, c.left, c.right)
	if err != nil {
		return null, err
	}
	return c.comparison.decide(&a, &b)
}

func both(e *env, left, right expr) (a, b Value, err error) {
	if a, err = left.eval(e); err == nil {
		b, err = right.eval(e)
	}
	if err == nil {
		err = e.work(1 + (min(len(a.text), len(b.text)) / 16))
	}
	return a, b, err
}

type isKind struct {
	value expr
	is    func(Kind) bool
}

func (i *isKind) eval(e *env) (Value, error) {
	v, err := i.value.eval(e)
	return boolOf(i.is(v.kind)), err
}

type between struct{ value, low, high expr }

func (b *between) eval(e *env) (Value, error) {
	v, low, err := both(e, b.value, b.low)
	if err != nil {
		return null, err
	}
	above, err := comparisons[">="].decide(&v, &low)
	if err != nil || above.kind == Bool && !above.truth() {
		return above, err
	}
	high, err := b.high.eval(e)
	if err != nil {
		return null, err
	}
	below, err := comparisons["<="].decide(&v, &high)
	if err != nil || below.kind == Bool && !below.truth() || !above.unknown() {
		return below, err
	}
	return null, nil
}

type in struct {
	value expr
	list  []expr
}

func (i *in) eval(e *env) (Value, error) {
	v, err := i.value.eval(e)
	if err != nil || v.unknown() {
		return null, err
	}
	unknown := false
	for _, x := range i.list {
		item, err := x.eval(e)
		if err != nil {
			return null, err
		}
		if err := e.work(1); err != nil {
			return null, err
		}
		if item.unknown() {
			unknown = true
			continue
		}
		if same, err := equal(&v, &item); err != nil || same {
			return boolOf(same), err
		}
	}
	if unknown {
		return null, nil
	}
	return boolOf(false), nil
}

// A caseExpr is CASE. With a value, it is compared with what each WHEN has.
type caseExpr struct {
	value     expr // nil for a searched one
	whens     []when
	otherwise expr // nil without
}

type when struct{ test, result expr }

func (c *caseExpr) eval(e *env) (Value, error) {
	var v Value
	var err error
	if c.value != nil {
		if v, err = c.value.eval(e); err != nil {
			return null, err
		}
	}
	for _, w := range c.whens {
		test, err := w.test.eval(e)
		if err == nil && c.value != nil {
			test, err = comparisons["="].decide(&v, &test)
		}
		if err != nil {
			return null, err
		}
		if test.truth() {
			return w.result.eval(e)
		}
	}
	if c.otherwise == nil {
		return null, nil
	}
	return c.otherwise.eval(e)
}
