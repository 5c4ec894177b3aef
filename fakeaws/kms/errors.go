package kms

import (
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Texts as KMS answers them.
const (
	textForeign    = " because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"
	textCiphertext = "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access."
	textIncorrect  = "The key ID in the request does not identify a CMK that can perform this operation."
	textLockout    = "The new key policy will not allow you to update the key policy in the future."
	textDryRun     = "The request would have succeeded, but the DryRun option is set."
)

// Texts of which no answer of KMS is on record: unverified.
const (
	textNoKeyID        = "A key ID is required to decrypt a ciphertext that was encrypted with an asymmetric key."
	textContext        = "EncryptionContext is not supported with an asymmetric key."
	textContextSize    = "The encryption context is too long."
	textTooLong        = "The plaintext is too long for the key and the encryption algorithm."
	textDigest         = "Digest is invalid length for algorithm "
	textOperations     = "A grant lists each operation once."
	textManaged        = "You can't change an AWS managed key."
	textMarker         = "The marker is invalid."
	textGrantee        = "The grantee principal is invalid."
	textRetiring       = "The retiring principal is invalid."
	textOneGrantee     = "Specify either GranteePrincipal or GranteeServicePrincipal."
	textOneRetiring    = "Specify RetiringPrincipal or RetiringServicePrincipal, and not both."
	textServiceGrant   = "A grant for a service principal needs a SourceArn constraint and a retiring principal."
	textConstraints    = "Specify EncryptionContextEquals or EncryptionContextSubset, and not both."
	textNoConstraints  = "Encryption context constraints are not supported with this KMS key."
	textPairs          = "A grant constraint can have at most 8 encryption context pairs."
	textGrantOperation = "The operation is not supported for this KMS key: "
	textNoGrant        = "The grant does not exist."
	textGrantToken     = "The grant token is invalid."
	textWhichGrant     = "Specify either a grant token, or a grant ID and a key ID."
	textAliasPrefix    = `Invalid identifier: an alias must begin with "alias/"`
	textAliasReserved  = "AWS service aliases are reserved."
	textAliasKind      = "The two keys of an alias must be of the same type and usage."
	textPolicyName     = "Policy name is not valid. The only valid name is default."
	textPolicySize     = "The policy has more than 32768 bytes."
	textTagReserved    = "aws: prefixed tag key names are not allowed for external use."
	textTagTwice       = "Duplicate tag keys are not allowed."
	textTagCharacters  = "Tag keys and values can only include letters, digits, spaces and the characters _ . : / = + - @."
	textTooManyTags    = "A KMS key can have at most 50 tags."
	textWindow         = "PendingWindowInDays must be between 7 and 30."
	textOneSpec        = "Specify KeySpec or CustomerMasterKeySpec, and not both."
	textKeyUsage       = "KeyUsage must be specified for this KeySpec."
	textOneSize        = "Please specify either number of bytes or key spec."
	textMaterial       = "The imported key material is not the one that was imported before."
	textTokenInvalid   = "The import token is invalid."
	textTokenExpired   = "The import token is expired."
	textValidTo        = "ValidTo must be given for key material that expires, must be later than now and at most 365 days away."
	textPrimaryOnly    = " is not a multi-Region primary key."
	textReplicaThere   = " already exists"
	textRegion         = "The Region is not valid for this operation."
	textRotations      = "The maximum number of on-demand rotations is reached."
	textPublicKey      = "The public key is not valid for the key."
	textAliases        = "The maximum number of aliases of the key is reached."
	textGrants         = "The maximum number of grants of the key is reached."
	textKeys           = "The maximum number of KMS keys of the account is reached."
)

func invalid(message string) error {
	return &fakeaws.Error{Code: "ValidationException", Message: message, Status: http.StatusBadRequest}
}

func accessDenied(message string) error {
	return &fakeaws.Error{Code: "AccessDeniedException", Message: message, Status: http.StatusBadRequest}
}

// notImplemented names what KMS has and this fake has not.
func notImplemented(what string) error {
	return fakeaws.NotImplemented("kms " + what + " is not implemented")
}

func notFound(message string) error { return &types.NotFoundException{Message: &message} }

func disabled(message string) error { return &types.DisabledException{Message: &message} }

func invalidState(message string) error { return &types.KMSInvalidStateException{Message: &message} }

func unsupported(message string) error {
	return &types.UnsupportedOperationException{Message: &message}
}

func invalidUsage(message string) error { return &types.InvalidKeyUsageException{Message: &message} }

func limitExceeded(message string) error { return &types.LimitExceededException{Message: &message} }

func invalidArn(message string) error { return &types.InvalidArnException{Message: &message} }

func invalidMarker() error { return &types.InvalidMarkerException{Message: aws.String(textMarker)} }

func invalidAlias(message string) error { return &types.InvalidAliasNameException{Message: &message} }

func alreadyExists(message string) error { return &types.AlreadyExistsException{Message: &message} }

func malformedPolicy(message string) error {
	return &types.MalformedPolicyDocumentException{Message: &message}
}

func tagError(message string) error { return &types.TagException{Message: &message} }

// invalidCiphertext has no text, as KMS gives it none.
func invalidCiphertext() error { return &types.InvalidCiphertextException{} }

func dryRunOperation() error {
	return &types.DryRunOperationException{Message: aws.String(textDryRun)}
}

// ofState turns what the World says of a key into KMS's own error.
func ofState(err error) error {
	var state *fakeaws.KeyStateError
	if !errors.As(err, &state) {
		return err
	}
	switch state.Code {
	case "DisabledException":
		return disabled(state.Message)
	case "InvalidKeyUsageException":
		return invalidUsage(state.Message)
	}
	return invalidState(state.Message)
}
