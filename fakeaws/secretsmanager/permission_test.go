package secretsmanager_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/secretsmanager"
)

// calls are one call of each operation, on the secret db where it is about one.
var calls = map[string]func(context.Context, *sm.Client) error{
	"BatchGetSecretValue": func(ctx context.Context, c *sm.Client) error {
		_, err := c.BatchGetSecretValue(ctx, &sm.BatchGetSecretValueInput{SecretIdList: []string{"db"}})
		return err
	},
	"CancelRotateSecret": func(ctx context.Context, c *sm.Client) error {
		_, err := c.CancelRotateSecret(ctx, &sm.CancelRotateSecretInput{SecretId: aws.String("db")})
		return err
	},
	"CreateSecret": func(ctx context.Context, c *sm.Client) error {
		_, err := c.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("new")})
		return err
	},
	"DeleteResourcePolicy": func(ctx context.Context, c *sm.Client) error {
		_, err := c.DeleteResourcePolicy(ctx, &sm.DeleteResourcePolicyInput{SecretId: aws.String("db")})
		return err
	},
	"DeleteSecret": func(ctx context.Context, c *sm.Client) error {
		_, err := c.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: aws.String("db")})
		return err
	},
	"DescribeSecret": func(ctx context.Context, c *sm.Client) error {
		_, err := c.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: aws.String("db")})
		return err
	},
	"GetRandomPassword": func(ctx context.Context, c *sm.Client) error {
		_, err := c.GetRandomPassword(ctx, &sm.GetRandomPasswordInput{})
		return err
	},
	"GetResourcePolicy": func(ctx context.Context, c *sm.Client) error {
		_, err := c.GetResourcePolicy(ctx, &sm.GetResourcePolicyInput{SecretId: aws.String("db")})
		return err
	},
	"GetSecretValue": func(ctx context.Context, c *sm.Client) error {
		_, err := c.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: aws.String("db")})
		return err
	},
	"ListSecretVersionIds": func(ctx context.Context, c *sm.Client) error {
		_, err := c.ListSecretVersionIds(ctx, &sm.ListSecretVersionIdsInput{SecretId: aws.String("db")})
		return err
	},
	"ListSecrets": func(ctx context.Context, c *sm.Client) error {
		_, err := c.ListSecrets(ctx, &sm.ListSecretsInput{})
		return err
	},
	"PutResourcePolicy": func(ctx context.Context, c *sm.Client) error {
		_, err := c.PutResourcePolicy(ctx, &sm.PutResourcePolicyInput{SecretId: aws.String("db"), ResourcePolicy: aws.String(sharing("secretsmanager:GetSecretValue"))})
		return err
	},
	"PutSecretValue": func(ctx context.Context, c *sm.Client) error {
		_, err := c.PutSecretValue(ctx, &sm.PutSecretValueInput{SecretId: aws.String("db"), SecretString: aws.String("x")})
		return err
	},
	"RemoveRegionsFromReplication": func(ctx context.Context, c *sm.Client) error {
		_, err := c.RemoveRegionsFromReplication(ctx, &sm.RemoveRegionsFromReplicationInput{SecretId: aws.String("db"), RemoveReplicaRegions: []string{"eu-west-1"}})
		return err
	},
	"ReplicateSecretToRegions": func(ctx context.Context, c *sm.Client) error {
		_, err := c.ReplicateSecretToRegions(ctx, &sm.ReplicateSecretToRegionsInput{SecretId: aws.String("db"), AddReplicaRegions: []types.ReplicaRegionType{{Region: aws.String("eu-central-1")}}})
		return err
	},
	"RestoreSecret": func(ctx context.Context, c *sm.Client) error {
		_, err := c.RestoreSecret(ctx, &sm.RestoreSecretInput{SecretId: aws.String("db")})
		return err
	},
	"RotateSecret": func(ctx context.Context, c *sm.Client) error {
		_, err := c.RotateSecret(ctx, &sm.RotateSecretInput{SecretId: aws.String("db"), RotationLambdaARN: aws.String(functionARN), RotationRules: &types.RotationRulesType{AutomaticallyAfterDays: aws.Int64(30)}})
		return err
	},
	"StopReplicationToReplica": func(ctx context.Context, c *sm.Client) error {
		_, err := c.StopReplicationToReplica(ctx, &sm.StopReplicationToReplicaInput{SecretId: aws.String("db")}, in(c, "eu-west-1"))
		return err
	},
	"TagResource": func(ctx context.Context, c *sm.Client) error {
		_, err := c.TagResource(ctx, &sm.TagResourceInput{SecretId: aws.String("db"), Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}})
		return err
	},
	"UntagResource": func(ctx context.Context, c *sm.Client) error {
		_, err := c.UntagResource(ctx, &sm.UntagResourceInput{SecretId: aws.String("db"), TagKeys: []string{"k"}})
		return err
	},
	"UpdateSecret": func(ctx context.Context, c *sm.Client) error {
		_, err := c.UpdateSecret(ctx, &sm.UpdateSecretInput{SecretId: aws.String("db"), Description: aws.String("d")})
		return err
	},
	"UpdateSecretVersionStage": func(ctx context.Context, c *sm.Client) error {
		_, err := c.UpdateSecretVersionStage(ctx, &sm.UpdateSecretVersionStageInput{SecretId: aws.String("db"), VersionStage: aws.String("mine"), MoveToVersionId: aws.String(strings.Repeat("v", 32))})
		return err
	},
	"ValidateResourcePolicy": func(ctx context.Context, c *sm.Client) error {
		_, err := c.ValidateResourcePolicy(ctx, &sm.ValidateResourcePolicyInput{SecretId: aws.String("db"), ResourcePolicy: aws.String(sharing("secretsmanager:*"))})
		return err
	},
}

// sharing is a resource policy for the other account.
func sharing(action string) string {
	return statements(`{"Effect":"Allow","Principal":{"AWS":"` + stranger + `"},"Action":"` + action + `","Resource":"*"}`)
}

// filled is a World with the secret db, which has a replica.
func filled(t *testing.T, door worldtest.Door) *cloud {
	t.Helper()
	c := rotatable(t, door)
	_, err := c.root().CreateSecret(t.Context(), &sm.CreateSecretInput{
		Name: aws.String("db"), SecretString: aws.String("x"), ClientRequestToken: aws.String(strings.Repeat("v", 32)),
		AddReplicaRegions: []types.ReplicaRegionType{{Region: aws.String("eu-west-1")}},
	})
	require.NoError(t, err)
	return c
}

// Each operation needs its own action, and that alone besides what the reference says.
func TestEachOperationIsJudged(t *testing.T) {
	t.Parallel()
	assert.Len(t, calls, len(secretsmanager.Of(newCloud(t).World.World).Ops()))
	more := map[string][]string{
		"BatchGetSecretValue": {"secretsmanager:GetSecretValue"}, "ValidateResourcePolicy": {"secretsmanager:PutResourcePolicy"},
		"RotateSecret": {"lambda:InvokeFunction"},
	}
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		for name, call := range calls {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				c := filled(t, door)
				if name == "DeleteSecret" {
					require.NoError(t, calls["RemoveRegionsFromReplication"](t.Context(), c.root()))
				}
				allowed := []string{allow("secretsmanager:"+name, "*")}
				for _, action := range more[name] {
					allowed = append(allowed, allow(action, "*"))
				}
				others := c.user(owner, "others", statements(`{"Effect":"Allow","NotAction":"secretsmanager:`+name+`","Resource":"*"}`))
				err := call(t.Context(), others)
				var api smithy.APIError
				require.ErrorAs(t, err, &api)
				assert.Equal(t, "AccessDeniedException", api.ErrorCode())
				assert.Contains(t, api.ErrorMessage(), "is not authorized to perform: secretsmanager:"+name)
				assert.NoError(t, call(t.Context(), c.user(owner, "this", statements(allowed...))))
			})
		}
	})
}

func TestConditionKeys(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		set        string // the set operator of a key with several values
		key, value string // the condition that denies
		do         func(context.Context, *sm.Client) error
	}{
		"SecretId":                {key: "secretsmanager:SecretId", value: arnOf + "db-??????", do: calls["GetSecretValue"]},
		"resource primary region": {key: "secretsmanager:SecretPrimaryRegion", value: "us-*", do: calls["GetSecretValue"]},
		"VersionStage": {key: "secretsmanager:VersionStage", value: "AWSCURRENT", do: func(ctx context.Context, c *sm.Client) error {
			_, err := c.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: aws.String("db"), VersionStage: aws.String("AWSCURRENT")})
			return err
		}},
		"VersionId": {key: "secretsmanager:VersionId", value: "v*", do: func(ctx context.Context, c *sm.Client) error {
			_, err := c.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: aws.String("db"), VersionId: aws.String(strings.Repeat("v", 32))})
			return err
		}},
		"Name":        {key: "secretsmanager:Name", value: "new", do: calls["CreateSecret"]},
		"Description": {key: "secretsmanager:Description", value: "d", do: calls["UpdateSecret"]},
		"KmsKeyId": {key: "secretsmanager:KmsKeyId", value: "alias/aws/secretsmanager", do: func(ctx context.Context, c *sm.Client) error {
			_, err := c.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("k"), KmsKeyId: aws.String("alias/aws/secretsmanager")})
			return err
		}},
		"KmsKeyArn": {key: "secretsmanager:KmsKeyArn", value: "arn:aws:kms:*", do: func(ctx context.Context, c *sm.Client) error {
			_, err := c.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("k"), KmsKeyId: aws.String("alias/aws/secretsmanager")})
			return err
		}},
		"AddReplicaRegions": {set: "ForAnyValue:", key: "secretsmanager:AddReplicaRegions", value: "eu-central-1", do: calls["ReplicateSecretToRegions"]},
		"ForceOverwriteReplicaSecret": {key: "secretsmanager:ForceOverwriteReplicaSecret", value: "true", do: func(ctx context.Context, c *sm.Client) error {
			_, err := c.ReplicateSecretToRegions(ctx, &sm.ReplicateSecretToRegionsInput{SecretId: aws.String("db"), ForceOverwriteReplicaSecret: true, AddReplicaRegions: []types.ReplicaRegionType{{Region: aws.String("eu-west-3")}}})
			return err
		}},
		"BlockPublicPolicy": {key: "secretsmanager:BlockPublicPolicy", value: "false", do: func(ctx context.Context, c *sm.Client) error {
			_, err := c.PutResourcePolicy(ctx, &sm.PutResourcePolicyInput{SecretId: aws.String("db"), ResourcePolicy: aws.String(sharing("secretsmanager:*")), BlockPublicPolicy: aws.Bool(false)})
			return err
		}},
		"RecoveryWindowInDays": {key: "secretsmanager:RecoveryWindowInDays", value: "7", do: func(ctx context.Context, c *sm.Client) error {
			_, err := c.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: aws.String("single"), RecoveryWindowInDays: aws.Int64(7)})
			return err
		}},
		"ForceDeleteWithoutRecovery": {key: "secretsmanager:ForceDeleteWithoutRecovery", value: "true", do: func(ctx context.Context, c *sm.Client) error {
			_, err := c.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: aws.String("single"), ForceDeleteWithoutRecovery: aws.Bool(true)})
			return err
		}},
		"RotationLambdaARN":   {key: "secretsmanager:RotationLambdaARN", value: functionARN, do: calls["RotateSecret"]},
		"ModifyRotationRules": {key: "secretsmanager:ModifyRotationRules", value: "true", do: calls["RotateSecret"]},
		"RotateImmediately": {key: "secretsmanager:RotateImmediately", value: "true", do: func(ctx context.Context, c *sm.Client) error {
			_, err := c.RotateSecret(ctx, &sm.RotateSecretInput{SecretId: aws.String("db"), RotateImmediately: aws.Bool(true), RotationLambdaARN: aws.String(functionARN), RotationRules: &types.RotationRulesType{AutomaticallyAfterDays: aws.Int64(1)}})
			return err
		}},
		"aws:RequestTag":             {key: "aws:RequestTag/k", value: "v", do: calls["TagResource"]},
		"aws:TagKeys":                {set: "ForAnyValue:", key: "aws:TagKeys", value: "k", do: calls["UntagResource"]},
		"aws:ResourceTag":            {key: "aws:ResourceTag/team", value: "red", do: taggedGet},
		"secretsmanager:ResourceTag": {key: "secretsmanager:ResourceTag/team", value: "red", do: taggedGet},
		"resource/AllowRotationLambdaArn": {key: "secretsmanager:resource/AllowRotationLambdaArn", value: functionARN, do: func(ctx context.Context, c *sm.Client) error {
			_, err := c.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: aws.String("rotated")})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := filled(t, worldtest.InProcess)
			ctx := t.Context()
			_, err := c.root().CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("single"), SecretString: aws.String("x"), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("red")}}})
			require.NoError(t, err)
			create(t, c.root(), "rotated", "x")
			_, err = c.root().RotateSecret(ctx, &sm.RotateSecretInput{SecretId: aws.String("rotated"), RotationLambdaARN: aws.String(functionARN), RotationRules: &types.RotationRulesType{AutomaticallyAfterDays: aws.Int64(30)}})
			require.NoError(t, err)
			limited := c.user(owner, "limited", statements(allow("*", "*"), deny("*", "*", condition(x.set+"StringLike", x.key, x.value))))
			err = x.do(ctx, limited)
			var api smithy.APIError
			require.ErrorAs(t, err, &api)
			assert.Equal(t, "AccessDeniedException", api.ErrorCode())
			assert.Contains(t, api.ErrorMessage(), "with an explicit deny in an identity-based policy")
			other := c.user(owner, "other", statements(allow("*", "*"), deny("*", "*", condition(x.set+"StringEquals", x.key, "something else"))))
			assert.NoError(t, x.do(ctx, other))
		})
	}
}

func taggedGet(ctx context.Context, c *sm.Client) error {
	_, err := c.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: aws.String("single")})
	return err
}

// A call without a label has no key of one, though it gets the version AWSCURRENT.
func TestLabelThatIsNotSentIsNoKey(t *testing.T) {
	t.Parallel()
	c := filled(t, worldtest.InProcess)
	u := c.user(owner, "u", statements(allow("secretsmanager:GetSecretValue", "*", condition("StringEquals", "secretsmanager:VersionStage", "AWSCURRENT"))))
	_, err := get(t, u, "db")
	requireDenied(t, err, "u", "secretsmanager:GetSecretValue", "db", "because no identity-based policy allows the secretsmanager:GetSecretValue action")
}
