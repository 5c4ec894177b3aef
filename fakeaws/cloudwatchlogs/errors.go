package cloudwatchlogs

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// Texts that CloudWatch Logs answers.
const (
	textNoGroup          = "The specified log group does not exist."
	textNoStream         = "The specified log stream does not exist."
	textGroupExists      = "The specified log group already exists"
	textStreamExists     = "The specified log stream already exists"
	textNoSubscription   = "The specified subscription filter does not exist."
	textLimit            = "Resource limit exceeded."
	textLongName         = "Invalid LogGroup or LogStream, both must have length less than or equal to 512."
	textBothIdentifiers  = "LogGroup name and LogGroup ARN are mutually exclusive parameters."
	textTagOnCreate      = "User with accountId: %s is not authorized to perform CreateLogGroup with Tags. An additional permission \"logs:TagResource\" is required."
	textKey              = "The specified KMS key does not exist or is not allowed to be used with Arn '%s'"
	textNotInvokable     = "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function."
	textNotDeliverable   = "Could not deliver test message to specified %s. Check if the given %s is in ACTIVE state."
	textOrderWithPrefix  = "Cannot order by LastEventTime with a logStreamNamePrefix."
	textOrder            = "Log events in a single PutLogEvents request must be in chronological order."
	textSpan             = "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
	textUpload           = "Upload too large: %d bytes exceeds limit of %d"
	textNoGroupOfAccount = "Log group '%s' does not exist for account ID '%s' (Service: AWSLogs; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: %s; Proxy: null)"
	textToken            = "The specified nextToken is invalid."
	textInvalidOperation = "The operation is not valid on the specified resource." // as the API reference describes the error
	textNamesAndPrefix   = "Only one of logStreamNames and logStreamNamePrefix can be specified."
	textNoMetricFilter   = "The specified metric filter does not exist."
)

// Texts of which no answer of CloudWatch Logs is on record: unverified.
const (
	textNoIdentifier      = "Either LogGroup name or LogGroup ARN must be specified."
	textIdentifier        = "The specified log group identifier is invalid."
	textProtected         = "The log group is deletion protected. Disable deletion protection and try again."
	textRetention         = "Invalid retention value. Valid values are: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
	textDeliveryRetention = "The retention of log groups of the DELIVERY class is one day and cannot be changed."
	textTagKey            = "Tag keys can't be empty, be longer than 128 characters, or begin with aws:."
	textTagValue          = "Tag values can't be longer than 256 characters."
	textManyTags          = "The resource can have no more than 50 tags."
	textKeyIdentifier     = "Exactly one of logGroupName and resourceIdentifier must be specified."
	textKeyARN            = "The specified KMS Key Id could not be found."
	textNoResource        = "The specified resource does not exist."
	textPrefixAndPattern  = "Only one of logGroupNamePrefix and logGroupNamePattern can be specified."
	textNoLinks           = "accountIdentifiers can be specified only with includeLinkedAccounts."
	textManyAccounts      = "Only one account can be specified in accountIdentifiers."
	textDestinationARN    = "destinationArn for vendor %s cannot be used with roleArn"
	textNeedsRole         = "A roleArn is required for destinations of %s."
	textDestination       = "The specified destinationArn is not valid for a subscription filter."
	textRole              = "The specified role %s does not exist or cannot be assumed by CloudWatch Logs."
	textRegion            = "The destination must be in the region of the log group."
	textNoDestination     = "The specified destination does not exist."
	textNoAccess          = "The destination has no access policy."
	textPolicy            = "The policy document is not valid."
	textNoPolicy          = "The specified resource policy does not exist."
	textPolicyName        = "Exactly one of policyName and resourceArn must be specified."
	textRevision          = "The specified revision id does not match the current one."
	textNoAccountPolicy   = "The specified account policy does not exist."
	textNoQuery           = "The specified query does not exist."
	textQueryRange        = "The end time of a query must not be before its start time."
	textQueryGroups       = "Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be specified."
	textTransformations   = "The metric filter needs one metric transformation."
	textDimensions        = "A metric transformation can have no more than 3 dimensions, and no default value with them."
	textMetricNames       = "metricName and metricNamespace must be specified together."
	textClass             = "The operation is supported for log groups of the STANDARD class only."
)

func invalidParameter(message string) error {
	return &types.InvalidParameterException{Message: &message}
}

func invalid(message string) error { return &types.ValidationException{Message: &message} }

func notFound(message string) error { return &types.ResourceNotFoundException{Message: &message} }

func alreadyExists(message string) error {
	return &types.ResourceAlreadyExistsException{Message: &message}
}

func limitExceeded() error { return &types.LimitExceededException{Message: aws.String(textLimit)} }

func invalidOperation(message string) error {
	return &types.InvalidOperationException{Message: &message}
}

func accessDenied(message string) error {
	return &types.AccessDeniedException{Message: &message}
}

// notImplemented is the answer to what CloudWatch Logs has and this fake has not.
func notImplemented(what string) error {
	return fakeaws.NotImplemented("logs: " + what + " is not implemented")
}

// faults has the error of the service's own model for a failure of its own. The text is
// unverified.
var faults = map[fakeaws.FaultKind]error{
	fakeaws.Unavailable: &types.ServiceUnavailableException{Message: aws.String("The service cannot complete the request.")},
}

// members has the constraints of the service model.
var members = constraint.NewModel(serviceName, constraint.Wording{Error: invalidParameter})

// check refuses input that the service model does not admit.
func check(in any) error { return members.Check(in) }
