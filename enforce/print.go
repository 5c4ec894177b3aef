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
	printObject(&b, root.members, []string{"Version", "Id", "Statement"}, func(m *member) {
		if m.name != "Statement" {
			printScalars(&b, &m.value)
			return
		}
		statements := m.value.list()
		b.WriteByte('[')
		for i := range statements {
			if i > 0 {
				b.WriteByte(',')
			}
			printStatement(&b, &statements[i])
		}
		b.WriteByte(']')
	})
	return b.String()
}

// elements is the order in which AWS's grammar has them.
var elements = []string{"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}

func printStatement(b *strings.Builder, n *node) {
	printObject(b, n.members, elements, func(m *member) { printNested(b, &m.value) })
}

// printNested prints a principal or condition block, or what is not nested.
func printNested(b *strings.Builder, n *node) {
	if n.kind != objectNode {
		printScalars(b, n)
		return
	}
	printObject(b, n.members, nil, func(m *member) { printNested(b, &m.value) })
}

// printObject prints the members that order names first.
func printObject(b *strings.Builder, members []member, order []string, value func(*member)) {
	if order != nil {
		members = slices.Clone(members)
		slices.SortStableFunc(members, func(x, y member) int {
			return slices.Index(order, x.name) - slices.Index(order, y.name)
		})
	}
	b.WriteByte('{')
	for i := range members {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quoteJSON(members[i].name) + ":")
		value(&members[i])
	}
	b.WriteByte('}')
}

// printScalars prints a scalar, or a list of them; numbers and booleans as the
// strings that they stand for.
func printScalars(b *strings.Builder, n *node) {
	switch {
	case n.kind != arrayNode:
		b.WriteString(quoteJSON(n.text))
	case len(n.items) == 1:
		b.WriteString(quoteJSON(n.items[0].text))
	default:
		b.WriteByte('[')
		for i := range n.items {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(quoteJSON(n.items[i].text))
		}
		b.WriteByte(']')
	}
}

// quoteJSON quotes a string without escaping <, > and &, which policies have in
// plenty and which only HTML cares about.
func quoteJSON(s string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // strings always encode, and a Builder takes them
	return strings.TrimSuffix(b.String(), "\n")
}
