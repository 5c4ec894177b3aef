package s3

import (
	"context"

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
		onMetadata(s, "s3:CreateBucketMetadataTableConfiguration", s.createMetadata, checkCreatedAnnotations),
		onMetadata(s, "s3:GetBucketMetadataTableConfiguration", s.getMetadata),
		onMetadata(s, "s3:DeleteBucketMetadataTableConfiguration", s.deleteMetadata),
		onMetadata(s, "s3:UpdateBucketMetadataInventoryTableConfiguration", s.updateInventoryTable),
		onMetadata(s, "s3:UpdateBucketMetadataJournalTableConfiguration", s.updateJournalTable),
		onMetadata(s, "s3:UpdateBucketMetadataAnnotationTableConfiguration", s.updateAnnotationTable, checkUpdatedAnnotations),

		onMetadata(s, "s3:CreateBucketMetadataTableConfiguration", s.createMetadataV1),
		onMetadata(s, "s3:GetBucketMetadataTableConfiguration", s.getMetadataV1),
		onMetadata(s, "s3:DeleteBucketMetadataTableConfiguration", s.deleteMetadataV1),
	}
}

// onMetadata is the row of an operation that is done with the lock held. What also
// returns is needed besides its action.
func onMetadata[I, O any](s *Fake, action string, do func(*bucket, *I, *O) error, also ...func(*I) ([]fakeaws.Need, error)) fakeaws.Op {
	method := func(ctx context.Context, in *I) (*O, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		b, err := s.bucket(fakeaws.CallFrom(ctx), refOf(in))
		if err != nil {
			return nil, err
		}
		out := new(O)
		if err := do(b, in, out); err != nil {
			return nil, err
		}
		return out, nil
	}
	return fakeaws.BindMethod(method, func(ctx context.Context, in *I) ([]fakeaws.Need, error) {
		if !published(in) {
			return nil, errMalformedXML.of()
		}
		var more []fakeaws.Need
		for _, f := range also {
			needs, err := f(in)
			if err != nil {
				return nil, err
			}
			more = append(more, needs...)
		}
		needs, err := s.bucketNeeds(fakeaws.CallFrom(ctx), refOf(in), action)
		return append(needs, more...), err
	})
}

// metadata is a copy of the configuration of a bucket that has one.
func (b *bucket) metadata() (*types.MetadataConfigurationResult, error) {
	cfg := configured[types.MetadataConfigurationResult](b)
	if cfg == nil {
		return nil, errNoMetadata.of("BucketName", b.name)
	}
	return copied(cfg), nil
}

func (s *Fake) createMetadata(b *bucket, in *awss3.CreateBucketMetadataConfigurationInput, _ *awss3.CreateBucketMetadataConfigurationOutput) error {
	cfg := in.MetadataConfiguration
	if configured[types.MetadataConfigurationResult](b) != nil {
		return errMetadataExists.of("BucketName", b.name)
	}
	made := &types.MetadataConfigurationResult{DestinationResult: &types.DestinationResult{
		TableBucketArn: aws.String(tableBucketARN(b)), TableBucketType: types.S3TablesBucketTypeAws, TableNamespace: aws.String("b_" + b.name),
	}}
	if err := checkTableEncryption(cfg.JournalTableConfiguration.EncryptionConfiguration); err != nil {
		return err
	}
	if err := checkRecordExpiration(cfg.JournalTableConfiguration.RecordExpiration); err != nil {
		return err
	}
	made.JournalTableConfigurationResult = &types.JournalTableConfigurationResult{
		RecordExpiration: cfg.JournalTableConfiguration.RecordExpiration,
		TableName:        aws.String("journal"), TableArn: s.tableARN(b), TableStatus: aws.String(tableActive),
	}
	if inventory := cfg.InventoryTableConfiguration; inventory != nil {
		if err := checkTableEncryption(inventory.EncryptionConfiguration); err != nil {
			return err
		}
		made.InventoryTableConfigurationResult = s.inventoryTable(b, inventory.ConfigurationState)
	}
	if annotations := cfg.AnnotationTableConfiguration; annotations != nil {
		made.AnnotationTableConfigurationResult = s.annotationTable(b, annotations.ConfigurationState, annotations.Role)
	}
	configure(b, copied(made))
	return nil
}

func (s *Fake) getMetadata(b *bucket, _ *awss3.GetBucketMetadataConfigurationInput, out *awss3.GetBucketMetadataConfigurationOutput) error {
	cfg, err := b.metadata()
	out.GetBucketMetadataConfigurationResult = &types.GetBucketMetadataConfigurationResult{MetadataConfigurationResult: cfg}
	return err
}

func (s *Fake) deleteMetadata(b *bucket, _ *awss3.DeleteBucketMetadataConfigurationInput, _ *awss3.DeleteBucketMetadataConfigurationOutput) error {
	if _, err := b.metadata(); err != nil {
		return err
	}
	configure[types.MetadataConfigurationResult](b, nil)
	return nil
}

func (s *Fake) updateInventoryTable(b *bucket, in *awss3.UpdateBucketMetadataInventoryTableConfigurationInput, _ *awss3.UpdateBucketMetadataInventoryTableConfigurationOutput) error {
	cfg, err := b.metadataV2()
	if err == nil {
		err = checkTableEncryption(in.InventoryTableConfiguration.EncryptionConfiguration)
	}
	if err != nil {
		return err
	}
	state := in.InventoryTableConfiguration.ConfigurationState
	if has := cfg.InventoryTableConfigurationResult; has == nil || has.ConfigurationState != state {
		cfg.InventoryTableConfigurationResult = s.inventoryTable(b, state)
		configure(b, cfg)
	}
	return nil
}

func (s *Fake) updateJournalTable(b *bucket, in *awss3.UpdateBucketMetadataJournalTableConfigurationInput, _ *awss3.UpdateBucketMetadataJournalTableConfigurationOutput) error {
	cfg, err := b.metadataV2()
	if err == nil {
		err = checkRecordExpiration(in.JournalTableConfiguration.RecordExpiration)
	}
	if err != nil {
		return err
	}
	cfg.JournalTableConfigurationResult.RecordExpiration = copied(in.JournalTableConfiguration.RecordExpiration)
	configure(b, cfg)
	return nil
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
