package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// commandLines are the AWS CLIs, by their versions.
func commandLines(t *testing.T) map[string]string {
	t.Helper()
	versions := regexp.MustCompile(`^aws-cli/\S+ Python/\S+`)
	found := programs(t, "aws", func(program string) string {
		return strings.ReplaceAll(versions.FindString(output(t, program, "--version")), "/", " ")
	})
	if len(found) == 0 {
		t.Skip("there is no program aws of the AWS CLI in PATH: apt-get install awscli")
	}
	return found
}

// TestClientsCLI tells the stories of the AWS CLI that take longer than those of TestCLI.
func TestClientsCLI(t *testing.T) {
	needClients(t)
	for version, program := range commandLines(t) {
		for name, story := range map[string]func(*testing.T, *cli){
			"objects": cliObjects, "uploads": cliUploads, "errors": cliErrors, "queues": cliQueues, "roles": cliRoles, "events": cliEvents,
		} {
			t.Run(version+"/"+name, func(t *testing.T) {
				t.Parallel()
				url, _ := start(t)
				root := newCLI(t, url, defaultAccessKey, defaultSecretKey)
				root.program = program
				story(t, root)
			})
		}
		t.Run(version+"/docs", func(t *testing.T) {
			t.Parallel()
			docs := t.TempDir()
			documented(t, "sh", filepath.Join(docs, "docs.sh"))
			// The CLI of this version is the first in PATH.
			require.NoError(t, os.Symlink(program, filepath.Join(docs, "aws")))
			tell(t, docs, "hello", "bash", "-euc", `PATH=$PWD:$PATH; . ./docs.sh`)
		})
	}
}

// file writes a file of the test's own.
func file(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}

func cliObjects(t *testing.T, aws *cli) {
	aws.must("s3", "mb", "s3://objects")
	text := file(t, "ü 日本+&.txt", []byte("hello"))
	aws.must("s3", "cp", text, "s3://objects/", "--metadata", "Owner=Alice,CamelCase=Keeps", "--content-type", "text/x-a", "--cache-control", "max-age=60")
	head := func(key string) string {
		return aws.must("s3api", "head-object", "--bucket", "objects", "--key", key, "--query", "[Metadata.owner,Metadata.camelcase,ContentType,CacheControl,ContentLength]", "--output", "text")
	}
	assert.Equal(t, "Alice\tKeeps\ttext/x-a\tmax-age=60\t5", head("ü 日本+&.txt"))
	aws.must("s3", "cp", "s3://objects/ü 日本+&.txt", "s3://objects/copy")
	assert.Equal(t, "Alice\tKeeps\ttext/x-a\tmax-age=60\t5", head("copy"))
	aws.must("s3", "cp", "s3://objects/copy", "s3://objects/new", "--metadata-directive", "REPLACE", "--metadata", "owner=Bob", "--content-type", "image/png")
	assert.Equal(t, "Bob\tNone\timage/png\tNone\t5", head("new"))
	aws.must("s3", "mv", "s3://objects/new", "s3://objects/moved")
	assert.Regexp(t, `(?s)^\S+ \S+ +5 copy\n\S+ \S+ +5 moved\n\S+ \S+ +5 ü 日本\+&\.txt\n\nTotal Objects: 3\n   Total Size: 15$`, aws.must("s3", "ls", "s3://objects", "--recursive", "--summarize"))
	assert.Equal(t, "hello", aws.must("s3", "cp", "s3://objects/ü 日本+&.txt", "-"))
	aws.must("s3api", "wait", "object-exists", "--bucket", "objects", "--key", "moved")
	assert.Equal(t, "copy\nmoved\nü 日本+&.txt", aws.must("s3api", "list-objects-v2", "--bucket", "objects", "--page-size", "1", "--query", "Contents[].[Key]", "--output", "text"))
	aws.must("s3", "rm", "s3://objects", "--recursive", "--exclude", "copy")
	assert.Equal(t, "copy", aws.must("s3api", "list-objects-v2", "--bucket", "objects", "--query", "Contents[].Key", "--output", "text"))
}

func cliUploads(t *testing.T, aws *cli) {
	aws.must("s3", "mb", "s3://uploads")
	data := make([]byte, multipartSize)
	for i := range data {
		data[i] = byte(i * i >> 8)
	}
	large := file(t, "large", data)
	secure, certificate := withTLS(t, aws.url)
	for url, algorithm := range map[string]string{aws.url: "SHA256", secure: "CRC32"} {
		through := *aws
		through.url, through.env = url, append(aws.env, "AWS_CA_BUNDLE="+certificate)
		through.must("s3", "cp", large, "s3://uploads/large", "--quiet")
		back := filepath.Join(t.TempDir(), "back")
		through.must("s3", "cp", "s3://uploads/large", back, "--quiet")
		got, err := os.ReadFile(back)
		require.NoError(t, err)
		assert.True(t, bytes.Equal(data, got))
		put := through.must("s3api", "put-object", "--bucket", "uploads", "--key", algorithm, "--body", large, "--checksum-algorithm", algorithm, "--query", "Checksum"+algorithm, "--output", "text")
		assert.Equal(t, put, through.must("s3api", "get-object", "--bucket", "uploads", "--key", algorithm, "--checksum-mode", "ENABLED", "--query", "Checksum"+algorithm, "--output", "text", back))
	}
	link := aws.must("s3", "presign", "s3://uploads/large", "--expires-in", "60")
	resp, err := client(t).Get(link)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.EqualValues(t, multipartSize, resp.ContentLength)
}

func cliErrors(t *testing.T, aws *cli) {
	aws.must("s3", "mb", "s3://errors")
	aws.must("s3api", "put-object", "--bucket", "errors", "--key", "a")
	for _, test := range []struct {
		want string
		args []string
	}{
		{"(404) when calling the HeadObject operation: ", []string{"s3", "cp", "s3://errors/none", "-"}},
		{"(NoSuchKey) when calling the GetObject operation: The specified key does not exist.", []string{"s3api", "get-object", "--bucket", "errors", "--key", "none", "/dev/null"}},
		{"(NoSuchBucket) when calling the ListObjectsV2 operation: The specified bucket does not exist", []string{"s3", "ls", "s3://none-of-these"}},
		{"(BucketNotEmpty) when calling the DeleteBucket operation: The bucket you tried to delete is not empty", []string{"s3", "rb", "s3://errors"}},
		{"(NoSuchEntity) when calling the GetUser operation: The user with name none cannot be found.", []string{"iam", "get-user", "--user-name", "none"}},
		{"(AWS.SimpleQueueService.NonExistentQueue) when calling the GetQueueUrl operation: The specified queue does not exist", []string{"sqs", "get-queue-url", "--queue-name", "none"}},
		{"(AccessDenied) when calling the AssumeRole operation: Roles may not be assumed by root accounts.",
			[]string{"sts", "assume-role", "--role-arn", "arn:aws:iam::000000000000:role/none", "--role-session-name", "story"}},
	} {
		out, ok := aws.run(test.args...)
		assert.False(t, ok, test.want)
		assert.Contains(t, out, test.want)
	}
}

func cliQueues(t *testing.T, aws *cli) {
	queue := aws.must("sqs", "create-queue", "--queue-name", "jobs", "--attributes", "VisibilityTimeout=5", "--query", "QueueUrl", "--output", "text")
	attributes := `{"City":{"DataType":"String","StringValue":"Zürich"},"Count":{"DataType":"Number","StringValue":"42"}}`
	sent := aws.must("sqs", "send-message", "--queue-url", queue, "--message-body", "ünïcode <&>", "--message-attributes", attributes, "--query", "[MD5OfMessageBody,MD5OfMessageAttributes]", "--output", "text")
	assert.Equal(t, sent, aws.must("sqs", "receive-message", "--queue-url", queue, "--message-attribute-names", "All", "--visibility-timeout", "0", "--query", "Messages[0].[MD5OfBody,MD5OfMessageAttributes]", "--output", "text"))
	assert.Equal(t, "ünïcode <&>\tZürich\t42", aws.must("sqs", "receive-message", "--queue-url", queue, "--message-attribute-names", "All", "--query", "Messages[0].[Body,MessageAttributes.City.StringValue,MessageAttributes.Count.StringValue]", "--output", "text"))
	assert.Equal(t, "5", aws.must("sqs", "get-queue-attributes", "--queue-url", queue, "--attribute-names", "All", "--query", "Attributes.VisibilityTimeout", "--output", "text"))
	aws.must("sqs", "send-message-batch", "--queue-url", queue, "--entries", `[{"Id":"a","MessageBody":"1"},{"Id":"b","MessageBody":"2"}]`)
	aws.must("sqs", "purge-queue", "--queue-url", queue)
	aws.must("sqs", "delete-queue", "--queue-url", queue)
}

func cliRoles(t *testing.T, aws *cli) {
	aws.must("iam", "create-user", "--user-name", "dev")
	aws.must("iam", "wait", "user-exists", "--user-name", "dev")
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"000000000000"},"Action":"sts:AssumeRole"}]}`
	aws.must("iam", "create-role", "--role-name", "reader", "--assume-role-policy-document", trust)
	aws.must("iam", "attach-role-policy", "--role-name", "reader", "--policy-arn", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
	aws.must("iam", "put-user-policy", "--user-name", "dev", "--policy-name", "p", "--policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::000000000000:role/reader"}]}`)
	dev := aws.as(aws.url, "dev")
	dev.program = aws.program
	var session struct {
		Credentials struct{ AccessKeyId, SecretAccessKey, SessionToken string }
	}
	require.NoError(t, json.Unmarshal([]byte(dev.must("sts", "assume-role", "--role-arn", "arn:aws:iam::000000000000:role/reader", "--role-session-name", "story", "--output", "json")), &session))
	reader := newCLI(t, aws.url, session.Credentials.AccessKeyId, session.Credentials.SecretAccessKey)
	reader.program, reader.env = aws.program, append(reader.env, "AWS_SESSION_TOKEN="+session.Credentials.SessionToken)
	assert.Equal(t, "arn:aws:sts::000000000000:assumed-role/reader/story", reader.must("sts", "get-caller-identity", "--query", "Arn", "--output", "text"))
	aws.must("s3", "mb", "s3://read")
	assert.Regexp(t, `^\S+ \S+ read$`, reader.must("s3", "ls"))
	out, ok := reader.run("s3", "rb", "s3://read")
	assert.False(t, ok)
	assert.Contains(t, out, `(AccessDenied) when calling the DeleteBucket operation: User: arn:aws:sts::000000000000:assumed-role/reader/story is not authorized to perform: s3:DeleteBucket on resource: "arn:aws:s3:::read" because no identity-based policy allows the s3:DeleteBucket action`)
	assert.Equal(t, "implicitDeny", aws.must("iam", "simulate-principal-policy", "--policy-source-arn", "arn:aws:iam::000000000000:role/reader", "--action-names", "s3:DeleteBucket", "--query", "EvaluationResults[0].EvalDecision", "--output", "text"))
}

func cliEvents(t *testing.T, aws *cli) {
	aws.must("s3", "mb", "s3://events")
	queue := aws.must("sqs", "create-queue", "--queue-name", "events", "--query", "QueueUrl", "--output", "text")
	arn := "arn:aws:sqs:us-east-1:000000000000:events"
	policy, err := json.Marshal(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"` + arn + `"}]}`)
	require.NoError(t, err)
	aws.must("sqs", "set-queue-attributes", "--queue-url", queue, "--attributes", `{"Policy":`+string(policy)+`}`)
	aws.must("s3api", "put-bucket-notification-configuration", "--bucket", "events", "--notification-configuration", `{"QueueConfigurations":[{"QueueArn":"`+arn+`","Events":["s3:ObjectCreated:*"]}]}`)
	aws.must("s3", "cp", file(t, "a b.txt", []byte("x")), "s3://events/")
	bodies := aws.must("sqs", "receive-message", "--queue-url", queue, "--max-number-of-messages", "10", "--query", "Messages[].Body", "--output", "text")
	assert.Contains(t, bodies, `"Event":"s3:TestEvent"`)
	assert.Contains(t, bodies, `"eventName":"ObjectCreated:Put"`)
	assert.Contains(t, bodies, `"key":"a+b.txt"`)
}
