package s3_test

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyauth "github.com/aws/smithy-go/auth"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func response(t testing.TB, err error) *http.Response {
	t.Helper()
	var failed *awshttp.ResponseError
	require.ErrorAs(t, err, &failed)
	return failed.Response.Response
}

func inRegion(region string) func(*awss3.Options) {
	return func(o *awss3.Options) { o.Region = region }
}

// regional is a bucket in eu-west-1 of an account whose clients are in us-east-1.
func regional(t *testing.T, a *account) {
	t.Helper()
	_, err := a.root.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: aws.String("far"), CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"}})
	require.NoError(t, err)
}

func TestRegionsRedirect(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		regional(t, a)
		ctx := t.Context()
		_, err := a.root.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String("far"), Key: aws.String("key")})
		requireAPIError(t, err, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.")
		assert.Equal(t, http.StatusMovedPermanently, response(t, err).StatusCode)
		assert.Equal(t, "eu-west-1", response(t, err).Header.Get("x-amz-bucket-region"))

		_, err = a.root.HeadBucket(ctx, &awss3.HeadBucketInput{Bucket: aws.String("far")})
		assert.Equal(t, http.StatusMovedPermanently, response(t, err).StatusCode, "a redirect of HEAD has no body")
		there := response(t, err).Header.Get("x-amz-bucket-region")
		out, err := a.root.HeadBucket(ctx, &awss3.HeadBucketInput{Bucket: aws.String("far")}, inRegion(there))
		require.NoError(t, err, "who follows the header gets there")
		assert.Equal(t, "eu-west-1", *out.BucketRegion)

		location, err := a.root.GetBucketLocation(ctx, &awss3.GetBucketLocationInput{Bucket: aws.String("far")})
		require.NoError(t, err, "every region knows where a bucket is")
		assert.Equal(t, types.BucketLocationConstraintEuWest1, location.LocationConstraint)

		_, err = a.user.HeadBucket(ctx, &awss3.HeadBucketInput{Bucket: aws.String("far")}, inRegion("eu-west-1"))
		assert.Equal(t, http.StatusForbidden, response(t, err).StatusCode)
		assert.Equal(t, "eu-west-1", response(t, err).Header.Get("x-amz-bucket-region"), "also those who may not see the bucket learn where it is")
	})
}

// TestGlobalEndpoint follows the region as the SDKs' helpers do: an unsigned or
// wrongly signed HEAD to the global endpoint.
func TestGlobalEndpoint(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	regional(t, a)
	ctx := t.Context()
	global := inRegion("aws-global")
	_, err := a.anonymous().HeadBucket(ctx, &awss3.HeadBucketInput{Bucket: aws.String("far")}, global)
	assert.Equal(t, http.StatusForbidden, response(t, err).StatusCode)
	assert.Equal(t, "eu-west-1", response(t, err).Header.Get("x-amz-bucket-region"))

	_, err = a.root.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: aws.String("far")}, global)
	requireAPIError(t, err, "AuthorizationHeaderMalformed", "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'")
	assert.Equal(t, "eu-west-1", response(t, err).Header.Get("x-amz-bucket-region"))
	_, err = a.root.HeadBucket(ctx, &awss3.HeadBucketInput{Bucket: aws.String("far")}, global)
	assert.Equal(t, http.StatusBadRequest, response(t, err).StatusCode)
	assert.Equal(t, "eu-west-1", response(t, err).Header.Get("x-amz-bucket-region"))

	_, err = a.root.HeadBucket(ctx, &awss3.HeadBucketInput{Bucket: aws.String("far")}, global, func(o *awss3.Options) { o.UsePathStyle = true })
	assert.Equal(t, http.StatusMovedPermanently, response(t, err).StatusCode, "path style leads to us-east-1")

	_, err = a.anonymous().HeadBucket(ctx, &awss3.HeadBucketInput{Bucket: aws.String("far")}, inRegion("us-west-2"))
	assert.Equal(t, http.StatusMovedPermanently, response(t, err).StatusCode)
}

// TestSignedForAnotherRegion: the endpoint of a region takes no signature for
// another one.
func TestSignedForAnotherRegion(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	_, err := a.root.ListBuckets(t.Context(), &awss3.ListBucketsInput{}, func(o *awss3.Options) {
		o.BaseEndpoint = aws.String("https://s3.eu-west-1.amazonaws.com")
	})
	requireAPIError(t, err, "AuthorizationHeaderMalformed", "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'")
	assert.Error(t, errors.Unwrap(err))
}

// regionSet is an endpoint whose requests are signed with SigV4A for a set of regions:
// a host of AWS's, or else one that names no region.
type regionSet struct{ set, host string }

// ResolveEndpoint implements the SDK's EndpointResolverV2.
func (r regionSet) ResolveEndpoint(_ context.Context, params awss3.EndpointParameters) (smithyendpoints.Endpoint, error) {
	at := "https://" + r.host
	if r.host == "" {
		at = cmp.Or(aws.ToString(params.Endpoint), "https://localhost") + "/" + *params.Bucket
	}
	u, err := url.Parse(at)
	if err != nil {
		return smithyendpoints.Endpoint{}, err
	}
	var signing, properties smithy.Properties
	smithyhttp.SetSigV4ASigningName(&signing, "s3")
	smithyhttp.SetSigV4ASigningRegions(&signing, []string{r.set})
	smithyhttp.SetDisableDoubleEncoding(&signing, true)
	smithyauth.SetAuthOptions(&properties, []*smithyauth.Option{{SchemeID: smithyauth.SchemeIDSigV4A, SignerProperties: signing}})
	return smithyendpoints.Endpoint{URI: *u, Properties: properties}, nil
}

func (r regionSet) client(o *awss3.Options) { o.EndpointResolverV2 = r }

// A SigV4A signature is for all regions of its set: the bucket's must be among them.
func TestRegionSets(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		regional(t, a)
		for set, code := range map[string]string{
			"*":                    "",
			"eu-west-1":            "",
			"us-east-1, eu-west-1": "",
			"us-*,eu-*":            "",
			"us-east-1":            "PermanentRedirect",
			"us-*":                 "PermanentRedirect",
			"eu-west-2,us-east-1":  "PermanentRedirect",
			"ap-*":                 "AuthorizationHeaderMalformed", // not even for the region of a host without one
		} {
			_, err := a.root.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: aws.String("far")}, regionSet{set: set}.client)
			requireOutcome(t, err, code, set)
		}
	})
}

// The names of buckets lead to the bucket's region, and S3's own to the one they say.
func TestRegionSetsOfHosts(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	regional(t, a)
	for host, codes := range map[string][2]string{ // for a set of all regions, and one without the bucket's
		"far.s3.amazonaws.com":           {"", "AuthorizationHeaderMalformed"},
		"far.s3.eu-west-1.amazonaws.com": {"", "AuthorizationHeaderMalformed"},
		"far.s3.us-east-1.amazonaws.com": {"PermanentRedirect", "PermanentRedirect"},
	} {
		for i, set := range []string{"*", "us-*"} {
			_, err := a.root.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: aws.String("far")}, regionSet{set, host}.client)
			requireOutcome(t, err, codes[i], host+" "+set)
		}
	}
}

// requireOutcome requires an error of a code, or none.
func requireOutcome(t testing.TB, err error, code, what string) {
	t.Helper()
	if code == "" {
		require.NoError(t, err, what)
		return
	}
	var api smithy.APIError
	require.ErrorAs(t, err, &api, what)
	require.Equal(t, code, api.ErrorCode(), what)
}
