package scheduler

import (
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// Texts that EventBridge Scheduler answers, as its users quote them.
const (
	textNoSchedule  = "Schedule %s does not exist."
	textExists      = "Schedule %s already exists."
	textNoGroup     = "Schedule group %s does not exist."
	textGroupExists = "Schedule group %s already exists."
	textExpression  = "Invalid Schedule Expression %s."
	textRole        = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
	textARN         = "Provided Arn is not in correct format."
	textStart       = "The StartDate you specify cannot be earlier than 5 minutes ago."
)

// Texts of which no answer of the service is on record: unverified.
const (
	textEnd          = "The EndDate you specify must come after the StartDate and the current time."
	textZone         = "Invalid Schedule Expression Timezone %s."
	textWindow       = "MaximumWindowInMinutes must be specified for a flexible time window, and for no other."
	textParameters   = "%s must be specified for target %s, and for no other."
	textDefaultGroup = "The default schedule group cannot be deleted."
	textQuota        = "The quota of %s is exceeded."
	textToken        = "Invalid NextToken."
	textTags         = "A resource cannot have more than 50 tags."
	textTagKey       = "Tag keys cannot begin with aws:."
	textTagTwice     = "Duplicate tag key %s."
)

// faults has the errors of the service's own model.
var faults = map[fakeaws.FaultKind]error{
	fakeaws.ServerError: &types.InternalServerException{Message: aws.String("Unexpected error encountered while processing the request.")},
	fakeaws.Throttle:    &types.ThrottlingException{Message: aws.String("Rate exceeded")},
}

func accessDenied(message string) error {
	return &fakeaws.Error{Code: "AccessDeniedException", Message: message, Status: http.StatusForbidden}
}

func invalid(message string) error { return &types.ValidationException{Message: &message} }

func invalidf(format string, args ...any) error { return invalid(fmt.Sprintf(format, args...)) }

func notFound(format string, args ...any) error {
	return &types.ResourceNotFoundException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func conflict(format string, args ...any) error {
	return &types.ConflictException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func tooMany(what string) error {
	return &types.ServiceQuotaExceededException{Message: aws.String(fmt.Sprintf(textQuota, what))}
}

func notImplemented(what string) error { return fakeaws.NotImplemented("scheduler: " + what) }

// members has the constraints of the service model.
var members = constraint.NewModel("scheduler", constraint.Wording{Error: invalid})

// check refuses input that the service model does not admit, in the words of AWS's front
// end.
func check(in any) error { return members.Check(in) }
