package scheduler

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
)

func (s *Fake) scheduleOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createSchedule),
		fakeaws.Bind(s.updateSchedule),
		fakeaws.Bind(s.deleteSchedule),
		fakeaws.Bind(s.getSchedule),
		fakeaws.Bind(s.listSchedules),
	}
}

// maxSchedules is how many schedules an account has in a group here. AWS has a million in a
// region ("Quotas for EventBridge Scheduler").
const maxSchedules = 1_000_000

// putting is what CreateSchedule and UpdateSchedule ask for: to put the schedule, and to
// pass its role, which the service must be able to assume.
func (s *Fake) putting(call *fakeaws.Call, set *settings, id groupID) (g *group, p *plan, needs []fakeaws.Need, refused error) {
	t := set.of.Target
	s.mu.Lock()
	g, p, need := s.scheduleNeed("scheduler:"+call.Operation, id, *set.of.Name)
	s.mu.Unlock()
	needs = []fakeaws.Need{need, role.Pass(call, *t.RoleArn, serviceName, need.Resource)}
	if !role.Assumable(call, *t.RoleArn, id.service()) {
		refused = invalid(textRole)
	}
	return g, p, needs, refused
}

// service is EventBridge Scheduler as it assumes roles: for a group, "to scope permissions
// to schedule groups".
func (id groupID) service() fakeaws.ServiceCall {
	return fakeaws.ServiceCall{Principal: serviceName, SourceARN: id.arn(), SourceAccount: id.account, Region: id.region}
}

func (s *Fake) createSchedule(call *fakeaws.Call, in *awsscheduler.CreateScheduleInput) (*fakeaws.Plan[*awsscheduler.CreateScheduleOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	set, err := s.read(in)
	if err != nil {
		return nil, err
	}
	id := groupAt(call, in.GroupName)
	g, _, needs, refused := s.putting(call, &set, id)
	return planned(s, needs, func() (*awsscheduler.CreateScheduleOutput, error) {
		if err := g.exists(id); err != nil {
			return nil, err
		}
		if refused != nil {
			return nil, refused
		}
		out := &awsscheduler.CreateScheduleOutput{ScheduleArn: aws.String(id.scheduleARN(*in.Name))}
		if p := g.schedules[*in.Name]; p != nil {
			if p.token != "" && p.token == aws.ToString(in.ClientToken) {
				return out, nil
			}
			return nil, conflict(textExists, *in.Name)
		}
		if len(g.schedules) >= maxSchedules {
			return nil, tooMany("schedules")
		}
		now := s.now()
		p := &plan{group: g, name: *in.Name, settings: set, token: aws.ToString(in.ClientToken), created: now, changed: now}
		g.schedules[p.name] = p
		s.plan(p)
		return out, nil
	}), nil
}

// updateSchedule replaces all settings: "uses all values, including empty values, specified
// in the request and overrides the existing schedule".
func (s *Fake) updateSchedule(call *fakeaws.Call, in *awsscheduler.UpdateScheduleInput) (*fakeaws.Plan[*awsscheduler.UpdateScheduleOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	of := awsscheduler.CreateScheduleInput{
		FlexibleTimeWindow: in.FlexibleTimeWindow, Name: in.Name, ScheduleExpression: in.ScheduleExpression, Target: in.Target,
		ActionAfterCompletion: in.ActionAfterCompletion, ClientToken: in.ClientToken, Description: in.Description, EndDate: in.EndDate,
		GroupName: in.GroupName, KmsKeyArn: in.KmsKeyArn, ScheduleExpressionTimezone: in.ScheduleExpressionTimezone, StartDate: in.StartDate, State: in.State,
	}
	set, err := s.read(&of)
	if err != nil {
		return nil, err
	}
	id := groupAt(call, in.GroupName)
	g, p, needs, refused := s.putting(call, &set, id)
	return planned(s, needs, func() (*awsscheduler.UpdateScheduleOutput, error) {
		if err := p.exists(g, id, *in.Name); err != nil {
			return nil, err
		}
		if refused != nil {
			return nil, refused
		}
		p.settings, p.changed = set, s.now()
		s.plan(p)
		return &awsscheduler.UpdateScheduleOutput{ScheduleArn: aws.String(p.arn())}, nil
	}), nil
}

// onSchedule plans an operation on one schedule.
func onSchedule[O any](s *Fake, call *fakeaws.Call, in any, group, name *string, do func(*plan) (O, error)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	id := groupAt(call, group)
	s.mu.Lock()
	g, p, need := s.scheduleNeed("scheduler:"+call.Operation, id, *name)
	s.mu.Unlock()
	return planned(s, []fakeaws.Need{need}, func() (none O, err error) {
		if err := p.exists(g, id, *name); err != nil {
			return none, err
		}
		return do(p)
	}), nil
}

func (s *Fake) deleteSchedule(call *fakeaws.Call, in *awsscheduler.DeleteScheduleInput) (*fakeaws.Plan[*awsscheduler.DeleteScheduleOutput], error) {
	return onSchedule(s, call, in, in.GroupName, in.Name, func(p *plan) (*awsscheduler.DeleteScheduleOutput, error) {
		p.remove()
		return &awsscheduler.DeleteScheduleOutput{}, nil
	})
}

func (p *plan) remove() {
	p.gone = true
	delete(p.group.schedules, p.name)
}

func (s *Fake) getSchedule(call *fakeaws.Call, in *awsscheduler.GetScheduleInput) (*fakeaws.Plan[*awsscheduler.GetScheduleOutput], error) {
	return onSchedule(s, call, in, in.GroupName, in.Name, func(p *plan) (*awsscheduler.GetScheduleOutput, error) {
		of := p.of
		out := &awsscheduler.GetScheduleOutput{
			Arn: aws.String(p.arn()), Name: aws.String(p.name), GroupName: aws.String(p.group.id.name), Description: of.Description,
			ScheduleExpression: of.ScheduleExpression, ScheduleExpressionTimezone: of.ScheduleExpressionTimezone, State: p.state(),
			StartDate: of.StartDate, EndDate: of.EndDate, FlexibleTimeWindow: of.FlexibleTimeWindow, KmsKeyArn: of.KmsKeyArn, Target: p.target(),
			ActionAfterCompletion: of.ActionAfterCompletion, CreationDate: aws.Time(p.created), LastModificationDate: aws.Time(p.changed),
		}
		if out.ScheduleExpressionTimezone == nil {
			out.ScheduleExpressionTimezone = aws.String("UTC")
		}
		if out.ActionAfterCompletion == "" {
			out.ActionAfterCompletion = types.ActionAfterCompletionNone
		}
		return out, nil
	})
}

func (p *plan) state() types.ScheduleState {
	if p.enabled() {
		return types.ScheduleStateEnabled
	}
	return types.ScheduleStateDisabled
}

// target is the target as answers have it: with the retry policy that counts.
func (p *plan) target() *types.Target {
	t := *p.of.Target
	policy := types.RetryPolicy{MaximumEventAgeInSeconds: aws.Int32(86400), MaximumRetryAttempts: aws.Int32(185)}
	if given := t.RetryPolicy; given != nil {
		if given.MaximumEventAgeInSeconds != nil {
			policy.MaximumEventAgeInSeconds = given.MaximumEventAgeInSeconds
		}
		if given.MaximumRetryAttempts != nil {
			policy.MaximumRetryAttempts = given.MaximumRetryAttempts
		}
	}
	t.RetryPolicy = &policy
	return &t
}

func (s *Fake) listSchedules(call *fakeaws.Call, in *awsscheduler.ListSchedulesInput) (*fakeaws.Plan[*awsscheduler.ListSchedulesOutput], error) {
	return onAccount(s, call, in, func() (*awsscheduler.ListSchedulesOutput, error) {
		if in.GroupName != nil {
			if id := groupAt(call, in.GroupName); s.group(id) == nil {
				return nil, notFound(textNoGroup, id.name)
			}
		}
		var all []*plan
		for _, g := range s.groupsOf(call) {
			if in.GroupName != nil && g.id.name != *in.GroupName {
				continue
			}
			for _, p := range g.schedules {
				if strings.HasPrefix(p.name, aws.ToString(in.NamePrefix)) && (in.State == "" || in.State == p.state()) {
					all = append(all, p)
				}
			}
		}
		key := func(p *plan) string { return p.group.id.name + "/" + p.name }
		slices.SortFunc(all, func(a, b *plan) int { return strings.Compare(key(a), key(b)) })
		page, err := listed(all, in.NextToken, in.MaxResults, key, func(p *plan) types.ScheduleSummary {
			return types.ScheduleSummary{
				Arn: aws.String(p.arn()), Name: aws.String(p.name), GroupName: aws.String(p.group.id.name), State: p.state(),
				CreationDate: aws.Time(p.created), LastModificationDate: aws.Time(p.changed), Target: &types.TargetSummary{Arn: p.of.Target.Arn},
			}
		})
		if err != nil {
			return nil, err
		}
		return &awsscheduler.ListSchedulesOutput{Schedules: page.Items, NextToken: page.Next}, nil
	})
}
