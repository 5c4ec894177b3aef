package acl

import (
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
)

// The actions that a permission of an ACL allows (User Guide, "Mapping of ACL
// permissions and access policy permissions"): those on the bucket that has the ACL,
// those on its objects, and those on the object that has the ACL.

func onBuckets(p types.Permission) []string {
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
func intoBuckets(p types.Permission) []string {
	if p == types.PermissionWrite {
		return []string{"s3:PutObject", "s3:PutObjectAcl"}
	}
	return nil
}

func ofObjectOwners(p types.Permission) []string {
	if p == types.PermissionWrite {
		return []string{"s3:DeleteObject"}
	}
	return nil
}

func onObjects(p types.Permission) []string {
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

// A scope is a resource that an ACL is about, and the actions of its permissions.
type scope struct {
	arn     string
	actions func(types.Permission) []string
}

// BucketPolicy is what the ACL of a bucket allows, by the bucket's ARN, as a policy. Grants
// to everybody are left out where public is false.
func (a *ACL) BucketPolicy(arn string, public bool) *enforce.Policy {
	return a.policy(public, scope{arn, onBuckets}, scope{arn + "/*", intoBuckets})
}

// ObjectPolicy is what the ACL of an object allows.
func (a *ACL) ObjectPolicy(arn string, public bool) *enforce.Policy {
	return a.policy(public, scope{literal(arn), onObjects})
}

// RemovalPolicy is what the ACL of a bucket, by its ARN, allows those who own an object: a
// grant to write lets them delete it (User Guide, "What permissions can I grant?").
func (a *ACL) RemovalPolicy(arn string, public bool) *enforce.Policy {
	return a.policy(public, scope{arn + "/*", ofObjectOwners})
}

// policy is an ACL as a resource-based policy, so that the same evaluation that
// decides all else decides it. The first scope tells what has the ACL. Grants to
// everybody are left out where public is false.
func (a *ACL) policy(public bool, scopes ...scope) *enforce.Policy {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	key := use{scopes[0].arn, public}
	if p, ok := a.policies[key]; ok {
		return p
	}
	var statements []enforce.StatementElements
	for _, g := range a.grants {
		if !public && toEverybody(g.Grantee) {
			continue
		}
		for _, s := range scopes {
			if allowed := s.allowed(g.Permission); len(allowed) > 0 {
				statements = append(statements, newStatement(g.Grantee, allowed, s.arn))
			}
		}
	}
	var p *enforce.Policy
	if len(statements) > 0 {
		var err error
		p, err = enforce.Build(&enforce.Document{Statements: statements}, enforce.BucketPolicy, enforce.Source{Name: "access control list", Implied: true})
		if err != nil {
			p = enforce.Empty(enforce.BucketPolicy) // grantees were checked: it cannot be
		}
	}
	if a.policies == nil {
		a.policies = make(map[use]*enforce.Policy)
	}
	a.policies[key] = p
	return p
}

// newStatement is what a grant allows.
func newStatement(g *types.Grantee, actions []string, resource string) enforce.StatementElements {
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
func (s scope) allowed(p types.Permission) []string {
	if p != types.PermissionFullControl {
		return s.actions(p)
	}
	var all []string
	for _, each := range []types.Permission{types.PermissionRead, types.PermissionWrite, types.PermissionReadAcp, types.PermissionWriteAcp} {
		all = append(all, s.actions(each)...)
	}
	return all
}

// literal is a text as a policy writes it, so that none of its characters is a
// wildcard or a variable.
func literal(text string) string { return escapes().Replace(text) }

var escapes = sync.OnceValue(func() *strings.Replacer { return strings.NewReplacer("*", "${*}", "?", "${?}", "$", "${$}") })
