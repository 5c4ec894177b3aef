package iam_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func call[I, O any](f func(context.Context, I, ...func(*sdk.Options)) (O, error), in I) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := f(ctx, in)
		return err
	}
}

// rule 77: which resource is evaluated and how it is printed, of missing
// resources too.
func TestDeniedResources(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		u := w.user(t, "nobody")
		w.user(t, "alice")
		w.role(t, "app")
		w.group(t, "devs")
		arn := aws.String(w.policy(t, "p", allowAll))
		alice, app, devs, p := aws.String("alice"), aws.String("app"), aws.String("devs"), aws.String("p")
		tags := []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
		tests := []struct {
			action, resource string
			call             func(context.Context) error
		}{
			{"CreateUser", "arn:aws:iam::111122223333:user/x/new", call(u.CreateUser, &sdk.CreateUserInput{UserName: aws.String("new"), Path: aws.String("/x/")})},
			{"GetUser", "user alice", call(u.GetUser, &sdk.GetUserInput{UserName: alice})},
			{"GetUser", "user nobody", call(u.GetUser, &sdk.GetUserInput{})},
			{"DeleteUser", "user missing", call(u.DeleteUser, &sdk.DeleteUserInput{UserName: aws.String("missing")})},
			{"ListUsers", "arn:aws:iam::111122223333:user/", call(u.ListUsers, &sdk.ListUsersInput{})},
			{"ListUsers", "arn:aws:iam::111122223333:user/eng/", call(u.ListUsers, &sdk.ListUsersInput{PathPrefix: aws.String("/eng/")})},
			{"ListRoles", "arn:aws:iam::111122223333:role/", call(u.ListRoles, &sdk.ListRolesInput{})},
			{"ListGroups", "arn:aws:iam::111122223333:group/", call(u.ListGroups, &sdk.ListGroupsInput{})},
			{"ListPolicies", "policy path /", call(u.ListPolicies, &sdk.ListPoliciesInput{})},
			{"CreateAccessKey", "user nobody", call(u.CreateAccessKey, &sdk.CreateAccessKeyInput{})},
			{"AttachUserPolicy", "user alice", call(u.AttachUserPolicy, &sdk.AttachUserPolicyInput{UserName: alice, PolicyArn: arn})},
			{"AddUserToGroup", "group devs", call(u.AddUserToGroup, &sdk.AddUserToGroupInput{UserName: alice, GroupName: devs})},
			{"GetGroup", "group devs", call(u.GetGroup, &sdk.GetGroupInput{GroupName: devs})},
			{"CreateGroup", "arn:aws:iam::111122223333:group/g", call(u.CreateGroup, &sdk.CreateGroupInput{GroupName: aws.String("g")})},
			{"CreateRole", "arn:aws:iam::111122223333:role/r", call(u.CreateRole, &sdk.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String(trustEC2)})},
			{"PutRolePolicy", "role app", call(u.PutRolePolicy, &sdk.PutRolePolicyInput{RoleName: app, PolicyName: p, PolicyDocument: aws.String(allowAll)})},
			{"UntagRole", "role app", call(u.UntagRole, &sdk.UntagRoleInput{RoleName: app, TagKeys: []string{"k"}})},
			{"CreatePolicy", "policy q", call(u.CreatePolicy, &sdk.CreatePolicyInput{PolicyName: aws.String("q"), PolicyDocument: aws.String(allowAll)})},
			{"GetPolicy", "policy " + *arn, call(u.GetPolicy, &sdk.GetPolicyInput{PolicyArn: arn})},
			{"TagPolicy", "policy p", call(u.TagPolicy, &sdk.TagPolicyInput{PolicyArn: arn, Tags: tags})},
		}
		for _, tc := range tests {
			t.Run(tc.action+" "+tc.resource, func(t *testing.T) {
				t.Parallel()
				requireError(t, tc.call(t.Context()), "AccessDenied",
					"User: arn:aws:iam::111122223333:user/nobody is not authorized to perform: iam:"+tc.action+
						" on resource: "+tc.resource+" because no identity-based policy allows the iam:"+tc.action+" action")
			})
		}
	})
}

// Matching uses the real path; it is not enough to know the name.
func TestResourcePath(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		_, err := w.iam.CreateUser(w.root, &sdk.CreateUserInput{UserName: aws.String("bob"), Path: aws.String("/eng/")})
		require.NoError(t, err)
		get := &sdk.GetUserInput{UserName: aws.String("bob")}
		_, err = w.user(t, "flat", allow("iam:GetUser", "arn:aws:iam::111122223333:user/bob")).GetUser(ctx, get)
		requireError(t, err, "AccessDenied", "User: arn:aws:iam::111122223333:user/flat is not authorized to perform: iam:GetUser on resource: user bob because no identity-based policy allows the iam:GetUser action")
		_, err = w.user(t, "deep", allow("iam:GetUser", "arn:aws:iam::111122223333:user/eng/*")).GetUser(ctx, get)
		require.NoError(t, err)
		_, err = w.user(t, "lister", allow("iam:ListUsers", "arn:aws:iam::111122223333:user/")).ListUsers(ctx, &sdk.ListUsersInput{})
		require.NoError(t, err, "rule 3: lists are evaluated on a path")
	})
}

// rule 78: what is wrong with a request is told before whether it is allowed.
func TestValidationComesFirst(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		u := w.user(t, "nobody")
		_, err := u.GetUser(ctx, &sdk.GetUserInput{UserName: aws.String("a b")})
		requireError(t, err, "ValidationError", "The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-")
		_, err = u.CreateUser(ctx, &sdk.CreateUserInput{})
		requireError(t, err, "ValidationError", "1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must not be null")
		_, err = u.AttachUserPolicy(ctx, &sdk.AttachUserPolicyInput{UserName: aws.String("nobody"), PolicyArn: aws.String("not-an-arn-but-long-enough")})
		requireError(t, err, "ValidationError", "Invalid ARN:  Could not be parsed!")
	})
}

func TestTemporaryCredentialsOfUsers(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.user(t, "u", allowAll)
		keys, err := w.iam.ListAccessKeys(w.root, &sdk.ListAccessKeysInput{UserName: aws.String("u")})
		require.NoError(t, err)
		long, ok := w.Credential(*keys.AccessKeyMetadata[0].AccessKeyId)
		require.True(t, ok)
		out, err := sts.NewFromConfig(w.Config(long.AccessKeyID, long.SecretAccessKey, "")).GetSessionToken(ctx, &sts.GetSessionTokenInput{})
		require.NoError(t, err)
		temporary, ok := w.Credential(*out.Credentials.AccessKeyId)
		require.True(t, ok)
		_, err = w.client(temporary).GetUser(ctx, &sdk.GetUserInput{})
		requireError(t, err, "InvalidClientTokenId", "The security token included in the request is invalid.")
	})
}

// rule 57: the condition keys of IAM's actions.
func TestConditionKeys(t *testing.T) {
	t.Parallel()
	condition := func(c string) string {
		return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:*","Resource":"*","Condition":{` + c + `}}}`
	}
	tag := func(k, v string) []types.Tag { return []types.Tag{{Key: &k, Value: &v}} }
	boundary := "arn:aws:iam::111122223333:policy/boundary"
	tests := map[string]struct {
		policy          string
		allowed, denied func(u *sdk.Client) func(context.Context) error
	}{
		"iam:PolicyARN": {
			policy: condition(`"ArnEquals":{"iam:PolicyARN":"` + boundary + `"}`),
			allowed: func(u *sdk.Client) func(context.Context) error {
				return call(u.AttachUserPolicy, &sdk.AttachUserPolicyInput{UserName: aws.String("plain"), PolicyArn: &boundary})
			},
			denied: func(u *sdk.Client) func(context.Context) error {
				return call(u.AttachUserPolicy, &sdk.AttachUserPolicyInput{UserName: aws.String("plain"), PolicyArn: aws.String("arn:aws:iam::111122223333:policy/other")})
			},
		},
		"iam:PermissionsBoundary of the request": {
			policy: condition(`"StringEquals":{"iam:PermissionsBoundary":"` + boundary + `"}`),
			allowed: func(u *sdk.Client) func(context.Context) error {
				return call(u.CreateUser, &sdk.CreateUserInput{UserName: aws.String("n"), PermissionsBoundary: &boundary})
			},
			denied: func(u *sdk.Client) func(context.Context) error {
				return call(u.CreateUser, &sdk.CreateUserInput{UserName: aws.String("n")})
			},
		},
		"iam:PermissionsBoundary of the target": {
			policy: condition(`"StringEquals":{"iam:PermissionsBoundary":"` + boundary + `"}`),
			allowed: func(u *sdk.Client) func(context.Context) error {
				return call(u.PutUserPolicy, &sdk.PutUserPolicyInput{UserName: aws.String("bounded"), PolicyName: aws.String("x"), PolicyDocument: aws.String(allowAll)})
			},
			denied: func(u *sdk.Client) func(context.Context) error {
				return call(u.PutUserPolicy, &sdk.PutUserPolicyInput{UserName: aws.String("plain"), PolicyName: aws.String("x"), PolicyDocument: aws.String(allowAll)})
			},
		},
		"iam:ResourceTag": {
			policy: condition(`"StringEquals":{"iam:ResourceTag/team":"blue"}`),
			allowed: func(u *sdk.Client) func(context.Context) error {
				return call(u.GetUser, &sdk.GetUserInput{UserName: aws.String("tagged")})
			},
			denied: func(u *sdk.Client) func(context.Context) error {
				return call(u.GetUser, &sdk.GetUserInput{UserName: aws.String("plain")})
			},
		},
		"aws:ResourceTag of a policy": {
			policy: condition(`"StringEquals":{"aws:ResourceTag/team":"blue"}`),
			allowed: func(u *sdk.Client) func(context.Context) error {
				return call(u.GetPolicy, &sdk.GetPolicyInput{PolicyArn: &boundary})
			},
			denied: func(u *sdk.Client) func(context.Context) error {
				return call(u.GetPolicy, &sdk.GetPolicyInput{PolicyArn: aws.String("arn:aws:iam::111122223333:policy/other")})
			},
		},
		"aws:RequestTag": {
			policy: condition(`"StringEquals":{"aws:RequestTag/team":"blue"}`),
			allowed: func(u *sdk.Client) func(context.Context) error {
				return call(u.TagUser, &sdk.TagUserInput{UserName: aws.String("plain"), Tags: tag("team", "blue")})
			},
			denied: func(u *sdk.Client) func(context.Context) error {
				return call(u.TagUser, &sdk.TagUserInput{UserName: aws.String("plain"), Tags: tag("team", "red")})
			},
		},
		"aws:TagKeys": {
			policy: condition(`"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}`),
			allowed: func(u *sdk.Client) func(context.Context) error {
				return call(u.UntagUser, &sdk.UntagUserInput{UserName: aws.String("tagged"), TagKeys: []string{"team"}})
			},
			denied: func(u *sdk.Client) func(context.Context) error {
				return call(u.UntagUser, &sdk.UntagUserInput{UserName: aws.String("tagged"), TagKeys: []string{"team", "cost"}})
			},
		},
		"tags on create need a permission": {
			policy: allow("iam:CreateUser", "*"),
			allowed: func(u *sdk.Client) func(context.Context) error {
				return call(u.CreateUser, &sdk.CreateUserInput{UserName: aws.String("n1")})
			},
			denied: func(u *sdk.Client) func(context.Context) error {
				return call(u.CreateUser, &sdk.CreateUserInput{UserName: aws.String("n2"), Tags: tag("team", "blue")})
			},
		},
		"a new name needs permission on both": {
			policy: allow("iam:UpdateUser", "arn:aws:iam::111122223333:user/p*"),
			allowed: func(u *sdk.Client) func(context.Context) error {
				return call(u.UpdateUser, &sdk.UpdateUserInput{UserName: aws.String("plain"), NewUserName: aws.String("pure")})
			},
			denied: func(u *sdk.Client) func(context.Context) error {
				return call(u.UpdateUser, &sdk.UpdateUserInput{UserName: aws.String("plain"), NewUserName: aws.String("x")})
			},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDoor(t, func(t *testing.T, w *world) {
				_, err := w.iam.CreatePolicy(w.root, &sdk.CreatePolicyInput{PolicyName: aws.String("boundary"), PolicyDocument: aws.String(allowAll), Tags: tag("team", "blue")})
				require.NoError(t, err)
				w.policy(t, "other", allowAll)
				for _, in := range []sdk.CreateUserInput{
					{UserName: aws.String("plain")},
					{UserName: aws.String("tagged"), Tags: tag("Team", "blue")},
					{UserName: aws.String("bounded"), PermissionsBoundary: &boundary},
				} {
					_, err := w.iam.CreateUser(w.root, &in)
					require.NoError(t, err)
				}
				u := w.user(t, "me", tc.policy)
				err = tc.denied(u)(t.Context())
				var api interface{ ErrorCode() string }
				require.ErrorAs(t, err, &api)
				assert.Equal(t, "AccessDenied", api.ErrorCode(), err)
				require.NoError(t, tc.allowed(u)(t.Context()))
			})
		})
	}
}

func TestExplicitDenyNamesManagedPolicy(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		u := w.user(t, "u", allowAll)
		arn := w.policy(t, "no", `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:*","Resource":"*"}}`)
		_, err := w.iam.AttachUserPolicy(w.root, &sdk.AttachUserPolicyInput{UserName: aws.String("u"), PolicyArn: &arn})
		require.NoError(t, err)
		_, err = u.ListUsers(t.Context(), &sdk.ListUsersInput{})
		requireError(t, err, "AccessDenied", "User: arn:aws:iam::111122223333:user/u is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::111122223333:user/ with an explicit deny in an identity-based policy: "+arn)
	})
}
