package s3_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	control "github.com/aws/aws-sdk-go-v2/service/s3control/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/s3"
)

// A replacedCase is an operation on the bucket "bucket".
type replacedCase struct {
	in any
	// after is done to the bucket first, for an operation that the others leave no room
	// for.
	after func(*testing.T, *awss3.Client)
}

// replacedLab is an account with a bucket that has one of everything, and the hand that
// takes it away from the account.
type replacedLab struct {
	*account
	hand, strangers *awss3.Client
	points          *s3control.Client
}

const (
	thisBucket = "bucket"
	thisKey    = "key"
)

var ofBucket = aws.String(thisBucket)

func newReplacedLab(t *testing.T) *replacedLab {
	t.Helper()
	a := newAccount(t)
	_, err := a.world.AddAccount(stranger, "", "")
	require.NoError(t, err)
	a.allow(`{"Effect":"Allow","Action":"*","Resource":"*"}`)
	l := &replacedLab{account: a,
		hand:      awss3.NewFromConfig(worldtest.FixtureConfig(a.world, owner, "us-east-1")),
		strangers: awss3.NewFromConfig(worldtest.FixtureConfig(a.world, stranger, "us-east-1")),
		points:    s3control.NewFromConfig(worldtest.FixtureConfig(a.world, owner, "us-east-1")),
	}
	ctx := t.Context()
	for _, name := range []string{thisBucket, "replica"} {
		_, err = l.hand.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: &name, ObjectOwnership: types.ObjectOwnershipObjectWriter})
		require.NoError(t, err)
		_, err = l.hand.PutBucketVersioning(ctx, &awss3.PutBucketVersioningInput{Bucket: &name, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}})
		require.NoError(t, err)
	}
	_, err = l.hand.PutObject(ctx, &awss3.PutObjectInput{Bucket: ofBucket, Key: aws.String(thisKey), Body: strings.NewReader("x")})
	require.NoError(t, err)
	_, err = l.points.CreateAccessPoint(ctx, &s3control.CreateAccessPointInput{AccountId: aws.String(owner), Name: aws.String("point"), Bucket: ofBucket})
	require.NoError(t, err)
	return l
}

// replace deletes the bucket, and another account makes one of the same name.
func (l *replacedLab) replace(ctx context.Context) {
	list, err := l.hand.ListObjectVersions(ctx, &awss3.ListObjectVersionsInput{Bucket: ofBucket})
	require.NoError(l.t, err)
	for _, v := range list.Versions {
		_, err = l.hand.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: ofBucket, Key: v.Key, VersionId: v.VersionId})
		require.NoError(l.t, err)
	}
	_, err = l.hand.DeleteBucket(ctx, &awss3.DeleteBucketInput{Bucket: ofBucket})
	require.NoError(l.t, err)
	_, err = l.strangers.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: ofBucket, ObjectOwnership: types.ObjectOwnershipObjectWriter})
	require.NoError(l.t, err)
}

// between is done once, between the plan of the next call of the user and what it does.
func (l *replacedLab) between(do func()) {
	l.users.Asked = func() {
		l.users.Asked = nil
		do()
	}
}

// send calls the operation of an input.
func send(ctx context.Context, client, in any) error {
	op := strings.TrimSuffix(reflect.TypeOf(in).Elem().Name(), "Input")
	out := reflect.ValueOf(client).MethodByName(op).Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(in)})
	err, _ := out[1].Interface().(error)
	return err
}

func codeOf(t *testing.T, err error) string {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	return api.ErrorCode()
}

// TestReplacedBucket stops each operation between its plan and what it does, while the
// bucket becomes one of another account: nothing of that one is read or changed.
func TestReplacedBucket(t *testing.T) {
	t.Parallel()
	for name, c := range replacedCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			prepared := func() *replacedLab {
				l := newReplacedLab(t)
				if c.after != nil {
					c.after(t, l.hand)
				}
				return l
			}
			if name != "DeleteBucket" { // which is not empty
				require.NoError(t, send(ctx, prepared().user, c.in), "it works on the bucket that is there")
			}
			l := prepared()
			var now any
			l.between(func() {
				l.replace(ctx)
				now = s3.StateOf(s3.Of(l.world), thisBucket)
			})
			code := codeOf(t, send(ctx, l.user, c.in))
			require.NotNil(t, now, "the call was authorized")
			if name == "HeadBucket" {
				assert.Equal(t, "NotFound", code, "there is no body")
			} else {
				assert.Equal(t, "NoSuchBucket", code)
			}
			assert.Equal(t, now, s3.StateOf(s3.Of(l.world), thisBucket), "the other bucket is as it was")
		})
	}
}

// put is a case after another operation.
func put(in, first any) replacedCase {
	return replacedCase{in, func(t *testing.T, c *awss3.Client) {
		t.Helper()
		require.NoError(t, send(t.Context(), c, first))
	}}
}

func replacedCases() map[string]replacedCase {
	cases := make(map[string]replacedCase)
	add := func(all ...replacedCase) {
		for _, c := range all {
			cases[strings.TrimSuffix(reflect.TypeOf(c.in).Elem().Name(), "Input")] = c
		}
	}
	add(replacedCase{in: &awss3.DeleteBucketInput{Bucket: ofBucket}}, replacedCase{in: &awss3.HeadBucketInput{Bucket: ofBucket}}, replacedCase{in: &awss3.GetBucketLocationInput{Bucket: ofBucket}})
	policy := &awss3.PutBucketPolicyInput{Bucket: ofBucket, Policy: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + owner + `"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}}`)}
	add(replacedCase{in: policy}, put(&awss3.GetBucketPolicyInput{Bucket: ofBucket}, policy), put(&awss3.DeleteBucketPolicyInput{Bucket: ofBucket}, policy), put(&awss3.GetBucketPolicyStatusInput{Bucket: ofBucket}, policy))
	block := &awss3.PutPublicAccessBlockInput{Bucket: ofBucket, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{BlockPublicAcls: aws.Bool(true)}}
	add(replacedCase{in: block}, replacedCase{in: &awss3.GetPublicAccessBlockInput{Bucket: ofBucket}}, replacedCase{in: &awss3.DeletePublicAccessBlockInput{Bucket: ofBucket}})
	tags := &awss3.PutBucketTaggingInput{Bucket: ofBucket, Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}}
	add(replacedCase{in: tags}, put(&awss3.GetBucketTaggingInput{Bucket: ofBucket}, tags), put(&awss3.DeleteBucketTaggingInput{Bucket: ofBucket}, tags))
	add(replacedCase{in: &awss3.GetBucketAclInput{Bucket: ofBucket}}, replacedCase{in: &awss3.PutBucketAclInput{Bucket: ofBucket, ACL: types.BucketCannedACLPrivate}},
		replacedCase{in: &awss3.GetObjectAclInput{Bucket: ofBucket, Key: aws.String(thisKey)}}, replacedCase{in: &awss3.PutObjectAclInput{Bucket: ofBucket, Key: aws.String(thisKey), ACL: types.ObjectCannedACLPrivate}})
	addConfigurations(add)
	addListed(add)
	addMetadata(add)
	return cases
}

func addConfigurations(add func(...replacedCase)) {
	cors := &awss3.PutBucketCorsInput{Bucket: ofBucket, CORSConfiguration: &types.CORSConfiguration{CORSRules: []types.CORSRule{{AllowedMethods: []string{"GET"}, AllowedOrigins: []string{"*"}}}}}
	add(replacedCase{in: cors}, put(&awss3.GetBucketCorsInput{Bucket: ofBucket}, cors), put(&awss3.DeleteBucketCorsInput{Bucket: ofBucket}, cors))
	encryption := &awss3.PutBucketEncryptionInput{Bucket: ofBucket, ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{{BucketKeyEnabled: aws.Bool(true)}}}}
	add(replacedCase{in: encryption}, put(&awss3.GetBucketEncryptionInput{Bucket: ofBucket}, encryption), put(&awss3.DeleteBucketEncryptionInput{Bucket: ofBucket}, encryption))
	rules := &awss3.PutBucketLifecycleConfigurationInput{Bucket: ofBucket, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{{
		Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")}, Expiration: &types.LifecycleExpiration{Days: aws.Int32(1)}}}}}
	add(replacedCase{in: rules}, put(&awss3.GetBucketLifecycleConfigurationInput{Bucket: ofBucket}, rules), put(&awss3.DeleteBucketLifecycleInput{Bucket: ofBucket}, rules))
	website := &awss3.PutBucketWebsiteInput{Bucket: ofBucket, WebsiteConfiguration: &types.WebsiteConfiguration{IndexDocument: &types.IndexDocument{Suffix: aws.String("i")}}}
	add(replacedCase{in: website}, put(&awss3.GetBucketWebsiteInput{Bucket: ofBucket}, website), put(&awss3.DeleteBucketWebsiteInput{Bucket: ofBucket}, website))
	add(replacedCase{in: &awss3.PutBucketLoggingInput{Bucket: ofBucket, BucketLoggingStatus: &types.BucketLoggingStatus{}}}, replacedCase{in: &awss3.GetBucketLoggingInput{Bucket: ofBucket}},
		replacedCase{in: &awss3.PutBucketAccelerateConfigurationInput{Bucket: ofBucket, AccelerateConfiguration: &types.AccelerateConfiguration{Status: types.BucketAccelerateStatusEnabled}}},
		replacedCase{in: &awss3.GetBucketAccelerateConfigurationInput{Bucket: ofBucket}},
		replacedCase{in: &awss3.PutBucketRequestPaymentInput{Bucket: ofBucket, RequestPaymentConfiguration: &types.RequestPaymentConfiguration{Payer: types.PayerRequester}}},
		replacedCase{in: &awss3.GetBucketRequestPaymentInput{Bucket: ofBucket}},
		replacedCase{in: &awss3.PutBucketAbacInput{Bucket: ofBucket, AbacStatus: &types.AbacStatus{Status: types.BucketAbacStatusEnabled}}}, replacedCase{in: &awss3.GetBucketAbacInput{Bucket: ofBucket}})
	add(replacedCase{in: &awss3.PutBucketOwnershipControlsInput{Bucket: ofBucket, OwnershipControls: &types.OwnershipControls{Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnershipBucketOwnerPreferred}}}}},
		replacedCase{in: &awss3.GetBucketOwnershipControlsInput{Bucket: ofBucket}}, replacedCase{in: &awss3.DeleteBucketOwnershipControlsInput{Bucket: ofBucket}})
	replication := &awss3.PutBucketReplicationInput{Bucket: ofBucket, ReplicationConfiguration: &types.ReplicationConfiguration{Role: aws.String("arn:aws:iam::" + owner + ":role/r"),
		Rules: []types.ReplicationRule{{Status: types.ReplicationRuleStatusEnabled, Destination: &types.Destination{Bucket: aws.String("arn:aws:s3:::replica")}}}}}
	add(replacedCase{in: replication}, put(&awss3.GetBucketReplicationInput{Bucket: ofBucket}, replication), put(&awss3.DeleteBucketReplicationInput{Bucket: ofBucket}, replication))
	add(replacedCase{in: &awss3.PutBucketNotificationConfigurationInput{Bucket: ofBucket, NotificationConfiguration: &types.NotificationConfiguration{EventBridgeConfiguration: &types.EventBridgeConfiguration{}}}},
		replacedCase{in: &awss3.GetBucketNotificationConfigurationInput{Bucket: ofBucket}})
}

func addListed(add func(...replacedCase)) {
	id := aws.String("id")
	inventory := &awss3.PutBucketInventoryConfigurationInput{Bucket: ofBucket, Id: id, InventoryConfiguration: &types.InventoryConfiguration{Id: id, IsEnabled: aws.Bool(true),
		IncludedObjectVersions: types.InventoryIncludedObjectVersionsAll, Schedule: &types.InventorySchedule{Frequency: types.InventoryFrequencyDaily},
		Destination: &types.InventoryDestination{S3BucketDestination: &types.InventoryS3BucketDestination{Bucket: aws.String("arn:aws:s3:::replica"), Format: types.InventoryFormatCsv}}}}
	add(replacedCase{in: inventory}, put(&awss3.GetBucketInventoryConfigurationInput{Bucket: ofBucket, Id: id}, inventory),
		put(&awss3.DeleteBucketInventoryConfigurationInput{Bucket: ofBucket, Id: id}, inventory), put(&awss3.ListBucketInventoryConfigurationsInput{Bucket: ofBucket}, inventory))
	metrics := &awss3.PutBucketMetricsConfigurationInput{Bucket: ofBucket, Id: id, MetricsConfiguration: &types.MetricsConfiguration{Id: id}}
	add(replacedCase{in: metrics}, put(&awss3.GetBucketMetricsConfigurationInput{Bucket: ofBucket, Id: id}, metrics),
		put(&awss3.DeleteBucketMetricsConfigurationInput{Bucket: ofBucket, Id: id}, metrics), put(&awss3.ListBucketMetricsConfigurationsInput{Bucket: ofBucket}, metrics))
	analytics := &awss3.PutBucketAnalyticsConfigurationInput{Bucket: ofBucket, Id: id, AnalyticsConfiguration: &types.AnalyticsConfiguration{Id: id, StorageClassAnalysis: &types.StorageClassAnalysis{}}}
	add(replacedCase{in: analytics}, put(&awss3.GetBucketAnalyticsConfigurationInput{Bucket: ofBucket, Id: id}, analytics),
		put(&awss3.DeleteBucketAnalyticsConfigurationInput{Bucket: ofBucket, Id: id}, analytics), put(&awss3.ListBucketAnalyticsConfigurationsInput{Bucket: ofBucket}, analytics))
	tiering := &awss3.PutBucketIntelligentTieringConfigurationInput{Bucket: ofBucket, Id: id, IntelligentTieringConfiguration: &types.IntelligentTieringConfiguration{Id: id,
		Status: types.IntelligentTieringStatusEnabled, Tierings: []types.Tiering{{AccessTier: types.IntelligentTieringAccessTierArchiveAccess, Days: aws.Int32(90)}}}}
	add(replacedCase{in: tiering}, put(&awss3.GetBucketIntelligentTieringConfigurationInput{Bucket: ofBucket, Id: id}, tiering),
		put(&awss3.DeleteBucketIntelligentTieringConfigurationInput{Bucket: ofBucket, Id: id}, tiering), put(&awss3.ListBucketIntelligentTieringConfigurationsInput{Bucket: ofBucket}, tiering))
}

func addMetadata(add func(...replacedCase)) {
	never := &types.RecordExpiration{Expiration: types.ExpirationStateDisabled}
	v2 := &awss3.CreateBucketMetadataConfigurationInput{Bucket: ofBucket, MetadataConfiguration: &types.MetadataConfiguration{JournalTableConfiguration: &types.JournalTableConfiguration{RecordExpiration: never}}}
	add(replacedCase{in: v2}, put(&awss3.GetBucketMetadataConfigurationInput{Bucket: ofBucket}, v2), put(&awss3.DeleteBucketMetadataConfigurationInput{Bucket: ofBucket}, v2),
		put(&awss3.UpdateBucketMetadataInventoryTableConfigurationInput{Bucket: ofBucket, InventoryTableConfiguration: &types.InventoryTableConfigurationUpdates{ConfigurationState: types.InventoryConfigurationStateEnabled}}, v2),
		put(&awss3.UpdateBucketMetadataJournalTableConfigurationInput{Bucket: ofBucket, JournalTableConfiguration: &types.JournalTableConfigurationUpdates{RecordExpiration: never}}, v2),
		put(&awss3.UpdateBucketMetadataAnnotationTableConfigurationInput{Bucket: ofBucket, AnnotationTableConfiguration: &types.AnnotationTableConfigurationUpdates{ConfigurationState: types.AnnotationConfigurationStateEnabled}}, v2))
	v1 := &awss3.CreateBucketMetadataTableConfigurationInput{Bucket: ofBucket, MetadataTableConfiguration: &types.MetadataTableConfiguration{S3TablesDestination: &types.S3TablesDestination{
		TableBucketArn: aws.String("arn:aws:s3tables:us-east-1:" + owner + ":bucket/b"), TableName: aws.String("t")}}}
	add(replacedCase{in: v1}, put(&awss3.GetBucketMetadataTableConfigurationInput{Bucket: ofBucket}, v1), put(&awss3.DeleteBucketMetadataTableConfigurationInput{Bucket: ofBucket}, v1))
}

// TestEveryBucketOperationIsReplaced proves that no operation on buckets is missing.
func TestEveryBucketOperationIsReplaced(t *testing.T) {
	t.Parallel()
	elsewhere := map[string]bool{"CreateBucket": true, "ListBuckets": true, "PutBucketVersioning": true, "GetBucketVersioning": true}
	cases := replacedCases()
	for _, op := range s3.Of(fakeaws.NewWorld(fakeaws.Config{Services: []fakeaws.Service{s3.Service}})).Ops() {
		if strings.Contains(op.Name, "Bucket") && !elsewhere[op.Name] {
			assert.Contains(t, cases, op.Name)
		}
	}
}

// TestReplacedAccessPoint does the same to access points, and to what has tags.
func TestReplacedAccessPoint(t *testing.T) {
	t.Parallel()
	id, name := aws.String(owner), aws.String("point")
	arn := aws.String("arn:aws:s3:us-east-1:" + owner + ":accesspoint/point")
	bucketARN := aws.String("arn:aws:s3:::" + thisBucket)
	policy := aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + owner + `"},"Action":"s3:GetObject","Resource":"` + *arn + `/object/*"}}`)
	tags := []control.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
	remake := func(ctx context.Context, l *replacedLab) {
		_, err := l.points.DeleteAccessPoint(ctx, &s3control.DeleteAccessPointInput{AccountId: id, Name: name})
		require.NoError(l.t, err)
		_, err = l.points.CreateAccessPoint(ctx, &s3control.CreateAccessPointInput{AccountId: id, Name: name, Bucket: ofBucket})
		require.NoError(l.t, err)
	}
	replace := func(ctx context.Context, l *replacedLab) { l.replace(ctx) }
	for name, c := range map[string]struct {
		in      any
		replace func(context.Context, *replacedLab)
		code    string
	}{
		"GetAccessPoint":             {&s3control.GetAccessPointInput{AccountId: id, Name: name}, remake, "NoSuchAccessPoint"},
		"DeleteAccessPoint":          {&s3control.DeleteAccessPointInput{AccountId: id, Name: name}, remake, "NoSuchAccessPoint"},
		"PutAccessPointPolicy":       {&s3control.PutAccessPointPolicyInput{AccountId: id, Name: name, Policy: policy}, remake, "NoSuchAccessPoint"},
		"GetAccessPointPolicy":       {&s3control.GetAccessPointPolicyInput{AccountId: id, Name: name}, remake, "NoSuchAccessPoint"},
		"DeleteAccessPointPolicy":    {&s3control.DeleteAccessPointPolicyInput{AccountId: id, Name: name}, remake, "NoSuchAccessPoint"},
		"GetAccessPointPolicyStatus": {&s3control.GetAccessPointPolicyStatusInput{AccountId: id, Name: name}, remake, "NoSuchAccessPoint"},
		"through it":                 {&awss3.GetBucketLocationInput{Bucket: arn}, remake, "NoSuchAccessPoint"},
		"through it to the bucket":   {&awss3.GetBucketLocationInput{Bucket: arn}, replace, "NoSuchBucket"},
		"TagResource, point":         {&s3control.TagResourceInput{AccountId: id, ResourceArn: arn, Tags: tags}, remake, "NoSuchResource"},
		"TagResource, bucket":        {&s3control.TagResourceInput{AccountId: id, ResourceArn: bucketARN, Tags: tags}, replace, "NoSuchResource"},
		"UntagResource":              {&s3control.UntagResourceInput{AccountId: id, ResourceArn: bucketARN, TagKeys: []string{"k"}}, replace, "NoSuchResource"},
		"ListTagsForResource":        {&s3control.ListTagsForResourceInput{AccountId: id, ResourceArn: bucketARN}, replace, "NoSuchResource"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			l := newReplacedLab(t)
			var client any = l.user
			if strings.HasSuffix(reflect.TypeOf(c.in).Elem().PkgPath(), "/s3control") {
				client = l.control(l.user)
			}
			replaced := false
			l.between(func() {
				c.replace(ctx, l)
				replaced = true
			})
			assert.Equal(t, c.code, codeOf(t, send(ctx, client, c.in)))
			assert.True(t, replaced, "the call was authorized")
		})
	}
}
