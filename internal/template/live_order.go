package template

import (
	"slices"
	"strings"
)

// order finds what each resource needs, and the order in which they are made.
func (t *Live) order() error {
	s := t.stack
	needs := map[string][]string{}
	made := map[string]*Resource{}
	for _, r := range s.order {
		if !r.exists() {
			continue
		}
		l := &Resource{Logical: r.logical, Type: r.kind, of: r}
		r.inside(func() {
			l.DeletionPolicy, l.UpdateReplacePolicy = textOf(s.evaluateNode(r.node.get("DeletionPolicy"))), textOf(s.evaluateNode(r.node.get("UpdateReplacePolicy")))
			if p := r.node.get("CreationPolicy"); p != nil {
				l.CreationPolicy = s.evaluateNode(p)
			}
		})
		l.Metadata = r.node.get("Metadata").plainValue()
		for _, name := range r.dependsOn {
			if other := s.resources[name]; other != nil && other.exists() {
				l.DependsOn = append(l.DependsOn, name)
			}
		}
		err := s.references(r.properties, true, func(ref reference) error {
			if alias, ok := s.aliases[ref.name]; ok {
				ref.name = alias
			}
			other := s.resources[ref.name]
			switch {
			case other == nil, slices.Contains(l.DependsOn, ref.name):
			case !other.exists():
				return errorf("Template format error: Unresolved resource dependencies [%s] in the Resources block of the template", ref.name)
			default:
				l.DependsOn = append(l.DependsOn, ref.name)
			}
			return nil
		})
		if err != nil {
			return err
		}
		slices.Sort(l.DependsOn)
		needs[r.logical], made[r.logical] = l.DependsOn, l
	}
	if err := t.problem(); err != nil {
		return err
	}
	return t.arrange(needs, made)
}

// arrange puts the resources in the order in which they are made.
func (t *Live) arrange(needs map[string][]string, made map[string]*Resource) error {
	s := t.stack
	done := map[string]state{}
	var path []string
	var visit func(name string) error
	visit = func(name string) error {
		switch done[name] {
		case running:
			cycle := slices.Clone(path[slices.Index(path, name):])
			slices.Sort(cycle)
			return errorf("Circular dependency between resources: [%s]", strings.Join(cycle, ", "))
		case notYet:
			done[name] = running
			path = append(path, name)
			for _, other := range needs[name] {
				if err := visit(other); err != nil {
					return err
				}
			}
			path = path[:len(path)-1]
			done[name] = finished
			t.ordered = append(t.ordered, made[name])
		}
		return nil
	}
	for _, r := range s.order {
		if made[r.logical] != nil {
			if err := visit(r.logical); err != nil {
				return err
			}
		}
	}
	return nil
}

// finished is the state of what is in its order.
const finished = done

// References are the resources and attributes that the properties of one refer to.
func (t *Live) References(logical string) (all [][2]string) {
	r := t.Resource(logical)
	if r == nil {
		return nil
	}
	_ = t.stack.references(r.of.properties, true, func(ref reference) error { // it was checked
		if t.stack.resources[ref.name] != nil {
			all = append(all, [2]string{ref.name, ref.attribute})
		}
		return nil
	})
	return all
}

// Knows reports whether a resource that is there has an attribute.
func (t *Live) Knows(logical, attribute string) bool {
	_, ok := t.load.config.bind[logical+"."+attribute]
	return ok
}

// PropertyReferences are those of one property: see [Live.References].
func (t *Live) PropertyReferences(logical, property string) (all [][2]string) {
	r := t.Resource(logical)
	if r == nil {
		return nil
	}
	_ = t.stack.references(r.of.properties.get(property), true, func(ref reference) error { // it was checked
		if t.stack.resources[ref.name] != nil {
			all = append(all, [2]string{ref.name, ref.attribute})
		}
		return nil
	})
	return all
}
