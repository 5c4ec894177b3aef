package sigv4

import (
	"maps"
	"net/http"
	"strings"
)

// metadataPrefix is what the headers of an object's user-defined metadata begin with.
const metadataPrefix = "X-Amz-Meta-"

// Latin1 returns the metadata of a request to Amazon S3 whose values are not US-ASCII, as
// S3 reads them: each byte is a character of ISO 8859-1. It is empty for other requests.
func Latin1(h http.Header) http.Header {
	var read http.Header
	for name, values := range h {
		if !strings.HasPrefix(name, metadataPrefix) || isASCII(values) {
			continue
		}
		if read == nil {
			read = make(http.Header)
		}
		for _, value := range values {
			read[name] = append(read[name], fromLatin1(value))
		}
	}
	return read
}

// inLatin1 is a request with its metadata as S3 reads it; nil when that is the same.
func inLatin1(r *http.Request) *http.Request {
	read := Latin1(r.Header)
	if read == nil {
		return nil
	}
	other := *r
	other.Header = maps.Clone(r.Header)
	maps.Copy(other.Header, read)
	return &other
}

func isASCII(values []string) bool {
	for _, value := range values {
		for i := range len(value) {
			if value[i] >= 0x80 {
				return false
			}
		}
	}
	return true
}

func fromLatin1(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}
