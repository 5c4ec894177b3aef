package iam

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// grantOps are the operations on the policies that grant access to services.
func (s *Fake) grantOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.listPoliciesGrantingServiceAccess),
	}
}

const invalidPrincipalARN = "Invalid ARN provided in the request: "

// principalARN takes the ARN of a user, group or role apart. The kind of any
// other ARN is nil.
func principalARN(arn string) (account string, k *kind, name string) {
	parsed, err := awsarn.Parse(arn)
	if err != nil || parsed.Service != "iam" {
		return "", nil, ""
	}
	noun, _, _ := strings.Cut(parsed.Resource, "/")
	for _, k := range []*kind{userKind, groupKind, roleKind} {
		if k.noun == noun {
			return parsed.AccountID, k, lastSegment(parsed.Resource)
		}
	}
	return "", nil, ""
}

// principal finds a user, group or role of the account by its ARN.
func (a *account) principal(arn string) (*entity, error) {
	owner, k, name := principalARN(arn)
	if k == nil || owner != a.id {
		return nil, invalidInput(invalidPrincipalARN + arn)
	}
	e, err := k.find(a, name)
	if err == nil && e.arn != arn {
		return nil, k.missing(name)
	}
	return e, err
}

// onPrincipal is the target of actions on a user, group or role of the account that
// an ARN names, printed as that ARN.
func onPrincipal(arn *string) target[*entity] {
	return func(l *lookup) (found[*entity], error) {
		e, err := l.account.principal(*arn)
		r := resource{arn: *arn}
		if err == nil {
			r.tags = &e.tags
		} else if p, ok := l.account.policy(*arn); ok {
			r.tags = &p.tags
		}
		return found[*entity]{resources: []resource{r}, value: e, missing: func() error {
			if err == nil && (e.deleted || e.arn != *arn) {
				return e.kind.missing(lastSegment(*arn))
			}
			return err
		}}, nil
	}
}

// A grant is a permissions policy that a principal has.
type grant struct {
	policy  *enforce.Policy
	owner   *entity // the principal, or a group that it is in
	managed *policy // nil for an inline policy
}

// grants returns the permissions policies of a principal: a user's own, those of
// its groups after them, inline ones before managed ones.
func (e *entity) grants() []grant {
	var all []grant
	for _, owner := range append([]*entity{e}, e.groups.Values()...) {
		for _, p := range owner.inline.Values() {
			all = append(all, grant{policy: p, owner: owner})
		}
		for _, p := range owner.attached.Values() {
			all = append(all, grant{policy: p.current.policy, owner: owner, managed: p})
		}
	}
	return all
}

// reaches reports whether the policy allows any action of a service, on some
// resource and under some condition. What is denied does not count.
func (g *grant) reaches(s *catalog.Service) bool {
	return g.policy.Reaches(s.Prefix, func(yield func(string) bool) {
		for _, a := range s.Actions() {
			if !yield(a.String()) {
				return
			}
		}
	})
}

// view is the policy as ListPoliciesGrantingServiceAccess shows it: an inline
// policy with whom it is a part of, a managed one with its ARN.
func (g *grant) view() types.PolicyGrantingServiceAccess {
	if g.managed != nil {
		return types.PolicyGrantingServiceAccess{
			PolicyArn: aws.String(g.managed.arn), PolicyName: aws.String(g.managed.name), PolicyType: types.PolicyTypeManaged,
		}
	}
	return types.PolicyGrantingServiceAccess{
		EntityName: aws.String(g.owner.name), EntityType: g.owner.ownerType(),
		PolicyName: aws.String(g.policy.Source().Name), PolicyType: types.PolicyTypeInline,
	}
}

// ownerType is the entity's kind as reports on policies name it.
func (e *entity) ownerType() types.PolicyOwnerEntityType {
	return types.PolicyOwnerEntityType(strings.ToUpper(e.noun))
}

// listPoliciesGrantingServiceAccess lists the policies of a user, group or role
// with which it can reach services.
func (s *Fake) listPoliciesGrantingServiceAccess(call *fakeaws.Call, in *sdk.ListPoliciesGrantingServiceAccessInput) (*fakeaws.Plan[*sdk.ListPoliciesGrantingServiceAccessOutput], error) {
	return plan(s, call, in, onPrincipal(in.Arn), func(e *entity) (*sdk.ListPoliciesGrantingServiceAccessOutput, error) {
		var gone error
		grants := e.grants()
		namespaces := slices.Sorted(slices.Values(in.ServiceNamespaces))
		all := page.Sorted(namespaces, func(name string) string { return name })
		p, err := list(all, in.Marker, nil, func(name string) (types.ListPoliciesGrantingServiceAccessEntry, bool) {
			entry := types.ListPoliciesGrantingServiceAccessEntry{
				ServiceNamespace: aws.String(name), Policies: []types.PolicyGrantingServiceAccess{},
			}
			if gone == nil {
				gone = call.Err()
			}
			if service, ok := catalog.Lookup(name); ok && gone == nil {
				for i := range grants {
					if grants[i].reaches(service) {
						entry.Policies = append(entry.Policies, grants[i].view())
					}
				}
			}
			return entry, true
		})
		if gone != nil {
			return nil, gone
		}
		return &sdk.ListPoliciesGrantingServiceAccessOutput{
			PoliciesGrantingServiceAccess: p.Items, IsTruncated: p.Truncated(), Marker: p.Next,
		}, err
	})
}
