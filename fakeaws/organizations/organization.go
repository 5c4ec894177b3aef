package organizations

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// An organization is the tree of its accounts, with the policies that it has.
type organization struct {
	service        *Fake
	id, management string
	features       types.OrganizationFeatureSet

	root *node
	// nodes has the root, the OUs and the accounts by id; accounts and units the
	// two kinds by themselves.
	nodes           map[string]*node
	accounts, units btree.Map[string, *node]

	policies btree.Map[string, *policy] // by id
	enabled  [policyTypes]bool
	requests btree.Map[string, *types.CreateAccountStatus]

	trusted    btree.Map[string, time.Time] // service principals, and since when
	delegation *delegationPolicy

	firstClosed time.Time // of its closed accounts; zero when there are none
}

// CreateOrganization makes the caller's account the management account of a new
// organization. With all features, service control policies are enabled.
func (s *Fake) CreateOrganization(ctx context.Context, in *sdk.CreateOrganizationInput) (*sdk.CreateOrganizationOutput, error) {
	if err := check(in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	account := fakeaws.CallFrom(ctx).Account
	if s.byMember[account] != nil {
		return nil, &types.AlreadyInOrganizationException{Message: aws.String(alreadyMember)}
	}
	ids := s.world.IDs()
	o := &organization{
		service: s, id: "o-" + ids.Lower(10), management: account, features: types.OrganizationFeatureSetAll,
		nodes: make(map[string]*node),
	}
	if in.FeatureSet != "" {
		o.features = in.FeatureSet
	}
	rootID := "r-" + ids.Lower(4)
	o.root = o.add(&node{kind: rootKind, id: rootID, arn: o.arn("root", o.id, rootID), name: "Root"}, nil)
	for t := range policyTypes {
		p := awsPolicy(t)
		o.policies.Set(p.id, p)
	}
	o.join(account, &membership{email: ownerEmail(account), method: types.AccountJoinedMethodInvited}, account)
	if o.features == types.OrganizationFeatureSetAll {
		o.enable(scp)
	}
	o.publish()
	return &sdk.CreateOrganizationOutput{Organization: o.view()}, nil
}

// DescribeOrganization describes the organization that the caller's account is in.
func (s *Fake) DescribeOrganization(ctx context.Context, in *sdk.DescribeOrganizationInput) (*sdk.DescribeOrganizationOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.DescribeOrganizationOutput, error) {
		return &sdk.DescribeOrganizationOutput{Organization: o.view()}, nil
	})
}

// DeleteOrganization deletes an organization that has only its management
// account, with its OUs and policies.
func (s *Fake) DeleteOrganization(ctx context.Context, in *sdk.DeleteOrganizationInput) (*sdk.DeleteOrganizationOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.DeleteOrganizationOutput, error) {
		if o.accounts.Len() > 1 {
			return nil, &types.OrganizationNotEmptyException{Message: aws.String(organizationNotEmpty)}
		}
		delete(s.byMember, o.management)
		s.cancel(func(h *handshake) bool { return h.sender == o })
		s.world.SetOrganization(o.id, nil)
		return &sdk.DeleteOrganizationOutput{}, nil
	})
}

// view is the organization as AWS describes it. AvailablePolicyTypes names SCPs
// alone, whatever is enabled: AWS says not to use it.
func (o *organization) view() *types.Organization {
	management := o.nodes[o.management]
	v := &types.Organization{
		Arn:                aws.String(o.arn("organization", o.id)),
		FeatureSet:         o.features,
		Id:                 aws.String(o.id),
		MasterAccountArn:   aws.String(management.arn),
		MasterAccountEmail: aws.String(management.account.email),
		MasterAccountId:    aws.String(o.management),
	}
	if o.features == types.OrganizationFeatureSetAll {
		v.AvailablePolicyTypes = []types.PolicyTypeSummary{{Type: types.PolicyTypeServiceControlPolicy, Status: types.PolicyTypeStatusEnabled}}
	}
	return v
}

// publish tells the World who is in the organization, and which policies limit
// whom. Policies are compiled already: it copies pointers.
func (o *organization) publish() {
	shared := &fakeaws.Organization{
		ID: o.id, Management: o.management, AllFeatures: o.features == types.OrganizationFeatureSetAll,
		Trusted: o.trusted.Keys(), Delegated: make(map[string][]string),
	}
	members := make([]*fakeaws.Membership, 0, o.accounts.Len())
	var levels [policyTypes][][]*enforce.Policy
	var visit func(n *node, path string)
	visit = func(n *node, path string) {
		for t := range levels {
			if o.enabled[t] {
				levels[t] = append(levels[t], n.compiled[t])
			}
		}
		if n.kind == accountKind {
			m := &fakeaws.Membership{Organization: shared, Account: n.id, Path: path}
			// "SCPs don't affect users or roles in the management account", nor do
			// RCPs affect its resources.
			if n.id != o.management {
				m.SCPs, m.RCPs = slices.Clone(levels[scp]), slices.Clone(levels[rcp])
			}
			members = append(members, m)
			if services := n.account.delegated.Keys(); len(services) > 0 {
				shared.Delegated[n.id] = services
			}
		} else {
			n.children.Scan(func(_ string, child *node) bool {
				visit(child, path+n.id+"/")
				return true
			})
		}
		for t := range levels {
			if o.enabled[t] {
				levels[t] = levels[t][:len(levels[t])-1]
			}
		}
	}
	visit(o.root, o.id+"/")
	o.service.world.SetOrganization(o.id, members)
}
