package eventbridge

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
)

func (s *Fake) targetOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.putTargets),
		fakeaws.Bind(s.removeTargets),
		fakeaws.Bind(s.listTargetsByRule),
	}
}

// maxTargets is how many targets a rule has (user guide, "EventBridge quotas").
const maxTargets = 5

// putTargets adds targets to a rule, in place of those of the same ids.
func (s *Fake) putTargets(call *fakeaws.Call, in *eb.PutTargetsInput) (*fakeaws.Plan[*eb.PutTargetsOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if err := checkTargets(in.Targets); err != nil {
		return nil, err
	}
	plan, err := onNamedRule(s, call, in, in.EventBusName, in.Rule, func(r *rule) (*eb.PutTargetsOutput, error) {
		targets := slices.Clone(r.targets)
		for i := range in.Targets {
			t := &in.Targets[i]
			same := func(old *types.Target) bool { return *old.Id == *t.Id }
			if j := slices.IndexFunc(targets, same); j >= 0 {
				targets[j] = t
			} else {
				targets = append(targets, t)
			}
		}
		if len(targets) > maxTargets {
			return nil, tooMany()
		}
		r.targets = targets
		return &eb.PutTargetsOutput{FailedEntries: []types.PutTargetsResultEntry{}}, nil
	}, targetKeys(in.Targets))
	if err != nil {
		return nil, err
	}
	return s.passRoles(call, plan, in.Targets), nil
}

// targetKeys is the key of the targets of a call.
func targetKeys(targets []types.Target) contextKey {
	return func(c *enforce.Context) {
		arns := make([]string, len(targets))
		for i := range targets {
			arns[i] = *targets[i].Arn
		}
		setTexts(c, "events:TargetArn", arns...)
	}
}

// passRoles has a plan ask the permission to pass the roles of targets, and refuse those
// that EventBridge may not assume.
func (s *Fake) passRoles(call *fakeaws.Call, plan *fakeaws.Plan[*eb.PutTargetsOutput], targets []types.Target) *fakeaws.Plan[*eb.PutTargetsOutput] {
	on := plan.Needs[0]
	seen := make(map[string]bool)
	var refused error
	for i := range targets {
		arn := aws.ToString(targets[i].RoleArn)
		if arn == "" || seen[arn] {
			continue
		}
		seen[arn] = true
		plan.Needs = append(plan.Needs, role.Pass(call, arn, serviceName, on.Resource))
		id, _, _ := parseRuleARN(on.Resource)
		if refused == nil && !role.Assumable(call, arn, asRule(on.Resource, id.account, id.region)) {
			refused = invalidf(textNotAssumable, arn)
		}
	}
	perform := plan.Do
	plan.Do = func() (*eb.PutTargetsOutput, error) {
		if refused != nil {
			return nil, refused
		}
		return perform()
	}
	return plan
}

// roleless are the services whose resources say in their policies whether EventBridge may
// use them. The others need the role of a target.
var roleless = map[string]bool{"sqs": true, "sns": true, "lambda": true, "logs": true, "events": true, "execute-api": true}

// checkTargets refuses targets that EventBridge does not take.
func checkTargets(targets []types.Target) error {
	seen := make(map[string]bool, len(targets))
	for i := range targets {
		t := &targets[i]
		if seen[*t.Id] {
			return invalidf(textTargetTwice, *t.Id)
		}
		seen[*t.Id] = true
		arn, err := awsarn.Parse(*t.Arn)
		switch {
		case err != nil:
			return invalidf(textTargetARN, *t.Arn)
		case !roleless[arn.Service] && aws.ToString(t.RoleArn) == "":
			return invalidf(textRoleRequired, *t.Arn)
		case arn.Service == "sqs" && strings.HasSuffix(arn.Resource, ".fifo") && (t.SqsParameters == nil || aws.ToString(t.SqsParameters.MessageGroupId) == ""):
			return invalidf(textParameters, "SqsParameters", *t.Id)
		case arn.Service == "ecs" && t.EcsParameters == nil:
			return invalidf(textParameters, "EcsParameters", *t.Id)
		case arn.Service == "batch" && t.BatchParameters == nil:
			return invalidf(textParameters, "BatchParameters", *t.Id)
		}
		if err := checkInput(t); err != nil {
			return err
		}
		if dead := t.DeadLetterConfig; dead != nil && dead.Arn != nil && !isStandardQueue(*dead.Arn) {
			return invalidf(textDeadLetterARN, *t.Id)
		}
	}
	return nil
}

func isStandardQueue(text string) bool {
	arn, err := awsarn.Parse(text)
	return err == nil && arn.Service == "sqs" && !strings.HasSuffix(arn.Resource, ".fifo")
}

// checkInput refuses what cannot be made the input of a target.
func checkInput(t *types.Target) error {
	given := 0
	for _, is := range []bool{aws.ToString(t.Input) != "", aws.ToString(t.InputPath) != "", t.InputTransformer != nil} {
		if is {
			given++
		}
	}
	switch {
	case given > 1:
		return invalidf(textOneInput, *t.Id)
	case aws.ToString(t.Input) != "" && !json.Valid([]byte(*t.Input)):
		return invalidf(textInput, *t.Id)
	case aws.ToString(t.InputPath) != "":
		if _, ok := parsePath(*t.InputPath); !ok {
			return invalidf(textInputPath, *t.Id)
		}
	case t.InputTransformer != nil:
		return checkTransformer(t)
	}
	return nil
}

func checkTransformer(t *types.Target) error {
	for _, path := range t.InputTransformer.InputPathsMap {
		if _, ok := parsePath(path); !ok {
			return invalidf(textInputPaths, *t.Id)
		}
	}
	var missing error
	expand(*t.InputTransformer.InputTemplate, func(name string, _ bool) (string, bool) {
		_, known := t.InputTransformer.InputPathsMap[name]
		if !known && !reserved[name] && missing == nil && strings.HasPrefix(name, "aws.events.") {
			missing = invalidf(textTemplate, *t.Id, name)
		}
		return "", known || reserved[name]
	})
	return missing
}

// removeTargets removes targets from a rule. Ids that it does not have are fine: unverified.
func (s *Fake) removeTargets(call *fakeaws.Call, in *eb.RemoveTargetsInput) (*fakeaws.Plan[*eb.RemoveTargetsOutput], error) {
	return onNamedRule(s, call, in, in.EventBusName, in.Rule, func(r *rule) (*eb.RemoveTargetsOutput, error) {
		r.targets = slices.DeleteFunc(slices.Clone(r.targets), func(t *types.Target) bool { return slices.Contains(in.Ids, *t.Id) })
		return &eb.RemoveTargetsOutput{FailedEntries: []types.RemoveTargetsResultEntry{}}, nil
	})
}

func (s *Fake) listTargetsByRule(call *fakeaws.Call, in *eb.ListTargetsByRuleInput) (*fakeaws.Plan[*eb.ListTargetsByRuleOutput], error) {
	return onNamedRule(s, call, in, in.EventBusName, in.Rule, func(r *rule) (*eb.ListTargetsByRuleOutput, error) {
		targets := slices.Clone(r.targets)
		slices.SortFunc(targets, func(a, b *types.Target) int { return strings.Compare(*a.Id, *b.Id) })
		p, err := listed(targets, in.NextToken, in.Limit, nil, func(t *types.Target) string { return *t.Id }, func(t *types.Target) types.Target { return *t })
		if err != nil {
			return nil, err
		}
		return &eb.ListTargetsByRuleOutput{Targets: p.Items, NextToken: p.Next}, nil
	})
}
