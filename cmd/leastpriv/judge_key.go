package main

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/leastpriv/leastpriv/enforce"
	policylint "github.com/leastpriv/leastpriv/enforce/lint"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// setKey gives the request of an assertion a condition key. A key that AWS does not have,
// and a value that none of its requests can have, make no condition hold: the assertion
// would be about no request.
func setKey(to *enforce.Context, k *checkKey, action *catalog.Action) error {
	if wrong := policylint.Key(k.name, action); wrong != nil {
		return findingError(wrong)
	}
	kind, known := policylint.KeyType(k.name, action)
	one, many := strings.CutPrefix(kind, "ArrayOf")
	for _, v := range k.values {
		if known && !isOfType(v, one) {
			return fmt.Errorf("%s is of type %s, which %q is not", k.name, one, v)
		}
	}
	switch {
	case k.values == nil:
		to.SetAbsent(k.name)
	case k.multi && known && !many:
		return fmt.Errorf("%s has one value, not a list", k.name)
	case k.multi || many:
		to.SetMulti(k.name, k.values)
	case one == "Binary":
		bytes, _ := base64.StdEncoding.DecodeString(k.values[0]) // it is of its type
		to.SetBinary(k.name, bytes)
	default:
		to.Set(k.name, k.values[0])
	}
	return nil
}

// isOfType reports whether a request can have a value for a key of a type of the Service
// Authorization Reference.
func isOfType(value, kind string) bool {
	var err error
	switch kind {
	case "Bool":
		return strings.EqualFold(value, "true") || strings.EqualFold(value, "false")
	case "Numeric":
		_, err = strconv.ParseFloat(value, 64)
	case "IPAddress":
		_, err = netip.ParseAddr(value)
	case "ARN":
		return strings.HasPrefix(value, "arn:") && strings.Count(value, ":") >= 5
	case "Binary":
		_, err = base64.StdEncoding.DecodeString(value)
	case "Date":
		if _, err = strconv.ParseInt(value, 10, 64); err != nil {
			_, err = time.Parse(time.RFC3339, value)
		}
	}
	return err == nil
}
