package awstest

import (
	"context"
	"errors"
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
	check func(error) string
}

// WantAllowed wants the call to succeed, as [AssertAllowed] does.
func WantAllowed() Want { return Want{checkAllowed} }

// WantDenied wants the call to be denied by the policies, as [AssertDenied] does: with
// actions, for lack of one of them.
func WantDenied(actions ...string) Want {
	return Want{func(err error) string { return checkDenied(err, actions) }}
}

// WantError wants the call to fail with an AWS error of the given code:
// WantError("NoSuchKey") shows that it passed the policies.
func WantError(code string) Want {
	return Want{func(err error) string {
		var api smithy.APIError
		switch {
		case err == nil:
			return "want: error " + code + "\ngot:  no error"
		case errors.As(err, &api) && api.ErrorCode() == code:
			return ""
		}
		if problem := checkAllowed(err); isDenied(err) {
			return "want: error " + code + problem[len("want: allowed"):]
		}
		return "want: error " + code + "\ngot:  " + err.Error()
	}}
}

// Run runs each case as a subtest.
func (cases Cases) Run(t *testing.T) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Helper()
			if c.As == nil || c.Call == nil || c.Want.check == nil {
				t.Fatal("awstest.Case: As, Call and Want must be set")
			}
			if problem := c.Want.check(c.Call(t.Context(), c.As.Config())); problem != "" {
				t.Error(problem)
			}
		})
	}
}
