package s3

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/btree"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A bucket is a bucket as a request reached it.
type bucket struct {
	*store
	// through is the access point by which it was reached, if any.
	through *accessPoint
}

// A store holds objects by key, in the order of their UTF-8 bytes.
type store struct {
	name, arn string
	owner     *fakeaws.Account
	region    string
	// constraint is what GetBucketLocation answers: empty for us-east-1, and EU
	// for a bucket that was made with that old name of eu-west-1.
	constraint types.BucketLocationConstraint
	created    time.Time
	policy     *fakeaws.ResourcePolicy
	// public says whether policy is one, as S3 means the word.
	public  bool
	block   *types.PublicAccessBlockConfiguration
	acl     *acl // nil grants nothing to others
	tags    []types.Tag
	objects btree.Map[string, history]
	// versioning is empty in a bucket that never had it.
	versioning types.BucketVersioningStatus
	mfaDelete  types.MFADeleteStatus
	configurations
	aged aged
	lockSetting
	uploads uploads
}

// policyFor is what guards a bucket as far as it is in force for a call: its
// policy and, where ACLs are enabled, its ACL.
func (s *Fake) policyFor(call *fakeaws.Call, b *bucket) *enforce.Policy {
	return enforce.Join(enforce.BucketPolicy, s.bucketPolicyFor(call, b), s.aclPolicy(b))
}

// bucketPolicyFor is the policy of a bucket as far as it is in force for a call.
// RestrictPublicBuckets keeps all but AWS services and callers of the owner's
// account from a bucket with a public policy, also those whom another statement of
// it names (User Guide, "Blocking public access to your Amazon S3 storage").
func (s *Fake) bucketPolicyFor(call *fakeaws.Call, b *bucket) *enforce.Policy {
	if b.public && s.blockOf(b).restrict && call.Account != b.owner.ID && call.Caller.Type != enforce.Service {
		return s.nothing
	}
	return b.policy.Policy()
}

// ownerID is the bucket owner as lists show it. AWS stopped to send display
// names in 2025.
func (b *bucket) ownerID() *types.Owner {
	return &types.Owner{ID: aws.String(b.owner.CanonicalUser)}
}

// bucket finds the bucket of a request. The lock is held.
func (s *Fake) bucket(call *fakeaws.Call, ref bucketRef) (*bucket, error) {
	b, err := s.bucketAnywhere(ref)
	if err != nil {
		return nil, err
	}
	if err := b.reachedFrom(call); err != nil {
		return nil, err
	}
	return b, b.paidBy(call)
}

// bucketAnywhere finds the bucket of a request that any region answers.
func (s *Fake) bucketAnywhere(ref bucketRef) (*bucket, error) {
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
	s.age(b)
	return b, nil
}

// named finds a bucket by its name, or by an access point to it.
func (s *Fake) named(name string) (*bucket, error) {
	if isAccessPoint(name) {
		return s.throughPoint(name)
	}
	if err := checkKind(name); err != nil {
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
	if id != nil && !isAccountID(*id) {
		return errInvalidBucketOwner.of()
	}
	return nil
}

func (s *Fake) needCreateBucket(ctx context.Context, in *awss3.CreateBucketInput) ([]fakeaws.Need, error) {
	call := fakeaws.CallFrom(ctx)
	plan, err := planBucket(call, in)
	if err != nil {
		return nil, err
	}
	need := fakeaws.Need{
		Action:          "s3:CreateBucket",
		Resource:        bucketARN(aws.ToString(in.Bucket)),
		ResourceAccount: call.Account,
	}
	keys := &need.Context
	requestKeys(keys, call, call.Account)
	setEnum(keys, "s3:locationconstraint", plan.constraint)
	plan.acl.setKeys(keys)
	setEnum(keys, "s3:x-amz-object-ownership", in.ObjectOwnership)
	setEnum(keys, "s3:x-amz-bucket-namespace", in.BucketNamespace)
	setTags(keys, "aws:RequestTag/", plan.tags)
	if len(plan.tags) > 0 {
		keys.SetMulti("aws:TagKeys", tagKeys(plan.tags))
	}
	needs := []fakeaws.Need{need}
	also := func(action string) { needs = append(needs, narrowed(need, action)) }
	if plan.acl.given() {
		also("s3:PutBucketAcl")
	}
	if in.ObjectOwnership != "" {
		also("s3:PutBucketOwnershipControls")
	}
	if aws.ToBool(in.ObjectLockEnabledForBucket) {
		also("s3:PutBucketObjectLockConfiguration")
		also("s3:PutBucketVersioning")
	}
	if len(plan.tags) > 0 {
		also("s3:TagResource")
	}
	return needs, nil
}

// A bucketPlan is what a CreateBucket request asks for.
type bucketPlan struct {
	region     string
	constraint types.BucketLocationConstraint
	tags       []types.Tag
	ownership  types.ObjectOwnership
	acl        *aclRequest
}

func planBucket(call *fakeaws.Call, in *awss3.CreateBucketInput) (bucketPlan, error) {
	p := bucketPlan{
		region:    call.Region,
		ownership: in.ObjectOwnership,
		acl:       &aclRequest{canned: string(in.ACL), headers: grantHeaders(in.GrantFullControl, in.GrantRead, in.GrantReadACP, in.GrantWrite, in.GrantWriteACP)},
	}
	if err := checkKind(aws.ToString(in.Bucket)); err != nil {
		return p, err
	}
	if err := checkBucketName(aws.ToString(in.Bucket)); err != nil {
		return p, err
	}
	if err := p.planAccess(in); err != nil {
		return p, err
	}
	cfg := in.CreateBucketConfiguration
	if cfg == nil {
		cfg = new(types.CreateBucketConfiguration)
	}
	if cfg.Bucket != nil || cfg.Location != nil {
		return p, notImplemented("CreateBucketConfiguration of a directory bucket")
	}
	if err := checkTags(cfg.Tags, bucketTags); err != nil {
		return p, err
	}
	p.tags, p.constraint = cfg.Tags, cfg.LocationConstraint
	if err := p.locate(call.Region); err != nil {
		return p, err
	}
	return p, checkNamespace(in, call.Account, p.region)
}

// planAccess decides on Object Ownership and the ACL. A new bucket has ACLs
// disabled, and Block Public Access on, unless Object Ownership enables them.
func (p *bucketPlan) planAccess(in *awss3.CreateBucketInput) error {
	if p.ownership == "" {
		p.ownership = types.ObjectOwnershipBucketOwnerEnforced
	}
	if !slices.Contains(p.ownership.Values(), p.ownership) {
		return invalidArgument("Invalid x-amz-object-ownership header: "+string(p.ownership), "x-amz-object-ownership", string(p.ownership))
	}
	if err := p.acl.check(); err != nil {
		return err
	}
	if p.ownership == types.ObjectOwnershipBucketOwnerEnforced && p.acl.given() && in.ACL != types.BucketCannedACLPrivate {
		return errInvalidACLOwnership.of()
	}
	return nil
}

// locate decides in which region a bucket comes to be. us-east-1 makes buckets
// for all regions, every other region only its own.
func (p *bucketPlan) locate(endpoint string) error {
	constraint := string(p.constraint)
	switch constraint {
	case "":
		if endpoint != home {
			return errIllegalLocation.says("The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.")
		}
		return nil
	case string(types.BucketLocationConstraintEu):
		p.region = string(types.BucketLocationConstraintEuWest1)
	default:
		if !slices.Contains(p.constraint.Values(), p.constraint) {
			return errInvalidLocation.of("LocationConstraint", constraint)
		}
		p.region = constraint
	}
	if endpoint != home && endpoint != p.region {
		return errIllegalLocation.says("The " + constraint + " location constraint is incompatible for the region specific endpoint this request was sent to.")
	}
	return nil
}

// CreateBucket makes a bucket. The names of all accounts and regions are one
// namespace.
func (s *Fake) CreateBucket(ctx context.Context, in *awss3.CreateBucketInput) (*awss3.CreateBucketOutput, error) {
	call := fakeaws.CallFrom(ctx)
	plan, err := planBucket(call, in)
	if err != nil {
		return nil, err
	}
	account, ok := s.world.Account(call.Account)
	if !ok {
		return nil, errAccessDenied.of()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	name := *in.Bucket
	if b, taken := s.buckets.Get(name); taken {
		switch {
		case b.owner.ID != call.Account:
			return nil, errBucketExists.of("BucketName", name)
		case call.Region != home || b.region != plan.region || in.BucketNamespace == types.BucketNamespaceAccountRegional:
			return nil, errBucketOwned.of("BucketName", name)
		}
		// us-east-1 keeps to its first behaviour: to make one's own bucket
		// again succeeds and changes nothing.
		return &awss3.CreateBucketOutput{Location: aws.String("/" + name)}, nil
	}
	made, err := s.buildACL(plan.acl, account, nil)
	if err != nil {
		return nil, err
	}
	if made.public() {
		// Every new bucket blocks public ACLs.
		return nil, errInvalidACLBlock.of()
	}
	on := true
	b := &bucket{store: &store{
		name:       name,
		arn:        bucketARN(name),
		owner:      account,
		region:     plan.region,
		constraint: plan.constraint,
		created:    call.Time.Truncate(time.Second),
		tags:       cloneTags(plan.tags),
		block: &types.PublicAccessBlockConfiguration{
			BlockPublicAcls: &on, IgnorePublicAcls: &on, BlockPublicPolicy: &on, RestrictPublicBuckets: &on,
		},
		acl: made,
	}}
	if aws.ToBool(in.ObjectLockEnabledForBucket) {
		b.locking, b.versioning = true, types.BucketVersioningStatusEnabled
	}
	configure(b, ownedAs(plan.ownership))
	s.buckets.Set(name, b)
	location := "/" + name
	if plan.region != home {
		location = "http://" + name + ".s3.amazonaws.com/"
	}
	return &awss3.CreateBucketOutput{Location: &location}, nil
}

func bucketARN(name string) string { return "arn:aws:s3:::" + name }

// DeleteBucket removes an empty bucket.
func (s *Fake) DeleteBucket(ctx context.Context, in *awss3.DeleteBucketInput) (*awss3.DeleteBucketOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(fakeaws.CallFrom(ctx), bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	if b.objects.Len() > 0 {
		if b.versioning != "" {
			return nil, errBucketNotEmpty.says("The bucket you tried to delete is not empty. You must delete all versions in the bucket.", "BucketName", b.name)
		}
		return nil, errBucketNotEmpty.of("BucketName", b.name)
	}
	s.buckets.Delete(b.name)
	return new(awss3.DeleteBucketOutput), nil
}

// HeadBucket tells whether a bucket exists and where.
func (s *Fake) HeadBucket(ctx context.Context, in *awss3.HeadBucketInput) (*awss3.HeadBucketOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(fakeaws.CallFrom(ctx), bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	alias := b.through != nil && b.through.alias == aws.ToString(in.Bucket)
	return &awss3.HeadBucketOutput{BucketRegion: &b.region, AccessPointAlias: &alias}, nil
}

func (s *Fake) needGetBucketLocation(ctx context.Context, in *awss3.GetBucketLocationInput) ([]fakeaws.Need, error) {
	call := fakeaws.CallFrom(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucketAnywhere(bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	return []fakeaws.Need{s.need(call, b, "s3:GetBucketLocation", b.arn, 0)}, nil
}

// GetBucketLocation tells a bucket's region. It is asked by those who do not
// know it, so every region answers.
func (s *Fake) GetBucketLocation(ctx context.Context, in *awss3.GetBucketLocationInput) (*awss3.GetBucketLocationOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucketAnywhere(bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	return &awss3.GetBucketLocationOutput{LocationConstraint: b.constraint}, nil
}

// maxBuckets is the largest page of ListBuckets.
const maxBuckets = 10000

func (s *Fake) needListBuckets(ctx context.Context, in *awss3.ListBucketsInput) ([]fakeaws.Need, error) {
	if in.MaxBuckets != nil && (*in.MaxBuckets < 1 || *in.MaxBuckets > maxBuckets) {
		return nil, invalidArgument("Argument max-buckets must be an integer between 1 and 10000", "max-buckets", itoa(*in.MaxBuckets))
	}
	if _, err := listToken(in.ContinuationToken); err != nil {
		return nil, err
	}
	call := fakeaws.CallFrom(ctx)
	// AWS matches arn:aws:s3:::* against this action, but names no resource when
	// it denies it.
	need := fakeaws.Need{Action: "s3:ListAllMyBuckets", Resource: bucketARN("*"), ResourceAccount: call.Account, Name: "-"}
	requestKeys(&need.Context, call, call.Account)
	return []fakeaws.Need{need}, nil
}

// ListBuckets lists the caller's own buckets by name.
func (s *Fake) ListBuckets(ctx context.Context, in *awss3.ListBucketsInput) (*awss3.ListBucketsOutput, error) {
	after, err := listToken(in.ContinuationToken)
	if err != nil {
		return nil, err
	}
	account, ok := s.world.Account(fakeaws.CallFrom(ctx).Account)
	if !ok {
		return nil, errAccessDenied.of()
	}
	limit := maxBuckets
	if in.MaxBuckets != nil {
		limit = int(*in.MaxBuckets)
	}
	// The region of a bucket is told only to requests with a parameter.
	regions := in.BucketRegion != nil || in.ContinuationToken != nil || in.MaxBuckets != nil || in.Prefix != nil
	out := &awss3.ListBucketsOutput{
		Buckets: []types.Bucket{},
		Owner:   &types.Owner{ID: &account.CanonicalUser},
		Prefix:  in.Prefix,
	}
	prefix := aws.ToString(in.Prefix)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buckets.Ascend(max(after, prefix), func(name string, b *bucket) bool {
		switch {
		case !strings.HasPrefix(name, prefix):
			return false
		case name == after || b.owner.ID != account.ID, in.BucketRegion != nil && b.region != *in.BucketRegion:
			return true
		case len(out.Buckets) == limit:
			out.ContinuationToken = newListToken(*out.Buckets[limit-1].Name)
			return false
		}
		item := types.Bucket{Name: &b.name, CreationDate: &b.created}
		if regions {
			item.BucketRegion = &b.region
		}
		out.Buckets = append(out.Buckets, item)
		return true
	})
	return out, nil
}
