package iam_test

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws/iam"
)

func TestServiceLinkedRoleNames(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		c := w.user(t, "admin", allowAll)
		create := func(service string, suffix *string) (*types.Role, error) {
			out, err := c.CreateServiceLinkedRole(t.Context(), &sdk.CreateServiceLinkedRoleInput{AWSServiceName: &service, CustomSuffix: suffix})
			if err != nil {
				return nil, err
			}
			return out.Role, nil
		}
		r, err := create("elasticbeanstalk.amazonaws.com", nil)
		require.NoError(t, err)
		assert.Equal(t, "arn:aws:iam::111122223333:role/aws-service-role/elasticbeanstalk.amazonaws.com/AWSServiceRoleForElasticBeanstalk", *r.Arn)
		trust, err := url.QueryUnescape(*r.AssumeRolePolicyDocument)
		require.NoError(t, err)
		assert.JSONEq(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"elasticbeanstalk.amazonaws.com"}}]}`, trust)
		attached, err := c.ListAttachedRolePolicies(t.Context(), &sdk.ListAttachedRolePoliciesInput{RoleName: r.RoleName})
		require.NoError(t, err)
		require.Len(t, attached.AttachedPolicies, 1)
		assert.Equal(t, "arn:aws:iam::aws:policy/aws-service-role/AWSElasticBeanstalkServiceRolePolicy", *attached.AttachedPolicies[0].PolicyArn)

		r, err = create("autoscaling.amazonaws.com", aws.String("blue"))
		require.NoError(t, err)
		assert.Equal(t, "AWSServiceRoleForAutoScaling_blue", *r.RoleName)
		_, err = create("elasticbeanstalk.amazonaws.com", nil)
		requireError(t, err, "InvalidInput", "Service role name AWSServiceRoleForElasticBeanstalk has been taken in this account, please try a different suffix.")
		_, err = create("es.amazonaws.com", aws.String("x"))
		requireError(t, err, "InvalidInput", "Custom suffix is not allowed for es.amazonaws.com")
		_, err = create("example.com", nil)
		requireError(t, err, "InvalidInput", "Service principal example.com is not a valid service principal or does not support service-linked roles.")
		_, err = c.CreateRole(t.Context(), &sdk.CreateRoleInput{RoleName: aws.String("r"), Path: aws.String("/aws-service-role/x/"), AssumeRolePolicyDocument: aws.String(trustEC2)})
		requireError(t, err, "InvalidInput", "The path /aws-service-role/x/ is reserved for service-linked roles.")
	})
}

func TestServiceLinkedRoleIsProtected(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		c := w.user(t, "admin", allowAll)
		out, err := c.CreateServiceLinkedRole(t.Context(), &sdk.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("es.amazonaws.com")})
		require.NoError(t, err)
		role, p, arn := out.Role.RoleName, aws.String("p"), aws.String(w.policy(t, "p", allowAll))
		_, err = w.iam.CreateInstanceProfile(w.root, &sdk.CreateInstanceProfileInput{InstanceProfileName: p})
		require.NoError(t, err)
		for name, change := range map[string]func(context.Context) error{
			"AttachRolePolicy":              call(c.AttachRolePolicy, &sdk.AttachRolePolicyInput{RoleName: role, PolicyArn: arn}),
			"DetachRolePolicy":              call(c.DetachRolePolicy, &sdk.DetachRolePolicyInput{RoleName: role, PolicyArn: arn}),
			"PutRolePolicy":                 call(c.PutRolePolicy, &sdk.PutRolePolicyInput{RoleName: role, PolicyName: p, PolicyDocument: aws.String(allowAll)}),
			"DeleteRolePolicy":              call(c.DeleteRolePolicy, &sdk.DeleteRolePolicyInput{RoleName: role, PolicyName: p}),
			"UpdateAssumeRolePolicy":        call(c.UpdateAssumeRolePolicy, &sdk.UpdateAssumeRolePolicyInput{RoleName: role, PolicyDocument: aws.String(trustEC2)}),
			"PutRolePermissionsBoundary":    call(c.PutRolePermissionsBoundary, &sdk.PutRolePermissionsBoundaryInput{RoleName: role, PermissionsBoundary: arn}),
			"DeleteRolePermissionsBoundary": call(c.DeleteRolePermissionsBoundary, &sdk.DeleteRolePermissionsBoundaryInput{RoleName: role}),
			"AddRoleToInstanceProfile":      call(c.AddRoleToInstanceProfile, &sdk.AddRoleToInstanceProfileInput{RoleName: role, InstanceProfileName: p}),
			"DeleteRole":                    call(c.DeleteRole, &sdk.DeleteRoleInput{RoleName: role}),
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				requireError(t, change(t.Context()), "UnmodifiableEntity", "Cannot perform the operation on the protected role 'AWSServiceRoleForAmazonElasticsearchService' - this role is only modifiable by AWS")
			})
		}
		_, err = c.TagRole(t.Context(), &sdk.TagRoleInput{RoleName: role, Tags: []types.Tag{{Key: p, Value: p}}})
		require.NoError(t, err, "tags are the customer's")
	})
}

func TestServiceLinkedRoleDeletion(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.user(t, "admin", allowAll)
		w.role(t, "plain")
		out, err := c.CreateServiceLinkedRole(ctx, &sdk.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("es.amazonaws.com")})
		require.NoError(t, err)
		role := out.Role.RoleName
		first, err := c.DeleteServiceLinkedRole(ctx, &sdk.DeleteServiceLinkedRoleInput{RoleName: role})
		require.NoError(t, err)
		assert.Regexp(t, "^task/aws-service-role/es.amazonaws.com/AWSServiceRoleForAmazonElasticsearchService/[0-9a-f-]{36}$", *first.DeletionTaskId)
		again, err := c.DeleteServiceLinkedRole(ctx, &sdk.DeleteServiceLinkedRoleInput{RoleName: role})
		require.NoError(t, err)
		assert.Equal(t, *first.DeletionTaskId, *again.DeletionTaskId)
		status := func() types.DeletionTaskStatusType {
			out, err := c.GetServiceLinkedRoleDeletionStatus(ctx, &sdk.GetServiceLinkedRoleDeletionStatusInput{DeletionTaskId: first.DeletionTaskId})
			require.NoError(t, err)
			return out.Status
		}
		assert.Equal(t, types.DeletionTaskStatusTypeInProgress, status())
		_, err = c.GetRole(ctx, &sdk.GetRoleInput{RoleName: role})
		require.NoError(t, err)
		w.Clock().Advance(time.Minute)
		_, err = c.GetRole(ctx, &sdk.GetRoleInput{RoleName: role})
		requireError(t, err, "NoSuchEntity", "The role with name AWSServiceRoleForAmazonElasticsearchService cannot be found.")
		assert.Equal(t, types.DeletionTaskStatusTypeSucceeded, status())
		_, err = c.CreateServiceLinkedRole(ctx, &sdk.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("es.amazonaws.com")})
		require.NoError(t, err, "and can be made again")

		_, err = c.DeleteServiceLinkedRole(ctx, &sdk.DeleteServiceLinkedRoleInput{RoleName: aws.String("plain")})
		requireError(t, err, "NoSuchEntity", "The role with name plain is not a service-linked role.")
		_, err = c.GetServiceLinkedRoleDeletionStatus(ctx, &sdk.GetServiceLinkedRoleDeletionStatusInput{DeletionTaskId: aws.String("task/aws-service-role/a/b/c")})
		requireError(t, err, "NoSuchEntity", "The deletion task with id task/aws-service-role/a/b/c cannot be found.")
	})
}

// Every service that the table knows gets a role with one of AWS's policies. AWS's
// own policies may be longer than those of customers.
func TestServiceLinkedRolePolicies(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		longest := 0
		for _, service := range iam.LinkedServices() {
			out, err := w.iam.CreateServiceLinkedRole(w.root, &sdk.CreateServiceLinkedRoleInput{AWSServiceName: aws.String(service + ".amazonaws.com")})
			require.NoError(t, err, service)
			attached, err := w.iam.ListAttachedRolePolicies(w.root, &sdk.ListAttachedRolePoliciesInput{RoleName: out.Role.RoleName})
			require.NoError(t, err, service)
			require.Len(t, attached.AttachedPolicies, 1, service)
			policy, err := w.iam.GetPolicy(w.root, &sdk.GetPolicyInput{PolicyArn: attached.AttachedPolicies[0].PolicyArn})
			require.NoError(t, err, service)
			version, err := w.iam.GetPolicyVersion(w.root, &sdk.GetPolicyVersionInput{PolicyArn: policy.Policy.Arn, VersionId: policy.Policy.DefaultVersionId})
			require.NoError(t, err, service)
			longest = max(longest, len(*version.PolicyVersion.Document))
		}
		assert.Greater(t, longest, enforce.MaxDocument)
	})
}
