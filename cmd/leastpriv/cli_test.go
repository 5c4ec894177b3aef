package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// cli runs the AWS CLI with the given credentials against the server.
type cli struct {
	t       *testing.T
	program string
	url     string
	env     []string
}

func newCLI(t *testing.T, url, key, secret string) *cli {
	t.Helper()
	if !*clients {
		t.Skip("-clients is not set: the AWS CLI, which takes half a second for each command, is not run")
	}
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("there is no program aws in PATH: apt-get install awscli")
	}
	none := filepath.Join(t.TempDir(), "none")
	return &cli{t, "aws", url, []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(),
		"AWS_ACCESS_KEY_ID=" + key, "AWS_SECRET_ACCESS_KEY=" + secret,
		"AWS_DEFAULT_REGION=us-east-1",
		"AWS_CONFIG_FILE=" + none, "AWS_SHARED_CREDENTIALS_FILE=" + none,
		"AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=", "AWS_MAX_ATTEMPTS=1",
	}}
}

// run returns what the command prints, and whether it succeeded.
func (c *cli) run(args ...string) (string, bool) {
	c.t.Helper()
	// AWS_ENDPOINT_URL would do, but version 1 of the CLI ignores it for SQS.
	cmd := exec.CommandContext(c.t.Context(), c.program, append([]string{"--endpoint-url", c.url}, args...)...)
	cmd.Env = c.env
	out, err := cmd.CombinedOutput()
	// Version 2 says of every error that it was not asked to try again.
	return strings.TrimSpace(strings.ReplaceAll(string(out), " (reached max retries: 0)", "")), err == nil
}

func (c *cli) must(args ...string) string {
	c.t.Helper()
	out, ok := c.run(args...)
	require.True(c.t, ok, "aws %s: %s", strings.Join(args, " "), out)
	return out
}

// as returns a CLI with a new access key of a user.
func (c *cli) as(url, user string) *cli {
	c.t.Helper()
	key := strings.Fields(c.must("iam", "create-access-key", "--user-name", user, "--query", "AccessKey.[AccessKeyId,SecretAccessKey]", "--output", "text"))
	require.Len(c.t, key, 2)
	return newCLI(c.t, url, key[0], key[1])
}

// A user is denied, gets a managed policy, and makes a bucket.
func TestCLIUserGetsPolicy(t *testing.T) {
	t.Parallel()
	url, _ := start(t)
	root := newCLI(t, url, defaultAccessKey, defaultSecretKey)
	assert.Equal(t, "arn:aws:iam::000000000000:root", root.must("sts", "get-caller-identity", "--query", "Arn", "--output", "text"))

	root.must("iam", "create-user", "--user-name", "test")
	test := root.as(url, "test")
	assert.Equal(t, "arn:aws:iam::000000000000:user/test", test.must("sts", "get-caller-identity", "--query", "Arn", "--output", "text"))
	out, ok := test.run("s3", "mb", "s3://mybucket")
	assert.False(t, ok)
	assert.Contains(t, out, `make_bucket failed: s3://mybucket An error occurred (AccessDenied) when calling the CreateBucket operation: User: arn:aws:iam::000000000000:user/test is not authorized to perform: s3:CreateBucket on resource: "arn:aws:s3:::mybucket" because no identity-based policy allows the s3:CreateBucket action`)

	arn := root.must("iam", "create-policy", "--policy-name", "p1", "--query", "Policy.Arn", "--output", "text",
		"--policy-document", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:CreateBucket","Resource":"*"}]}`)
	assert.Equal(t, "arn:aws:iam::000000000000:policy/p1", arn)
	root.must("iam", "attach-user-policy", "--user-name", "test", "--policy-arn", arn)
	assert.Equal(t, "make_bucket: mybucket", test.must("s3", "mb", "s3://mybucket"))
}

// A user with an inline policy lists and copies, and cannot delete.
func TestCLIUserReads(t *testing.T) {
	t.Parallel()
	url, _ := start(t)
	root := newCLI(t, url, defaultAccessKey, defaultSecretKey)
	file := filepath.Join(t.TempDir(), "file.txt")
	require.NoError(t, os.WriteFile(file, []byte(strings.Repeat("x", 1024)), 0o600))
	root.must("s3", "mb", "s3://my-bucket")
	root.must("s3", "cp", file, "s3://my-bucket/file.txt")
	root.must("iam", "create-user", "--user-name", "dev")
	root.must("iam", "put-user-policy", "--user-name", "dev", "--policy-name", "s3-read", "--policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::my-bucket","arn:aws:s3:::my-bucket/*"]}]}`)

	dev := root.as(url, "dev")
	assert.Regexp(t, `^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d       1024 file.txt$`, dev.must("s3", "ls", "s3://my-bucket/"))
	copied := file + ".copy"
	dev.must("s3", "cp", "s3://my-bucket/file.txt", copied)
	got, err := os.ReadFile(copied)
	require.NoError(t, err)
	assert.Len(t, got, 1024)
	out, ok := dev.run("s3", "rm", "s3://my-bucket/file.txt")
	assert.False(t, ok)
	assert.Contains(t, out, "An error occurred (AccessDenied) when calling the DeleteObject operation: User: arn:aws:iam::000000000000:user/dev is not authorized to perform: s3:DeleteObject")
}

// A bucket policy lets a user read; a role wants an external id; a queue works.
func TestCLIResourcePolicies(t *testing.T) {
	t.Parallel()
	url, _ := start(t)
	root := newCLI(t, url, defaultAccessKey, defaultSecretKey)
	root.must("iam", "create-user", "--user-name", "reader")
	reader := root.as(url, "reader")
	file := filepath.Join(t.TempDir(), "file.txt")
	require.NoError(t, os.WriteFile(file, []byte("shared"), 0o600))
	root.must("s3", "mb", "s3://shared-data")
	root.must("s3", "cp", file, "s3://shared-data/file.txt")
	_, ok := reader.run("s3", "cp", "s3://shared-data/file.txt", "-")
	assert.False(t, ok)
	root.must("s3api", "put-bucket-policy", "--bucket", "shared-data", "--policy",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/reader"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::shared-data/*"}]}`)
	reader.must("s3api", "get-object", "--bucket", "shared-data", "--key", "file.txt", file+".copy")

	root.must("iam", "create-role", "--role-name", "audit", "--assume-role-policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/reader"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"7f3a"}}}]}`)
	assume := []string{"sts", "assume-role", "--role-arn", "arn:aws:iam::000000000000:role/audit", "--role-session-name", "audit-1", "--query", "AssumedRoleUser.Arn", "--output", "text"}
	out, ok := reader.run(assume...)
	assert.False(t, ok)
	assert.Contains(t, out, "(AccessDenied) when calling the AssumeRole operation: User: arn:aws:iam::000000000000:user/reader is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::000000000000:role/audit")
	assert.Equal(t, "arn:aws:sts::000000000000:assumed-role/audit/audit-1", reader.must(append(assume, "--external-id", "7f3a")...))

	queue := root.must("sqs", "create-queue", "--queue-name", "jobs", "--query", "QueueUrl", "--output", "text")
	assert.Equal(t, url+"/000000000000/jobs", queue)
	root.must("sqs", "send-message", "--queue-url", queue, "--message-body", "hello")
	assert.Equal(t, "hello", root.must("sqs", "receive-message", "--queue-url", queue, "--query", "Messages[0].Body", "--output", "text"))
	out, ok = reader.run("sqs", "receive-message", "--queue-url", queue)
	assert.False(t, ok)
	assert.Contains(t, out, "(AccessDenied)")
	assert.Contains(t, out, "sqs:receivemessage")
}
