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

// A storedPolicy is an account policy. It is stored, and nothing is done by it.
type storedPolicy struct {
	document  string
	scope     types.Scope
	selection *string
	updated   time.Time
}

// The bounds of account policies: "Each account can have only one account-level subscription
// filter policy per Region", "up to 20 field index policies", which is taken for all other
// types; the document "has a maximum size of 30,720 characters".
const (
	maxAccountPolicies       = 20
	maxAccountPolicyDocument = 30_720
)

func (s *Fake) putAccountPolicy(call *fakeaws.Call, in *awslogs.PutAccountPolicyInput) (*fakeaws.Plan[*awslogs.PutAccountPolicyOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if !json.Valid([]byte(*in.PolicyDocument)) || len(*in.PolicyDocument) > maxAccountPolicyDocument {
		return nil, invalidParameter(textPolicy)
	}
	id := accountPolicyID{in.PolicyType, *in.PolicyName}
	return onAccount(s, call, in, func() (*awslogs.PutAccountPolicyOutput, error) {
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
		there.accountPolicies[id] = &storedPolicy{*in.PolicyDocument, cmp.Or(in.Scope, types.ScopeAll), in.SelectionCriteria, s.now()}
		out := there.describePolicy(call, id)
		return &awslogs.PutAccountPolicyOutput{AccountPolicy: &out}, nil
	})
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
	return onAccount(s, call, in, func() (*awslogs.DeleteAccountPolicyOutput, error) {
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
	return onAccount(s, call, in, func() (*awslogs.DescribeAccountPoliciesOutput, error) {
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
