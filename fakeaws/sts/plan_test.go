package sts

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamsdk "github.com/aws/aws-sdk-go-v2/service/iam"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// The role that was judged is the one that is assumed: one that has gone since, or was
// made again, is not there for the call.
func TestRoleOfThePlan(t *testing.T) {
	t.Parallel()
	const account, role = "111111111111", "arn:aws:iam::111111111111:role/app"
	name, trust := aws.String("app"), aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}`)
	remove := func(t *testing.T, c *iamsdk.Client) {
		_, err := c.DeleteRole(t.Context(), &iamsdk.DeleteRoleInput{RoleName: name})
		require.NoError(t, err)
	}
	create := func(t *testing.T, c *iamsdk.Client) {
		_, err := c.CreateRole(t.Context(), &iamsdk.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: trust})
		require.NoError(t, err)
	}
	for _, row := range []struct {
		name    string
		before  func(*testing.T, *iamsdk.Client)
		then    func(*testing.T, *iamsdk.Client)
		assumed bool
	}{
		{"it is there", create, func(*testing.T, *iamsdk.Client) {}, true},
		{"it has other permissions", create, func(t *testing.T, c *iamsdk.Client) {
			_, err := c.PutRolePolicy(t.Context(), &iamsdk.PutRolePolicyInput{RoleName: name, PolicyName: name, PolicyDocument: aws.String(worldtest.AllowAll)})
			require.NoError(t, err)
		}, true},
		{"it is deleted", create, remove, false},
		{"it is made again", create, func(t *testing.T, c *iamsdk.Client) { remove(t, c); create(t, c) }, false},
		{"it is made only then", func(*testing.T, *iamsdk.Client) {}, create, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := worldtest.NewWorld(t, fakeaws.Config{Services: []fakeaws.Service{iam.Service, Service}}, account)
			acct, _ := w.Account(account)
			directory := iamsdk.NewFromConfig(worldtest.FixtureConfig(w, account, w.Region()))
			row.before(t, directory)
			user, err := directory.CreateUser(t.Context(), &iamsdk.CreateUserInput{UserName: aws.String("alice")})
			require.NoError(t, err)
			caller := *acct.Root.Caller
			caller.Type, caller.ARN, caller.EntityID = enforce.User, *user.User.Arn, *user.User.UserId
			call := &fakeaws.Call{Context: t.Context(), World: w, Account: account, Caller: &caller, Operation: "AssumeRole", Time: w.Clock().Now()}
			plan, err := Of(w).assumeRole(call, &sdk.AssumeRoleInput{RoleArn: aws.String(role), RoleSessionName: aws.String("session")})
			require.NoError(t, err)
			require.Len(t, plan.Needs, 1)
			row.then(t, directory)
			out, err := plan.Do()
			if row.assumed {
				require.NoError(t, err)
				assert.Equal(t, "arn:aws:sts::111111111111:assumed-role/app/session", *out.AssumedRoleUser.Arn)
				return
			}
			var api smithy.APIError
			require.ErrorAs(t, err, &api)
			assert.Equal(t, "AccessDenied", api.ErrorCode())
			assert.Equal(t, "User: "+caller.ARN+" is not authorized to perform: sts:AssumeRole on resource: "+role, api.ErrorMessage())
		})
	}
}
