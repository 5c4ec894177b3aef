package s3

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

const (
	// maxObject is the largest object of one PutObject or CopyObject.
	maxObject = 5 << 30
	// window is how much of a body is read at a time: what is hashed is still in
	// the processor's cache.
	window = 128 << 10
	// maxTrusted is how much storage is taken on the word of Content-Length
	// alone. A larger body gets as much again each time that this has arrived, in
	// pieces of at most maxPiece.
	maxTrusted = 1 << 20
	maxPiece   = 64 << 20
	// besides is from how many bytes on the MD5 of a body is computed beside all else that
	// is done with it: it takes longer than reading, verifying and storing together. Of a
	// smaller one it takes less than to begin that.
	besides = 256 << 10
)

// trailed is a body that is followed by headers, as the aws-chunked encoding
// sends checksums. Their names are known at once, their values when the body has
// been read to its end.
type trailed interface{ Trailer() []fakeaws.Field }

// receive reads a body in one pass into its final storage; size is its length
// as announced, or negative. It ends when the client of ctx has gone.
func receive(ctx context.Context, body io.Reader, size int64, d *digests) (data, error) {
	limit := cmp.Or(d.limit, maxObject)
	if size > limit {
		return nil, exceeds(size, limit)
	}
	if body == nil {
		return nil, nil
	}
	defer d.wait()
	var stored data
	var received int64
	piece := make([]byte, 0, min(max(size, 0), maxTrusted))
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		room := piece[len(piece):min(cap(piece), len(piece)+window)]
		full := len(room) == 0
		if full {
			// The announced size has arrived. Read on to see the end, which is
			// also where signatures and trailing headers are verified.
			room = d.probe[:]
		}
		n, err := body.Read(room)
		received += int64(n)
		if max(size, received) >= besides {
			d.fork()
		}
		if full && n > 0 {
			if len(piece) > 0 {
				stored = append(stored, piece)
			}
			piece = append(make([]byte, 0, nextPiece(received, size)), room[:n]...)
		} else if !full {
			piece = piece[:len(piece)+n]
		}
		d.write(piece[len(piece)-n:]) // which stays as it is
		if received > limit {
			return nil, exceeds(received, limit)
		}
		switch {
		case err == io.EOF:
			if len(piece) > 0 {
				stored = append(stored, piece)
			}
			return stored, nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			return nil, errIncompleteBody.of()
		case err != nil:
			return nil, err
		}
	}
}

// nextPiece is the room for what follows when received bytes have arrived, of which
// the last is already of it.
func nextPiece(received, size int64) int64 {
	next := min(max(received, window), maxPiece)
	if rest := size - received + 1; rest > 0 {
		next = min(next, rest)
	}
	return next
}

// checkLength refuses a body that is announced to be longer than an object may be.
func checkLength(announced *int64) error {
	if size := sizeOf(announced); size > maxObject {
		return exceeds(size, maxObject)
	}
	return nil
}

// sizeOf is the announced length of a body, negative when there is none.
func sizeOf(contentLength *int64) int64 {
	if contentLength == nil {
		return -1
	}
	return *contentLength
}

func exceeds(size, limit int64) error {
	return errEntityTooLarge.of("ProposedSize", strconv.FormatInt(size, 10), "MaxSizeAllowed", strconv.FormatInt(limit, 10))
}

// A bodyClaims is what the headers of a request with a body claim of it.
type bodyClaims struct {
	selected types.ChecksumAlgorithm // announced by x-amz-sdk-checksum-algorithm
	claimed  checksum                // sent as a header
	trails   bool                    // to be sent as a trailer
	md5      []byte                  // Content-MD5
	part     bool                    // of an upload
	// keep is the checksum to return; empty: the one that is verified.
	keep types.ChecksumAlgorithm
	// limit is the most bytes that the body may have; 0: those of an object.
	limit int64
	// stated is the checksum that came with the body, verified.
	stated checksum
}

// checksumParams are what the inputs of uploads say of their body.
type checksumParams struct {
	ChecksumAlgorithm types.ChecksumAlgorithm
	ContentMD5        *string
	checksumValues
}

// newBodyClaims reads the headers of a body.
func newBodyClaims(call *fakeaws.Call, p *checksumParams) (*bodyClaims, error) {
	sum, err := claim(p.ChecksumAlgorithm, p.checksumValues)
	if err != nil {
		return nil, err
	}
	sent, err := contentMD5(p.ContentMD5)
	if err != nil {
		return nil, err
	}
	return &bodyClaims{
		selected: p.ChecksumAlgorithm,
		claimed:  sum,
		// Anonymous uploads may have trailers too, which are then not signed.
		trails: strings.HasSuffix(cmp.Or(call.Signed.ContentSHA256, call.Header("X-Amz-Content-Sha256")), "-TRAILER"),
		md5:    sent,
	}, nil
}

// check refuses a body that is announced with a checksum and comes without.
func (c *bodyClaims) check() error {
	if c.selected != "" && c.claimed.algorithm == "" && !c.trails {
		return errInvalidRequest.withText("x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.")
	}
	return nil
}

// verifiable reports whether the request lets the body be verified.
func (c *bodyClaims) verifiable() bool { return c.claimed.algorithm != "" || c.trails || c.md5 != nil }

// read receives the body and verifies it against all claims.
func (c *bodyClaims) read(ctx context.Context, body io.Reader, size int64) (stored data, etag string, sum checksum, err error) {
	t, trails := body.(trailed)
	algorithm := cmp.Or(c.claimed.algorithm, c.selected)
	if algorithm == "" && trails {
		algorithm = announced(t.Trailer())
	}
	d := newDigests(cmp.Or(c.keep, algorithm, defaultChecksum))
	d.limit = c.limit
	if algorithm != "" && algorithm != d.algorithm {
		d.verified = &summing{newHash(algorithm), algorithm}
	}
	if stored, err = receive(ctx, body, size, d); err != nil {
		return nil, "", sum, err
	}
	if c.md5 != nil {
		if got := d.md5.Sum(nil); !bytes.Equal(c.md5, got) {
			want := hex.EncodeToString(c.md5)
			if c.part {
				want = base64.StdEncoding.EncodeToString(c.md5)
			}
			return nil, "", sum, badMD5(want, got)
		}
	}
	stated := c.claimed
	if trails && stated.algorithm == "" {
		if stated, err = c.trailing(t.Trailer()); err != nil {
			return nil, "", sum, err
		}
	}
	c.stated = stated
	sum = d.checksum()
	if stated.algorithm == "" {
		return stored, d.etag(), sum, nil
	}
	verified := sum
	if d.verified != nil {
		verified = d.verified.checksum()
	}
	if stated.value != verified.value {
		return nil, "", sum, errBadDigest.withText("The " + string(stated.algorithm) + " you specified did not match the calculated checksum.")
	}
	return stored, d.etag(), sum, nil
}

// announced returns the algorithm of the checksum that a trailer will hold, ""
// when it will hold none.
func announced(trailer []fakeaws.Field) types.ChecksumAlgorithm {
	for i := range trailer {
		if a := checksumOfHeader(trailer[i].Name); newHash(a) != nil {
			return a
		}
	}
	return ""
}

// trailing finds the checksum that followed a body.
func (c *bodyClaims) trailing(trailer []fakeaws.Field) (checksum, error) {
	for i := range trailer {
		var sent checksumValues
		if member := sent.member(checksumOfHeader(trailer[i].Name)); member != nil {
			*member = &trailer[i].Value
			return claim(c.selected, sent)
		}
	}
	return checksum{}, nil
}
