package awstest

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
)

// Cases is a table of calls and what becomes of them: the least-privilege test
// of a role. The cases run in order, on the same account.
type Cases []Case

// A Case is one call.
type Case struct {
	Name string
	// As is who calls.
	As *Principal
	// Call makes the call with a config of As.
	Call func(ctx context.Context, cfg aws.Config) error
	// Want is what becomes of it: [WantAllowed], [WantDenied] or [WantError].
	Want Want
}

// A Want is what a [Case] expects. The zero value is none, and fails.
type Want struct {
	check func(outcome) string // returns what is wrong
}

// WantAllowed wants the call to succeed, as [AssertAllowed] does.
func WantAllowed() Want { return Want{checkAllowed} }

// WantDenied wants the call to be denied by the policies, as [AssertDenied] does: with
// actions, for lack of one of them.
func WantDenied(actions ...string) Want {
	return Want{func(o outcome) string { return checkDenied(o, actions) }}
}

// WantError wants the call to fail with an AWS error of the given code:
// WantError("NoSuchKey") shows that it passed the policies.
func WantError(code string) Want {
	return Want{func(o outcome) string {
		want := "want: error " + code + "\ngot:  "
		if o.err == nil {
			return want + "no error"
		}
		event, known := o.event()
		var api smithy.APIError
		switch {
		case errors.As(o.err, &api) && api.ErrorCode() == code, known && event.Code == code:
			return ""
		case known && event.Denied:
			return want + o.err.Error() + "\n" + explain(event)
		}
		return want + o.err.Error()
	}}
}

// Run runs each case as a subtest. The failure of one names the line of its Name, and
// lists its calls.
func (cases Cases) Run(t *testing.T) {
	t.Helper()
	_, file, _, _ := runtime.Caller(1)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Helper()
			if c.As == nil || c.Call == nil || c.Want.check == nil {
				t.Fatal("awstest.Case: As, Call and Want must be set")
			}
			row := c.As.account.beginRow()
			err := c.Call(t.Context(), c.As.Config())
			calls := row.end()
			if problem := c.Want.check(outcome{t, err, calls}); problem != "" {
				if len(calls) > 1 {
					problem += "\nits calls" + listed(calls)
				}
				t.Error(position(file, c.Name) + problem)
			}
		})
	}
}

// position returns where the row with a name stands in a file, as the beginning of a
// failure: Go knows the line of a call, and not of a value. Without the source, or where
// two rows have one name, it is empty.
func position(file, name string) string {
	files := token.NewFileSet()
	source, err := parser.ParseFile(files, file, nil, parser.SkipObjectResolution)
	if err != nil {
		return ""
	}
	found := ""
	for node := range ast.Preorder(source) {
		field, ok := node.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		key, isName := field.Key.(*ast.Ident)
		value, isText := field.Value.(*ast.BasicLit)
		if !isName || key.Name != "Name" || !isText || value.Kind != token.STRING {
			continue
		}
		if text, err := strconv.Unquote(value.Value); err != nil || text != name {
			continue
		}
		if found != "" {
			return ""
		}
		found = fmt.Sprintf("the row at %s:%d\n", filepath.Base(file), files.Position(field.Pos()).Line)
	}
	return found
}
