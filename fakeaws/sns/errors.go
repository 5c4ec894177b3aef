package sns

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// The texts of errors are those that users of SNS quote. Unverified, because no answer of
// SNS is at hand, are those of this block.
const (
	textNoAccount        = "Access Denied"
	textTagCount         = "Could not complete request: tag quota of per resource exceeded"
	textTagDuplicate     = "Duplicated keys are not allowed."
	textTagKey           = "Tags Reason: Tag keys must be between 1 and 128 characters, must not begin with aws: and can have letters, digits, whitespace and _ . : / = + - @"
	textTagValue         = "Tags Reason: Tag values must be between 0 and 256 characters and can have letters, digits, whitespace and _ . : / = + - @"
	textUntagged         = "TagKeys Reason: too many keys"
	textPolicyResource   = "Policy statement resource is not the topic"
	textPolicyQuota      = "Policy Error: the policy exceeds a quota"
	textFIFOProtocol     = "Protocol Reason: FIFO topics deliver to Amazon SQS queues only"
	textAttributeUnknown = "Attributes Reason: Unknown attribute "
	textFirehoseRole     = "SubscriptionRoleArn Reason: a valid role ARN is required for Amazon Data Firehose subscriptions"
	textEndpointLong     = "Endpoint Reason: too long"

	textNextToken      = "NextToken"
	textToken          = "Token"
	textSubscribed     = "subscriptions per topic"
	textSandbox        = "The phone number is already verified."
	textPasscode       = "The one-time password is not valid."
	textProtection     = "DataProtectionPolicy Reason: not a valid data protection policy"
	textAttributeName  = "Message attribute name is invalid"
	textAttributeCount = "Number of message attributes exceeds the allowed maximum"
)

// Texts of SNS as users quote them.
const (
	textTopicName       = "Topic Name"
	textFIFOName        = "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long."
	textOtherAttributes = "Attributes Reason: Topic already exists with different attributes"
	textOtherTags       = "Tags Reason: Topic already exists with different tags"
	textNoTopic         = "Topic does not exist"
	textNoSubscription  = "Subscription does not exist"
	textNotYours        = "Not authorized to access this subscription"
	textSubscribedOther = "Attributes Reason: Subscription already exists with different attributes"
	textFIFOQueue       = "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"
	textGroupRequired   = "The MessageGroupId parameter is required for FIFO topics"
	textNoDedupID       = "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
	textNotFIFO         = "The request includes MessageDeduplicationId parameter that is not valid for this topic type"
	textTooLong         = "Message too long"
	textEmpty           = "Empty message"
	textNoDefault       = "Message Structure - No default entry in JSON message body"
	textNoJSON          = "Message Structure - JSON message body failed to parse"
	textNoTarget        = "TopicArn or TargetArn Reason: no value for required parameter"
	textPolicyAction    = "Policy statement action out of service scope!"
	textPolicy          = "Policy Error: null"
	textPrincipal       = "Policy Error: PrincipalNotFound"
)

// faults has the error with which SNS throttles.
var faults = map[fakeaws.FaultKind]error{
	fakeaws.Throttle: &types.ThrottledException{Message: aws.String("Rate exceeded")},
}

func invalidParameter(what string) error {
	return &types.InvalidParameterException{Message: aws.String("Invalid parameter: " + what)}
}

func notFound(text string) error { return &types.NotFoundException{Message: &text} }

func resourceNotFound() error {
	return &types.ResourceNotFoundException{Message: aws.String("Resource does not exist")}
}

func authorizationError(text string) error {
	return &types.AuthorizationErrorException{Message: &text}
}

// failure is how a batch answers that one of its entries was refused.
func failure(id *string, err error) types.BatchResultErrorEntry {
	entry := types.BatchResultErrorEntry{Id: id, SenderFault: true, Code: aws.String("InternalError"), Message: aws.String(err.Error())}
	var e smithy.APIError
	if errors.As(err, &e) {
		entry.Code, entry.Message = aws.String(e.ErrorCode()), aws.String(e.ErrorMessage())
		entry.SenderFault = e.ErrorFault() != smithy.FaultServer
	}
	return entry
}
