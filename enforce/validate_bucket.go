package enforce

import (
	"fmt"
	"strings"
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
		if checkAction(a.Value) == "" && s3ResourcesOf(a.Value) == 0 {
			wrong(&problem{at: a.Offset, s3: "Policy has invalid action", detail: fmt.Sprintf("S3 has no action %q", a.Value)})
		}
	}
}

// ValidateBucket checks what only S3 can once it knows which bucket a policy is
// for: that its resources are that bucket and its objects, and that each action
// goes with one of them. Its error is a *DocumentError, as S3 answers
// PutBucketPolicy.
func (p *Policy) ValidateBucket(bucket string) error {
	var first *problem
	wrong := func(p *problem) {
		if first == nil {
			first = p
		}
	}
	for _, s := range p.statements {
		s.Elements().checkBucket(bucket, wrong)
	}
	if first != nil {
		return newDocumentError(p.doc, BucketPolicy, p.source, first)
	}
	return nil
}

func (s *StatementElements) checkBucket(bucket string, wrong report) {
	var sorts s3Resource
	for _, r := range append(s.Resource, s.NotResource...) {
		sort := s3ResourceOf(r.Value, bucket)
		if sort == 0 {
			wrong(&problem{at: r.Offset, s3: "Policy has invalid resource",
				detail: fmt.Sprintf("Resource %q is neither the bucket %s nor objects of it", r.Value, bucket)})
		}
		sorts |= sort
	}
	if s.NotResource != nil {
		sorts = s3Object | s3Bucket
	}
	for _, a := range s.Action {
		if s3ResourcesOf(a.Value)&sorts == 0 {
			wrong(&problem{at: a.Offset, s3: "Action does not apply to any resource(s) in statement",
				detail: fmt.Sprintf("%s acts on %s", a.Value, s3ResourcesOf(a.Value))})
		}
	}
}

// String says what an action acts on.
func (r s3Resource) String() string {
	switch r {
	case s3Object:
		return "objects: name bucket/*"
	case s3Bucket:
		return "the bucket: name it without /*"
	}
	return "resources that no bucket policy can name"
}

// s3ResourceOf returns what of a bucket a pattern means; 0 when it is nothing of
// that bucket. S3 takes patterns only after the whole name: it refuses "*" and
// "arn:aws:s3:::*" as invalid resources. That a "*" right after the name means
// the bucket and its objects is unverified.
func s3ResourceOf(pattern, bucket string) s3Resource {
	a := arn(splitPattern(pattern))
	if a.service() != "s3" || a[3] != "" || a.account() != "" {
		return 0
	}
	rest, ok := strings.CutPrefix(a.resource(), bucket)
	switch {
	case !ok:
		return 0
	case rest == "":
		return s3Bucket
	case rest[0] == '/':
		return s3Object
	case rest[0] == '*':
		return s3Object | s3Bucket
	}
	return 0
}
