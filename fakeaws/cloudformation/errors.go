package cloudformation

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
	"github.com/leastpriv/leastpriv/internal/template"
)

// Texts that CloudFormation answers, as its users quote them.
const (
	textNoUpdates      = "No updates are to be performed."
	textState          = "Stack:%s is in %s state and can not be updated."
	textExists         = "Stack [%s] already exists"
	textProtected      = "Stack [%s] cannot be deleted while TerminationProtection is enabled"
	textExportInUse    = "Export %s cannot be deleted as it is in use by %s"
	textExportUpdate   = "Cannot update export %s as it is in use by %s"
	textExportTwice    = "Export with name %s is already exported by stack %s. Rollback requested by user."
	textInitiated      = "Resource creation Initiated"
	textReplacing      = "Requested update requires the creation of a new physical resource; hence creating one."
	textUserInitiated  = "User Initiated"
	textNoChanges      = "The submitted information didn't contain changes. Submit different information to create a change set."
	textNeitherBody    = "Either Template URL or Template Body must be specified."
	textBothBodies     = "Both TemplateBody and TemplateUrl must not be specified."
	textStackPolicy    = "Action denied by stack policy: Statement [#%d] does not allow [%s] for resource [LogicalResourceId/%s]"
	textTypeChanged    = "Update of resource type is not permitted. The new template modifies resource type of the following resources: [%s]"
	textCustomName     = "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename %s and update the stack again."
	textNoAttribute    = "Template error: resource %s does not support attribute type %s in Fn::GetAtt"
	textMalformedToken = "Token contains invalid characters"
)

// Texts of which no answer of CloudFormation is on record: unverified.
const (
	textNoResource    = "Resource %s does not exist for stack %s"
	textNoPrevious    = "Parameters: [%s] have no previous value"
	textNoPolicyBody  = "You can't specify both the body and the URL of a stack policy, and must specify one"
	textStacksQuota   = "Limit for stack has been exceeded"
	textNotInProgress = "CancelUpdateStack cannot be called from current stack status"
	textNotFailed     = "Stack:%s is in %s state and can not continue rollback."
	textNotRollback   = "Stack:%s is in %s state and can not be rolled back."
	textToken         = "Invalid NextToken"
	textTimeout       = "Stack creation time exceeded the specified timeout. Rollback requested by user."
)

// members has the constraints of the service model.
var members = constraint.NewModel("cloudformation", constraint.Wording{})

// check refuses input that the service model does not admit.
func check(in any) error {
	err := members.Check(in)
	var api smithy.APIError
	if errors.As(err, &api) {
		return invalid("%s", api.ErrorMessage())
	}
	return err
}

func invalid(format string, args ...any) error {
	return &fakeaws.Error{Code: "ValidationError", Message: fmt.Sprintf(format, args...), Status: http.StatusBadRequest}
}

// ofTemplate is the error of a template as the answer to a call.
func ofTemplate(err error) error {
	var own *template.Error
	var missing *template.UnsupportedError
	switch {
	case errors.As(err, &own):
		return invalid("%s", own.Message)
	case errors.As(err, &missing):
		return notImplemented(missing.What)
	}
	return err
}

func noStack(call *fakeaws.Call, name string) error {
	if call.Operation == "DescribeStackEvents" || call.Operation == "DescribeStackResources" || call.Operation == "UpdateTerminationProtection" {
		return invalid("Stack [%s] does not exist", name)
	}
	if call.Operation == "DescribeStackResource" || call.Operation == "GetStackPolicy" || call.Operation == "SetStackPolicy" {
		return invalid("Stack '%s' does not exist", name)
	}
	if strings.HasPrefix(call.Operation, "Update") || call.Operation == "CreateChangeSet" || call.Operation == "CancelUpdateStack" {
		return invalid("Stack [%s] does not exist", name)
	}
	return invalid("Stack with id %s does not exist", name)
}

func alreadyExists(name string) error {
	return &types.AlreadyExistsException{Message: aws.String(fmt.Sprintf(textExists, name))}
}

func insufficientCapabilities(names ...string) error {
	return &types.InsufficientCapabilitiesException{Message: aws.String("Requires capabilities : [" + strings.Join(names, ", ") + "]")}
}

func noChangeSet(name string) error {
	return &types.ChangeSetNotFoundException{Message: aws.String("ChangeSet [" + name + "] does not exist")}
}

func changeSetStatus(name, status string) error {
	return &types.InvalidChangeSetStatusException{Message: aws.String("ChangeSet [" + name + "] cannot be executed in its current status of [" + status + "]")}
}

func limitExceeded(text string) error { return &types.LimitExceededException{Message: &text} }

func notImplemented(what string) error {
	return fakeaws.NotImplemented("cloudformation: " + what + " is not implemented")
}

// A reason is why a resource failed, in CloudFormation's words.
type reason string

// Error implements error.
func (r reason) Error() string { return string(r) }

func reasonf(format string, args ...any) error { return reason(fmt.Sprintf(format, args...)) }
