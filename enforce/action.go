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
	rules   []rule       // all, in the order of the document
	actions *actionIndex // nil in a short policy
}

// A rule is a statement beside what the request's resource must have for it: most
// statements are passed over without being read.
type rule struct {
	needs sieve
	*Statement
}

// An actionIndex has the statements by the actions that they name. A statement
// that names several is there several times.
type actionIndex struct {
	named map[string][]rule        // by an action without wildcards
	few   []*wildAction            // the actions with wildcards, while they are few
	wild  map[string][]*wildAction // by their service otherwise
	other []rule                   // those with "*" or NotAction
}

// A wildAction is an action with wildcards and the statements that name it, so
// that it is matched once however many they are.
type wildAction struct {
	action *ActionPattern
	rules  []rule
}

// minIndexed is how many statements of an effect are worth an index; measured.
const minIndexed = 8

func newIndex(rules []rule) index {
	x := index{rules: rules}
	if len(rules) < minIndexed {
		return x
	}
	x.actions = new(actionIndex)
	for _, r := range rules {
		x.actions.add(r)
	}
	return x
}

func (x *actionIndex) add(s rule) {
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
				x.named = make(map[string][]rule, 1)
			}
			x.named[a.text] = append(x.named[a.text], s)
		default:
			w := x.wildAction(a)
			w.rules = append(w.rules, s)
		}
	}
}

// fewActions is how many actions with wildcards are matched one by one faster than found
// by their service; measured.
const fewActions = 3

// wilds returns the actions with wildcards that may mean an action.
func (x *actionIndex) wilds(action string) []*wildAction {
	if x.wild == nil {
		return x.few
	}
	return x.wild[serviceOf(action)]
}

// wildAction returns the entry of an action with wildcards.
func (x *actionIndex) wildAction(a *ActionPattern) *wildAction {
	for _, w := range x.wilds(a.text) {
		if w.action.text == a.text {
			return w
		}
	}
	w := &wildAction{action: a}
	x.few = append(x.few, w)
	switch {
	case x.wild != nil:
		x.few = nil
		x.addWild(w)
	case len(x.few) > fewActions:
		x.wild = make(map[string][]*wildAction)
		for _, w := range x.few {
			x.addWild(w)
		}
		x.few = nil
	}
	return w
}

func (x *actionIndex) addWild(w *wildAction) {
	service := serviceOf(w.action.text)
	x.wild[service] = append(x.wild[service], w)
}
