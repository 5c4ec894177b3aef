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
	if strings.HasPrefix(s.ARN, "arn:aws:iam::aws:policy/") {
		return maxOwnDocument
	}
	return MaxDocument
}

// A document is a policy as it was written, with the place of everything.
type document struct {
	version    text
	statements []rawStatement
	size       int
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
	sid        *text
	effect     text

	principal, notPrincipal []principalText
	action, notAction       []text
	resource, notResource   []text
	conditions              []conditionText

	invalid *problem // the first principal that names nobody
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

// readDocument reads the grammar of the policy language: what AWS calls syntax.
func readDocument(doc string, kind Kind, src Source) (*document, *problem) {
	if most := src.maxDocument(); len(doc) > most {
		return nil, tooLarge(len(doc), most)
	}
	root, size, bad := readJSON(doc)
	if bad != nil {
		return nil, notJSON(bad.offset, kind, bad.reason)
	}
	if root.kind != objectNode {
		return nil, notJSON(root.start, kind, "a policy is an object, not "+root.kind.String())
	}
	d := &document{size: size}
	var statement *node
	for i := range root.members {
		m := &root.members[i]
		var err *problem
		switch m.name {
		case "Version":
			d.version, err = m.version()
		case "Id":
			_, err = m.string()
		case "Statement":
			statement = &m.value
		default:
			err = unknownElement(m)
		}
		if err != nil {
			return nil, err
		}
	}
	if statement == nil {
		return nil, missing("Statement", root.start)
	}
	return d, d.readStatements(statement)
}

func (d *document) readStatements(n *node) *problem {
	list := n.list()
	if len(list) == 0 {
		return syntax(n.start, "Statement has no statements")
	}
	d.statements = make([]rawStatement, len(list))
	for i := range list {
		if err := d.statements[i].read(&list[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *rawStatement) read(n *node) *problem {
	if n.kind != objectNode {
		return syntax(n.start, "a statement is an object, not %s", n.kind)
	}
	s.start, s.end = n.start, n.end
	for i := range n.members {
		if err := s.readElement(&n.members[i]); err != nil {
			return err
		}
	}
	return s.checkElements()
}

func (s *rawStatement) readElement(m *member) (err *problem) {
	switch m.name {
	case "Sid":
		var sid text
		sid, err = m.string()
		s.sid = &sid
	case "Effect":
		s.effect, err = m.string()
	case "Principal":
		s.principal, err = m.principals()
	case "NotPrincipal":
		s.notPrincipal, err = m.principals()
	case "Action":
		s.action, err = m.strings()
	case "NotAction":
		s.notAction, err = m.strings()
	case "Resource":
		s.resource, err = m.strings()
	case "NotResource":
		s.notResource, err = m.strings()
	case "Condition":
		s.conditions, err = m.conditions()
	default:
		err = unknownElement(m)
	}
	return err
}

// checkElements finds elements that must be there and are not, or that exclude
// each other.
func (s *rawStatement) checkElements() *problem {
	switch {
	case s.effect.at == 0: // where no element's value can stand
		return missing("Effect", s.start)
	case s.action != nil && s.notAction != nil:
		return syntax(s.start, "a statement has Action or NotAction, not both")
	case s.resource != nil && s.notResource != nil:
		return syntax(s.start, "a statement has Resource or NotResource, not both")
	case s.principal != nil && s.notPrincipal != nil:
		return syntax(s.start, "a statement has Principal or NotPrincipal, not both")
	}
	return checkEffect(s.effect)
}

// string reads a member that must be one string.
func (m *member) string() (text, *problem) {
	if m.value.kind != stringNode {
		return text{}, syntax(m.value.start, "%s is a string, not %s", m.name, m.value.kind)
	}
	return text{m.value.text, m.value.start}, nil
}

// version reads the Version element.
func (m *member) version() (text, *problem) {
	v, err := m.string()
	if err == nil && v.value != version2008 && v.value != version2012 {
		err = badVersion(v)
	}
	return v, err
}

// strings reads a member that is a string or a list of strings.
func (m *member) strings() ([]text, *problem) {
	return m.texts(func(n *node) bool { return n.kind == stringNode }, "strings")
}

// texts reads a member that is a scalar or a list of scalars.
func (m *member) texts(accept func(*node) bool, want string) ([]text, *problem) {
	list := m.value.list()
	texts := make([]text, len(list))
	for i := range list {
		n := &list[i]
		if !accept(n) {
			return nil, syntax(n.start, "%s takes %s, not %s", m.name, want, n.kind)
		}
		texts[i] = text{n.text, n.start}
	}
	return texts, nil
}

// principals reads "*" or an object by type of principal.
func (m *member) principals() ([]principalText, *problem) {
	n := &m.value
	if n.kind == stringNode && n.text == "*" {
		return []principalText{{"*", text{"*", n.start}}}, nil
	}
	if n.kind != objectNode {
		return nil, &problem{at: n.start, iam: syntaxErrors, s3: "Invalid principal in policy",
			detail: fmt.Sprintf(`%s is "*" or an object like {"AWS": "…"}`, m.name)}
	}
	principals := []principalText{}
	for i := range n.members {
		of := &n.members[i]
		if !slices.Contains([]string{"AWS", "Service", "Federated", "CanonicalUser"}, of.name) {
			return nil, &problem{at: of.start, iam: syntaxErrors, s3: "Invalid principal in policy",
				detail: fmt.Sprintf("unknown type of principal %q; want AWS, Service, Federated or CanonicalUser", of.name)}
		}
		values, err := of.strings()
		if err != nil {
			return nil, err
		}
		for _, v := range values {
			principals = append(principals, principalText{of.name, v})
		}
	}
	return principals, nil
}

// conditions reads operator, key and values.
func (m *member) conditions() ([]conditionText, *problem) {
	if m.value.kind != objectNode {
		return nil, syntax(m.value.start, "Condition is an object, not %s", m.value.kind)
	}
	var list []conditionText
	for i := range m.value.members {
		var err *problem
		if list, err = m.value.members[i].operator(list); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// operator appends the conditions of one operator to list. Booleans and numbers
// stand for their text.
func (m *member) operator(list []conditionText) ([]conditionText, *problem) {
	if m.value.kind != objectNode {
		return nil, syntax(m.value.start, "%s is an object of condition keys, not %s", m.name, m.value.kind)
	}
	q, err := parseOperator(m.name)
	if err != nil {
		return nil, syntax(m.start, "%v", err)
	}
	scalar := func(n *node) bool {
		return n.kind == stringNode || n.kind == numberNode || n.kind == boolNode
	}
	for i := range m.value.members {
		key := &m.value.members[i]
		if key.name == "" {
			return nil, syntax(key.start, "%s has an empty condition key", m.name)
		}
		values, err := key.texts(scalar, "strings, numbers and booleans")
		if err != nil {
			return nil, err
		}
		list = append(list, conditionText{q, text{m.name, m.start}, text{key.name, key.start}, values})
	}
	return list, nil
}
