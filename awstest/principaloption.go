package awstest

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// A UserOption is what [Account.NewUser] makes a user with: a [Policy], [Boundary],
// [Path], [Tags] or [InGroup].
type UserOption interface {
	option
	forUsers()
}

// A RoleOption is what [Account.NewRole] makes a role with: a [Policy], [Boundary],
// [Path], [Tags] or [Trust].
type RoleOption interface {
	option
	forRoles()
}

// A GroupOption is what [Account.NewGroup] makes a group with: a [Policy] or [Path].
type GroupOption interface {
	option
	forGroups()
}

// A PrincipalOption is an option of users and of roles.
type PrincipalOption interface {
	UserOption
	RoleOption
}

// An IdentityOption is an option of users, of roles and of groups.
type IdentityOption interface {
	PrincipalOption
	GroupOption
}

// Boundary is a permissions boundary: the most that the principal may do,
// whatever its policies say.
func Boundary(p Policy) PrincipalOption {
	return principalOption{set: func(s *spec) { s.boundary = p }}
}

// Trust is the trust policy of a role: who may assume it. The default trusts
// the role's own account, so that identity-based policies decide.
func Trust(p Policy) RoleOption {
	return roleOption{set: func(s *spec) { s.trust = p }}
}

// Path is the path of a user, role or group: "/engineering/".
func Path(path string) IdentityOption {
	return identityOption{set: func(s *spec) { s.path = &path }}
}

// Tags are the tags of a user, a role or a session.
func Tags(tags map[string]string) TagsOption {
	return tagsOption{set: func(s *spec) { s.tags = tags }}
}

// A TagsOption is an option of users, of roles and of sessions.
type TagsOption interface {
	PrincipalOption
	SessionOption
}

// InGroup puts a user into a group.
func InGroup(g *Group) UserOption {
	return userOption{set: func(s *spec) { s.groups = append(s.groups, g) }}
}

// An option adds to what a user, role or group is made with. Which of them takes it,
// its further methods say, so that the compiler refuses a user's trust policy.
type option interface{ addTo(*spec) }

// A set is an option by its function.
type set func(*spec)

func (f set) addTo(s *spec) { f(s) }

type (
	userOption struct {
		set
		ofUsers
	}
	roleOption struct {
		set
		ofRoles
	}
	principalOption struct {
		set
		ofUsers
		ofRoles
	}
	identityOption struct {
		set
		ofIdentities
	}
	tagsOption struct {
		set
		ofUsers
		ofRoles
		ofSessions
	}
)

// What is embedded in an option tells who takes it.
type (
	ofUsers      struct{}
	ofRoles      struct{}
	ofGroups     struct{}
	ofSessions   struct{}
	ofIdentities struct {
		ofUsers
		ofRoles
		ofGroups
	}
	ofPolicies struct {
		ofIdentities
		ofSessions
	}
)

func (ofUsers) forUsers()   {}
func (ofRoles) forRoles()   {}
func (ofGroups) forGroups() {}

func (ofSessions) forSessions() {}

// A spec is what a user, role or group is made with.
type spec struct {
	policies []Policy
	boundary Policy
	trust    Policy
	path     *string
	tags     map[string]string
	groups   []*Group
}

func newSpec[O option](options []O) *spec {
	s := new(spec)
	for _, o := range options {
		o.addTo(s)
	}
	return s
}

func (s *spec) tagList() []iamtypes.Tag {
	var tags []iamtypes.Tag
	for _, key := range slices.Sorted(maps.Keys(s.tags)) {
		tags = append(tags, iamtypes.Tag{Key: aws.String(key), Value: aws.String(s.tags[key])})
	}
	return tags
}
