package all_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

const sqsTests = "sqs::TestSqsProvider::test_"

var sqsScenarios = map[string]scenario{
	sqsTests + "change_message_visibility_after_visibility_timeout_expiration": func(p *player) {
		url := queue(p, "jobs")
		post(p, url, "foobar")
		got := p.call(&sqs.ReceiveMessageInput{QueueUrl: url, VisibilityTimeout: 1})
		p.wait(2 * time.Second)
		p.answer("visibility_timeout_expired", &sqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: text(got, "Messages.0.ReceiptHandle"), VisibilityTimeout: 2})
	},
	sqsTests + "create_queue_with_different_attributes_raises_exception": func(p *player) {
		queue(p, "jobs", "DelaySeconds", "0")
		for _, answer := range []string{"create_queue_01", "create_queue_02"} {
			p.answer(answer, &sqs.CreateQueueInput{QueueName: aws.String("jobs"), Attributes: pairs("DelaySeconds", "2")})
		}
	},
	sqsTests + "create_standard_queue_with_fifo_attribute_raises_error": func(p *player) {
		for answer, attributes := range map[string]map[string]string{
			"invalid-attribute-fifo-queue":                  pairs("FifoQueue", "false"),
			"invalid-attribute-content-based-deduplication": pairs("ContentBasedDeduplication", "false"),
			"invalid-attribute-deduplication-scope":         pairs("DeduplicationScope", "queue"),
			"invalid-attribute-throughput-limit":            pairs("FifoThroughputLimit", "perQueue"),
		} {
			p.answer(answer, &sqs.CreateQueueInput{QueueName: aws.String("jobs"), Attributes: attributes})
		}
	},
	sqsTests + "dead_letter_queue_message_attributes": deadLetters,
	sqsTests + "delete_message_batch_invalid_msg_id": func(p *player) {
		url := queue(p, "jobs")
		p.answer("error_response", &sqs.DeleteMessageBatchInput{QueueUrl: url, Entries: []types.DeleteMessageBatchRequestEntry{{Id: aws.String(p.rest()), ReceiptHandle: aws.String("handle")}}})
	},
	sqsTests + "fair_queue_with_message_group_id": func(p *player) {
		url := queue(p, "jobs")
		p.answer("send_message", &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("message"), MessageGroupId: aws.String("test")})
		p.answer("get-message-with-deduplication-id", &sqs.ReceiveMessageInput{QueueUrl: url, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"}})
	},
	sqsTests + "invalid_batch_id": func(p *player) {
		url := queue(p, "jobs")
		p.answer("test_invalid_batch_id", batch(url, "a:b", "x"))
	},
	sqsTests + "message_deduplication_id_invalid": func(p *player) {
		id := map[string]string{"empty": "", "spaces": "group 123", "too_long": strings.Repeat("a", 129)}[p.param]
		p.answer("error-response", &sqs.SendMessageInput{QueueUrl: fifo(p), MessageBody: aws.String("x"), MessageGroupId: aws.String("g"), MessageDeduplicationId: &id})
	},
	sqsTests + "receive_message_message_attribute_names_filters": attributeNames,
	sqsTests + "send_batch_message_size": func(p *player) {
		url := queue(p, "jobs", "MaximumMessageSize", "1024")
		p.answer("send-message-batch-result", batch(url, "one", strings.Repeat("a", 1025), "two", strings.Repeat("a", 1024)))
	},
	sqsTests + "send_message_with_binary_attributes": func(p *player) {
		url := queue(p, "jobs")
		value := types.MessageAttributeValue{DataType: aws.String("Binary"), BinaryValue: []byte("traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01")}
		p.call(&sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("test"), MessageAttributes: map[string]types.MessageAttributeValue{"attr1": value}})
		p.answer("binary-attrs-msg", &sqs.ReceiveMessageInput{QueueUrl: url, MessageAttributeNames: []string{"All"}})
	},
	sqsTests + "send_message_with_empty_string_attribute": func(p *player) {
		url := queue(p, "jobs")
		p.answer("empty-string-attr", &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x"), MessageAttributes: map[string]types.MessageAttributeValue{"ErrorDetails": stringValue("")}})
	},
	sqsTests + "send_receive_max_number_of_messages": func(p *player) {
		url := queue(p, "jobs")
		post(p, url, "message")
		p.answer("send_max_number_of_messages", &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 11})
	},
	sqsTests + "send_receive_wait_time_seconds": func(p *player) {
		url := queue(p, "jobs")
		post(p, url, "message")
		p.answer("empty_short_poll_by_default_resp", &sqs.ReceiveMessageInput{QueueUrl: url})
		post(p, url, "message")
		p.answer("empty_short_poll_explicit_resp", &sqs.ReceiveMessageInput{QueueUrl: url})
		p.answer("recieve_message_error_too_large", &sqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 21}) //nolint:misspell // as it is recorded
		p.answer("recieve_message_error_too_small", &sqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: -1}) //nolint:misspell // as it is recorded
	},
	sqsTests + "sqs_permission_lifecycle": permissions,
	sqsTests + "sse_kms_and_sqs_are_mutually_exclusive": func(p *player) {
		url := queue(p, "jobs", "SqsManagedSseEnabled", "true")
		got := p.call(&sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: pairs("KmsMasterKeyId", "testKeyId", "SqsManagedSseEnabled", "true")})
		p.compare("error", fmt.Sprintf("An error occurred (%v) when calling the SetQueueAttributes operation: %v", at(got, "Error.Code"), at(got, "Error.Message")))
	},
	sqsTests + "successive_purge_calls_fail": func(p *player) {
		url := queue(p, "jobs")
		p.call(&sqs.PurgeQueueInput{QueueUrl: url})
		p.answer("purge_queue_error", &sqs.PurgeQueueInput{QueueUrl: url})
	},
	sqsTests + "too_many_entries_in_batch_request": func(p *player) {
		var entries []string
		for i := range 20 {
			entries = append(entries, fmt.Sprint("message", i), "x")
		}
		p.answer("test_too_many_entries_in_batch_request", batch(queue(p, "jobs"), entries...))
	},
}

func pairs(list ...string) map[string]string {
	all := map[string]string{}
	for i := 0; i < len(list); i += 2 {
		all[list[i]] = list[i+1]
	}
	return all
}

func queue(p *player, name string, attributes ...string) *string {
	made := p.call(&sqs.CreateQueueInput{QueueName: &name, Attributes: pairs(attributes...)})
	return text(made, "QueueUrl")
}

func queueARN(name string) string { return "arn:aws:sqs:us-east-1:" + worldtest.Account + ":" + name }

func post(p *player, url *string, body string) {
	p.call(&sqs.SendMessageInput{QueueUrl: url, MessageBody: &body})
}

// batch sends messages, given by id and body.
func batch(url *string, entries ...string) *sqs.SendMessageBatchInput {
	in := &sqs.SendMessageBatchInput{QueueUrl: url}
	for i := 0; i < len(entries); i += 2 {
		in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{Id: &entries[i], MessageBody: &entries[i+1]})
	}
	return in
}

func stringValue(s string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &s}
}

func deadLetters(p *player) {
	dead := queue(p, "dead")
	jobs := queue(p, "jobs", "VisibilityTimeout", "5", "RedrivePolicy", `{"maxReceiveCount":"1","deadLetterTargetArn":"`+queueARN("dead")+`"}`)
	p.compare("dlq-arn", queueARN("dead"))
	p.compare("sourcen-arn", queueARN("jobs"))
	p.call(&sqs.SendMessageInput{
		QueueUrl: jobs, MessageBody: aws.String("message-1"), MessageAttributes: map[string]types.MessageAttributeValue{"MyAttribute": stringValue("foobar")},
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")}},
	})
	post(p, jobs, "message-2")
	receive := func(url *string) map[string]any {
		return p.call(&sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []types.MessageSystemAttributeName{
			"AWSTraceHeader", "ApproximateFirstReceiveTimestamp", "ApproximateReceiveCount", "DeadLetterQueueSourceArn", "SentTimestamp",
		}})
	}
	p.compare("rec-pre-dlq", receive(jobs)["Messages"])
	p.wait(6 * time.Second)
	receive(jobs)
	p.compare("dlq-messages", receive(dead)["Messages"])
}

func attributeNames(p *player) {
	url := queue(p, "jobs", "VisibilityTimeout", "0")
	p.answer("send_message_response", &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("msg"), MessageAttributes: map[string]types.MessageAttributeValue{
		"Help.Me": stringValue("Me"), "Hello": stringValue("There"), "General": stringValue("Kenobi"),
	}})
	for answer, names := range map[string][]string{
		"empty_filter": {}, "all_name": {"All"}, "all_wildcard_asterisk": {"*"}, "all_wildcard": {".*"},
		"only_non_existing_names": {"Foo", "Help"}, "only_existing": {"Hello", "General"}, "existing_and_non_existing": {"Foo", "Hello"},
		"prefix_filter": {"Hel.*"}, "illegal_name_1": {"AWS."}, "illegal_name_2": {"..foo"},
	} {
		got := p.call(&sqs.ReceiveMessageInput{QueueUrl: url, MessageAttributeNames: names})
		if _, whole := at(p.recorded[answer], "Messages").([]any); whole {
			p.compare(answer, got)
		} else {
			p.compare(answer, at(got, "Messages.0"))
		}
	}
}

func permissions(p *player) {
	url, first, second := queue(p, "jobs"), aws.String("crossaccountpermission"), aws.String("crossaccountpermission2")
	add := func(label *string, accounts ...string) *sqs.AddPermissionInput {
		return &sqs.AddPermissionInput{QueueUrl: url, Label: label, AWSAccountIds: accounts, Actions: []string{"ReceiveMessage"}}
	}
	remove := func(label *string) *sqs.RemovePermissionInput {
		return &sqs.RemovePermissionInput{QueueUrl: url, Label: label}
	}
	policy := &sqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"Policy"}}
	p.answer("add-permission-response", add(first, worldtest.Other, worldtest.Account))
	p.answer("get-queue-policy-attribute", policy)
	p.answer("remove-permission-response", remove(first))
	p.answer("get-queue-policy-attribute-after-removal", policy)
	p.call(add(first, worldtest.Account))
	p.answer("get-queue-policy-attribute-first-account-same-label", policy)
	p.answer("get-queue-policy-attribute-second-account-same-label", add(first, worldtest.Other))
	p.call(add(second, worldtest.Account))
	p.answer("get-queue-policy-attribute-second-account-different-label", policy)
	p.call(remove(first))
	p.answer("get-queue-policy-attribute-delete-first-permission", policy)
	p.call(remove(second))
	p.answer("get-queue-policy-attribute-delete-second-permission", policy)
	p.answer("get-queue-policy-attribute-delete-non-existent-label", remove(second))
}
