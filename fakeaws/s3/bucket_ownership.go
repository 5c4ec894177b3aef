package s3

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/acl"
)

// ownershipOps are the rows of Object Ownership.
func (s *Fake) ownershipOps() []fakeaws.Op {
	controls := &configuration[types.OwnershipControls]{get: "s3:GetBucketOwnershipControls", put: "s3:PutBucketOwnershipControls",
		of:     func(c *configurations) **types.OwnershipControls { return &c.ownershipControls },
		absent: missing[types.OwnershipControls](errNoOwnershipControls), check: checkOwnership, admit: (*Fake).admitOwnership}
	return []fakeaws.Op{
		putting[awss3.PutBucketOwnershipControlsOutput](s, controls, func(in *awss3.PutBucketOwnershipControlsInput) (bucketRef, *types.OwnershipControls) {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.OwnershipControls
		}),
		getting(s, controls, func(in *awss3.GetBucketOwnershipControlsInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		}, func(cfg *types.OwnershipControls) *awss3.GetBucketOwnershipControlsOutput {
			return &awss3.GetBucketOwnershipControlsOutput{OwnershipControls: cfg}
		}),
		deleting[awss3.DeleteBucketOwnershipControlsOutput](s, controls, func(in *awss3.DeleteBucketOwnershipControlsInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		}),
	}
}

func checkOwnership(cfg *types.OwnershipControls) error {
	if len(cfg.Rules) != 1 {
		return errMalformedXML.of()
	}
	return nil
}

// admitOwnership keeps ACLs from being disabled as long as the bucket's own grants
// something to others.
func (s *Fake) admitOwnership(b *bucket, cfg *types.OwnershipControls) error {
	if cfg.Rules[0].ObjectOwnership == types.ObjectOwnershipBucketOwnerEnforced && b.acl.Open(b.owner.CanonicalUser) {
		return errInvalidACLOwnership.of()
	}
	return nil
}

// ownedAs is a bucket's setting of Object Ownership.
func ownedAs(o types.ObjectOwnership) *types.OwnershipControls {
	return &types.OwnershipControls{Rules: []types.OwnershipControlsRule{{ObjectOwnership: o}}}
}

// ownership is how the owner of a new object is found. A bucket without ownership
// controls does as before there were any: who writes an object owns it.
func (b *bucket) ownership() types.ObjectOwnership {
	if b.ownershipControls == nil {
		return types.ObjectOwnershipObjectWriter
	}
	return b.ownershipControls.Rules[0].ObjectOwnership
}

// aclsEnabled reports whether ACLs count at all.
func (b *bucket) aclsEnabled() bool {
	return b.ownership() != types.ObjectOwnershipBucketOwnerEnforced
}

// An owning is what ACLs know of an object: whose it is, and its own ACL.
type owning struct {
	owner *ownerAccount // nil is the bucket's
	acl   *acl.ACL      // nil grants nothing to others
}

// An ownerAccount is an account as S3 knows it: one that owns buckets and objects.
type ownerAccount struct{ ID, CanonicalUser string }

// ownerOf is the account that owns an object now.
func (b *bucket) ownerOf(o *object) ownerAccount {
	if o.owner == nil || !b.aclsEnabled() {
		return b.owner
	}
	return *o.owner
}

// ownerIDOf is the owner of an object as lists show it.
func (b *bucket) ownerIDOf(o *object) *types.Owner {
	return &types.Owner{ID: aws.String(b.ownerOf(o).CanonicalUser)}
}

// anonymousWriter owns what unsigned requests write, under the canonical user id that
// access logs of S3 have for them.
var anonymousWriter = ownerAccount{ID: "anonymous", CanonicalUser: "65a011a29cdf8ec533ec3d1ccaae921c"}

// writer is the account that owns what a call writes.
func (s *Fake) writer(call *fakeaws.Call) ownerAccount {
	if acct, ok := s.world.Account(call.Account); ok {
		return ownerAccount{acct.ID, acct.CanonicalUser}
	}
	return anonymousWriter
}

// own decides whose a new object is, and its ACL.
func (s *Fake) own(call *fakeaws.Call, b *bucket, o *object, p *writeParams) error {
	r := p.aclRequest()
	if err := r.Check(); err != nil {
		return aclError(err)
	}
	fullControl := p.ACL == types.ObjectCannedACLBucketOwnerFullControl
	if !b.aclsEnabled() {
		// These buckets take no ACL but "bucket owner full control", by its name or as
		// a grant.
		if r.Given() && !fullControl && !r.OnlyFullControlOf(b.owner.CanonicalUser) {
			return errACLNotSupported.of()
		}
		return nil
	}
	writer := s.writer(call)
	if b.ownership() == types.ObjectOwnershipBucketOwnerPreferred && fullControl {
		writer = b.owner
	}
	if writer != b.owner {
		o.owner = &writer
	}
	if !r.Given() {
		return nil
	}
	made, err := r.ACL(writer.CanonicalUser, b.owner.CanonicalUser)
	if err != nil {
		return aclError(err)
	}
	if made.Public() && s.blockOf(b).blockACLs {
		return errAccessDenied.of()
	}
	o.acl = made
	return nil
}

// aclRequest is the ACL that a request gives to a new object.
func (p *writeParams) aclRequest() *acl.Request {
	return &acl.Request{Canned: string(p.ACL), Headers: acl.Headers(p.GrantFullControl, p.GrantRead, p.GrantReadACP, nil, p.GrantWriteACP)}
}
