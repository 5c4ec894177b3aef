package terraform

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// moduleValue returns the outputs of a module that is called.
func (s *scope) moduleValue(name string, wanted map[string]bool) cty.Value {
	children := s.calls[name]
	call := s.module.calls[name]
	if call == nil || len(children) == 0 {
		return s.world.unknownFor("%smodule.%s", s.prefix(), name)
	}
	values := make([]keyed, 0, len(children))
	for _, child := range children {
		values = append(values, keyed{child.key, child.outputs(wanted)})
	}
	return collect(values, call.Body)
}

func (s *scope) outputs(wanted map[string]bool) cty.Value {
	if s.module == nil {
		return s.world.unknownFor("the outputs of %s, whose configuration is not there: run terraform init", s.address)
	}
	outputs := map[string]cty.Value{}
	for name, block := range s.module.outputs {
		attr := block.Body.Attributes["value"]
		if attr == nil || !wanted[""] && !wanted[name] {
			continue
		}
		outputs[name] = s.once("output."+name, func() cty.Value {
			if !s.isOutputOfPlan(name, attr.Expr) {
				return s.world.otherConfiguration("output." + name + " of " + s.address)
			}
			return s.eval(attr.Expr, request{})
		})
	}
	return cty.ObjectVal(outputs)
}

// A keyed value is one of those that count or for_each make.
type keyed struct {
	key   any
	value cty.Value
}

// collect makes a list or an object of what count and for_each made.
func collect(values []keyed, body *hclsyntax.Body) cty.Value {
	has := func(name string) bool { return body != nil && body.Attributes[name] != nil }
	byKey := map[string]cty.Value{}
	byIndex := map[int]cty.Value{}
	for _, v := range values {
		switch key := v.key.(type) {
		case string:
			byKey[key] = v.value
		case float64:
			byIndex[int(key)] = v.value
		default:
			if !has("count") && !has("for_each") {
				return v.value
			}
		}
	}
	if len(byKey) > 0 || has("for_each") {
		return cty.ObjectVal(byKey)
	}
	list := make([]cty.Value, 0, len(byIndex))
	for i := range len(byIndex) {
		v, ok := byIndex[i]
		if !ok {
			return cty.DynamicVal
		}
		list = append(list, v)
	}
	return cty.TupleVal(list)
}

// resource returns the value of a resource or data source of the module.
func (s *scope) resource(local string, wanted map[string]bool) cty.Value {
	instances := s.byName[local]
	block := s.module.resources[local]
	if len(instances) == 0 {
		if block != nil && (block.Body.Attributes["count"] != nil || block.Body.Attributes["for_each"] != nil) {
			return collect(nil, block.Body)
		}
		return s.world.unknownFor("%s%s", s.prefix(), local)
	}
	values := make([]keyed, 0, len(instances))
	for _, in := range instances {
		values = append(values, keyed{in.index, in.object(wanted)})
	}
	var body *hclsyntax.Body
	if block != nil {
		body = block.Body
	}
	return collect(values, body)
}

// object returns a resource as expressions see it: the attributes that are wanted.
func (in *instance) object(wanted map[string]bool) cty.Value {
	attrs := map[string]cty.Value{}
	names := slices.Collect(maps.Keys(wanted))
	if wanted[""] {
		for _, has := range []map[string]any{in.values, in.unknown} {
			names = slices.AppendSeq(names, maps.Keys(has))
		}
	}
	slices.Sort(names)
	missing := in.scope.world.missing
	for _, name := range slices.Compact(names) {
		if name == "" {
			continue
		}
		if v := in.attr(name); v != cty.NilVal {
			attrs[name] = v
		}
	}
	if wanted[""] { // most of these nobody asked for
		in.scope.world.missing = missing
	}
	return cty.ObjectVal(attrs)
}

// clean is a path below the root module, as file() has it.
func (s *scope) clean(name string) string {
	if path.IsAbs(name) {
		return strings.TrimPrefix(path.Clean(name), "/")
	}
	return path.Clean(name)
}
