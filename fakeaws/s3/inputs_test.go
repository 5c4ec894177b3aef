package s3

import (
	"bytes"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// elsewhereRead are the members of inputs that no operation has to look at itself.
var elsewhereRead = map[string]string{
	"ChecksumAlgorithm": "the pipeline verifies the digests of documents",
	"ContentMD5":        "the pipeline verifies the digests of documents",
	"RequestPayer":      "the bucket asks the call for the header",
}

// withoutEffect are members that need no effect, by operation.
var withoutEffect = map[string]string{
	"PutBucketPolicy.ConfirmRemoveSelfBucketAccess": "the root user can always change the policy again; that S3 refuses nothing without it is unverified",
	"PutBucketReplication.Token":                    "AWS Support gave tokens out while only new buckets could have Object Lock",
	"PutObjectLockConfiguration.Token":              "AWS Support gave tokens out while only new buckets could have Object Lock",
}

// refused are the operations that do nothing with their input but to find the bucket.
var refused = []string{"RenameObject", "GetObjectTorrent"}

// TestNoInputIsIgnored reads the package and proves of each member of each operation's
// input that some code selects it: a member that nobody selects would be ignored in
// silence.
func TestNoInputIsIgnored(t *testing.T) {
	t.Parallel()
	read := newReads(t)
	seen := 0
	for _, op := range newFake(fakeaws.NewWorld(fakeaws.Config{})).Ops() {
		if slices.Contains(refused, op.Name) {
			continue
		}
		name := op.Name + "Input"
		in := read.sdk.Scope().Lookup(name).Type().Underlying().(*types.Struct)
		for i := range in.NumFields() {
			f := in.Field(i)
			if !f.Exported() || elsewhereRead[f.Name()] != "" {
				continue
			}
			seen++
			_, excused := withoutEffect[op.Name+"."+f.Name()]
			assert.NotEqual(t, excused, read.has(name, f.Name()), "%s.%s: selected somewhere, or excused, but not both", op.Name, f.Name())
		}
	}
	require.Greater(t, seen, 400)
}

// reads are the members of inputs that the package's code selects, by type.
type reads struct {
	members map[string]map[string]bool
	sdk     *types.Package
	// as are the conversions of inputs to those of other operations.
	as map[string]string
}

func (r *reads) has(input, member string) bool {
	return r.members[input][member] || r.as[input] != "" && r.has(r.as[input], member)
}

func (r *reads) add(input, member string) {
	if r.members[input] == nil {
		r.members[input] = make(map[string]bool)
	}
	r.members[input][member] = true
}

// newReads type-checks the package.
func newReads(t *testing.T) *reads {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}", ".")
	raw, err := list.Output()
	require.NoError(t, err)
	exports := make(map[string]string)
	for line := range strings.Lines(string(raw)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		exports[path] = file
	}
	fset := token.NewFileSet()
	var files []*ast.File
	names, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, n := range names {
		if strings.HasSuffix(n.Name(), ".go") && !strings.HasSuffix(n.Name(), "_test.go") {
			f, err := parser.ParseFile(fset, n.Name(), nil, 0)
			require.NoError(t, err)
			files = append(files, f)
		}
	}
	open := func(path string) (io.ReadCloser, error) {
		data, err := os.ReadFile(exports[path])
		return io.NopCloser(bytes.NewReader(data)), err
	}
	info := &types.Info{Selections: make(map[*ast.SelectorExpr]*types.Selection), Instances: make(map[*ast.Ident]types.Instance), Types: make(map[ast.Expr]types.TypeAndValue)}
	pkg, err := (&types.Config{Importer: importer.ForCompiler(fset, "gc", open)}).Check("s3", fset, files, info)
	require.NoError(t, err)

	r := &reads{members: make(map[string]map[string]bool), as: make(map[string]string)}
	for _, imported := range pkg.Imports() {
		if strings.HasSuffix(imported.Path(), "/service/s3") {
			r.sdk = imported
		}
	}
	for _, s := range info.Selections {
		if in, ok := inputOf(s.Recv()); ok && s.Kind() == types.FieldVal {
			r.add(in, s.Obj().Name())
		}
	}
	for name, instance := range info.Instances {
		r.instance(name.Name, instance.TypeArgs)
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && len(call.Args) == 1 && info.Types[call.Fun].IsType() {
				from, ok := inputOf(info.TypeOf(call.Args[0]))
				if to, converted := inputOf(info.TypeOf(call.Fun)); ok && converted && from != to {
					r.as[from] = to
				}
			}
			return true
		})
	}
	return r
}

// instance adds what generic code reads by reflection: the members that mapFields finds
// in the other struct.
func (r *reads) instance(name string, args *types.TypeList) {
	if name != "mapFields" {
		return
	}
	for i := range args.Len() {
		in, ok := inputOf(args.At(i))
		if !ok {
			continue
		}
		s := args.At(i).Underlying().(*types.Struct)
		for j := range s.NumFields() {
			if f := s.Field(j); memberOf(args.At(args.Len()-1-i), f) {
				r.add(in, f.Name())
			}
		}
	}
}

// memberOf reports whether a struct has a member of the same name, also in what it
// embeds.
func memberOf(t types.Type, f *types.Var) bool {
	obj, _, _ := types.LookupFieldOrMethod(t, true, nil, f.Name())
	member, ok := obj.(*types.Var)
	return ok && types.Identical(member.Type(), f.Type())
}

// inputOf is the name of an operation's input, or of a pointer to it.
func inputOf(t types.Type) (string, bool) {
	if t == nil {
		return "", false
	}
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := t.(*types.Named)
	if !ok || n.Obj().Pkg() == nil || !strings.HasSuffix(n.Obj().Pkg().Path(), "/service/s3") || !strings.HasSuffix(n.Obj().Name(), "Input") {
		return "", false
	}
	return n.Obj().Name(), true
}
