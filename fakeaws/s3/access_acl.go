package s3

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/acl"
)

// aclError is how S3 answers to an ACL that is refused.
func aclError(err error) error {
	var e *acl.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Reason {
	case acl.TwoWays:
		return errInvalidRequest.withText("Specifying both Canned ACLs and Header Grants is not allowed")
	case acl.UnexpectedDocument:
		return errUnexpectedContent.of()
	case acl.EmailGrantee:
		return errEmailGrantee.of()
	case acl.Malformed:
		return errMalformedACL.of()
	case acl.OtherOwner:
		return errAccessDenied.of()
	case acl.TooManyGrants:
		return errInvalidRequest.withText("The ACL has more than 100 grants")
	}
	return invalidArgument(e.Text, e.Argument, e.Value)
}

// aclPolicy is the ACL of a bucket as a policy; nil where ACLs are disabled.
func (s *Fake) aclPolicy(b *bucket) *enforce.Policy {
	if !b.aclsEnabled() {
		return nil
	}
	return b.acl.BucketPolicy(b.arn, !s.blockOf(b).ignoreACLs)
}

// guardByACL completes a permission on an object where ACLs are enabled: the
// object's own ACL grants, and if another account than the bucket's owns it, of
// the bucket's policy only what it denies counts (User Guide, "How Amazon S3
// authorizes a request for an object operation").
func (s *Fake) guardByACL(call *fakeaws.Call, b *bucket, need *fakeaws.Need, o *object) {
	if !b.aclsEnabled() {
		return
	}
	own := o.acl.ObjectPolicy(b.arn+"/"+o.key, !s.blockOf(b).ignoreACLs)
	policy := s.bucketPolicyFor(call, b)
	if owner := b.ownerOf(o); owner != b.owner {
		need.ResourceAccount = owner.ID
		policy = policy.Denials()
	}
	need.Policy = enforce.Join(enforce.BucketPolicy, policy, own)
}

// guardRemoval completes the permission to delete an object where ACLs are enabled: the
// bucket's ACL grants it to who owns the object.
func (s *Fake) guardRemoval(call *fakeaws.Call, b *bucket, need *fakeaws.Need, key *string) {
	if !b.aclsEnabled() {
		return
	}
	o := b.live(aws.ToString(key))
	if o == nil || b.ownerOf(o) != s.writer(call) {
		return
	}
	need.Policy = enforce.Join(enforce.BucketPolicy, need.Policy, b.acl.RemovalPolicy(b.arn, !s.blockOf(b).ignoreACLs))
}
