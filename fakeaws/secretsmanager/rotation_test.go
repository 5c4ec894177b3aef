package secretsmanager_test

import (
	"context"
	"encoding/json"
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
	"github.com/leastpriv/leastpriv/fakeaws/anyservice"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/secretsmanager"
)

const functionARN = "arn:aws:lambda:" + region + ":" + owner + ":function:rotate"

const invokable = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"secretsmanager.amazonaws.com"},` +
	`"Action":"lambda:InvokeFunction","Resource":"` + functionARN + `","Condition":{"StringEquals":{"aws:SourceAccount":"` + owner + `"}}}}`

// uninvokable is a policy that lets nobody invoke the function.
const uninvokable = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":{"Service":"secretsmanager.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"` + functionARN + `"}}`

// rotatable is a World whose function rotate may be invoked by Secrets Manager, and puts a
// new value into the secret.
func rotatable(t *testing.T, door worldtest.Door) *cloud {
	t.Helper()
	c := rotatableBy(t, door)
	c.rotateWith(c.rotate)
	return c
}

// rotatableBy is a World whose function rotate may be invoked, and for which nothing stands.
func rotatableBy(t *testing.T, door worldtest.Door) *cloud {
	t.Helper()
	users := worldtest.NewUsers()
	w := worldtest.NewWorld(t, fakeaws.Config{
		Region: region, Services: []fakeaws.Service{secretsmanager.Service, users.Service()}, Others: anyservice.Services{},
	})
	c := &cloud{worldtest.Open(t, door, w), users}
	c.setFunctionPolicy(t, invokable)
	return c
}

// setFunctionPolicy gives the function rotate a policy.
func (c *cloud) setFunctionPolicy(t *testing.T, document string) {
	t.Helper()
	policy, err := c.World.Bind(enforce.MustParse(document, enforce.ResourcePolicy))
	require.NoError(t, err)
	lambda, ok := c.Other("lambda")
	require.True(t, ok)
	lambda.(*anyservice.Fake).SetPolicy(functionARN, policy)
}

// rotateWith has Go code stand for the function.
func (c *cloud) rotateWith(rotate func(context.Context, secretsmanager.RotationEvent) error) {
	c.Receive(functionARN, func(ctx context.Context, d *fakeaws.Delivery) ([]byte, error) {
		var event secretsmanager.RotationEvent
		if err := json.Unmarshal(d.Body, &event); err != nil {
			return nil, err
		}
		return nil, rotate(ctx, event)
	})
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
	c.rotateWith(func(ctx context.Context, event secretsmanager.RotationEvent) error {
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
	require.ErrorIs(t, secret.RotationError, broken)
	_, err = root.RotateSecret(ctx, rotate)
	worldtest.RequireError(t, err, "InvalidRequestException", "A previous rotation isn't complete. That rotation will be reattempted.")
}

// A secret is rotated when its date has come, as long as the function may be invoked, and
// also in a clone.
func TestRotationBySchedule(t *testing.T) {
	t.Parallel()
	c := rotatable(t, worldtest.InProcess)
	root, ctx := c.root(), t.Context()
	create(t, root, "db", "x")
	rotations := 0
	c.rotateWith(func(ctx context.Context, event secretsmanager.RotationEvent) error {
		if event.Step == secretsmanager.FinishSecret {
			rotations++
		}
		return c.rotate(ctx, event)
	})
	_, err := root.RotateSecret(ctx, &sm.RotateSecretInput{SecretId: aws.String("db"), RotationLambdaARN: aws.String(functionARN),
		RotationRules: &types.RotationRulesType{ScheduleExpression: aws.String("rate(10 hours)")}})
	require.NoError(t, err)
	require.NoError(t, c.Advance(ctx, 9*time.Hour))
	assert.Equal(t, 1, rotations)
	require.NoError(t, c.Advance(ctx, 22*time.Hour))
	assert.Equal(t, 4, rotations, "after 10, 20 and 30 hours")
	described, err := root.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: aws.String("db")})
	require.NoError(t, err)
	assert.WithinDuration(t, c.Clock().Now().Add(-time.Hour), *described.LastRotatedDate, time.Minute)
	assert.WithinDuration(t, c.Clock().Now().Add(9*time.Hour), *described.NextRotationDate, time.Minute)

	clone := worldtest.Clone(t, c.World.World)
	clone.Receive(functionARN, func(context.Context, *fakeaws.Delivery) ([]byte, error) { return nil, errors.New("in the clone") })
	require.NoError(t, clone.Advance(ctx, 10*time.Hour))
	assert.Equal(t, 4, rotations, "what the clone does is not done here")
	secret, ok := secretsmanager.Of(clone.World).Secret(owner, region, "db")
	require.True(t, ok)
	require.EqualError(t, secret.RotationError, "in the clone")

	c.setFunctionPolicy(t, uninvokable)
	require.NoError(t, c.Advance(ctx, 10*time.Hour))
	assert.Equal(t, 4, rotations, "the function may not be invoked any more")
	secret, _ = secretsmanager.Of(c.World.World).Secret(owner, region, "db")
	require.ErrorContains(t, secret.RotationError, "not authorized to perform: lambda:InvokeFunction")
	c.setFunctionPolicy(t, invokable)
	require.NoError(t, c.Advance(ctx, 10*time.Hour))
	assert.Equal(t, 5, rotations, "it is attempted again, with the version that there is")

	_, err = root.CancelRotateSecret(ctx, &sm.CancelRotateSecretInput{SecretId: aws.String("db")})
	require.NoError(t, err)
	require.NoError(t, c.Advance(ctx, 100*time.Hour))
	assert.Equal(t, 5, rotations)
}

func TestWhoMayRotate(t *testing.T) {
	t.Parallel()
	c := rotatableBy(t, worldtest.InProcess)
	root, ctx := c.root(), t.Context()
	create(t, root, "db", "x")
	rotate := &sm.RotateSecretInput{SecretId: aws.String("db"), RotationLambdaARN: aws.String(functionARN), RotationRules: daily(30)}
	_, err := root.RotateSecret(ctx, rotate)
	worldtest.RequireError(t, err, "NotImplemented", "secretsmanager: the rotation function "+functionARN+", for which this World has neither Lambda nor Go code (secretstest.RotateWith), is not invoked by leastpriv.")
	c.rotateWith(c.rotate)
	_, err = c.user(owner, "u", statements(allow("secretsmanager:*", "*"))).RotateSecret(ctx, rotate)
	requireDenied(t, err, "u", "lambda:InvokeFunction", functionARN, "because no identity-based policy allows the lambda:InvokeFunction action")
	c.setFunctionPolicy(t, uninvokable)
	_, err = root.RotateSecret(ctx, rotate)
	const refused = "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com"
	worldtest.RequireError(t, err, "AccessDeniedException", refused)
	c.setFunctionPolicy(t, `{"Statement":{"Effect":"Allow","Principal":{"Service":"secretsmanager.amazonaws.com"},"Action":"lambda:*","Resource":"*","Condition":{"StringEquals":{"aws:SourceAccount":"`+stranger+`"}}}}`)
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
