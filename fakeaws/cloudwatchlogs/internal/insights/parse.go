package insights

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs/internal/bounded"
)

// A parser reads a query.
type parser struct {
	text string
	at   int
}

// Parse reads a query. The error is a [*SyntaxError] or an [*UnsupportedError].
func Parse(text string) (*Query, error) {
	p := &parser{text: text}
	q := new(Query)
	for {
		if p.space(); p.at == len(p.text) {
			break
		}
		if len(q.commands) == maxCommands {
			return nil, p.wrong()
		}
		if err := p.command(q); err != nil {
			return nil, err
		}
		if p.space(); p.at < len(p.text) && !p.take("|") {
			return nil, p.wrong()
		}
	}
	return q, nil
}

// unsupported are the commands that this package has not.
var unsupported = map[string]bool{
	"pattern": true, "diff": true, "unmask": true, "unnest": true, "lookup": true, "anomaly": true, "filterindex": true, "source": true, "join": true, "subquery": true,
}

func (p *parser) command(q *Query) (err error) {
	name := strings.ToLower(p.word())
	var c command
	switch name {
	case "fields":
		c, err = p.fields(false)
	case "display":
		c, err = p.fields(true)
	case "filter":
		var x expression
		x, err = p.or(0)
		c = filter{x}
	case "sort":
		c, err = p.sort()
	case "limit", "head":
		var n int
		n, err = p.integer()
		q.limit = n
		c = limit(n)
	case "stats":
		c, err = p.stats()
	case "dedup":
		var names []string
		names, err = p.names()
		c = dedup(names)
	case "parse":
		c, err = p.parse()
	default:
		if unsupported[name] {
			return &UnsupportedError{"the command " + name}
		}
		return p.wrong()
	}
	if err != nil {
		return err
	}
	q.commands = append(q.commands, c)
	return nil
}

func (p *parser) wrong() error {
	token := "<EOF>"
	end := p.at
	if p.at < len(p.text) {
		_, size := utf8.DecodeRuneInString(p.text[p.at:])
		end += size
		token = p.text[p.at:end]
	}
	start := utf8.RuneCountInString(p.text[:p.at])
	return &SyntaxError{"unexpected symbol found " + token + " at line 1 and position " + strconv.Itoa(start), start, start + utf8.RuneCountInString(p.text[p.at:end])}
}

// space passes space and comments.
func (p *parser) space() {
	for p.at < len(p.text) {
		c, size := utf8.DecodeRuneInString(p.text[p.at:])
		switch {
		case unicode.IsSpace(c):
			p.at += size
		case c == '#':
			end := strings.IndexByte(p.text[p.at:], '\n')
			if end < 0 {
				end = len(p.text) - p.at
			}
			p.at += end
		default:
			return
		}
	}
}

func (p *parser) take(text string) bool {
	p.space()
	if strings.HasPrefix(p.text[p.at:], text) {
		p.at += len(text)
		return true
	}
	return false
}

// word takes letters.
func (p *parser) word() string {
	p.space()
	end := p.at
	for end < len(p.text) && (p.text[end] == '_' || isLetter(p.text[end])) {
		end++
	}
	word := p.text[p.at:end]
	p.at = end
	return word
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// keyword takes a word, in any case.
func (p *parser) keyword(want string) bool {
	begin := p.at
	if strings.EqualFold(p.word(), want) && (p.at == len(p.text) || !isName(p.text[p.at])) {
		return true
	}
	p.at = begin
	return false
}

func isName(c byte) bool {
	return isLetter(c) || '0' <= c && c <= '9' || c == '_' || c == '@' || c == '.' || c == '-'
}

// name takes the name of a field, which may be in backticks.
func (p *parser) name() (string, error) {
	p.space()
	if p.at < len(p.text) && p.text[p.at] == '`' {
		end := strings.IndexByte(p.text[p.at+1:], '`')
		if end <= 0 {
			return "", p.wrong()
		}
		name := p.text[p.at+1 : p.at+1+end]
		p.at += end + 2
		return name, nil
	}
	end := p.at
	for end < len(p.text) && isName(p.text[end]) && p.text[end] != '-' {
		end++
	}
	if end == p.at {
		return "", p.wrong()
	}
	name := p.text[p.at:end]
	p.at = end
	if p.at < len(p.text) && p.text[p.at] == '(' {
		return "", &UnsupportedError{"the function " + name}
	}
	return name, nil
}

func (p *parser) names() (names []string, err error) {
	for {
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		names = append(names, name)
		if !p.take(",") {
			return names, nil
		}
	}
}

func (p *parser) integer() (int, error) {
	p.space()
	end := p.at
	for end < len(p.text) && '0' <= p.text[end] && p.text[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(p.text[p.at:end])
	if err != nil || n < 1 || n > MaxRows {
		return 0, p.wrong()
	}
	p.at = end
	return n, nil
}

// quoted takes a text in quotes.
func (p *parser) quoted() (string, bool) {
	p.space()
	if p.at == len(p.text) || p.text[p.at] != '"' && p.text[p.at] != '\'' {
		return "", false
	}
	quote := p.text[p.at]
	var b strings.Builder
	for i := p.at + 1; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '\\' && i+1 < len(p.text):
			i++
			b.WriteByte(p.text[i])
		case c == quote:
			p.at = i + 1
			return b.String(), true
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

// regex takes a regular expression between slashes.
func (p *parser) regex() (*bounded.Regexp, error) {
	p.space()
	if p.at == len(p.text) || p.text[p.at] != '/' {
		return nil, p.wrong()
	}
	for i := p.at + 1; i < len(p.text); i++ {
		switch p.text[i] {
		case '\\':
			i++
		case '/':
			text := strings.ReplaceAll(p.text[p.at+1:i], `\/`, "/")
			re, err := bounded.Compile(strings.ReplaceAll(text, "(?<", "(?P<"))
			if err != nil {
				return nil, p.wrong()
			}
			p.at = i + 1
			return re, nil
		}
	}
	return nil, p.wrong()
}
