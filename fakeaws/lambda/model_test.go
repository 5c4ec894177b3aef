package lambda_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
)

// A model is what a function's versions and aliases should be.
type model struct {
	t           *testing.T
	c           *awslambda.Client
	description string            // of $LATEST
	changed     bool              // since the latest version
	versions    map[int]string    // descriptions by number
	last        int               // number of the latest version that there ever was
	aliases     map[string]string // versions by name
}

func (m *model) ok(rt *rapid.T, err error, want bool, what string) {
	rt.Helper()
	if (err == nil) != want {
		rt.Fatalf("%s: want success %t, got %v", what, want, err)
	}
}

func (m *model) exists(version string) bool {
	n, err := strconv.Atoi(version)
	_, there := m.versions[n]
	return version == "$LATEST" || err == nil && there
}

var (
	aliasNames = rapid.SampledFrom([]string{"live", "test"})
	versionIDs = rapid.SampledFrom([]string{"1", "2", "3", "$LATEST"})
)

func (m *model) update(rt *rapid.T) {
	m.description = rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "description")
	m.changed = true
	_, err := m.c.UpdateFunctionConfiguration(m.t.Context(), &awslambda.UpdateFunctionConfigurationInput{FunctionName: aws.String("fn"), Description: &m.description})
	m.ok(rt, err, true, "update")
}

func (m *model) publish(rt *rapid.T) {
	out, err := m.c.PublishVersion(m.t.Context(), &awslambda.PublishVersionInput{FunctionName: aws.String("fn")})
	m.ok(rt, err, true, "publish")
	if _, there := m.versions[m.last]; m.changed || !there {
		m.last++
		m.versions[m.last], m.changed = m.description, false
	}
	if *out.Version != strconv.Itoa(m.last) {
		rt.Fatalf("published %s, want %d", *out.Version, m.last)
	}
}

func (m *model) deleteVersion(rt *rapid.T) {
	n := rapid.IntRange(1, 3).Draw(rt, "version")
	_, err := m.c.DeleteFunction(m.t.Context(), &awslambda.DeleteFunctionInput{FunctionName: aws.String("fn"), Qualifier: aws.String(strconv.Itoa(n))})
	used := false
	for _, version := range m.aliases {
		used = used || version == strconv.Itoa(n)
	}
	m.ok(rt, err, !used, "delete version")
	if !used {
		delete(m.versions, n)
	}
}

func (m *model) createAlias(rt *rapid.T) {
	name, version := aliasNames.Draw(rt, "name"), versionIDs.Draw(rt, "version")
	_, err := m.c.CreateAlias(m.t.Context(), &awslambda.CreateAliasInput{FunctionName: aws.String("fn"), Name: &name, FunctionVersion: &version})
	_, there := m.aliases[name]
	m.ok(rt, err, !there && m.exists(version), "create alias")
	if err == nil {
		m.aliases[name] = version
	}
}

func (m *model) updateAlias(rt *rapid.T) {
	name, version := aliasNames.Draw(rt, "name"), versionIDs.Draw(rt, "version")
	_, err := m.c.UpdateAlias(m.t.Context(), &awslambda.UpdateAliasInput{FunctionName: aws.String("fn"), Name: &name, FunctionVersion: &version})
	_, there := m.aliases[name]
	m.ok(rt, err, there && m.exists(version), "update alias")
	if err == nil {
		m.aliases[name] = version
	}
}

func (m *model) deleteAlias(rt *rapid.T) {
	name := aliasNames.Draw(rt, "name")
	_, err := m.c.DeleteAlias(m.t.Context(), &awslambda.DeleteAliasInput{FunctionName: aws.String("fn"), Name: &name})
	m.ok(rt, err, true, "delete alias")
	delete(m.aliases, name)
}

// check compares all that there is with the model.
func (m *model) check(rt *rapid.T) {
	versions, err := m.c.ListVersionsByFunction(m.t.Context(), &awslambda.ListVersionsByFunctionInput{FunctionName: aws.String("fn")})
	require.NoError(rt, err)
	var got []string
	for _, v := range versions.Versions {
		got = append(got, *v.Version+" "+*v.Description)
	}
	want := []string{"$LATEST " + m.description}
	for n := 1; n <= m.last; n++ {
		if description, there := m.versions[n]; there {
			want = append(want, fmt.Sprint(n, " ", description))
		}
	}
	require.Equal(rt, want, got)
	aliases, err := m.c.ListAliases(m.t.Context(), &awslambda.ListAliasesInput{FunctionName: aws.String("fn")})
	require.NoError(rt, err)
	require.Len(rt, aliases.Aliases, len(m.aliases))
	for _, a := range aliases.Aliases {
		require.Equal(rt, m.aliases[*a.Name], *a.FunctionVersion)
		out, err := m.c.Invoke(m.t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("fn"), Qualifier: a.Name})
		require.NoError(rt, err)
		require.Equal(rt, *a.FunctionVersion, *out.ExecutedVersion)
	}
	require.True(rt, slices.IsSortedFunc(versions.Versions, func(a, b versionOf) int { return number(a) - number(b) }))
}

// Versions and aliases are as a model of them has them, whatever is done.
func TestVersionsAgainstTheModel(t *testing.T) {
	t.Parallel()
	base := awstest.New(t, lambdatest.With())
	lambdatest.Of(base).Handle("fn", base.NewRole("worker", lambdatest.Trust()), nothing)
	rapid.Check(t, func(rt *rapid.T) {
		acct := base.Clone(t)
		m := &model{t: t, c: client(acct), changed: true, versions: map[int]string{}, aliases: map[string]string{}}
		rt.Repeat(map[string]func(*rapid.T){
			"update": m.update, "publish": m.publish, "deleteVersion": m.deleteVersion,
			"createAlias": m.createAlias, "updateAlias": m.updateAlias, "deleteAlias": m.deleteAlias, "": m.check,
		})
	})
}
