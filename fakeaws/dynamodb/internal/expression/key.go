package expression

import "github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"

// A Key is an attribute of a key, and its type.
type Key struct {
	Name string
	Kind value.Kind
}

// A Keys is a key condition: which items of a table or an index a query reads.
type Keys struct {
	Partition value.Value
	// Operator is that of the sort key; empty without a condition on it. Low and High are
	// its operands: High of BETWEEN alone.
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

// For applies the condition to a key schema; sort is nil without a sort key.
func (t *Terms) For(partition Key, sort *Key) (*Keys, error) {
	k := new(Keys)
	seen := make(map[string]bool)
	for _, c := range t.all {
		name := c.operands[0].path.Attribute()
		if seen[name] {
			return nil, value.Error(textOnePerKey)
		}
		seen[name] = true
		key := partition
		switch {
		case name == partition.Name:
			if c.operator != "=" {
				return nil, value.Error(textNotSupported)
			}
			k.Partition = c.operands[1].v
		case sort != nil && name == sort.Name:
			key = *sort
			k.Operator, k.Low = c.operator, c.operands[1].v
			if c.operator == "BETWEEN" {
				k.High = c.operands[2].v
			}
		default:
			return nil, t.missing(partition, sort)
		}
		for _, o := range c.operands[1:] {
			if o.v.Kind() != key.Kind || c.operator == "begins_with" && key.Kind == value.N {
				return nil, value.Error(textKeyType)
			}
		}
	}
	if k.Partition.Kind() == value.None {
		return nil, invalidf(textMissesKey, partition.Name)
	}
	return k, nil
}

// missing is the error of a condition on what is no key: that of the first key without one.
func (t *Terms) missing(partition Key, sort *Key) error {
	names := t.Attributes()
	has := func(name string) bool {
		for _, n := range names {
			if n == name {
				return true
			}
		}
		return false
	}
	if !has(partition.Name) {
		return invalidf(textMissesKey, partition.Name)
	}
	if sort != nil && !has(sort.Name) {
		return invalidf(textMissesKey, sort.Name)
	}
	return value.Error(textNotSupported)
}

// Holds reports whether a sort key meets the condition.
func (k *Keys) Holds(sort value.Value) bool {
	switch k.Operator {
	case "":
		return true
	case "BETWEEN":
		return ordered(">=", sort, k.Low) && ordered("<=", sort, k.High)
	}
	return ordered(k.Operator, sort, k.Low)
}

// FilterKey is the error of a filter on a key attribute.
func FilterKey(name string) error { return invalidf(textFilterKey, name) }

// KeyType is the error of a value of another type than the key that it is compared with.
func KeyType() error { return value.Error(textKeyType) }
