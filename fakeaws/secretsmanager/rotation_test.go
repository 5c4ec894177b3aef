package secretsmanager_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/secretsmanager"
)

const functionARN = "arn:aws:lambda:" + region + ":" + owner + ":function:rotate"

// functions stands for Lambda: it knows the policies of functions.
type functions struct{ policy *enforce.Policy }

func (f *functions) Ops() []fakeaws.Op { return nil }

func (f *functions) Denied(*fakeaws.Call, *fakeaws.Need, *enforce.Decision) error {
	return errors.New("this Lambda has no operations")
}

func (f *functions) Guard(_ *fakeaws.Call, action, resource string) (fakeaws.Need, error) {
	return fakeaws.Need{Action: action, Resource: resource, ResourceAccount: owner, Policy: f.policy}, nil
}

const invokable = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"secretsmanager.amazonaws.com"},` +
	`"Action":"lambda:InvokeFunction","Resource":"` + functionARN + `","Condition":{"StringEquals":{"aws:SourceAccount":"` + owner + `"}}}}`

// rotatable is a World whose function rotate may be invoked by Secrets Manager, and puts a
// new value into the secret.
func rotatable(t *testing.T, door worldtest.Door) *cloud {
	t.Helper()
	c, _ := rotatableBy(t, door)
	secretsmanager.Of(c.World.World).SetRotationFunction(functionARN, c.rotate)
	return c
}

func rotatableBy(t *testing.T, door worldtest.Door) (*cloud, *functions) {
	t.Helper()
	users, lambda := worldtest.NewUsers(), &functions{enforce.MustParse(invokable, enforce.ResourcePolicy)}
	service := fakeaws.Service{Name: "lambda", New: func(*fakeaws.World) fakeaws.Fake { return lambda }}
	return &cloud{worldtest.New(t, door, secretsmanager.Service, users.Service(), service), users}, lambda
}

// rotate is what a rotation function does.
func (c *cloud) rotate(ctx context.Context, event secretsmanager.RotationEvent) error {
	client := c.root()
	switch event.Step {
	case secretsmanager.CreateSecret:
		_, err := client.PutSecretValue(ctx, &sm.PutSecretValueInput{SecretId: &event.SecretID, SecretString: aws.String("rotated"),
			ClientRequestToken: &event.ClientRequestToken, VersionStages: []string{"AWSPENDING"}, RotationToken: &event.RotationToken})
		return err
	case secretsmanager.FinishSecret:
		out, err := client.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: &event.SecretID})
		if err != nil {
			return err
		}
		move := &sm.UpdateSecretVersionStageInput{SecretId: &event.SecretID, VersionStage: aws.String("AWSCURRENT"), MoveToVersionId: &event.ClientRequestToken}
		for id, labels := range out.VersionIdsToStages {
			for _, label := range labels {
				if label == "AWSCURRENT" {
					move.RemoveFromVersionId = aws.String(id)
				}
			}
		}
		_, err = client.UpdateSecretVersionStage(ctx, move)
		return err
	}
	return nil
}

func daily(days int64) *types.RotationRulesType {
	return &types.RotationRulesType{AutomaticallyAfterDays: &days}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := rotatable(t, door)
		root, ctx := c.root(), t.Context()
		create(t, root, "db", "x")
		_, err := root.RotateSecret(ctx, &sm.RotateSecretInput{SecretId: aws.String("db")})
		worldtest.RequireError(t, err, "InvalidRequestException", "No Lambda rotation function ARN is associated with this secret.")
		out, err := root.RotateSecret(ctx, &sm.RotateSecretInput{SecretId: aws.String("db"), RotationLambdaARN: aws.String(functionARN), RotationRules: daily(30)})
		require.NoError(t, err)
		value, err := get(t, root, "db")
		require.NoError(t, err)
		assert.Equal(t, "rotated", value)
		described, err := root.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: aws.String("db")})
		require.NoError(t, err)
		assert.True(t, *described.RotationEnabled)
		assert.Equal(t, functionARN, *described.RotationLambdaARN)
		assert.NotNil(t, described.LastRotatedDate)
		assert.WithinDuration(t, c.Clock().Now().AddDate(0, 0, 30), *described.NextRotationDate, 24*time.Hour)
		assert.ElementsMatch(t, []string{"AWSCURRENT", "AWSPENDING"}, described.VersionIdsToStages[*out.VersionId])
		_, err = root.RotateSecret(ctx, &sm.RotateSecretInput{SecretId: aws.String("db")})
		require.NoError(t, err, "with what is configured")

		_, err = root.RotateSecret(ctx, &sm.RotateSecretInput{SecretId: aws.String("db"), RotateImmediately: aws.Bool(false), RotationRules: daily(3)})
		require.NoError(t, err)
		described, err = root.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: aws.String("db")})
		require.NoError(t, err)
		assert.Len(t, described.VersionIdsToStages, 2, "the version of the test is removed")
		_, err = root.CancelRotateSecret(ctx, &sm.CancelRotateSecretInput{SecretId: aws.String("db")})
		require.NoError(t, err)
		described, err = root.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: aws.String("db")})
		require.NoError(t, err)
		assert.False(t, *described.RotationEnabled)
		assert.Nil(t, described.NextRotationDate)
	})
}

func TestRotationFunctionFails(t *testing.T) {
	t.Parallel()
	c := rotatable(t, worldtest.InProcess)
	root, ctx := c.root(), t.Context()
	create(t, root, "db", "x")
	broken := errors.New("no database")
	fake := secretsmanager.Of(c.World.World)
	fake.SetRotationFunction(functionARN, func(ctx context.Context, event secretsmanager.RotationEvent) error {
		if event.Step == secretsmanager.SetSecret {
			return broken
		}
		return c.rotate(ctx, event)
	})
	rotate := &sm.RotateSecretInput{SecretId: aws.String("db"), RotationLambdaARN: aws.String(functionARN), RotationRules: daily(30)}
	_, err := root.RotateSecret(ctx, rotate)
	require.NoError(t, err, "rotation is asynchronous")
	value, err := get(t, root, "db")
	require.NoError(t, err)
	assert.Equal(t, "x", value)
	secret, ok := fake.Secret(owner, region, "db")
	require.True(t, ok)
	assert.Equal(t, broken, secret.RotationError)
	_, err = root.RotateSecret(ctx, rotate)
	worldtest.RequireError(t, err, "InvalidRequestException", "A previous rotation isn't complete. That rotation will be reattempted.")
}

func TestWhoMayRotate(t *testing.T) {
	t.Parallel()
	c, lambda := rotatableBy(t, worldtest.InProcess)
	root, ctx := c.root(), t.Context()
	create(t, root, "db", "x")
	rotate := &sm.RotateSecretInput{SecretId: aws.String("db"), RotationLambdaARN: aws.String(functionARN), RotationRules: daily(30)}
	_, err := root.RotateSecret(ctx, rotate)
	worldtest.RequireError(t, err, "NotImplemented", "secretsmanager: no Go function stands for the rotation function "+functionARN+" (SetRotationFunction has: none), and Lambda functions are not run by leastpriv.")
	secretsmanager.Of(c.World.World).SetRotationFunction(functionARN, c.rotate)
	_, err = c.user(owner, "u", statements(allow("secretsmanager:*", "*"))).RotateSecret(ctx, rotate)
	requireDenied(t, err, "u", "lambda:InvokeFunction", functionARN, "because no identity-based policy allows the lambda:InvokeFunction action")
	lambda.policy = nil
	_, err = root.RotateSecret(ctx, rotate)
	const refused = "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com"
	worldtest.RequireError(t, err, "AccessDeniedException", refused)
	lambda.policy = enforce.MustParse(`{"Statement":{"Effect":"Allow","Principal":{"Service":"secretsmanager.amazonaws.com"},"Action":"lambda:*","Resource":"*","Condition":{"StringEquals":{"aws:SourceAccount":"`+stranger+`"}}}}`, enforce.ResourcePolicy)
	_, err = root.RotateSecret(ctx, rotate)
	worldtest.RequireError(t, err, "AccessDeniedException", refused)
}

func TestReplication(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloudBy(t, door)
		root, ctx := c.root(), t.Context()
		there := in(root, "eu-west-1")
		made := create(t, root, "db", "x")
		regions := []types.ReplicaRegionType{{Region: aws.String("eu-west-1")}}
		taken, err := root.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("db"), SecretString: aws.String("other")}, there)
		require.NoError(t, err)
		out, err := root.ReplicateSecretToRegions(ctx, &sm.ReplicateSecretToRegionsInput{SecretId: aws.String("db"), AddReplicaRegions: regions})
		require.NoError(t, err)
		require.Len(t, out.ReplicationStatus, 1)
		assert.Equal(t, types.StatusTypeFailed, out.ReplicationStatus[0].Status)
		assert.Equal(t, "Secret with this name already exists in this region", *out.ReplicationStatus[0].StatusMessage)
		out, err = root.ReplicateSecretToRegions(ctx, &sm.ReplicateSecretToRegionsInput{SecretId: aws.String("db"), AddReplicaRegions: regions, ForceOverwriteReplicaSecret: true})
		require.NoError(t, err)
		assert.Equal(t, types.StatusTypeInSync, out.ReplicationStatus[0].Status)
		value, err := root.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: aws.String("db")}, there)
		require.NoError(t, err)
		assert.Equal(t, "x", *value.SecretString)
		assert.NotEqual(t, *taken.ARN, *value.ARN)
		assert.Equal(t, (*made.ARN)[len(*made.ARN)-6:], (*value.ARN)[len(*value.ARN)-6:], "the ARNs differ in the region alone")
		require.NoError(t, calls["PutSecretValue"](ctx, root))
		_, err = root.UpdateSecret(ctx, &sm.UpdateSecretInput{SecretId: aws.String("db"), Description: aws.String("d")}, there)
		worldtest.RequireError(t, err, "InvalidParameterException", "Operation not permitted on a replica secret. Call must be made in primary secret's region.")
		_, err = root.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: aws.String("db")})
		worldtest.RequireError(t, err, "InvalidParameterException", "You can't delete secret "+*made.ARN+" that still has replica regions [eu-west-1].")
		_, err = root.StopReplicationToReplica(ctx, &sm.StopReplicationToReplicaInput{SecretId: aws.String("db")}, there)
		require.NoError(t, err)
		_, err = root.PutSecretValue(ctx, &sm.PutSecretValueInput{SecretId: aws.String("db"), SecretString: aws.String("own")}, there)
		require.NoError(t, err)
		first, err := get(t, root, "db")
		require.NoError(t, err)
		assert.Equal(t, "x", first)
		_, err = root.StopReplicationToReplica(ctx, &sm.StopReplicationToReplicaInput{SecretId: aws.String("db")}, there)
		worldtest.RequireError(t, err, "InvalidRequestException", "The secret isn't a replica.")
		_, err = root.RemoveRegionsFromReplication(ctx, &sm.RemoveRegionsFromReplicationInput{SecretId: aws.String("db"), RemoveReplicaRegions: []string{"eu-west-1"}})
		worldtest.RequireError(t, err, "InvalidParameterException", "The secret isn't replicated to region eu-west-1.")
	})
}

// The content of a replica is that of the clone of its World.
func TestCloneHasReplicasOfItsOwn(t *testing.T) {
	t.Parallel()
	c := filled(t, worldtest.InProcess)
	clone := &cloud{worldtest.Clone(t, c.World.World), c.users}
	require.NoError(t, calls["PutSecretValue"](t.Context(), c.root()))
	require.NoError(t, calls["TagResource"](t.Context(), clone.root()))
	there := in(nil, "eu-west-1")
	for w, want := range map[*cloud]int{c: 0, clone: 1} {
		out, err := w.root().DescribeSecret(t.Context(), &sm.DescribeSecretInput{SecretId: aws.String("db")}, there)
		require.NoError(t, err)
		assert.Len(t, out.Tags, want)
		assert.Len(t, out.VersionIdsToStages, 2-want)
	}
}
