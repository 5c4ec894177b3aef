package accessanalyzer

import (
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// Texts that IAM Access Analyzer answers, as its users quote them.
const textNoOrganization = "You must create an organization before you can create an organization analyzer."

// Texts of which no answer of the service is on record: unverified.
const (
	textNoAnalyzer     = "The analyzer %s does not exist."
	textExists         = "The analyzer %s already exists."
	textNoRule         = "The archive rule %s does not exist."
	textRuleExists     = "The archive rule %s already exists."
	textNoFinding      = "The finding %s does not exist."
	textNoResource     = "The resource %s is not analyzed by the analyzer."
	textNoJob          = "The policy generation %s does not exist."
	textNoPreview      = "The access preview %s does not exist."
	textQuota          = "The quota of %s is exceeded."
	textAdministrator  = "Only the management account or a delegated administrator of IAM Access Analyzer can create an organization analyzer."
	textTrustedAccess  = "Trusted access of IAM Access Analyzer to the organization is not enabled."
	textToken          = "Invalid NextToken."
	textTags           = "A resource cannot have more than 50 tags."
	textTagKey         = "Tag keys cannot begin with aws:."
	textFilterKey      = "The filter key %s is not valid."
	textCriterion      = "A criterion of the filter key %s has no values, or more than 20."
	textConfiguration  = "The configuration is not one of an analyzer of the type %s."
	textAge            = "unusedAccessAge must be between 1 and 365."
	textAgeStays       = "unusedAccessAge cannot be changed."
	textNotOfType      = "The operation is not supported for an analyzer of the type %s."
	textNotOfUpdate    = "An update of findings needs either ids or a resource ARN."
	textSort           = "Findings cannot be sorted by %s."
	textDocument       = "The policy document is not valid: %s"
	textUndecided      = "The check could not be completed: %s"
	textAccess         = "An access must have actions or resources."
	textPrincipal      = "The principal %s does not exist."
	textPeriod         = "The period of the policy generation must be at most 90 days, end after it starts, and start in the past."
	textAccessRole     = "IAM Access Analyzer cannot assume the role %s."
	textTrails         = "A policy generation needs the details of one trail."
	textBusy           = "A policy generation for %s is in progress."
	textConfigurations = "An access preview is of one resource."
	textResourceARN    = "The resource %s is not of the type of its configuration, or not of the account."
	textLong           = "The policy document is too long."
	textResourceType   = "The policy type does not go with the resource type %s."
)

// faults has the errors of the service's own model.
var faults = map[fakeaws.FaultKind]error{
	fakeaws.ServerError: &types.InternalServerException{Message: aws.String("Internal server error.")},
	fakeaws.Throttle:    &types.ThrottlingException{Message: aws.String("Rate exceeded")},
}

func accessDenied(message string) error {
	return &fakeaws.Error{Code: "AccessDeniedException", Message: message, Status: http.StatusForbidden}
}

func invalid(message string) error {
	return &types.ValidationException{Message: &message, Reason: types.ValidationExceptionReasonFieldValidationFailed}
}

func invalidf(format string, args ...any) error { return invalid(fmt.Sprintf(format, args...)) }

func notFound(kind, id, format string) error {
	return &types.ResourceNotFoundException{Message: aws.String(fmt.Sprintf(format, id)), ResourceId: &id, ResourceType: &kind}
}

func conflict(kind, id, format string) error {
	return &types.ConflictException{Message: aws.String(fmt.Sprintf(format, id)), ResourceId: &id, ResourceType: &kind}
}

func tooMany(kind, what string) error {
	return &types.ServiceQuotaExceededException{Message: aws.String(fmt.Sprintf(textQuota, what)), ResourceId: aws.String(what), ResourceType: &kind}
}

// malformed is the error of a document that a check cannot read.
func malformed(why string) error {
	return &types.InvalidParameterException{Message: aws.String(fmt.Sprintf(textDocument, why))}
}

// unprocessable is the error of a check that cannot be decided.
func unprocessable(why string) error {
	return &types.UnprocessableEntityException{Message: aws.String(fmt.Sprintf(textUndecided, why))}
}

func notImplemented(what string) error { return fakeaws.NotImplemented("access-analyzer: " + what) }

// members has the constraints of the service model.
var members = constraint.NewModel("access-analyzer", constraint.Wording{Error: invalid})

// check refuses input that the service model does not admit, in the words of AWS's front end.
func check(in any) error { return members.Check(in) }
