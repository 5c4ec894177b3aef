package ses

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	"github.com/aws/aws-sdk-go-v2/service/ses/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) ruleSetOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.createReceiptRuleSet),
		bind(s.cloneReceiptRuleSet),
		bind(s.deleteReceiptRuleSet),
		bind(s.describeReceiptRuleSet),
		bind(s.describeActiveReceiptRuleSet),
		bind(s.setActiveReceiptRuleSet),
		bind(s.listReceiptRuleSets),
	}
}

func (s *Fake) newRuleSet(call *fakeaws.Call, r *region, name string) (*ruleSet, error) {
	if len(r.ruleSets) >= maxRuleSets {
		return nil, limitExceeded(call, textManyResources, maxRuleSets)
	}
	return &ruleSet{name: name, created: s.now().Truncate(time.Millisecond)}, nil
}

func checkRuleSet(call *fakeaws.Call, name *string) error {
	if !ruleName.MatchString(aws.ToString(name)) {
		return invalid(call, "Invalid rule set name: %s", aws.ToString(name))
	}
	return nil
}

func (s *Fake) createReceiptRuleSet(call *fakeaws.Call, in *awsses.CreateReceiptRuleSetInput) (*fakeaws.Plan[*awsses.CreateReceiptRuleSetOutput], error) {
	if err := checkRuleSet(call, in.RuleSetName); err != nil {
		return nil, err
	}
	return create(s, call, ruleSets, *in.RuleSetName, nil, func(r *region) (*ruleSet, *awsses.CreateReceiptRuleSetOutput, error) {
		x, err := s.newRuleSet(call, r, *in.RuleSetName)
		return x, &awsses.CreateReceiptRuleSetOutput{}, err
	})
}

func (s *Fake) cloneReceiptRuleSet(call *fakeaws.Call, in *awsses.CloneReceiptRuleSetInput) (*fakeaws.Plan[*awsses.CloneReceiptRuleSetOutput], error) {
	if err := checkRuleSet(call, in.RuleSetName); err != nil {
		return nil, err
	}
	return create(s, call, ruleSets, *in.RuleSetName, nil, func(r *region) (*ruleSet, *awsses.CloneReceiptRuleSetOutput, error) {
		from := r.ruleSets[aws.ToString(in.OriginalRuleSetName)]
		if from == nil {
			return nil, nil, ruleSets.missing(call, aws.ToString(in.OriginalRuleSetName))
		}
		x, err := s.newRuleSet(call, r, *in.RuleSetName)
		if err != nil {
			return nil, nil, err
		}
		x.rules = slices.Clone(from.rules)
		return x, &awsses.CloneReceiptRuleSetOutput{}, nil
	})
}

// deleteReceiptRuleSet deletes a set that is not active. That there is none is no error.
func (s *Fake) deleteReceiptRuleSet(call *fakeaws.Call, in *awsses.DeleteReceiptRuleSetInput) (*fakeaws.Plan[*awsses.DeleteReceiptRuleSetOutput], error) {
	return onAccount(s, call, func(r *region) (*awsses.DeleteReceiptRuleSetOutput, error) {
		name := aws.ToString(in.RuleSetName)
		if name != "" && r.activeRules == name {
			return nil, fail(call, "CannotDelete", "", textActive, name)
		}
		delete(r.ruleSets, name)
		return &awsses.DeleteReceiptRuleSetOutput{}, nil
	})
}

func (x *ruleSet) shown() (*types.ReceiptRuleSetMetadata, []types.ReceiptRule) {
	rules := []types.ReceiptRule{}
	for _, r := range x.rules {
		rules = append(rules, *r)
	}
	return &types.ReceiptRuleSetMetadata{Name: aws.String(x.name), CreatedTimestamp: aws.Time(x.created)}, rules
}

func (s *Fake) describeReceiptRuleSet(call *fakeaws.Call, in *awsses.DescribeReceiptRuleSetInput) (*fakeaws.Plan[*awsses.DescribeReceiptRuleSetOutput], error) {
	return on(s, call, ruleSets, aws.ToString(in.RuleSetName), func(_ *region, x *ruleSet) (*awsses.DescribeReceiptRuleSetOutput, error) {
		out := &awsses.DescribeReceiptRuleSetOutput{}
		out.Metadata, out.Rules = x.shown()
		return out, nil
	})
}

func (s *Fake) describeActiveReceiptRuleSet(call *fakeaws.Call, _ *awsses.DescribeActiveReceiptRuleSetInput) (*fakeaws.Plan[*awsses.DescribeActiveReceiptRuleSetOutput], error) {
	return onAccount(s, call, func(r *region) (*awsses.DescribeActiveReceiptRuleSetOutput, error) {
		out := &awsses.DescribeActiveReceiptRuleSetOutput{}
		if x := r.ruleSets[r.activeRules]; x != nil {
			out.Metadata, out.Rules = x.shown()
		}
		return out, nil
	})
}

// setActiveReceiptRuleSet has one set be the active one, or none.
func (s *Fake) setActiveReceiptRuleSet(call *fakeaws.Call, in *awsses.SetActiveReceiptRuleSetInput) (*fakeaws.Plan[*awsses.SetActiveReceiptRuleSetOutput], error) {
	return onAccount(s, call, func(r *region) (*awsses.SetActiveReceiptRuleSetOutput, error) {
		name := aws.ToString(in.RuleSetName)
		if name != "" && r.ruleSets[name] == nil {
			return nil, ruleSets.missing(call, name)
		}
		r.activeRules = name
		return &awsses.SetActiveReceiptRuleSetOutput{}, nil
	})
}

func (s *Fake) listReceiptRuleSets(call *fakeaws.Call, in *awsses.ListReceiptRuleSetsInput) (*fakeaws.Plan[*awsses.ListReceiptRuleSetsOutput], error) {
	return onAccount(s, call, func(r *region) (*awsses.ListReceiptRuleSetsOutput, error) {
		p, err := pageOf(call, r.ruleSets, in.NextToken, maxTemplates, func(_ string, x *ruleSet) (types.ReceiptRuleSetMetadata, bool) {
			metadata, _ := x.shown()
			return *metadata, true
		})
		return &awsses.ListReceiptRuleSetsOutput{RuleSets: p.Items, NextToken: p.Next}, err
	})
}
