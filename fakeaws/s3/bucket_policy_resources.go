package s3

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// A resourceSet is what of a bucket a statement of its policy is about.
type resourceSet uint8

const (
	bucketItself resourceSet = 1 << iota
	objectsOfBucket
)

// checkBucket checks what depends on the bucket that a policy is for: its resources are
// that bucket and its objects, and each action goes with one of them. It says which
// resource or action it refuses, as AWS does not.
func checkBucket(d *enforce.Document, bucket string) (refused string, err error) {
	for i := range d.Statements {
		if refused, err := checkStatement(&d.Statements[i], bucket); err != nil {
			return refused, err
		}
	}
	return "", nil
}

func checkStatement(st *enforce.StatementElements, bucket string) (refused string, err error) {
	var about resourceSet
	for _, pattern := range slices.Concat(st.Resource, st.NotResource) {
		of := resourcesOf(pattern.Value, bucket)
		if of == 0 {
			return fmt.Sprintf("the resource %q is neither the bucket %s nor its objects", pattern.Value, bucket), errMalformedPolicy.withText("Policy has invalid resource")
		}
		about |= of
	}
	if st.NotResource != nil {
		about = bucketItself | objectsOfBucket
	}
	for _, action := range st.Action {
		if resourcesOfAction(action.Value)&about == 0 {
			return fmt.Sprintf("the action %s is for none of the statement's resources: the bucket and its objects have actions of their own", action.Value),
				errMalformedPolicy.withText("Action does not apply to any resource(s) in statement")
		}
	}
	return "", nil
}

// resourcesOf is what of a bucket the pattern of a policy means; 0 when it is nothing of
// that bucket. S3 takes patterns only after the whole name: it refuses "*" and
// "arn:aws:s3:::*" as invalid resources. That a "*" right after the name means
// the bucket and its objects is unverified.
func resourcesOf(pattern, bucket string) resourceSet {
	a, err := arn.Parse(pattern)
	if err != nil || a.Service != "s3" || a.Region != "" || a.AccountID != "" {
		return 0
	}
	rest, ok := strings.CutPrefix(a.Resource, bucket)
	switch {
	case !ok:
		return 0
	case rest == "":
		return bucketItself
	case rest[0] == '/':
		return objectsOfBucket
	case rest[0] == '*':
		return bucketItself | objectsOfBucket
	}
	return 0
}

// resourcesOfAction is what the actions act on that a pattern means; 0 when it is
// nothing that a bucket policy can name.
func resourcesOfAction(pattern string) (set resourceSet) {
	actions, err := enforce.ParseAction(pattern)
	service, ok := catalog.Lookup("s3")
	if err != nil || !ok {
		return 0
	}
	for _, action := range service.Actions() {
		if !actions.Match(action.Lower) {
			continue
		}
		for _, target := range action.Resources {
			switch target.Name {
			case "bucket":
				set |= bucketItself
			case "object":
				set |= objectsOfBucket
			}
		}
	}
	return set
}
