package catalog

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	_ "embed"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:generate sh -c "cd ../gen && (cd operations && npm ci --ignore-scripts) && node operations.cjs operations/node_modules ${BOTOCORE_DATA:?} ../catalog"

//go:embed operations.index.tsv.gz
var compressedIndex string

//go:embed operations.bin
var compressedOperations string

// An API is the interface of a service as its SDK client knows it. One prefix can have
// several, and so can a name that requests are signed for: "events" has EventBridge and
// CloudWatch Events.
type API struct {
	Package     string   // of the SDK for Go, as in its User-Agent: "eventbridge"
	ID          string   // of the service in the SDKs: "EventBridge"
	SigningName string   // of the credential scope: "events"
	Prefix      string   // of the actions: "events"
	Protocols   []string // awsJson1_0, awsJson1_1, awsQuery, ec2Query, restJson1, restXml, rpcv2Cbor; the preferred one first
	Target      string   // prefix of X-Amz-Target: "AWSEvents"
	Version     string   // of the API: "2015-10-07"
	Namespace   string   // of XML documents

	operations func() *operationSet
}

// An operationSet has the operations of an API, sorted by name.
type operationSet struct {
	all    []*Operation
	byName map[string]*Operation
}

// An apiIndex finds the APIs. Their operations are unpacked when they are first asked for.
type apiIndex struct {
	sources   string
	computed  map[string]string
	apis      []*API
	byPackage map[string]*API
	signedFor map[string][]*API
	byPrefix  map[string][]*API // in lower case
}

var loadAPIs = sync.OnceValue(readAPIs)

func readAPIs() *apiIndex {
	r, err := gzip.NewReader(strings.NewReader(compressedIndex))
	text := mustRead(r, err)
	x := &apiIndex{computed: map[string]string{}, byPackage: map[string]*API{}, signedFor: map[string][]*API{}, byPrefix: map[string][]*API{}}
	var dictionary func() []byte
	at := 0
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch f[0] {
		case "V":
			x.sources = f[1]
			at = number(f[2])
			dictionary = sync.OnceValue(func() []byte {
				return []byte(mustRead(flate.NewReader(strings.NewReader(compressedOperations[:number(f[2])])), nil))
			})
		case "C":
			x.computed[f[1]] = f[2]
		case "S":
			part := compressedOperations[at : at+number(f[10])]
			at += len(part)
			x.add(newAPI(f, part, dictionary))
		}
	}
	return x
}

func newAPI(f []string, part string, dictionary func() []byte) *API {
	a := &API{
		Package: f[1], ID: f[2], SigningName: f[3], Prefix: f[4], Protocols: strings.Split(f[5], ","),
		Target: f[6], Version: f[7], Namespace: f[8],
	}
	a.operations = sync.OnceValue(func() *operationSet {
		r := flate.NewReaderDict(strings.NewReader(part), dictionary())
		return readOperations(a, number(f[9]), mustRead(r, nil))
	})
	return a
}

func (x *apiIndex) add(a *API) {
	x.apis = append(x.apis, a)
	x.byPackage[a.Package] = a
	x.signedFor[a.SigningName] = append(x.signedFor[a.SigningName], a)
	prefix := strings.ToLower(a.Prefix)
	x.byPrefix[prefix] = append(x.byPrefix[prefix], a)
}

// mustRead unpacks what is embedded. That it is not broken is what this package's tests show.
func mustRead(r io.Reader, err error) string {
	var b bytes.Buffer
	if err == nil {
		_, err = b.ReadFrom(r)
	}
	if err != nil {
		panic("catalog: " + err.Error())
	}
	return b.String()
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// OperationSources names the packages, with their versions, that the operations were made of.
func OperationSources() string { return loadAPIs().sources }

// APIs returns all APIs, sorted by package. The slice is not to be changed.
func APIs() []*API { return loadAPIs().apis }

// APIByPackage returns an API by the name of its package in the SDK for Go: "eventbridge".
func APIByPackage(name string) (*API, bool) {
	a, ok := loadAPIs().byPackage[name]
	return a, ok
}

// SignedFor returns the APIs whose requests are signed for a name, sorted by package. The
// slice is not to be changed.
func SignedFor(name string) []*API { return loadAPIs().signedFor[name] }

// Computed returns the condition keys of services that need no member of the request, with
// their source: "c:region" for ec2:Region. A request has those that its action has. The map
// is not to be changed.
func Computed() map[string]string { return loadAPIs().computed }

// Operations returns the operations of the API, sorted by name. The slice is not to be changed.
func (a *API) Operations() []*Operation { return a.operations().all }

// Operation returns an operation by its name.
func (a *API) Operation(name string) (*Operation, bool) {
	o, ok := a.operations().byName[name]
	return o, ok
}

// Needs returns the permissions that an operation needs, by the prefix of its service, with
// those to pass roles: mostly the action of the same name, in AWS's spelling. It returns nil
// when there is none of that name either.
func Needs(prefix, operation string) []Permission {
	prefix = strings.ToLower(prefix)
	for _, a := range loadAPIs().byPrefix[prefix] {
		o, ok := a.Operation(operation)
		if !ok {
			continue
		}
		f := o.Facts()
		if f.Permissions[0].Unknown {
			break
		}
		needs := slices.Clone(f.Permissions)
		for _, r := range f.Roles {
			needs = append(needs, Permission{Action: "iam:PassRole", If: []string{r.Role}, Resources: []Binding{{Type: "role", ARN: r.Role, Class: ARN}}})
		}
		return needs
	}
	if a, ok := Find(prefix + ":" + operation); ok {
		return []Permission{{Action: a.String()}}
	}
	return nil
}

// An Operation is one operation of an API.
type Operation struct {
	API    *API
	Name   string
	Method string // of REST protocols, as are the following
	URI    string // "/{Bucket}/{Key+}?acl"; the query says what must be there
	Code   int    // of a successful answer
	// Required has query parameters ("q:uploadId") and headers ("h:x-amz-copy-source") that a
	// request must have, for operations that share method and path with another.
	Required []string

	json  string
	once  sync.Once
	facts *Facts
}

// String returns the operation as logs write it: "eventbridge.PutRule".
func (o *Operation) String() string { return o.API.Package + "." + o.Name }

// readOperations reads the lines of an API's operations.
func readOperations(a *API, count int, text string) *operationSet {
	s := &operationSet{all: make([]*Operation, 0, count), byName: make(map[string]*Operation, count)}
	all := make([]Operation, count)
	for line := range strings.Lines(text) {
		name, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		http, facts, _ := strings.Cut(rest, "\t")
		o := &all[len(s.all)]
		o.API, o.Name, o.json = a, name, facts
		o.readHTTP(http)
		s.all = append(s.all, o)
		s.byName[name] = o
	}
	return s
}

// readHTTP reads "PUT /{Bucket}/{Key+} 201 q:partNumber".
func (o *Operation) readHTTP(text string) {
	if text == "" {
		return
	}
	f := strings.Fields(text)
	o.Method, o.URI, o.Code = f[0], f[1], 200
	for _, more := range f[2:] {
		if code, err := strconv.Atoi(more); err == nil {
			o.Code = code
		} else {
			o.Required = append(o.Required, more)
		}
	}
}
