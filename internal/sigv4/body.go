package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/leastpriv/leastpriv/internal/wire"
)

// Values of X-Amz-Content-Sha256 that are not a hash: the page "Authenticating
// Requests: Using the Authorization Header".
const (
	// UnsignedPayload is a body that the signature does not cover.
	UnsignedPayload = "UNSIGNED-PAYLOAD"
	// StreamingUnsignedTrailer is an aws-chunked body that the signature does
	// not cover, with a trailer. It is what the SDK sends over HTTPS.
	StreamingUnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	// StreamingSigned is an aws-chunked body with a signature per chunk.
	StreamingSigned = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	// StreamingSignedTrailer has in addition a signed trailer.
	StreamingSignedTrailer = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"

	// StreamingECDSA and StreamingECDSATrailer are the same for SigV4A.
	StreamingECDSA        = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"
	StreamingECDSATrailer = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER"
)

// A Body is the body of an Amazon S3 request, decoded and verified while it is
// read. Where the length is known, the last bytes are given out only after all
// has been verified, so that a reader which stops at the announced length
// cannot miss a forged body. What was read before an error must not be used.
type Body struct {
	// Length is the number of bytes of the decoded body, -1 where unknown.
	Length int64

	r       io.Reader
	src     io.ReadCloser
	trailer []wire.Field
}

// NewBody wraps r.Body. s is the verified signature, nil for an anonymous
// request. Errors, also those of Read, are of type [*Error] unless r.Body
// itself failed.
func NewBody(r *http.Request, s *Signature) (*Body, error) {
	kind := first(r.Header, "X-Amz-Content-Sha256")
	if s != nil {
		kind = s.ContentSHA256
	}
	if kind == "" && (s == nil || s.Version2()) {
		kind = UnsignedPayload
	}
	if err := checkContentHash(kind); err != nil {
		return nil, err
	}
	b := &Body{Length: r.ContentLength, src: r.Body}
	if b.src == nil {
		b.src = http.NoBody
	}
	if b.src == http.NoBody {
		b.Length = 0
	}
	if strings.HasPrefix(kind, "STREAMING-") {
		return b, b.stream(r, s, kind)
	}
	p := &plainReader{src: b.src, length: b.Length}
	if kind != UnsignedPayload {
		p.want, p.hash = kind, sha256.New()
	}
	if b.Length == 0 {
		// Who expects no body may never read it.
		if err := p.finish(); err != io.EOF {
			return nil, err
		}
	}
	b.r = p
	return b, nil
}

// Read implements io.Reader.
func (b *Body) Read(p []byte) (int, error) { return b.r.Read(p) }

// Close closes the body of the request.
func (b *Body) Close() error {
	if c, ok := b.r.(*chunkReader); ok {
		c.release()
	}
	return b.src.Close()
}

// Trailer returns the trailer of an aws-chunked body, with names in lower case;
// nil when there is none. Before Read has returned io.EOF it has the announced names
// without values, as the Trailer of an http.Request has.
func (b *Body) Trailer() []wire.Field { return b.trailer }

// Streaming reports whether the body is aws-chunked.
func (s *Signature) Streaming() bool { return strings.HasPrefix(s.ContentSHA256, "STREAMING-") }

// checkContentHash refuses what is no value of X-Amz-Content-Sha256.
func checkContentHash(v string) error {
	switch v {
	case UnsignedPayload, StreamingUnsignedTrailer, StreamingSigned, StreamingSignedTrailer, StreamingECDSA, StreamingECDSATrailer:
		return nil
	case "":
		return both(MissingContentHash, "Missing required header for this request: x-amz-content-sha256")
	}
	if len(v) == 2*sha256.Size && isHexString(v) {
		return nil
	}
	return both(InvalidContentHash,
		"x-amz-content-sha256 must be "+strings.Join([]string{UnsignedPayload, StreamingUnsignedTrailer, StreamingSigned,
			StreamingSignedTrailer, StreamingECDSA, StreamingECDSATrailer}, ", ")+" or a valid sha256 value.",
		wire.Field{Name: "ArgumentName", Value: "x-amz-content-sha256"},
		wire.Field{Name: "ArgumentValue", Value: v})
}

// plainReader reads a body that is not chunked.
type plainReader struct {
	src    io.Reader
	length int64 // announced, -1 unknown
	n      int64 // read
	hash   hash.Hash
	want   string
	err    error
}

func (p *plainReader) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	if p.length >= 0 && int64(len(b)) > p.length-p.n {
		b = b[:p.length-p.n]
	}
	var n int
	var err error
	if p.n != p.length {
		n, err = p.src.Read(b)
	}
	p.n += int64(n)
	if p.hash != nil {
		p.hash.Write(b[:n])
	}
	switch {
	case p.n == p.length:
		p.err = p.finish()
	case err == nil:
		return n, nil
	case err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF):
		p.err = err
		return n, err
	case p.length >= 0:
		p.err = wrongLength(p.length, p.n)
	case err != io.EOF:
		p.err = terminated()
	default:
		p.err = p.finish()
	}
	if p.err != io.EOF {
		n = 0
	}
	return n, p.err
}

// finish returns io.EOF when the body is the announced one.
func (p *plainReader) finish() error {
	if p.hash == nil {
		return io.EOF
	}
	got := hex.EncodeToString(p.hash.Sum(nil))
	if strings.EqualFold(got, p.want) {
		return io.EOF
	}
	return both(BodyHashMismatch, "The provided 'x-amz-content-sha256' header does not match what was computed.",
		wire.Field{Name: "ClientComputedContentSHA256", Value: p.want},
		wire.Field{Name: "S3ComputedContentSHA256", Value: got})
}

func wrongLength(want, got int64) *Error {
	return both(IncompleteBody, "You did not provide the number of bytes specified by the Content-Length HTTP header",
		wire.Field{Name: "NumberBytesExpected", Value: strconv.FormatInt(want, 10)},
		wire.Field{Name: "NumberBytesProvided", Value: strconv.FormatInt(got, 10)})
}
