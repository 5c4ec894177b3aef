// Package secrets judges the calls of a client for whose service there is no
// fake: the policies are asked in the client, and a stub answers what they allow.
// It is a module of its own, so that the SDK module of that service is not in
// everybody's go.sum.
package secrets

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go/middleware"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/client"
	"github.com/stretchr/testify/require"
)

const (
	database = "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/database-AbCdEf"
	payments = "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/payments-GhIjKl"
	policy   = `{"Version": "2012-10-17", "Statement": {
		"Effect":   "Allow",
		"Action":   "secretsmanager:GetSecretValue",
		"Resource": "arn:aws:secretsmanager:*:*:secret:prod/database-??????"
	}}`
)

func TestServiceReadsItsOwnSecretOnly(t *testing.T) {
	secrets := secretsmanager.NewFromConfig(aws.Config{
		Region: "us-east-1",
		APIOptions: []func(*middleware.Stack) error{client.Authorize(client.Options{
			Principal: enforce.Principal{
				Type: enforce.AssumedRole, Account: "111122223333",
				ARN:       "arn:aws:sts::111122223333:assumed-role/api/i-1",
				IssuerARN: "arn:aws:iam::111122223333:role/api",
			},
			Policies: enforce.PolicySet{Identity: []*enforce.Policy{enforce.MustParse(policy, enforce.IdentityPolicy)}},
			Needs:    needs,
			Stub: func(context.Context, *client.Call) (any, error) {
				return &secretsmanager.GetSecretValueOutput{SecretString: aws.String("hunter2")}, nil
			},
		})},
	})

	out, err := secrets.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String(database)})
	require.NoError(t, err)
	require.Equal(t, "hunter2", *out.SecretString)

	_, err = secrets.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String(payments)})
	awstest.RequireDenied(t, err, "secretsmanager:GetSecretValue")
	_, err = secrets.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: aws.String(database)})
	awstest.RequireDenied(t, err, "secretsmanager:DeleteSecret")
	require.ErrorContains(t, err, "User: arn:aws:sts::111122223333:assumed-role/api/i-1 is not authorized to perform: secretsmanager:DeleteSecret on resource: "+database+
		" because no identity-based policy allows the secretsmanager:DeleteSecret action")
}

// needs says which secret a call is about.
func needs(_ context.Context, call *client.Call) ([]client.Need, error) {
	need := client.Need{Action: call.Action(), Resource: "*"}
	switch in := call.Input.(type) {
	case *secretsmanager.GetSecretValueInput:
		need.Resource = *in.SecretId
	case *secretsmanager.DeleteSecretInput:
		need.Resource = *in.SecretId
	}
	return []client.Need{need}, nil
}
