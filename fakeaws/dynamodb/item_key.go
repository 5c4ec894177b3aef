package dynamodb

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// The bounds of items and their keys (developer guide, "Quotas in Amazon DynamoDB").
const (
	maxItem         = 400 << 10
	maxPartitionKey = 2048
	maxSortKey      = 1024
)

// readItem reads the attributes of a request.
func readItem(item map[string]types.AttributeValue) (value.Map, error) {
	m, err := value.OfItem(item)
	return m, valid(err)
}

// checkKey refuses what is not the key of an item.
func (t *table) checkKey(key value.Map) error {
	each := t.keys.each()
	if len(key) != len(each) {
		return invalid(textSchema)
	}
	for _, k := range each {
		if v, ok := key[k.Name]; !ok || v.Kind() != k.Kind {
			return invalid(textSchema)
		}
	}
	return t.checkKeyValues(key)
}

// checkItem refuses an item that the table cannot have.
func (t *table) checkItem(item value.Map) error {
	for _, k := range t.keys.each() {
		v, ok := item[k.Name]
		if !ok {
			return invalidf(textMissingKey, k.Name)
		}
		if v.Kind() != k.Kind {
			return invalidf(textKeyType, k.Name, k.Kind, v.Kind())
		}
	}
	if err := t.checkKeyValues(item); err != nil {
		return err
	}
	return t.checkIndexKeys(item)
}

func (t *table) checkKeyValues(key value.Map) error {
	for _, k := range t.keys.each() {
		if v := key[k.Name]; v.Kind() != value.N && v.Text() == "" {
			return invalidf(textEmptyKey, strings.ToLower(k.Kind.Type()), k.Name)
		}
	}
	return t.keys.checkSizes(key)
}

// checkSizes refuses keys that are too long: all partition keys, and all sort keys together.
func (k *schema) checkSizes(of value.Map) error {
	size := 0
	for _, key := range k.partitions() {
		size += of[key.Name].Size()
	}
	if size > maxPartitionKey {
		return invalid(textHashSize)
	}
	size = 0
	for _, key := range k.sorts() {
		size += of[key.Name].Size()
	}
	if size > maxSortKey {
		return invalid(textRangeSize)
	}
	return nil
}

// checkIndexKeys refuses values that a key of an index cannot have.
func (t *table) checkIndexKeys(item value.Map) error {
	for _, x := range t.indexes {
		for _, k := range x.keys.each() {
			v, ok := item[k.Name]
			switch {
			case !ok:
			case v.Kind() != k.Kind:
				return invalidf(textIndexType, k.Name, k.Kind, v.Kind(), x.name)
			case v.Kind() != value.N && v.Text() == "":
				return invalidf(textIndexEmpty, strings.ToLower(k.Kind.Type()), x.name, k.Name)
			}
		}
		if err := x.keys.checkSizes(item); err != nil {
			return err
		}
	}
	return nil
}

// find looks an item up by its key, which was checked. The lock is held.
func (t *table) find(key value.Map) *item {
	found, _ := t.items.Get(t.keys.place(key, ""))
	return found
}

// leading is the partition key in a key or an item, as the condition key has it; none where
// the request gives none that the table could have.
func (t *target) leading(key value.Map) []string {
	if t.table == nil {
		return nil
	}
	v, ok := key[t.keys.partition.Name]
	if !ok {
		return nil
	}
	return []string{v.Key()}
}
