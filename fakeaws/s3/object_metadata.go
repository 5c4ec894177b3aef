package s3

import (
	"mime"
	"strings"
	"unicode/utf8"
)

// mailSafeMetadata is user-defined metadata as answers have it.
func mailSafeMetadata(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	safe := make(map[string]string, len(m))
	for name, value := range m {
		safe[name] = mailSafe(value)
	}
	return safe
}

// mailSafe is the value of a header of user-defined metadata as answers have it: encoded
// words of RFC 2047 are decoded before S3 stores the text, and what then is not ASCII is
// encoded again (User Guide, "Working with object metadata"). The bytes of a header are
// characters of ISO 8859-1, as in the example of that page.
func mailSafe(value string) string {
	plain := isASCII(value)
	if plain && !strings.Contains(value, "=?") {
		return value
	}
	if !plain {
		value = latin1(value)
	}
	decoded, err := new(mime.WordDecoder).DecodeHeader(value)
	if err != nil { // of another character set, which S3 may know
		decoded = value
	}
	return encodedWords(string([]rune(decoded))) // bytes that are no UTF-8 are U+FFFD
}

// encodedWords encodes a text that is not ASCII as RFC 2047 does: in base64 where most
// characters are not. That it is quoted-printable elsewhere, and where a long text is
// divided, is unverified.
func encodedWords(text string) string {
	if isASCII(text) {
		return text
	}
	others := 0
	for _, r := range text {
		if r >= utf8.RuneSelf {
			others++
		}
	}
	if utf8.RuneCountInString(text)-others > others {
		return strings.ReplaceAll(mime.QEncoding.Encode("UTF-8", text), "=?UTF-8?q?", "=?UTF-8?Q?")
	}
	return strings.ReplaceAll(mime.BEncoding.Encode("UTF-8", text), "=?UTF-8?b?", "=?UTF-8?B?")
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// latin1 is the text whose characters of ISO 8859-1 the bytes are.
func latin1(s string) string {
	text := make([]rune, len(s))
	for i := range len(s) {
		text[i] = rune(s[i])
	}
	return string(text)
}
