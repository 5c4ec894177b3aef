package all_test

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/aws-sdk-go-v2/service/s3control/types"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

var ownAccount = aws.String(worldtest.Account)

var s3controlScenarios = map[string]scenario{
	"s3control::TestS3ControlPublicAccessBlock::test_empty_public_access_block": func(p *player) {
		p.answer("put-public-access-block-empty", &s3control.PutPublicAccessBlockInput{AccountId: ownAccount, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{}})
	},
	"s3control::TestS3ControlPublicAccessBlock::test_crud_public_access_block": func(p *player) {
		get, remove := &s3control.GetPublicAccessBlockInput{AccountId: ownAccount}, &s3control.DeletePublicAccessBlockInput{AccountId: ownAccount}
		p.answer("get-default-public-access-block", get)
		p.answer("put-public-access-block", &s3control.PutPublicAccessBlockInput{AccountId: ownAccount, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{BlockPublicAcls: aws.Bool(false)}})
		p.answer("get-public-access-block", get)
		p.answer("delete-public-access-block", remove)
		p.answer("get-public-access-block-after-delete", get)
		p.answer("idempotent-delete-public-access-block", remove)
	},
	"s3control::TestS3ControlAccessPoint::test_access_point_name_validation": func(p *player) {
		bucket(p, "data")
		p.answer("access-point-name-too-short", accessPoint("sa", "data"))
		p.answer("access-point-wrong-naming", accessPoint("xn-_test-alias", "data"))
	},
	"s3control::TestS3ControlAccessPoint::test_access_point_lifecycle": func(p *player) {
		bucket(p, "data-1")
		bucket(p, "data-2")
		p.call(accessPoint("point-b", "data-1"))
		list := &s3control.ListAccessPointsInput{AccountId: ownAccount}
		p.answer("list-access-points-start", list)
		p.answer("create-access-point", accessPoint("point-a", "data-2"))
		get, remove := &s3control.GetAccessPointInput{AccountId: ownAccount, Name: aws.String("point-a")}, &s3control.DeleteAccessPointInput{AccountId: ownAccount, Name: aws.String("point-a")}
		p.answer("get-access-point", get)
		p.answer("list-access-points-after-create", list)
		p.answer("delete-access-point", remove)
		p.answer("list-access-points-after-delete", list)
		p.answer("get-delete-access-point", get)
		p.answer("delete-already-deleted-access-point", remove)
	},
	"s3control::TestS3ControlTagging::test_tag_lifecycle": func(p *player) {
		bucket(p, "data")
		arn := aws.String("arn:aws:s3:::data")
		tag := func(keys ...string) *s3control.TagResourceInput {
			in := &s3control.TagResourceInput{AccountId: ownAccount, ResourceArn: arn}
			for _, n := range keys {
				in.Tags = append(in.Tags, types.Tag{Key: aws.String("key" + n), Value: aws.String("value" + n)})
			}
			return in
		}
		list, untag := &s3control.ListTagsForResourceInput{AccountId: ownAccount, ResourceArn: arn}, &s3control.UntagResourceInput{AccountId: ownAccount, ResourceArn: arn, TagKeys: []string{"key3"}}
		p.answer("list-tags-before", list)
		p.answer("tag-resource", tag("1", "2"))
		p.answer("list-tags-1", list)
		p.answer("tag-resource-after-update", tag("3"))
		p.answer("list-tags-after-update", list)
		p.answer("untag-resource", untag)
		p.answer("list-tags-after-untag", list)
		p.answer("untag-resource-idempotent", untag)
	},
}

func bucket(p *player, name string) { p.call(&s3.CreateBucketInput{Bucket: &name}) }

func accessPoint(name, bucket string) *s3control.CreateAccessPointInput {
	return &s3control.CreateAccessPointInput{AccountId: ownAccount, Name: &name, Bucket: &bucket}
}
