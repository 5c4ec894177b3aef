package s3_test

import (
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	control "github.com/aws/aws-sdk-go-v2/service/s3control/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const pointOfOwner = "arn:aws:s3:us-east-1:" + owner + ":accesspoint/point"

func TestTagsOfResources(t *testing.T) {
	t.Parallel()
	throughControlDoors(t, func(t *testing.T, a *account, c *s3control.Client) {
		ctx, id := t.Context(), aws.String(owner)
		a.bucket("bucket")
		a.point("point", "bucket")
		tag := func(arn, key, value string) error {
			_, err := c.TagResource(ctx, &s3control.TagResourceInput{AccountId: id, ResourceArn: &arn, Tags: []control.Tag{{Key: &key, Value: &value}}})
			return err
		}
		tags := func(arn string) map[string]string {
			out, err := c.ListTagsForResource(ctx, &s3control.ListTagsForResourceInput{AccountId: id, ResourceArn: &arn})
			require.NoError(t, err)
			all := make(map[string]string)
			for _, tag := range out.Tags {
				all[*tag.Key] = *tag.Value
			}
			return all
		}
		for _, arn := range []string{"arn:aws:s3:::bucket", pointOfOwner} {
			require.NoError(t, tag(arn, "team", "red"))
			require.NoError(t, tag(arn, "stage", "test"))
			require.NoError(t, tag(arn, "team", "blue"))
			assert.Equal(t, map[string]string{"team": "blue", "stage": "test"}, tags(arn))
			_, err := c.UntagResource(ctx, &s3control.UntagResourceInput{AccountId: id, ResourceArn: &arn, TagKeys: []string{"stage", "none"}})
			require.NoError(t, err)
			assert.Equal(t, map[string]string{"team": "blue"}, tags(arn))
			requireAPIError(t, tag(arn, "aws:x", "1"), "InvalidTag", "")
			for i := range 49 {
				require.NoError(t, tag(arn, strconv.Itoa(i), ""))
			}
			requireAPIError(t, tag(arn, "more", ""), "TooManyTags", "")
		}
		got, err := a.root.GetBucketTagging(ctx, &awss3.GetBucketTaggingInput{Bucket: aws.String("bucket")})
		require.NoError(t, err)
		assert.Len(t, got.TagSet, 50, "they are the bucket's tags")
		requireAPIError(t, tag("arn:aws:s3:::missing", "k", "v"), "NoSuchResource", "The specified resource doesn't exist.")
		requireAPIError(t, tag("arn:aws:s3:us-east-1:"+owner+":accesspoint/none", "k", "v"), "NoSuchResource", "")
		requireAPIError(t, tag("arn:aws:s3:us-east-1:"+owner+":access-grants/default", "k", "v"), "NotImplemented", "")
	})
}

// TestTagsUnderABAC: with attribute-based access control the tags of a bucket decide,
// and only TagResource and UntagResource change them.
func TestTagsUnderABAC(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx, arn, id := t.Context(), aws.String("arn:aws:s3:::bucket"), aws.String(owner)
		a.bucket("bucket")
		put := func() error {
			_, err := a.root.PutBucketTagging(ctx, &awss3.PutBucketTaggingInput{Bucket: aws.String("bucket"), Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}}})
			return err
		}
		require.NoError(t, put())
		_, err := a.root.PutBucketAbac(ctx, &awss3.PutBucketAbacInput{Bucket: aws.String("bucket"), AbacStatus: &types.AbacStatus{Status: "Enabled"}})
		require.NoError(t, err)
		requireAPIError(t, put(), "MethodNotAllowed", "")
		_, err = a.root.DeleteBucketTagging(ctx, &awss3.DeleteBucketTaggingInput{Bucket: aws.String("bucket")})
		requireAPIError(t, err, "MethodNotAllowed", "")

		a.allow(`{"Effect":"Allow","Action":["s3:TagResource","s3:UntagResource"],"Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"blue","s3:BucketTag/team":"blue"},
		"ForAllValues:StringEquals":{"aws:TagKeys":["stage"]},"StringEqualsIfExists":{"aws:RequestTag/stage":"test"}}}`)
		c := a.control(a.user)
		tag := func(key, value string) error {
			_, err := c.TagResource(ctx, &s3control.TagResourceInput{AccountId: id, ResourceArn: arn, Tags: []control.Tag{{Key: &key, Value: &value}}})
			return err
		}
		require.NoError(t, tag("stage", "test"))
		assert.Equal(t, map[string]string{"TagResource": "aws:RequestTag/stage aws:ResourceTag/team aws:TagKeys s3:BucketTag/team"}, a.asked())
		requireAPIError(t, tag("stage", "prod"), "AccessDenied", "")
		requireAPIError(t, tag("team", "red"), "AccessDenied", "")
		_, err = c.UntagResource(ctx, &s3control.UntagResourceInput{AccountId: id, ResourceArn: arn, TagKeys: []string{"team"}})
		requireAPIError(t, err, "AccessDenied", "")
		_, err = c.UntagResource(ctx, &s3control.UntagResourceInput{AccountId: id, ResourceArn: arn, TagKeys: []string{"stage"}})
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"UntagResource": "aws:ResourceTag/stage aws:ResourceTag/team aws:TagKeys s3:BucketTag/stage s3:BucketTag/team"}, a.asked())
	})
}

// TestTagsOfAccessPoints are condition keys without further ado.
func TestTagsOfAccessPoints(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx, id := t.Context(), aws.String(owner)
		a.bucket("bucket")
		a.put("bucket", "key", "data")
		root := a.control(a.root)
		point, err := root.CreateAccessPoint(ctx, &s3control.CreateAccessPointInput{AccountId: id, Name: aws.String("point"), Bucket: aws.String("bucket"), Tags: []control.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}})
		require.NoError(t, err)
		assert.Contains(t, a.asked()["CreateAccessPoint"], "aws:RequestTag/team aws:TagKeys")
		assert.Contains(t, a.asked()["TagResource"], "aws:RequestTag/team aws:TagKeys")
		a.allow(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"s3:AccessPointTag/team":"blue"}}},
		{"Effect":"Allow","Action":"s3:GetAccessPoint","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"blue"}}}`)
		require.NoError(t, get(ctx, a.user, a.name(point), "key"))
		a.asked()
		describe := func() error {
			_, err := a.control(a.user).GetAccessPoint(ctx, &s3control.GetAccessPointInput{AccountId: id, Name: aws.String("point")})
			return err
		}
		require.NoError(t, describe())
		_, err = root.UntagResource(ctx, &s3control.UntagResourceInput{AccountId: id, ResourceArn: aws.String(pointOfOwner), TagKeys: []string{"team"}})
		require.NoError(t, err)
		requireAPIError(t, describe(), "AccessDenied", "")
		requireAPIError(t, get(ctx, a.user, a.name(point), "key"), "AccessDenied", "")
	})
}
