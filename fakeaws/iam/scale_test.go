package iam_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
)

var scale = flag.Bool("scale", false, "compare times in accounts of 1,000 and 10,000 users and policies; takes some seconds")

// populate makes an account of n users, all of one group, and n managed policies,
// one of which all users have.
func (w *world) populate(t testing.TB, n int) {
	t.Helper()
	for _, quota := range []string{"Users per account", "Customer managed policies per account", "Roles per account"} {
		require.NoError(t, w.service.SetQuota(accountID, quota, 2*n))
	}
	_, err := w.fixture.CreateGroup(w.root, &sdk.CreateGroupInput{GroupName: aws.String("all")})
	require.NoError(t, err)
	for i := range n {
		name := fmt.Sprintf("user%05d", i)
		_, err := w.fixture.CreateUser(w.root, &sdk.CreateUserInput{UserName: &name})
		require.NoError(t, err)
		_, err = w.fixture.AddUserToGroup(w.root, &sdk.AddUserToGroupInput{GroupName: aws.String("all"), UserName: &name})
		require.NoError(t, err)
		policy, err := w.fixture.CreatePolicy(w.root, &sdk.CreatePolicyInput{PolicyName: aws.String(fmt.Sprintf("policy%05d", i)), PolicyDocument: aws.String(allowAll)})
		require.NoError(t, err)
		for _, arn := range []string{*policy.Policy.Arn, "arn:aws:iam::111122223333:policy/policy00000"} {
			_, err = w.fixture.AttachUserPolicy(w.root, &sdk.AttachUserPolicyInput{UserName: &name, PolicyArn: &arn})
			require.NoError(t, err)
		}
	}
}

// scaled are calls on an account of n users and policies, in its middle.
func (w *world) scaled(t testing.TB, n int) map[string]func() error {
	ctx := w.root
	middle, fresh := aws.String(fmt.Sprintf("user%05d", n/2)), aws.String("zoe")
	policy := aws.String(fmt.Sprintf("arn:aws:iam::111122223333:policy/policy%05d", n/2))
	common := aws.String("arn:aws:iam::111122223333:policy/policy00000")
	users, err := w.fixture.ListUsers(ctx, &sdk.ListUsersInput{MaxItems: aws.Int32(int32(min(n/2, 1000)))})
	require.NoError(t, err)
	policies, err := w.fixture.ListPolicies(ctx, &sdk.ListPoliciesInput{MaxItems: aws.Int32(int32(min(n/2, 1000)))})
	require.NoError(t, err)
	entities, err := w.fixture.ListEntitiesForPolicy(ctx, &sdk.ListEntitiesForPolicyInput{PolicyArn: common, MaxItems: aws.Int32(int32(min(n/2, 1000)))})
	require.NoError(t, err)
	key, err := w.fixture.CreateAccessKey(ctx, &sdk.CreateAccessKeyInput{UserName: middle})
	require.NoError(t, err)
	credential, _ := w.Credential(*key.AccessKey.AccessKeyId)
	few := aws.Int32(10)
	return map[string]func() error{
		"GetUser": func() error { return second(w.fixture.GetUser(ctx, &sdk.GetUserInput{UserName: middle})) },
		"CreateUser and DeleteUser": func() error {
			if _, err := w.fixture.CreateUser(ctx, &sdk.CreateUserInput{UserName: fresh}); err != nil {
				return err
			}
			return second(w.fixture.DeleteUser(ctx, &sdk.DeleteUserInput{UserName: fresh}))
		},
		"ListUsers": func() error {
			return second(w.fixture.ListUsers(ctx, &sdk.ListUsersInput{Marker: users.Marker, MaxItems: few}))
		},
		"GetGroup": func() error {
			return second(w.fixture.GetGroup(ctx, &sdk.GetGroupInput{GroupName: aws.String("all"), Marker: users.Marker, MaxItems: few}))
		},
		"GetPolicy": func() error { return second(w.fixture.GetPolicy(ctx, &sdk.GetPolicyInput{PolicyArn: policy})) },
		"CreatePolicy and DeletePolicy": func() error {
			made, err := w.fixture.CreatePolicy(ctx, &sdk.CreatePolicyInput{PolicyName: fresh, PolicyDocument: aws.String(allowAll)})
			if err != nil {
				return err
			}
			return second(w.fixture.DeletePolicy(ctx, &sdk.DeletePolicyInput{PolicyArn: made.Policy.Arn}))
		},
		"ListPolicies": func() error {
			return second(w.fixture.ListPolicies(ctx, &sdk.ListPoliciesInput{Marker: policies.Marker, MaxItems: few}))
		},
		"ListEntitiesForPolicy": func() error {
			return second(w.fixture.ListEntitiesForPolicy(ctx, &sdk.ListEntitiesForPolicyInput{PolicyArn: common, Marker: entities.Marker, MaxItems: few}))
		},
		"DetachUserPolicy and AttachUserPolicy": func() error {
			if _, err := w.fixture.DetachUserPolicy(ctx, &sdk.DetachUserPolicyInput{UserName: middle, PolicyArn: common}); err != nil {
				return err
			}
			return second(w.fixture.AttachUserPolicy(ctx, &sdk.AttachUserPolicyInput{UserName: middle, PolicyArn: common}))
		},
		"RemoveUserFromGroup and AddUserToGroup": func() error {
			if _, err := w.fixture.RemoveUserFromGroup(ctx, &sdk.RemoveUserFromGroupInput{GroupName: aws.String("all"), UserName: middle}); err != nil {
				return err
			}
			return second(w.fixture.AddUserToGroup(ctx, &sdk.AddUserToGroupInput{GroupName: aws.String("all"), UserName: middle}))
		},
		"UpdateUser": func() error {
			return second(w.fixture.UpdateUser(ctx, &sdk.UpdateUserInput{UserName: middle, NewPath: aws.String("/")}))
		},
		"TagUser": func() error {
			return second(w.fixture.TagUser(ctx, &sdk.TagUserInput{UserName: middle, Tags: []types.Tag{{Key: fresh, Value: fresh}}}))
		},
		"CreateRole and DeleteRole": func() error {
			trust := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/user00001"},"Action":"sts:AssumeRole"}}`
			if _, err := w.fixture.CreateRole(ctx, &sdk.CreateRoleInput{RoleName: fresh, AssumeRolePolicyDocument: &trust}); err != nil {
				return err
			}
			// A session's principal is looked for by the name of its role.
			trust = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:sts::111122223333:assumed-role/zoe/s"},"Action":"sts:AssumeRole"}}`
			if _, err := w.fixture.UpdateAssumeRolePolicy(ctx, &sdk.UpdateAssumeRolePolicyInput{RoleName: fresh, PolicyDocument: &trust}); err != nil {
				return err
			}
			return second(w.fixture.DeleteRole(ctx, &sdk.DeleteRoleInput{RoleName: fresh}))
		},
		"GetAccessKeyLastUsed": func() error {
			return second(w.fixture.GetAccessKeyLastUsed(ctx, &sdk.GetAccessKeyLastUsedInput{AccessKeyId: key.AccessKey.AccessKeyId}))
		},
		"GetAccountSummary": func() error { return second(w.fixture.GetAccountSummary(ctx, &sdk.GetAccountSummaryInput{})) },
		"GetAccountAuthorizationDetails": func() error {
			return second(w.fixture.GetAccountAuthorizationDetails(ctx, &sdk.GetAccountAuthorizationDetailsInput{MaxItems: few, Filter: []types.EntityType{types.EntityTypeUser}}))
		},
		"SimulatePrincipalPolicy": func() error {
			return second(w.fixture.SimulatePrincipalPolicy(ctx, &sdk.SimulatePrincipalPolicyInput{
				PolicySourceArn: &credential.Caller.ARN, ActionNames: []string{"s3:GetObject"},
			}))
		},
		"an authorization": func() error {
			var set enforce.PolicySet
			if !w.service.Policies(credential.Caller, &set, func(string, string) {}) {
				return fmt.Errorf("%s is nobody", credential.Caller.ARN)
			}
			return nil
		},
	}
}

// best is the shortest time of some runs of a call, so that what else the machine
// does counts little.
func best(t testing.TB, call func() error) time.Duration {
	t.Helper()
	shortest := time.Duration(1<<63 - 1)
	for range 40 {
		start := time.Now()
		for range 5 {
			require.NoError(t, call())
		}
		shortest = min(shortest, time.Since(start))
	}
	return shortest
}

// An account of ten times the users and policies is not ten times as slow: no
// call goes through all of them. What grows with the logarithm costs a third
// more; the limit leaves room for caches that are too small.
func TestLargeAccounts(t *testing.T) {
	if !*scale {
		t.Skip("-scale is not set: times in accounts of 1,000 and 10,000 users and policies are not compared")
	}
	const n, times, limit = 1000, 10, 4
	small, large := newWorld(t), newWorld(t)
	small.populate(t, n)
	large.populate(t, times*n)
	inSmall, inLarge := small.scaled(t, n), large.scaled(t, times*n)
	for name := range inSmall {
		ratio := 0.0
		for range 3 { // a ratio over its limit is measured again before it counts
			ratio = float64(best(t, inLarge[name])) / float64(best(t, inSmall[name]))
			if ratio < limit {
				break
			}
		}
		t.Logf("%-40s %.2f", name, ratio)
		assert.Less(t, ratio, float64(limit), name)
	}
}
