package wire

import (
	"bytes"
	"errors"
	"strconv"
	"unicode/utf8"
)

// errXML is a text that is not well-formed XML, or not the XML that the model
// has. Readers turn it into the answer of their service.
var errXML = errors.New("malformed XML")

// token is what an xmlReader has just read.
type token uint8

const (
	xmlStart token = iota // an element begins
	xmlEnd                // the innermost element ends
	xmlText
	xmlEOF
)

// An xmlReader reads the part of XML 1.0 that web services send: elements,
// attributes, text, CDATA, comments and character references. A document type
// is refused: entities of one's own are how small texts become large ones.
// Prefixes of names are cut off, since AWS does not look at them either.
type xmlReader struct {
	data []byte
	pos  int
	// name is the local name of the element that began.
	name []byte
	// attrs is the unread text of its attributes.
	attrs []byte
	text  []byte // of an xmlText token, decoded
	// open has the full names of the open elements.
	open [][]byte
	// closed: the element that began was <empty/>; its end is the next token.
	closed bool
	buf    []byte // holds text where it differs from the data
	value  []byte // of the element that was read last
	rooted bool   // the root element has ended
}

func newXMLReader(data []byte) (*xmlReader, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) {
		return nil, errXML
	}
	return &xmlReader{data: data}, nil
}

// next reads a token.
func (r *xmlReader) next() (token, error) {
	if r.closed {
		r.closed = false
		return xmlEnd, r.pop(r.open[len(r.open)-1])
	}
	for r.pos < len(r.data) {
		if r.data[r.pos] != '<' {
			return r.readText()
		}
		rest := r.data[r.pos:]
		switch {
		case bytes.HasPrefix(rest, []byte("</")):
			end := bytes.IndexByte(rest, '>')
			if end < 0 {
				return xmlEOF, errXML
			}
			r.pos += end + 1
			return xmlEnd, r.pop(bytes.TrimRight(rest[2:end], " \t\r\n"))
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			return r.readText()
		case bytes.HasPrefix(rest, []byte("<!--")):
			if !r.skipPast(4, "-->") {
				return xmlEOF, errXML
			}
		case bytes.HasPrefix(rest, []byte("<?")):
			if !r.skipPast(2, "?>") {
				return xmlEOF, errXML
			}
		default:
			return xmlStart, r.readStart()
		}
	}
	if len(r.open) > 0 || !r.rooted {
		return xmlEOF, errXML
	}
	return xmlEOF, nil
}

func (r *xmlReader) skipPast(from int, end string) bool {
	i := bytes.Index(r.data[r.pos+from:], []byte(end))
	r.pos += from + i + len(end)
	return i >= 0
}

func (r *xmlReader) pop(name []byte) error {
	last := len(r.open) - 1
	if last < 0 || !bytes.Equal(r.open[last], name) {
		return errXML
	}
	r.open = r.open[:last]
	r.rooted = last == 0
	return nil
}

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '_' || c == ':' || c == '-' || c == '.' || c >= utf8.RuneSelf
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// readStart reads a start tag.
func (r *xmlReader) readStart() error {
	if r.rooted || len(r.open) >= maxDepth {
		return errXML
	}
	i := r.pos + 1
	from := i
	for i < len(r.data) && isNameByte(r.data[i]) {
		i++
	}
	full := r.data[from:i]
	if len(full) == 0 || '0' <= full[0] && full[0] <= '9' || full[0] == '-' || full[0] == '.' {
		return errXML
	}
	r.name = full[bytes.LastIndexByte(full, ':')+1:]
	from = i
	var quote byte
	for ; i < len(r.data); i++ {
		switch c := r.data[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			} else if c == '<' {
				return errXML
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '<':
			return errXML
		case c == '>':
			r.attrs = r.data[from:i]
			r.pos = i + 1
			if n := len(r.attrs); n > 0 && r.attrs[n-1] == '/' {
				r.attrs, r.closed = r.attrs[:n-1], true
			}
			if len(r.attrs) > 0 && !isSpace(r.attrs[0]) {
				return errXML
			}
			r.open = append(r.open, full)
			return r.checkAttributes()
		}
	}
	return errXML
}

// attribute reads the next attribute of the element that began.
func (r *xmlReader) attribute() (name, value []byte, ok bool, err error) {
	a := bytes.TrimLeft(r.attrs, " \t\r\n")
	if len(a) == 0 {
		return nil, nil, false, nil
	}
	i := 0
	for i < len(a) && isNameByte(a[i]) {
		i++
	}
	name = a[:i]
	a = bytes.TrimLeft(a[i:], " \t\r\n")
	if i == 0 || len(a) == 0 || a[0] != '=' {
		return nil, nil, false, errXML
	}
	a = bytes.TrimLeft(a[1:], " \t\r\n")
	if len(a) < 2 || a[0] != '"' && a[0] != '\'' {
		return nil, nil, false, errXML
	}
	end := bytes.IndexByte(a[1:], a[0])
	if end < 0 {
		return nil, nil, false, errXML
	}
	value = a[1 : 1+end]
	r.attrs = a[2+end:]
	return name[bytes.LastIndexByte(name, ':')+1:], value, true, nil
}

// checkAttributes reads all attributes and puts them back: they must be
// well-formed also where the schema has none.
func (r *xmlReader) checkAttributes() error {
	all := r.attrs
	for {
		_, value, ok, err := r.attribute()
		if err != nil {
			return err
		}
		if !ok {
			r.attrs = all
			return nil
		}
		if _, err := r.unescape(r.buf[:0], value); err != nil {
			return err
		}
	}
}

// readText reads text and CDATA up to the next tag.
func (r *xmlReader) readText() (token, error) {
	r.buf = r.buf[:0]
	r.text = nil
	for first := true; ; first = false {
		rest := r.data[r.pos:]
		if bytes.HasPrefix(rest, []byte("<![CDATA[")) {
			end := bytes.Index(rest, []byte("]]>"))
			if end < 0 {
				return xmlEOF, errXML
			}
			r.buf = append(append(r.buf, r.text...), rest[9:end]...)
			r.text, r.pos = nil, r.pos+end+3
			continue
		}
		if len(rest) == 0 || rest[0] == '<' {
			break
		}
		end := bytes.IndexByte(rest, '<')
		if end < 0 {
			end = len(rest)
		}
		chunk := rest[:end]
		r.pos += end
		if first && bytes.IndexByte(chunk, '&') < 0 && bytes.IndexByte(chunk, '\r') < 0 {
			r.text = chunk // the usual case: no copy
			continue
		}
		r.buf = append(r.buf, r.text...)
		r.text = nil
		var err error
		if r.buf, err = r.unescape(r.buf, chunk); err != nil {
			return xmlEOF, err
		}
	}
	if r.text == nil {
		r.text = r.buf
	}
	if len(r.open) == 0 && len(bytes.TrimLeft(r.text, " \t\r\n")) > 0 {
		return xmlEOF, errXML // text outside of the root element
	}
	return xmlText, nil
}

var xmlEntities = map[string]byte{"lt": '<', "gt": '>', "amp": '&', "quot": '"', "apos": '\''}

// unescape appends text with its references replaced and its line ends made one
// character, as XML demands.
func (r *xmlReader) unescape(b, text []byte) ([]byte, error) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '\r':
			b = append(b, '\n')
			if i+1 < len(text) && text[i+1] == '\n' {
				i++
			}
		case '&':
			end := bytes.IndexByte(text[i:], ';')
			if end < 0 {
				return b, errXML
			}
			name := text[i+1 : i+end]
			i += end
			if e, ok := xmlEntities[string(name)]; ok {
				b = append(b, e)
				continue
			}
			c, ok := charReference(name)
			if !ok {
				return b, errXML
			}
			b = utf8.AppendRune(b, c)
		default:
			b = append(b, c)
		}
	}
	return b, nil
}

// charReference reads #10 or #x0A. AWS lets control characters pass that XML
// 1.0 forbids, since S3 keys may have them.
func charReference(name []byte) (rune, bool) {
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := string(name[1:]), 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	u, err := strconv.ParseUint(digits, base, 32)
	if err != nil || u == 0 || !utf8.ValidRune(rune(u)) {
		return 0, false
	}
	return rune(u), true
}

// appendXMLText appends s with everything escaped that a reader would take for
// markup or change: carriage returns and control characters too. What no XML
// text can hold, zero bytes and bytes that are not UTF-8, becomes the
// replacement character.
func appendXMLText(b []byte, s string) []byte {
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			if r, size := utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		} else if xmlPlain[c] {
			i++
			continue
		}
		b = append(b, s[from:i]...)
		i++
		from = i
		switch {
		case c == '<':
			b = append(b, "&lt;"...)
		case c == '>':
			b = append(b, "&gt;"...)
		case c == '&':
			b = append(b, "&amp;"...)
		case c == '"':
			b = append(b, "&quot;"...)
		case c == 0 || c >= utf8.RuneSelf:
			b = append(b, "\ufffd"...)
		default:
			b = append(b, "&#x"...)
			b = strconv.AppendUint(b, uint64(c), 16)
			b = append(b, ';')
		}
	}
	return append(b, s[from:]...)
}

// xmlPlain has the ASCII characters that stand for themselves.
var xmlPlain = func() (plain [utf8.RuneSelf]bool) {
	for c := range plain {
		switch c {
		case '\t', '\n':
			plain[c] = true
		case '<', '>', '&', '"', 0x7f:
		default:
			plain[c] = c >= ' '
		}
	}
	return plain
}()
