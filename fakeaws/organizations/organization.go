package organizations

import (
	"cmp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) organizationOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createOrganization),
		fakeaws.Bind(s.describeOrganization),
		fakeaws.Bind(s.deleteOrganization),
	}
}

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

// createOrganization makes the caller's account the management account of a new
// organization. With all features, service control policies are enabled.
func (s *Fake) createOrganization(call *fakeaws.Call, in *sdk.CreateOrganizationInput) (*fakeaws.Plan[*sdk.CreateOrganizationOutput], error) {
	_, needs, err := s.plan(call, in, everyone, about{})
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*sdk.CreateOrganizationOutput]{Needs: needs, Do: func() (*sdk.CreateOrganizationOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.byMember[call.Account] != nil {
			return nil, &types.AlreadyInOrganizationException{Message: aws.String(alreadyMember)}
		}
		o := s.newOrganization(call.Account, in.FeatureSet)
		return &sdk.CreateOrganizationOutput{Organization: o.view()}, nil
	}}, nil
}

// newOrganization makes an organization that has only its management account.
func (s *Fake) newOrganization(account string, features types.OrganizationFeatureSet) *organization {
	ids := s.world.IDs()
	o := &organization{
		service: s, id: "o-" + ids.Lower(10), management: account, features: cmp.Or(features, types.OrganizationFeatureSetAll),
		nodes: make(map[string]*node),
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
	return o
}

// describeOrganization describes the organization that the caller's account is in.
func (s *Fake) describeOrganization(call *fakeaws.Call, in *sdk.DescribeOrganizationInput) (*fakeaws.Plan[*sdk.DescribeOrganizationOutput], error) {
	return onOrganization(s, call, in, everyone, about{}, func(r *request) (*sdk.DescribeOrganizationOutput, error) {
		return &sdk.DescribeOrganizationOutput{Organization: r.view()}, nil
	})
}

// deleteOrganization deletes an organization that has only its management
// account, with its OUs and policies.
func (s *Fake) deleteOrganization(call *fakeaws.Call, in *sdk.DeleteOrganizationInput) (*fakeaws.Plan[*sdk.DeleteOrganizationOutput], error) {
	return onOrganization(s, call, in, management, about{}, func(r *request) (*sdk.DeleteOrganizationOutput, error) {
		if r.accounts.Len() > 1 {
			return nil, &types.OrganizationNotEmptyException{Message: aws.String(organizationNotEmpty)}
		}
		delete(s.byMember, r.management)
		s.cancel(func(h *handshake) bool { return h.sender == r.organization })
		s.world.SetOrganization(r.id, nil)
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
