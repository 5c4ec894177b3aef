package lambda

import (
	"net/http"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// Texts of Lambda as users quote them.
const (
	textQualifier      = "The derived qualifier from the function name does not match the specified qualifier."
	textRole           = "The role defined for the function cannot be assumed by Lambda."
	textCrossAccount   = "Cross-account pass role is not allowed."
	textZip            = "Could not unzip uploaded file. Please check your file, then try to upload again."
	textNoResource     = "The resource you requested does not exist."
	textNoPolicy       = "No policy is associated with the given resource."
	textPrincipal      = "The provided principal was invalid. Please check the principal and try again."
	textPolicyLatest   = "We currently do not support adding policies for $LATEST."
	textDeleteLatest   = "$LATEST version cannot be deleted without deleting the function."
	textTagCount       = "Number of tags exceeds resource tag limit."
	textTagQualified   = "Tags on function aliases and versions are not supported. Please specify a function ARN."
	textNoTags         = "An error occurred and the request cannot be processed."
	textImage          = "Please don't provide ImageUri when updating a function with packageType Zip."
	textNoSource       = "Unrecognized event source."
	textNoFunction     = "Function does not exist"
	textNoAccess       = "Required 'sourceAccessConfigurations' parameter is missing."
	textNoDestination  = "Unsupported DestinationConfig parameter for given event source mapping type."
	textManyWeights    = "Number of items in AdditionalVersionWeights cannot be greater than 1"
	textLatestWeights  = "$LATEST is not supported for an alias pointing to more than 1 version"
	textThrottled      = "Rate Exceeded."
	textNotProvisioned = "No Provisioned Concurrency Config found for this function"
	textUnparsed       = "Could not parse request body into json: Could not parse payload into json: "
)

// Texts of which no answer of Lambda is at hand: unverified.
const (
	textMarker        = "Invalid Marker"
	textDeadLetter    = "The provided dead letter config TargetArn is invalid: it must be the ARN of an Amazon SQS queue or an Amazon SNS topic."
	textDestination   = "The provided destination config DestinationConfig is invalid."
	textEmptyConfig   = "You must specify at least one of DestinationConfig, MaximumEventAgeInSeconds and MaximumRetryAttempts."
	textPosition      = "StartingPosition is not valid for SQS event sources."
	textNoPosition    = "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null."
	textTimestamp     = "StartingPositionTimestamp is required for AT_TIMESTAMP, and is for no other StartingPosition."
	textNoTimestamp   = "Unsupported starting position for given event source mapping type: AT_TIMESTAMP"
	textNoStream      = "Stream not found: "
	textBatchFIFO     = "BatchSize must be between 1 and 10 for FIFO queues."
	textBatchWindow   = "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
	textWindowFIFO    = "Batching window is not supported for FIFO queues"
	textBatchSize     = "BatchSize must be between 1 and 10000."
	textSQSUnused     = "Unsupported parameter for given event source mapping type: "
	textFilter        = "Invalid filter pattern definition."
	textPolicySize    = "The final policy size is bigger than the limit (20480)."
	textManyTags      = "Tags must have keys of 1 to 128 and values of up to 256 characters, and no key that begins with aws:."
	textHandler       = "Runtime and Handler are mandatory parameters for functions created with deployment packages."
	textCode          = "Please provide a source for function code."
	textReserved      = "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100]."
	textNoProvisioned = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
	textProvisioned   = "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
	textStatement     = "The provided FunctionUrlAuthType and InvokedViaFunctionUrl are for lambda:InvokeFunctionUrl and lambda:InvokeFunction."
)

// faults has the error with which Lambda throttles.
var faults = map[fakeaws.FaultKind]error{
	fakeaws.Throttle: &types.TooManyRequestsException{
		Message: aws.String("Rate exceeded"), Reason: types.ThrottleReasonCallerRateLimitExceeded, Type: aws.String("User"),
	},
}

var user = aws.String("User")

func invalidParameter(text string) error {
	return &types.InvalidParameterValueException{Message: &text, Type: user}
}

func resourceNotFound(text string) error {
	return &types.ResourceNotFoundException{Message: &text, Type: user}
}

func functionNotFound(arn string) error { return resourceNotFound("Function not found: " + arn) }

func conflict(text string) error {
	return &types.ResourceConflictException{Message: &text, Type: user}
}

func precondition(call string) error {
	return &types.PreconditionFailedException{
		Message: aws.String("The Revision Id provided does not match the latest Revision Id. Call the " + call + " API to retrieve the latest Revision Id"), Type: user,
	}
}

func accessDenied(text string) error {
	return &fakeaws.Error{Code: "AccessDeniedException", Message: text, Status: http.StatusForbidden}
}

func kmsAccessDenied(text string) error {
	return &types.KMSAccessDeniedException{Message: &text, Type: user}
}

func tooManyRequests(reason types.ThrottleReason) error {
	return &types.TooManyRequestsException{Message: aws.String(textThrottled), Reason: reason, Type: user}
}

func validation(text string) error {
	return &fakeaws.Error{Code: "ValidationException", Message: text, Status: http.StatusBadRequest}
}

func notImplemented(what string) error {
	return fakeaws.NotImplemented("lambda: " + what + " is not implemented")
}

// members has the constraints of the service model.
var members = constraint.NewModel("lambda", constraint.Wording{NullItems: true, Error: validation})

// check refuses input that the service model does not admit.
func check(in any) error { return members.Check(in) }

// output makes the output of an operation of a value that has its members: Lambda answers
// several operations with the same thing, for which the SDK has a type each.
func output[O any](of any) *O {
	out := new(O)
	from, to := reflect.Indirect(reflect.ValueOf(of)), reflect.ValueOf(out).Elem()
	for i := range from.NumField() {
		field := from.Type().Field(i)
		if at := to.FieldByName(field.Name); field.IsExported() && at.IsValid() && at.Type() == field.Type {
			at.Set(from.Field(i))
		}
	}
	return out
}
