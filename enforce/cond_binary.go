package enforce

import (
	"encoding/base64"
	"fmt"
)

// textIsBytes makes a key that is set as text the bytes that BinaryEquals compares. AWS's
// page shows base64 in the policy alone; which form the request has is unverified.
const textIsBytes = true

// bytesValue is the operand of BinaryEquals: the policy's base64, decoded, and what the
// text of a request must be.
type bytesValue struct{ bytes, text string }

func binaryEquals(value string, _ bool) (operand, error) {
	b, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return nil, fmt.Errorf("%q is not base64", value)
	}
	text := value
	if textIsBytes {
		text = string(b)
	}
	return &bytesValue{string(b), text}, nil
}

func (o *bytesValue) match(_ *eval, v item) outcome {
	if v.kind == binary {
		return outcomeOf(v.text == o.bytes)
	}
	return outcomeOf(v.string() == o.text)
}
