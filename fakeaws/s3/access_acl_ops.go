package s3

import (
	"reflect"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/acl"
)

// aclOps are the rows of access control lists.
func (s *Fake) aclOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, s.getBucketACL),
		bind(s, s.putBucketACL),
		bind(s, s.getObjectACL),
		bind(s, s.putObjectACL),
	}
}

// checkPutACL refuses a request that sets no ACL, or two.
func checkPutACL(r *acl.Request) error {
	if !r.Given() {
		return errMissingHeader.of("MissingHeaderName", "x-amz-acl")
	}
	return aclError(r.Check())
}

// setACLKeys sets the condition keys of a request that gives an ACL.
func setACLKeys(keys *enforce.Context, r *acl.Request) {
	if r.Canned != "" {
		keys.Set("s3:x-amz-acl", r.Canned)
	}
	for _, h := range r.Headers {
		keys.Set("s3:x-amz-grant-"+h.Name, h.Value)
	}
}

// getBucketACL returns the ACL of a bucket.
func (s *Fake) getBucketACL(call *fakeaws.Call, in *awss3.GetBucketAclInput) (*fakeaws.Plan[*awss3.GetBucketAclOutput], error) {
	return onBucket(s, call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:GetBucketAcl", func(b *bucket) (*awss3.GetBucketAclOutput, error) {
		return &awss3.GetBucketAclOutput{Owner: b.ownerID(), Grants: b.grantsOf(b.acl, b.owner)}, nil
	})
}

// putBucketACL replaces the ACL of a bucket.
func (s *Fake) putBucketACL(call *fakeaws.Call, in *awss3.PutBucketAclInput) (*fakeaws.Plan[*awss3.PutBucketAclOutput], error) {
	r := &acl.Request{Canned: string(in.ACL), Headers: acl.Headers(in.GrantFullControl, in.GrantRead, in.GrantReadACP, in.GrantWrite, in.GrantWriteACP), Document: in.AccessControlPolicy}
	if err := checkPutACL(r); err != nil {
		return nil, err
	}
	b, needs, err := s.askBucket(call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:PutBucketAcl")
	if err != nil {
		return nil, err
	}
	setACLKeys(&needs[0].Context, r)
	return withBucket(s, call, b, needs, func(b *bucket) (*awss3.PutBucketAclOutput, error) {
		made, err := s.newACL(call, b, r, b.owner, "", "s3:PutBucketAcl", b.arn)
		if err != nil {
			return nil, err
		}
		b.acl = made
		return new(awss3.PutBucketAclOutput), nil
	}), nil
}

// newACL makes an ACL in place of another one.
func (s *Fake) newACL(call *fakeaws.Call, b *bucket, r *acl.Request, owner ownerAccount, bucketOwner, action, arn string) (*acl.ACL, error) {
	if !b.aclsEnabled() {
		return nil, errACLNotSupported.of()
	}
	made, err := r.ACL(owner.CanonicalUser, bucketOwner)
	if err != nil {
		return nil, aclError(err)
	}
	if made.Public() && s.blockOf(b).blockACLs {
		if call.Account != owner.ID {
			return nil, errAccessDenied.of()
		}
		// The text is that of the setting for policies: unverified.
		return nil, errAccessDenied.withText("User: " + call.Caller.ARN + " is not authorized to perform: " + action + ` on resource: "` + arn +
			`" because public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access.`)
	}
	return made, nil
}

// grantsOf are the grants of an ACL as it is in force. Where ACLs are disabled
// all is the bucket owner's.
func (b *bucket) grantsOf(a *acl.ACL, owner ownerAccount) []types.Grant {
	if a == nil || !b.aclsEnabled() {
		return acl.Private(owner.CanonicalUser).Grants()
	}
	return a.Grants()
}

// getObjectACL returns the ACL of an object.
func (s *Fake) getObjectACL(call *fakeaws.Call, in *awss3.GetObjectAclInput) (*fakeaws.Plan[*awss3.GetObjectAclOutput], error) {
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	action := byVersion(in.VersionId, "s3:GetObjectAcl", "s3:GetObjectVersionAcl")
	return onObject(s, call, ref, action, nil, func(b *bucket, o *object) (*awss3.GetObjectAclOutput, error) {
		return &awss3.GetObjectAclOutput{Owner: b.ownerIDOf(o), Grants: b.grantsOf(o.acl, b.ownerOf(o))}, nil
	})
}

// putObjectACL replaces the ACL of an object.
func (s *Fake) putObjectACL(call *fakeaws.Call, in *awss3.PutObjectAclInput) (*fakeaws.Plan[*awss3.PutObjectAclOutput], error) {
	r := &acl.Request{Canned: string(in.ACL), Headers: acl.Headers(in.GrantFullControl, in.GrantRead, in.GrantReadACP, in.GrantWrite, in.GrantWriteACP), Document: in.AccessControlPolicy}
	if err := checkPutACL(r); err != nil {
		return nil, err
	}
	plan, err := changeObject(s, call, versionChange[*awss3.PutObjectAclOutput]{
		ref:    objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId},
		action: byVersion(in.VersionId, "s3:PutObjectAcl", "s3:PutObjectVersionAcl"), method: "PUT",
		change: func(b *bucket, o *object) (*awss3.PutObjectAclOutput, error) {
			made, err := s.newACL(call, b, r, b.ownerOf(o), b.owner.CanonicalUser, "s3:PutObjectAcl", b.objectARN(in.Key))
			if err != nil {
				return nil, err
			}
			// No event tells of a request that changes nothing (User Guide, "Event
			// notification types and destinations").
			if !reflect.DeepEqual(b.grantsOf(o.acl, b.ownerOf(o)), b.grantsOf(made, b.ownerOf(o))) {
				s.notify(b, o, occurrence{event: types.EventS3ObjectAclPut, call: call})
			}
			o.acl = made
			return new(awss3.PutObjectAclOutput), nil
		},
	})
	if err != nil {
		return nil, err
	}
	setACLKeys(&plan.Needs[0].Context, r)
	return plan, nil
}
