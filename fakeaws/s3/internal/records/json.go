package records

import (
	"errors"
	"io"

	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/selectsql"
)

// maxDepth is how deeply JSON may be nested. AWS's limit is unverified.
const maxDepth = 500

// A jsonReader reads values of JSON, one after the other, and of them what a path leads to.
// It goes through what encloses records as it comes, so that a document may be longer than
// a record.
type jsonReader struct {
	*buffer
	path   []selectsql.Step
	frames []frame // what the reader is in
	last   int64   // where the last record may begin; -1 for anywhere
	text   []byte  // of a value; nil while what is read is skipped
	keep   bool
	row    selectsql.Row
}

// A frame is an array or an object in which a step of the path leads to something.
type frame struct {
	step    selectsql.Step
	index   int64 // of the next item
	matched bool
}

// NewJSON reads JSON. The path is that of the FROM clause. As NewCSV does, it reads only
// records that begin in a range; lines are records then.
func NewJSON(src io.Reader, path []selectsql.Step, start, last int64, alive func() error) (Reader, error) {
	j := &jsonReader{buffer: newBuffer(src, max(start-1, 0), alive), path: path, last: last}
	if start == 0 {
		return j, j.skipMark()
	}
	for {
		c, err := j.next()
		if errors.Is(err, io.EOF) || c == '\n' {
			return j, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// Position implements Reader.
func (j *jsonReader) Position() int64 { return j.position() }

func malformed() error { return selectsql.Fail("JSONParsingError") }

// peek is the next byte, which is not used by that.
func (j *jsonReader) peek() (byte, error) {
	if j.at == len(j.data) {
		if err := j.more(); err != nil {
			return 0, err
		}
	}
	return j.data[j.at], nil
}

func (j *jsonReader) next() (byte, error) {
	c, err := j.peek()
	if err == nil {
		j.at++
	}
	return c, err
}

// token is the next byte that is no space, in a value that goes on.
func (j *jsonReader) token() (byte, error) {
	c, err := j.outside()
	if errors.Is(err, io.EOF) {
		err = malformed()
	}
	return c, err
}

// outside is the next byte that is no space, between two values.
func (j *jsonReader) outside() (byte, error) {
	for {
		c, err := j.peek()
		if err != nil || c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c, err
		}
		j.at++
	}
}

// Read implements Reader.
func (j *jsonReader) Read() (*selectsql.Row, error) {
	for {
		var found bool
		var err error
		if len(j.frames) == 0 {
			if _, err = j.outside(); err != nil {
				return nil, err
			}
			if j.last >= 0 && j.position() > j.last {
				return nil, io.EOF
			}
			found, err = j.enter(0)
		} else {
			found, err = j.advance(&j.frames[len(j.frames)-1])
		}
		if errors.Is(err, io.EOF) {
			err = malformed()
		}
		if err != nil {
			return nil, err
		}
		if found {
			return &j.row, nil
		}
	}
}

// missing makes MISSING the record: wildcards always emit one (User Guide, "SELECT
// command").
func (j *jsonReader) missing() (bool, error) {
	j.row.Value = selectsql.Value{}
	return true, nil
}

// enter reads a value from which so many steps were taken.
func (j *jsonReader) enter(steps int) (found bool, err error) {
	if steps == len(j.path) {
		j.row.Value, err = j.value()
		return true, err
	}
	step := j.path[steps]
	opening := byte('{')
	if step.Kind == selectsql.ByIndex || step.Kind == selectsql.AllElements {
		opening = '['
	}
	c, err := j.token()
	if err != nil {
		return false, err
	}
	if c != opening {
		if err := j.skip(); err != nil {
			return false, err
		}
		return j.missing()
	}
	j.at++
	j.frames = append(j.frames, frame{step: step})
	return false, nil
}

// advance takes the next item of what the reader is in.
func (j *jsonReader) advance(f *frame) (bool, error) {
	c, err := j.token()
	if err != nil {
		return false, err
	}
	object := f.step.Kind == selectsql.ByName || f.step.Kind == selectsql.AllMembers
	closing := byte(']')
	if object {
		closing = '}'
	}
	if c == closing {
		j.at++
		matched := f.matched
		if j.frames = j.frames[:len(j.frames)-1]; !matched {
			return j.missing()
		}
		return false, nil
	}
	if f.index > 0 {
		if c != ',' {
			return false, malformed()
		}
		j.at++
		if _, err := j.token(); err != nil {
			return false, err
		}
	}
	wanted := f.step.Kind == selectsql.AllElements || f.step.Kind == selectsql.AllMembers ||
		f.step.Kind == selectsql.ByIndex && f.step.Index == f.index
	if object {
		name, err := j.name()
		if err != nil {
			return false, err
		}
		wanted = wanted || f.step.Kind == selectsql.ByName && f.step.Matches(name)
	}
	f.index++
	switch {
	case !wanted, f.matched && f.step.Kind == selectsql.ByName && f.step.Exact: // the first of the same name counts
		return false, j.skip()
	case f.matched && f.step.Kind == selectsql.ByName:
		return false, selectsql.Fail("AmbiguousFieldName")
	}
	f.matched = true
	return j.enter(len(j.frames))
}

// name reads the name of a member and the colon.
func (j *jsonReader) name() (string, error) {
	j.text, j.keep = j.text[:0], true
	defer func() { j.keep = false }()
	if err := j.member(); err != nil {
		return "", err
	}
	v := selectsql.JSON(string(j.text[:len(j.text)-1])) // without the colon
	return v.JSONText(), nil
}

// value reads a value.
func (j *jsonReader) value() (selectsql.Value, error) {
	if _, err := j.token(); err != nil {
		return selectsql.Value{}, err
	}
	start := j.position()
	j.text, j.keep = j.text[:0], true
	err := j.read(0)
	j.keep = false
	if err != nil {
		return selectsql.Value{}, err
	}
	if err := checkText(j.text, start); err != nil {
		return selectsql.Value{}, err
	}
	return selectsql.JSON(string(j.text)), nil
}

func (j *jsonReader) skip() error { return j.read(0) }

// add keeps bytes of what is read.
func (j *jsonReader) add(b ...byte) error {
	if !j.keep {
		return nil
	}
	if j.text = append(j.text, b...); len(j.text) > maxBytes {
		return selectsql.OverMaxRecordSize()
	}
	return nil
}

// read reads a value, so deep in others.
func (j *jsonReader) read(depth int) error {
	c, err := j.token()
	if err != nil {
		return err
	}
	switch {
	case depth > maxDepth:
		return malformed()
	case c == '{':
		return j.all('}', func() error {
			if err := j.member(); err != nil {
				return err
			}
			return j.read(depth + 1)
		})
	case c == '[':
		return j.all(']', func() error { return j.read(depth + 1) })
	case c == '"':
		return j.string()
	case c == 't':
		return j.word("true")
	case c == 'f':
		return j.word("false")
	case c == 'n':
		return j.word("null")
	}
	return j.number()
}

// all reads the items of an object or an array.
func (j *jsonReader) all(closing byte, item func() error) error {
	c, _ := j.next()
	if err := j.add(c); err != nil {
		return err
	}
	for n := 0; ; n++ {
		c, err := j.token()
		switch {
		case err != nil:
			return err
		case c == closing:
			j.at++
			return j.add(c)
		case n > 0 && c != ',':
			return malformed()
		case n > 0:
			j.at++
			if err := j.add(','); err != nil {
				return err
			}
			if c, err = j.token(); err != nil || c == closing {
				return malformed()
			}
		}
		if err := item(); err != nil {
			return err
		}
	}
}

// member reads the name of a member, with the colon.
func (j *jsonReader) member() error {
	c, err := j.token()
	if err != nil {
		return err
	}
	if c != '"' {
		return malformed()
	}
	if err := j.string(); err != nil {
		return err
	}
	if c, err = j.token(); err != nil || c != ':' {
		return malformed()
	}
	j.at++
	return j.add(':')
}

func (j *jsonReader) word(w string) error {
	for i := range len(w) {
		if c, err := j.next(); err != nil || c != w[i] {
			return malformedUnless(err)
		}
	}
	return j.add([]byte(w)...)
}

// malformedUnless is the error of a value that is not as it must be, unless the source has
// another one.
func malformedUnless(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return malformed()
	}
	return err
}
