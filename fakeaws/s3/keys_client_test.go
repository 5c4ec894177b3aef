package s3_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/internal/catalog"
)

// common are the condition keys that all actions of S3 have.
var common = []string{"s3:TlsVersion", "s3:ResourceAccount", "s3:authType", "s3:signatureversion", "s3:x-amz-content-sha256"}

// asked are the permissions of the last call that a World saw, each with its
// condition keys but the common ones, in order. A key that the reference does not
// list for the action is an error.
func (a *account) asked() map[string]string {
	a.t.Helper()
	events := a.world.Log().Events()
	require.NotEmpty(a.t, events)
	asked := make(map[string]string)
	for _, d := range events[len(events)-1].Decisions {
		action, ok := catalog.Find(d.Request.Action)
		require.True(a.t, ok, d.Request.Action)
		keys := []string{}
		own := d.Request.Context
		own.Base = nil
		var all []string
		for name := range own.All() {
			all = append(all, name)
			key, ok := action.Service.Key(name)
			if !ok {
				key, ok = catalog.GlobalKey(name)
			}
			if assert.True(a.t, ok, "%s has a key that is none: %s", action, name) {
				assert.True(a.t, action.HasKey(key), "%s has no key %s", action, name)
			}
			if !slices.Contains(common, name) {
				keys = append(keys, name)
			}
		}
		for _, name := range common {
			key, _ := action.Service.Key(name)
			assert.Equal(a.t, action.HasKey(key), slices.Contains(all, name), "%s and %s", action, name)
		}
		slices.Sort(keys)
		asked[action.Name] = strings.Join(keys, " ")
	}
	return asked
}

// TestKeysOfActions makes every kind of request with all parameters that are
// condition keys, and looks at what each permission gets to see of them.
func TestKeysOfActions(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	ctx := t.Context()
	_, err := a.root.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: aws.String("bucket"), ObjectLockEnabledForBucket: aws.Bool(true), ObjectOwnership: "BucketOwnerPreferred"})
	require.NoError(t, err)
	_, err = a.root.PutPublicAccessBlock(ctx, &awss3.PutPublicAccessBlockInput{Bucket: aws.String("bucket"), PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{BlockPublicAcls: aws.Bool(false)}})
	require.NoError(t, err)
	require.NoError(t, putAs(ctx, a.root, "bucket", "key", func(in *awss3.PutObjectInput) { in.Tagging = aws.String("team=blue") }))
	head, err := a.root.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")})
	require.NoError(t, err)
	up, err := a.root.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: aws.String("bucket"), Key: aws.String("parts")})
	require.NoError(t, err)

	b, k, v, etag := aws.String("bucket"), aws.String("key"), head.VersionId, head.ETag
	until := aws.Time(a.world.Clock().Now().Add(50 * time.Hour))
	tags := &types.Tagging{TagSet: []types.Tag{{Key: aws.String("n"), Value: aws.String("1")}}}
	retention := &types.ObjectLockRetention{Mode: "GOVERNANCE", RetainUntilDate: until}
	attributes := []types.ObjectAttributes{"ETag"}
	const (
		grants = "s3:x-amz-grant-full-control s3:x-amz-grant-read s3:x-amz-grant-read-acp s3:x-amz-grant-write-acp"
		lock   = "s3:object-lock-legal-hold s3:object-lock-mode s3:object-lock-remaining-retention-days s3:object-lock-retain-until-date"
		tag    = "s3:ExistingObjectTag/team"
		tagged = "s3:RequestObjectTag/n s3:RequestObjectTagKeys"
	)
	grantee := aws.String(`id="` + a.canonical(owner) + `"`)
	for _, c := range []struct {
		name string
		call func(ctx context.Context, c *awss3.Client) error
		want map[string]string
	}{
		{"ListObjectsV2", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: b, Prefix: aws.String("p"), Delimiter: aws.String("/"), MaxKeys: aws.Int32(1)})
			return err
		}, map[string]string{"ListBucket": "s3:delimiter s3:max-keys s3:prefix"}},
		{"ListObjectVersions", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.ListObjectVersions(ctx, &awss3.ListObjectVersionsInput{Bucket: b, Prefix: aws.String("p"), Delimiter: aws.String("/")})
			return err
		}, map[string]string{"ListBucketVersions": "s3:delimiter s3:max-keys s3:prefix"}},
		{"ListMultipartUploads", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.ListMultipartUploads(ctx, &awss3.ListMultipartUploadsInput{Bucket: b, Prefix: aws.String("p"), Delimiter: aws.String("/"), MaxUploads: aws.Int32(1)})
			return err
		}, map[string]string{"ListBucketMultipartUploads": ""}},
		{"ListParts", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.ListParts(ctx, &awss3.ListPartsInput{Bucket: b, Key: aws.String("parts"), UploadId: up.UploadId})
			return err
		}, map[string]string{"ListMultipartUploadParts": ""}},
		{"UploadPart", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.UploadPart(ctx, &awss3.UploadPartInput{Bucket: b, Key: aws.String("parts"), UploadId: up.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader("x")})
			return err
		}, map[string]string{"PutObject": "s3:ObjectCreationOperation"}},
		{"UploadPartCopy", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.UploadPartCopy(ctx, &awss3.UploadPartCopyInput{Bucket: b, Key: aws.String("parts"), UploadId: up.UploadId, PartNumber: aws.Int32(1), CopySource: aws.String("bucket/key?versionId=" + *v)})
			return err
		}, map[string]string{"PutObject": "s3:ObjectCreationOperation s3:x-amz-copy-source", "GetObjectVersion": tag + " s3:versionid"}},
		{"AbortMultipartUpload", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.AbortMultipartUpload(ctx, &awss3.AbortMultipartUploadInput{Bucket: b, Key: aws.String("parts"), UploadId: up.UploadId})
			return err
		}, map[string]string{"AbortMultipartUpload": ""}},
		{"GetObject", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.GetObject(ctx, &awss3.GetObjectInput{Bucket: b, Key: k, IfMatch: etag})
			return err
		}, map[string]string{"GetObject": tag}},
		{"GetObject of a version", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.GetObject(ctx, &awss3.GetObjectInput{Bucket: b, Key: k, VersionId: v})
			return err
		}, map[string]string{"GetObjectVersion": tag + " s3:versionid"}},
		{"GetObjectAttributes of a version", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.GetObjectAttributes(ctx, &awss3.GetObjectAttributesInput{Bucket: b, Key: k, VersionId: v, ObjectAttributes: attributes})
			return err
		}, map[string]string{"GetObjectVersion": tag + " s3:versionid", "GetObjectVersionAttributes": tag + " s3:versionid"}},
		{"GetObjectAcl of a version", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.GetObjectAcl(ctx, &awss3.GetObjectAclInput{Bucket: b, Key: k, VersionId: v})
			return err
		}, map[string]string{"GetObjectVersionAcl": tag + " s3:versionid"}},
		{"PutObjectAcl", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.PutObjectAcl(ctx, &awss3.PutObjectAclInput{Bucket: b, Key: k, GrantRead: grantee})
			return err
		}, map[string]string{"PutObjectAcl": tag + " s3:x-amz-grant-read"}},
		{"PutObjectAcl of a version", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.PutObjectAcl(ctx, &awss3.PutObjectAclInput{Bucket: b, Key: k, VersionId: v, ACL: "private"})
			return err
		}, map[string]string{"PutObjectVersionAcl": tag + " s3:versionid s3:x-amz-acl"}},
		{"PutBucketAcl", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.PutBucketAcl(ctx, &awss3.PutBucketAclInput{Bucket: b, GrantRead: grantee, GrantWrite: grantee})
			return err
		}, map[string]string{"PutBucketAcl": "s3:x-amz-grant-read s3:x-amz-grant-write"}},
		{"GetObjectTagging of a version", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.GetObjectTagging(ctx, &awss3.GetObjectTaggingInput{Bucket: b, Key: k, VersionId: v})
			return err
		}, map[string]string{"GetObjectVersionTagging": tag + " s3:versionid"}},
		{"PutObjectTagging of a version", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.PutObjectTagging(ctx, &awss3.PutObjectTaggingInput{Bucket: b, Key: k, VersionId: v, Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}}})
			return err
		}, map[string]string{"PutObjectVersionTagging": tag + " s3:RequestObjectTag/team s3:RequestObjectTagKeys s3:versionid"}},
		{"GetObjectRetention of a version", func(ctx context.Context, c *awss3.Client) error {
			_, _ = c.GetObjectRetention(ctx, &awss3.GetObjectRetentionInput{Bucket: b, Key: k, VersionId: v})
			return nil
		}, map[string]string{"GetObjectRetention": ""}},
		{"PutObjectRetention of a version", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.PutObjectRetention(ctx, &awss3.PutObjectRetentionInput{Bucket: b, Key: k, VersionId: v, Retention: retention, BypassGovernanceRetention: aws.Bool(true)})
			return err
		}, map[string]string{"PutObjectRetention": "s3:object-lock-mode s3:object-lock-remaining-retention-days s3:object-lock-retain-until-date", "BypassGovernanceRetention": ""}},
		{"PutObjectLegalHold of a version", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.PutObjectLegalHold(ctx, &awss3.PutObjectLegalHoldInput{Bucket: b, Key: k, VersionId: v, LegalHold: &types.ObjectLockLegalHold{Status: "OFF"}})
			return err
		}, map[string]string{"PutObjectLegalHold": "s3:object-lock-legal-hold"}},
		{"GetObjectLegalHold of a version", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.GetObjectLegalHold(ctx, &awss3.GetObjectLegalHoldInput{Bucket: b, Key: k, VersionId: v})
			return err
		}, map[string]string{"GetObjectLegalHold": ""}},
		{"DeleteObject", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: b, Key: aws.String("none"), BypassGovernanceRetention: aws.Bool(true)})
			return err
		}, map[string]string{"DeleteObject": "", "BypassGovernanceRetention": ""}},
		{"DeleteObject with a condition", func(ctx context.Context, c *awss3.Client) error {
			_, _ = c.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: b, Key: k, IfMatch: aws.String("x")})
			return nil
		}, map[string]string{"DeleteObject": "s3:if-match", "GetObject": tag}},
		{"DeleteObject of a version with a condition", func(ctx context.Context, c *awss3.Client) error {
			_, _ = c.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: b, Key: k, VersionId: v, IfMatch: aws.String("x")})
			return nil
		}, map[string]string{"DeleteObjectVersion": "s3:versionid", "GetObject": tag}},
		{"DeleteObjects of a version with a condition", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.DeleteObjects(ctx, &awss3.DeleteObjectsInput{Bucket: b, Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: k, VersionId: v, ETag: aws.String("x")}}}})
			return err
		}, map[string]string{"DeleteObjectVersion": "s3:versionid", "GetObject": tag}},
		{"PutObject", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.PutObject(ctx, &awss3.PutObjectInput{Bucket: b, Key: k, Body: strings.NewReader("x"), Tagging: aws.String("n=1"), GrantFullControl: grantee, GrantRead: grantee, GrantReadACP: grantee,
				GrantWriteACP: grantee, ServerSideEncryption: "AES256", StorageClass: "STANDARD_IA", WebsiteRedirectLocation: aws.String("/x"), IfMatch: etag,
				ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: until, ObjectLockLegalHoldStatus: "OFF"})
			return err
		}, map[string]string{
			"PutObject": "s3:ObjectCreationOperation " + tagged + " s3:if-match " + lock + " " + grants +
				" s3:x-amz-server-side-encryption s3:x-amz-storage-class s3:x-amz-website-redirect-location",
			"PutObjectTagging": tagged, "PutObjectAcl": grants + " s3:x-amz-storage-class", "GetObject": tag,
			"PutObjectRetention": strings.TrimPrefix(lock, "s3:object-lock-legal-hold "), "PutObjectLegalHold": "s3:object-lock-legal-hold"}},
		{"CreateMultipartUpload", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: b, Key: k, Tagging: aws.String("n=1"), ACL: "private", StorageClass: "STANDARD_IA"})
			return err
		}, map[string]string{"PutObject": "s3:ObjectCreationOperation " + tagged + " s3:x-amz-acl s3:x-amz-storage-class",
			"PutObjectTagging": tagged, "PutObjectAcl": "s3:x-amz-acl s3:x-amz-storage-class"}},
		{"CopyObject", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.CopyObject(ctx, &awss3.CopyObjectInput{Bucket: b, Key: aws.String("copy"), CopySource: aws.String("bucket/key?versionId=" + *v), MetadataDirective: "REPLACE",
				TaggingDirective: "REPLACE", Tagging: aws.String("n=1"), ACL: "private", IfNoneMatch: aws.String("*")})
			return err
		}, map[string]string{"GetObjectVersion": tag + " s3:versionid",
			"PutObject":        "s3:ObjectCreationOperation " + tagged + " s3:if-none-match s3:x-amz-acl s3:x-amz-copy-source s3:x-amz-metadata-directive",
			"PutObjectTagging": tagged, "PutObjectAcl": "s3:x-amz-acl"}},
		{"PutBucketInventoryConfiguration", func(ctx context.Context, c *awss3.Client) error {
			_, err := call(ctx, c, "PutBucketInventoryConfiguration", "bucket", id("i"), inventoryOf("Size"))
			return err
		}, map[string]string{"PutInventoryConfiguration": "s3:InventoryAccessibleOptionalFields"}},
		{"PutBucketInventoryConfiguration without fields", func(ctx context.Context, c *awss3.Client) error {
			_, err := call(ctx, c, "PutBucketInventoryConfiguration", "bucket", id("i"), inventoryOf())
			return err
		}, map[string]string{"PutInventoryConfiguration": ""}},
		{"CreateBucket", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: aws.String("other"), ACL: "private", ObjectOwnership: "ObjectWriter",
				CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: "eu-west-1", Tags: tags.TagSet}})
			return err
		}, map[string]string{"CreateBucket": "aws:RequestTag/n aws:TagKeys s3:locationconstraint s3:x-amz-acl s3:x-amz-object-ownership",
			"PutBucketAcl": "s3:x-amz-acl", "PutBucketOwnershipControls": "", "TagResource": "aws:RequestTag/n aws:TagKeys"}},
		{"ListBuckets", func(ctx context.Context, c *awss3.Client) error {
			_, err := c.ListBuckets(ctx, &awss3.ListBucketsInput{Prefix: aws.String("b")})
			return err
		}, map[string]string{"ListAllMyBuckets": ""}},
	} {
		t.Run(c.name, func(t *testing.T) { // in order: some change what others look at
			a.t = t
			require.NoError(t, c.call(ctx, a.root))
			assert.Equal(t, c.want, a.asked())
		})
	}
}

func inventoryOf(fields ...types.InventoryOptionalField) *types.InventoryConfiguration {
	cfg := *listedConfigurations["Inventory"].(*types.InventoryConfiguration)
	cfg.OptionalFields = fields
	return &cfg
}
