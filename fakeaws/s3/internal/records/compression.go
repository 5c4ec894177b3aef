package records

import (
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"io"

	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/selectsql"
)

// A Compression is that of an object.
type Compression string

// The compressions of S3 Select.
const (
	None  Compression = "NONE"
	Gzip  Compression = "GZIP"
	Bzip2 Compression = "BZIP2"
)

// A decompressor reads compressed data. What does not begin as compressed data does is
// another error than what breaks off or is damaged.
type decompressor struct {
	compression Compression
	src         io.Reader
	open        io.Reader
	begun       bool
}

// Decompress reads what is compressed.
func Decompress(src io.Reader, c Compression) io.Reader {
	if c == None {
		return src
	}
	return &decompressor{compression: c, src: src}
}

// Read implements io.Reader.
func (d *decompressor) Read(p []byte) (n int, err error) {
	if d.open == nil {
		if d.compression == Bzip2 {
			d.open = bzip2.NewReader(d.src)
		} else if d.open, err = gzip.NewReader(d.src); err != nil {
			return 0, d.failed(err)
		}
	}
	n, err = d.open.Read(p)
	d.begun = d.begun || n > 0 || err == nil || d.compression == Gzip
	if err != nil && err != io.EOF {
		err = d.failed(err)
	}
	return n, err
}

// failed is S3 Select's error for one of a decompressor.
func (d *decompressor) failed(err error) error {
	var structural bzip2.StructuralError
	switch {
	case d.begun, errors.Is(err, io.ErrUnexpectedEOF) && d.compression == Bzip2:
		return selectsql.Fail("TruncatedInput")
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &structural):
		return selectsql.Failf("InvalidCompressionFormat", "%s is not applicable to the queried object. Please correct the request and try again.", d.compression)
	}
	return err
}
