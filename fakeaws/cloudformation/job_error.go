package cloudformation

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// reason is why a job failed, as events tell it.
func (j *job) reason() string {
	var of *callError
	var api smithy.APIError
	switch {
	case !errors.As(j.err, &api):
		return j.err.Error()
	case !errors.As(j.err, &of):
		return api.ErrorMessage()
	}
	text := fmt.Sprintf("%s (Service: %s, Status Code: %d, Request ID: %s)", api.ErrorMessage(), serviceNames[of.service], statusOf(api), j.s.world.IDs().UUID())
	return fmt.Sprintf("Resource handler returned message: %q (RequestToken: %s, HandlerErrorCode: %s)", text, j.token, handlerCode(api.ErrorCode(), statusOf(api)))
}

// serviceNames are those of services in the errors of the SDK for Java 2, by their packages.
var serviceNames = map[string]string{
	"sqs": "Sqs", "sns": "Sns", "iam": "Iam", "s3": "S3", "kms": "Kms", "secretsmanager": "SecretsManager", "lambda": "Lambda", "eventbridge": "EventBridge",
	"scheduler": "Scheduler", "cloudwatchlogs": "CloudWatchLogs", "dynamodb": "DynamoDb", "kinesis": "Kinesis", "firehose": "Firehose", "sfn": "Sfn", "cloudformation": "CloudFormation",
}

// statusOf is the HTTP status of an error.
func statusOf(api smithy.APIError) int {
	var own *fakeaws.Error
	if errors.As(api, &own) && own.Status > 0 {
		return own.Status
	}
	code := api.ErrorCode()
	switch {
	case strings.Contains(code, "AccessDenied"):
		return 403
	case strings.Contains(code, "NotFound"), strings.HasPrefix(code, "NoSuch"):
		return 404
	case strings.Contains(code, "Conflict"), strings.Contains(code, "AlreadyExists"):
		return 409
	}
	return 400
}

// handlerCode is the code of a handler's error ("Handler error codes" of the CloudFormation
// CLI User Guide). Which codes of services become which is unverified.
func handlerCode(code string, status int) string {
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(code, part) })
	}
	switch {
	case has("AccessDenied", "AuthorizationError", "NotAuthorized", "Unauthorized"):
		return "AccessDenied"
	case notFoundCode(code):
		return "NotFound"
	case has("AlreadyExists", "AlreadyOwnedByYou", "Exists", "ResourceInUse", "ResourceConflict"):
		return "AlreadyExists"
	case has("LimitExceeded", "QuotaExceeded"):
		return "ServiceLimitExceeded"
	case has("Throttl", "TooManyRequests"):
		return "Throttling"
	case has("Conflict"):
		return "ResourceConflict"
	case status >= 500:
		return "ServiceInternalError"
	case has("Validation", "Invalid", "Malformed"):
		return "InvalidRequest"
	}
	return "GeneralServiceException"
}

func notFoundCode(code string) bool {
	return strings.Contains(code, "NotFound") || strings.Contains(code, "NoSuch") || strings.Contains(code, "NonExistent") || strings.Contains(code, "DoesNotExist")
}

// isNotFound reports whether a resource is gone already: then its deletion is done.
func isNotFound(err error) bool {
	var api smithy.APIError
	var of *callError
	return errors.As(err, &of) && errors.As(err, &api) && notFoundCode(api.ErrorCode())
}
