package enforce

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/internal/catalog"
)

// actions finds actions that do not exist, and returns what the others mean.
func (l *linter) actions(s *rawStatement) (all []namedAction) {
	for _, a := range append(s.action, s.notAction...) {
		if checkAction(a.value) != "" {
			continue // refused
		}
		meant := namedAction{text: a, any: a.value == "*"}
		if !meant.any {
			meant.actions = l.find(a)
		}
		all = append(all, meant)
	}
	return all
}

// find returns the actions that an action of a policy means. None is a finding.
func (l *linter) find(a text) []*catalog.Action {
	prefix, name, _ := strings.Cut(a.value, ":")
	service, ok := catalog.Lookup(prefix)
	if !ok {
		suggestion := ""
		if near := prefixLike(prefix); near != "" {
			suggestion = didYouMean(near + ":" + name)
		}
		l.name(a.at, Finding{Severity: Error, Code: UnknownService, Suggestion: suggestion,
			Message: fmt.Sprintf("no service has the prefix %q", prefix)})
		return nil
	}
	pattern := compileAction(a.value)
	if pattern.kind == exact {
		if action, ok := service.Action(name); ok {
			return []*catalog.Action{action}
		}
		l.name(a.at, Finding{Severity: Error, Code: UnknownAction, Suggestion: actionLike(service, name),
			Message: fmt.Sprintf("%s has no action %q", service.Name, name)})
		return nil
	}
	var matched []*catalog.Action
	for _, action := range service.Actions() {
		if pattern.match(action.Lower) {
			matched = append(matched, action)
		}
	}
	if matched == nil {
		l.name(a.at, Finding{Severity: Error, Code: UnknownAction,
			Message: fmt.Sprintf("no action of %s matches %q", service.Name, name)})
	}
	return matched
}

// prefixLike suggests the prefix of a service in place of one that does not exist.
// Often that is the name of the service's client.
func prefixLike(name string) string {
	for id, prefix := range prefixes {
		if strings.EqualFold(strings.ReplaceAll(id, " ", ""), name) {
			return prefix
		}
	}
	return nearest(name, catalog.Prefixes())
}

// actionLike suggests an action in place of one that does not exist. Often that
// is the name of an operation whose action is called otherwise.
func actionLike(service *catalog.Service, name string) string {
	for _, p := range catalog.Operation(service.Prefix, name) {
		if p.If == "" || strings.HasPrefix(p.If, "!") {
			return fmt.Sprintf("the operation %s needs %s", name, p.Action)
		}
	}
	names := make([]string, 0, len(service.Actions()))
	for _, a := range service.Actions() {
		names = append(names, a.Name)
	}
	if near := nearest(name, names); near != "" {
		return didYouMean(service.Prefix + ":" + near)
	}
	return ""
}

// keys finds condition keys that do not exist, or that no request has which the
// statement is about.
func (l *linter) keys(s *rawStatement, actions []namedAction) {
	for _, c := range s.conditions {
		prefix, _, found := strings.Cut(c.key.value, ":")
		switch {
		case !found:
			l.add(c.key.at, Finding{Severity: Error, Code: KeyFormat,
				Message: fmt.Sprintf("condition key %q has no prefix; want a form like aws:SourceIp", c.key.value)})
		case strings.ContainsAny(prefix, "./"):
			// The name of an identity provider, whose claims are its own.
		default:
			l.key(s, c.key, actions)
		}
	}
}

func (l *linter) key(s *rawStatement, key text, actions []namedAction) {
	if _, ok := catalog.GlobalKey(key.value); ok {
		return
	}
	prefix, _, _ := strings.Cut(key.value, ":")
	service, ok := catalog.Lookup(prefix)
	known := false
	if ok {
		_, known = service.Key(key.value)
	}
	for service, theirs := range byService(actions) {
		// Some services know keys with the prefix of another.
		k, ok := service.Key(key.value)
		known = known || ok
		if ok && (s.notAction != nil || slices.ContainsFunc(theirs, func(a *catalog.Action) bool { return a.HasKey(k) })) {
			return
		}
	}
	if known {
		l.foreignKey(s, key, actions)
	} else {
		l.unknownKey(key, prefix, service)
	}
}

// byService sorts what a statement's actions mean.
func byService(actions []namedAction) map[*catalog.Service][]*catalog.Action {
	services := make(map[*catalog.Service][]*catalog.Action)
	for _, a := range actions {
		if len(a.actions) > 0 {
			service := a.actions[0].Service
			services[service] = append(services[service], a.actions...)
		}
	}
	return services
}

func (l *linter) unknownKey(key text, prefix string, service *catalog.Service) {
	found := Finding{Severity: Error, Code: UnknownServiceKey}
	var known []*catalog.Key
	switch {
	case strings.EqualFold(prefix, "aws"):
		found.Code, known = UnknownGlobalKey, catalog.GlobalKeys()
		found.Message = fmt.Sprintf("there is no global condition key %q", key.value)
	case service == nil:
		found.Message = fmt.Sprintf("no service has the prefix of condition key %q", key.value)
	default:
		known = service.Keys()
		found.Message = fmt.Sprintf("%s has no condition key %q", service.Name, key.value)
	}
	names := make([]string, 0, len(known))
	for _, k := range known {
		names = append(names, k.Name)
	}
	if near := nearest(key.value, names); near != "" {
		found.Suggestion = didYouMean(near)
	}
	l.add(key.at, found)
}

// foreignKey finds a key that exists and that none of the statement's actions
// has. Where the statement is about any action, or about some that the catalog
// does not know, nothing can be said.
func (l *linter) foreignKey(s *rawStatement, key text, actions []namedAction) {
	if s.notAction != nil || len(actions) == 0 {
		return
	}
	names := make([]string, len(actions))
	for i, a := range actions {
		if a.any || a.actions == nil {
			return
		}
		names[i] = a.value
	}
	l.add(key.at, Finding{Severity: Warning, Code: ForeignKey,
		Message: fmt.Sprintf("no request for %s has the condition key %s", listed(names), key.value)})
}

// listed names a few, and says how many more there are.
func listed(names []string) string {
	const few = 3
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}
