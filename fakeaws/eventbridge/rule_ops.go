package eventbridge

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/eventpattern"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
	"github.com/leastpriv/leastpriv/fakeaws/internal/schedule"
)

func (s *Fake) ruleOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.putRule),
		fakeaws.Bind(s.deleteRule),
		fakeaws.Bind(s.describeRule),
		fakeaws.Bind(s.enableRule),
		fakeaws.Bind(s.disableRule),
		fakeaws.Bind(s.listRules),
		fakeaws.Bind(s.listRuleNamesByTarget),
	}
}

// maxRules is how many rules a bus has (user guide, "EventBridge quotas").
const maxRules = 300

// putRule makes a rule, or replaces the settings of one: "If you omit arguments in PutRule,
// the old values for those arguments are not kept. Instead, they are replaced with null
// values." Its tags stay as they are.
func (s *Fake) putRule(call *fakeaws.Call, in *eb.PutRuleInput) (*fakeaws.Plan[*eb.PutRuleOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	id, err := busAt(call, in.EventBusName)
	if err != nil {
		return nil, err
	}
	set, err := readSettings(in, id)
	if err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	s.mu.Lock()
	b, _, need := s.ruleNeed(call, "events:PutRule", id, *in.Name)
	s.mu.Unlock()
	setPatternKeys(&need.Context, set.pattern)
	setRequestTags(&need.Context, in.Tags)
	needs := tagging(need, in.Tags)
	assumable := true
	if in.RoleArn != nil {
		needs = append(needs, role.Pass(call, *in.RoleArn, serviceName, need.Resource))
		assumable = role.Assumable(call, *in.RoleArn, asRule(need.Resource, id.account, id.region))
	}
	return planned(s, needs, func() (*eb.PutRuleOutput, error) {
		if err := b.exists(id); err != nil {
			return nil, err
		}
		if !assumable {
			return nil, invalidf(textNotAssumable, *in.RoleArn)
		}
		r := b.rules[*in.Name]
		if r == nil {
			if len(b.rules) >= maxRules {
				return nil, tooMany()
			}
			r = &rule{bus: b, name: *in.Name, tags: tagsOf(in.Tags), creator: call.Account}
			b.rules[r.name] = r
		}
		r.settings = *set
		s.changed(r)
		return &eb.PutRuleOutput{RuleArn: aws.String(r.arn())}, nil
	}), nil
}

// readSettings checks the settings of a rule.
func readSettings(in *eb.PutRuleInput, id busID) (set *settings, err error) {
	set = &settings{description: in.Description, role: in.RoleArn, state: in.State}
	if set.state == "" {
		set.state = types.RuleStateEnabled
	}
	pattern, expression := aws.ToString(in.EventPattern), aws.ToString(in.ScheduleExpression)
	if pattern == "" && expression == "" {
		return nil, invalid(textNeither)
	}
	if pattern != "" {
		if set.pattern, err = eventpattern.Parse(pattern); err != nil {
			return nil, badPattern(err)
		}
		set.patternText = in.EventPattern
	}
	if expression != "" {
		e, ok := schedule.ParseRate(expression)
		if !ok {
			if e, ok = schedule.ParseCron(expression); !ok {
				return nil, invalid(textSchedule)
			}
		}
		if id.name != defaultName {
			return nil, invalid(textScheduleBus)
		}
		set.schedule, set.scheduleText = &e, in.ScheduleExpression
	}
	return set, nil
}

// patternKeys are the condition keys of PutRule that say what a pattern admits: the values
// of a path, where a pattern has exact texts there.
var patternKeys = map[string]string{
	"events:source": "source", "events:detail-type": "detail-type", "events:detail.service": "detail.service",
	"events:detail.eventTypeCode": "detail.eventTypeCode", "events:detail.userIdentity.principalId": "detail.userIdentity.principalId",
}

func setPatternKeys(c *enforce.Context, p *eventpattern.Pattern) {
	if p == nil {
		return
	}
	for key, path := range patternKeys {
		if texts, ok := p.Exact(path); ok {
			if strings.HasPrefix(path, "detail.") {
				if len(texts) == 1 {
					c.Set(key, texts[0]) // the reference has one value for these
				}
				continue
			}
			setTexts(c, key, texts...)
		}
	}
}

// deleteRule deletes a rule that has no targets. One that there is not is deleted.
func (s *Fake) deleteRule(call *fakeaws.Call, in *eb.DeleteRuleInput) (*fakeaws.Plan[*eb.DeleteRuleOutput], error) {
	plan, err := onNamedRule(s, call, in, in.EventBusName, in.Name, func(r *rule) (*eb.DeleteRuleOutput, error) {
		if len(r.targets) > 0 {
			return nil, invalid(textHasTargets)
		}
		r.gone = true
		delete(r.bus.rules, r.name)
		s.changed(r)
		return &eb.DeleteRuleOutput{}, nil
	})
	if err != nil {
		return nil, err
	}
	id, _ := busAt(call, in.EventBusName)
	perform := plan.Do
	plan.Do = func() (*eb.DeleteRuleOutput, error) {
		out, err := perform()
		if _, missing := err.(*types.ResourceNotFoundException); missing && s.hasBus(id) {
			return &eb.DeleteRuleOutput{}, nil
		}
		return out, err
	}
	return plan, nil
}

func (s *Fake) hasBus(id busID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bus(id) != nil
}

func (s *Fake) describeRule(call *fakeaws.Call, in *eb.DescribeRuleInput) (*fakeaws.Plan[*eb.DescribeRuleOutput], error) {
	return onNamedRule(s, call, in, in.EventBusName, in.Name, func(r *rule) (*eb.DescribeRuleOutput, error) {
		e := r.entry()
		return &eb.DescribeRuleOutput{
			Arn: e.Arn, Name: e.Name, EventBusName: e.EventBusName, Description: e.Description, EventPattern: e.EventPattern,
			ScheduleExpression: e.ScheduleExpression, RoleArn: e.RoleArn, State: e.State, CreatedBy: aws.String(r.creator),
		}, nil
	})
}

func (s *Fake) enableRule(call *fakeaws.Call, in *eb.EnableRuleInput) (*fakeaws.Plan[*eb.EnableRuleOutput], error) {
	return onNamedRule(s, call, in, in.EventBusName, in.Name, func(r *rule) (*eb.EnableRuleOutput, error) {
		if !r.enabled() {
			r.state = types.RuleStateEnabled
			s.changed(r)
		}
		return &eb.EnableRuleOutput{}, nil
	})
}

func (s *Fake) disableRule(call *fakeaws.Call, in *eb.DisableRuleInput) (*fakeaws.Plan[*eb.DisableRuleOutput], error) {
	return onNamedRule(s, call, in, in.EventBusName, in.Name, func(r *rule) (*eb.DisableRuleOutput, error) {
		r.state = types.RuleStateDisabled
		s.changed(r)
		return &eb.DisableRuleOutput{}, nil
	})
}

// onRules plans a list of the rules of a bus, whose permission is on no resource.
func onRules[O any](s *Fake, call *fakeaws.Call, in any, busName *string, do func(*bus) (O, error)) (*fakeaws.Plan[O], error) {
	return onPermission(s, call, in, busName, do)
}

func (s *Fake) listRules(call *fakeaws.Call, in *eb.ListRulesInput) (*fakeaws.Plan[*eb.ListRulesOutput], error) {
	return onRules(s, call, in, in.EventBusName, func(b *bus) (*eb.ListRulesOutput, error) {
		p, err := listed(inOrder(b.rules), in.NextToken, in.Limit, in.NamePrefix, func(r *rule) string { return r.name }, (*rule).entry)
		if err != nil {
			return nil, err
		}
		return &eb.ListRulesOutput{Rules: p.Items, NextToken: p.Next}, nil
	})
}

func (s *Fake) listRuleNamesByTarget(call *fakeaws.Call, in *eb.ListRuleNamesByTargetInput) (*fakeaws.Plan[*eb.ListRuleNamesByTargetOutput], error) {
	return onRules(s, call, in, in.EventBusName, func(b *bus) (*eb.ListRuleNamesByTargetOutput, error) {
		of := slices.DeleteFunc(inOrder(b.rules), func(r *rule) bool {
			return !slices.ContainsFunc(r.targets, func(t *types.Target) bool { return *t.Arn == *in.TargetArn })
		})
		name := func(r *rule) string { return r.name }
		p, err := listed(of, in.NextToken, in.Limit, nil, name, name)
		if err != nil {
			return nil, err
		}
		return &eb.ListRuleNamesByTargetOutput{RuleNames: p.Items, NextToken: p.Next}, nil
	})
}
