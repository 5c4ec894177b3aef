package eventpattern

import "github.com/leastpriv/leastpriv/internal/deepcopy"

// What clones of Worlds share, and why.
var _ = deepcopy.Register(
	deepcopy.Share[Pattern]("it never changes"),
	deepcopy.Share[Event]("it never changes"),
)
