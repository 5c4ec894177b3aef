package iam

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// accessReportOps are the operations on access reports of an organization.
func (s *Fake) accessReportOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.generateOrganizationsAccessReport),
		fakeaws.Bind(s.getOrganizationsAccessReport),
	}
}

// Why a report on an organization fails. Unverified, as is that the report fails
// rather than the call.
const (
	codeNoOrganization = "AWSOrganizationsNotInUseException"
	codeNotManagement  = "AccessDeniedException"
)

// A scope is what a report on an organization is about: the levels of policies
// that apply to a root, OU or account, and the accounts in it.
type scope struct {
	levels  [][]*enforce.Policy // nil where none limit
	members []*fakeaws.Membership
}

// scope finds the root, OU or account of a path in an organization. Without an
// account in it, it is not known which policies apply.
func (s *Fake) scope(m *fakeaws.Membership, path string) (scope, bool) {
	var found scope
	ok := false
	depth := strings.Count(path, "/") // the root is the first level
	for _, a := range s.world.Accounts() {
		member := s.world.Membership(a.ID)
		switch {
		case member == nil || member.ID != m.ID:
		case member.Path+member.Account == path:
			return scope{member.SCPs, []*fakeaws.Membership{member}}, true
		case strings.HasPrefix(member.Path, path+"/") && member.SCPs != nil: // not the management account, which has none
			found.levels, ok = member.SCPs[:depth], true
			found.members = append(found.members, member)
		}
	}
	return found, ok
}

// only narrows a scope to one policy, and the accounts to which it applies.
func (x scope) only(policyID string) scope {
	var narrow scope
	for _, m := range x.members {
		for _, level := range m.SCPs {
			for _, p := range level {
				if lastSegment(p.Source().ARN) == policyID {
					narrow.levels = [][]*enforce.Policy{{p}}
					narrow.members = append(narrow.members, m)
				}
			}
		}
	}
	if narrow.levels == nil {
		narrow.levels = [][]*enforce.Policy{{}} // what the policy allows is not known
	}
	return narrow
}

// allows reports whether every level has a policy that allows an action of a
// service. What is denied does not count.
func (x scope) allows(service *catalog.Service) bool {
	return !slices.ContainsFunc(x.levels, func(level []*enforce.Policy) bool {
		return !slices.ContainsFunc(level, func(p *enforce.Policy) bool {
			g := grant{policy: p}
			return g.reaches(service)
		})
	})
}

// latest returns when an account last used each service, by namespace.
func (s *Fake) latest(accountID string) map[string]usage {
	last := make(map[string]usage)
	note := func(e *entity) {
		for _, use := range e.used() {
			if before, ok := last[use.Service]; !ok || use.Time.After(before.Time) {
				last[use.Service] = use
			}
		}
	}
	a := s.account(accountID)
	note(a.root)
	for _, e := range append(a.users.Values(), a.roles.Values()...) {
		note(e)
	}
	return last
}

// accesses makes a report on an organization.
func (s *Fake) accesses(ctx context.Context, x scope) ([]types.AccessDetail, error) {
	used := make([]map[string]usage, len(x.members))
	for i, m := range x.members {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		used[i] = s.latest(m.Account)
	}
	details := []types.AccessDetail{}
	for _, prefix := range catalog.Prefixes() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		service, _ := catalog.Lookup(prefix)
		if !x.allows(service) {
			continue
		}
		d := types.AccessDetail{ServiceName: aws.String(service.Name), ServiceNamespace: aws.String(prefix), TotalAuthenticatedEntities: aws.Int32(0)}
		for i, m := range x.members {
			use, ok := used[i][prefix]
			if !ok {
				continue
			}
			*d.TotalAuthenticatedEntities++
			if at := use.Time.Truncate(time.Second); d.LastAuthenticatedTime == nil || at.After(*d.LastAuthenticatedTime) {
				d.LastAuthenticatedTime, d.Region, d.EntityPath = &at, aws.String(use.Region), aws.String(m.Path+m.Account)
			}
		}
		details = append(details, d)
	}
	return details, nil
}

// onEntityPath is the target of a report on a path in an organization.
func onEntityPath(path *string) target[*account] {
	return at(func(a *account) string { return iamARN(a.id, "access-report", "/", *path) })
}

func organizationsPolicy(id *string) contextKey { return optionalKey("iam:OrganizationsPolicyId", id) }

// generateOrganizationsAccessReport reports which services the SCPs of a root, OU
// or account allow, or one SCP allows, and when accounts last used them.
func (s *Fake) generateOrganizationsAccessReport(call *fakeaws.Call, in *sdk.GenerateOrganizationsAccessReportInput) (*fakeaws.Plan[*sdk.GenerateOrganizationsAccessReportOutput], error) {
	return plan(s, call, in, onEntityPath(in.EntityPath), func(a *account) (*sdk.GenerateOrganizationsAccessReportOutput, error) {
		job := &accessJob{organization: true}
		m := s.world.Membership(a.id)
		switch {
		case m == nil:
			job.failure = &types.ErrorDetails{Code: aws.String(codeNoOrganization), Message: aws.String(noOrganization)}
		case m.Management != a.id:
			job.failure = &types.ErrorDetails{Code: aws.String(codeNotManagement), Message: aws.String(notManagingAccount)}
		default:
			x, ok := s.scope(m, *in.EntityPath)
			if id := in.OrganizationsPolicyId; ok && id != nil && x.levels != nil {
				x = x.only(*id)
			}
			if ok {
				var err error
				if job.accesses, err = s.accesses(call, x); err != nil {
					return nil, err
				}
			}
		}
		return &sdk.GenerateOrganizationsAccessReportOutput{JobId: s.addJob(a, call.Caller, job)}, nil
	}, organizationsPolicy(in.OrganizationsPolicyId))
}

// getOrganizationsAccessReport returns a report, by namespace or with what was
// used last first.
func (s *Fake) getOrganizationsAccessReport(call *fakeaws.Call, in *sdk.GetOrganizationsAccessReportInput) (*fakeaws.Plan[*sdk.GetOrganizationsAccessReportOutput], error) {
	return plan(s, call, in, onReport(in.JobId), func(job *accessJob) (*sdk.GetOrganizationsAccessReportOutput, error) {
		if !job.organization { // it is a report of the other kind
			return nil, noSuchEntity(noJob, *in.JobId)
		}
		out := &sdk.GetOrganizationsAccessReportOutput{
			JobCompletionDate: aws.Time(job.created), JobCreationDate: aws.Time(job.created), JobStatus: types.JobStatusTypeCompleted,
		}
		if job.failure != nil {
			out.JobStatus, out.ErrorDetails = types.JobStatusTypeFailed, job.failure
			return out, nil
		}
		sorted := slices.Clone(job.accesses)
		if in.SortKey == types.SortKeyTypeLastAuthenticatedTimeAscending || in.SortKey == types.SortKeyTypeLastAuthenticatedTimeDescending {
			slices.SortStableFunc(sorted, func(x, y types.AccessDetail) int {
				return aws.ToTime(x.LastAuthenticatedTime).Compare(aws.ToTime(y.LastAuthenticatedTime))
			})
		}
		if in.SortKey == types.SortKeyTypeServiceNamespaceDescending || in.SortKey == types.SortKeyTypeLastAuthenticatedTimeDescending {
			slices.Reverse(sorted)
		}
		unused := 0
		for i := range sorted {
			unused += number(sorted[i].LastAuthenticatedTime == nil)
		}
		out.NumberOfServicesAccessible, out.NumberOfServicesNotAccessed = aws.Int32(int32(len(sorted))), aws.Int32(int32(unused))
		p, err := list(page.Numbered(sorted), in.Marker, in.MaxItems, page.All[types.AccessDetail])
		out.AccessDetails, out.IsTruncated, out.Marker = p.Items, p.Truncated(), p.Next
		return out, err
	})
}
