package sigv4

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	mutantCount  = flag.Int("mutations", 4000, "how many requests TestMutatedRequests changes")
	mutationSeed = flag.Uint64("mutations.seed", 1, "the seed of its requests and changes")
	update       = flag.Bool("update", false, "write the corpus of changed requests")
)

// corpus has changed requests as they were sent, named by the service, what was changed
// and whether they are accepted.
const corpus = "testdata/mutations.txtar"

// Requests of all forms that the SDK signs are changed as text on their way. Those that
// still have the signature which the SDK makes of what arrives are accepted, all others
// are refused.
func TestMutatedRequests(t *testing.T) {
	t.Parallel()
	t.Logf("-mutations.seed=%d", *mutationSeed)
	count := map[string]int{}
	kept := map[string]txtar.File{}
	for i := range *mutantCount {
		rng := rand.New(rand.NewPCG(*mutationSeed, uint64(i)))
		m := newMutant(t, rng)
		for range 1 + rng.IntN(2) {
			m.mutate(rng)
		}
		verdict, ours, ok, why := m.judge(t)
		if !ok { // it is no request of HTTP
			count["not HTTP"]++
			continue
		}
		if !assert.Equal(t, verdict, ours, "number %d, %s: %s (%v)\n%s", i, m.kind, m.changes, why, m.text) {
			continue
		}
		count[verdict]++
		what := strings.Join(m.changes, ", ") + ": " + verdict
		if _, ok := kept[what]; !ok && len(m.changes) == 1 && len(m.text) < 2000 && m.now.Equal(exampleTime) {
			kept[what] = txtar.File{Name: m.kind + " " + what, Data: []byte(quoteLines(m.text))}
		}
	}
	t.Log(count)
	assert.NotZero(t, count[accepted])
	assert.NotZero(t, count[refused])
	if *update {
		writeCorpus(t, kept)
	}
}

const accepted, refused = "accepted", "refused"

// Changed requests that once were looked at stay accepted or refused.
func TestCorpusOfMutations(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile(corpus)
	require.NoError(t, err)
	require.NotEmpty(t, archive.Files)
	for _, f := range archive.Files {
		kind, _, _ := strings.Cut(f.Name, " ")
		m := mutant{kind: kind, text: unquoteLines(t, string(f.Data)), now: exampleTime}
		verdict, ours, ok, why := m.judge(t)
		require.True(t, ok, f.Name)
		assert.True(t, strings.HasSuffix(f.Name, ": "+ours), "%s: now %s: %v", f.Name, ours, why)
		assert.Equal(t, verdict, ours, f.Name)
	}
}

func writeCorpus(t *testing.T, kept map[string]txtar.File) {
	t.Helper()
	archive := &txtar.Archive{Comment: []byte("Requests that were changed after they were signed. Made by go test -run TestMutatedRequests -update.\n")}
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		archive.Files = append(archive.Files, kept[name])
	}
	require.NoError(t, os.WriteFile(corpus, txtar.Format(archive), 0o600))
}

// quoteLines writes each line of a text as a literal of Go, so that no tool changes it.
func quoteLines(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		fmt.Fprintf(&b, "%q\n", line)
	}
	return b.String()
}

func unquoteLines(t testing.TB, text string) string {
	t.Helper()
	var b strings.Builder
	for line := range strings.Lines(text) {
		var s string
		_, err := fmt.Sscanf(line, "%q", &s)
		require.NoError(t, err)
		b.WriteString(s)
	}
	return b.String()
}

// A mutant is a signed request as text.
type mutant struct {
	kind    string // service and form of the signature
	text    string
	now     time.Time
	changes []string
}

// token is that of the session whose key signed; a long-term key has none.
func (m *mutant) token() string {
	if strings.Contains(m.kind, "session") {
		return sessionToken
	}
	return ""
}

const sessionToken = "FwoGZXIvYXdzE+/=="

// judge has the request judged, by the reference and by the verifier.
func (m *mutant) judge(t testing.TB) (reference, ours string, ok bool, why error) {
	t.Helper()
	read := func() (*http.Request, []byte) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(m.text)))
		if err != nil {
			return nil, nil
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, nil
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		return r, body
	}
	r, body := read()
	if r == nil {
		return "", "", false, nil
	}
	reference, ours = refused, accepted
	if refer(r, body, m.token(), m.now) {
		reference = accepted
	}
	r, _ = read()
	if why = verifyAll(r, body, m.token(), m.now); why != nil {
		ours = refused
	}
	return reference, ours, true, why
}

// verifyAll authenticates a request and its body, as a service does.
func verifyAll(r *http.Request, body []byte, token string, now time.Time) error {
	s, err := Parse(r)
	if err != nil {
		return err
	}
	if s == nil || s.AccessKeyID != exampleKey {
		return NoSignature()
	}
	if err := s.CheckToken(token); err != nil {
		return err
	}
	if err := new(Verifier).Verify(r, s, exampleSecret, Hash(body), now); err != nil || !s.s3() {
		return err
	}
	b, err := NewBody(r, s)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, b)
	return err
}

// Forms of Amazon S3 are changed after they were signed: one stays accepted when its policy
// has the signature that the secret makes of it, and all its fields are in the policy.
func TestMutatedForms(t *testing.T) {
	t.Parallel()
	t.Logf("-mutations.seed=%d", *mutationSeed)
	count := map[string]int{}
	for i := range *mutantCount / 4 {
		rng := rand.New(rand.NewPCG(*mutationSeed, uint64(i)))
		form := mutantForm()
		for range 1 + rng.IntN(2) {
			mutateForm(rng, form)
		}
		want := refused
		if referForm(form) {
			want = accepted
		}
		got := accepted
		s, why := verifyForm(form, exampleSecret, exampleTime)
		if why == nil && s != nil && s.AccessKeyID == exampleKey {
			why = s.CheckToken(sessionToken)
		}
		if why != nil || s == nil || s.AccessKeyID != exampleKey {
			got = refused
		}
		assert.Equal(t, want, got, "number %d: %v\n%v", i, why, form.Fields)
		count[got]++
	}
	t.Log(count)
	assert.NotZero(t, count[accepted])
	assert.NotZero(t, count[refused])
}

// mutantForm is a signed form, each of whose fields the policy has with its value.
func mutantForm() *PostForm {
	form := smallForm(PostField{"key", "user/a"}, PostField{"acl", "private"}, PostField{"x-amz-meta-a", "b"}, PostField{"x-amz-security-token", sessionToken})
	conditions := []map[string]string{{"bucket": form.Bucket}}
	for _, f := range form.Fields {
		conditions = append(conditions, map[string]string{f.Name: f.Value})
	}
	text, err := json.Marshal(map[string]any{"expiration": "2013-05-25T00:00:00Z", "conditions": conditions})
	if err != nil {
		panic(err)
	}
	return signForm(form, string(text))
}

func mutateForm(rng *rand.Rand, form *PostForm) {
	i := rng.IntN(len(form.Fields))
	f := &form.Fields[i]
	switch rng.IntN(8) {
	case 0:
		f.Value = flip(rng, f.Value)
	case 1:
		f.Name = strings.ToUpper(f.Name)
	case 2:
		form.Fields = append(form.Fields, *f)
	case 3:
		form.Fields = append(form.Fields, PostField{pick(rng, "x-amz-acl", "x-ignore-this", "Content-Type", "tagging", "key"), "x"})
	case 4:
		form.Fields = slices.Delete(form.Fields, i, i+1)
	case 5:
		rng.Shuffle(len(form.Fields), func(i, j int) { form.Fields[i], form.Fields[j] = form.Fields[j], form.Fields[i] })
	case 6:
		form.Bucket = pick(rng, "b", "c")
	case 7:
		policy, _ := form.value("policy")
		form.set("policy", strings.TrimRight(policy, "=")+pick(rng, "=", "==", "\n", ""))
	}
}

// referForm is an opinion on a form of mutantForm that does not share code with the verifier.
func referForm(form *PostForm) bool {
	fields := map[string][]string{}
	for _, f := range form.Fields {
		name := strings.ToLower(f.Name)
		fields[name] = append(fields[name], f.Value)
	}
	one := func(name string) string { // what is there twice must be the same
		return strings.Join(slices.Compact(fields[name]), "\x00")
	}
	// Of two policies or signatures the first counts: it is the one that is compared and obeyed.
	if fields["policy"] == nil || fields["x-amz-signature"] == nil {
		return false
	}
	encoded := fields["policy"][0]
	signature := hex.EncodeToString(plainHMAC(plainKey(exampleSecret, "20130524", "us-east-1", "s3"), encoded))
	text, err := base64.StdEncoding.DecodeString(encoded)
	var policy struct{ Conditions []map[string]string }
	if err != nil || json.Unmarshal(text, &policy) != nil || fields["x-amz-signature"][0] != signature {
		return false
	}
	fields["bucket"] = []string{form.Bucket}
	for _, condition := range policy.Conditions {
		for name, value := range condition {
			if one(name) != value {
				return false
			}
			delete(fields, name)
		}
	}
	for name := range fields {
		if name != "policy" && name != "x-amz-signature" && !strings.HasPrefix(name, "x-ignore-") {
			return false
		}
	}
	return true
}
