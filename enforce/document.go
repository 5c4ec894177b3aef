package enforce

import (
	"cmp"
	"slices"
	"strings"
)

// A Document is a policy document, element by element, for those who look at policies or
// make them: [Policy.Elements] and [ReadDocument] return it, and [Build] takes it.
type Document struct {
	Version Text // none is 2008-10-17; Build writes 2012-10-17 then
	ID      Text
	// Statements are in the order of the document.
	Statements []StatementElements
	// Size is the number of characters without the white space between tokens.
	Size int

	text string
	line int // of the source's file at which the document starts
	// known are where the statements stand in a file of another format.
	known []Position

	// What statements have is cut off these, which saves making many small slices.
	texts      []Text
	conditions []ConditionElement
}

// A Text is a string in a document.
type Text struct {
	Value string
	// Offset is its place in the document; Build does not look at it.
	Offset int
}

// Texts makes an element of strings, for Build.
func Texts(values ...string) []Text {
	texts := make([]Text, len(values))
	for i, v := range values {
		texts[i].Value = v
	}
	return texts
}

// StatementElements are the elements of a statement. A nil slice is an element that is
// not there.
type StatementElements struct {
	Start, End int // in the document
	Sid        Text
	Effect     Text // "Allow" or "Deny"

	Principal, NotPrincipal []PrincipalElement
	Action, NotAction       []Text
	Resource, NotResource   []Text
	Conditions              []ConditionElement

	invalid []PrincipalElement // that have none of the forms of principals
}

// A PrincipalElement is a principal that a statement names.
type PrincipalElement struct {
	Type string // AWS, Service, Federated, CanonicalUser; "*" for "*" without a type
	Text
}

// Principals makes principals of one type, for Build.
func Principals(kind string, values ...string) []PrincipalElement {
	principals := make([]PrincipalElement, len(values))
	for i, v := range values {
		principals[i] = PrincipalElement{kind, Text{Value: v}}
	}
	return principals
}

// A ConditionElement is an operator, a condition key and values.
type ConditionElement struct {
	// Operator has its qualifiers: "ForAnyValue:StringLikeIfExists".
	Operator Text
	Key      Text
	Values   []Text

	parsed qualified
}

// Condition makes a condition, for Build.
func Condition(operator, key string, values ...string) ConditionElement {
	return ConditionElement{Operator: Text{Value: operator}, Key: Text{Value: key}, Values: Texts(values...)}
}

// Qualifiers takes the operator apart: into its own name, the set operator ForAllValues
// or ForAnyValue if there is one, and whether it ends in IfExists. The name is empty when
// there is no such operator.
func (c *ConditionElement) Qualifiers() (operator, set string, ifExists bool) {
	q, err := parseOperator(c.Operator.Value)
	if err != nil {
		return "", "", false
	}
	return q.op.name, q.set.String(), q.ifExists
}

// ReadDocument reads a policy document as far as it can be read, and returns everything
// that AWS refuses it for; [Parse] returns the first of these errors. The Document is nil
// when the text is no object of JSON.
func ReadDocument(doc string, kind Kind, src Source) (*Document, []*DocumentError) {
	var refusals []*DocumentError
	wrong := func(p *problem) { refusals = append(refusals, newDocumentError(doc, kind, src, p)) }
	d := readDocument(doc, kind, src, wrong)
	if d != nil {
		validate(d, kind, src, wrong)
	}
	return d, refusals
}

// Position returns where an offset is, from 1: in the file that the document came from,
// or else in the document. Where the document was made of a file of another format, what
// is in a statement is where the statement stands, and all else where the document does.
func (d *Document) Position(offset int) (line, column int) {
	if d.known == nil {
		return position(d.text, offset, d.line)
	}
	for i := range min(len(d.Statements), len(d.known)) {
		if s := &d.Statements[i]; offset >= s.Start && offset < s.End {
			return d.known[i].Line, d.known[i].Column
		}
	}
	return max(d.line, 1), 1
}

// Elements returns the elements of the policy's document. Of a policy that [Join] made
// the offsets in a statement are those in the document that it came from.
func (p *Policy) Elements() *Document {
	d := readDocument(p.doc, p.kind, p.source, ignore)
	written := d.Statements
	d.Statements = make([]StatementElements, len(p.statements))
	for i, s := range p.statements {
		if s.policy.doc == p.doc {
			d.Statements[i] = written[s.number]
		} else {
			d.Statements[i] = *s.Elements()
		}
	}
	return d
}

// Elements returns the elements of the statement. Offsets are in the document of its
// policy.
func (s *Statement) Elements() *StatementElements {
	r := reader{doc: s.policy.doc[:s.end], pos: int(s.start)}
	r.value(0, 0, 0)
	elements := new(Document).readStatement(tree{r.doc, r.nodes}, ignore)
	return &elements
}

// ignore is for documents that were parsed before.
var ignore report = func(*problem) {}

// Build makes a policy of elements: its document has no white space. The error is a
// *DocumentError, as [Parse] returns it.
func Build(d *Document, kind Kind, src Source) (*Policy, error) { return Parse(d.String(), kind, src) }

// RenamePrincipals returns the policy with other names for some of its principals, by
// the names that they have. All else in the document stays as it is written.
func (p *Policy) RenamePrincipals(names map[string]string) (*Policy, error) {
	var b strings.Builder
	copied := 0
	for _, s := range p.statements {
		elements := s.Elements()
		principals := slices.Concat(elements.Principal, elements.NotPrincipal)
		for _, principal := range principals {
			name, ok := names[principal.Value]
			if !ok {
				continue
			}
			r := reader{doc: p.doc, pos: principal.Offset}
			r.string()
			b.WriteString(p.doc[copied:principal.Offset] + quoteJSON(name))
			copied = r.pos
		}
	}
	b.WriteString(p.doc[copied:])
	renamed, err := Parse(b.String(), p.kind, p.source)
	if err == nil {
		renamed.written = cmp.Or(p.written, p)
	}
	return renamed, err
}

// String returns the document as JSON, in the order of AWS's grammar and without white
// space. A list of one is written as its element.
func (d *Document) String() string {
	var b strings.Builder
	version := d.Version.Value
	if version == "" {
		version = version2012
	}
	b.WriteString(`{"Version":` + quoteJSON(version))
	writeText(&b, "Id", d.ID)
	b.WriteString(`,"Statement":[`)
	separate := separator(&b)
	for i := range d.Statements {
		separate()
		d.Statements[i].write(&b)
	}
	b.WriteString("]}")
	return b.String()
}

func (s *StatementElements) write(b *strings.Builder) {
	b.WriteByte('{')
	if s.Sid.Value != "" {
		b.WriteString(`"Sid":` + quoteJSON(s.Sid.Value) + ",")
	}
	b.WriteString(`"Effect":` + quoteJSON(s.Effect.Value))
	writePrincipals(b, "Principal", s.Principal)
	writePrincipals(b, "NotPrincipal", s.NotPrincipal)
	writeTexts(b, "Action", s.Action)
	writeTexts(b, "NotAction", s.NotAction)
	writeTexts(b, "Resource", s.Resource)
	writeTexts(b, "NotResource", s.NotResource)
	if s.Conditions != nil {
		b.WriteString(`,"Condition":{`)
		writeGroups(b, s.Conditions, func(c ConditionElement) string { return c.Operator.Value }, func(of []ConditionElement) {
			b.WriteByte('{')
			writeGroups(b, of, func(c ConditionElement) string { return c.Key.Value }, func(of []ConditionElement) {
				var values []Text
				for _, c := range of {
					values = append(values, c.Values...)
				}
				writeList(b, values)
			})
			b.WriteByte('}')
		})
		b.WriteByte('}')
	}
	b.WriteByte('}')
}

func writeText(b *strings.Builder, element string, t Text) {
	if t.Value != "" {
		b.WriteString(`,"` + element + `":` + quoteJSON(t.Value))
	}
}

func writeTexts(b *strings.Builder, element string, list []Text) {
	if list != nil {
		b.WriteString(`,"` + element + `":`)
		writeList(b, list)
	}
}

// writeList writes a list of strings; one alone as itself.
func writeList(b *strings.Builder, list []Text) {
	if len(list) == 1 {
		b.WriteString(quoteJSON(list[0].Value))
		return
	}
	b.WriteByte('[')
	separate := separator(b)
	for _, t := range list {
		separate()
		b.WriteString(quoteJSON(t.Value))
	}
	b.WriteByte(']')
}

func writePrincipals(b *strings.Builder, element string, list []PrincipalElement) {
	if list == nil {
		return
	}
	b.WriteString(`,"` + element + `":`)
	if len(list) == 1 && list[0].Type == "*" {
		b.WriteString(quoteJSON(list[0].Value))
		return
	}
	b.WriteByte('{')
	writeGroups(b, list, func(p PrincipalElement) string { return p.Type }, func(of []PrincipalElement) {
		texts := make([]Text, len(of))
		for i, p := range of {
			texts[i] = p.Text
		}
		writeList(b, texts)
	})
	b.WriteByte('}')
}

// writeGroups writes what has the same name under that name, in the order in which the
// names first appear.
func writeGroups[T any](b *strings.Builder, list []T, name func(T) string, write func([]T)) {
	separate := separator(b)
	for len(list) > 0 {
		first := name(list[0])
		var of, rest []T
		for _, t := range list {
			if name(t) == first {
				of = append(of, t)
			} else {
				rest = append(rest, t)
			}
		}
		separate()
		b.WriteString(quoteJSON(first) + ":")
		write(of)
		list = rest
	}
}
