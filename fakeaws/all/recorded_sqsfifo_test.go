package all_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func init() {
	maps.Copy(sqsScenarios, fifoScenarios)
	maps.Copy(sqsScenarios, moveScenarios)
}

// Scenarios of FIFO queues.
var fifoScenarios = map[string]scenario{
	sqsTests + "create_fifo_queue_with_different_attributes_raises_error": func(p *player) {
		fifo(p, "ContentBasedDeduplication", "true")
		p.answer("queue-already-exists", &sqs.CreateQueueInput{QueueName: aws.String("jobs.fifo"), Attributes: pairs("FifoQueue", "true", "ContentBasedDeduplication", "false")})
	},
	sqsTests + "fifo_change_to_regular_throughput_after_creation": func(p *player) {
		url := highThroughput(p)
		p.call(&sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: pairs("DeduplicationScope", "queue", "FifoThroughputLimit", "perQueue")})
		p.answer("set-to-regular-throughput", allAttributes(url))
		postTo(p, url, "Test3", "g3", "other")
		postTo(p, url, "Test4", "g4", "other")
		p.answer("same-dedup-different-grp-regular-throughput", &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10})
	},
	sqsTests + "fifo_high_throughput_ordering": func(p *player) { highThroughput(p) },
	sqsTests + "fifo_deduplication_not_on_message_group_id": func(p *player) {
		url := fifo(p, "ContentBasedDeduplication", strings.ToLower(p.rest()))
		id := "id"
		if p.rest() == "True" {
			id = ""
		}
		postTo(p, url, `{"foo": "bar"}`, "g1", id)
		got := p.answer("get-messages", &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10})
		p.call(&sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: text(got, "Messages.0.ReceiptHandle")})
		postTo(p, url, `{"foo": "bar"}`, "g2", id)
		p.answer("get-dedup-messages", &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10})
	},
	sqsTests + "fifo_delete_after_visibility_timeout_extended": func(p *player) {
		url := fifo(p, "ContentBasedDeduplication", "true", "VisibilityTimeout", "2")
		postTo(p, url, "foobar", "g", "")
		got := p.answer("received_sqs_message", &sqs.ReceiveMessageInput{QueueUrl: url})
		handle := text(got, "Messages.0.ReceiptHandle")
		p.call(&sqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: handle, VisibilityTimeout: 10})
		p.wait(3 * time.Second)
		p.answer("delete_after_timeout_fifo_extended", &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: handle})
	},
	sqsTests + "fifo_empty_message_groups_added_back_to_queue": func(p *player) {
		url := fifo(p, "ContentBasedDeduplication", "true")
		postTo(p, url, "Message 1", "g", "")
		got := p.answer("inital-fifo-receive", &sqs.ReceiveMessageInput{QueueUrl: url}) //nolint:misspell // as it is recorded
		p.call(&sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: text(got, "Messages.0.ReceiptHandle")})
		p.answer("empty-fifo-receive", &sqs.ReceiveMessageInput{QueueUrl: url})
		postTo(p, url, "Message 2", "g", "")
		p.answer("final-fifo-receive", &sqs.ReceiveMessageInput{QueueUrl: url})
	},
	sqsTests + "fifo_group_visibility_extends_with_change_message_visibility": extendedVisibility,
	sqsTests + "fifo_queue_send_message_with_delay_seconds_fails": func(p *player) {
		p.answer("send_message", &sqs.SendMessageInput{QueueUrl: fifo(p, "ContentBasedDeduplication", "true"), MessageBody: aws.String("x"), MessageGroupId: aws.String("g"), DelaySeconds: 2})
	},
	sqsTests + "fifo_set_content_based_deduplication_strategy": func(p *player) {
		url := fifo(p, "ContentBasedDeduplication", "true")
		p.answer("before-update", allAttributes(url))
		p.call(&sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: pairs("ContentBasedDeduplication", "false")})
		p.answer("after-update", allAttributes(url))
	},
	sqsTests + "posting_to_fifo_requires_deduplicationid_group_id": func(p *player) {
		url := fifo(p)
		for _, suffix := range []string{"", "-query"} {
			p.answer("invalid-parameter-value"+suffix, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x"), MessageGroupId: aws.String("g")})
			p.answer("missing-parameter"+suffix, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x"), MessageDeduplicationId: aws.String("d")})
		}
	},
	sqsTests + "set_unsupported_attribute_fifo": func(p *player) {
		p.answer("invalid-attr-name-1", &sqs.SetQueueAttributesInput{QueueUrl: queue(p, "jobs"), Attributes: pairs("FifoQueue", "true")})
		p.answer("invalid-attr-name-2", &sqs.SetQueueAttributesInput{QueueUrl: fifo(p), Attributes: pairs("FifoQueue", "false")})
	},
}

func fifo(p *player, attributes ...string) *string {
	return queue(p, "jobs.fifo", append([]string{"FifoQueue", "true"}, attributes...)...)
}

func postTo(p *player, url *string, body, group, deduplication string) {
	in := &sqs.SendMessageInput{QueueUrl: url, MessageBody: &body, MessageGroupId: &group}
	if deduplication != "" {
		in.MessageDeduplicationId = &deduplication
	}
	p.call(in)
}

func allAttributes(url *string) *sqs.GetQueueAttributesInput {
	return &sqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"All"}}
}

// highThroughput sends the same deduplication id to two groups of a queue that tells them
// apart, and receives and deletes both messages.
func highThroughput(p *player) *string {
	url := fifo(p, "DeduplicationScope", "messageGroup", "FifoThroughputLimit", "perMessageGroupId")
	for _, n := range []string{"1", "2"} {
		postTo(p, url, "Test"+n, "g"+n, "same")
	}
	for _, n := range []string{"1", "2"} {
		got := p.answer("same-dedup-different-grp-"+n, &sqs.ReceiveMessageInput{QueueUrl: url})
		p.call(&sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: text(got, "Messages.0.ReceiptHandle")})
	}
	return url
}

// extendedVisibility hides one of three received messages for longer, or all of them. What
// is extended where the name says "no" is not told.
func extendedVisibility(p *player) {
	which, _, _ := strings.Cut(p.rest(), "-")
	extended := []int{0, 1, 2}
	if which != "all" {
		i, err := strconv.Atoi(which)
		if err != nil {
			return
		}
		extended = []int{i}
	}
	url := fifo(p, "ContentBasedDeduplication", "true", "VisibilityTimeout", "2")
	for _, body := range []string{"foo", "bar", "baz"} {
		postTo(p, url, body, "g", "")
	}
	got := p.answer("receive_all_messages", &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10})
	for _, i := range extended {
		p.call(&sqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: text(got, fmt.Sprintf("Messages.%d.ReceiptHandle", i)), VisibilityTimeout: 30})
	}
	p.wait(3 * time.Second)
	p.answer("some-messages-invisible", &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10})
}

// Scenarios of move tasks.
var moveScenarios = map[string]scenario{
	"sqs_move_task::test_basic_move_task_workflow": func(p *player) {
		buried(p, 2)
		queue(p, "target")
		p.answer("start-message-move-task-response", &sqs.StartMessageMoveTaskInput{SourceArn: aws.String(queueARN("dead")), DestinationArn: aws.String(queueARN("target"))})
		p.wait(time.Minute)
		p.answer("list-message-move-task-response", moveTasks)
	},
	"sqs_move_task::test_move_task_workflow_with_default_destination": func(p *player) {
		buried(p, 2)
		p.compare("original-source", queueARN("jobs"))
		p.compare("source-arn", queueARN("dead"))
		p.answer("start-message-move-task-response", &sqs.StartMessageMoveTaskInput{SourceArn: aws.String(queueARN("dead"))})
		p.wait(time.Minute)
		p.answer("list-message-move-task-response", moveTasks)
	},
	"sqs_move_task::test_cancel_with_invalid_source_arn_in_task_handle": func(p *player) {
		p.answer("error", &sqs.CancelMessageMoveTaskInput{TaskHandle: handle("6bb9d7c6-0ad4-4a84-9e4b-7f4b8a5f3a51", queueARN("nowhere"))})
	},
	"sqs_move_task::test_cancel_with_invalid_task_id_in_task_handle": func(p *player) {
		queue(p, "jobs")
		p.answer("error", &sqs.CancelMessageMoveTaskInput{TaskHandle: handle("6bb9d7c6-0ad4-4a84-9e4b-7f4b8a5f3a51", queueARN("jobs"))})
	},
	"sqs_move_task::test_destination_needs_to_exist": func(p *player) {
		buried(p, 1)
		p.answer("error", &sqs.StartMessageMoveTaskInput{SourceArn: aws.String(queueARN("dead")), DestinationArn: aws.String(queueARN("nowhere"))})
	},
	"sqs_move_task::test_move_task_delete_destination_queue_while_running": func(p *player) {
		buried(p, 10)
		url := queue(p, "target")
		p.call(&sqs.StartMessageMoveTaskInput{SourceArn: aws.String(queueARN("dead")), DestinationArn: aws.String(queueARN("target")), MaxNumberOfMessagesPerSecond: aws.Int32(1)})
		p.wait(2500 * time.Millisecond)
		p.call(&sqs.DeleteQueueInput{QueueUrl: url})
		p.wait(5 * time.Second)
		p.answer("list", moveTasks)
	},
	"sqs_move_task::test_source_needs_redrive_policy": func(p *player) {
		queue(p, "dead")
		p.answer("error", &sqs.StartMessageMoveTaskInput{SourceArn: aws.String(queueARN("dead"))})
	},
	"sqs_move_task::test_start_multiple_move_tasks": func(p *player) {
		buried(p, 10)
		in := &sqs.StartMessageMoveTaskInput{SourceArn: aws.String(queueARN("dead")), MaxNumberOfMessagesPerSecond: aws.Int32(1)}
		p.call(in)
		p.answer("error", in)
	},
}

var moveTasks = &sqs.ListMessageMoveTasksInput{SourceArn: aws.String(queueARN("dead"))}

func handle(task, source string) *string {
	return aws.String(base64.StdEncoding.EncodeToString([]byte(`{"taskId":"` + task + `","sourceArn":"` + source + `"}`)))
}

// buried makes a dead-letter queue with messages of another queue.
func buried(p *player, n int) {
	queue(p, "dead")
	url := queue(p, "jobs", "VisibilityTimeout", "0", "RedrivePolicy", `{"maxReceiveCount":"1","deadLetterTargetArn":"`+queueARN("dead")+`"}`)
	for i := range n {
		post(p, url, fmt.Sprint(i))
	}
	for range 2 {
		p.call(&sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10})
	}
}
