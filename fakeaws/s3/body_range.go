package s3

import (
	"strconv"
	"strings"
)

// A span is a part of an object: length bytes from start on.
type span struct {
	start, length int64
	partial       bool
}

// contentRange is the value of the Content-Range header.
func (s span) contentRange(size int64) string {
	return "bytes " + strconv.FormatInt(s.start, 10) + "-" + strconv.FormatInt(s.start+s.length-1, 10) + "/" + strconv.FormatInt(size, 10)
}

// parseRange reads a Range header for an object of a size. S3 serves one range;
// a header with several or with a syntax error means the whole object, as RFC
// 9110 section 14.2 has it.
func parseRange(header string, size int64) (span, error) {
	whole := span{length: size}
	spec, ok := strings.CutPrefix(header, "bytes=")
	if !ok {
		return whole, nil
	}
	first, last, ok := strings.Cut(spec, "-")
	if !ok {
		return whole, nil
	}
	unsatisfiable := func() (span, error) {
		return whole, errInvalidRange.of("RangeRequested", header, "ActualObjectSize", strconv.FormatInt(size, 10))
	}
	end, hasEnd := parseOffset(last)
	if first == "" {
		if !hasEnd {
			return whole, nil
		}
		if end == 0 || size == 0 {
			return unsatisfiable()
		}
		length := min(end, size)
		return span{start: size - length, length: length, partial: true}, nil
	}
	start, ok := parseOffset(first)
	if !ok || last != "" && !hasEnd || hasEnd && end < start {
		return whole, nil
	}
	if start >= size {
		return unsatisfiable()
	}
	if !hasEnd || end >= size {
		end = size - 1
	}
	return span{start: start, length: end - start + 1, partial: true}, nil
}

// parseOffset reads a string of digits. One that is too large is the largest.
func parseOffset(s string) (int64, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		n = 1<<63 - 1
	}
	return n, true
}
