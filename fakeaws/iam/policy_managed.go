package iam

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

// policyOps are the operations on managed policies.
func (s *Fake) policyOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createPolicy),
		fakeaws.Bind(s.getPolicy),
		fakeaws.Bind(s.deletePolicy),
		fakeaws.Bind(s.listPolicies),
		fakeaws.Bind(s.listEntitiesForPolicy),
	}
}

const (
	policyNotFound      = "Policy %s was not found."
	policyNotAttachable = "Policy %s does not exist or is not attachable."
)

// A policy is a managed policy with its versions.
type policy struct {
	account          *account
	owner            string // awsOwner, or empty: the account
	name, path, id   string
	arn, description string
	created, updated time.Time // updated: with the newest version
	tags             tagSet
	versions         []*version // oldest first
	current          *version   // the default version
	deleted          bool       // for the plans that still hold it
	made             int        // versions ever made
	// attached and bounded have the entities that the policy is attached to and
	// the boundary of, by kind and lower-case name.
	attached, bounded [kinds]btree.Map[string, *entity]
}

// uses counts the entities of all kinds.
func uses(by *[kinds]btree.Map[string, *entity]) int {
	n := 0
	for i := range by {
		n += by[i].Len()
	}
	return n
}

// under reports whether the policy's path begins with a prefix, if there is one.
func (p *policy) under(prefix *string) bool {
	return prefix == nil || strings.HasPrefix(p.path, *prefix)
}

// listedPolicy is a policy as ListPolicies returns it: without description and
// tags.
func (p *policy) listedPolicy() types.Policy {
	return types.Policy{
		Arn:                           aws.String(p.arn),
		AttachmentCount:               aws.Int32(int32(uses(&p.attached))),
		CreateDate:                    aws.Time(p.created),
		DefaultVersionId:              aws.String(p.current.id()),
		IsAttachable:                  true,
		Path:                          aws.String(p.path),
		PermissionsBoundaryUsageCount: aws.Int32(int32(uses(&p.bounded))),
		PolicyId:                      aws.String(p.id),
		PolicyName:                    aws.String(p.name),
		UpdateDate:                    aws.Time(p.updated),
	}
}

// validARN reports whether an ARN has the form of one.
func validARN(arn string) bool {
	parsed, err := awsarn.Parse(arn)
	return err == nil && parsed.Partition != "" && parsed.Service != "" && parsed.Resource != ""
}

// lastSegment is the name in a path and name.
func lastSegment(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// splitPolicyARN returns the account and the name in the ARN of a policy.
func splitPolicyARN(arn string) (account, name string) {
	parsed, err := awsarn.Parse(arn)
	if err != nil || !strings.HasPrefix(parsed.Resource, "policy/") {
		return "", ""
	}
	return parsed.AccountID, lastSegment(parsed.Resource)
}

// policy finds a managed policy of the account, or of AWS, by its ARN.
func (a *account) policy(arn string) (*policy, bool) {
	owner, name := splitPolicyARN(arn)
	if owner == awsOwner {
		return a.awsPolicy(arn)
	}
	p, ok := a.policies.Get(strings.ToLower(name))
	if !ok || p.arn != arn {
		return nil, false
	}
	return p, true
}

// findPolicy is policy with IAM's error, which depends on the operation.
func (a *account) findPolicy(arn, missing string) (*policy, error) {
	if p, ok := a.policy(arn); ok {
		return p, nil
	}
	return nil, noSuchEntity(missing, arn)
}

// createPolicy makes a managed policy with its first version.
func (s *Fake) createPolicy(call *fakeaws.Call, in *sdk.CreatePolicyInput) (*fakeaws.Plan[*sdk.CreatePolicyOutput], error) {
	return plan(s, call, in, newPolicy(in.PolicyName, in.Path).tagged("iam:TagPolicy", in.Tags), func(a *account) (*sdk.CreatePolicyOutput, error) {
		p := &policy{
			account: a, name: *in.PolicyName, path: pathOr(in.Path), description: aws.ToString(in.Description),
			created: s.now(),
		}
		p.arn = iamARN(a.id, "policy", p.path, p.name)
		if err := p.tags.put(in.Tags, "Policy"); err != nil {
			return nil, err
		}
		v, err := p.add(call, *in.PolicyDocument, p.created)
		if err != nil {
			return nil, err
		}
		p.makeDefault(v)
		key := strings.ToLower(p.name)
		if _, exists := a.policies.Get(key); exists {
			return nil, alreadyExists("A policy called %s already exists. Duplicate names are not allowed.", p.name)
		}
		if err := a.checkQuota(policiesQuota, a.policies.Len()); err != nil {
			return nil, err
		}
		p.id = s.world.IDs().Unique("ANPA")
		a.policies.Set(key, p)
		view := p.listedPolicy()
		view.Tags = p.tags.all()
		return &sdk.CreatePolicyOutput{Policy: &view}, nil
	}, requestTags(in.Tags))
}

// getPolicy describes a managed policy.
func (s *Fake) getPolicy(call *fakeaws.Call, in *sdk.GetPolicyInput) (*fakeaws.Plan[*sdk.GetPolicyOutput], error) {
	return plan(s, call, in, onPolicy(in.PolicyArn), func(p *policy) (*sdk.GetPolicyOutput, error) {
		view := p.listedPolicy()
		view.Description = optional(p.description)
		view.Tags = p.tags.listed()
		return &sdk.GetPolicyOutput{Policy: &view}, nil
	})
}

// deletePolicy deletes a managed policy that has only its default version and
// is used nowhere.
func (s *Fake) deletePolicy(call *fakeaws.Call, in *sdk.DeletePolicyInput) (*fakeaws.Plan[*sdk.DeletePolicyOutput], error) {
	return plan(s, call, in, onOwnPolicy(in.PolicyArn), func(p *policy) (*sdk.DeletePolicyOutput, error) {
		switch {
		case uses(&p.attached) > 0 || uses(&p.bounded) > 0:
			return nil, deleteConflict("Cannot delete a policy attached to entities.")
		case len(p.versions) > 1:
			return nil, deleteConflict("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
		}
		p.deleted = true
		p.account.policies.Delete(strings.ToLower(p.name))
		return &sdk.DeletePolicyOutput{}, nil
	})
}

// listPolicies lists the managed policies of the account and of AWS.
func (s *Fake) listPolicies(call *fakeaws.Call, in *sdk.ListPoliciesInput) (*fakeaws.Plan[*sdk.ListPoliciesOutput], error) {
	return plan(s, call, in, listedPolicies(in.PathPrefix), func(a *account) (*sdk.ListPoliciesOutput, error) {
		used := in.OnlyAttached || in.PolicyUsageFilter != ""
		shown := func(p *policy) bool {
			attached, bounded := uses(&p.attached) > 0, uses(&p.bounded) > 0
			return p.under(in.PathPrefix) &&
				(!used || attached || bounded) &&
				(in.PolicyUsageFilter != types.PolicyUsageTypePermissionsPolicy || attached) &&
				(in.PolicyUsageFilter != types.PolicyUsageTypePermissionsBoundary || bounded)
		}
		p, err := list(a.everyPolicy(in.Scope, used), in.Marker, in.MaxItems, func(p *policy) (types.Policy, bool) {
			if !shown(p) {
				return types.Policy{}, false
			}
			return p.listedPolicy(), true
		})
		return &sdk.ListPoliciesOutput{Policies: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}

// listEntitiesForPolicy lists the users, roles and groups that a managed policy
// is attached to or the boundary of; a page may have some of each.
func (s *Fake) listEntitiesForPolicy(call *fakeaws.Call, in *sdk.ListEntitiesForPolicyInput) (*fakeaws.Plan[*sdk.ListEntitiesForPolicyOutput], error) {
	return plan(s, call, in, onPolicy(in.PolicyArn), func(p *policy) (*sdk.ListEntitiesForPolicyOutput, error) {
		pg, err := list(p.entities(in), in.Marker, in.MaxItems, under(in.PathPrefix, func(e *entity) *entity { return e }))
		out := &sdk.ListEntitiesForPolicyOutput{
			PolicyGroups: []types.PolicyGroup{}, PolicyUsers: []types.PolicyUser{}, PolicyRoles: []types.PolicyRole{},
			IsTruncated: pg.Truncated(), Marker: pg.Next,
		}
		for _, e := range pg.Items {
			id, name := aws.String(e.id), aws.String(e.name)
			switch e.kind {
			case userKind:
				out.PolicyUsers = append(out.PolicyUsers, types.PolicyUser{UserId: id, UserName: name})
			case groupKind:
				out.PolicyGroups = append(out.PolicyGroups, types.PolicyGroup{GroupId: id, GroupName: name})
			case roleKind:
				out.PolicyRoles = append(out.PolicyRoles, types.PolicyRole{RoleId: id, RoleName: name})
			}
		}
		return out, err
	})
}

// entities lists who uses the policy, in the way that the request asks for, by
// kind and name.
func (p *policy) entities(in *sdk.ListEntitiesForPolicyInput) page.Ascender[*entity] {
	var none btree.Map[string, *entity]
	return func(from string, visit func(string, *entity) bool) {
		for _, k := range []*kind{groupKind, roleKind, userKind} { // in the order of their nouns
			if in.EntityFilter != "" && string(in.EntityFilter) != k.title {
				continue
			}
			attached, bounded := &p.attached[k.index], &p.bounded[k.index]
			if in.PolicyUsageFilter == types.PolicyUsageTypePermissionsBoundary {
				attached = &none
			}
			if in.PolicyUsageFilter == types.PolicyUsageTypePermissionsPolicy {
				bounded = &none
			}
			prefix := k.noun + "/"
			start, here := strings.CutPrefix(from, prefix)
			switch {
			case here:
			case from > prefix:
				continue
			default:
				start = ""
			}
			if !ascendBoth(attached, bounded, start, func(name string, e *entity) bool { return visit(prefix+name, e) }) {
				return
			}
		}
	}
}

// ascendBoth visits what is in either tree, in order and once, until visit
// returns false, which it then returns.
func ascendBoth[V any](a, b *btree.Map[string, V], from string, visit func(string, V) bool) bool {
	x, y := a.Iter(), b.Iter()
	moreX, moreY := x.Seek(from), y.Seek(from)
	for moreX || moreY {
		first := &x
		if !moreX || moreY && y.Key() < x.Key() {
			first = &y
		}
		key, value := first.Key(), first.Value()
		if !visit(key, value) {
			return false
		}
		if moreX && x.Key() == key {
			moreX = x.Next()
		}
		if moreY && y.Key() == key {
			moreY = y.Next()
		}
	}
	return true
}
