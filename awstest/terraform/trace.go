package terraform

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/leastpriv/leastpriv/awstest/deploy"
	"github.com/leastpriv/leastpriv/enforce"
)

// document returns a policy document of an argument, with the places of its statements in
// the configuration as far as they can be followed.
func (w *world) document(in *instance, text string, expr hclsyntax.Expression) deploy.Document {
	at := w.position(in)
	doc := deploy.Document{Text: text, Source: enforce.Source{File: at.File, Line: at.Line}}
	if expr == nil && in.block == nil {
		return doc
	}
	found := place{}
	if expr != nil {
		found = in.scope.trace(expr, in, 0)
	}
	switch {
	case found.file != "":
		doc.Source = allAt(in.block.DefRange(), text)
		if whole, err := w.config.read(found.file); err == nil && sameJSON(string(whole), text) {
			doc.Text, doc.Source = string(whole), enforce.Source{File: filepath.Join(w.config.dir, filepath.FromSlash(found.file))}
		}
	case len(found.statements) > 0 && len(found.statements) == countStatements(text):
		doc.Source.File = found.statements[0].Filename
		doc.Source.Line = found.statements[0].Start.Line
		for _, s := range found.statements {
			if s.Filename != doc.Source.File {
				doc.Source.Statements = nil
				break
			}
			doc.Source.Statements = append(doc.Source.Statements, enforce.Position{Line: s.Start.Line, Column: s.Start.Column})
		}
	case found.line.Filename != "" && found.text && strings.Contains(text, "\n"):
		doc.Source.File, doc.Source.Line = found.line.Filename, found.line.Start.Line
	case found.line.Filename != "":
		doc.Source = allAt(found.line, text)
	case in.block != nil:
		doc.Source = allAt(in.block.DefRange(), text)
	}
	return doc
}

// allAt has all statements of a policy at one place: the text has other lines than the
// configuration that makes it.
func allAt(at hcl.Range, text string) enforce.Source {
	source := enforce.Source{File: at.Filename, Line: at.Start.Line}
	for range countStatements(text) {
		source.Statements = append(source.Statements, enforce.Position{Line: at.Start.Line, Column: at.Start.Column})
	}
	return source
}

// A place is where the text of a policy comes from.
type place struct {
	statements []hcl.Range
	line       hcl.Range // of the document as a whole
	text       bool      // the document is text that begins at the line
	file       string    // below the root module's folder
}

// maxTrace is how far references are followed: more is a circle.
const maxTrace = 50

// trace follows an expression to the statements of a policy.
func (s *scope) trace(expr hclsyntax.Expression, in *instance, depth int) place {
	if depth > maxTrace || s == nil || s.module == nil {
		return place{}
	}
	switch e := expr.(type) {
	case *hclsyntax.ParenthesesExpr:
		return s.trace(e.Expression, in, depth+1)
	case *hclsyntax.TemplateWrapExpr:
		return s.trace(e.Wrapped, in, depth+1)
	case *hclsyntax.FunctionCallExpr:
		return s.traceCall(e, in)
	case *hclsyntax.TemplateExpr:
		at := e.Range()
		if at.End.Line > at.Start.Line { // the text of a heredoc begins after its mark
			at.Start.Line++
		}
		return place{line: at, text: true}
	case *hclsyntax.ScopeTraversalExpr, *hclsyntax.RelativeTraversalExpr:
		for _, t := range e.Variables() {
			if p := s.traceName(t, in, depth+1); p.line.Filename != "" || p.file != "" || len(p.statements) > 0 {
				return p
			}
		}
	}
	return place{}
}

func (s *scope) traceCall(e *hclsyntax.FunctionCallExpr, in *instance) place {
	if len(e.Args) == 0 {
		return place{}
	}
	switch e.Name {
	case "file", "templatefile":
		if v := s.eval(e.Args[0], request{in: in}); v.IsKnown() {
			if name, ok := fromCty(v).(string); ok {
				return place{file: s.clean(name)}
			}
		}
	case "jsonencode":
		object, ok := e.Args[0].(*hclsyntax.ObjectConsExpr)
		if !ok {
			break
		}
		for _, item := range object.Items {
			key, diags := item.KeyExpr.Value(nil)
			if diags.HasErrors() || fromCty(key) != "Statement" {
				continue
			}
			if list, ok := item.ValueExpr.(*hclsyntax.TupleConsExpr); ok {
				p := place{line: e.Range()}
				for _, statement := range list.Exprs {
					p.statements = append(p.statements, statement.Range())
				}
				return p
			}
			return place{line: item.ValueExpr.Range(), statements: []hcl.Range{item.ValueExpr.Range()}}
		}
	}
	return place{line: e.Range()}
}

// traceName follows what a name stands for.
func (s *scope) traceName(t hcl.Traversal, in *instance, depth int) place {
	name, attr := nameOf(t)
	switch root := t.RootName(); {
	case root == "local" && s.module.locals[attrAfter(name)] != nil:
		return s.trace(s.module.locals[attrAfter(name)], nil, depth)
	case root == "var" && s.parent != nil && s.block != nil && s.block.Body.Attributes[attrAfter(name)] != nil:
		return s.parent.trace(s.block.Body.Attributes[attrAfter(name)].Expr, s.asInstance(), depth)
	case root == "module" && len(s.calls[attrAfter(name)]) > 0:
		child := s.calls[attrAfter(name)][0]
		if child.module != nil && child.module.outputs[attr] != nil && child.module.outputs[attr].Body.Attributes["value"] != nil {
			return child.trace(child.module.outputs[attr].Body.Attributes["value"].Expr, nil, depth)
		}
	case root == "data" && len(s.byName[name]) > 0 && s.byName[name][0].kind == policyDocument:
		of := s.byName[name][0]
		for _, other := range s.byName[name] { // the one of the same count.index or each.key
			if in != nil && in.index != nil && other.index == in.index {
				of = other
			}
		}
		if of.block != nil {
			return place{statements: of.lines(), line: of.block.DefRange()}
		}
	}
	return place{}
}

// attrAfter is the second part of "local.x".
func attrAfter(name string) string {
	for i := range name {
		if name[i] == '.' {
			return name[i+1:]
		}
	}
	return ""
}

func countStatements(text string) int {
	return len((&rendering{}).statementsOf(text))
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}
