package iam

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A kind is what users, groups and roles differ in.
type kind struct {
	index    int    // into a policy's attachments
	noun     string // "user": in ARNs and messages
	title    string // "User": in messages and quota names
	idPrefix string
	// quota bounds the entities of an account, attachments the managed policies of
	// one, inlineSize the characters of all its inline policies (IAM and AWS STS
	// quotas).
	quota, attachments quota
	inlineSize         int
	// entities returns the account's entities of this kind.
	entities func(*account) *btree.Map[string, *entity]
}

const kinds = 3

var (
	userKind = &kind{
		index: 0, noun: "user", title: "User", idPrefix: "AIDA",
		quota: usersQuota, attachments: userPoliciesQuota, inlineSize: 2048,
		entities: func(a *account) *btree.Map[string, *entity] { return &a.users },
	}
	groupKind = &kind{
		index: 1, noun: "group", title: "Group", idPrefix: "AGPA",
		quota: groupsQuota, attachments: groupPoliciesQuota, inlineSize: 5120,
		entities: func(a *account) *btree.Map[string, *entity] { return &a.groups },
	}
	roleKind = &kind{
		index: 2, noun: "role", title: "Role", idPrefix: "AROA",
		quota: rolesQuota, attachments: rolePoliciesQuota, inlineSize: 10240,
		entities: func(a *account) *btree.Map[string, *entity] { return &a.roles },
	}
)

// An identity is what names an entity. It is immutable, so that answers point
// into it: another name is another identity.
type identity struct {
	name, path, id, arn string
	created             time.Time
}

// An entity is a user, a group or a role.
type entity struct {
	*kind
	*identity
	account  *account
	inline   btree.Map[string, *enforce.Policy]
	attached btree.Map[string, *policy] // by ARN
	boundary *policy                    // users and roles
	tags     tagSet                     // users and roles
	groups   btree.Map[string, *entity] // of a user, by lower-case name
	members  btree.Map[string, *entity] // of a group, by lower-case name
	keys     []*accessKey               // of a user, oldest first
	user     userFacts                  // of a user
	role     roleFacts                  // of a role
	gathered *gathered                  // of a user or role
	uses     *fakeaws.Uses              // of a user or role
	deleted  bool                       // for the plans that still hold it
}

// roleFacts are what only roles have.
type roleFacts struct {
	trust       *fakeaws.ResourcePolicy
	description string
	maxSession  int32
	template    *types.SourceRoleTemplate           // that the role was made from
	profiles    btree.Map[string, *instanceProfile] // by lower-case name
}

// find returns the entity of that name. Creation compares names without their
// case, everything else with it.
func (k *kind) find(a *account, name string) (*entity, error) {
	if e, ok := k.entities(a).Get(strings.ToLower(name)); ok && e.name == name {
		return e, nil
	}
	return nil, k.missing(name)
}

// missing is IAM's answer where there is no entity of that name.
func (k *kind) missing(name string) error {
	return noSuchEntity("The %s with name %s cannot be found.", k.noun, name)
}

// add makes an entity and enters it into its account.
func (s *Fake) add(a *account, k *kind, name, path string) (*entity, error) {
	all := k.entities(a)
	if _, exists := all.Get(strings.ToLower(name)); exists {
		return nil, alreadyExists("%s with name %s already exists.", k.title, name)
	}
	if err := a.checkQuota(k.quota, all.Len()); err != nil {
		return nil, err
	}
	e := &entity{
		kind: k, account: a,
		identity: &identity{
			name: name, path: path,
			id:      s.world.IDs().Unique(k.idPrefix),
			arn:     iamARN(a.id, k.noun, path, name),
			created: s.now(),
		},
		uses: new(fakeaws.Uses),
	}
	all.Set(strings.ToLower(name), e)
	if k != groupKind {
		s.byID[e.id] = e
		s.nameInForce(e)
	}
	return e, nil
}

// remove takes an entity out of its account. IAM refuses while anything depends
// on it.
func (s *Fake) remove(e *entity) error {
	switch {
	case e.role.profiles.Len() > 0:
		return deleteConflict(profileHasRole)
	case e.members.Len() > 0, e.groups.Len() > 0:
		return deleteConflict("Cannot delete entity, must remove users from group first.")
	case e.attached.Len() > 0:
		return deleteConflict("Cannot delete entity, must detach all policies first.")
	case e.inline.Len() > 0:
		return deleteConflict("Cannot delete entity, must delete policies first.")
	case len(e.keys) > 0:
		return deleteConflict("Cannot delete entity, must delete access keys first.")
	}
	if err := e.user.conflict(); err != nil {
		return err
	}
	e.bound(nil)
	e.deleted = true
	e.entities(e.account).Delete(strings.ToLower(e.name))
	if e.kind != groupKind {
		delete(s.byID, e.id)
		s.effect("name "+e.id, func() { s.world.Principals().Delete(e.id) })
	}
	return nil
}

// rename gives an entity another name or path; nil keeps the one it has. Its id
// and everything attached stay.
func (e *entity) rename(name, path *string) error {
	newName, newPath := renaming(e.name, e.path, name, path)
	all := e.entities(e.account)
	from, to := strings.ToLower(e.name), strings.ToLower(newName)
	if _, taken := all.Get(to); taken && from != to {
		return alreadyExists("%s with name %s already exists.", e.title, newName)
	}
	all.Delete(from)
	all.Set(to, e)
	e.eachLink(func(m *btree.Map[string, *entity]) {
		m.Delete(from)
		m.Set(to, e)
	})
	e.identity = &identity{
		name: newName, path: newPath, id: e.id, created: e.created,
		arn: iamARN(e.account.id, e.noun, newPath, newName),
	}
	return nil
}

// eachLink visits the maps in which others know this entity by its name.
func (e *entity) eachLink(visit func(*btree.Map[string, *entity])) {
	e.attached.Scan(func(_ string, p *policy) bool {
		visit(&p.attached[e.index])
		return true
	})
	if e.boundary != nil {
		visit(&e.boundary.bounded[e.index])
	}
	e.groups.Scan(func(_ string, g *entity) bool {
		visit(&g.members)
		return true
	})
	e.members.Scan(func(_ string, u *entity) bool {
		visit(&u.groups)
		return true
	})
}

// bound sets the permissions boundary; nil removes it.
func (e *entity) bound(p *policy) {
	key := strings.ToLower(e.name)
	if e.boundary != nil {
		e.boundary.bounded[e.index].Delete(key)
	}
	if e.boundary = p; p != nil {
		p.bounded[e.index].Set(key, e)
	}
}

// boundaryType is what IAM answers, as its API reference says ("can only have a value of
// Policy") and recorded answers have it; the model's only value is another.
const boundaryType types.PermissionsBoundaryAttachmentType = "Policy"

// boundaryView is the boundary as IAM describes it.
func (e *entity) boundaryView() *types.AttachedPermissionsBoundary {
	if e.boundary == nil {
		return nil
	}
	return &types.AttachedPermissionsBoundary{
		PermissionsBoundaryArn:  aws.String(e.boundary.arn),
		PermissionsBoundaryType: boundaryType,
	}
}
