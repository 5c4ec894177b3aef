package lint_test

import (
	"fmt"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/lint"
)

func ExampleLint() {
	findings := lint.Lint(`{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Action": ["s3:GetObjects", "s3:ListBucket"],
    "Resource": "arn:aws:s3:::reports/*",
    "Condition": {"StringEqual": {"aws:PrincipalTag/team": "finance"}}
  }
}`, enforce.IdentityPolicy, enforce.Source{File: "policy.json"})
	for _, f := range findings {
		fmt.Println(f.String())
	}
	// Output:
	// policy.json:5:16: error INVALID_ACTION: Amazon S3 has no action "GetObjects"; did you mean "s3:GetObject"?
	// policy.json:5:33: warning RESOURCE_NOT_OF_ACTION: s3:ListBucket acts on none of the statement's resources; it acts on arn:${Partition}:s3:::${BucketName}, arn:${Partition}:s3:${Region}:${Account}:accesspoint/${AccessPointName}
	// policy.json:7:19: error MalformedPolicyDocument: unknown condition operator "StringEqual"; did you mean "StringEquals"?
}
