package enforce

import (
	"encoding/base64"
	"fmt"
)

// bytesValue is the operand of BinaryEquals. The policy has base64; the request the
// bytes, also where they were set as text.
type bytesValue struct{ bytes string }

func binaryEquals(value string, _ bool) (operand, error) {
	b, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return nil, fmt.Errorf("%q is not base64", value)
	}
	return &bytesValue{string(b)}, nil
}

func (o *bytesValue) match(_ *eval, v item) outcome {
	if v.kind == binary {
		return outcomeOf(v.text == o.bytes)
	}
	return outcomeOf(v.string() == o.bytes)
}
