package terraform_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/deploy"
	"github.com/leastpriv/leastpriv/awstest/terraform"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A refusal is a test that Load ends.
type refusal struct {
	testing.TB
	text string
}

func (r *refusal) Fatalf(format string, args ...any) {
	r.text = fmt.Sprintf(format, args...)
	panic(r)
}

// refused returns why Load ends the test.
func refused(t *testing.T, source deploy.Source) (text string) {
	t.Helper()
	r := &refusal{TB: t}
	defer func() {
		if p := recover(); p != nil {
			require.Equal(t, any(r), p)
			text = r.text
		}
	}()
	awstest.New(r, awstest.WithRegion("eu-west-1")).Load(source)
	require.Fail(t, "it was loaded")
	return ""
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	state := func(kind, values string) deploy.Source {
		path := filepath.Join(t.TempDir(), "state.json")
		text := `{"format_version":"1.0","values":{"root_module":{"resources":[` + "\n" + `{"address":"` + kind + `.x","mode":"managed","type":"` + kind + `","name":"x","values":` + values + `}]}}}`
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return terraform.Plan(path)
	}
	assert.Contains(t, refused(t, state("aws_kms_key", `{"key_id":"09e596e4-148a-584d-8294-f20a974e5e2f","is_enabled":false}`)), "state.json:2: aws_kms_key.x: a key that is not enabled is not understood")
	assert.Contains(t, refused(t, state("aws_kms_key_policy", `{"key_id":"09e596e4-148a-584d-8294-f20a974e5e2f","policy":"{}"}`)), "state.json:2: aws_kms_key_policy.x: KeyId: ")
	assert.Contains(t, refused(t, state("aws_kms_key_policy", `{"key_id":"09e596e4-148a-584d-8294-f20a974e5e2f"}`)), "the policy of a key has a KeyPolicy")
	assert.Contains(t, refused(t, state("aws_sqs_queue_redrive_policy", `{"queue_url":"https://sqs.eu-west-1.amazonaws.com/000000000000/none","redrive_policy":"{}"}`)), "state.json:2: aws_sqs_queue_redrive_policy.x: SetQueueAttributes: ")
	assert.Contains(t, refused(t, state("aws_s3_bucket", `{"bucket":"b-b","object_lock_enabled":true,"object_lock_configuration":[{"rule":[{"default_retention":[{"days":1}]}]}]}`)), "default retention")
	assert.Contains(t, refused(t, state("aws_iam_role", `{"name":"r","arn":"arn:aws:iam::000000000000:role/r","assume_role_policy":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\"}]}"}`)), "aws_iam_role.x: CreateRole: ")

	text := refused(t, terraform.Plan("testdata/service/plan.json", terraform.Source("testdata/features")))
	assert.Contains(t, text, "the configuration in testdata/features does not say all values")
	assert.Equal(t, 14, strings.Count(text, "\n"), "all at once")
}

// The resources of their own that Terraform has for a queue and a key.
func TestResourcesOfTheirOwn(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, awstest.WithRegion("eu-west-1"))
	stack := acct.Load(terraform.Plan("testdata/features/plan.json"))
	client := sqs.NewFromConfig(acct.Config())
	attribute := func(address string, name types.QueueAttributeName) string {
		out, err := client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: aws.String(stack.Queue(address).URL()), AttributeNames: []types.QueueAttributeName{name}})
		require.NoError(t, err)
		return out.Attributes[string(name)]
	}
	failed, jobs := attribute("aws_sqs_queue.failed", types.QueueAttributeNameQueueArn), attribute("aws_sqs_queue.jobs", types.QueueAttributeNameQueueArn)
	assert.JSONEq(t, `{"deadLetterTargetArn": "`+failed+`", "maxReceiveCount": 4}`, attribute("aws_sqs_queue.jobs", types.QueueAttributeNameRedrivePolicy))
	assert.JSONEq(t, `{"redrivePermission": "byQueue", "sourceQueueArns": ["`+jobs+`"]}`, attribute("aws_sqs_queue.failed", types.QueueAttributeNameRedriveAllowPolicy))

	// The policy of the key admits the role, which has no permission on it of its own.
	bucket, key, reader := stack.Bucket(`module.tenant["a"].module.store[0].aws_s3_bucket.this`), stack.Key("aws_kms_key.this"), stack.Role("aws_iam_role.reader")
	bucket.PutObject(&s3.PutObjectInput{Key: aws.String("x"), Body: strings.NewReader("x"), ServerSideEncryption: s3types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(key.ARN())})
	_, err := s3.NewFromConfig(reader.Config()).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket.Name()), Key: aws.String("x")})
	awstest.RequireAllowed(t, err)
	assert.Contains(t, acct.Calls().Of("kms:Decrypt").String(), "resource-based policy, Reader (testdata/features/main.tf:")
	_, err = s3.NewFromConfig(reader.Config()).PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(stack.Bucket(`module.tenant["b"].module.store[0].aws_s3_bucket.this`).Name()), Key: aws.String("blue/x"),
		Body: strings.NewReader("x"), ServerSideEncryption: s3types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(key.ARN())})
	awstest.RequireDenied(t, err, "kms:GenerateDataKey")
}
