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

// A document is a policy as it was written, with the place of everything.
type document struct {
	version    text
	statements []rawStatement
	size       int

	// What statements have is cut off these, which saves making many small slices.
	texts      []text
	conditions []conditionText
}

// A text is a string in a document.
type text struct {
	value string
	at    int
}

// A rawStatement is a statement as it was written. A nil slice is an element
// that is not there.
type rawStatement struct {
	start, end int
	sid        text
	effect     text

	principal, notPrincipal []principalText
	action, notAction       []text
	resource, notResource   []text
	conditions              []conditionText

	invalid []principalText // that name nobody
}

type principalText struct {
	kind string // AWS, Service, Federated, CanonicalUser; "*" for the bare string
	text
}

type conditionText struct {
	qualified
	operator text
	key      text
	values   []text
}

// A report takes what is wrong with a document, as it is found. What AWS answers
// is the first.
type report func(*problem)

// readDocument reads the grammar of the policy language: what AWS calls syntax.
// It goes on after a problem, with what could be read; nil when nothing could.
func readDocument(doc string, kind Kind, src Source, wrong report) *document {
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
	d := &document{size: size, texts: make([]text, 0, len(root.nodes)), conditions: make([]conditionText, 0, len(root.nodes)/8)}
	var statements tree
	for element := root.values(); element.found(); element = element.next() {
		switch element.key() {
		case "Version":
			d.version = readVersion(element, wrong)
		case "Id":
			readString(element, wrong)
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

func (d *document) readStatements(t tree, wrong report) {
	n := t.count()
	if n == 0 {
		wrong(syntax(t.start(), "Statement has no statements"))
	}
	d.statements = make([]rawStatement, 0, n)
	for statement := t.list(); statement.found(); statement = statement.next() {
		if statement.kind() != objectNode {
			wrong(syntax(statement.start(), "a statement is an object, not %s", statement.kind()))
			continue
		}
		s := rawStatement{start: statement.start(), end: statement.end()}
		for element := statement.values(); element.found(); element = element.next() {
			d.readElement(&s, element, wrong)
		}
		s.checkElements(wrong)
		d.statements = append(d.statements, s)
	}
}

func (d *document) readElement(s *rawStatement, t tree, wrong report) {
	switch t.key() {
	case "Sid":
		s.sid = readString(t, wrong)
	case "Effect":
		s.effect = readString(t, wrong)
		if t.kind() == stringNode {
			checkEffect(s.effect, wrong)
		}
	case "Principal":
		s.principal = d.readPrincipals(t, wrong)
	case "NotPrincipal":
		s.notPrincipal = d.readPrincipals(t, wrong)
	case "Action":
		s.action = d.readStrings(t, wrong)
	case "NotAction":
		s.notAction = d.readStrings(t, wrong)
	case "Resource":
		s.resource = d.readStrings(t, wrong)
	case "NotResource":
		s.notResource = d.readStrings(t, wrong)
	case "Condition":
		s.conditions = d.readConditions(t, wrong)
	default:
		wrong(unknownElement(t))
	}
}

// checkElements finds elements that must be there and are not, or that exclude
// each other.
func (s *rawStatement) checkElements(wrong report) {
	if s.effect.at == 0 { // where no element's value can stand
		wrong(missing("Effect", s.start))
	}
	if s.action != nil && s.notAction != nil {
		wrong(syntax(s.start, "a statement has Action or NotAction, not both"))
	}
	if s.resource != nil && s.notResource != nil {
		wrong(syntax(s.start, "a statement has Resource or NotResource, not both"))
	}
	if s.principal != nil && s.notPrincipal != nil {
		wrong(syntax(s.start, "a statement has Principal or NotPrincipal, not both"))
	}
}

// readString reads an element that must be one string.
func readString(t tree, wrong report) text {
	if t.kind() != stringNode {
		wrong(syntax(t.start(), "%s is a string, not %s", t.key(), t.kind()))
		return text{at: t.start()}
	}
	return text{t.text(), t.start()}
}

// readVersion reads the Version element.
func readVersion(t tree, wrong report) text {
	v := readString(t, wrong)
	if t.kind() == stringNode && v.value != version2008 && v.value != version2012 {
		wrong(badVersion(v))
	}
	return v
}

// readStrings reads an element that is a string or a list of strings.
func (d *document) readStrings(t tree, wrong report) []text {
	return d.readTexts(t, func(k nodeKind) bool { return k == stringNode }, "strings", wrong)
}

// readTexts reads an element that is a scalar or a list of scalars.
func (d *document) readTexts(t tree, accept func(nodeKind) bool, want string, wrong report) []text {
	first := len(d.texts)
	for value := t.list(); value.found(); value = value.next() {
		if accept(value.kind()) {
			d.texts = append(d.texts, text{value.text(), value.start()})
		} else {
			wrong(syntax(value.start(), "%s takes %s, not %s", t.key(), want, value.kind()))
		}
	}
	return since(d.texts, first)
}

// since cuts off what was appended since the slice had a length. It is not nil.
func since[T any](all []T, first int) []T { return all[first:len(all):len(all)] }

// readPrincipals reads "*" or an object by type of principal.
func (d *document) readPrincipals(t tree, wrong report) []principalText {
	if t.kind() == stringNode && t.text() == "*" {
		return []principalText{{"*", text{"*", t.start()}}}
	}
	principals := []principalText{}
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
			principals = append(principals, principalText{of.key(), v})
		}
	}
	return principals
}

// readConditions reads operators, keys and values.
func (d *document) readConditions(t tree, wrong report) []conditionText {
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
func (d *document) readOperator(t tree, wrong report) {
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
		d.conditions = append(d.conditions, conditionText{q, text{t.key(), t.keyAt()}, text{key.key(), key.keyAt()}, values})
	}
}
