package accessanalyzer

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	aa "github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// A generation is one job that generates the policy of what a user or role did.
type generation struct {
	id, account, region string
	token               string // of the call that made it
	principal           string
	of                  *aa.StartPolicyGenerationInput // never changes
	started, completed  time.Time
	status              types.JobStatus
	failure             *types.JobError
	used                []usedAction
}

// A usedAction is an action that the principal used on resources of some forms: none where
// the action has no resource-level permissions.
type usedAction struct {
	action string
	forms  []string
}

// keptFor is how long a generation is listed ("ListPolicyGenerations": those "requested in the
// last seven days").
const keptFor = 7 * 24 * time.Hour

// pending returns the job that was started first of those in progress; nil for none. The lock
// is held.
func (s *Fake) pending() (first *generation) {
	for _, g := range s.generations {
		if g.status == types.JobStatusInProgress && (first == nil || cmp.Or(g.started.Compare(first.started), strings.Compare(g.id, first.id)) < 0) {
			first = g
		}
	}
	return first
}

// Next implements [fakeaws.Worker].
func (s *Fake) Next() (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.pending(); g != nil {
		return g.started, true
	}
	return time.Time{}, false
}

// Work implements [fakeaws.Worker]: it generates a policy.
func (s *Fake) Work(ctx context.Context) {
	s.mu.Lock()
	g := s.pending()
	s.mu.Unlock()
	if g == nil {
		return
	}
	failure := s.mayRead(ctx, g)
	var used []usedAction
	if failure == nil {
		used = s.usedBy(g)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.status != types.JobStatusInProgress || ctx.Err() != nil {
		return
	}
	g.status, g.used, g.failure, g.completed = types.JobStatusSucceeded, used, failure, s.now()
	if failure != nil {
		g.status = types.JobStatusFailed
	}
}

// reading are the permissions of the service role beside those on the bucket of the trail,
// which the World does not know ("IAM Access Analyzer policy generation" of the User Guide).
var reading = []string{"cloudtrail:GetTrail", "iam:GenerateServiceLastAccessedDetails", "iam:GetServiceLastAccessedDetails"}

// mayRead asks whether the service role may read what the policy is made of; nil when it may.
func (s *Fake) mayRead(ctx context.Context, g *generation) *types.JobError {
	refused := func(why string) *types.JobError {
		return &types.JobError{Code: types.JobErrorCodeAuthorizationError, Message: &why}
	}
	details := g.of.CloudTrailDetails
	service := fakeaws.ServiceCall{Principal: serviceName, SourceARN: trailOf(details), SourceAccount: g.account, Region: g.region}
	session, err := role.Assume(ctx, s.world, service, *details.AccessRole, "AccessAnalyzer")
	if err != nil {
		return refused(fmt.Sprintf(textAccessRole, *details.AccessRole))
	}
	for _, action := range reading {
		resource := "*"
		switch {
		case strings.HasPrefix(action, "cloudtrail:"):
			resource = trailOf(details)
		case action == "iam:GenerateServiceLastAccessedDetails":
			resource = g.principal
		}
		if err := s.world.May(ctx, &fakeaws.Question{AccessKeyID: session.Credentials.AccessKeyID, Action: action, Resource: resource, Region: g.region}); err != nil {
			return refused(err.Error())
		}
	}
	return nil
}

// period is the time that a generation is about: it ends where the request says so, or when it
// was started.
func (g *generation) period() (from, to time.Time) {
	from, to = *g.of.CloudTrailDetails.StartTime, g.started
	if end := g.of.CloudTrailDetails.EndTime; end != nil {
		to = *end
	}
	return from, to
}

// usedBy reads in the World's log what the principal used, as a trail would have it that also
// logs data events. iam:PassRole is not in trails, and so not in generated policies.
func (s *Fake) usedBy(g *generation) (all []usedAction) {
	from, to := g.period()
	forms := make(map[string]map[string]bool)
	for _, e := range s.world.Log().Events() {
		if e.Fixture || e.Time.Before(from) || e.Time.After(to) || !isBy(g.principal, e.Caller) {
			continue
		}
		for i := range e.Decisions {
			d := &e.Decisions[i]
			action, ok := catalog.Find(d.Request.Action)
			if !ok || !d.Allowed() || action.String() == "iam:PassRole" || !g.logs(requestedRegion(d.Request.Context.All())) {
				continue
			}
			name := action.String()
			if forms[name] == nil {
				forms[name] = make(map[string]bool)
			}
			for _, form := range formsOf(action, d.Request.Resource) {
				forms[name][form] = true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(forms)) {
		all = append(all, usedAction{name, slices.Sorted(maps.Keys(forms[name]))})
	}
	return all
}

func requestedRegion(keys func(yield func(string, []string) bool)) (region string) {
	for key, values := range keys {
		if strings.EqualFold(key, "aws:RequestedRegion") && len(values) > 0 {
			region = values[0]
		}
	}
	return region
}

// logs reports whether one of the trails is of a region.
func (g *generation) logs(region string) bool {
	return slices.ContainsFunc(g.of.CloudTrailDetails.Trails, func(t types.Trail) bool {
		return t.AllRegions != nil && *t.AllRegions || slices.Contains(t.Regions, region)
	})
}

// isBy reports whether a caller is a user, or a session of a role, by its ARN.
func isBy(principal, caller string) bool {
	if principal == caller {
		return true
	}
	p, err := awsarn.Parse(principal)
	c, err2 := awsarn.Parse(caller)
	if err != nil || err2 != nil || p.AccountID != c.AccountID {
		return false
	}
	path, isRole := strings.CutPrefix(p.Resource, "role/")
	session, isSession := strings.CutPrefix(c.Resource, "assumed-role/")
	name, _, _ := strings.Cut(session, "/")
	return isRole && isSession && path[strings.LastIndexByte(path, '/')+1:] == name
}

// formsOf are the forms of the resources of an action that match a resource.
func formsOf(action *catalog.Action, resource string) (forms []string) {
	for _, t := range action.Resources {
		if t.Resource.Match(resource) {
			for _, form := range t.Resource.ARNs {
				forms = append(forms, strings.ReplaceAll(form, "${Partition}", "aws"))
			}
		}
	}
	return forms
}

// sidOf begins the ids of the statements of a generated policy: unverified.
const sidOf = "SupportedServiceSid"

// maxDocument is how many characters a generated policy has: as many as a managed policy.
const maxDocument = 6144

type generatedStatement struct {
	Sid, Effect string
	Action      []string
	Resource    any
}

// documents are the policies of what was used: actions on the same resources are in one
// statement. Without placeholders all resources are meant.
func (g *generation) documents(placeholders bool) []string {
	actions := make(map[string][]string) // by resources
	for _, u := range g.used {
		resources := ""
		if placeholders {
			resources = strings.Join(u.forms, "\n")
		}
		service, _, _ := strings.Cut(u.action, ":")
		key := service + "\n" + resources
		actions[key] = append(actions[key], u.action)
	}
	var statements []generatedStatement
	for i, key := range slices.Sorted(maps.Keys(actions)) {
		_, resources, _ := strings.Cut(key, "\n")
		st := generatedStatement{Sid: fmt.Sprintf("%s%d", sidOf, i), Effect: "Allow", Action: actions[key], Resource: "*"}
		if resources != "" {
			st.Resource = strings.Split(resources, "\n")
		}
		statements = append(statements, st)
	}
	return split(statements)
}

// split makes documents of statements, none of which is too long for a managed policy if no
// statement is.
func split(statements []generatedStatement) (documents []string) {
	write := func(list []generatedStatement) string {
		text, err := json.Marshal(struct {
			Version   string
			Statement []generatedStatement
		}{"2012-10-17", list})
		if err != nil {
			panic(fmt.Sprintf("accessanalyzer: a generated policy: %v", err))
		}
		return string(text)
	}
	for len(statements) > 0 {
		n := 1
		for n < len(statements) && len(write(statements[:n+1])) <= maxDocument {
			n++
		}
		documents = append(documents, write(statements[:n]))
		statements = statements[n:]
	}
	return documents
}
