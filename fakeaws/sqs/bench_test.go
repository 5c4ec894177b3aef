package sqs

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"
)

// The cost of a message's life must not grow with the number of others.
func BenchmarkSendReceiveDelete(b *testing.B) {
	for _, backlog := range []int{0, 100_000} {
		b.Run(fmt.Sprintf("backlog=%d", backlog), func(b *testing.B) {
			s := newBench(b)
			url := s.create(b, "jobs")
			body := aws.String("the body of a message")
			for range backlog {
				s.post(b, url, *body)
			}
			call := s.as(account, s.root())
			b.ReportAllocs()
			for b.Loop() {
				_, err := do(s.fake.sendMessage(call, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: body}))
				require.NoError(b, err)
				out, err := do(s.fake.receiveMessage(call, &awssqs.ReceiveMessageInput{QueueUrl: url}))
				require.NoError(b, err)
				_, err = do(s.fake.deleteMessage(call, &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: out.Messages[0].ReceiptHandle}))
				require.NoError(b, err)
			}
		})
	}
}

// Every call is planned before it is judged.
func BenchmarkPlan(b *testing.B) {
	s := newBench(b)
	url := s.create(b, "jobs")
	call := s.as(account, s.root())
	in := &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")}
	b.ReportAllocs()
	for b.Loop() {
		_, err := s.fake.sendMessage(call, in)
		require.NoError(b, err)
	}
}

// So it is in a FIFO queue, whether its messages are of one group or each of its own.
func BenchmarkGroups(b *testing.B) {
	for _, backlog := range []int{0, 100_000} {
		for _, groups := range []int{1, 50_000} {
			b.Run(fmt.Sprintf("backlog=%d/groups=%d", backlog, groups), func(b *testing.B) {
				s := newBench(b)
				made, err := s.CreateQueue(s.ctx, &awssqs.CreateQueueInput{QueueName: aws.String("orders.fifo"), Attributes: map[string]string{"FifoQueue": "true"}})
				require.NoError(b, err)
				url := made.QueueUrl
				call, sent := s.as(account, s.root()), 0
				send := func() {
					sent++
					group, id := aws.String(fmt.Sprint(sent%groups)), aws.String(fmt.Sprint(sent))
					_, err := do(s.fake.sendMessage(call, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x"), MessageGroupId: group, MessageDeduplicationId: id}))
					require.NoError(b, err)
				}
				for range backlog {
					send()
				}
				b.ReportAllocs()
				for b.Loop() {
					send()
					out, err := do(s.fake.receiveMessage(call, &awssqs.ReceiveMessageInput{QueueUrl: url}))
					require.NoError(b, err)
					require.Len(b, out.Messages, 1)
					_, err = do(s.fake.deleteMessage(call, &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: out.Messages[0].ReceiptHandle}))
					require.NoError(b, err)
				}
			})
		}
	}
}
