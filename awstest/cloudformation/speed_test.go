package cloudformation_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/cloudformation"
)

var speed = flag.Bool("speed", false, "measure how long a template of 500 resources takes")

// large is a template of 500 resources: a queue, its policy, a bucket, a role and a policy
// for each of 100 workers.
func large(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("Parameters:\n  Stage: { Type: String, Default: dev }\nConditions:\n  Dev: !Equals [!Ref Stage, dev]\nResources:\n")
	for i := range 100 {
		fmt.Fprintf(&b, strings.ReplaceAll(`  Queue%[1]d:
    Type: AWS::SQS::Queue
    Properties: { VisibilityTimeout: 30, Tags: [{ Key: stage, Value: !Ref Stage }] }
  QueuePolicy%[1]d:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Queue%[1]d]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: s3.amazonaws.com }
            Action: sqs:SendMessage
            Resource: !GetAtt Queue%[1]d.Arn
            Condition: { StringEquals: { "aws:SourceAccount": !Ref AWS::AccountId } }
  Bucket%[1]d:
    Type: AWS::S3::Bucket
    Properties: { VersioningConfiguration: { Status: !If [Dev, Suspended, Enabled] } }
  Role%[1]d:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" }
  Policy%[1]d:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: worker
      Roles: [!Ref Role%[1]d]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: Receive
            Effect: Allow
            Action: [sqs:ReceiveMessage, sqs:DeleteMessage]
            Resource: !GetAtt Queue%[1]d.Arn
          - Sid: Read
            Effect: Allow
            Action: [s3:GetObject, s3:ListBucket]
            Resource: [!GetAtt Bucket%[1]d.Arn, !Sub "${Bucket%[1]d.Arn}/*"]
`, "\t", "  "), i)
	}
	path := filepath.Join(t.TempDir(), "large.yaml")
	require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o600))
	return path
}

func BenchmarkLargeTemplate(b *testing.B) {
	path := large(b)
	for b.Loop() {
		stack, err := cloudformation.Template(path, nil).Resources(target())
		require.NoError(b, err)
		require.Len(b, stack.Resources, 500)
	}
}

// BenchmarkLoadOfALargeTemplate also makes the resources, in an account of their own.
func BenchmarkLoadOfALargeTemplate(b *testing.B) {
	path := large(b)
	for b.Loop() {
		awstest.New(b).Load(cloudformation.Template(path, nil))
	}
}

// A template of 500 resources, the most that AWS takes, is read in less than 100 ms: the
// fastest of ten, because a machine does other things too.
func TestSpeedOfALargeTemplate(t *testing.T) {
	if !*speed {
		t.Skip("-speed is not set: the time to read a template of 500 resources is not measured")
	}
	path, fastest := large(t), time.Hour
	for range 10 {
		start := time.Now()
		_, err := cloudformation.Template(path, nil).Resources(target())
		require.NoError(t, err)
		fastest = min(fastest, time.Since(start))
	}
	t.Logf("500 resources in %v", fastest)
	assert.Less(t, fastest, 100*time.Millisecond)
}
