// Package escalation says by which chains of calls a principal can come to hold permissions
// that it does not have.
//
//	search, err := escalation.New(&escalation.World{Accounts: accounts})
//	result, err := search.From(ctx, &accounts[0].User("alice").Identity)
//	for _, path := range result.Paths {
//		fmt.Println(path)
//	}
//
// It stands alone with packages enforce, account and prove. A [World] describes accounts. A
// [Path] has steps, each a call with the requests that it asks for: [enforce.Evaluate] was
// asked about each of them, with the policies as the steps before leave them, and allows
// it. What a path gains was found by package prove: a request that its end is allowed and
// its beginning is not, with boundaries and the organization's policies in force.
//
// [Ways] lists what is looked for. Whoever comes to hold more is looked at again, until
// nothing is new or a limit is met. What cannot be known is in [Result.Unknown] with the
// reason; without any, and without paths, there is no escalation by the ways listed.
//
// # Requests
//
// Names of new things, condition keys of a request and where it comes from are the
// caller's to choose, as far as policies let them be chosen: requests have them. Tags,
// boundaries and policies of what is there are as the World has them.
package escalation
