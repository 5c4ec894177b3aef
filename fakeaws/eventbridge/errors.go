package eventbridge

import (
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// Texts that EventBridge answers, as it or its users quote them.
const (
	textNoBus         = "Event bus %s does not exist."
	textBusExists     = "Event bus %s already exists."
	textBusSlash      = "Event bus name must not contain '/'."
	textDefaultBus    = "Cannot delete event bus default."
	textNoStatement   = "Statement with the provided id does not exist."
	textNoRule        = "Rule %s does not exist on EventBus %s."
	textHasTargets    = "Rule can't be deleted since it has targets."
	textPattern       = "Event pattern is not valid. Reason: %s"
	textSchedule      = "Parameter ScheduleExpression is not valid."
	textNeither       = "Parameter(s) EventPattern or ScheduleExpression must be specified."
	textScheduleBus   = "ScheduleExpression is supported only on the default event bus."
	textLimit         = "The requested resource exceeds the maximum number allowed."
	textTestedEvent   = "Parameter Event is not valid."
	textTooLarge      = "Total size of the entries in the request is over the limit."
	textEntryRequired = "Parameter %s is not valid. Reason: %s is a required argument."
	textDetail        = "Detail is malformed."
	textSource        = "Not authorized for the source."
	textOneInput      = "Only one of Input, InputPath, or InputTransformer must be provided for target %s."
	textRoleRequired  = "RoleArn is required for target %s."
	textParameters    = "Parameter(s) %s must be specified for target: %s."
	textTargetARN     = "Parameter %s is not valid. Reason: Provided Arn is not in correct format."
	textNotAssumable  = "Provided role '%s' cannot be assumed by principal 'events.amazonaws.com'."
	textNoArchive     = "Archive %s does not exist."
	textArchiveExists = "Archive %s already exists."
	textNoReplay      = "Replay %s does not exist."
	textReplayExists  = "Replay %s already exists."
	textReplaySource  = "Parameter EventSourceArn is not valid. Reason: Archive %s does not exist."
	textReplayTimes   = "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime."
	textReplayBus     = "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted."
	textReplayState   = "Replay %s is not in a valid state for this operation."
	textNoAPI         = "Failed to describe the api-destination(s). An api-destination '%s' does not exist."
)

// Texts of which no answer of EventBridge is on record: unverified.
const (
	textBusARN        = "Parameter EventBusName is not valid. Reason: Provided Arn is not in correct format."
	textBusHasRules   = "Event bus can't be deleted since it has rules."
	textPolicyLong    = "The policy of the event bus is too long."
	textPolicy        = "Parameter Policy is not valid. Reason: %s"
	textPermission    = "Parameter(s) StatementId, Principal and Action, or Policy must be specified."
	textBothPolicies  = "Parameter Policy can't be given with StatementId, Principal, Action or Condition."
	textAction        = "Provided value in parameter 'action' is not supported."
	textCondition     = "Parameter Condition is not valid. Reason: the type must be StringEquals and the key aws:PrincipalOrgID."
	textNoStatementID = "Parameter StatementId is not valid. Reason: StatementId or RemoveAllPermissions must be specified."
	textToken         = "Parameter NextToken is not valid."
	textTags          = "You can't attach more than 50 tags to a resource."
	textTagKey        = "Tag keys can't be empty, and can't begin with aws:."
	textTagTwice      = "Duplicate tag keys are not allowed: %s."
	textResourceARN   = "Parameter ResourceARN is not valid. Reason: Provided Arn is not in correct format."
	textInput         = "JSON syntax error in input for target %s."
	textInputPath     = "InputPath for target %s is invalid."
	textInputPaths    = "InputPathsMap for target %s is invalid."
	textTemplate      = "InputTemplate for target %s is invalid: it has no variable %s."
	textTargetTwice   = "Duplicate target id %s."
	textDeadLetterARN = "Parameter DeadLetterConfig.Arn is not valid for target %s. Reason: it must be the ARN of a standard Amazon SQS queue."
	textArchiveSource = "Parameter EventSourceArn is not valid. Reason: Event bus %s does not exist."
	textReplayFilter  = "Parameter Destination.FilterArns is not valid. Reason: Rule %s does not exist."
	textNoConnection  = "Failed to describe the connection(s). Connection '%s' does not exist."
	textNameTaken     = "%s already exists."
	textInUse         = "Connection %s is in use by an api-destination."
	textAuthorization = "Parameter AuthParameters is not valid for the authorization type %s."
	textResourceLong  = "Parameter Resources is not valid."
)

// faults has the errors of the service's own model.
var faults = map[fakeaws.FaultKind]error{
	fakeaws.ServerError: &types.InternalException{Message: aws.String("An internal error occurred.")},
	fakeaws.Throttle:    &types.ThrottlingException{Message: aws.String("Rate exceeded")},
}

func accessDenied(message string) error {
	return &fakeaws.Error{Code: "AccessDeniedException", Message: message, Status: http.StatusBadRequest}
}

func invalid(message string) error {
	return &fakeaws.Error{Code: "ValidationException", Message: message, Status: http.StatusBadRequest}
}

func invalidf(format string, args ...any) error { return invalid(fmt.Sprintf(format, args...)) }

func notFound(format string, args ...any) error {
	return &types.ResourceNotFoundException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func exists(format string, args ...any) error {
	return &types.ResourceAlreadyExistsException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func tooMany() error { return &types.LimitExceededException{Message: aws.String(textLimit)} }

func badPattern(err error) error {
	return &types.InvalidEventPatternException{Message: aws.String(fmt.Sprintf(textPattern, err))}
}

func noBus(name string) error { return notFound(textNoBus, name) }

func noRule(rule, bus string) error { return notFound(textNoRule, rule, bus) }

func notImplemented(what string) error { return fakeaws.NotImplemented("events: " + what) }

// members has the constraints of the service model.
var members = constraint.NewModel("events", constraint.Wording{Error: invalid})

// check refuses input that the service model does not admit, in the words of AWS's front
// end.
func check(in any) error { return members.Check(in) }
