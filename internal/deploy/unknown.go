package deploy

// Unknown stands in the properties of a resource for a value that cannot be known from the
// file: an attribute that AWS makes up, a parameter of SSM. Nothing is wrong where nobody
// needs it; where the resource is made, it is a problem.
type Unknown struct{ Problem }

// Unknowns returns what cannot be known in the properties of a resource.
func (r *Resource) Unknowns() Errors {
	var problems Errors
	seen := map[Problem]bool{}
	var walk func(any)
	walk = func(value any) {
		switch v := value.(type) {
		case Unknown:
			p := v.Problem
			if p.Address == "" {
				p.Address = r.Address
			}
			if !seen[p] {
				seen[p] = true
				problems = append(problems, p)
			}
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(r.Properties)
	return problems
}
