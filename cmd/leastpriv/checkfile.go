package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/leastpriv/leastpriv/awstest/cloudformation"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// A checkFile is a file of assertions, as far as it could be read. What could not is in
// problems.
type checkFile struct {
	name       string
	principals map[string]*checkPrincipal
	resources  []*checkResource
	checks     []*checkEntry
	template   *checkTemplate // nil without one
	problems   []problem
}

// A checkTemplate is the template or plan that principals and resources are of.
type checkTemplate struct {
	at   place
	file string
	templateFlags
}

// A problem is why an assertion, or a whole file, cannot be judged.
type problem struct {
	at   place
	text string
}

// A checkPrincipal is who asks, with the files of its policies.
type checkPrincipal struct {
	at                 place
	arn, account       string
	of                 string // its address in the template
	policies, sessions []string
	scps, rcps         [][]string
	boundary, endpoint string
}

// A checkResource is a resource with a policy, an owner or both.
type checkResource struct {
	at                   place
	arn, policy, account string
}

// A checkEntry is some assertions about one principal.
type checkEntry struct {
	at          place
	name, as    string
	can, cannot []string
	on          []string
	context     []checkKey
}

// A checkKey is a condition key of the requests. One without values is one that the
// requests do not have.
type checkKey struct {
	at     place
	name   string
	values []string
	multi  bool
}

// readCheckFile reads a file of assertions, as YAML or as JSON.
func readCheckFile(name string, text []byte) *checkFile {
	f := &checkFile{name: name, principals: make(map[string]*checkPrincipal)}
	if json.Valid(text) {
		// In JSON tabs stand between tokens alone. YAML takes fewer of them.
		text = bytes.ReplaceAll(text, []byte("\t"), []byte(" "))
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var root, more yaml.Node
	if err := decoder.Decode(&root); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the file is empty")
		}
		f.problem(nil, "%v", err)
		return f
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		f.problem(&more, "a file has one document")
	}
	f.fields(root.Content[0], map[string]func(*yaml.Node){
		"template":   f.readTemplate,
		"principals": func(n *yaml.Node) { f.entries(n, f.principal) },
		"resources":  func(n *yaml.Node) { f.entries(n, f.resource) },
		"checks": func(n *yaml.Node) {
			for _, item := range f.sequence(n) {
				f.check(item)
			}
		},
	})
	if len(f.checks) == 0 && len(f.problems) == 0 {
		f.problem(&root, "there are no checks")
	}
	return f
}

// readTemplate reads which template there is: a file, or one with what it does not say.
func (f *checkFile) readTemplate(n *yaml.Node) {
	t := &checkTemplate{at: f.place(n)}
	f.template = t
	t.templateFlags.init()
	if n.Kind == yaml.ScalarNode {
		f.file(&t.file)(n)
		return
	}
	pairs := func(take func(name, value string)) func(*yaml.Node) {
		return func(n *yaml.Node) {
			f.entries(n, func(key, value *yaml.Node) {
				if value.Kind != yaml.ScalarNode {
					f.problem(value, "want a text")
					return
				}
				take(key.Value, value.Value)
			})
		}
	}
	f.fields(n, map[string]func(*yaml.Node){
		"file": f.file(&t.file), "region": f.text(&t.region), "params": pairs(func(name, value string) { t.params[name] = value }),
		"bind": pairs(t.bind), "import": pairs(t.add(cloudformation.Import)), "resolve": pairs(t.add(cloudformation.Resolve)),
	})
	if t.file == "" {
		f.problem(n, "a template has a file")
	}
}

// problem adds why something cannot be judged; nil is the whole file.
func (f *checkFile) problem(n *yaml.Node, format string, args ...any) {
	f.problems = append(f.problems, problem{f.place(n), fmt.Sprintf(format, args...)})
}

func (f *checkFile) place(n *yaml.Node) place {
	if n == nil {
		return place{f.name, 1, 1}
	}
	return place{f.name, max(n.Line, 1), max(n.Column, 1)}
}

// entries calls read for each entry of a mapping.
func (f *checkFile) entries(n *yaml.Node, read func(key, value *yaml.Node)) {
	if n = resolve(n); n.Kind != yaml.MappingNode {
		f.problem(n, "want a mapping of names")
		return
	}
	seen := make(map[string]bool)
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		if seen[key.Value] {
			f.problem(key, "%q is there twice", key.Value)
		}
		seen[key.Value] = true
		read(key, resolve(n.Content[i+1]))
	}
}

// fields reads a mapping of known names.
func (f *checkFile) fields(n *yaml.Node, known map[string]func(*yaml.Node)) {
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	f.entries(n, func(key, value *yaml.Node) {
		if read, ok := known[key.Value]; ok {
			read(value)
			return
		}
		suggestion := ""
		if near := catalog.Nearest(key.Value, names); near != "" {
			suggestion = fmt.Sprintf("; did you mean %q?", near)
		}
		f.problem(key, "unknown field %q%s", key.Value, suggestion)
	})
}

// resolve returns the node that an alias of YAML stands for.
func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func (f *checkFile) sequence(n *yaml.Node) []*yaml.Node {
	if n = resolve(n); n.Kind != yaml.SequenceNode {
		f.problem(n, "want a list")
		return nil
	}
	items := make([]*yaml.Node, len(n.Content))
	for i, item := range n.Content {
		items[i] = resolve(item)
	}
	return items
}

// text returns a function that takes a text.
func (f *checkFile) text(to *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
			f.problem(n, "want a text")
			return
		}
		*to = n.Value
	}
}

// texts returns a function that takes a text or a list of them.
func (f *checkFile) texts(to *[]string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		items := []*yaml.Node{n}
		if n.Kind != yaml.ScalarNode {
			items = f.sequence(n)
			if n.Kind == yaml.SequenceNode && len(items) == 0 {
				f.problem(n, "the list is empty")
			}
		}
		for _, item := range items {
			var one string
			f.text(&one)(item)
			*to = append(*to, one)
		}
	}
}

// file returns a function that takes the name of a file, which is relative to the
// folder of this one.
func (f *checkFile) file(to *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		f.text(to)(n)
		*to = f.path(*to)
	}
}

func (f *checkFile) files(to *[]string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		f.texts(to)(n)
		for i := range *to {
			(*to)[i] = f.path((*to)[i])
		}
	}
}

// levels returns a function that takes the policies of each level of an organization.
func (f *checkFile) levels(to *[][]string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		for _, item := range f.sequence(n) {
			var level []string
			f.files(&level)(item)
			*to = append(*to, level)
		}
	}
}

func (f *checkFile) path(name string) string {
	if name == "" || name == fullAWSAccess || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(f.name), name)
}

func (f *checkFile) principal(key, value *yaml.Node) {
	p := &checkPrincipal{at: f.place(key)}
	f.principals[key.Value] = p
	f.fields(value, map[string]func(*yaml.Node){
		"arn": f.text(&p.arn), "account": f.text(&p.account), "of": f.text(&p.of),
		"policies": f.files(&p.policies), "session": f.files(&p.sessions),
		"boundary": f.file(&p.boundary), "endpoint": f.file(&p.endpoint),
		"scps": f.levels(&p.scps), "rcps": f.levels(&p.rcps),
	})
}

func (f *checkFile) resource(key, value *yaml.Node) {
	r := &checkResource{at: f.place(key), arn: key.Value}
	f.resources = append(f.resources, r)
	f.fields(value, map[string]func(*yaml.Node){"policy": f.file(&r.policy), "account": f.text(&r.account)})
	if !strings.HasPrefix(r.arn, "arn:") || strings.ContainsAny(r.arn, "*?") {
		f.problem(key, "%q is no ARN of one resource", r.arn)
	}
}

func (f *checkFile) check(n *yaml.Node) {
	c := &checkEntry{at: f.place(n)}
	f.fields(n, map[string]func(*yaml.Node){
		"name": f.text(&c.name), "as": f.text(&c.as), "can": f.texts(&c.can), "cannot": f.texts(&c.cannot), "on": f.texts(&c.on),
		"with": func(n *yaml.Node) {
			f.entries(n, func(key, value *yaml.Node) { f.contextKey(c, key, value) })
		},
	})
	if len(c.can)+len(c.cannot) == 0 {
		f.problem(n, "a check has can, cannot or both")
	}
	if c.as == "" {
		f.problem(n, "a check says as whom: as is missing")
	}
	if c.on == nil {
		c.on = []string{"*"}
	}
	f.checks = append(f.checks, c)
}

func (f *checkFile) contextKey(c *checkEntry, key, value *yaml.Node) {
	k := checkKey{at: f.place(key), name: key.Value}
	switch {
	case value.Kind == yaml.ScalarNode && value.Tag == "!!null":
	case value.Kind == yaml.ScalarNode:
		k.values = []string{value.Value}
	case value.Kind == yaml.SequenceNode:
		k.multi, k.values = true, []string{}
		for _, item := range f.sequence(value) {
			if item.Kind != yaml.ScalarNode || item.Tag == "!!null" {
				f.problem(item, "the values of %s are texts", key.Value)
				continue
			}
			k.values = append(k.values, item.Value)
		}
	default:
		f.problem(value, "%s has a value, a list of values, or null when the request does not have it", key.Value)
	}
	for _, other := range c.context {
		if strings.EqualFold(other.name, k.name) {
			f.problem(key, "%s is there twice", key.Value)
		}
	}
	c.context = append(c.context, k)
}
