package enforce

import (
	"encoding/json"
	"slices"
	"strings"
)

// String returns the policy as canonical JSON: elements in the order of AWS's
// grammar, no white space, a list of one as its element. Parsing it again gives
// the same policy.
func (p *Policy) String() string {
	root, _, _ := readJSON(p.doc) // a policy has no document that cannot be read
	var b strings.Builder
	printObject(&b, root, []string{"Version", "Id", "Statement"}, func(value tree) {
		if value.key() != "Statement" {
			printScalars(&b, value)
			return
		}
		b.WriteByte('[')
		separate := separator(&b)
		for statement := value.list(); statement.found(); statement = statement.next() {
			separate()
			printObject(&b, statement, elements, func(element tree) { printNested(&b, element) })
		}
		b.WriteByte(']')
	})
	return b.String()
}

// elements is the order in which AWS's grammar has them.
var elements = []string{"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}

// printNested prints a principal or condition block, or what is not nested.
func printNested(b *strings.Builder, t tree) {
	if t.kind() != objectNode {
		printScalars(b, t)
		return
	}
	printObject(b, t, nil, func(value tree) { printNested(b, value) })
}

// printObject prints the values that order names first.
func printObject(b *strings.Builder, t tree, order []string, value func(tree)) {
	var values []tree
	for v := t.values(); v.found(); v = v.next() {
		values = append(values, v)
	}
	slices.SortStableFunc(values, func(x, y tree) int {
		return slices.Index(order, x.key()) - slices.Index(order, y.key())
	})
	b.WriteByte('{')
	separate := separator(b)
	for _, v := range values {
		separate()
		b.WriteString(quoteJSON(v.key()) + ":")
		value(v)
	}
	b.WriteByte('}')
}

// printScalars prints a scalar, or a list of them; numbers and booleans as the
// strings that they stand for.
func printScalars(b *strings.Builder, t tree) {
	many := t.kind() == arrayNode && t.count() != 1
	if many {
		b.WriteByte('[')
	}
	separate := separator(b)
	for value := t.list(); value.found(); value = value.next() {
		separate()
		b.WriteString(quoteJSON(value.text()))
	}
	if many {
		b.WriteByte(']')
	}
}

// separator returns what writes a comma each time but the first.
func separator(b *strings.Builder) func() {
	first := true
	return func() {
		if !first {
			b.WriteByte(',')
		}
		first = false
	}
}

// quoteJSON quotes a string without escaping <, > and &, which policies have
// often; only HTML needs the escapes.
func quoteJSON(s string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // strings always encode, and a Builder takes them
	return strings.TrimSuffix(b.String(), "\n")
}
