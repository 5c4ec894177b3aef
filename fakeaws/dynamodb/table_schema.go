package dynamodb

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/expression"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// The limits of indexes (developer guide, "Quotas in Amazon DynamoDB").
const (
	maxGlobalIndexes = 20
	maxLocalIndexes  = 5
	maxProjected     = 100
)

// definitions are the types of key attributes, by name.
type definitions map[string]value.Kind

func readDefinitions(of []types.AttributeDefinition) (definitions, error) {
	d := make(definitions, len(of))
	for _, a := range of {
		kind, ok := value.KindOf(string(a.AttributeType))
		if !ok || !kind.IsScalar() {
			return nil, invalidf("Member must satisfy enum value set: [B, N, S]")
		}
		d[*a.AttributeName] = kind
	}
	return d, nil
}

func (d definitions) names(of []types.AttributeDefinition) string {
	all := make([]string, len(of))
	for i, a := range of {
		all[i] = aws.ToString(a.AttributeName)
	}
	return strings.Join(all, ", ")
}

// schema reads the key of a table or an index. A global index has up to four partition keys and
// four sort keys (developer guide, "Multi-attribute keys pattern").
func (d definitions) schema(elements []types.KeySchemaElement, of []types.AttributeDefinition, global bool) (schema, error) {
	var k schema
	if len(elements) == 0 || elements[0].KeyType != types.KeyTypeHash {
		return k, invalid(textFirstKey)
	}
	names := make([]string, len(elements))
	for i, e := range elements {
		names[i] = aws.ToString(e.AttributeName)
	}
	for i, name := range names {
		if _, ok := d[name]; !ok {
			return k, invalidf(textUndefined, strings.Join(names, ", "), d.names(of))
		}
		if slices.Contains(names[:i], name) {
			return k, invalid(textSameKey)
		}
	}
	k.partition = expression.Key{Name: names[0], Kind: d[names[0]]}
	for i, e := range elements[1:] {
		key := expression.Key{Name: names[i+1], Kind: d[names[i+1]]}
		switch {
		case e.KeyType == types.KeyTypeHash && (k.sort != nil || !global):
			return k, invalid(textSecondKey)
		case e.KeyType == types.KeyTypeHash:
			k.alsoPartition = append(k.alsoPartition, key)
		case k.sort == nil:
			k.sort = &key
		case !global:
			return k, invalid(textManyKeys)
		default:
			k.alsoSort = append(k.alsoSort, key)
		}
	}
	if len(k.alsoPartition) >= maxKeyParts || len(k.alsoSort) >= maxKeyParts {
		return k, invalid(textManyKeys)
	}
	return k, nil
}

// maxKeyParts is how many partition keys and how many sort keys a global index has.
const maxKeyParts = 4

// elements is the key in the SDK's types.
func (k *schema) elements() []types.KeySchemaElement {
	var all []types.KeySchemaElement
	for _, key := range k.partitions() {
		all = append(all, types.KeySchemaElement{AttributeName: aws.String(key.Name), KeyType: types.KeyTypeHash})
	}
	for _, key := range k.sorts() {
		all = append(all, types.KeySchemaElement{AttributeName: aws.String(key.Name), KeyType: types.KeyTypeRange})
	}
	return all
}

// newIndex reads an index of a table.
func (t *table) newIndex(d definitions, name *string, elements []types.KeySchemaElement, p *types.Projection, of []types.AttributeDefinition, local bool) (*index, error) {
	x := &index{name: aws.ToString(name), local: local}
	if !validName(x.name) {
		return nil, invalid(textName)
	}
	if t.index(x.name) != nil {
		return nil, invalidf(textDuplicateIndex, x.name)
	}
	var err error
	if x.keys, err = d.schema(elements, of, !local); err != nil {
		return nil, err
	}
	x.kind = types.ProjectionTypeAll
	if p != nil && p.ProjectionType != "" {
		x.kind = p.ProjectionType
	}
	if p != nil {
		x.also = slices.Clone(p.NonKeyAttributes)
	}
	if (x.kind == types.ProjectionTypeInclude) != (len(x.also) > 0) {
		return nil, invalid(textProjection)
	}
	x.needs = distinct(append(t.keys.names(), x.keys.names()...))
	return x, nil
}

// checkIndexes refuses more indexes than a table has.
func (t *table) checkIndexes() error {
	global, local, also := 0, 0, 0
	for _, x := range t.indexes {
		also += len(x.also)
		if x.local {
			local++
		} else {
			global++
		}
	}
	switch {
	case global > maxGlobalIndexes:
		return invalidf(textManyIndexes, "Global", maxGlobalIndexes)
	case local > maxLocalIndexes:
		return invalidf(textManyIndexes, "Local", maxLocalIndexes)
	case also > maxProjected:
		return invalid(textManyProjected)
	}
	return nil
}

// checkUse refuses definitions of attributes that are part of no key.
func (t *table) checkUse(d definitions) error {
	used := t.keys.names()
	for _, x := range t.indexes {
		used = append(used, x.keys.names()...)
	}
	used = distinct(used)
	if len(used) == len(d) {
		return nil
	}
	if len(t.indexes) == 0 {
		return invalid(textSuperfluous)
	}
	return invalidf(textSomeUnused, d.names(t.definitions), strings.Join(used, ", "))
}

// checkLocal refuses a local index that has another partition key than its table.
func (t *table) checkLocal(x *index) error {
	switch {
	case t.keys.sort == nil:
		return invalid(textLocalSort)
	case x.keys.partition.Name != t.keys.partition.Name:
		return invalidf(textLocalHash, x.name, x.keys.partition.Name, t.keys.partition.Name)
	case x.keys.sort == nil:
		return invalidf(textLocalNoSort, x.name)
	}
	return nil
}

// setThroughput reads the throughput of a table or an index. An on-demand one has none.
func setThroughput(billing types.BillingMode, p *types.ProvisionedThroughput, to *throughput) error {
	if billing == types.BillingModePayPerRequest {
		if p != nil && (aws.ToInt64(p.ReadCapacityUnits) != 0 || aws.ToInt64(p.WriteCapacityUnits) != 0) {
			return invalid(textThroughputMode)
		}
		*to = throughput{}
		return nil
	}
	if p == nil || p.ReadCapacityUnits == nil || p.WriteCapacityUnits == nil {
		return invalid(textNoThroughput)
	}
	to.read, to.write = *p.ReadCapacityUnits, *p.WriteCapacityUnits
	return nil
}
