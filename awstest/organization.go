package awstest

import (
	"maps"
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

// NewOrganization makes the account the management account of an organization, with
// all features and with service and resource control policies enabled.
//
//	org := acct.NewOrganization()
//	ou := org.NewOU("workloads").AttachSCP("no-s3", awstest.Deny("s3:*"))
//	member := ou.NewAccount()
//
// Policies count from the next call on. They limit the member accounts, and not
// the management account.
func (a *Account) NewOrganization() *Organization {
	a.t.Helper()
	perform[awsorg.CreateOrganizationOutput](fixture{account: a, subject: "of " + a.ID()}, &awsorg.CreateOrganizationInput{})
	perform[awsorg.EnablePolicyTypeOutput](fixture{account: a}, &awsorg.EnablePolicyTypeInput{
		RootId: a.rootID(), PolicyType: orgtypes.PolicyTypeResourceControlPolicy,
	})
	return a.Organization()
}

// Organization returns the organization of which the account is the management account.
func (a *Account) Organization() *Organization {
	a.t.Helper()
	m := a.world.Membership(a.ID())
	switch {
	case m == nil:
		a.t.Fatalf("awstest: account %s is in no organization: NewOrganization makes one", a.ID())
		return nil
	case m.Management != a.ID():
		a.t.Fatalf("awstest: account %s is a member of the organization of account %s: call Organization on that account", a.ID(), m.Management)
		return nil
	}
	root := *a.rootID()
	return &Organization{place: place{node{a, root}, m.ID + "/" + root + "/"}, id: m.ID}
}

// rootID is the id of the root of the account's organization.
func (a *Account) rootID() *string {
	a.t.Helper()
	return perform[awsorg.ListRootsOutput](fixture{account: a}, &awsorg.ListRootsInput{}).Roots[0].Id
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

// NewOU makes an organizational unit here.
func (p *place) NewOU(name string) *OU {
	p.management.t.Helper()
	out := perform[awsorg.CreateOrganizationalUnitOutput](fixture{account: p.management, subject: name}, &awsorg.CreateOrganizationalUnitInput{
		ParentId: &p.id, Name: &name,
	})
	id := *out.OrganizationalUnit.Id
	return &OU{place: place{node{p.management, id}, p.path + id + "/"}, name: name}
}

// NewAccount makes another account, as [Account.NewAccount] does, and puts it here.
func (p *place) NewAccount(opts ...AccountOption) *Account {
	p.management.t.Helper()
	a := p.management.NewAccount(opts...)
	p.add(a)
	return a
}

// add puts an account here: one that joins, or one from elsewhere in the
// organization.
func (p *place) add(a *Account) {
	t := p.management.t
	t.Helper()
	id := a.ID()
	m := p.management.world.Membership(id)
	switch {
	case a.world != p.management.world:
		t.Fatalf("awstest: account %s is of another World: make it with NewAccount", id)
		return
	case m == nil:
		p.management.join(id)
	case m.Management != p.management.ID():
		t.Fatalf("awstest: account %s is in the organization of account %s, and an account is in one only", id, m.Management)
		return
	}
	f := fixture{account: p.management, subject: id}
	from := perform[awsorg.ListParentsOutput](f, &awsorg.ListParentsInput{ChildId: &id}).Parents[0].Id
	if *from != p.id {
		perform[awsorg.MoveAccountOutput](f, &awsorg.MoveAccountInput{AccountId: &id, SourceParentId: from, DestinationParentId: &p.id})
	}
}

// join puts an account into the organization of which a is the management account.
func (a *Account) join(id string) {
	a.t.Helper()
	if err := organizations.Of(a.world).Join(a.ID(), id); err != nil {
		a.t.Fatalf("awstest: account %s joins the organization: %v", id, err)
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

// AttachSCP attaches a service control policy to the root: the most that the
// principals of all member accounts may do.
func (o *Organization) AttachSCP(name string, policy Policy) *Organization {
	o.management.t.Helper()
	o.scp(name, policy)
	return o
}

// AttachRCP attaches a resource control policy to the root: what no principal may do
// with resources of the member accounts. RCPs deny only, and are for the principal "*",
// which a [Statement] without principals means, alone or among [Statements].
func (o *Organization) AttachRCP(name string, policy Policy) *Organization {
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

// AttachSCP attaches a service control policy to the OU.
func (u *OU) AttachSCP(name string, policy Policy) *OU {
	u.management.t.Helper()
	u.scp(name, policy)
	return u
}

// AttachRCP attaches a resource control policy to the OU.
func (u *OU) AttachRCP(name string, policy Policy) *OU {
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

// AttachSCP attaches a service control policy to the account, which is in an
// organization.
func (a *Account) AttachSCP(name string, policy Policy) *Account {
	a.t.Helper()
	a.node().scp(name, policy)
	return a
}

// AttachRCP attaches a resource control policy to the account, which is in an
// organization.
func (a *Account) AttachRCP(name string, policy Policy) *Account {
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
		a.t.Fatalf("awstest: account %s is in no organization: make it with NewAccount of an OU or of the organization, or Add it", a.ID())
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
		everybody := make([]Statement, len(p.list))
		for i, s := range p.list {
			everybody[i] = s.forEverybody()
		}
		policy = Statements(everybody...)
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
	n.management.t.Helper()
	document := n.management.document(policy, policyKinds[kind], name, anyResource)
	f := fixture{account: n.management, subject: name, policy: document}
	id := n.management.storedPolicy(kind, name, document.text)
	if id == nil {
		out := perform[awsorg.CreatePolicyOutput](f, &awsorg.CreatePolicyInput{
			Name: &name, Description: aws.String(""), Type: kind, Content: &document.text,
		})
		id = out.Policy.PolicySummary.Id
	}
	f.subject, f.policy = name+" to "+n.id, nil
	perform[awsorg.AttachPolicyOutput](f, &awsorg.AttachPolicyInput{PolicyId: id, TargetId: &n.id})
}

var policyKinds = map[orgtypes.PolicyType]enforce.Kind{
	orgtypes.PolicyTypeServiceControlPolicy:  enforce.ServiceControlPolicy,
	orgtypes.PolicyTypeResourceControlPolicy: enforce.ResourceControlPolicy,
}

// storedPolicy finds a policy of that name and text. One of the same name with
// another text is a mistake.
func (a *Account) storedPolicy(kind orgtypes.PolicyType, name, text string) *string {
	a.t.Helper()
	f := fixture{account: a, subject: name}
	for token := (*string)(nil); ; {
		page := perform[awsorg.ListPoliciesOutput](f, &awsorg.ListPoliciesInput{Filter: kind, NextToken: token})
		for _, p := range page.Policies {
			if *p.Name != name {
				continue
			}
			stored := perform[awsorg.DescribePolicyOutput](f, &awsorg.DescribePolicyInput{PolicyId: p.Id})
			if !p.AwsManaged && *stored.Policy.Content != text {
				a.t.Fatalf("awstest: policy %s: the organization has another policy of that name", name)
			}
			return p.Id
		}
		if token = page.NextToken; token == nil {
			return nil
		}
	}
}

func (n *node) detach(names []string) {
	t := n.management.t
	t.Helper()
	attached := n.attached()
	for _, name := range names {
		if attached[name] == nil {
			t.Fatalf("awstest: detach %s from %s: it is not attached; these are: %s", name, n.id, strings.Join(slices.Sorted(maps.Keys(attached)), ", "))
			return
		}
		perform[awsorg.DetachPolicyOutput](fixture{account: n.management, subject: name + " from " + n.id},
			&awsorg.DetachPolicyInput{PolicyId: attached[name], TargetId: &n.id})
	}
}

// attached returns the ids of the policies that are attached to the node, by name.
func (n *node) attached() map[string]*string {
	n.management.t.Helper()
	ids := make(map[string]*string)
	for kind := range policyKinds {
		for token := (*string)(nil); ; {
			page := perform[awsorg.ListPoliciesForTargetOutput](fixture{account: n.management, subject: n.id},
				&awsorg.ListPoliciesForTargetInput{TargetId: &n.id, Filter: kind, NextToken: token})
			for _, p := range page.Policies {
				ids[*p.Name] = p.Id
			}
			if token = page.NextToken; token == nil {
				break
			}
		}
	}
	return ids
}
