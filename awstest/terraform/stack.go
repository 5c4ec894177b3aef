package terraform

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
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

// explain says why an argument is not known, and how it can be made known.
func (c *conversion) explain(name string) string {
	w := c.scope.world
	var needs []string
	for _, m := range w.missing {
		if m != c.address+"."+name {
			needs = append(needs, m)
		}
	}
	text := fmt.Sprintf("%s is known after apply", name)
	switch {
	case len(needs) > 0:
		text += ", and needs " + strings.Join(needs[:min(len(needs), 5)], "; ")
	case c.config != nil && c.config.Expressions[name] != nil && c.config.Expressions[name].ExpressionData != nil:
		text += ", and refers to " + strings.Join(c.config.Expressions[name].References, ", ")
	}
	how := fmt.Sprintf("terraform.Bind(%q, VALUE) says it, LeaveOut(%q) leaves the resource out, and the state after apply has it (terraform show -json)", c.address+"."+name, c.address)
	if c.block == nil {
		return text + ": terraform.Source(DIR) names the folder of the configuration, from which it can be evaluated; " + how
	}
	return text + ": " + how
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
	_, ok := c.scope.world.bound[c.address+"."+name]
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
