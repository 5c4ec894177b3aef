package account_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
)

const details = `{
  "UserDetailList": [
    {
      "Arn": "arn:aws:iam::111122223333:user/dev/alice", "UserName": "alice", "UserId": "AIDAALICE", "Path": "/dev/",
      "GroupList": ["developers"],
      "UserPolicyList": [
        {
          "PolicyName": "own",
          "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
              {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
              {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}
            ]
          }
        }
      ],
      "AttachedManagedPolicies": [],
      "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/edge"},
      "Tags": [{"Key": "team", "Value": "blue"}]
    }
  ],
  "IsTruncated": true
}
{
  "GroupDetailList": [
    {"Arn": "arn:aws:iam::111122223333:group/developers", "GroupName": "developers", "GroupId": "AGPA",
     "AttachedManagedPolicies": [{"PolicyName": "ReadOnlyAccess", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]}
  ],
  "RoleDetailList": [
    {"Arn": "arn:aws:iam::111122223333:role/worker", "RoleName": "worker", "RoleId": "AROAWORKER",
     "AssumeRolePolicyDocument": "TRUST",
     "InstanceProfileList": [{"Arn": "arn:aws:iam::111122223333:instance-profile/worker", "Roles": [{"Arn": "arn:aws:iam::111122223333:role/worker"}]}],
     "RolePolicyList": [], "AttachedManagedPolicies": []}
  ],
  "Policies": [
    {"Arn": "arn:aws:iam::111122223333:policy/edge", "PolicyName": "edge", "DefaultVersionId": "v2",
     "PolicyVersionList": [
       {"VersionId": "v2", "IsDefaultVersion": true, "Document": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}},
       {"VersionId": "v1", "IsDefaultVersion": false, "Document": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}}
     ]}
  ]
}
`

const trust = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`

func read(t *testing.T, text string) []*account.Account {
	t.Helper()
	managed := func(arn string) (string, bool) {
		return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:List*","Resource":"*"}}`, strings.HasSuffix(arn, "/ReadOnlyAccess")
	}
	accounts, err := account.Read(managed, account.File{Name: "details.json", Data: []byte(text)})
	require.NoError(t, err)
	return accounts
}

func TestReadPages(t *testing.T) {
	t.Parallel()
	accounts := read(t, strings.Replace(details, "TRUST", url.QueryEscape(trust), 1))
	require.Len(t, accounts, 1)
	a := accounts[0]
	assert.Equal(t, "111122223333", a.ID)

	alice := a.User("alice")
	require.NotNil(t, alice)
	assert.Empty(t, alice.Unknowns())
	assert.Equal(t, []account.Tag{{Key: "team", Value: "blue"}}, alice.Tags)
	set := a.PolicySet(&alice.Identity)
	require.Len(t, set.Identity, 2, "her own policy and that of her group")
	p := alice.Principal()
	for action, want := range map[string]bool{"s3:GetObject": true, "s3:DeleteObject": false, "s3:ListBucket": true, "sqs:SendMessage": false} {
		d := enforce.Evaluate(&enforce.Request{Principal: p, Action: action, Resource: "arn:aws:s3:::b"}, set)
		assert.Equal(t, want, d.Allowed(), action)
	}
	assert.Equal(t, "details.json", set.Identity[0].Source().File)
	line, column := set.Identity[0].Statements()[1].Position()
	assert.Equal(t, [2]int{13, 15}, [2]int{line, column})

	worker := a.Role("worker")
	require.NotNil(t, worker)
	assert.Equal(t, "arn:aws:sts::111122223333:assumed-role/worker/session", worker.Principal().ARN)
	assert.Equal(t, []*account.Profile{{ARN: "arn:aws:iam::111122223333:instance-profile/worker", Role: worker.ARN}}, a.Profiles)
	require.NotNil(t, worker.Trust, worker.Unknown)
	line, _ = worker.Trust.Statements()[0].Position()
	assert.Equal(t, 32, line)

	require.Len(t, a.Policies, 2)
	assert.Len(t, a.Policies[0].Versions, 2)
	assert.Equal(t, "v2", a.Policies[0].Default.ID)
}

func TestReadWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	text := strings.Replace(details, "TRUST", "no document", 1)
	text = strings.Replace(text, "policy/ReadOnlyAccess", "policy/Other", 1)
	text = strings.Replace(text, `"s3:DeleteObject"`, `"nothing"`, 1)
	a := read(t, text)[0]
	assert.Len(t, a.User("alice").Unknowns(), 2, "her own policy and her group's")
	assert.Len(t, a.Role("worker").Unknowns(), 1)
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "[]", "{}", `{"Users": []}`, details[:500], `{"Policies": [{}]}`, `{"Policies": {}}`, `{"Policies": []}`, `{"Policies":[1]}`} {
		_, err := account.Read(nil, account.File{Name: "x", Data: []byte(text)})
		assert.Error(t, err, text)
	}
}

func TestReadSeveralAccounts(t *testing.T) {
	t.Parallel()
	one := strings.Replace(details, "TRUST", url.PathEscape(trust), 1)
	two := strings.ReplaceAll(one, "111122223333", "444455556666")
	accounts, err := account.Read(nil, account.File{Name: "1", Data: []byte(one)}, account.File{Name: "2", Data: []byte(two)})
	require.NoError(t, err)
	require.Len(t, accounts, 2)
	assert.Equal(t, "444455556666", accounts[1].ID)
	assert.Len(t, accounts[1].User("alice").Groups, 1)
}
