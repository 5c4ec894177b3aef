package s3

import (
	"slices"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// configurationOps are the rows of what buckets are configured with.
func (s *Fake) configurationOps() []fakeaws.Op {
	return slices.Concat(
		s.corsOps(), s.encryptionOps(), s.lifecycleOps(), s.websiteOps(), s.settingOps(),
		s.inventoryOps(), s.metricsOps(), s.analyticsOps(), s.tieringOps(),
		s.ownershipOps(), s.replicationOps(), s.notificationOps(), s.metadataOps(),
	)
}

// encryptionOps are the rows of the default encryption of buckets.
func (s *Fake) encryptionOps() []fakeaws.Op {
	encryption := &configuration[types.ServerSideEncryptionConfiguration]{get: "s3:GetEncryptionConfiguration", put: "s3:PutEncryptionConfiguration",
		of:     func(c *configurations) **types.ServerSideEncryptionConfiguration { return &c.encryption },
		absent: usual(usualEncryption), check: checkEncryptionConfiguration}
	return []fakeaws.Op{
		putting[awss3.PutBucketEncryptionOutput](s, encryption, func(in *awss3.PutBucketEncryptionInput) (bucketRef, *types.ServerSideEncryptionConfiguration) {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.ServerSideEncryptionConfiguration
		}),
		getting(s, encryption, func(in *awss3.GetBucketEncryptionInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		}, func(cfg *types.ServerSideEncryptionConfiguration) *awss3.GetBucketEncryptionOutput {
			return &awss3.GetBucketEncryptionOutput{ServerSideEncryptionConfiguration: cfg}
		}),
		deleting[awss3.DeleteBucketEncryptionOutput](s, encryption, func(in *awss3.DeleteBucketEncryptionInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		}),
	}
}

// websiteOps are the rows of buckets as websites.
func (s *Fake) websiteOps() []fakeaws.Op {
	website := &configuration[types.WebsiteConfiguration]{get: "s3:GetBucketWebsite", put: "s3:PutBucketWebsite", delete: "s3:DeleteBucketWebsite",
		of:     func(c *configurations) **types.WebsiteConfiguration { return &c.website },
		absent: missing[types.WebsiteConfiguration](errNoSuchWebsite), first: checkProtocols, check: checkWebsite}
	return []fakeaws.Op{
		putting[awss3.PutBucketWebsiteOutput](s, website, func(in *awss3.PutBucketWebsiteInput) (bucketRef, *types.WebsiteConfiguration) {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.WebsiteConfiguration
		}),
		getting(s, website, func(in *awss3.GetBucketWebsiteInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		}, func(cfg *types.WebsiteConfiguration) *awss3.GetBucketWebsiteOutput {
			return &awss3.GetBucketWebsiteOutput{ErrorDocument: cfg.ErrorDocument, IndexDocument: cfg.IndexDocument, RedirectAllRequestsTo: cfg.RedirectAllRequestsTo, RoutingRules: cfg.RoutingRules}
		}),
		deleting[awss3.DeleteBucketWebsiteOutput](s, website, func(in *awss3.DeleteBucketWebsiteInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		}),
	}
}

// settingOps are the rows of what can be set and not deleted: logging, acceleration, who
// pays, and access by tags.
func (s *Fake) settingOps() []fakeaws.Op {
	logging := &configuration[types.BucketLoggingStatus]{get: "s3:GetBucketLogging", put: "s3:PutBucketLogging",
		of:     func(c *configurations) **types.BucketLoggingStatus { return &c.logging },
		absent: usual(types.BucketLoggingStatus{}), admit: (*Fake).admitLogging}
	accelerate := &configuration[types.AccelerateConfiguration]{get: "s3:GetAccelerateConfiguration", put: "s3:PutAccelerateConfiguration",
		of:     func(c *configurations) **types.AccelerateConfiguration { return &c.accelerate },
		absent: usual(types.AccelerateConfiguration{}), admit: (*Fake).admitAccelerate}
	payment := &configuration[types.RequestPaymentConfiguration]{get: "s3:GetBucketRequestPayment", put: "s3:PutBucketRequestPayment",
		of:     func(c *configurations) **types.RequestPaymentConfiguration { return &c.requestPayment },
		absent: usual(types.RequestPaymentConfiguration{Payer: types.PayerBucketOwner})}
	abac := &configuration[types.AbacStatus]{get: "s3:GetBucketAbac", put: "s3:PutBucketAbac",
		of:     func(c *configurations) **types.AbacStatus { return &c.abac },
		absent: usual(types.AbacStatus{Status: types.BucketAbacStatusDisabled})}
	return []fakeaws.Op{
		putting[awss3.PutBucketLoggingOutput](s, logging, func(in *awss3.PutBucketLoggingInput) (bucketRef, *types.BucketLoggingStatus) {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.BucketLoggingStatus
		}),
		getting(s, logging, func(in *awss3.GetBucketLoggingInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		}, func(cfg *types.BucketLoggingStatus) *awss3.GetBucketLoggingOutput {
			return &awss3.GetBucketLoggingOutput{LoggingEnabled: cfg.LoggingEnabled}
		}),

		putting[awss3.PutBucketAccelerateConfigurationOutput](s, accelerate, func(in *awss3.PutBucketAccelerateConfigurationInput) (bucketRef, *types.AccelerateConfiguration) {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.AccelerateConfiguration
		}),
		getting(s, accelerate, func(in *awss3.GetBucketAccelerateConfigurationInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		}, func(cfg *types.AccelerateConfiguration) *awss3.GetBucketAccelerateConfigurationOutput {
			return &awss3.GetBucketAccelerateConfigurationOutput{Status: cfg.Status}
		}),

		putting[awss3.PutBucketRequestPaymentOutput](s, payment, func(in *awss3.PutBucketRequestPaymentInput) (bucketRef, *types.RequestPaymentConfiguration) {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.RequestPaymentConfiguration
		}),
		getting(s, payment, func(in *awss3.GetBucketRequestPaymentInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		}, func(cfg *types.RequestPaymentConfiguration) *awss3.GetBucketRequestPaymentOutput {
			return &awss3.GetBucketRequestPaymentOutput{Payer: cfg.Payer}
		}),

		putting[awss3.PutBucketAbacOutput](s, abac, func(in *awss3.PutBucketAbacInput) (bucketRef, *types.AbacStatus) {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.AbacStatus
		}),
		getting(s, abac, func(in *awss3.GetBucketAbacInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		}, func(cfg *types.AbacStatus) *awss3.GetBucketAbacOutput {
			return &awss3.GetBucketAbacOutput{AbacStatus: cfg}
		}),
	}
}

// usualEncryption is what every bucket has that was configured nothing else: since 2023
// S3 encrypts all new objects with its own keys, and since 2026 it blocks keys of
// customers' own in new buckets.
var usualEncryption = types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{{
	ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAes256},
	BucketKeyEnabled:                   new(bool),
}}}

// defaultEncryption is how objects are encrypted whose request does not say.
func (b *bucket) defaultEncryption() *types.ServerSideEncryptionRule {
	if b.encryption == nil {
		return &usualEncryption.Rules[0]
	}
	return &b.encryption.Rules[0]
}

// paidBy refuses what another account asks of a bucket without saying that it pays
// for it, where the requester is to pay; those without an account cannot (User
// Guide, "Using Requester Pays buckets for storage transfers and usage").
func (b *bucket) paidBy(call *fakeaws.Call) error {
	if b.requesterPays(call) && (call.Anonymous() || !call.Sent("x-amz-request-payer")) {
		return errAccessDenied.of()
	}
	return nil
}

// requesterPays reports whether the caller is to pay in place of the bucket's owner.
func (b *bucket) requesterPays(call *fakeaws.Call) bool {
	return b.requestPayment != nil && b.requestPayment.Payer == types.PayerRequester && call.Account != b.owner.ID
}

// abacEnabled reports whether the tags of a bucket are condition keys.
func (b *bucket) abacEnabled() bool {
	return b.abac != nil && b.abac.Status == types.BucketAbacStatusEnabled
}
