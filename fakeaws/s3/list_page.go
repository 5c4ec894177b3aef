package s3

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

// A scan collects a page of a list that is ordered by key.
type scan struct {
	room      int
	prefixes  []types.CommonPrefix
	last      string // the last key or common prefix
	truncated bool
	err       error // the client has gone
}

// keyed is an iterator over what has keys, in their order.
type keyed interface {
	Seek(key string) bool
	Next() bool
	Key() string
}

// scan collects a page. It seeks: keys before the page and keys behind a common
// prefix cost nothing. take is called for each key that is a line of its own,
// and returns false when the page is full. What is hidden may be much: it ends when the
// client has gone.
func (l *listRequest) scan(it keyed, hidden func() bool, take func(*scan) bool) *scan {
	p := &scan{room: l.limit()}
	if p.room == 0 {
		return p
	}
	prefix, delimiter := aws.ToString(l.prefix), aws.ToString(l.delimiter)
	keys := 0
	for ok := it.Seek(max(prefix, l.after)); ok && strings.HasPrefix(it.Key(), prefix); keys++ {
		if keys%maxKeys == 0 {
			if p.err = l.ctx.Err(); p.err != nil {
				return p
			}
		}
		if hidden() {
			ok = it.Next()
			continue
		}
		group := commonPrefix(it.Key(), prefix, delimiter)
		switch {
		case group == "":
			if !take(p) {
				return p
			}
			ok = it.Next()
			continue
		case l.v2 && it.Key() == l.after:
			ok = it.Next() // the page begins behind it, perhaps in the same group
			continue
		case !strings.HasPrefix(l.after, group) || l.v2 && group != l.after:
			// A group that a marker is in is not listed again; that start-after of
			// ListObjectsV2 is unlike a marker in that is unverified.
			if !p.enter(group) {
				return p
			}
			p.prefixes = append(p.prefixes, types.CommonPrefix{Prefix: l.text(group)})
		}
		ok = it.Seek(behind(group))
	}
	return p
}

// enter takes room for a line. Without room, the page is truncated.
func (p *scan) enter(last string) bool {
	if p.room == 0 {
		p.truncated = true
		return false
	}
	p.room--
	p.last = last
	return true
}

// commonPrefix is the key up to the first delimiter after the prefix, or "".
func commonPrefix(key, prefix, delimiter string) string {
	if delimiter == "" {
		return ""
	}
	i := strings.Index(key[len(prefix):], delimiter)
	if i < 0 {
		return ""
	}
	return key[:len(prefix)+i+len(delimiter)]
}

// behind is the least string that is greater than all strings with a prefix.
// Keys are UTF-8, so no byte of one is 0xFF.
func behind(prefix string) string {
	last := len(prefix) - 1
	return prefix[:last] + string([]byte{prefix[last] + 1})
}

// afterToken returns the name that a continuation token continues behind.
func afterToken(token *string) (string, error) {
	after, ok := page.After(token)
	if !ok && *token == "" {
		return "", errInvalidArgument.withText("The continuation token provided is incorrect", "ArgumentName", "continuation-token")
	}
	if !ok {
		return "", invalidArgument("The continuation token provided is incorrect", "continuation-token", *token)
	}
	return after, nil
}

// urlEncode is the encoding of encoding-type=url: that of HTML forms, which
// writes a space as +, but with slashes as they are.
func urlEncode(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-_.*/", c) >= 0:
			b.WriteByte(c)
		case c == ' ':
			b.WriteByte('+')
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}
