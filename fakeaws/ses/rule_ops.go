package ses

import (
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	"github.com/aws/aws-sdk-go-v2/service/ses/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) ruleOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.createReceiptRule),
		bind(s.updateReceiptRule),
		bind(s.deleteReceiptRule),
		bind(s.describeReceiptRule),
		bind(s.setReceiptRulePosition),
		bind(s.reorderReceiptRuleSet),
	}
}

func (s *Fake) filterOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.createReceiptFilter),
		bind(s.deleteReceiptFilter),
		bind(s.listReceiptFilters),
	}
}

// putRule plans that a rule is put into a set. SES tries what the rule does without the lock,
// and looks at the set again then.
func putRule[O any](s *Fake, call *fakeaws.Call, name *string, r *types.ReceiptRule, check func(*ruleSet) error, change func(*ruleSet) error, out O) (*fakeaws.Plan[O], error) {
	if err := checkRule(call, r); err != nil {
		return nil, err
	}
	s.mu.Lock()
	judged := ruleSets.find(s, call, aws.ToString(name))
	s.mu.Unlock()
	plan := &fakeaws.Plan[O]{Needs: append([]fakeaws.Need{need(call, call.Operation, placeOf(call), "", nil)}, passing(call, r)...)}
	look := func() error {
		if judged == nil || ruleSets.find(s, call, *name) != judged {
			return ruleSets.missing(call, *name)
		}
		return check(judged)
	}
	plan.Do = func() (none O, err error) {
		s.mu.Lock()
		err = look()
		s.mu.Unlock()
		if err == nil {
			err = s.tryActions(call, *name, r)
		}
		if err != nil {
			return none, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := look(); err != nil {
			return none, err
		}
		return out, change(judged)
	}
	return plan, nil
}

func (s *Fake) createReceiptRule(call *fakeaws.Call, in *awsses.CreateReceiptRuleInput) (*fakeaws.Plan[*awsses.CreateReceiptRuleOutput], error) {
	return putRule(s, call, in.RuleSetName, in.Rule, func(x *ruleSet) error {
		switch {
		case x.rule(*in.Rule.Name) >= 0:
			return fail(call, "AlreadyExists", "", textRuleExists, *in.Rule.Name)
		case len(x.rules) >= maxRules:
			return limitExceeded(call, textManyRules, maxRules, maxActions, maxRuleRecipients)
		case in.After != nil && x.rule(*in.After) < 0:
			return fail(call, "RuleDoesNotExist", "", textNoRule, *in.After)
		}
		return nil
	}, func(x *ruleSet) error { return x.insert(call, in.Rule, in.After) }, &awsses.CreateReceiptRuleOutput{})
}

func (s *Fake) updateReceiptRule(call *fakeaws.Call, in *awsses.UpdateReceiptRuleInput) (*fakeaws.Plan[*awsses.UpdateReceiptRuleOutput], error) {
	return putRule(s, call, in.RuleSetName, in.Rule, func(x *ruleSet) error {
		if x.rule(*in.Rule.Name) < 0 {
			return fail(call, "RuleDoesNotExist", "", textNoRule, *in.Rule.Name)
		}
		return nil
	}, func(x *ruleSet) error {
		x.rules[x.rule(*in.Rule.Name)] = in.Rule
		return nil
	}, &awsses.UpdateReceiptRuleOutput{})
}

// deleteReceiptRule deletes a rule. That there is none is no error.
func (s *Fake) deleteReceiptRule(call *fakeaws.Call, in *awsses.DeleteReceiptRuleInput) (*fakeaws.Plan[*awsses.DeleteReceiptRuleOutput], error) {
	return on(s, call, ruleSets, aws.ToString(in.RuleSetName), func(_ *region, x *ruleSet) (*awsses.DeleteReceiptRuleOutput, error) {
		if i := x.rule(aws.ToString(in.RuleName)); i >= 0 {
			x.rules = slices.Delete(x.rules, i, i+1)
		}
		return &awsses.DeleteReceiptRuleOutput{}, nil
	})
}

func (s *Fake) describeReceiptRule(call *fakeaws.Call, in *awsses.DescribeReceiptRuleInput) (*fakeaws.Plan[*awsses.DescribeReceiptRuleOutput], error) {
	return on(s, call, ruleSets, aws.ToString(in.RuleSetName), func(_ *region, x *ruleSet) (*awsses.DescribeReceiptRuleOutput, error) {
		i := x.rule(aws.ToString(in.RuleName))
		if i < 0 {
			return nil, fail(call, "RuleDoesNotExist", "", textNoRule, aws.ToString(in.RuleName))
		}
		return &awsses.DescribeReceiptRuleOutput{Rule: x.rules[i]}, nil
	})
}

func (s *Fake) setReceiptRulePosition(call *fakeaws.Call, in *awsses.SetReceiptRulePositionInput) (*fakeaws.Plan[*awsses.SetReceiptRulePositionOutput], error) {
	return on(s, call, ruleSets, aws.ToString(in.RuleSetName), func(_ *region, x *ruleSet) (*awsses.SetReceiptRulePositionOutput, error) {
		i := x.rule(aws.ToString(in.RuleName))
		if i < 0 {
			return nil, fail(call, "RuleDoesNotExist", "", textNoRule, aws.ToString(in.RuleName))
		}
		if in.After != nil && (x.rule(*in.After) < 0 || *in.After == *in.RuleName) {
			return nil, fail(call, "RuleDoesNotExist", "", textNoRule, *in.After)
		}
		r := x.rules[i]
		x.rules = slices.Delete(x.rules, i, i+1)
		return &awsses.SetReceiptRulePositionOutput{}, x.insert(call, r, in.After)
	})
}

func (s *Fake) reorderReceiptRuleSet(call *fakeaws.Call, in *awsses.ReorderReceiptRuleSetInput) (*fakeaws.Plan[*awsses.ReorderReceiptRuleSetOutput], error) {
	return on(s, call, ruleSets, aws.ToString(in.RuleSetName), func(_ *region, x *ruleSet) (*awsses.ReorderReceiptRuleSetOutput, error) {
		var ordered []*types.ReceiptRule
		for _, name := range in.RuleNames {
			i := x.rule(name)
			if i < 0 {
				return nil, fail(call, "RuleDoesNotExist", "", textNoRule, name)
			}
			if slices.Contains(ordered, x.rules[i]) {
				return nil, invalid(call, textOrder, x.name)
			}
			ordered = append(ordered, x.rules[i])
		}
		if len(ordered) != len(x.rules) {
			return nil, invalid(call, textOrder, x.name)
		}
		x.rules = ordered
		return &awsses.ReorderReceiptRuleSetOutput{}, nil
	})
}

func (s *Fake) createReceiptFilter(call *fakeaws.Call, in *awsses.CreateReceiptFilterInput) (*fakeaws.Plan[*awsses.CreateReceiptFilterOutput], error) {
	text := aws.ToString(in.Filter.IpFilter.Cidr)
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		address, err := netip.ParseAddr(text)
		if err != nil {
			return nil, invalid(call, textCIDR, text)
		}
		prefix = netip.PrefixFrom(address, address.BitLen())
	}
	if !ruleName.MatchString(aws.ToString(in.Filter.Name)) {
		return nil, invalid(call, "Invalid filter name: %s", aws.ToString(in.Filter.Name))
	}
	return create(s, call, filters, *in.Filter.Name, nil, func(r *region) (*filter, *awsses.CreateReceiptFilterOutput, error) {
		if len(r.filters) >= maxFilters {
			return nil, nil, limitExceeded(call, textManyResources, maxFilters)
		}
		return &filter{*in.Filter, prefix}, &awsses.CreateReceiptFilterOutput{}, nil
	})
}

// deleteReceiptFilter deletes a filter. That there is none is no error.
func (s *Fake) deleteReceiptFilter(call *fakeaws.Call, in *awsses.DeleteReceiptFilterInput) (*fakeaws.Plan[*awsses.DeleteReceiptFilterOutput], error) {
	return onAccount(s, call, func(r *region) (*awsses.DeleteReceiptFilterOutput, error) {
		delete(r.filters, aws.ToString(in.FilterName))
		return &awsses.DeleteReceiptFilterOutput{}, nil
	})
}

func (s *Fake) listReceiptFilters(call *fakeaws.Call, _ *awsses.ListReceiptFiltersInput) (*fakeaws.Plan[*awsses.ListReceiptFiltersOutput], error) {
	return onAccount(s, call, func(r *region) (*awsses.ListReceiptFiltersOutput, error) {
		p, err := pageOf(call, r.filters, nil, maxFilters, func(_ string, x *filter) (types.ReceiptFilter, bool) { return x.ReceiptFilter, true })
		return &awsses.ListReceiptFiltersOutput{Filters: p.Items}, err
	})
}
