// Package allschemas has the wire models of all AWS services, two megabytes of them. Nothing
// links it but who wants to answer any service's requests in its own types: the fakes have
// their models in package wire.
package allschemas

import (
	"compress/flate"
	_ "embed"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/leastpriv/leastpriv/internal/wire"
)

//go:generate sh -c "cd ../../gen && (cd operations && npm ci --ignore-scripts) && node allschemas.cjs operations/node_modules ${BOTOCORE_DATA:?} ../wire/allschemas"

//go:embed index.tsv
var index string

//go:embed schemas.bin
var schemas string

// A schema is where the model of a service is, and the service once it is read.
type schema struct {
	id   string
	part string
	size int
	load func() (*wire.Service, error)
}

// An archive finds the schemas by the names of their packages in the SDK for Go.
type archive struct {
	sources  string
	packages []string // sorted
	schemas  map[string]*schema
}

// opened is the archive once it is asked for. A variable that is made by a call would link the
// data into every program that imports the package.
var opened struct {
	once sync.Once
	*archive
}

func open() *archive {
	opened.once.Do(func() { opened.archive = readArchive() })
	return opened.archive
}

func readArchive() *archive {
	head, rest, _ := strings.Cut(index, "\n")
	a := &archive{sources: head, schemas: map[string]*schema{}}
	at := 0
	for line := range strings.Lines(rest) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		length, _ := strconv.Atoi(f[2])
		size, _ := strconv.Atoi(f[3])
		s := &schema{id: f[1], part: schemas[at : at+length], size: size}
		s.load = sync.OnceValues(func() (*wire.Service, error) {
			service, err := wire.Parse(s.text())
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.id, err)
			}
			return service, nil
		})
		a.packages = append(a.packages, f[0])
		a.schemas[f[0]] = s
		at += length
	}
	return a
}

// text unpacks the model. That it is not broken is what this package's tests show.
func (s *schema) text() []byte {
	b := make([]byte, s.size)
	if _, err := io.ReadFull(flate.NewReader(strings.NewReader(s.part)), b); err != nil {
		panic("allschemas: " + s.id + ": " + err.Error())
	}
	return b
}

// Sources names the packages, with their versions, that the models were made of.
func Sources() string { return open().sources }

// Packages returns the names of the services' packages in the SDK for Go, sorted. The slice
// is not to be changed.
func Packages() []string { return open().packages }

// Load returns the model of a service by the name of its package in the SDK for Go:
// "eventbridge". It is parsed on the first call and shared by all. A service that speaks
// none of the protocols that package wire has gives an error, as one that does not exist does.
func Load(name string) (*wire.Service, error) {
	s, ok := open().schemas[name]
	if !ok {
		return nil, fmt.Errorf("there is no service %q", name)
	}
	return s.load()
}
