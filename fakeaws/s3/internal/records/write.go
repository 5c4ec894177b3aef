package records

import (
	"strings"
	"unicode/utf8"

	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/selectsql"
)

// A Writer writes the records of a result.
type Writer interface {
	// Append adds a record to a text.
	Append(b []byte, out *selectsql.Output) ([]byte, error)
}

// A CSVWriter writes CSV.
type CSVWriter struct {
	Field, Record, Quote, Escape string
	// Always puts all fields in quotation marks, not only those that need them.
	Always bool
}

// Append implements Writer.
func (w *CSVWriter) Append(b []byte, out *selectsql.Output) (_ []byte, err error) {
	start, n := len(b), 0
	field := func(v *selectsql.Value) bool {
		if v.Kind() == selectsql.List || v.Kind() == selectsql.Struct {
			// "S3 Select can only emit nested data using the JSON output format"; that it is
			// this error is unverified.
			err = selectsql.Fail("UnrecognizedFormatException")
			return false
		}
		if n++; n > 1 {
			b = append(b, w.Field...)
		}
		b = w.appendField(b, v.String())
		return len(b)-start <= maxBytes
	}
	out.Whole.Members(func(_ string, v selectsql.Value) bool { return field(&v) })
	for i := range out.Values {
		if !field(&out.Values[i]) {
			break
		}
	}
	if err != nil {
		return b[:start], err
	}
	b = append(b, w.Record...)
	return checkSize(b, start)
}

func (w *CSVWriter) appendField(b []byte, s string) []byte {
	if !w.Always && !strings.Contains(s, w.Field) && !strings.Contains(s, w.Quote) && !strings.Contains(s, w.Record) && !strings.ContainsAny(s, "\r\n") {
		return append(b, s...)
	}
	b = append(b, w.Quote...)
	for s != "" {
		switch {
		case strings.HasPrefix(s, w.Quote):
			b = append(append(b, w.Escape...), w.Quote...)
			s = s[len(w.Quote):]
		case strings.HasPrefix(s, w.Escape):
			b = append(append(b, w.Escape...), w.Escape...)
			s = s[len(w.Escape):]
		default:
			b = append(b, s[0])
			s = s[1:]
		}
	}
	return append(b, w.Quote...)
}

// checkSize refuses a record that is too long.
func checkSize(b []byte, start int) ([]byte, error) {
	if record := b[start:]; len(record) > selectsql.MaxRecord && utf8.RuneCount(record) > selectsql.MaxRecord {
		return b[:start], selectsql.OverMaxRecordSize()
	}
	return b, nil
}

// A JSONWriter writes JSON, an object for each record. MISSING is left out.
type JSONWriter struct{ Record string }

// Append implements Writer.
func (w *JSONWriter) Append(b []byte, out *selectsql.Output) ([]byte, error) {
	start := len(b)
	if out.Whole.Kind() == selectsql.Struct {
		b = append(b, out.Whole.JSONText()...)
		return checkSize(append(b, w.Record...), start)
	}
	b = append(b, '{')
	for i := range out.Values {
		v := &out.Values[i]
		if v.IsMissing() {
			continue
		}
		if b[len(b)-1] != '{' || len(b)-start > 1 {
			b = append(b, ',')
		}
		b = append(selectsql.AppendQuoted(b, out.Names[i]), ':')
		if b = v.AppendJSON(b); len(b)-start > maxBytes {
			break
		}
	}
	b = append(b, '}')
	return checkSize(append(b, w.Record...), start)
}
