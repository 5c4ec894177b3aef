package stepfunctions

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) aliasOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createStateMachineAlias),
		fakeaws.Bind(s.updateStateMachineAlias),
		fakeaws.Bind(s.deleteStateMachineAlias),
		fakeaws.Bind(s.describeStateMachineAlias),
		fakeaws.Bind(s.listStateMachineAliases),
	}
}

// maxAliases is how many aliases a state machine has.
const maxAliases = 100

// routed reads the versions of a routing configuration, which are of one state machine.
func routed(call *fakeaws.Call, routes []types.RoutingConfigurationListItem) (*reference, error) {
	var first *reference
	weight := int32(0)
	for _, r := range routes {
		ref, err := refer(call, r.StateMachineVersionArn, kindMachine)
		if err != nil {
			return nil, err
		}
		if !isNumber(ref.rest) {
			return nil, invalidARN(textResourceType, ref.text)
		}
		if first != nil && (first.resourceID != ref.resourceID || first.rest == ref.rest) {
			return nil, invalid(types.ValidationExceptionReasonInvalidRoutingConfiguration, textRouting)
		}
		first = ref
		weight += r.Weight
	}
	if first == nil || weight != 100 {
		return nil, invalid(types.ValidationExceptionReasonInvalidRoutingConfiguration, textRouting)
	}
	return first, nil
}

// has reports whether a state machine has the versions of a routing configuration.
func (m *machine) has(routes []types.RoutingConfigurationListItem) error {
	for _, r := range routes {
		ref, _ := parse(*r.StateMachineVersionArn)
		if m.version(ref.rest) == nil {
			return notFound(ref.text)
		}
	}
	return nil
}

func sameRoutes(a, b []types.RoutingConfigurationListItem) bool {
	return slices.EqualFunc(a, b, func(x, y types.RoutingConfigurationListItem) bool {
		return *x.StateMachineVersionArn == *y.StateMachineVersionArn && x.Weight == y.Weight
	})
}

func (s *Fake) createStateMachineAlias(call *fakeaws.Call, in *sfn.CreateStateMachineAliasInput) (*fakeaws.Plan[*sfn.CreateStateMachineAliasOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	ref, err := routed(call, in.RoutingConfiguration)
	if err != nil {
		return nil, err
	}
	unqualified := *ref
	unqualified.rest = *in.Name
	s.mu.Lock()
	t := s.targetOf(&unqualified, call.Operation)
	s.mu.Unlock()
	return planOn(s, t, nil, func(t *target) (*sfn.CreateStateMachineAliasOutput, error) {
		if t.deleting {
			return nil, deleting(t.arn)
		}
		if err := t.has(in.RoutingConfiguration); err != nil {
			return nil, err
		}
		a := t.aliases[*in.Name]
		switch {
		case a != nil && (a.description != aws.ToString(in.Description) || !sameRoutes(a.routes, in.RoutingConfiguration)):
			return nil, conflict(textAliasExists, a.name)
		case a == nil && len(t.aliases) >= maxAliases:
			return nil, quotaExceeded(textManyAliases)
		case a == nil:
			now := s.now()
			a = &alias{name: *in.Name, description: aws.ToString(in.Description), routes: in.RoutingConfiguration, created: now, updated: now}
			t.aliases[a.name] = a
		}
		return &sfn.CreateStateMachineAliasOutput{CreationDate: &a.created, StateMachineAliasArn: aws.String(a.arn(t.machine))}, nil
	}), nil
}

// onAlias plans an operation on one alias.
func onAlias[O any](s *Fake, call *fakeaws.Call, in any, arn *string, do func(*target, *alias) (O, error)) (*fakeaws.Plan[O], error) {
	t, err := s.target(call, in, arn, call.Operation)
	if err != nil {
		return nil, err
	}
	if t.ref.rest == "" || isNumber(t.ref.rest) {
		return nil, invalidARN(textResourceType, t.ref.text)
	}
	var found *alias
	if t.machine != nil {
		s.mu.Lock()
		found = t.aliases[t.ref.rest]
		s.mu.Unlock()
	}
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{t.need}, Do: func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if found == nil || found.gone || t.gone {
			return none, notFound(t.ref.text)
		}
		return do(t, found)
	}}, nil
}

func (s *Fake) updateStateMachineAlias(call *fakeaws.Call, in *sfn.UpdateStateMachineAliasInput) (*fakeaws.Plan[*sfn.UpdateStateMachineAliasOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if in.Description == nil && in.RoutingConfiguration == nil {
		return nil, invalid(types.ValidationExceptionReasonMissingRequiredParameter, textNothingToUpdate)
	}
	var ref *reference
	if in.RoutingConfiguration != nil {
		var err error
		if ref, err = routed(call, in.RoutingConfiguration); err != nil {
			return nil, err
		}
	}
	return onAlias(s, call, in, in.StateMachineAliasArn, func(t *target, a *alias) (*sfn.UpdateStateMachineAliasOutput, error) {
		if t.deleting {
			return nil, deleting(t.arn)
		}
		if ref != nil {
			if ref.resourceID != t.id {
				return nil, invalid(types.ValidationExceptionReasonInvalidRoutingConfiguration, textRouting)
			}
			if err := t.has(in.RoutingConfiguration); err != nil {
				return nil, err
			}
			a.routes = in.RoutingConfiguration
		}
		if in.Description != nil {
			a.description = *in.Description
		}
		a.updated = s.now()
		return &sfn.UpdateStateMachineAliasOutput{UpdateDate: aws.Time(a.updated)}, nil
	})
}

func (s *Fake) deleteStateMachineAlias(call *fakeaws.Call, in *sfn.DeleteStateMachineAliasInput) (*fakeaws.Plan[*sfn.DeleteStateMachineAliasOutput], error) {
	return onAlias(s, call, in, in.StateMachineAliasArn, func(t *target, a *alias) (*sfn.DeleteStateMachineAliasOutput, error) {
		a.gone = true
		delete(t.aliases, a.name)
		return &sfn.DeleteStateMachineAliasOutput{}, nil
	})
}

func (s *Fake) describeStateMachineAlias(call *fakeaws.Call, in *sfn.DescribeStateMachineAliasInput) (*fakeaws.Plan[*sfn.DescribeStateMachineAliasOutput], error) {
	return onAlias(s, call, in, in.StateMachineAliasArn, func(t *target, a *alias) (*sfn.DescribeStateMachineAliasOutput, error) {
		return &sfn.DescribeStateMachineAliasOutput{CreationDate: aws.Time(a.created), UpdateDate: aws.Time(a.updated), Name: &a.name, Description: optional(a.description),
			RoutingConfiguration: slices.Clone(a.routes), StateMachineAliasArn: aws.String(a.arn(t.machine))}, nil
	})
}

// listStateMachineAliases lists the aliases of a state machine, or those of one version.
func (s *Fake) listStateMachineAliases(call *fakeaws.Call, in *sfn.ListStateMachineAliasesInput) (*fakeaws.Plan[*sfn.ListStateMachineAliasesOutput], error) {
	return onMachine(s, call, in, in.StateMachineArn, func(t *target) (*sfn.ListStateMachineAliasesOutput, error) {
		if t.ref.rest != "" && !isNumber(t.ref.rest) {
			return nil, invalidARN(textResourceType, t.ref.text)
		}
		var all []*alias
		for _, name := range slices.Sorted(maps.Keys(t.aliases)) {
			a := t.aliases[name]
			leads := func(r types.RoutingConfigurationListItem) bool { return *r.StateMachineVersionArn == t.ref.text }
			if t.ref.rest == "" || slices.ContainsFunc(a.routes, leads) {
				all = append(all, a)
			}
		}
		p, err := paged(all, func(a *alias) string { return a.name }, in.NextToken, in.MaxResults, func(a *alias) types.StateMachineAliasListItem {
			return types.StateMachineAliasListItem{CreationDate: aws.Time(a.created), StateMachineAliasArn: aws.String(a.arn(t.machine))}
		})
		if err != nil {
			return nil, err
		}
		return &sfn.ListStateMachineAliasesOutput{StateMachineAliases: p.Items, NextToken: p.Next}, nil
	})
}
