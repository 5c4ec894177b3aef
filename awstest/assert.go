package awstest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// deniedCodes are the codes with which AWS's services refuse a call that the
// policies do not allow. "Forbidden" is what the SDK makes of a HEAD request's
// answer, which has no body.
var deniedCodes = []string{"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "Forbidden", "KMS.AccessDeniedException"}

// AssertDenied checks that a call was denied by the policies: with AWS's access-denied
// error, and because of a policy, not of an object lock or another rule of the service
// that answers with the same code; [AssertError] is for those. With actions, the
// permission that was missing must be one of them. Where the call was allowed, the
// failure tells which statements granted it. The error may be of any client: the
// decision behind it is found by its request id. The test goes on.
func AssertDenied(t TB, err error, actions ...string) bool {
	t.Helper()
	return report(t.Errorf, WantDenied(actions...), outcome{t: t, err: err})
}

// RequireDenied is AssertDenied, but ends the test.
func RequireDenied(t TB, err error, actions ...string) {
	t.Helper()
	report(t.Fatalf, WantDenied(actions...), outcome{t: t, err: err})
}

// AssertAllowed checks that a call succeeded. When it was denied, the failure
// tells which permission was missing, which policy decided, and the smallest
// statement that would allow it. The test goes on.
func AssertAllowed(t TB, err error) bool {
	t.Helper()
	return report(t.Errorf, WantAllowed(), outcome{t: t, err: err})
}

// RequireAllowed is AssertAllowed, but ends the test.
func RequireAllowed(t TB, err error) {
	t.Helper()
	report(t.Fatalf, WantAllowed(), outcome{t: t, err: err})
}

// AssertError checks that a call failed with an AWS error of the given code:
// AssertError(t, err, "NoSuchKey") shows that it passed the policies. The test goes on.
func AssertError(t TB, err error, code string) bool {
	t.Helper()
	return report(t.Errorf, WantError(code), outcome{t: t, err: err})
}

// RequireError is AssertError, but ends the test.
func RequireError(t TB, err error, code string) {
	t.Helper()
	report(t.Fatalf, WantError(code), outcome{t: t, err: err})
}

// report fails a test with what is wrong with an outcome.
func report(fail func(format string, args ...any), want Want, got outcome) bool {
	got.t.Helper()
	problem := want.check(got)
	if problem != "" {
		fail("%s", problem)
	}
	return problem == ""
}

// An outcome is what became of a call.
type outcome struct {
	t   TB
	err error
	// row are the calls among which it was, where that is known: those of a row of Cases.
	row []fakeaws.Event
	// asked is the answer where no call was made: see [Principal.Can].
	asked *Permission
}

// event returns the record of the call that failed, if a living World has it.
func (o outcome) event() (fakeaws.Event, bool) { return settle(o.t, o.err) }

func checkAllowed(o outcome) string {
	if o.asked != nil {
		return o.checkAsked("want: allowed", true, nil)
	}
	if o.err == nil {
		return ""
	}
	problem := "want: allowed\ngot:  " + o.err.Error()
	event, known := o.event()
	if !known {
		return problem + o.unanswered()
	}
	if event.Denied {
		problem += "\n" + explain(event)
	}
	return problem + byFault(&event)
}

func checkDenied(o outcome, actions []string) string {
	want := "want: denied"
	if len(actions) > 0 {
		want += " for lack of " + strings.Join(actions, " or ")
	}
	if o.asked != nil {
		return o.checkAsked(want, false, actions)
	}
	if o.err == nil {
		return want + "\ngot:  no error, the call was allowed" + o.granted(actions)
	}
	event, known := o.event()
	switch {
	case known && event.Fault != "":
		return want + "\ngot:  " + o.err.Error() + byFault(&event)
	case known && !event.Denied && isDenied(o.err):
		return want + "\ngot:  " + o.err.Error() + "\n" + notByPolicy(event)
	case known && !event.Denied, !known && !isDenied(o.err):
		problem := want + "\ngot:  another error: " + o.err.Error()
		if !known {
			problem += o.unanswered()
		}
		return problem
	case len(actions) == 0:
		return ""
	}
	got := deniedActions(o.err, &event, known)
	if slices.ContainsFunc(got, func(a string) bool { return containsFold(actions, a) }) {
		return ""
	}
	return fmt.Sprintf("%s\ngot:  denied for lack of %s: %s\n%s", want, strings.Join(got, ", "), o.err.Error(), explain(event))
}

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(e string) bool { return strings.EqualFold(e, s) })
}

// notByPolicy says why an access-denied error is none of the policies.
func notByPolicy(event fakeaws.Event) string {
	return fmt.Sprintf("  no policy denied it: each permission was granted, and a rule of %s itself refuses the call;\n"+
		"  AssertError and WantError(%q) are for such errors", event.Service, event.Code)
}

// isDenied reports whether an error is AWS's refusal: by its code, or where no client of
// AWS made the error by AWS's words.
func isDenied(err error) bool {
	var api smithy.APIError
	if errors.As(err, &api) {
		return slices.Contains(deniedCodes, api.ErrorCode())
	}
	return strings.Contains(err.Error(), notAuthorized)
}

// notAuthorized is in the text of AWS's denials, before the permission that was missing.
const notAuthorized = " is not authorized to perform: "

// deniedActions returns the permissions that were missing: from the decisions
// where a World has them, else from AWS's text.
func deniedActions(err error, event *fakeaws.Event, known bool) (actions []string) {
	if known {
		for i := range event.Decisions {
			if d := &event.Decisions[i]; !d.Allowed() {
				actions = append(actions, d.Request.Action)
			}
		}
		return actions
	}
	if _, rest, ok := strings.Cut(err.Error(), notAuthorized); ok {
		action, _, _ := strings.Cut(rest, " ")
		actions = append(actions, action)
	}
	return actions
}

// granted tells which statements granted a call that should have been denied: the latest
// one that used one of the actions, or the latest one.
func (o outcome) granted(actions []string) string {
	events := o.row
	if events == nil {
		for _, w := range worldsOf(o.t) {
			events = append(events, withoutFixtures(w.Log().Events())...)
		}
		slices.SortStableFunc(events, func(a, b fakeaws.Event) int { return a.Time.Compare(b.Time) })
	}
	for _, event := range slices.Backward(events) {
		if event.Denied || event.Code != "" {
			continue
		}
		if text := grants(&event, actions); text != "" {
			return "\n" + text
		}
	}
	return ""
}

// grants tells which statements granted the permissions of a call: those for the
// actions, or all.
func grants(event *fakeaws.Event, actions []string) string {
	var explanations []string
	for i := range event.Decisions {
		d := &event.Decisions[i]
		if d.Allowed() && (len(actions) == 0 || containsFold(actions, d.Request.Action)) {
			explanations = append(explanations, d.Explain())
		}
	}
	return onScreen(explanations)
}

// explain tells what the denied permissions of a call lacked.
func explain(event fakeaws.Event) string {
	var explanations []string
	for i := range event.Decisions {
		if d := &event.Decisions[i]; !d.Allowed() {
			explanations = append(explanations, d.Explain())
		}
	}
	text := onScreen(explanations)
	if event.Help != "" {
		text += "\n  " + event.Help
	}
	return text
}

// screen is how many lines of explanations a reader sees at once.
const screen = 36

// onScreen joins explanations, as many as fit on a screen: at least the first. Of the
// others only the first line is there, and of many how many they are.
func onScreen(explanations []string) string {
	var lines []string
	for i, text := range explanations {
		all := strings.Split(text, "\n")
		switch room := screen - len(lines); {
		case i == 0 || len(all) <= room:
			lines = append(lines, all...)
		case room > 1:
			lines = append(lines, all[0])
		default:
			return strings.Join(append(lines, fmt.Sprintf("and %d more permissions", len(explanations)-i)), "\n")
		}
	}
	return strings.Join(lines, "\n")
}
