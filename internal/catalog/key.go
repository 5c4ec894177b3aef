package catalog

import "strings"

// A Key is a condition key.
type Key struct {
	// Name is in AWS's spelling; what varies in it is written ${Name}, as in
	// "aws:RequestTag/${TagKey}".
	Name string
	// Type is String, ARN, Bool, Numeric, Date, IPAddress or Binary, for a
	// multivalued key with ArrayOf in front.
	Type string
}

// matches reports whether name, in lower case, is the key.
func (k *Key) matches(name string) bool {
	pattern := strings.ToLower(k.Name)
	return overlap(compileTemplate(pattern), compileText(name))
}

// A keySet finds keys by name.
type keySet struct {
	keys   []*Key
	byName map[string]*Key // in lower case; those without variables
	vary   []*Key
}

func (s *keySet) add(k *Key) {
	s.keys = append(s.keys, k)
	if strings.Contains(k.Name, "${") {
		s.vary = append(s.vary, k)
		return
	}
	if s.byName == nil {
		s.byName = make(map[string]*Key)
	}
	s.byName[strings.ToLower(k.Name)] = k
}

// find returns the key of a name; the names of keys are case-insensitive.
func (s *keySet) find(name string) (*Key, bool) {
	name = strings.ToLower(name)
	if k, ok := s.byName[name]; ok {
		return k, true
	}
	for _, k := range s.vary {
		if k.matches(name) {
			return k, true
		}
	}
	return nil, false
}
