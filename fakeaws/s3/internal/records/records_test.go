package records

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/selectsql"
)

// usual is CSV as it is by default.
var usual = CSV{Field: ",", Quote: `"`, Escape: `"`, Comment: "#"}

// fieldsOf reads CSV, a byte at a time if slow.
func fieldsOf(format CSV, text string, slow bool) (all [][]string, err error) {
	var src io.Reader = strings.NewReader(text)
	if slow {
		src = iotest.OneByteReader(src)
	}
	r, err := NewCSV(src, format, 0, -1, nil)
	for err == nil {
		var row *selectsql.Row
		if row, err = r.Read(); err == nil {
			all = append(all, append([]string(nil), row.Fields...))
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return all, err
}

// valuesOf reads JSON.
func valuesOf(path []selectsql.Step, text string, slow bool) (all []string, err error) {
	var src io.Reader = strings.NewReader(text)
	if slow {
		src = iotest.OneByteReader(src)
	}
	r, err := NewJSON(src, path, 0, -1, nil)
	for err == nil {
		var row *selectsql.Row
		if row, err = r.Read(); err == nil {
			if row.Value.IsMissing() {
				all = append(all, "missing")
				continue
			}
			all = append(all, string(row.Value.AppendJSON(nil)))
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return all, err
}

// pathOf is the path of a FROM clause.
func pathOf(t testing.TB, from string) []selectsql.Step {
	t.Helper()
	q, err := selectsql.Parse("SELECT * FROM S3Object[*]" + from)
	require.NoError(t, err)
	return q.Path()
}

func TestPaths(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ from, text, want string }{
		{"", `1 "a" [ ] {}  null`, `1|"a"|[]|{}|null`},
		{".a", `{"a":1,"b":2}{"b":2}[]`, `1|missing|missing`},
		{".a", `{"b":[{"a":3}],"A":1}`, `1`},
		{"['a']", `{"A":1,"a":2,"a":3}`, `2`},
		{"[1]", `[1,2,3] [1] {}`, `2|missing|missing`},
		{"[*]", `[1,[2]] [] 5`, `1|[2]|missing|missing`},
		{".*", `{"a":1,"b":{}} {}`, `1|{}|missing`},
		{".a[*].b", `{"a":[{"b":1},{"c":2},3]} {"a":{}}`, `1|missing|missing|missing`},
	} {
		for _, slow := range []bool{false, true} {
			got, err := valuesOf(pathOf(t, test.from), test.text, slow)
			require.NoError(t, err, test.text)
			assert.Equal(t, test.want, strings.Join(got, "|"), "%s of %s", test.from, test.text)
		}
	}
	for _, text := range []string{`{`, `{"a"`, `{"a":}`, `{"a":1,}`, `[1,]`, `[1 2]`, `01`, `1.`, `-`, `1e`, `tru`, `"a`, `"\x"`, `"\u12"`, "\"\n\"", `}`, `'a'`, `{a:1}`} {
		for _, from := range []string{"", ".a", "[*]"} {
			_, err := valuesOf(pathOf(t, from), text, false)
			assert.Equal(t, selectsql.Fail("JSONParsingError"), err, "%s of %s", from, text)
		}
	}
}

// The words of a table are as encoding/csv reads them, and come back as they were written.
func TestCSVRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringOfN(rapid.SampledFrom([]rune("ab ,\"\\\n'ä#")), 0, 6, -1)
		table := rapid.SliceOfN(rapid.SliceOfN(word, 2, 4), 1, 5).Draw(t, "table")
		escape := rapid.SampledFrom([]string{`"`, `\`}).Draw(t, "escape")
		w := &CSVWriter{Field: ",", Record: "\n", Quote: `"`, Escape: escape, Always: rapid.Bool().Draw(t, "always") || escape != `"`}
		var text []byte
		var err error
		for _, record := range table {
			var out selectsql.Output
			for _, field := range record {
				out.Names, out.Values = append(out.Names, "x"), append(out.Values, selectsql.TextOf(field))
			}
			text, err = w.Append(text, &out)
			require.NoError(t, err)
		}
		format := CSV{Field: ",", Record: "\n", Quote: `"`, Escape: escape, Comment: "\x00", QuotedRecords: true}
		got, err := fieldsOf(format, string(text), rapid.Bool().Draw(t, "slow"))
		require.NoError(t, err, "%q", text)
		require.Equal(t, table, got, "%q", text)
		if escape == `"` {
			r := csv.NewReader(bytes.NewReader(text))
			r.FieldsPerRecord = -1
			want, err := r.ReadAll()
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	})
}

// document is a random value of JSON, as encoding/json has it.
func document(t *rapid.T, depth int) any {
	kind := rapid.IntRange(0, 6).Draw(t, "kind")
	if depth == 0 {
		kind %= 4
	}
	switch kind {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "truth")
	case 2:
		return json.Number(rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,3})?([eE][+-]?[0-9]{1,3})?`).Draw(t, "number"))
	case 3:
		return rapid.String().Draw(t, "text")
	case 4:
		list := make([]any, rapid.IntRange(0, 3).Draw(t, "length"))
		for i := range list {
			list[i] = document(t, depth-1)
		}
		return list
	}
	object := make(map[string]any)
	for range rapid.IntRange(0, 3).Draw(t, "members") {
		object[rapid.SampledFrom([]string{"a", "b", "c\n"}).Draw(t, "name")] = document(t, depth-1)
	}
	return object
}

// reached are the values that a path leads to, by encoding/json's value.
func reached(v any, path []selectsql.Step) []any {
	if len(path) == 0 {
		return []any{v}
	}
	missing := []any{errors.ErrUnsupported}
	step, rest := path[0], path[1:]
	var all []any
	switch object, isObject := v.(map[string]any); {
	case isObject && step.Kind == selectsql.ByName:
		if next, ok := object[step.Name]; ok {
			return reached(next, rest)
		}
	case isObject && step.Kind == selectsql.AllMembers:
		for _, name := range []string{"a", "b", "c\n"} {
			if next, ok := object[name]; ok {
				all = append(all, reached(next, rest)...)
			}
		}
	}
	if list, ok := v.([]any); ok {
		for i, next := range list {
			if step.Kind == selectsql.AllElements || step.Kind == selectsql.ByIndex && step.Index == int64(i) {
				all = append(all, reached(next, rest)...)
			}
		}
	}
	if all == nil {
		return missing
	}
	return all
}

// What a path leads to in a text is what it leads to in the decoded value.
func TestJSONAgainstNaive(t *testing.T) {
	t.Parallel()
	paths := [][]selectsql.Step{nil}
	for _, from := range []string{".a", ".a.b", "[*]", ".*", ".a[*]", "[0].a", ".*[*]", "[1]"} {
		paths = append(paths, pathOf(t, from))
	}
	rapid.Check(t, func(t *rapid.T) {
		v := document(t, 3)
		text, err := json.MarshalIndent(v, "", rapid.SampledFrom([]string{"", " "}).Draw(t, "indent"))
		require.NoError(t, err)
		path := rapid.SampledFrom(paths).Draw(t, "path")
		got, err := valuesOf(path, string(text), rapid.Bool().Draw(t, "slow"))
		require.NoError(t, err, "%s", text)
		want := reached(v, path)
		require.Len(t, got, len(want))
		for i := range want {
			if want[i] == errors.ErrUnsupported { // it stands for MISSING
				require.Equal(t, "missing", got[i])
				continue
			}
			d := json.NewDecoder(strings.NewReader(got[i]))
			d.UseNumber()
			var back any
			require.NoError(t, d.Decode(&back), got[i])
			require.Equal(t, want[i], back)
		}
	})
}

// Nobody reads on for who has gone.
func TestReadersStop(t *testing.T) {
	t.Parallel()
	gone := errors.New("gone")
	looks := 0
	alive := func() error {
		if looks++; looks > 2 {
			return gone
		}
		return nil
	}
	endless := io.MultiReader(strings.NewReader("["), iotest.DataErrReader(strings.NewReader(strings.Repeat("1,\n", 1<<20))))
	r, err := NewJSON(endless, pathOf(t, "[*]"), 0, -1, alive)
	for err == nil {
		_, err = r.Read()
	}
	require.ErrorIs(t, err, gone)
	looks = 0
	c, err := NewCSV(strings.NewReader(strings.Repeat("1,\n", 1<<20)), usual, 0, -1, alive)
	for err == nil {
		_, err = c.Read()
	}
	require.ErrorIs(t, err, gone)
}

// Whatever CSV is, it is refused or read, and read the same however it comes.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n\"c\"\"d\",e\r\n", "#x\n\n\"a\nb\"", "\"a", "\"a\"b", "a\\\"b,\"\\\"\"", "\uFEFFa;b|c", "\xff"} {
		f.Add(s, ",", "", `"`, `"`, true)
		f.Add(s, ";", "|", "'", `\`, false)
		f.Add(s, "::", "\r\n", "ä", `ä`, true)
	}
	f.Fuzz(func(t *testing.T, text, field, record, quote, escape string, quoted bool) {
		for _, s := range []string{field, quote, escape} {
			if s == "" || len(s) > 16 {
				t.Skip("the delimiter is none, or longer than any")
			}
		}
		if utf8.RuneCountInString(quote) != 1 || utf8.RuneCountInString(escape) != 1 || len(record) > 16 {
			t.Skip("the quote or escape is not one character, or the delimiter is longer than any")
		}
		format := CSV{Field: field, Record: record, Quote: quote, Escape: escape, Comment: "#", QuotedRecords: quoted}
		fast, err := fieldsOf(format, text, false)
		slow, slowErr := fieldsOf(format, text, true)
		require.Equal(t, err, slowErr)
		require.Equal(t, fast, slow)
		if err != nil {
			require.ErrorAs(t, err, new(*selectsql.Error))
		}
	})
}

// Whatever JSON is, encoding/json says of it the same.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e3,"\u00e9\ud83d\ude00"],"b":{"a":null}}`, `[[[]]] true`, `{"a":`, `01`, "\"\x00\"", `{"a":1,"a":2}`} {
		f.Add(s)
	}
	var paths [][]selectsql.Step
	for _, from := range []string{"", ".a", "[*]", ".*", ".a[*].b", "[1]"} {
		paths = append(paths, pathOf(f, from))
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, path := range paths {
			fast, err := valuesOf(path, text, false)
			slow, slowErr := valuesOf(path, text, true)
			require.Equal(t, err, slowErr)
			require.Equal(t, fast, slow)
			for _, v := range fast {
				require.True(t, v == "missing" || json.Valid([]byte(v)), "%q", v)
			}
			if path != nil {
				continue
			}
			d := json.NewDecoder(strings.NewReader(strings.TrimPrefix(text, "\uFEFF")))
			n := 0
			for {
				var raw json.RawMessage
				if d.Decode(&raw) != nil {
					break
				}
				n++
			}
			if utf8.ValidString(text) && err == nil {
				require.Len(t, fast, n, "%q", text)
			}
		}
	})
}

// BenchmarkFilter is a simple filter on CSV.
func BenchmarkFilter(b *testing.B) {
	var data bytes.Buffer
	for i := range 100_000 {
		fmt.Fprintf(&data, "%d,name%d,%d,some text that is a little longer,2026-01-01\n", i, i, i%100)
	}
	q, err := selectsql.Parse("SELECT s._1, s._2 FROM S3Object s WHERE CAST(s._3 AS INT) > 98")
	require.NoError(b, err)
	require.NoError(b, q.BindCSV(nil))
	b.SetBytes(int64(data.Len()))
	w := &CSVWriter{Field: ",", Record: "\n", Quote: `"`, Escape: `"`}
	for b.Loop() {
		r, err := NewCSV(bytes.NewReader(data.Bytes()), usual, 0, -1, nil)
		require.NoError(b, err)
		var text []byte
		for {
			row, err := r.Read()
			if err != nil {
				break
			}
			out, err := q.Next(row)
			if err == nil && out != nil {
				text, err = w.Append(text, out)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		require.NotEmpty(b, text)
	}
}
