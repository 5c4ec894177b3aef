package s3

import (
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// What a permission of an ACL allows (User Guide, "Mapping of ACL permissions and
// access policy permissions").
var (
	onBuckets = map[types.Permission][]string{
		types.PermissionRead:     {"s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"},
		types.PermissionReadAcp:  {"s3:GetBucketAcl"},
		types.PermissionWriteAcp: {"s3:PutBucketAcl"},
	}
	// Who may write an object may give it an ACL with it: it is the writer's. The
	// User Guide names s3:PutObject alone; unverified.
	intoBuckets = map[types.Permission][]string{
		types.PermissionWrite: {"s3:PutObject", "s3:PutObjectAcl"},
	}
	onObjects = map[types.Permission][]string{
		types.PermissionRead:     {"s3:GetObject", "s3:GetObjectVersion"},
		types.PermissionReadAcp:  {"s3:GetObjectAcl", "s3:GetObjectVersionAcl"},
		types.PermissionWriteAcp: {"s3:PutObjectAcl", "s3:PutObjectVersionAcl"},
	}
)

// policy is an ACL as a resource-based policy, so that the same evaluation that
// decides all else decides it. The kinds of resources are by their ARNs. Grants to
// everybody are left out where public is false.
func (a *acl) policy(public bool, arn string, kinds map[string]map[types.Permission][]string) *enforce.Policy {
	if a == nil {
		return nil
	}
	use := aclUse{arn, public}
	if p, ok := a.policies[use]; ok {
		return p
	}
	var statements []aclStatement
	for _, g := range a.grants {
		if !public && toEverybody(g.Grantee) {
			continue
		}
		for resource, actions := range kinds {
			if allowed := allowedBy(g.Permission, actions); len(allowed) > 0 {
				statements = append(statements, newACLStatement(g.Grantee, allowed, resource))
			}
		}
	}
	var p *enforce.Policy
	if len(statements) > 0 {
		doc, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
		if err == nil {
			p, err = enforce.Parse(string(doc), enforce.BucketPolicy, enforce.Source{Name: "access control list"})
		}
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

type aclStatement struct {
	Effect    string
	Principal any
	Action    []string
	Resource  string
	Condition any `json:",omitempty"`
}

func newACLStatement(g *types.Grantee, actions []string, resource string) aclStatement {
	st := aclStatement{Effect: "Allow", Principal: "*", Action: actions, Resource: resource}
	switch aws.ToString(g.URI) {
	case "":
		st.Principal = map[string]string{"CanonicalUser": aws.ToString(g.ID)}
	case authenticatedUsers:
		st.Condition = map[string]any{"StringNotEquals": map[string]string{"aws:PrincipalType": string(enforce.Anonymous)}}
	case logDelivery:
		st.Principal = map[string]string{"Service": "logging.s3.amazonaws.com"}
	}
	return st
}

// allowedBy are the actions of a permission.
func allowedBy(p types.Permission, by map[types.Permission][]string) []string {
	if p != types.PermissionFullControl {
		return by[p]
	}
	var all []string
	for _, each := range []types.Permission{types.PermissionRead, types.PermissionWrite, types.PermissionReadAcp, types.PermissionWriteAcp} {
		all = append(all, by[each]...)
	}
	return all
}

// aclPolicy is the ACL of a bucket as a policy; nil where ACLs are disabled.
func (s *Fake) aclPolicy(b *bucket) *enforce.Policy {
	if !b.aclsEnabled() {
		return nil
	}
	public := !s.blockOf(b).ignoreACLs
	return b.acl.policy(public, b.arn, map[string]map[types.Permission][]string{b.arn: onBuckets, b.arn + "/*": intoBuckets})
}

// guardByACL completes a permission on an object where ACLs are enabled: the
// object's own ACL grants, and if another account than the bucket's owns it, of
// the bucket's policy only what it denies counts (User Guide, "How Amazon S3
// authorizes a request for an object operation").
func (s *Fake) guardByACL(call *fakeaws.Call, b *bucket, need *fakeaws.Need, o *object) {
	if b.through != nil {
		need.Subject = o // it guards what is behind the access point: see Complete
		return
	}
	if !b.aclsEnabled() {
		return
	}
	arn := b.arn + "/" + o.key
	own := o.acl.policy(!s.blockOf(b).ignoreACLs, arn, map[string]map[types.Permission][]string{literal(arn): onObjects})
	policy := s.bucketPolicyFor(call, b)
	if owner := b.ownerOf(o); owner != b.owner {
		need.ResourceAccount = owner.ID
		policy = policy.Denials()
	}
	need.Policy = enforce.Join(enforce.BucketPolicy, policy, own)
}

// literal is a text as a policy writes it, so that none of its characters is a
// wildcard or a variable.
func literal(text string) string { return escapes.Replace(text) }

var escapes = strings.NewReplacer("*", "${*}", "?", "${?}", "$", "${$}")
