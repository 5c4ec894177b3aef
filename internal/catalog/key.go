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

	pattern []token // of a name in which something varies, in lower case
}

// A keySet finds keys by name.
type keySet struct {
	keys   []*Key
	byName map[string]*Key // in lower case; those without variables
	vary   []*Key
}

func (s *keySet) add(k *Key) {
	s.keys = append(s.keys, k)
	lower := strings.ToLower(k.Name)
	if strings.Contains(lower, "${") {
		k.pattern = compileTemplate(lower)
		s.vary = append(s.vary, k)
		return
	}
	if s.byName == nil {
		s.byName = make(map[string]*Key)
	}
	s.byName[lower] = k
}

// find returns the key of a name; the names of keys are case-insensitive.
func (s *keySet) find(name string) (*Key, bool) {
	name = strings.ToLower(name)
	if k, ok := s.byName[name]; ok {
		return k, true
	}
	var found *Key
	text := compileText(name)
	for _, k := range s.vary {
		if (found == nil || len(k.Name) > len(found.Name)) && overlap(k.pattern, text) {
			found = k // the longer says more
		}
	}
	return found, found != nil
}
