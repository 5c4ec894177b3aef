package eventpattern

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		pattern string
		yes, no []string
	}{
		"a text":                  {`{"source":["a"]}`, []string{`{"source":"a"}`, `{"source":["b","a"]}`}, []string{`{"source":"A"}`, `{"source":"ab"}`, `{}`, `{"source":[]}`, `{"source":{"a":"a"}}`}},
		"the empty text":          {`{"a":[""]}`, []string{`{"a":""}`}, []string{`{"a":" "}`, `{"a":null}`}},
		"names":                   {`{"Detail":{"x":[1]}}`, nil, []string{`{"detail":{"x":1}}`}},
		"null":                    {`{"a":[null]}`, []string{`{"a":null}`, `{"a":[null]}`}, []string{`{}`, `{"a":"null"}`, `{"a":[]}`, `{"a":false}`}},
		"booleans":                {`{"a":[true]}`, []string{`{"a":true}`}, []string{`{"a":false}`, `{"a":"true"}`}},
		"numbers":                 {`{"a":[300]}`, []string{`{"a":300}`, `{"a":300.0}`, `{"a":3.0e2}`}, []string{`{"a":"300"}`, `{"a":301}`, `{"a":null}`}},
		"large numbers":           {`{"a":[123456789012]}`, []string{`{"a":123456789012}`}, []string{`{"a":123456789013}`}},
		"all fields":              {`{"a":["x"],"b":["y"]}`, []string{`{"a":"x","b":"y"}`}, []string{`{"a":"x"}`, `{"a":"x","b":"z"}`}},
		"several rules":           {`{"a":["x",{"prefix":"y"},null]}`, []string{`{"a":"x"}`, `{"a":"yy"}`, `{"a":null}`}, []string{`{"a":"z"}`}},
		"nested":                  {`{"d":{"a":{"b":["x"]}}}`, []string{`{"d":{"a":{"b":"x"}}}`, `{"d":{"a.b":"x"}}`, `{"d":{"a":[{"b":"y"},{"b":"x"}]}}`, `{"d":[[{"a":{"b":["x"]}}]]}`}, []string{`{"d":{"a":"x"}}`, `{"d":"{\"a\":{\"b\":\"x\"}}"}`}},
		"a name with dot":         {`{"d":{"a.b":["x"]}}`, []string{`{"d":{"a":{"b":"x"}}}`, `{"d.a":{"b":"x"}}`}, []string{`{"d":{"a":{"c":"x"}}}`}},
		"one element has all":     {`{"i":{"a":["x"],"b":["y"]}}`, []string{`{"i":[{"a":"x"},{"a":"x","b":"y"}]}`}, []string{`{"i":[{"a":"x","b":"z"},{"a":"z","b":"y"}]}`}},
		"prefix":                  {`{"a":[{"prefix":"eu-"}]}`, []string{`{"a":"eu-west-1"}`, `{"a":"eu-"}`}, []string{`{"a":"us-eu-"}`, `{"a":1}`}},
		"the empty prefix":        {`{"a":[{"prefix":""}]}`, []string{`{"a":""}`, `{"a":"x"}`}, []string{`{"a":null}`, `{}`}},
		"prefix of any case":      {`{"a":[{"prefix":{"equals-ignore-case":"Event"}}]}`, []string{`{"a":"eVENTBridge"}`}, []string{`{"a":"even"}`, `{"a":"an event"}`}},
		"suffix":                  {`{"a":[{"suffix":".png"}]}`, []string{`{"a":"x.png"}`}, []string{`{"a":"x.PNG"}`, `{"a":"png"}`}},
		"suffix of any case":      {`{"a":[{"suffix":{"equals-ignore-case":".png"}}]}`, []string{`{"a":"x.PnG"}`}, []string{`{"a":"x.jpg"}`, `{"a":"g"}`}},
		"any case":                {`{"a":[{"equals-ignore-case":"Alice"}]}`, []string{`{"a":"aLICE"}`}, []string{`{"a":"alic"}`}},
		"anything but a text":     {`{"a":[{"anything-but":"x"}]}`, []string{`{"a":"y"}`, `{"a":1}`, `{"a":null}`, `{"a":["x","y"]}`}, []string{`{"a":"x"}`, `{}`, `{"a":["x"]}`, `{"a":[]}`}},
		"anything but texts":      {`{"a":[{"anything-but":["x","y"]}]}`, []string{`{"a":"z"}`}, []string{`{"a":"y"}`}},
		"anything but numbers":    {`{"a":[{"anything-but":[1,2]}]}`, []string{`{"a":3}`, `{"a":"1"}`}, []string{`{"a":1.0}`}},
		"anything but a prefix":   {`{"a":[{"anything-but":{"prefix":"x"}}]}`, []string{`{"a":"y"}`, `{"a":1}`, `{"a":null}`}, []string{`{"a":"xy"}`, `{}`}},
		"anything but suffixes":   {`{"a":[{"anything-but":{"suffix":[".a",".b"]}}]}`, []string{`{"a":"x.c"}`}, []string{`{"a":"x.b"}`}},
		"anything but any case":   {`{"a":[{"anything-but":{"equals-ignore-case":["x","y"]}}]}`, []string{`{"a":"z"}`, `{"a":null}`}, []string{`{"a":"X"}`}},
		"anything but a wildcard": {`{"a":[{"anything-but":{"wildcard":"*/lib/*"}}]}`, []string{`{"a":"x/bin/y"}`, `{"a":1}`}, []string{`{"a":"x/lib/y"}`}},
		"equal":                   {`{"a":[{"numeric":["=",5]}]}`, []string{`{"a":5}`, `{"a":5.0}`, `{"a":5.0000001}`}, []string{`{"a":"5"}`, `{"a":null}`, `{"a":5.1}`}},
		"a range":                 {`{"a":[{"numeric":[">",0,"<=",5]}]}`, []string{`{"a":5}`, `{"a":0.5}`}, []string{`{"a":0}`, `{"a":5.5}`, `{"a":6e9}`}},
		"exists":                  {`{"d":{"a":[{"exists":true}]}}`, []string{`{"d":{"a":null}}`, `{"d":{"a":["x"]}}`}, []string{`{"d":{}}`, `{"d":{"a":{"b":1}}}`, `{"d":{"a":[]}}`}},
		"does not exist":          {`{"d":{"a":[{"exists":false}]}}`, []string{`{"d":{}}`, `{}`, `{"d":{"a":[]}}`, `{"d":{"a":{"b":1}}}`}, []string{`{"d":{"a":null}}`, `{"d":{"a":"x"}}`}},
		"nowhere":                 {`{"i":{"a":["x"],"b":[{"exists":false}]}}`, []string{`{"i":[{"a":"x"}]}`}, []string{`{"i":[{"a":"x"},{"b":1}]}`}},
		"cidr":                    {`{"a":[{"cidr":"10.0.0.0/24"}]}`, []string{`{"a":"10.0.0.255"}`}, []string{`{"a":"10.0.1.0"}`, `{"a":"host"}`, `{"a":10}`}},
		"cidr of IPv6":            {`{"a":[{"cidr":"2001:db8::/32"}]}`, []string{`{"a":"2001:db8:1::1"}`}, []string{`{"a":"2001:db9::1"}`, `{"a":"10.0.0.1"}`}},
		"wildcard":                {`{"a":[{"wildcard":"dir/*/*.png"}]}`, []string{`{"a":"dir/x/y.png"}`, `{"a":"dir//.png"}`}, []string{`{"a":"dir/x.png"}`, `{"a":"x/dir/x/y.png"}`}},
		"escaped stars":           {`{"a":[{"wildcard":"\\*\\\\*"}]}`, []string{`{"a":"*\\x"}`}, []string{`{"a":"x\\x"}`}},
		"the empty wildcard":      {`{"a":[{"wildcard":""}]}`, []string{`{"a":""}`}, []string{`{"a":"x"}`}},
		"or":                      {`{"d":{"$or":[{"a":[1]},{"b":{"c":[2]}}]}}`, []string{`{"d":{"a":1}}`, `{"d":{"b":{"c":2}}}`}, []string{`{"d":{"a":2}}`, `{"d":{}}`}},
		"or and":                  {`{"s":["x"],"$or":[{"a":[1]},{"a":[{"exists":false}]}]}`, []string{`{"s":"x"}`, `{"s":"x","a":1}`}, []string{`{"s":"x","a":2}`, `{"a":1}`}},
		"no or":                   {`{"$or":[{"prefix":"x"},{"suffix":"y"}]}`, []string{`{"$or":"xa"}`, `{"$or":"ay"}`}, []string{`{"$or":"a"}`}},
		"exact":                   {`{"a":[{"exact":"x"}]}`, []string{`{"a":"x"}`}, []string{`{"a":"y"}`}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := Parse(c.pattern)
			require.NoError(t, err)
			for i, list := range [][]string{c.yes, c.no} {
				for _, document := range list {
					e, err := ParseEvent([]byte(document))
					require.NoError(t, err, document)
					assert.Equal(t, i == 0, p.Match(e), document)
				}
			}
		})
	}
}

// A filter has the comparisons alone that Lambda's developer guide lists.
func TestParseFilter(t *testing.T) {
	t.Parallel()
	for _, rules := range []string{`null`, `""`, `"x","y",1,true`, `{"equals-ignore-case":"x"}`, `{"anything-but":["x"]}`, `{"anything-but":1}`, `{"numeric":["=",1]}`,
		`{"numeric":[">",1,"<=",2]}`, `{"exists":true}`, `{"exists":false}`, `{"prefix":"x"}`, `{"suffix":"x"}`} {
		_, err := ParseFilter(`{"a":[` + rules + `]}`)
		assert.NoError(t, err, rules)
		_, err = ParseFilter(`{"$or":[{"a":[` + rules + `]},{"b":[1]}]}`)
		assert.NoError(t, err, rules)
	}
	for _, rules := range []string{`{"exact":"x"}`, `{"wildcard":"x*"}`, `{"cidr":"10.0.0.0/24"}`, `{"prefix":{"equals-ignore-case":"x"}}`, `{"suffix":{"equals-ignore-case":"x"}}`,
		`{"anything-but":{"prefix":"x"}}`, `{"anything-but":{"wildcard":"x"}}`} {
		_, err := Parse(`{"a":[` + rules + `]}`)
		assert.NoError(t, err, rules)
		_, err = ParseFilter(`{"a":[` + rules + `]}`)
		assert.Error(t, err, rules)
	}
}

func TestNested(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]bool{
		`{"a":{"b":[1]}}`: true, `{"a.b":[1]}`: true, `{"$or":[{"c":[1]},{"a":{"b":[1]}}]}`: true,
		`{"a":[1]}`: false, `{"c":{"a":{"b":[1]}}}`: false, `{"$or":[{"c":[1]},{"a":[1]}]}`: false,
	} {
		p, err := Parse(pattern)
		require.NoError(t, err)
		assert.Equal(t, want, p.Nested("a"), pattern)
	}
}

// What is wrong with a pattern is told in EventBridge's words, with the place.
func TestRefusals(t *testing.T) {
	t.Parallel()
	cases := []struct {
		pattern, text string
		column        int // 0: it says no place
		twice         bool
	}{
		{`{"resources": []}`, "Empty arrays are not allowed", 17, false},
		{`{"detail": {"state": [{"anything-but": {"equals-ignore-case": 123}}]}}`, "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.", 66, false},
		{`{"detail": {"state": [{"anything-but": {"equals-ignore-case": [123, 456]}}]}}`, "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.", 67, true},
		{`{"detail": {"state": [{"anything-but": ["stopped", null]}]}}`, "Inside anything but list, start|null|boolean is not supported.", 56, true},
		{`{"detail": {"state": [{"anything-but": null}]}}`, "Value of anything-but must be an array or single string/number value.", 44, false},
		{`{"detail": {"FileName": [{"anything-but": {"prefix": ""}}]}}`, "Null prefix/suffix not allowed", 56, false},
		{`{"detail": {"FileName": [{"anything-but": {"prefix": {"equals-ignore-case": "file"}}}]}}`, "Value of anything-but must be an array or single string/number value.", 55, false},
		{`{"detail": {"state": [{"anything-but": {"prefix": 123}}]}}`, "prefix/suffix match pattern must be a string", 54, false},
		{`{"detail": {"state": [{"anything-but": {"prefix": [123, "test"]}}]}}`, "prefix/suffix match pattern must be a string", 55, true},
		{`{"detail": {"FileName": [{"anything-but": {"suffix": [null, ".txt"]}}]}}`, "prefix/suffix match pattern must be a string", 59, true},
		{`{"detail": {"state": [{"anything-but": {"wildcard": [123, "*/dir/*"]}}]}}`, "wildcard match pattern must be a string", 57, true},
		{`{"detail": {"FilePath": [{"anything-but": {"wildcard": 123}}]}}`, "wildcard match pattern must be a string", 59, false},
		{`{"detail-type": [{"equals-ignore-case": ["ec2 instance state-change notification"]}]}`, "equals-ignore-case match pattern must be a string", 42, false},
		{`{"detail-type": [{"equals-ignore-case": {"prefix": "ec2"}}]}`, "equals-ignore-case match pattern must be a string", 42, false},
		{`{"detail": {"sourceIPAddress": [{"cidr": "bad"}]}}`, "Malformed CIDR, one '/' required", 0, false},
		{`{"detail": {"sourceIPAddress": [{"cidr": "xx.11.xx/8"}]}}`, "Nonstandard IP address: xx.11.xx", 0, false},
		{`{"detail": {"sourceIPAddress": [{"cidr": "10.0.0.0/xx"}]}}`, "Malformed CIDR, mask bits must be an integer", 0, false},
		{`{"detail": {"sourceIPAddress": [{"cidr": "xxxx:db8:1234:1a00::/48"}]}}`, "Nonstandard IP address: xxxx:db8:1234:1a00::", 0, false},
		{`{"detail": {"sourceIPAddress": [{"cidr": ["bad-type"]}]}}`, "prefix match pattern must be a string", 43, false},
		{`{"detail": {"c-count": [{"numeric": [">", 0, ">", 0]}]}}`, "Bad numeric range operator: >", 49, false},
		{`{"detail": {"c-count": [{"numeric": 10}]}}`, "Value of numeric must be an array.", 39, false},
		{`{"detail": {"equal": [{"NUMERIC": ["=", 5]}]}}`, "Unrecognized match type NUMERIC", 36, false},
		{`{"detail": {"c-count": [{"numeric": [">", 0, "<"]}]}}`, "Value of < must be numeric", 50, false},
		{`{"time": [{"prefix": 123}]}`, "prefix match pattern must be a string", 25, false},
		{`{"time": [{"prefix": ["2022-07-13"]}]}`, "prefix match pattern must be a string", 23, false},
		{`{"FileName": [{"suffix": 123}]}`, "suffix match pattern must be a string", 29, false},
		{`{"FileName": [{"suffix": [".png"]}]}`, "suffix match pattern must be a string", 27, false},
		{`{"EventBusArn": [{"wildcard": 123}]}`, "wildcard match pattern must be a string", 34, false},
		{`{"EventBusArn": [{"wildcard": ["a*"]}]}`, "wildcard match pattern must be a string", 32, false},
		{`{"EventBusArn": [{"wildcard": "arn:aws:events:us-east-1:**:event-bus/*"}]}`, "Consecutive wildcard characters at pos 26", 72, false},
		{`{"int": 42}`, `"int" must be an object or an array`, 11, false},
		{`{"my_key": [{"EXISTS": true}]}`, "Unrecognized match type EXISTS", 28, false},
		{`{"string": "my-value"}`, `"string" must be an object or an array`, 13, false},
		{`[]`, "Filter is not an object", 2, false},
		{`{}`, "Empty objects are not allowed", 3, false},
		{`{"a": [{"prefix": "x", "suffix": "y"}]}`, "Only one key allowed in match expression", 35, false},
		{`{"a": [["x"]]}`, "Match value must be String, number, true, false, or null", 9, false},
		{`{"a": [{"numeric": ["<", 6e9]}]}`, "Value must be between -5.0E9 and 5.0E9, inclusive", 0, false},
		{`{"a": {"b": [1]}, "a.b": [2]}`, "Path `a.b` cannot be allowed multiple times", 29, false},
		{`nothing`, "Unrecognized token 'nothing': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", 8, false},
		{`{"a": [{"wildcard": "` + strings.Repeat("*a", 101) + `"}]}`, "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character", 0, false},
	}
	for _, c := range cases {
		_, err := Parse(c.pattern)
		want := c.text
		if c.column > 0 {
			where := fmt.Sprintf("\n at [Source: (String)\"%s\"; line: 1, column: %d]", c.pattern, c.column)
			if want += where; c.twice {
				want += where
			}
		}
		assert.EqualError(t, err, want)
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	long := "{\n \"é\": [], \"" + strings.Repeat("x", 600) + "\": 1}"
	_, err := Parse(long)
	require.Error(t, err)
	assert.Contains(t, err.Error(), "[truncated 118 chars]; line: 2, column: 9]")
}

func TestExact(t *testing.T) {
	t.Parallel()
	p, err := Parse(`{"source":["a",{"exact":"b"}],"detail-type":["c",{"prefix":"d"}],"detail":{"x":[1]}}`)
	require.NoError(t, err)
	texts, ok := p.Exact("source")
	assert.True(t, ok)
	assert.Equal(t, []string{"a", "b"}, texts)
	for _, name := range []string{"detail-type", "detail", "account"} {
		_, ok = p.Exact(name)
		assert.False(t, ok, name)
	}
}

// Alternatives multiply, and are bounded before they are made.
func TestCombinations(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 200 {
		fmt.Fprintf(&b, `,"d%d":{"$or":[{"a":[1]},{"b":[1]}]}`, i)
	}
	_, err := Parse("{" + b.String()[1:] + "}")
	assert.EqualError(t, err, textCombination)
}

// No pattern makes the time grow faster than the event and the pattern.
func TestHostile(t *testing.T) {
	t.Parallel()
	elements := strings.Repeat(`{"a":"`+strings.Repeat("ab", 20)+`","b":1},`, 5000)
	e, err := ParseEvent([]byte(`{"i":[` + elements + `{}]}`))
	require.NoError(t, err)
	for _, pattern := range []string{
		`{"i":{"a":[{"wildcard":"` + strings.Repeat("*ab", 30) + `*c"}]}}`,
		`{"i":{"b":[1],"c":[{"exists":false}],"$or":[{"a":["x"]},{"b":[{"exists":false}]}]}}`,
	} {
		p, err := Parse(pattern)
		require.NoError(t, err)
		begin := time.Now()
		assert.False(t, p.Match(e))
		assert.Less(t, time.Since(begin), 10*time.Second)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"source":["a",{"prefix":"b"},null,1,true]}`, `{"$or":[{"a":[1]},{"b":{"c":[{"exists":false}]}}]}`,
		`{"a":[{"anything-but":{"suffix":["x","y"]}}],"b.c":[{"numeric":[">",0,"<",5]}]}`, `{"a":[{"wildcard":"*\\*x*"}]}`,
		`{"a":[{"cidr":"10.0.0.0/8"},{"equals-ignore-case":"é"},{"prefix":{"equals-ignore-case":"x"}}]}`, `{"a":"\u00e9\ud83d\ude00`, `[`,
	} {
		f.Add(seed, `{"a":["x",{"b":{"c":1}}],"source":"a","b.c":3}`)
	}
	f.Fuzz(func(t *testing.T, pattern, event string) {
		p, err := Parse(pattern)
		if err != nil {
			assert.NotEmpty(t, err.Error())
			return
		}
		e, err := ParseEvent([]byte(event))
		if err != nil {
			return
		}
		once := p.Match(e)
		assert.Equal(t, once, p.Match(e))
		for _, name := range []string{"source", "detail-type"} {
			if texts, ok := p.Exact(name); ok && once {
				// What an index by the name finds is all that can match.
				found := false
				e.Each(name, func(s string) {
					for _, want := range texts {
						found = found || s == want
					}
				})
				assert.True(t, found, "an index by %s would not find it", name)
			}
		}
	})
}

// An event is the same whether its document is read whole, or only its detail is.
func TestNewEvent(t *testing.T) {
	t.Parallel()
	read, err := ParseEvent([]byte(`{"source":"app","resources":["a","b"],"detail":{"n":[1,{"a.b":true}],"x":[["y"]]}}`))
	require.NoError(t, err)
	made, err := NewEvent(map[string]any{"source": "app", "resources": []string{"a", "b"}}, []byte(`{"n":[1,{"a.b":true}],"x":[["y"]]}`))
	require.NoError(t, err)
	assert.Equal(t, read, made)
	assert.Equal(t, "app", made.Text("source"))
	assert.Empty(t, made.Text("resources"), "a list is no text")
	_, err = NewEvent(map[string]any{}, []byte(`[]`))
	assert.ErrorIs(t, err, errNoObject)
}
