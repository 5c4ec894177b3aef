package iam_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestServiceSpecificCredentialLife(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		client := w.user(t, "jane", allowAll)
		jane, git := aws.String("jane"), aws.String("codecommit.amazonaws.com")
		create := &sdk.CreateServiceSpecificCredentialInput{UserName: jane, ServiceName: git}
		made, err := client.CreateServiceSpecificCredential(ctx, create)
		require.NoError(t, err)
		c := made.ServiceSpecificCredential
		assert.Equal(t, "jane-at-111122223333", *c.ServiceUserName)
		assert.NotEmpty(t, *c.ServicePassword)
		assert.Regexp(t, "^ACCA[A-Z2-7]{17}$", *c.ServiceSpecificCredentialId)
		assert.Nil(t, c.ServiceCredentialSecret)
		second, err := client.CreateServiceSpecificCredential(ctx, create)
		require.NoError(t, err)
		assert.Equal(t, "jane+1-at-111122223333", *second.ServiceSpecificCredential.ServiceUserName)
		_, err = client.CreateServiceSpecificCredential(ctx, create)
		requireError(t, err, "LimitExceeded", "Cannot exceed quota for ServiceSpecificCredentialsPerUser: 2")
		_, err = client.CreateServiceSpecificCredential(ctx, &sdk.CreateServiceSpecificCredentialInput{UserName: jane, ServiceName: aws.String("cassandra.amazonaws.com")})
		require.NoError(t, err, "the quota is per service")

		reset, err := client.ResetServiceSpecificCredential(ctx, &sdk.ResetServiceSpecificCredentialInput{ServiceSpecificCredentialId: c.ServiceSpecificCredentialId})
		require.NoError(t, err)
		assert.NotEqual(t, c.ServicePassword, reset.ServiceSpecificCredential.ServicePassword)
		assert.Equal(t, c.ServiceUserName, reset.ServiceSpecificCredential.ServiceUserName)
		_, err = client.UpdateServiceSpecificCredential(ctx, &sdk.UpdateServiceSpecificCredentialInput{UserName: jane, ServiceSpecificCredentialId: c.ServiceSpecificCredentialId, Status: types.StatusTypeInactive})
		require.NoError(t, err)
		mine, err := client.ListServiceSpecificCredentials(ctx, &sdk.ListServiceSpecificCredentialsInput{ServiceName: git})
		require.NoError(t, err)
		require.Len(t, mine.ServiceSpecificCredentials, 2)
		for _, m := range mine.ServiceSpecificCredentials {
			assert.Equal(t, *m.ServiceSpecificCredentialId == *c.ServiceSpecificCredentialId, m.Status == types.StatusTypeInactive)
		}
		remove := &sdk.DeleteServiceSpecificCredentialInput{ServiceSpecificCredentialId: c.ServiceSpecificCredentialId}
		_, err = client.DeleteServiceSpecificCredential(ctx, remove)
		require.NoError(t, err)
		_, err = client.DeleteServiceSpecificCredential(ctx, remove)
		requireError(t, err, "NoSuchEntity", "No such credential "+*c.ServiceSpecificCredentialId+" exists")

		_, err = client.CreateServiceSpecificCredential(ctx, &sdk.CreateServiceSpecificCredentialInput{UserName: jane, ServiceName: aws.String("s3.amazonaws.com")})
		requireError(t, err, "NoSuchEntity", "No such service s3.amazonaws.com is supported for Service Specific Credentials")
		_, err = client.CreateServiceSpecificCredential(ctx, &sdk.CreateServiceSpecificCredentialInput{UserName: jane, ServiceName: git, CredentialAgeDays: aws.Int32(1)})
		requireError(t, err, "ValidationError", "CredentialAgeDays is not supported for the service codecommit.amazonaws.com.")
	})
}

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		client := w.user(t, "bot", allowAll)
		w.user(t, "other")
		made, err := client.CreateServiceSpecificCredential(ctx, &sdk.CreateServiceSpecificCredentialInput{
			UserName: aws.String("bot"), ServiceName: aws.String("bedrock.amazonaws.com"), CredentialAgeDays: aws.Int32(30),
		})
		require.NoError(t, err)
		c := made.ServiceSpecificCredential
		assert.Nil(t, c.ServiceUserName)
		assert.Nil(t, c.ServicePassword)
		assert.Equal(t, "bot-at-111122223333", *c.ServiceCredentialAlias)
		assert.Equal(t, c.CreateDate.AddDate(0, 0, 30), *c.ExpirationDate)
		encoded, ok := strings.CutPrefix(*c.ServiceCredentialSecret, "ABSK")
		require.True(t, ok)
		secret, err := base64.StdEncoding.DecodeString(encoded)
		require.NoError(t, err)
		assert.Contains(t, string(secret), "bot-at-111122223333:")

		_, err = w.iam.CreateServiceSpecificCredential(w.root, &sdk.CreateServiceSpecificCredentialInput{UserName: aws.String("other"), ServiceName: aws.String("logs.amazonaws.com")})
		require.NoError(t, err)
		w.Clock().Advance(30 * 24 * time.Hour)
		var states []string
		in := &sdk.ListServiceSpecificCredentialsInput{AllUsers: aws.Bool(true), MaxItems: aws.Int32(1)}
		for more := true; more; {
			page, err := w.iam.ListServiceSpecificCredentials(w.root, in)
			require.NoError(t, err)
			for _, m := range page.ServiceSpecificCredentials {
				states = append(states, *m.UserName+" "+string(m.Status))
			}
			in.Marker, more = page.Marker, page.IsTruncated
		}
		assert.ElementsMatch(t, []string{"bot Expired", "other Active"}, states)
		_, err = w.iam.ListServiceSpecificCredentials(w.root, &sdk.ListServiceSpecificCredentialsInput{AllUsers: aws.Bool(true), UserName: aws.String("bot")})
		requireError(t, err, "InvalidInput", "UserName and AllUsers cannot be specified together.")
	})
}

func TestServiceCredentialConditions(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		client := w.user(t, "jane", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"iam:*ServiceSpecificCredential","Resource":"*","Condition":{
			"StringEquals":{"iam:ServiceSpecificCredentialServiceName":"bedrock.amazonaws.com"},
			"NumericLessThanEqualsIfExists":{"iam:ServiceSpecificCredentialAgeDays":"30"}}}]}`)
		create := func(service string, days *int32) (*sdk.CreateServiceSpecificCredentialOutput, error) {
			return client.CreateServiceSpecificCredential(ctx, &sdk.CreateServiceSpecificCredentialInput{UserName: aws.String("jane"), ServiceName: &service, CredentialAgeDays: days})
		}
		denied := func(operation string) string {
			return "User: arn:aws:iam::111122223333:user/jane is not authorized to perform: iam:" + operation +
				" on resource: user jane because no identity-based policy allows the iam:" + operation + " action"
		}
		_, err := create("codecommit.amazonaws.com", nil)
		requireError(t, err, "AccessDenied", denied("CreateServiceSpecificCredential"))
		_, err = create("bedrock.amazonaws.com", aws.Int32(31))
		requireError(t, err, "AccessDenied", denied("CreateServiceSpecificCredential"))
		made, err := create("bedrock.amazonaws.com", aws.Int32(30))
		require.NoError(t, err)
		_, err = client.ResetServiceSpecificCredential(ctx, &sdk.ResetServiceSpecificCredentialInput{ServiceSpecificCredentialId: made.ServiceSpecificCredential.ServiceSpecificCredentialId})
		require.NoError(t, err)
		other, err := w.iam.CreateServiceSpecificCredential(w.root, &sdk.CreateServiceSpecificCredentialInput{UserName: aws.String("jane"), ServiceName: aws.String("codecommit.amazonaws.com")})
		require.NoError(t, err)
		_, err = client.DeleteServiceSpecificCredential(ctx, &sdk.DeleteServiceSpecificCredentialInput{ServiceSpecificCredentialId: other.ServiceSpecificCredential.ServiceSpecificCredentialId})
		requireError(t, err, "AccessDenied", denied("DeleteServiceSpecificCredential"))
	})
}
