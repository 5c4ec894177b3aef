package cloudwatchlogs

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) accountPolicyOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.putAccountPolicy),
		fakeaws.Bind(s.deleteAccountPolicy),
		fakeaws.Bind(s.describeAccountPolicies),
	}
}

// An accountPolicyID names an account policy: of each type there are several.
type accountPolicyID struct {
	kind types.PolicyType
	name string
}

// A storedPolicy is an account policy. Those for subscriptions deliver; by others nothing is
// done.
type storedPolicy struct {
	document  string
	scope     types.Scope
	selection *string
	updated   time.Time
	filter    *subscription // nil of other types
	excluded  []string      // log groups for which the filter is not
}

// The bounds of account policies: "Each account can have only one account-level subscription
// filter policy per Region", "up to 20 field index policies", which is taken for all other
// types; the document "has a maximum size of 30,720 characters".
const (
	maxAccountPolicies       = 20
	maxAccountPolicyDocument = 30_720
)

// more are the permissions that an account policy takes besides those of its own operations,
// by its type ("you must have the logs:PutSubscriptionFilter and logs:PutAccountPolicy
// permissions"): to put, delete and describe it. That they are on no log group is unverified.
var more = map[types.PolicyType][3]string{
	types.PolicyTypeDataProtectionPolicy:     {"PutDataProtectionPolicy", "DeleteDataProtectionPolicy", "GetDataProtectionPolicy"},
	types.PolicyTypeSubscriptionFilterPolicy: {"PutSubscriptionFilter", "DeleteSubscriptionFilter", "DescribeSubscriptionFilters"},
	types.PolicyTypeFieldIndexPolicy:         {"PutIndexPolicy", "DeleteIndexPolicy", "DescribeIndexPolicies"},
	types.PolicyTypeTransformerPolicy:        {"PutTransformer", "DeleteTransformer", "GetTransformer"},
	types.PolicyTypeMetricExtractionPolicy:   {"PutMetricExtractionPolicy", "DeleteMetricExtractionPolicy", "GetMetricExtractionPolicy"},
}

// The places of permissions in more.
const (
	toPut = iota
	toDelete
	toDescribe
)

// onAccountPolicy is onAccount with the permission of the type of a policy.
func onAccountPolicy[O any](s *Fake, call *fakeaws.Call, in any, kind types.PolicyType, to int, do func() (O, error)) (*fakeaws.Plan[O], error) {
	plan, err := onAccount(s, call, in, do)
	if err != nil {
		return nil, err
	}
	if actions, ok := more[kind]; ok {
		plan.Needs = append(plan.Needs, anywhere(call, "logs:"+actions[to]))
	}
	return plan, nil
}

func (s *Fake) putAccountPolicy(call *fakeaws.Call, in *awslogs.PutAccountPolicyInput) (*fakeaws.Plan[*awslogs.PutAccountPolicyOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if !json.Valid([]byte(*in.PolicyDocument)) || len(*in.PolicyDocument) > maxAccountPolicyDocument {
		return nil, invalidParameter(textPolicy)
	}
	id := accountPolicyID{in.PolicyType, *in.PolicyName}
	p := &storedPolicy{document: *in.PolicyDocument, scope: cmp.Or(in.Scope, types.ScopeAll), selection: in.SelectionCriteria}
	if id.kind == types.PolicyTypeSubscriptionFilterPolicy {
		if err := p.subscribe(call, in); err != nil {
			return nil, err
		}
	}
	plan, err := onAccountPolicy(s, call, in, id.kind, toPut, func() (*awslogs.PutAccountPolicyOutput, error) {
		if id.kind == types.PolicyTypeDataProtectionPolicy {
			return nil, notImplemented("the masking of events by a policy of the type DATA_PROTECTION_POLICY")
		}
		there := s.shelf(placeOf(call))
		if there.accountPolicies[id] == nil {
			most := maxAccountPolicies
			if id.kind == types.PolicyTypeSubscriptionFilterPolicy {
				most = 1
			}
			if there.countPolicies(id.kind) >= most {
				return nil, limitExceeded()
			}
		}
		p.updated = s.now()
		there.accountPolicies[id] = p
		out := there.describePolicy(call, id)
		return &awslogs.PutAccountPolicyOutput{AccountPolicy: &out}, nil
	})
	if err != nil || p.filter == nil {
		return plan, err
	}
	return s.trying(call, plan, p.filter), nil
}

// trying has a plan for a filter of an account find out first whether it can deliver. To pass a
// role takes the permission for it.
func (s *Fake) trying(call *fakeaws.Call, plan *fakeaws.Plan[*awslogs.PutAccountPolicyOutput], f *subscription) *fakeaws.Plan[*awslogs.PutAccountPolicyOutput] {
	if to, ok := parseDestinationARN(f.destination); ok {
		need, _ := s.subscribing(to)
		plan.Needs = append(plan.Needs, need)
	}
	if f.role != "" {
		plan.Needs = append(plan.Needs, passRole(f.role))
	}
	do := plan.Do
	plan.Do = func() (*awslogs.PutAccountPolicyOutput, error) {
		if err := s.try(call, groupID{call.Account, call.Region, "*"}, f.destination, f.role); err != nil {
			return nil, err
		}
		return do()
	}
	return plan
}

// subscribe reads the document of a policy for subscriptions, and the groups for which it is
// not: "LogGroupName NOT IN ["a", "b"]".
func (p *storedPolicy) subscribe(call *fakeaws.Call, in *awslogs.PutAccountPolicyInput) error {
	var d struct {
		DestinationArn, FilterPattern string
		RoleArn                       *string
		Distribution                  types.Distribution
	}
	if json.Unmarshal([]byte(p.document), &d) != nil {
		return invalidParameter(textPolicy)
	}
	if err := checkDestination(call, d.DestinationArn, d.RoleArn); err != nil {
		return err
	}
	parsed, err := parsePattern(&d.FilterPattern)
	if err != nil {
		return err
	}
	if p.selection != nil {
		list, ok := strings.CutPrefix(strings.TrimSpace(*p.selection), "LogGroupName NOT IN")
		if !ok || json.Unmarshal([]byte(list), &p.excluded) != nil {
			return notImplemented("the selection criteria " + *p.selection)
		}
	}
	p.filter = &subscription{
		name: *in.PolicyName, pattern: parsed, destination: d.DestinationArn, role: aws.ToString(d.RoleArn),
		distribution: cmp.Or(d.Distribution, types.DistributionByLogStream),
	}
	return nil
}

// subscription is the filter that an account has for a log group; nil without one. There is
// one policy for subscriptions at most.
func (there *shelf) subscription(g *group) *subscription {
	for _, p := range there.accountPolicies {
		if p.filter != nil && !slices.Contains(p.excluded, g.id.name) {
			return p.filter
		}
	}
	return nil
}

func (there *shelf) countPolicies(kind types.PolicyType) (n int) {
	for id := range there.accountPolicies {
		if id.kind == kind {
			n++
		}
	}
	return n
}

func (there *shelf) describePolicy(call *fakeaws.Call, id accountPolicyID) types.AccountPolicy {
	p := there.accountPolicies[id]
	return types.AccountPolicy{
		AccountId: aws.String(call.Account), PolicyName: aws.String(id.name), PolicyType: id.kind, PolicyDocument: aws.String(p.document),
		Scope: p.scope, SelectionCriteria: p.selection, LastUpdatedTime: aws.Int64(p.updated.UnixMilli()),
	}
}

func (s *Fake) deleteAccountPolicy(call *fakeaws.Call, in *awslogs.DeleteAccountPolicyInput) (*fakeaws.Plan[*awslogs.DeleteAccountPolicyOutput], error) {
	id := accountPolicyID{in.PolicyType, aws.ToString(in.PolicyName)}
	return onAccountPolicy(s, call, in, in.PolicyType, toDelete, func() (*awslogs.DeleteAccountPolicyOutput, error) {
		there := s.shelf(placeOf(call))
		if there.accountPolicies[id] == nil {
			return nil, notFound(textNoAccountPolicy)
		}
		delete(there.accountPolicies, id)
		return &awslogs.DeleteAccountPolicyOutput{}, nil
	})
}

func (s *Fake) describeAccountPolicies(call *fakeaws.Call, in *awslogs.DescribeAccountPoliciesInput) (*fakeaws.Plan[*awslogs.DescribeAccountPoliciesOutput], error) {
	if len(in.AccountIdentifiers) > 1 {
		return nil, invalidParameter(textManyAccounts)
	}
	return onAccountPolicy(s, call, in, in.PolicyType, toDescribe, func() (*awslogs.DescribeAccountPoliciesOutput, error) {
		out := &awslogs.DescribeAccountPoliciesOutput{AccountPolicies: []types.AccountPolicy{}}
		if len(in.AccountIdentifiers) == 1 && in.AccountIdentifiers[0] != call.Account {
			return out, nil
		}
		there := s.at(placeOf(call))
		for id := range there.accountPolicies {
			if id.kind == in.PolicyType && (in.PolicyName == nil || *in.PolicyName == id.name) {
				out.AccountPolicies = append(out.AccountPolicies, there.describePolicy(call, id))
			}
		}
		slices.SortFunc(out.AccountPolicies, func(a, b types.AccountPolicy) int { return strings.Compare(*a.PolicyName, *b.PolicyName) })
		return out, nil
	})
}
