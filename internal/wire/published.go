package wire

import "reflect"

// Published reports whether the document of an input is as the service's
// published schema has it: what is required is there, and enumerations have
// values that they list. Labels, parameters and headers are not looked at. What
// an enumeration lists, its Go type says.
func (o *Operation) Published(in any) bool {
	n, v, err := o.in.plan(o.service, o.operation.In, in)
	if err != nil {
		return false
	}
	for i := range n.fields {
		f := &n.fields[i]
		if (f.loc == inPayload || f.loc == inBody) && !f.published(v.Field(f.index)) {
			return false
		}
	}
	return true
}

// published looks at a member and all that is in it.
func (f *field) published(v reflect.Value) bool {
	value, there := f.node.value(v)
	if f.flat && there {
		there = value.Len() > 0
	}
	if !there {
		return !f.required
	}
	return f.node.published(value)
}

func (n *node) published(v reflect.Value) bool {
	switch n.kind {
	case structKind:
		for i := range n.fields {
			if f := &n.fields[i]; !f.published(v.Field(f.index)) {
				return false
			}
		}
	case listKind:
		for i := range v.Len() {
			e, ok := n.elem.value(v.Index(i))
			ok = ok || n.elem.kind == stringKind && !n.elem.ptr // an element may be empty
			if !ok || !n.elem.published(e) {
				return false
			}
		}
	case stringKind:
		return !n.named || listed(v)
	}
	return true
}

// listed reports whether an SDK's enumeration has a value.
func listed(v reflect.Value) bool {
	values := v.MethodByName("Values")
	if !values.IsValid() {
		return true
	}
	all := values.Call(nil)[0]
	for i := range all.Len() {
		if all.Index(i).String() == v.String() {
			return true
		}
	}
	return false
}
