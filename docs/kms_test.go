package docs

import (
	"testing"

	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/fakeaws/kms"
)

// TestKMS is docs/kms.md's.
func TestKMS(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, awstest.With(kms.Service)) // package fakeaws/kms
	key := acct.KMS().CreateKey("alias/app")
	role := acct.NewRole("worker")
	arn, alias, grantee := key.ARN(), "alias/app", role.ARN()

	_, err := awskms.NewFromConfig(acct.Config()).CreateGrant(t.Context(), &awskms.CreateGrantInput{
		KeyId: &arn, GranteePrincipal: &grantee, Operations: []types.GrantOperation{types.GrantOperationEncrypt},
		Constraints: &types.GrantConstraints{EncryptionContextSubset: map[string]string{"tenant": "a"}},
	})
	require.NoError(t, err)
	client := awskms.NewFromConfig(role.Config())
	out, err := client.Encrypt(t.Context(), &awskms.EncryptInput{KeyId: &alias, Plaintext: []byte("x"), EncryptionContext: map[string]string{"tenant": "a"}})
	awstest.RequireAllowed(t, err)
	assert.Equal(t, arn, *out.KeyId)
	_, err = client.Encrypt(t.Context(), &awskms.EncryptInput{KeyId: &alias, Plaintext: []byte("x")})
	awstest.RequireDenied(t, err, "kms:Encrypt")
}
