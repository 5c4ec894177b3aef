package s3_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	control "github.com/aws/aws-sdk-go-v2/service/s3control/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// control is the other API with the credentials of a client.
func (a *account) control(c *awss3.Client) *s3control.Client {
	return s3control.New(s3control.Options{Region: "us-east-1", Credentials: c.Options().Credentials, Retryer: aws.NopRetryer{}}, a.entrance.control)
}

// throughControlDoors runs a story of the other API.
func throughControlDoors(t *testing.T, story func(t *testing.T, a *account, c *s3control.Client)) {
	t.Helper()
	throughDoors(t, func(t *testing.T, a *account) { story(t, a, a.control(a.root)) })
}

func TestAccountPublicAccessBlock(t *testing.T) {
	t.Parallel()
	throughControlDoors(t, func(t *testing.T, a *account, c *s3control.Client) {
		ctx := t.Context()
		id := aws.String(owner)
		_, err := c.GetPublicAccessBlock(ctx, &s3control.GetPublicAccessBlockInput{AccountId: id})
		requireAPIError(t, err, "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")
		var none *control.NoSuchPublicAccessBlockConfiguration
		require.ErrorAs(t, err, &none)

		a.open("acls", types.ObjectOwnershipObjectWriter)
		require.NoError(t, putAs(ctx, a.root, "acls", "key", withACL("public-read")))
		_, err = c.PutPublicAccessBlock(ctx, &s3control.PutPublicAccessBlockInput{AccountId: id, PublicAccessBlockConfiguration: &control.PublicAccessBlockConfiguration{
			BlockPublicAcls: aws.Bool(true), IgnorePublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true)}})
		require.NoError(t, err)
		got, err := c.GetPublicAccessBlock(ctx, &s3control.GetPublicAccessBlockInput{AccountId: id})
		require.NoError(t, err)
		assert.Equal(t, &control.PublicAccessBlockConfiguration{BlockPublicAcls: aws.Bool(true), IgnorePublicAcls: aws.Bool(true),
			BlockPublicPolicy: aws.Bool(true), RestrictPublicBuckets: aws.Bool(false)}, got.PublicAccessBlockConfiguration)

		requireAPIError(t, get(ctx, a.anonymous(), "acls", "key"), "AccessDenied", "")
		requireAPIError(t, putAs(ctx, a.root, "acls", "new", withACL("public-read")), "AccessDenied", "")
		_, err = a.root.PutBucketPolicy(ctx, &awss3.PutBucketPolicyInput{Bucket: aws.String("acls"), Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::acls/*"}]}`)})
		requireAPIError(t, err, "AccessDenied", "User: arn:aws:iam::111122223333:root is not authorized to perform: s3:PutBucketPolicy on resource: \"arn:aws:s3:::acls\" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.")

		_, err = c.DeletePublicAccessBlock(ctx, &s3control.DeletePublicAccessBlockInput{AccountId: id})
		require.NoError(t, err)
		require.NoError(t, get(ctx, a.anonymous(), "acls", "key"))
		_, err = c.GetPublicAccessBlock(ctx, &s3control.GetPublicAccessBlockInput{AccountId: aws.String(stranger)})
		requireAPIError(t, err, "AccessDenied", "Access Denied")
		_, err = c.ListJobs(ctx, &s3control.ListJobsInput{AccountId: id})
		requireAPIError(t, err, "NotImplemented", "s3-control ListJobs is not implemented by leastpriv.")
	})
}

func TestControlAsks(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		c := a.control(a.user)
		ctx := t.Context()
		id := aws.String(owner)
		a.bucket("bucket")
		const arn = "arn:aws:s3:us-east-1:111122223333:accesspoint/ap"
		const all = "*"
		for _, op := range []struct {
			action, resource string
			do               func() error
		}{
			{"s3:PutAccountPublicAccessBlock", all, func() error {
				_, err := c.PutPublicAccessBlock(ctx, &s3control.PutPublicAccessBlockInput{AccountId: id, PublicAccessBlockConfiguration: &control.PublicAccessBlockConfiguration{BlockPublicAcls: aws.Bool(false)}})
				return err
			}},
			{"s3:GetAccountPublicAccessBlock", all, func() error {
				_, err := c.GetPublicAccessBlock(ctx, &s3control.GetPublicAccessBlockInput{AccountId: id})
				return err
			}},
			{"s3:PutAccountPublicAccessBlock", all, func() error {
				_, err := c.DeletePublicAccessBlock(ctx, &s3control.DeletePublicAccessBlockInput{AccountId: id})
				return err
			}},
			{"s3:CreateAccessPoint", arn, func() error {
				_, err := c.CreateAccessPoint(ctx, &s3control.CreateAccessPointInput{AccountId: id, Name: aws.String("ap"), Bucket: aws.String("bucket")})
				return err
			}},
			{"s3:CreateAccessPoint", arn + "oint", func() error {
				_, err := c.CreateAccessPoint(ctx, &s3control.CreateAccessPointInput{AccountId: id, Name: aws.String("apoint"), Bucket: aws.String("bucket")})
				return err
			}},
			{"s3:GetAccessPoint", arn + "oint", func() error {
				_, err := c.GetAccessPoint(ctx, &s3control.GetAccessPointInput{AccountId: id, Name: aws.String("apoint")})
				return err
			}},
			{"s3:ListAccessPoints", all, func() error {
				_, err := c.ListAccessPoints(ctx, &s3control.ListAccessPointsInput{AccountId: id})
				return err
			}},
			{"s3:PutAccessPointPolicy", arn + "oint", func() error {
				_, err := c.PutAccessPointPolicy(ctx, &s3control.PutAccessPointPolicyInput{AccountId: id, Name: aws.String("apoint"), Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"` + arn + `oint/object/*"}]}`)})
				return err
			}},
			{"s3:GetAccessPointPolicy", arn + "oint", func() error {
				_, err := c.GetAccessPointPolicy(ctx, &s3control.GetAccessPointPolicyInput{AccountId: id, Name: aws.String("apoint")})
				return err
			}},
			{"s3:GetAccessPointPolicyStatus", arn + "oint", func() error {
				_, err := c.GetAccessPointPolicyStatus(ctx, &s3control.GetAccessPointPolicyStatusInput{AccountId: id, Name: aws.String("apoint")})
				return err
			}},
			{"s3:DeleteAccessPointPolicy", arn + "oint", func() error {
				_, err := c.DeleteAccessPointPolicy(ctx, &s3control.DeleteAccessPointPolicyInput{AccountId: id, Name: aws.String("apoint")})
				return err
			}},
			{"s3:DeleteAccessPoint", arn + "oint", func() error {
				_, err := c.DeleteAccessPoint(ctx, &s3control.DeleteAccessPointInput{AccountId: id, Name: aws.String("apoint")})
				return err
			}},
		} {
			if strings.HasSuffix(op.resource, "/ap") {
				continue // a name that is too short is refused first
			}
			on := ""
			if op.resource != all {
				on = ` on resource: "` + op.resource + `"`
			}
			a.allow(`{"Effect":"Deny","Action":"s3:None","Resource":"*"}`)
			requireAPIError(t, op.do(), "AccessDenied", "User: arn:aws:iam::111122223333:user/reader is not authorized to perform: "+op.action+on+
				" because no identity-based policy allows the "+op.action+" action")
			a.allow(`{"Effect":"Allow","Action":"` + op.action + `","Resource":"` + op.resource + `"}`)
			require.NoError(t, op.do(), op.action)
		}
	})
}

// point makes an access point to a bucket.
func (a *account) point(name, bucket string) *s3control.CreateAccessPointOutput {
	a.t.Helper()
	out, err := a.control(a.root).CreateAccessPoint(a.t.Context(), &s3control.CreateAccessPointInput{AccountId: aws.String(owner), Name: &name, Bucket: &bucket})
	require.NoError(a.t, err)
	return out
}

// name is what clients call an access point with. Paths take no ARN.
func (a *account) name(point *s3control.CreateAccessPointOutput) string {
	if a.path {
		return *point.Alias
	}
	return *point.AccessPointArn
}

func TestAccessPoints(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		c := a.control(a.root)
		a.bucket("bucket")
		a.put("bucket", "dir/key", "data")
		made := a.point("point", "bucket")
		const arn = "arn:aws:s3:us-east-1:111122223333:accesspoint/point"
		assert.Equal(t, arn, *made.AccessPointArn)
		point := a.name(made)
		assert.Regexp(t, `^point-[a-z0-9]+-s3alias$`, *made.Alias)

		for _, name := range []string{a.name(made), *made.Alias} {
			require.NoError(t, get(ctx, a.root, name, "dir/key"))
			require.NoError(t, list(ctx, a.root, name))
			require.NoError(t, putAs(ctx, a.root, name, "dir/new"))
			requireAPIError(t, get(ctx, a.root, name, "none"), "NoSuchKey", "")
		}
		_, err := a.root.GetBucketVersioning(ctx, &awss3.GetBucketVersioningInput{Bucket: made.Alias})
		requireAPIError(t, err, "MethodNotAllowed", "")

		t.Run("asks on the access point and on the bucket", func(t *testing.T) {
			a.allow(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}`)
			requireAPIError(t, get(ctx, a.user, point, "dir/key"), "AccessDenied",
				`User: arn:aws:iam::111122223333:user/reader is not authorized to perform: s3:GetObject on resource: "`+arn+`/object/dir/key" because no identity-based policy allows the s3:GetObject action`)
			a.allow(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"` + arn + `/object/dir/*"}`)
			requireAPIError(t, get(ctx, a.user, point, "dir/key"), "AccessDenied",
				`User: arn:aws:iam::111122223333:user/reader is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::bucket/dir/key" because no identity-based policy allows the s3:GetObject action`)
		})
		t.Run("a bucket delegates to its access points", func(t *testing.T) {
			_, err := a.root.PutBucketPolicy(ctx, &awss3.PutBucketPolicyInput{Bucket: aws.String("bucket"), Policy: aws.String(`{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"*","Resource":["arn:aws:s3:::bucket","arn:aws:s3:::bucket/*"],"Condition":{"StringEquals":{"s3:DataAccessPointAccount":"111122223333"}}}]}`)})
			require.NoError(t, err, "such a policy is not public")
			require.NoError(t, get(ctx, a.user, point, "dir/key"))
			a.allow(`{"Effect":"Deny","Action":"s3:None","Resource":"*"}`)
			requireAPIError(t, get(ctx, a.user, point, "dir/key"), "AccessDenied", "")
			requireAPIError(t, get(ctx, a.user, "bucket", "dir/key"), "AccessDenied", "")

			_, err = c.PutAccessPointPolicy(ctx, &s3control.PutAccessPointPolicyInput{AccountId: aws.String(owner), Name: aws.String("point"), Policy: aws.String(
				`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:root","` + stranger + `"]},"Action":["s3:GetObject","s3:PutObject"],"Resource":"` + arn + `/object/dir/*"}]}`)})
			require.NoError(t, err)
			requireAPIError(t, get(ctx, a.user, point, "dir/key"), "AccessDenied", "")
			_, other := a.stranger()
			require.NoError(t, get(ctx, other, point, "dir/key"), "the access point admits another account")
			requireAPIError(t, get(ctx, other, point, "key"), "AccessDenied", "Access Denied")
			status, err := c.GetAccessPointPolicyStatus(ctx, &s3control.GetAccessPointPolicyStatusInput{AccountId: aws.String(owner), Name: aws.String("point")})
			require.NoError(t, err)
			assert.False(t, status.PolicyStatus.IsPublic)
		})
		t.Run("gone", func(t *testing.T) {
			_, err := c.DeleteAccessPoint(ctx, &s3control.DeleteAccessPointInput{AccountId: aws.String(owner), Name: aws.String("point")})
			require.NoError(t, err)
			requireAPIError(t, get(ctx, a.root, point, "dir/key"), "NoSuchAccessPoint", "The specified accesspoint does not exist")
			requireAPIError(t, get(ctx, a.root, *made.Alias, "dir/key"), "NoSuchAccessPoint", "")
		})
	})
}

// Settings of which none is given are refused, for an account and for a bucket.
func TestAccessBlockWithoutSettings(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		_, err := a.control(a.root).PutPublicAccessBlock(t.Context(), &s3control.PutPublicAccessBlockInput{AccountId: aws.String(owner), PublicAccessBlockConfiguration: &control.PublicAccessBlockConfiguration{}})
		requireAPIError(t, err, "InvalidRequest", "Must specify at least one configuration.")
		_, err = a.root.PutPublicAccessBlock(t.Context(), &awss3.PutPublicAccessBlockInput{Bucket: aws.String("bucket"), PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{}})
		requireAPIError(t, err, "InvalidRequest", "Must specify at least one configuration.")
	})
}

func TestAccessPointsThatAreRefused(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		c := a.control(a.root)
		a.bucket("bucket")
		a.point("point", "bucket")
		create := func(name, bucket string) error {
			_, err := c.CreateAccessPoint(ctx, &s3control.CreateAccessPointInput{AccountId: aws.String(owner), Name: &name, Bucket: &bucket})
			return err
		}
		requireAPIError(t, create("point", "bucket"), "AccessPointAlreadyOwnedByYou", "")
		requireAPIError(t, create("other", "missing"), "InvalidRequest", "Amazon S3 AccessPoints can only be created for existing buckets")
		for _, name := range []string{"Upper", "ab", "a.b.c", "end-", "a_b", strings.Repeat("x", 51)} {
			requireAPIError(t, create(name, "bucket"), "InvalidURI", "Couldn't parse the specified URI.")
		}
		for _, name := range []string{"x-s3alias", "xn--x", "x--ol-s3"} {
			requireAPIError(t, create(name, "bucket"), "InvalidRequest", "Your Amazon S3 AccessPoint name is invalid")
		}
		policy := func(text string) error {
			_, err := c.PutAccessPointPolicy(ctx, &s3control.PutAccessPointPolicyInput{AccountId: aws.String(owner), Name: aws.String("point"), Policy: &text})
			return err
		}
		requireAPIError(t, policy("x"), "MalformedPolicy", "")
		requireAPIError(t, policy(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}]}`), "MalformedPolicy", "Policy has invalid resource")
		requireAPIError(t, policy(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:us-east-1:111122223333:accesspoint/point/object/*"}]}`), "AccessDenied", "")
		_, err := c.GetAccessPointPolicy(ctx, &s3control.GetAccessPointPolicyInput{AccountId: aws.String(owner), Name: aws.String("point")})
		requireAPIError(t, err, "NoSuchAccessPointPolicy", "The specified accesspoint policy does not exist")
		_, err = c.GetAccessPoint(ctx, &s3control.GetAccessPointInput{AccountId: aws.String(owner), Name: aws.String("none")})
		requireAPIError(t, err, "NoSuchAccessPoint", "")
		for _, name := range []string{"a-point", "z-point"} {
			a.point(name, "bucket")
		}
		page, err := c.ListAccessPoints(ctx, &s3control.ListAccessPointsInput{AccountId: aws.String(owner), MaxResults: 2})
		require.NoError(t, err)
		require.Len(t, page.AccessPointList, 2)
		assert.Equal(t, "a-point", *page.AccessPointList[0].Name)
		page, err = c.ListAccessPoints(ctx, &s3control.ListAccessPointsInput{AccountId: aws.String(owner), NextToken: page.NextToken})
		require.NoError(t, err)
		require.Len(t, page.AccessPointList, 1)
		assert.Equal(t, "z-point", *page.AccessPointList[0].Name)
		inside, err := c.CreateAccessPoint(ctx, &s3control.CreateAccessPointInput{AccountId: aws.String(owner), Name: aws.String("inside"), Bucket: aws.String("bucket"), VpcConfiguration: &control.VpcConfiguration{VpcId: aws.String("vpc-1")}})
		require.NoError(t, err)
		requireAPIError(t, list(ctx, a.root, a.name(inside)), "AccessDenied", "")
	})
}
