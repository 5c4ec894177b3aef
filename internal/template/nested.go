package template

import (
	"path/filepath"
	"slices"

	"github.com/leastpriv/leastpriv/internal/deploy"
)

const nestedStack = "AWS::CloudFormation::Stack"

// nest reads the template of a nested stack, once.
func (r *resource) nest() *stack {
	s := r.stack
	if r.nested != nil || r.leftOut() {
		return r.nested
	}
	path := r.templateFile()
	if path == "" {
		return nil
	}
	if slices.Contains(s.load.reading, path) || len(s.load.reading) >= maxNesting {
		s.problem(r.node, "the stack %s nests itself, or too deeply", path)
		return nil
	}
	if s.load.files++; s.load.files > maxFiles {
		s.problem(r.node, "there are too many nested stacks")
		return nil
	}
	text, err := readFile(path)
	if err != nil {
		s.problem(r.node, "TemplateURL: %v", err)
		return nil
	}
	root := read(path, text, &s.load.problems)
	if root == nil {
		return nil
	}
	params := map[string]any{}
	if given, ok := s.evaluateNode(r.properties.get("Parameters")).(map[string]any); ok {
		params = given
	}
	r.nested = newStack(s.load, path, r.identify().nameText(), params)
	r.nested.path = s.path + r.logical + "/"
	r.nested.byPath = s.byPath
	if s.byPath {
		r.nested.path = s.path
	}
	s.load.reading = append(s.load.reading, path)
	r.nested.read(root)
	r.nested.evaluate()
	s.load.reading = s.load.reading[:len(s.load.reading)-1]
	return r.nested
}

// templateFile is the file of a nested stack's template: what CDK says in the metadata, or
// what TemplateURL names from the template's folder.
func (r *resource) templateFile() string {
	s := r.stack
	metadata := r.node.get("Metadata")
	if metadata.get("aws:asset:property").value() == "TemplateURL" {
		if asset := metadata.get("aws:asset:path").value(); asset != "" {
			return filepath.Join(s.dir(), asset)
		}
	}
	for _, name := range []string{r.address, s.path + r.logical} {
		if path, ok := s.load.config.files[name]; ok {
			return path
		}
	}
	url := r.properties.get("TemplateURL")
	if url == nil {
		s.problem(r.node, "a nested stack has a TemplateURL")
		return ""
	}
	v := s.evaluateNode(url)
	if u, ok := isUnknown(v); ok {
		s.load.problems.addAll(u.Problem)
		return ""
	}
	path, ok := s.local(textOf(v))
	if !ok {
		s.problem(url, "the template %s of the nested stack is not in the template's folder: say which file it is with cloudformation.File(%q, …)", textOf(v), r.address)
		return ""
	}
	return path
}

// nestedOutput is GetAtt Outputs.NAME of a nested stack.
func (r *resource) nestedOutput(n *node, name string) any {
	s := r.stack
	var nested *stack
	r.inside(func() { nested = r.nest() })
	if nested == nil {
		return s.unknown(n, "the outputs of %s cannot be known", r.logical)
	}
	o := nested.outputs[name]
	if o == nil {
		return s.fail(n, "the stack %s has no output %s", r.logical, name)
	}
	switch v := o.evaluate().(type) {
	case nil:
		return s.unknown(n, "the output %s of %s has no value", name, r.logical)
	case deploy.Unknown:
		v.Address = ""
		return v
	default:
		return v
	}
}
