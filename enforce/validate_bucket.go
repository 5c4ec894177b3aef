package enforce

import (
	"fmt"
	"slices"

	"github.com/leastpriv/leastpriv/internal/catalog"
)

// maxBucketPolicy is the limit of "Bucket policies are limited to 20 KB in size".
// S3 counts the document in a form of its own; white space is left out here.
const maxBucketPolicy = 20480

func checkBucketPolicySize(size int, wrong report) {
	if size > maxBucketPolicy {
		wrong(&problem{s3: "Normalized policy document exceeds the maximum allowed size",
			detail: fmt.Sprintf("the document has %d bytes without white space; %d are the most", size, maxBucketPolicy)})
	}
}

// checkS3Actions: unlike IAM, S3 asks whether an action exists.
func (s *StatementElements) checkS3Actions(wrong report) {
	for _, a := range append(s.Action, s.NotAction...) {
		if checkAction(a.Value) == "" && !isS3Action(a.Value) {
			wrong(&problem{at: a.Offset, s3: "Policy has invalid action", detail: fmt.Sprintf("S3 has no action %q", a.Value)})
		}
	}
}

// isS3Action reports whether a pattern means any action of S3. The catalog always has S3.
func isS3Action(action string) bool {
	service, _ := catalog.Lookup("s3")
	pattern := compileAction(action)
	return slices.ContainsFunc(service.Actions(), func(a *catalog.Action) bool { return pattern.match(a.Lower) })
}
