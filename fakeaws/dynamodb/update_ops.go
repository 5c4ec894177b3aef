package dynamodb

import (
	"cmp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

func (s *Fake) updateTableOps() []fakeaws.Op {
	return []fakeaws.Op{bindBounded(admitUpdate, s.updateTable)}
}

// admitUpdate refuses lists that are far too long before anything looks at their elements: the
// error of the service model would repeat them.
func admitUpdate(in *dynamodb.UpdateTableInput) error {
	if in.GlobalTableWitnessUpdates != nil {
		return notImplemented("UpdateTable of a global table")
	}
	for _, u := range in.GlobalSecondaryIndexUpdates {
		if u.Create != nil && u.Create.Projection != nil && len(u.Create.Projection.NonKeyAttributes) > maxProjected {
			return invalid(textManyProjected)
		}
	}
	return admitDefinitions(in.AttributeDefinitions)
}

// maxDefinitions is more attributes than the keys of a table and its indexes have: unverified.
const maxDefinitions = 256

func admitDefinitions(of []types.AttributeDefinition) error {
	if len(of) > maxDefinitions {
		return invalid(textManyDefinitions)
	}
	return nil
}

// updateTable changes settings and indexes of a table. It is answered as UPDATING, and all is
// done then.
func (s *Fake) updateTable(call *fakeaws.Call, in *dynamodb.UpdateTableInput) (*fakeaws.Plan[*dynamodb.UpdateTableOutput], error) {
	switch {
	case in.ReplicaUpdates != nil || in.MultiRegionConsistency != "" ||
		in.GlobalTableSettingsReplicationMode != "" || in.DisassociationProtectionEnabled != nil:
		return nil, notImplemented("UpdateTable of a global table")
	case in.VectorIndexUpdates != nil:
		return nil, notImplemented("a vector index")
	case nothingIn(in):
		return nil, invalid(textNothing)
	}
	if err := checkStream(in.StreamSpecification); err != nil {
		return nil, err
	}
	t, err := s.target(call, in.TableName)
	if err != nil {
		return nil, err
	}
	key, keyNeeds, err := s.newKey(call, t.id, in.SSESpecification)
	if err != nil {
		return nil, err
	}
	return planOn(s, t, func(t *table) (*dynamodb.UpdateTableOutput, error) {
		if err := s.update(call, t, in); err != nil {
			return nil, err
		}
		before := t.kmsKey
		if in.SSESpecification != nil {
			t.kmsKey = key
		}
		call.Finished()
		d := t.description(types.TableStatusUpdating, types.IndexStatusActive)
		if in.SSESpecification != nil && cmp.Or(before, t.kmsKey) != "" {
			d.SSEDescription = &types.SSEDescription{
				Status: types.SSEStatusUpdating, SSEType: types.SSETypeKms, KMSMasterKeyArn: aws.String(cmp.Or(t.kmsKey, before)),
			}
		}
		return &dynamodb.UpdateTableOutput{TableDescription: d}, nil
	}, append([]fakeaws.Need{t.need("dynamodb:UpdateTable")}, keyNeeds...)...), nil
}

func nothingIn(in *dynamodb.UpdateTableInput) bool {
	return in.BillingMode == "" && in.ProvisionedThroughput == nil && in.StreamSpecification == nil && in.GlobalSecondaryIndexUpdates == nil &&
		in.SSESpecification == nil && in.TableClass == "" && in.DeletionProtectionEnabled == nil && in.OnDemandThroughput == nil && in.WarmThroughput == nil
}

// update applies all or nothing: what can fail comes first. The lock is held.
func (s *Fake) update(call *fakeaws.Call, t *table, in *dynamodb.UpdateTableInput) error {
	next := t.settings
	next.billing = cmp.Or(in.BillingMode, t.billing)
	if in.ProvisionedThroughput != nil || next.billing != t.billing {
		if err := setThroughput(next.billing, in.ProvisionedThroughput, &next.throughput); err != nil {
			return err
		}
		next.throughput.changed(t.throughput, s.now())
	}
	open := t.stream != nil && t.stream.closed.IsZero()
	if spec := in.StreamSpecification; spec != nil && isTrue(spec.StreamEnabled) == open {
		if open {
			return invalidf(textStreamOn, t.id.name)
		}
		return invalidf(textStreamOff, t.id.name)
	}
	indexes, defined, err := s.reindexed(call, t, in, next.billing)
	if err != nil {
		return err
	}
	if next.billing == types.BillingModePayPerRequest && t.billing != next.billing {
		next.onDemandSince = s.now()
		for _, x := range indexes {
			x.rate = throughput{}
		}
	}
	if in.TableClass != "" {
		next.class, next.classSince = in.TableClass, s.now()
	}
	if in.DeletionProtectionEnabled != nil {
		next.protected = *in.DeletionProtectionEnabled
	}
	next.onDemand, next.warm = cmp.Or(in.OnDemandThroughput, t.onDemand), cmp.Or(in.WarmThroughput, t.warm)
	t.settings, t.indexes, t.definitions = next, indexes, defined
	if spec := in.StreamSpecification; spec != nil {
		if isTrue(spec.StreamEnabled) {
			s.openStream(t, spec.StreamViewType)
		} else {
			s.closeStream(t)
		}
	}
	return nil
}

// reindexed are the indexes and definitions of a table after an update. A new index has the
// items at once. The lock is held.
func (s *Fake) reindexed(call *fakeaws.Call, t *table, in *dynamodb.UpdateTableInput, billing types.BillingMode) ([]*index, []types.AttributeDefinition, error) {
	defined := mergeDefinitions(t.definitions, in.AttributeDefinitions)
	if len(in.GlobalSecondaryIndexUpdates) == 0 {
		return t.indexes, t.definitions, nil
	}
	d, err := readDefinitions(defined)
	if err != nil {
		return nil, nil, err
	}
	changes := 0
	for _, u := range in.GlobalSecondaryIndexUpdates {
		if u.Create != nil || u.Delete != nil {
			changes++
		}
	}
	if changes > 1 {
		return nil, nil, limitExceeded(textOneCreate)
	}
	next := &table{keys: t.keys, indexes: slices.Clone(t.indexes)}
	for _, u := range in.GlobalSecondaryIndexUpdates {
		if err := s.reindex(call, t, next, &u, d, defined, billing); err != nil {
			return nil, nil, err
		}
	}
	if err := next.checkIndexes(); err != nil {
		return nil, nil, err
	}
	return next.indexes, next.used(defined), nil
}

// reindex adds an index to next, the table as it will be, changes one or takes it away. The
// lock is held.
func (s *Fake) reindex(call *fakeaws.Call, t, next *table, u *types.GlobalSecondaryIndexUpdate, d definitions, defined []types.AttributeDefinition, billing types.BillingMode) error {
	switch {
	case u.Create != nil:
		x, err := next.newIndex(d, u.Create.IndexName, u.Create.KeySchema, u.Create.Projection, defined, false)
		if err != nil {
			return err
		}
		if err := setThroughput(billing, u.Create.ProvisionedThroughput, &x.rate); err != nil {
			return err
		}
		x.limits, x.warm = u.Create.OnDemandThroughput, u.Create.WarmThroughput
		if err := x.fill(call, t); err != nil {
			return err
		}
		next.indexes = append(next.indexes, x)
	case u.Delete != nil:
		x := next.index(aws.ToString(u.Delete.IndexName))
		if x == nil || x.local {
			return notFound(textNotFound)
		}
		next.indexes = slices.DeleteFunc(next.indexes, func(i *index) bool { return i == x })
	case u.Update != nil:
		x := next.index(aws.ToString(u.Update.IndexName))
		if x == nil || x.local {
			return notFound(textNotFound)
		}
		rate := x.rate
		if u.Update.ProvisionedThroughput != nil {
			if err := setThroughput(billing, u.Update.ProvisionedThroughput, &rate); err != nil {
				return err
			}
			rate.changed(x.rate, s.now())
		}
		x.rate, x.limits, x.warm = rate, cmp.Or(u.Update.OnDemandThroughput, x.limits), cmp.Or(u.Update.WarmThroughput, x.warm)
	}
	return nil
}

// fill has a new index have the items of its table that have its key. Items whose attributes
// are of another type than the key are left out (developer guide, "Managing Global Secondary
// Indexes", "Backfilling"): they are found by its violations there, and here by nothing.
func (x *index) fill(call *fakeaws.Call, t *table) error {
	done := 0
	var left error
	t.items.Scan(func(_ string, i *item) bool {
		if done++; done%1024 == 0 {
			if left = call.Err(); left != nil {
				return false
			}
		}
		x.put(nil, nil, i, i.attributes())
		return true
	})
	return left
}

// admits reports whether an item can be in the index.
func (x *index) admits(attributes value.Map) bool {
	for _, k := range x.keys.each() {
		if v, ok := attributes[k.Name]; !ok || v.Kind() != k.Kind || v.Text() == "" {
			return false
		}
	}
	return x.keys.checkSizes(attributes) == nil
}

// changed notes when throughput was raised and cut.
func (p *throughput) changed(before throughput, now time.Time) {
	if p.read > before.read || p.write > before.write {
		p.raised = now
	}
	if p.read < before.read || p.write < before.write {
		p.cut = now
		p.decreases++
	}
}

// mergeDefinitions are the definitions with those that a request adds or changes.
func mergeDefinitions(have, more []types.AttributeDefinition) []types.AttributeDefinition {
	out := slices.Clone(have)
	for _, m := range more {
		i := slices.IndexFunc(out, func(a types.AttributeDefinition) bool { return *a.AttributeName == *m.AttributeName })
		if i < 0 {
			out = append(out, m)
		}
	}
	return out
}

// used are the definitions of attributes that are part of a key.
func (t *table) used(of []types.AttributeDefinition) []types.AttributeDefinition {
	names := t.keys.names()
	for _, x := range t.indexes {
		names = append(names, x.keys.names()...)
	}
	return slices.DeleteFunc(slices.Clone(of), func(a types.AttributeDefinition) bool { return !slices.Contains(names, *a.AttributeName) })
}
