package partiql_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/partiql"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// What a statement says of keys is so for every item that meets its condition: the permission is
// asked by it.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`SELECT * FROM "t"."i" WHERE a = 1 AND b IN ['x', 'y'] ORDER BY a DESC, b`, `SELECT a.b[0], "c d"['e'] FROM t WHERE NOT (a < 1 OR b != 'it''s')`,
		`INSERT INTO t VALUE {'a': 1, "b": [true, NULL, <<1, 2>>, {'c': ?}]}`, `UPDATE t SET a = list_append(a, [1]) SET s = set_add(s, <<'x'>>) REMOVE c[0] WHERE a = 1 RETURNING MODIFIED OLD *`,
		`DELETE FROM t WHERE a = 1 AND b = 'x' RETURNING ALL OLD *`, `EXISTS(SELECT * FROM t WHERE a = 1 AND b IS NOT MISSING)`, `SELECT * FROM t WHERE a = 1 OR (a = 2 AND a = 3)`,
		`SELECT * FROM t WHERE a BETWEEN -1 AND 1e2 AND begins_with(b, 'x') AND size(b) > 1 AND attribute_type(a, 'N') -- end`, `SELECT * FROM t WHERE 1 = a AND a NOT IN (2)`,
		`SELECT * FROM t WHERE ` + strings.Repeat("(", 200), `INSERT INTO t VALUE ` + strings.Repeat("[", 200), `'`, `"`, `😀`, `SELECT * FROM t WHERE a=1 AND a=2 AND a=2`,
	} {
		f.Add(seed)
	}
	parameters := []value.Value{value.OfInt(1)}
	items := []value.Map{nil}
	for i := range 4 {
		for _, b := range []string{"x", "y", "it's"} {
			items = append(items, value.Map{"a": value.OfInt(i), "b": value.String(b), "c": value.OfList([]value.Value{value.OfInt(i)})})
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, with := range [][]value.Value{nil, parameters} {
			s, err := partiql.Parse(text, with)
			var wrong value.Error
			var unsupported partiql.UnsupportedError
			if err != nil {
				if !errors.As(err, &wrong) && !errors.As(err, &unsupported) {
					t.Fatalf("%T: %v", err, err)
				}
				continue
			}
			for _, item := range items {
				holds(t, s, text, item)
			}
		}
	})
}

func holds(t *testing.T, s *partiql.Statement, text string, item value.Map) {
	t.Helper()
	s.Where.Attributes()
	s.Projection.Of(item)
	if s.Update != nil {
		_, _ = s.Update.Apply(item)
	}
	if !s.Where.Holds(item) {
		return
	}
	for _, name := range []string{"a", "b"} {
		if of, ok := s.Where.Values(name); ok && !contains(of, item[name]) {
			t.Fatalf("%q holds for %s %v, and says that it is one of %v", text, name, item[name], of)
		}
	}
	if key, rest, ok := s.Where.Item([]string{"a", "b"}); ok {
		for name, v := range key {
			if !v.Equal(item[name]) {
				t.Fatalf("%q holds for %v, and says that it is about %v", text, item, key)
			}
		}
		if !rest.Holds(item) {
			t.Fatalf("%q holds for %v, and what it says beside its key does not", text, item)
		}
	}
}

func contains(all []value.Value, v value.Value) bool {
	for _, e := range all {
		if e.Equal(v) {
			return true
		}
	}
	return false
}
