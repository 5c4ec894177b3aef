// Package records reads the records of objects for Amazon S3 Select, in CSV and JSON, and
// writes those of results.
package records

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/selectsql"
)

// A Reader reads records. At the end it returns io.EOF.
type Reader interface {
	Read() (*selectsql.Row, error)
	// Position is how many bytes of the input, without its compression, the records so far
	// took.
	Position() int64
}

// chunk is how much is read at once, between two looks whether somebody wants it.
const chunk = 64 << 10

// maxBytes is the longest record in bytes: its limit is one of characters.
const maxBytes = selectsql.MaxRecord*utf8.UTFMax + chunk

// A buffer holds what was read and is not used yet. It never holds more than one record
// and what was read with it.
type buffer struct {
	src   io.Reader
	alive func() error
	data  []byte // what is there
	at    int    // of it, what is used
	start int64  // place of data in the input
	err   error  // of src
}

func newBuffer(src io.Reader, start int64, alive func() error) *buffer {
	return &buffer{src: src, start: start, alive: alive}
}

// position is the place of what comes next.
func (b *buffer) position() int64 { return b.start + int64(b.at) }

// rest is what is there and not used.
func (b *buffer) rest() []byte { return b.data[b.at:] }

// more reads more behind what is there: as much again, so that what looks through all of
// it again has not looked too often. It returns io.EOF when there is no more.
func (b *buffer) more() error {
	if b.err != nil {
		return b.err
	}
	if b.at > 0 {
		b.start += int64(b.at)
		b.data = b.data[:copy(b.data, b.data[b.at:])]
		b.at = 0
	}
	if len(b.data) >= maxBytes {
		return selectsql.OverMaxRecordSize()
	}
	size := max(chunk, 2*len(b.data))
	if cap(b.data) < size {
		b.data = append(make([]byte, 0, size), b.data...)
	}
	before := len(b.data)
	for len(b.data) < size && b.err == nil {
		if b.alive != nil {
			if err := b.alive(); err != nil {
				return err
			}
		}
		n, err := b.src.Read(b.data[len(b.data):min(size, len(b.data)+chunk)])
		b.data, b.err = b.data[:len(b.data)+n], err
	}
	if len(b.data) > before {
		return nil
	}
	return b.err
}

// skipMark skips the mark that some programs begin a text with.
func (b *buffer) skipMark() error {
	if b.start != 0 || b.at != 0 {
		return nil
	}
	if err := b.more(); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if bytes.HasPrefix(b.data, []byte("\uFEFF")) {
		b.at = 3
	}
	return nil
}

// checkText refuses a record that is too long or no UTF-8.
func checkText(record []byte, start int64) error {
	if len(record) > selectsql.MaxRecord && utf8.RuneCount(record) > selectsql.MaxRecord {
		return selectsql.OverMaxRecordSize()
	}
	if utf8.Valid(record) {
		return nil
	}
	for i := 0; ; {
		r, n := utf8.DecodeRune(record[i:])
		if r == utf8.RuneError && n == 1 {
			return selectsql.InvalidTextEncoding(start + int64(i))
		}
		i += n
	}
}
