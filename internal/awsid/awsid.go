// Package awsid has the forms of AWS's identifiers: account ids, Amazon Resource
// Names, and the names of services. Package aws/arn of the SDK takes ARNs apart.
package awsid

import "github.com/aws/aws-sdk-go-v2/aws/arn"

// IsAccount reports whether a text is an account id: 12 digits.
func IsAccount(id string) bool { return len(id) == 12 && IsDigits(id) }

// Account returns the account that a text names, as its id or as the ARN of its root user;
// ok is false when it names none.
func Account(text string) (id string, ok bool) {
	if IsAccount(text) {
		return text, true
	}
	a, err := arn.Parse(text)
	if err != nil || !IsAccount(a.AccountID) || text != ARN("iam", "", a.AccountID, "root") {
		return "", false
	}
	return a.AccountID, true
}

// IsDigits reports whether a text has decimal digits only, and at least one.
func IsDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// ARN puts an ARN of the aws partition together. Global resources have no region, and
// those of S3 no account either.
func ARN(service, region, account, resource string) string {
	return "arn:aws:" + service + ":" + region + ":" + account + ":" + resource
}
