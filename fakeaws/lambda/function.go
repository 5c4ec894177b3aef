package lambda

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// A function is one function with all that hangs on it.
type function struct {
	id      functionID
	deleted bool
	// latest is $LATEST; published are the versions, the oldest first, and last is the
	// number of the latest that there ever was.
	latest    *version
	published []*version
	last      int
	aliases   map[string]*alias
	policies  map[string]*policy         // by qualifier
	async     map[string]*asyncConfig    // by qualifier: see asyncOf
	urls      map[string]*functionURL    // by alias; "" is the function's
	warm      map[string]*provisioned    // by qualifier
	pinned    map[string]*runtimeVersion // by qualifier
	tags      map[string]string
	reserved  *int32 // ReservedConcurrentExecutions
	signing   string // ARN of the code signing config
	recursion types.RecursiveLoop
	invoked   []Invoked         // the latest: see maxInvoked
	running   executions        // under way
	streams   map[string]string // the log streams of the execution environments, by version
}

// executions counts the invocations of a function that are under way.
type executions int

// A version is a version of a function. What it refers to never changes: an update stores
// another.
type version struct {
	number int // 0 is $LATEST
	types.FunctionConfiguration
	code types.FunctionCodeLocation
	// changed says that $LATEST has changed since the latest version was published.
	changed bool
}

func newFunction(id functionID) *function {
	return &function{
		id: id, aliases: make(map[string]*alias), policies: make(map[string]*policy), async: make(map[string]*asyncConfig),
		urls: make(map[string]*functionURL), warm: make(map[string]*provisioned), pinned: make(map[string]*runtimeVersion),
		recursion: types.RecursiveLoopTerminate,
	}
}

// name is the version's number, or $LATEST.
func (v *version) name() string {
	if v.number == 0 {
		return latestVersion
	}
	return strconv.Itoa(v.number)
}

// find returns a version or an alias by a qualifier; none is $LATEST.
func (f *function) find(qualifier string) (v *version, a *alias, ok bool) {
	if qualifier == "" || qualifier == latestVersion {
		return f.latest, nil, true
	}
	if a := f.aliases[qualifier]; a != nil {
		return f.numbered(a.FunctionVersion), a, true
	}
	v = f.numbered(&qualifier)
	return v, nil, v != nil
}

// numbered returns the version of a number; nil where there is none.
func (f *function) numbered(number *string) *version {
	if aws.ToString(number) == latestVersion {
		return f.latest
	}
	for _, v := range f.published {
		if v.name() == *number {
			return v
		}
	}
	return nil
}

// qualified finds the version of a call's qualifier, or says that there is none.
func (t *target) qualified() (*version, error) {
	v, _, ok := t.find(t.ref.qualifier)
	if !ok {
		return nil, functionNotFound(t.ref.arn())
	}
	return v, nil
}

// shown is the configuration as answers have it, under the ARN by which it was asked for.
func (v *version) shown(arn string) *types.FunctionConfiguration {
	c := v.FunctionConfiguration
	c.FunctionArn = &arn
	return &c
}

// listed is the configuration as lists have it: they leave the state out, "to ensure fast
// responses" (API reference, "ListFunctions").
func (v *version) listed(arn string) types.FunctionConfiguration {
	c := *v.shown(arn)
	c.State, c.StateReason, c.StateReasonCode = "", nil, ""
	c.LastUpdateStatus, c.LastUpdateStatusReason, c.LastUpdateStatusReasonCode = "", nil, ""
	c.RuntimeVersionConfig = nil
	return c
}

// updating is the answer to an update, before it has taken effect. Updates take effect at
// once here, so that no waiter waits; then the function has yet another revision.
func updating(c types.FunctionConfiguration) types.FunctionConfiguration {
	c.LastUpdateStatus, c.LastUpdateStatusReasonCode = types.LastUpdateStatusInProgress, "Creating"
	c.LastUpdateStatusReason = aws.String("The function is being created.")
	return c
}

// creating is the answer to the creation of a function.
func creating(c types.FunctionConfiguration) types.FunctionConfiguration {
	c.LastUpdateStatus = ""
	c.State, c.StateReasonCode = types.StatePending, types.StateReasonCodeCreating
	c.StateReason = aws.String("The function is being created.")
	return c
}

// stamp gives $LATEST the time of a change and a revision.
func (s *Fake) stamp(v *version) {
	v.LastModified = aws.String(timestamp(s.world.Clock().Now()))
	s.revise(v)
	v.changed = true
}

func (s *Fake) revise(v *version) { v.RevisionId = aws.String(s.world.IDs().UUID()) }

// timestamp is a time as Lambda writes it: "2025-11-25T03:22:17.042+0000".
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000-0700") }

// settle makes a change of $LATEST, and returns the answer of the call that did it.
func (s *Fake) settle(f *function, changed version) types.FunctionConfiguration {
	s.stamp(&changed)
	answer := updating(*changed.shown(f.id.arn()))
	s.revise(&changed)
	*f.latest = changed
	return answer
}

// timeout is how long an invocation of a version may take.
func (v *version) timeout() time.Duration {
	return time.Duration(aws.ToInt32(v.Timeout)) * time.Second
}
