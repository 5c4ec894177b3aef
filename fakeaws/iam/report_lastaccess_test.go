package iam_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestServiceLastAccessed(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.user(t, "admin", allowAll)
		alice := w.user(t, "alice")
		w.user(t, "bob")
		w.group(t, "devs")
		devs := aws.String("devs")
		for _, name := range []string{"alice", "bob"} {
			_, err := w.iam.AddUserToGroup(w.root, &sdk.AddUserToGroupInput{UserName: &name, GroupName: devs})
			require.NoError(t, err)
		}
		arn := w.policy(t, "p", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["iam:Get*","sqs:SendMessage"],"Resource":"*"}}`)
		_, err := w.iam.AttachGroupPolicy(w.root, &sdk.AttachGroupPolicyInput{GroupName: devs, PolicyArn: &arn})
		require.NoError(t, err)
		_, err = alice.GetUser(ctx, &sdk.GetUserInput{})
		require.NoError(t, err)
		_, err = alice.ListUsers(ctx, &sdk.ListUsersInput{})
		require.Error(t, err, "what is denied counts too")

		for _, about := range []string{arn, "arn:aws:iam::111122223333:group/devs", "arn:aws:iam::111122223333:user/alice"} {
			job, err := c.GenerateServiceLastAccessedDetails(ctx, &sdk.GenerateServiceLastAccessedDetailsInput{
				Arn: &about, Granularity: types.AccessAdvisorUsageGranularityTypeActionLevel,
			})
			require.NoError(t, err)
			out, err := c.GetServiceLastAccessedDetails(ctx, &sdk.GetServiceLastAccessedDetailsInput{JobId: job.JobId})
			require.NoError(t, err)
			assert.Equal(t, types.JobStatusTypeCompleted, out.JobStatus)
			assert.Equal(t, types.AccessAdvisorUsageGranularityTypeActionLevel, out.JobType)
			require.Len(t, out.ServicesLastAccessed, 2)
			iam, sqs := out.ServicesLastAccessed[0], out.ServicesLastAccessed[1]
			assert.Equal(t, "iam", *iam.ServiceNamespace)
			assert.Equal(t, "arn:aws:iam::111122223333:user/alice", *iam.LastAuthenticatedEntity)
			assert.Equal(t, "us-east-1", *iam.LastAuthenticatedRegion)
			assert.Equal(t, int32(1), *iam.TotalAuthenticatedEntities)
			require.Len(t, iam.TrackedActionsLastAccessed, 2)
			assert.Equal(t, "GetUser", *iam.TrackedActionsLastAccessed[0].ActionName)
			assert.Equal(t, "Amazon SQS", *sqs.ServiceName)
			assert.Nil(t, sqs.LastAuthenticated)

			entities, err := c.GetServiceLastAccessedDetailsWithEntities(ctx, &sdk.GetServiceLastAccessedDetailsWithEntitiesInput{JobId: job.JobId, ServiceNamespace: aws.String("iam")})
			require.NoError(t, err)
			assert.Equal(t, "alice", *entities.EntityDetailsList[0].EntityInfo.Name)
			assert.Equal(t, types.PolicyOwnerEntityTypeUser, entities.EntityDetailsList[0].EntityInfo.Type)
			assert.NotNil(t, entities.EntityDetailsList[0].LastAuthenticated)
			_, err = c.GetServiceLastAccessedDetailsWithEntities(ctx, &sdk.GetServiceLastAccessedDetailsWithEntitiesInput{JobId: job.JobId, ServiceNamespace: aws.String("s3")})
			requireError(t, err, "NoSuchEntity", "The service namespace s3 is not part of the report.")
			_, err = w.iam.GetServiceLastAccessedDetails(w.root, &sdk.GetServiceLastAccessedDetailsInput{JobId: job.JobId})
			requireError(t, err, "NoSuchEntity", "The job with id "+*job.JobId+" cannot be found.")
		}
		job, err := c.GenerateServiceLastAccessedDetails(ctx, &sdk.GenerateServiceLastAccessedDetailsInput{Arn: aws.String("arn:aws:iam::111122223333:user/admin")})
		require.NoError(t, err)
		first, err := c.GetServiceLastAccessedDetails(ctx, &sdk.GetServiceLastAccessedDetailsInput{JobId: job.JobId, MaxItems: aws.Int32(10)})
		require.NoError(t, err)
		assert.Len(t, first.ServicesLastAccessed, 10)
		assert.True(t, first.IsTruncated)
		next, err := c.GetServiceLastAccessedDetails(ctx, &sdk.GetServiceLastAccessedDetailsInput{JobId: job.JobId, Marker: first.Marker})
		require.NoError(t, err)
		assert.Less(t, *first.ServicesLastAccessed[9].ServiceNamespace, *next.ServicesLastAccessed[0].ServiceNamespace)
		_, err = c.GenerateServiceLastAccessedDetails(ctx, &sdk.GenerateServiceLastAccessedDetailsInput{Arn: aws.String("arn:aws:iam::111122223333:policy/nope")})
		requireError(t, err, "NoSuchEntity", "Policy arn:aws:iam::111122223333:policy/nope was not found.")
	})
}

func TestPoliciesGrantingServiceAccess(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		c := w.user(t, "admin", allowAll)
		w.user(t, "alice", allow("s3:GetObject", "*"))
		arn := w.policy(t, "p", allow("sqs:*", "*"))
		_, err := w.iam.AttachUserPolicy(w.root, &sdk.AttachUserPolicyInput{UserName: aws.String("alice"), PolicyArn: &arn})
		require.NoError(t, err)
		out, err := c.ListPoliciesGrantingServiceAccess(t.Context(), &sdk.ListPoliciesGrantingServiceAccessInput{
			Arn: aws.String("arn:aws:iam::111122223333:user/alice"), ServiceNamespaces: []string{"sqs", "s3", "kms"},
		})
		require.NoError(t, err)
		entries := out.PoliciesGrantingServiceAccess
		require.Len(t, entries, 3)
		assert.Empty(t, entries[0].Policies, "kms")
		assert.Equal(t, []types.PolicyGrantingServiceAccess{{
			EntityName: aws.String("alice"), EntityType: types.PolicyOwnerEntityTypeUser, PolicyName: aws.String("a"), PolicyType: types.PolicyTypeInline,
		}}, entries[1].Policies)
		assert.Equal(t, []types.PolicyGrantingServiceAccess{{PolicyArn: &arn, PolicyName: aws.String("p"), PolicyType: types.PolicyTypeManaged}}, entries[2].Policies)
	})
}

func TestAccessReportWithoutOrganization(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.user(t, "admin", allowAll)
		job, err := c.GenerateOrganizationsAccessReport(ctx, &sdk.GenerateOrganizationsAccessReportInput{EntityPath: aws.String("o-a1b2c3d4e5/r-f6g7h8i9j0example/ou-rge0-awsabcde")})
		require.NoError(t, err)
		out, err := c.GetOrganizationsAccessReport(ctx, &sdk.GetOrganizationsAccessReportInput{JobId: job.JobId})
		require.NoError(t, err)
		assert.Equal(t, types.JobStatusTypeFailed, out.JobStatus)
		assert.Equal(t, "AWSOrganizationsNotInUseException", *out.ErrorDetails.Code)
	})
}
