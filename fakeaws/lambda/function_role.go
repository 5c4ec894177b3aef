package lambda

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// passRole is the permission to pass an execution role to Lambda.
func passRole(role string, id functionID) fakeaws.Need {
	parsed, _ := awsarn.Parse(role) // the form was checked
	need := fakeaws.Need{Action: "iam:PassRole", Resource: role, ResourceAccount: parsed.AccountID}
	need.Context.Set("iam:PassedToService", serviceName)
	need.Context.Set("iam:AssociatedResourceArn", id.arn())
	return need
}

// checkRole refuses an execution role that Lambda cannot assume, and one that lacks the
// permissions which Lambda tries when it is given a dead-letter target or a VPC. No lock is
// held.
func (s *Fake) checkRole(call *fakeaws.Call, id functionID, v *version, passed bool, dead *types.DeadLetterConfig, vpc *types.VpcConfig) error {
	parsed, _ := awsarn.Parse(*v.Role)
	if parsed.AccountID != id.account {
		return accessDenied(textCrossAccount)
	}
	if passed && !s.trusted(call, *v.Role, id) {
		return invalidParameter(textRole)
	}
	if dead != nil && aws.ToString(dead.TargetArn) != "" {
		if err := s.checkDeadLetter(call, id, *v.Role, *dead.TargetArn); err != nil {
			return err
		}
	}
	if vpc != nil && len(vpc.SubnetIds) > 0 {
		for _, action := range []string{"CreateNetworkInterface", "DescribeNetworkInterfaces", "DeleteNetworkInterface"} {
			if !s.roleMay(call, id, *v.Role, "ec2:"+action, "*") {
				return invalidParameter("The provided execution role does not have permissions to call " + action + " on EC2")
			}
		}
	}
	return nil
}

// trusted reports whether there is a role, and its trust policy lets Lambda assume it for a
// function.
func (s *Fake) trusted(call *fakeaws.Call, role string, id functionID) bool {
	if !s.world.Has("iam") || !s.world.Has("sts") {
		call.Help("this World has no IAM with roles")
		return false
	}
	if _, ok := s.world.Directory().Role(role); !ok {
		call.Help("there is no role " + role)
		return false
	}
	by := fakeaws.ServiceCall{Principal: serviceName, SourceARN: id.arn(), SourceAccount: id.account, Region: id.region}
	err := s.world.May(call, &fakeaws.Question{Service: &by, Action: "sts:AssumeRole", Resource: role, Region: id.region})
	if err != nil {
		call.Help(err.Error())
	}
	return err == nil
}

// checkDeadLetter refuses a dead-letter target to which the role may not send.
func (s *Fake) checkDeadLetter(call *fakeaws.Call, id functionID, role, dead string) error {
	parsed, err := awsarn.Parse(dead)
	if err != nil || parsed.Service != "sqs" && parsed.Service != "sns" || strings.HasSuffix(dead, ".fifo") {
		return invalidParameter(textDeadLetter)
	}
	return s.checkSending(call, id, role, dead)
}

// sending are the operations by which Lambda sends to destinations, as errors name them.
var sending = map[string][2]string{
	"sqs": {"SendMessage", "SQS"}, "sns": {"Publish", "SNS"}, "lambda": {"Invoke", "Lambda"}, "events": {"PutEvents", "EventBridge"}, "s3": {"PutObject", "S3"},
}

// checkSending refuses a destination to which the role may not send, or that does not exist.
func (s *Fake) checkSending(call *fakeaws.Call, id functionID, role, to string) error {
	parsed, _ := awsarn.Parse(to)
	session, err := s.session(call, id, role)
	if err == nil {
		err = s.world.CheckDelivery(call, session.actor, &fakeaws.Delivery{Target: to, Body: []byte("{}")})
	}
	if err == nil {
		return nil
	}
	if gone := call.Err(); gone != nil && errors.Is(err, gone) {
		return err
	}
	name := sending[parsed.Service]
	return invalidParameter("The provided execution role does not have permissions to call " + name[0] + " on " + name[1])
}

// roleMay reports whether an execution role may perform an action on a resource. Why it may
// not, the World's log says of the call.
func (s *Fake) roleMay(call *fakeaws.Call, id functionID, role, action, resource string) bool {
	session, err := s.session(call, id, role)
	if err != nil {
		return false
	}
	if err := s.world.May(call, &fakeaws.Question{AccessKeyID: session.key, Action: action, Resource: resource, Region: id.region}); err != nil {
		call.Help("the execution role " + role + ": " + err.Error())
		return false
	}
	return true
}
