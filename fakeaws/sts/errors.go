package sts

import (
	"errors"
	"net/http"

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
	// inheritedTag is STS's answer to any tag that the calling session passes on already,
	// be it to be transitive or not.
	inheritedTag = "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session."
	// Unverified: a session tag with the prefix that AWS keeps to itself; the words
	// are IAM's about tags of its resources.
	reservedTag = "aws: prefixed tag key names are not allowed for external use."
	// Unverified: another source identity than the calling session's.
	otherSourceIdentity = "The source identity of the calling session can't be changed."
	// Unverified: an assertion of a context that STS has not made. The words are
	// those of the API page "AssumeRole", which has no other error for it.
	invalidContext = "The trusted context assertion that was passed is expired or is not valid."
	// Unverified: a context provider that does not exist.
	unknownContextProvider = "Invalid context provider ARN: %s"
	// Unverified: several contexts in one request.
	manyContexts = "A role session can have only one trusted context."
	// Unverified: a token that lacks a claim.
	missingClaim = "Missing a required claim: %s"
	notAToken    = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
	noKey        = "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
	// Unverified: a token whose signature is not of its issuer's key.
	badSignature = "The token's signature could not be verified."
	// Unverified: a session tag in a token that has not one value.
	tagValues = "The session tag %s must have one value."
	// Unverified: an encoded message that this World has not made.
	invalidMessage = "Message is not valid."
	// Unverified: a policy that scopes no root session.
	notATaskPolicy = "The task policy %s is not valid for AssumeRoot."
	// Unverified: the root user may not assume root.
	rootAssumesRoot = "Root credentials cannot be used to call AssumeRoot."
	// Unverified: an account that may not act as the root user of another.
	rootNotCentralized = "User: %s is not authorized to perform: sts:AssumeRoot on resource: %s"
	// Unverified: outbound web identity federation is off; the words are those of
	// the SDK's type.
	outboundDisabled = "The outbound web identity federation feature is not enabled for this account."
	// Unverified: a token that would be good for longer than the session.
	tokenOutlivesSession = "The requested token duration would extend the session beyond its original expiration time."
	// Unverified: a token whose claims are too large.
	tokenTooLarge = "The requested token payload size exceeds the maximum allowed size."
	// Unverified: a trade-in token that nobody was sent.
	unknownTradeInToken = "The trade-in token is not valid."
	// Unverified: a trade-in token of a request that has expired.
	expiredTradeInToken = "The trade-in token provided in the request has expired and can no longer be exchanged for credentials."
	// notPinned is STS's answer to a role that the token does not name.
	notPinned = "The target role ARN is not present in the roles claim of the identity token"
	// Unverified: a recipient that is not AWS's sign-in.
	wrongRecipient = "The recipient of the SAML response is not AWS."
	// Unverified: a response outside of the times of its Conditions.
	outsideConditions = "The SAML response is not valid at this time."
	// Unverified: a subject without a name.
	noNameID = "The SAML response names nobody."
	// Unverified: an attribute SessionDuration that is no number.
	badSessionDuration = "SessionDuration in AuthnResponse must be a number of seconds."
	// Unverified: a session that ends before the shortest one would.
	sessionEnded = "The session of the SAML response ends too soon."
	// Unverified: metadata that have expired.
	oldMetadata     = "The metadata of the SAML provider have expired."
	foreignProvider = "Principal exists outside the account of the Role being assumed"
	// rejectedClaim is STS's answer when the provider rejects an access token.
	rejectedClaim = "%[1]s: %[1]s responded with HTTP/1.1 400 Bad Request"
	// Unverified: an access token of a provider that is not there to verify it; the
	// words are those of the API page.
	unreachableProvider = "The request could not be fulfilled because the identity provider (IDP) that was asked to verify the incoming identity token could not be reached."
	// Unverified: a ProviderId that AWS does not know.
	invalidProviderID = "Invalid ProviderId: %s"
	// notWithSession is STS's answer to temporary credentials in calls that they cannot
	// make, as users quote it of GetSessionToken and GetFederationToken.
	notWithSession = "Cannot call %s with session credentials"
)

// NoSubjectConfirmation is the answer to an assertion whose subject is not confirmed for
// a recipient and a time; unverified.
const NoSubjectConfirmation = "The SAML response has no SubjectConfirmationData with NotOnOrAfter and Recipient."

func accessDenied(message string) error {
	return &fakeaws.Error{Code: "AccessDenied", Message: message, Status: 403}
}

// notAuthorized is the denial of a caller who brings a token or an assertion in place
// of a signature.
func notAuthorized(action string) error { return accessDenied("Not authorized to perform " + action) }

// noSAML is the answer of a World that cannot read SAML.
func noSAML() error {
	return &fakeaws.Error{
		Code: "NotImplemented", Status: http.StatusNotImplemented,
		Message: "sts AssumeRoleWithSAML needs a reader of SAML in this World: import github.com/leastpriv/leastpriv/fakeaws/sts/saml and call saml.Enable(world).",
	}
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
