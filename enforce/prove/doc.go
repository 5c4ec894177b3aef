// Package prove says what policies can never do: over all requests, and not only those that
// somebody thought of.
//
//	a, err := prove.Can(ctx, set, prove.Question{
//		Principals: []enforce.Principal{worker},
//		Actions:    []string{"s3:Delete*"},
//		Resources:  []string{"arn:aws:s3:::prod-*/*"},
//	})
//
// Yes comes with a request that [enforce.Evaluate] was asked about and allows. No says which
// Denies keep all requests out, or which layers allow none of them. Unknown says why.
//
// It stands alone with package enforce. What conditions compare are patterns, numbers, dates,
// blocks of addresses, booleans and presence: sets of these can be computed exactly, so that
// no solver is asked. Patterns are read as automata, of which the product is gone through;
// of numbers, dates and addresses one value of each interval is tried. What a set of policies
// allows is a formula of such sets, the same that the evaluator works out for one request.
//
// # Requests
//
// A request has an action of the form service:Name, and a resource that is "*" or an ARN.
// Keys that follow from the caller and the resource's owner are as they follow, and a
// Context does not set them otherwise. Keys of AWS's Service Authorization Reference have
// values of their type: one or several, a number, a date, an address, true or false. All
// others may have any.
//
// # Unknown
//
// These are not known: what patterns with several policy variables match, or with one that
// stands beside wildcards, where their values are not told and no value that was tried makes
// a Yes; a key that patterns are compared with and that is compared as a date, or as an
// address where a pattern may match one of IPv6; dates more than 30,000 years away, and
// numbers of more than 40 digits beside patterns; variables, numbers and dates that
// aws:ResourceAccount is compared with where any account may own the resource; what names,
// ids and ARNs of a principal have to do with each other where a question leaves them open; a
// No about anyone where conditions have patterns of accounts or services; and what takes more
// than the budget.
package prove
