package awstest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
)

// Cases is a table of calls and what becomes of them: the least-privilege test
// of a role. The cases run in order, on the same account.
type Cases []Case

// A Case is one call, or one permission that is asked without a call: it has either Call, or
// Action and Resource.
type Case struct {
	Name string
	// As is who calls.
	As *Principal
	// Call makes the call with a config of As.
	Call func(ctx context.Context, cfg aws.Config) error
	// Action, Resource and Keys are those of [Principal.Can].
	Action, Resource string
	Keys             []ContextEntry
	// Want is what becomes of it: [WantAllowed], [WantDenied] or [WantError].
	Want Want
	// Setup, if there is one, prepares the account of As for the call or the question.
	Setup func(*Account)

	row string // the name in the source, where that is another
}

// A Matrix is a table of calls that several principals make, each with what becomes of
// it: who may do what.
//
//	awstest.Matrix{
//		As: []*awstest.Principal{admin, worker, guest},
//		Rows: []awstest.Row{
//			{Name: "reads", Call: read, Want: []awstest.Want{allowed, allowed, denied}},
//			{Name: "deletes", Call: remove, Want: []awstest.Want{allowed, denied, denied}},
//		},
//	}.Cases().Run(t)
type Matrix struct {
	As   []*Principal
	Rows []Row
}

// A Row is a call of a [Matrix], and what becomes of it for each of the principals.
type Row struct {
	Name string
	Call func(ctx context.Context, cfg aws.Config) error
	// Action, Resource and Keys are for a permission without a call: see [Principal.Can].
	// Without a Name the row is named by them.
	Action, Resource string
	Keys             []ContextEntry
	Want             []Want
	Setup            func(*Account) // see [Case]
}

// Cases returns the cases of the matrix, row by row: "reads as worker". A row with
// another number of wants than there are principals has cases without a want, which fail.
func (m Matrix) Cases() Cases {
	var cases Cases
	for _, row := range m.Rows {
		for i := range max(len(m.As), len(row.Want)) {
			name := row.Name
			if name == "" {
				name = strings.TrimSpace(row.Action + " " + row.Resource)
			}
			c := Case{Name: name + " as nobody", Call: row.Call, Setup: row.Setup, Action: row.Action, Resource: row.Resource, Keys: row.Keys, row: row.Name}
			if i < len(m.As) {
				c.As, c.Name = m.As[i], name+" as "+m.As[i].Name()
			}
			if i < len(row.Want) {
				c.Want = row.Want[i]
			}
			cases = append(cases, c)
		}
	}
	return cases
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
		if o.asked != nil {
			return onlyCalls(code)
		}
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

// Run runs each case as a subtest, one after the other. The failure of one names the line of its Name, and
// lists its calls.
func (cases Cases) Run(t *testing.T) {
	t.Helper()
	_, file, _, _ := runtime.Caller(1)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Helper()
			c.run(t, file)
		})
	}
}

// RunParallel runs each case as a parallel subtest in a World of its own, a clone of the one
// that As has now: no case sees what another one does. Call must make its calls with the
// config that it gets, and Setup gets the account of the clone. As every parallel subtest,
// the cases run when the test function has returned. The failure of one is that of Run. The
// calls are in the logs of the clones; [AssertLeastPrivilege] of a principal of the first
// World, in a function for t.Cleanup, knows of them.
func (cases Cases) RunParallel(t *testing.T) {
	t.Helper()
	_, file, _, _ := runtime.Caller(1)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Helper()
			if c.As != nil {
				c.As = c.As.In(c.As.account.Clone(t))
			}
			t.Parallel()
			c.run(t, file)
		})
	}
}

// In returns the cases for the World of clone, a clone of that of their principals: see
// [Principal.In].
func (cases Cases) In(clone *Account) Cases {
	clone.t.Helper()
	there := slices.Clone(cases)
	for i := range there {
		if there[i].As != nil {
			there[i].As = there[i].As.In(clone)
		}
	}
	return there
}

// Check runs the cases one after the other, without subtests: for [Mutate].
func (cases Cases) Check(t TB) {
	t.Helper()
	_, file, _, _ := runtime.Caller(1)
	for _, c := range cases {
		c.run(t, file)
	}
}

// run makes the call of a row and checks what becomes of it.
func (c *Case) run(t TB, file string) {
	t.Helper()
	asks := c.Action != "" || c.Resource != "" || c.Keys != nil
	if c.As == nil || (c.Call != nil) == asks || c.Want.check == nil {
		t.Fatalf("awstest.Case: As and Want must be set, and either Call, or Action and Resource")
		return
	}
	if c.Setup != nil {
		c.Setup(c.As.account.For(t))
	}
	if asks {
		if problem := c.Want.check(c.As.outcome(t, c.Action, c.Resource, c.Keys)); problem != "" {
			t.Errorf("%s", position(file, cmp.Or(c.row, c.Name))+problem)
		}
		return
	}
	row := c.As.account.beginRow()
	err := c.Call(t.Context(), c.As.Config())
	calls := row.end()
	if problem := c.Want.check(outcome{t: t, err: err, row: calls}); problem != "" {
		if len(calls) > 1 {
			problem += "\nits calls" + listed(calls)
		}
		t.Errorf("%s", position(file, cmp.Or(c.row, c.Name))+problem)
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
