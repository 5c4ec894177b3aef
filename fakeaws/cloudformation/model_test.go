package cloudformation_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscf "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// A topic is one of a template that the model knows: its display name, which changes in place,
// the generation of its name, which replaces it, and the topics that it needs.
type topic struct {
	display, generation int
	needs               []string
	broken              bool // it cannot be made or changed
}

// drawTemplate draws topics, of which each needs only such as come before it.
func drawTemplate(t *rapid.T) map[string]topic {
	all := map[string]topic{}
	var before []string
	for _, name := range []string{"A", "B", "C", "D", "E"} {
		if !rapid.Bool().Draw(t, name) {
			continue
		}
		one := topic{display: rapid.IntRange(1, 2).Draw(t, "display"), generation: rapid.IntRange(1, 2).Draw(t, "generation"), broken: rapid.IntRange(0, 7).Draw(t, "broken") == 0}
		for _, other := range before {
			if rapid.IntRange(0, 2).Draw(t, "needs") == 0 {
				one.needs = append(one.needs, other)
			}
		}
		all[name] = one
		before = append(before, name)
	}
	if len(all) == 0 {
		all["A"] = topic{display: 1, generation: 1}
	}
	return all
}

func encodeTemplate(all map[string]topic) string {
	resources := map[string]any{}
	for name, one := range all {
		display := []any{fmt.Sprint(one.display)}
		for _, other := range one.needs {
			display = append(display, map[string]any{"Fn::GetAtt": []any{other, "TopicName"}})
		}
		properties := map[string]any{"TopicName": fmt.Sprintf("%s-%d", name, one.generation), "DisplayName": map[string]any{"Fn::Join": []any{"+", display}}}
		if one.broken {
			properties["SignatureVersion"] = "9"
		}
		resources[name] = map[string]any{"Type": "AWS::SNS::Topic", "Properties": properties}
	}
	text, _ := json.Marshal(map[string]any{"Resources": resources})
	return string(text)
}

// expected are the display names of topics by their names.
func expected(all map[string]topic) map[string]string {
	want := map[string]string{}
	for name, one := range all {
		display := fmt.Sprint(one.display)
		for _, other := range one.needs {
			display += fmt.Sprintf("+%s-%d", other, all[other].generation)
		}
		want[fmt.Sprintf("%s-%d", name, one.generation)] = display
	}
	return want
}

func fails(all map[string]topic) bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(all)), func(one topic) bool { return one.broken })
}

// Whatever a stack is updated to, there is what its template says; where that cannot be made,
// there is what was there before; and after all nothing.
func TestStacksFollowTheirTemplates(t *testing.T) {
	t.Parallel()
	base := newCloud(t, worldtest.InProcess)
	rapid.Check(t, func(rt *rapid.T) {
		c := &cloud{worldtest.Clone(t, base.World.World)}
		defer c.Close()
		client, topics := c.root(), awssns.NewFromConfig(c.RootConfig(owner))
		there := func() map[string]string {
			out, err := topics.ListTopics(t.Context(), &awssns.ListTopicsInput{})
			require.NoError(rt, err)
			got := map[string]string{}
			for _, one := range out.Topics {
				attributes, err := topics.GetTopicAttributes(t.Context(), &awssns.GetTopicAttributesInput{TopicArn: one.TopicArn})
				require.NoError(rt, err)
				got[(*one.TopicArn)[strings.LastIndex(*one.TopicArn, ":")+1:]] = attributes.Attributes["DisplayName"]
			}
			return got
		}
		current := map[string]topic{"A": {display: 1, generation: 1}}
		require.Equal(rt, types.StackStatusCreateComplete, c.create(t, client, "s", encodeTemplate(current)).StackStatus)
		for range rapid.IntRange(1, 4).Draw(rt, "updates") {
			next := drawTemplate(rt)
			_, err := client.UpdateStack(t.Context(), &awscf.UpdateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(encodeTemplate(next))})
			if err != nil {
				worldtest.RequireError(t, err, "ValidationError", "No updates are to be performed.")
				assert.Equal(rt, encodeTemplate(current), encodeTemplate(next))
				continue
			}
			if status := c.done(t, client, "s").StackStatus; fails(next) {
				assert.Equal(rt, types.StackStatusUpdateRollbackComplete, status)
			} else {
				require.Equal(rt, types.StackStatusUpdateComplete, status, strings.Join(c.events(t, client, "s"), "\n"))
				current = next
			}
			require.Equal(rt, expected(current), there(), strings.Join(c.events(t, client, "s"), "\n"))
		}
		st := c.stack(t, client, "s")
		_, err := client.DeleteStack(t.Context(), &awscf.DeleteStackInput{StackName: aws.String("s")})
		require.NoError(rt, err)
		assert.Equal(rt, types.StackStatusDeleteComplete, c.done(t, client, *st.StackId).StackStatus)
		assert.Empty(rt, there())
	})
}
