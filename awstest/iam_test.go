package awstest_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A program makes a role; the test looks at it, and acts as it.
func TestIAMInspection(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	client := awsiam.NewFromConfig(acct.Config())
	trust := awstest.TrustDocument(awstest.Allow("sts:AssumeRole").By("ec2.amazonaws.com"))
	document := awstest.Document(awstest.Allow("s3:ListAllMyBuckets"))
	_, err := client.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: aws.String("web"), Path: aws.String("/app/"), AssumeRolePolicyDocument: &trust})
	require.NoError(t, err)
	_, err = client.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{RoleName: aws.String("web"), PolicyName: aws.String("list"), PolicyDocument: &document})
	require.NoError(t, err)
	calls := len(acct.Calls())

	roles := acct.IAM().Roles()
	require.Len(t, roles, 1)
	assert.Equal(t, awstest.Identity{
		Name: "web", ARN: "arn:aws:iam::000000000000:role/app/web", Path: "/app/", Trust: trust,
		Inline: map[string]string{"list": document}, Tags: map[string]string{},
	}, roles[0])
	role := acct.IAM().Role("web")
	assert.Len(t, acct.Calls(), calls)
	assert.Equal(t, "arn:aws:sts::000000000000:assumed-role/web/web", identity(t, role.Config()))
	awstest.AssertAllowed(t, list(t.Context(), role.Config()))
	role.Detach("list")
	awstest.AssertDenied(t, list(t.Context(), role.Config()), "s3:ListAllMyBuckets")

	_, err = client.CreateUser(t.Context(), &awsiam.CreateUserInput{UserName: aws.String("alice")})
	require.NoError(t, err)
	alice := acct.IAM().User("alice")
	alice.Attach(awstest.Allow("s3:ListAllMyBuckets"))
	assert.Equal(t, "arn:aws:iam::000000000000:user/alice", identity(t, alice.Config()))
	awstest.AssertAllowed(t, list(t.Context(), alice.Config()))
	again := acct.IAM().User("alice")
	again.Attach(awstest.Deny("*"))
	assert.Len(t, acct.IAM().Users()[0].Inline, 2, "the second policy does not replace the first")
	awstest.AssertDenied(t, list(t.Context(), again.Config()))
}

func TestManagedPoliciesOfTheAccount(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	policy := acct.IAM().CreatePolicy("lister", awstest.File("testdata/list.json"))
	assert.Equal(t, "arn:aws:iam::000000000000:policy/lister", policy.ARN())
	group := acct.NewGroup("admins", awstest.Managed("AdministratorAccess"))
	user := acct.NewUser("alice", policy, awstest.InGroup(group), awstest.Boundary(policy), awstest.Tags(map[string]string{"team": "blue"}))
	role := acct.NewRole("lister", policy)
	awstest.AssertAllowed(t, list(t.Context(), user.Config()))
	awstest.AssertAllowed(t, list(t.Context(), role.Config()))

	policies := acct.IAM().Policies()
	require.Len(t, policies, 1)
	assert.Equal(t, "lister", policies[0].Name())
	acct.NewRole("other", acct.IAM().Policy("lister"))
	assert.Regexp(t, `^arn:aws:iam::000000000000:user/alice
    groups: admins
    managed policy: arn:aws:iam::000000000000:policy/lister
    boundary: arn:aws:iam::000000000000:policy/lister
    tag team: blue
arn:aws:iam::000000000000:group/admins
    managed policy: arn:aws:iam::aws:policy/AdministratorAccess
arn:aws:iam::000000000000:role/lister
    trust policy: \{.*\}
    managed policy: arn:aws:iam::000000000000:policy/lister
arn:aws:iam::000000000000:role/other
    trust policy: \{.*\}
    managed policy: arn:aws:iam::000000000000:policy/lister
arn:aws:iam::000000000000:policy/lister
    \{(.|\n)*\}
$`, acct.IAM().Dump())

	role.Detach("lister")
	awstest.AssertDenied(t, list(t.Context(), role.Config()), "s3:ListAllMyBuckets")
	user.Detach(policy.ARN())
	acct.IAM().Group("admins").Detach("AdministratorAccess")
	acct.IAM().Group("admins").Attach(awstest.Deny("*"))
	awstest.AssertDenied(t, list(t.Context(), user.Config()), "s3:ListAllMyBuckets")
}

// Lists of more users than fit a page.
func TestIAMPages(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	for i := range 1001 {
		awstest.Do[awsiam.CreateUserOutput](acct, &awsiam.CreateUserInput{UserName: aws.String(fmt.Sprintf("u%04d", i))})
	}
	users := acct.IAM().Users()
	require.Len(t, users, 1001)
	assert.Equal(t, "u1000", users[1000].Name)
}

func TestIAMMistakesEndTheTest(t *testing.T) {
	t.Parallel()
	for want, mistake := range map[string]func(*awstest.Account){
		"awstest: no user alcie in 000000000000; there are: alice": func(a *awstest.Account) { a.IAM().User("alcie") },
		"awstest: no role r in 000000000000; there are: ":          func(a *awstest.Account) { a.IAM().Role("r") },
		"awstest: no group g in 000000000000; there are: ":         func(a *awstest.Account) { a.IAM().Group("g") },
		"awstest: no policy p in 000000000000; there are: ":        func(a *awstest.Account) { a.IAM().Policy("p") },
		"testdata/broken.json:5":                                   func(a *awstest.Account) { a.IAM().CreatePolicy("p", awstest.File("testdata/broken.json")) },
		"awstest: CreateUser alice: ":                              func(a *awstest.Account) { a.NewUser("alice") },
		`AWS has no managed policy "AmazonS3ReadOnly"`:             func(a *awstest.Account) { a.NewUser("bob", awstest.Managed("AmazonS3ReadOnly")) },
		"it has no such policy; it has: policy-1":                  func(a *awstest.Account) { a.IAM().User("alice").Detach("policy-2") },
		"awstest: AddHardwareToken":                                func(a *awstest.Account) { a.IAM().AddHardwareToken("", nil) },
		"awstest: EnableRootMFADevice GAHT12345678":                func(a *awstest.Account) { a.IAM().EnableRootMFADevice("GAHT12345678", "000000", "000001") },
		"there is no accepted delegation request d":                func(a *awstest.Account) { a.IAM().DelegationToken("d") },
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			r := failing(t, func(tb awstest.TB) {
				acct := awstest.New(tb)
				acct.NewUser("alice", awstest.Deny("*"))
				mistake(acct)
			})
			require.True(t, r.fatal)
			assert.Contains(t, r.errors[0], want)
		})
	}
}
