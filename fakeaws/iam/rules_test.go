package iam_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/require"
)

// rule 60: a user has two access keys at most, and one that is switched off is as
// one that never was.
func TestAccessKeyLimits(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		alice := w.user(t, "alice", allowAll) // with the first key
		second, err := alice.CreateAccessKey(t.Context(), &sdk.CreateAccessKeyInput{})
		require.NoError(t, err)
		_, err = alice.CreateAccessKey(t.Context(), &sdk.CreateAccessKeyInput{})
		requireError(t, err, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")

		key := second.AccessKey
		c, ok := w.Credential(*key.AccessKeyId)
		require.True(t, ok)
		client := w.client(c)
		_, err = client.GetUser(t.Context(), &sdk.GetUserInput{})
		require.NoError(t, err)
		_, err = alice.UpdateAccessKey(t.Context(), &sdk.UpdateAccessKeyInput{AccessKeyId: key.AccessKeyId, Status: types.StatusTypeInactive})
		require.NoError(t, err)
		_, err = client.GetUser(t.Context(), &sdk.GetUserInput{})
		requireError(t, err, "InvalidClientTokenId", "The security token included in the request is invalid.")
		_, err = alice.UpdateAccessKey(t.Context(), &sdk.UpdateAccessKeyInput{AccessKeyId: key.AccessKeyId, Status: types.StatusTypeActive})
		require.NoError(t, err)
		_, err = client.GetUser(t.Context(), &sdk.GetUserInput{})
		require.NoError(t, err)
	})
}

// What IAM prints where others print the ARN, which is still what policies match.
func TestDenialsPrintNames(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		_, err := w.iam.CreateUser(w.root, &sdk.CreateUserInput{UserName: aws.String("bob"), Path: aws.String("/eng/")})
		require.NoError(t, err)
		w.role(t, "r")
		w.group(t, "g")
		arn := w.policy(t, "p", allowAll)
		// Allowed for the ARN without the path: that of nobody.
		alice := w.user(t, "alice", allow("iam:GetUser", "arn:aws:iam::111122223333:user/bob"))
		ctx := t.Context()
		for _, c := range []struct {
			name, action, printed string
			call                  func() error
		}{
			{"rule 77: a user by its name", "iam:GetUser", "user bob", func() error {
				_, err := alice.GetUser(ctx, &sdk.GetUserInput{UserName: aws.String("bob")})
				return err
			}},
			{"rule 77: access keys are the user's", "iam:CreateAccessKey", "user bob", func() error {
				_, err := alice.CreateAccessKey(ctx, &sdk.CreateAccessKeyInput{UserName: aws.String("bob")})
				return err
			}},
			{"rule 77: without a name it is the caller", "iam:ListAccessKeys", "user alice", func() error {
				_, err := alice.ListAccessKeys(ctx, &sdk.ListAccessKeysInput{})
				return err
			}},
			{"rule 77: a role by its name", "iam:AttachRolePolicy", "role r", func() error {
				_, err := alice.AttachRolePolicy(ctx, &sdk.AttachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: &arn})
				return err
			}},
			{"rule 77: membership is the group's, never the user's", "iam:AddUserToGroup", "group g", func() error {
				_, err := alice.AddUserToGroup(ctx, &sdk.AddUserToGroupInput{GroupName: aws.String("g"), UserName: aws.String("bob")})
				return err
			}},
			{"rule 77: GetPolicy prints the ARN", "iam:GetPolicy", "policy " + arn, func() error {
				_, err := alice.GetPolicy(ctx, &sdk.GetPolicyInput{PolicyArn: &arn})
				return err
			}},
			{"rule 77: CreatePolicy prints the name", "iam:CreatePolicy", "policy q", func() error {
				_, err := alice.CreatePolicy(ctx, &sdk.CreatePolicyInput{PolicyName: aws.String("q"), PolicyDocument: aws.String(allowAll)})
				return err
			}},
			{"rule 77: CreateRole prints the ARN", "iam:CreateRole", "arn:aws:iam::111122223333:role/new", func() error {
				_, err := alice.CreateRole(ctx, &sdk.CreateRoleInput{RoleName: aws.String("new"), AssumeRolePolicyDocument: aws.String(trustEC2)})
				return err
			}},
			{"rule 3: a list of users is asked on their path", "iam:ListUsers", "arn:aws:iam::111122223333:user/", func() error {
				_, err := alice.ListUsers(ctx, &sdk.ListUsersInput{})
				return err
			}},
			{"rule 78: who may not look is not told that there is nobody", "iam:GetUser", "user nobody", func() error {
				_, err := alice.GetUser(ctx, &sdk.GetUserInput{UserName: aws.String("nobody")})
				return err
			}},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				requireError(t, c.call(), "AccessDenied", "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: "+c.action+
					" on resource: "+c.printed+" because no identity-based policy allows the "+c.action+" action")
			})
		}
	})
}

func TestErrorTexts(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		admin := w.user(t, "admin", allowAll)
		w.role(t, "r")
		ctx := t.Context()
		const unknown = "arn:aws:iam::111122223333:policy/none"
		attach := func(arn string) error {
			_, err := admin.AttachRolePolicy(ctx, &sdk.AttachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: &arn})
			return err
		}
		for _, c := range []struct {
			name, code, message string
			call                func() error
		}{
			{"rule 82: an ARN that is none", "ValidationError", "Invalid ARN:  Could not be parsed!", func() error { return attach("this is no policy's ARN") }},
			{"rule 82: to attach a policy that does not exist", "NoSuchEntity", "Policy " + unknown + " does not exist or is not attachable.", func() error { return attach(unknown) }},
			{"rule 82: to attach it to a user", "NoSuchEntity", "Policy " + unknown + " does not exist or is not attachable.", func() error {
				_, err := admin.AttachUserPolicy(ctx, &sdk.AttachUserPolicyInput{UserName: aws.String("admin"), PolicyArn: aws.String(unknown)})
				return err
			}},
			{"rule 82: to get a policy that does not exist", "NoSuchEntity", "Policy " + unknown + " was not found.", func() error {
				_, err := admin.GetPolicy(ctx, &sdk.GetPolicyInput{PolicyArn: aws.String(unknown)})
				return err
			}},
			{"rule 82: to delete it", "NoSuchEntity", "Policy " + unknown + " was not found.", func() error {
				_, err := admin.DeletePolicy(ctx, &sdk.DeletePolicyInput{PolicyArn: aws.String(unknown)})
				return err
			}},
			{"rule 82: a user that does not exist", "NoSuchEntity", "The user with name nobody cannot be found.", func() error {
				_, err := admin.GetUser(ctx, &sdk.GetUserInput{UserName: aws.String("nobody")})
				return err
			}},
			{"rule 82: a role that does not exist", "NoSuchEntity", "The role with name nobody cannot be found.", func() error {
				_, err := admin.GetRole(ctx, &sdk.GetRoleInput{RoleName: aws.String("nobody")})
				return err
			}},
			{"rule 42: an attached policy is not deleted", "DeleteConflict", "Cannot delete a policy attached to entities.", func() error {
				arn := w.policy(t, "p", allowAll)
				require.NoError(t, attach(arn))
				_, err := admin.DeletePolicy(ctx, &sdk.DeletePolicyInput{PolicyArn: &arn})
				return err
			}},
			{"rule 73: a trust policy that is not JSON", "MalformedPolicyDocument", "This policy contains invalid Json", func() error {
				_, err := admin.CreateRole(ctx, &sdk.CreateRoleInput{RoleName: aws.String("new"), AssumeRolePolicyDocument: aws.String("no")})
				return err
			}},
			{"rule 37: a trust policy for a role that does not exist", "MalformedPolicyDocument", `Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:role/nobody"`, func() error {
				_, err := admin.UpdateAssumeRolePolicy(ctx, &sdk.UpdateAssumeRolePolicyInput{RoleName: aws.String("r"), PolicyDocument: aws.String(
					`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/nobody"},"Action":"sts:AssumeRole"}}`)})
				return err
			}},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				requireError(t, c.call(), c.code, c.message)
			})
		}
	})
}

// rule 82: what SimulatePrincipalPolicy answers.
func TestSimulatePrincipalPolicyAnswers(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		admin := w.user(t, "admin", allowAll)
		w.user(t, "alice", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"},{"Effect":"Deny","Action":"s3:GetObjectAcl","Resource":"*"}]}`)
		out, err := admin.SimulatePrincipalPolicy(t.Context(), &sdk.SimulatePrincipalPolicyInput{
			PolicySourceArn: aws.String("arn:aws:iam::111122223333:user/alice"),
			ActionNames:     []string{"s3:GetObject", "s3:GetObjectAcl", "s3:PutObject"},
			ResourceArns:    []string{"arn:aws:s3:::b/k"},
		})
		require.NoError(t, err)
		decisions := map[string]types.PolicyEvaluationDecisionType{}
		for _, r := range out.EvaluationResults {
			decisions[*r.EvalActionName] = r.EvalDecision
		}
		require.Equal(t, map[string]types.PolicyEvaluationDecisionType{"s3:GetObject": "allowed", "s3:GetObjectAcl": "explicitDeny", "s3:PutObject": "implicitDeny"}, decisions)

		const session = "arn:aws:sts::111122223333:assumed-role/r/s1"
		_, err = admin.SimulatePrincipalPolicy(t.Context(), &sdk.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String(session), ActionNames: []string{"s3:GetObject"}})
		requireError(t, err, "InvalidInput", "Invalid ARN provided in the request: "+session)
	})
}

// rule 56: whoever gives a role away must be allowed to pass it; rule 77: the
// instance profile is asked for too.
func TestWhoGivesARoleMustPassIt(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		w.role(t, "r")
		_, err := w.iam.CreateInstanceProfile(w.root, &sdk.CreateInstanceProfileInput{InstanceProfileName: aws.String("p")})
		require.NoError(t, err)
		add := func(client *sdk.Client) error {
			_, err := client.AddRoleToInstanceProfile(t.Context(), &sdk.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("p"), RoleName: aws.String("r")})
			return err
		}
		const denied = "User: arn:aws:iam::111122223333:user/"
		requireError(t, add(w.user(t, "passes", allow("iam:PassRole", "*"))), "AccessDenied",
			denied+"passes is not authorized to perform: iam:AddRoleToInstanceProfile on resource: instance profile p because no identity-based policy allows the iam:AddRoleToInstanceProfile action")
		requireError(t, add(w.user(t, "adds", allow("iam:AddRoleToInstanceProfile", "*"))), "AccessDenied",
			denied+"adds is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/r because no identity-based policy allows the iam:PassRole action")
		require.NoError(t, add(w.user(t, "both", allow("iam:AddRoleToInstanceProfile", "*"), allow("iam:PassRole", "arn:aws:iam::111122223333:role/r"))))
	})
}
