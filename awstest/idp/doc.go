// Package idp makes identity providers for the accounts of package awstest: they give
// out real, signed proofs of who somebody is, for STS to verify. A test imports it that
// is about federation; the libraries for tokens and XML come along only then.
//
//	github := idp.GitHub(acct)
//	_, err := github.AssumeRole(role, idp.GitHubJob{Repository: "my-org/fork"})
//	awstest.AssertDenied(t, err, "sts:AssumeRoleWithWebIdentity")
//
// [OIDC] makes an OpenID Connect provider; [GitHub], [EKS] and [Cognito] are those that
// many have, with their URLs and the claims of their tokens. [AccessTokens] is Login with
// Amazon or Facebook, [SAML] a SAML 2.0 provider, and [IdentityCenter] an instance of IAM
// Identity Center. Each has AssumeRole, which makes a proof, gives it to STS, and returns
// the session or AWS's error. Nothing is ever fetched: the keys of a provider are its own,
// and the World knows them.
package idp
