package selectsql

import (
	"strconv"
	"strings"
	"time"
)

// Limits of S3 Select and of this fake.
const (
	// MaxExpression is the longest expression (User Guide, "Requirements and limits").
	MaxExpression = 256 << 10
	// MaxRecord is the longest record of the input or the result, in characters.
	MaxRecord = 1 << 20
	// MaxColumns is how many columns a record has at most. AWS's number is unverified.
	MaxColumns = 10_000
	// maxOperators is how many operators, calls and operands an expression has at most.
	// AWS's number is unverified.
	maxOperators = 20_000
	// maxDepth is how deeply they may be nested. AWS's number is unverified.
	maxDepth = 200
)

// A Query is a parsed expression at work on one object. It counts what it has seen, so
// that it serves one request.
type Query struct {
	all        bool // SELECT *
	items      []item
	path       []Step
	alias      token // of the FROM clause
	rowName    string
	where      expr
	limit      int64 // -1 without
	paths      []*path
	aggregates []*aggregate
	row        env
	returned   int64
	out        Output
}

// An item is one of the SELECT list.
type item struct {
	value expr
	name  string
	all   *path // of alias.*
}

// A Step is one of a path into JSON.
type Step struct {
	Kind  StepKind
	Name  string
	Exact bool // the name was in quotation marks: its case counts
	Index int64
}

// A StepKind says how a Step finds what it leads to.
type StepKind uint8

// The kinds of steps: .name, [0], .* and [*].
const (
	ByName StepKind = iota
	ByIndex
	AllMembers
	AllElements
)

// Matches reports whether a step by name leads to a member.
func (s *Step) Matches(member string) bool { return sameName(member, s.Name, s.Exact) }

// A Row is a record of the input.
type Row struct {
	// Fields and Names are of CSV; Names is nil without a header that names columns.
	Fields, Names []string
	// Value is of JSON.
	Value Value
}

// An Output is a record of the result.
type Output struct {
	Names  []string
	Values []Value
	// Whole is the record of JSON that is the result as it is; Names and Values are empty
	// then.
	Whole Value
}

// Path is where the FROM clause leads to in JSON.
func (q *Query) Path() []Step { return q.path }

// Done reports whether no further row can change the result.
func (q *Query) Done() bool {
	return len(q.aggregates) == 0 && q.limit >= 0 && q.returned >= q.limit
}

// Start binds the query to a clock and to what tells whether somebody still wants the
// result. alive is asked as the work goes on.
func (q *Query) Start(now time.Time, alive func() error) {
	q.row.now = timeOf(&timestamp{at: now.UTC(), known: toSecond, fraction: 3, offset: true})
	q.row.alive = alive
}

// BindJSON prepares the query for records of JSON.
func (q *Query) BindJSON() error {
	for _, p := range q.paths {
		p.ofRow = q.namesRow(&p.root)
		if err := q.checkTable(p); err != nil {
			return err
		}
	}
	return nil
}

// BindCSV prepares the query for records of CSV. names is the header; nil when its names
// cannot be used.
func (q *Query) BindCSV(names []string) error {
	if len(q.path) > 0 {
		return Fail("InvalidKeyPath") // "works only with JSON objects"; that it is this error is unverified
	}
	for _, p := range q.paths {
		if err := q.checkTable(p); err != nil {
			return err
		}
		if err := q.bindColumn(p, names); err != nil {
			return err
		}
	}
	return nil
}

// namesRow reports whether a name is that of the row: its alias, or what stands for one.
func (q *Query) namesRow(t *token) bool {
	return sameName(q.alias.text, t.text, t.typ == quotedName) || q.rowName != "" && t.text == q.rowName
}

// checkTable refuses the name of the table where it has an alias. The error is unverified.
func (q *Query) checkTable(p *path) error {
	if len(p.steps) > 0 && strings.EqualFold(p.root.text, tableName) && !q.namesRow(&p.root) {
		return Fail("InvalidTableAlias")
	}
	return nil
}

// bindColumn finds the column of a path: by its position, or by its name in the header.
func (q *Query) bindColumn(p *path, names []string) error {
	name, exact, place := p.root.text, p.root.typ == quotedName, &p.root
	steps := p.steps
	p.column = -1
	if sameName(q.alias.text, name, exact) && (len(steps) > 0 || p.every) {
		if p.every {
			return nil
		}
		if steps[0].Kind != ByName {
			return Fail("InvalidKeyPath")
		}
		name, exact, place = steps[0].Name, steps[0].Exact, &p.last
		steps = steps[1:]
	}
	if len(steps) > 0 || p.every {
		return Fail("InvalidKeyPath")
	}
	for i, have := range names {
		if !sameName(have, name, exact) {
			continue
		}
		if p.column >= 0 {
			if exact {
				break
			}
			return Fail("AmbiguousFieldName")
		}
		p.column = i
	}
	if p.column < 0 {
		p.column = position(name) - 1
	}
	switch {
	case p.column >= 0:
		return nil
	case names != nil && !strings.HasPrefix(name, "_"):
		return missingHeaders()
	}
	return Failf("InvalidColumnIndex", "The column index at line %d, column %d is invalid. Please check the service documentation and try again.", place.line, place.column)
}

// position is the number of a column that is called by it, _1; 0 for other names.
func position(name string) int {
	digits, ok := strings.CutPrefix(name, "_")
	if !ok || digits == "" || digits[0] == '0' || digits[0] == '+' {
		return 0
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || n > MaxColumns {
		return 0
	}
	return n
}

// Next takes a record of the input, and returns the one that it makes in the result; nil
// for none. The Output is good until the next call.
func (q *Query) Next(row *Row) (*Output, error) {
	e := &q.row
	e.row, e.spent = row, 0
	if err := e.work(1); err != nil {
		return nil, err
	}
	if q.Done() {
		return nil, nil
	}
	if q.where != nil {
		ok, err := q.where.eval(e)
		if err != nil || !ok.truth() {
			return nil, err
		}
	}
	if len(q.aggregates) > 0 {
		for _, a := range q.aggregates {
			if err := a.add(e); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
	q.returned++
	return &q.out, q.project()
}

// Last is the record of aggregates, which comes when the input has ended; nil where there
// are none.
func (q *Query) Last() (*Output, error) {
	if len(q.aggregates) == 0 || q.limit == 0 {
		return nil, nil
	}
	q.row.row, q.row.spent = &Row{}, 0
	return &q.out, q.project()
}

// project makes a record of the SELECT list.
func (q *Query) project() error {
	out := &q.out
	out.Names, out.Values, out.Whole = out.Names[:0], out.Values[:0], Value{}
	if q.all {
		return q.addRow()
	}
	for i := range q.items {
		it := &q.items[i]
		if it.all != nil {
			if err := q.addAll(it.all); err != nil {
				return err
			}
			continue
		}
		v, err := it.value.eval(&q.row)
		if err != nil {
			return err
		}
		name := it.name
		if name == "" {
			name = columnName(len(out.Values))
		}
		out.add(name, v)
	}
	return nil
}

func (o *Output) add(name string, v Value) {
	o.Names, o.Values = append(o.Names, name), append(o.Values, v)
}

// addRow makes the row the result as it is. A row of JSON that is no object is a column.
func (q *Query) addRow() error {
	row := q.row.row
	if row.Fields == nil && row.Value.kind == Struct {
		q.out.Whole = row.Value
		return nil
	}
	return q.addFields(row, row.Value)
}

// addAll adds what alias.* stands for.
func (q *Query) addAll(p *path) error {
	row := q.row.row
	if row.Fields != nil {
		return q.addFields(row, Value{})
	}
	v, err := p.eval(&q.row)
	if err != nil {
		return err
	}
	return q.addFields(row, v)
}

func (q *Query) addFields(row *Row, v Value) error {
	switch {
	case row.Fields != nil:
		for i, field := range row.Fields {
			name := ""
			if i < len(row.Names) {
				name = row.Names[i]
			}
			if name == "" {
				name = columnName(i)
			}
			q.out.add(name, TextOf(field))
		}
	case v.kind == Struct:
		v.Members(func(name string, value Value) bool {
			q.out.add(name, value)
			return len(q.out.Values) <= MaxColumns
		})
		if len(q.out.Values) > MaxColumns {
			return Fail("OverMaxColumn")
		}
	case v.kind != Missing:
		q.out.add(columnName(len(q.out.Values)), v)
	}
	return nil
}

// columnNames are the names of the columns that have none, as most results need them.
var columnNames = func() (names [64]string) {
	for i := range names {
		names[i] = "_" + strconv.Itoa(i+1)
	}
	return names
}()

// columnName is the name of a column by its place, counted from 0.
func columnName(i int) string {
	if i < len(columnNames) {
		return columnNames[i]
	}
	return "_" + strconv.Itoa(i+1)
}
