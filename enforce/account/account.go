// Package account describes AWS accounts: users, groups, roles and managed policies, and
// what else says who may do what. [Read] makes a description of what
// "aws iam get-account-authorization-details" prints.
//
//	accounts, err := account.Read(account.File{Name: "details.json", Data: data})
//	for _, role := range accounts[0].Roles {
//		set := accounts[0].PolicySet(&role.Identity)
//		...
//	}
//
// It stands alone with package enforce. Who asks what the policies allow hands
// [Account.PolicySet] and [Identity.Principal] to [enforce.Evaluate] or package prove.
package account

import (
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// An Account is an AWS account.
type Account struct {
	ID       string
	Users    []*User
	Groups   []*Group
	Roles    []*Role
	Policies []*Policy // managed, also those of AWS that are known
	// Profiles are the instance profiles.
	Profiles []*Profile
	// SCPs and RCPs are those of an [enforce.PolicySet]: nil without an organization.
	SCPs, RCPs [][]*enforce.Policy
	// Organization is the one that the account is in; nil where it is not known.
	Organization *Organization
	// Resources are what has a policy of its own, beside roles.
	Resources []*Resource
	// Compute is what runs with the permissions of a role.
	Compute []*Compute
}

// An Organization is what requests tell of the organization of an account. Without an ID the
// account is in none.
type Organization struct {
	ID string
	// Path is the value of aws:PrincipalOrgPaths.
	Path string
}

// An Identity is what users, groups and roles have in common.
type Identity struct {
	Account       string
	Kind          Kind
	ARN, Name, ID string
	// Inline are the inline policies; their sources have the names.
	Inline []*enforce.Policy
	// Attached are the managed policies.
	Attached []*Policy
	// Boundary is the permissions boundary, nil without one. Groups have none.
	Boundary *Policy
	// Groups are those of a user.
	Groups []*Group
	// Tags are those of users and roles.
	Tags []Tag
	// Unknown says what is not known of the policies, each in a sentence.
	Unknown []string
}

// A Kind says what an [Identity] is, as its ARN does.
type Kind string

// The kinds of identities.
const (
	UserKind  Kind = "user"
	GroupKind Kind = "group"
	RoleKind  Kind = "role"
)

// A User is an IAM user.
type User struct{ Identity }

// A Group is a group of users.
type Group struct{ Identity }

// A Role is an IAM role.
type Role struct {
	Identity
	Trust *enforce.Policy
}

// A Policy is a managed policy.
type Policy struct {
	ARN, Name string
	// Default is the version in force. It is nil where the document is not known.
	Default *Version
	// Versions are all that there are. AWS's policies have the default one alone.
	Versions []*Version
	// Unknown says why there is no document, or not that of each version.
	Unknown string
}

// OfAWS reports whether the policy is AWS's, which nobody can change.
func (p *Policy) OfAWS() bool { return enforce.SplitPattern(p.ARN)[4] == "aws" }

// A Version is a version of a managed policy.
type Version struct {
	ID     string
	Policy *enforce.Policy
}

// A Profile is an instance profile.
type Profile struct {
	ARN  string
	Role string // ARN, empty without one
}

// A Tag is a key and a value.
type Tag struct{ Key, Value string }

// A Resource is something with a resource-based policy.
type Resource struct {
	ARN    string
	Policy *enforce.Policy // nil without one
	Tags   []Tag
}

// A Compute is something that runs code with the permissions of a role.
type Compute struct {
	ARN  string
	Role string // ARN
	Tags []Tag
	// Policy is its resource-based policy, as a Lambda function has; nil without one.
	Policy *enforce.Policy
}

// Session is the name of the sessions of roles that [Identity.Principal] returns.
const Session = "session"

// Principal returns the user, or a session of the role, as the caller of requests.
func (i *Identity) Principal() enforce.Principal {
	if i.Kind == UserKind {
		return enforce.Principal{Type: enforce.User, ARN: i.ARN, Account: i.Account, UserID: i.ID, UserName: i.Name}
	}
	p := enforce.Principal{
		Type: enforce.AssumedRole, Account: i.Account, IssuerARN: i.ARN,
		ARN: "arn:" + i.partition() + ":sts::" + i.Account + ":assumed-role/" + i.Name + "/" + Session,
	}
	if i.ID != "" {
		p.UserID = i.ID + ":" + Session
	}
	return p
}

func (i *Identity) partition() string { return enforce.SplitPattern(i.ARN)[1] }

// policies are those of the identity itself.
func (i *Identity) policies() []*enforce.Policy {
	all := make([]*enforce.Policy, 0, len(i.Inline)+len(i.Attached))
	all = append(all, i.Inline...)
	for _, p := range i.Attached {
		if p.Default != nil {
			all = append(all, p.Default.Policy)
		}
	}
	return all
}

// User finds a user by its ARN or name; nil where there is none.
func (a *Account) User(name string) *User {
	for _, u := range a.Users {
		if u.ARN == name || u.Name == name {
			return u
		}
	}
	return nil
}

// Role finds a role by its ARN or name; nil where there is none.
func (a *Account) Role(name string) *Role {
	for _, r := range a.Roles {
		if r.ARN == name || r.Name == name {
			return r
		}
	}
	return nil
}

// Identities returns the users and roles: all that can call. Service-linked roles are
// AWS's own, and not among them.
func (a *Account) Identities() []*Identity {
	all := make([]*Identity, 0, len(a.Users)+len(a.Roles))
	for _, u := range a.Users {
		all = append(all, &u.Identity)
	}
	for _, r := range a.Roles {
		if !r.ServiceLinked() {
			all = append(all, &r.Identity)
		}
	}
	return all
}

// ServiceLinked reports whether the role is linked to a service.
func (r *Role) ServiceLinked() bool { return strings.Contains(r.ARN, ":role/aws-service-role/") }

// PolicySet returns the policies that apply to a user or role of the account, without those
// of resources and sessions.
func (a *Account) PolicySet(of *Identity) *enforce.PolicySet {
	set := &enforce.PolicySet{Identity: of.policies(), SCPs: a.SCPs}
	for _, g := range of.Groups {
		set.Identity = append(set.Identity, g.policies()...)
	}
	if of.Boundary != nil {
		if set.Boundary = enforce.Empty(enforce.IdentityPolicy); of.Boundary.Default != nil {
			set.Boundary = of.Boundary.Default.Policy
		}
	}
	return set
}

// Unknowns says what is not known of the policies of a user or role and its groups.
func (i *Identity) Unknowns() []string {
	all := slices.Clone(i.Unknown)
	managed := slices.Clone(i.Attached)
	if i.Boundary != nil {
		managed = append(managed, i.Boundary)
	}
	for _, p := range managed {
		if p.Default == nil {
			all = append(all, p.Unknown)
		}
	}
	for _, g := range i.Groups {
		all = append(all, g.Unknowns()...)
	}
	return all
}
