package eventbridge

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/fakeaws/internal/eventpattern"
)

// The index finds the rules that match an event, each once, and no others.
func TestIndexFindsWhatMatches(t *testing.T) {
	t.Parallel()
	rules := rapid.SampledFrom([]string{`["a"]`, `["a","b"]`, `["a","a"]`, `["b",{"prefix":"a"}]`, `[{"exists":false}]`, `[{"anything-but":"a"}]`, `[null]`, `[""]`})
	values := rapid.SampledFrom([]string{`"a"`, `"b"`, `"ab"`, `""`, `"\u0000"`})
	rapid.Check(t, func(rt *rapid.T) {
		b := &bus{rules: make(map[string]*rule)}
		for i := range rapid.IntRange(0, 12).Draw(rt, "rules") {
			text := `{"detail":{"n":[1]}`
			if rapid.Bool().Draw(rt, "source") {
				text += `,"source":` + rules.Draw(rt, "rule")
			}
			if rapid.Bool().Draw(rt, "type") {
				text += `,"detail-type":` + rules.Draw(rt, "rule")
			}
			p, err := eventpattern.Parse(text + "}")
			require.NoError(rt, err)
			r := &rule{bus: b, name: fmt.Sprintf("r%02d", i), settings: settings{pattern: p, state: types.RuleStateEnabled}}
			if rapid.IntRange(0, 9).Draw(rt, "state") == 0 {
				r.state = types.RuleStateDisabled
			}
			b.rules[r.name] = r
		}
		e, err := eventpattern.ParseEvent([]byte(`{"source":` + values.Draw(rt, "source") + `,"detail-type":` + values.Draw(rt, "type") + `,"detail":{"n":1}}`))
		require.NoError(rt, err)
		var want, got []string
		for _, r := range inOrder(b.rules) {
			if r.enabled() && r.pattern.Match(e) {
				want = append(want, r.name)
			}
		}
		for _, r := range b.matching(e) {
			got = append(got, r.name)
		}
		assert.Equal(rt, want, got)
	})
}

// A rule that no event can match costs events nothing.
func TestIndexLooksAtFew(t *testing.T) {
	t.Parallel()
	b := &bus{rules: make(map[string]*rule)}
	for i := range 1000 {
		p, err := eventpattern.Parse(fmt.Sprintf(`{"source":["s%d"],"detail-type":["t",{"exact":"u"}]}`, i))
		require.NoError(t, err)
		r := &rule{bus: b, name: fmt.Sprint(i), settings: settings{pattern: p, state: types.RuleStateEnabled}}
		b.rules[r.name] = r
	}
	e, err := eventpattern.ParseEvent([]byte(`{"source":"s7","detail-type":"u"}`))
	require.NoError(t, err)
	require.Len(t, b.matching(e), 1)
	assert.Len(t, b.index.by[indexKey{indexText{text: "s7"}, indexText{text: "u"}}], 1)
	assert.Len(t, b.index.by, 2000, "each rule stands under its sources and types alone")
}

func TestPaths(t *testing.T) {
	t.Parallel()
	document := []byte(`{"a":{"b c":[{"d":1},2]},"e":null}`)
	for text, want := range map[string]string{"$": string(document), "$.a['b c'][0].d": "1", `$.a["b c"][1]`: "2", "$.e": "null", "$.a.x": "", "$.a['b c'][2]": "", "$.e.f": ""} {
		p, ok := parsePath(text)
		require.True(t, ok, text)
		got, there := p.of(document)
		assert.Equal(t, want, string(got), text)
		assert.Equal(t, want != "", there, text)
	}
	for _, text := range []string{"", "a", "$a", "$.", "$.*", "$[", "$[x]", "$[-1]", "$..a"} {
		_, ok := parsePath(text)
		assert.False(t, ok, text)
	}
}

func FuzzInput(f *testing.F) {
	f.Add(`{"a": <x>, "b": "<y> <x>"}`, "$.detail.a[0]", `{"a":["b",{"c":"d\""}]}`)
	f.Add(`"<x>" "\"<y>"`, "$['detail']", `{}`)
	f.Fuzz(func(t *testing.T, template, text, detail string) {
		if !isObject(detail) {
			return
		}
		e, err := newEvent(&eventDocument{Detail: []byte(detail)}, time.Time{})
		if err != nil {
			return
		}
		target := &types.Target{InputTransformer: &types.InputTransformer{InputTemplate: &template, InputPathsMap: map[string]string{"x": "$.detail", "y": text}}}
		if _, ok := parsePath(text); !ok {
			delete(target.InputTransformer.InputPathsMap, "y")
		}
		d := &delivery{event: e, target: target}
		if out, err := d.input(); err == nil {
			assert.LessOrEqual(t, len(out), (len(template)+1)*(len(e.document)+10))
		}
	})
}
