package sigv4

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/leastpriv/leastpriv/internal/wire"
)

// minChunk is the least size of a chunk, except the last: the page "Signature
// Calculations for the Authorization Header: Transferring Payload in Multiple
// Chunks". Amazon S3 demands it of unsigned chunks as well.
const minChunk = 8192

// maxLine is the longest line of an aws-chunked body outside of the data, and
// the size of the buffer. Unverified: Amazon S3's own limit.
const maxLine = 4096

// maxTrailers is how many trailers may be announced. Amazon S3 knows one checksum
// of each algorithm.
const maxTrailers = 16

const (
	chunkSignature   = "chunk-signature="
	trailerSignature = "x-amz-trailer-signature"
	chunkSuffix      = "-PAYLOAD" // to the algorithm, in strings to sign
	trailerSuffix    = "-TRAILER"
	// signaturePadding fills signatures of SigV4A up, so that chunks have a size
	// that is known before they are signed.
	signaturePadding = "*"
)

var buffers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, maxLine) }}

// chunkReader decodes an aws-chunked body.
type chunkReader struct {
	body    *Body
	br      *bufio.Reader // nil after release
	sig     *Signature    // nil when the chunks are not signed
	hash    hash.Hash     // of the chunk; nil when the chunks are not signed
	sent    string        // signature that the chunk came with
	prev    string        // signature before it
	trailer bool          // a trailer may follow
	pending int           // announced trailers, not yet seen

	chunk  int   // number of the chunk, from 1
	size   int64 // of the chunk
	left   int64 // bytes left of the chunk
	length int64 // of the decoded body
	n      int64 // read
	err    error
}

// stream makes b read an aws-chunked body.
func (b *Body) stream(r *http.Request, s *Signature, kind string) error {
	sent := first(r.Header, "X-Amz-Decoded-Content-Length")
	if sent == "" {
		return both(MissingLength, "You must provide the Content-Length HTTP header.")
	}
	n, err := strconv.ParseInt(sent, 10, 64)
	if err != nil || n < 0 {
		return both(InvalidLength, "Invalid x-amz-decoded-content-length",
			wire.Field{Name: "ArgumentName", Value: "x-amz-decoded-content-length"},
			wire.Field{Name: "ArgumentValue", Value: sent})
	}
	c := &chunkReader{body: b, length: n, trailer: strings.HasSuffix(kind, "-TRAILER")}
	if kind != StreamingUnsignedTrailer {
		if s == nil || s.key == nil {
			// Chunks of an anonymous request have nothing to be signed with.
			return NoSignature()
		}
		if s.asymmetric() != (kind == StreamingECDSA || kind == StreamingECDSATrailer) {
			return s.StreamingRefused()
		}
		c.sig, c.hash, c.prev = s, sha256.New(), s.Signature
	}
	if c.trailer {
		if err := c.expect(r.Header["X-Amz-Trailer"]); err != nil {
			return err
		}
	}
	c.br = buffers.Get().(*bufio.Reader)
	c.br.Reset(b.src)
	b.Length, b.r = n, c
	return nil
}

// expect reads the names of the trailers.
func (c *chunkReader) expect(announced []string) error {
	for _, names := range announced {
		for name := range strings.SplitSeq(names, ",") {
			if name = strings.ToLower(strings.TrimSpace(name)); name == "" {
				continue
			}
			if !strings.HasPrefix(name, "x-amz-checksum-") || c.pending == maxTrailers {
				return both(InvalidTrailer, "The value specified in the x-amz-trailer header is not supported")
			}
			c.body.trailer = append(c.body.trailer, wire.Field{Name: name})
			c.pending++
		}
	}
	return nil
}

// release gives the buffer back.
func (c *chunkReader) release() {
	if c.br == nil {
		return
	}
	c.br.Reset(nil)
	buffers.Put(c.br)
	c.br = nil
	if c.err == nil {
		c.err = http.ErrBodyReadAfterClose
	}
}

func (c *chunkReader) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.read(p)
	if err != nil {
		c.err = err
		c.release()
		if err != io.EOF {
			c.body.trailer = nil
		}
	}
	return n, err
}

func (c *chunkReader) read(p []byte) (n int, err error) {
	if c.n < c.length {
		if len(p) == 0 {
			return 0, nil
		}
		if c.left == 0 {
			if err = c.startChunk(); err != nil {
				return 0, err
			}
		}
		n, err = c.br.Read(p[:min(int64(len(p)), c.left)])
		if n == 0 && err != nil {
			return 0, c.broken(err)
		}
		c.n += int64(n)
		c.left -= int64(n)
		if c.hash != nil {
			c.hash.Write(p[:n])
		}
		if c.left == 0 {
			if err = c.endChunk(); err != nil {
				return 0, err
			}
		}
		if c.n < c.length {
			return n, nil
		}
	}
	if err = c.finish(); err != nil {
		return 0, err
	}
	return n, io.EOF
}

// startChunk reads the header of a chunk with data.
func (c *chunkReader) startChunk() error {
	before := c.size
	if err := c.chunkHeader(); err != nil {
		return err
	}
	switch {
	case c.size == 0:
		return wrongLength(c.length, c.n)
	case c.chunk > 1 && before < minChunk:
		// Amazon S3 names the chunk at which it noticed, and the size of the
		// one before it.
		return both(InvalidChunkSize, "Only the last chunk is allowed to have a size less than 8192 bytes",
			wire.Field{Name: "Chunk", Value: strconv.Itoa(c.chunk)},
			wire.Field{Name: "BadChunkSize", Value: strconv.FormatInt(before, 10)})
	case c.size > c.length-c.n:
		return wrongLength(c.length, c.n+c.size)
	}
	c.left = c.size
	return nil
}

// chunkHeader reads "400;chunk-signature=…", or "400" where chunks are not signed.
func (c *chunkReader) chunkHeader() error {
	line, err := c.line()
	if err != nil {
		return err
	}
	size, extension, extended := strings.Cut(line, ";")
	if len(size) > 15 {
		return terminated()
	}
	if c.size, err = strconv.ParseInt(size, 16, 64); err != nil || c.size < 0 || !isHex(size[0]) {
		return terminated()
	}
	c.chunk++
	if c.sig == nil {
		if extended {
			return terminated()
		}
		return nil
	}
	var ok bool
	if c.sent, ok = strings.CutPrefix(extension, chunkSignature); !ok {
		return terminated()
	}
	c.hash.Reset()
	return nil
}

// endChunk reads the line end behind the data and verifies the chunk.
func (c *chunkReader) endChunk() error {
	line, err := c.line()
	if err != nil {
		return err
	}
	if line != "" {
		return terminated()
	}
	return c.verify()
}

// verify compares the signature of a chunk. It covers the signature before it,
// so that chunks can be neither dropped nor swapped.
func (c *chunkReader) verify() error {
	if c.sig == nil {
		return nil
	}
	var sum [sha256.Size]byte
	return c.chain(chunkSuffix, EmptyHash+"\n", c.hash.Sum(sum[:0]))
}

// chain verifies the next signature of the chain that begins with the request's.
func (c *chunkReader) chain(suffix, middle string, sum []byte) error {
	if c.sig.asymmetric() {
		c.sent = strings.TrimRight(c.sent, signaturePadding)
	}
	s := scratches.Get().(*scratch)
	defer s.release()
	s.startStringToSign(c.sig, suffix)
	s.toSign = append(s.toSign, c.prev...)
	s.toSign = append(s.toSign, '\n')
	s.toSign = append(s.toSign, middle...)
	s.toSign = hex.AppendEncode(s.toSign, sum)
	if !s.signedBy(c.sig.key, c.sent) {
		hint := "the signature of chunk " + strconv.Itoa(c.chunk) + " or of what follows it is another one: its data was changed, or the chunks are not the signed ones"
		return c.sig.mismatch(c.sent, "", s.stringToSign(), hint)
	}
	c.prev = c.sent
	return nil
}

// finish reads what follows the data: the empty chunk and the trailer.
func (c *chunkReader) finish() error {
	if err := c.chunkHeader(); err != nil {
		return err
	}
	if c.size != 0 {
		return wrongLength(c.length, c.n+c.size)
	}
	if err := c.verify(); err != nil {
		return err
	}
	if err := c.readTrailer(); err != nil {
		return err
	}
	switch _, err := c.br.ReadByte(); err {
	case io.EOF:
		return nil
	case nil:
		return terminated()
	default:
		return c.broken(err)
	}
}

// readTrailer reads the lines "name:value" up to an empty one; where chunks are
// signed, the last of them is the signature of the others.
func (c *chunkReader) readTrailer() error {
	var signed []byte
	unsigned := c.trailer && c.sig != nil
	for blank := false; ; {
		line, err := c.line()
		switch {
		case err != nil:
			return err
		case line == "" && unsigned && !blank:
			blank = true // minio-go has an empty line before the signature
			continue
		case line == "" && c.pending == 0 && !unsigned:
			return nil
		case !c.trailer:
			return terminated()
		}
		name, value, _ := strings.Cut(line, ":")
		name, value = strings.ToLower(name), strings.TrimSpace(value)
		switch {
		case unsigned && name == trailerSignature:
			c.sent, unsigned = value, false
			sum := sha256.Sum256(signed)
			if err := c.chain(trailerSuffix, "", sum[:]); err != nil {
				return err
			}
		case c.sig != nil && !unsigned, value == "", !c.fill(name, value):
			return both(MalformedTrailer, malformedTrailer)
		case unsigned:
			signed = append(append(append(append(signed, name...), ':'), value...), '\n')
		}
	}
}

const malformedTrailer = "The request contained trailing data that was not well-formed or did not conform to our published schema."

// fill gives an announced trailer its value.
func (c *chunkReader) fill(name, value string) bool {
	for i := range c.body.trailer {
		if f := &c.body.trailer[i]; f.Name == name && f.Value == "" {
			f.Value = value
			c.pending--
			return true
		}
	}
	return false
}

// line reads a line without its end.
func (c *chunkReader) line() (string, error) {
	line, err := c.br.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		return "", terminated()
	}
	if err != nil {
		return "", c.broken(err)
	}
	return string(bytes.TrimSuffix(line[:len(line)-1], []byte{'\r'})), nil
}

// broken is the error of a body that ends early; other errors are the source's.
func (c *chunkReader) broken(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return terminated()
	}
	return err
}

// terminated is Amazon S3's answer to everything that is wrong with the
// encoding of chunks.
func terminated() *Error {
	return both(IncompleteBody, "The request body terminated unexpectedly")
}
