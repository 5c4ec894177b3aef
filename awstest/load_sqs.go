package awstest

import (
	"slices"
	"strings"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/leastpriv/leastpriv/enforce"
)

func sqsMakers() map[string]maker {
	return map[string]maker{
		"AWS::SQS::Queue":             {making: makeQueue, attaching: redriveQueue},
		"AWS::SQS::QueuePolicy":       {guarding: guardQueues},
		"AWS::SQS::QueueInlinePolicy": {guarding: guardQueues},
		// Terraform has the dead-letter queue of a queue as a resource too.
		"aws_sqs_queue_redrive_policy":       {attaching: redriveQueueByURL},
		"aws_sqs_queue_redrive_allow_policy": {attaching: redriveQueueByURL},
	}
}

// queueAttributes are the properties of a queue that are attributes of the same name.
var queueAttributes = []string{
	"ContentBasedDeduplication", "DeduplicationScope", "DelaySeconds", "FifoQueue", "FifoThroughputLimit", "KmsDataKeyReusePeriodSeconds",
	"KmsMasterKeyId", "MaximumMessageSize", "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds", "SqsManagedSseEnabled", "VisibilityTimeout",
}

// redriveAttributes name another queue, which must be there.
var redriveAttributes = []string{"RedrivePolicy", "RedriveAllowPolicy"}

func makeQueue(p *properties) {
	p.knows(slices.Concat(queueAttributes, redriveAttributes, []string{"QueueName", "Tags"})...)
	name := p.ARN[strings.LastIndexByte(p.ARN, ':')+1:]
	in := &awssqs.CreateQueueInput{QueueName: &name, Attributes: p.attributes(queueAttributes)}
	if tags := p.tags("Tags"); len(tags) > 0 {
		in.Tags = tags
	}
	if in.Attributes["FifoQueue"] == "false" { // SQS takes true alone
		delete(in.Attributes, "FifoQueue")
	}
	if out, ok := p.do(in).(*awssqs.CreateQueueOutput); ok {
		p.deployment.made[p.Address] = &Queue{p.account().SQS(), name, *out.QueueUrl}
	}
}

// attributes returns those of the properties that are there.
func (p *properties) attributes(names []string) map[string]string {
	attributes := map[string]string{}
	for _, name := range names {
		if p.Properties[name] != nil {
			attributes[name] = p.text(name)
		}
	}
	return attributes
}

func redriveQueue(p *properties) { p.redrive(p.Name) }

func redriveQueueByURL(p *properties) {
	p.knows(append(slices.Clone(redriveAttributes), "Queue")...)
	p.redrive(p.text("Queue"))
}

func (p *properties) redrive(url string) {
	if attributes := p.attributes(redriveAttributes); len(attributes) > 0 {
		p.do(&awssqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: attributes})
	}
}

func guardQueues(p *properties) {
	p.knows("Queues", "Queue", "PolicyDocument")
	doc := p.policyOf(p.Properties["PolicyDocument"], enforce.QueuePolicy)
	if doc == nil {
		p.problem("the policy of a queue has a PolicyDocument")
		return
	}
	for _, url := range slices.Concat(p.list("Queues"), p.list("Queue")) {
		p.doWith(&awssqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: map[string]string{string(types.QueueAttributeNamePolicy): doc.text}}, doc)
	}
}
