package apigateway

import (
	"github.com/leastpriv/leastpriv/internal/deepcopy"
)

// What a clone of a World shares with it, and why: all else it has a copy of.
var _ = deepcopy.Register(
	deepcopy.Share[routes]("it never changes once it is made"),
	deepcopy.Share[grant]("it never changes once it is kept"),
	deepcopy.Share[handler]("it is the test's own code"),
	deepcopy.Keep[api]("it is found by its id and in its account"),
)
