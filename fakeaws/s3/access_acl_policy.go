package s3

import (
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// The actions that a permission of an ACL allows (User Guide, "Mapping of ACL
// permissions and access policy permissions"): those on the bucket that has the ACL,
// those on its objects, and those on the object that has the ACL.

func onBucketsByACL(p types.Permission) []string {
	switch p {
	case types.PermissionRead:
		return []string{"s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"}
	case types.PermissionReadAcp:
		return []string{"s3:GetBucketAcl"}
	case types.PermissionWriteAcp:
		return []string{"s3:PutBucketAcl"}
	}
	return nil
}

// Who may write an object may give it an ACL with it: it is the writer's. The User
// Guide names s3:PutObject alone; unverified.
func intoBucketsByACL(p types.Permission) []string {
	if p == types.PermissionWrite {
		return []string{"s3:PutObject", "s3:PutObjectAcl"}
	}
	return nil
}

func onObjectsByACL(p types.Permission) []string {
	switch p {
	case types.PermissionRead:
		return []string{"s3:GetObject", "s3:GetObjectVersion"}
	case types.PermissionReadAcp:
		return []string{"s3:GetObjectAcl", "s3:GetObjectVersionAcl"}
	case types.PermissionWriteAcp:
		return []string{"s3:PutObjectAcl", "s3:PutObjectVersionAcl"}
	}
	return nil
}

// An aclScope is a resource that an ACL is about, and the actions of its permissions.
type aclScope struct {
	arn     string
	actions func(types.Permission) []string
}

// policy is an ACL as a resource-based policy, so that the same evaluation that
// decides all else decides it. The first scope tells what has the ACL. Grants to
// everybody are left out where public is false.
func (a *acl) policy(public bool, scopes ...aclScope) *enforce.Policy {
	if a == nil {
		return nil
	}
	use := aclUse{scopes[0].arn, public}
	if p, ok := a.policies[use]; ok {
		return p
	}
	var statements []enforce.StatementElements
	for _, g := range a.grants {
		if !public && toEverybody(g.Grantee) {
			continue
		}
		for _, scope := range scopes {
			if allowed := scope.allowed(g.Permission); len(allowed) > 0 {
				statements = append(statements, newACLStatement(g.Grantee, allowed, scope.arn))
			}
		}
	}
	var p *enforce.Policy
	if len(statements) > 0 {
		var err error
		p, err = enforce.Build(&enforce.Document{Statements: statements}, enforce.BucketPolicy, enforce.Source{Name: "access control list"})
		if err != nil {
			p = enforce.Empty(enforce.BucketPolicy) // grantees were checked: it cannot be
		}
	}
	if a.policies == nil {
		a.policies = make(map[aclUse]*enforce.Policy)
	}
	a.policies[use] = p
	return p
}

// newACLStatement is what a grant allows.
func newACLStatement(g *types.Grantee, actions []string, resource string) enforce.StatementElements {
	st := enforce.StatementElements{
		Effect: enforce.Text{Value: "Allow"}, Principal: enforce.Principals("*", "*"),
		Action: enforce.Texts(actions...), Resource: enforce.Texts(resource),
	}
	switch aws.ToString(g.URI) {
	case "":
		st.Principal = enforce.Principals("CanonicalUser", aws.ToString(g.ID))
	case authenticatedUsers:
		st.Conditions = []enforce.ConditionElement{enforce.Condition("StringNotEquals", "aws:PrincipalType", string(enforce.Anonymous))}
	case logDelivery:
		st.Principal = enforce.Principals("Service", "logging.s3.amazonaws.com")
	}
	return st
}

// allowed are the actions of a permission, which may be all of them.
func (s aclScope) allowed(p types.Permission) []string {
	if p != types.PermissionFullControl {
		return s.actions(p)
	}
	var all []string
	for _, each := range []types.Permission{types.PermissionRead, types.PermissionWrite, types.PermissionReadAcp, types.PermissionWriteAcp} {
		all = append(all, s.actions(each)...)
	}
	return all
}

// aclPolicy is the ACL of a bucket as a policy; nil where ACLs are disabled.
func (s *Fake) aclPolicy(b *bucket) *enforce.Policy {
	if !b.aclsEnabled() {
		return nil
	}
	public := !s.blockOf(b).ignoreACLs
	return b.acl.policy(public, aclScope{b.arn, onBucketsByACL}, aclScope{b.arn + "/*", intoBucketsByACL})
}

// guardByACL completes a permission on an object where ACLs are enabled: the
// object's own ACL grants, and if another account than the bucket's owns it, of
// the bucket's policy only what it denies counts (User Guide, "How Amazon S3
// authorizes a request for an object operation").
func (s *Fake) guardByACL(call *fakeaws.Call, b *bucket, need *fakeaws.Need, o *object) {
	if !b.aclsEnabled() {
		return
	}
	arn := b.arn + "/" + o.key
	own := o.acl.policy(!s.blockOf(b).ignoreACLs, aclScope{literal(arn), onObjectsByACL})
	policy := s.bucketPolicyFor(call, b)
	if owner := b.ownerOf(o); owner != b.owner {
		need.ResourceAccount = owner.ID
		policy = policy.Denials()
	}
	need.Policy = enforce.Join(enforce.BucketPolicy, policy, own)
}

// literal is a text as a policy writes it, so that none of its characters is a
// wildcard or a variable.
func literal(text string) string { return escapes().Replace(text) }

var escapes = sync.OnceValue(func() *strings.Replacer { return strings.NewReplacer("*", "${*}", "?", "${?}", "$", "${$}") })
