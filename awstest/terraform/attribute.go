package terraform

import (
	"encoding/json"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// toCty is a value of JSON in the types of expressions.
func toCty(v any) cty.Value {
	text, err := json.Marshal(v)
	if err != nil {
		return cty.DynamicVal
	}
	var simple ctyjson.SimpleJSONValue
	if simple.UnmarshalJSON(text) != nil {
		return cty.DynamicVal
	}
	return simple.Value
}

// fromCty is a known value in the types of JSON.
func fromCty(v cty.Value) any {
	v, _ = v.UnmarkDeep()
	if !v.IsWhollyKnown() {
		return nil
	}
	text, err := ctyjson.SimpleJSONValue{Value: v}.MarshalJSON()
	if err != nil {
		return nil
	}
	var out any
	if json.Unmarshal(text, &out) != nil {
		return nil
	}
	return out
}

// hasUnknown reports whether something in a value is known after apply.
func hasUnknown(unknown any) bool {
	switch u := unknown.(type) {
	case bool:
		return u
	case []any:
		for _, e := range u {
			if hasUnknown(e) {
				return true
			}
		}
	case map[string]any:
		for _, e := range u {
			if hasUnknown(e) {
				return true
			}
		}
	}
	return false
}

// attr returns an attribute: as the file has it, or as it will be. NilVal is one that
// the resource has not.
func (in *instance) attr(name string) cty.Value {
	w, address := in.scope.world, in.address+"."+name
	if bound, ok := in.bound(name); ok {
		return boundValue(bound)
	}
	value, ok := in.values[name]
	if !hasUnknown(in.unknown[name]) {
		if ok {
			return toCty(value)
		}
		return cty.NilVal
	}
	if v, ok := w.known[address]; ok {
		if v != cty.NilVal && !v.IsWhollyKnown() {
			w.recall(address)
		}
		return v
	}
	if w.pending[address] {
		return w.unknownFor("%s, which needs itself", address)
	}
	w.pending[address] = true
	v := w.remember(address, func() cty.Value { return in.resolve(name) })
	delete(w.pending, address)
	w.known[address] = v
	return v
}

// bound returns what Bind says of an attribute: of the instance, or of all.
func (in *instance) bound(name string) (string, bool) {
	bound := in.scope.world.file.bound
	if text, ok := bound[in.address+"."+name]; ok {
		return text, true
	}
	text, ok := bound[in.all()+"."+name]
	return text, ok
}

// boundValue is what Bind says: a list in JSON, or text.
func boundValue(text string) cty.Value {
	var list []any
	if strings.HasPrefix(text, "[") && json.Unmarshal([]byte(text), &list) == nil {
		return toCty(list)
	}
	return cty.StringVal(text)
}

// resolve finds a value that the plan does not know: what the configuration says, or what
// AWS will make of it.
func (in *instance) resolve(name string) cty.Value {
	if in.kind == policyDocument && in.mode == tfjson.DataResourceMode && (name == "json" || name == "minified_json") {
		return in.render()
	}
	if !in.isConfigured(name) {
		return in.computed(name)
	}
	if in.block == nil {
		return in.follow(name)
	}
	if in.config != nil && !in.scope.world.isOfPlan(in.block, in.config.Expressions) {
		return in.scope.world.otherConfiguration(in.local())
	}
	r := request{in: in}
	if attr := in.block.Body.Attributes[name]; attr != nil {
		v := in.scope.eval(attr.Expr, r)
		if v.IsKnown() && v.IsNull() {
			return in.computed(name)
		}
		return v
	}
	return in.scope.blocks(in.block.Body, name, r)
}

// isConfigured reports whether the configuration sets an argument.
func (in *instance) isConfigured(name string) bool {
	if in.config != nil {
		return in.config.Expressions[name] != nil || in.block != nil && hasBlock(in.block.Body, name)
	}
	return in.block != nil && (in.block.Body.Attributes[name] != nil || hasBlock(in.block.Body, name))
}

func hasBlock(body *hclsyntax.Body, name string) bool {
	for _, b := range body.Blocks {
		if b.Type == name || b.Type == "dynamic" && len(b.Labels) == 1 && b.Labels[0] == name {
			return true
		}
	}
	return false
}

// isAt reports whether a reference names something or a part of it.
func isAt(ref, name string) bool {
	rest, ok := strings.CutPrefix(ref, name)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}
