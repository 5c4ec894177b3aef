package cloudformation

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscf "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) describeOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.describeStacks),
		fakeaws.Bind(s.describeStackEvents),
		fakeaws.Bind(s.describeStackResource),
		fakeaws.Bind(s.describeStackResources),
		fakeaws.Bind(s.listStacks),
		fakeaws.Bind(s.listStackResources),
		fakeaws.Bind(s.listExports),
		fakeaws.Bind(s.listImports),
		fakeaws.Bind(s.describeAccountLimits),
	}
}

// pageSize is how many things a list call returns at most.
const pageSize = 100

// keptDeleted is how long deleted stacks are listed.
const keptDeleted = 90 * 24 * time.Hour

// page cuts a list where a token says: the number of items that were answered before.
func page[T any](all []T, token *string) ([]T, *string, error) {
	from := 0
	if token != nil {
		n, err := strconv.Atoi(*token)
		if err != nil || n <= 0 || n > len(all) {
			return nil, nil, invalid(textToken)
		}
		from = n
	}
	if to := from + pageSize; to < len(all) {
		return all[from:to], aws.String(strconv.Itoa(to)), nil
	}
	return all[from:], nil, nil
}

// onAll plans an operation on the stacks of a place.
func onAll[O any](s *Fake, call *fakeaws.Call, in any, do func(place) (O, error)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	n := need(call.Operation, "*", call.Account, nil)
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{n}, Do: func() (O, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return do(placeOf(call))
	}}, nil
}

// allStacks is the resource of DescribeStacks without a name. That policies are asked about
// it, and not about "*", is unverified.
const allStacks = "stack/*/*"

func (s *Fake) describeStacks(call *fakeaws.Call, in *awscf.DescribeStacksInput) (*fakeaws.Plan[*awscf.DescribeStacksOutput], error) {
	if in.StackName != nil {
		return onStack(s, call, in, in.StackName, func(st *stack) (*awscf.DescribeStacksOutput, error) {
			return &awscf.DescribeStacksOutput{Stacks: []types.Stack{st.shown()}}, nil
		})
	}
	if err := check(in); err != nil {
		return nil, err
	}
	n := need(call.Operation, placeOf(call).arn(allStacks), call.Account, nil)
	return &fakeaws.Plan[*awscf.DescribeStacksOutput]{Needs: []fakeaws.Need{n}, Do: func() (*awscf.DescribeStacksOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		all, next, err := page(s.in(placeOf(call), func(st *stack) bool { return st.status != types.StackStatusDeleteComplete }), in.NextToken)
		if err != nil {
			return nil, err
		}
		out := &awscf.DescribeStacksOutput{NextToken: next, Stacks: []types.Stack{}}
		for _, st := range all {
			out.Stacks = append(out.Stacks, st.shown())
		}
		return out, nil
	}}, nil
}

// in are the stacks of a place, the newest first. The lock is held.
func (s *Fake) in(at place, want func(*stack) bool) (all []*stack) {
	for _, st := range slices.Backward(s.order) {
		if st.place == at && want(st) {
			all = append(all, st)
		}
	}
	return all
}

func (s *Fake) describeStackEvents(call *fakeaws.Call, in *awscf.DescribeStackEventsInput) (*fakeaws.Plan[*awscf.DescribeStackEventsOutput], error) {
	return onStack(s, call, in, in.StackName, func(st *stack) (*awscf.DescribeStackEventsOutput, error) {
		newest := slices.Clone(st.events)
		slices.Reverse(newest)
		all, next, err := page(newest, in.NextToken)
		if err != nil {
			return nil, err
		}
		out := &awscf.DescribeStackEventsOutput{NextToken: next, StackEvents: []types.StackEvent{}}
		for _, e := range all {
			out.StackEvents = append(out.StackEvents, *e)
		}
		return out, nil
	})
}

func ptr(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func (s *Fake) describeStackResource(call *fakeaws.Call, in *awscf.DescribeStackResourceInput) (*fakeaws.Plan[*awscf.DescribeStackResourceOutput], error) {
	return onStack(s, call, in, in.StackName, func(st *stack) (*awscf.DescribeStackResourceOutput, error) {
		r := st.resources[*in.LogicalResourceId]
		if r == nil {
			return nil, invalid(textNoResource, *in.LogicalResourceId, st.name)
		}
		d := &types.StackResourceDetail{
			StackId: &st.id, StackName: &st.name, LogicalResourceId: &r.logical, PhysicalResourceId: ptr(r.physical), ResourceType: &r.kind, ResourceStatus: r.status,
			ResourceStatusReason: ptr(r.reason), LastUpdatedTimestamp: &r.changed,
			DriftInformation: &types.StackResourceDriftInformation{StackResourceDriftStatus: types.StackResourceDriftStatusNotChecked},
		}
		d.Metadata = aws.String("{}")
		if r.metadata != nil {
			d.Metadata = aws.String(encoded(r.metadata))
		}
		return &awscf.DescribeStackResourceOutput{StackResourceDetail: d}, nil
	})
}

// resourcesOf are the resources of a stack, in the order of their ids. The lock is held.
func resourcesOf(st *stack) []*resource {
	var all []*resource
	for _, r := range st.resources {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *resource) int { return strings.Compare(a.logical, b.logical) })
	return all
}

func (s *Fake) describeStackResources(call *fakeaws.Call, in *awscf.DescribeStackResourcesInput) (*fakeaws.Plan[*awscf.DescribeStackResourcesOutput], error) {
	if in.StackName == nil && in.PhysicalResourceId == nil {
		return nil, invalid("Either StackName or PhysicalResourceId must be specified") // unverified
	}
	if in.StackName != nil && in.PhysicalResourceId != nil {
		return nil, invalid("StackName and PhysicalResourceId must not both be specified") // unverified
	}
	name := in.StackName
	if name == nil {
		s.mu.Lock()
		st := s.of(placeOf(call), *in.PhysicalResourceId)
		s.mu.Unlock()
		if st == nil {
			n := need(call.Operation, placeOf(call).arn(allStacks), call.Account, nil)
			return &fakeaws.Plan[*awscf.DescribeStackResourcesOutput]{Needs: []fakeaws.Need{n}, Do: func() (*awscf.DescribeStackResourcesOutput, error) {
				return nil, invalid("Stack for %s does not exist", *in.PhysicalResourceId)
			}}, nil
		}
		name = &st.id
	}
	return onStack(s, call, in, name, func(st *stack) (*awscf.DescribeStackResourcesOutput, error) {
		out := &awscf.DescribeStackResourcesOutput{StackResources: []types.StackResource{}}
		for _, r := range resourcesOf(st) {
			if in.LogicalResourceId != nil && *in.LogicalResourceId != r.logical || len(out.StackResources) >= pageSize {
				continue
			}
			out.StackResources = append(out.StackResources, types.StackResource{
				StackId: &st.id, StackName: &st.name, LogicalResourceId: &r.logical, PhysicalResourceId: ptr(r.physical), ResourceType: &r.kind, ResourceStatus: r.status,
				ResourceStatusReason: ptr(r.reason), Timestamp: &r.changed,
				DriftInformation: &types.StackResourceDriftInformation{StackResourceDriftStatus: types.StackResourceDriftStatusNotChecked},
			})
		}
		if in.LogicalResourceId != nil && len(out.StackResources) == 0 {
			return nil, invalid(textNoResource, *in.LogicalResourceId, st.name)
		}
		return out, nil
	})
}

// of finds the stack that a resource is of. The lock is held.
func (s *Fake) of(at place, physical string) *stack {
	for _, st := range s.in(at, func(st *stack) bool { return st.status != types.StackStatusDeleteComplete }) {
		for _, r := range st.resources {
			if r.physical == physical {
				return st
			}
		}
	}
	return nil
}

func (s *Fake) listStacks(call *fakeaws.Call, in *awscf.ListStacksInput) (*fakeaws.Plan[*awscf.ListStacksOutput], error) {
	return onAll(s, call, in, func(at place) (*awscf.ListStacksOutput, error) {
		now := s.now()
		all, next, err := page(s.in(at, func(st *stack) bool {
			return (len(in.StackStatusFilter) == 0 || slices.Contains(in.StackStatusFilter, st.status)) && (st.deleted.IsZero() || now.Sub(st.deleted) < keptDeleted)
		}), in.NextToken)
		if err != nil {
			return nil, err
		}
		out := &awscf.ListStacksOutput{NextToken: next, StackSummaries: []types.StackSummary{}}
		for _, st := range all {
			full := st.shown()
			out.StackSummaries = append(out.StackSummaries, types.StackSummary{
				StackId: full.StackId, StackName: full.StackName, StackStatus: full.StackStatus, CreationTime: full.CreationTime, DeletionTime: full.DeletionTime,
				LastUpdatedTime: full.LastUpdatedTime, ParentId: full.ParentId, RootId: full.RootId, StackStatusReason: full.StackStatusReason, TemplateDescription: full.Description,
				DriftInformation: &types.StackDriftInformationSummary{StackDriftStatus: types.StackDriftStatusNotChecked},
			})
		}
		return out, nil
	})
}

func (s *Fake) listStackResources(call *fakeaws.Call, in *awscf.ListStackResourcesInput) (*fakeaws.Plan[*awscf.ListStackResourcesOutput], error) {
	return onStack(s, call, in, in.StackName, func(st *stack) (*awscf.ListStackResourcesOutput, error) {
		all, next, err := page(resourcesOf(st), in.NextToken)
		if err != nil {
			return nil, err
		}
		out := &awscf.ListStackResourcesOutput{NextToken: next, StackResourceSummaries: []types.StackResourceSummary{}}
		for _, r := range all {
			out.StackResourceSummaries = append(out.StackResourceSummaries, types.StackResourceSummary{
				LogicalResourceId: &r.logical, PhysicalResourceId: ptr(r.physical), ResourceType: &r.kind, ResourceStatus: r.status, ResourceStatusReason: ptr(r.reason), LastUpdatedTimestamp: &r.changed,
				DriftInformation: &types.StackResourceDriftInformationSummary{StackResourceDriftStatus: types.StackResourceDriftStatusNotChecked},
			})
		}
		return out, nil
	})
}

func (s *Fake) listExports(call *fakeaws.Call, in *awscf.ListExportsInput) (*fakeaws.Plan[*awscf.ListExportsOutput], error) {
	return onAll(s, call, in, func(at place) (*awscf.ListExportsOutput, error) {
		var exports []types.Export
		for _, st := range s.in(at, func(st *stack) bool { return st.status != types.StackStatusDeleteComplete }) {
			for _, o := range st.outputs {
				if o.Export != "" {
					exports = append(exports, types.Export{ExportingStackId: &st.id, Name: aws.String(o.Export), Value: aws.String(o.Value)})
				}
			}
		}
		slices.SortFunc(exports, func(a, b types.Export) int { return strings.Compare(*a.Name, *b.Name) })
		all, next, err := page(exports, in.NextToken)
		return &awscf.ListExportsOutput{Exports: slices.Clone(all), NextToken: next}, err
	})
}

func (s *Fake) listImports(call *fakeaws.Call, in *awscf.ListImportsInput) (*fakeaws.Plan[*awscf.ListImportsOutput], error) {
	return onAll(s, call, in, func(at place) (*awscf.ListImportsOutput, error) {
		users := s.importers(at, *in.ExportName)
		if len(users) == 0 {
			return nil, invalid("Export '%s' is not imported by any stack.", *in.ExportName)
		}
		all, next, err := page(users, in.NextToken)
		return &awscf.ListImportsOutput{Imports: slices.Clone(all), NextToken: next}, err
	})
}

// describeAccountLimits answers the limits that an account begins with.
func (s *Fake) describeAccountLimits(call *fakeaws.Call, in *awscf.DescribeAccountLimitsInput) (*fakeaws.Plan[*awscf.DescribeAccountLimitsOutput], error) {
	return onAll(s, call, in, func(place) (*awscf.DescribeAccountLimitsOutput, error) {
		limit := func(name string, value int32) types.AccountLimit {
			return types.AccountLimit{Name: &name, Value: &value}
		}
		return &awscf.DescribeAccountLimitsOutput{AccountLimits: []types.AccountLimit{limit("StackLimit", maxStacks), limit("StackOutputsLimit", 200), limit("ConcurrentResourcesLimit", 2500)}}, nil
	})
}
