package accessanalyzer

import (
	aa "github.com/aws/aws-sdk-go-v2/service/accessanalyzer"

	"github.com/leastpriv/leastpriv/internal/deepcopy"
)

// What a clone of a World shares with it, and why: all else it has a copy of.
var _ = deepcopy.Register(
	deepcopy.Share[aa.StartPolicyGenerationInput]("it never changes"),
	deepcopy.Share[access]("it never changes: another look makes others"),
	deepcopy.Share[preview]("it never changes"),
	deepcopy.Share[rule]("it never changes: UpdateArchiveRule puts another in its place"),
)
