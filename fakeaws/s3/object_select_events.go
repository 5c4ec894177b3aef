package s3

import (
	"errors"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/byterange"
	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/records"
	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/selectsql"
)

const (
	// maxRecords is how many bytes of the result an event has at most. As with AWS, a
	// record may be in two of them (API Reference, "Appendix: SelectObjectContent
	// Response"); the size is unverified.
	maxRecords = 64 << 10
	// quiet is after how many bytes of the input an event says that S3 is still at work. AWS
	// goes by time, which makes no test that is the same each time; unverified.
	quiet = 16 << 20
)

// selectEvents are the events of a selection. They are made when they are asked for: the
// object is read no further than the client reads the answer.
type selectEvents struct {
	*selection
	rows    records.Reader
	raw     *counted     // the object as it is stored
	plain   *counted     // without its compression
	from    int64        // where a range begins; -1 without one
	first   any          // the event that the operation has waited for
	pending []byte       // of the result, not sent
	sent    int64        // of the result
	spoke   int64        // of the input, when an event was last made
	left    []func() any // the events that end the answer; nil while there are rows
}

// A counted reader counts what was read.
type counted struct {
	io.Reader
	n int64
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// newSelectEvents begins a selection. What goes wrong before the first event is the answer
// to the request; what goes wrong later is an event.
func newSelectEvents(call *fakeaws.Call, c *selection, o *object) (*selectEvents, error) {
	e := &selectEvents{selection: c, from: -1}
	c.query.Start(call.World.Clock().Now(), call.Err)
	start, last, err := c.scanned(o.size)
	if err != nil {
		return nil, err
	}
	if c.scan != nil {
		e.from = start
	}
	if err := e.open(o, start, last, call.Err); err != nil {
		return nil, err
	}
	e.first, err = e.next()
	return e, err
}

// scanned is the range of the object that is read: records that begin in it. last is -1
// where that is all to the end.
func (c *selection) scanned(size int64) (start, last int64, err error) {
	r := c.scan
	switch {
	case r == nil:
		return 0, -1, nil
	case r.Start == nil && r.End == nil, aws.ToInt64(r.Start) < 0, aws.ToInt64(r.End) < 0:
		return 0, 0, selectsql.Fail("InvalidScanRange")
	case r.Start == nil: // the last bytes
		return max(size-*r.End, 0), -1, nil
	case *r.Start > 0 && *r.Start >= size, r.End != nil && *r.End < *r.Start: // that the first is refused is unverified
		return 0, 0, selectsql.Fail("InvalidScanRange")
	case r.End == nil:
		return *r.Start, -1, nil
	}
	return *r.Start, *r.End, nil
}

// open opens the object as records, and binds the query to them.
func (e *selectEvents) open(o *object, start, last int64, alive func() error) (err error) {
	back := int64(1) // a range is read from the end of the record before
	if e.csv != nil {
		back = e.csv.Delimiter()
	}
	from := max(start-back, 0)
	e.raw = &counted{Reader: o.data.reader(byterange.Span{Start: from, Length: o.size - from})}
	e.plain = &counted{Reader: records.Decompress(e.raw, e.compression)}
	if e.csv == nil {
		if e.rows, err = records.NewJSON(e.plain, e.query.Path(), start, last, alive); err != nil {
			return err
		}
		return e.query.BindJSON()
	}
	rows, err := records.NewCSV(e.plain, *e.csv, start, last, alive)
	if err != nil {
		return err
	}
	e.rows = rows
	if e.header == types.FileHeaderInfoNone {
		return e.query.BindCSV(nil)
	}
	head := rows
	if start > 0 { // the header is at the beginning of the object
		head, err = records.NewCSV(o.data.reader(byterange.Span{Length: o.size}), *e.csv, 0, -1, alive)
		if err != nil {
			return err
		}
	}
	names, err := head.Header()
	switch {
	case errors.Is(err, io.EOF):
		return nil // an object without a record, of which nothing is selected
	case err != nil:
		return err
	case e.header == types.FileHeaderInfoIgnore:
		return e.query.BindCSV(nil)
	}
	rows.Name(names)
	return e.query.BindCSV(names)
}

// Next implements wire.Events.
func (e *selectEvents) Next() (any, error) {
	if first := e.first; first != nil {
		e.first = nil
		return first, nil
	}
	event, err := e.next()
	if err != nil {
		return nil, selectError(err)
	}
	return event, nil
}

// Close implements wire.Events.
func (e *selectEvents) Close() error { return nil }

// next makes the next event.
func (e *selectEvents) next() (any, error) {
	for e.left == nil {
		if len(e.pending) >= maxRecords {
			return e.records(maxRecords), nil
		}
		if e.plain.n-e.spoke >= quiet {
			if e.spoke = e.plain.n; e.progress {
				return e.progressEvent(), nil
			}
			return &types.SelectObjectContentEventStreamMemberCont{}, nil
		}
		if err := e.step(); err != nil {
			return nil, err
		}
	}
	if n := min(len(e.pending), maxRecords); n > 0 {
		return e.records(n), nil
	}
	if len(e.left) == 0 {
		return nil, io.EOF
	}
	event := e.left[0]
	e.left = e.left[1:]
	return event(), nil
}

// step takes one record of the object, or ends.
func (e *selectEvents) step() error {
	if e.query.Done() {
		return e.end()
	}
	row, err := e.rows.Read()
	if errors.Is(err, io.EOF) {
		return e.end()
	}
	if err != nil {
		return err
	}
	out, err := e.query.Next(row)
	if err != nil || out == nil {
		return err
	}
	e.pending, err = e.writer.Append(e.pending, out)
	return err
}

// end finishes the result. Who asked for progress gets an event of it at least once; when
// AWS sends it is unverified.
func (e *selectEvents) end() error {
	out, err := e.query.Last()
	if err != nil {
		return err
	}
	if out != nil {
		if e.pending, err = e.writer.Append(e.pending, out); err != nil {
			return err
		}
	}
	e.left = []func() any{e.statsEvent, func() any { return &types.SelectObjectContentEventStreamMemberEnd{} }}
	if e.progress {
		e.left = append([]func() any{e.progressEvent}, e.left...)
	}
	return nil
}

// records is an event of the first bytes that are pending.
func (e *selectEvents) records(n int) any {
	payload := e.pending[:n:n]
	e.pending = append(make([]byte, 0, max(maxRecords, len(e.pending)-n)), e.pending[n:]...)
	e.sent += int64(n)
	e.spoke = e.plain.n
	return &types.SelectObjectContentEventStreamMemberRecords{Value: types.RecordsEvent{Payload: payload}}
}

// bytes are what was read of the object, of that without its compression, and of the
// result.
func (e *selectEvents) bytes() (scanned, processed, returned *int64) {
	scanned, processed = &e.raw.n, &e.plain.n
	if e.from >= 0 {
		n := max(e.rows.Position()-e.from, 0)
		scanned, processed = &n, &n
	}
	return aws.Int64(*scanned), aws.Int64(*processed), aws.Int64(e.sent)
}

func (e *selectEvents) progressEvent() any {
	scanned, processed, returned := e.bytes()
	return &types.SelectObjectContentEventStreamMemberProgress{Value: types.ProgressEvent{
		Details: &types.Progress{BytesScanned: scanned, BytesProcessed: processed, BytesReturned: returned},
	}}
}

func (e *selectEvents) statsEvent() any {
	scanned, processed, returned := e.bytes()
	return &types.SelectObjectContentEventStreamMemberStats{Value: types.StatsEvent{
		Details: &types.Stats{BytesScanned: scanned, BytesProcessed: processed, BytesReturned: returned},
	}}
}
