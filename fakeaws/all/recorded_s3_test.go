package all_test

import (
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// Scenarios of S3: those of buckets are here, those of objects in a file of their own.
var s3Scenarios = map[string]scenario{}

func init() {
	maps.Copy(s3Scenarios, bucketScenarios)
	maps.Copy(s3Scenarios, objectScenarios)
}

var (
	data    = aws.String("data")
	missing = aws.String("not-there")
)

var bucketScenarios = map[string]scenario{
	"s3::TestS3::test_bucket_does_not_exist": func(p *player) {
		p.answer("list_object", &s3.ListObjectsInput{Bucket: missing})
	},
	"s3::TestS3::test_get_bucket_notification_configuration_no_such_bucket": func(p *player) {
		p.answer("expected_error", &s3.GetBucketNotificationConfigurationInput{Bucket: missing})
	},
	"s3::TestS3::test_delete_bucket_no_such_bucket": func(p *player) {
		p.answer("expected_error", &s3.DeleteBucketInput{Bucket: aws.String("does-not-exist-localstack-test")})
	},
	"s3::TestS3::test_delete_non_existing_keys_in_non_existing_bucket": func(p *player) {
		p.answer("error-non-existent-bucket", &s3.DeleteObjectsInput{Bucket: missing, Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: aws.String("key")}}}})
	},
	"s3::TestS3::test_delete_bucket_policy":               bucketPolicy,
	"s3::TestS3::test_get_bucket_policy":                  bucketPolicy,
	"s3_api::TestS3BucketPolicy::test_bucket_policy_crud": bucketPolicy,
	"s3_api::TestS3BucketCRUD::test_delete_versioned_bucket_with_objects": func(p *player) {
		versioned(p)
		put := p.call(putObject("key", "x"))
		marker := p.call(&s3.DeleteObjectInput{Bucket: data, Key: aws.String("key")})
		p.answer("delete-with-obj-and-delete-marker", &s3.DeleteBucketInput{Bucket: data})
		p.answer("delete-obj-by-version", &s3.DeleteObjectInput{Bucket: data, Key: aws.String("key"), VersionId: text(put, "VersionId")})
		p.answer("delete-with-only-delete-marker", &s3.DeleteBucketInput{Bucket: data})
		p.answer("delete-marker-by-version", &s3.DeleteObjectInput{Bucket: data, Key: aws.String("key"), VersionId: text(marker, "VersionId")})
		p.answer("success-delete-bucket", &s3.DeleteBucketInput{Bucket: data})
	},
	"s3_api::TestS3BucketEncryption::test_s3_default_bucket_encryption": func(p *player) {
		bucket(p, "data")
		p.answer("default-bucket-encryption", &s3.GetBucketEncryptionInput{Bucket: data})
		p.answer("delete-bucket-encryption", &s3.DeleteBucketEncryptionInput{Bucket: data})
		p.answer("delete-bucket-encryption-idempotent", &s3.DeleteBucketEncryptionInput{Bucket: data})
	},
	"s3_api::TestS3BucketEncryption::test_s3_default_bucket_encryption_exc": func(p *player) {
		bucket(p, "data")
		aes := types.ServerSideEncryptionRule{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: "AES256"}, BucketKeyEnabled: aws.Bool(true)}
		withKey := types.ServerSideEncryptionRule{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: "AES256", KMSMasterKeyID: aws.String("key")}}
		encrypt := func(name *string, rules ...types.ServerSideEncryptionRule) *s3.PutBucketEncryptionInput {
			return &s3.PutBucketEncryptionInput{Bucket: name, ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: rules}}
		}
		p.answer("delete-bucket-enc-no-bucket", &s3.DeleteBucketEncryptionInput{Bucket: missing})
		p.answer("get-bucket-enc-no-bucket", &s3.GetBucketEncryptionInput{Bucket: missing})
		p.answer("put-bucket-enc-no-bucket", encrypt(missing, aes))
		p.answer("put-bucket-encryption-no-rules", encrypt(data))
		p.answer("put-bucket-encryption-two-rules", encrypt(data, aes, aes))
		p.answer("put-bucket-encryption-kms-with-aes", encrypt(data, withKey))
	},
	"s3_api::TestS3BucketOwnershipControls::test_crud_bucket_ownership_controls": func(p *player) {
		bucket(p, "data")
		p.call(&s3.CreateBucketInput{Bucket: aws.String("other"), ObjectOwnership: types.ObjectOwnershipBucketOwnerPreferred})
		get, remove := &s3.GetBucketOwnershipControlsInput{Bucket: data}, &s3.DeleteBucketOwnershipControlsInput{Bucket: data}
		p.answer("default-ownership", get)
		p.answer("put-ownership", &s3.PutBucketOwnershipControlsInput{Bucket: data, OwnershipControls: &types.OwnershipControls{Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnershipObjectWriter}}}})
		p.answer("get-ownership", get)
		p.answer("delete-ownership", remove)
		p.answer("get-ownership-after-delete", get)
		p.answer("delete-ownership-after-delete", remove)
		p.answer("get-ownership-at-creation", &s3.GetBucketOwnershipControlsInput{Bucket: aws.String("other")})
	},
	"s3_api::TestS3MetricsConfiguration::test_delete_metrics_configuration": func(p *player) {
		metrics(p)
		p.answer("delete_bucket_metrics_configuration", &s3.DeleteBucketMetricsConfigurationInput{Bucket: data, Id: aws.String("id")})
		p.answer("get_bucket_metrics_configuration", &s3.GetBucketMetricsConfigurationInput{Bucket: data, Id: aws.String("id")})
	},
	"s3_api::TestS3MetricsConfiguration::test_delete_metrics_configuration_twice": func(p *player) {
		metrics(p)
		remove := &s3.DeleteBucketMetricsConfigurationInput{Bucket: data, Id: aws.String("id")}
		p.answer("delete_bucket_metrics_configuration_1", remove)
		p.answer("delete_bucket_metrics_configuration_2", remove)
	},
	"s3_api::TestS3MetricsConfiguration::test_get_bucket_metrics_configuration_not_exist": func(p *player) {
		bucket(p, "data")
		p.answer("get_bucket_metrics_configuration", &s3.GetBucketMetricsConfigurationInput{Bucket: data, Id: aws.String("id")})
	},
	"s3_api::TestS3ObjectLock::test_disable_versioning_on_locked_bucket": func(p *player) {
		p.call(&s3.CreateBucketInput{Bucket: data, ObjectLockEnabledForBucket: aws.Bool(true)})
		p.answer("disable-versioning-on-locked-bucket", versioning(types.BucketVersioningStatusSuspended))
		p.answer("enable-versioning-again-on-locked-bucket", versioning(types.BucketVersioningStatusEnabled))
	},
	"s3_api::TestS3ObjectLock::test_put_object_lock_configuration_on_existing_bucket": func(p *player) {
		bucket(p, "data")
		put := &s3.PutObjectLockConfigurationInput{Bucket: data, ObjectLockConfiguration: &types.ObjectLockConfiguration{ObjectLockEnabled: types.ObjectLockEnabledEnabled}}
		p.answer("get-object-lock-existing-bucket-no-config", &s3.GetObjectLockConfigurationInput{Bucket: data})
		p.answer("put-object-lock-existing-bucket-no-versioning", put)
		p.answer("suspended-versioning", versioning(types.BucketVersioningStatusSuspended))
		p.answer("put-object-lock-existing-bucket-versioning-disabled", put)
		p.answer("enabled-versioning", versioning(types.BucketVersioningStatusEnabled))
		p.answer("put-object-lock-existing-bucket-enabled", put)
		p.answer("get-object-lock-existing-bucket-enabled", &s3.GetObjectLockConfigurationInput{Bucket: data})
	},
	"s3_api::TestS3ObjectLock::test_put_object_lock_configuration_exc": lockConfigurations,
	"s3_cors::TestS3Cors::test_get_cors": func(p *player) {
		bucket(p, "data")
		p.answer("get-cors-no-set", &s3.GetBucketCorsInput{Bucket: data})
		p.call(cors(types.CORSRule{AllowedMethods: []string{"GET"}, AllowedOrigins: []string{"*"}}))
		p.answer("get-cors-after-set", &s3.GetBucketCorsInput{Bucket: data})
	},
	"s3_cors::TestS3Cors::test_put_cors": func(p *player) {
		bucket(p, "data")
		p.answer("put-cors", cors(types.CORSRule{
			AllowedOrigins: []string{"https://test.com", "https://app.test.com", "http://test.com:80"}, AllowedMethods: []string{"GET", "PUT", "HEAD"}, MaxAgeSeconds: aws.Int32(3000),
			AllowedHeaders: []string{"x-amz-expected-bucket-owner", "x-amz-server-side-encryption-customer-algorithm"},
		}))
		p.answer("get-cors", &s3.GetBucketCorsInput{Bucket: data})
	},
	"s3_cors::TestS3Cors::test_put_cors_invalid_rules": func(p *player) {
		bucket(p, "data")
		p.answer("put-cors-exc", cors(types.CORSRule{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"MYMETHOD"}}))
		p.answer("put-cors-exc-empty", cors())
	},
}

func cors(rules ...types.CORSRule) *s3.PutBucketCorsInput {
	return &s3.PutBucketCorsInput{Bucket: data, CORSConfiguration: &types.CORSConfiguration{CORSRules: rules}}
}

func metrics(p *player) {
	bucket(p, "data")
	p.call(&s3.PutBucketMetricsConfigurationInput{Bucket: data, Id: aws.String("id"), MetricsConfiguration: &types.MetricsConfiguration{Id: aws.String("id")}})
}

func versioning(status types.BucketVersioningStatus) *s3.PutBucketVersioningInput {
	return &s3.PutBucketVersioningInput{Bucket: data, VersioningConfiguration: &types.VersioningConfiguration{Status: status}}
}

func versioned(p *player) {
	bucket(p, "data")
	p.call(versioning(types.BucketVersioningStatusEnabled))
}

func putObject(key, body string) *s3.PutObjectInput {
	return &s3.PutObjectInput{Bucket: data, Key: &key, Body: strings.NewReader(body)}
}

func bucketPolicy(p *player) {
	bucket(p, "data")
	p.call(&s3.DeletePublicAccessBlockInput{Bucket: data})
	get, remove := &s3.GetBucketPolicyInput{Bucket: data}, &s3.DeleteBucketPolicyInput{Bucket: data}
	crud := at(p.recorded, "get-bucket-default-policy") != nil
	p.answer("get-bucket-default-policy", get)
	if !crud && p.recorded["delete-bucket-policy"] == nil {
		p.answer("get-bucket-policy-no-such-bucket-policy", get)
	}
	p.answer("put-bucket-policy", &s3.PutBucketPolicyInput{Bucket: data, Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"}]}`)})
	p.answer("get-bucket-policy", get)
	p.answer("get-bucket-policy-with-expected-bucket-owner", &s3.GetBucketPolicyInput{Bucket: data, ExpectedBucketOwner: aws.String(worldtest.Account)})
	p.answer("get-bucket-policy-with-expected-bucket-owner-error", &s3.GetBucketPolicyInput{Bucket: data, ExpectedBucketOwner: aws.String("000000000002")})
	p.answer("delete-bucket-policy", remove)
	p.answer("get-bucket-policy-after-delete", get)
	p.answer("delete-bucket-policy-after-delete", remove)
	if p.recorded["delete-bucket-policy"] != nil {
		p.answer("get-bucket-policy-no-such-bucket-policy", get)
	}
}

func lockConfigurations(p *player) {
	p.call(&s3.CreateBucketInput{Bucket: data, ObjectLockEnabledForBucket: aws.Bool(true)})
	rule := func(r *types.DefaultRetention) *types.ObjectLockConfiguration {
		return &types.ObjectLockConfiguration{ObjectLockEnabled: types.ObjectLockEnabledEnabled, Rule: &types.ObjectLockRule{DefaultRetention: r}}
	}
	for answer, configuration := range map[string]*types.ObjectLockConfiguration{
		"put-lock-config-empty":           {},
		"put-lock-config-no-enabled":      {Rule: &types.ObjectLockRule{DefaultRetention: &types.DefaultRetention{Mode: types.ObjectLockRetentionModeGovernance, Days: aws.Int32(1)}}},
		"put-lock-config-empty-rule":      rule(nil),
		"put-lock-config-empty-retention": rule(&types.DefaultRetention{}),
		"put-lock-config-no-days":         rule(&types.DefaultRetention{Mode: types.ObjectLockRetentionModeGovernance}),
		"put-lock-config-both-days-years": rule(&types.DefaultRetention{Mode: types.ObjectLockRetentionModeGovernance, Days: aws.Int32(1), Years: aws.Int32(1)}),
		"put-lock-config-bad-mode":        rule(&types.DefaultRetention{Mode: "BAD-MODE", Days: aws.Int32(1)}),
	} {
		p.answer(answer, &s3.PutObjectLockConfigurationInput{Bucket: data, ObjectLockConfiguration: configuration})
	}
}
