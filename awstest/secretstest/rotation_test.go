package secretstest_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/secretstest"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/secretsmanager"
)

// The policy of the rotation function must let Secrets Manager invoke it for the secret
// wherever denials stop calls, and is not asked where they do not, nor when the World's own
// hand configures the rotation.
func TestRotateWith(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]fakeaws.Mode{"strict": awstest.Strict, "soft": awstest.Soft, "off": awstest.Off} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acct := awstest.New(t, secretstest.With(), awstest.WithMode(mode))
			function := fakeaws.ARN("lambda", acct.Region(), acct.ID(), "function:rotate")
			secrets := secretstest.Of(acct)
			db := secrets.Create("db", "one")
			client := sm.NewFromConfig(acct.Config())
			var steps []secretsmanager.RotationStep
			secrets.RotateWith(function, func(_ context.Context, event secretsmanager.RotationEvent) error {
				steps = append(steps, event.Step)
				if event.Step == secretsmanager.CreateSecret {
					w := acct.World()
					_, err := w.Do(t.Context(), w.Fixture(acct.ID(), acct.Region()), &sm.PutSecretValueInput{SecretId: &event.SecretID,
						SecretString: aws.String("rotated"), ClientRequestToken: &event.ClientRequestToken})
					return err
				}
				return nil
			})
			rotate := func() error {
				steps = nil
				_, err := client.RotateSecret(t.Context(), rotation(function))
				return err
			}
			refused := func(why string) {
				t.Helper()
				err := rotate()
				if mode != awstest.Strict {
					require.NoError(t, err)
					assert.Len(t, steps, 4)
					return
				}
				require.ErrorContains(t, err, "Secrets Manager cannot invoke the specified Lambda function")
				calls := acct.Calls()
				assert.Contains(t, calls[len(calls)-1].Help, "secretsmanager.amazonaws.com: lambda:InvokeFunction is denied", why)
				assert.Empty(t, steps)
				assert.Equal(t, "one", db.Value())
			}
			refused("the function has no policy")
			acct.SetResourcePolicy(function, awstest.Allow("lambda:InvokeFunction").By("secretsmanager.amazonaws.com").If("StringEquals", "aws:SourceArn", db.ARN()+"x"))
			refused("its policy is for another secret")
			acct.SetResourcePolicy(function, awstest.Allow("lambda:InvokeFunction").By("secretsmanager.amazonaws.com").
				If("ArnEquals", "aws:SourceArn", db.ARN()).If("StringEquals", "aws:SourceAccount", acct.ID()))
			require.NoError(t, rotate())
			assert.Len(t, steps, 4)
			assert.Equal(t, "rotated", db.Value())
		})
	}
	t.Run("fixture", func(t *testing.T) {
		t.Parallel()
		acct := awstest.New(t, secretstest.With())
		function := fakeaws.ARN("lambda", acct.Region(), acct.ID(), "function:rotate")
		secretstest.Of(acct).Create("db", "one")
		steps := 0
		secretstest.Of(acct).RotateWith(function, func(context.Context, secretsmanager.RotationEvent) error {
			steps++
			return nil
		})
		w := acct.World()
		_, err := w.Do(t.Context(), w.Fixture(acct.ID(), acct.Region()), rotation(function))
		require.NoError(t, err)
		assert.Zero(t, steps, "the World's own hand configures; the invocation by Secrets Manager is judged")
	})
}

func rotation(function string) *sm.RotateSecretInput {
	return &sm.RotateSecretInput{SecretId: aws.String("db"), RotationLambdaARN: &function,
		RotationRules: &types.RotationRulesType{AutomaticallyAfterDays: aws.Int64(30)}}
}
