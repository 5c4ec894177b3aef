package awstest_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/prove"
)

var escalationWorlds = flag.Int("escalations", 25, "how many random accounts are attacked")

// The vocabulary of random accounts.
var (
	dangerous = []string{"iam:PutUserPolicy", "iam:PutRolePolicy", "iam:PutGroupPolicy", "iam:AttachUserPolicy", "iam:AttachRolePolicy", "iam:AttachGroupPolicy", "iam:AddUserToGroup",
		"iam:RemoveUserFromGroup", "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:UpdateAssumeRolePolicy", "sts:AssumeRole", "iam:CreateAccessKey",
		"iam:DeleteUserPermissionsBoundary", "iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPolicy", "iam:DetachUserPolicy", "iam:PutUserPermissionsBoundary", "iam:*", "sts:*"}
	harmless = []string{"s3:GetObject", "sns:Publish", "sqs:SendMessage"}
	targets  = []string{"*", inAccount + "user/mallory", inAccount + "user/*", inAccount + "user/other", inAccount + "role/r1", inAccount + "role/*", inAccount + "group/g1", inAccount + "policy/p1"}
)

// randomStatement draws a statement that is about the vocabulary.
func randomStatement(t *rapid.T, label string) string {
	effect := "Allow"
	if rapid.IntRange(0, 6).Draw(t, label+" effect") == 0 {
		effect = "Deny"
	}
	actions := rapid.SliceOfN(rapid.SampledFrom(slices.Concat(dangerous, harmless)), 1, 3).Draw(t, label+" actions")
	resource := rapid.SampledFrom(targets).Draw(t, label+" resource")
	condition := ""
	switch rapid.IntRange(0, 8).Draw(t, label+" condition") {
	case 0:
		condition = `,"Condition":{"ArnEquals":{"iam:PolicyARN":"` + inAccount + `policy/p1"}}`
	case 1:
		condition = `,"Condition":{"StringEquals":{"aws:username":"mallory"}}`
	case 2:
		condition = `,"Condition":{"StringEquals":{"iam:PermissionsBoundary":"` + inAccount + `policy/p1"}}`
	case 3:
		condition = `,"Condition":{"StringEquals":{"aws:PrincipalTag/team":"blue"}}`
	}
	return fmt.Sprintf(`{"Effect":%q,"Action":["%s"],"Resource":%q%s}`, effect, strings.Join(actions, `","`), resource, condition)
}

func randomPolicy(t *rapid.T, label string) awstest.Policy {
	var all []string
	for i := range rapid.IntRange(1, 3).Draw(t, label+" statements") {
		all = append(all, randomStatement(t, fmt.Sprint(label, i)))
	}
	return awstest.JSON(`{"Version":"2012-10-17","Statement":[` + strings.Join(all, ",") + `]}`)
}

// randomAccount draws an account with mallory.
func randomAccount(t *rapid.T, tb awstest.TB) (*awstest.Account, *awstest.Principal) {
	acct := awstest.New(tb)
	p1 := acct.IAM().CreatePolicy("p1", randomPolicy(t, "p1"))
	options := []awstest.UserOption{randomPolicy(t, "mallory"), awstest.Tags(map[string]string{"team": rapid.SampledFrom([]string{"blue", "red"}).Draw(t, "team")})}
	if rapid.Bool().Draw(t, "attached") {
		options = append(options, p1)
	}
	if rapid.IntRange(0, 3).Draw(t, "bounded") == 0 {
		options = append(options, awstest.Boundary(p1))
	}
	m := acct.NewUser("mallory", options...)
	acct.NewUser("other", randomPolicy(t, "other"))
	g := acct.NewGroup("g1", randomPolicy(t, "g1"))
	if rapid.Bool().Draw(t, "member") {
		g.Add(m)
	}
	by := rapid.SampledFrom([]string{m.ARN(), acct.ID(), "999900001111"}).Draw(t, "trusted")
	acct.NewRole("r1", randomPolicy(t, "r1"), awstest.Trust(awstest.Allow("sts:AssumeRole").By(by)))
	return acct, m
}

// A brute makes all calls that may help, by everybody whom it has come to act as, until
// nothing new works.
type brute struct {
	acct *awstest.Account
	held []aws.Config
	as   []string
	done map[string]bool
}

func (b *brute) hold(arn string, cfg aws.Config) {
	if !slices.Contains(b.as, arn) {
		b.as, b.held = append(b.as, arn), append(b.held, cfg)
	}
}

// keyed is a config with other credentials.
func keyed(cfg aws.Config, id, secret, token string) aws.Config {
	c := cfg.Copy()
	c.Credentials = credentials.NewStaticCredentialsProvider(id, secret, token)
	return c
}

// attack tries the calls that give permissions: first those that take none away.
func (b *brute) attack(tb awstest.TB) {
	ctx := tb.Context()
	for again := true; again; {
		again = false
		for i := 0; i < len(b.held); i++ {
			for name, call := range b.calls(b.held[i], b.as[i]) {
				if key := b.as[i] + " " + name; !b.done[key] && call(ctx) == nil {
					b.done[key], again = true, true
				}
			}
		}
	}
}

// gains reports what those that are held may do and mallory could not.
func (b *brute) gains(tb awstest.TB, before *awstest.Account, m *awstest.Principal) string {
	r, start := &replay{acct: b.acct}, newReplay(before, m.In(before))
	for _, action := range slices.Concat(harmless, []string{"iam:CreateUser", "iam:ListUsers"}) {
		resource := map[string]string{"s3:GetObject": "arn:aws:s3:::b/k", "sns:Publish": "arn:aws:sns:us-east-1:000000000000:t", "sqs:SendMessage": "arn:aws:sqs:us-east-1:000000000000:q",
			"iam:CreateUser": inAccount + "user/new", "iam:ListUsers": inAccount + "user/"}[action]
		req := &enforce.Request{Action: action, Resource: resource}
		was, err := start.may(tb.Context(), start.configs[callerOf(m.ARN())], req)
		if err != nil || was.Allowed() {
			continue
		}
		for i := range b.held {
			if is, err := r.may(tb.Context(), b.held[i], req); err == nil && is.Allowed() {
				return fmt.Sprintf("%s may %s on %s, after %d calls", b.as[i], action, resource, len(b.done))
			}
		}
	}
	return ""
}

// Where no path is found, attacks on clones find none; and what is found works.
func TestNoEscalationSurvivesAttacks(t *testing.T) {
	t.Parallel()
	none, some := 0, 0
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		if runs++; runs > *escalationWorlds {
			return
		}
		acct, m := randomAccount(rt, t)
		result := escalations(t, acct, m)
		clone := acct.Clone(t)
		b := &brute{acct: clone, done: map[string]bool{}}
		b.hold(m.ARN(), m.In(clone).Config())
		b.attack(t)
		gain := b.gains(t, acct.Clone(t), m)
		switch result.Verdict() {
		case prove.No:
			none++
			assert.Empty(t, gain, "%s\nno path was found", acct.IAM().Dump())
		case prove.Yes:
			some++
			for _, p := range result.Paths[:min(3, len(result.Paths))] {
				replayed(t, acct, m, p)
			}
		}
	})
	t.Logf("%d accounts without a path, %d with paths", none, some)
}
