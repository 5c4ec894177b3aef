package all_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// apiPackages are the services of the fakes by their packages in the SDK.
var apiPackages = map[string]string{"dynamodb-streams": "dynamodbstreams", "logs": "cloudwatchlogs", "s3-control": "s3control", "states": "sfn"}

// TestFakesAgreeWithTheCatalog compares the permissions that the fakes ask for with those that
// the catalog has for the operation: they come from different sources.
func TestFakesAgreeWithTheCatalog(t *testing.T) {
	t.Parallel()
	asked := 0
	differs := map[operationName][]string{}
	for service := range clientsOf {
		if service == "iam-toolbox" {
			continue // the SDK has no package of it, and so no operations of its own
		}
		w := newFilled(t)
		pkg := service
		if p, ok := apiPackages[service]; ok {
			pkg = p
		}
		api, ok := catalog.APIByPackage(pkg)
		if !assert.True(t, ok, pkg) {
			continue
		}
		for _, op := range w.Fake(service).Ops() {
			o := newOperation(t, service, op.Name)
			known, ok := api.Operation(op.Name)
			if !assert.True(t, ok, "%s %s", service, op.Name) {
				continue
			}
			var actions []string
			for _, p := range known.Facts().Permissions {
				actions = append(actions, p.Action)
			}
			if len(known.Facts().Roles) > 0 {
				actions = append(actions, "iam:PassRole")
			}
			// A user without permissions is asked for the first one, the root user for all.
			for _, who := range []aws.Config{w.user, w.RootConfig(worldtest.Account)} {
				_ = o.call(t.Context(), who, w.input(t, o))
				for _, d := range w.last().Decisions {
					asked++
					if a := d.Request.Action; !slices.Contains(actions, a) {
						name := operationName{service, op.Name}
						differs[name] = append(differs[name], a)
					}
				}
			}
		}
	}
	assert.Greater(t, asked, 700)
	for name, actions := range differs {
		slices.Sort(actions)
		differs[name] = slices.Compact(actions)
	}
	for name, actions := range differs {
		assert.Equal(t, otherPermissions[name], strings.Join(actions, " "), "%v", name)
	}
	for name := range otherPermissions {
		assert.Contains(t, differs, name, "it agrees now")
	}
}

// otherPermissions are those which a fake asks for and the catalog does not have.
var otherPermissions = map[operationName]string{
	// The reference has an action of this name, and names GetObject for the operation.
	{"s3", "GetObjectTorrent"}: "s3:GetObjectTorrent",
	// The API reference says so: "must also have the iam:PassRole permission".
	{"iam", "AddRoleToInstanceProfile"}: "iam:PassRole",
	// Who may list the bucket of the source learns that it has no such object.
	{"s3", "UploadPartCopy"}: "s3:ListBucket",
	// "Controlling access to multi-Region keys" of the KMS Developer Guide has it.
	{"kms", "ReplicateKey"}: "kms:CreateKey",
	// The API reference says so: "you must have the logs:PutDataProtectionPolicy and
	// logs:PutAccountPolicy permissions".
	{"logs", "PutAccountPolicy"}:        "logs:PutDataProtectionPolicy",
	{"logs", "DeleteAccountPolicy"}:     "logs:DeleteDataProtectionPolicy",
	{"logs", "DescribeAccountPolicies"}: "logs:GetDataProtectionPolicy",
	// "DynamoDB read and write permissions on the target table are necessary for restore
	// functionality" ("Using IAM with DynamoDB backup and restore" of the developer guide).
	{"dynamodb", "RestoreTableFromBackup"}:    restoring,
	{"dynamodb", "RestoreTableToPointInTime"}: restoring,
	// "Secret encryption and decryption in AWS Secrets Manager" of the User Guide has those of
	// KMS, and the API reference the others ("Required permissions").
	{"secretsmanager", "GetSecretValue"}:           "kms:Decrypt",
	{"secretsmanager", "PutSecretValue"}:           "kms:GenerateDataKey",
	{"secretsmanager", "BatchGetSecretValue"}:      "kms:Decrypt secretsmanager:GetSecretValue",
	{"secretsmanager", "ReplicateSecretToRegions"}: "kms:Decrypt kms:Encrypt kms:GenerateDataKey",
	{"secretsmanager", "ValidateResourcePolicy"}:   "secretsmanager:PutResourcePolicy",
	// "Configuring dead-letter queue redrive permissions" of the SQS Developer Guide has them.
	{"sqs", "StartMessageMoveTask"}:  "sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage",
	{"sqs", "ListMessageMoveTasks"}:  "sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage",
	{"sqs", "CancelMessageMoveTask"}: "sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage",
}

// restoring are the permissions on a table that is restored.
const restoring = "dynamodb:BatchWriteItem dynamodb:DeleteItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query dynamodb:Scan dynamodb:UpdateItem"
