package wire

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// show writes a Value: members in braces, elements in brackets.
func show(v *Value) string {
	switch v.kind {
	case scalarValue:
		return v.text
	case structValue:
		var parts []string
		for i, name := range v.names {
			parts = append(parts, name+":"+show(&v.values[i]))
		}
		return "{" + strings.Join(parts, " ") + "}"
	case listOfValues:
		var parts []string
		for i := range v.values {
			parts = append(parts, show(&v.values[i]))
		}
		return "[" + strings.Join(parts, " ") + "]"
	}
	return "-"
}

func TestRequestDocuments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		protocol   Protocol
		body, want string
	}{
		{AWSJSON10, ``, `-`},
		{AWSJSON10, `{"A":"x","B":[1,-2.5e3,true,false,null],"C":{"D":"é"},"E":null}`, `{A:x B:[1 -2.5e3 true false -] C:{D:é}}`},
		{RESTJSON, ` [] `, `[]`},
		{RESTXML, ``, `-`},
		{RESTXML, `<?xml version="1.0"?><A xmlns="u"><B>x</B><C><M>1</M><M>2</M><M>3</M></C><D/></A>`, `{B:x C:{M:[1 2 3]} D:}`},
		{AWSQuery, `Action=X&A.member.2=b&A.member.1=a&B.C=d`, `{A:{member:{1:a 2:b}} Action:X B:{C:d}}`},
	} {
		r := &Request{Method: http.MethodPost, Body: []byte(c.body)}
		v, err := r.Document(c.protocol)
		require.NoError(t, err, c.body)
		assert.Equal(t, c.want, show(&v))
	}
	body := cbor.Encode(cbor.Map{
		"A": cbor.String("x"), "B": cbor.List{cbor.Uint(1), cbor.NegInt(2), cbor.NegInt(0), cbor.Bool(true), &cbor.Nil{}},
		"C": cbor.Slice("hi"), "D": cbor.Float64(1.5), "E": cbor.Float32(0.5), "F": &cbor.Tag{ID: 1, Value: cbor.Uint(7)}, "G": &cbor.Nil{},
	})
	v, err := (&Request{Body: body}).Document(RPCV2CBOR)
	require.NoError(t, err)
	assert.Equal(t, `{A:x B:[1 -2 -18446744073709551616 true -] C:aGk= D:1.5 E:0.5 F:7}`, show(&v))
}

// What is no document, and what two readers may read otherwise, is refused.
func TestMalformedDocuments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		protocol   Protocol
		body, code string
	}{
		{AWSJSON10, `{`, "SerializationException"},
		{AWSJSON10, `{} {}`, "SerializationException"},
		{AWSJSON11, `{"A":1,"A":2}`, "SerializationException"},
		{AWSJSON11, strings.Repeat("[", 200), "SerializationException"},
		{RPCV2CBOR, "\xff", "SerializationException"},
		{RESTXML, `<A>`, "MalformedXML"},
		{RESTXML, `text`, "MalformedXML"},
		{RESTXML, `<A/><B/>`, "MalformedXML"},
		{RESTXML, "<A>\xff</A>", "MalformedXML"},
		{AWSQuery, `A=1&A=2`, "MalformedInput"},
		{AWSQuery, `A=1&A.B=2`, "MalformedInput"},
		{AWSQuery, `A.B=1&A=2`, "MalformedInput"},
		{AWSQuery, `A=%`, "MalformedQueryString"},
		{EC2Query, strings.Repeat("a.", 200) + "=1", "MalformedInput"},
		{EC2Query, strings.Repeat("&", maxParams), "MalformedQueryString"},
	} {
		_, err := (&Request{Method: http.MethodPost, Body: []byte(c.body)}).Document(c.protocol)
		var own *Error
		require.ErrorAs(t, err, &own, "%v %.40s", c.protocol, c.body)
		assert.Equal(t, c.code, own.Code, c.body)
	}
	var many strings.Builder
	for i := range 40 {
		fmt.Fprintf(&many, `"k%d":1,`, i)
	}
	_, err := (&Request{Body: []byte("{" + many.String() + `"k20":2}`)}).Document(AWSJSON10)
	assert.ErrorContains(t, err, "Duplicate field")
}

// A list is found however the protocol writes it.
func TestElements(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		protocol   Protocol
		body, want string
	}{
		{AWSJSON10, `{"A":["x","y"]}`, "x y"},
		{AWSJSON10, `{"B":1}`, ""},
		{AWSJSON10, `{"A":"x"}`, "x"},
		{RESTXML, `<R><A><M>x</M><M>y</M></A></R>`, "x y"},
		{RESTXML, `<R><A><M>x</M></A></R>`, "x"},
		{RESTXML, `<R><A>x</A><A>y</A></R>`, "x y"},
		{AWSQuery, `A.member.2=y&A.member.1=x`, "x y"},
		{AWSQuery, `A.member.10=y&A.member.9=x`, "x y"},
		{EC2Query, `A.1=x&A.2=y`, "x y"},
		{EC2Query, `A.1.B=x&A.1.C=y`, "{B:x C:y}"},
	} {
		v, err := (&Request{Method: http.MethodPost, Body: []byte(c.body)}).Document(c.protocol)
		require.NoError(t, err, c.body)
		var got []string
		for _, e := range v.Member("A").Elements() {
			got = append(got, show(e))
		}
		assert.Equal(t, c.want, strings.Join(got, " "), c.body)
	}
}

func TestEntries(t *testing.T) {
	t.Parallel()
	for protocol, body := range map[Protocol]string{
		AWSJSON10: `{"A":{"a":"x","b":"y"}}`,
		RESTXML:   `<R><A><entry><key>a</key><value>x</value></entry><entry><key>b</key><value>y</value></entry></A></R>`,
		AWSQuery:  `A.entry.1.key=a&A.entry.1.value=x&A.entry.2.key=b&A.entry.2.value=y`,
		EC2Query:  `A.1.Key=a&A.1.Value=x&A.2.Key=b&A.2.Value=y`,
	} {
		v, err := (&Request{Method: http.MethodPost, Body: []byte(body)}).Document(protocol)
		require.NoError(t, err)
		got := ""
		v.Member("A").Entries(func(key string, value *Value) { got += key + "=" + value.text + " " })
		assert.Equal(t, "a=x b=y ", got, body)
	}
}

// A million bytes of members take no longer than others.
func TestManyMembers(t *testing.T) {
	t.Parallel()
	var form, xml strings.Builder
	for i := range 15_000 {
		fmt.Fprintf(&form, "A%d=%d&", i, i)
		fmt.Fprintf(&xml, "<A%d/>", i)
	}
	v, err := (&Request{Method: http.MethodPost, Body: []byte(form.String())}).Document(AWSQuery)
	require.NoError(t, err)
	text, ok := v.Member("A14999").Text()
	assert.True(t, ok)
	assert.Equal(t, "14999", text)
	v, err = (&Request{Body: []byte("<R>" + xml.String() + "</R>")}).Document(RESTXML)
	require.NoError(t, err)
	assert.True(t, v.Member("A14999").Exists())
	assert.False(t, v.Member("B").Exists())
	assert.Len(t, v.Names(), 15_000)
}

func FuzzDocument(f *testing.F) {
	for p := AWSJSON10; p <= RPCV2CBOR; p++ {
		for _, body := range []string{`{"A":[1]}`, `<A><B/></A>`, `A.1=x`, "\xa1aAaB"} {
			f.Add(int(p), body)
		}
	}
	f.Fuzz(func(t *testing.T, p int, body string) {
		v, err := (&Request{Method: http.MethodPost, Body: []byte(body)}).Document(Protocol(p))
		if err != nil {
			return
		}
		for _, name := range v.Names() {
			m := v.Member(name)
			require.True(t, m.Exists(), name)
			m.Elements()
			m.Entries(func(string, *Value) {})
		}
	})
}
