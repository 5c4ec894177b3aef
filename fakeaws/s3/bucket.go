package s3

import (
	"context"
	"slices"
	"time"

	"github.com/tidwall/btree"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/acl"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

// bucketOps are the rows of the operations on buckets as such.
func (s *Fake) bucketOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, s.listBuckets),
		bind(s, s.createBucket),
		bind(s, s.deleteBucket),
		bind(s, s.headBucket),
		bind(s, s.getBucketLocation),
	}
}

// A bucket is what a request names as its bucket: one by its name, or one that an
// access point leads to.
type bucket struct {
	*bucketState
	// through is that access point, nil for a bucket by its name.
	through *accessPoint
}

// A bucketState is all that S3 keeps of a bucket. Every way to the bucket shares it.
type bucketState struct {
	name, arn string
	deleted   bool
	owner     ownerAccount
	region    string
	// constraint is what GetBucketLocation answers: empty for us-east-1, and EU
	// for a bucket that was made with that old name of eu-west-1.
	constraint types.BucketLocationConstraint
	created    time.Time
	policy     *fakeaws.ResourcePolicy
	// public says whether policy is one, as S3 means the word.
	public bool
	block  *types.PublicAccessBlockConfiguration
	acl    *acl.ACL // nil grants nothing to others
	tags   []types.Tag
	// objects are by key, in the order of their UTF-8 bytes.
	objects btree.Map[string, history]
	// versioning is empty in a bucket that never had it.
	versioning types.BucketVersioningStatus
	mfaDelete  types.MFADeleteStatus
	configurations
	aged aged
	lockSetting
	uploads  uploads
	restores restores
}

// policyFor is what guards a bucket as far as it is in force for a call: its
// policy and, where ACLs are enabled, its ACL.
func (s *Fake) policyFor(call *fakeaws.Call, b *bucket) *enforce.Policy {
	return enforce.Join(enforce.BucketPolicy, s.bucketPolicyFor(call, b), s.aclPolicy(b))
}

// bucketPolicyFor is the policy of a bucket as far as it is in force for a call.
func (s *Fake) bucketPolicyFor(call *fakeaws.Call, b *bucket) *enforce.Policy {
	policy := b.policy.Policy()
	if b.public && s.blockOf(b).restrict {
		return policy.RestrictPublicBuckets(&call.Caller.Principal, b.owner.ID)
	}
	return policy
}

// ownerID is the bucket owner as lists show it. AWS stopped to send display
// names in 2025.
func (b *bucket) ownerID() *types.Owner {
	return &types.Owner{ID: aws.String(b.owner.CanonicalUser)}
}

// findBucket finds the bucket of a request. The lock is held.
func (s *Fake) findBucket(call *fakeaws.Call, ref bucketRef) (*bucket, error) {
	b, err := s.bucketAnywhere(call, ref)
	if err != nil {
		return nil, err
	}
	if err := b.reachedFrom(call); err != nil {
		return nil, err
	}
	return b, b.paidBy(call)
}

// bucketAnywhere finds the bucket of a request that any region answers. The lock is held.
func (s *Fake) bucketAnywhere(ctx context.Context, ref bucketRef) (*bucket, error) {
	name := aws.ToString(ref.name)
	if err := checkExpectedOwner(ref.expectedOwner); err != nil {
		return nil, err
	}
	b, err := s.named(name)
	if err != nil {
		return nil, err
	}
	if ref.expectedOwner != nil && *ref.expectedOwner != b.owner.ID {
		return nil, errAccessDenied.of()
	}
	return b, s.age(ctx, b)
}

// named finds a bucket by its name, or by an access point to it.
func (s *Fake) named(name string) (*bucket, error) {
	if isAccessPoint(name) {
		return s.behindPoint(name)
	}
	if err := checkBucketKind(name); err != nil {
		return nil, err
	}
	b, ok := s.buckets.Get(name)
	if ok {
		return b, nil
	}
	if err := checkBucketName(name); err != nil {
		return nil, err
	}
	return nil, errNoSuchBucket.of("BucketName", name)
}

func checkExpectedOwner(id *string) error {
	if id != nil && !awsid.IsAccount(*id) {
		return errInvalidBucketOwner.of()
	}
	return nil
}

func bucketARN(name string) string { return "arn:aws:s3:::" + name }

// deleteBucket removes an empty bucket.
func (s *Fake) deleteBucket(call *fakeaws.Call, in *awss3.DeleteBucketInput) (*fakeaws.Plan[*awss3.DeleteBucketOutput], error) {
	return onBucket(s, call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:DeleteBucket", func(b *bucket) (*awss3.DeleteBucketOutput, error) {
		if b.objects.Len() > 0 {
			if b.versioning != "" {
				return nil, errBucketNotEmpty.withText("The bucket you tried to delete is not empty. You must delete all versions in the bucket.", "BucketName", b.name)
			}
			return nil, errBucketNotEmpty.of("BucketName", b.name)
		}
		s.buckets.Delete(b.name)
		b.deleted = true
		return new(awss3.DeleteBucketOutput), nil
	})
}

// headBucket tells whether a bucket exists and where.
func (s *Fake) headBucket(call *fakeaws.Call, in *awss3.HeadBucketInput) (*fakeaws.Plan[*awss3.HeadBucketOutput], error) {
	return onBucket(s, call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:ListBucket", func(b *bucket) (*awss3.HeadBucketOutput, error) {
		alias := b.through != nil && b.through.alias == aws.ToString(in.Bucket)
		return &awss3.HeadBucketOutput{BucketArn: &b.arn, BucketRegion: &b.region, AccessPointAlias: &alias}, nil
	})
}

// getBucketLocation tells a bucket's region. It is asked by those who do not
// know it, so every region answers.
func (s *Fake) getBucketLocation(call *fakeaws.Call, in *awss3.GetBucketLocationInput) (*fakeaws.Plan[*awss3.GetBucketLocationOutput], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucketAnywhere(call, bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	needs := []fakeaws.Need{s.need(call, b, "s3:GetBucketLocation", b.arn, 0)}
	return withBucket(s, call, b, needs, func(b *bucket) (*awss3.GetBucketLocationOutput, error) {
		return &awss3.GetBucketLocationOutput{LocationConstraint: b.constraint}, nil
	}), nil
}

// maxBuckets is the largest page of ListBuckets.
const maxBuckets = 10000

// listBuckets lists the caller's own buckets by name.
func (s *Fake) listBuckets(call *fakeaws.Call, in *awss3.ListBucketsInput) (*fakeaws.Plan[*awss3.ListBucketsOutput], error) {
	if in.MaxBuckets != nil && (*in.MaxBuckets < 1 || *in.MaxBuckets > maxBuckets) {
		return nil, invalidArgument("Argument max-buckets must be an integer between 1 and 10000", "max-buckets", itoa(*in.MaxBuckets))
	}
	token := in.ContinuationToken
	if token != nil && *token == "" {
		token = nil // unlike that of ListObjectsV2
	}
	after, err := afterToken(token)
	if err != nil {
		return nil, err
	}
	if r := in.BucketRegion; r != nil && *r != globalRegion && !slices.Contains(types.BucketLocationConstraint("").Values(), types.BucketLocationConstraint(*r)) {
		return nil, errInvalidArgument.withText("Argument value "+*r+" is not a valid AWS Region", "ArgumentName", "bucket-region")
	}
	// AWS matches arn:aws:s3:::* against this action, but names no resource when
	// it denies it.
	need := fakeaws.Need{Action: "s3:ListAllMyBuckets", Resource: bucketARN("*"), ResourceAccount: call.Account, Name: "-"}
	requestKeys(&need.Context, call, call.Account)
	return &fakeaws.Plan[*awss3.ListBucketsOutput]{Needs: []fakeaws.Need{need}, Do: func() (*awss3.ListBucketsOutput, error) {
		return s.bucketsOf(call.Account, in, after)
	}}, nil
}

// bucketsOf is the page of an account's buckets that follows a name.
func (s *Fake) bucketsOf(id string, in *awss3.ListBucketsInput, after string) (*awss3.ListBucketsOutput, error) {
	account, ok := s.world.Account(id)
	if !ok {
		return nil, errAccessDenied.of()
	}
	// The region of a bucket is told only to requests with a parameter.
	regions := in.BucketRegion != nil || in.ContinuationToken != nil || in.MaxBuckets != nil || in.Prefix != nil
	s.mu.Lock()
	defer s.mu.Unlock()
	all := page.Prefixed(s.buckets.Ascend, aws.ToString(in.Prefix))
	p := page.Of(all, after, page.Size(in.MaxBuckets, maxBuckets), func(b *bucket) (item types.Bucket, ok bool) {
		if b.owner.ID != account.ID || in.BucketRegion != nil && b.region != *in.BucketRegion {
			return item, false
		}
		item = types.Bucket{BucketArn: &b.arn, Name: &b.name, CreationDate: &b.created}
		if regions {
			item.BucketRegion = &b.region
		}
		return item, true
	})
	return &awss3.ListBucketsOutput{
		Buckets: p.Items, ContinuationToken: p.Next, Owner: &types.Owner{ID: &account.CanonicalUser}, Prefix: in.Prefix,
	}, nil
}
