package terraform

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/leastpriv/leastpriv/awstest/deploy"
)

// A configuration is the folder of the root module. Nothing outside of it is read.
type configuration struct {
	dir       string
	root      *os.Root
	modules   map[string]*module
	installed map[string]string // folders of modules by their place: "app.queue"
}

// A module is what the files of a folder say.
type module struct {
	dir       string // from the root module's
	resources map[string]*hclsyntax.Block
	calls     map[string]*hclsyntax.Block
	variables map[string]*hclsyntax.Block
	outputs   map[string]*hclsyntax.Block
	locals    map[string]hclsyntax.Expression
	providers map[string]*hclsyntax.Block
}

const (
	maxSource = 1 << 20 // of a file of the configuration
	maxDepth  = 200     // of brackets and templates in it
)

// source reads the configuration, and finds the block of every resource in it.
func (w *world) source() error {
	dir := w.sourceDir()
	if dir == "" {
		return nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return w.whole("Source: %v", err)
	}
	w.config = &configuration{dir: dir, root: root, modules: map[string]*module{}, installed: map[string]string{}}
	w.config.readManifest()
	w.root.module, err = w.config.module(".")
	if err != nil {
		return err
	}
	if w.dir != "" && len(w.root.module.resources)+len(w.root.module.calls) == 0 {
		return w.whole("Source(%q): the folder has no resource and no module in files *.tf", w.dir)
	}
	return w.root.find()
}

// find gives the instances of a module and those in it their blocks.
func (s *scope) find() error {
	for local, instances := range s.byName {
		for _, in := range instances {
			in.block = s.module.resources[local]
		}
	}
	for name, block := range s.module.calls {
		dir := s.world.config.moduleDir(s, name, block)
		if dir == "" {
			continue
		}
		m, err := s.world.config.module(dir)
		if err != nil {
			return err
		}
		for _, child := range s.calls[name] {
			child.module, child.block = m, block
			if err := child.find(); err != nil {
				return err
			}
		}
	}
	return nil
}

// readManifest reads where terraform init has put modules.
func (c *configuration) readManifest() {
	text, err := c.read(".terraform/modules/modules.json")
	if err != nil {
		return // there are none, or all are folders
	}
	var manifest struct{ Modules []struct{ Key, Dir string } }
	if json.Unmarshal(text, &manifest) == nil {
		for _, m := range manifest.Modules {
			c.installed[m.Key] = filepath.ToSlash(m.Dir)
		}
	}
}

// moduleDir is the folder of a module that is called; empty where it is not known.
func (c *configuration) moduleDir(s *scope, name string, call *hclsyntax.Block) string {
	place := name
	for at := s; at.parent != nil; at = at.parent {
		place = at.call + "." + place
	}
	if attr := call.Body.Attributes["source"]; attr != nil {
		if v, diags := attr.Expr.Value(nil); !diags.HasErrors() {
			if source, ok := fromCty(v).(string); ok && (strings.HasPrefix(source, "./") || strings.HasPrefix(source, "../")) {
				return path.Join(s.module.dir, source)
			}
		}
	}
	return c.installed[place]
}

// read reads a file below the folder.
func (c *configuration) read(name string) ([]byte, error) {
	f, err := c.root.Open(filepath.FromSlash(path.Clean(name)))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSource+1))
	_ = f.Close() // it was read
	if err == nil && len(text) > maxSource {
		err = fmt.Errorf("%s has more than %d bytes", name, maxSource)
	}
	return text, err
}

// module reads the files of a folder. Modules outside of the root module's folder are not
// read: what needs them is not known.
func (c *configuration) module(dir string) (*module, error) {
	if m := c.modules[dir]; m != nil {
		return m, nil
	}
	m := &module{dir: dir, resources: map[string]*hclsyntax.Block{}, calls: map[string]*hclsyntax.Block{}, variables: map[string]*hclsyntax.Block{},
		outputs: map[string]*hclsyntax.Block{}, locals: map[string]hclsyntax.Expression{}, providers: map[string]*hclsyntax.Block{}}
	c.modules[dir] = m
	entries, err := fs.ReadDir(c.root.FS(), dir)
	if err != nil {
		return m, nil
	}
	var problems deploy.Errors
	slices.SortStableFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(b2i(isOverride(a.Name())), b2i(isOverride(b.Name()))) })
	for _, entry := range entries {
		if entry.IsDir() || !strings.HasSuffix(entry.Name(), ".tf") {
			continue
		}
		if err := c.addFile(m, path.Join(dir, entry.Name())); err != nil {
			problems = append(problems, problemOf(filepath.Join(c.dir, filepath.FromSlash(dir), entry.Name()), err))
		}
	}
	return m, problems.Err()
}

// isOverride reports whether a file changes what others say: it is read after them.
func isOverride(name string) bool {
	return path.Base(name) == "override.tf" || strings.HasSuffix(name, "_override.tf")
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// problemOf is what is wrong with a file of the configuration.
func problemOf(name string, err error) deploy.Problem {
	p := deploy.Problem{Position: deploy.Position{File: name}, Text: err.Error()}
	var diags hcl.Diagnostics
	if errors.As(err, &diags) && len(diags) > 0 && diags[0].Subject != nil {
		p.Line, p.Text = diags[0].Subject.Start.Line, diags[0].Summary+": "+diags[0].Detail
	}
	return p
}

func (c *configuration) addFile(m *module, name string) error {
	text, err := c.read(name)
	if err != nil {
		return err
	}
	shown := filepath.Join(c.dir, filepath.FromSlash(name))
	if err := checkDepth(text); err != nil {
		return err
	}
	parsed, diags := hclsyntax.ParseConfig(text, shown, hcl.InitialPos)
	if diags.HasErrors() {
		return diags
	}
	for _, block := range parsed.Body.(*hclsyntax.Body).Blocks {
		m.add(block, isOverride(name))
	}
	return nil
}

// nesting are the tokens that the parser nests by.
var nesting = map[hclsyntax.TokenType]int{
	hclsyntax.TokenOBrace: 1, hclsyntax.TokenOBrack: 1, hclsyntax.TokenOParen: 1, hclsyntax.TokenTemplateInterp: 1, hclsyntax.TokenTemplateControl: 1,
	hclsyntax.TokenCBrace: -1, hclsyntax.TokenCBrack: -1, hclsyntax.TokenCParen: -1, hclsyntax.TokenTemplateSeqEnd: -1,
}

// checkDepth refuses a file that is nested so deep that its parser would need all memory.
func checkDepth(text []byte) error {
	tokens, _ := hclsyntax.LexConfig(text, "", hcl.InitialPos) // the parser says what is wrong
	depth, signs := 0, 0
	for _, token := range tokens {
		depth += nesting[token.Type]
		switch token.Type {
		case hclsyntax.TokenBang, hclsyntax.TokenMinus, hclsyntax.TokenQuestion:
			signs++
		case hclsyntax.TokenNewline:
			signs = 0
		}
		if depth > maxDepth || signs > maxDepth {
			return fmt.Errorf("line %d is nested more than %d deep", token.Range.Start.Line, maxDepth)
		}
	}
	return nil
}

// add adds a block of a file. Those of override files change the blocks of the others.
func (m *module) add(block *hclsyntax.Block, override bool) {
	named := map[string]map[string]*hclsyntax.Block{"resource": m.resources, "data": m.resources, "module": m.calls, "variable": m.variables, "output": m.outputs, "provider": m.providers}
	labels := strings.Join(block.Labels, ".")
	switch in := named[block.Type]; {
	case block.Type == "locals":
		for name, attr := range block.Body.Attributes {
			m.locals[name] = attr.Expr
		}
	case in == nil || labels == "":
	default:
		if block.Type == "data" {
			labels = "data." + labels
		}
		if block.Type == "provider" && block.Body.Attributes["alias"] != nil {
			return // the plan says what such a provider is
		}
		if base := in[labels]; override && base != nil {
			replace(base.Body, block.Body)
			return
		}
		in[labels] = block
	}
}

// replace changes a block as an override file does: its arguments, and all blocks of a type.
func replace(base, by *hclsyntax.Body) {
	maps.Copy(base.Attributes, by.Attributes)
	typeOf := func(b *hclsyntax.Block) string {
		if b.Type == "dynamic" && len(b.Labels) == 1 {
			return b.Labels[0]
		}
		return b.Type
	}
	base.Blocks = slices.DeleteFunc(base.Blocks, func(b *hclsyntax.Block) bool {
		return slices.ContainsFunc(by.Blocks, func(other *hclsyntax.Block) bool { return typeOf(other) == typeOf(b) })
	})
	base.Blocks = append(base.Blocks, by.Blocks...)
}
