package wire

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
)

//go:generate sh -c "cd ../gen && npm ci --ignore-scripts && node extract.cjs node_modules ../wire/schemas"

//go:embed schemas/*.json.gz
var schemaFiles embed.FS

// model is a schema file: what internal/gen extracts of an SDK package.
type model struct {
	Name            string      `json:"name"`
	Version         string      `json:"version"`
	Protocols       []string    `json:"protocols"`
	Target          string      `json:"target"`
	Namespace       string      `json:"namespace"`
	ErrorNamespace  string      `json:"errorNamespace"`
	QueryCompatible bool        `json:"queryCompatible"`
	Operations      []operation `json:"operations"`
	Shapes          map[string]*shape
}

type operation struct {
	Name   string `json:"n"`
	Method string `json:"method"`
	URI    string `json:"uri"`
	Code   int    `json:"code"`
	In     string `json:"in"`  // shape; empty: the unit type
	Out    string `json:"out"` // shape; empty: the unit type
}

// shape is a structure, error, union, list or map. Lists and maps have an
// element, maps also a key, the others have members.
type shape struct {
	name       string
	Kind       string  `json:"k"`
	Members    []trait `json:"m"`
	Key        *trait  `json:"key"`
	Elem       *trait  `json:"e"`
	XMLName    string  `json:"xml"`
	Streaming  bool    `json:"streaming"` // an event stream
	Fault      string  `json:"fault"`     // of an error: client or server
	Code       int     `json:"code"`      // of an error: the HTTP status
	QueryError string  `json:"queryError"`
}

// trait is a reference to a type with what its place adds to it. The type is
// "#Shape", a simple type ("string"), or a list or map of one ("[string",
// "{string").
type trait struct {
	Name         string `json:"n"`
	Type         string `json:"t"`
	Required     bool   `json:"req"`
	Label        bool   `json:"label"`
	Header       string `json:"header"`
	Prefix       string `json:"prefix"`
	Query        string `json:"query"`
	Payload      bool   `json:"payload"`
	EventPayload bool   `json:"eventPayload"` // the member is the payload of an event
	Status       bool   `json:"status"`
	XMLName      string `json:"xml"`
	JSONName     string `json:"json"`
	EC2Name      string `json:"ec2"` // in requests
	Flat         bool   `json:"flat"`
	Attribute    bool   `json:"attr"`
	XMLNamespace string `json:"ns"` // "prefix URI"
}

// services has one loader for each embedded schema.
var services = func() map[string]func() *Service {
	m := map[string]func() *Service{}
	entries, err := schemaFiles.ReadDir("schemas")
	if err != nil {
		panic(err) // the directory is embedded
	}
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".json.gz")
		m[name] = sync.OnceValue(func() *Service {
			s, err := readService(name)
			if err != nil {
				panic(fmt.Sprintf("wire: embedded schema of %s: %v", name, err))
			}
			return s
		})
	}
	return m
}()

// Load returns the model of a service by the name of its schema, which is its SigV4
// signing name but where services share one: "s3", "s3-control", "iam". It is parsed on the first call and shared by all.
func Load(name string) (*Service, bool) {
	load, ok := services[name]
	if !ok {
		return nil, false
	}
	return load(), true
}

func readService(name string) (*Service, error) {
	zipped, err := schemaFiles.ReadFile("schemas/" + name + ".json.gz")
	if err != nil {
		return nil, err
	}
	r, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	var m model
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, err
	}
	return newService(&m)
}

// Parse returns the model of a service that is not among those of this package, from what
// internal/gen makes of it. The protocols that this package does not have are left out.
func Parse(text []byte) (*Service, error) {
	var m model
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, err
	}
	var spoken []string
	for _, p := range m.Protocols {
		if protocolNames[p] != 0 {
			spoken = append(spoken, p)
		}
	}
	if len(spoken) == 0 {
		return nil, fmt.Errorf("unknown protocols %s", strings.Join(m.Protocols, ", "))
	}
	m.Protocols = spoken
	return newService(&m)
}
