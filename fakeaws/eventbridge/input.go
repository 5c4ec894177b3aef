package eventbridge

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

// A path is a JSON path as EventBridge takes it: names and numbers of elements.
type path []any

// parsePath reads "$.detail.list[0]" and "$.detail['a name']".
func parsePath(text string) (p path, ok bool) {
	text, ok = strings.CutPrefix(text, "$")
	for ok && text != "" {
		switch {
		case text[0] == '.':
			end := strings.IndexAny(text[1:], ".[") + 1
			if end == 0 {
				end = len(text)
			}
			name := text[1:end]
			if name == "" || name == "*" {
				return nil, false
			}
			p, text = append(p, name), text[end:]
		case text[0] == '[':
			end := strings.IndexByte(text, ']')
			if end < 0 {
				return nil, false
			}
			inner := text[1:end]
			if quote := strings.Trim(inner, `'"`); len(quote) == len(inner)-2 {
				p = append(p, quote)
			} else if n, err := strconv.Atoi(inner); err == nil && n >= 0 {
				p = append(p, n)
			} else {
				return nil, false
			}
			text = text[end+1:]
		default:
			return nil, false
		}
	}
	return p, ok
}

// of is the JSON text at the path; false where there is none.
func (p path) of(document json.RawMessage) (json.RawMessage, bool) {
	for _, step := range p {
		switch step := step.(type) {
		case string:
			var fields map[string]json.RawMessage
			if json.Unmarshal(document, &fields) != nil {
				return nil, false
			}
			var ok bool
			if document, ok = fields[step]; !ok {
				return nil, false
			}
		case int:
			var elements []json.RawMessage
			if json.Unmarshal(document, &elements) != nil || step >= len(elements) {
				return nil, false
			}
			document = elements[step]
		}
	}
	return document, true
}

// reserved are the variables that every template has (user guide, "Amazon EventBridge input
// transformation").
var reserved = map[string]bool{
	"aws.events.rule-arn": true, "aws.events.rule-name": true, "aws.events.event.ingestion-time": true,
	"aws.events.event": true, "aws.events.event.json": true,
}

// errJSON is why an input cannot be delivered.
var errJSON = errors.New("the input for the target is not valid JSON")

// noMatch is what a target gets whose InputPath the event does not have: unverified.
const noMatch = "{}"

// input is what a target gets of an event.
func (d *delivery) input() ([]byte, error) {
	t := d.target
	switch {
	case aws.ToString(t.Input) != "":
		return []byte(*t.Input), nil
	case aws.ToString(t.InputPath) != "":
		p, _ := parsePath(*t.InputPath) // it was checked
		part, ok := p.of(d.event.document)
		if !ok {
			return []byte(noMatch), nil
		}
		return compact(part), nil
	case t.InputTransformer != nil:
		return d.transformed(t.InputTransformer)
	}
	return d.event.document, nil
}

func compact(raw json.RawMessage) []byte {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return raw
	}
	return b.Bytes()
}

// transformed fills a template. One that is a text, or several on lines, stays one: what is
// put into it loses its quotation marks. One that is a document must be JSON afterwards.
func (d *delivery) transformed(t *types.InputTransformer) ([]byte, error) {
	template := *t.InputTemplate
	isText := strings.HasPrefix(strings.TrimSpace(template), `"`)
	text := expand(template, func(name string, quoted bool) (string, bool) {
		raw, known := d.variable(t, name)
		switch {
		case !known:
			return "", false
		case isText:
			return strings.ReplaceAll(string(raw), `"`, ""), true
		case quoted:
			return unquoted(raw), true
		}
		return string(raw), true
	})
	if !isText && !json.Valid([]byte(text)) {
		return nil, errJSON
	}
	return []byte(text), nil
}

// variable is the JSON text of a variable: none of one whose path the event does not have.
func (d *delivery) variable(t *types.InputTransformer, name string) (json.RawMessage, bool) {
	if text, ok := t.InputPathsMap[name]; ok {
		p, _ := parsePath(text) // it was checked
		raw, _ := p.of(d.event.document)
		return compact(raw), true
	}
	switch name {
	case "aws.events.rule-arn":
		return quote(d.rule.arn), true
	case "aws.events.rule-name":
		return quote(d.rule.name), true
	case "aws.events.event.ingestion-time":
		return quote(timestamp(d.event.record.Published)), true
	case "aws.events.event.json":
		return d.event.document, true
	case "aws.events.event":
		// It is the event without its detail.
		var fields map[string]json.RawMessage
		_ = json.Unmarshal(d.event.document, &fields)
		delete(fields, "detail")
		raw, err := json.Marshal(fields)
		return raw, err == nil
	}
	return nil, false
}

// unquoted is a JSON text as it stands inside of quotation marks.
func unquoted(raw json.RawMessage) string {
	if len(raw) >= 2 && raw[0] == '"' {
		return string(raw[1 : len(raw)-1])
	}
	return string(raw)
}

// quote is a text as JSON.
func quote(text string) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // texts always have a form
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// expand puts values in the place of the variables of a template, <name>. The function is
// told whether a variable is inside of quotation marks; what it does not know stays.
func expand(template string, value func(name string, quoted bool) (string, bool)) string {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(template); i++ {
		c := template[i]
		switch {
		case c == '\\' && quoted && i+1 < len(template):
			b.WriteByte(c)
			i++
			c = template[i]
		case c == '"':
			quoted = !quoted
		case c == '<':
			name, _, ok := strings.Cut(template[i+1:], ">")
			if !ok {
				break
			}
			if text, known := value(name, quoted); known {
				b.WriteString(text)
				i += len(name) + 1
				continue
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}
