package secretsmanager

import "github.com/leastpriv/leastpriv/internal/deepcopy"

// What a clone of a World shares with it, and why: all else it has a copy of.
var _ = deepcopy.Register(
	deepcopy.Share[RotationFunction]("it is the test's own, and answers in both Worlds"),
)
