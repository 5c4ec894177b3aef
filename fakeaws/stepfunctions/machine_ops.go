package stepfunctions

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions/internal/asl"
)

func (s *Fake) machineOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createStateMachine),
		fakeaws.Bind(s.updateStateMachine),
		fakeaws.Bind(s.deleteStateMachine),
		fakeaws.Bind(s.describeStateMachine),
		fakeaws.Bind(s.listStateMachines),
	}
}

// maxMachines is how many state machines an account has in a region, and how many activities
// ("Quotas related to accounts").
const maxMachines = 100_000

// readDefinition reads a definition, with AWS's error.
func readDefinition(definition string, kind types.StateMachineType) (*asl.Machine, error) {
	m, diagnostics, err := asl.Parse([]byte(definition), kind == types.StateMachineTypeExpress)
	if err != nil {
		return nil, unsupported(err)
	}
	if m == nil {
		return nil, &types.InvalidDefinition{Message: aws.String(asl.Reason(diagnostics))}
	}
	return m, nil
}

// checkSettings checks what is stored with a definition.
func checkSettings(logging *types.LoggingConfiguration, encryption *types.EncryptionConfiguration) error {
	if encryption != nil && encryption.Type == types.EncryptionTypeCustomerManagedKmsKey {
		return notImplemented("the encryption with " + textEncryption)
	}
	if logging == nil || logging.Level == "" || logging.Level == types.LogLevelOff {
		return nil
	}
	if len(logging.Destinations) != 1 || logging.Destinations[0].CloudWatchLogsLogGroup == nil {
		return &types.InvalidLoggingConfiguration{Message: aws.String(textLogging)}
	}
	a, err := awsarn.Parse(aws.ToString(logging.Destinations[0].CloudWatchLogsLogGroup.LogGroupArn))
	if err != nil || a.Service != "logs" || !strings.HasPrefix(a.Resource, "log-group:") || !strings.HasSuffix(a.Resource, ":*") {
		return &types.InvalidLoggingConfiguration{Message: aws.String(textLogGroup)}
	}
	return nil
}

// createStateMachine makes a state machine. One that is there already is answered as if it
// were new, unless the request wants it otherwise.
func (s *Fake) createStateMachine(call *fakeaws.Call, in *sfn.CreateStateMachineInput) (*fakeaws.Plan[*sfn.CreateStateMachineOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if !isName(*in.Name) {
		return nil, &types.InvalidName{Message: text(textName, []any{*in.Name})}
	}
	if in.VersionDescription != nil && !in.Publish {
		return nil, invalid("", textDescription)
	}
	if err := checkSettings(in.LoggingConfiguration, in.EncryptionConfiguration); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	id := resourceID{place{call.Account, call.Region}, *in.Name}
	arn := id.arn(kindMachine)
	pass, err := passRole(*in.RoleArn, arn, call.Account)
	if err != nil {
		return nil, err
	}
	kind := cmp.Or(in.Type, types.StateMachineTypeStandard)
	parsed, err := readDefinition(*in.Definition, kind)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var tags map[string]string
	if m := s.machines[id]; m != nil {
		tags = m.tags
	}
	needs := []fakeaws.Need{need("CreateStateMachine", arn, call.Account, tags), pass}
	needs = append(needs, tagOnCreate(in.Tags, arn, call.Account, &needs[0])...)
	rev := &revision{definition: *in.Definition, machine: parsed, role: *in.RoleArn, logging: in.LoggingConfiguration, tracing: in.TracingConfiguration}
	return &fakeaws.Plan[*sfn.CreateStateMachineOutput]{Needs: needs, Do: func() (*sfn.CreateStateMachineOutput, error) {
		if err := s.checkRole(call, id, rev); err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.create(id, kind, rev, in)
	}}, nil
}

// create makes a state machine, or finds that there is one as the call wants it.
func (s *Fake) create(id resourceID, kind types.StateMachineType, rev *revision, in *sfn.CreateStateMachineInput) (*sfn.CreateStateMachineOutput, error) {
	m := s.machines[id]
	switch {
	case m != nil && m.deleting:
		return nil, deleting(m.arn)
	case m != nil:
		return m.agrees(kind, rev, in)
	case s.count(id.place) >= maxMachines:
		return nil, &types.StateMachineLimitExceeded{Message: aws.String(textManyMachines)}
	}
	now := s.now()
	rev.updated = now
	m = &machine{id: id, arn: id.arn(kindMachine), kind: kind, created: now, current: rev, tags: tagsOf(in.Tags), aliases: make(map[string]*alias)}
	s.machines[id] = m
	out := &sfn.CreateStateMachineOutput{CreationDate: &m.created, StateMachineArn: &m.arn}
	if in.Publish {
		v := m.publish(aws.ToString(in.VersionDescription), now)
		out.StateMachineVersionArn = aws.String(v.arn(m))
	}
	return out, nil
}

func (s *Fake) count(p place) (n int) {
	if len(s.machines) < maxMachines {
		return len(s.machines)
	}
	for id := range s.machines {
		if id.place == p {
			n++
		}
	}
	return n
}

// agrees answers a call for a state machine that exists: a role or tags that differ do not
// count.
func (m *machine) agrees(kind types.StateMachineType, rev *revision, in *sfn.CreateStateMachineInput) (*sfn.CreateStateMachineOutput, error) {
	same := m.kind == kind && m.current.definition == rev.definition && reflect.DeepEqual(m.current.logging, rev.logging) && reflect.DeepEqual(m.current.tracing, rev.tracing)
	out := &sfn.CreateStateMachineOutput{CreationDate: &m.created, StateMachineArn: &m.arn}
	if in.Publish && same {
		v := m.published(m.current)
		if same = v != nil && v.description == aws.ToString(in.VersionDescription); same {
			out.StateMachineVersionArn = aws.String(v.arn(m))
		}
	}
	if !same {
		return nil, &types.StateMachineAlreadyExists{Message: text(textMachineExists, []any{m.arn})}
	}
	return out, nil
}

// updateStateMachine gives a state machine another definition, role or settings. Executions
// that run keep what they began with.
func (s *Fake) updateStateMachine(call *fakeaws.Call, in *sfn.UpdateStateMachineInput) (*fakeaws.Plan[*sfn.UpdateStateMachineOutput], error) {
	t, err := s.target(call, in, in.StateMachineArn, "UpdateStateMachine")
	if err != nil {
		return nil, err
	}
	if err := t.plain(); err != nil {
		return nil, err
	}
	if in.Definition == nil && in.RoleArn == nil && in.LoggingConfiguration == nil && in.TracingConfiguration == nil && in.EncryptionConfiguration == nil {
		return nil, &types.MissingRequiredParameter{Message: aws.String(textEmptyUpdate)}
	}
	if in.VersionDescription != nil && !in.Publish {
		return nil, invalid("", textDescription)
	}
	if err := checkSettings(in.LoggingConfiguration, in.EncryptionConfiguration); err != nil {
		return nil, err
	}
	var more []fakeaws.Need
	if in.RoleArn != nil {
		pass, err := passRole(*in.RoleArn, t.ref.resourceID.arn(kindMachine), t.ref.account)
		if err != nil {
			return nil, err
		}
		more = append(more, pass)
	}
	var parsed *asl.Machine
	if in.Definition != nil {
		kind := types.StateMachineTypeStandard
		if t.machine != nil {
			kind = t.kind
		}
		if parsed, err = readDefinition(*in.Definition, kind); err != nil {
			return nil, err
		}
	}
	return &fakeaws.Plan[*sfn.UpdateStateMachineOutput]{Needs: append([]fakeaws.Need{t.need}, more...), Do: func() (*sfn.UpdateStateMachineOutput, error) {
		rev, err := s.updated(call, t, in, parsed)
		if err != nil {
			return nil, err
		}
		return s.update(t, in, rev)
	}}, nil
}

// updated is the revision that an update makes. The lock is not held.
func (s *Fake) updated(call *fakeaws.Call, t *target, in *sfn.UpdateStateMachineInput, parsed *asl.Machine) (*revision, error) {
	if t.machine == nil {
		return nil, noMachine(t.ref.text)
	}
	s.mu.Lock()
	rev := *t.current
	s.mu.Unlock()
	rev.id = s.world.IDs().UUID()
	if parsed != nil {
		rev.definition, rev.machine = *in.Definition, parsed
	}
	rev.role = cmp.Or(aws.ToString(in.RoleArn), rev.role)
	rev.logging = cmp.Or(in.LoggingConfiguration, rev.logging)
	rev.tracing = cmp.Or(in.TracingConfiguration, rev.tracing)
	return &rev, s.checkRole(call, t.id, &rev)
}

func (s *Fake) update(t *target, in *sfn.UpdateStateMachineInput, rev *revision) (*sfn.UpdateStateMachineOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case t.gone:
		return nil, noMachine(t.ref.text)
	case t.deleting:
		return nil, deleting(t.arn)
	case in.Publish && len(t.versions) >= maxVersions:
		return nil, quotaExceeded(textManyVersions)
	}
	rev.updated = s.now()
	t.current = rev
	out := &sfn.UpdateStateMachineOutput{UpdateDate: &rev.updated, RevisionId: &rev.id}
	if in.Publish {
		out.StateMachineVersionArn = aws.String(t.publish(aws.ToString(in.VersionDescription), rev.updated).arn(t.machine))
	}
	return out, nil
}

// deleteStateMachine deletes a state machine once its executions have ended. One that does
// not exist is fine.
func (s *Fake) deleteStateMachine(call *fakeaws.Call, in *sfn.DeleteStateMachineInput) (*fakeaws.Plan[*sfn.DeleteStateMachineOutput], error) {
	t, err := s.target(call, in, in.StateMachineArn, "DeleteStateMachine")
	if err != nil {
		return nil, err
	}
	if err := t.plain(); err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*sfn.DeleteStateMachineOutput]{Needs: []fakeaws.Need{t.need}, Do: func() (*sfn.DeleteStateMachineOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if t.machine != nil && !t.gone {
			t.deleting = true
			if t.running == 0 {
				s.remove(t.machine)
			}
		}
		return &sfn.DeleteStateMachineOutput{}, nil
	}}, nil
}

// describeStateMachine describes a state machine, or a version of it.
func (s *Fake) describeStateMachine(call *fakeaws.Call, in *sfn.DescribeStateMachineInput) (*fakeaws.Plan[*sfn.DescribeStateMachineOutput], error) {
	return onMachine(s, call, in, in.StateMachineArn, func(t *target) (*sfn.DescribeStateMachineOutput, error) {
		rev, description := t.current, (*string)(nil)
		created := t.created
		if t.ref.rest != "" {
			v := t.version(t.ref.rest)
			if v == nil {
				return nil, noMachine(t.ref.text)
			}
			rev, created = v.revision, v.created
			description = optional(v.description)
		}
		status := types.StateMachineStatusActive
		if t.deleting {
			status = types.StateMachineStatusDeleting
		}
		out := &sfn.DescribeStateMachineOutput{
			CreationDate: &created, Name: &t.id.name, RoleArn: &rev.role, StateMachineArn: aws.String(t.ref.text), Type: t.kind, Status: status,
			Description: description, RevisionId: optional(rev.id), LoggingConfiguration: rev.loggingOrOff(), TracingConfiguration: rev.tracingOrOff(),
			EncryptionConfiguration: awsOwned(),
		}
		if in.IncludedData != types.IncludedDataMetadataOnly {
			out.Definition = &rev.definition
		}
		return out, nil
	})
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (r *revision) loggingOrOff() *types.LoggingConfiguration {
	if r.logging == nil {
		return &types.LoggingConfiguration{Level: types.LogLevelOff}
	}
	return r.logging
}

func (r *revision) tracingOrOff() *types.TracingConfiguration {
	return cmp.Or(r.tracing, &types.TracingConfiguration{})
}

func awsOwned() *types.EncryptionConfiguration {
	return &types.EncryptionConfiguration{Type: types.EncryptionTypeAwsOwnedKey}
}

func (s *Fake) listStateMachines(call *fakeaws.Call, in *sfn.ListStateMachinesInput) (*fakeaws.Plan[*sfn.ListStateMachinesOutput], error) {
	return onAccount(s, call, in, "stateMachine:*", func() (*sfn.ListStateMachinesOutput, error) {
		var all []*machine
		for id, m := range s.machines {
			if id.place == (place{call.Account, call.Region}) {
				all = append(all, m)
			}
		}
		slices.SortFunc(all, func(a, b *machine) int { return strings.Compare(a.id.name, b.id.name) })
		p, err := paged(all, func(m *machine) string { return m.id.name }, in.NextToken, in.MaxResults, func(m *machine) types.StateMachineListItem {
			return types.StateMachineListItem{CreationDate: &m.created, Name: &m.id.name, StateMachineArn: &m.arn, Type: m.kind}
		})
		if err != nil {
			return nil, err
		}
		return &sfn.ListStateMachinesOutput{StateMachines: p.Items, NextToken: p.Next}, nil
	})
}

// validInput refuses the input of an execution that is no JSON.
func validInput(input string) error {
	if !json.Valid([]byte(input)) {
		return &types.InvalidExecutionInput{Message: text(textInput, []any{"Unrecognized token or unexpected end of the JSON text"})}
	}
	if _, err := asl.Decode([]byte(input)); err != nil {
		return &types.InvalidExecutionInput{Message: text(textInput, []any{fmt.Sprint(err)})}
	}
	return nil
}
