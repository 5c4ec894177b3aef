package prove_test

import (
	"context"
	"flag"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/prove"
	"github.com/leastpriv/leastpriv/internal/managed"
)

var all = flag.Bool("managed", false, "ask every managed policy of AWS, and not some of them")

// standard are questions that reviews of policies ask.
var standard = []struct {
	name string
	prove.Question
}{
	{"deletes objects of production", prove.Question{Actions: []string{"s3:Delete*"}, Resources: []string{"arn:aws:s3:::prod-*/*"}}},
	{"hands any role to a service", prove.Question{Actions: []string{"iam:PassRole"}, Resources: []string{"arn:aws:iam::*:role/*"}}},
	{"makes itself an administrator", prove.Question{Actions: []string{"iam:Attach*Policy", "iam:Put*Policy", "iam:CreatePolicyVersion"}}},
	{"reads secrets", prove.Question{Actions: []string{"secretsmanager:GetSecretValue"}}},
	{"decrypts with any key", prove.Question{Actions: []string{"kms:Decrypt"}}},
	{"assumes roles of other accounts", prove.Question{Actions: []string{"sts:AssumeRole"}, ResourceAccount: "444455556666"}},
	{"makes buckets public", prove.Question{Actions: []string{"s3:PutBucketPolicy", "s3:PutBucketAcl", "s3:PutBucketPublicAccessBlock"}}},
	{"stops the trail", prove.Question{Actions: []string{"cloudtrail:StopLogging", "cloudtrail:DeleteTrail"}}},
	{"terminates instances without MFA", prove.Question{Actions: []string{"ec2:TerminateInstances"},
		Where: []enforce.ConditionElement{enforce.Condition("BoolIfExists", "aws:MultiFactorAuthPresent", "false")}}},
	{"does anything outside of its regions", prove.Question{Actions: []string{"*"},
		Where: []enforce.ConditionElement{enforce.Condition("StringNotLike", "aws:RequestedRegion", "eu-*")}}},
}

// Every question about AWS's managed policies has an answer.
func TestManagedPolicies(t *testing.T) {
	names := managed.Names()
	if !*all {
		some := names[:0:0]
		for i := 0; i < len(names); i += 29 {
			some = append(some, names[i])
		}
		names = some
	}
	who, err := enforce.ParsePrincipal("arn:aws:iam::111122223333:role/worker")
	require.NoError(t, err)
	who.UserID = "AROAEXAMPLEEXAMPLE:worker"
	asked, fast, unknown := 0, 0, 0
	var worst time.Duration
	var slowest string
	steps := 0
	verdicts := map[prove.Verdict]int{}
	for _, name := range names {
		p, ok := managed.Get(name)
		require.True(t, ok)
		policy, err := enforce.Parse(p.Document(), enforce.ManagedPolicy, enforce.Source{Name: name, ARN: p.ARN()})
		require.NoError(t, err, name)
		set := &enforce.PolicySet{Identity: []*enforce.Policy{policy}, NoResourcePolicy: true}
		for i := range standard {
			q := standard[i].Question
			q.Principals = []enforce.Principal{who}
			start := time.Now()
			a, err := prove.Can(context.Background(), set, q)
			took := time.Since(start)
			require.NoError(t, err)
			asked++
			verdicts[a.Verdict]++
			if took < time.Millisecond {
				fast++
			}
			if took > worst {
				worst, slowest = took, name+" "+standard[i].name
			}
			steps = max(steps, a.Steps)
			if a.Verdict == prove.Unknown {
				unknown++
				t.Logf("%s %s: %v", name, standard[i].name, a.Reasons)
			}
		}
	}
	t.Logf("%d questions, %d under 1 ms, worst %v (%s), at most %d steps, %v", asked, fast, worst, slowest, steps, verdicts)
	require.LessOrEqual(t, unknown, 2) // boundaries with several variables of tags in one pattern
	require.True(t, slices.IsSorted(names))
}
