package ses

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mailgun/raymond/v2"
	"github.com/mailgun/raymond/v2/ast"
	"github.com/mailgun/raymond/v2/parser"
)

// Rendering is bounded, because blocks that are nested multiply. AWS documents no such bounds:
// unverified.
const (
	maxBlocks    = 500
	maxNested    = 8
	maxRendering = 8 << 20
)

var errRendering = errors.New(strings.TrimSuffix(textRendering, "."))

// helpers are those of Handlebars that SES documents, and lookup ("Advanced email
// personalization").
var helpers = []string{"if", "unless", "each", "with", "lookup"}

// A missingError names an attribute of a template that the data has not.
type missingError struct{ attribute string }

func (e *missingError) Error() string { return fmt.Sprintf(textMissingData, e.attribute) }

// A dataError says what is wrong with the data of a template.
type dataError struct{ error }

// parseTemplate reads a part of a template.
func parseTemplate(text string) (*ast.Program, error) {
	if strings.Count(text, "{{#")+strings.Count(text, "{{^")+strings.Count(text, "{{~#")+strings.Count(text, "{{else ")+strings.Count(text, "(") > maxBlocks && strings.Count(text, "{{") > 0 {
		return nil, fmt.Errorf("it has more than %d blocks", maxBlocks)
	}
	program, err := parser.Parse(text)
	if err != nil {
		return nil, err
	}
	var w walk
	w.program(program, 0)
	return program, w.err
}

// A walk looks for what is not supported in a template, and how deep it is.
type walk struct {
	depth int
	err   error
}

func (w *walk) program(p *ast.Program, depth int) {
	w.depth = max(w.depth, depth)
	if p == nil || w.err != nil {
		return
	}
	for _, node := range p.Body {
		switch node := node.(type) {
		case *ast.PartialStatement:
			w.err = errors.New("partials are not implemented")
		case *ast.MustacheStatement:
			w.expression(node.Expression, len(node.Expression.Params) > 0 || node.Expression.Hash != nil)
		case *ast.BlockStatement:
			w.expression(node.Expression, true)
			w.program(node.Program, depth+1)
			w.program(node.Inverse, depth+1)
		}
	}
	if w.depth > maxNested {
		w.err = fmt.Errorf("its blocks are nested more than %d deep", maxNested)
	}
}

// expression refuses helpers that there are not.
func (w *walk) expression(e *ast.Expression, helper bool) {
	if name := e.HelperName(); helper && len(e.Params) > 0 && !slices.Contains(helpers, name) {
		w.err = fmt.Errorf("there is no helper %s", name)
	}
	if name := e.HelperName(); slices.Contains([]string{"log", "equal", "ifGt", "ifLt", "ifEq", "ifMatchesRegexStr", "pluralize"}, name) {
		w.err = fmt.Errorf("there is no helper %s", name)
	}
	for _, param := range e.Params {
		if sub, ok := param.(*ast.SubExpression); ok {
			w.expression(sub.Expression, true)
		}
	}
}

// parseData reads the data of a template: a JSON object.
func parseData(text string) (map[string]any, error) {
	data := make(map[string]any)
	if text == "" {
		return data, nil
	}
	if err := json.Unmarshal([]byte(text), &data); err != nil {
		return nil, &dataError{err}
	}
	if data == nil {
		return nil, &dataError{errors.New("it is null")}
	}
	return verbatim(data).(map[string]any), nil
}

// verbatim has texts stand in messages as they are: "Amazon SES doesn't escape HTML content when
// rendering the HTML template for a message."
func verbatim(v any) any {
	switch v := v.(type) {
	case string:
		return raymond.SafeString(v)
	case []any:
		for i := range v {
			v[i] = verbatim(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = verbatim(v[key])
		}
	}
	return v
}

// render fills data into a part of a template.
func render(text string, data map[string]any) (string, error) {
	if !strings.Contains(text, "{{") {
		return text, nil
	}
	program, err := parseTemplate(text)
	if err != nil {
		return "", err
	}
	if name, ok := absent(program, data); ok {
		return "", &missingError{name}
	}
	if cost(text, program, data) > maxRendering {
		return "", errRendering
	}
	t, err := raymond.Parse(text)
	if err != nil {
		return "", err
	}
	return t.Exec(data)
}

// absent finds an attribute outside of blocks that the data has not. Inside of them SES leaves
// such attributes empty: unverified.
func absent(p *ast.Program, data map[string]any) (string, bool) {
	for _, node := range p.Body {
		m, ok := node.(*ast.MustacheStatement)
		if !ok || len(m.Expression.Params) > 0 {
			continue
		}
		path, ok := m.Expression.Path.(*ast.PathExpression)
		if !ok || path.Data || path.Depth > 0 || len(path.Parts) == 0 {
			continue
		}
		if _, there := data[path.Parts[0]]; !there {
			return path.Original, true
		}
	}
	return "", false
}

// cost is how much a rendering can make at most: every block once for each element of the
// longest list, and every value as long as the longest.
func cost(text string, p *ast.Program, data map[string]any) int {
	var w walk
	w.program(p, 0)
	elements, length := widest(data)
	total := len(text) + strings.Count(text, "{{")*length
	for range w.depth {
		if total *= max(1, elements); total > maxRendering {
			return total
		}
	}
	return total
}

// widest is the length of the longest list or object in a value, and that of the longest text.
// A value that is printed as a whole is as long as all that it has.
func widest(v any) (elements, length int) {
	var inner []any
	switch v := v.(type) {
	case []any:
		elements, inner = len(v), v
	case map[string]any:
		elements = len(v)
		for key, value := range v {
			length += len(key)
			inner = append(inner, value)
		}
	case raymond.SafeString:
		return 0, len(v)
	default:
		return 0, 32
	}
	for _, value := range inner {
		e, l := widest(value)
		elements = max(elements, e)
		length += l
	}
	return elements, length
}
