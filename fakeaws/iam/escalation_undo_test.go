package iam_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"
)

const (
	denyListUsers = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:ListUsers","Resource":"*"}}`
	denyingPolicy = "arn:aws:iam::111122223333:policy/denying"
	trustAccount  = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}}`
)

var (
	mine    = aws.String("mine")
	jail    = aws.String("jail")
	denying = aws.String(denyingPolicy)
)

// undoings are the ways in which a user takes away what keeps it, or a role of
// its own, from what its policies allow, and those that take what somebody else
// left open.
var undoings = []escalation{
	{"DetachUserPolicy", []string{"iam:DetachUserPolicy user/mallory"}, denied(func(w *world) error {
		return second(w.iam.AttachUserPolicy(w.root, &sdk.AttachUserPolicyInput{UserName: mallory, PolicyArn: denying}))
	}), func(w *world, c *sdk.Client) error {
		return second(c.DetachUserPolicy(w.root, &sdk.DetachUserPolicyInput{UserName: mallory, PolicyArn: denying}))
	}, nil},
	{"DeleteGroupPolicy", []string{"iam:DeleteGroupPolicy group/jail"}, (*world).jail, func(w *world, c *sdk.Client) error {
		return second(c.DeleteGroupPolicy(w.root, &sdk.DeleteGroupPolicyInput{GroupName: jail, PolicyName: inline}))
	}, nil},
	{"DetachGroupPolicy", []string{"iam:DetachGroupPolicy group/staff"}, denied(func(w *world) error {
		return second(w.iam.AttachGroupPolicy(w.root, &sdk.AttachGroupPolicyInput{GroupName: aws.String("staff"), PolicyArn: denying}))
	}), func(w *world, c *sdk.Client) error {
		return second(c.DetachGroupPolicy(w.root, &sdk.DetachGroupPolicyInput{GroupName: aws.String("staff"), PolicyArn: denying}))
	}, nil},
	{"DeleteRolePolicy", []string{"iam:DeleteRolePolicy role/mine"}, deniedRole(func(w *world) error {
		return second(w.iam.PutRolePolicy(w.root, &sdk.PutRolePolicyInput{RoleName: mine, PolicyName: aws.String("deny"), PolicyDocument: aws.String(denyListUsers)}))
	}), func(w *world, c *sdk.Client) error {
		return second(c.DeleteRolePolicy(w.root, &sdk.DeleteRolePolicyInput{RoleName: mine, PolicyName: aws.String("deny")}))
	}, assume("mine")},
	{"DetachRolePolicy", []string{"iam:DetachRolePolicy role/mine"}, deniedRole(func(w *world) error {
		return second(w.iam.AttachRolePolicy(w.root, &sdk.AttachRolePolicyInput{RoleName: mine, PolicyArn: denying}))
	}), func(w *world, c *sdk.Client) error {
		return second(c.DetachRolePolicy(w.root, &sdk.DetachRolePolicyInput{RoleName: mine, PolicyArn: denying}))
	}, assume("mine")},
	{"DeleteRolePermissionsBoundary", []string{"iam:DeleteRolePermissionsBoundary role/mine"}, deniedRole(boundRole), func(w *world, c *sdk.Client) error {
		return second(c.DeleteRolePermissionsBoundary(w.root, &sdk.DeleteRolePermissionsBoundaryInput{RoleName: mine}))
	}, assume("mine")},
	{"PutRolePermissionsBoundary", []string{"iam:PutRolePermissionsBoundary role/mine"}, deniedRole(boundRole), func(w *world, c *sdk.Client) error {
		return second(c.PutRolePermissionsBoundary(w.root, &sdk.PutRolePermissionsBoundaryInput{RoleName: mine, PermissionsBoundary: aws.String(admin)}))
	}, assume("mine")},
	{"UntagUser", []string{"iam:UntagUser user/mallory"}, (*world).distrustTag, func(w *world, c *sdk.Client) error {
		return second(c.UntagUser(w.root, &sdk.UntagUserInput{UserName: mallory, TagKeys: []string{"intern"}}))
	}, nil},
	{"TagRole", []string{"iam:TagRole role/mine"}, func(w *world) error {
		document := tagged("admin", "StringEquals")
		return second(w.iam.PutRolePolicy(w.root, &sdk.PutRolePolicyInput{RoleName: mine, PolicyName: inline, PolicyDocument: &document}))
	}, func(w *world, c *sdk.Client) error {
		return second(c.TagRole(w.root, &sdk.TagRoleInput{RoleName: mine, Tags: []types.Tag{{Key: aws.String("admin"), Value: aws.String("yes")}}}))
	}, assume("mine")},
	// Two keys are as many as a user may have: one must go.
	{"DeleteAccessKey", []string{"iam:DeleteAccessKey user/root2", "iam:CreateAccessKey user/root2"}, func(w *world) error {
		return second(w.iam.CreateAccessKey(w.root, &sdk.CreateAccessKeyInput{UserName: aws.String("root2")}))
	}, func(w *world, c *sdk.Client) error {
		_, err := c.DeleteAccessKey(w.root, &sdk.DeleteAccessKeyInput{UserName: aws.String("root2"), AccessKeyId: &w.stolen})
		if err != nil && !strings.Contains(err.Error(), "NoSuchEntity") {
			return err
		}
		made, err := c.CreateAccessKey(w.root, &sdk.CreateAccessKeyInput{UserName: aws.String("root2")})
		if err == nil {
			w.stolen = *made.AccessKey.AccessKeyId
		}
		return err
	}, stolenKey},
	{"AssumeRole", []string{"sts:AssumeRole role/open"}, func(w *world) error {
		_, err := w.iam.CreateRole(w.root, &sdk.CreateRoleInput{RoleName: aws.String("open"), AssumeRolePolicyDocument: aws.String(trustAccount)})
		if err != nil {
			return err
		}
		return second(w.iam.PutRolePolicy(w.root, &sdk.PutRolePolicyInput{RoleName: aws.String("open"), PolicyName: inline, PolicyDocument: asAdmin}))
	}, func(w *world, _ *sdk.Client) error {
		return second(w.malloryAssumes("open"))
	}, assume("open")},
	// Git and API keys of another user: no client of the SDK signs with them.
	{"CreateServiceSpecificCredential", []string{"iam:CreateServiceSpecificCredential user/root2"}, nil, func(w *world, c *sdk.Client) error {
		return second(c.CreateServiceSpecificCredential(w.root, &sdk.CreateServiceSpecificCredentialInput{UserName: aws.String("root2"), ServiceName: aws.String("codecommit.amazonaws.com")}))
	}, nobody},
	{"UploadSSHPublicKey", []string{"iam:UploadSSHPublicKey user/root2"}, nil, func(w *world, c *sdk.Client) error {
		return second(c.UploadSSHPublicKey(w.root, &sdk.UploadSSHPublicKeyInput{UserName: aws.String("root2"), SSHPublicKeyBody: aws.String(sshLine(1, 2048))}))
	}, nobody},
}

// denied gives mallory everything and, with what hold does, takes ListUsers.
func denied(hold func(*world) error) func(*world) error {
	return func(w *world) error {
		list := allow("iam:ListUsers", "*")
		if _, err := w.iam.PutUserPolicy(w.root, &sdk.PutUserPolicyInput{UserName: mallory, PolicyName: aws.String("list"), PolicyDocument: &list}); err != nil {
			return err
		}
		if _, err := w.iam.CreatePolicy(w.root, &sdk.CreatePolicyInput{PolicyName: aws.String("denying"), PolicyDocument: aws.String(denyListUsers)}); err != nil {
			return err
		}
		return hold(w)
	}
}

// deniedRole is denied for the role that mallory may assume; mallory itself is
// not given ListUsers.
func deniedRole(hold func(*world) error) func(*world) error {
	return func(w *world) error {
		if _, err := w.iam.PutRolePolicy(w.root, &sdk.PutRolePolicyInput{RoleName: mine, PolicyName: inline, PolicyDocument: asAdmin}); err != nil {
			return err
		}
		if _, err := w.iam.CreatePolicy(w.root, &sdk.CreatePolicyInput{PolicyName: aws.String("denying"), PolicyDocument: aws.String(denyListUsers)}); err != nil {
			return err
		}
		return hold(w)
	}
}

func boundRole(w *world) error {
	return second(w.iam.PutRolePermissionsBoundary(w.root, &sdk.PutRolePermissionsBoundaryInput{RoleName: mine, PermissionsBoundary: denying}))
}

// tagged allows everything to whom a tag makes administrator, or does not keep
// from being one.
func tagged(tag, operator string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"` + operator + `":{"aws:PrincipalTag/` + tag + `":"yes"}}}}`
}

func (w *world) distrustTag() error {
	// With "intern" the user may do nothing but what the story gives it.
	document := strings.Replace(tagged("intern", "StringNotEquals"), `"Action":"*"`, `"Action":"iam:ListUsers"`, 1)
	if _, err := w.iam.PutUserPolicy(w.root, &sdk.PutUserPolicyInput{UserName: mallory, PolicyName: aws.String("tagged"), PolicyDocument: &document}); err != nil {
		return err
	}
	return second(w.iam.TagUser(w.root, &sdk.TagUserInput{UserName: mallory, Tags: []types.Tag{{Key: aws.String("intern"), Value: aws.String("yes")}}}))
}

// malloryAssumes assumes a role with the key of mallory.
func (w *world) malloryAssumes(role string) (*awssts.AssumeRoleOutput, error) {
	keys, err := w.iam.ListAccessKeys(w.root, &sdk.ListAccessKeysInput{UserName: mallory})
	if err != nil {
		return nil, err
	}
	key, _ := w.Credential(*keys.AccessKeyMetadata[0].AccessKeyId)
	return awssts.NewFromConfig(w.Config(key.AccessKeyID, key.SecretAccessKey, "")).AssumeRole(w.root, &awssts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::111122223333:role/" + role), RoleSessionName: aws.String("session"),
	})
}

// What a role is held by is undone by its undoing alone.
func TestHeldRoleIsNoAdministrator(t *testing.T) {
	t.Parallel()
	for _, e := range undoings {
		if e.setup == nil || len(e.allowed) != 1 || !strings.HasSuffix(e.allowed[0], "role/mine") {
			continue
		}
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			eachDoor(t, func(t *testing.T, w *world) {
				w.user(t, *mallory)
				w.prepare(t)
				require.NoError(t, e.setup(w))
				_, err := e.become(w, t).ListUsers(w.root, &sdk.ListUsersInput{})
				require.ErrorContains(t, err, "AccessDenied")
			})
		})
	}
}
