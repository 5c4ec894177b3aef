package terraform

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/leastpriv/leastpriv/awstest/deploy"
	"github.com/zclconf/go-cty/cty"
)

// A conversion makes a resource in the types of CloudFormation of one of Terraform's.
type conversion struct {
	*instance
	out *deploy.Resource
	// optional says that there is no fake: what is not known is left out.
	optional bool
}

// A converter fills in a resource.
type converter func(*conversion)

// stack converts the resources.
func (w *world) stack() *deploy.Stack {
	stack := &deploy.Stack{}
	made := []*conversion{}
	for _, in := range w.order {
		if in.mode == "data" || w.leavesOut(in) || !strings.HasPrefix(in.kind, "aws_") {
			continue
		}
		c := w.convert(in)
		made = append(made, c)
	}
	made = w.join(made)
	w.sayHow()
	for _, c := range made {
		c.out.Name, c.out.ARN = w.movedText(c.out.Name), w.movedText(c.out.ARN)
		c.out.Properties, _ = w.moved(c.out.Properties).(map[string]any)
		stack.Resources = append(stack.Resources, *c.out)
	}
	if len(w.problems) == 0 {
		stack.Outputs = w.outputs()
	}
	return stack
}

// convert converts a resource. Of one for which there is no converter its type is
// Terraform's, and nothing else is known of it.
func (w *world) convert(in *instance) *conversion {
	c := &conversion{instance: in, out: &deploy.Resource{Address: in.address, Type: in.kind, Position: w.position(in), Properties: map[string]any{}}}
	of, ok := converters[in.kind]
	if !ok {
		c.optional = true
		c.out.Name = c.text("id")
		c.out.ARN = c.text("arn")
		return c
	}
	if region := w.regionOf(in); isRegional(in.kind) && region != w.target.Region && w.region == w.target.Region {
		w.problem(in, "it is in the region %s, and the account's is %s: LeaveOut(%q) leaves it out", region, w.target.Region, in.address)
		return c
	}
	c.optional = of.optional
	c.out.Type = cmpOr(of.kind, in.kind)
	if of.name != "" {
		c.out.Name = c.text(of.name)
	}
	if _, ok := computed[in.kind]["arn"]; ok || in.values["arn"] != nil {
		c.out.ARN = c.optionalText("arn")
	}
	of.convert(c)
	return c
}

// value returns an argument. What is not known is a problem, which says what helps.
func (c *conversion) value(name string) any {
	w := c.scope.world
	w.missing = nil
	v := c.attr(name)
	if v == cty.NilVal {
		return nil
	}
	if v.IsWhollyKnown() {
		return fromCty(v)
	}
	if !c.optional {
		w.problem(c.instance, "%s", c.explain(name))
	}
	return nil
}

// explain says why an argument is not known, and how it can be said.
func (c *conversion) explain(name string) string {
	w := c.scope.world
	var needs []string
	for _, m := range w.missing {
		if m != c.address+"."+name {
			needs = append(needs, m)
		}
	}
	if len(needs) == 0 && c.config != nil && c.config.Expressions[name] != nil {
		needs = leavesOf(referencesOf(c.config.Expressions[name], 0))
	}
	text := name + " is known after apply"
	if len(needs) > 0 {
		more := ""
		if len(needs) > maxNeeds {
			needs, more = needs[:maxNeeds], fmt.Sprintf(" and %d more", len(needs)-maxNeeds)
		}
		text += ": it needs " + strings.Join(needs, ", ") + more
	}
	w.unknowns = true
	return fmt.Sprintf("%s; terraform.Bind(%q, VALUE) says it", text, c.address+"."+name)
}

// maxNeeds is how much of what a value needs is told.
const maxNeeds = 5

// referencesOf returns what an expression refers to, or the blocks of an argument.
func referencesOf(expr *tfjson.Expression, depth int) (references []string) {
	if expr == nil || expr.ExpressionData == nil || depth > maxTrace {
		return nil
	}
	references = append(references, expr.References...)
	for _, block := range expr.NestedBlocks {
		for _, name := range slices.Sorted(maps.Keys(block)) {
			references = append(references, referencesOf(block[name], depth+1)...)
		}
	}
	return references
}

// sayHow says once what makes all known that is not.
func (w *world) sayHow() {
	if !w.unknowns {
		return
	}
	state := "the state after apply has them, as terraform show -json prints it; LeaveOut leaves a resource out"
	if w.config == nil {
		w.problem(nil, "a plan has only what the values refer to: terraform.Source(DIR) names the folder of the configuration, which says them; %s", state)
		return
	}
	w.problem(nil, "the configuration in %s does not say all values, or is not the one of the plan; the state after apply has them, as terraform show -json prints it; LeaveOut leaves a resource out", w.config.dir)
}

func (c *conversion) text(name string) string {
	list := textsOf(c.value(name))
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// optionalText returns an attribute that may be unknown.
func (c *conversion) optionalText(name string) string {
	was := c.optional
	c.optional = true
	defer func() { c.optional = was }()
	return c.text(name)
}

// set sets a property where the argument is given.
func (c *conversion) set(property, name string) {
	switch v := c.value(name).(type) {
	case nil:
	case string:
		if v != "" {
			c.out.Properties[property] = v
		}
	default:
		c.out.Properties[property] = v
	}
}

// sets sets properties: pairs of property and argument.
func (c *conversion) sets(pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		c.set(pairs[i], pairs[i+1])
	}
}

// policy sets a property that is a policy document.
func (c *conversion) policy(property, name string) {
	text := c.text(name)
	if text == "" {
		return
	}
	var expr hclsyntax.Expression
	if c.block != nil && c.block.Body.Attributes[name] != nil && !c.isBound(name) {
		expr = c.block.Body.Attributes[name].Expr
	}
	c.out.Properties[property] = c.scope.world.document(c.instance, text, expr)
}

func (c *conversion) isBound(name string) bool {
	_, ok := c.bound(name)
	return ok
}

// isSet reports whether an argument that AWS computes where it is not given is given: of
// a state one cannot tell, and takes what is there.
func (c *conversion) isSet(name string) bool {
	return c.config == nil && c.values[name] != nil || c.isConfigured(name) || c.isBound(name)
}

// tags sets the tags, those of the provider's default_tags among them.
func (c *conversion) tags() {
	if !hasUnknown(c.unknown["tags_all"]) {
		if tags, ok := c.values["tags_all"].(map[string]any); ok {
			if len(tags) > 0 {
				c.out.Properties["Tags"] = tags
			}
			return
		}
	}
	tags := map[string]any{}
	if all, ok := c.values["tags_all"].(map[string]any); ok {
		for k, v := range all {
			tags[k] = v
		}
	}
	if own, ok := c.value("tags").(map[string]any); ok {
		for k, v := range own {
			tags[k] = v
		}
	}
	if len(tags) > 0 {
		c.out.Properties["Tags"] = tags
	}
}

// objects returns an argument that is blocks.
func (c *conversion) objects(name string) []map[string]any {
	return objectsOf(c.value(name))
}

func objectsOf(v any) (objects []map[string]any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if o, ok := e.(map[string]any); ok {
				objects = append(objects, o)
			}
		}
	case map[string]any:
		objects = append(objects, v)
	}
	return objects
}

func jsonOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}
