package schedule

import (
	"time"

	"github.com/leastpriv/leastpriv/internal/deepcopy"
)

// What clones of Worlds share, and why.
var _ = deepcopy.Register(
	deepcopy.Share[Expression]("it never changes"),
	deepcopy.Share[time.Location]("it never changes"),
)
