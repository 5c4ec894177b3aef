// Package byterange reads the ranges of requests for a part of an object.
package byterange

import (
	"strconv"
	"strings"
)

// A Span is a part of an object: Length bytes from Start on.
type Span struct {
	Start, Length int64
	// Partial says that a range asked for it, though it may be all of the object.
	Partial bool
}

// ContentRange is the value of the Content-Range header, for an object of a size.
func (s Span) ContentRange(size int64) string {
	return "bytes " + strconv.FormatInt(s.Start, 10) + "-" + strconv.FormatInt(s.Start+s.Length-1, 10) + "/" + strconv.FormatInt(size, 10)
}

// Parse reads a Range header for an object of a size. S3 serves one range; a header with
// several or with a syntax error means the whole object, as RFC 9110 section 14.2 has
// it. It returns false for a range that has nothing of the object.
func Parse(header string, size int64) (Span, bool) {
	whole := Span{Length: size}
	spec, ok := strings.CutPrefix(header, "bytes=")
	if !ok {
		return whole, true
	}
	first, last, ok := strings.Cut(spec, "-")
	if !ok {
		return whole, true
	}
	end, hasEnd := offset(last)
	if first == "" {
		if !hasEnd {
			return whole, true
		}
		length := min(end, size)
		return Span{Start: size - length, Length: length, Partial: true}, length > 0
	}
	start, ok := offset(first)
	if !ok || last != "" && !hasEnd || hasEnd && end < start {
		return whole, true
	}
	if start >= size {
		return whole, false
	}
	if !hasEnd || end >= size {
		end = size - 1
	}
	return Span{Start: start, Length: end - start + 1, Partial: true}, true
}

// ParseExact reads a range in the one form that both of its ends are given in. It returns
// false for any other.
func ParseExact(header string) (first, last int64, ok bool) {
	spec, isBytes := strings.CutPrefix(header, "bytes=")
	from, to, _ := strings.Cut(spec, "-")
	first, okFirst := offset(from)
	last, okLast := offset(to)
	return first, last, isBytes && okFirst && okLast && first <= last
}

// offset reads a string of digits. One that is too large is the largest.
func offset(s string) (int64, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		n = 1<<63 - 1
	}
	return n, true
}
