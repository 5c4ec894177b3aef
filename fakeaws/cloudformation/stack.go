package cloudformation

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/leastpriv/leastpriv/internal/deploy"
	"github.com/leastpriv/leastpriv/internal/template"
)

// A stack is one with all that it has.
type stack struct {
	place
	id, name    string
	status      types.StackStatus
	reason      string
	created     time.Time
	updated     time.Time // zero before an update
	deleted     time.Time
	config      config
	settings    settings
	resources   map[string]*resource
	outputs     []template.Output
	imports     []string
	events      []*event
	policy      string // the stack policy; empty where there is none
	parent      string // the stack that it is nested in
	root        string
	op          *operation
	changeSets  []*changeSet
	changeSetID string
	tokens      map[string]string // of the latest requests, by operation
	// before is what was there before the latest update, which a rollback goes back to; nil
	// after it was cleaned up.
	before *backup
	// leftover is what a rollback that failed has still to delete.
	leftover []task
	// signals are what SignalResource told, by the logical id of a resource.
	signals map[string][]signal
	// answers are what was sent to the URLs that CloudFormation made, by their UniqueId.
	answers map[string]map[string]*answer
}

// A config is what a stack is made of. It never changes once it is used.
type config struct {
	text          string // the template
	processed     string
	description   string
	parameters    map[string]string
	shown         []types.Parameter // the values as answers have them
	secrets       []string          // the values of parameters with NoEcho
	capabilities  []types.Capability
	tags          map[string]string
	notifications []string
	transforms    []string
}

// settings are what a stack has beside.
type settings struct {
	role            string
	disableRollback bool
	onFailure       types.OnFailure
	protected       bool
	timeout         *int32
	rollback        *types.RollbackConfiguration
	retainExcept    bool // RetainExceptOnCreate
}

// A resource is one of a stack. It never changes: another takes its place.
type resource struct {
	logical, physical, kind string
	status                  types.ResourceStatus
	reason                  string
	changed                 time.Time
	properties              map[string]any
	// tags are those of the stack that it was made with.
	tags map[string]string
	// attempted is what an update that failed was to set, which may be set in part.
	attempted  *attempt
	attributes map[string]string
	metadata   any
	// dependsOn are logical ids.
	dependsOn                           []string
	deletionPolicy, updateReplacePolicy string
}

// An attempt is what an update was to set: the properties, and the tags of the stack.
type attempt struct {
	properties map[string]any
	tags       map[string]string
}

// An event is one of a stack. It never changes.
type event = types.StackEvent

// A signal is one that a resource waits for.
type signal struct {
	id     string
	failed bool
}

// A backup is what a stack was before an update.
type backup struct {
	config    config
	role      string
	resources map[string]*resource
	outputs   []template.Output
	imports   []string
}

// maxEvents is how many events of a stack are kept. AWS keeps them for 90 days.
const maxEvents = 10_000

// add makes a stack one of the World's. The lock is held.
func (s *Fake) add(st *stack) {
	st.created = s.now()
	st.resources, st.signals, st.answers = map[string]*resource{}, map[string][]signal{}, map[string]map[string]*answer{}
	s.stacks[st.id] = st
	s.names[stackID{st.place, st.name}] = st
	s.order = append(s.order, st)
}

// set sets the status of a stack, with its event. The lock is held.
func (s *Fake) set(st *stack, status types.StackStatus, reason string) {
	st.status, st.reason = status, reason
	now := s.now()
	switch {
	case status == types.StackStatusDeleteComplete:
		st.deleted = now
		if id := (stackID{st.place, st.name}); s.names[id] == st {
			delete(s.names, id)
		}
	case st.updated.IsZero() && strings.HasPrefix(string(status), "UPDATE"), status == types.StackStatusUpdateInProgress:
		st.updated = now
	}
	s.emit(st, &types.StackEvent{
		LogicalResourceId: &st.name, PhysicalResourceId: &st.id, ResourceType: aws.String(nestedType), ResourceStatus: types.ResourceStatus(status),
	}, reason)
}

// mark sets the status of a resource, with its event. The lock is held.
func (s *Fake) mark(st *stack, r *resource, status types.ResourceStatus, reason string) {
	changed := *r
	changed.status, changed.reason, changed.changed = status, reason, s.now()
	st.resources[r.logical] = &changed
	s.tell(st, &changed, status, reason)
}

// tell adds the event of a resource. The lock is held.
func (s *Fake) tell(st *stack, r *resource, status types.ResourceStatus, reason string) {
	e := &types.StackEvent{LogicalResourceId: aws.String(r.logical), PhysicalResourceId: aws.String(r.physical), ResourceType: aws.String(r.kind), ResourceStatus: status}
	if r.properties != nil {
		e.ResourceProperties = aws.String(encoded(st.config.mask(r.properties)))
	}
	s.emit(st, e, reason)
}

func (s *Fake) emit(st *stack, e *types.StackEvent, reason string) {
	now := s.now()
	e.StackId, e.StackName, e.Timestamp = &st.id, &st.name, &now
	e.EventId = aws.String(s.world.IDs().UUID())
	if aws.ToString(e.LogicalResourceId) != st.name {
		e.EventId = aws.String(*e.LogicalResourceId + "-" + string(e.ResourceStatus) + "-" + now.Format("2006-01-02T15:04:05.000Z"))
	}
	if reason != "" {
		e.ResourceStatusReason = &reason
	}
	if st.op != nil && st.op.token != "" {
		e.ClientRequestToken = aws.String(st.op.token)
	}
	if len(st.events) >= maxEvents {
		st.events = slices.Clone(st.events[len(st.events)-maxEvents/2:])
	}
	st.events = append(st.events, e)
}

// encoded is a value in JSON, with its keys in order.
func encoded(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "{}" // values of encoding/json are always written
	}
	return string(b)
}

// values are what Ref and Fn::GetAtt give of the resources. The lock is held.
func (st *stack) values() map[string]string {
	all := map[string]string{}
	for logical, r := range st.resources {
		if r.physical == "" || r.status == types.ResourceStatusDeleteComplete {
			continue
		}
		all[logical] = r.ref()
		for name, value := range r.attributes {
			if name != refAttribute {
				all[logical+"."+name] = value
			}
		}
	}
	return all
}

// refAttribute has what Ref gives where that is not the physical id.
const refAttribute = "Ref\x00"

func (r *resource) ref() string {
	if ref, ok := r.attributes[refAttribute]; ok {
		return ref
	}
	return r.physical
}

// environment is what a template of the stack is evaluated in. The lock is held.
func (s *Fake) environment(st *stack, c *config) template.Environment {
	exports := map[string]string{}
	for _, other := range s.order {
		if other.place != st.place || other.status == types.StackStatusDeleteComplete {
			continue
		}
		for _, o := range other.outputs {
			if o.Export != "" {
				exports[o.Export] = o.Value
			}
		}
	}
	return template.Environment{
		Target:    deploy.Target{Partition: "aws", Account: st.account, Region: st.region, ID: func(string, int) string { return "" }},
		StackName: st.name, StackID: st.id, NotificationARNs: c.notifications, Parameters: c.parameters,
		Export: func(name string) (string, bool) {
			value, ok := exports[name]
			return value, ok
		},
	}
}

// shown is the stack as DescribeStacks answers it. The lock is held.
func (st *stack) shown() types.Stack {
	out := types.Stack{
		StackId: &st.id, StackName: &st.name, StackStatus: st.status, CreationTime: &st.created, Capabilities: slices.Clone(st.config.capabilities),
		DisableRollback: aws.Bool(st.settings.disableRollback), EnableTerminationProtection: aws.Bool(st.settings.protected),
		DriftInformation: &types.StackDriftInformation{StackDriftStatus: types.StackDriftStatusNotChecked},
		NotificationARNs: slices.Clone(st.config.notifications), RollbackConfiguration: st.settings.rollback, Tags: []types.Tag{}, TimeoutInMinutes: st.settings.timeout,
		Parameters: slices.Clone(st.config.shown),
	}
	if out.NotificationARNs == nil {
		out.NotificationARNs = []string{}
	}
	if out.RollbackConfiguration == nil {
		out.RollbackConfiguration = &types.RollbackConfiguration{}
	}
	set := func(to **string, text string) {
		if text != "" {
			*to = &text
		}
	}
	set(&out.Description, st.config.description)
	set(&out.StackStatusReason, st.reason)
	set(&out.RoleARN, st.settings.role)
	set(&out.ParentId, st.parent)
	set(&out.RootId, st.root)
	set(&out.ChangeSetId, st.changeSetID)
	if st.status != types.StackStatusDeleteComplete && st.status != types.StackStatusDeleteInProgress {
		for _, o := range st.outputs {
			one := types.Output{OutputKey: aws.String(o.Key), OutputValue: aws.String(o.Value)}
			set(&one.Description, o.Description)
			set(&one.ExportName, o.Export)
			out.Outputs = append(out.Outputs, one)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(st.config.tags)) {
		out.Tags = append(out.Tags, types.Tag{Key: aws.String(name), Value: aws.String(st.config.tags[name])})
	}
	if !st.updated.IsZero() {
		out.LastUpdatedTime = &st.updated
	}
	if !st.deleted.IsZero() {
		out.DeletionTime, out.EnableTerminationProtection = &st.deleted, nil
	}
	return out
}
