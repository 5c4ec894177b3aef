package template

import (
	"slices"

	"github.com/leastpriv/leastpriv/internal/deploy"
)

func (s *stack) readOutputs() {
	outputs := s.root.get("Outputs")
	if outputs == nil {
		return
	}
	for i, name := range outputs.keys {
		n := outputs.items[i]
		if !n.isObject() || n.get("Value") == nil {
			s.problem(n, "the output %s has no Value", name)
			continue
		}
		s.outputs[name] = &output{stack: s, node: n}
	}
}

// exists says whether an output is made: whether its condition holds.
func (o *output) exists() bool {
	c := o.node.get("Condition")
	return c == nil || o.stack.condition(c, c.name())
}

// evaluate returns the value: text, or an Unknown; nil where there is no such output.
func (o *output) evaluate() any {
	switch o.state {
	case done:
		return o.value
	case running:
		o.stack.problem(o.node, "the output needs itself")
		return nil
	}
	o.state = running
	if o.exists() {
		switch v := o.stack.evaluateNode(o.node.get("Value")).(type) {
		case deploy.Unknown:
			o.value = v
		case noValue:
		default:
			o.value = textOf(v)
		}
	}
	o.state = done
	return o.value
}

// export finds what another stack of the same load exports.
func (l *load) export(name string) *output {
	if l.exports == nil {
		l.exports = map[string]*output{}
		for _, s := range slices.Concat(l.roots, l.others) {
			for _, o := range s.outputs {
				if n := o.node.get("Export").get("Name"); n != nil && o.exists() {
					if text, ok := s.evaluateNode(n).(string); ok {
						l.exports[text] = o
					}
				}
			}
		}
	}
	return l.exports[name]
}

// importValue is Fn::ImportValue.
func (s *stack) importValue(n, argument *node) any {
	v := s.evaluateNode(argument)
	name, ok := v.(string)
	if !ok {
		return v
	}
	if s.load.live != nil {
		return s.liveImport(n, name)
	}
	if value, ok := s.load.config.imports[name]; ok {
		return value
	}
	if o := s.load.export(name); o != nil {
		if value := o.evaluate(); value != nil {
			return value
		}
	}
	return s.unknown(n, "Fn::ImportValue: the export %s is of another stack: give it with cloudformation.Import(%q, …)", name, name)
}
