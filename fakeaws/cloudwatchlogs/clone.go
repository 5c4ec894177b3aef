package cloudwatchlogs

import (
	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs/internal/insights"
	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs/internal/pattern"
	"github.com/leastpriv/leastpriv/internal/deepcopy"
)

// What a clone of a World does not get a copy of, and why: all else it does.
var _ = deepcopy.Register(
	deepcopy.Share[event]("it never changes"),
	deepcopy.Share[delivery]("it never changes once it waits"),
	deepcopy.Share[pattern.Pattern]("it never changes once it is parsed"),
	deepcopy.Share[insights.Query]("it never changes once it is parsed"),
)
