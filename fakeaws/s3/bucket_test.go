package s3

import (
	"strings"
	"testing"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBucketNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"abc":                            true,
		"my-bucket.2026":                 true,
		strings.Repeat("a", 63):          true,
		"1.2.3":                          true,
		"a.b-c":                          true,
		"ab":                             false,
		"":                               false,
		strings.Repeat("a", 64):          false,
		"Upper":                          false,
		"under_score":                    false,
		"-edge":                          false,
		"edge-":                          false,
		".edge":                          false,
		"two..dots":                      false,
		"192.168.5.4":                    false,
		"xn--punycode":                   false,
		"sthree-config":                  false,
		"amzn-s3-demo-bucket":            false,
		"name-s3alias":                   false,
		"name--ol-s3":                    false,
		"name.mrap":                      false,
		"name--usw2-az1--x-s3":           false,
		"name-111122223333-us-west-2-an": true,
		"name-11112222333-us-west-2-an":  false,
		"-111122223333-us-west-2-an":     false,
		"german-an":                      false,
		"name--table-s3":                 false,
		"spaces are not":                 false,
		"slash/es":                       false,
		"ünicode":                        false,
		"name\x00":                       false,
	} {
		assert.Equal(t, want, validBucketName(name), "%q", name)
	}
}

func TestCreateBucket(t *testing.T) {
	t.Parallel()
	at := func(constraint string) *types.CreateBucketConfiguration {
		return &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(constraint)}
	}
	for name, c := range map[string]struct {
		region string
		in     awss3.CreateBucketInput
		code   string
		text   string
		lives  string // region, when made
	}{
		"us-east-1":                   {region: "us-east-1", lives: "us-east-1"},
		"us-east-1 makes for others":  {region: "us-east-1", in: awss3.CreateBucketInput{CreateBucketConfiguration: at("eu-west-1")}, lives: "eu-west-1"},
		"EU is eu-west-1":             {region: "eu-west-1", in: awss3.CreateBucketInput{CreateBucketConfiguration: at("EU")}, lives: "eu-west-1"},
		"elsewhere with its own name": {region: "eu-north-1", in: awss3.CreateBucketInput{CreateBucketConfiguration: at("eu-north-1")}, lives: "eu-north-1"},
		"private ACL":                 {region: "us-east-1", in: awss3.CreateBucketInput{ACL: types.BucketCannedACLPrivate}, lives: "us-east-1"},
		"us-east-1 is no constraint": {region: "us-east-1", in: awss3.CreateBucketInput{CreateBucketConfiguration: at("us-east-1")},
			code: "InvalidLocationConstraint", text: "The specified location-constraint is not valid"},
		"no such region": {region: "us-east-1", in: awss3.CreateBucketInput{CreateBucketConfiguration: at("moon-1")}, code: "InvalidLocationConstraint"},
		"elsewhere without": {region: "eu-west-1", code: "IllegalLocationConstraintException",
			text: "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to."},
		"elsewhere with another": {region: "eu-west-1", in: awss3.CreateBucketInput{CreateBucketConfiguration: at("us-west-2")}, code: "IllegalLocationConstraintException",
			text: "The us-west-2 location constraint is incompatible for the region specific endpoint this request was sent to."},
		"public ACL":        {region: "us-east-1", in: awss3.CreateBucketInput{ACL: types.BucketCannedACLPublicRead}, code: "InvalidBucketAclWithObjectOwnership"},
		"account namespace": {region: "us-east-1", in: awss3.CreateBucketInput{BucketNamespace: types.BucketNamespaceAccountRegional}, code: "InvalidBucketNamespace"},
		"directory bucket":  {region: "us-east-1", in: awss3.CreateBucketInput{CreateBucketConfiguration: &types.CreateBucketConfiguration{Bucket: &types.BucketInfo{}}}, code: "NotImplemented"},
		"bad tag":           {region: "us-east-1", in: awss3.CreateBucketInput{CreateBucketConfiguration: &types.CreateBucketConfiguration{Tags: []types.Tag{{Key: ptr("a&b"), Value: ptr("")}}}}, code: "InvalidTag"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			ctx := l.as(owner, c.region)
			in := c.in
			in.Bucket = ptr("bucket")
			_, err := l.CreateBucket(ctx, &in)
			_, shape := needsOf(l.fake.createBucket(ctx, &in))
			if c.code != "" {
				assert.Equal(t, failure(t, err), shape, "refused before it is authorized")
				e := failure(t, err)
				assert.Equal(t, c.code, e.Code)
				if c.text != "" {
					assert.Equal(t, c.text, e.Message)
				}
				return
			}
			require.NoError(t, err)
			require.NoError(t, shape)
			head, err := l.HeadBucket(l.as(owner, c.lives), &awss3.HeadBucketInput{Bucket: in.Bucket})
			require.NoError(t, err)
			assert.Equal(t, c.lives, *head.BucketRegion)
		})
	}
}

func TestCreateBucketTwice(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "taken")
	in := &awss3.CreateBucketInput{Bucket: ptr("taken")}

	_, err := l.CreateBucket(l.ctx, in)
	require.NoError(t, err, "us-east-1 lets the owner repeat it")

	_, err = l.CreateBucket(l.as(stranger, region), in)
	e := requireCode(t, err, "BucketAlreadyExists", 409)
	assert.Equal(t, "taken", field(e, "BucketName"))

	in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"}
	_, err = l.CreateBucket(l.as(owner, "eu-west-1"), in)
	requireCode(t, err, "BucketAlreadyOwnedByYou", 409)
}

func TestNewBucketIsClosed(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "fresh")
	out, err := l.GetPublicAccessBlock(l.ctx, &awss3.GetPublicAccessBlockInput{Bucket: ptr("fresh")})
	require.NoError(t, err)
	on := ptr(true)
	assert.Equal(t, &types.PublicAccessBlockConfiguration{BlockPublicAcls: on, BlockPublicPolicy: on, IgnorePublicAcls: on, RestrictPublicBuckets: on},
		out.PublicAccessBlockConfiguration, "rule 58: all four settings are on")

	_, err = l.PutPublicAccessBlock(l.ctx, &awss3.PutPublicAccessBlockInput{Bucket: ptr("fresh"),
		PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{IgnorePublicAcls: on}})
	require.NoError(t, err)
	out, err = l.GetPublicAccessBlock(l.ctx, &awss3.GetPublicAccessBlockInput{Bucket: ptr("fresh")})
	require.NoError(t, err)
	assert.False(t, *out.PublicAccessBlockConfiguration.BlockPublicPolicy, "what is not sent is off")

	_, err = l.DeletePublicAccessBlock(l.ctx, &awss3.DeletePublicAccessBlockInput{Bucket: ptr("fresh")})
	require.NoError(t, err)
	_, err = l.GetPublicAccessBlock(l.ctx, &awss3.GetPublicAccessBlockInput{Bucket: ptr("fresh")})
	requireCode(t, err, "NoSuchPublicAccessBlockConfiguration", 404)
}

func TestFindBucket(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "here")
	for name, c := range map[string]struct {
		in   awss3.HeadBucketInput
		at   string
		code string
	}{
		"missing":             {awss3.HeadBucketInput{Bucket: ptr("nowhere")}, region, "NoSuchBucket"},
		"impossible name":     {awss3.HeadBucketInput{Bucket: ptr("No_Where")}, region, "InvalidBucketName"},
		"expected owner":      {awss3.HeadBucketInput{Bucket: ptr("here"), ExpectedBucketOwner: ptr(owner)}, region, ""},
		"other owner":         {awss3.HeadBucketInput{Bucket: ptr("here"), ExpectedBucketOwner: ptr(stranger)}, region, "AccessDenied"},
		"owner is no account": {awss3.HeadBucketInput{Bucket: ptr("here"), ExpectedBucketOwner: ptr("me")}, region, "InvalidBucketOwnerAWSAccountID"},
		"other region":        {awss3.HeadBucketInput{Bucket: ptr("here")}, "eu-west-1", "PermanentRedirect"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := l.HeadBucket(l.as(owner, c.at), &c.in)
			if c.code == "" {
				require.NoError(t, err)
				return
			}
			assert.Equal(t, c.code, failure(t, err).Code)
		})
	}
	_, err := l.HeadBucket(l.ctx, &awss3.HeadBucketInput{Bucket: ptr("nowhere")})
	assert.Equal(t, "nowhere", field(failure(t, err), "BucketName"))
}

func TestGetBucketLocation(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "home")
	_, err := l.CreateBucket(l.ctx, &awss3.CreateBucketInput{Bucket: ptr("abroad"), CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: "EU"}})
	require.NoError(t, err)
	for name, want := range map[string]types.BucketLocationConstraint{"home": "", "abroad": "EU"} {
		out, err := l.GetBucketLocation(l.as(owner, "ap-south-1"), &awss3.GetBucketLocationInput{Bucket: &name})
		require.NoError(t, err, "any region answers")
		assert.Equal(t, want, out.LocationConstraint)
	}
}

func TestDeleteBucket(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "full")
	l.store(t, "full", "k", "v")
	_, err := l.DeleteBucket(l.ctx, &awss3.DeleteBucketInput{Bucket: ptr("full")})
	e := requireCode(t, err, "BucketNotEmpty", 409)
	assert.Equal(t, "The bucket you tried to delete is not empty", e.Message)
	_, err = l.DeleteObject(l.ctx, &awss3.DeleteObjectInput{Bucket: ptr("full"), Key: ptr("k")})
	require.NoError(t, err)
	_, err = l.DeleteBucket(l.ctx, &awss3.DeleteBucketInput{Bucket: ptr("full")})
	require.NoError(t, err)
	_, err = l.CreateBucket(l.as(stranger, region), &awss3.CreateBucketInput{Bucket: ptr("full")})
	require.NoError(t, err, "the name is free again")
}

func TestListBuckets(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for _, name := range []string{"log-2", "app", "log-1", "log-3"} {
		l.bucketNamed(t, name)
	}
	_, err := l.CreateBucket(l.as(stranger, region), &awss3.CreateBucketInput{Bucket: ptr("log-0")})
	require.NoError(t, err)
	names := func(out *awss3.ListBucketsOutput) (s []string) {
		for _, b := range out.Buckets {
			s = append(s, *b.Name)
		}
		return s
	}
	out, err := l.ListBuckets(l.ctx, &awss3.ListBucketsInput{})
	require.NoError(t, err)
	assert.Equal(t, []string{"app", "log-1", "log-2", "log-3"}, names(out))
	assert.Len(t, *out.Owner.ID, 64)
	assert.Nil(t, out.Buckets[0].BucketRegion, "told only to requests with a parameter")

	out, err = l.ListBuckets(l.ctx, &awss3.ListBucketsInput{Prefix: ptr("log-"), MaxBuckets: ptr(int32(2))})
	require.NoError(t, err)
	assert.Equal(t, []string{"log-1", "log-2"}, names(out))
	assert.Equal(t, region, *out.Buckets[0].BucketRegion)
	out, err = l.ListBuckets(l.ctx, &awss3.ListBucketsInput{Prefix: ptr("log-"), MaxBuckets: ptr(int32(2)), ContinuationToken: out.ContinuationToken})
	require.NoError(t, err)
	assert.Equal(t, []string{"log-3"}, names(out))
	assert.Nil(t, out.ContinuationToken)

	_, err = needsOf(l.fake.listBuckets(l.ctx, &awss3.ListBucketsInput{MaxBuckets: ptr(int32(0))}))
	requireCode(t, err, "InvalidArgument", 400)
	_, err = needsOf(l.fake.listBuckets(l.ctx, &awss3.ListBucketsInput{ContinuationToken: ptr("made up")}))
	requireCode(t, err, "InvalidArgument", 400)
}

func TestBucketTagging(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "tagged")
	name := ptr("tagged")
	_, err := l.GetBucketTagging(l.ctx, &awss3.GetBucketTaggingInput{Bucket: name})
	e := requireCode(t, err, "NoSuchTagSet", 404)
	assert.Equal(t, "The TagSet does not exist", e.Message)
	tags := []types.Tag{{Key: ptr("team"), Value: ptr("blue")}}
	_, err = l.PutBucketTagging(l.ctx, &awss3.PutBucketTaggingInput{Bucket: name, Tagging: &types.Tagging{TagSet: tags}})
	require.NoError(t, err)
	out, err := l.GetBucketTagging(l.ctx, &awss3.GetBucketTaggingInput{Bucket: name})
	require.NoError(t, err)
	assert.Equal(t, tags, out.TagSet)
	_, err = l.DeleteBucketTagging(l.ctx, &awss3.DeleteBucketTaggingInput{Bucket: name})
	require.NoError(t, err)
	_, err = l.GetBucketTagging(l.ctx, &awss3.GetBucketTaggingInput{Bucket: name})
	requireCode(t, err, "NoSuchTagSet", 404)
}
