package s3

import (
	"context"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// aclOps are the rows of access control lists.
func (s *Fake) aclOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.BindMethod(s.GetBucketAcl, onBucket(s, "s3:GetBucketAcl", refOf[awss3.GetBucketAclInput])),
		fakeaws.BindMethod(s.PutBucketAcl, s.needPutBucketACL),
		fakeaws.BindMethod(s.GetObjectAcl, s.needGetObjectACL),
		fakeaws.BindMethod(s.PutObjectAcl, s.needPutObjectACL),
	}
}

func bucketACLRequest(in *awss3.PutBucketAclInput) *aclRequest {
	return &aclRequest{string(in.ACL), grantHeaders(in.GrantFullControl, in.GrantRead, in.GrantReadACP, in.GrantWrite, in.GrantWriteACP), in.AccessControlPolicy}
}

func objectACLRequest(in *awss3.PutObjectAclInput) *aclRequest {
	return &aclRequest{string(in.ACL), grantHeaders(in.GrantFullControl, in.GrantRead, in.GrantReadACP, in.GrantWrite, in.GrantWriteACP), in.AccessControlPolicy}
}

// checkPut refuses a request that sets no ACL, or two.
func (r *aclRequest) checkPut() error {
	if !r.given() {
		return errMissingHeader.of("MissingHeaderName", "x-amz-acl")
	}
	return r.check()
}

// setKeys sets the condition keys of a request that gives an ACL.
func (r *aclRequest) setKeys(keys *enforce.Context) {
	if r.canned != "" {
		keys.Set("s3:x-amz-acl", r.canned)
	}
	for _, h := range r.headers {
		keys.Set("s3:x-amz-grant-"+h.name, *h.value)
	}
}

func (s *Fake) needPutBucketACL(ctx context.Context, in *awss3.PutBucketAclInput) ([]fakeaws.Need, error) {
	r := bucketACLRequest(in)
	if err := r.checkPut(); err != nil {
		return nil, err
	}
	needs, err := s.bucketNeeds(fakeaws.CallFrom(ctx), refOf(in), "s3:PutBucketAcl")
	if err == nil {
		r.setKeys(&needs[0].Context)
	}
	return needs, err
}

// PutBucketAcl replaces the ACL of a bucket.
func (s *Fake) PutBucketAcl(ctx context.Context, in *awss3.PutBucketAclInput) (*awss3.PutBucketAclOutput, error) {
	call := fakeaws.CallFrom(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(call, refOf(in))
	if err != nil {
		return nil, err
	}
	made, err := s.newACL(call, b, bucketACLRequest(in), b.owner, nil, "s3:PutBucketAcl", b.arn)
	if err != nil {
		return nil, err
	}
	b.acl = made
	return new(awss3.PutBucketAclOutput), nil
}

// newACL makes an ACL in place of another one.
func (s *Fake) newACL(call *fakeaws.Call, b *bucket, r *aclRequest, owner, bucketOwner *fakeaws.Account, action, arn string) (*acl, error) {
	if !b.aclsEnabled() {
		return nil, errACLNotSupported.of()
	}
	made, err := s.buildACL(r, owner, bucketOwner)
	if err != nil {
		return nil, err
	}
	if made.public() && s.blockOf(b).blockACLs {
		if call.Account != owner.ID {
			return nil, errAccessDenied.of()
		}
		// The text is that of the setting for policies: unverified.
		return nil, errAccessDenied.says("User: " + call.Caller.ARN + " is not authorized to perform: " + action + ` on resource: "` + arn +
			`" because public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access.`)
	}
	return made, nil
}

// GetBucketAcl returns the ACL of a bucket.
func (s *Fake) GetBucketAcl(ctx context.Context, in *awss3.GetBucketAclInput) (*awss3.GetBucketAclOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(fakeaws.CallFrom(ctx), refOf(in))
	if err != nil {
		return nil, err
	}
	return &awss3.GetBucketAclOutput{Owner: b.ownerID(), Grants: s.shownGrants(b, b.acl, b.owner)}, nil
}

// shownGrants are the grants of an ACL as it is in force. Where ACLs are disabled
// all is the bucket owner's.
func (s *Fake) shownGrants(b *bucket, a *acl, owner *fakeaws.Account) []types.Grant {
	if a == nil || !b.aclsEnabled() {
		return private(owner).grants
	}
	return copied(&types.AccessControlPolicy{Grants: a.grants}).Grants
}

func (s *Fake) needGetObjectACL(ctx context.Context, in *awss3.GetObjectAclInput) ([]fakeaws.Need, error) {
	ref := objectRef{refOf(in), in.Key, in.VersionId}
	return s.objectNeeds(fakeaws.CallFrom(ctx), ref, byVersion(in.VersionId, "s3:GetObjectAcl", "s3:GetObjectVersionAcl"))
}

// GetObjectAcl returns the ACL of an object.
func (s *Fake) GetObjectAcl(ctx context.Context, in *awss3.GetObjectAclInput) (*awss3.GetObjectAclOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, o, err := s.object(fakeaws.CallFrom(ctx), objectRef{refOf(in), in.Key, in.VersionId}, "GET")
	if err != nil {
		return nil, err
	}
	return &awss3.GetObjectAclOutput{Owner: b.ownerIDOf(o), Grants: s.shownGrants(b, o.acl, b.ownerOf(o))}, nil
}

func (s *Fake) needPutObjectACL(ctx context.Context, in *awss3.PutObjectAclInput) ([]fakeaws.Need, error) {
	r := objectACLRequest(in)
	if err := r.checkPut(); err != nil {
		return nil, err
	}
	ref := objectRef{refOf(in), in.Key, in.VersionId}
	needs, err := s.objectNeeds(fakeaws.CallFrom(ctx), ref, byVersion(in.VersionId, "s3:PutObjectAcl", "s3:PutObjectVersionAcl"))
	if err == nil {
		r.setKeys(&needs[0].Context)
	}
	return needs, err
}

// PutObjectAcl replaces the ACL of an object.
func (s *Fake) PutObjectAcl(ctx context.Context, in *awss3.PutObjectAclInput) (*awss3.PutObjectAclOutput, error) {
	call := fakeaws.CallFrom(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	b, o, err := s.object(call, objectRef{refOf(in), in.Key, in.VersionId}, "PUT")
	if err != nil {
		return nil, err
	}
	made, err := s.newACL(call, b, objectACLRequest(in), b.ownerOf(o), b.owner, "s3:PutObjectAcl", b.objectARN(in.Key))
	if err != nil {
		return nil, err
	}
	changed := *o
	changed.acl = made
	b.replace(&changed)
	return new(awss3.PutObjectAclOutput), nil
}
