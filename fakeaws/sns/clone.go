package sns

import (
	"github.com/leastpriv/leastpriv/fakeaws/sns/internal/filter"
	"github.com/leastpriv/leastpriv/internal/deepcopy"
)

// What a clone of a World does not get a copy of, and why: all else it does.
var _ = deepcopy.Register(
	deepcopy.Leave[outbox]("what waits to be sent is sent by the call that caused it, in the World of the call"),
	deepcopy.Share[filter.Policy]("it never changes"),
	deepcopy.Share[receiving]("it is the test's own code, and never changes"),
)
