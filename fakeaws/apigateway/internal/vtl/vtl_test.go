package vtl

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func input(body string) *Input {
	context := &Object{}
	context.Put("requestId", "id")
	identity := &Object{}
	identity.Put("sourceIp", "203.0.113.7")
	context.Put("identity", identity)
	return &Input{
		Body: body, Path: NewObject(map[string]string{"id": "7"}), Query: NewObject(map[string]string{"q": "x y", "id": "no"}), Header: NewObject(map[string]string{"X-Name": "ann"}),
		Context: context, StageVariables: NewObject(map[string]string{"env": "test"}),
	}
}

func render(t testing.TB, template, body string) string {
	t.Helper()
	parsed, err := Parse(template)
	require.NoError(t, err, template)
	out, err := parsed.Render(input(body))
	require.NoError(t, err, template)
	return out
}

// Templates as the developer guide has them.
func TestRender(t *testing.T) {
	t.Parallel()
	const body = `{"name":"rex","n":2,"tags":["a","b"],"in":{"x":[{"y":1},{"y":2}]},"quote":"it's","nothing":null,"flag":true}`
	for _, c := range []struct{ template, want string }{
		{`plain $ 5 $5.00 #1 \ text`, `plain $ 5 $5.00 #1 \ text`},
		{`$input.body`, body},
		{`$input.json('$')`, body},
		{`$input.json('$.in.x[1]')`, `{"y":2}`},
		{`$input.json("$.name")`, `"rex"`},
		{`$input.json('$.none')`, `""`},
		{`$input.path('$.name') $input.path('$.n') $input.path("$['tags'][0]") $input.path('$.in.x[-1].y')`, `rex 2 a 2`},
		{`$input.path('$.in.x[*].y') $input.path('$..y') $input.path('$.tags[0:1]')`, `[1,2] [1,2] ["a"]`},
		{`$input.path('$.in')`, `{x=[{"y":1},{"y":2}]}`},
		{`$input.path('$.none')|$input.path('$.nothing')|`, `||`},
		{`$input.params('id') $input.params('q') $input.params('X-Name') $input.params('none')`, `7 x y ann `},
		{`$input.params().header.get('X-Name') $input.params().path.id $input.params().querystring.size()`, `ann 7 2`},
		{`#foreach($k in $input.params().querystring.keySet())"$k":"$input.params().querystring.get($k)"#if($foreach.hasNext),#end#end`, `"id":"no","q":"x y"`},
		{`$context.requestId $context.identity.sourceIp $context.none.more|$stageVariables.env $stageVariables.get('env')`, `id 203.0.113.7 |test test`},
		{`#set($x = $input.path('$.n') + 3 * 2)$x ${x}b $!{x} $!none$none`, `8 8b 8 $none`},
		{`#set($x = 7 / 2) $x #set($x = 7 % 2)$x #set($x = 1.5 + 1)$x #set($x = -2)$x`, ` 3 1 2.5 -2`},
		{`#if($input.path('$.n') == 2 && !$none)yes#elseif(true)maybe#{else}no#end`, `yes`},
		{`#if($input.path('$.n') > 2 or $none)yes#elseif("a" != 'b' and not false)maybe#{else}no#end`, `maybe`},
		{`#if($input.path('$.flag'))T#end#if($input.path('$.nothing'))F#else N#end`, `T N`},
		{`#foreach($t in $input.path('$.tags'))$foreach.index/$foreach.count=$t$velocityCount#if($foreach.hasNext), #end#end`, `0/1=a1, 1/2=b2`},
		{`#foreach($i in [1..5])#if($i == 3)#break#end$i#end`, `12`},
		{`#foreach($i in [3..1])$i#end#foreach($x in {"a": 1, 'b': [2, 3]})$x;#end`, `3211;[2,3];`},
		{`a#stop b`, `a`},
		{"a ## comment\nb#* other *#c#[[ $raw #if ]]#", `a bc $raw #if `},
		{"#set($x = 1)\n#if($x == 1)\n  in\n#end\nafter", "  in\nafter"},
		{`#set($m = {})$!m.put("k", "v")$m.k $m.containsKey("k") $m`, `v true {k=v}`},
		{`#set($l = [])#set($ok = $l.add("v"))$l.size() $l.get(0) $l $l[0] $l.isEmpty()`, `1 v ["v"] v false`},
		{`#set($s = "a $input.params('id') ""b""")$s`, `a 7 "b"`},
		{`#set($s = 'a $x ''b''')$s`, `a $x 'b'`},
		{`#set($s = "Hello")$s.length() $s.toLowerCase() $s.substring(1) $s.substring(1, 3) $s.replace("l", "L") $s.replaceAll("l+", "L") $s.contains("ell") $s.split("l").size() $s.indexOf("l")`, `5 hello ello el HeLLo HeLo true 3 2`},
		{`$util.escapeJavaScript($input.path('$.quote')) $util.escapeJavaScript("a/b").replaceAll("\\/","/")`, `it\'s a/b`},
		{`$util.escapeJavaScript($input.body).replaceAll("\\'","'")`, `{\"name\":\"rex\",\"n\":2,\"tags\":[\"a\",\"b\"],\"in\":{\"x\":[{\"y\":1},{\"y\":2}]},\"quote\":\"it's\",\"nothing\":null,\"flag\":true}`},
		{`$util.urlEncode("a b&c") $util.urlDecode("a+b%26c") $util.base64Encode("hi") $util.base64Decode("aGk=")`, `a+b%26c a b&c aGk= hi`},
		{`#set($o = $util.parseJson('{"a":{"b":[1,2]}}'))$o.a.b[1] $o.a.b.size()`, `2 2`},
		{`\$x \#if(true)`, `$x #if(true)`},
	} {
		assert.Equal(t, c.want, render(t, c.template, body), c.template)
	}
}

// A body that is no JSON is a text, and an empty one nothing.
func TestBodies(t *testing.T) {
	t.Parallel()
	const template = `#set($b = $input.path('$')){"body": $b, "isNull": "#if(!$b)true#{else}false#end"}`
	assert.Equal(t, `{"body": , "isNull": "true"}`, render(t, template, ""))
	assert.Equal(t, `{"body": , "isNull": "true"}`, render(t, template, "null"))
	assert.Equal(t, `{"body": [], "isNull": "false"}`, render(t, template, "[]"))
	assert.Equal(t, `{"body": text, "isNull": "false"}`, render(t, template, "text"))
}

// A template can set what is sent in place of what is mapped.
func TestOverride(t *testing.T) {
	t.Parallel()
	parsed, err := Parse(`#set($context.requestOverride.header.X-A = "1")#set($context.responseOverride.status = 418)`)
	require.NoError(t, err)
	in := input("")
	_, err = parsed.Render(in)
	require.NoError(t, err)
	assert.Equal(t, "1", in.Context.Get("requestOverride").(*Object).Get("header").(*Object).Get("X-A"))
	assert.Equal(t, json.Number("418"), in.Context.Get("responseOverride").(*Object).Get("status"))
}

// What is not there is refused by its name.
func TestRefused(t *testing.T) {
	t.Parallel()
	for template, want := range map[string]string{
		`#macro(x)a#end`: "#macro is not implemented", `#parse("x")`: "#parse is not implemented", `#if(true)a`: "#if has no #end", `a #end`: "#end belongs to nothing",
		`#set(x = 1)`: "#set assigns to a reference", `#foreach($x of $y)#end`: "#foreach needs in", `#if()a#end`: "expected an expression", "a\n#if(1 +)#end": "line 2", `#* no end`: "a comment has no end",
		`#if(true)a#else b#else c#end`: "#else follows #else",
	} {
		_, err := Parse(template)
		require.Error(t, err, template)
		assert.Contains(t, err.Error(), want, template)
	}
	for template, want := range map[string]string{
		`$input.none()`: "$input has no method none", `$util.qr($x)`: "$util.qr is not implemented", `$input.path('$.a[?(@.b)]')`: "no JSONPath that is implemented",
		`#set($s = "x")$s.codePoints()`: "the method codePoints with 0 arguments is not implemented", `#set($input = 1)`: "cannot be assigned", `$util.parseJson("{")`: "EOF",
	} {
		parsed, err := Parse(template)
		require.NoError(t, err, template)
		_, err = parsed.Render(input("{}"))
		require.Error(t, err, template)
		assert.Contains(t, strings.ToLower(err.Error()), strings.ToLower(want), template)
	}
}

// What a template costs has bounds.
func TestBounds(t *testing.T) {
	t.Parallel()
	for name, template := range map[string]string{
		"rounds": `#foreach($i in [1..1001])x#end`, "range": `#set($x = [1..100000000])`, "steps": `#foreach($a in [1..1000])#foreach($b in [1..1000])#foreach($c in [1..1000])x#end#end#end`,
		"text": `#set($x = "xxxxxxxxxxxxxxxx")#foreach($i in [1..1000])#set($x = "$x$x")#end`, "list": `#set($l = [1,2])#foreach($i in [1..1000])#set($n = $l.addAll($l))#end`,
		"cycle": `#set($l = [1])#set($n = $l.add($l))$l`, "digits": `#set($x = 99999)#foreach($i in [1..1000])#set($x = $x * $x)#end#if($x)never#end#foreach($i in [1..1001])#end`,
		"pattern": `#set($x = "aaaaaaaaaaaaaaaa")#foreach($i in [1..14])#set($x = "$x$x")#end$x.matches("(.*a){200}b")`,
	} {
		parsed, err := Parse(template)
		require.NoError(t, err, name)
		_, err = parsed.Render(input(""))
		assert.Error(t, err, name)
	}
	for name, template := range map[string]string{
		"parentheses": "#if(" + strings.Repeat("(", 100000) + ")#end", "directives": strings.Repeat("#if(true)", 100000), "nots": "#if(" + strings.Repeat("!", 100000) + "true)#end",
		"size": strings.Repeat("x", maxTemplate+1), "sum": "#if(1" + strings.Repeat("+1", 100000) + ")#end",
	} {
		_, err := Parse(template)
		assert.Error(t, err, name)
	}
	_, err := Decode([]byte(strings.Repeat("[", 100000)))
	assert.Error(t, err)
}

// No template and no body break what evaluates them.
func FuzzRender(f *testing.F) {
	f.Add(`#set($x = $input.path('$.a[0]'))#foreach($k in $x)$k.b#if($foreach.hasNext),#end#end`, `{"a":[{"b":1}]}`)
	f.Add(`$input.json("$..x") $util.escapeJavaScript($input.body) ${context.requestId} [1..3] #else #end`, `"text"`)
	f.Add(`#if(($a && !$b) || 1 >= 2.5)"$x"#elseif({"a": ['b']})#{else}#[[ ]]# ## #end`, `[1,null,true,"é"]`)
	f.Fuzz(func(t *testing.T, template, body string) {
		parsed, err := Parse(template)
		if err != nil {
			return
		}
		out, err := parsed.Render(input(body))
		if err == nil && len(out) > maxOutput {
			t.Fatal("the output is too long")
		}
	})
}
