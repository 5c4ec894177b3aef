package s3

import (
	"encoding/base64"
	"fmt"
	"maps"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/sigv4"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// readMetadata reads the headers of user-defined metadata, whose bytes are ISO 8859-1 for
// S3: the example of the page "Working with object metadata" has what is sent in UTF-8
// returned as such. Forms and the queries of presigned URLs are in UTF-8.
func readMetadata(x *fakeaws.Exchange) {
	if read := sigv4.Latin1(x.HTTP.Header); read != nil {
		x.Request.Header = maps.Clone(x.Request.Header)
		maps.Copy(x.Request.Header, read)
	}
}

// sendMetadata makes headers of user-defined metadata: what is not US-ASCII becomes encoded
// words (RFC 2047), so that it is safe for mail and in headers.
func sendMetadata(resp *wire.Response) {
	const prefix = "x-amz-meta-"
	for name, values := range resp.Header {
		if len(name) < len(prefix) || !strings.EqualFold(name[:len(prefix)], prefix) {
			continue
		}
		for i, value := range values {
			values[i] = encodedWords(value)
		}
	}
}

// encodedWords is a text as S3 returns it. Its answers show that it chooses Q for a text
// that is ASCII for the most part, else B, and halves what is too long for one word.
func encodedWords(text string) string {
	runes, ascii := []rune(text), 0
	for _, r := range runes {
		if r < 0x7f && (r >= ' ' || r == '\t') {
			ascii++
		}
	}
	if ascii == len(runes) {
		return text
	}
	encode, kind := base64Word, "B"
	if 2*ascii > len(runes) {
		encode, kind = quotedWord, "Q"
	}
	return strings.Join(appendWords(nil, runes, "=?UTF-8?"+kind+"?", encode), " ")
}

// appendWords appends the words of a text. A word has 75 characters at most, with what is
// before and after its text.
func appendWords(words []string, text []rune, prefix string, encode func(string) string) []string {
	const most = 75 - len("=?UTF-8?B??=")
	word := encode(string(text))
	if len(word) <= most || len(text) < 2 {
		return append(words, prefix+word+"?=")
	}
	half := len(text) / 2
	return appendWords(appendWords(words, text[:half], prefix, encode), text[half:], prefix, encode)
}

func base64Word(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func quotedWord(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		switch {
		case c == ' ':
			b.WriteByte('_')
		case c < ' ' || c >= 0x7f || strings.IndexByte("=_?", c) >= 0:
			fmt.Fprintf(&b, "=%02X", c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
