package secretstest_test

import (
	"testing"

	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/secretstest"
)

// What Go code seeds, clients see, and the log of calls does not.
func TestSecrets(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, secretstest.With())
	other := acct.NewAccount()
	secrets := secretstest.Of(acct)
	db := secrets.Create("db", "one")
	db.Set("two")
	db.SetTag("team", "red")
	assert.Empty(t, acct.Calls())
	assert.Equal(t, "two", db.Value())
	assert.Equal(t, "one", db.Labeled("AWSPREVIOUS").String)
	assert.Equal(t, "db", db.Name())
	assert.Equal(t, db.ARN(), secrets.Secret("db").ARN())
	assert.Empty(t, secretstest.Of(other).Names())
	assert.Empty(t, secrets.In("eu-west-1").Names())

	role := acct.NewRole("red", awstest.Allow("secretsmanager:GetSecretValue").If("StringEquals", "secretsmanager:ResourceTag/team", "red"))
	arn := db.ARN()
	get := func() error {
		_, err := sm.NewFromConfig(role.Config()).GetSecretValue(t.Context(), &sm.GetSecretValueInput{SecretId: &arn})
		return err
	}
	awstest.RequireAllowed(t, get())
	db.SetPolicy(awstest.Deny("secretsmanager:*").By(role.ARN()))
	awstest.RequireDenied(t, get(), "secretsmanager:GetSecretValue")
	clone := acct.Clone(t)
	secretstest.Of(clone).Secret("db").Set("three")
	assert.Equal(t, "two", db.Value())
}
