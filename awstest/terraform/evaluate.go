package terraform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

const (
	maxWork  = 1 << 20 // steps of all evaluations of a file
	maxValue = 4 << 20 // bytes of text in one value
)

// unknown is a value that cannot be known, and notes why.
func (w *world) unknownFor(format string, args ...any) cty.Value {
	why := fmt.Sprintf(format, args...)
	if !slices.Contains(w.missing, why) && len(w.missing) < 100 {
		w.missing = append(w.missing, why)
	}
	return cty.DynamicVal
}

// remember evaluates a value, and remembers what it would need.
func (w *world) remember(name string, eval func() cty.Value) cty.Value {
	before := w.missing
	w.missing = nil
	v := eval()
	w.because[name] = w.missing
	w.missing = before
	if v != cty.NilVal && !v.IsWhollyKnown() {
		w.recall(name)
	}
	return v
}

// recall notes what a value needs that was looked for before.
func (w *world) recall(name string) {
	if len(w.because[name]) == 0 {
		w.unknownFor("%s", name)
	}
	for _, why := range w.because[name] {
		w.unknownFor("%s", why)
	}
}

// bounded is a value, or unknown where it has grown too long: locals can double each
// other's text.
func (w *world) bounded(v cty.Value, what string) cty.Value {
	if sizeOf(v, maxValue) < 0 {
		return w.unknownFor("%s has more than %d bytes", what, maxValue)
	}
	return v
}

// sizeOf returns what is left of a size after a value, less than 0 where it is greater.
func sizeOf(v cty.Value, left int) int {
	left--
	if left < 0 || !v.IsKnown() || v.IsNull() {
		return left
	}
	switch ty := v.Type(); {
	case ty == cty.String:
		return left - len(v.AsString())
	case v.CanIterateElements():
		for it := v.ElementIterator(); it.Next() && left >= 0; {
			_, e := it.Element()
			left = sizeOf(e, left)
		}
	}
	return left
}

// A request is what expressions of a scope may refer to beside its own.
type request struct {
	in    *instance            // whose count.index and each.key they are
	extra map[string]cty.Value // iterators of dynamic blocks
}

// eval evaluates an expression.
func (s *scope) eval(expr hclsyntax.Expression, r request) cty.Value {
	w := s.world
	if w.work++; w.work > maxWork {
		return w.unknownFor("the configuration takes more than %d steps", maxWork)
	}
	if s.module == nil {
		return w.unknownFor("the configuration of %s is not there", cmpOr(s.address, "the root module"))
	}
	ctx := &hcl.EvalContext{Variables: s.variables(expr.Variables(), r), Functions: functionsOf(s)}
	v, diags := expr.Value(ctx)
	if diags.HasErrors() {
		for _, d := range diags {
			if d.Severity == hcl.DiagError {
				at := expr.StartRange()
				if d.Subject != nil {
					at = *d.Subject
				}
				return w.unknownFor("%s:%d: %s: %s", at.Filename, at.Start.Line, d.Summary, d.Detail)
			}
		}
	}
	v, _ = v.UnmarkDeep()
	return w.bounded(v, fmt.Sprintf("the value at %s:%d", expr.StartRange().Filename, expr.StartRange().Start.Line))
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// variables makes the objects that expressions name.
func (s *scope) variables(traversals []hcl.Traversal, r request) map[string]cty.Value {
	wanted := map[string]map[string]bool{} // attributes by name; "" is all of them
	var names []string
	for _, t := range traversals {
		name, attr := nameOf(t)
		if wanted[name] == nil {
			wanted[name] = map[string]bool{}
			names = append(names, name)
		}
		wanted[name][attr] = true
	}
	roots := map[string]cty.Value{}
	nested := map[string]map[string]cty.Value{}
	data := map[string]map[string]cty.Value{}
	put := func(in map[string]map[string]cty.Value, a, b string, v cty.Value) {
		if in[a] == nil {
			in[a] = map[string]cty.Value{}
		}
		in[a][b] = v
	}
	for _, name := range names {
		parts := strings.SplitN(name, ".", 3)
		if v, ok := r.extra[parts[0]]; ok {
			roots[parts[0]] = v
			continue
		}
		switch {
		case len(parts) < 2:
		case parts[0] == "data" && len(parts) == 3:
			put(data, parts[1], parts[2], s.resource(name, wanted[name]))
		default:
			put(nested, parts[0], parts[1], s.named(parts[0], parts[1], wanted[name], r))
		}
	}
	for root, values := range nested {
		roots[root] = cty.ObjectVal(values)
	}
	if len(data) > 0 {
		kinds := map[string]cty.Value{}
		for kind, values := range data {
			kinds[kind] = cty.ObjectVal(values)
		}
		roots["data"] = cty.ObjectVal(kinds)
	}
	return roots
}

// nameOf returns what a traversal names, "aws_sqs_queue.dead", and which attribute of it.
func nameOf(t hcl.Traversal) (name, attr string) {
	steps := []string{t.RootName()}
	n := 2
	if steps[0] == "data" {
		n = 3
	}
	rest := t[1:]
	for len(rest) > 0 && len(steps) < n {
		step, ok := rest[0].(hcl.TraverseAttr)
		if !ok {
			break
		}
		steps, rest = append(steps, step.Name), rest[1:]
	}
	for _, step := range rest {
		if a, ok := step.(hcl.TraverseAttr); ok {
			return strings.Join(steps, "."), a.Name
		}
	}
	return strings.Join(steps, "."), ""
}

// named returns the value of a name in two parts.
func (s *scope) named(root, name string, attrs map[string]bool, r request) cty.Value {
	w := s.world
	switch root {
	case "var":
		return s.once("var."+name, func() cty.Value { return s.variable(name) })
	case "local":
		return s.once("local."+name, func() cty.Value {
			expr := s.module.locals[name]
			if expr == nil {
				return w.unknownFor("%slocal.%s", s.prefix(), name)
			}
			return s.eval(expr, request{})
		})
	case "module":
		return s.moduleValue(name, attrs)
	case "each", "count":
		return s.repetition(root, name, r)
	case "path":
		switch name {
		case "module":
			return cty.StringVal(s.module.dir)
		case "root":
			return cty.StringVal(".")
		}
		return w.unknownFor("path.%s", name)
	case "terraform", "self", "ephemeral":
		return w.unknownFor("%s.%s", root, name)
	}
	return s.resource(root+"."+name, attrs)
}

// once evaluates what a name stands for, once. What needs itself is not known.
func (s *scope) once(name string, eval func() cty.Value) cty.Value {
	if v, ok := s.values[name]; ok {
		if !v.IsWhollyKnown() {
			s.world.recall(s.prefix() + name)
		}
		return v
	}
	if s.pending[name] {
		return s.world.unknownFor("%s%s, which needs itself", s.prefix(), name)
	}
	s.pending[name] = true
	v := s.world.remember(s.prefix()+name, eval)
	delete(s.pending, name)
	s.values[name] = v
	return v
}

// variable returns an input: the plan has those of the root module, the call of a module
// says the others.
func (s *scope) variable(name string) cty.Value {
	w := s.world
	declared := s.module.variables[name]
	v, ok := s.given(name)
	if !ok {
		// A plan has every input of the root module but ephemeral ones.
		if s.parent == nil && w.shown.plan != nil || declared == nil || declared.Body.Attributes["default"] == nil {
			return w.unknownFor("%svar.%s", s.prefix(), name)
		}
		v = s.eval(declared.Body.Attributes["default"].Expr, request{})
	}
	if declared == nil || declared.Body.Attributes["type"] == nil {
		return v
	}
	ty, defaults, diags := typeexpr.TypeConstraintWithDefaults(declared.Body.Attributes["type"].Expr)
	if diags.HasErrors() {
		return v
	}
	if defaults != nil && v.IsKnown() && !v.IsNull() {
		v = defaults.Apply(v)
	}
	converted, err := convert.Convert(v, ty)
	if err != nil {
		return w.unknownFor("%svar.%s: %v", s.prefix(), name, err)
	}
	return converted
}

func (s *scope) given(name string) (cty.Value, bool) {
	if s.parent == nil {
		if plan := s.world.shown.plan; plan != nil && plan.Variables[name] != nil {
			return toCty(plan.Variables[name].Value), true
		}
		return cty.NilVal, false
	}
	if s.block == nil || s.block.Body.Attributes[name] == nil {
		return cty.NilVal, false
	}
	if !s.isCallOfPlan() {
		return s.world.otherConfiguration("module." + s.call), true
	}
	v := s.parent.eval(s.block.Body.Attributes[name].Expr, request{in: s.asInstance()})
	// A null stands for the default where the variable says nullable = false.
	if v.IsKnown() && v.IsNull() && s.isNotNullable(name) {
		return cty.NilVal, false
	}
	return v, true
}

func (s *scope) isNotNullable(name string) bool {
	block := s.module.variables[name]
	if block == nil || block.Body.Attributes["nullable"] == nil {
		return false
	}
	v, diags := block.Body.Attributes["nullable"].Expr.Value(nil)
	return !diags.HasErrors() && v.IsKnown() && v.Type() == cty.Bool && v.False()
}

// asInstance is the call of the module, for its count.index and each.key.
func (s *scope) asInstance() *instance {
	return &instance{address: s.address, index: s.key, scope: s.parent, block: s.block}
}

// repetition returns count.index, each.key and each.value.
func (s *scope) repetition(root, name string, r request) cty.Value {
	w := s.world
	if r.in == nil || r.in.index == nil {
		return w.unknownFor("%s.%s", root, name)
	}
	key := toCty(r.in.index)
	switch {
	case root == "count" && name == "index", root == "each" && name == "key":
		return key
	case root != "each" || name != "value" || r.in.block == nil || r.in.block.Body.Attributes["for_each"] == nil:
		return w.unknownFor("%s.%s", root, name)
	}
	of := s.once("for_each of "+withoutKeys(r.in.address), func() cty.Value { return s.eval(r.in.block.Body.Attributes["for_each"].Expr, request{}) })
	switch ty := of.Type(); {
	case ty.IsSetType(), ty.IsTupleType() || ty.IsListType(): // as plans write sets
		return key
	case !of.IsKnown() || of.IsNull() || key.Type() != cty.String:
	case ty.IsMapType() && of.HasIndex(key).True():
		return of.Index(key)
	case ty.IsObjectType() && ty.HasAttribute(key.AsString()):
		return of.GetAttr(key.AsString())
	}
	return w.unknownFor("%s.%s of %s", root, name, r.in.address)
}
