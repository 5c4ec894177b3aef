package iam_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
)

const (
	readOnly = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
	admin    = "arn:aws:iam::aws:policy/AdministratorAccess"
)

func TestAWSPolicyIsEnforced(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		alice := w.user(t, "alice")
		ctx := t.Context()
		_, err := alice.ListUsers(ctx, &sdk.ListUsersInput{})
		requireError(t, err, "AccessDenied", "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::111122223333:user/ because no identity-based policy allows the iam:ListUsers action")

		_, err = w.iam.AttachUserPolicy(w.root, &sdk.AttachUserPolicyInput{UserName: aws.String("alice"), PolicyArn: aws.String(readOnly)})
		require.NoError(t, err)
		_, err = alice.ListUsers(ctx, &sdk.ListUsersInput{})
		require.NoError(t, err)
		_, err = alice.CreateUser(ctx, &sdk.CreateUserInput{UserName: aws.String("bob")})
		requireError(t, err, "AccessDenied", "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: iam:CreateUser on resource: arn:aws:iam::111122223333:user/bob because no identity-based policy allows the iam:CreateUser action")

		_, err = w.iam.DetachUserPolicy(w.root, &sdk.DetachUserPolicyInput{UserName: aws.String("alice"), PolicyArn: aws.String(readOnly)})
		require.NoError(t, err)
		_, err = alice.ListUsers(ctx, &sdk.ListUsersInput{})
		require.Error(t, err)
	})
}

func TestAWSPolicyAsBoundary(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		alice := w.user(t, "alice", allowAll)
		_, err := w.iam.PutUserPermissionsBoundary(w.root, &sdk.PutUserPermissionsBoundaryInput{UserName: aws.String("alice"), PermissionsBoundary: aws.String(readOnly)})
		require.NoError(t, err)
		_, err = alice.GetUser(t.Context(), &sdk.GetUserInput{})
		require.NoError(t, err)
		_, err = alice.CreateUser(t.Context(), &sdk.CreateUserInput{UserName: aws.String("bob")})
		requireError(t, err, "AccessDenied", "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: iam:CreateUser on resource: arn:aws:iam::111122223333:user/bob because no permissions boundary allows the iam:CreateUser action")
		got, err := w.iam.GetPolicy(w.root, &sdk.GetPolicyInput{PolicyArn: aws.String(readOnly)})
		require.NoError(t, err)
		assert.Equal(t, int32(1), *got.Policy.PermissionsBoundaryUsageCount)
	})
}

func TestAWSPolicyAsSessionPolicy(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		keys, err := w.user(t, "alice", allowAll).ListAccessKeys(t.Context(), &sdk.ListAccessKeysInput{})
		require.NoError(t, err)
		key, _ := w.Credential(*keys.AccessKeyMetadata[0].AccessKeyId)
		_, err = w.iam.CreateRole(w.root, &sdk.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String(trustAccount)})
		require.NoError(t, err)
		_, err = w.iam.AttachRolePolicy(w.root, &sdk.AttachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: aws.String(admin)})
		require.NoError(t, err)
		out, err := awssts.NewFromConfig(w.Config(key.AccessKeyID, key.SecretAccessKey, "")).AssumeRole(t.Context(), &awssts.AssumeRoleInput{
			RoleArn: aws.String("arn:aws:iam::111122223333:role/r"), RoleSessionName: aws.String("s1"),
			PolicyArns: []ststypes.PolicyDescriptorType{{Arn: aws.String(readOnly)}},
		})
		require.NoError(t, err)
		client := w.client(&fakeaws.Credential{
			AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey, SessionToken: *out.Credentials.SessionToken,
		})
		_, err = client.ListUsers(t.Context(), &sdk.ListUsersInput{})
		require.NoError(t, err)
		_, err = client.CreateUser(t.Context(), &sdk.CreateUserInput{UserName: aws.String("bob")})
		require.ErrorContains(t, err, "because no session policy allows the iam:CreateUser action")
	})
}

func TestAWSPolicyIsDescribed(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		root := w.client(rootOf(w))
		w.group(t, "g")
		_, err := root.AttachGroupPolicy(ctx, &sdk.AttachGroupPolicyInput{GroupName: aws.String("g"), PolicyArn: aws.String(admin)})
		require.NoError(t, err)
		got, err := root.GetPolicy(ctx, &sdk.GetPolicyInput{PolicyArn: aws.String(admin)})
		require.NoError(t, err)
		assert.Equal(t, "AdministratorAccess", *got.Policy.PolicyName)
		assert.Equal(t, "v1", *got.Policy.DefaultVersionId)
		assert.Equal(t, int32(1), *got.Policy.AttachmentCount)
		assert.Regexp(t, `^ANPA[A-Z2-7]{17}$`, *got.Policy.PolicyId)

		v, err := root.GetPolicyVersion(ctx, &sdk.GetPolicyVersionInput{PolicyArn: aws.String(admin), VersionId: aws.String("v1")})
		require.NoError(t, err)
		document, err := url.PathUnescape(*v.PolicyVersion.Document)
		require.NoError(t, err)
		assert.JSONEq(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`, document)

		entities, err := root.ListEntitiesForPolicy(ctx, &sdk.ListEntitiesForPolicyInput{PolicyArn: aws.String(admin)})
		require.NoError(t, err)
		require.Len(t, entities.PolicyGroups, 1)
		assert.Equal(t, "g", *entities.PolicyGroups[0].GroupName)

		// Another account counts its own attachments.
		other, err := w.rootOf(otherID).GetPolicy(ctx, &sdk.GetPolicyInput{PolicyArn: aws.String(admin)})
		require.NoError(t, err)
		assert.Zero(t, *other.Policy.AttachmentCount)
		assert.Equal(t, *got.Policy.PolicyId, *other.Policy.PolicyId)
	})
}

func TestAWSPolicyCannotBeChanged(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		root, ctx, arn := w.client(rootOf(w)), t.Context(), aws.String(admin)
		tag := types.Tag{Key: aws.String("k"), Value: aws.String("v")}
		for name, call := range map[string]func() error{
			"CreatePolicyVersion": func() error {
				_, err := root.CreatePolicyVersion(ctx, &sdk.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(allowAll)})
				return err
			},
			"DeletePolicyVersion": func() error {
				_, err := root.DeletePolicyVersion(ctx, &sdk.DeletePolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v1")})
				return err
			},
			"SetDefaultPolicyVersion": func() error {
				_, err := root.SetDefaultPolicyVersion(ctx, &sdk.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v1")})
				return err
			},
			"DeletePolicy": func() error {
				_, err := root.DeletePolicy(ctx, &sdk.DeletePolicyInput{PolicyArn: arn})
				return err
			},
			"TagPolicy": func() error {
				_, err := root.TagPolicy(ctx, &sdk.TagPolicyInput{PolicyArn: arn, Tags: []types.Tag{tag}})
				return err
			},
			"UntagPolicy": func() error {
				_, err := root.UntagPolicy(ctx, &sdk.UntagPolicyInput{PolicyArn: arn, TagKeys: []string{"k"}})
				return err
			},
		} {
			t.Run(name, func(t *testing.T) {
				requireError(t, call(), "AccessDenied", "Policy is outside your own account.")
			})
		}
	})
}

func TestAWSPolicyErrors(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		w.role(t, "r")
		attach := func(arn string) error {
			_, err := w.iam.AttachRolePolicy(w.root, &sdk.AttachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: &arn})
			return err
		}
		for _, arn := range []string{
			"arn:aws:iam::aws:policy/NoSuchPolicyAccess",
			"arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole", // its path is /service-role/
			"arn:aws:iam::aws:policy/path/AdministratorAccess",
			"arn:aws:iam::111122223333:policy/AdministratorAccess",
		} {
			requireError(t, attach(arn), "NoSuchEntity", "Policy "+arn+" does not exist or is not attachable.")
		}
		require.NoError(t, attach("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"))
		requireError(t, attach("arn:aws:iam::aws:policy/aws-service-role/AmazonElasticsearchServiceRolePolicy"),
			"PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer Role.")
		_, err := w.iam.GetPolicyVersion(w.root, &sdk.GetPolicyVersionInput{PolicyArn: aws.String(readOnly), VersionId: aws.String("v99")})
		require.Error(t, err)
	})
}

func TestListPoliciesOfAWS(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		mine := w.policy(t, "AdministratorAccess", allowAll) // as one of AWS's is called
		w.role(t, "r")
		for _, arn := range []string{mine, readOnly} {
			_, err := w.iam.AttachRolePolicy(w.root, &sdk.AttachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: &arn})
			require.NoError(t, err)
		}
		list := func(in sdk.ListPoliciesInput) []string {
			t.Helper()
			var arns []string
			pages := sdk.NewListPoliciesPaginator(w.client(rootOf(w)), &in)
			for pages.HasMorePages() {
				out, err := pages.NextPage(context.Background())
				require.NoError(t, err)
				for _, p := range out.Policies {
					arns = append(arns, *p.Arn)
				}
			}
			return arns
		}
		assert.Equal(t, []string{mine}, list(sdk.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal}))
		ofAWS := list(sdk.ListPoliciesInput{Scope: types.PolicyScopeTypeAws, MaxItems: aws.Int32(1000)})
		assert.Greater(t, len(ofAWS), 1500)
		everything := list(sdk.ListPoliciesInput{MaxItems: aws.Int32(301)})
		assert.Equal(t, append([]string{mine}, ofAWS...), everything, "in pages of 301")
		assert.Equal(t, []string{mine, readOnly}, list(sdk.ListPoliciesInput{OnlyAttached: true}))
		assert.Equal(t, []string{readOnly}, list(sdk.ListPoliciesInput{OnlyAttached: true, Scope: types.PolicyScopeTypeAws}))
		assert.Equal(t, []string{mine, readOnly}, list(sdk.ListPoliciesInput{PolicyUsageFilter: types.PolicyUsageTypePermissionsPolicy}))
		assert.Empty(t, list(sdk.ListPoliciesInput{PolicyUsageFilter: types.PolicyUsageTypePermissionsBoundary}))
		for _, arn := range list(sdk.ListPoliciesInput{PathPrefix: aws.String("/job-function/")}) {
			assert.True(t, strings.HasPrefix(arn, "arn:aws:iam::aws:policy/job-function/"), arn)
		}
	})
}

// rootOf is the access key of the first account's root user.
func rootOf(w *world) *fakeaws.Credential {
	acct, _ := w.Account(accountID)
	return acct.Root
}

func BenchmarkListPoliciesOfAWS(b *testing.B) {
	w := newWorld(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.iam.ListPolicies(w.root, &sdk.ListPoliciesInput{MaxItems: aws.Int32(100)}); err != nil {
			b.Fatal(err)
		}
	}
}

// A policy is found in a tree: among as many as an account may have as fast as among
// a few.
func BenchmarkManyPolicies(b *testing.B) {
	for _, n := range []int{100, 1400} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			w := newWorld(b)
			var arn string
			for i := range n {
				arn = w.policy(b, fmt.Sprint("p", i), allowAll)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.iam.GetPolicy(w.root, &sdk.GetPolicyInput{PolicyArn: &arn}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
