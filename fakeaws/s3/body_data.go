package s3

import (
	"bytes"
	"context"
	"io"

	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/byterange"
)

// A data is the content of an object in pieces, which never change: copies of
// the object and the parts of a multipart upload share them.
type data [][]byte

// len returns the number of bytes.
func (d data) len() int64 {
	n := int64(0)
	for _, piece := range d {
		n += int64(len(piece))
	}
	return n
}

// cut returns the data of a span.
func (d data) cut(s byterange.Span) data {
	var out data
	for _, piece := range d {
		if s.Length == 0 {
			break
		}
		n := int64(len(piece))
		if s.Start >= n {
			s.Start -= n
			continue
		}
		take := min(s.Length, n-s.Start)
		out = append(out, piece[s.Start:s.Start+take:s.Start+take])
		s.Start, s.Length = 0, s.Length-take
	}
	return out
}

// hash writes the data to w, a hash, as long as the client of ctx has not gone. It holds
// no lock: what it reads does not change.
func (d data) hash(ctx context.Context, w io.Writer) error {
	for _, piece := range d {
		for len(piece) > 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			n, err := w.Write(piece[:min(len(piece), window)])
			if err != nil {
				return err
			}
			piece = piece[n:]
		}
	}
	return nil
}

// reader reads a span. It holds no lock: what it reads does not change.
func (d data) reader(s byterange.Span) io.ReadCloser {
	if len(d) == 1 {
		return io.NopCloser(bytes.NewReader(d[0][s.Start : s.Start+s.Length]))
	}
	return &dataReader{d.cut(s)}
}

// A dataReader reads data piece by piece.
type dataReader struct{ rest data }

// Read implements io.Reader.
func (r *dataReader) Read(p []byte) (int, error) {
	for len(r.rest) > 0 {
		n := copy(p, r.rest[0])
		if r.rest[0] = r.rest[0][n:]; len(r.rest[0]) == 0 {
			r.rest = r.rest[1:]
		}
		if n > 0 || len(p) == 0 {
			return n, nil
		}
	}
	return 0, io.EOF
}

// WriteTo implements io.WriterTo: pieces go out without a buffer between.
func (r *dataReader) WriteTo(w io.Writer) (total int64, err error) {
	for len(r.rest) > 0 {
		n, err := w.Write(r.rest[0])
		total += int64(n)
		if r.rest[0] = r.rest[0][n:]; err != nil {
			return total, err
		}
		r.rest = r.rest[1:]
	}
	return total, nil
}

// Close implements io.Closer.
func (r *dataReader) Close() error { return nil }
