package wire

import "fmt"

// A Definition is what is known of a service whose shapes are not: enough to route its
// requests and to word its errors. Its operations neither decode nor encode.
type Definition struct {
	Name, Version, Target, Namespace string
	Protocols                        []string // preferred first, by Smithy's names
	Operations                       []DefinedOperation
}

// A DefinedOperation is an operation of a Definition. Method and URI are those of REST.
type DefinedOperation struct {
	Name, Method, URI string
	Code              int
}

// Define makes the model of a service of its definition.
func Define(d Definition) (*Service, error) {
	m := &model{
		Name: d.Name, Version: d.Version, Target: d.Target, Namespace: d.Namespace, Protocols: d.Protocols,
		Operations: make([]operation, len(d.Operations)),
	}
	if len(d.Protocols) == 0 {
		return nil, fmt.Errorf("wire: %s has no protocol", d.Name)
	}
	for i, o := range d.Operations {
		m.Operations[i] = operation{Name: o.Name, Method: o.Method, URI: o.URI, Code: o.Code}
	}
	return newService(m)
}
