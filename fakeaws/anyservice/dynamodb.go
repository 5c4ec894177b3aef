package anyservice

import (
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/catalog"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// An item is what a request of DynamoDB has of one item: the attributes of its key, or all of
// it, and the structure which that is in.
type item struct {
	attributes *wire.Value
	in         *wire.Value
}

// setItemKeys sets dynamodb:LeadingKeys and dynamodb:Attributes as far as the request tells
// them. Which attribute is the partition key, it tells where a key has no other. The attributes
// are those that it names anywhere: where it has expressions, they stay unknown.
func (r *request) setItemKeys(action *catalog.Action, on *resource, keys *enforce.Context) error {
	if action == nil || action.Service.Prefix != "dynamodb" {
		return nil
	}
	items, err := r.items(on)
	if err != nil || len(items) == 0 {
		return err
	}
	var leading, names distinctTexts
	alone, plain := true, true
	for _, it := range items {
		count := 0
		it.attributes.Entries(func(name string, v *wire.Value) {
			count++
			names.add(name)
			text, ok := keyText(v)
			alone = alone && ok
			leading.add(text)
		})
		alone = alone && count == 1
		plain = plain && !hasExpression(it.in)
	}
	if alone && takesKey(action, "dynamodb:LeadingKeys") {
		keys.SetMulti("dynamodb:LeadingKeys", leading.texts)
	}
	if plain && takesKey(action, "dynamodb:Attributes") {
		keys.SetMulti("dynamodb:Attributes", names.texts)
	}
	return nil
}

// distinctTexts are texts in the order in which they came first.
type distinctTexts struct {
	texts []string
	seen  map[string]bool
}

func (d *distinctTexts) add(text string) {
	if d.seen[text] {
		return
	}
	if d.seen == nil {
		d.seen = make(map[string]bool)
	}
	d.seen[text] = true
	d.texts = append(d.texts, text)
}

func takesKey(action *catalog.Action, name string) bool {
	k, ok := action.Service.Key(name)
	return ok && action.HasKey(k)
}

// keyText is the value of a key's attribute as condition keys have it: a text or a number.
func keyText(v *wire.Value) (string, bool) {
	for _, kind := range [...]string{"S", "N"} {
		if text, ok := v.Member(kind).Text(); ok {
			return text, true
		}
	}
	return "", false
}

// namingAttributes are the members of a request that name attributes beside those of keys.
var namingAttributes = []string{
	"AttributesToGet", "ProjectionExpression", "ConditionExpression", "FilterExpression", "KeyConditionExpression",
	"UpdateExpression", "AttributeUpdates", "Expected", "ExpressionAttributeNames",
}

func hasExpression(v *wire.Value) bool {
	for _, name := range namingAttributes {
		if v.Member(name).Exists() {
			return true
		}
	}
	return false
}

// items returns the items of a request that are in a table.
func (r *request) items(on *resource) (all []item, err error) {
	body, err := r.document()
	if err != nil {
		return nil, err
	}
	add := func(in *wire.Value) {
		for _, name := range [...]string{"Key", "Item"} {
			if v := in.Member(name); v.Exists() {
				all = append(all, item{v, in})
			}
		}
	}
	switch r.msg.Operation.Name() {
	case "GetItem", "PutItem", "UpdateItem", "DeleteItem":
		add(body)
	case "BatchGetItem", "BatchWriteItem":
		body.Member("RequestItems").Entries(func(table string, v *wire.Value) {
			if table != on.arn && !strings.HasSuffix(on.arn, ":table/"+table) {
				return
			}
			for _, key := range v.Member("Keys").Elements() {
				all = append(all, item{key, v})
			}
			for _, e := range v.Elements() {
				add(e.Member("PutRequest"))
				add(e.Member("DeleteRequest"))
			}
		})
	case "TransactGetItems", "TransactWriteItems":
		for i, e := range body.Member("TransactItems").Elements() {
			if !on.together(&found{at: []place{{".TransactItems[]", i}}}) {
				continue
			}
			for _, name := range [...]string{"Get", "Put", "Update", "Delete", "ConditionCheck"} {
				add(e.Member(name))
			}
		}
	}
	return all, nil
}
