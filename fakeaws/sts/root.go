package sts

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/awsid"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

func (s *Fake) rootOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.assumeRoot),
	}
}

// longestRootSession is both the default and the limit (API page "AssumeRoot").
const longestRootSession = 15 * time.Minute

// taskPolicies are the policies that can scope a root session. They only deny:
// what they leave over is the task.
var taskPolicies = []string{
	"IAMAuditRootUserCredentials", "IAMCreateRootUserPassword", "IAMDeleteRootUserCredentials",
	"S3UnlockBucketPolicy", "SQSUnlockQueuePolicy",
}

// assumeRoot makes credentials of the root user of a member account of the
// caller's organization, for one task. It needs sts:AssumeRoot on that root user;
// that the organization lets the account do so is the other half.
func (s *Fake) assumeRoot(call *fakeaws.Call, in *sdk.AssumeRootInput) (*fakeaws.Plan[*sdk.AssumeRootOutput], error) {
	if err := regionalOnly(call); err != nil {
		return nil, err
	}
	if err := admit(call, in, ofUsers|ofRoles); err != nil {
		return nil, err
	}
	target, err := rootTarget(in)
	if err != nil {
		return nil, err
	}
	if call.Caller.Type == enforce.Root && !call.Fixture() {
		return nil, accessDenied(rootAssumesRoot)
	}
	// No policy of the member account is asked, so it is as if it were the caller's.
	need := fakeaws.Need{Action: "sts:AssumeRoot", Resource: fakeaws.ARN("iam", "", target, "root"), ResourceAccount: call.Account}
	need.Context.Set("sts:TaskPolicyArn", *in.TaskPolicyArn.Arn)
	return &fakeaws.Plan[*sdk.AssumeRootOutput]{Needs: []fakeaws.Need{need}, Do: func() (*sdk.AssumeRootOutput, error) {
		return s.openRoot(call, in, target)
	}}, nil
}

// rootTarget checks a request and returns the account whose root user it means.
func rootTarget(in *sdk.AssumeRootInput) (string, error) {
	name, isTask := strings.CutPrefix(aws.ToString(in.TaskPolicyArn.Arn), awsPolicies+"root-task/")
	if !isTask || !slices.Contains(taskPolicies, name) {
		return "", constraint.Error(fmt.Sprintf(notATaskPolicy, aws.ToString(in.TaskPolicyArn.Arn)))
	}
	target, ok := awsid.Account(*in.TargetPrincipal)
	if !ok {
		return "", constraint.Error(*in.TargetPrincipal + " is invalid")
	}
	return target, nil
}

// openRoot makes the credentials.
func (s *Fake) openRoot(call *fakeaws.Call, in *sdk.AssumeRootInput, target string) (*sdk.AssumeRootOutput, error) {
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
