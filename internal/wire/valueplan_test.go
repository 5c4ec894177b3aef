package wire

import (
	"net/http"
	"testing"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the SDK has for a service of its own protocols, in small.
type (
	cborInput struct {
		Text    *string
		Count   *int32
		Ratio   *float64
		On      *bool
		When    *time.Time
		Raw     []byte
		List    []cborInner
		Entries map[string]string
	}
	cborInner struct{ Name *string }
)

func cborService(t *testing.T, protocol string) *Service {
	t.Helper()
	members := []trait{{Name: "Text", Type: "string"}, {Name: "Count", Type: "number"}, {Name: "Ratio", Type: "number"}, {Name: "On", Type: "boolean"},
		{Name: "When", Type: "timestamp"}, {Name: "Raw", Type: "blob"}, {Name: "List", Type: "#Inners", XMLName: "list", Flat: true, EC2Name: "Item"}, {Name: "Entries", Type: "{string"}}
	s, err := newService(&model{Name: "small", Protocols: []string{protocol}, Operations: []operation{{Name: "Do", In: "In", Out: "In"}}, Shapes: map[string]*shape{
		"In":     {Kind: "structure", Members: members},
		"Inners": {Kind: "list", Elem: &trait{Type: "#Inner", XMLName: "item"}},
		"Inner":  {Kind: "structure", Members: []trait{{Name: "Name", Type: "string", XMLName: "name"}}},
	}})
	require.NoError(t, err)
	return s
}

// What is encoded in CBOR is what is decoded.
func TestCBORRoundTrip(t *testing.T) {
	t.Parallel()
	op := cborService(t, "rpcv2Cbor").Operation("Do")
	in := cborInput{Text: ptr("x"), Count: ptr(int32(-3)), Ratio: ptr(1.5), On: ptr(true), When: ptr(time.Unix(1767225600, 5e8).UTC()), Raw: []byte("raw"),
		List: []cborInner{{ptr("a")}, {ptr("b")}}, Entries: map[string]string{"k": "v"}}
	resp, err := op.Encode(RPCV2CBOR, &in, "id")
	require.NoError(t, err)
	assert.Equal(t, "application/cbor", resp.Header.Get("Content-Type"))
	var out cborInput
	require.NoError(t, op.Decode(RPCV2CBOR, &Request{Body: resp.Body}, &out))
	assert.Equal(t, in, out)
	var none cborInput
	require.NoError(t, op.Decode(RPCV2CBOR, &Request{}, &none))
	assert.Equal(t, cborInput{}, none)
}

// A value that is not of its member's type is refused.
func TestCBORMismatch(t *testing.T) {
	t.Parallel()
	op := cborService(t, "rpcv2Cbor").Operation("Do")
	for _, body := range []cbor.Value{
		cbor.String("x"), cbor.Map{"Text": cbor.List{}}, cbor.Map{"Count": cbor.String("many")}, cbor.Map{"List": cbor.String("x")},
		cbor.Map{"List": cbor.List{cbor.String("x")}}, cbor.Map{"Raw": cbor.String("?")}, cbor.Map{"Count": cbor.Uint(1 << 40)},
	} {
		var own *Error
		require.ErrorAs(t, op.Decode(RPCV2CBOR, &Request{Body: cbor.Encode(body)}, new(cborInput)), &own)
		assert.Equal(t, "SerializationException", own.Code)
	}
}

// EC2 names lists without "member", by names of its own, and answers with a list of items.
func TestEC2Protocol(t *testing.T) {
	t.Parallel()
	op := cborService(t, "ec2Query").Operation("Do")
	r := &Request{Method: http.MethodPost, Body: []byte("Action=Do&Version=1&Text=x&Count=3&On=true&When=2026-01-01T00%3A00%3A00Z&Item.1.Name=a&Item.2.Name=b")}
	matched, protocol, err := op.Service().Match(&Request{Method: http.MethodPost, Body: []byte("Action=Do&Version=")})
	require.NoError(t, err)
	assert.Equal(t, EC2Query, protocol)
	assert.Equal(t, op, matched)
	var in cborInput
	require.NoError(t, op.Decode(EC2Query, r, &in))
	assert.Equal(t, cborInput{Text: ptr("x"), Count: ptr(int32(3)), On: ptr(true), When: ptr(time.Unix(1767225600, 0).UTC()), List: []cborInner{{ptr("a")}, {ptr("b")}}}, in)
	resp, err := op.Encode(EC2Query, &cborInput{Text: ptr("x"), List: in.List}, "id-1")
	require.NoError(t, err)
	assert.Equal(t, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<DoResponse><requestId>id-1</requestId><Text>x</Text><list><name>a</name></list><list><name>b</name></list></DoResponse>`, string(resp.Body))
}

func TestErrorsOfEC2AndCBOR(t *testing.T) {
	t.Parallel()
	refused := &Error{Code: "Refused", Message: "no <way>", Status: http.StatusForbidden}
	resp := cborService(t, "ec2Query").EncodeError(EC2Query, refused, ErrorContext{RequestID: "id-1"})
	assert.Equal(t, http.StatusForbidden, resp.Status)
	assert.Contains(t, string(resp.Body), `<Response><Errors><Error><Code>Refused</Code><Message>no &lt;way&gt;</Message></Error></Errors><RequestID>id-1</RequestID></Response>`)
	resp = cborService(t, "rpcv2Cbor").EncodeError(RPCV2CBOR, refused, ErrorContext{RequestID: "id-1"})
	v, err := cbor.Decode(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, cbor.Map{"__type": cbor.String("com.amazon.coral.service#Refused"), "message": cbor.String("no <way>")}, v)
}
