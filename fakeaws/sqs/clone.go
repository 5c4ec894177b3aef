package sqs

import "github.com/leastpriv/leastpriv/internal/deepcopy"

// What a clone of a World does not get a copy of, and why: all else it does.
var _ = deepcopy.Register(
	deepcopy.Leave[pollers]("calls that wait do so in the World that they were made in"),
	deepcopy.Share[func(a, b *message) bool]("it compares two messages, and refers to nothing"),
	deepcopy.Share[messageExtras]("it never changes once the message is sent"),
)
