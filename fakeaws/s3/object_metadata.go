package s3

import (
	"mime"
	"strings"
)

// plainMetadata is user-defined metadata as S3 stores it: encoded words of RFC 2047 are
// decoded first (User Guide, "Working with object metadata").
func plainMetadata(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	plain := make(map[string]string, len(m))
	for name, value := range m {
		plain[name] = plainText(value)
	}
	return plain
}

func plainText(value string) string {
	if !strings.Contains(value, "=?") {
		return value
	}
	decoded, err := new(mime.WordDecoder).DecodeHeader(value)
	if err != nil { // of another character set, which S3 may know
		return value
	}
	return strings.ToValidUTF8(decoded, "\uFFFD")
}
