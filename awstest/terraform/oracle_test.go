package terraform

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/leastpriv/leastpriv/awstest/deploy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func target(account string) deploy.Target {
	return deploy.Target{Partition: "aws", Account: account, Region: "eu-west-1", ID: func(_ string, n int) string { return strings.Repeat("A", n) }}
}

// read copies a file to a folder of its own, where there is no configuration.
func alone(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	copied := filepath.Join(t.TempDir(), filepath.Base(path))
	require.NoError(t, os.WriteFile(copied, text, 0o600))
	return copied
}

// madeUp are the parts of names that the provider and AWS make up.
var madeUp = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9]{26}|-(AbCdEf|AAAAAA)\b`)

// normal is a policy document with what means the same written the same.
func normal(t *testing.T, text string) string {
	t.Helper()
	var doc any
	require.NoError(t, json.Unmarshal([]byte(madeUp.ReplaceAllString(text, "*")), &doc), text)
	out, err := json.Marshal(sorted(doc))
	require.NoError(t, err)
	return string(out)
}

func sorted(v any) any {
	switch v := v.(type) {
	case []any:
		var texts []string
		for _, e := range v {
			if s, ok := e.(string); ok {
				texts = append(texts, s)
			}
		}
		if len(texts) == len(v) && len(v) == 1 {
			return texts[0]
		}
		if len(texts) == len(v) {
			slices.Sort(texts)
			return texts
		}
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = sorted(e)
		}
		return list
	case map[string]any:
		for k, e := range v {
			v[k] = sorted(e)
			if _, one := e.(map[string]any); k == "Statement" && one {
				v[k] = []any{v[k]}
			}
		}
	}
	return v
}

// policies returns the documents of a stack by address and property.
func policies(t *testing.T, stack *deploy.Stack) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, r := range stack.Resources {
		for name, v := range r.Properties {
			if doc, ok := v.(deploy.Document); ok {
				all[r.Address+"."+name] = normal(t, doc.Text)
			}
			if name != "Policies" {
				continue
			}
			for _, e := range v.([]any) {
				inline := e.(map[string]any)
				all[r.Address+"."+inline["PolicyName"].(string)] = normal(t, inline["PolicyDocument"].(deploy.Document).Text)
			}
		}
	}
	return all
}

// What is evaluated from a configuration before apply is what the provider made of it:
// the states are of the same configurations after apply.
func TestPlanIsWhatApplyMakes(t *testing.T) {
	t.Parallel()
	for folder, state := range map[string]string{"service": "state/state.json", "features": "state/features.json"} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			planned, err := Plan("testdata/" + folder + "/plan.json").Resources(target("111122223333"))
			require.NoError(t, err)
			applied, err := Plan("testdata/" + state).Resources(target("111122223333"))
			require.NoError(t, err)
			want, got := policies(t, applied), policies(t, planned)
			require.Greater(t, len(want), 9)
			for address, document := range want {
				assert.JSONEq(t, document, got[address], address)
			}
			assert.Len(t, got, len(want))
			// Everything else is the same too, but what AWS alone knows.
			byAddress := map[string]deploy.Resource{}
			for _, r := range planned.Resources {
				byAddress[r.Address] = r
			}
			for _, r := range applied.Resources {
				p, ok := byAddress[r.Address]
				require.True(t, ok, r.Address)
				assert.Equal(t, r.Type, p.Type)
				clean := func(s string) string { return madeUp.ReplaceAllString(s, "*") }
				if p.ARN != "" {
					assert.Equal(t, clean(r.ARN), clean(p.ARN), r.Address)
				}
				if p.Name != "" {
					assert.Equal(t, clean(r.Name), clean(p.Name), r.Address)
				}
			}
			assert.Len(t, planned.Resources, len(applied.Resources))
			for name, value := range applied.Outputs {
				assert.Equal(t, value, planned.Outputs[name], name)
			}
		})
	}
}
