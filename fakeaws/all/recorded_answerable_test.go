package all_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the code of a fake can answer, as its source tells: the texts and codes that are
// written in it, and the members of the SDK's types that it sets.
type answerable struct {
	literals map[string]bool
	texts    []*regexp.Regexp
	fields   map[string]bool // "Role.Arn" in composite literals, ".Arn" in assignments
	statuses map[string]map[int]bool
	inputs   map[string]bool // types of the model that inputs have
	consts   map[string]string
	made     map[string]string // types of the SDK that are made of others
	in       string            // the package that is read
}

// sharedFolders answer for every service.
var sharedFolders = []string{"fakeaws", "enforce", "internal/wire", "internal/constraint", "internal/sigv4", "internal/awsid"}

func readAnswerable(t *testing.T, m *recordedModel, folder string, shared ...string) *answerable {
	t.Helper()
	a := &answerable{literals: map[string]bool{}, fields: map[string]bool{}, statuses: map[string]map[int]bool{}, inputs: map[string]bool{}, consts: map[string]string{}, made: map[string]string{}}
	for _, in := range m.inputs {
		a.addInput(m, "#"+in)
	}
	for name, s := range m.Shapes {
		if s.Kind == "error" {
			a.status(name, s.Code)
			a.status(s.QueryError, s.Code)
		}
	}
	for _, shared := range slices.Concat(sharedFolders, shared) {
		paths, err := filepath.Glob(filepath.Join(root, shared, "*.go"))
		require.NoError(t, err)
		for _, path := range paths {
			a.read(t, path)
		}
	}
	require.NoError(t, filepath.WalkDir(filepath.Join(root, "fakeaws", folder), func(path string, _ fs.DirEntry, err error) error {
		a.read(t, path)
		return err
	}))
	return a
}

func (a *answerable) status(code string, status int) {
	if code == "" || status == 0 {
		return
	}
	if a.statuses[code] == nil {
		a.statuses[code] = map[int]bool{}
	}
	a.statuses[code][status] = true
}

// constants notes the texts of a file's constants, for those that are joined from several.
func (a *answerable) constants(file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			for i, value := range spec.Values {
				if text, ok := a.template(value); ok {
					a.consts[file.Name.Name+"."+spec.Names[i].Name] = text
				}
			}
		}
		return true
	})
}

func (a *answerable) read(t *testing.T, path string) {
	if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
		return
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	require.NoError(t, err)
	a.constants(file)
	a.in = file.Name.Name
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.BasicLit, *ast.BinaryExpr:
			if text, ok := a.template(n.(ast.Expr)); ok {
				a.text(text)
			}
		case *ast.CompositeLit:
			a.composite(n)
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				if s, ok := left.(*ast.SelectorExpr); ok {
					a.fields["."+s.Sel.Name] = true
				}
			}
		case *ast.SelectorExpr: // the type of an error, or one of the SDK's values
			a.literals[n.Sel.Name] = true
		case *ast.UnaryExpr:
			if s, ok := n.X.(*ast.SelectorExpr); ok && n.Op == token.AND {
				a.fields["."+s.Sel.Name] = true
			}
		case *ast.IndexListExpr: // a type that is made of another, member by member
			to, isTo := n.Indices[0].(*ast.SelectorExpr)
			from, isFrom := n.Indices[1].(*ast.SelectorExpr)
			if isTo && isFrom {
				a.made[to.Sel.Name] = from.Sel.Name
			}
		case *ast.StructType: // of the fake, whose members are copied by their names
			for _, field := range n.Fields.List {
				for _, name := range field.Names {
					a.fields["."+name.Name] = true
				}
			}
		}
		return true
	})
}

// composite reads the members that a composite literal sets, and the status of an error.
func (a *answerable) composite(lit *ast.CompositeLit) {
	var name string
	switch typ := lit.Type.(type) {
	case *ast.SelectorExpr:
		name = typ.Sel.Name
	case *ast.Ident:
		name = typ.Name
	}
	var code string
	var status int
	for _, e := range lit.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		key, ok := pair.Key.(*ast.Ident)
		if !ok {
			continue
		}
		a.fields[name+"."+key.Name] = true
		if _, own := lit.Type.(*ast.Ident); own || name == "" { // the fake's own type, or an element whose type is the list's
			a.fields["."+key.Name] = true
		}
		if value, ok := pair.Value.(*ast.BasicLit); ok {
			switch key.Name {
			case "Code":
				code, _ = strconv.Unquote(value.Value)
			case "Status":
				status, _ = strconv.Atoi(value.Value)
			}
		}
	}
	a.status(code, status)
}

// verb is a wildcard of a format, and what stands for each in a template.
var verb = regexp.MustCompile(`%(\[\d+\])?[-+# 0]*[\d.]*[a-zA-Z]`)

const wildcard = "\x00"

// template is the text of an expression, with wildcards for what is no literal.
func (a *answerable) template(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.Ident:
		text, ok := a.consts[a.in+"."+e.Name]
		return text, ok
	case *ast.BinaryExpr:
		left, isLeft := a.template(e.X)
		right, isRight := a.template(e.Y)
		if e.Op != token.ADD || !isLeft && !isRight {
			return "", false
		}
		if !isLeft {
			left = wildcard
		}
		if !isRight {
			right = wildcard
		}
		return left + right, true
	}
	return "", false
}

var manyLetters = regexp.MustCompile(`[A-Za-z].*[A-Za-z].*[A-Za-z].*[A-Za-z].*[A-Za-z]`)

func (a *answerable) text(text string) {
	a.literals[text] = true
	parts := strings.Split(strings.ReplaceAll(verb.ReplaceAllString(text, wildcard), "%%", "%"), wildcard)
	if len(parts) == 1 || !manyLetters.MatchString(strings.Join(parts, "")) {
		return
	}
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	a.texts = append(a.texts, regexp.MustCompile("(?s)^"+strings.Join(parts, "(.*)")+"$"))
}

// says reports whether the code can make a text. What a wildcard stands for is a value, or
// when it is a sentence, a text of its own.
func (a *answerable) says(text string, depth int) bool {
	if a.literals[text] || a.literals[strings.TrimSuffix(text, ".")] {
		return true
	}
	if depth == 0 {
		return false
	}
candidates:
	for _, re := range a.texts {
		found := re.FindStringSubmatch(text)
		if found == nil {
			continue
		}
		for _, value := range found[1:] {
			if strings.Count(value, " ") > 2 && !a.says(value, depth-1) {
				continue candidates
			}
		}
		return true
	}
	return false
}

// sets reports whether the code sets a member of a type of the SDK: a member of its own, or
// of a type that inputs have, which answers give back.
func (a *answerable) sets(typ, member string) bool {
	title := strings.ToUpper(member[:1]) + member[1:]
	return a.inputs["#"+typ] || a.fields[typ+"."+title] || a.fields["."+title] || a.fields[a.made[typ]+"."+title]
}

// addInput notes a type of an input, and all those in it.
func (a *answerable) addInput(m *recordedModel, typ string) {
	shape := m.shape(typ)
	if shape == nil || a.inputs[typ] {
		return
	}
	a.inputs[typ] = true
	if shape.Elem != nil {
		a.addInput(m, shape.Elem.Type)
	}
	for _, member := range shape.Members {
		a.addInput(m, member.Type)
	}
}
