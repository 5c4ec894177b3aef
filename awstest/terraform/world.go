package terraform

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/leastpriv/leastpriv/awstest/deploy"
	"github.com/zclconf/go-cty/cty"
)

// A world is what is known of a file while it is read.
type world struct {
	*file
	shown     *shown
	text      []byte
	target    deploy.Target
	instances map[string]*instance
	order     []*instance
	scopes    map[string]*scope
	root      *scope
	config    *configuration
	problems  deploy.Errors
	account   string // the account that the file is for, where it says
	region    string
	known     map[string]cty.Value // attributes that were looked for, by address
	pending   map[string]bool
	missing   []string            // what the value that is looked for would need
	because   map[string][]string // the same of values that were looked for before
	work      int
	ofPlan    map[*hclsyntax.Block]bool
	unknowns  bool // there are values that cannot be known
}

// An instance is a resource, or one of those that count and for_each make of it.
type instance struct {
	address  string
	mode     tfjson.ResourceMode
	kind     string
	name     string
	index    any // nil, float64 or string
	values   map[string]any
	unknown  map[string]any // what is known after apply: true, or the same in lists and objects
	scope    *scope
	config   *tfjson.ConfigResource
	block    *hclsyntax.Block
	provider string
}

// all is the address of all instances of the resource.
func (in *instance) all() string {
	if in.index == nil {
		return in.address
	}
	return in.scope.prefix() + in.local()
}

// local is the name of the resource in its module.
func (in *instance) local() string {
	if in.mode == tfjson.DataResourceMode {
		return "data." + in.kind + "." + in.name
	}
	return in.kind + "." + in.name
}

// A scope is an instance of a module.
type scope struct {
	world   *world
	address string // empty of the root module
	parent  *scope
	call    string // the name of the module block in the parent
	key     any
	config  *tfjson.ConfigModule
	module  *module // nil where there is no source
	block   *hclsyntax.Block
	byName  map[string][]*instance
	calls   map[string][]*scope
	values  map[string]cty.Value // of variables, locals and outputs
	pending map[string]bool
}

func (s *scope) prefix() string {
	if s.address == "" {
		return ""
	}
	return s.address + "."
}

func newWorld(f *file, shown *shown, text []byte, target deploy.Target) *world {
	w := &world{file: f, shown: shown, text: text, target: target, instances: map[string]*instance{}, scopes: map[string]*scope{}, known: map[string]cty.Value{}, pending: map[string]bool{}, ofPlan: map[*hclsyntax.Block]bool{}, because: map[string][]string{}}
	var config *tfjson.ConfigModule
	if shown.plan != nil && shown.plan.Config != nil {
		config = shown.plan.Config.RootModule
	}
	w.root = w.newScope("", nil, "", nil, config)
	unknown := map[string]map[string]any{}
	if shown.plan != nil {
		for _, change := range shown.plan.ResourceChanges {
			if change != nil && change.Change != nil && change.DeposedKey == "" {
				unknown[change.Address], _ = change.Change.AfterUnknown.(map[string]any)
			}
		}
	}
	w.addModule(w.root, shown.values().RootModule, unknown, false)
	if shown.plan != nil && shown.plan.PriorState != nil && shown.plan.PriorState.Values != nil {
		// Data that the plan has read already stands there alone.
		w.addModule(w.root, shown.plan.PriorState.Values.RootModule, nil, true)
	}
	slices.SortStableFunc(w.order, func(a, b *instance) int { return strings.Compare(a.all(), b.all()) })
	return w
}

func (w *world) newScope(address string, parent *scope, call string, key any, config *tfjson.ConfigModule) *scope {
	s := &scope{world: w, address: address, parent: parent, call: call, key: key, config: config, byName: map[string][]*instance{}, calls: map[string][]*scope{}, values: map[string]cty.Value{}, pending: map[string]bool{}}
	w.scopes[address] = s
	if parent != nil {
		parent.calls[call] = append(parent.calls[call], s)
	}
	return s
}

// child returns the scope of a module's address, which the plan names whole.
func (w *world) child(parent *scope, address string) *scope {
	if s := w.scopes[address]; s != nil {
		return s
	}
	own := strings.TrimPrefix(address, parent.prefix())
	traversal, diags := hclsyntax.ParseTraversalAbs([]byte(own), "", hcl.InitialPos)
	if diags.HasErrors() || len(traversal) < 2 {
		return nil
	}
	attr, ok := traversal[1].(hcl.TraverseAttr)
	if !ok {
		return nil
	}
	var key any
	if len(traversal) > 2 {
		if index, ok := traversal[2].(hcl.TraverseIndex); ok {
			key = fromCty(index.Key)
		}
	}
	var config *tfjson.ConfigModule
	if parent.config != nil {
		if call := parent.config.ModuleCalls[attr.Name]; call != nil {
			config = call.Module
		}
	}
	return w.newScope(address, parent, attr.Name, key, config)
}

// addModule adds what a module and those in it have: of a prior state the data alone.
func (w *world) addModule(s *scope, module *tfjson.StateModule, unknown map[string]map[string]any, prior bool) {
	if module == nil || s == nil {
		return
	}
	for _, r := range module.Resources {
		if r == nil || r.DeposedKey != "" || w.instances[r.Address] != nil || prior && r.Mode != tfjson.DataResourceMode {
			continue
		}
		in := &instance{address: r.Address, mode: r.Mode, kind: r.Type, name: r.Name, index: r.Index, values: r.AttributeValues, unknown: unknown[r.Address], scope: s, provider: r.ProviderName}
		if in.values == nil {
			in.values = map[string]any{}
		}
		if s.config != nil {
			for _, c := range s.config.Resources {
				if c != nil && c.Address == in.local() {
					in.config = c
				}
			}
		}
		w.instances[r.Address] = in
		w.order = append(w.order, in)
		s.byName[in.local()] = append(s.byName[in.local()], in)
	}
	for _, child := range module.ChildModules {
		if child != nil {
			w.addModule(w.child(s, child.Address), child, unknown, prior)
		}
	}
}

// problem collects what cannot be understood of a resource.
func (w *world) problem(in *instance, format string, args ...any) {
	p := deploy.Problem{Position: deploy.Position{File: w.path}, Text: fmt.Sprintf(format, args...)}
	if in != nil {
		p.Address = in.address
		if at := w.position(in); at.Line > 0 {
			p.Position = at
		}
	}
	w.problems = append(w.problems, p)
}

// checkDeferred reports resources that the plan leaves to a later one: it has no values of
// them.
func (w *world) checkDeferred() {
	if w.shown.plan == nil {
		return
	}
	for _, deferred := range w.shown.plan.DeferredChanges {
		if deferred != nil && deferred.ResourceChange != nil && deferred.ResourceChange.Mode == tfjson.ManagedResourceMode {
			w.problem(nil, "%s is left to a later plan (%s)", deferred.ResourceChange.Address, deferred.Reason)
		}
	}
}

// checkOptions reports addresses of options that the file does not have.
func (w *world) checkOptions() {
	for _, address := range w.without {
		if !w.has(address) {
			w.problem(nil, "LeaveOut(%q): there is no such resource", address)
		}
	}
	for _, attribute := range slices.Sorted(maps.Keys(w.bound)) {
		at := strings.LastIndexByte(attribute, '.')
		if at < 0 || !w.has(attribute[:at]) {
			w.problem(nil, "Bind(%q): there is no such resource; an argument of a resource is bound as \"aws_iam_policy.worker.policy\"", attribute)
		}
	}
}

// has reports whether the file has a resource, or instances of one.
func (w *world) has(address string) bool {
	return slices.ContainsFunc(w.order, func(in *instance) bool { return in.address == address || in.all() == address })
}
