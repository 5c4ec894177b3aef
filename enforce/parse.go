package enforce

import (
	"fmt"
	"slices"
	"strings"
)

const (
	version2008 = "2008-10-17"
	version2012 = "2012-10-17"
)

// MaxDocument is the most characters that a policy document may have; the
// length limit of IAM's policyDocument parameter. Other limits of AWS are quotas
// of the services.
const MaxDocument = 131072

// maxOwnDocument is for the managed policies of AWS, which has longer ones than it
// lets others have.
const maxOwnDocument = 8 * MaxDocument

// maxDocument returns how long a document from a source may be.
func (s *Source) maxDocument() int {
	if s.isOwn() {
		return maxOwnDocument
	}
	return MaxDocument
}

// isOwn reports whether a policy is AWS's own.
func (s *Source) isOwn() bool { return strings.HasPrefix(s.ARN, "arn:aws:iam::aws:policy/") }

// A report takes what is wrong with a document, as it is found. What AWS answers
// is the first.
type report func(*problem)

// readDocument reads the grammar of the policy language: what AWS calls syntax.
// It goes on after a problem, with what could be read; nil when nothing could.
func readDocument(doc string, kind Kind, src Source, wrong report) *Document {
	if most := src.maxDocument(); len(doc) > most {
		wrong(tooLarge(len(doc), most))
		return nil
	}
	root, size, bad := readJSON(doc)
	if bad != nil {
		wrong(notJSON(bad.offset, kind, bad.reason))
		return nil
	}
	if root.kind() != objectNode {
		wrong(notJSON(root.start(), kind, "a policy is an object, not "+root.kind().String()))
		return nil
	}
	d := &Document{Size: size, text: doc, line: src.Line, known: src.Statements, texts: make([]Text, 0, len(root.nodes)), conditions: make([]ConditionElement, 0, len(root.nodes)/8)}
	var statements tree
	for element := root.values(); element.found(); element = element.next() {
		switch element.key() {
		case "Version":
			d.Version = readVersion(element, wrong)
		case "Id":
			d.ID = readString(element, wrong)
		case "Statement":
			statements = element
		default:
			wrong(unknownElement(element))
		}
	}
	if !statements.found() {
		wrong(missing("Statement", root.start()))
		return d
	}
	d.readStatements(statements, wrong)
	return d
}

func (d *Document) readStatements(t tree, wrong report) {
	n := t.count()
	if n == 0 {
		wrong(syntax(t.start(), "Statement has no statements"))
	}
	d.Statements = make([]StatementElements, 0, n)
	for statement := t.list(); statement.found(); statement = statement.next() {
		if statement.kind() != objectNode {
			wrong(syntax(statement.start(), "a statement is an object, not %s", statement.kind()))
			continue
		}
		s := d.readStatement(statement, wrong)
		s.checkElements(wrong)
		d.Statements = append(d.Statements, s)
	}
}

func (d *Document) readStatement(t tree, wrong report) StatementElements {
	s := StatementElements{Start: t.start(), End: t.end()}
	for element := t.values(); element.found(); element = element.next() {
		d.readElement(&s, element, wrong)
	}
	return s
}

func (d *Document) readElement(s *StatementElements, t tree, wrong report) {
	switch t.key() {
	case "Sid":
		s.Sid = readString(t, wrong)
	case "Effect":
		s.Effect = readString(t, wrong)
		if t.kind() == stringNode {
			checkEffect(s.Effect, wrong)
		}
	case "Principal":
		s.Principal = d.readPrincipals(t, wrong)
	case "NotPrincipal":
		s.NotPrincipal = d.readPrincipals(t, wrong)
	case "Action":
		s.Action = d.readStrings(t, wrong)
	case "NotAction":
		s.NotAction = d.readStrings(t, wrong)
	case "Resource":
		s.Resource = d.readStrings(t, wrong)
	case "NotResource":
		s.NotResource = d.readStrings(t, wrong)
	case "Condition":
		s.Conditions = d.readConditions(t, wrong)
	default:
		wrong(unknownElement(t))
	}
}

// checkElements finds elements that must be there and are not, or that exclude
// each other.
func (s *StatementElements) checkElements(wrong report) {
	if s.Effect.Offset == 0 { // where no element's value can stand
		wrong(missing("Effect", s.Start))
	}
	if s.Action != nil && s.NotAction != nil {
		wrong(syntax(s.Start, "a statement has Action or NotAction, not both"))
	}
	if s.Resource != nil && s.NotResource != nil {
		wrong(syntax(s.Start, "a statement has Resource or NotResource, not both"))
	}
	if s.Principal != nil && s.NotPrincipal != nil {
		wrong(syntax(s.Start, "a statement has Principal or NotPrincipal, not both"))
	}
}

// readString reads an element that must be one string.
func readString(t tree, wrong report) Text {
	if t.kind() != stringNode {
		wrong(syntax(t.start(), "%s is a string, not %s", t.key(), t.kind()))
		return Text{Offset: t.start()}
	}
	return Text{t.text(), t.start()}
}

// readVersion reads the Version element.
func readVersion(t tree, wrong report) Text {
	v := readString(t, wrong)
	if t.kind() == stringNode && v.Value != version2008 && v.Value != version2012 {
		wrong(badVersion(v))
	}
	return v
}

// readStrings reads an element that is a string or a list of strings.
func (d *Document) readStrings(t tree, wrong report) []Text {
	return d.readTexts(t, func(k nodeKind) bool { return k == stringNode }, "strings", wrong)
}

// readTexts reads an element that is a scalar or a list of scalars.
func (d *Document) readTexts(t tree, accept func(nodeKind) bool, want string, wrong report) []Text {
	first := len(d.texts)
	for value := t.list(); value.found(); value = value.next() {
		if accept(value.kind()) {
			d.texts = append(d.texts, Text{value.text(), value.start()})
		} else {
			wrong(syntax(value.start(), "%s takes %s, not %s", t.key(), want, value.kind()))
		}
	}
	return since(d.texts, first)
}

// since cuts off what was appended since the slice had a length. It is not nil.
func since[T any](all []T, first int) []T { return all[first:len(all):len(all)] }

// readPrincipals reads "*" or an object by type of principal.
func (d *Document) readPrincipals(t tree, wrong report) []PrincipalElement {
	if t.kind() == stringNode && t.text() == "*" {
		return []PrincipalElement{{"*", Text{"*", t.start()}}}
	}
	principals := []PrincipalElement{}
	if t.kind() != objectNode {
		wrong(&problem{at: t.start(), iam: syntaxErrors, s3: "Invalid principal in policy",
			detail: fmt.Sprintf(`%s is "*" or an object like {"AWS": "…"}`, t.key())})
		return principals
	}
	for of := t.values(); of.found(); of = of.next() {
		if !slices.Contains([]string{"AWS", "Service", "Federated", "CanonicalUser"}, of.key()) {
			wrong(&problem{at: of.keyAt(), iam: syntaxErrors, s3: "Invalid principal in policy",
				detail: fmt.Sprintf("unknown type of principal %q; want AWS, Service, Federated or CanonicalUser", of.key())})
			continue
		}
		for _, v := range d.readStrings(of, wrong) {
			principals = append(principals, PrincipalElement{of.key(), v})
		}
	}
	return principals
}

// readConditions reads operators, keys and values.
func (d *Document) readConditions(t tree, wrong report) []ConditionElement {
	if t.kind() != objectNode {
		wrong(syntax(t.start(), "Condition is an object, not %s", t.kind()))
		return nil
	}
	first := len(d.conditions)
	for operator := t.values(); operator.found(); operator = operator.next() {
		d.readOperator(operator, wrong)
	}
	return since(d.conditions, first)
}

// readOperator reads the conditions of one operator. Booleans and numbers stand
// for their text.
func (d *Document) readOperator(t tree, wrong report) {
	if t.kind() != objectNode {
		wrong(syntax(t.start(), "%s is an object of condition keys, not %s", t.key(), t.kind()))
		return
	}
	q, err := parseOperator(t.key())
	if err != nil {
		wrong(syntax(t.keyAt(), "%v", err))
		return
	}
	scalar := func(k nodeKind) bool { return k == stringNode || k == numberNode || k == boolNode }
	for key := t.values(); key.found(); key = key.next() {
		if key.key() == "" {
			wrong(syntax(key.keyAt(), "%s has an empty condition key", t.key()))
		}
		values := d.readTexts(key, scalar, "strings, numbers and booleans", wrong)
		d.conditions = append(d.conditions, ConditionElement{Text{t.key(), t.keyAt()}, Text{key.key(), key.keyAt()}, values, q})
	}
}
