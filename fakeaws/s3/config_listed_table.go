package s3

import (
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// inventoryOps are the rows of inventories of buckets.
func (s *Fake) inventoryOps() []fakeaws.Op {
	inventory := &listedConfiguration[types.InventoryConfiguration]{get: "s3:GetInventoryConfiguration", put: "s3:PutInventoryConfiguration",
		of: func(c *configurations) *map[string]*types.InventoryConfiguration { return &c.inventory },
		id: func(cfg *types.InventoryConfiguration) *string { return cfg.Id }, check: checkInventory, keys: inventoryKeys}
	return []fakeaws.Op{
		puttingOne[awss3.PutBucketInventoryConfigurationOutput](s, inventory, func(in *awss3.PutBucketInventoryConfigurationInput) (configurationRef, *types.InventoryConfiguration) {
			return configurationRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Id}, in.InventoryConfiguration
		}),
		gettingOne(s, inventory, func(in *awss3.GetBucketInventoryConfigurationInput) configurationRef {
			return configurationRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Id}
		}, func(cfg *types.InventoryConfiguration) *awss3.GetBucketInventoryConfigurationOutput {
			return &awss3.GetBucketInventoryConfigurationOutput{InventoryConfiguration: cfg}
		}),
		deletingOne[awss3.DeleteBucketInventoryConfigurationOutput](s, inventory, func(in *awss3.DeleteBucketInventoryConfigurationInput) configurationRef {
			return configurationRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Id}
		}),
		listingAll(s, inventory, func(in *awss3.ListBucketInventoryConfigurationsInput) (bucketRef, *string) {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.ContinuationToken
		}, func(list []types.InventoryConfiguration, p configurationPage) *awss3.ListBucketInventoryConfigurationsOutput {
			return &awss3.ListBucketInventoryConfigurationsOutput{InventoryConfigurationList: list, ContinuationToken: p.token, IsTruncated: p.truncated, NextContinuationToken: p.next}
		}),
	}
}

// metricsOps are the rows of metrics of buckets.
func (s *Fake) metricsOps() []fakeaws.Op {
	metrics := &listedConfiguration[types.MetricsConfiguration]{get: "s3:GetMetricsConfiguration", put: "s3:PutMetricsConfiguration",
		of: func(c *configurations) *map[string]*types.MetricsConfiguration { return &c.metrics },
		id: func(cfg *types.MetricsConfiguration) *string { return cfg.Id }}
	return []fakeaws.Op{
		puttingOne[awss3.PutBucketMetricsConfigurationOutput](s, metrics, func(in *awss3.PutBucketMetricsConfigurationInput) (configurationRef, *types.MetricsConfiguration) {
			return configurationRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Id}, in.MetricsConfiguration
		}),
		gettingOne(s, metrics, func(in *awss3.GetBucketMetricsConfigurationInput) configurationRef {
			return configurationRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Id}
		}, func(cfg *types.MetricsConfiguration) *awss3.GetBucketMetricsConfigurationOutput {
			return &awss3.GetBucketMetricsConfigurationOutput{MetricsConfiguration: cfg}
		}),
		deletingOne[awss3.DeleteBucketMetricsConfigurationOutput](s, metrics, func(in *awss3.DeleteBucketMetricsConfigurationInput) configurationRef {
			return configurationRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Id}
		}),
		listingAll(s, metrics, func(in *awss3.ListBucketMetricsConfigurationsInput) (bucketRef, *string) {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.ContinuationToken
		}, func(list []types.MetricsConfiguration, p configurationPage) *awss3.ListBucketMetricsConfigurationsOutput {
			return &awss3.ListBucketMetricsConfigurationsOutput{MetricsConfigurationList: list, ContinuationToken: p.token, IsTruncated: p.truncated, NextContinuationToken: p.next}
		}),
	}
}

// analyticsOps are the rows of storage class analysis.
func (s *Fake) analyticsOps() []fakeaws.Op {
	analytics := &listedConfiguration[types.AnalyticsConfiguration]{get: "s3:GetAnalyticsConfiguration", put: "s3:PutAnalyticsConfiguration",
		of: func(c *configurations) *map[string]*types.AnalyticsConfiguration { return &c.analytics },
		id: func(cfg *types.AnalyticsConfiguration) *string { return cfg.Id }}
	return []fakeaws.Op{
		puttingOne[awss3.PutBucketAnalyticsConfigurationOutput](s, analytics, func(in *awss3.PutBucketAnalyticsConfigurationInput) (configurationRef, *types.AnalyticsConfiguration) {
			return configurationRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Id}, in.AnalyticsConfiguration
		}),
		gettingOne(s, analytics, func(in *awss3.GetBucketAnalyticsConfigurationInput) configurationRef {
			return configurationRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Id}
		}, func(cfg *types.AnalyticsConfiguration) *awss3.GetBucketAnalyticsConfigurationOutput {
			return &awss3.GetBucketAnalyticsConfigurationOutput{AnalyticsConfiguration: cfg}
		}),
		deletingOne[awss3.DeleteBucketAnalyticsConfigurationOutput](s, analytics, func(in *awss3.DeleteBucketAnalyticsConfigurationInput) configurationRef {
			return configurationRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Id}
		}),
		listingAll(s, analytics, func(in *awss3.ListBucketAnalyticsConfigurationsInput) (bucketRef, *string) {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.ContinuationToken
		}, func(list []types.AnalyticsConfiguration, p configurationPage) *awss3.ListBucketAnalyticsConfigurationsOutput {
			return &awss3.ListBucketAnalyticsConfigurationsOutput{AnalyticsConfigurationList: list, ContinuationToken: p.token, IsTruncated: p.truncated, NextContinuationToken: p.next}
		}),
	}
}

// tieringOps are the rows of the archive tiers of S3 Intelligent-Tiering.
func (s *Fake) tieringOps() []fakeaws.Op {
	tiering := &listedConfiguration[types.IntelligentTieringConfiguration]{get: "s3:GetIntelligentTieringConfiguration", put: "s3:PutIntelligentTieringConfiguration",
		of: func(c *configurations) *map[string]*types.IntelligentTieringConfiguration { return &c.tiering },
		id: func(cfg *types.IntelligentTieringConfiguration) *string { return cfg.Id }, check: checkTiering}
	return []fakeaws.Op{
		puttingOne[awss3.PutBucketIntelligentTieringConfigurationOutput](s, tiering, func(in *awss3.PutBucketIntelligentTieringConfigurationInput) (configurationRef, *types.IntelligentTieringConfiguration) {
			return configurationRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Id}, in.IntelligentTieringConfiguration
		}),
		gettingOne(s, tiering, func(in *awss3.GetBucketIntelligentTieringConfigurationInput) configurationRef {
			return configurationRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Id}
		}, func(cfg *types.IntelligentTieringConfiguration) *awss3.GetBucketIntelligentTieringConfigurationOutput {
			return &awss3.GetBucketIntelligentTieringConfigurationOutput{IntelligentTieringConfiguration: cfg}
		}),
		deletingOne[awss3.DeleteBucketIntelligentTieringConfigurationOutput](s, tiering, func(in *awss3.DeleteBucketIntelligentTieringConfigurationInput) configurationRef {
			return configurationRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Id}
		}),
		listingAll(s, tiering, func(in *awss3.ListBucketIntelligentTieringConfigurationsInput) (bucketRef, *string) {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.ContinuationToken
		}, func(list []types.IntelligentTieringConfiguration, p configurationPage) *awss3.ListBucketIntelligentTieringConfigurationsOutput {
			return &awss3.ListBucketIntelligentTieringConfigurationsOutput{IntelligentTieringConfigurationList: list, ContinuationToken: p.token, IsTruncated: p.truncated, NextContinuationToken: p.next}
		}),
	}
}
