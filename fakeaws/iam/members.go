package iam

import "github.com/leastpriv/leastpriv/internal/constraint"

// members has the constraints of IAM's service model, and what IAM says of names, paths,
// documents and keys with other characters in place of the front end's text. IAM has repeated no
// value since 2024.
var members = constraint.NewModel("iam", constraint.Wording{
	Hidden: true,
	Patterns: map[string]string{
		`[\w+=,.@-]+`: "The specified value for %s is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-",
		`(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`: invalidPath,
		`((/[A-Za-z0-9\.,\+@=_-]+)*)/`:            invalidPath,
		`\u002F[\u0021-\u007F]*`:                  invalidPathPrefix,
		`[\u0009\u000A\u000D\u0020-\u00FF]+`:      "The specified value for %s is invalid. It must contain only printable ASCII characters.",
	},
	Forms: map[string]constraint.Form{"arnType": {Valid: validARN, Message: "Invalid ARN:  Could not be parsed!"}},
})

const (
	invalidPath = "The specified value for %s is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."
	// invalidPathPrefix is unverified; the texts for names and paths are IAM's.
	invalidPathPrefix = "The specified value for %s is invalid. It must begin with / and contain only alphanumeric characters and/or / characters."
)
