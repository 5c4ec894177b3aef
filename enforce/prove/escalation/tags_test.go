package escalation_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/enforce/prove"
)

// trusted replaces the trust policy of a role of a scene.
func trusted(t *testing.T, role *account.Role, statements string) {
	t.Helper()
	role.Trust = parse(t, enforce.TrustPolicy, "trust of "+role.Name, statements)
}

// iff is a statement that allows an action where a key has a value.
func iff(action, key, value string) string {
	return `{"Effect":"Allow","Action":"` + action + `","Resource":"*","Condition":{"StringEquals":{"` + key + `":"` + value + `"}}}`
}

// What sessions may do depends on their tags, which whoever makes a session may choose where
// the role's trust policy lets it: without a path the answer is unknown then, and only then.
func TestSessionTags(t *testing.T) {
	t.Parallel()
	const mallory = "arn:aws:iam::" + id + ":user/mallory"
	admits := func(actions string) string {
		return `{"Effect":"Allow","Principal":{"AWS":"` + mallory + `"},"Action":` + actions + `}`
	}
	const assume, both = `"sts:AssumeRole"`, `["sts:AssumeRole","sts:TagSession"]`
	for name, c := range map[string]struct {
		trust, policy string
		want          prove.Verdict
	}{
		"what the role may do depends on tags that its sessions may have": {both, iff("dynamodb:*", "aws:PrincipalTag/team", "admin"), prove.Unknown},
		"by a pattern":                  {`"sts:*"`, iff("dynamodb:*", "aws:PrincipalTag/team", "admin"), prove.Unknown},
		"in a variable":                 {both, `{"Effect":"Allow","Action":"dynamodb:*","Resource":"arn:aws:dynamodb:*:*:table/${aws:PrincipalTag/team}"}`, prove.Unknown},
		"a Deny":                        {both, allow("dynamodb:*") + `,{"Effect":"Deny","Action":"dynamodb:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalTag/team":"admin"}}}`, prove.Unknown},
		"by a call that the tags allow": {both, iff("iam:PutUserPolicy", "aws:PrincipalTag/team", "admin"), prove.Unknown},
		"no tags in sessions":           {assume, iff("dynamodb:*", "aws:PrincipalTag/team", "admin"), prove.No},
		"no tags in policies":           {both, allow("s3:GetObject"), prove.No},
	} {
		w, from := scene(t, allow("s3:GetObject"))
		mine := w.Accounts[0].Roles[0]
		trusted(t, mine, admits(c.trust))
		mine.Inline = []*enforce.Policy{parse(t, enforce.IdentityPolicy, "mine", c.policy)}
		result := search(t, w, from)
		assert.Equal(t, c.want, result.Verdict(), "%s: %v %v", name, result.Unknown, result.Paths)
	}

	// A session that the search begins with has tags that nobody knows, too.
	for trust, want := range map[string]prove.Verdict{both: prove.Unknown, assume: prove.No} {
		w, _ := scene(t, allow("s3:GetObject"))
		mine := w.Accounts[0].Roles[0]
		trusted(t, mine, admits(trust))
		mine.Inline = []*enforce.Policy{parse(t, enforce.IdentityPolicy, "mine", iff("iam:PutRolePolicy", "aws:PrincipalTag/team", "admin"))}
		result := search(t, w, &mine.Identity)
		assert.Equal(t, want, result.Verdict(), "%s: %v %v", trust, result.Unknown, result.Paths)
	}

	// A session that may assume its own role again has other tags then.
	w, _ := scene(t, allow("s3:GetObject"))
	mine := w.Accounts[0].Roles[0]
	trusted(t, mine, `{"Effect":"Allow","Principal":{"AWS":"`+mine.ARN+`"},"Action":`+both+`}`)
	mine.Inline = []*enforce.Policy{parse(t, enforce.IdentityPolicy, "mine", iff("dynamodb:*", "aws:PrincipalTag/team", "admin"))}
	result := search(t, w, &mine.Identity)
	assert.Equal(t, prove.Unknown, result.Verdict(), "%v %v", result.Unknown, result.Paths)

	// So has a federated user, whose session a user makes.
	for permissions, want := range map[string]prove.Verdict{
		allow("sts:GetFederationToken", "sts:TagSession"): prove.Unknown, allow("sts:GetFederationToken"): prove.No,
	} {
		w, from := scene(t, permissions+","+iff("dynamodb:*", "aws:PrincipalTag/team", "admin"))
		result := search(t, w, from)
		assert.Equal(t, want, result.Verdict(), "%s: %v %v", permissions, result.Unknown, result.Paths)
	}
}

// Where tags decide whether a user may bring its own tags, the search asks that once: nobody
// who may not set them comes to them.
func TestTagsThatDecideOnTags(t *testing.T) {
	t.Parallel()
	w, from := scene(t, iff("sts:*", "aws:PrincipalTag/team", "admin")+","+iff("dynamodb:*", "aws:PrincipalTag/team", "admin"))
	result := search(t, w, from)
	assert.Equal(t, prove.No, result.Verdict(), "%v %v", result.Unknown, result.Paths)
	assert.Less(t, result.Asks, 1000)
}

// Tags that somebody may set, whose tags policies ask for, wherever they do.
func TestTagsThatMayBeSet(t *testing.T) {
	t.Parallel()
	const trustsTag = `{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:PrincipalTag/team":"admin"}}}`
	const trustsOwn = `{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"iam:ResourceTag/team":"open"}}}`
	for name, c := range map[string]struct {
		policy, trust string // of mallory, and of the role admin
		want          prove.Verdict
	}{
		"the caller's, of a trust policy":      {allow("iam:TagUser user/mallory"), trustsTag, prove.Unknown},
		"of another user":                      {allow("iam:TagUser user/root2"), trustsTag, prove.No},
		"by removing them":                     {allow("iam:UntagRole"), trustsOwn, prove.Unknown},
		"nobody's":                             {allow("s3:GetObject"), trustsTag, prove.No},
		"the role's, of its trust policy":      {allow("iam:TagRole role/admin"), trustsOwn, prove.Unknown},
		"nobody's of its trust policy":         {allow("iam:TagRole role/mine"), trustsOwn, prove.No},
		"a role's that may be changed by it":   {allow("iam:TagRole role/*") + "," + iff("iam:PutRolePolicy", "aws:ResourceTag/team", "open"), "", prove.Unknown},
		"a user's whose keys it gives":         {allow("iam:TagUser user/*") + "," + iff("iam:CreateAccessKey", "aws:ResourceTag/team", "open"), "", prove.Unknown},
		"of users that it may not tag":         {iff("iam:CreateAccessKey", "aws:ResourceTag/team", "open"), "", prove.No},
		"a function's that it may change":      {allow("lambda:TagResource") + "," + iff("lambda:UpdateFunctionCode", "aws:ResourceTag/team", "open"), "", prove.Unknown},
		"a function's that it may not tag":     {iff("lambda:UpdateFunctionCode", "aws:ResourceTag/team", "open"), "", prove.No},
		"a function's, not by another service": {allow("sqs:TagQueue") + "," + iff("lambda:UpdateFunctionCode", "aws:ResourceTag/team", "open"), "", prove.No},
		"a function's, by the general service": {allow("tag:TagResources", "lambda:TagResource") + "," + iff("lambda:UpdateFunctionCode", "aws:ResourceTag/team", "open"), "", prove.Unknown},
	} {
		w, from := scene(t, c.policy)
		a := w.Accounts[0]
		if c.trust != "" {
			trusted(t, a.Roles[1], c.trust)
		}
		a.Compute = []*account.Compute{{ARN: "arn:aws:lambda:us-east-1:" + id + ":function:f", Role: a.Roles[2].ARN}}
		result := search(t, w, from)
		assert.Equal(t, c.want, result.Verdict(), "%s: %v %v", name, result.Unknown, result.Paths)
	}
}
