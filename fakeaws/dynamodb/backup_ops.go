package dynamodb

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) backupOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.createBackup), bind(s.describeBackup), bind(s.deleteBackup), bind(s.listBackups),
		bindBounded(admitRestoreFromBackup, s.restoreTableFromBackup), bindBounded(admitRestoreToPointInTime, s.restoreTableToPointInTime),
	}
}

func noTableOfBackup(name string) error {
	return &types.TableNotFoundException{Message: aws.String("Table not found: " + name)}
}

func noBackup(arn string) error {
	return &types.BackupNotFoundException{Message: aws.String("Backup not found: " + arn)}
}

// createBackup keeps a table as it is. It is answered as CREATING, and is AVAILABLE then.
func (s *Fake) createBackup(call *fakeaws.Call, in *dynamodb.CreateBackupInput) (*fakeaws.Plan[*dynamodb.CreateBackupOutput], error) {
	t, err := s.target(call, in.TableName)
	if err != nil {
		return nil, err
	}
	if !validName(*in.BackupName) {
		return nil, invalid(textName)
	}
	return &fakeaws.Plan[*dynamodb.CreateBackupOutput]{Needs: []fakeaws.Need{t.ownNeed(call, "dynamodb:CreateBackup")}, Do: func() (*dynamodb.CreateBackupOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if t.table == nil || t.table.gone {
			return nil, noTableOfBackup(t.id.name)
		}
		s.expire(t.table)
		b := &backup{saved: t.save(), arn: s.backupARN(t.id), name: *in.BackupName, at: s.now()}
		s.backups[b.arn] = b
		call.Finished()
		d := b.details()
		d.BackupStatus = types.BackupStatusCreating
		return &dynamodb.CreateBackupOutput{BackupDetails: d}, nil
	}}, nil
}

// onBackup plans an operation on a backup.
func onBackup[O any](s *Fake, call *fakeaws.Call, arn *string, do func(*backup) O) (*fakeaws.Plan[O], error) {
	b, need, err := s.backupNamed(call, *arn)
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{need}, Do: func() (none O, _ error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if b == nil || s.backups[b.arn] != b {
			return none, noBackup(*arn)
		}
		return do(b), nil
	}}, nil
}

func (s *Fake) describeBackup(call *fakeaws.Call, in *dynamodb.DescribeBackupInput) (*fakeaws.Plan[*dynamodb.DescribeBackupOutput], error) {
	return onBackup(s, call, in.BackupArn, func(b *backup) *dynamodb.DescribeBackupOutput {
		return &dynamodb.DescribeBackupOutput{BackupDescription: b.description()}
	})
}

func (s *Fake) deleteBackup(call *fakeaws.Call, in *dynamodb.DeleteBackupInput) (*fakeaws.Plan[*dynamodb.DeleteBackupOutput], error) {
	return onBackup(s, call, in.BackupArn, func(b *backup) *dynamodb.DeleteBackupOutput {
		delete(s.backups, b.arn)
		d := b.description()
		d.BackupDetails.BackupStatus = types.BackupStatusDeleted
		return &dynamodb.DeleteBackupOutput{BackupDescription: d}
	})
}

// listBackups lists the backups of the caller's account, the oldest first.
func (s *Fake) listBackups(call *fakeaws.Call, in *dynamodb.ListBackupsInput) (*fakeaws.Plan[*dynamodb.ListBackupsOutput], error) {
	of, err := ownTable(call, in.TableName)
	if err != nil {
		return nil, err
	}
	need := fakeaws.Need{Action: "dynamodb:ListBackups", Resource: "*", ResourceAccount: call.Account}
	return &fakeaws.Plan[*dynamodb.ListBackupsOutput]{Needs: []fakeaws.Need{need}, Do: func() (*dynamodb.ListBackupsOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		all := slices.SortedFunc(maps.Values(s.backups), func(a, b *backup) int { return cmp.Or(a.at.Compare(b.at), strings.Compare(a.arn, b.arn)) })
		out := &dynamodb.ListBackupsOutput{BackupSummaries: []types.BackupSummary{}}
		limit := int(cmp.Or(aws.ToInt32(in.Limit), maxListed))
		behind := in.ExclusiveStartBackupArn == nil
		for _, b := range all {
			if !b.listed(call, in, of) {
				continue
			}
			if !behind {
				behind = b.arn == *in.ExclusiveStartBackupArn
				continue
			}
			if len(out.BackupSummaries) == limit {
				out.LastEvaluatedBackupArn = out.BackupSummaries[limit-1].BackupArn
				break
			}
			out.BackupSummaries = append(out.BackupSummaries, b.summary())
		}
		return out, nil
	}}, nil
}

// listed reports whether a backup is one that ListBackups is asked for.
func (b *backup) listed(call *fakeaws.Call, in *dynamodb.ListBackupsInput, table string) bool {
	switch {
	case b.id.account != call.Account || b.id.region != call.Region || table != "" && table != b.id.name:
		return false
	case in.BackupType != "" && in.BackupType != types.BackupTypeFilterUser && in.BackupType != types.BackupTypeFilterAll:
		return false
	}
	return (in.TimeRangeLowerBound == nil || !b.at.Before(*in.TimeRangeLowerBound)) && (in.TimeRangeUpperBound == nil || b.at.Before(*in.TimeRangeUpperBound))
}

// A restoring is what both restores say of the new table.
type restoring struct {
	target     *target
	billing    types.BillingMode
	global     []types.GlobalSecondaryIndex
	local      []types.LocalSecondaryIndex
	onDemand   *types.OnDemandThroughput
	throughput *types.ProvisionedThroughput
	encryption *types.SSESpecification
	key        string
	needs      []fakeaws.Need
}

// restoreActions are the permissions on a table that is restored (developer guide, "Using IAM
// with DynamoDB backup and restore": "DynamoDB read and write permissions on the target table
// are necessary for restore functionality", as the example there has them).
var restoreActions = []string{
	"dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem",
}

// read finds the new table, and the permissions on it and on its key.
func (r *restoring) read(s *Fake, call *fakeaws.Call, name *string) error {
	var err error
	if r.target, err = s.target(call, name); err != nil {
		return err
	}
	if r.target.id.account != call.Account || r.target.id.region != call.Region {
		return invalidf(textForeign, *name)
	}
	for _, action := range restoreActions {
		r.needs = append(r.needs, fakeaws.Need{Action: action, Resource: r.target.id.arn(), ResourceAccount: call.Account, Policy: r.target.document})
	}
	if r.encryption == nil {
		return nil
	}
	var more []fakeaws.Need
	r.key, more, err = s.newKey(call, r.target.id, r.encryption)
	r.needs = append(r.needs, more...)
	return err
}

// keepsKey asks for the key that the new table has of the one that was saved.
func (r *restoring) keepsKey(s *Fake, call *fakeaws.Call, key string) error {
	if r.encryption != nil || key == "" {
		return nil
	}
	r.encryption = &types.SSESpecification{Enabled: aws.Bool(true), KMSMasterKeyId: &key}
	var more []fakeaws.Need
	var err error
	r.key, more, err = s.newKey(call, r.target.id, r.encryption)
	r.needs = append(r.needs, more...)
	return err
}

// readFrom is read for a table that is made of another one.
func (r *restoring) readFrom(s *Fake, call *fakeaws.Call, source *target, name *string) error {
	if err := r.read(s, call, name); err != nil || source.table == nil {
		return err
	}
	s.mu.Lock()
	source.key = source.kmsKey
	s.mu.Unlock()
	return r.keepsKey(s, call, source.key)
}

// restore makes the new table. Tags, policies, streams, time to live and recovery are not
// restored. The lock is held.
func (s *Fake) restore(call *fakeaws.Call, r *restoring, from *saved, of types.RestoreSummary) (*types.TableDescription, error) {
	id := r.target.id
	if s.tables[id] != nil {
		return nil, &types.TableAlreadyExistsException{Message: aws.String("Table already exists: " + id.name)}
	}
	if s.count(id.account, id.region) >= maxTables {
		return nil, limitExceeded(textTables())
	}
	t := &table{id: id, uuid: s.world.IDs().UUID(), created: s.now(), keys: from.keys, definitions: from.definitions, bytes: from.bytes, items: *from.items.Copy()}
	t.billing, t.throughput, t.onDemand, t.class, t.kmsKey = from.billing, from.throughput, cmp.Or(r.onDemand, from.onDemand), from.class, r.key
	if r.billing != "" || r.throughput != nil {
		t.billing = cmp.Or(r.billing, from.billing)
		if err := setThroughput(t.billing, r.throughput, &t.throughput); err != nil {
			return nil, err
		}
	}
	if t.billing == types.BillingModePayPerRequest {
		t.onDemandSince = t.created
	}
	for i := range from.indexes {
		x, err := r.index(&from.indexes[i], t.billing)
		if err != nil {
			return nil, err
		}
		if x == nil {
			continue
		}
		if err := x.fill(call, t); err != nil {
			return nil, err
		}
		t.indexes = append(t.indexes, x)
	}
	if err := r.allFound(from); err != nil {
		return nil, err
	}
	t.definitions = t.used(from.definitions)
	s.tables[id] = t
	call.Finished()
	d := t.creating()
	of.RestoreDateTime, of.RestoreInProgress = cmp.Or(of.RestoreDateTime, &t.created), aws.Bool(true)
	d.RestoreSummary = &of
	return d, nil
}

// index is an index of the new table; nil when the overrides leave it out. An empty override is
// none of them.
func (r *restoring) index(from *savedIndex, billing types.BillingMode) (*index, error) {
	x := &index{name: from.name, local: from.local, keys: from.keys, kind: from.kind, also: from.also, needs: from.needs, rate: from.rate, limits: from.limits}
	if x.local {
		if r.local != nil && !slices.ContainsFunc(r.local, func(l types.LocalSecondaryIndex) bool { return *l.IndexName == x.name }) {
			return nil, nil
		}
		return x, nil
	}
	if r.global == nil {
		if billing == types.BillingModePayPerRequest {
			x.rate = throughput{}
		}
		return x, nil
	}
	i := slices.IndexFunc(r.global, func(g types.GlobalSecondaryIndex) bool { return *g.IndexName == x.name })
	if i < 0 {
		return nil, nil
	}
	return x, setThroughput(billing, r.global[i].ProvisionedThroughput, &x.rate)
}

// allFound refuses overrides with indexes that the source has not: "The indexes provided should
// match existing secondary indexes."
func (r *restoring) allFound(from *saved) error {
	var names []string
	for _, g := range r.global {
		names = append(names, *g.IndexName)
	}
	for _, l := range r.local {
		names = append(names, *l.IndexName)
	}
	for _, name := range names {
		if !slices.ContainsFunc(from.indexes, func(x savedIndex) bool { return x.name == name }) {
			return invalidf(textNoIndex, name)
		}
	}
	return nil
}

// restoreTableFromBackup makes a table of a backup.
func (s *Fake) restoreTableFromBackup(call *fakeaws.Call, in *dynamodb.RestoreTableFromBackupInput) (*fakeaws.Plan[*dynamodb.RestoreTableFromBackupOutput], error) {
	if in.VectorIndexOverride != nil {
		return nil, notImplemented("a vector index")
	}
	b, need, err := s.backupNamed(call, *in.BackupArn)
	if err != nil {
		return nil, err
	}
	r := &restoring{
		billing: in.BillingModeOverride, global: in.GlobalSecondaryIndexOverride, local: in.LocalSecondaryIndexOverride, onDemand: in.OnDemandThroughputOverride,
		throughput: in.ProvisionedThroughputOverride, encryption: in.SSESpecificationOverride,
	}
	if err := r.read(s, call, in.TargetTableName); err != nil {
		return nil, err
	}
	if b != nil {
		if err := r.keepsKey(s, call, b.kmsKey); err != nil {
			return nil, err
		}
	}
	onTarget := need
	onTarget.Resource, onTarget.ResourceAccount = r.target.id.arn(), call.Account
	needs := append([]fakeaws.Need{need, onTarget}, r.needs...)
	return &fakeaws.Plan[*dynamodb.RestoreTableFromBackupOutput]{Needs: needs, Do: func() (*dynamodb.RestoreTableFromBackupOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if b == nil || s.backups[b.arn] != b {
			return nil, noBackup(*in.BackupArn)
		}
		d, err := s.restore(call, r, &b.saved, types.RestoreSummary{SourceBackupArn: &b.arn, SourceTableArn: aws.String(b.id.arn())})
		if err != nil {
			return nil, err
		}
		return &dynamodb.RestoreTableFromBackupOutput{TableDescription: d}, nil
	}}, nil
}

// restoreTableToPointInTime makes a table of another one as it was at a moment since its
// point-in-time recovery was enabled.
func (s *Fake) restoreTableToPointInTime(call *fakeaws.Call, in *dynamodb.RestoreTableToPointInTimeInput) (*fakeaws.Plan[*dynamodb.RestoreTableToPointInTimeOutput], error) {
	if in.VectorIndexOverride != nil {
		return nil, notImplemented("a vector index")
	}
	if (in.SourceTableArn == nil) == (in.SourceTableName == nil) {
		return nil, invalid(textOneSource)
	}
	if (in.RestoreDateTime == nil) == !isTrue(in.UseLatestRestorableTime) {
		return nil, invalid(textOneTime)
	}
	source, err := s.target(call, cmp.Or(in.SourceTableArn, in.SourceTableName))
	if err != nil {
		return nil, err
	}
	if source.id.account != call.Account {
		return nil, invalidf(textForeign, source.named)
	}
	r := &restoring{
		billing: in.BillingModeOverride, global: in.GlobalSecondaryIndexOverride, local: in.LocalSecondaryIndexOverride, onDemand: in.OnDemandThroughputOverride,
		throughput: in.ProvisionedThroughputOverride, encryption: in.SSESpecificationOverride,
	}
	if err := r.readFrom(s, call, source, in.TargetTableName); err != nil {
		return nil, err
	}
	onTarget := source.need("dynamodb:RestoreTableToPointInTime")
	onTarget.Resource, onTarget.ResourceAccount, onTarget.Policy = r.target.id.arn(), call.Account, r.target.document
	needs := append([]fakeaws.Need{source.need("dynamodb:RestoreTableToPointInTime"), onTarget}, r.needs...)
	return &fakeaws.Plan[*dynamodb.RestoreTableToPointInTimeOutput]{Needs: needs, Do: func() (*dynamodb.RestoreTableToPointInTimeOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if source.table == nil || source.table.gone {
			return nil, noTableOfBackup(source.id.name)
		}
		if source.key != source.kmsKey {
			return nil, inUse(textKeyChanged)
		}
		s.expire(source.table)
		at, err := source.restorable(in.RestoreDateTime, s.now())
		if err != nil {
			return nil, err
		}
		from := source.saveAt(at)
		d, err := s.restore(call, r, &from, types.RestoreSummary{RestoreDateTime: &at, SourceTableArn: aws.String(source.id.arn())})
		if err != nil {
			return nil, err
		}
		return &dynamodb.RestoreTableToPointInTimeOutput{TableDescription: d}, nil
	}}, nil
}

// restorable is the moment that is asked for, by default the latest; an error when it cannot be
// restored. The lock is held.
func (t *table) restorable(asked *time.Time, now time.Time) (time.Time, error) {
	if !t.recovery {
		return now, &types.PointInTimeRecoveryUnavailableException{Message: aws.String("Point in time recovery is not enabled for table '" + t.id.name + "'")}
	}
	if asked == nil {
		return now, nil
	}
	if asked.Before(t.earliest(now)) || asked.After(now) {
		return now, &types.InvalidRestoreTimeException{Message: aws.String(textRestoreTime)}
	}
	return *asked, nil
}
