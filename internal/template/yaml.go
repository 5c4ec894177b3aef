package template

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/leastpriv/leastpriv/internal/deploy"
)

// readYAML reads YAML with the short forms of the intrinsic functions, which become their
// long forms: !Sub is {"Fn::Sub": …}.
func (r *reader) readYAML() (*node, error) {
	var document yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(r.text))
	if err := decoder.Decode(&document); err != nil && err != io.EOF {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := decoder.Decode(&yaml.Node{}); err != io.EOF {
		return nil, errors.New("the file has several documents")
	}
	if document.Kind != yaml.DocumentNode || len(document.Content) == 0 {
		return nil, errors.New("the file is empty")
	}
	r.nodes = 0
	return r.yamlNode(document.Content[0], 0)
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?line (\d+)`)

// lineOf is the line that an error of YAML names.
func lineOf(err error) int {
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		line, _ := strconv.Atoi(m[1])
		return line
	}
	return 0
}

func (r *reader) yamlNode(y *yaml.Node, depth int) (*node, error) {
	if err := r.count(depth); err != nil {
		return nil, err
	}
	n := &node{line: y.Line, col: y.Column, file: r.file}
	switch y.Kind {
	case yaml.AliasNode:
		// CloudFormation has no aliases; tools that package templates resolve them.
		return r.yamlNode(y.Alias, depth+1)
	case yaml.MappingNode:
		n.kind = objectNode
		if err := r.yamlMapping(n, y, depth); err != nil {
			return nil, err
		}
	case yaml.SequenceNode:
		n.kind = listNode
		for _, e := range y.Content {
			item, err := r.yamlNode(e, depth+1)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, item)
		}
	default:
		n.kind, n.text = scalar(y)
	}
	if tag := y.Tag; strings.HasPrefix(tag, "!") && !strings.HasPrefix(tag, "!!") && tag != "!" {
		return shortForm(tag[1:], n), nil
	}
	return n, nil
}

func (r *reader) yamlMapping(n *node, y *yaml.Node, depth int) error {
	seen := make(map[string]bool, len(y.Content)/2)
	var merged []*node
	for i := 0; i+1 < len(y.Content); i += 2 {
		key := y.Content[i]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: a key is text", key.Line)
		}
		item, err := r.yamlNode(y.Content[i+1], depth+1)
		if err != nil {
			return err
		}
		if key.Tag == "!!merge" {
			merged = append(merged, item.list()...)
			continue
		}
		if seen[key.Value] {
			r.problems.add(deploy.Position{File: r.file, Line: key.Line}, "", "the key %s stands twice", key.Value)
		}
		seen[key.Value] = true
		n.keys, n.keyLines, n.items = append(n.keys, key.Value), append(n.keyLines, key.Line), append(n.items, item)
	}
	for _, from := range merged {
		for i, key := range from.keys {
			if !seen[key] {
				seen[key] = true
				n.keys, n.keyLines, n.items = append(n.keys, key), append(n.keyLines, from.line), append(n.items, from.items[i])
			}
		}
	}
	return nil
}

// scalar is what a scalar is in JSON, and its text. Numbers that begin with 0, such as
// account ids, dates and everything else that JSON has not are text. Booleans are those of
// YAML 1.1, which CloudFormation reads: yes and off are some.
func scalar(y *yaml.Node) (kind, string) {
	if y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 || y.Tag == "!!str" && y.Style&yaml.TaggedStyle != 0 {
		return stringNode, y.Value
	}
	if _, ok := booleans[y.Value]; ok {
		return boolNode, y.Value
	}
	switch y.ShortTag() {
	case "!!null":
		return nullNode, ""
	case "!!int", "!!float":
		if jsonNumber.MatchString(y.Value) {
			return numberNode, y.Value
		}
	}
	return stringNode, y.Value
}

// booleans are the scalars that are true or false. Their text stays: a condition may be
// called Yes.
var booleans = map[string]string{
	"true": "true", "True": "true", "TRUE": "true", "yes": "true", "Yes": "true", "YES": "true", "on": "true", "On": "true", "ON": "true",
	"false": "false", "False": "false", "FALSE": "false", "no": "false", "No": "false", "NO": "false", "off": "false", "Off": "false", "OFF": "false",
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// shortForm makes the long form of a function from its tag and argument.
func shortForm(tag string, argument *node) *node {
	if argument.kind != objectNode && argument.kind != listNode {
		argument.kind = stringNode // !Ref 123 names a parameter
	}
	switch tag {
	case "Ref", "Condition":
		return argument.newObject(tag, argument)
	case "GetAtt":
		if name, attribute, ok := strings.Cut(argument.text, "."); ok && argument.kind == stringNode {
			argument = argument.newStrings(name, attribute)
		}
	}
	return argument.newObject("Fn::"+tag, argument)
}
