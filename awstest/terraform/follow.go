package terraform

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/zclconf/go-cty/cty"
)

// identifiers are arguments that name another resource, and are nothing but its name, id
// or ARN. A plan has of an expression only what it refers to: of these one can tell the
// value from that. "${aws_s3_bucket.data.arn}/*" and aws_s3_bucket.data.arn look the same,
// so no policy is ever made of it.
var identifiers = map[string]bool{
	"role": true, "user": true, "group": true, "bucket": true, "queue_url": true, "policy_arn": true, "permissions_boundary": true, "kms_master_key_id": true,
	"target_key_id": true, "key_id": true, "queue_arn": true, "topic_arn": true,
}

// follow returns a value that the plan does not know from what it refers to, where there
// is no source.
func (in *instance) follow(name string) cty.Value {
	if in.config == nil || in.config.Expressions[name] == nil {
		return cty.DynamicVal
	}
	return in.scope.fill(name, in.values[name], in.unknown[name], in.config.Expressions[name], in.index)
}

// fill puts what is known after apply into a value.
func (s *scope) fill(name string, value, unknown any, expr *tfjson.Expression, index any) cty.Value {
	if !hasUnknown(unknown) {
		return toCty(value)
	}
	if expr == nil || expr.ExpressionData == nil {
		return cty.DynamicVal
	}
	if unknown == true {
		if !identifiers[name] {
			return cty.DynamicVal
		}
		return s.refer(expr.References, index, 0)
	}
	list, isList := value.([]any)
	marks, areMarks := unknown.([]any)
	if !isList || !areMarks || len(expr.NestedBlocks) != len(list) || len(marks) != len(list) {
		return cty.DynamicVal // dynamic blocks, of which the configuration says nothing
	}
	filled := make([]cty.Value, len(list))
	for i := range list {
		values, _ := list[i].(map[string]any)
		unknowns, _ := marks[i].(map[string]any)
		attrs := map[string]cty.Value{}
		for name, v := range values {
			attrs[name] = toCty(v)
		}
		for name, u := range unknowns {
			if !hasUnknown(u) {
				continue
			}
			inner := expr.NestedBlocks[i][name]
			if inner == nil { // the provider computes it
				continue
			}
			attrs[name] = s.fill(name, values[name], u, inner, index)
		}
		filled[i] = cty.ObjectVal(attrs)
	}
	return cty.TupleVal(filled)
}

// refer returns what references stand for where they are to one thing.
func (s *scope) refer(references []string, index any, depth int) cty.Value {
	leaves := slices.DeleteFunc(leavesOf(references), func(ref string) bool { return ref == "count.index" })
	if len(leaves) != 1 || depth > maxTrace {
		return cty.DynamicVal
	}
	t, diags := hclsyntax.ParseTraversalAbs([]byte(leaves[0]), "", hcl.InitialPos)
	if diags.HasErrors() {
		return cty.DynamicVal
	}
	byIndex := slices.Contains(references, "count.index")
	name, attr := nameOf(t)
	switch t.RootName() {
	case "var":
		if s.parent == nil || s.parent.config == nil || s.parent.config.ModuleCalls[s.call] == nil {
			return cty.DynamicVal
		}
		expr := s.parent.config.ModuleCalls[s.call].Expressions[attrAfter(name)]
		if expr == nil || expr.ExpressionData == nil {
			return cty.DynamicVal
		}
		return s.parent.refer(expr.References, s.key, depth+1)
	case "module":
		return s.referToModule(t, attrAfter(name), attr, depth)
	case "local", "each", "path", "terraform", "self", "data":
		return cty.DynamicVal
	}
	if attr == "" {
		return cty.DynamicVal
	}
	key := keyOf(t, 2)
	if byIndex {
		key = index
	}
	for _, other := range s.byName[name] {
		if other.index == key && other.attr(attr) != cty.NilVal {
			return other.attr(attr)
		}
	}
	return cty.DynamicVal
}

// leavesOf returns references without those that another one begins with: the JSON has
// aws_sqs_queue.dead beside aws_sqs_queue.dead.arn.
func leavesOf(references []string) (leaves []string) {
	for _, ref := range references {
		longer := slices.ContainsFunc(references, func(other string) bool { return other != ref && isAt(other, ref) })
		if !longer && !slices.Contains(leaves, ref) {
			leaves = append(leaves, ref)
		}
	}
	return leaves
}

func (s *scope) referToModule(t hcl.Traversal, name, output string, depth int) cty.Value {
	for _, child := range s.calls[name] {
		if child.key != keyOf(t, 2) || child.config == nil || child.config.Outputs[output] == nil {
			continue
		}
		if expr := child.config.Outputs[output].Expression; expr != nil && expr.ExpressionData != nil {
			return child.refer(expr.References, nil, depth+1)
		}
	}
	return cty.DynamicVal
}

// keyOf is the key at a step of a traversal, nil where there is none.
func keyOf(t hcl.Traversal, at int) any {
	if len(t) > at {
		if index, ok := t[at].(hcl.TraverseIndex); ok {
			return fromCty(index.Key)
		}
	}
	return nil
}

// textsOf returns a value as a list of texts; one text alone is one.
func textsOf(v any) (list []string) {
	switch v := v.(type) {
	case nil:
	case string:
		list = append(list, v)
	case []any:
		for _, e := range v {
			list = append(list, textsOf(e)...)
		}
	case map[string]any:
	default:
		text, _ := convertText(v)
		list = append(list, text)
	}
	return list
}

func convertText(v any) (string, bool) {
	s := toCty(v)
	if s.Type() == cty.Bool {
		if s.True() {
			return "true", true
		}
		return "false", true
	}
	if s.Type() == cty.Number {
		return strings.TrimSuffix(s.AsBigFloat().Text('f', -1), ".0"), true
	}
	return "", false
}
