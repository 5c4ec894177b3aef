package ses

import (
	"github.com/aws/aws-sdk-go-v2/service/ses/types"

	"github.com/leastpriv/leastpriv/internal/deepcopy"
)

// What a clone of a World shares with it, and why: all else it has a copy of.
var _ = deepcopy.Register(
	deepcopy.Share[content]("it never changes: another is put in its place"),
	deepcopy.Share[types.ReceiptRule]("the same"),
	deepcopy.Share[publication]("it never changes"),
	deepcopy.Share[filter]("it never changes"),
	deepcopy.Share[Receipt]("it does not change once it is kept"),
)
