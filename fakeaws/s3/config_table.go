package s3

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// configurationOps is the table of what buckets are configured with.
func (s *Fake) configurationOps() []fakeaws.Op {
	cors := &configuration[types.CORSConfiguration]{get: "s3:GetBucketCORS", put: "s3:PutBucketCORS",
		absent: missing[types.CORSConfiguration](errNoSuchCORS), check: checkCORS}
	life := &configuration[lifecycle]{get: "s3:GetLifecycleConfiguration", put: "s3:PutLifecycleConfiguration",
		absent: missing[lifecycle](errNoSuchLifecycle), check: checkLifecycle, admit: (*Fake).admitLifecycle}
	website := &configuration[types.WebsiteConfiguration]{get: "s3:GetBucketWebsite", put: "s3:PutBucketWebsite", delete: "s3:DeleteBucketWebsite",
		absent: missing[types.WebsiteConfiguration](errNoSuchWebsite), check: checkWebsite}
	logging := &configuration[types.BucketLoggingStatus]{get: "s3:GetBucketLogging", put: "s3:PutBucketLogging",
		absent: usual(types.BucketLoggingStatus{}), admit: (*Fake).admitLogging}
	accelerate := &configuration[types.AccelerateConfiguration]{get: "s3:GetAccelerateConfiguration", put: "s3:PutAccelerateConfiguration",
		absent: usual(types.AccelerateConfiguration{}), admit: (*Fake).admitAccelerate}
	payment := &configuration[types.RequestPaymentConfiguration]{get: "s3:GetBucketRequestPayment", put: "s3:PutBucketRequestPayment",
		absent: usual(types.RequestPaymentConfiguration{Payer: types.PayerBucketOwner})}
	abac := &configuration[types.AbacStatus]{get: "s3:GetBucketAbac", put: "s3:PutBucketAbac",
		absent: usual(types.AbacStatus{Status: types.BucketAbacStatusDisabled})}
	return slices.Concat([]fakeaws.Op{
		putting[awss3.PutBucketCorsInput, awss3.PutBucketCorsOutput](s, cors),
		getting[awss3.GetBucketCorsInput, awss3.GetBucketCorsOutput](s, cors),
		deleting[awss3.DeleteBucketCorsInput, awss3.DeleteBucketCorsOutput](s, cors),

		putting[awss3.PutBucketEncryptionInput, awss3.PutBucketEncryptionOutput](s, encryption),
		getting[awss3.GetBucketEncryptionInput, awss3.GetBucketEncryptionOutput](s, encryption),
		deleting[awss3.DeleteBucketEncryptionInput, awss3.DeleteBucketEncryptionOutput](s, encryption),

		putting[awss3.PutBucketLifecycleConfigurationInput, awss3.PutBucketLifecycleConfigurationOutput](s, life),
		getting[awss3.GetBucketLifecycleConfigurationInput, awss3.GetBucketLifecycleConfigurationOutput](s, life),
		deleting[awss3.DeleteBucketLifecycleInput, awss3.DeleteBucketLifecycleOutput](s, life),

		putting[awss3.PutBucketWebsiteInput, awss3.PutBucketWebsiteOutput](s, website),
		getting[awss3.GetBucketWebsiteInput, awss3.GetBucketWebsiteOutput](s, website),
		deleting[awss3.DeleteBucketWebsiteInput, awss3.DeleteBucketWebsiteOutput](s, website),

		putting[awss3.PutBucketLoggingInput, awss3.PutBucketLoggingOutput](s, logging),
		getting[awss3.GetBucketLoggingInput, awss3.GetBucketLoggingOutput](s, logging),

		putting[awss3.PutBucketAccelerateConfigurationInput, awss3.PutBucketAccelerateConfigurationOutput](s, accelerate),
		getting[awss3.GetBucketAccelerateConfigurationInput, awss3.GetBucketAccelerateConfigurationOutput](s, accelerate),

		putting[awss3.PutBucketRequestPaymentInput, awss3.PutBucketRequestPaymentOutput](s, payment),
		getting[awss3.GetBucketRequestPaymentInput, awss3.GetBucketRequestPaymentOutput](s, payment),

		putting[awss3.PutBucketAbacInput, awss3.PutBucketAbacOutput](s, abac),
		getting[awss3.GetBucketAbacInput, awss3.GetBucketAbacOutput](s, abac),
	}, s.listedConfigurationOps())
}

// listedConfigurationOps is the table of those of which a bucket may have many.
func (s *Fake) listedConfigurationOps() []fakeaws.Op {
	inventory := &configuration[types.InventoryConfiguration]{get: "s3:GetInventoryConfiguration", put: "s3:PutInventoryConfiguration",
		check: checkInventory, keys: inventoryKeys}
	metrics := &configuration[types.MetricsConfiguration]{get: "s3:GetMetricsConfiguration", put: "s3:PutMetricsConfiguration"}
	analytics := &configuration[types.AnalyticsConfiguration]{get: "s3:GetAnalyticsConfiguration", put: "s3:PutAnalyticsConfiguration"}
	tiering := &configuration[types.IntelligentTieringConfiguration]{get: "s3:GetIntelligentTieringConfiguration", put: "s3:PutIntelligentTieringConfiguration",
		check: checkTiering}
	return []fakeaws.Op{
		puttingOne[awss3.PutBucketInventoryConfigurationInput, awss3.PutBucketInventoryConfigurationOutput](s, inventory),
		gettingOne[awss3.GetBucketInventoryConfigurationInput, awss3.GetBucketInventoryConfigurationOutput](s, inventory),
		deletingOne[awss3.DeleteBucketInventoryConfigurationInput, awss3.DeleteBucketInventoryConfigurationOutput](s, inventory),
		listingAll[awss3.ListBucketInventoryConfigurationsInput, awss3.ListBucketInventoryConfigurationsOutput](s, inventory),

		puttingOne[awss3.PutBucketMetricsConfigurationInput, awss3.PutBucketMetricsConfigurationOutput](s, metrics),
		gettingOne[awss3.GetBucketMetricsConfigurationInput, awss3.GetBucketMetricsConfigurationOutput](s, metrics),
		deletingOne[awss3.DeleteBucketMetricsConfigurationInput, awss3.DeleteBucketMetricsConfigurationOutput](s, metrics),
		listingAll[awss3.ListBucketMetricsConfigurationsInput, awss3.ListBucketMetricsConfigurationsOutput](s, metrics),

		puttingOne[awss3.PutBucketAnalyticsConfigurationInput, awss3.PutBucketAnalyticsConfigurationOutput](s, analytics),
		gettingOne[awss3.GetBucketAnalyticsConfigurationInput, awss3.GetBucketAnalyticsConfigurationOutput](s, analytics),
		deletingOne[awss3.DeleteBucketAnalyticsConfigurationInput, awss3.DeleteBucketAnalyticsConfigurationOutput](s, analytics),
		listingAll[awss3.ListBucketAnalyticsConfigurationsInput, awss3.ListBucketAnalyticsConfigurationsOutput](s, analytics),

		puttingOne[awss3.PutBucketIntelligentTieringConfigurationInput, awss3.PutBucketIntelligentTieringConfigurationOutput](s, tiering),
		gettingOne[awss3.GetBucketIntelligentTieringConfigurationInput, awss3.GetBucketIntelligentTieringConfigurationOutput](s, tiering),
		deletingOne[awss3.DeleteBucketIntelligentTieringConfigurationInput, awss3.DeleteBucketIntelligentTieringConfigurationOutput](s, tiering),
		listingAll[awss3.ListBucketIntelligentTieringConfigurationsInput, awss3.ListBucketIntelligentTieringConfigurationsOutput](s, tiering),
	}
}

// encryption is the default encryption of buckets. Every bucket has one: since
// 2023 S3 encrypts all new objects with its own keys where nothing else is
// configured, and since 2026 it blocks keys of customers' own in new buckets.
var encryption = &configuration[types.ServerSideEncryptionConfiguration]{get: "s3:GetEncryptionConfiguration", put: "s3:PutEncryptionConfiguration",
	absent: usual(types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{{
		ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAes256},
		BucketKeyEnabled:                   aws.Bool(false),
	}}}), check: checkEncryptionConfiguration}

// defaultEncryption is how objects are encrypted whose request does not say.
func (b *bucket) defaultEncryption() *types.ServerSideEncryptionRule {
	cfg, err := encryption.of(b)
	if err != nil {
		return nil // there is always one
	}
	return &cfg.Rules[0]
}

// paidBy refuses what another account asks of a bucket without saying that it pays
// for it, where the requester is to pay; those without an account cannot (User
// Guide, "Using Requester Pays buckets for storage transfers and usage").
func (b *bucket) paidBy(call *fakeaws.Call) error {
	cfg := configured[types.RequestPaymentConfiguration](b)
	if cfg == nil || cfg.Payer != types.PayerRequester || call.Account == b.owner.ID {
		return nil
	}
	if call.Anonymous() || !call.Sent("x-amz-request-payer") {
		return errAccessDenied.of()
	}
	call.Charge()
	return nil
}

// abac reports whether the tags of a bucket are condition keys.
func (b *bucket) abac() bool {
	cfg := configured[types.AbacStatus](b)
	return cfg != nil && cfg.Status == types.BucketAbacStatusEnabled
}
