package cloudformation

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/leastpriv/leastpriv/internal/deepcopy"
)

// What a clone of a World does not get a copy of, and why: all else it does.
var _ = deepcopy.Register(
	deepcopy.Leave[program]("it is made again of the template"),
	deepcopy.Share[types.StackEvent]("it never changes once it is written"),
	deepcopy.Share[types.RollbackConfiguration]("it never changes: an update puts another in its place"),
	deepcopy.Share[resource]("it never changes: another takes its place"),
	deepcopy.Share[answer]("it never changes"),
)
