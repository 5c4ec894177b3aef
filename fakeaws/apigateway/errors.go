package apigateway

import (
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Texts of which no answer of API Gateway is at hand: unverified.
const (
	textTags          = "Tags must have keys of 1 to 128 and values of up to 256 characters, no more than 50, and no key that begins with aws:."
	textPosition      = "Invalid position parameter specified"
	textPolicy        = "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."
	textNoPolicy      = "Private REST API doesn't have a resource policy attached to it"
	textTooMany       = "Maximum number of %s for this account has been reached. Please contact AWS if you need additional %[1]s."
	textRolePass      = "Cross-account pass role is not allowed."
	textNotTagged     = "Invalid Resource ARN specified"
	textModelName     = "Model name must be alphanumeric: %s"
	textModelExists   = "Model name already exists for this REST API"
	textModelUsed     = "Cannot delete model '%s', is referenced by method"
	textStageUsed     = "Active stages pointing to this deployment must be moved or deleted"
	textStageName     = "Stage name only allows a-zA-Z0-9_-"
	textPathPart      = "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end."
	textGreedy        = "Cannot create a child of a resource with a greedy path variable."
	textSibling       = "A sibling ({%s}) of this resource already has a variable path part -- only one unique path part is allowed"
	textDomainExists  = "The domain name you provided already exists."
	textKeyExists     = "API Key already exists"
	textPlanUsed      = "Cannot delete usage plan that has API stages associated"
	textNoPlanKey     = "Invalid Usage Plan Key identifier specified"
	textAuthorizer    = "Invalid authorizer %s specified"
	textParameter     = "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: %s]"
	textTemplate      = "Invalid mapping template specified for content type %s: %v"
	textMethodName    = "Invalid HTTP method specified: %s"
	textStatusCode    = "Invalid status code specified: %s"
	textUnknownSource = "Invalid identity source specified"
	textVPCLinkUsed   = "Cannot delete vpc link. Vpc link is referenced in an integration"
	textGatewayCode   = "Invalid status code: %s"
	textPatchValue    = "Invalid patch value '%s' specified for path '%s'"
)

// faults has the errors of the service's own model.
var faults = map[fakeaws.FaultKind]error{
	fakeaws.Throttle: &types.TooManyRequestsException{Message: aws.String("Too Many Requests")},
}

func accessDenied(message string) error {
	return &fakeaws.Error{Code: "AccessDeniedException", Message: message, Status: http.StatusForbidden}
}

func invalid(format string, args ...any) error {
	return &types.BadRequestException{Message: aws.String(text(format, args))}
}

func notFound(format string, args ...any) error {
	return &types.NotFoundException{Message: aws.String(text(format, args))}
}

func conflict(format string, args ...any) error {
	return &types.ConflictException{Message: aws.String(text(format, args))}
}

// tooMany is the error of a quota.
func tooMany(what string) error {
	return &types.LimitExceededException{Message: aws.String(fmt.Sprintf(textTooMany, what))}
}

func text(format string, args []any) string {
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}

func notImplemented(what string) error { return fakeaws.NotImplemented("apigateway: " + what) }

// invalidMembers is the error of API Gateway's front end, for members with values that the model
// does not have.
func invalidMembers(problems []string) error {
	count := "1 validation error"
	if len(problems) != 1 {
		count = strconv.Itoa(len(problems)) + " validation errors"
	}
	return &fakeaws.Error{Code: "ValidationException", Status: http.StatusBadRequest, Message: count + " detected: " + strings.Join(problems, "; ")}
}

func noSuchAPI(at place, id string) error {
	return notFound("Invalid API identifier specified %s:%s", at.account, id)
}

// checkOps refuses patch operations that there are not.
func checkOps(input string, in any) error {
	field := reflect.ValueOf(in).Elem().FieldByName("PatchOperations")
	if !field.IsValid() {
		return nil
	}
	ops, _ := field.Interface().([]types.PatchOperation)
	var problems []string
	for i, op := range ops {
		known := false
		for _, v := range op.Op.Values() {
			known = known || v == op.Op
		}
		if !known {
			problems = append(problems, fmt.Sprintf("Value '%s' at '%s.patchOperations.%d.member.op' failed to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]",
				op.Op, strings.ToLower(input[:1])+input[1:], i+1))
		}
	}
	if problems != nil {
		return invalidMembers(problems)
	}
	return nil
}
