package secretsmanager

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// Texts that Secrets Manager answers, as its users quote them.
const (
	textKMSDenied     = "Access to KMS is not allowed"
	textName          = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
	textNoSecret      = "Secrets Manager can't find the specified secret."
	textNoLabel       = "Secrets Manager can't find the specified secret value for staging label: %s"
	textDeleted       = "You can't perform this operation on the secret because it was marked for deletion."
	textNameDeleted   = "You can't create this secret because a secret with this name is already scheduled for deletion."
	textBothValues    = "You can't specify both a binary secret value and a string secret value in the same secret."
	textWindow        = "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."
	textReplica       = "Operation not permitted on a replica secret. Call must be made in primary secret's region."
	textNoFunction    = "No Lambda rotation function ARN is associated with this secret."
	textRotating      = "A previous rotation isn't complete. That rotation will be reattempted."
	textHasReplicas   = "You can't delete secret %s that still has replica regions [%s]."
	textReplicaExists = "Secret with this name already exists in this region" // as the model describes StatusMessage
)

// Texts of which no answer of Secrets Manager is on record: unverified.
const (
	textOtherAccountKey  = "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key."
	textNoVersion        = "Secrets Manager can't find the specified secret value for VersionId: %s"
	textExists           = "The operation failed because the secret %s already exists."
	textTokenUsed        = "You can't use ClientRequestToken %s because that value is already in use for a version of secret %s."
	textForceAndWindow   = "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
	textLabelAttached    = "The parameter RemoveFromVersionId can't be empty. Staging label %s is currently attached to version %s, so you must explicitly reference that version in RemoveFromVersionId."
	textCurrentStays     = "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed."
	textNotInvokable     = "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com"
	textNoToken          = "You must provide a ClientRequestToken value. We recommend a UUID-type value."
	textNoValue          = "You must provide either SecretString or SecretBinary."
	textMismatch         = "You provided a VersionStage that is not associated to the provided VersionId."
	textNotOnVersion     = "The staging label %s isn't attached to version %s."
	textNoMove           = "You must specify RemoveFromVersionId or MoveToVersionId."
	textManyLabels       = "You can't attach more than 20 staging labels to the versions of a secret."
	textManyVersions     = "You have exceeded the number of versions that a secret can have."
	textManySecrets      = "You have exceeded the number of secrets that you can have in this Region."
	textAlreadyDeleted   = "You can't perform this operation on the secret because it was already scheduled for deletion."
	textNoReplica        = "The secret isn't a replica."
	textSameRegion       = "Invalid replica region %s: it is the region of the primary secret."
	textTwiceRegion      = "Invalid replica region %s: it is named twice."
	textNotReplicated    = "The secret isn't replicated to region %s."
	textManyTags         = "You can't attach more than 50 tags to a secret."
	textTagKey           = "Tag keys can't be empty, and can't begin with aws:."
	textTwiceTag         = "You can't specify tag key %s twice."
	textMalformed        = "The resource policy document isn't valid."
	textPublic           = "The BlockPublicPolicy parameter is set to true, and the resource policy did not prevent broad access to the secret."
	textLocksOut         = "The resource policy would prevent you from changing it."
	textEncryption       = "Secrets Manager can't encrypt the protected secret text using the provided KMS key."
	textDecryption       = "Secrets Manager can't decrypt the protected secret text using the provided KMS key."
	textNextToken        = "Invalid NextToken."
	textBatchChoice      = "You must specify either SecretIdList or Filters, but not both."
	textBatchMost        = "You can use MaxResults only with Filters."
	textFilterTwice      = "You can't specify filter key %s twice."
	textPasswordShort    = "The password length is too short for the required character types."
	textPasswordEmpty    = "The password can't be made of no characters: all of them are excluded."
	textBothSchedules    = "You can't specify both AutomaticallyAfterDays and ScheduleExpression."
	textSchedule         = "Invalid ScheduleExpression: %s."
	textDuration         = "Invalid Duration: the window must be between 1h and 24h, and end before the next one begins."
	textNoRules          = "You must specify AutomaticallyAfterDays or ScheduleExpression."
	textFunctionARN      = "Invalid RotationLambdaARN: it must be the ARN of a Lambda function."
	textRotationToken    = "The RotationToken isn't that of the rotation in progress."
	textFunctionNotFound = "Secrets Manager can't find the function that RotationLambdaARN names."
)

// codes of findings of ValidateResourcePolicy: unverified.
const (
	checkPublic  = "PUBLIC_POLICY"
	checkSyntax  = "POLICY_SYNTAX"
	checkLockOut = "CALLER_LOCKOUT"
)

func accessDenied(message string) error {
	return &fakeaws.Error{Code: "AccessDeniedException", Message: message, Status: http.StatusBadRequest}
}

func notFound(message string) error {
	return &types.ResourceNotFoundException{Message: &message}
}

func noSecret() error { return notFound(textNoSecret) }

func invalidRequest(message string) error {
	return &types.InvalidRequestException{Message: &message}
}

func invalidParameter(message string) error {
	return &types.InvalidParameterException{Message: &message}
}

func alreadyExists(message string) error {
	return &types.ResourceExistsException{Message: &message}
}

func limitExceeded(message string) error {
	return &types.LimitExceededException{Message: &message}
}

func malformedPolicy() error {
	return &types.MalformedPolicyDocumentException{Message: aws.String(textMalformed)}
}

func encryptionFailure() error {
	return &types.EncryptionFailure{Message: aws.String(textEncryption)}
}

func decryptionFailure() error {
	return &types.DecryptionFailure{Message: aws.String(textDecryption)}
}

func invalidToken() error {
	return &types.InvalidNextTokenException{Message: aws.String(textNextToken)}
}

func invalid(message string) error {
	return &fakeaws.Error{Code: "ValidationException", Message: message, Status: http.StatusBadRequest}
}

func notImplemented(what string) error { return fakeaws.NotImplemented("secretsmanager: " + what) }

// members has the constraints of the service model.
var members = constraint.NewModel("secretsmanager", constraint.Wording{Error: invalid})

// check refuses input that the service model does not admit. The words are those of AWS's
// front end; that Secrets Manager has no others is unverified.
func check(in any) error { return members.Check(in) }

// checkName refuses names with other characters than Secrets Manager takes.
func checkName(name string) error {
	for i := range len(name) {
		if !isNameByte(name[i]) {
			return invalid(textName)
		}
	}
	return nil
}

// refused are the code and text of an error, as BatchGetSecretValue has them for a secret.
func refused(id string, err error) types.APIErrorType {
	entry := types.APIErrorType{SecretId: &id, ErrorCode: aws.String("InternalServiceError"), Message: aws.String(err.Error())}
	var api smithy.APIError
	if errors.As(err, &api) {
		entry.ErrorCode, entry.Message = aws.String(api.ErrorCode()), aws.String(api.ErrorMessage())
	}
	return entry
}

func invalidParameterf(format string, args ...any) error {
	return invalidParameter(fmt.Sprintf(format, args...))
}
