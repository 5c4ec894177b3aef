package enforce

import (
	"errors"
	"strings"
)

// An ActionPattern is an action as policies name it: "s3:GetObject", "s3:Get*", "*". A
// form that AWS accepts and that means nothing, like "s3:", matches no action.
type ActionPattern struct {
	pattern
	any bool // "*"
}

func compileAction(s string) ActionPattern {
	return ActionPattern{newPattern(actionBytes.Replace(s)), s == "*"}
}

// ParseAction reads an action of a policy. The error has IAM's text about one that it
// refuses; whether there is such an action IAM does not ask.
func ParseAction(s string) (ActionPattern, error) {
	if message := checkAction(s); message != "" {
		return ActionPattern{}, errors.New(message)
	}
	return compileAction(s), nil
}

// Match reports whether the pattern means an action, which is like "s3:GetObject", in
// any case.
func (a *ActionPattern) Match(action string) bool { return a.match(lowerCase.Replace(action)) }

// serviceOf returns the service of an action, or the one whose actions a
// pattern is about: no wildcard stands before the colon.
func serviceOf(action string) string {
	service, _, _ := strings.Cut(action, ":")
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
	actions    *actionIndex // nil in a short policy
}

// An actionIndex has the statements by the actions that they name. A statement
// that names several is there several times.
type actionIndex struct {
	named map[string][]*Statement  // by an action without wildcards
	wild  map[string][]*wildAction // by the service of an action with wildcards
	other []*Statement             // those with "*" or NotAction
}

// A wildAction is an action with wildcards and the statements that name it, so
// that it is matched once however many they are.
type wildAction struct {
	action     *ActionPattern
	statements []*Statement
}

// minIndexed is how many statements of an effect are worth an index; measured.
const minIndexed = 8

func newIndex(statements []*Statement) index {
	x := index{statements: statements}
	if len(statements) < minIndexed {
		return x
	}
	x.actions = new(actionIndex)
	for _, s := range statements {
		x.actions.add(s)
	}
	return x
}

func (x *actionIndex) add(s *Statement) {
	if s.not.action {
		x.other = append(x.other, s)
		return
	}
	for i := range s.actions {
		switch a := &s.actions[i]; {
		case a.any:
			x.other = append(x.other, s)
		case a.kind == exact:
			if x.named == nil {
				x.named = make(map[string][]*Statement, 1)
			}
			x.named[a.text] = append(x.named[a.text], s)
		default:
			w := x.wildAction(a)
			w.statements = append(w.statements, s)
		}
	}
}

// wildAction returns the entry of an action with wildcards.
func (x *actionIndex) wildAction(a *ActionPattern) *wildAction {
	service := serviceOf(a.text)
	for _, w := range x.wild[service] {
		if w.action.text == a.text {
			return w
		}
	}
	if x.wild == nil {
		x.wild = make(map[string][]*wildAction, 1)
	}
	w := &wildAction{action: a}
	x.wild[service] = append(x.wild[service], w)
	return w
}
