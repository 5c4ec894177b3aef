package dynamodb

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func textExistsOf(name string) string { return fmt.Sprintf(textExists, name) }

func textTables() string { return fmt.Sprintf(textKeysNumber, maxTables) }

// The throughput that on-demand tables are ready for from the beginning ("DynamoDB warm
// throughput").
const (
	warmReads  = 12000
	warmWrites = 4000
)

// described is the table as DescribeTable tells it. The lock is held.
func (t *table) described() *types.TableDescription {
	d := t.description(types.TableStatusActive, types.IndexStatusActive)
	if t.billing == types.BillingModePayPerRequest {
		d.BillingModeSummary.LastUpdateToPayPerRequestDateTime = timeOf(t.onDemandSince)
	}
	d.WarmThroughput = warmOf(t.warm, t.billing, t.throughput)
	for i, x := range d.GlobalSecondaryIndexes {
		of := t.index(*x.IndexName)
		w := warmOf(of.warm, t.billing, of.rate)
		d.GlobalSecondaryIndexes[i].WarmThroughput = &types.GlobalSecondaryIndexWarmThroughputDescription{
			ReadUnitsPerSecond: w.ReadUnitsPerSecond, WriteUnitsPerSecond: w.WriteUnitsPerSecond, Status: types.IndexStatusActive,
		}
	}
	return d
}

// creating is the answer of CreateTable, which tells of warm throughput if it was asked for.
func (t *table) creating() *types.TableDescription {
	d := t.description(types.TableStatusCreating, types.IndexStatusCreating)
	if t.warm != nil {
		d.WarmThroughput = warmOf(t.warm, t.billing, t.throughput)
		d.WarmThroughput.Status = types.TableStatusUpdating
	}
	return d
}

// deleting is the answer of DeleteTable, which tells less of the table.
func (t *table) deleting() *types.TableDescription {
	d := t.description(types.TableStatusDeleting, types.IndexStatusDeleting)
	d.AttributeDefinitions, d.KeySchema, d.CreationDateTime = nil, nil, nil
	d.GlobalSecondaryIndexes, d.LocalSecondaryIndexes = nil, nil
	return d
}

func warmOf(w *types.WarmThroughput, billing types.BillingMode, rate throughput) *types.TableWarmThroughputDescription {
	read, write := rate.read, rate.write
	if billing == types.BillingModePayPerRequest {
		read, write = warmReads, warmWrites
	}
	if w != nil {
		read, write = max(read, aws.ToInt64(w.ReadUnitsPerSecond)), max(write, aws.ToInt64(w.WriteUnitsPerSecond))
	}
	return &types.TableWarmThroughputDescription{ReadUnitsPerSecond: &read, WriteUnitsPerSecond: &write, Status: types.TableStatusActive}
}

func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// description is what all answers about the table have. The lock is held.
func (t *table) description(status types.TableStatus, indexStatus types.IndexStatus) *types.TableDescription {
	d := &types.TableDescription{
		AttributeDefinitions: t.definitions, KeySchema: t.keys.elements(), CreationDateTime: timeOf(t.created),
		DeletionProtectionEnabled: aws.Bool(t.protected), ItemCount: aws.Int64(int64(t.items.Len())), TableSizeBytes: aws.Int64(int64(t.bytes)),
		ProvisionedThroughput: t.throughput.described(), OnDemandThroughput: t.onDemand,
		TableArn: aws.String(t.id.arn()), TableId: aws.String(t.uuid), TableName: aws.String(t.id.name), TableStatus: status,
	}
	if t.billing == types.BillingModePayPerRequest {
		d.BillingModeSummary = &types.BillingModeSummary{BillingMode: t.billing}
	} else if !t.onDemandSince.IsZero() {
		d.BillingModeSummary = &types.BillingModeSummary{BillingMode: t.billing, LastUpdateToPayPerRequestDateTime: timeOf(t.onDemandSince)}
	}
	if t.class != "" {
		d.TableClassSummary = &types.TableClassSummary{TableClass: t.class, LastUpdateDateTime: timeOf(t.classSince)}
	}
	if t.kmsKey != "" {
		d.SSEDescription = &types.SSEDescription{Status: types.SSEStatusEnabled, SSEType: types.SSETypeKms, KMSMasterKeyArn: aws.String(t.kmsKey)}
	}
	if x := t.stream; x != nil {
		d.LatestStreamArn, d.LatestStreamLabel = aws.String(x.arn), aws.String(x.label)
		if x.closed.IsZero() {
			d.StreamSpecification = &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewType(x.view)}
		}
	}
	for _, x := range t.indexes {
		x.describe(t, d, indexStatus)
	}
	return d
}

// describe adds an index to the description of its table.
func (x *index) describe(t *table, d *types.TableDescription, status types.IndexStatus) {
	projection := &types.Projection{ProjectionType: x.kind, NonKeyAttributes: x.also}
	arn, count, size := t.id.arn()+"/index/"+x.name, int64(x.items.Len()), int64(x.bytes)
	if x.local {
		d.LocalSecondaryIndexes = append(d.LocalSecondaryIndexes, types.LocalSecondaryIndexDescription{
			IndexArn: &arn, IndexName: &x.name, IndexSizeBytes: &size, ItemCount: &count, KeySchema: x.keys.elements(), Projection: projection,
		})
		return
	}
	d.GlobalSecondaryIndexes = append(d.GlobalSecondaryIndexes, types.GlobalSecondaryIndexDescription{
		IndexArn: &arn, IndexName: &x.name, IndexSizeBytes: &size, ItemCount: &count, KeySchema: x.keys.elements(), Projection: projection,
		IndexStatus: status, ProvisionedThroughput: x.rate.described(), OnDemandThroughput: x.limits,
	})
}

func (p throughput) described() *types.ProvisionedThroughputDescription {
	return &types.ProvisionedThroughputDescription{
		ReadCapacityUnits: aws.Int64(p.read), WriteCapacityUnits: aws.Int64(p.write), NumberOfDecreasesToday: aws.Int64(p.decreases),
		LastIncreaseDateTime: timeOf(p.raised), LastDecreaseDateTime: timeOf(p.cut),
	}
}
