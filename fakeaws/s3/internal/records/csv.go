package records

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/selectsql"
)

// A CSV is how an object in CSV is written. No text is empty but Record, which stands for
// lines that end with \n or \r\n then; that S3 Select takes both without a RecordDelimiter
// is unverified.
type CSV struct {
	Field, Record, Quote, Escape, Comment string
	// QuotedRecords says that record delimiters may stand in quotation marks.
	QuotedRecords bool
}

// A CSVReader reads records of CSV. It is a Reader.
type CSVReader struct {
	*buffer
	CSV
	delimiter []byte
	last      int64 // where the last record may begin; -1 for anywhere
	row       selectsql.Row
	text      []byte // of a record with quotation marks, without them
	ends      []int  // of its fields in text
	recordEnd int    // where such a record ended
}

// NewCSV reads CSV that begins at a place of the input; records that begin behind last are
// not read, unless it is -1. At any other place than the beginning, it reads from the
// record on that begins there or next: src then begins before the place by as much as the
// record delimiter is long.
func NewCSV(src io.Reader, format CSV, start, last int64, alive func() error) (*CSVReader, error) {
	c := &CSVReader{CSV: format, delimiter: []byte(format.Record), last: last}
	if format.Record == "" {
		c.delimiter = []byte("\n")
	}
	c.buffer = newBuffer(src, max(start-int64(len(c.delimiter)), 0), alive)
	if start == 0 {
		return c, c.skipMark()
	}
	_, err := c.line(0)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return c, err
}

// Delimiter is how long the record delimiter is.
func (f CSV) Delimiter() int64 { return int64(max(len(f.Record), 1)) }

// Position implements Reader.
func (c *CSVReader) Position() int64 { return c.position() }

// line takes the line that comes next, with its end left out; the first bytes of it are
// known to have no end. At the end of the input it may have none.
func (c *CSVReader) line(from int) ([]byte, error) {
	for {
		rest := c.rest()
		if i := bytes.Index(rest[min(from, len(rest)):], c.delimiter); i >= 0 {
			i += from
			c.at += i + len(c.delimiter)
			return c.withoutReturn(rest[:i]), nil
		}
		from = max(len(rest)-len(c.delimiter)+1, 0)
		if err := c.more(); errors.Is(err, io.EOF) {
			rest = c.rest()
			if c.at = len(c.data); len(rest) == 0 {
				return nil, io.EOF
			}
			return c.withoutReturn(rest), nil
		} else if err != nil {
			return nil, err
		}
	}
}

func (c *CSVReader) withoutReturn(line []byte) []byte {
	if c.Record == "" && len(line) > 0 && line[len(line)-1] == '\r' {
		return line[:len(line)-1]
	}
	return line
}

// Header reads the first record, which names the columns.
func (c *CSVReader) Header() ([]string, error) {
	last := c.last
	c.last = -1
	row, err := c.Read()
	c.last = last
	if err != nil {
		return nil, err
	}
	names := row.Fields
	c.row = selectsql.Row{}
	return names, nil
}

// Name says how the columns are called from now on.
func (c *CSVReader) Name(names []string) { c.row.Names = names }

// Read implements Reader. Empty lines are no records, which is unverified, and neither are
// comments.
func (c *CSVReader) Read() (*selectsql.Row, error) {
	for {
		start := c.position()
		if c.last >= 0 && start > c.last {
			return nil, io.EOF
		}
		line, err := c.line(0)
		if err != nil {
			return nil, err
		}
		if len(line) == 0 || strings.HasPrefix(string(line[:min(len(line), len(c.Comment))]), c.Comment) && c.Comment != "" {
			continue
		}
		if bytes.Contains(line, []byte(c.Quote)) {
			return c.quoted(start)
		}
		if err := checkText(line, start); err != nil {
			return nil, err
		}
		return c.split(string(line))
	}
}

// split makes the row of a record without quotation marks. One text serves all fields.
func (c *CSVReader) split(line string) (*selectsql.Row, error) {
	fields := c.row.Fields[:0]
	if fields == nil {
		fields = make([]string, 0, 8)
	}
	if len(c.Field) == 1 {
		for d := c.Field[0]; ; {
			i := strings.IndexByte(line, d)
			if i < 0 {
				break
			}
			fields = append(fields, line[:i])
			if line = line[i+1:]; len(fields) > selectsql.MaxColumns {
				return nil, selectsql.Fail("OverMaxColumn")
			}
		}
	} else {
		for len(fields) <= selectsql.MaxColumns {
			field, rest, ok := strings.Cut(line, c.Field)
			if !ok {
				break
			}
			fields, line = append(fields, field), rest
		}
	}
	if fields = append(fields, line); len(fields) > selectsql.MaxColumns {
		return nil, selectsql.Fail("OverMaxColumn")
	}
	c.row.Fields = fields
	return &c.row, nil
}

// quoted reads a record with quotation marks again, from its start.
func (c *CSVReader) quoted(start int64) (*selectsql.Row, error) {
	c.at = int(start - c.start)
	for {
		whole, err := c.parse()
		if err != nil {
			return nil, err
		}
		if whole {
			break
		}
		if err := c.more(); err != nil {
			return nil, err
		}
	}
	raw := c.rest()[:c.recordEnd]
	if err := checkText(raw, start); err != nil {
		return nil, err
	}
	c.at += c.recordEnd
	fields, text, from := c.row.Fields[:0], string(c.text), 0
	for _, end := range c.ends {
		fields = append(fields, text[from:end])
		from = end
	}
	c.row.Fields = fields
	return &c.row, nil
}

// parse reads a record of what is there; false when its end is not. A mark counts at the
// beginning of a field alone.
func (c *CSVReader) parse() (whole bool, err error) {
	rest, ended := c.rest(), c.err == io.EOF
	c.text, c.ends = c.text[:0], c.ends[:0]
	for i := 0; ; {
		if len(c.ends) >= selectsql.MaxColumns {
			return false, selectsql.Fail("OverMaxColumn")
		}
		if hasPrefix(rest[i:], c.Quote) {
			n, whole, err := c.parseQuoted(rest[i:], ended)
			if !whole || err != nil {
				return false, err
			}
			i += n
		} else {
			n := c.fieldEnd(rest[i:])
			c.text = append(c.text, rest[i:i+n]...)
			i += n
		}
		switch {
		case hasPrefix(rest[i:], c.Field):
			c.ends = append(c.ends, len(c.text))
			i += len(c.Field)
			continue
		case hasPrefix(rest[i:], string(c.delimiter)):
			c.recordEnd = i + len(c.delimiter)
		case i == len(rest) && ended:
			c.recordEnd = i
		case i+len(c.delimiter) > len(rest) && !ended, i+len(c.Field) > len(rest) && !ended:
			return false, nil
		default: // a mark closed the field, and it goes on
			return false, selectsql.Fail("CSVUnescapedQuote")
		}
		if c.Record == "" && len(c.text) > 0 && i > 0 && rest[i-1] == '\r' {
			c.text = c.text[:len(c.text)-1]
		}
		c.ends = append(c.ends, len(c.text))
		return true, nil
	}
}

func hasPrefix(b []byte, s string) bool { return len(b) >= len(s) && string(b[:len(s)]) == s }

// fieldEnd is how long a field without marks is.
func (c *CSVReader) fieldEnd(rest []byte) int {
	field, record := c.Field[0], c.delimiter[0]
	for i, b := range rest {
		if b == field && hasPrefix(rest[i:], c.Field) || b == record && hasPrefix(rest[i:], string(c.delimiter)) {
			return i
		}
	}
	return len(rest)
}

// parseQuoted reads a field in marks, and returns how long it is with them; false when its
// end is not there.
func (c *CSVReader) parseQuoted(rest []byte, ended bool) (n int, whole bool, err error) {
	for i := len(c.Quote); ; {
		if !ended && len(rest)-i <= len(c.Escape)+len(c.Quote)+len(c.delimiter) {
			return 0, false, nil
		}
		switch {
		case i >= len(rest):
			return 0, false, selectsql.Fail("CSVUnescapedQuote")
		case hasPrefix(rest[i:], c.Escape+c.Quote):
			c.text = append(c.text, c.Quote...)
			i += len(c.Escape) + len(c.Quote)
		case c.Escape != c.Quote && hasPrefix(rest[i:], c.Escape+c.Escape):
			c.text = append(c.text, c.Escape...)
			i += 2 * len(c.Escape)
		case hasPrefix(rest[i:], c.Quote):
			i += len(c.Quote)
			if c.Record == "" && hasPrefix(rest[i:], "\r\n") {
				i++ // the end of the line is \r\n
				c.text = append(c.text, '\r')
			}
			return i, true, nil
		case !c.QuotedRecords && hasPrefix(rest[i:], string(c.delimiter)):
			return 0, false, selectsql.Fail("CSVEscapingRecordDelimiter")
		default:
			c.text = append(c.text, rest[i])
			i++
		}
	}
}
