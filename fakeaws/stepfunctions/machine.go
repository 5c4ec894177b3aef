package stepfunctions

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions/internal/asl"
)

// A machine is a state machine.
type machine struct {
	id      resourceID
	arn     string
	kind    types.StateMachineType
	created time.Time
	current *revision
	tags    map[string]string
	// versions are in order; numbers are not used again.
	versions []*version
	latest   int
	aliases  map[string]*alias
	// executions are those of a standard state machine, the oldest first; of an express one
	// the latest.
	executions []*execution
	running    int
	deleting   bool
	gone       bool
}

// A revision is what an update of a state machine makes. It never changes.
type revision struct {
	id         string // empty for the first
	definition string
	machine    *asl.Machine
	role       string
	logging    *types.LoggingConfiguration
	tracing    *types.TracingConfiguration
	updated    time.Time
}

// A version is a revision that was published.
type version struct {
	number      int
	revision    *revision
	description string
	created     time.Time
}

// An alias leads to one version or two.
type alias struct {
	name, description string
	routes            []types.RoutingConfigurationListItem
	created, updated  time.Time
	gone              bool
}

func (v *version) arn(m *machine) string { return m.arn + ":" + strconv.Itoa(v.number) }

func (a *alias) arn(m *machine) string { return m.arn + ":" + a.name }

func (m *machine) version(number string) *version {
	n, err := strconv.Atoi(number)
	if err != nil {
		return nil
	}
	i, found := slices.BinarySearchFunc(m.versions, n, func(v *version, n int) int { return v.number - n })
	if !found {
		return nil
	}
	return m.versions[i]
}

// isNumber reports whether the qualifier of an ARN is the number of a version.
func isNumber(qualifier string) bool {
	n, err := strconv.Atoi(qualifier)
	return err == nil && n > 0 && strconv.Itoa(n) == qualifier
}

// A target is the state machine that a call is about, and the permission on it.
type target struct {
	*machine // nil where there is none
	ref      *reference
	need     fakeaws.Need
}

// target finds the state machine of a call. One that does not exist is judged without tags,
// so that only who may see it learns that it is missing. A version or alias is judged as the
// state machine, with its qualifier as a condition key ("Creating fine-grained permissions for
// versions and aliases").
func (s *Fake) target(call *fakeaws.Call, in any, arn *string, action string) (*target, error) {
	if err := check(in); err != nil {
		return nil, err
	}
	ref, err := refer(call, arn, kindMachine)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.targetOf(ref, action), nil
}

// targetOf is target of a reference. The lock is held.
func (s *Fake) targetOf(ref *reference, action string) *target {
	t := &target{machine: s.machines[ref.resourceID], ref: ref}
	var tags map[string]string
	if t.machine != nil {
		tags = t.machine.tags
	}
	t.need = need(action, ref.resourceID.arn(kindMachine), ref.account, tags)
	if ref.rest != "" {
		t.need.Context.SetMulti("states:StateMachineQualifier", []string{ref.rest})
	}
	return t
}

// onMachine plans an operation on one state machine, which takes one permission on it. The
// function do performs it under the lock on the state machine that was judged.
func onMachine[O any](s *Fake, call *fakeaws.Call, in any, arn *string, do func(*target) (O, error)) (*fakeaws.Plan[O], error) {
	t, err := s.target(call, in, arn, call.Operation)
	if err != nil {
		return nil, err
	}
	return planOn(s, t, nil, do), nil
}

func planOn[O any](s *Fake, t *target, more []fakeaws.Need, do func(*target) (O, error)) *fakeaws.Plan[O] {
	return &fakeaws.Plan[O]{Needs: append([]fakeaws.Need{t.need}, more...), Do: func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if t.machine == nil || t.gone {
			return none, noMachine(t.ref.text)
		}
		return do(t)
	}}
}

// plain refuses the ARN of a version or alias where an operation takes none.
func (t *target) plain() error {
	if t.ref.rest != "" {
		return invalidARN(textResourceType, t.ref.text)
	}
	return nil
}

// revision is what the ARN of a call names, with the version and alias that it leads to. part
// is from 0 to below 100, and says which version an alias of two leads to.
func (t *target) revision(part int) (r *revision, versionARN, aliasARN string, err error) {
	switch {
	case t.ref.rest == "":
		return t.current, "", "", nil
	case isNumber(t.ref.rest):
		v := t.version(t.ref.rest)
		if v == nil {
			return nil, "", "", noMachine(t.ref.text)
		}
		return v.revision, v.arn(t.machine), "", nil
	}
	a := t.aliases[t.ref.rest]
	if a == nil {
		return nil, "", "", noMachine(t.ref.text)
	}
	for _, route := range a.routes {
		if part -= int(route.Weight); part < 0 {
			ref, _ := parse(*route.StateMachineVersionArn)
			v := t.version(ref.rest)
			return v.revision, v.arn(t.machine), a.arn(t.machine), nil
		}
	}
	return nil, "", "", noMachine(t.ref.text)
}

// remove takes a state machine away with all that it has.
func (s *Fake) remove(m *machine) {
	m.gone = true
	delete(s.machines, m.id)
	for _, x := range m.executions {
		delete(s.executions, x.arn)
	}
	for _, name := range slices.Collect(maps.Keys(m.aliases)) {
		m.aliases[name].gone = true
	}
}
