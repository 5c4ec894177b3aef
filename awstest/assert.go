package awstest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// deniedCodes are the codes with which AWS's services refuse a call that the
// policies do not allow. "Forbidden" is what the SDK makes of a HEAD request's
// answer, which has no body.
var deniedCodes = []string{"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "Forbidden", "KMS.AccessDeniedException"}

// AssertDenied checks that a call was denied by the policies: with AWS's
// access-denied error, not just any error. With actions, the permission that
// was missing must be one of them. The test goes on.
func AssertDenied(t TB, err error, actions ...string) bool {
	t.Helper()
	if problem := checkDenied(err, actions); problem != "" {
		t.Errorf("%s", problem)
		return false
	}
	return true
}

// RequireDenied is AssertDenied, but ends the test.
func RequireDenied(t TB, err error, actions ...string) {
	t.Helper()
	if problem := checkDenied(err, actions); problem != "" {
		t.Fatalf("%s", problem)
	}
}

// AssertAllowed checks that a call succeeded. When it was denied, the failure
// tells which permission was missing, which policy decided, and the smallest
// statement that would allow it. The test goes on.
func AssertAllowed(t TB, err error) bool {
	t.Helper()
	if problem := checkAllowed(err); problem != "" {
		t.Errorf("%s", problem)
		return false
	}
	return true
}

// RequireAllowed is AssertAllowed, but ends the test.
func RequireAllowed(t TB, err error) {
	t.Helper()
	if problem := checkAllowed(err); problem != "" {
		t.Fatalf("%s", problem)
	}
}

func checkAllowed(err error) string {
	if err == nil {
		return ""
	}
	if event, ok := eventOf(err); ok && event.Denied {
		return "want: allowed\ngot:  " + err.Error() + "\n" + explain(event)
	}
	return "want: allowed\ngot:  " + err.Error()
}

func checkDenied(err error, actions []string) string {
	want := "denied"
	if len(actions) > 0 {
		want += " for lack of " + strings.Join(actions, " or ")
	}
	if err == nil {
		return "want: " + want + "\ngot:  no error, the call was allowed"
	}
	if !isDenied(err) {
		return "want: " + want + "\ngot:  another error: " + err.Error()
	}
	event, ok := eventOf(err)
	if len(actions) == 0 {
		return ""
	}
	got := deniedActions(err, &event, ok)
	for _, action := range actions {
		if slices.ContainsFunc(got, func(a string) bool { return strings.EqualFold(a, action) }) {
			return ""
		}
	}
	return fmt.Sprintf("want: %s\ngot:  denied for lack of %s: %s\n%s", want, strings.Join(got, ", "), err.Error(), explain(event))
}

// isDenied reports whether an error is AWS's refusal by policy.
func isDenied(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && slices.Contains(deniedCodes, api.ErrorCode())
}

// deniedActions returns the permissions that were missing: from the decisions
// where the call was made with a config of this package, else from AWS's text.
func deniedActions(err error, event *fakeaws.Event, recorded bool) (actions []string) {
	if recorded {
		for i := range event.Decisions {
			if d := &event.Decisions[i]; !d.Allowed() {
				actions = append(actions, d.Request.Action)
			}
		}
		return actions
	}
	if _, rest, ok := strings.Cut(err.Error(), "is not authorized to perform: "); ok {
		action, _, _ := strings.Cut(rest, " ")
		actions = append(actions, action)
	}
	return actions
}

// eventOf finds the record of the call that an error came from. Its denial needs no
// further explanation: the assertion expects it or explains it.
func eventOf(err error) (fakeaws.Event, bool) {
	var failed *awshttp.ResponseError
	if !errors.As(err, &failed) || failed.Response == nil || failed.Response.Response == nil {
		return fakeaws.Event{}, false
	}
	resp := failed.Response.Response
	if resp.Request == nil {
		return fakeaws.Event{}, false
	}
	world, ok := resp.Request.Context().Value(worldKey{}).(*fakeaws.World)
	if !ok {
		return fakeaws.Event{}, false
	}
	return world.Log().Settle(requestID(resp.Header))
}

// requestID returns the request id of a response: S3 has a header of its own.
func requestID(h http.Header) string {
	if id := h.Get("X-Amz-Request-Id"); id != "" {
		return id
	}
	return h.Get("X-Amzn-Requestid")
}

// explain tells what the denied permissions of a call lacked.
func explain(event fakeaws.Event) string {
	var b strings.Builder
	for i := range event.Decisions {
		if d := &event.Decisions[i]; !d.Allowed() {
			b.WriteString(d.Explain())
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// maxLogged is how many calls a failed test prints.
const maxLogged = 30

// logCalls prints the calls of a failed test, newest last, and explains the
// last denial that no assertion has dealt with.
func logCalls(t TB, events []fakeaws.Event) {
	t.Helper()
	if len(events) == 0 {
		return
	}
	var b strings.Builder
	b.WriteString("AWS calls of this test, newest last:\n")
	if skipped := len(events) - maxLogged; skipped > 0 {
		fmt.Fprintf(&b, "  (%d earlier ones)\n", skipped)
		events = events[skipped:]
	}
	for i, repeated := 0, 1; i < len(events); i++ {
		text := events[i].String()
		if i+1 < len(events) && events[i+1].String() == text {
			repeated++
			continue
		}
		for line := range strings.Lines(text) {
			b.WriteString("  " + strings.TrimRight(line, "\n"))
			if repeated > 1 {
				fmt.Fprintf(&b, "  (%d times)", repeated)
			}
			b.WriteString("\n")
		}
		repeated = 1
	}
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].Denied && !events[i].Settled {
			b.WriteString("the last denied call that no assertion has looked at:\n" + explain(events[i]))
			break
		}
	}
	for i := len(events) - 1; i >= 0; i-- {
		if e := &events[i]; e.Help != "" {
			b.WriteString("\nthe last call that was not authenticated, " + e.Service + ":" + e.Operation + " " + e.Code + ":\n" + e.Help)
			break
		}
	}
	t.Logf("%s", b.String())
}
