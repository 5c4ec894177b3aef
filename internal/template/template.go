package template

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/leastpriv/leastpriv/internal/deploy"
)

// Template is what a template makes: a file in YAML or JSON, with the values of its
// parameters. Parameters with a default may be left out.
//
//	stack := acct.Load(cloudformation.Template("template.yaml", map[string]string{"Stage": "prod"}))
//	worker := stack.Role("WorkerRole")
func Template(path string, params map[string]string, options ...Option) deploy.Source {
	return &source{path: path, params: params, config: newConfig(options)}
}

type source struct {
	path   string
	params map[string]string
	config *config
}

// Resources returns what the template makes.
func (s *source) Resources(target deploy.Target) (*deploy.Stack, error) {
	l := newLoad(target, s.config)
	name := s.config.stackName
	if name == "" {
		name = stackNameOf(s.path)
	}
	params := map[string]any{}
	for k, v := range s.params {
		params[k] = v
	}
	if st := l.open(s.path, name, params); st != nil {
		l.roots = append(l.roots, st)
	}
	return l.finish()
}

// stackNameOf makes a stack's name of the name of its file.
func stackNameOf(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, strings.TrimSuffix(name, ".template"))
	if name = strings.Trim(name, "-"); name == "" || name[0] >= '0' && name[0] <= '9' {
		return "stack"
	}
	return name
}

// A load reads one file, or all that belong together.
type load struct {
	target   deploy.Target
	config   *config
	problems problems
	roots    []*stack
	reading  []string // the files of nested stacks that are being read
	files    int      // that were read beside the first
	expanded int      // nodes that Fn::ForEach made
	others   []*stack // that are not made, and export
	exports  map[string]*output
	leftOut  map[string]bool // names of LeaveOut that are there
	live     *Environment    // of a stack that is deployed: see Open
	imported map[string]bool // names that Fn::ImportValue was asked for, of one that is deployed
}

func newLoad(target deploy.Target, c *config) *load {
	if target.Partition == "" {
		target.Partition = "aws"
	}
	return &load{target: target, config: c, leftOut: map[string]bool{}}
}

// open reads a template into a stack, nil where there is none.
func (l *load) open(path, name string, params map[string]any) *stack {
	root := l.readTemplate(path)
	if root == nil {
		return nil
	}
	s := newStack(l, path, name, params)
	s.read(root)
	return s
}

// readTemplate reads a file, nil where it cannot be read.
func (l *load) readTemplate(path string) *node {
	text, err := readFile(path)
	if err != nil {
		l.problems.add(deploy.Position{File: path}, "", "%v", err)
		return nil
	}
	return read(path, text, &l.problems)
}

// readFile reads a file of bounded size; a larger one is refused by who gets the first
// bytes of it.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxTemplate {
		return make([]byte, maxTemplate+1), nil
	}
	return os.ReadFile(path)
}

// finish evaluates the stacks.
func (l *load) finish() (*deploy.Stack, error) {
	result := &deploy.Stack{Outputs: map[string]string{}}
	for _, s := range l.roots {
		s.evaluate()
	}
	for _, s := range l.roots {
		s.collect(result)
		for name, o := range s.outputs {
			if text, ok := o.value.(string); ok {
				result.Outputs[s.outputPrefix+name] = text
			}
		}
	}
	for name := range l.config.leaveOut {
		if !l.leftOut[name] {
			at := deploy.Position{}
			if len(l.roots) > 0 {
				at.File = l.roots[0].file
			}
			l.problems.add(at, "", "LeaveOut: there is no %s", name)
		}
	}
	if err := l.problems.list.Err(); err != nil {
		return nil, err
	}
	return result, nil
}
