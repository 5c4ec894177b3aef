package template

import (
	"path/filepath"
	"slices"
	"strings"
)

const (
	forEach    = "Fn::ForEach::"
	serverless = "AWS::Serverless-2016-10-31"
	extensions = "AWS::LanguageExtensions"
	include    = "AWS::Include"
	// maxExpanded bounds what nested loops make.
	maxExpanded = 100_000
)

// transforms reads which macros process the template. What a macro of the account makes
// cannot be known.
func (s *stack) transforms() []string {
	var names []string
	for _, n := range s.root.get("Transform").list() {
		name := n.value()
		if n.isObject() {
			name = n.get("Name").value()
		}
		names = append(names, name)
		switch name {
		case serverless, include:
		case extensions:
			s.extensions = true
		// Both add nothing that has permissions of the template.
		case "AWS::SecretsManager-2020-07-23", "AWS::SecretsManager-2024-09-16", "AWS::CodeDeployBlueGreen":
		default:
			if s.load.config.leaveOut[name] {
				s.load.leftOut[name] = true
				continue
			}
			s.problem(n, "what the macro %s makes cannot be known: read the processed template, or leave the macro out with cloudformation.LeaveOut(%q)", name, name)
		}
	}
	return names
}

// expand expands Fn::ForEach and AWS::Include in a node and all that is in it. What has
// neither stays as it is.
func (s *stack) expand(n *node) *node {
	if n == nil || n.kind != objectNode && n.kind != listNode {
		return s.substitute(n)
	}
	if s.loops == nil && !s.expandable(n) {
		return n
	}
	if s.loops != nil {
		if s.load.expanded++; s.load.expanded > maxExpanded {
			s.problem(n, "Fn::ForEach makes too much")
			return n
		}
		if name := n.is("Ref"); name.isString() && s.loops[name.text] != "" {
			return n.newString(s.loops[name.text])
		}
	}
	c := &node{kind: n.kind, line: n.line, col: n.col, file: n.file}
	if n.kind == listNode {
		for _, item := range n.items {
			c.items = append(c.items, s.expand(item))
		}
		return c
	}
	for i, key := range n.keys {
		item := n.items[i]
		switch {
		case strings.HasPrefix(key, forEach):
			s.repeat(c, key, item)
		case key == "Fn::Transform" && item.get("Name").value() == include:
			s.include(c, item)
		case key == "Transform" && n == s.root:
			s.includeAll(c, item)
			c.set(key, item)
		default:
			key = s.replace(key)
			c.keys, c.items = append(c.keys, key), append(c.items, s.expand(item))
		}
	}
	if n.keyLines != nil && len(c.keys) == len(n.keys) {
		c.keyLines = n.keyLines
	}
	return c
}

// expandable says whether there is anything to expand in a node.
func (s *stack) expandable(n *node) bool {
	for i, item := range n.items {
		if n.kind == objectNode {
			key := n.keys[i]
			if strings.HasPrefix(key, forEach) || key == "Fn::Transform" || key == "Transform" && n == s.root {
				return true
			}
		}
		if s.expandable(item) {
			return true
		}
	}
	return false
}

// repeat adds what a loop makes to an object.
func (s *stack) repeat(to *node, key string, n *node) {
	if !s.extensions {
		s.problem(n, "%s needs the transform %s", key, extensions)
		return
	}
	if !n.isList() || len(n.items) != 3 || !n.items[0].isString() || !n.items[2].isObject() {
		s.problem(n, "%s: the argument is an identifier, a collection and an object", key)
		return
	}
	identifier := n.items[0].text
	values := s.evaluateNode(s.expand(n.items[1]))
	list, ok := values.([]any)
	if !ok {
		if u, unknown := isUnknown(values); unknown {
			s.load.problems.addAll(u.Problem)
			return
		}
		s.problem(n, "%s: the collection is no list", key)
		return
	}
	outer := s.loops
	for _, value := range list {
		s.loops = map[string]string{identifier: textOf(value)}
		for k, v := range outer {
			if k != identifier {
				s.loops[k] = v
			}
		}
		made := s.expand(n.items[2])
		if s.load.expanded > maxExpanded {
			break
		}
		for i, k := range made.keys {
			if to.get(k) != nil {
				s.problem(n, "%s makes %s twice", key, k)
			}
			to.set(k, made.items[i])
		}
	}
	s.loops = outer
}

// substitute replaces the identifiers of loops in a text.
func (s *stack) substitute(n *node) *node {
	if s.loops == nil || !n.isString() {
		return n
	}
	text := s.replace(n.text)
	if text == n.text {
		return n
	}
	return n.newString(text)
}

func (s *stack) replace(text string) string {
	if s.loops == nil || !strings.Contains(text, "{") {
		return text
	}
	var pairs []string
	for identifier, value := range s.loops {
		pairs = append(pairs, "${"+identifier+"}", value, "&{"+identifier+"}", alphanumeric(value))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// alphanumeric leaves letters and digits of a text: what logical ids consist of.
func alphanumeric(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
}

// includeAll includes what AWS::Include names in the section Transform.
func (s *stack) includeAll(to, transform *node) {
	for _, t := range transform.list() {
		if t.get("Name").value() == include {
			s.include(to, t)
		}
	}
}

// include adds the keys of a file to an object. Those that are there stay.
func (s *stack) include(to, n *node) {
	v := s.evaluateNode(n.get("Parameters").get("Location"))
	location, _ := v.(string)
	if location == "" {
		s.problem(n, "AWS::Include: the Location cannot be known")
		return
	}
	path, ok := s.local(location)
	if !ok {
		s.problem(n, "AWS::Include: %s is not in the template's folder: say which file it is with cloudformation.File", location)
		return
	}
	if slices.Contains(s.load.reading, path) {
		s.problem(n, "AWS::Include: %s includes itself", location)
		return
	}
	if s.load.files++; s.load.files > maxFiles || len(s.load.reading) > maxNesting {
		s.problem(n, "AWS::Include: there are too many files")
		return
	}
	text, err := readFile(path)
	if err != nil {
		s.problem(n, "AWS::Include: %v", err)
		return
	}
	root := read(path, text, &s.load.problems)
	if root == nil {
		return
	}
	if !root.isObject() {
		s.problem(root, "AWS::Include: the file is %s, not an object", root.kind)
		return
	}
	s.load.reading = append(s.load.reading, path)
	root = s.expand(root)
	s.load.reading = s.load.reading[:len(s.load.reading)-1]
	for i, key := range root.keys {
		if to.get(key) == nil {
			to.set(key, root.items[i])
		}
	}
}

// local finds the file that stands for a URL or a path.
func (s *stack) local(location string) (path string, ok bool) {
	if path, ok := s.load.config.files[location]; ok {
		return path, true
	}
	if strings.Contains(location, "://") {
		return "", false
	}
	if filepath.IsAbs(location) {
		return location, true
	}
	return filepath.Join(s.dir(), location), true
}
