package anyservice_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/anyservice"
	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/internal/sigv4"
)

// goldenAccount is the account of the golden files.
const goldenAccount = "111122223333"

// A goldenFile says of one API what AWS documents that sample requests need. The directory's
// README describes the form.
type goldenFile struct {
	name                                 string
	pkg, signing, protocol, targetOrDate string
	keys                                 []string // of each permission of the service
	samples                              []*sample
}

type sample struct {
	request string // the line
	method  string // of REST; "" otherwise
	target  string // operation, or path with query
	header  http.Header
	body    string
	needs   []string // sorted
}

// name is the sample's name in the list of misses.
func (s *sample) name(file *goldenFile) string { return file.name + " " + s.request }

func readGolden(t *testing.T, path string) *goldenFile {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	g := &goldenFile{name: strings.TrimSuffix(filepath.Base(path), ".txt")}
	for i, line := range strings.Split(string(text), "\n") {
		at := fmt.Sprintf("%s:%d", path, i+1)
		kind, rest, _ := strings.Cut(line, " ")
		switch {
		case strings.TrimSpace(line) == "" || kind == "#":
		case kind == "api":
			f := append(strings.Fields(rest), "")
			require.GreaterOrEqual(t, len(f), 4, at)
			g.pkg, g.signing, g.protocol, g.targetOrDate = f[0], f[1], f[2], f[3]
		case kind == "key":
			g.keys = append(g.keys, rest)
		case kind == "\theader":
			name, value, found := strings.Cut(rest, ": ")
			require.True(t, found, at)
			g.samples[len(g.samples)-1].header.Set(name, value)
		case strings.HasPrefix(line, "\t"):
			s := g.samples[len(g.samples)-1]
			s.needs = append(s.needs, g.need(t, at, strings.TrimSpace(line)))
		default:
			require.NotEmpty(t, g.protocol, at)
			g.samples = append(g.samples, g.sample(line))
		}
	}
	for _, s := range g.samples {
		slices.Sort(s.needs)
		require.NotEmpty(t, s.needs, "%s: %s", path, s.request)
	}
	return g
}

func (g *goldenFile) sample(line string) *sample {
	s := &sample{request: line, header: http.Header{}}
	first, rest, _ := strings.Cut(line, " ")
	if strings.HasPrefix(g.protocol, "rest") {
		s.method = first
		s.target, s.body, _ = strings.Cut(rest, " ")
	} else {
		s.target, s.body = first, rest
	}
	return s
}

// need reads "action resource key=value key=value" and adds the keys that all permissions of
// the action's service have.
func (g *goldenFile) need(t *testing.T, at, line string) string {
	t.Helper()
	f := strings.Fields(line)
	require.GreaterOrEqual(t, len(f), 2, at)
	prefix, _, _ := strings.Cut(f[0], ":")
	keys := f[2:]
	for _, k := range keys {
		require.Contains(t, k, "=", at)
	}
	for _, k := range g.keys {
		if strings.HasPrefix(k, prefix+":") {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return strings.Join(append(f[:2:2], keys...), " ")
}

// http makes the request of a sample.
func (s *sample) http(t *testing.T, g *goldenFile) *http.Request {
	t.Helper()
	method, target, body := "POST", "/", s.body
	if s.method != "" {
		method, target = s.method, s.target
	}
	header := s.header.Clone()
	// As SDKs tell apart the services that sign for the same name.
	header.Set("User-Agent", "aws-sdk-go-v2/1.40.0 api/"+g.pkg+"#1.0.0")
	contentType := ""
	switch g.protocol {
	case "json1.0", "json1.1":
		contentType = "application/x-amz-" + strings.Replace(g.protocol, "json", "json-", 1)
		header.Set("X-Amz-Target", g.targetOrDate+"."+s.target)
		if body == "" {
			body = "{}"
		}
	case "query", "ec2":
		contentType = "application/x-www-form-urlencoded; charset=utf-8"
		body = strings.TrimSuffix("Action="+s.target+"&Version="+g.targetOrDate+"&"+body, "&")
	case "rest-json":
		contentType = "application/json"
	case "rest-xml":
		contentType = "application/xml"
	default:
		require.Fail(t, "unknown protocol "+g.protocol)
	}
	if body != "" && header.Get("Content-Type") == "" {
		header.Set("Content-Type", contentType)
	}
	r, err := http.NewRequestWithContext(context.Background(), method, "https://"+g.signing+".us-east-1.amazonaws.com"+target, strings.NewReader(body))
	require.NoError(t, err)
	r.Header = header
	return r
}

// A goldenWorld sends samples as the root user of the account. Denied calls are let pass, so
// that every permission of a request is judged.
type goldenWorld struct {
	*fakeaws.World
	root aws.Credentials
}

func newGoldenWorld(t *testing.T) *goldenWorld {
	t.Helper()
	// IAM alone has its fake: roles are passed.
	w := fakeaws.NewWorld(fakeaws.Config{
		Region: "us-east-1", Mode: fakeaws.Soft, Services: []fakeaws.Service{iam.Service}, Others: anyservice.Services{},
	})
	_, err := w.AddAccount(goldenAccount, "", "")
	require.NoError(t, err)
	acct, ok := w.Account(goldenAccount)
	require.True(t, ok)
	return &goldenWorld{w, aws.Credentials{AccessKeyID: acct.Root.AccessKeyID, SecretAccessKey: acct.Root.SecretAccessKey}}
}

// send sends a request and returns what the World remembers of it.
func (w *goldenWorld) send(t *testing.T, signing string, r *http.Request) *fakeaws.Event {
	t.Helper()
	var body []byte
	if r.GetBody != nil {
		b, err := r.GetBody()
		require.NoError(t, err)
		body, err = io.ReadAll(b)
		require.NoError(t, err)
	}
	require.NoError(t, v4.NewSigner().SignHTTP(r.Context(), w.root, r, sigv4.Hash(body), signing, "us-east-1", w.Clock().Now()))
	before := w.Log().Count()
	resp, err := w.Door().RoundTrip(r)
	require.NoError(t, err)
	_ = resp.Body.Close()
	events := w.Log().Since(before)
	require.Len(t, events, 1)
	return &events[0]
}

// judged returns the permissions that were judged for a request, as golden files write
// them, and the operation that it was.
func (w *goldenWorld) judged(t *testing.T, signing string, r *http.Request) (operation string, needs []string, decisions []enforce.Decision) {
	t.Helper()
	e := w.send(t, signing, r)
	if len(e.Decisions) == 0 {
		return e.Operation, []string{e.Code + ": " + e.Message}, nil
	}
	for i := range e.Decisions {
		q := e.Decisions[i].Request
		if q.Resource != "*" && strings.ContainsAny(q.Resource, "*?") {
			assert.True(t, q.Unknown != nil && q.Unknown.Resource, "%s: what is not known of %s is not said", e.Operation, q.Resource)
		}
		needs = append(needs, strings.Join(append([]string{q.Action, q.Resource}, ownKeys(q)...), " "))
	}
	slices.Sort(needs)
	return e.Operation, needs, e.Decisions
}

// ownKeys are the condition keys of a permission that the request tells, without those that
// every request has. Which resource a role will be used for is left out: which services tell
// IAM is not documented.
func ownKeys(q *enforce.Request) (keys []string) {
	for key, values := range q.Context.All() {
		lower := strings.ToLower(key)
		switch {
		case lower == "iam:associatedresourcearn":
		case strings.HasPrefix(lower, "aws:") && !strings.HasPrefix(lower, "aws:requesttag/") && lower != "aws:tagkeys":
		default:
			keys = append(keys, key+"="+strings.Join(values, ","))
		}
	}
	slices.Sort(keys)
	return keys
}

// takenAbsent returns the condition keys that AWS has of permissions which were judged on the
// same resource as if the request had none of them.
func takenAbsent(needs []string, decisions []enforce.Decision) (missing []string) {
	for _, need := range needs {
		f := strings.Fields(need)
		for i := range decisions {
			q := decisions[i].Request
			if q.Action != f[0] || q.Resource != f[1] {
				continue
			}
			own := ownKeys(q)
			for _, key := range f[2:] {
				name, _, _ := strings.Cut(key, "=")
				has := slices.ContainsFunc(own, func(k string) bool { return strings.HasPrefix(k, name+"=") })
				if !has && (q.Unknown == nil || !q.Unknown.Key(name)) {
					missing = append(missing, name)
				}
			}
		}
	}
	return missing
}

// missesFile lists the samples that are judged differently from what AWS documents, each after
// its reason. The list may only become shorter: -update takes those out that are exact now.
const missesFile = "testdata/golden/misses.tsv"

var update = flag.Bool("update", false, "take what is exact now out of the list of misses")

func readMisses(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(missesFile)
	require.NoError(t, err)
	misses := map[string]string{}
	for line := range strings.Lines(string(text)) {
		reason, name, found := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		require.True(t, found && reason != "", "%s: %q has no reason", missesFile, line)
		require.NotContains(t, misses, name)
		misses[name] = reason
	}
	return misses
}

func writeMisses(t *testing.T, misses map[string]string, exact []string) {
	t.Helper()
	for _, name := range exact {
		delete(misses, name)
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(misses)) {
		b.WriteString(misses[name] + "\t" + name + "\n")
	}
	require.NoError(t, os.WriteFile(missesFile, []byte(b.String()), 0o600))
}

// TestGolden compares what is judged with what AWS documents, for popular operations of
// popular services. What differs is in the list of misses.
func TestGolden(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/golden/*.txt")
	require.NoError(t, err)
	require.Greater(t, len(paths), 40)
	w, misses := newGoldenWorld(t), readMisses(t)
	unseen := maps.Clone(misses)
	samples := 0
	var exact []string
	for _, path := range paths {
		g := readGolden(t, path)
		before := len(exact)
		for _, s := range g.samples {
			name := s.name(g)
			operation, needs, decisions := w.judged(t, g.signing, s.http(t, g))
			delete(unseen, name)
			_, known := misses[name]
			switch {
			case slices.Equal(needs, s.needs):
				exact = append(exact, name)
				assert.True(t, !known || *update, "%s is exact now: take it from the list with -update", name)
			case known:
				for _, key := range takenAbsent(s.needs, decisions) {
					t.Logf("%s is taken to be absent: %s", key, name)
				}
			default:
				t.Errorf("%s (%s)\nAWS:    %s\njudged: %s", name, operation, strings.Join(s.needs, "\n        "), strings.Join(needs, "\n        "))
			}
		}
		samples += len(g.samples)
		t.Logf("%-24s %3d of %3d", g.name, len(exact)-before, len(g.samples))
	}
	assert.Empty(t, unseen, "the list has what no golden file has")
	t.Logf("%d of %d exact, %.1f %%", len(exact), samples, 100*float64(len(exact))/float64(samples))
	if *update {
		writeMisses(t, misses, exact)
	}
}
