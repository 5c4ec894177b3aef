package eventbridge

import (
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/leastpriv/leastpriv/internal/deepcopy"
)

// What a clone of a World shares with it, and why: all else it has a copy of.
var _ = deepcopy.Register(
	deepcopy.Share[types.Target]("it never changes: PutTargets puts another in its place"),
)
