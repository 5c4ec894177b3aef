package sts

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// longestRootSession is both the default and the limit (API page "AssumeRoot").
const longestRootSession = 15 * time.Minute

// taskPolicies are the policies that can scope a root session. They only deny:
// what they leave over is the task.
var taskPolicies = []string{
	"IAMAuditRootUserCredentials", "IAMCreateRootUserPassword", "IAMDeleteRootUserCredentials",
	"S3UnlockBucketPolicy", "SQSUnlockQueuePolicy",
}

// rootTarget checks a request and returns the account whose root user it means.
func rootTarget(in *sdk.AssumeRootInput) (string, error) {
	if err := members.Check(in); err != nil {
		return "", err
	}
	name, isTask := strings.CutPrefix(aws.ToString(in.TaskPolicyArn.Arn), awsPolicies+"root-task/")
	if !isTask || !slices.Contains(taskPolicies, name) {
		return "", constraint.Error(fmt.Sprintf(notATaskPolicy, aws.ToString(in.TaskPolicyArn.Arn)))
	}
	target := *in.TargetPrincipal
	if rest, isARN := strings.CutPrefix(target, "arn:aws:iam::"); isARN {
		target, _ = strings.CutSuffix(rest, ":root")
	}
	if len(target) != 12 || strings.Trim(target, "0123456789") != "" {
		return "", constraint.Error(*in.TargetPrincipal + " is invalid")
	}
	return target, nil
}

// rootNeeds asks for sts:AssumeRoot on the root user of a member account. That
// the organization lets the account do so is the other half.
func (s *Fake) rootNeeds(ctx context.Context, in *sdk.AssumeRootInput) ([]fakeaws.Need, error) {
	target, err := rootTarget(in)
	if err != nil {
		return nil, err
	}
	call := fakeaws.CallFrom(ctx)
	if call.Caller.Type == enforce.Root {
		return nil, accessDenied(rootAssumesRoot)
	}
	// No policy of the member account is asked, so it is as if it were the caller's.
	need := fakeaws.Need{Action: "sts:AssumeRoot", Resource: fakeaws.ARN("iam", "", target, "root"), ResourceAccount: call.Account}
	need.Context.Set("sts:TaskPolicyArn", *in.TaskPolicyArn.Arn)
	return []fakeaws.Need{need}, nil
}

// AssumeRoot makes credentials of the root user of a member account of the
// caller's organization, for one task.
func (s *Fake) AssumeRoot(ctx context.Context, in *sdk.AssumeRootInput) (*sdk.AssumeRootOutput, error) {
	call := fakeaws.CallFrom(ctx)
	target, err := rootTarget(in)
	if err != nil {
		return nil, err
	}
	member, ok := s.world.Account(target)
	if !ok || s.world.Closed(target) || !s.mayAssumeRoot(call.Account, target) {
		return nil, accessDenied(fmt.Sprintf(rootNotCentralized, call.Caller.ARN, fakeaws.ARN("iam", "", target, "root")))
	}
	task, ok := s.world.Directory().ManagedPolicy(*in.TaskPolicyArn.Arn)
	if !ok {
		return nil, constraint.Error(fmt.Sprintf(notATaskPolicy, *in.TaskPolicyArn.Arn))
	}
	life := longestRootSession
	if seconds := aws.ToInt32(in.DurationSeconds); seconds > 0 {
		life = time.Duration(seconds) * time.Second
	}
	caller := *member.Root.Caller
	caller.Session = &fakeaws.Session{Policies: []*enforce.Policy{task}}
	if calling := call.Caller.Session; calling != nil {
		caller.Session.SourceIdentity = calling.SourceIdentity
	}
	out := &sdk.AssumeRootOutput{
		Credentials:    s.issue(&caller, call.Time, life, in.MinimumSessionTokenSize),
		SourceIdentity: optional(caller.Session.SourceIdentity),
	}
	out.SessionTokenSize, out.SessionTokenUtilization = tokenUse(out.Credentials)
	return out, nil
}

// mayAssumeRoot reports whether an account may act as the root user of another:
// as the management account or the delegated administrator of IAM of an
// organization that has root sessions enabled, in one of its other members.
func (s *Fake) mayAssumeRoot(account, target string) bool {
	mine, theirs := s.world.Membership(account), s.world.Membership(target)
	return mine != nil && theirs != nil && mine.ID == theirs.ID && target != mine.Management &&
		mine.Administers(account, "iam.amazonaws.com") && s.world.RootAccess(mine.ID).Sessions
}
