package terraform

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A body is a block whose arguments are evaluated.
type body struct {
	at     hcl.Range
	attrs  map[string]cty.Value
	blocks map[string][]body
	// unknown says that there may be more blocks of a type.
	unknown map[string]bool
}

// evaluate evaluates the arguments and blocks of a block, dynamic ones too.
func (s *scope) evaluate(of *hclsyntax.Body, at hcl.Range, r request) body {
	b := body{at: at, attrs: map[string]cty.Value{}, blocks: map[string][]body{}, unknown: map[string]bool{}}
	for name, attr := range of.Attributes {
		b.attrs[name] = s.eval(attr.Expr, r)
	}
	for _, block := range of.Blocks {
		if block.Type == "dynamic" && len(block.Labels) == 1 {
			s.expand(&b, block, r)
			continue
		}
		b.blocks[block.Type] = append(b.blocks[block.Type], s.evaluate(block.Body, block.DefRange(), r))
	}
	return b
}

// expand adds the blocks that a dynamic block makes.
func (s *scope) expand(b *body, block *hclsyntax.Block, r request) {
	name := block.Labels[0]
	each := block.Body.Attributes["for_each"]
	var content *hclsyntax.Block
	for _, inner := range block.Body.Blocks {
		if inner.Type == "content" {
			content = inner
		}
	}
	if each == nil || content == nil {
		b.unknown[name] = true
		return
	}
	iterator := name
	if attr := block.Body.Attributes["iterator"]; attr != nil {
		iterator = hcl.ExprAsKeyword(attr.Expr)
	}
	of := s.eval(each.Expr, r)
	if !of.IsKnown() {
		b.unknown[name] = true
		return
	}
	if of.IsNull() || !of.CanIterateElements() {
		return
	}
	for it := of.ElementIterator(); it.Next(); {
		key, value := it.Element()
		if of.Type().IsSetType() {
			key = value
		}
		inner := request{in: r.in, extra: map[string]cty.Value{iterator: cty.ObjectVal(map[string]cty.Value{"key": key, "value": value})}}
		for name, v := range r.extra {
			if name != iterator {
				inner.extra[name] = v
			}
		}
		b.blocks[name] = append(b.blocks[name], s.evaluate(content.Body, block.DefRange(), inner))
		if s.world.work++; s.world.work > maxWork {
			b.unknown[name] = true
			return
		}
	}
}

// blocks returns the blocks of a type as a list of objects.
func (s *scope) blocks(of *hclsyntax.Body, name string, r request) cty.Value {
	only := &hclsyntax.Body{}
	for _, block := range of.Blocks {
		if hasBlock(&hclsyntax.Body{Blocks: hclsyntax.Blocks{block}}, name) {
			only.Blocks = append(only.Blocks, block)
		}
	}
	return listOf(s.evaluate(only, hcl.Range{}, r), name)
}

func listOf(b body, name string) cty.Value {
	if b.unknown[name] {
		return cty.DynamicVal
	}
	list := make([]cty.Value, 0, len(b.blocks[name]))
	for _, inner := range b.blocks[name] {
		attrs := map[string]cty.Value{}
		for name, v := range inner.attrs {
			attrs[name] = v
		}
		for name := range inner.unknown {
			attrs[name] = cty.DynamicVal
		}
		for name := range inner.blocks {
			attrs[name] = listOf(inner, name)
		}
		list = append(list, cty.ObjectVal(attrs))
	}
	return cty.TupleVal(list)
}
