package s3

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// minJournalDays is the least age at which the records of a journal table can expire.
const minJournalDays = 7

// tableActive is the status of a table that has been made. Here it is so at once, and
// there are no records: S3 Tables is another service.
const tableActive = "ACTIVE"

// metadataOps are the rows of S3 Metadata. S3 makes the tables once the request has
// been answered; whether the caller may do that in S3 Tables is not asked for the
// request, and not here.
func (s *Fake) metadataOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, s.createBucketMetadataConfiguration),
		bind(s, s.getBucketMetadataConfiguration),
		bind(s, s.deleteBucketMetadataConfiguration),
		bind(s, s.updateBucketMetadataInventoryTableConfiguration),
		bind(s, s.updateBucketMetadataJournalTableConfiguration),
		bind(s, s.updateBucketMetadataAnnotationTableConfiguration),

		bind(s, s.createBucketMetadataTableConfiguration),
		bind(s, s.getBucketMetadataTableConfiguration),
		bind(s, s.deleteBucketMetadataTableConfiguration),
	}
}

// onMetadata is onBucket of an operation on S3 Metadata, which may need more than the
// permission on the bucket.
func onMetadata[O any](s *Fake, call *fakeaws.Call, ref bucketRef, action string, more []fakeaws.Need, do func(*bucket) (O, error)) (*fakeaws.Plan[O], error) {
	b, needs, err := s.askBucket(call, ref, action)
	if err != nil {
		return nil, err
	}
	return withBucket(s, call, b, append(needs, more...), do), nil
}

// metadataConfiguration is a copy of the configuration of a bucket that has one.
func (b *bucket) metadataConfiguration() (*types.MetadataConfigurationResult, error) {
	if b.metadataTables == nil {
		return nil, errNoMetadata.of("BucketName", b.name)
	}
	return copied(b.metadataTables), nil
}

// createBucketMetadataConfiguration makes the tables of a bucket that has none.
func (s *Fake) createBucketMetadataConfiguration(call *fakeaws.Call, in *awss3.CreateBucketMetadataConfigurationInput) (*fakeaws.Plan[*awss3.CreateBucketMetadataConfigurationOutput], error) {
	if !published(call, in) {
		return nil, errMalformedXML.of()
	}
	pass, err := needOfAnnotationTable(in.MetadataConfiguration.AnnotationTableConfiguration)
	if err != nil {
		return nil, err
	}
	return onMetadata(s, call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:CreateBucketMetadataTableConfiguration", pass, func(b *bucket) (*awss3.CreateBucketMetadataConfigurationOutput, error) {
		if b.metadataTables != nil {
			return nil, errMetadataExists.of("BucketName", b.name)
		}
		made, err := s.makeTables(b, in.MetadataConfiguration)
		if err != nil {
			return nil, err
		}
		b.metadataTables = copied(made)
		return new(awss3.CreateBucketMetadataConfigurationOutput), nil
	})
}

func (s *Fake) makeTables(b *bucket, cfg *types.MetadataConfiguration) (*types.MetadataConfigurationResult, error) {
	made := &types.MetadataConfigurationResult{DestinationResult: &types.DestinationResult{
		TableBucketArn: aws.String(tableBucketARN(b)), TableBucketType: types.S3TablesBucketTypeAws, TableNamespace: aws.String("b_" + b.name),
	}}
	if err := checkTableEncryption(cfg.JournalTableConfiguration.EncryptionConfiguration); err != nil {
		return nil, err
	}
	if err := checkRecordExpiration(cfg.JournalTableConfiguration.RecordExpiration); err != nil {
		return nil, err
	}
	made.JournalTableConfigurationResult = &types.JournalTableConfigurationResult{
		RecordExpiration: cfg.JournalTableConfiguration.RecordExpiration,
		TableName:        aws.String("journal"), TableArn: s.tableARN(b), TableStatus: aws.String(tableActive),
	}
	if inventory := cfg.InventoryTableConfiguration; inventory != nil {
		if err := checkTableEncryption(inventory.EncryptionConfiguration); err != nil {
			return nil, err
		}
		made.InventoryTableConfigurationResult = s.inventoryTable(b, inventory.ConfigurationState)
	}
	if annotations := cfg.AnnotationTableConfiguration; annotations != nil {
		made.AnnotationTableConfigurationResult = s.annotationTable(b, annotations.ConfigurationState, annotations.Role)
	}
	return made, nil
}

// getBucketMetadataConfiguration describes the tables of a bucket.
func (s *Fake) getBucketMetadataConfiguration(call *fakeaws.Call, in *awss3.GetBucketMetadataConfigurationInput) (*fakeaws.Plan[*awss3.GetBucketMetadataConfigurationOutput], error) {
	if !published(call, in) {
		return nil, errMalformedXML.of()
	}
	return onMetadata(s, call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:GetBucketMetadataTableConfiguration", nil, func(b *bucket) (*awss3.GetBucketMetadataConfigurationOutput, error) {
		cfg, err := b.metadataConfiguration()
		if err != nil {
			return nil, err
		}
		return &awss3.GetBucketMetadataConfigurationOutput{
			GetBucketMetadataConfigurationResult: &types.GetBucketMetadataConfigurationResult{MetadataConfigurationResult: cfg},
		}, nil
	})
}

// deleteBucketMetadataConfiguration takes the tables away from a bucket.
func (s *Fake) deleteBucketMetadataConfiguration(call *fakeaws.Call, in *awss3.DeleteBucketMetadataConfigurationInput) (*fakeaws.Plan[*awss3.DeleteBucketMetadataConfigurationOutput], error) {
	if !published(call, in) {
		return nil, errMalformedXML.of()
	}
	return onMetadata(s, call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:DeleteBucketMetadataTableConfiguration", nil, func(b *bucket) (*awss3.DeleteBucketMetadataConfigurationOutput, error) {
		if _, err := b.metadataConfiguration(); err != nil {
			return nil, err
		}
		b.metadataTables = nil
		return new(awss3.DeleteBucketMetadataConfigurationOutput), nil
	})
}

// updateBucketMetadataInventoryTableConfiguration enables or disables the inventory table.
func (s *Fake) updateBucketMetadataInventoryTableConfiguration(call *fakeaws.Call, in *awss3.UpdateBucketMetadataInventoryTableConfigurationInput) (*fakeaws.Plan[*awss3.UpdateBucketMetadataInventoryTableConfigurationOutput], error) {
	if !published(call, in) {
		return nil, errMalformedXML.of()
	}
	return onMetadata(s, call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:UpdateBucketMetadataInventoryTableConfiguration", nil, func(b *bucket) (*awss3.UpdateBucketMetadataInventoryTableConfigurationOutput, error) {
		cfg, err := b.metadataV2()
		if err == nil {
			err = checkTableEncryption(in.InventoryTableConfiguration.EncryptionConfiguration)
		}
		if err != nil {
			return nil, err
		}
		state := in.InventoryTableConfiguration.ConfigurationState
		if has := cfg.InventoryTableConfigurationResult; has == nil || has.ConfigurationState != state {
			cfg.InventoryTableConfigurationResult = s.inventoryTable(b, state)
			b.metadataTables = cfg
		}
		return new(awss3.UpdateBucketMetadataInventoryTableConfigurationOutput), nil
	})
}

// updateBucketMetadataJournalTableConfiguration sets when records of the journal table expire.
func (s *Fake) updateBucketMetadataJournalTableConfiguration(call *fakeaws.Call, in *awss3.UpdateBucketMetadataJournalTableConfigurationInput) (*fakeaws.Plan[*awss3.UpdateBucketMetadataJournalTableConfigurationOutput], error) {
	if !published(call, in) {
		return nil, errMalformedXML.of()
	}
	return onMetadata(s, call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:UpdateBucketMetadataJournalTableConfiguration", nil, func(b *bucket) (*awss3.UpdateBucketMetadataJournalTableConfigurationOutput, error) {
		cfg, err := b.metadataV2()
		if err == nil {
			err = checkRecordExpiration(in.JournalTableConfiguration.RecordExpiration)
		}
		if err != nil {
			return nil, err
		}
		cfg.JournalTableConfigurationResult.RecordExpiration = copied(in.JournalTableConfiguration.RecordExpiration)
		b.metadataTables = cfg
		return new(awss3.UpdateBucketMetadataJournalTableConfigurationOutput), nil
	})
}

// inventoryTable is the inventory table in a state. That one which is disabled has no
// name is unverified.
func (s *Fake) inventoryTable(b *bucket, state types.InventoryConfigurationState) *types.InventoryTableConfigurationResult {
	t := &types.InventoryTableConfigurationResult{ConfigurationState: state}
	if state == types.InventoryConfigurationStateEnabled {
		t.TableName, t.TableArn, t.TableStatus = aws.String("inventory"), s.tableARN(b), aws.String(tableActive)
	}
	return t
}

// tableBucketARN is that of the one table bucket where S3 keeps the metadata tables of
// an account in a region (User Guide, "How metadata tables work").
func tableBucketARN(b *bucket) string {
	return fakeaws.ARN("s3tables", b.region, b.owner.ID, "bucket/aws-s3")
}

func (s *Fake) tableARN(b *bucket) *string {
	return aws.String(tableBucketARN(b) + "/table/" + s.world.IDs().UUID())
}

// checkRecordExpiration: with which error S3 refuses days is unverified.
func checkRecordExpiration(e *types.RecordExpiration) error {
	enabled := e.Expiration == types.ExpirationStateEnabled
	if enabled != (e.Days != nil) || enabled && *e.Days < minJournalDays {
		return errMalformedXML.of()
	}
	return nil
}

// checkTableEncryption: a key belongs to SSE-KMS and to nothing else. With which error
// S3 refuses it is unverified.
func checkTableEncryption(e *types.MetadataTableEncryptionConfiguration) error {
	if e != nil && (e.SseAlgorithm == types.TableSseAlgorithmAwsKms) != (e.KmsKeyArn != nil) {
		return errMalformedXML.of()
	}
	return nil
}
