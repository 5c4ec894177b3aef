package expression

import (
	"slices"

	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// A Key is an attribute of a key, and its type.
type Key struct {
	Name string
	Kind value.Kind
}

// A Keys is a key condition: which items of a table or an index a query reads.
type Keys struct {
	// Partition are the values of the partition keys, Prefix those of the first sort keys.
	Partition, Prefix []value.Value
	// Operator is that of the sort key behind the prefix; empty without a condition on it. Low
	// and High are its operands: High of BETWEEN alone.
	Operator  string
	Low, High value.Value
}

// A Terms is a key condition that was read, before it is known which attributes are keys.
type Terms struct{ all []*comparison }

// KeyCondition reads a key condition.
func (s *Scope) KeyCondition(text string) (*Terms, error) {
	c, err := s.Condition(KeyCondition, text)
	if err != nil {
		return nil, err
	}
	t := new(Terms)
	return t, t.collect(c.root)
}

func (t *Terms) collect(n node) error {
	switch n := n.(type) {
	case *logical:
		if !n.and {
			return invalidf(textKeyOperator, "OR")
		}
		if err := t.collect(n.a); err != nil {
			return err
		}
		return t.collect(n.b)
	case *negation:
		return invalidf(textKeyOperator, "NOT")
	case *comparison:
		switch n.operator {
		case "=", "<", "<=", ">", ">=", "BETWEEN", "begins_with":
		default:
			return invalidf(textKeyOperator, n.operator)
		}
		if n.operands[0].path == nil || n.operands[0].size {
			return value.Error(textNotSupported)
		}
		for _, o := range n.operands[1:] {
			if o.path != nil {
				return value.Error(textNotSupported)
			}
		}
		if !n.operands[0].path.Simple() {
			return value.Error(textKeyNested)
		}
		t.all = append(t.all, n)
	}
	return nil
}

// Attributes are the attributes that the condition is on, as they stand in it.
func (t *Terms) Attributes() []string {
	var all []string
	for _, c := range t.all {
		all = append(all, c.operands[0].path.Attribute())
	}
	return all
}

// Equal finds the value that an attribute is compared with for equality; false when none is.
func (t *Terms) Equal(name string) (value.Value, bool) {
	for _, c := range t.all {
		if c.operator == "=" && c.operands[0].path.Attribute() == name {
			return c.operands[1].v, true
		}
	}
	return value.Value{}, false
}

// For applies the condition to a key schema. All partition keys must have a value; the sort keys
// are taken in their order, and only the last that has a condition may have another than
// equality.
func (t *Terms) For(partitions, sorts []Key) (*Keys, error) {
	k := new(Keys)
	of := make(map[string]*comparison, len(t.all))
	for _, c := range t.all {
		name := c.operands[0].path.Attribute()
		if of[name] != nil {
			return nil, value.Error(textOnePerKey)
		}
		of[name] = c
	}
	for _, key := range partitions {
		c := of[key.Name]
		if c == nil {
			return nil, invalidf(textMissesKey, key.Name)
		}
		if c.operator != "=" {
			return nil, value.Error(textNotSupported)
		}
		if c.operands[1].v.Kind() != key.Kind {
			return nil, value.Error(textKeyType)
		}
		k.Partition = append(k.Partition, c.operands[1].v)
		delete(of, key.Name)
	}
	for _, key := range sorts {
		c := of[key.Name]
		if c == nil || k.Operator != "" {
			break
		}
		for _, o := range c.operands[1:] {
			if o.v.Kind() != key.Kind || c.operator == "begins_with" && key.Kind == value.N {
				return nil, value.Error(textKeyType)
			}
		}
		k.bound(c)
		delete(of, key.Name)
	}
	if len(of) > 0 {
		return nil, t.missing(sorts, len(k.Prefix))
	}
	return k, nil
}

// bound adds the condition on the next sort key.
func (k *Keys) bound(c *comparison) {
	if c.operator == "=" {
		k.Prefix = append(k.Prefix, c.operands[1].v)
		return
	}
	k.Operator, k.Low = c.operator, c.operands[1].v
	if c.operator == "BETWEEN" {
		k.High = c.operands[2].v
	}
}

// missing is the error of a condition on what is no key, or behind a sort key without one: that
// of the first sort key without a condition.
func (t *Terms) missing(sorts []Key, prefix int) error {
	if prefix < len(sorts) {
		if name := sorts[prefix].Name; !slices.Contains(t.Attributes(), name) {
			return invalidf(textMissesKey, name)
		}
	}
	return value.Error(textNotSupported)
}

// Holds reports whether an item that has all keys is among those of the condition.
func (k *Keys) Holds(partitions, sorts []Key, item value.Map) bool {
	for i, key := range partitions {
		if !item[key.Name].Equal(k.Partition[i]) {
			return false
		}
	}
	for i, v := range k.Prefix {
		if !item[sorts[i].Name].Equal(v) {
			return false
		}
	}
	if k.Operator == "" {
		return true
	}
	sort := item[sorts[len(k.Prefix)].Name]
	if k.Operator == "BETWEEN" {
		return ordered(">=", sort, k.Low) && ordered("<=", sort, k.High)
	}
	return ordered(k.Operator, sort, k.Low)
}

// FilterKey is the error of a filter on a key attribute.
func FilterKey(name string) error { return invalidf(textFilterKey, name) }

// KeyType is the error of a value of another type than the key that it is compared with.
func KeyType() error { return value.Error(textKeyType) }
