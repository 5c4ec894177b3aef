// Package enforce decides what AWS would decide: whether a principal may perform
// an action on a resource, given all the policies that apply.
//
// It stands alone. Policies are compiled once with [Parse]; [Evaluate] is a pure
// function of a [Request] and a [PolicySet] that allocates nothing; its
// [Decision] says which layer, policy and statement decided, words the denial as
// AWS does, and explains it when asked.
//
//	p, err := enforce.Parse(document, enforce.IdentityPolicy, enforce.Source{Name: "reader"})
//	...
//	alice, err := enforce.ParsePrincipal("arn:aws:iam::111122223333:user/alice")
//	...
//	d := enforce.Evaluate(&enforce.Request{
//		Principal: alice,
//		Action:    "s3:GetObject",
//		Resource:  "arn:aws:s3:::reports/q3.csv",
//	}, &enforce.PolicySet{Identity: []*enforce.Policy{p}})
//	if !d.Allowed() {
//		fmt.Println(d.Explain())
//	}
//
// # What is decided, and in which order
//
// The rules are those of "Policy evaluation logic" and its neighbours in the IAM
// User Guide. An explicit Deny in any layer wins. Then every node of the
// organization must allow: resource control policies on the side of the
// resource, service control policies on the side of the principal. Then
// something must grant. Within one account that is an identity-based or a
// resource-based policy; across accounts it is both. A permissions boundary and
// session policies never grant, and limit what identity-based policies grant. A
// resource-based policy that names the user, the session or everybody passes
// them by; one that names the role does not; one that names the account only
// delegates to identity-based policies. Role trust policies and KMS key policies
// must admit the caller whatever its identity-based policies say. Last, the
// policy of a VPC endpoint must allow.
//
// # Strict documents
//
// Parse refuses what AWS refuses, with AWS's error code and text for the [Kind]
// of policy and with the line and column that AWS does not tell. An unknown
// element or operator, a key twice, or a principal in an identity-based policy is
// an error, never a statement that silently does not match.
//
// Package lint finds what AWS stores though it cannot work, and everything that is
// wrong at once. [Simulate] asks many questions of the same policies.
//
// [Policy.Elements] shows what a policy says, element by element, and [Build] makes a
// policy of elements, so that other packages need not read or write policies as JSON.
//
// # Context
//
// Condition keys that tell about the caller and the resource's owner
// (aws:PrincipalArn, aws:PrincipalAccount, aws:PrincipalType,
// aws:PrincipalIsAWSService, aws:PrincipalServiceName, aws:userid, aws:username,
// aws:ResourceAccount) are derived from the Request unless its [Context] sets
// them. All others are the caller's to set; a key that is not set is missing,
// with the consequences that AWS documents.
//
// # Clients
//
// Package client puts the same decision in front of any client of the AWS SDK for
// Go, also of services for which there is no fake.
package enforce
