package enforce

import "strings"

// An actionPattern is one action that a statement names, in lower case. A form
// that AWS accepts and that means nothing, like "s3:", matches no action.
type actionPattern struct {
	pattern
	any bool // "*"
}

func compileAction(s string) actionPattern {
	return actionPattern{newPattern(wildcards.Replace(strings.ToLower(s))), s == "*"}
}

// service returns the service whose actions the pattern is about.
func (p *actionPattern) service() string {
	service, _, _ := strings.Cut(p.text, ":")
	return service
}

// concerns reports whether a statement is about an action, given in lower case.
func (s *Statement) concerns(action string) bool {
	for i := range s.actions {
		if s.actions[i].match(action) {
			return !s.not.action
		}
	}
	// An empty list names nothing, neither as Action nor as NotAction.
	return s.not.action && len(s.actions) > 0
}

// An index finds the statements of one effect that can be about an action. In a
// long policy it does not look at the others.
type index struct {
	statements []*Statement // all, in the order of the document
	// The rest is nil in a short policy.
	byAction  map[string][]*Statement // those that name the action itself
	byService map[string][]*Statement // those that name it with a wildcard
	other     []*Statement            // those with "*" or NotAction
}

// minIndexed is how many statements of an effect are worth an index; measured.
const minIndexed = 8

func newIndex(statements []*Statement) index {
	x := index{statements: statements}
	if len(statements) < minIndexed {
		return x
	}
	x.byAction = make(map[string][]*Statement)
	x.byService = make(map[string][]*Statement)
	for _, s := range statements {
		x.add(s)
	}
	return x
}

func (x *index) add(s *Statement) {
	once := func(list []*Statement) []*Statement {
		if len(list) > 0 && list[len(list)-1] == s {
			return list
		}
		return append(list, s)
	}
	for i := range s.actions {
		switch a := &s.actions[i]; {
		case s.not.action || a.any:
			x.other = once(x.other)
		case a.kind != exact:
			x.byService[a.service()] = once(x.byService[a.service()])
		default:
			x.byAction[a.text] = once(x.byAction[a.text])
		}
	}
}

// candidates returns lists that have every statement that can be about an
// action, given in lower case.
func (x *index) candidates(action string) [3][]*Statement {
	service, _, _ := strings.Cut(action, ":")
	return [3][]*Statement{x.byAction[action], x.byService[service], x.other}
}
