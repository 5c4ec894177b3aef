package awstest_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
)

// A World remembers thousands of calls, so what it keeps of each is small. The test is not
// parallel: it looks at the memory of the whole process.
func TestMemoryOfCalls(t *testing.T) { //nolint:paralleltest // see above
	const (
		calls = 1500
		most  = 1024 // bytes of each call
	)
	ctx := context.Background()
	for _, door := range []struct {
		name string
		opts []awstest.Option
	}{{"in process", nil}, {"socket", []awstest.Option{awstest.WithSocket()}}} {
		acct := awstest.New(t, door.opts...)
		user := acct.NewUser("worker", awstest.Allow("s3:PutObject").On("arn:aws:s3:::bucket/*"), awstest.Allow("sqs:SendMessage").On("*"))
		store, queues := s3.NewFromConfig(user.Config()), sqs.NewFromConfig(user.Config())
		_, err := s3.NewFromConfig(acct.Config()).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("bucket")})
		require.NoError(t, err)
		queue, err := sqs.NewFromConfig(acct.Config()).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("queue")})
		require.NoError(t, err)
		for _, call := range []struct {
			name string
			do   func(n int) error
		}{
			{"PutObject", func(n int) error {
				_, err := store.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String(fmt.Sprintf("folder/key-%03d", n%500)), Body: strings.NewReader(fmt.Sprint("body ", n))})
				return err
			}},
			{"SendMessage", func(n int) error {
				_, err := queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: aws.String(fmt.Sprint("body ", n))})
				return err
			}},
		} {
			acct.World().Log().Reset()
			for n := range calls {
				require.NoError(t, call.do(n))
			}
			with := heap()
			require.Len(t, acct.Calls(), calls)
			acct.World().Log().Reset()
			each := (with - heap()) / calls
			t.Logf("%s %s: %d bytes", call.name, door.name, each)
			assert.Less(t, each, most, "%s %s", call.name, door.name)
			assert.Positive(t, each)
		}
	}
}

// heap is how many bytes are in use.
func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first one finds in pools, the second one frees
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
