package stepfunctions

import (
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions/internal/asl"
	"github.com/leastpriv/leastpriv/internal/deepcopy"
)

// What a clone of a World does not get a copy of, and why: all else it does.
var _ = deepcopy.Register(
	deepcopy.Leave[polls]("calls that wait do so in the World that they were made in"),
	deepcopy.Share[asl.Machine]("it never changes once it is parsed"),
	deepcopy.Share[asl.Block]("the same"),
	deepcopy.Share[asl.State]("the same"),
	deepcopy.Share[asl.Error]("it never changes"),
	deepcopy.Share[resource]("it never changes"),
	deepcopy.Share[types.HistoryEvent]("it never changes once it is written"),
)
