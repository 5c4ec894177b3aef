package secretsmanager_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

func TestBatchIsJudgedPerSecret(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloudBy(t, door)
		root, ctx := c.root(), t.Context()
		key, err := c.Keys().Create(owner, region, nil)
		require.NoError(t, err)
		mine, other := create(t, root, "mine", "1"), create(t, root, "other", "2")
		locked, err := root.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("mine-locked"), SecretString: aws.String("3"), KmsKeyId: &key.ID})
		require.NoError(t, err)
		create(t, root, "mine-gone", "4")
		_, err = root.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: aws.String("mine-gone")})
		require.NoError(t, err)
		u := c.user(owner, "u", statements(allow("secretsmanager:BatchGetSecretValue", "*"), allow("secretsmanager:GetSecretValue", arnOf+"mine*")))
		out, err := u.BatchGetSecretValue(ctx, &sm.BatchGetSecretValueInput{SecretIdList: []string{"mine", "other", "mine-locked", "mine-gone", "mine-missing", "*"}})
		require.NoError(t, err)
		require.Len(t, out.SecretValues, 1)
		assert.Equal(t, "1", *out.SecretValues[0].SecretString)
		assert.Equal(t, *mine.ARN, *out.SecretValues[0].ARN)
		var errs [][3]string
		for _, e := range out.Errors {
			errs = append(errs, [3]string{*e.SecretId, *e.ErrorCode, *e.Message})
		}
		assert.Equal(t, [][3]string{
			{"other", "AccessDeniedException", "User: arn:aws:iam::" + owner + ":user/u is not authorized to perform: secretsmanager:GetSecretValue on resource: other because no identity-based policy allows the secretsmanager:GetSecretValue action"},
			{"mine-locked", "AccessDeniedException", "Access to KMS is not allowed"},
			{"mine-gone", "InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion."},
			{"mine-missing", "ResourceNotFoundException", "Secrets Manager can't find the specified secret."},
			{"*", "ValidationException", "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"},
		}, errs)
		filters := []types.Filter{{Key: "name", Values: []string{"mine", "other"}}}
		_, err = u.BatchGetSecretValue(ctx, &sm.BatchGetSecretValueInput{Filters: filters})
		worldtest.RequireError(t, err, "AccessDeniedException", "User: arn:aws:iam::"+owner+":user/u is not authorized to perform: secretsmanager:ListSecrets because no identity-based policy allows the secretsmanager:ListSecrets action")
		lister := c.user(owner, "lister", statements(allow("secretsmanager:BatchGetSecretValue", "*"), allow("secretsmanager:ListSecrets", "*"), allow("secretsmanager:GetSecretValue", *other.ARN)))
		p := sm.NewBatchGetSecretValuePaginator(lister, &sm.BatchGetSecretValueInput{Filters: filters, MaxResults: aws.Int32(2)})
		var got, refused []string
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			require.NoError(t, err)
			for _, v := range page.SecretValues {
				got = append(got, *v.ARN)
			}
			for _, e := range page.Errors {
				refused = append(refused, *e.SecretId)
			}
		}
		assert.Equal(t, []string{*other.ARN}, got)
		assert.ElementsMatch(t, []string{*mine.ARN, *locked.ARN}, refused)
		_, err = root.BatchGetSecretValue(ctx, &sm.BatchGetSecretValueInput{})
		worldtest.RequireError(t, err, "InvalidParameterException", "You must specify either SecretIdList or Filters, but not both.")
	})
}

// Tags decide, and nobody tags away the permission by which they tag.
func TestTagsDecide(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx := t.Context()
	red := c.user(owner, "red", statements(
		allow("secretsmanager:*", "*", condition("StringEquals", "aws:ResourceTag/team", "red")),
		allow("secretsmanager:CreateSecret", "*", condition("StringEquals", "aws:RequestTag/team", "red")),
		allow("secretsmanager:TagResource", arnOf+"own*", condition("StringEquals", "aws:RequestTag/team", "red")),
	))
	tag := func(value string) []types.Tag { return []types.Tag{{Key: aws.String("team"), Value: &value}} }
	_, err := red.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("other"), Tags: tag("red")})
	requireDenied(t, err, "red", "secretsmanager:TagResource", "other", "because no identity-based policy allows the secretsmanager:TagResource action")
	_, err = red.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("own"), Tags: tag("blue")})
	requireDenied(t, err, "red", "secretsmanager:CreateSecret", "own", "because no identity-based policy allows the secretsmanager:CreateSecret action")
	_, err = red.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("own"), SecretString: aws.String("x"), Tags: tag("red")})
	require.NoError(t, err)
	_, err = get(t, red, "own")
	require.NoError(t, err)
	_, err = red.TagResource(ctx, &sm.TagResourceInput{SecretId: aws.String("own"), Tags: tag("blue")})
	requireDenied(t, err, "red", "secretsmanager:TagResource", "own", "because no identity-based policy allows the secretsmanager:TagResource action")
	_, err = red.UntagResource(ctx, &sm.UntagResourceInput{SecretId: aws.String("own"), TagKeys: []string{"team"}})
	requireDenied(t, err, "red", "secretsmanager:UntagResource", "own", "because no identity-based policy allows the secretsmanager:UntagResource action")
	_, err = red.UntagResource(ctx, &sm.UntagResourceInput{SecretId: aws.String("own"), TagKeys: []string{"nothing"}})
	require.NoError(t, err)
	_, err = c.root().TagResource(ctx, &sm.TagResourceInput{SecretId: aws.String("own"), Tags: tag("blue")})
	require.NoError(t, err)
	_, err = get(t, red, "own")
	requireDenied(t, err, "red", "secretsmanager:GetSecretValue", "own", "because no identity-based policy allows the secretsmanager:GetSecretValue action")
	for _, key := range []string{"aws:x", "AWS:x"} {
		_, err = c.root().TagResource(ctx, &sm.TagResourceInput{SecretId: aws.String("own"), Tags: []types.Tag{{Key: &key}}})
		worldtest.RequireError(t, err, "InvalidParameterException", "Tag keys can't be empty, and can't begin with aws:.")
	}
}

func TestResourcePolicies(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	root, ctx := c.root(), t.Context()
	made := create(t, root, "db", "x")
	u := c.user(owner, "u", "")
	put := func(policy string, block bool) error {
		_, err := root.PutResourcePolicy(ctx, &sm.PutResourcePolicyInput{SecretId: made.ARN, ResourcePolicy: &policy, BlockPublicPolicy: &block})
		return err
	}
	everybody := statements(`{"Effect":"Allow","Principal":"*","Action":"secretsmanager:*","Resource":"*"}`)
	worldtest.RequireError(t, put(everybody, true), "PublicPolicyException", "The BlockPublicPolicy parameter is set to true, and the resource policy did not prevent broad access to the secret.")
	for _, bad := range []string{"{}", "x", statements(allow("secretsmanager:*", "*")), statements(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + owner + `:user/nobody"},"Action":"secretsmanager:*","Resource":"*"}`)} {
		worldtest.RequireError(t, put(bad, false), "MalformedPolicyDocumentException", "The resource policy document isn't valid.")
	}
	organization := statements(`{"Effect":"Allow","Principal":"*","Action":"secretsmanager:*","Resource":"*",` + condition("StringEquals", "aws:PrincipalOrgID", "o-1") + `}`)
	require.NoError(t, put(organization, true))
	toUser := statements(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + owner + `:user/u"},"Action":"secretsmanager:GetSecretValue","Resource":"*"}`)
	require.NoError(t, put(toUser, true))
	_, err := get(t, u, "db")
	require.NoError(t, err, "the policy of the secret alone allows, and the managed key")
	got, err := root.GetResourcePolicy(ctx, &sm.GetResourcePolicyInput{SecretId: aws.String("db")})
	require.NoError(t, err)
	assert.JSONEq(t, toUser, *got.ResourcePolicy)
	require.NoError(t, calls["DeleteResourcePolicy"](ctx, root))
	_, err = get(t, u, "db")
	requireDenied(t, err, "u", "secretsmanager:GetSecretValue", "db", "because no identity-based policy allows the secretsmanager:GetSecretValue action")

	admin := c.user(owner, "admin", worldtest.AllowAll)
	findings := func(policy string) (names []string) {
		out, err := admin.ValidateResourcePolicy(ctx, &sm.ValidateResourcePolicyInput{SecretId: made.ARN, ResourcePolicy: &policy})
		require.NoError(t, err)
		for _, e := range out.ValidationErrors {
			names = append(names, *e.CheckName)
		}
		assert.Equal(t, names == nil, out.PolicyValidationPassed)
		return names
	}
	assert.Empty(t, findings(toUser))
	assert.Equal(t, []string{"PUBLIC_POLICY"}, findings(everybody))
	assert.Equal(t, []string{"POLICY_SYNTAX"}, findings("{}"))
	assert.Equal(t, []string{"CALLER_LOCKOUT"}, findings(statements(`{"Effect":"Deny","Principal":"*","Action":"secretsmanager:Put*","Resource":"*"}`)))
}
