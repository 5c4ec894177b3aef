package dynamodb

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A saved is a table of some moment: what a restored table is made of.
type saved struct {
	id          tableID
	uuid        string
	made        time.Time // the table
	keys        schema
	definitions []types.AttributeDefinition
	indexes     []savedIndex
	billing     types.BillingMode
	throughput  throughput
	onDemand    *types.OnDemandThroughput
	class       types.TableClass
	kmsKey      string
	ttl         string
	stream      *types.StreamSpecification
	items       btree.Map[string, *item]
	bytes       int
}

// A savedIndex is an index without its items.
type savedIndex struct {
	name   string
	local  bool
	keys   schema
	kind   types.ProjectionType
	also   []string
	needs  []string
	rate   throughput
	limits *types.OnDemandThroughput
}

// save takes a table as it is. Its items share the nodes of their tree with the table until
// that changes. The lock is held.
func (t *table) save() saved {
	s := saved{
		id: t.id, uuid: t.uuid, made: t.created, keys: t.keys, definitions: t.definitions, billing: t.billing, throughput: t.throughput, onDemand: t.onDemand,
		class: t.class, kmsKey: t.kmsKey, ttl: t.ttl, items: *t.items.Copy(), bytes: t.bytes,
	}
	if x := t.stream; x != nil && x.closed.IsZero() {
		s.stream = &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewType(x.view)}
	}
	for _, x := range t.indexes {
		s.indexes = append(s.indexes, savedIndex{x.name, x.local, x.keys, x.kind, x.also, x.needs, x.rate, x.limits})
	}
	return s
}

// A backup is one that CreateBackup made.
type backup struct {
	saved
	arn, name string
	at        time.Time
}

func (b *backup) details() *types.BackupDetails {
	return &types.BackupDetails{
		BackupArn: &b.arn, BackupName: &b.name, BackupCreationDateTime: &b.at, BackupSizeBytes: aws.Int64(int64(b.bytes)),
		BackupStatus: types.BackupStatusAvailable, BackupType: types.BackupTypeUser,
	}
}

func (b *backup) summary() types.BackupSummary {
	d := b.details()
	return types.BackupSummary{
		BackupArn: d.BackupArn, BackupName: d.BackupName, BackupCreationDateTime: d.BackupCreationDateTime, BackupSizeBytes: d.BackupSizeBytes,
		BackupStatus: d.BackupStatus, BackupType: d.BackupType, TableName: &b.id.name, TableArn: aws.String(b.id.arn()), TableId: &b.uuid,
	}
}

// description is what DescribeBackup tells, with what the table was like.
func (b *backup) description() *types.BackupDescription {
	source := &types.SourceTableDetails{
		TableName: &b.id.name, TableArn: aws.String(b.id.arn()), TableId: &b.uuid, TableCreationDateTime: &b.made, KeySchema: b.keys.elements(), BillingMode: b.billing,
		ItemCount: aws.Int64(int64(b.items.Len())), TableSizeBytes: aws.Int64(int64(b.bytes)), OnDemandThroughput: b.onDemand, ProvisionedThroughput: b.throughput.provisioned(),
	}
	features := &types.SourceTableFeatureDetails{StreamDescription: b.stream}
	if b.ttl != "" {
		features.TimeToLiveDescription = &types.TimeToLiveDescription{AttributeName: &b.ttl, TimeToLiveStatus: types.TimeToLiveStatusEnabled}
	}
	if b.kmsKey != "" {
		features.SSEDescription = &types.SSEDescription{Status: types.SSEStatusEnabled, SSEType: types.SSETypeKms, KMSMasterKeyArn: &b.kmsKey}
	}
	for i := range b.indexes {
		x := &b.indexes[i]
		projection := &types.Projection{ProjectionType: x.kind, NonKeyAttributes: x.also}
		if x.local {
			features.LocalSecondaryIndexes = append(features.LocalSecondaryIndexes, types.LocalSecondaryIndexInfo{IndexName: &x.name, KeySchema: x.keys.elements(), Projection: projection})
			continue
		}
		features.GlobalSecondaryIndexes = append(features.GlobalSecondaryIndexes, types.GlobalSecondaryIndexInfo{
			IndexName: &x.name, KeySchema: x.keys.elements(), Projection: projection, ProvisionedThroughput: x.rate.provisioned(), OnDemandThroughput: x.limits,
		})
	}
	return &types.BackupDescription{BackupDetails: b.details(), SourceTableDetails: source, SourceTableFeatureDetails: features}
}

func (p throughput) provisioned() *types.ProvisionedThroughput {
	return &types.ProvisionedThroughput{ReadCapacityUnits: aws.Int64(p.read), WriteCapacityUnits: aws.Int64(p.write)}
}

// backupARN makes the ARN of a backup that no other has: by its time, and a part that is drawn.
func (s *Fake) backupARN(id tableID) string {
	return fmt.Sprintf("%s/backup/%014d-%s", id.arn(), s.now().UnixMilli(), s.world.IDs().UUID()[:8])
}

// backupNamed reads the ARN of a backup, and finds it: nil where there is none in the region of
// the call. The owner is that of the ARN.
func (s *Fake) backupNamed(call *fakeaws.Call, name string) (found *backup, need fakeaws.Need, err error) {
	parsed, err := arn.Parse(name)
	table, _, ok := strings.Cut(strings.TrimPrefix(parsed.Resource, "table/"), "/backup/")
	if err != nil || parsed.Service != "dynamodb" || !ok || !strings.HasPrefix(parsed.Resource, "table/") || !validName(table) {
		return nil, need, invalidf(textARN, "BackupArn", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if parsed.Region == call.Region {
		found = s.backups[name]
	}
	return found, fakeaws.Need{Action: "dynamodb:" + call.Operation, Resource: name, ResourceAccount: parsed.AccountID}, nil
}

// An undo is a change of a table with point-in-time recovery: what takes it back. It never
// changes.
type undo struct {
	at      time.Time
	old, to *item
}

// remember notes a change for point-in-time recovery. The lock is held.
func (t *table) remember(o outcome, now time.Time) {
	if !t.recovery {
		return
	}
	t.undos = append(t.undos, &undo{now, o.old, o.to})
	t.forgetUndos(now)
}

// forgetUndos drops the changes that are older than what can be restored. The lock is held.
func (t *table) forgetUndos(now time.Time) {
	n := 0
	for n < len(t.undos) && t.undos[n].at.Before(t.earliest(now)) {
		n++
	}
	if n > 0 {
		clear(t.undos[:n])
		t.undos = t.undos[n:]
	}
}

// earliest is the first moment that can be restored: when recovery was enabled, or the beginning
// of its period.
func (t *table) earliest(now time.Time) time.Time {
	begin := now.AddDate(0, 0, -int(cmp.Or(t.recoveryDays, recoveryDays)))
	if begin.Before(t.recoverySince) {
		return t.recoverySince
	}
	return begin
}

// saveAt takes a table as it was at a moment that can be restored. The lock is held.
func (t *table) saveAt(at time.Time) saved {
	s := t.save()
	for i := len(t.undos) - 1; i >= 0 && t.undos[i].at.After(at); i-- {
		u := t.undos[i]
		if u.to != nil {
			s.items.Delete(u.to.key)
			s.bytes -= u.to.size
		}
		if u.old != nil {
			s.items.Set(u.old.key, u.old)
			s.bytes += u.old.size
		}
	}
	return s
}
