package cloudformation

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/leastpriv/leastpriv/internal/template"
)

// A change is one resource of a change set. It never changes.
type change struct {
	action        types.ChangeAction
	logical, kind string
	physical      string
	replacement   types.Replacement
	policy        types.PolicyAction
	details       []detail
	before, after map[string]any // nil where there is none
}

// A detail is a property that changes, and why.
type detail struct {
	property, causing string
	source            types.ChangeSource
	dynamic           bool
	recreation        types.RequiresRecreation
}

// changesOf are the changes of resources. The lock is held, and the template has the values
// of the resources that are there.
func (s *Fake) changesOf(st *stack, now *config, live *template.Live, d *difference) (all []*change) {
	replaced := map[string]bool{}
	altered := map[string][]string{} // properties
	for _, r := range live.Resources() {
		properties, err := live.Properties(r.Logical)
		if err != nil {
			continue // compare has found it
		}
		old := st.resources[r.Logical]
		if old == nil {
			all = append(all, &change{action: types.ChangeActionAdd, logical: r.Logical, kind: r.Type, after: properties})
			continue
		}
		c := &change{action: types.ChangeActionModify, logical: r.Logical, kind: r.Type, physical: old.physical, before: old.properties, after: properties, replacement: types.ReplacementFalse}
		k := kinds[kindOf(r.Type)]
		c.find(k, live, replaced, altered)
		if len(c.details) == 0 {
			continue
		}
		c.decide()
		replaced[r.Logical] = c.replacement != types.ReplacementFalse
		if replaced[r.Logical] {
			c.policy = types.PolicyActionReplaceAndDelete
			if old.updateReplacePolicy == "Retain" {
				c.policy = types.PolicyActionReplaceAndRetain
			}
		}
		all = append(all, c)
	}
	for _, c := range all {
		c.before, c.after = masked(&st.config, c.before), masked(now, c.after)
	}
	for _, logical := range d.removed {
		old := st.resources[logical]
		c := &change{action: types.ChangeActionRemove, logical: logical, kind: old.kind, physical: old.physical, before: masked(&st.config, old.properties), policy: types.PolicyActionDelete}
		if old.deletionPolicy == "Retain" {
			c.policy = types.PolicyActionRetain
		}
		all = append(all, c)
	}
	return all
}

// find finds which properties of a resource change, and why: themselves, or what they refer to.
func (c *change) find(k *kind, live *template.Live, replaced map[string]bool, altered map[string][]string) {
	for _, name := range changes(c.before, c.after) {
		c.details = append(c.details, detail{property: name, source: types.ChangeSourceDirectModification, recreation: k.recreation(name)})
		altered[c.logical] = append(altered[c.logical], name)
	}
	for _, name := range sortedNames(c.after) {
		if slices.ContainsFunc(c.details, func(d detail) bool { return d.property == name }) {
			continue
		}
		for _, ref := range live.PropertyReferences(c.logical, name) {
			dynamic := detail{property: name, dynamic: true, recreation: k.recreation(name)}
			switch {
			case ref[1] == "" && replaced[ref[0]]:
				dynamic.source, dynamic.causing = types.ChangeSourceResourceReference, ref[0]
			case ref[1] != "" && (replaced[ref[0]] || slices.Contains(altered[ref[0]], ref[1])):
				dynamic.source, dynamic.causing = types.ChangeSourceResourceAttribute, ref[0]+"."+ref[1]
			default:
				continue
			}
			c.details = append(c.details, dynamic)
			break
		}
	}
}

// masked are properties without secrets, nil where there are none.
func masked(c *config, properties map[string]any) map[string]any {
	if properties == nil {
		return nil
	}
	return objectOf(c.mask(properties))
}

func sortedNames(properties map[string]any) (all []string) {
	for name := range properties {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// recreation says whether a change of a property replaces a resource.
func (k *kind) recreation(property string) types.RequiresRecreation {
	if k != nil && (property == k.name || slices.Contains(k.immutable, property)) {
		return types.RequiresRecreationAlways
	}
	return types.RequiresRecreationNever
}

// decide says whether the resource is replaced, of what its properties say.
func (c *change) decide() {
	for _, d := range c.details {
		switch {
		case d.recreation == types.RequiresRecreationNever:
		case d.dynamic && c.replacement == types.ReplacementFalse:
			c.replacement = types.ReplacementConditional
		case !d.dynamic:
			c.replacement = types.ReplacementTrue
		}
	}
}

// shown is a change as DescribeChangeSet answers it.
func (c *change) shown(values bool) *types.ResourceChange {
	out := &types.ResourceChange{
		Action: c.action, LogicalResourceId: aws.String(c.logical), ResourceType: aws.String(c.kind), PhysicalResourceId: ptr(c.physical), Replacement: c.replacement, PolicyAction: c.policy,
		Details: []types.ResourceChangeDetail{}, Scope: []types.ResourceAttribute{},
	}
	if c.action == types.ChangeActionModify {
		out.Scope = append(out.Scope, types.ResourceAttributeProperties)
	}
	for _, d := range c.details {
		one := types.ResourceChangeDetail{
			ChangeSource: d.source, CausingEntity: ptr(d.causing), Evaluation: types.EvaluationTypeStatic,
			Target: &types.ResourceTargetDefinition{Attribute: types.ResourceAttributeProperties, Name: aws.String(d.property), RequiresRecreation: d.recreation},
		}
		if d.dynamic {
			one.Evaluation = types.EvaluationTypeDynamic
		}
		if values {
			c.values(one.Target)
		}
		out.Details = append(out.Details, one)
	}
	if values && c.before != nil {
		out.BeforeContext = aws.String(encoded(map[string]any{"Properties": c.before}))
	}
	if values && c.after != nil {
		out.AfterContext = aws.String(encoded(map[string]any{"Properties": c.after}))
	}
	return out
}

// values adds what a property is before and after.
func (c *change) values(t *types.ResourceTargetDefinition) {
	before, after := c.before[*t.Name], c.after[*t.Name]
	t.Path = aws.String(fmt.Sprintf("/Properties/%s", *t.Name))
	t.AttributeChangeType = types.AttributeChangeTypeModify
	switch {
	case before == nil:
		t.AttributeChangeType = types.AttributeChangeTypeAdd
	case after == nil:
		t.AttributeChangeType = types.AttributeChangeTypeRemove
	}
	if before != nil {
		t.BeforeValue = aws.String(encodedText(before))
	}
	if after != nil {
		t.AfterValue = aws.String(encodedText(after))
	}
}
