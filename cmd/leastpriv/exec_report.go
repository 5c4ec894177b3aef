package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/cover"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/minimalpolicy"
)

// A report names so many different denials, failures and permissions that were used; of the
// rest it says how many there are. The text explains the first denials in full.
const (
	maxReported  = 1000
	maxExplained = 10
	maxUsedLines = 40
)

// observed is what was observed of the calls of a program. It takes them from the World's log
// while the program runs, because the log remembers the latest alone.
type observed struct {
	log     *fakeaws.Log
	session string // what the ARNs of the role's sessions begin with
	soft    bool   // denied calls pass

	mu      sync.Mutex
	watch   *fakeaws.Watch // from when the program starts
	calls   int            // of the role
	lost    int
	denied  tally[deniedJSON]
	failed  tally[failedJSON]
	used    tally[usedJSON]
	minimal minimalpolicy.Policy
}

// A tally counts different things, in the order in which they came.
type tally[T any] struct {
	list  []*T
	index map[string]*T
	more  int // that are not in the list
}

// at returns what has a name; nil where there are too many.
func (t *tally[T]) at(name string, first func() T) *T {
	found := t.index[name]
	switch {
	case found != nil:
	case len(t.list) == maxReported:
		t.more++
	default:
		if t.index == nil {
			t.index = map[string]*T{}
		}
		made := first()
		found = &made
		t.index[name] = found
		t.list = append(t.list, found)
	}
	return found
}

// A deniedJSON is a permission that was denied.
type deniedJSON struct {
	Operation string           `json:"operation"`
	Caller    string           `json:"caller"`
	Times     int              `json:"times"`
	Decision  enforce.Decision `json:"decision"`
	Help      string           `json:"help,omitempty"`
}

// A failedJSON is a call that failed for another reason than a denial.
type failedJSON struct {
	Operation string `json:"operation"`
	Code      string `json:"code"`
	Message   string `json:"message"`
	Times     int    `json:"times"`
}

// A usedJSON is a permission of the role that allowed calls needed.
type usedJSON struct {
	Action   string `json:"action"`
	Resource string `json:"resource"`
	Times    int    `json:"times"`
}

// begin has the calls from now on observed.
func (o *observed) begin() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.watch = o.log.Watch()
}

// collect takes the new calls of the log.
func (o *observed) collect() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.watch == nil {
		return
	}
	events, missed := o.watch.Read(math.MaxInt)
	o.lost += missed
	for i := range events {
		o.add(&events[i])
	}
}

func (o *observed) add(e *fakeaws.Event) {
	if e.Fixture {
		return
	}
	own := strings.HasPrefix(e.Caller, o.session)
	if own {
		o.calls++
	}
	operation := e.Service + ":" + e.Operation
	for _, d := range e.Decisions {
		if !d.Allowed() {
			if t := o.denied.at(operation+" "+d.String(), func() deniedJSON {
				return deniedJSON{Operation: operation, Caller: e.Caller, Decision: d, Help: e.Help}
			}); t != nil {
				t.Times++
			}
		} else if own {
			if t := o.used.at(d.Request.Action+" "+d.Request.Resource, func() usedJSON {
				return usedJSON{Action: d.Request.Action, Resource: d.Request.Resource}
			}); t != nil {
				t.Times++
			}
		}
		if own {
			o.minimal.Add(d, o.soft)
		}
	}
	if e.Code != "" && !e.Denied {
		if t := o.failed.at(operation+" "+e.Code, func() failedJSON {
			return failedJSON{Operation: operation, Code: e.Code, Message: e.Message}
		}); t != nil {
			t.Times++
		}
	}
}

// An execReport is what the exec command reports.
type execReport struct {
	Role     string        `json:"role"`
	Mode     string        `json:"mode"`
	ExitCode int           `json:"exitCode"`
	Calls    int           `json:"calls"`
	Denied   []*deniedJSON `json:"denied"`
	Failed   []*failedJSON `json:"failed"`
	Used     []*usedJSON   `json:"used"`
	// Left is how many calls and permissions are in no list, because there were too many.
	Left     int             `json:"left,omitempty"`
	Coverage *cover.Report   `json:"coverage,omitempty"` // of -policy, where policies are asked
	Policy   json.RawMessage `json:"policy,omitempty"`   // that -suggest asks for

	soft bool
}

// reportOf makes the report of a program that has ended.
func (x *execution) reportOf(a *execAccount) *execReport {
	o := a.observed
	o.mu.Lock()
	defer o.mu.Unlock()
	r := &execReport{
		Role: a.roleARN, Mode: x.serve.mode.String(), Calls: o.calls, soft: x.serve.mode == fakeaws.Soft,
		Denied: append([]*deniedJSON{}, o.denied.list...), Failed: append([]*failedJSON{}, o.failed.list...),
		Used: append([]*usedJSON{}, o.used.list...), Left: o.denied.more + o.failed.more + o.used.more + o.lost,
	}
	if x.suggest {
		r.Policy = json.RawMessage(o.minimal.Document())
	}
	if len(x.policies) > 0 && x.serve.mode != fakeaws.Off {
		profile := cover.New(a.coverage, func(file string) string { return file })
		profile.Policies = slices.DeleteFunc(profile.Policies, func(p cover.Policy) bool {
			return p.Kind != enforce.IdentityPolicy.String() || !slices.Contains(x.policies, p.File)
		})
		profile.Calls = slices.DeleteFunc(profile.Calls, func(c cover.Call) bool { return c.Principal != a.roleARN })
		r.Coverage = profile.Report()
	}
	return r
}

// write writes the report.
func (r *execReport) write(w io.Writer, asJSON bool) error {
	if asJSON {
		return printJSON(w, r)
	}
	var b strings.Builder
	verdict := "denied"
	if r.soft {
		verdict = "denied by the policies and let pass (-mode soft)"
	}
	fmt.Fprintf(&b, "leastpriv exec: %s made %s; %s\n", r.Role, counted(r.Calls, "call"), counted(len(r.Denied), "permission")+" "+verdict)
	if r.Calls == 0 {
		b.WriteString("  the program made no call as the role: does it have credentials or an endpoint of its own, or a client that does not know AWS_ENDPOINT_URL?\n")
	}
	r.writeDenied(&b)
	if len(r.Failed) > 0 {
		b.WriteString("failed, but not for want of a permission:\n")
	}
	for _, f := range r.Failed {
		fmt.Fprintf(&b, "  %s %s: %q%s\n", f.Operation, f.Code, f.Message, times(f.Times))
	}
	if len(r.Used) > 0 {
		b.WriteString("used:\n")
	}
	for _, u := range r.Used[:min(len(r.Used), maxUsedLines)] {
		fmt.Fprintf(&b, "  %s on %s%s\n", u.Action, u.Resource, times(u.Times))
	}
	if more := len(r.Used) - maxUsedLines; more > 0 {
		fmt.Fprintf(&b, "  and %d more, which -json has\n", more)
	}
	if r.Left > 0 {
		fmt.Fprintf(&b, "%d more calls and permissions are not listed\n", r.Left)
	}
	if r.Coverage != nil {
		if err := r.Coverage.WriteText(&b); err != nil {
			return err
		}
	}
	if r.Policy != nil {
		fmt.Fprintf(&b, "policy with what the calls used:\n%s\n", r.Policy)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeDenied explains what was denied.
func (r *execReport) writeDenied(b *strings.Builder) {
	for i, d := range r.Denied {
		text := d.Decision.String()
		if i < maxExplained {
			text = d.Decision.Explain()
			if d.Help != "" {
				text += "\n  " + d.Help
			}
		}
		first, rest, more := strings.Cut(text, "\n")
		b.WriteString(first + times(d.Times) + "\n")
		if more {
			b.WriteString(rest + "\n")
		}
	}
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// times says how often something was, unless it was once.
func times(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(" (%d times)", n)
}
