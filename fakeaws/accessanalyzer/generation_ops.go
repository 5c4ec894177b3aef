package accessanalyzer

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	aa "github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) generationOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.cancelPolicyGeneration),
		fakeaws.Bind(s.getGeneratedPolicy),
		fakeaws.Bind(s.listPolicyGenerations),
		fakeaws.Bind(s.startPolicyGeneration),
	}
}

const (
	// maxPeriod is how long the period of a generation is, and maxInProgress how many an account
	// has in progress ("IAM Access Analyzer quotas").
	maxPeriod     = 90 * 24 * time.Hour
	maxInProgress = 1
	// maxGenerations is how many generations a World keeps: AWS makes some each day.
	maxGenerations = 10_000
)

// trailOf is the ARN of the trail that a generation reads.
func trailOf(d *types.CloudTrailDetails) string { return aws.ToString(d.Trails[0].CloudTrailArn) }

func (s *Fake) startPolicyGeneration(call *fakeaws.Call, in *aa.StartPolicyGenerationInput) (*fakeaws.Plan[*aa.StartPolicyGenerationOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if err := s.checkGeneration(call, in); err != nil {
		return nil, err
	}
	needs := onAccount(call)
	pass := fakeaws.Need{Action: "iam:PassRole", Resource: *in.CloudTrailDetails.AccessRole}
	pass.Context.Set("iam:PassedToService", serviceName)
	needs = append(needs, pass)
	return &fakeaws.Plan[*aa.StartPolicyGenerationOutput]{Needs: needs, Do: func() (*aa.StartPolicyGenerationOutput, error) {
		principal := *in.PolicyGenerationDetails.PrincipalArn
		if _, there := s.world.Principals().ID(principal); !there {
			return nil, invalidf(textPrincipal, principal)
		}
		if _, there := s.world.Directory().Role(*in.CloudTrailDetails.AccessRole); !there {
			return nil, invalidf(textAccessRole, *in.CloudTrailDetails.AccessRole)
		}
		return s.addGeneration(call, in)
	}}, nil
}

// checkGeneration refuses what a generation cannot be about.
func (s *Fake) checkGeneration(call *fakeaws.Call, in *aa.StartPolicyGenerationInput) error {
	d := in.CloudTrailDetails
	if d == nil || len(d.Trails) != 1 {
		return invalid(textTrails)
	}
	principal, err := awsarn.Parse(*in.PolicyGenerationDetails.PrincipalArn)
	if err != nil || principal.AccountID != call.Account {
		return invalidf(textPrincipal, *in.PolicyGenerationDetails.PrincipalArn)
	}
	now := s.world.Clock().Now()
	end := now
	if d.EndTime != nil {
		end = *d.EndTime
	}
	if !d.StartTime.Before(now) || !end.After(*d.StartTime) || end.Sub(*d.StartTime) > maxPeriod {
		return invalid(textPeriod)
	}
	return nil
}

func (s *Fake) addGeneration(call *fakeaws.Call, in *aa.StartPolicyGenerationInput) (*aa.StartPolicyGenerationOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	inProgress := 0
	for _, g := range s.generations {
		if g.account != call.Account || g.region != call.Region {
			continue
		}
		if g.token != "" && g.token == aws.ToString(in.ClientToken) {
			return &aa.StartPolicyGenerationOutput{JobId: aws.String(g.id)}, nil
		}
		if g.status == types.JobStatusInProgress {
			inProgress++
		}
	}
	if len(s.generations) >= maxGenerations {
		return nil, tooMany("POLICY_GENERATION", "policy generations")
	}
	if inProgress >= maxInProgress {
		return nil, tooMany("POLICY_GENERATION", "policy generations in progress")
	}
	g := &generation{
		id: s.world.IDs().UUID(), account: call.Account, region: call.Region, token: aws.ToString(in.ClientToken),
		principal: *in.PolicyGenerationDetails.PrincipalArn, of: in, started: s.now(), status: types.JobStatusInProgress,
	}
	s.generations[g.id] = g
	s.world.Wake(g.started)
	return &aa.StartPolicyGenerationOutput{JobId: aws.String(g.id)}, nil
}

// forget removes the generations that are too old. The lock is held.
func (s *Fake) forget() {
	now := s.now()
	maps.DeleteFunc(s.generations, func(_ string, g *generation) bool {
		return g.status != types.JobStatusInProgress && now.Sub(g.started) > keptFor
	})
}

// onGeneration plans an operation on a job of the account.
func onGeneration[O any](s *Fake, call *fakeaws.Call, in any, id *string, do func(*generation) (O, error)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	return planned(s, onAccount(call), func() (none O, err error) {
		s.forget()
		g := s.generations[aws.ToString(id)]
		if g == nil || g.account != call.Account || g.region != call.Region {
			return none, invalidf(textNoJob, aws.ToString(id))
		}
		return do(g)
	}), nil
}

func (s *Fake) cancelPolicyGeneration(call *fakeaws.Call, in *aa.CancelPolicyGenerationInput) (*fakeaws.Plan[*aa.CancelPolicyGenerationOutput], error) {
	return onGeneration(s, call, in, in.JobId, func(g *generation) (*aa.CancelPolicyGenerationOutput, error) {
		if g.status == types.JobStatusInProgress {
			g.status, g.completed = types.JobStatusCanceled, s.now()
		}
		return &aa.CancelPolicyGenerationOutput{}, nil
	})
}

func (s *Fake) listPolicyGenerations(call *fakeaws.Call, in *aa.ListPolicyGenerationsInput) (*fakeaws.Plan[*aa.ListPolicyGenerationsOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	return planned(s, onAccount(call), func() (*aa.ListPolicyGenerationsOutput, error) {
		s.forget()
		var all []*generation
		for _, g := range s.generations {
			if g.account == call.Account && g.region == call.Region && (in.PrincipalArn == nil || g.principal == *in.PrincipalArn) {
				all = append(all, g)
			}
		}
		slices.SortFunc(all, func(x, y *generation) int { return strings.Compare(x.id, y.id) })
		p, err := listed(all, in.NextToken, in.MaxResults, func(g *generation) string { return g.id }, func(g *generation) types.PolicyGeneration {
			return types.PolicyGeneration{JobId: aws.String(g.id), PrincipalArn: aws.String(g.principal), Status: g.status, StartedOn: aws.Time(g.started), CompletedOn: timeOf(g.completed)}
		})
		return &aa.ListPolicyGenerationsOutput{PolicyGenerations: p.Items, NextToken: p.Next}, err
	}), nil
}

// getGeneratedPolicy returns what was generated. The service-level template, of services of
// which only the last use is known, adds nothing: of all services the actions are known.
func (s *Fake) getGeneratedPolicy(call *fakeaws.Call, in *aa.GetGeneratedPolicyInput) (*fakeaws.Plan[*aa.GetGeneratedPolicyOutput], error) {
	return onGeneration(s, call, in, in.JobId, func(g *generation) (*aa.GetGeneratedPolicyOutput, error) {
		d := g.of.CloudTrailDetails
		from, to := g.period()
		properties := &types.CloudTrailProperties{StartTime: timeOf(from), EndTime: timeOf(to)}
		for _, t := range d.Trails {
			properties.TrailProperties = append(properties.TrailProperties, types.TrailProperties(t))
		}
		out := &aa.GetGeneratedPolicyOutput{
			JobDetails: &types.JobDetails{JobId: aws.String(g.id), Status: g.status, StartedOn: aws.Time(g.started), CompletedOn: timeOf(g.completed), JobError: g.failure},
			GeneratedPolicyResult: &types.GeneratedPolicyResult{Properties: &types.GeneratedPolicyProperties{
				PrincipalArn: aws.String(g.principal), IsComplete: aws.Bool(g.status == types.JobStatusSucceeded), CloudTrailProperties: properties,
			}},
		}
		if g.status == types.JobStatusSucceeded {
			for _, document := range g.documents(aws.ToBool(in.IncludeResourcePlaceholders)) {
				out.GeneratedPolicyResult.GeneratedPolicies = append(out.GeneratedPolicyResult.GeneratedPolicies, types.GeneratedPolicy{Policy: aws.String(document)})
			}
		}
		return out, nil
	})
}
