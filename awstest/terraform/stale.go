package terraform

import (
	"reflect"
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/zclconf/go-cty/cty"
)

// isOfPlan reports whether a block is the one of the plan: whether it has the arguments,
// the constants and the references that the plan's configuration has. A block that has
// changed since would make another policy than the one that is deployed.
func (w *world) isOfPlan(block *hclsyntax.Block, planned map[string]*tfjson.Expression) bool {
	is, ok := w.ofPlan[block]
	if !ok {
		is = sameBody(block.Body, planned)
		w.ofPlan[block] = is
	}
	return is
}

// otherConfiguration is a value that the configuration does not say, because it is not the
// one of the plan.
func (w *world) otherConfiguration(what string) cty.Value {
	return w.unknownFor("the configuration of the plan: %s in %s is another one", what, w.config.dir)
}

// metaArguments and metaBlocks are Terraform's own, which are not among a resource's
// expressions.
var (
	metaArguments = []string{"count", "for_each", "depends_on", "provider", "providers", "source", "version"}
	metaBlocks    = []string{"lifecycle", "provisioner", "connection", "timeouts", "dynamic"}
)

func sameBody(body *hclsyntax.Body, planned map[string]*tfjson.Expression) bool {
	for name, attr := range body.Attributes {
		if slices.Contains(metaArguments, name) {
			continue
		}
		if expr := planned[name]; expr == nil || expr.ExpressionData == nil || len(expr.NestedBlocks) == 0 && !sameExpression(attr.Expr, expr) {
			return false
		}
	}
	static := map[string][]*hclsyntax.Block{}
	for _, block := range body.Blocks {
		if !slices.Contains(metaBlocks, block.Type) {
			static[block.Type] = append(static[block.Type], block)
		}
	}
	for name, blocks := range static {
		expr := planned[name]
		if expr == nil || expr.ExpressionData == nil || len(expr.NestedBlocks) > 0 && len(expr.NestedBlocks) != len(blocks) {
			return false
		}
		for i, nested := range expr.NestedBlocks {
			if !sameBody(blocks[i].Body, nested) {
				return false
			}
		}
	}
	for name, expr := range planned {
		isThere := body.Attributes[name] != nil || static[name] != nil || hasBlock(body, name) || slices.Contains(metaBlocks, name)
		if !isThere && expr != nil && expr.ExpressionData != nil {
			return false
		}
	}
	return true
}

// sameExpression reports whether an expression refers to what the plan says it refers to,
// and is the constant that the plan has.
func sameExpression(expr hclsyntax.Expression, planned *tfjson.Expression) bool {
	var names []string
	for _, t := range expr.Variables() {
		name, _ := nameOf(t)
		names = append(names, name)
		if !slices.ContainsFunc(planned.References, func(ref string) bool { return isAt(ref, name) }) {
			return false
		}
	}
	for _, ref := range planned.References {
		if !slices.ContainsFunc(names, func(name string) bool { return isAt(ref, name) }) {
			return false
		}
	}
	if len(names) > 0 || planned.ConstantValue == nil || planned.ConstantValue == tfjson.UnknownConstantValue {
		return true
	}
	constant, diags := expr.Value(nil)
	return diags.HasErrors() || reflect.DeepEqual(fromCty(constant), planned.ConstantValue)
}

// isCallOfPlan is isOfPlan of the block that calls the module.
func (s *scope) isCallOfPlan() bool {
	if s.block == nil || s.parent == nil || s.parent.config == nil || s.parent.config.ModuleCalls[s.call] == nil {
		return true
	}
	return s.world.isOfPlan(s.block, s.parent.config.ModuleCalls[s.call].Expressions)
}

// isOutputOfPlan reports whether an output of the module is the one of the plan.
func (s *scope) isOutputOfPlan(name string, expr hclsyntax.Expression) bool {
	if s.config == nil || s.config.Outputs[name] == nil || s.config.Outputs[name].Expression == nil || s.config.Outputs[name].Expression.ExpressionData == nil {
		return s.config == nil
	}
	return sameExpression(expr, s.config.Outputs[name].Expression)
}
