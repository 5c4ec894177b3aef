package sqs

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// The texts of errors are those that SQS answers. Unverified, because no answer
// of SQS is on record, are those for too many messages in flight, a bad
// NextToken, attribute lists, system attributes other than AWSTraceHeader,
// invalid tags, a dead-letter queue that does not admit its source, and a
// throughput limit that does not go with its deduplication scope.
const (
	textOverLimit         = "Too many messages are in flight in this queue."
	textNextToken         = "Invalid or expired next token."
	textListValues        = "Message attribute list values are not supported."
	textSystemAttribute   = "Message system attribute name '%s' is invalid. The only supported message system attribute is AWSTraceHeader."
	textTraceType         = "The type of message (system) attribute 'AWSTraceHeader' is invalid. You must use only the following supported type prefixes: String."
	textAskedNames        = "Too many message attribute names were sent." // unverified
	textUntagged          = "Too many tag keys were sent."                // unverified
	textTagKey            = "Tag keys must be between 1 and 128 characters in length."
	textTagValue          = "Tag values must be between 0 and 256 characters in length."
	textTagReserved       = "Tag keys and values must not start with the reserved prefix aws:."
	textTagCharacters     = "Tag keys and values can only include Unicode letters, digits, whitespace and the characters _ . : / = + - @."
	textThroughput        = "The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup."
	textRedriveNotAllowed = "The redrive allow policy of the dead-letter queue does not permit this queue to use it."
)

// Texts of move tasks as SQS answers them.
const (
	textMoveSource  = "Source queue must be configured as a Dead Letter Queue."
	textMoveRunning = "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
	textTaskHandle  = "Value for parameter TaskHandle is invalid."
	textNoTask      = "Task does not exist."
	failureNoTarget = "AWS.SimpleQueueService.NonExistentQueue"
)

// Texts of move tasks of which none of SQS's answers is on record: unverified.
const (
	textMoveTasks    = "The maximum number of active message movement tasks per account has been reached."
	textMoveToItself = "Source queue arn and destination queue arn cannot be the same."
	textMoveType     = "Source queue and destination queue must be of the same type."
	textMoveRate     = "Value must be between 1 and 500."
	textTasksListed  = "Value must be between 1 and 10."
	textNotRunning   = "Only active tasks can be cancelled."
	failureNoSource  = "CouldNotDetermineMessageSource"
	failureTooLong   = "The task ran for more than 36 hours."
)

// textWrongQueueType is SQS's reason for refusing a parameter of the other kind
// of queue, in its own grammar.
const textWrongQueueType = "The request include parameter that is not valid for this queue type."

// Further texts as SQS answers them.
const (
	textFIFOName   = "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length."
	textFIFOID     = "%s can only include alphanumeric and punctuation characters. 1 to 128 in length."
	textNoDedupID  = "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
	textDeadType   = "Dead-letter queue must be same type of queue as the source."
	textExpired    = "The receipt handle has expired"
	textEncryption = "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE."
	textNotHidden  = "Message does not exist or is not available for visibility timeout change."
)

// textCharacters is SQS's text about characters that a body cannot have. That it has no other
// for the value of an attribute is unverified.
const textCharacters = "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"

// textQueueName is SQS's text about names of queues and permissions.
const textQueueName = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"

func missingParameter(name string) error {
	return &fakeaws.Error{
		Code:    "MissingParameter",
		Message: "The request must contain the parameter " + name + ".",
		Status:  400,
	}
}

func invalidParameter(message string) error {
	return &fakeaws.Error{Code: "InvalidParameterValue", Message: message, Status: 400}
}

func invalidValue(value any, parameter, reason string) error {
	return invalidParameter(fmt.Sprintf("Value %v for parameter %s is invalid. Reason: %s", value, parameter, reason))
}

func unsupported(message string) error {
	return &types.UnsupportedOperation{Message: &message}
}

func accessDenied(message string) error {
	return &fakeaws.Error{Code: "AccessDenied", Message: message, Status: 403}
}

func queueDoesNotExist() error {
	return &types.QueueDoesNotExist{Message: aws.String("The specified queue does not exist.")}
}

func resourceNotFound(message string) error {
	return &types.ResourceNotFoundException{Message: &message}
}

func queueDeletedRecently() error {
	return &types.QueueDeletedRecently{Message: aws.String("You must wait 60 seconds after deleting a queue before you can create another with the same name.")}
}

func queueNameExists(attribute string) error {
	return &types.QueueNameExists{Message: aws.String("A queue already exists with the same name and a different value for attribute " + attribute)}
}

func invalidAddress(address string) error {
	return &types.InvalidAddress{Message: aws.String("The address " + address + " is not valid for this endpoint.")}
}

func invalidAttributeName(name string) error {
	return &types.InvalidAttributeName{Message: aws.String("Unknown Attribute " + name + ".")}
}

func invalidAttributeValue(name string) error {
	return &types.InvalidAttributeValue{Message: aws.String("Invalid value for the parameter " + name + ".")}
}

func purgeQueueInProgress(queue string) error {
	return &types.PurgeQueueInProgress{Message: aws.String("Only one PurgeQueue operation on " + queue + " is allowed every 60 seconds.")}
}

func overLimit(message string) error { return &types.OverLimit{Message: &message} }

func receiptHandleIsInvalid(handle string) error {
	return &types.ReceiptHandleIsInvalid{Message: aws.String(`The input receipt handle "` + handle + `" is not a valid receipt handle.`)}
}

func invalidMessageContents() error {
	return &types.InvalidMessageContents{Message: aws.String(textCharacters)}
}

func emptyBatchRequest(entry string) error {
	return &types.EmptyBatchRequest{Message: aws.String("There should be at least one " + entry + " in the request.")}
}

func tooManyEntries(n int) error {
	return &types.TooManyEntriesInBatchRequest{Message: aws.String(fmt.Sprintf("Maximum number of entries per request are %d. You have sent %d.", maxBatch, n))}
}

func batchEntryIDsNotDistinct(id string) error {
	return &types.BatchEntryIdsNotDistinct{Message: aws.String("Id " + id + " repeated.")}
}

func invalidBatchEntryID() error {
	return &types.InvalidBatchEntryId{Message: aws.String("A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")}
}

func batchRequestTooLong(size int) error {
	return &types.BatchRequestTooLong{Message: aws.String(fmt.Sprintf("Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxMessageSize, size))}
}

// A tooLongError is the error of a message that is too long for its queue. A batch words it
// in its own way.
type tooLongError struct {
	error
	reason string
}

// Unwrap gives the error its code.
func (e tooLongError) Unwrap() error { return e.error }

func messageTooLong(most int) error {
	reason := fmt.Sprintf("Message must be shorter than %d bytes.", most)
	return tooLongError{invalidParameter("One or more parameters are invalid. Reason: " + reason), reason}
}

// An expiredHandleError is the error of a receipt handle that had its time. A batch
// words it in its own way.
type expiredHandleError struct{ error }

// Unwrap gives the error its code.
func (e expiredHandleError) Unwrap() error { return e.error }

func receiptHandleExpired(handle string) error {
	return expiredHandleError{invalidValue(handle, "ReceiptHandle", textExpired+".")}
}

// failure is how a batch answers that one of its entries was refused.
func failure(id *string, err error) types.BatchResultErrorEntry {
	entry := types.BatchResultErrorEntry{Id: id, SenderFault: true, Code: aws.String("InternalError"), Message: aws.String(err.Error())}
	if errors.As(err, new(expiredHandleError)) {
		err = &types.ReceiptHandleIsInvalid{Message: aws.String(textExpired)}
	}
	var e smithy.APIError
	if errors.As(err, &e) {
		entry.Code = aws.String(e.ErrorCode())
		entry.Message = aws.String(e.ErrorMessage())
		entry.SenderFault = e.ErrorFault() != smithy.FaultServer
	}
	return entry
}
