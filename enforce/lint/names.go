package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/awsid"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// actions finds actions that do not exist, and returns what the others mean.
func (l *linter) actions(s *enforce.StatementElements) (all []namedAction) {
	for _, a := range append(s.Action, s.NotAction...) {
		pattern, err := enforce.ParseAction(a.Value)
		if err != nil {
			continue // refused
		}
		meant := namedAction{Text: a, any: a.Value == "*"}
		if !meant.any {
			meant.actions = l.find(a, &pattern)
		}
		all = append(all, meant)
	}
	return all
}

// find returns the actions that an action of a policy means. None is a finding.
func (l *linter) find(a enforce.Text, pattern *enforce.ActionPattern) []*catalog.Action {
	prefix, name, _ := strings.Cut(a.Value, ":")
	service, ok := catalog.Lookup(prefix)
	if !ok || !strings.ContainsAny(name, "*?") {
		if action, ok := catalog.Find(a.Value); ok {
			return []*catalog.Action{action}
		}
		l.name(a.Offset, unknownAction(a.Value))
		return nil
	}
	var matched []*catalog.Action
	for _, action := range service.Actions() {
		if pattern.Match(action.Lower) {
			matched = append(matched, action)
		}
	}
	if matched == nil {
		l.name(a.Offset, Finding{Severity: Error, Code: UnknownAction,
			Message: fmt.Sprintf("no action of %s matches %q", service.Name, name)})
	}
	return matched
}

// unknownAction is what to say of an action that does not exist.
func unknownAction(action string) Finding {
	prefix, name, _ := strings.Cut(action, ":")
	service, ok := catalog.Lookup(prefix)
	if !ok {
		suggestion := ""
		if near := prefixLike(prefix); near != "" {
			suggestion = didYouMean(near + ":" + name)
		}
		return Finding{Severity: Error, Code: UnknownService, Suggestion: suggestion,
			Message: fmt.Sprintf("no service has the prefix %q", prefix)}
	}
	return Finding{Severity: Error, Code: UnknownAction, Suggestion: actionLike(service, name),
		Message: fmt.Sprintf("%s has no action %q", service.Name, name)}
}

// Action returns what is wrong with the name of an action, without wildcards, that
// stands in no policy: it has no place. It returns nil when AWS has the action.
func Action(action string) *Finding {
	if _, ok := catalog.Find(action); ok {
		return nil
	}
	found := unknownAction(action)
	return &found
}

// Key returns what is wrong with the name of a condition key that stands in no policy,
// in requests for some actions. It returns nil when AWS has the key, or an identity
// provider may have it.
func Key(key string, actions ...*catalog.Action) *Finding {
	prefix, _, found := strings.Cut(key, ":")
	if !found {
		wrong := keyFormat(key)
		return &wrong
	}
	if strings.ContainsAny(prefix, "./") {
		return nil
	}
	if _, ok := KeyType(key, actions...); ok {
		return nil
	}
	service, _ := catalog.Lookup(prefix)
	wrong := unknownKey(key, service)
	return &wrong
}

// KeyType returns the type of a condition key in requests for some actions, as the
// Service Authorization Reference spells it: "String", "ArrayOfString", "IPAddress", …
func KeyType(key string, actions ...*catalog.Action) (string, bool) {
	if k, ok := catalog.GlobalKey(key); ok {
		return k.Type, true
	}
	prefix, _, _ := strings.Cut(key, ":")
	if service, ok := catalog.Lookup(prefix); ok {
		if k, ok := service.Key(key); ok {
			return k.Type, true
		}
	}
	for _, a := range actions {
		if k, ok := a.Service.Key(key); ok {
			return k.Type, true
		}
	}
	return "", false
}

// prefixLike suggests the prefix of a service in place of one that does not exist.
// Often that is the name of the service's client.
func prefixLike(name string) string {
	for id, prefix := range awsid.Prefixes() {
		if strings.EqualFold(strings.ReplaceAll(id, " ", ""), name) {
			return prefix
		}
	}
	return catalog.Nearest(name, catalog.Prefixes())
}

// actionLike suggests an action in place of one that does not exist. Often that
// is the name of an operation whose action is called otherwise.
func actionLike(service *catalog.Service, name string) string {
	for _, p := range catalog.Needs(service.Prefix, name) {
		if len(p.If) == 0 || strings.HasPrefix(p.If[0], "!") {
			return fmt.Sprintf("the operation %s needs %s", name, p.Action)
		}
	}
	names := make([]string, 0, len(service.Actions()))
	for _, a := range service.Actions() {
		names = append(names, a.Name)
	}
	if near := catalog.Nearest(name, names); near != "" {
		return didYouMean(service.Prefix + ":" + near)
	}
	return ""
}

// keys finds condition keys that do not exist, or that no request has which the
// statement is about.
func (l *linter) keys(s *enforce.StatementElements, actions []namedAction) {
	for _, c := range s.Conditions {
		prefix, _, found := strings.Cut(c.Key.Value, ":")
		switch {
		case !found:
			l.add(c.Key.Offset, keyFormat(c.Key.Value))
		case strings.ContainsAny(prefix, "./"):
			// The name of an identity provider, whose claims are its own.
		default:
			l.key(s, c.Key, actions)
		}
	}
}

func (l *linter) key(s *enforce.StatementElements, key enforce.Text, actions []namedAction) {
	if _, ok := catalog.GlobalKey(key.Value); ok {
		return
	}
	prefix, _, _ := strings.Cut(key.Value, ":")
	service, ok := catalog.Lookup(prefix)
	known := false
	if ok {
		_, known = service.Key(key.Value)
	}
	for service, theirs := range byService(actions) {
		// Some services know keys with the prefix of another.
		k, ok := service.Key(key.Value)
		known = known || ok
		if ok && (s.NotAction != nil || slices.ContainsFunc(theirs, func(a *catalog.Action) bool { return a.HasKey(k) })) {
			return
		}
	}
	if known {
		l.foreignKey(s, key, actions)
	} else {
		l.add(key.Offset, unknownKey(key.Value, service))
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

func keyFormat(key string) Finding {
	return Finding{Severity: Error, Code: KeyFormat,
		Message: fmt.Sprintf("condition key %q has no prefix; want a form like aws:SourceIp", key)}
}

// unknownKey is what to say of a condition key that does not exist. The service is the
// one of its prefix, nil when there is none.
func unknownKey(key string, service *catalog.Service) Finding {
	found := Finding{Severity: Error, Code: UnknownServiceKey}
	var known []*catalog.Key
	prefix, _, _ := strings.Cut(key, ":")
	switch {
	case strings.EqualFold(prefix, "aws"):
		found.Code, known = UnknownGlobalKey, catalog.GlobalKeys()
		found.Message = fmt.Sprintf("there is no global condition key %q", key)
	case service == nil:
		found.Message = fmt.Sprintf("no service has the prefix of condition key %q", key)
	default:
		known = service.Keys()
		found.Message = fmt.Sprintf("%s has no condition key %q", service.Name, key)
	}
	names := make([]string, 0, len(known))
	for _, k := range known {
		names = append(names, k.Name)
	}
	if near := catalog.Nearest(key, names); near != "" {
		found.Suggestion = didYouMean(near)
	}
	return found
}

// foreignKey finds a key that exists and that none of the statement's actions
// has. Where the statement is about any action, or about some that the catalog
// does not know, nothing can be said.
func (l *linter) foreignKey(s *enforce.StatementElements, key enforce.Text, actions []namedAction) {
	if s.NotAction != nil || len(actions) == 0 {
		return
	}
	names := make([]string, len(actions))
	for i, a := range actions {
		if a.any || a.actions == nil {
			return
		}
		names[i] = a.Value
	}
	l.add(key.Offset, Finding{Severity: Warning, Code: ForeignKey,
		Message: fmt.Sprintf("no request for %s has the condition key %s", listed(names), key.Value)})
}

// listed names a few, and says how many more there are.
func listed(names []string) string {
	const few = 3
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}

// allOf returns what a statement's actions mean.
func allOf(named []namedAction) (all []*catalog.Action) {
	for _, a := range named {
		all = append(all, a.actions...)
	}
	return all
}
