package s3_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// stranger adds another account and returns it with the client of its root user.
func (a *account) stranger() (*fakeaws.Account, *awss3.Client) {
	a.t.Helper()
	acct, err := a.world.AddAccount(stranger, "", "")
	require.NoError(a.t, err)
	return acct, a.client(acct.Root)
}

func (a *account) canonical(id string) string {
	acct, ok := a.world.Account(id)
	require.True(a.t, ok)
	return acct.CanonicalUser
}

// open makes a bucket with ACLs enabled and nothing blocked.
func (a *account) open(name string, ownership types.ObjectOwnership) {
	a.t.Helper()
	_, err := a.root.CreateBucket(a.t.Context(), &awss3.CreateBucketInput{Bucket: &name, ObjectOwnership: ownership})
	require.NoError(a.t, err)
	_, err = a.root.DeletePublicAccessBlock(a.t.Context(), &awss3.DeletePublicAccessBlockInput{Bucket: &name})
	require.NoError(a.t, err)
}

func get(ctx context.Context, c *awss3.Client, bucket, key string) error {
	_, err := c.GetObject(ctx, &awss3.GetObjectInput{Bucket: &bucket, Key: &key})
	return err
}

func list(ctx context.Context, c *awss3.Client, bucket string) error {
	_, err := c.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: &bucket})
	return err
}

func putAs(ctx context.Context, c *awss3.Client, bucket, key string, set ...func(*awss3.PutObjectInput)) error {
	in := &awss3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("data")}
	for _, f := range set {
		f(in)
	}
	_, err := c.PutObject(ctx, in)
	return err
}

func withACL(acl types.ObjectCannedACL) func(*awss3.PutObjectInput) {
	return func(in *awss3.PutObjectInput) { in.ACL = acl }
}

func TestObjectACLs(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		_, other := a.stranger()
		a.open("acls", types.ObjectOwnershipObjectWriter)
		setACL := func(acl types.ObjectCannedACL) {
			_, err := a.root.PutObjectAcl(ctx, &awss3.PutObjectAclInput{Bucket: aws.String("acls"), Key: aws.String("key*"), ACL: acl})
			require.NoError(t, err)
		}
		a.put("acls", "key*", "data")
		a.put("acls", "keys", "data")
		requireAPIError(t, get(ctx, a.anonymous(), "acls", "key*"), "AccessDenied", "Access Denied")
		requireAPIError(t, get(ctx, other, "acls", "key*"), "AccessDenied", "Access Denied")

		setACL(types.ObjectCannedACLPublicRead)
		require.NoError(t, get(ctx, a.anonymous(), "acls", "key*"))
		require.NoError(t, get(ctx, other, "acls", "key*"))
		require.NoError(t, get(ctx, a.user, "acls", "key*"), "AllUsers means everybody, also in the account")
		requireAPIError(t, get(ctx, a.anonymous(), "acls", "keys"), "AccessDenied", "")

		setACL(types.ObjectCannedACLAuthenticatedRead)
		requireAPIError(t, get(ctx, a.anonymous(), "acls", "key*"), "AccessDenied", "")
		require.NoError(t, get(ctx, other, "acls", "key*"))

		out, err := a.root.GetObjectAcl(ctx, &awss3.GetObjectAclInput{Bucket: aws.String("acls"), Key: aws.String("key*")})
		require.NoError(t, err)
		assert.Equal(t, a.canonical(owner), *out.Owner.ID)
		assert.Equal(t, []types.Grant{
			{Grantee: &types.Grantee{Type: "CanonicalUser", ID: out.Owner.ID}, Permission: "FULL_CONTROL"},
			{Grantee: &types.Grantee{Type: "Group", URI: aws.String("http://acs.amazonaws.com/groups/global/AuthenticatedUsers")}, Permission: "READ"},
		}, out.Grants)

		t.Run("a Deny of the bucket policy wins", func(t *testing.T) {
			_, err := a.root.PutBucketPolicy(ctx, &awss3.PutBucketPolicyInput{Bucket: aws.String("acls"),
				Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"` + stranger + `"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::acls/*"}]}`)})
			require.NoError(t, err)
			requireAPIError(t, get(ctx, other, "acls", "key*"), "AccessDenied", "")
			_, err = a.root.DeleteBucketPolicy(ctx, &awss3.DeleteBucketPolicyInput{Bucket: aws.String("acls")})
			require.NoError(t, err)
		})
		t.Run("by canonical user", func(t *testing.T) {
			id := a.canonical(stranger)
			_, err := a.root.PutObjectAcl(ctx, &awss3.PutObjectAclInput{Bucket: aws.String("acls"), Key: aws.String("keys"), GrantReadACP: aws.String(`id="` + id + `"`)})
			require.NoError(t, err)
			requireAPIError(t, get(ctx, other, "acls", "keys"), "AccessDenied", "")
			_, err = other.GetObjectAcl(ctx, &awss3.GetObjectAclInput{Bucket: aws.String("acls"), Key: aws.String("keys")})
			require.NoError(t, err)
		})
	})
}

func TestBucketACLs(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		_, other := a.stranger()
		a.open("acls", types.ObjectOwnershipObjectWriter)
		set := func(in awss3.PutBucketAclInput) error {
			in.Bucket = aws.String("acls")
			_, err := a.root.PutBucketAcl(ctx, &in)
			return err
		}
		requireAPIError(t, list(ctx, other, "acls"), "AccessDenied", "")
		require.NoError(t, set(awss3.PutBucketAclInput{ACL: types.BucketCannedACLPublicRead}))
		require.NoError(t, list(ctx, other, "acls"))
		require.NoError(t, list(ctx, a.anonymous(), "acls"))
		requireAPIError(t, get(ctx, a.anonymous(), "acls", "none"), "NoSuchKey", "")
		requireAPIError(t, putAs(ctx, other, "acls", "key"), "AccessDenied", "")

		id := a.canonical(stranger)
		ownerID := a.canonical(owner)
		require.NoError(t, set(awss3.PutBucketAclInput{AccessControlPolicy: &types.AccessControlPolicy{Owner: &types.Owner{ID: &ownerID},
			Grants: []types.Grant{{Grantee: &types.Grantee{Type: "CanonicalUser", ID: &id}, Permission: types.PermissionWrite}}}}))
		require.NoError(t, putAs(ctx, other, "acls", "theirs"))
		requireAPIError(t, list(ctx, other, "acls"), "AccessDenied", "")

		t.Run("an object belongs to its writer", func(t *testing.T) {
			requireAPIError(t, get(ctx, a.root, "acls", "theirs"), "AccessDenied", "")
			require.NoError(t, get(ctx, other, "acls", "theirs"))
			page, err := a.root.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: aws.String("acls"), FetchOwner: aws.Bool(true)})
			require.NoError(t, err)
			assert.Equal(t, id, *page.Contents[0].Owner.ID)
			require.NoError(t, putAs(ctx, other, "acls", "given", withACL(types.ObjectCannedACLBucketOwnerFullControl)))
			require.NoError(t, get(ctx, a.root, "acls", "given"))
			_, err = a.root.PutBucketOwnershipControls(ctx, &awss3.PutBucketOwnershipControlsInput{Bucket: aws.String("acls"),
				OwnershipControls: &types.OwnershipControls{Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnershipBucketOwnerEnforced}}}})
			requireAPIError(t, err, "InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
			require.NoError(t, set(awss3.PutBucketAclInput{ACL: types.BucketCannedACLPrivate}))
			_, err = a.root.PutBucketOwnershipControls(ctx, &awss3.PutBucketOwnershipControlsInput{Bucket: aws.String("acls"),
				OwnershipControls: &types.OwnershipControls{Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnershipBucketOwnerEnforced}}}})
			require.NoError(t, err)
			require.NoError(t, get(ctx, a.root, "acls", "theirs"), "with ACLs disabled all is the bucket owner's")
			requireAPIError(t, get(ctx, other, "acls", "theirs"), "AccessDenied", "")
		})
		t.Run("bucket owner preferred", func(t *testing.T) {
			a.open("preferred", types.ObjectOwnershipBucketOwnerPreferred)
			_, err := a.root.PutBucketAcl(ctx, &awss3.PutBucketAclInput{Bucket: aws.String("preferred"), GrantWrite: aws.String("id=" + id)})
			require.NoError(t, err)
			require.NoError(t, putAs(ctx, other, "preferred", "given", withACL(types.ObjectCannedACLBucketOwnerFullControl)))
			require.NoError(t, get(ctx, a.root, "preferred", "given"))
			requireAPIError(t, get(ctx, other, "preferred", "given"), "AccessDenied", "")
			require.NoError(t, putAs(ctx, other, "preferred", "kept"))
			requireAPIError(t, get(ctx, a.root, "preferred", "kept"), "AccessDenied", "")
		})
	})
}

func TestACLsThatAreRefused(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		a.bucket("enforced")
		a.put("enforced", "key", "")
		a.open("acls", types.ObjectOwnershipObjectWriter)
		a.put("acls", "key", "")
		a.open("blocked", types.ObjectOwnershipObjectWriter)
		a.put("blocked", "key", "")
		_, err := a.root.PutPublicAccessBlock(ctx, &awss3.PutPublicAccessBlockInput{Bucket: aws.String("blocked"), PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{BlockPublicAcls: aws.Bool(true)}})
		require.NoError(t, err)
		ownerID := a.canonical(owner)
		grantee := func(g types.Grantee) awss3.PutBucketAclInput {
			return awss3.PutBucketAclInput{AccessControlPolicy: &types.AccessControlPolicy{Owner: &types.Owner{ID: &ownerID}, Grants: []types.Grant{{Grantee: &g, Permission: "READ"}}}}
		}
		for name, c := range map[string]struct {
			bucket, code, text string
			in                 awss3.PutBucketAclInput
		}{
			"disabled":           {"enforced", "AccessControlListNotSupported", "The bucket does not allow ACLs", awss3.PutBucketAclInput{ACL: "private"}},
			"none":               {"acls", "MissingSecurityHeader", "Your request was missing a required header", awss3.PutBucketAclInput{}},
			"unknown":            {"acls", "InvalidArgument", "", awss3.PutBucketAclInput{ACL: "all"}},
			"of objects":         {"acls", "InvalidArgument", "", awss3.PutBucketAclInput{ACL: "nobody"}},
			"canned and headers": {"acls", "InvalidRequest", "Specifying both Canned ACLs and Header Grants is not allowed", awss3.PutBucketAclInput{ACL: "private", GrantRead: aws.String("id=" + ownerID)}},
			"header":             {"acls", "InvalidArgument", "Argument format not recognized", awss3.PutBucketAclInput{GrantRead: aws.String("somebody")}},
			"header's kind":      {"acls", "InvalidArgument", "Argument format not recognized", awss3.PutBucketAclInput{GrantRead: aws.String("name=somebody")}},
			"email header":       {"acls", "MethodNotAllowed", "", awss3.PutBucketAclInput{GrantRead: aws.String(`emailAddress="a@example.com"`)}},
			"email":              {"acls", "MethodNotAllowed", "", grantee(types.Grantee{Type: "AmazonCustomerByEmail", EmailAddress: aws.String("a@example.com")})},
			"id":                 {"acls", "InvalidArgument", "Invalid id", grantee(types.Grantee{Type: "CanonicalUser", ID: aws.String("x")})},
			"group":              {"acls", "InvalidArgument", "Invalid group uri", grantee(types.Grantee{Type: "Group", URI: aws.String("http://example.com")})},
			"owner":              {"acls", "AccessDenied", "Access Denied", awss3.PutBucketAclInput{AccessControlPolicy: &types.AccessControlPolicy{Owner: &types.Owner{ID: aws.String(strings.Repeat("0", 64))}}}},
			"owner is nobody":    {"acls", "InvalidArgument", "Invalid id", awss3.PutBucketAclInput{AccessControlPolicy: &types.AccessControlPolicy{Owner: &types.Owner{ID: aws.String("x")}}}},
			"ACLs disabled":      {"enforced", "MalformedACLError", "", awss3.PutBucketAclInput{AccessControlPolicy: &types.AccessControlPolicy{}}},
			"no owner":           {"acls", "MalformedACLError", "", awss3.PutBucketAclInput{AccessControlPolicy: &types.AccessControlPolicy{}}},
			"public":             {"blocked", "AccessDenied", "", awss3.PutBucketAclInput{ACL: "public-read"}},
			"public by header":   {"blocked", "AccessDenied", "", awss3.PutBucketAclInput{GrantRead: aws.String("uri=http://acs.amazonaws.com/groups/global/AuthenticatedUsers")}},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				c.in.Bucket = &c.bucket
				_, err := a.root.PutBucketAcl(ctx, &c.in)
				requireAPIError(t, err, c.code, c.text)
			})
		}
		t.Run("of objects", func(t *testing.T) {
			t.Parallel()
			requireAPIError(t, putAs(ctx, a.root, "enforced", "new", withACL("public-read")), "AccessControlListNotSupported", "The bucket does not allow ACLs")
			require.NoError(t, putAs(ctx, a.root, "enforced", "new", withACL("bucket-owner-full-control")))
			require.NoError(t, putAs(ctx, a.root, "enforced", "new", func(in *awss3.PutObjectInput) { in.GrantFullControl = aws.String("id=" + ownerID) }))
			requireAPIError(t, putAs(ctx, a.root, "blocked", "new", withACL("public-read")), "AccessDenied", "")
			requireAPIError(t, putAs(ctx, a.root, "acls", "new", withACL("log-delivery-write")), "InvalidArgument", "")
			_, err := a.root.PutObjectAcl(ctx, &awss3.PutObjectAclInput{Bucket: aws.String("acls"), Key: aws.String("none"), ACL: "private"})
			requireAPIError(t, err, "NoSuchKey", "")
		})
		t.Run("of new buckets", func(t *testing.T) {
			t.Parallel()
			_, err := a.root.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: aws.String("new"), ACL: "public-read"})
			requireAPIError(t, err, "InvalidBucketAclWithObjectOwnership", "")
			_, err = a.root.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: aws.String("new"), ACL: "public-read", ObjectOwnership: "ObjectWriter"})
			requireAPIError(t, err, "InvalidBucketAclWithBlockPublicAccessError", "Bucket cannot have public ACLs set with BlockPublicAccess enabled")
			_, err = a.root.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: aws.String("new"), ObjectOwnership: "Nobody"})
			requireAPIError(t, err, "InvalidArgument", "Invalid x-amz-object-ownership header: Nobody")
			require.Error(t, list(ctx, a.root, "new"))
		})
	})
}

func TestIgnorePublicACLs(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		a.open("acls", types.ObjectOwnershipObjectWriter)
		require.NoError(t, putAs(ctx, a.root, "acls", "key", withACL("public-read")))
		require.NoError(t, get(ctx, a.anonymous(), "acls", "key"))
		_, err := a.root.PutPublicAccessBlock(ctx, &awss3.PutPublicAccessBlockInput{Bucket: aws.String("acls"), PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{IgnorePublicAcls: aws.Bool(true)}})
		require.NoError(t, err)
		requireAPIError(t, get(ctx, a.anonymous(), "acls", "key"), "AccessDenied", "")
		_, err = a.root.DeletePublicAccessBlock(ctx, &awss3.DeletePublicAccessBlockInput{Bucket: aws.String("acls")})
		require.NoError(t, err)
		require.NoError(t, get(ctx, a.anonymous(), "acls", "key"), "the ACL is as it was")
	})
}

func TestACLsAsk(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		a.open("acls", types.ObjectOwnershipObjectWriter)
		a.put("acls", "key", "")
		bucket, key := aws.String("acls"), aws.String("key")
		for action, do := range map[string]func() error{
			"s3:GetBucketAcl": func() error { _, err := a.user.GetBucketAcl(ctx, &awss3.GetBucketAclInput{Bucket: bucket}); return err },
			"s3:PutBucketAcl": func() error {
				_, err := a.user.PutBucketAcl(ctx, &awss3.PutBucketAclInput{Bucket: bucket, ACL: "private"})
				return err
			},
			"s3:GetObjectAcl": func() error {
				_, err := a.user.GetObjectAcl(ctx, &awss3.GetObjectAclInput{Bucket: bucket, Key: key})
				return err
			},
			"s3:PutObjectAcl": func() error {
				_, err := a.user.PutObjectAcl(ctx, &awss3.PutObjectAclInput{Bucket: bucket, Key: key, ACL: "private"})
				return err
			},
			"s3:GetBucketOwnershipControls": func() error {
				_, err := a.user.GetBucketOwnershipControls(ctx, &awss3.GetBucketOwnershipControlsInput{Bucket: bucket})
				return err
			},
		} {
			a.allow(`{"Effect":"Deny","Action":"s3:None","Resource":"*"}`)
			requireAPIError(t, do(), "AccessDenied", "")
			a.allow(`{"Effect":"Allow","Action":"` + action + `","Resource":"*"}`)
			require.NoError(t, do(), action)
		}
		a.allow(`{"Effect":"Allow","Action":"s3:PutBucketAcl","Resource":"*","Condition":{"StringEquals":{"s3:x-amz-acl":"public-read"}}}`)
		_, err := a.user.PutBucketAcl(ctx, &awss3.PutBucketAclInput{Bucket: bucket, ACL: "private"})
		requireAPIError(t, err, "AccessDenied", "")
		_, err = a.root.GetBucketPolicyStatus(ctx, &awss3.GetBucketPolicyStatusInput{Bucket: bucket})
		requireAPIError(t, err, "NoSuchBucketPolicy", "")
		_, err = a.root.PutBucketPolicy(ctx, &awss3.PutBucketPolicyInput{Bucket: bucket, Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::acls/*"}]}`)})
		require.NoError(t, err)
		status, err := a.root.GetBucketPolicyStatus(ctx, &awss3.GetBucketPolicyStatusInput{Bucket: bucket})
		require.NoError(t, err)
		assert.True(t, *status.PolicyStatus.IsPublic)
	})
}

func TestRequesterPays(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		_, other := a.stranger()
		a.open("acls", types.ObjectOwnershipObjectWriter)
		require.NoError(t, putAs(ctx, a.root, "acls", "key", withACL("public-read")))
		require.NoError(t, get(ctx, other, "acls", "key"))
		_, err := a.root.PutBucketRequestPayment(ctx, &awss3.PutBucketRequestPaymentInput{Bucket: aws.String("acls"), RequestPaymentConfiguration: &types.RequestPaymentConfiguration{Payer: types.PayerRequester}})
		require.NoError(t, err)
		requireAPIError(t, get(ctx, other, "acls", "key"), "AccessDenied", "")
		paid, err := other.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String("acls"), Key: aws.String("key"), RequestPayer: types.RequestPayerRequester})
		require.NoError(t, err)
		assert.Equal(t, types.RequestChargedRequester, paid.RequestCharged)
		head, err := other.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: aws.String("acls"), Key: aws.String("key"), RequestPayer: types.RequestPayerRequester})
		require.NoError(t, err)
		assert.Equal(t, types.RequestChargedRequester, head.RequestCharged)
		own, err := a.root.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String("acls"), Key: aws.String("key"), RequestPayer: types.RequestPayerRequester})
		require.NoError(t, err)
		assert.Empty(t, own.RequestCharged, "the owner pays for his own requests")
		_, err = a.anonymous().GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String("acls"), Key: aws.String("key"), RequestPayer: types.RequestPayerRequester})
		requireAPIError(t, err, "AccessDenied", "")
		require.NoError(t, get(ctx, a.root, "acls", "key"))
	})
}

// TestBucketTagsAreKeys: only where attribute-based access control is enabled.
func TestBucketTagsAreKeys(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		a.bucket("bucket")
		a.put("bucket", "key", "data")
		_, err := a.root.PutBucketTagging(ctx, &awss3.PutBucketTaggingInput{Bucket: aws.String("bucket"), Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}}})
		require.NoError(t, err)
		a.allow(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"s3:BucketTag/team":"blue","aws:ResourceTag/team":"blue"}}}`)
		requireAPIError(t, get(ctx, a.user, "bucket", "key"), "AccessDenied", "")
		_, err = a.root.PutBucketAbac(ctx, &awss3.PutBucketAbacInput{Bucket: aws.String("bucket"), AbacStatus: &types.AbacStatus{Status: types.BucketAbacStatusEnabled}})
		require.NoError(t, err)
		require.NoError(t, get(ctx, a.user, "bucket", "key"))
	})
}

// TestWhoMayDeleteByACL: who may write to a bucket may delete what is theirs, and nothing
// else. The ACL of a bucket that is private lets nobody delete.
func TestWhoMayDeleteByACL(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.open("bucket", types.ObjectOwnershipObjectWriter)
	anonymous := a.anonymous()
	setACL := func(acl types.BucketCannedACL) {
		_, err := a.root.PutBucketAcl(t.Context(), &awss3.PutBucketAclInput{Bucket: aws.String("bucket"), ACL: acl})
		require.NoError(t, err)
	}
	remove := func(key string) error {
		_, err := anonymous.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: &key})
		return err
	}
	setACL(types.BucketCannedACLPublicReadWrite)
	a.put("bucket", "owners", "data")
	for _, key := range []string{"one", "two", "three"} {
		require.NoError(t, putAs(t.Context(), anonymous, "bucket", key))
	}
	require.NoError(t, remove("one"))
	out, err := anonymous.DeleteObjects(t.Context(), &awss3.DeleteObjectsInput{Bucket: aws.String("bucket"), Delete: &types.Delete{
		Objects: []types.ObjectIdentifier{{Key: aws.String("two")}, {Key: aws.String("owners")}}}})
	require.NoError(t, err)
	require.Len(t, out.Deleted, 1)
	assert.Equal(t, "two", *out.Deleted[0].Key)
	require.Len(t, out.Errors, 1)
	assert.Equal(t, "AccessDenied", *out.Errors[0].Code)
	requireAPIError(t, remove("owners"), "AccessDenied", "")
	requireAPIError(t, remove("none"), "AccessDenied", "")
	setACL(types.BucketCannedACLPublicRead)
	requireAPIError(t, remove("three"), "AccessDenied", "")
}
