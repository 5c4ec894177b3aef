// Package awstest gives a Go test its own AWS account: in-memory IAM, STS, S3,
// SQS and Organizations behind the real clients of aws-sdk-go-v2, with every call
// authenticated (Signature Version 4) and authorized (IAM policies) as AWS
// does. A test proves that a role can do its job and nothing else.
//
//	acct := awstest.New(t)
//	role := acct.NewRole("worker", awstest.File("policy.json"))
//	_, err := s3.NewFromConfig(role.Config()).DeleteObject(ctx, …)
//	awstest.AssertDenied(t, err, "s3:DeleteObject")
//
// # Accounts
//
// [New] makes an account that ends with the test; accounts of different tests
// share nothing, so tests run in parallel. [Account.Config] is the root user's
// [aws.Config]; [Account.NewUser] and [Account.NewRole] make principals with policies
// and configs of their own; [Account.NewAccount] adds another account to the
// same World, for cross-account tests; [Account.NewOrganization] makes it the
// management account of an organization, with OUs, SCPs and RCPs. Nothing is read
// from the environment or from the developer's files.
//
// # Names
//
// A method that makes something begins with New; in the handles of services
// ([Account.IAM], [Account.S3], [Account.SQS]) it has the name of AWS's operation,
// CreateQueue. A bare noun gets what is there and makes nothing: [Account.Organization],
// [IAM.Role], [SQS.Queue]; what is missing fails the test, which lists what there is.
// [Principal.WithMFA], [Principal.Expired] and their like return the principal with other
// credentials. Functions of the package only make values, such as policies ([Allow], [File]) and
// options ([WithRegion], [Trust]).
//
// # Fixtures
//
// What this package does to set a test up, and what the handles of services do, is done
// by the World's own hand: no policy is asked, and [Account.Calls] and the list of calls
// of a failed test show only what programs called, unless [WithVerbose] asks for more.
// [Do] is the same for every operation that there is no method for. Package idp adds
// identity providers.
//
// # Doors
//
// Calls stay in the process: a config's HTTP client hands the request to the
// fakes and the answer back, without a socket. Clients build AWS's own URLs. A
// socket on loopback is there too ([Account.URL], [Account.Env]) for presigned
// URLs, subprocesses and other languages, and [WithSocket] makes the configs use it.
//
// # Time
//
// The clock runs with the machine's, or with the bubble's in testing/synctest.
// [Account.Advance] moves it; [WithTime] sets where it starts. What services do by
// themselves, such as invoking a function or running a schedule, is done when
// [Account.Settle] returns, or at its time while [Account.Advance] moves the clock.
// Clients of this package's configs sign with the World's time. A client whose clock is not
// moved, such as a subprocess, is refused as AWS refuses it once the difference
// is more than 15 minutes.
//
// # Coverage
//
// With the environment variable LEASTPRIV_COVERDIR, which [CoverageDir] explains, the tests
// of all packages write which grants of their policies they used, and the command
// "leastpriv cover" prints it. [MinCoverage] is for one package.
//
// # Failing tests
//
// A test that passes prints nothing. One that fails prints the calls it made
// and what the policies said, newest last, and explains the last denial: the
// layer and statement that decided, conditions that were not met, and the
// smallest statement that would allow the call.
package awstest
