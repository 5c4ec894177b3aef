package iam_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// An escalation is a way in which a user makes itself, or somebody as whom it
// may act, administrator.
type escalation struct {
	name string
	// allowed are the permissions that it takes, "ACTION RESOURCE", the resource
	// without what all ARNs of the account begin with.
	allowed []string
	setup   func(*world) error // of what the step undoes, if anything
	step    func(w *world, mallory *sdk.Client) error
	// become is whom the user acts as afterwards; nil is the user itself.
	become func(w *world, t *testing.T) *sdk.Client
}

var (
	mallory = aws.String("mallory")
	inline  = aws.String("p")
	asAdmin = aws.String(allowAll)
)

const (
	malloryARN = "arn:aws:iam::111122223333:user/mallory"
	ownPolicy  = "arn:aws:iam::111122223333:policy/own"
	oldPolicy  = "arn:aws:iam::111122223333:policy/old"
	trustUser  = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + malloryARN + `"},"Action":"sts:AssumeRole"}}`
)

// escalations are what is known as the ways to escalate privileges with IAM
// alone.
var escalations = []escalation{
	{"AttachUserPolicy", []string{"iam:AttachUserPolicy user/mallory"}, nil, func(w *world, c *sdk.Client) error {
		return second(c.AttachUserPolicy(w.root, &sdk.AttachUserPolicyInput{UserName: mallory, PolicyArn: aws.String(admin)}))
	}, nil},
	{"AttachGroupPolicy", []string{"iam:AttachGroupPolicy group/staff"}, nil, func(w *world, c *sdk.Client) error {
		return second(c.AttachGroupPolicy(w.root, &sdk.AttachGroupPolicyInput{GroupName: aws.String("staff"), PolicyArn: aws.String(admin)}))
	}, nil},
	{"AttachRolePolicy", []string{"iam:AttachRolePolicy role/mine"}, nil, func(w *world, c *sdk.Client) error {
		return second(c.AttachRolePolicy(w.root, &sdk.AttachRolePolicyInput{RoleName: aws.String("mine"), PolicyArn: aws.String(admin)}))
	}, assume("mine")},
	{"PutUserPolicy", []string{"iam:PutUserPolicy user/mallory"}, nil, func(w *world, c *sdk.Client) error {
		return second(c.PutUserPolicy(w.root, &sdk.PutUserPolicyInput{UserName: mallory, PolicyName: inline, PolicyDocument: asAdmin}))
	}, nil},
	{"PutGroupPolicy", []string{"iam:PutGroupPolicy group/staff"}, nil, func(w *world, c *sdk.Client) error {
		return second(c.PutGroupPolicy(w.root, &sdk.PutGroupPolicyInput{GroupName: aws.String("staff"), PolicyName: inline, PolicyDocument: asAdmin}))
	}, nil},
	{"PutRolePolicy", []string{"iam:PutRolePolicy role/mine"}, nil, func(w *world, c *sdk.Client) error {
		return second(c.PutRolePolicy(w.root, &sdk.PutRolePolicyInput{RoleName: aws.String("mine"), PolicyName: inline, PolicyDocument: asAdmin}))
	}, assume("mine")},
	{"CreatePolicyVersion", []string{"iam:CreatePolicyVersion policy/own"}, nil, func(w *world, c *sdk.Client) error {
		return second(c.CreatePolicyVersion(w.root, &sdk.CreatePolicyVersionInput{PolicyArn: aws.String(ownPolicy), PolicyDocument: asAdmin, SetAsDefault: true}))
	}, nil},
	{"SetDefaultPolicyVersion", []string{"iam:SetDefaultPolicyVersion policy/old"}, nil, func(w *world, c *sdk.Client) error {
		return second(c.SetDefaultPolicyVersion(w.root, &sdk.SetDefaultPolicyVersionInput{PolicyArn: aws.String(oldPolicy), VersionId: aws.String("v1")}))
	}, nil},
	{"AddUserToGroup", []string{"iam:AddUserToGroup group/admins"}, nil, func(w *world, c *sdk.Client) error {
		return second(c.AddUserToGroup(w.root, &sdk.AddUserToGroupInput{GroupName: aws.String("admins"), UserName: mallory}))
	}, nil},
	{"UpdateAssumeRolePolicy", []string{"iam:UpdateAssumeRolePolicy role/admin"}, nil, func(w *world, c *sdk.Client) error {
		return second(c.UpdateAssumeRolePolicy(w.root, &sdk.UpdateAssumeRolePolicyInput{RoleName: aws.String("admin"), PolicyDocument: aws.String(trustUser)}))
	}, assume("admin")},
	{"CreateRole", []string{"iam:CreateRole role/new", "iam:AttachRolePolicy role/new"}, nil, func(w *world, c *sdk.Client) error {
		_, err := c.CreateRole(w.root, &sdk.CreateRoleInput{RoleName: aws.String("new"), AssumeRolePolicyDocument: aws.String(trustUser)})
		var again *types.EntityAlreadyExistsException
		if err != nil && !errors.As(err, &again) {
			return err
		}
		return second(c.AttachRolePolicy(w.root, &sdk.AttachRolePolicyInput{RoleName: aws.String("new"), PolicyArn: aws.String(admin)}))
	}, assume("new")},
	{"CreateAccessKey", []string{"iam:CreateAccessKey user/root2"}, nil, func(w *world, c *sdk.Client) error {
		out, err := c.CreateAccessKey(w.root, &sdk.CreateAccessKeyInput{UserName: aws.String("root2")})
		if err == nil {
			w.stolen = *out.AccessKey.AccessKeyId
		}
		return err
	}, stolenKey},
	{"UpdateAccessKey", []string{"iam:UpdateAccessKey user/root2"}, nil, func(w *world, c *sdk.Client) error {
		return second(c.UpdateAccessKey(w.root, &sdk.UpdateAccessKeyInput{UserName: aws.String("root2"), AccessKeyId: &w.stolen, Status: types.StatusTypeActive}))
	}, stolenKey},
	{"DeleteUserPolicy", []string{"iam:DeleteUserPolicy user/mallory"}, (*world).restrain, func(w *world, c *sdk.Client) error {
		return second(c.DeleteUserPolicy(w.root, &sdk.DeleteUserPolicyInput{UserName: mallory, PolicyName: aws.String("deny")}))
	}, nil},
	{"DeleteUserPermissionsBoundary", []string{"iam:DeleteUserPermissionsBoundary user/mallory"}, bound("iam:DeleteUserPermissionsBoundary"), func(w *world, c *sdk.Client) error {
		return second(c.DeleteUserPermissionsBoundary(w.root, &sdk.DeleteUserPermissionsBoundaryInput{UserName: mallory}))
	}, nil},
	{"PutUserPermissionsBoundary", []string{"iam:PutUserPermissionsBoundary user/mallory"}, bound("iam:PutUserPermissionsBoundary"), func(w *world, c *sdk.Client) error {
		return second(c.PutUserPermissionsBoundary(w.root, &sdk.PutUserPermissionsBoundaryInput{UserName: mallory, PermissionsBoundary: aws.String(admin)}))
	}, nil},
	{"RemoveUserFromGroup", []string{"iam:RemoveUserFromGroup group/jail"}, (*world).jail, func(w *world, c *sdk.Client) error {
		return second(c.RemoveUserFromGroup(w.root, &sdk.RemoveUserFromGroupInput{GroupName: aws.String("jail"), UserName: mallory}))
	}, nil},
	{"TagUser", []string{"iam:TagUser user/mallory"}, (*world).trustTag, func(w *world, c *sdk.Client) error {
		return second(c.TagUser(w.root, &sdk.TagUserInput{UserName: mallory, Tags: []types.Tag{{Key: aws.String("admin"), Value: aws.String("yes")}}}))
	}, nil},
	// Passwords, MFA devices and instance profiles give away what no client of the
	// SDK signs with.
	{"CreateLoginProfile", []string{"iam:CreateLoginProfile user/root2"}, nil, func(w *world, c *sdk.Client) error {
		return second(c.CreateLoginProfile(w.root, &sdk.CreateLoginProfileInput{UserName: aws.String("root2"), Password: aws.String("Correct-Horse-7")}))
	}, nobody},
	{"UpdateLoginProfile", []string{"iam:UpdateLoginProfile user/root3"}, nil, func(w *world, c *sdk.Client) error {
		return second(c.UpdateLoginProfile(w.root, &sdk.UpdateLoginProfileInput{UserName: aws.String("root3"), Password: aws.String("Correct-Horse-8")}))
	}, nobody},
	{"PassRole", []string{"iam:AddRoleToInstanceProfile instance-profile/web", "iam:PassRole role/admin"}, nil, func(w *world, c *sdk.Client) error {
		return second(c.AddRoleToInstanceProfile(w.root, &sdk.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("web"), RoleName: aws.String("admin")}))
	}, nobody},
}

// The world of an escalation: an administrator to become in every way.
func (w *world) prepare(t *testing.T) {
	t.Helper()
	w.user(t, "root2", allowAll)
	w.user(t, "root3", allowAll)
	_, err := w.iam.CreateLoginProfile(w.root, &sdk.CreateLoginProfileInput{UserName: aws.String("root3"), Password: aws.String("Correct-Horse-7")})
	require.NoError(t, err)
	key, err := w.iam.ListAccessKeys(w.root, &sdk.ListAccessKeysInput{UserName: aws.String("root2")})
	require.NoError(t, err)
	w.stolen = *key.AccessKeyMetadata[0].AccessKeyId
	_, err = w.iam.UpdateAccessKey(w.root, &sdk.UpdateAccessKeyInput{UserName: aws.String("root2"), AccessKeyId: &w.stolen, Status: types.StatusTypeInactive})
	require.NoError(t, err)

	w.role(t, "admin")
	_, err = w.iam.PutRolePolicy(w.root, &sdk.PutRolePolicyInput{RoleName: aws.String("admin"), PolicyName: inline, PolicyDocument: asAdmin})
	require.NoError(t, err)
	_, err = w.iam.CreateRole(w.root, &sdk.CreateRoleInput{RoleName: aws.String("mine"), AssumeRolePolicyDocument: aws.String(trustUser)})
	require.NoError(t, err)
	_, err = w.iam.CreateInstanceProfile(w.root, &sdk.CreateInstanceProfileInput{InstanceProfileName: aws.String("web")})
	require.NoError(t, err)

	for name, document := range map[string]string{"staff": allow("s3:GetObject", "*"), "admins": allowAll} {
		w.group(t, name)
		_, err = w.iam.PutGroupPolicy(w.root, &sdk.PutGroupPolicyInput{GroupName: &name, PolicyName: inline, PolicyDocument: &document})
		require.NoError(t, err)
	}
	_, err = w.iam.AddUserToGroup(w.root, &sdk.AddUserToGroupInput{GroupName: aws.String("staff"), UserName: mallory})
	require.NoError(t, err)
	w.policy(t, "own", allow("s3:GetObject", "*"))
	w.policy(t, "old", allowAll)
	_, err = w.iam.CreatePolicyVersion(w.root, &sdk.CreatePolicyVersionInput{PolicyArn: aws.String(oldPolicy), PolicyDocument: aws.String(allow("s3:GetObject", "*")), SetAsDefault: true})
	require.NoError(t, err)
	for _, arn := range []string{ownPolicy, oldPolicy} {
		_, err = w.iam.AttachUserPolicy(w.root, &sdk.AttachUserPolicyInput{UserName: mallory, PolicyArn: &arn})
		require.NoError(t, err)
	}
}

// restrain, bound, jail and trustTag set up what single escalations undo.
func (w *world) restrain() error {
	deny := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"}]}`
	_, err := w.iam.PutUserPolicy(w.root, &sdk.PutUserPolicyInput{UserName: mallory, PolicyName: aws.String("list"), PolicyDocument: &deny})
	if err != nil {
		return err
	}
	deny = strings.Replace(deny, "Allow", "Deny", 1)
	return second(w.iam.PutUserPolicy(w.root, &sdk.PutUserPolicyInput{UserName: mallory, PolicyName: aws.String("deny"), PolicyDocument: &deny}))
}

func bound(action string) func(*world) error {
	return func(w *world) error { return w.bound(action) }
}

func (w *world) bound(action string) error {
	list := allow("iam:ListUsers", "*")
	_, err := w.iam.PutUserPolicy(w.root, &sdk.PutUserPolicyInput{UserName: mallory, PolicyName: aws.String("list"), PolicyDocument: &list})
	if err != nil {
		return err
	}
	only := allow(action, "*")
	made, err := w.iam.CreatePolicy(w.root, &sdk.CreatePolicyInput{PolicyName: aws.String("boundary"), PolicyDocument: &only})
	if err != nil {
		return err
	}
	return second(w.iam.PutUserPermissionsBoundary(w.root, &sdk.PutUserPermissionsBoundaryInput{UserName: mallory, PermissionsBoundary: made.Policy.Arn}))
}

func (w *world) jail() error {
	if err := w.restrain(); err != nil {
		return err
	}
	_, err := w.iam.DeleteUserPolicy(w.root, &sdk.DeleteUserPolicyInput{UserName: mallory, PolicyName: aws.String("deny")})
	if err != nil {
		return err
	}
	if _, err = w.iam.CreateGroup(w.root, &sdk.CreateGroupInput{GroupName: aws.String("jail")}); err != nil {
		return err
	}
	deny := `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:ListUsers","Resource":"*"}}`
	if _, err = w.iam.PutGroupPolicy(w.root, &sdk.PutGroupPolicyInput{GroupName: aws.String("jail"), PolicyName: inline, PolicyDocument: &deny}); err != nil {
		return err
	}
	return second(w.iam.AddUserToGroup(w.root, &sdk.AddUserToGroupInput{GroupName: aws.String("jail"), UserName: mallory}))
}

func (w *world) trustTag() error {
	document := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/admin":"yes"}}}}`
	return second(w.iam.PutUserPolicy(w.root, &sdk.PutUserPolicyInput{UserName: mallory, PolicyName: aws.String("tagged"), PolicyDocument: &document}))
}

// assume is who assumes a role with the key of mallory.
func assume(role string) func(*world, *testing.T) *sdk.Client {
	return func(w *world, t *testing.T) *sdk.Client {
		out, err := w.malloryAssumes(role)
		require.NoError(t, err)
		return w.client(&fakeaws.Credential{
			AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey, SessionToken: *out.Credentials.SessionToken,
		})
	}
}

func stolenKey(w *world, _ *testing.T) *sdk.Client {
	key, _ := w.Credential(w.stolen)
	return w.client(key)
}

func nobody(*world, *testing.T) *sdk.Client { return nil }

// A user without the permissions of a way does not go it, whatever else it may;
// with exactly these it goes it, and is administrator.
func TestPrivilegeEscalation(t *testing.T) {
	t.Parallel()
	for _, e := range slices.Concat(escalations, undoings) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			eachDoor(t, e.run)
		})
	}
}

func (e escalation) run(t *testing.T, w *world) {
	c := w.user(t, *mallory)
	w.prepare(t)
	if e.setup != nil {
		require.NoError(t, e.setup(w))
	}
	give := func(statements ...string) {
		document := `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
		_, err := w.iam.PutUserPolicy(w.root, &sdk.PutUserPolicyInput{UserName: mallory, PolicyName: aws.String("given"), PolicyDocument: &document})
		require.NoError(t, err)
	}
	require.ErrorContains(t, e.step(w, c), "AccessDenied", "without a permission")
	var exact []string
	for _, p := range e.allowed {
		action, resource, _ := strings.Cut(p, " ")
		give(`{"Effect":"Allow","NotAction":"iam:ListUsers","Resource":"*"}`, `{"Effect":"Deny","Action":"`+action+`","Resource":"*"}`)
		require.ErrorContains(t, e.step(w, c), "with an explicit deny", "with every permission but "+action)
		exact = append(exact, `{"Effect":"Allow","Action":"`+action+`","Resource":"arn:aws:iam::111122223333:`+resource+`"}`)
	}
	give(exact...)
	_, err := c.ListUsers(w.root, &sdk.ListUsersInput{})
	require.ErrorContains(t, err, "AccessDenied", "not yet administrator")
	require.NoError(t, e.step(w, c), "with exactly these permissions")
	if e.become != nil {
		c = e.become(w, t)
	}
	if c != nil {
		_, err = c.ListUsers(w.root, &sdk.ListUsersInput{})
		assert.NoError(t, err, "administrator")
	}
}
