package prove_test

import (
	"context"
	"flag"
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

// managedPolicies returns AWS's managed policies: some of them, or with -managed all.
func managedPolicies(t *testing.T) (policies []*managed.Policy) {
	step := 29
	if *all {
		step = 1
	}
	names := managed.Names()
	for i := 0; i < len(names); i += step {
		p, ok := managed.Get(names[i])
		require.True(t, ok)
		policies = append(policies, p)
	}
	return policies
}

// A tally counts questions, and how long they took.
type tally struct {
	asked, fast, unknown, steps int
	verdicts                    map[prove.Verdict]int
	worst                       time.Duration
	slowest                     string
}

// ask asks, of policies that were parsed anew, three times if it takes long: the machine may
// have had something else to do.
func (c *tally) ask(t *testing.T, name string, ask func() (prove.Answer, error)) {
	var took time.Duration
	var a prove.Answer
	for try := range 3 {
		start := time.Now()
		answer, err := ask()
		elapsed := time.Since(start)
		require.NoError(t, err, name)
		if a = answer; try == 0 || elapsed < took {
			took = elapsed
		}
		if took < time.Millisecond {
			break
		}
	}
	c.asked++
	if c.verdicts == nil {
		c.verdicts = make(map[prove.Verdict]int)
	}
	c.verdicts[a.Verdict]++
	c.steps = max(c.steps, a.Steps)
	if took < time.Millisecond {
		c.fast++
	}
	if took > c.worst {
		c.worst, c.slowest = took, name
	}
	if a.Verdict == prove.Unknown {
		c.unknown++
		t.Logf("%s: %v", name, a.Reasons)
	}
}

func (c *tally) report(t *testing.T) {
	t.Logf("%d questions, %d (%.2f %%) under 1 ms, worst %v (%s), at most %d steps, %v", c.asked, c.fast, 100*float64(c.fast)/float64(c.asked),
		c.worst, c.slowest, c.steps, c.verdicts)
	require.Zero(t, c.unknown)
}

func worker(t *testing.T) []enforce.Principal {
	who, err := enforce.ParsePrincipal("arn:aws:iam::111122223333:role/worker")
	require.NoError(t, err)
	who.UserID = "AROAEXAMPLEEXAMPLE:worker"
	return []enforce.Principal{who}
}

// Every question about AWS's managed policies has an answer.
func TestManagedPolicies(t *testing.T) {
	var c tally
	who := worker(t)
	for _, p := range managedPolicies(t) {
		policy, err := enforce.Parse(p.Document(), enforce.ManagedPolicy, enforce.Source{Name: p.Name, ARN: p.ARN()})
		require.NoError(t, err, p.Name)
		set := &enforce.PolicySet{Identity: []*enforce.Policy{policy}, NoResourcePolicy: true}
		for i := range standard {
			q := standard[i].Question
			q.Principals = who
			c.ask(t, p.Name+" "+standard[i].name, func() (prove.Answer, error) { return prove.Can(context.Background(), set, q) })
		}
	}
	c.report(t)
}

// Every managed policy grants nothing new beside one with a statement or an action less, or
// it is shown what; and nothing new beside itself.
func TestManagedPoliciesAndTheirChanges(t *testing.T) {
	var c tally
	for _, p := range managedPolicies(t) {
		policy, err := enforce.Parse(p.Document(), enforce.ManagedPolicy, enforce.Source{Name: p.Name, ARN: p.ARN()})
		require.NoError(t, err, p.Name)
		doc := policy.Elements()
		last := &doc.Statements[len(doc.Statements)-1]
		switch {
		case len(doc.Statements) > 1:
			doc.Statements = doc.Statements[:len(doc.Statements)-1]
		case len(last.Action) > 1:
			last.Action = last.Action[:len(last.Action)-1]
		default:
			last.NotAction = nil
			last.Action = enforce.Texts("sts:GetCallerIdentity")
		}
		less, err := enforce.Build(doc, enforce.ManagedPolicy, enforce.Source{Name: p.Name})
		require.NoError(t, err, p.Name)
		before, q := prove.Alone(less, policy)
		after, _ := prove.Alone(policy, less)
		q.Principals = worker(t)
		c.ask(t, p.Name+" and less", func() (prove.Answer, error) { return prove.NoNewAccess(context.Background(), before, after, q) })
		c.ask(t, p.Name+" and itself", func() (prove.Answer, error) { return prove.NoNewAccess(context.Background(), after, after, q) })
	}
	c.report(t)
}
