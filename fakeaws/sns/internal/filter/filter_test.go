package filter

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		policy      string
		match, miss []string
	}{
		{`{}`, []string{`{}`, `{"a":1}`}, nil},
		{`{"a":["x","y"]}`, []string{`{"a":"x"}`, `{"a":"y","b":1}`, `{"a":["z","x"]}`}, []string{`{}`, `{"a":"X"}`, `{"a":null}`, `{"a":{"x":1}}`, `{"a":[]}`}},
		{`{"a":["x"],"b":["y"]}`, []string{`{"a":"x","b":"y"}`}, []string{`{"a":"x"}`, `{"b":"y"}`}},
		{`{"a":[100]}`, []string{`{"a":100}`, `{"a":100.0}`, `{"a":1e2}`, `{"a":100.000001}`}, []string{`{"a":"100"}`, `{"a":101}`, `{"a":100.001}`}},
		{`{"a":[true,null]}`, []string{`{"a":true}`, `{"a":null}`, `{"a":[false,null]}`}, []string{`{"a":false}`, `{"a":"true"}`, `{}`}},
		{`{"a":[{"anything-but":"x"}]}`, []string{`{"a":"y"}`, `{"a":1}`, `{"a":["x","y"]}`}, []string{`{"a":"x"}`, `{}`, `{"a":["x"]}`}},
		{`{"a":[{"anything-but":["x","y"]}]}`, []string{`{"a":"z"}`}, []string{`{"a":"x"}`, `{"a":"y"}`}},
		{`{"a":[{"anything-but":[1,2]}]}`, []string{`{"a":3}`, `{"a":"1"}`}, []string{`{"a":1}`, `{"a":2.0}`}},
		{`{"a":[{"anything-but":{"prefix":"x-"}}]}`, []string{`{"a":"y-"}`}, []string{`{"a":"x-1"}`, `{}`}},
		{`{"a":[{"anything-but":{"suffix":["-x","-y"]}}]}`, []string{`{"a":"x-z"}`}, []string{`{"a":"1-x"}`, `{"a":"1-y"}`}},
		{`{"a":[{"anything-but":{"wildcard":"a*c"}}]}`, []string{`{"a":"ab"}`}, []string{`{"a":"abc"}`, `{"a":"ac"}`}},
		{`{"a":[{"anything-but":{"equals-ignore-case":"x"}}]}`, []string{`{"a":"y"}`}, []string{`{"a":"X"}`}},
		{`{"a":[{"prefix":"x"}]}`, []string{`{"a":"x"}`, `{"a":"xy"}`}, []string{`{"a":"yx"}`, `{"a":1}`}},
		{`{"a":[{"suffix":".png"}]}`, []string{`{"a":"1.png"}`}, []string{`{"a":"png"}`}},
		{`{"a":[{"wildcard":"*.png"}]}`, []string{`{"a":".png"}`, `{"a":"x.png"}`}, []string{`{"a":"png"}`, `{"a":"x.png2"}`}},
		{`{"a":[{"wildcard":"a*b*c"}]}`, []string{`{"a":"abc"}`, `{"a":"axxbyyc"}`}, []string{`{"a":"acb"}`, `{"a":"ac"}`}},
		{`{"a":[{"wildcard":"a\\*b"}]}`, []string{`{"a":"a*b"}`}, []string{`{"a":"axb"}`}},
		{`{"a":[{"wildcard":"aba*aba"}]}`, []string{`{"a":"abaaba"}`}, []string{`{"a":"aba"}`, `{"a":"ababa"}`}},
		{`{"a":[{"equals-ignore-case":"Tennis"}]}`, []string{`{"a":"TENNIS"}`}, []string{`{"a":"tenni"}`}},
		{`{"a":[{"numeric":["=",301.5]}]}`, []string{`{"a":301.5}`, `{"a":3.015e2}`}, []string{`{"a":301}`, `{"a":"301.5"}`}},
		{`{"a":[{"numeric":[">",0,"<=",150]}]}`, []string{`{"a":150}`, `{"a":0.5}`}, []string{`{"a":0}`, `{"a":150.5}`}},
		{`{"a":[{"numeric":["<",0]}]}`, []string{`{"a":-1}`}, []string{`{"a":0}`}},
		{`{"a":[{"numeric":[">=",5]}]}`, []string{`{"a":5}`}, []string{`{"a":4.99}`}},
		{`{"a":[{"exists":true}]}`, []string{`{"a":null}`, `{"a":1}`}, []string{`{}`}},
		{`{"a":[{"exists":false}]}`, []string{`{}`, `{"b":1}`}, []string{`{"a":1}`, `{"a":null}`}},
		{`{"a":["x",{"exists":false}]}`, []string{`{}`, `{"a":"x"}`}, []string{`{"a":"y"}`}},
		{`{"a":[{"cidr":"10.0.0.0/24"}]}`, []string{`{"a":"10.0.0.255"}`}, []string{`{"a":"10.0.1.0"}`, `{"a":"x"}`, `{"a":10}`}},
		{`{"a":[{"cidr":"2001:db8::/32"}]}`, []string{`{"a":"2001:db8::1"}`}, []string{`{"a":"2001:db9::1"}`, `{"a":"10.0.0.1"}`}},
		{`{"$or":[{"a":["x"]},{"b":[1]}]}`, []string{`{"a":"x"}`, `{"b":1}`}, []string{`{}`, `{"a":"y","b":2}`}},
		{`{"c":[1],"$or":[{"a":["x"],"b":[1]},{"b":[2]}]}`, []string{`{"c":1,"a":"x","b":1}`, `{"c":1,"b":2}`}, []string{`{"a":"x","b":1}`, `{"c":1,"a":"x"}`}},
		// one alternative, and match expressions, are a key of that name
		{`{"$or":["x"]}`, []string{`{"$or":"x"}`}, []string{`{"x":1}`}},
		{`{"$or":[{"prefix":"x"},{"prefix":"y"}]}`, []string{`{"$or":"y1"}`}, []string{`{"prefix":"x"}`}},
		{`{"a":{"b":["x"],"c":[1]}}`, []string{`{"a":{"b":"x","c":1}}`, `{"a":[{"b":"y"},{"b":"x","c":1}]}`}, []string{`{"a":{"b":"x"}}`, `{"b":"x","c":1}`, `{"a":[{"b":"x"},{"c":1}]}`, `{"a":"x"}`}},
		{`{"a":{"b":[{"exists":false}]}}`, []string{`{}`, `{"a":{}}`}, []string{`{"a":{"b":1}}`, `{"a":1}`}},
	} {
		p, err := Parse(tc.policy, Body)
		require.NoError(t, err, tc.policy)
		for want, bodies := range map[bool][]string{true: tc.match, false: tc.miss} {
			for _, body := range bodies {
				m, ok := ParseBody(body)
				require.True(t, ok, body)
				assert.Equal(t, want, p.Match(m), "%s with %s", tc.policy, body)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	values := func(n int) string { return `["1"` + strings.Repeat(`,"1"`, n-1) + `]` }
	for _, tc := range []struct {
		policy string
		scope  Scope
		want   string
	}{
		{``, Body, textJSON},
		{`{"a":["x"]} {}`, Body, textJSON},
		{`["a"]`, Body, textNoObject},
		{`null`, Body, textNoObject},
		{`{"a":"x"}`, Body, `"a" must be an object or an array`},
		{`{"a":[]}`, Attributes, textEmptyArray},
		{`{"a":{}}`, Body, textEmpty},
		{`{"a":{"b":["x"]}}`, Attributes, ErrNested.Error()},
		{`{"a":[["x"]]}`, Body, textValue},
		{`{"a":[{}]}`, Body, textOneOperator},
		{`{"a":[{"prefix":"x","suffix":"y"}]}`, Body, textOneOperator},
		{`{"a":[{"regex":"x"}]}`, Body, "Unrecognized match type regex"},
		{`{"a":[{"prefix":1}]}`, Body, "prefix match pattern must be a string"},
		{`{"a":[{"suffix":["x"]}]}`, Body, "suffix match pattern must be a string"},
		{`{"a":[{"wildcard":"a**b"}]}`, Body, textWildcard},
		{`{"a":[{"wildcard":"a\\b"}]}`, Body, textWildcard},
		{`{"a":[{"wildcard":"*a*b*c*"}]}`, Body, textWildcards},
		{`{"a":[{"exists":"true"}]}`, Body, textExists},
		{`{"a":[{"cidr":"10.0.0.0/33"}]}`, Body, textCIDR},
		{`{"a":[{"anything-but":[]}]}`, Body, textEmptyArray},
		{`{"a":[{"anything-but":["x",1]}]}`, Body, textAnythingBut},
		{`{"a":[{"anything-but":true}]}`, Body, textAnythingBut},
		{`{"a":[{"anything-but":{"numeric":["=",1]}}]}`, Body, "Unsupported anything-but pattern: numeric"},
		{`{"a":[{"numeric":["~",1]}]}`, Body, "Unrecognized numeric range operator: ~"},
		{`{"a":[{"numeric":["<","1"]}]}`, Body, "Value of < must be numeric"},
		{`{"a":[{"numeric":[">",2,"<",1]}]}`, Body, textRange},
		{`{"a":[{"numeric":["<",1,">",0]}]}`, Body, "Bad numeric range operator: >"},
		{`{"a":[1000000001]}`, Body, textNumber},
		{`{"a":[1e999]}`, Body, textNumber},
		{`{"a":["1"],"b":["1"],"c":["1"],"d":["1"],"e":["1"],"f":["1"]}`, Attributes, textKeys},
		{`{"a":` + values(151) + `}`, Attributes, textComplex},
		{`{"a":` + values(13) + `,"b":` + values(12) + `}`, Attributes, textComplex},
		// the guide's example: 4 x 3 levels, 3 x 2 levels, 3
		{`{"a":{"b":{"c":` + values(4) + `}},"d":{"e":` + values(3) + `},"f":` + values(3) + `}`, Body, textComplex},
		{`{"a":["` + strings.Repeat("x", MaxSize) + `"]}`, Body, textSize},
	} {
		_, err := Parse(tc.policy, tc.scope)
		assert.EqualError(t, err, tc.want, tc.policy[:min(len(tc.policy), 200)])
	}
	for _, policy := range []string{
		`{"a":` + values(150) + `}`,
		`{"a":["1"],"b":["1"],"c":["1"],"d":["1"],"e":["1"]}`,
		`{"$or":[{"a":` + values(75) + `},{"b":` + values(75) + `}]}`,
	} {
		_, err := Parse(policy, Attributes)
		assert.NoError(t, err, policy)
	}
}

// Whatever is no valid policy is refused, and what is one matches without a panic; a body
// that passes it passes it with one more key, unless the policy asks for what is absent.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"a":["x",1,null,{"prefix":"y"}]}`, `{"$or":[{"a":[1]},{"b":{"c":[{"exists":false}]}}]}`,
		`{"a":[{"anything-but":{"wildcard":"a*b"}},{"numeric":[">",1,"<",2]},{"cidr":"10.0.0.0/8"}]}`,
	} {
		f.Add(seed, `{"a":["x",{"b":1}],"b":{"c":2}}`)
	}
	f.Fuzz(func(t *testing.T, policy, body string) {
		for _, scope := range []Scope{Attributes, Body} {
			p, err := Parse(policy, scope)
			if err != nil {
				continue
			}
			m, ok := ParseBody(body)
			if !ok {
				continue
			}
			passes := p.Match(m)
			var known map[string]any
			require.NoError(t, json.Unmarshal([]byte(policy), &known), "only JSON objects are policies")
			fresh := fmt.Sprintf("fresh-%d", len(policy)+len(body))
			if strings.Contains(policy, fresh) {
				continue
			}
			m[fresh] = true
			assert.Equal(t, passes, p.Match(m), "a key that the policy does not name decides nothing")
		}
	})
}
