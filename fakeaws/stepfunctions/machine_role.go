package stepfunctions

import (
	"fmt"
	"strings"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions/internal/asl"
)

// passRole is the permission to pass a role to Step Functions for a state machine. The error
// says that it is no role that can be passed.
func passRole(arn, machine, account string) (fakeaws.Need, error) {
	a, err := awsarn.Parse(arn)
	if err != nil || a.Service != "iam" || !strings.HasPrefix(a.Resource, "role/") {
		return fakeaws.Need{}, invalidARN(textRoleARN, arn)
	}
	if a.AccountID != account {
		return fakeaws.Need{}, accessDenied(textCrossAccount)
	}
	pass := fakeaws.Need{Action: "iam:PassRole", Resource: arn, ResourceAccount: a.AccountID}
	pass.Context.Set("iam:PassedToService", serviceName)
	pass.Context.Set("iam:AssociatedResourceArn", machine)
	return pass, nil
}

// as is Step Functions as it acts for a state machine.
func as(id resourceID) fakeaws.ServiceCall {
	return fakeaws.ServiceCall{Principal: serviceName, SourceARN: id.arn(kindMachine), SourceAccount: id.account, Region: id.region}
}

// checkRole refuses a role that Step Functions cannot assume for a state machine, and one that
// may not do what Step Functions tries with it: have logs delivered, and make the rule of
// EventBridge by which it learns of the ends of executions that tasks wait for. No lock is held.
func (s *Fake) checkRole(call *fakeaws.Call, id resourceID, rev *revision) error {
	if !s.world.Has("iam") || !s.world.Has("sts") {
		call.Help("this World has no IAM with roles")
		return accessDenied(textTrust)
	}
	if _, ok := s.world.Directory().Role(rev.role); !ok {
		call.Help("there is no role " + rev.role)
		return accessDenied(textTrust)
	}
	by := as(id)
	if err := s.world.May(call, &fakeaws.Question{Service: &by, Action: "sts:AssumeRole", Resource: rev.role, Region: id.region}); err != nil {
		call.Help(err.Error())
		return accessDenied(textTrust)
	}
	waits := false
	rev.machine.Each(func(state *asl.State) {
		waits = waits || strings.HasPrefix(state.Resource, "arn:aws:states:::states:startExecution.sync")
	})
	if waits {
		rule := fakeaws.ARN("events", id.region, id.account, "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule")
		if !s.roleMay(call, id, rev.role, rule, "events:PutTargets", "events:PutRule", "events:DescribeRule") {
			return accessDenied(fmt.Sprintf(textManagedRule, rev.role))
		}
	}
	if l := rev.logging; l != nil && l.Level != "" && l.Level != types.LogLevelOff && !s.roleMay(call, id, rev.role, "*", logDelivery...) {
		return accessDenied(textLogAccess)
	}
	return nil
}

// logDelivery are the permissions that the role of a state machine needs which logs ("Create an IAM
// policy for logging" of the developer guide).
var logDelivery = []string{"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries",
	"logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"}

// roleMay reports whether the role of a state machine has permissions on a resource. The log tells
// of the first that it lacks.
func (s *Fake) roleMay(call *fakeaws.Call, id resourceID, arn, resource string, actions ...string) bool {
	session, err := role.Assume(call, s.world, as(id), arn, sessionName(s.world))
	if err != nil {
		call.Help(err.Error())
		return false
	}
	for _, action := range actions {
		q := &fakeaws.Question{AccessKeyID: session.Credentials.AccessKeyID, Action: action, Resource: resource, Region: id.region}
		if err := s.world.May(call, q); err != nil {
			call.Help(err.Error())
			return false
		}
	}
	return true
}

// sessionName is the name of a session that Step Functions has of a role.
func sessionName(w *fakeaws.World) string { return w.IDs().Name(32) }
