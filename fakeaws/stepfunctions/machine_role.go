package stepfunctions

import (
	"fmt"
	"strings"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"

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
// may not make the rule of EventBridge by which Step Functions learns of the ends of
// executions that it waits for. No lock is held.
func (s *Fake) checkRole(call *fakeaws.Call, id resourceID, arn string, m *asl.Machine) error {
	if !s.world.Has("iam") || !s.world.Has("sts") {
		call.Help("this World has no IAM with roles")
		return accessDenied(textTrust)
	}
	if _, ok := s.world.Directory().Role(arn); !ok {
		call.Help("there is no role " + arn)
		return accessDenied(textTrust)
	}
	by := as(id)
	if err := s.world.May(call, &fakeaws.Question{Service: &by, Action: "sts:AssumeRole", Resource: arn, Region: id.region}); err != nil {
		call.Help(err.Error())
		return accessDenied(textTrust)
	}
	waits := false
	m.Each(func(state *asl.State) {
		waits = waits || strings.HasPrefix(state.Resource, "arn:aws:states:::states:startExecution.sync")
	})
	if !waits {
		return nil
	}
	session, err := role.Assume(call, s.world, by, arn, sessionName(s.world))
	if err != nil {
		return accessDenied(textTrust)
	}
	rule := fakeaws.ARN("events", id.region, id.account, "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule")
	for _, action := range []string{"events:PutTargets", "events:PutRule", "events:DescribeRule"} {
		q := &fakeaws.Question{AccessKeyID: session.Credentials.AccessKeyID, Action: action, Resource: rule, Region: id.region}
		if err := s.world.May(call, q); err != nil {
			call.Help(err.Error())
			return accessDenied(fmt.Sprintf(textManagedRule, arn))
		}
	}
	return nil
}

// sessionName is the name of a session that Step Functions has of a role.
func sessionName(w *fakeaws.World) string { return w.IDs().Name(32) }
