package s3

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/acl"
)

// A newBucket is what a CreateBucket request asks for.
type newBucket struct {
	region     string
	constraint types.BucketLocationConstraint
	tags       []types.Tag
	ownership  types.ObjectOwnership
	acl        *acl.Request
}

// readCreateBucket refuses what no bucket can be made of.
func readCreateBucket(call *fakeaws.Call, in *awss3.CreateBucketInput) (newBucket, error) {
	p := newBucket{
		region:    call.Region,
		ownership: in.ObjectOwnership,
		acl:       &acl.Request{Canned: string(in.ACL), Headers: acl.Headers(in.GrantFullControl, in.GrantRead, in.GrantReadACP, in.GrantWrite, in.GrantWriteACP)},
	}
	if err := checkBucketKind(aws.ToString(in.Bucket)); err != nil {
		return p, err
	}
	if err := checkBucketName(aws.ToString(in.Bucket)); err != nil {
		return p, err
	}
	if err := p.readAccess(in); err != nil {
		return p, err
	}
	cfg := in.CreateBucketConfiguration
	if cfg == nil {
		cfg = new(types.CreateBucketConfiguration)
	}
	if cfg.Bucket != nil || cfg.Location != nil {
		return p, notImplemented("CreateBucketConfiguration of a directory bucket")
	}
	if err := checkTags(cfg.Tags, newBucketTags); err != nil {
		return p, err
	}
	p.tags, p.constraint = cfg.Tags, cfg.LocationConstraint
	if err := p.locate(call.Region); err != nil {
		return p, err
	}
	return p, checkNamespace(in, call.Account, p.region)
}

// readAccess decides on Object Ownership and the ACL. A new bucket has ACLs
// disabled, and Block Public Access on, unless Object Ownership enables them.
func (p *newBucket) readAccess(in *awss3.CreateBucketInput) error {
	if p.ownership == "" {
		p.ownership = types.ObjectOwnershipBucketOwnerEnforced
	}
	if !slices.Contains(p.ownership.Values(), p.ownership) {
		return invalidArgument("Invalid x-amz-object-ownership header: "+string(p.ownership), "x-amz-object-ownership", string(p.ownership))
	}
	if err := p.acl.Check(); err != nil {
		return aclError(err)
	}
	if p.ownership == types.ObjectOwnershipBucketOwnerEnforced && p.acl.Given() && in.ACL != types.BucketCannedACLPrivate {
		return errInvalidACLOwnership.of()
	}
	return nil
}

// locate decides in which region a bucket comes to be. us-east-1 makes buckets
// for all regions, every other region only its own.
func (p *newBucket) locate(endpoint string) error {
	constraint := string(p.constraint)
	switch constraint {
	case "":
		if endpoint != globalRegion {
			return errIllegalLocation.withText("The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.")
		}
		return nil
	case string(types.BucketLocationConstraintEu):
		p.region = string(types.BucketLocationConstraintEuWest1)
	default:
		p.region = constraint
	}
	// Another region than the endpoint's is refused before it is looked at.
	if endpoint != globalRegion && endpoint != p.region {
		return errIllegalLocation.withText("The " + constraint + " location constraint is incompatible for the region specific endpoint this request was sent to.")
	}
	if !slices.Contains(p.constraint.Values(), p.constraint) {
		return errInvalidLocation.of("LocationConstraint", constraint)
	}
	return nil
}

// needs are the permissions to make the bucket: one for each setting that it gets.
func (p *newBucket) needs(call *fakeaws.Call, in *awss3.CreateBucketInput) []fakeaws.Need {
	need := fakeaws.Need{
		Action:          "s3:CreateBucket",
		Resource:        bucketARN(aws.ToString(in.Bucket)),
		ResourceAccount: call.Account,
	}
	keys := &need.Context
	requestKeys(keys, call, call.Account)
	setEnum(keys, "s3:locationconstraint", p.constraint)
	setACLKeys(keys, p.acl)
	setEnum(keys, "s3:x-amz-object-ownership", in.ObjectOwnership)
	setEnum(keys, "s3:x-amz-bucket-namespace", in.BucketNamespace)
	setRequestTags(keys, p.tags)
	needs := []fakeaws.Need{need}
	also := func(action string) { needs = append(needs, narrowed(need, action)) }
	if p.acl.Given() {
		also("s3:PutBucketAcl")
	}
	if in.ObjectOwnership != "" {
		also("s3:PutBucketOwnershipControls")
	}
	if aws.ToBool(in.ObjectLockEnabledForBucket) {
		also("s3:PutBucketObjectLockConfiguration")
		also("s3:PutBucketVersioning")
	}
	if len(p.tags) > 0 {
		also("s3:TagResource")
	}
	return needs
}

// createBucket makes a bucket. The names of all accounts and regions are one
// namespace.
func (s *Fake) createBucket(call *fakeaws.Call, in *awss3.CreateBucketInput) (*fakeaws.Plan[*awss3.CreateBucketOutput], error) {
	p, err := readCreateBucket(call, in)
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*awss3.CreateBucketOutput]{Needs: p.needs(call, in), Do: func() (*awss3.CreateBucketOutput, error) {
		return s.makeBucket(call, in, &p)
	}}, nil
}

func (s *Fake) makeBucket(call *fakeaws.Call, in *awss3.CreateBucketInput, p *newBucket) (*awss3.CreateBucketOutput, error) {
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
		case call.Region != globalRegion || b.region != globalRegion || p.region != globalRegion || len(p.tags) > 0 || in.BucketNamespace == types.BucketNamespaceAccountRegional:
			return nil, errBucketOwned.of("BucketName", name)
		}
		// us-east-1 keeps to its first behaviour: to make one's own bucket there
		// again succeeds and changes nothing. It cannot give it tags.
		return &awss3.CreateBucketOutput{BucketArn: aws.String(bucketARN(name)), Location: aws.String("/" + name)}, nil
	}
	made, err := p.acl.ACL(account.CanonicalUser, "")
	if err != nil {
		return nil, aclError(err)
	}
	if made.Public() {
		// Every new bucket blocks public ACLs.
		return nil, errInvalidACLBlock.of()
	}
	b := &bucket{bucketState: &bucketState{
		name:       name,
		arn:        bucketARN(name),
		owner:      ownerAccount{account.ID, account.CanonicalUser},
		region:     p.region,
		constraint: p.constraint,
		created:    call.Time.Truncate(time.Second),
		tags:       cloneTags(p.tags),
		block:      blockAll(),
		acl:        made,
	}}
	if aws.ToBool(in.ObjectLockEnabledForBucket) {
		b.locking, b.versioning = true, types.BucketVersioningStatusEnabled
	}
	b.ownershipControls = ownedAs(p.ownership)
	s.buckets.Set(name, b)
	location := "/" + name
	if p.region != globalRegion {
		location = "http://" + name + ".s3.amazonaws.com/"
	}
	return &awss3.CreateBucketOutput{BucketArn: aws.String(bucketARN(name)), Location: &location}, nil
}
