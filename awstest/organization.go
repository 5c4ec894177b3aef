package awstest

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsorg "github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws/organizations"
)

// An Organization is an organization of AWS Organizations. Its policies are those
// of the root: they count for every member account.
type Organization struct {
	place
	id string
}

// An OU is an organizational unit. Its policies count for every account in it,
// however deep.
type OU struct {
	place
	name string
}

// A place is the root or an OU: accounts and OUs are in it, and policies attached.
type place struct {
	node
	path string
}

// A node is what policies can be attached to, by its id.
type node struct {
	management *Account
	id         string
}

// Organization makes the account the management account of an organization, with
// all features and with service and resource control policies enabled. Called
// again it returns the same organization.
//
//	org := acct.Organization()
//	ou := org.OU("workloads").SCP("no-s3", awstest.Deny("s3:*"))
//	member := ou.Account()
//
// Policies count from the next call on. They limit the member accounts, and not
// the management account.
func (a *Account) Organization() *Organization {
	a.t.Helper()
	svc, ctx := a.organizations(), a.background()
	if m := a.world.Membership(a.ID()); m != nil && m.Management != a.ID() {
		a.t.Fatalf("awstest: account %s is a member of the organization of account %s: call Organization on that account", a.ID(), m.Management)
	} else if m == nil {
		if _, err := svc.CreateOrganization(ctx, &awsorg.CreateOrganizationInput{}); err != nil {
			a.t.Fatalf("awstest: Organization: %v", err)
		}
		if _, err := svc.EnablePolicyType(ctx, &awsorg.EnablePolicyTypeInput{
			RootId: a.rootID(), PolicyType: orgtypes.PolicyTypeResourceControlPolicy,
		}); err != nil {
			a.t.Fatalf("awstest: Organization: %v", err)
		}
	}
	id, root := a.world.Membership(a.ID()).ID, *a.rootID()
	return &Organization{place: place{node{a, root}, id + "/" + root + "/"}, id: id}
}

// rootID is the id of the root of the account's organization.
func (a *Account) rootID() *string {
	a.t.Helper()
	out, err := a.organizations().ListRoots(a.background(), &awsorg.ListRootsInput{})
	if err != nil {
		a.t.Fatalf("awstest: Organization: %v", err)
	}
	return out.Roots[0].Id
}

func (a *Account) organizations() *organizations.Fake {
	return organizations.Of(a.world)
}

// ID returns the organization's id, like o-a1b2c3d4e5: the value of
// aws:PrincipalOrgID and aws:ResourceOrgID.
func (o *Organization) ID() string { return o.id }

// RootID returns the id of the root, like r-ab12.
func (o *Organization) RootID() string { return o.node.id }

// ID returns the OU's id, like ou-ab12-11111111.
func (u *OU) ID() string { return u.node.id }

// Name returns the OU's name.
func (u *OU) Name() string { return u.name }

// Path returns the value that aws:PrincipalOrgPaths and aws:ResourceOrgPaths have
// for accounts right here: "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/".
func (p *place) Path() string { return p.path }

// OU makes an organizational unit here.
func (p *place) OU(name string) *OU {
	t := p.management.t
	t.Helper()
	out, err := p.management.organizations().CreateOrganizationalUnit(p.management.background(), &awsorg.CreateOrganizationalUnitInput{
		ParentId: &p.id, Name: &name,
	})
	if err != nil {
		t.Fatalf("awstest: OU %s: %v", name, err)
	}
	id := *out.OrganizationalUnit.Id
	return &OU{place: place{node{p.management, id}, p.path + id + "/"}, name: name}
}

// Account makes another account, as [Account.NewAccount] does, and puts it here.
func (p *place) Account() *Account {
	p.management.t.Helper()
	a := p.management.NewAccount()
	p.add(a)
	return a
}

// add puts an account here: one that joins, or one from elsewhere in the
// organization.
func (p *place) add(a *Account) {
	t := p.management.t
	t.Helper()
	svc, ctx, id := p.management.organizations(), p.management.background(), a.ID()
	m := p.management.world.Membership(id)
	switch {
	case a.world != p.management.world:
		t.Fatalf("awstest: account %s is of another World: make it with NewAccount", id)
		return
	case m == nil:
		if err := svc.Join(ctx, id); err != nil {
			t.Fatalf("awstest: account %s joins the organization: %v", id, err)
		}
	case m.Management != p.management.ID():
		t.Fatalf("awstest: account %s is in the organization of account %s, and an account is in one only", id, m.Management)
		return
	}
	from, err := svc.ListParents(ctx, &awsorg.ListParentsInput{ChildId: &id})
	if err != nil {
		t.Fatalf("awstest: account %s: %v", id, err)
	}
	if *from.Parents[0].Id == p.id {
		return
	}
	if _, err := svc.MoveAccount(ctx, &awsorg.MoveAccountInput{
		AccountId: &id, SourceParentId: from.Parents[0].Id, DestinationParentId: &p.id,
	}); err != nil {
		t.Fatalf("awstest: account %s moves to %s: %v", id, p.id, err)
	}
}

// Add puts accounts into the root: those that join, and those of the organization
// that leave an OU.
func (o *Organization) Add(accounts ...*Account) *Organization {
	o.management.t.Helper()
	for _, a := range accounts {
		o.add(a)
	}
	return o
}

// Add moves accounts to the OU. Those that are in no organization join.
func (u *OU) Add(accounts ...*Account) *OU {
	u.management.t.Helper()
	for _, a := range accounts {
		u.add(a)
	}
	return u
}

// SCP attaches a service control policy to the root: the most that the
// principals of all member accounts may do.
func (o *Organization) SCP(name string, policy Policy) *Organization {
	o.management.t.Helper()
	o.scp(name, policy)
	return o
}

// RCP attaches a resource control policy to the root: what nobody may do with
// resources of the member accounts. RCPs deny only, and are for the principal "*",
// which a [Statement] without principals means, alone or among [Statements].
func (o *Organization) RCP(name string, policy Policy) *Organization {
	o.management.t.Helper()
	o.rcp(name, policy)
	return o
}

// Detach detaches policies from the root by their names, FullAWSAccess too.
func (o *Organization) Detach(names ...string) *Organization {
	o.management.t.Helper()
	o.detach(names)
	return o
}

// SCP attaches a service control policy to the OU.
func (u *OU) SCP(name string, policy Policy) *OU {
	u.management.t.Helper()
	u.scp(name, policy)
	return u
}

// RCP attaches a resource control policy to the OU.
func (u *OU) RCP(name string, policy Policy) *OU {
	u.management.t.Helper()
	u.rcp(name, policy)
	return u
}

// Detach detaches policies from the OU by their names. An OU keeps at least one
// SCP: attach another one before FullAWSAccess goes.
func (u *OU) Detach(names ...string) *OU {
	u.management.t.Helper()
	u.detach(names)
	return u
}

// SCP attaches a service control policy to the account, which is in an
// organization.
func (a *Account) SCP(name string, policy Policy) *Account {
	a.t.Helper()
	a.node().scp(name, policy)
	return a
}

// RCP attaches a resource control policy to the account, which is in an
// organization.
func (a *Account) RCP(name string, policy Policy) *Account {
	a.t.Helper()
	a.node().rcp(name, policy)
	return a
}

// Detach detaches policies of the organization from the account by their names.
func (a *Account) Detach(names ...string) *Account {
	a.t.Helper()
	a.node().detach(names)
	return a
}

// node is the account as a member of its organization.
func (a *Account) node() *node {
	a.t.Helper()
	m := a.world.Membership(a.ID())
	if m == nil {
		a.t.Fatalf("awstest: account %s is in no organization: make it with OU.Account or Organization.Account, or Add it", a.ID())
		return nil
	}
	management := *a
	management.acct, _ = a.world.Account(m.Management)
	return &node{&management, a.ID()}
}

func (n *node) scp(name string, policy Policy) {
	n.management.t.Helper()
	n.attach(orgtypes.PolicyTypeServiceControlPolicy, name, policy)
}

// rcp attaches a policy that is for the principal "*", as all RCPs must be.
func (n *node) rcp(name string, policy Policy) {
	n.management.t.Helper()
	switch p := policy.(type) {
	case Statement:
		policy = p.forEverybody()
	case statements:
		everybody := make(statements, len(p))
		for i, s := range p {
			everybody[i] = s.forEverybody()
		}
		policy = everybody
	}
	n.attach(orgtypes.PolicyTypeResourceControlPolicy, name, policy)
}

// forEverybody is the statement for the principal "*" unless it names others.
func (s Statement) forEverybody() Statement {
	if s.principals == nil {
		return s.By("*")
	}
	return s
}

// attach stores a policy, unless the very same is there under that name, and
// attaches it.
func (n *node) attach(kind orgtypes.PolicyType, name string, policy Policy) {
	t := n.management.t
	t.Helper()
	text, file, err := policy.document()
	if err != nil {
		t.Fatalf("awstest: policy %s: %v", name, err)
	}
	ctx := n.management.background()
	ctx.PolicyFile = file
	id := n.management.storedPolicy(kind, name, text)
	if id == nil {
		out, err := n.management.organizations().CreatePolicy(ctx, &awsorg.CreatePolicyInput{
			Name: &name, Description: aws.String(""), Type: kind, Content: &text,
		})
		if err != nil {
			t.Fatalf("awstest: policy %s: %s", name, explainPolicy(err, text, policyKinds[kind], file))
			return
		}
		id = out.Policy.PolicySummary.Id
	}
	if _, err := n.management.organizations().AttachPolicy(ctx, &awsorg.AttachPolicyInput{PolicyId: id, TargetId: &n.id}); err != nil {
		t.Fatalf("awstest: policy %s on %s: %v", name, n.id, err)
	}
}

var policyKinds = map[orgtypes.PolicyType]enforce.Kind{
	orgtypes.PolicyTypeServiceControlPolicy:  enforce.ServiceControlPolicy,
	orgtypes.PolicyTypeResourceControlPolicy: enforce.ResourceControlPolicy,
}

// storedPolicy finds a policy of that name and text. One of the same name with
// another text is a mistake.
func (a *Account) storedPolicy(kind orgtypes.PolicyType, name, text string) *string {
	a.t.Helper()
	var found *string
	svc, ctx := a.organizations(), a.background()
	a.eachPolicy(func(token *string) ([]orgtypes.PolicySummary, *string, error) {
		out, err := svc.ListPolicies(ctx, &awsorg.ListPoliciesInput{Filter: kind, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Policies, out.NextToken, nil
	}, func(p orgtypes.PolicySummary) {
		if *p.Name != name {
			return
		}
		out, err := svc.DescribePolicy(ctx, &awsorg.DescribePolicyInput{PolicyId: p.Id})
		switch {
		case err != nil:
			a.t.Fatalf("awstest: policy %s: %v", name, err)
		case !p.AwsManaged && *out.Policy.Content != text:
			a.t.Fatalf("awstest: policy %s: the organization has another policy of that name", name)
		default:
			found = p.Id
		}
	})
	return found
}

// eachPolicy visits the policies of a list call, page by page.
func (a *Account) eachPolicy(list func(token *string) ([]orgtypes.PolicySummary, *string, error), visit func(orgtypes.PolicySummary)) {
	a.t.Helper()
	for token := (*string)(nil); ; {
		policies, next, err := list(token)
		if err != nil {
			a.t.Fatalf("awstest: policies of the organization: %v", err)
			return
		}
		for _, p := range policies {
			visit(p)
		}
		if next == nil {
			return
		}
		token = next
	}
}

func (n *node) detach(names []string) {
	t := n.management.t
	t.Helper()
	svc, ctx := n.management.organizations(), context.Context(n.management.background())
	attached, there := make(map[string]*string), []string(nil)
	for kind := range policyKinds {
		n.management.eachPolicy(func(token *string) ([]orgtypes.PolicySummary, *string, error) {
			out, err := svc.ListPoliciesForTarget(ctx, &awsorg.ListPoliciesForTargetInput{TargetId: &n.id, Filter: kind, NextToken: token})
			if err != nil {
				return nil, nil, err
			}
			return out.Policies, out.NextToken, nil
		}, func(p orgtypes.PolicySummary) {
			attached[*p.Name], there = p.Id, append(there, *p.Name)
		})
	}
	for _, name := range names {
		if attached[name] == nil {
			slices.Sort(there)
			t.Fatalf("awstest: detach %s from %s: it is not attached; these are: %s", name, n.id, strings.Join(there, ", "))
			return
		}
		if _, err := svc.DetachPolicy(ctx, &awsorg.DetachPolicyInput{PolicyId: attached[name], TargetId: &n.id}); err != nil {
			t.Fatalf("awstest: detach %s from %s: %v", name, n.id, err)
		}
	}
}
