package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A plan of Terraform is checked by the addresses of its resources: with inline and managed
// policies, attachments, boundaries and groups.
func TestCheckOfAPlan(t *testing.T) {
	t.Parallel()
	plan, err := filepath.Abs(filepath.Join("..", "..", "awstest", "terraform", "testdata", "service", "plan.json"))
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "check.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`
template: {file: "`+filepath.ToSlash(plan)+`", region: eu-west-1}
checks:
  - {as: "aws_iam_role.worker[0]", can: s3:GetObject, cannot: s3:DeleteObject, on: aws_s3_bucket.data/tenants/a}
  - {as: "aws_iam_role.worker[1]", can: s3:ListBucket, on: aws_s3_bucket.data, with: {s3:prefix: tenants/a}}
  - {as: "aws_iam_role.worker[1]", cannot: s3:ListBucket, on: aws_s3_bucket.data}
  - {as: "aws_iam_role.worker[1]", can: kms:Decrypt, on: aws_kms_key.data, with: {kms:ViaService: s3.eu-west-1.amazonaws.com}}
  - {as: "aws_iam_role.worker[1]", cannot: kms:Decrypt, on: aws_kms_key.data}
  - {as: aws_iam_user.operator, can: s3:ListBucket, on: aws_s3_bucket.data}
  - {as: aws_iam_user.operator, can: iam:ListUsers}
  - {as: aws_iam_role.deploy, can: iam:ListUsers}
`), 0o600))
	var out, errors strings.Builder
	code := check([]string{file}, &out, &errors)
	assert.Equal(t, exitOK, code, out.String()+errors.String())
	assert.Equal(t, "9 assertions hold\n", out.String())
}
