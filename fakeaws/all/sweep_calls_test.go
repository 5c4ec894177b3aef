package all_test

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// A sweepCall is one call of the sweep: an operation with required members alone, with one
// more of its members, or with drawn ones.
type sweepCall struct {
	o      operation
	member int    // of the input type; negative is none
	seed   uint64 // of drawn members; zero is none
}

// An inputKey says which input a call has.
type inputKey struct {
	input  reflect.Type
	member int
}

func (c sweepCall) key() inputKey { return inputKey{c.o.input, c.member} }

func (c sweepCall) String() string {
	switch {
	case c.seed != 0:
		return fmt.Sprintf("%s %s (drawn %d)", c.o.service, c.o.name, c.seed)
	case c.member >= 0:
		return c.o.service + " " + c.o.name + " with " + c.o.input.Field(c.member).Name
	}
	return c.o.service + " " + c.o.name
}

// callsOf are the calls of all operations of a service: without -sweep, with those members
// alone that have a value, because they name something of the victim's.
func (v *victim) callsOf(t testing.TB, service string) (calls []sweepCall) {
	t.Helper()
	for _, op := range v.Fake(service).Ops() {
		o := newOperation(t, service, op.Name)
		plain := sweepCall{o, -1, 0}
		calls = append(calls, plain)
		required := reflect.ValueOf(v.inputOf(t, plain)).Elem()
		for i := range o.input.NumField() {
			if v.settable(o, i) && required.Field(i).IsZero() && (*sweepRounds > 0 || v.valueOf(o, o.input.Field(i).Name) != nil) {
				calls = append(calls, sweepCall{o, i, 0})
			}
		}
	}
	return calls
}

// settable reports whether the filler has a value for a member of an input: it has none
// for unions.
func (v *victim) settable(o operation, member int) (ok bool) {
	if !o.input.Field(member).IsExported() {
		return false
	}
	defer func() { ok = recover() == nil }()
	v.set(o, reflect.New(o.input).Elem().Field(member), "", nil)
	return true
}

// inputOf makes the input of a call. Those that are not drawn are made once.
func (v *victim) inputOf(t testing.TB, c sweepCall) any {
	t.Helper()
	var made any
	if c.seed != 0 {
		made = v.newInput(t, c)
	} else if made = v.inputs[c.key()]; made == nil {
		made = v.newInput(t, c)
		v.inputs[c.key()] = made
	}
	// Clients change inputs, and read their bodies.
	in := reflect.New(c.o.input)
	in.Elem().Set(reflect.ValueOf(made).Elem())
	for i := range in.Elem().NumField() {
		if body := in.Elem().Field(i); body.Type() == reflect.TypeFor[io.Reader]() && !body.IsNil() {
			body.Set(reflect.ValueOf(strings.NewReader("data")))
		}
	}
	return in.Interface()
}

func (v *victim) newInput(t testing.TB, c sweepCall) any {
	t.Helper()
	if c.seed == 0 && c.member < 0 {
		return v.input(t, c.o)
	}
	if c.seed != 0 {
		in := v.chosen(c)
		_ = v.add(t.Context(), c.o, in) // some drawn inputs no client sends: ask counts them
		return in.Interface()
	}
	return v.complete(t, c.o, v.chosen(c))
}

// chosen is the input of a call with those members alone that the call chooses.
func (v *victim) chosen(c sweepCall) reflect.Value {
	f, in := v.filler, reflect.New(c.o.input)
	rng := rand.New(rand.NewPCG(c.seed, 0))
	for i := range c.o.input.NumField() {
		name := c.o.input.Field(i).Name
		switch _, always := f.values[c.o.name+"."+name]; {
		case c.seed != 0 && v.settable(c.o, i) && rng.IntN(3) == 0:
			v.drawMember(rng, c.o, in.Elem().Field(i), name)
		case i == c.member, always:
			f.set(c.o, in.Elem().Field(i), name, f.valueOf(c.o, name))
		}
	}
	return in
}

// drawMember sets a member to its value, or to a name of anything that the victim has.
func (v *victim) drawMember(rng *rand.Rand, o operation, member reflect.Value, name string) {
	value := v.valueOf(o, name)
	text := member.Type() == reflect.TypeFor[*string]()
	if names := v.names(); text && (value == nil || rng.IntN(2) == 0) {
		value = names[rng.IntN(len(names))]
	}
	v.set(o, member, name, value)
}

// names are the texts among the values, and forms in which others name them.
func (v *victim) names() []string {
	all := []string{
		"", "*", "../target", "target/../target", worldtest.Account, "arn:aws:s3:::target/target", "bytes=0-3", "null",
		"arn:aws:s3:us-east-1:" + worldtest.Account + ":accesspoint/target", "arn:aws:iam::" + worldtest.Account + ":root", "arn:aws:iam::" + worldtest.Account + ":user/*",
	}
	for _, name := range slices.Sorted(maps.Keys(v.values)) {
		if text, ok := v.values[name].(string); ok {
			all = append(all, text)
		}
	}
	return all
}
