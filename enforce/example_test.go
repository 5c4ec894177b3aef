package enforce_test

import (
	"fmt"

	"github.com/leastpriv/leastpriv/enforce"
)

var reader = enforce.Principal{
	Type:      enforce.AssumedRole,
	ARN:       "arn:aws:sts::111122223333:assumed-role/reader/session",
	IssuerARN: "arn:aws:iam::111122223333:role/reader",
	Account:   "111122223333",
}

const readReports = `{
  "Version": "2012-10-17",
  "Statement": [{
    "Sid": "ReadReports",
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::reports/*",
    "Condition": {"StringEquals": {"aws:PrincipalTag/team": "finance"}}
  }]
}`

func ExampleEvaluate() {
	policy, err := enforce.Parse(readReports, enforce.IdentityPolicy, enforce.Source{Name: "read-reports"})
	if err != nil {
		panic(err)
	}
	req := &enforce.Request{Principal: reader, Action: "s3:GetObject", Resource: "arn:aws:s3:::reports/q3.csv"}
	req.Context.Set("aws:PrincipalTag/team", "finance")
	set := &enforce.PolicySet{Identity: []*enforce.Policy{policy}}

	d := enforce.Evaluate(req, set)
	fmt.Println(d.String())

	req.Action = "s3:DeleteObject"
	d = enforce.Evaluate(req, set)
	fmt.Println(d.String())
	fmt.Println(d.Message(enforce.MessageStyle{QuoteResource: true}))
	// Output:
	// ALLOW role/reader s3:GetObject arn:aws:s3:::reports/q3.csv  allowed by identity-based policy read-reports, ReadReports (policy:3:17)
	// DENY role/reader s3:DeleteObject arn:aws:s3:::reports/q3.csv  no identity-based policy allows it
	// User: arn:aws:sts::111122223333:assumed-role/reader/session is not authorized to perform: s3:DeleteObject on resource: "arn:aws:s3:::reports/q3.csv" because no identity-based policy allows the s3:DeleteObject action
}

func ExampleDecision_Explain() {
	policy := enforce.MustParse(readReports, enforce.IdentityPolicy)
	d := enforce.Evaluate(&enforce.Request{
		Principal: reader, Action: "s3:GetObject", Resource: "arn:aws:s3:::reports/q3.csv",
	}, &enforce.PolicySet{Identity: []*enforce.Policy{policy}})
	fmt.Println(d.Explain())
	// Output:
	// DENY role/reader s3:GetObject arn:aws:s3:::reports/q3.csv  no identity-based policy allows it
	//   not allowed by identity-based policy, ReadReports (policy:3:17):
	//     StringEquals aws:PrincipalTag/team wants "finance"; the request has no aws:PrincipalTag/team
	//   to allow it, the caller must be tagged team = "finance"; identity-based policy, ReadReports (policy:3:17) then allows
}

func ExampleParse() {
	_, err := enforce.Parse(`{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringEqual": {"k": "v"}}}
}`, enforce.IdentityPolicy, enforce.Source{File: "policy.json"})
	fmt.Println(err)
	// Output:
	// policy.json:3:85: MalformedPolicyDocument: Syntax errors in policy. (unknown condition operator "StringEqual"; did you mean "StringEquals"?)
}
