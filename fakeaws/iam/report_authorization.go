package iam

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

// authorizationDetailOps are the operations on the authorization details of an account.
func (s *Fake) authorizationDetailOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.getAccountAuthorizationDetails),
	}
}

// getAccountAuthorizationDetails describes users, groups, roles and managed
// policies with their documents, percent-encoded. A page may have some of each.
// Of AWS's policies it shows those that the account uses, as AWS does.
func (s *Fake) getAccountAuthorizationDetails(call *fakeaws.Call, in *sdk.GetAccountAuthorizationDetailsInput) (*fakeaws.Plan[*sdk.GetAccountAuthorizationDetailsOutput], error) {
	return plan(s, call, in, onAccount, func(a *account) (*sdk.GetAccountAuthorizationDetailsOutput, error) {
		out := &sdk.GetAccountAuthorizationDetailsOutput{
			UserDetailList: []types.UserDetail{}, GroupDetailList: []types.GroupDetail{},
			RoleDetailList: []types.RoleDetail{}, Policies: []types.ManagedPolicyDetail{},
		}
		p, err := list(a.everything(in.Filter), in.Marker, in.MaxItems, page.All[detailed])
		for _, d := range p.Items {
			d.addTo(out)
		}
		out.IsTruncated, out.Marker = p.Truncated(), p.Next
		return out, err
	})
}

// A detailed is an entity or a policy, which adds its details to the output.
type detailed interface {
	addTo(*sdk.GetAccountAuthorizationDetailsOutput)
}

// everything lists users, groups, roles and policies one after the other, each
// under a digit and its key.
func (a *account) everything(filter []types.EntityType) page.Ascender[detailed] {
	wanted := func(t types.EntityType) bool { return len(filter) == 0 || slices.Contains(filter, t) }
	var parts []page.Ascender[detailed]
	add := func(t types.EntityType, part page.Ascender[detailed]) {
		if wanted(t) {
			parts = append(parts, part)
		}
	}
	add(types.EntityTypeUser, details(ascend(&a.users)))
	add(types.EntityTypeGroup, details(ascend(&a.groups)))
	add(types.EntityTypeRole, details(ascend(&a.roles)))
	add(types.EntityTypeLocalManagedPolicy, details(a.everyPolicy(types.PolicyScopeTypeLocal, false)))
	add(types.EntityTypeAWSManagedPolicy, details(a.usedAWSPolicies()))
	return concatenated(parts)
}

// usedAWSPolicies lists those of AWS's policies that the account uses.
func (a *account) usedAWSPolicies() page.Ascender[*policy] {
	return func(from string, visit func(string, *policy) bool) {
		a.everyPolicy(types.PolicyScopeTypeAws, true)(from, func(key string, p *policy) bool {
			return uses(&p.attached)+uses(&p.bounded) == 0 || visit(key, p)
		})
	}
}

func details[D detailed](of page.Ascender[D]) page.Ascender[detailed] {
	return func(from string, visit func(string, detailed) bool) {
		of(from, func(key string, d D) bool { return visit(key, d) })
	}
}

// concatenated lists one list after the other, each under its digit.
func concatenated[V any](parts []page.Ascender[V]) page.Ascender[V] {
	return func(from string, visit func(string, V) bool) {
		more := true
		for i, part := range parts {
			digit := string(rune('0' + i))
			start := ""
			switch {
			case !more || from > digit+"\U0010FFFF":
				continue
			case from > digit:
				start = from[len(digit):]
			}
			part(start, func(key string, v V) bool {
				more = visit(digit+key, v)
				return more
			})
		}
	}
}

func (e *entity) addTo(out *sdk.GetAccountAuthorizationDetailsOutput) {
	attached, inline := []types.AttachedPolicy{}, []types.PolicyDetail{}
	e.attached.Scan(func(_ string, p *policy) bool {
		attached = append(attached, types.AttachedPolicy{PolicyArn: aws.String(p.arn), PolicyName: aws.String(p.name)})
		return true
	})
	e.inline.Scan(func(name string, p *enforce.Policy) bool {
		inline = append(inline, types.PolicyDetail{PolicyName: aws.String(name), PolicyDocument: encoded(p.Document())})
		return true
	})
	switch e.kind {
	case userKind:
		out.UserDetailList = append(out.UserDetailList, e.userDetail(attached, inline))
	case groupKind:
		out.GroupDetailList = append(out.GroupDetailList, types.GroupDetail{
			Arn: aws.String(e.arn), GroupId: aws.String(e.id), GroupName: aws.String(e.name), Path: aws.String(e.path),
			CreateDate: aws.Time(e.created), AttachedManagedPolicies: attached, GroupPolicyList: inline,
		})
	case roleKind:
		out.RoleDetailList = append(out.RoleDetailList, e.roleDetail(attached, inline))
	}
}

func (e *entity) userDetail(attached []types.AttachedPolicy, inline []types.PolicyDetail) types.UserDetail {
	groups := []string{}
	e.groups.Scan(func(_ string, g *entity) bool {
		groups = append(groups, g.name)
		return true
	})
	if len(inline) == 0 {
		inline = nil // which recorded answers leave out of users, not of groups and roles
	}
	return types.UserDetail{
		Arn: aws.String(e.arn), UserId: aws.String(e.id), UserName: aws.String(e.name), Path: aws.String(e.path),
		CreateDate: aws.Time(e.created), GroupList: groups, AttachedManagedPolicies: attached,
		UserPolicyList: inline, PermissionsBoundary: e.boundaryView(), Tags: e.tags.listed(),
	}
}

func (e *entity) roleDetail(attached []types.AttachedPolicy, inline []types.PolicyDetail) types.RoleDetail {
	role := e.roleView()
	profiles := []types.InstanceProfile{}
	e.role.profiles.Scan(func(_ string, p *instanceProfile) bool {
		profiles = append(profiles, p.listedProfile())
		return true
	})
	return types.RoleDetail{
		Arn: role.Arn, RoleId: role.RoleId, RoleName: role.RoleName, Path: role.Path,
		CreateDate: role.CreateDate, AssumeRolePolicyDocument: role.AssumeRolePolicyDocument,
		RoleLastUsed: role.RoleLastUsed, InstanceProfileList: profiles, AttachedManagedPolicies: attached,
		RolePolicyList: inline, PermissionsBoundary: role.PermissionsBoundary, Tags: e.tags.listed(),
	}
}

func (p *policy) addTo(out *sdk.GetAccountAuthorizationDetailsOutput) {
	view := p.listedPolicy()
	versions := make([]types.PolicyVersion, 0, len(p.versions))
	for _, v := range slices.Backward(p.versions) {
		version := p.view(v)
		version.Document = encoded(v.policy.Document())
		versions = append(versions, *version)
	}
	out.Policies = append(out.Policies, types.ManagedPolicyDetail{
		Arn: view.Arn, PolicyId: view.PolicyId, PolicyName: view.PolicyName, Path: view.Path,
		Description: optional(p.description), IsAttachable: view.IsAttachable,
		CreateDate: view.CreateDate, UpdateDate: view.UpdateDate, DefaultVersionId: view.DefaultVersionId,
		AttachmentCount: view.AttachmentCount, PermissionsBoundaryUsageCount: view.PermissionsBoundaryUsageCount,
		PolicyVersionList: versions,
	})
}
