package iam

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// lastAccessOps are the operations on service last accessed reports.
func (s *Fake) lastAccessOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.generateServiceLastAccessedDetails),
		fakeaws.Bind(s.getServiceLastAccessedDetails),
		fakeaws.Bind(s.getServiceLastAccessedDetailsWithEntities),
	}
}

// Texts about reports of last access.
const (
	// Unverified: an id of no report, or of somebody else's.
	noJob = "The job with id %s cannot be found."
	// Unverified: a service that the report does not have.
	notReported = "The service namespace %s is not part of the report."
)

// An accessJob is a report of what a user, group, role or policy could reach and
// of who did so last. It is made at once; AWS takes some seconds.
type accessJob struct {
	by          string // the ARN of the caller who had it made: no other caller gets the report
	created     time.Time
	granularity types.AccessAdvisorUsageGranularityType
	services    []serviceAccess // by namespace
	// Of a report on an organization, by namespace.
	organization bool
	accesses     []types.AccessDetail
	failure      *types.ErrorDetails
}

// A serviceAccess is what a report says of one service.
type serviceAccess struct {
	types.ServiceLastAccessed
	entities []types.EntityDetails // the latest first
}

// addJob keeps a report and returns its id.
func (s *Fake) addJob(a *account, caller *fakeaws.Caller, job *accessJob) *string {
	if a.jobs == nil {
		a.jobs = make(map[string]*accessJob)
	}
	job.by, job.created = caller.ARN, s.moment()
	id := s.world.IDs().UUID()
	a.jobs[id] = job
	return &id
}

// onReport is the target of reading a report, which only the caller who had it made
// gets.
func onReport(id *string) target[*accessJob] {
	return func(l *lookup) (found[*accessJob], error) {
		job, ok := l.account.jobs[*id]
		return found[*accessJob]{resources: []resource{{arn: "*"}}, value: job, missing: func() error {
			if !ok || job.by != l.call.Caller.ARN {
				return noSuchEntity(noJob, *id)
			}
			return nil
		}}, nil
	}
}

// An accessSubject is what a report is about: a principal or a managed policy.
type accessSubject struct {
	principal *entity
	policy    *policy
}

// onAccessSubject is onPrincipal for an ARN that may also be a managed policy's.
func onAccessSubject(arn *string) target[accessSubject] {
	return func(l *lookup) (found[accessSubject], error) {
		if owner, _ := splitPolicyARN(*arn); owner != "" {
			f := l.policy(*arn, *arn)
			f.resources[0].name = ""
			return found[accessSubject]{resources: f.resources, value: accessSubject{policy: f.value}, missing: f.missing}, nil
		}
		f, err := onPrincipal(arn)(l)
		return found[accessSubject]{resources: f.resources, value: accessSubject{principal: f.value}, missing: f.missing}, err
	}
}

// An accessScope is what a report evaluates: grants, and the users and roles who
// could have used them.
type accessScope struct {
	grants   []grant
	entities []*entity
	// unused are the entities as the report has them of a service that none has used;
	// they are shared by all such services. used are their uses, by service.
	unused []types.EntityDetails
	used   map[string][]entityUse
}

// An entityUse is what an entity of a scope, by its place there, was used for.
type entityUse struct {
	entity int
	usage
}

// look collects what the entities of a scope were used for, the latest first of each.
func (r *accessScope) look(ctx context.Context) error {
	r.used = make(map[string][]entityUse)
	for i, e := range r.entities {
		if err := ctx.Err(); err != nil {
			return err
		}
		r.unused = append(r.unused, types.EntityDetails{EntityInfo: e.info()})
		for _, use := range e.used() {
			r.used[use.Service] = append(r.used[use.Service], entityUse{i, use})
		}
	}
	return nil
}

// scope returns the grants and principals that a report evaluates.
func (x accessSubject) scope() *accessScope {
	if p := x.policy; p != nil {
		users := p.attached[userKind.index].Values()
		for _, g := range p.attached[groupKind.index].Values() {
			users = append(users, g.members.Values()...)
		}
		slices.SortFunc(users, func(x, y *entity) int { return cmp.Compare(x.name, y.name) })
		return &accessScope{
			grants:   []grant{{policy: p.current.policy, managed: p}},
			entities: append(slices.Compact(users), p.attached[roleKind.index].Values()...),
		}
	}
	e := x.principal
	if e.kind == groupKind {
		return &accessScope{grants: e.grants(), entities: e.members.Values()}
	}
	return &accessScope{grants: e.grants(), entities: []*entity{e}}
}

// access makes the report on one service; false when no policy reaches it.
func (s *Fake) access(r *accessScope, service *catalog.Service, actions bool) (serviceAccess, bool) {
	if !slices.ContainsFunc(r.grants, func(g grant) bool { return g.reaches(service) }) {
		return serviceAccess{}, false
	}
	x := serviceAccess{ServiceLastAccessed: types.ServiceLastAccessed{
		ServiceName: aws.String(service.Name), ServiceNamespace: aws.String(service.Prefix),
		TotalAuthenticatedEntities: aws.Int32(0),
	}}
	x.entities = r.unused
	uses := r.used[service.Prefix]
	if len(uses) == 0 {
		return x, true
	}
	x.entities = slices.Clone(r.unused)
	tracked := make(map[string]types.TrackedActionLastAccessed)
	for _, use := range uses {
		e, details := r.entities[use.entity], &x.entities[use.entity]
		at := use.Time.Truncate(time.Second)
		if details.LastAuthenticated == nil { // the latest use comes first
			details.LastAuthenticated = &at
			*x.TotalAuthenticatedEntities++
			if x.LastAuthenticated == nil || at.After(*x.LastAuthenticated) {
				x.LastAuthenticated, x.LastAuthenticatedEntity, x.LastAuthenticatedRegion = &at, &e.arn, aws.String(use.Region)
			}
		}
		track(tracked, e, use.usage)
	}
	slices.SortStableFunc(x.entities, func(a, b types.EntityDetails) int {
		return aws.ToTime(b.LastAuthenticated).Compare(aws.ToTime(a.LastAuthenticated))
	})
	if actions {
		for _, t := range tracked {
			x.TrackedActionsLastAccessed = append(x.TrackedActionsLastAccessed, t)
		}
		slices.SortFunc(x.TrackedActionsLastAccessed, func(a, b types.TrackedActionLastAccessed) int {
			return cmp.Compare(*a.ActionName, *b.ActionName)
		})
	}
	return x, true
}

// track notes the use of the actions that an operation needs in its own service.
func track(tracked map[string]types.TrackedActionLastAccessed, e *entity, use usage) {
	at := use.Time.Truncate(time.Second)
	for _, p := range catalog.Needs(use.Service, use.Operation) {
		action, ok := catalog.Find(p.Action)
		if !ok || action.Service.Prefix != use.Service || len(p.If) > 0 {
			continue
		}
		if last, ok := tracked[action.Name]; ok && !at.After(*last.LastAccessedTime) {
			continue
		}
		tracked[action.Name] = types.TrackedActionLastAccessed{
			ActionName: aws.String(action.Name), LastAccessedEntity: aws.String(e.arn),
			LastAccessedRegion: aws.String(use.Region), LastAccessedTime: &at,
		}
	}
}

// info is a user or role as reports name it.
func (e *entity) info() *types.EntityInfo {
	return &types.EntityInfo{
		Arn: aws.String(e.arn), Id: aws.String(e.id), Name: aws.String(e.name), Path: aws.String(e.path), Type: e.ownerType(),
	}
}

// generateServiceLastAccessedDetails reports which services a user, group, role
// or policy can reach and when they were last called.
func (s *Fake) generateServiceLastAccessedDetails(call *fakeaws.Call, in *sdk.GenerateServiceLastAccessedDetailsInput) (*fakeaws.Plan[*sdk.GenerateServiceLastAccessedDetailsOutput], error) {
	return plan(s, call, in, onAccessSubject(in.Arn), func(x accessSubject) (*sdk.GenerateServiceLastAccessedDetailsOutput, error) {
		about := x.scope()
		if err := about.look(call); err != nil {
			return nil, err
		}
		job := &accessJob{granularity: in.Granularity}
		if job.granularity == "" {
			job.granularity = types.AccessAdvisorUsageGranularityTypeServiceLevel
		}
		actions := job.granularity == types.AccessAdvisorUsageGranularityTypeActionLevel
		for _, prefix := range catalog.Prefixes() {
			if err := call.Err(); err != nil {
				return nil, err
			}
			service, _ := catalog.Lookup(prefix)
			if x, ok := s.access(about, service, actions); ok {
				job.services = append(job.services, x)
			}
		}
		id := s.addJob(s.account(call.Account), call.Caller, job)
		return &sdk.GenerateServiceLastAccessedDetailsOutput{JobId: id}, nil
	})
}

// getServiceLastAccessedDetails returns a report, by service.
func (s *Fake) getServiceLastAccessedDetails(call *fakeaws.Call, in *sdk.GetServiceLastAccessedDetailsInput) (*fakeaws.Plan[*sdk.GetServiceLastAccessedDetailsOutput], error) {
	return plan(s, call, in, onReport(in.JobId), func(job *accessJob) (*sdk.GetServiceLastAccessedDetailsOutput, error) {
		all := page.Sorted(job.services, func(x serviceAccess) string { return *x.ServiceNamespace })
		p, err := list(all, in.Marker, in.MaxItems, func(x serviceAccess) (types.ServiceLastAccessed, bool) {
			return x.ServiceLastAccessed, true
		})
		return &sdk.GetServiceLastAccessedDetailsOutput{
			JobCompletionDate: aws.Time(job.created), JobCreationDate: aws.Time(job.created),
			JobStatus: types.JobStatusTypeCompleted, JobType: job.granularity,
			ServicesLastAccessed: p.Items, IsTruncated: p.Truncated(), Marker: p.Next,
		}, err
	})
}

// getServiceLastAccessedDetailsWithEntities returns who could reach a service and
// when they last did, the latest first.
func (s *Fake) getServiceLastAccessedDetailsWithEntities(call *fakeaws.Call, in *sdk.GetServiceLastAccessedDetailsWithEntitiesInput) (*fakeaws.Plan[*sdk.GetServiceLastAccessedDetailsWithEntitiesOutput], error) {
	return plan(s, call, in, onReport(in.JobId), func(job *accessJob) (*sdk.GetServiceLastAccessedDetailsWithEntitiesOutput, error) {
		i := slices.IndexFunc(job.services, func(x serviceAccess) bool { return *x.ServiceNamespace == *in.ServiceNamespace })
		if i < 0 {
			return nil, noSuchEntity(notReported, *in.ServiceNamespace)
		}
		p, err := list(page.Numbered(job.services[i].entities), in.Marker, in.MaxItems, page.All[types.EntityDetails])
		return &sdk.GetServiceLastAccessedDetailsWithEntitiesOutput{
			JobCompletionDate: aws.Time(job.created), JobCreationDate: aws.Time(job.created), JobStatus: types.JobStatusTypeCompleted,
			EntityDetailsList: p.Items, IsTruncated: p.Truncated(), Marker: p.Next,
		}, err
	})
}
