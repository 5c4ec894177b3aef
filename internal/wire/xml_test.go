package wire

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// readXMLTokens reads a whole text; tags with their names, text in quotes.
func readXMLTokens(text string) (string, error) {
	r, err := newXMLReader([]byte(text))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for {
		tok, err := r.next()
		if err != nil {
			return b.String(), err
		}
		switch tok {
		case xmlStart:
			b.WriteString("<" + string(r.name))
			for {
				name, value, ok, err := r.attribute()
				if err != nil {
					return b.String(), err
				}
				if !ok {
					break
				}
				b.WriteString(" " + string(name) + "=" + string(value))
			}
			b.WriteString(">")
		case xmlEnd:
			b.WriteString("</>")
		case xmlText:
			b.WriteString("'" + string(r.text) + "'")
		case xmlEOF:
			return b.String(), nil
		}
	}
}

func TestXMLReader(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"<a/>":                                "<a></>",
		"<a></a >":                            "<a></>",
		"<x:a y:b='1' c=\"'2'\" />":           "<a b=1 c='2'></>",
		"<a>x<b>y</b>z</a>":                   "<a>'x'<b>'y'</>'z'</>",
		"<a>1&lt;2&#x41;&#66;&apos;</a>":      "<a>'1<2AB''</>",
		"<a><![CDATA[<&]]>x<![CDATA[]]></a>":  "<a>'<&x'</>",
		"<a>x<![CDATA[]]]]><![CDATA[>]]></a>": "<a>'x]]>'</>",
		"<a>1\r\n2\r3</a>":                    "<a>'1\n2\n3'</>",
		"<?xml version='1.0'?>\n<a/>\n":       "'\n'<a></>'\n'",
		"<a><!-- <b> --></a>":                 "<a></>",
	} {
		got, err := readXMLTokens(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	deep := func(n int) string { return strings.Repeat("<a>", n) + strings.Repeat("</a>", n) }
	_, err := readXMLTokens(deep(maxDepth))
	require.NoError(t, err)
	_, err = readXMLTokens(deep(maxDepth + 1))
	require.ErrorIs(t, err, errXML)
}

func TestXMLText(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "plain", "a<b>&\"c'", "\r\n\t", "\x01\x1f\x7f", "é€😀", " \n"} {
		got, err := readXMLTokens("<a>" + string(appendXMLText(nil, s)) + "</a>")
		require.NoError(t, err)
		want := "<a>'" + s + "'</>"
		if s == "" {
			want = "<a></>"
		}
		assert.Equal(t, want, got)
	}
	assert.Equal(t, "a\ufffdb\ufffd", string(appendXMLText(nil, "a\x00b\xff")))
}

func TestHeaderLists(t *testing.T) {
	t.Parallel()
	s, _ := Load("s3")
	o := s.Operation("GetObjectAttributes")
	var in s3.GetObjectAttributesInput
	require.NoError(t, o.Decode(RESTXML, s3Request("GET", "/b/k?attributes", "", "x-amz-object-attributes", "ETag, Checksum", "x-amz-object-attributes", "ObjectSize"), &in))
	assert.Equal(t, []s3types.ObjectAttributes{"ETag", "Checksum", "ObjectSize"}, in.ObjectAttributes)
}

// A policy that is empty is still there, for S3 to find fault with.
func TestEmptyStringPayload(t *testing.T) {
	t.Parallel()
	s, _ := Load("s3")
	var in s3.PutBucketPolicyInput
	require.NoError(t, s.Operation("PutBucketPolicy").Decode(RESTXML, s3Request("PUT", "/b?policy", ""), &in))
	assert.Empty(t, *in.Policy)
	err := s.Operation("PutBucketPolicy").Decode(RESTXML, s3Request("PUT", "/b?policy", "\xff"), &in)
	require.Error(t, err)
}

// Routing stays linear in the number of parameters.
func TestManyParameters(t *testing.T) {
	t.Parallel()
	s, _ := Load("s3")
	r := s3Request("GET", "/b?"+strings.Repeat("analytics&", 200000)+"id=1", "")
	o, _, err := s.Match(r)
	require.NoError(t, err)
	assert.Equal(t, "GetBucketAnalyticsConfiguration", o.Name())
}
