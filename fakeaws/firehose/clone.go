package firehose

import "github.com/leastpriv/leastpriv/internal/deepcopy"

// What a clone of a World does not get a copy of, and why: all else it does.
var _ = deepcopy.Register(
	deepcopy.Share[record]("it never changes"),
)
