// Package managed has the managed policies of AWS, each in its newest version as
// of the day of [Source].
//
// The documents are embedded, each compressed by itself: the first look unpacks
// the index, and every look at a policy only the policy.
package managed

import (
	"compress/flate"
	"compress/gzip"
	_ "embed"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

//go:generate sh -c "cd ../gen && npm ci --ignore-scripts && node managed.cjs node_modules ../managed"

//go:embed index.tsv.gz
var compressedIndex string

//go:embed documents.bin
var documents string

// arnPrefix is what the ARNs of all managed policies of AWS begin with; a path
// follows.
const arnPrefix = "arn:aws:iam::aws:policy"

// A Policy is a managed policy of AWS.
type Policy struct {
	Name string // "AmazonS3ReadOnlyAccess"
	Path string // "/", "/service-role/", "/job-function/", …
	// VersionID is that of the newest version: "v3".
	VersionID string
	// Created and Updated are when the policy was made, and its newest version.
	Created, Updated time.Time

	compressed string
}

// ARN returns the policy's ARN, which is the same in all accounts.
func (p *Policy) ARN() string { return arnPrefix + p.Path + p.Name }

// Document returns the text of the newest version, without white space between
// its tokens.
func (p *Policy) Document() string { return inflate(p.compressed, load().dictionary) }

type index struct {
	source     string
	dictionary []byte // what the documents have in common
	names      []string
	policies   map[string]*Policy
}

var load = sync.OnceValue(readIndex)

// loaded says whether the index was read, for a test.
var loaded atomic.Bool

func readIndex() *index {
	loaded.Store(true)
	r, err := gzip.NewReader(strings.NewReader(compressedIndex))
	if err != nil {
		panic("managed: " + err.Error())
	}
	head, lines, _ := strings.Cut(readAll(r), "\n")
	source, size, _ := strings.Cut(head, "\t")
	x := &index{source: source, policies: make(map[string]*Policy)}
	dictionary, rest := cut(documents, size)
	x.dictionary = []byte(inflate(dictionary, nil))
	for line := range strings.Lines(lines) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		p := &Policy{Name: fields[0], Path: fields[1], VersionID: fields[2], Created: date(fields[3]), Updated: date(fields[4])}
		p.compressed, rest = cut(rest, fields[5])
		x.names = append(x.names, p.Name)
		x.policies[p.Name] = p
	}
	return x
}

// cut cuts off the first bytes.
func cut(s, size string) (first, rest string) {
	n, err := strconv.Atoi(size)
	if err != nil {
		panic("managed: " + err.Error())
	}
	return s[:n], s[n:]
}

func date(seconds string) time.Time {
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		panic("managed: " + err.Error())
	}
	return time.Unix(n, 0).UTC()
}

func inflate(compressed string, dictionary []byte) string {
	return readAll(flate.NewReaderDict(strings.NewReader(compressed), dictionary))
}

// readAll reads what is embedded; that it is not broken is what this package's
// tests show.
func readAll(r io.Reader) string {
	var b strings.Builder
	if _, err := io.Copy(&b, r); err != nil {
		panic("managed: " + err.Error())
	}
	return b.String()
}

// Source names the package and version that the policies were taken from.
func Source() string { return load().source }

// Names returns the names of all policies, sorted. The slice is not to be
// changed.
func Names() []string { return load().names }

// Get returns a policy by its name or ARN.
func Get(nameOrARN string) (*Policy, bool) {
	name := nameOrARN
	if path, isARN := strings.CutPrefix(nameOrARN, arnPrefix+"/"); isARN {
		name = path[strings.LastIndexByte(path, '/')+1:]
	}
	p, ok := load().policies[name]
	if !ok || name != nameOrARN && p.ARN() != nameOrARN {
		return nil, false
	}
	return p, true
}

// Document returns the document of the policy of a name or ARN; false where AWS has none.
func Document(nameOrARN string) (string, bool) {
	p, ok := Get(nameOrARN)
	if !ok {
		return "", false
	}
	return p.Document(), true
}

// ARNs returns the ARNs of all policies, in the order of [Names].
func ARNs() []string {
	names := Names()
	arns := make([]string, len(names))
	for i, name := range names {
		p, _ := Get(name)
		arns[i] = p.ARN()
	}
	return arns
}
