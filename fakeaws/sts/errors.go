package sts

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// Texts of STS for which no documentation page or recorded answer was found.
const (
	// Unverified: GetAccessKeyInfo for a key that never was.
	unknownAccessKey = "The access key id is not valid."
	// Unverified: a managed session policy that is not in the role's account.
	unknownSessionPolicy = "Policy %s does not exist or is not attachable."
	// Unverified: a session tag, not transitive itself, that the calling
	// session passes on already.
	inheritedTag = "One of the specified session tags can't be set because it conflicts with a transitive tag key from the calling session."
	// Unverified: another source identity than the calling session's.
	otherSourceIdentity = "The source identity of the calling session can't be changed."
	// Unverified: a token that lacks a claim.
	missingClaim = "Missing a required claim: %s"
	notAToken    = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
	noKey        = "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
	// Unverified: a token whose signature is not of its issuer's key.
	badSignature = "The token's signature could not be verified."
	// Unverified: a session tag in a token that has not one value.
	tagValues = "The session tag %s must have one value."
	// Unverified: an OAuth access token, which nobody here can verify; the words
	// are those of the API page.
	unreachableProvider = "The request could not be fulfilled because the identity provider (IDP) that was asked to verify the incoming identity token could not be reached."
	// Unverified: a ProviderId that AWS does not know.
	invalidProviderID = "Invalid ProviderId: %s"
	// Unverified: credentials of GetSessionToken in calls that they cannot make.
	// STS says so of GetSessionToken.
	notWithSession = "Cannot call %s with session credentials"
)

func accessDenied(message string) error {
	return &fakeaws.Error{Code: "AccessDenied", Message: message, Status: 403}
}

func invalidToken(message string) error {
	return &types.InvalidIdentityTokenException{Message: aws.String(message)}
}

func expiredToken(message string) error {
	return &types.ExpiredTokenException{Message: aws.String(message)}
}

func invalidParameter(message string) error {
	return &fakeaws.Error{Code: "InvalidParameterValue", Message: message, Status: 400}
}

// malformed is STS's answer to a session policy that the policy language refuses.
func malformed(err error) error {
	var doc *enforce.DocumentError
	if !errors.As(err, &doc) {
		return err
	}
	return &types.MalformedPolicyDocumentException{Message: aws.String(doc.Message)}
}
