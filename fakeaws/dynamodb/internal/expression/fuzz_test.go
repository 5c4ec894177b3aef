package expression_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/expression"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

var (
	names  = map[string]string{"#a": "a", "#b": "b.c", "#r": "name"}
	values = map[string]value.Value{
		":n": value.OfInt(1), ":s": value.String("x"), ":l": value.OfList([]value.Value{value.OfInt(2)}), ":m": value.OfMap(value.Map{"k": value.String("v")}),
		":b": value.OfBool(true), ":x": value.Binary([]byte{0, 255}),
	}
	item = value.Map{
		"a": value.OfInt(3), "b.c": value.String("xy"), "l": value.OfList([]value.Value{value.OfInt(1), value.String("x"), value.OfMap(value.Map{"k": value.OfInt(1)})}),
		"m": value.OfMap(value.Map{"k": value.OfList(nil), "n": value.OfInt(1)}),
	}
)

func scope(t *testing.T) *expression.Scope {
	t.Helper()
	s, err := expression.NewScope(names, values)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// said fails where an error is not in DynamoDB's words.
func said(t *testing.T, err error) {
	t.Helper()
	var e value.Error
	if !errors.As(err, &e) {
		t.Fatalf("%T: %v", err, err)
	}
}

func FuzzCondition(f *testing.F) {
	for _, seed := range []string{
		"a = :n", "NOT (a < :n OR #b IN (:s, :n)) AND size(l) >= :n", "attribute_exists(m.k[0]) and contains(l, :s)", "a BETWEEN :n AND :n",
		"begins_with(#b, :s)", "attribute_type(a, :s)", "((a = :n))", "a = ", "😀 = :n", "#", ":", "l[99999999999] = :n", strings.Repeat("(", 2000),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := scope(t).Condition(expression.Condition, text)
		if err != nil {
			said(t, err)
			return
		}
		c.Attributes()
		negated, err := scope(t).Condition(expression.Condition, "NOT ("+text+")")
		if err != nil {
			said(t, err) // it is too long, or has redundant parentheses
			return
		}
		for _, of := range []value.Map{nil, item} {
			if c.Holds(of) == negated.Holds(of) {
				t.Fatalf("%q and its negation agree on %v", text, of)
			}
		}
		if terms, err := scope(t).KeyCondition(text); err == nil {
			_, _ = terms.For([]expression.Key{{Name: "a", Kind: value.N}}, []expression.Key{{Name: "b.c", Kind: value.S}, {Name: "l", Kind: value.S}})
		}
	})
}

func FuzzUpdate(f *testing.F) {
	for _, seed := range []string{
		"SET a = a + :n, m.k[0] = :s REMOVE l[0], l[1] ADD z :n", "SET l[9] = list_append(l, :l), x = if_not_exists(y, :m)", "REMOVE m.k, m.n",
		"SET a = (a - (:n)) SET b = :n", "DELETE a :n", "ADD m :n", "SET m.k.z = :n", "SET #b = #r",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := scope(t).Update(text)
		if err != nil {
			said(t, err)
			return
		}
		before := value.OfMap(item).Size()
		after, err := u.Apply(item)
		if value.OfMap(item).Size() != before {
			t.Fatalf("%q changes the item that it is applied to", text)
		}
		if err != nil {
			said(t, err)
			return
		}
		changes := u.Changes()
		for name, v := range item {
			now, ok := after[name]
			if (!ok || !now.Equal(v)) && !contains(changes, name) {
				t.Fatalf("%q changes %s, and says that it changes %v", text, name, changes)
			}
		}
		u.Updated(after)
	})
}

func contains(all []string, name string) bool {
	for _, n := range all {
		if n == name {
			return true
		}
	}
	return false
}

func FuzzProjection(f *testing.F) {
	for _, seed := range []string{"a, #b, l[2].k", "m.k, m.n", "l[1], l[0]", "a, a.b", "name", "a,"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := scope(t).Projection(text)
		if err != nil {
			said(t, err)
			return
		}
		of := p.Of(item)
		for name := range of {
			if !contains(p.Attributes(), name) {
				t.Fatalf("%q returns %s, and says that it returns %v", text, name, p.Attributes())
			}
		}
		if !p.Of(of).Equal(of) && !strings.Contains(text, "[") {
			t.Fatalf("%q of what it returned is something else", text)
		}
	})
}
