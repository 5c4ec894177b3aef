package everyservice

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
)

// Policies of resources are set by the services' own operations and judged across accounts:
// the other account's role needs its own permission and the resource's policy.
func TestResourcePolicies(t *testing.T) {
	t.Parallel()
	secret := arn("secretsmanager", "secret:db-AbCdEf")
	fileSystem := arn("elasticfilesystem", "file-system/fs-01234567")
	topic := arn("sns", "orders")
	vault := arn("backup", "backup-vault:daily")
	for name, c := range map[string]struct {
		action, resource string
		set              func(ctx context.Context, cfg aws.Config, policy string) error
		take             func(ctx context.Context, cfg aws.Config) error
		call
	}{
		"ecr": {
			"ecr:DescribeImages", "*",
			func(ctx context.Context, cfg aws.Config, policy string) error {
				_, err := ecr.NewFromConfig(cfg).SetRepositoryPolicy(ctx, &ecr.SetRepositoryPolicyInput{RepositoryName: aws.String("web"), PolicyText: &policy})
				return err
			},
			func(ctx context.Context, cfg aws.Config) error {
				_, err := ecr.NewFromConfig(cfg).DeleteRepositoryPolicy(ctx, &ecr.DeleteRepositoryPolicyInput{RepositoryName: aws.String("web")})
				return err
			},
			operation(ecr.NewFromConfig, (*ecr.Client).DescribeImages, &ecr.DescribeImagesInput{RegistryId: aws.String(account), RepositoryName: aws.String("web")}),
		},
		"efs": {
			"elasticfilesystem:DescribeMountTargets", fileSystem,
			func(ctx context.Context, cfg aws.Config, policy string) error {
				_, err := efs.NewFromConfig(cfg).PutFileSystemPolicy(ctx, &efs.PutFileSystemPolicyInput{FileSystemId: aws.String("fs-01234567"), Policy: &policy})
				return err
			},
			func(ctx context.Context, cfg aws.Config) error {
				_, err := efs.NewFromConfig(cfg).DeleteFileSystemPolicy(ctx, &efs.DeleteFileSystemPolicyInput{FileSystemId: aws.String("fs-01234567")})
				return err
			},
			operation(efs.NewFromConfig, (*efs.Client).DescribeMountTargets, &efs.DescribeMountTargetsInput{FileSystemId: &fileSystem}),
		},
		"backup": {
			"backup:DescribeBackupVault", vault,
			func(ctx context.Context, cfg aws.Config, policy string) error {
				_, err := backup.NewFromConfig(cfg).PutBackupVaultAccessPolicy(ctx, &backup.PutBackupVaultAccessPolicyInput{BackupVaultName: aws.String("daily"), Policy: &policy})
				return err
			},
			func(ctx context.Context, cfg aws.Config) error {
				_, err := backup.NewFromConfig(cfg).DeleteBackupVaultAccessPolicy(ctx, &backup.DeleteBackupVaultAccessPolicyInput{BackupVaultName: aws.String("daily")})
				return err
			},
			operation(backup.NewFromConfig, (*backup.Client).DescribeBackupVault, &backup.DescribeBackupVaultInput{BackupVaultName: aws.String("daily"), BackupVaultAccountId: aws.String(account)}),
		},
		"secretsmanager": {
			"secretsmanager:GetSecretValue", secret,
			func(ctx context.Context, cfg aws.Config, policy string) error {
				_, err := secretsmanager.NewFromConfig(cfg).PutResourcePolicy(ctx, &secretsmanager.PutResourcePolicyInput{SecretId: &secret, ResourcePolicy: &policy})
				return err
			},
			func(ctx context.Context, cfg aws.Config) error {
				_, err := secretsmanager.NewFromConfig(cfg).DeleteResourcePolicy(ctx, &secretsmanager.DeleteResourcePolicyInput{SecretId: &secret})
				return err
			},
			operation(secretsmanager.NewFromConfig, (*secretsmanager.Client).GetSecretValue, &secretsmanager.GetSecretValueInput{SecretId: &secret}),
		},
		"sns": {
			"sns:Publish", topic,
			func(ctx context.Context, cfg aws.Config, policy string) error {
				_, err := sns.NewFromConfig(cfg).SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{TopicArn: &topic, AttributeName: aws.String("Policy"), AttributeValue: &policy})
				return err
			},
			nil,
			operation(sns.NewFromConfig, (*sns.Client).Publish, &sns.PublishInput{TopicArn: &topic, Message: aws.String("sold")}),
		},
	} {
		for door, options := range doors {
			t.Run(name+"/"+door, func(t *testing.T) {
				t.Parallel()
				acct := awstest.New(t, options...)
				other := acct.NewAccount()
				c.stub(acct, func() {})
				mine, theirs := acct.Config(), other.NewRole("reader", awstest.Allow(c.action).On("*")).Config()

				err := c.do(t.Context(), theirs)
				awstest.RequireDenied(t, err, c.action)
				assert.ErrorContains(t, err, "because no resource-based policy allows the")

				admits := awstest.Document(awstest.Allow(c.action).On(c.resource).By(other.ID()))
				require.NoError(t, c.set(t.Context(), mine, admits))
				if err := c.do(t.Context(), theirs); !lacksShapes(err) {
					awstest.RequireAllowed(t, err)
				}
				awstest.RequireDenied(t, c.do(t.Context(), other.NewRole("nobody").Config()), c.action)

				refuses := awstest.Document(awstest.Deny(c.action).On(c.resource).By("*"))
				require.NoError(t, c.set(t.Context(), mine, refuses))
				err = c.do(t.Context(), acct.NewRole("owner", awstest.Allow("*").On("*")).Config())
				awstest.RequireDenied(t, err, c.action)
				assert.ErrorContains(t, err, "with an explicit deny in a resource-based policy")

				if c.take != nil {
					require.NoError(t, c.take(t.Context(), mine))
					awstest.RequireDenied(t, c.do(t.Context(), theirs), c.action)
				}
			})
		}
	}
}
