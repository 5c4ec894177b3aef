package lambda

import "github.com/leastpriv/leastpriv/internal/deepcopy"

// What a clone of a World shares with it, and why: all else it has a copy of.
var _ = deepcopy.Register(
	deepcopy.Share[code]("it is the test's own, and runs in both Worlds"),
	deepcopy.Share[streamRecord]("it never changes"),
	deepcopy.Leave[executions]("what runs belongs to the World that it was begun in"),
)
