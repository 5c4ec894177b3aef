package dynamodb

import (
	"slices"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// An access is what a request wants of items of one table, as DynamoDB's condition keys tell
// it (developer guide, "Using IAM policy conditions for fine-grained access control").
type access struct {
	action string
	// index is the one that is read; empty is the table.
	index string
	// leading are the partition keys of the items, attributes what the request names of
	// them. Placeholders and document paths are resolved: of a path that is the attribute
	// it begins at, unverified.
	leading    []string
	attributes []string
	// more are the values of the second, third and fourth partition key of an index.
	more [3][]string
	// selects is what is read: SPECIFIC_ATTRIBUTES with a projection. For GetItem and
	// BatchGetItem, which have no such parameter, it follows from the projection: otherwise
	// the example policies of the guide would let them read all attributes.
	selects string
	// returns are the values of ReturnValues, and of ReturnValuesOnConditionCheckFailure,
	// which returns attributes as well: each takes the permission. That AWS has the latter
	// in the condition key is unverified; it is there for ConditionCheckItem, which has no
	// other such parameter. "The ReturnValues parameter always has a value (NONE unless
	// otherwise specified)".
	returns   []string
	capacity  string
	enclosing string
	// scan is dynamodb:FullTableScan, of reads by PartiQL: "true" or "false".
	scan string
}

// lead adds a value of a partition key, counted from 0.
func (a *access) lead(i int, v value.Value) {
	of := &a.leading
	if i > 0 {
		of = &a.more[i-1]
	}
	*of = append(*of, v.Key())
}

// needs are the permissions that the access takes on a table.
func (a *access) needs(t *target) []fakeaws.Need {
	resource := t.id.arn()
	if a.index != "" {
		resource += "/index/" + a.index
	}
	need := t.needOn(a.action, resource)
	c := &need.Context
	c.Grow(len(t.labels) + accessKeys)
	if len(a.leading) > 0 { // the two "can be used exchangeable"
		leading := distinct(a.leading)
		c.SetMulti("dynamodb:LeadingKeys", leading)
		c.SetMulti("dynamodb:FirstPartitionKeyValues", leading)
	}
	for i, key := range morePartitionKeys {
		if len(a.more[i]) > 0 {
			c.SetMulti(key, distinct(a.more[i]))
		}
	}
	if len(a.attributes) > 0 {
		c.SetMulti("dynamodb:Attributes", distinct(a.attributes))
	}
	// Any other parameter that is not sent has no key: unverified.
	for _, key := range [...]struct{ name, value string }{
		{"dynamodb:Select", a.selects}, {"dynamodb:ReturnConsumedCapacity", a.capacity}, {"dynamodb:EnclosingOperation", a.enclosing},
		{"dynamodb:FullTableScan", a.scan},
	} {
		if key.value != "" {
			c.Set(key.name, key.value)
		}
	}
	switch len(a.returns) {
	case 0:
		return []fakeaws.Need{need}
	case 1:
		c.Set("dynamodb:ReturnValues", a.returns[0])
		return []fakeaws.Need{need}
	}
	var all []fakeaws.Need
	for _, v := range distinct(a.returns) {
		each := need
		each.Context = need.Context.Clone()
		each.Context.Set("dynamodb:ReturnValues", v)
		all = append(all, each)
	}
	return all
}

// morePartitionKeys are the condition keys of the second partition key and those behind it.
var morePartitionKeys = [...]string{"dynamodb:SecondPartitionKeyValues", "dynamodb:ThirdPartitionKeyValues", "dynamodb:FourthPartitionKeyValues"}

// accessKeys is how many condition keys most accesses have.
const accessKeys = 6

// distinct sorts values and leaves out those that are there twice.
func distinct(values []string) []string {
	if len(values) == 1 {
		return values
	}
	sorted := slices.Sorted(slices.Values(values))
	return slices.Compact(sorted)
}

// returned are the values that a request gives of ReturnValues and its like.
func returned(values ...string) []string {
	return slices.DeleteFunc(values, func(v string) bool { return v == "" })
}
