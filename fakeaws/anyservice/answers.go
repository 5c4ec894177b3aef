package anyservice

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// empty is the answer without members.
func (f *Fake) empty(msg *fakeaws.Message) *wire.Response {
	resp, _ := f.withText(msg, "", "")
	return resp
}

// withText is the answer that has a text at a place of the body, "b:Policy", and nothing else.
func (f *Fake) withText(msg *fakeaws.Message, source, text string) (*wire.Response, error) {
	var names []string
	if path := strings.TrimPrefix(source, "b:"); path != "" {
		names = strings.Split(path, ".")
	}
	resp := &wire.Response{Status: http.StatusOK, Header: http.Header{}}
	switch msg.Protocol {
	case wire.RPCV2CBOR:
		resp.Set("Content-Type", "application/cbor")
		resp.Set("Smithy-Protocol", "rpc-v2-cbor")
		resp.Body = cbor.Encode(cborAt(names, text))
	case wire.RESTXML, wire.AWSQuery, wire.AWSQueryJSON, wire.EC2Query:
		resp.Set("Content-Type", "text/xml")
		resp.Body = f.xmlAt(msg, names, text)
	default:
		contentType := "application/json"
		switch msg.Protocol {
		case wire.AWSJSON10:
			contentType = "application/x-amz-json-1.0"
		case wire.AWSJSON11:
			contentType = "application/x-amz-json-1.1"
		}
		resp.Set("Content-Type", contentType)
		body, err := json.Marshal(jsonAt(names, text))
		if err != nil {
			return nil, err
		}
		resp.Body = body
	}
	return resp, nil
}

func jsonAt(names []string, text string) any {
	if len(names) == 0 {
		if text == "" {
			return struct{}{}
		}
		return text
	}
	return map[string]any{names[0]: jsonAt(names[1:], text)}
}

func cborAt(names []string, text string) cbor.Value {
	if len(names) == 0 {
		if text == "" {
			return cbor.Map{}
		}
		return cbor.String(text)
	}
	return cbor.Map{names[0]: cborAt(names[1:], text)}
}

// xmlAt writes <OperationResponse><OperationResult>…, or what a REST service has.
func (f *Fake) xmlAt(msg *fakeaws.Message, names []string, text string) []byte {
	var b strings.Builder
	operation := msg.Operation.Name()
	var open []string
	switch msg.Protocol {
	case wire.AWSQuery, wire.AWSQueryJSON:
		open = []string{operation + "Response", operation + "Result"}
	case wire.EC2Query:
		open = []string{operation + "Response"}
	default:
		open = []string{operation + "Result"}
	}
	open = append(open, names...)
	for i, name := range open {
		b.WriteString("<" + name)
		if i == 0 && f.api.Namespace != "" {
			b.WriteString(` xmlns="` + f.api.Namespace + `"`)
		}
		b.WriteString(">")
	}
	_ = xml.EscapeText(&b, []byte(text))
	for i := len(open) - 1; i >= 0; i-- {
		b.WriteString("</" + open[i] + ">")
	}
	return []byte(b.String())
}
