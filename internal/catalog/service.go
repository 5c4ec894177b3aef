package catalog

import (
	"strconv"
	"strings"
)

// A Service is what the catalog knows of one prefix.
type Service struct {
	Prefix string // of its actions: "s3"
	Name   string // "Amazon S3"

	keys      keySet
	resources []*Resource
	actions   []*Action
	byName    map[string]*Action // in lower case
}

// Action returns an action of the service by its name, in any case.
func (s *Service) Action(name string) (*Action, bool) {
	a, ok := s.byName[strings.ToLower(name)]
	return a, ok
}

// Actions returns all actions, sorted by name. The slice is not to be changed.
func (s *Service) Actions() []*Action { return s.actions }

// Resources returns all resource types. The slice is not to be changed.
func (s *Service) Resources() []*Resource { return s.resources }

// Key returns a condition key that the service's requests can have.
func (s *Service) Key(name string) (*Key, bool) { return s.keys.find(name) }

// Keys returns all condition keys. The slice is not to be changed.
func (s *Service) Keys() []*Key { return s.keys.keys }

// Match returns the resource types that an ARN can be of.
func (s *Service) Match(arn string) []*Resource {
	var types []*Resource
	for _, r := range s.resources {
		if r.Match(arn) {
			types = append(types, r)
		}
	}
	return types
}

// Access is the access level of an action.
type Access byte

// The access levels of "Understanding access level summaries within policy
// summaries".
const (
	List                  Access = 'L'
	Read                  Access = 'R'
	Write                 Access = 'W'
	Tagging               Access = 'T'
	PermissionsManagement Access = 'P'
)

// String returns the level as AWS writes it.
func (a Access) String() string {
	switch a {
	case List:
		return "List"
	case Read:
		return "Read"
	case Write:
		return "Write"
	case Tagging:
		return "Tagging"
	case PermissionsManagement:
		return "Permissions management"
	}
	return "Access(" + strconv.Quote(string(rune(a))) + ")"
}

// An Action is one action of a service.
type Action struct {
	Service *Service
	Name    string // in AWS's spelling: "GetObject"
	Lower   string // the full name in lower case: "s3:getobject"
	Access  Access
	// Resources are the types that the action takes. An action without any has
	// no resource-level permissions: it is asked for with the resource "*".
	Resources []Target
	// Keys are the condition keys of the action itself; its resource types have
	// more.
	Keys []*Key
}

// A Target is a resource type that an action takes.
type Target struct {
	*Resource
	// Required is false for a type that only some requests name.
	Required bool
}

// String returns the action as policies write it: "s3:GetObject".
func (a *Action) String() string { return a.Service.Prefix + ":" + a.Name }

// HasKey reports whether requests for the action can have a condition key:
// one of the action, or of a resource type that it takes.
func (a *Action) HasKey(k *Key) bool {
	if hasKey(a.Keys, k) {
		return true
	}
	for _, r := range a.Resources {
		if hasKey(r.Keys, k) {
			return true
		}
	}
	return false
}

func hasKey(keys []*Key, k *Key) bool {
	for _, key := range keys {
		if key == k {
			return true
		}
	}
	return false
}

// readService reads the lines about one service. The first is without its kind.
func readService(text string) *Service {
	head, lines, _ := strings.Cut(text, "\n")
	s := &Service{byName: make(map[string]*Action)}
	s.Prefix, s.Name, _ = strings.Cut(head, "\t")
	for line := range strings.Lines(lines) {
		var fields [5]string // those that are not there are empty
		copy(fields[:], strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
		switch fields[0] {
		case "K":
			s.keys.add(&Key{Name: fields[1], Type: fields[2]})
		case "R":
			s.resources = append(s.resources, &Resource{Name: fields[1], ARNs: strings.Fields(fields[2]), Keys: s.keysOf(fields[3])})
		case "A":
			a := &Action{Service: s, Name: fields[1], Access: Access(fields[2][0]), Resources: s.targets(fields[3]), Keys: s.keysOf(fields[4])}
			a.Lower = strings.ToLower(a.String())
			s.actions = append(s.actions, a)
			s.byName[a.Lower[len(s.Prefix)+1:]] = a
		}
	}
	closeNames(s.resources)
	return s
}

// numbers ranges over a list like "0,a,1b", and calls f with what follows each
// number.
func numbers(list string, f func(n int, suffix string)) {
	if list == "" {
		return
	}
	for item := range strings.SplitSeq(list, ",") {
		digits := strings.TrimSuffix(item, "!")
		n, _ := strconv.ParseInt(digits, 36, 32)
		f(int(n), item[len(digits):])
	}
}

func (s *Service) keysOf(list string) (keys []*Key) {
	numbers(list, func(n int, _ string) { keys = append(keys, s.keys.keys[n]) })
	return keys
}

func (s *Service) targets(list string) (targets []Target) {
	numbers(list, func(n int, suffix string) { targets = append(targets, Target{s.resources[n], suffix == "!"}) })
	return targets
}
