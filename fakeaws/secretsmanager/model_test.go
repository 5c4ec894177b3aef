package secretsmanager_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/secretsmanager"
)

// A modelSecret is a secret as the User Guide describes it, in the plainest way: for each
// version its value and its labels, in the order in which versions were made.
type modelSecret struct {
	ids    []string
	values map[string]string
	labels map[string]map[string]bool // by version
}

func (m *modelSecret) holder(label string) string {
	for id, labels := range m.labels {
		if labels[label] {
			return id
		}
	}
	return ""
}

// give attaches a label, which each version but one loses.
func (m *modelSecret) give(id, label string) {
	old := m.holder(label)
	if old == id {
		return
	}
	for _, labels := range m.labels {
		delete(labels, label)
	}
	m.labels[id][label] = true
	if label == "AWSCURRENT" && old != "" {
		m.give(old, "AWSPREVIOUS")
	}
}

// put is PutSecretValue; it returns the code of its error.
func (m *modelSecret) put(id, value string, labels []string) string {
	if old, ok := m.values[id]; ok {
		if old != value {
			return "ResourceExistsException"
		}
		return ""
	}
	first := len(m.ids) == 0
	m.ids = append(m.ids, id)
	m.values[id], m.labels[id] = value, map[string]bool{}
	if len(labels) == 0 || first {
		m.give(id, "AWSCURRENT")
	}
	for _, label := range labels {
		m.give(id, label)
	}
	return ""
}

// move is UpdateSecretVersionStage.
func (m *modelSecret) move(label, from, to string) string {
	_, fromIs := m.values[from]
	_, toIs := m.values[to]
	holder := m.holder(label)
	switch {
	case from == "" && to == "":
		return "InvalidParameterException"
	case to != "" && !toIs, from != "" && !fromIs:
		return "ResourceNotFoundException"
	case from != "" && holder != from:
		return "InvalidParameterException"
	case from == "" && holder != "" && holder != to:
		return "InvalidParameterException"
	case to == "" && label == "AWSCURRENT":
		return "InvalidParameterException"
	case to == "":
		delete(m.labels[from], label)
	default:
		m.give(to, label)
	}
	return ""
}

func (m *modelSecret) get(id, label string) (string, string) {
	if id == "" {
		if label == "" {
			label = "AWSCURRENT"
		}
		if id = m.holder(label); id == "" {
			return "", "ResourceNotFoundException"
		}
		return m.values[id], ""
	}
	value, ok := m.values[id]
	switch {
	case !ok:
		return "", "ResourceNotFoundException"
	case label != "" && !m.labels[id][label]:
		return "", "InvalidRequestException"
	}
	return value, ""
}

func (m *modelSecret) stages() map[string][]string {
	all := map[string][]string{}
	for id, labels := range m.labels {
		if len(labels) > 0 {
			all[id] = slices.Sorted(maps.Keys(labels))
		}
	}
	return all
}

func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func text(s string) *string {
	if s == "" {
		return nil
	}
	return aws.String(s)
}

// The versions and labels of a secret are those of the model, after any calls.
func TestAgainstTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := worldtest.NewWorld(rt, fakeaws.Config{Services: []fakeaws.Service{secretsmanager.Service}})
		client := sm.NewFromConfig(worldtest.FixtureConfig(w, owner, region))
		ctx := context.Background()
		_, err := client.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("db")})
		require.NoError(rt, err)
		m := &modelSecret{values: map[string]string{}, labels: map[string]map[string]bool{}}
		ids := make([]string, 5)
		for i := range ids {
			ids[i] = strings.Repeat(fmt.Sprint(i), 32)
		}
		id := rapid.SampledFrom(ids)
		maybe := rapid.OneOf(rapid.Just(""), id)
		label := rapid.SampledFrom([]string{"AWSCURRENT", "AWSPREVIOUS", "AWSPENDING", "mine", "other"})
		value := rapid.SampledFrom([]string{"a", "b"})
		rt.Repeat(map[string]func(*rapid.T){
			"put": func(rt *rapid.T) {
				id, value := id.Draw(rt, "id"), value.Draw(rt, "value")
				labels := rapid.SliceOfNDistinct(label, 0, 3, rapid.ID).Draw(rt, "labels")
				if len(labels) == 0 {
					labels = nil // an empty list is not valid
				}
				out, err := client.PutSecretValue(ctx, &sm.PutSecretValueInput{SecretId: aws.String("db"), ClientRequestToken: &id, SecretString: &value, VersionStages: labels})
				require.Equal(rt, m.put(id, value, labels), codeOf(err))
				if err == nil {
					require.Equal(rt, m.stages()[id], out.VersionStages)
				}
			},
			"move": func(rt *rapid.T) {
				label, from, to := label.Draw(rt, "label"), maybe.Draw(rt, "from"), maybe.Draw(rt, "to")
				_, err := client.UpdateSecretVersionStage(ctx, &sm.UpdateSecretVersionStageInput{SecretId: aws.String("db"), VersionStage: &label, RemoveFromVersionId: text(from), MoveToVersionId: text(to)})
				require.Equal(rt, m.move(label, from, to), codeOf(err))
			},
			"get": func(rt *rapid.T) {
				id, label := maybe.Draw(rt, "id"), rapid.OneOf(rapid.Just(""), label).Draw(rt, "label")
				out, err := client.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: aws.String("db"), VersionId: text(id), VersionStage: text(label)})
				want, code := m.get(id, label)
				require.Equal(rt, code, codeOf(err))
				if err == nil {
					require.Equal(rt, want, *out.SecretString)
				}
			},
			"": func(rt *rapid.T) {
				out, err := client.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: aws.String("db")})
				require.NoError(rt, err)
				got := out.VersionIdsToStages
				if got == nil {
					got = map[string][]string{}
				}
				require.Equal(rt, m.stages(), got)
				versions, err := client.ListSecretVersionIds(ctx, &sm.ListSecretVersionIdsInput{SecretId: aws.String("db"), IncludeDeprecated: aws.Bool(true)})
				require.NoError(rt, err)
				var listed []string
				for _, v := range versions.Versions {
					listed = append(listed, *v.VersionId)
				}
				slices.Reverse(listed)
				require.Equal(rt, m.ids, listed)
			},
		})
	})
}
