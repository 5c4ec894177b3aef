package awstest_test

import (
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
)

// A VPC endpoint's policy must allow what comes through it, and a bucket can ask for the
// endpoint.
func TestVPCEndpoint(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]awstest.Option{"process": nil, "socket": {awstest.WithSocket()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acct := awstest.New(t, opts...)
			endpoint := acct.NewVPCEndpoint(awstest.Allow("s3:GetObject").On("arn:aws:s3:::reports/*").By("*"))
			acct.S3().CreateBucket("reports").Put("a", "x")
			inner := acct.S3().CreateBucket("inner")
			inner.Put("a", "x")
			inner.SetPolicy(awstest.Deny("s3:GetObject").On("arn:aws:s3:::inner/*").By("*").If("StringNotEquals", "aws:SourceVpce", endpoint.ID()))
			role := acct.NewRole("reader", awstest.Allow("s3:*").On("*"))
			get := func(p *awstest.Principal, bucket string) error {
				_, err := s3.NewFromConfig(p.Config()).GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("a")})
				return err
			}
			through := role.Via(endpoint)
			require.NoError(t, get(through, "reports"))
			awstest.AssertDenied(t, get(through, "inner"), "s3:GetObject") // by the endpoint's policy
			awstest.AssertDenied(t, get(role, "inner"), "s3:GetObject")    // by the bucket's
			require.NoError(t, get(role, "reports"))
			other := acct.NewVPCEndpoint(nil)
			require.NoError(t, get(role.Via(other), "reports"))
			_, err := s3.NewFromConfig(through.Config()).ListBuckets(t.Context(), &s3.ListBucketsInput{})
			awstest.AssertDenied(t, err, "s3:ListAllMyBuckets")
			assert.ErrorContains(t, err, "because no VPC endpoint policy allows the s3:ListAllMyBuckets action")
		})
	}
}

func TestVPCEndpointKeys(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	endpoint := acct.NewVPCEndpoint(nil)
	allow := awstest.Allow("s3:ListAllMyBuckets").On("*")
	list := func(p *awstest.Principal) error {
		_, err := s3.NewFromConfig(p.Config()).ListBuckets(t.Context(), &s3.ListBucketsInput{})
		return err
	}
	for i, condition := range []awstest.Statement{
		allow.If("StringEquals", "aws:SourceVpce", endpoint.ID()),
		allow.If("StringEquals", "aws:SourceVpc", endpoint.VPC()),
		allow.If("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8"),
		allow.If("StringEquals", "aws:VpceAccount", acct.ID()),
		allow.If("Null", "aws:SourceIp", "true"),
	} {
		role := acct.NewRole("r"+string(rune('a'+i)), condition)
		require.NoError(t, list(role.Via(endpoint)))
		awstest.AssertDenied(t, list(role), "s3:ListAllMyBuckets")
	}
}

// What goes through an endpoint does so in a clone too.
func TestVPCEndpointInClone(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]awstest.Option{"process": nil, "socket": {awstest.WithSocket()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acct := awstest.New(t, opts...)
			role := acct.NewRole("r", awstest.Allow("s3:*").On("*"))
			through := role.Via(acct.NewVPCEndpoint(awstest.Deny("*").On("*").By("*")))
			clone := acct.Clone(t)
			for _, p := range []*awstest.Principal{through, through.In(clone)} {
				_, err := s3.NewFromConfig(p.Config()).ListBuckets(t.Context(), &s3.ListBucketsInput{})
				awstest.AssertDenied(t, err, "s3:ListAllMyBuckets")
			}
			_, err := s3.NewFromConfig(role.In(clone).Config()).ListBuckets(t.Context(), &s3.ListBucketsInput{})
			awstest.AssertAllowed(t, err)
		})
	}
}

// In a bubble there is no socket to open.
func TestVPCEndpointInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		acct := awstest.New(t)
		role := acct.NewRole("r", awstest.Allow("s3:*").On("*"))
		_, err := s3.NewFromConfig(role.Via(acct.NewVPCEndpoint(nil)).Config()).ListBuckets(t.Context(), &s3.ListBucketsInput{})
		require.NoError(t, err)
	})
}

// What is asked of a principal that calls through an endpoint is decided as its calls are.
func TestCanThroughVPCEndpoint(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports").Put("a", "x")
	e := acct.NewVPCEndpoint(awstest.Allow("s3:GetObject").On("arn:aws:s3:::reports/*").By("*"))
	role := acct.NewRole("r", awstest.Allow("s3:*").On("*"), awstest.Deny("s3:PutObject").If("StringNotEquals", "aws:SourceVpce", e.ID()))
	awstest.AssertCan(t, role, "s3:DeleteObject", "arn:aws:s3:::reports/a")
	awstest.AssertCannot(t, role.Via(e), "s3:DeleteObject", "arn:aws:s3:::reports/a")
	awstest.AssertCan(t, role.Via(e), "s3:GetObject", "arn:aws:s3:::reports/a")
	assert.Equal(t, []string{e.ID()}, role.Via(e).Can("s3:GetObject", "arn:aws:s3:::reports/a").Keys["aws:SourceVpce"])

	// The clone's principals go through the endpoint into the clone.
	clone := acct.Clone(t)
	there := role.In(clone).Via(e)
	awstest.RequireAllowed(t, reading("reports", "a")(t.Context(), there.Config()))
	assert.Len(t, clone.Calls(), 1)
	assert.Empty(t, acct.Calls())
}
