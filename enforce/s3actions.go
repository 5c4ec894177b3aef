package enforce

import (
	"sync"

	"github.com/leastpriv/leastpriv/internal/catalog"
)

// s3Resource is a set of the sorts of resources in a bucket's policy.
type s3Resource uint8

const (
	s3Object s3Resource = 1 << iota
	s3Bucket
	s3Other // access points, jobs, the account and the like
)

// s3Actions has the actions of S3 in lower case, with what they act on. PutBucketPolicy
// refuses actions that it does not know, and statements whose actions and resources do
// not go together. The catalog is read when the first bucket policy is.
var s3Actions = sync.OnceValue(func() map[string]s3Resource {
	s3, _ := catalog.Lookup("s3") // it is there
	actions := make(map[string]s3Resource, len(s3.Actions()))
	for _, a := range s3.Actions() {
		sorts := s3Resource(0)
		for _, r := range a.Resources {
			switch r.Name {
			case "object":
				sorts |= s3Object
			case "bucket":
				sorts |= s3Bucket
			}
		}
		if sorts == 0 {
			sorts = s3Other
		}
		actions[a.Lower] = sorts
	}
	return actions
})

// s3ResourcesOf returns what the actions that a pattern means act on; 0 when S3
// has no such action.
func s3ResourcesOf(action string) (sorts s3Resource) {
	pattern := compileAction(action)
	if pattern.kind == exact {
		return s3Actions()[pattern.text]
	}
	for name, sort := range s3Actions() {
		if pattern.match(name) {
			sorts |= sort
		}
	}
	return sorts
}
