package anyservice

import (
	"fmt"
	"net/http"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/wire"
	"github.com/leastpriv/leastpriv/internal/wire/allschemas"
)

// Shaped returns an operation with its shapes, for requests that come from another process:
// to be decoded and encoded.
func Shaped(pkg, operation string) (*wire.Operation, error) {
	if s, err := allschemas.Load(pkg); err == nil {
		if op := s.Operation(operation); op != nil {
			return op, nil
		}
	}
	return nil, &fakeaws.Error{
		Code:    "NotImplemented",
		Message: fmt.Sprintf("leastpriv does not know the shapes of %s: a stub of it answers clients of awstest in the same process alone.", pkg),
		Status:  http.StatusNotImplemented,
	}
}
