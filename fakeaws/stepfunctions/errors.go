package stepfunctions

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions/internal/asl"
)

// Texts that Step Functions answers, as its users quote them.
const (
	textNoMachine       = "State Machine Does Not Exist: '%s'"
	textMachineExists   = "State Machine Already Exists: '%s'"
	textNoExecution     = "Execution Does Not Exist: '%s'"
	textExecutionExists = "Execution Already Exists: '%s'"
	textNoActivity      = "Activity Does Not Exist: '%s'"
	textPrefix          = "Invalid Arn: 'Invalid ARN prefix: %s'"
	textResourceType    = "Invalid Arn: 'Resource type not valid in this context: %s'"
	textRoleARN         = "Invalid Role Arn: '%s'"
	textName            = "Invalid Name: '%s'"
	textToken           = "Invalid Token: 'Invalid token'"
	textGone            = "Task Timed Out: 'Provided task does not exist anymore'"
	textInput           = "Invalid State Machine Execution Input: '%s'"
	textOutput          = "Invalid Output: '%s'"
	textNotFound        = "Resource not found: '%s'"
	textCrossAccount    = "Cross-account pass role is not allowed."
	textTrust           = "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role."
	textManagedRule     = "'%s' is not authorized to create managed-rule."
	textLogAccess       = "The state machine IAM Role is not authorized to access the Log Destination"
	textMachineType     = "This operation is not supported by this type of state machine"
	textHistoryFull     = "The execution reached the maximum number of history events (25000)."
	textDataLimit       = "The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit."
	textExecuting       = "An error occurred while executing the state '%s' (entered at the event id #%d). %s"
)

// Texts of which no answer of Step Functions is on record: unverified.
const (
	textDeleting        = "State Machine is being deleted: '%s'"
	textEmptyUpdate     = "Either the definition, the role ARN, the LoggingConfiguration, the TracingConfiguration or the EncryptionConfiguration must be specified"
	textLogging         = "Invalid Logging Configuration: 'Must specify exactly one Log Destination.'"
	textLogGroup        = "Invalid Logging Configuration: 'Log Destination is not a valid ARN of a log group.'"
	textManyTags        = "Too many tags: a resource has at most 50"
	textTag             = "Invalid tag: '%s'"
	textManyVersions    = "The state machine has the maximum number of versions: 1000"
	textManyAliases     = "The state machine has the maximum number of aliases: 100"
	textManyMachines    = "The account has the maximum number of state machines: 100000"
	textManyActivities  = "The account has the maximum number of activities: 100000"
	textRevision        = "The revision '%s' is not the current one of the state machine"
	textDescription     = "VersionDescription can only be set when publish is true"
	textRouting         = "Routing configuration must have one or two versions of one state machine, with weights of 100 together"
	textAliasExists     = "Alias '%s' already exists with a different routing configuration or description"
	textVersionInUse    = "Version is referenced by aliases: '%s'"
	textVersionTwice    = "The version has other descriptions: '%s'"
	textNotRedrivable   = "Execution is %s and cannot be redriven"
	textRedriveExpired  = "Execution was not closed within the last 14 days"
	textEncryption      = "customer managed keys"
	textManyWorkers     = "Too many workers poll the activity"
	textNotAssumable    = "The role '%s' cannot be assumed: %s"
	textTimedOut        = "The state did not end within %d seconds."
	textHeartbeat       = "The task sent no heartbeat for %d seconds."
	textMapFields       = "Must specify exactly one of stateMachineArn and mapRunArn"
	textNothingToUpdate = "Must specify a description or a routing configuration"
)

func accessDenied(message string) error {
	return &fakeaws.Error{Code: "AccessDeniedException", Message: message, Status: http.StatusBadRequest}
}

func notImplemented(what string) error {
	return &fakeaws.Error{Code: "NotImplemented", Message: "stepfunctions: " + what + " is not implemented by leastpriv.", Status: http.StatusNotImplemented}
}

// unsupported is the error of a definition that AWS takes and asl does not.
func unsupported(err error) error {
	var u *asl.UnsupportedError
	if errors.As(err, &u) {
		return notImplemented(u.What)
	}
	return err
}

func text(format string, args []any) *string {
	message := fmt.Sprintf(format, args...)
	return &message
}

func invalidARN(format string, args ...any) error {
	return &types.InvalidArn{Message: text(format, args)}
}

func noMachine(arn string) error {
	return &types.StateMachineDoesNotExist{Message: text(textNoMachine, []any{arn})}
}

func noExecution(arn string) error {
	return &types.ExecutionDoesNotExist{Message: text(textNoExecution, []any{arn})}
}

func noActivity(arn string) error {
	return &types.ActivityDoesNotExist{Message: text(textNoActivity, []any{arn})}
}

func notFound(arn string) error {
	return &types.ResourceNotFound{Message: text(textNotFound, []any{arn}), ResourceName: &arn}
}

func deleting(arn string) error {
	return &types.StateMachineDeleting{Message: text(textDeleting, []any{arn})}
}

func invalidToken() error { return &types.InvalidToken{Message: text(textToken, nil)} }

func invalid(reason types.ValidationExceptionReason, message string) error {
	return &types.ValidationException{Message: text(message, nil), Reason: reason}
}

func conflict(format string, args ...any) error {
	return &types.ConflictException{Message: text(format, args)}
}

func quotaExceeded(message string) error {
	return &types.ServiceQuotaExceededException{Message: &message}
}

// check refuses input that the service model does not admit. The words are those of AWS's
// front end.
func check(in any) error {
	err := members.Check(in)
	if err == nil {
		return nil
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return &fakeaws.Error{Code: "ValidationException", Message: api.ErrorMessage(), Status: http.StatusBadRequest}
	}
	return err
}
