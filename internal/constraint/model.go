package constraint

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"
)

//go:generate go run ../gen/constraints $BOTOCORE_DATA ../wire/schemas models

//go:embed models/*.json.gz
var modelFiles embed.FS

// A Model has the constraints of one service's inputs, as AWS's service model
// states them. It makes plans, each once.
type Model struct {
	service string
	wording Wording
	load    func() *tables
	plans   sync.Map // of *Plan by reflect.Type
}

// tables are a model file: what internal/gen/constraints extracts.
type tables struct {
	Operations map[string]string // the shapes of inputs
	Shapes     map[string]*shape
}

type shape struct {
	Min     int      `json:"min"`
	Max     *int     `json:"max"`
	Pattern string   `json:"pattern"`
	Enum    []string `json:"enum"`
	Secret  bool     `json:"secret"`
	Item    string   `json:"item"`
	Members []member `json:"members"`
}

type member struct {
	Name     string `json:"n"`
	Shape    string `json:"s"`
	Required bool   `json:"req"`
}

// Wording is what a service says in words of its own.
type Wording struct {
	// Error makes the error of an input that is not admitted; nil is [Error].
	Error func(message string) error
	// Patterns has, by the text of a pattern, the message for a value that does
	// not match it; "%s" in it is the member's name. It is answered only when
	// nothing else is wrong.
	Patterns map[string]string
	// Hidden says that the service repeats no value, and does not list those of enums.
	Hidden bool
	// NullItems says that errors about the items of a list mention that none is null.
	NullItems bool
	// Forms has, by the name of a shape of the model, a form that the model does
	// not state.
	Forms map[string]Form
}

// A Form is what a string must look like, and the message for one that does not.
type Form struct {
	Valid   func(string) bool
	Message string
}

// NewModel returns the constraints of a service by its signing name: "iam". It
// panics when there are none; they are read on first use.
func NewModel(service string, wording Wording) *Model {
	file := "models/" + service + ".json.gz"
	if _, err := modelFiles.Open(file); err != nil {
		panic("constraint.NewModel: no model of " + service)
	}
	if wording.Error == nil {
		wording.Error = Error
	}
	return &Model{service: service, wording: wording, load: sync.OnceValue(func() *tables {
		t, err := readTables(file)
		if err != nil {
			panic(fmt.Sprintf("constraint: embedded model of %s: %v", service, err))
		}
		return t
	})}
}

func readTables(file string) (*tables, error) {
	zipped, err := modelFiles.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	t := new(tables)
	return t, json.Unmarshal(text, t)
}

// Check returns an error that lists all violations of in, a pointer to the input of an
// operation.
func (m *Model) Check(in any) error { return m.Plan(reflect.TypeOf(in).Elem()).Check(in) }

// First returns the first violation of in, a pointer to the input of an
// operation; false when there is none.
func (m *Model) First(in any) (Violation, bool) { return m.Plan(reflect.TypeOf(in).Elem()).First(in) }

// Plan returns the plan of an input type, whose name is that of its operation
// and "Input". An operation without constraints has an empty one.
func (m *Model) Plan(input reflect.Type) *Plan {
	if p, ok := m.plans.Load(input); ok {
		return p.(*Plan)
	}
	t := m.load()
	c := compiler{tables: t, wording: &m.wording, done: make(map[string]*rule)}
	p := &Plan{hidden: m.wording.Hidden, fail: m.wording.Error, fields: c.fields(t.Operations[strings.TrimSuffix(input.Name(), "Input")], input)}
	stored, _ := m.plans.LoadOrStore(input, p)
	return stored.(*Plan)
}

// A compiler turns the shapes of one input into rules over its Go type.
type compiler struct {
	*tables
	wording *Wording
	done    map[string]*rule // by shape
}

// fields returns the members of a structure that are constrained, in the
// model's order. A Go field has the name of its member, capitalised.
func (c *compiler) fields(structure string, t reflect.Type) []field {
	s := c.Shapes[structure]
	if s == nil {
		return nil
	}
	var fields []field
	for _, m := range s.Members {
		goField, ok := t.FieldByName(strings.ToUpper(m.Name[:1]) + m.Name[1:])
		if !ok {
			continue // a member that the SDK does not have cannot be sent
		}
		name := strings.ToLower(m.Name[:1]) + m.Name[1:]
		f := field{index: goField.Index[0], name: name, required: m.Required, rule: c.rule(m.Shape, name, goField.Type)}
		if f.required || f.rule != nil {
			fields = append(fields, f)
		}
	}
	return fields
}

// rule compiles a shape, as the value of a member of that name; nil when it
// constrains nothing.
func (c *compiler) rule(name, member string, t reflect.Type) *rule {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	s := c.Shapes[name]
	if s == nil {
		return nil
	}
	key := name + " " + member // messages have the member's name in them
	if r, ok := c.done[key]; ok {
		return r
	}
	r := &rule{min: s.Min, max: -1, enum: s.Enum, secret: s.Secret || c.wording.Hidden, unnamed: c.wording.Hidden, notNull: c.wording.NullItems}
	c.done[key] = r
	if s.Max != nil {
		r.max = *s.Max
	}
	if s.Pattern != "" {
		r.pattern = patternOf(s.Pattern)
		if said, ok := c.wording.Patterns[s.Pattern]; ok {
			r.said = strings.ReplaceAll(said, "%s", member)
		}
	}
	if form, ok := c.wording.Forms[name]; ok {
		r.form = &form
	}
	if t.Kind() == reflect.Slice {
		r.item = c.rule(s.Item, member, t.Elem())
	}
	if t.Kind() == reflect.Struct {
		r.fields = c.fields(name, t)
	}
	return r
}
