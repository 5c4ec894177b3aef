package cloudformation

import (
	"maps"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws"
)

var messagingKinds = map[string]*kind{
	"AWS::SQS::Queue": {
		name: "QueueName", immutable: []string{"FifoQueue"}, allows: queueAttributes, tags: "list",
		create: createQueue, update: updateQueue,
		remove: func(j *job) error { return j.do("sqs", "DeleteQueue", map[string]any{"QueueUrl": j.id}) },
	},
	"AWS::SQS::QueuePolicy": {
		allows: []string{"PolicyDocument", "Queues"}, create: putQueuePolicies, update: putQueuePolicies,
		remove: func(j *job) error { return j.each(list(j.properties["Queues"]), setQueuePolicy, "") },
	},
	"AWS::SQS::QueueInlinePolicy": {
		immutable: []string{"Queue"}, allows: []string{"PolicyDocument"}, create: putQueuePolicies, update: putQueuePolicies,
		remove: func(j *job) error { return setQueuePolicy(j, j.text("Queue"), "") },
	},
	"AWS::SNS::Topic": {
		name: "TopicName", immutable: []string{"FifoTopic"}, allows: append([]string{"Subscription", "DataProtectionPolicy"}, topicAttributes...), tags: "list",
		members: map[string][]string{"Subscription": {"Endpoint", "Protocol"}},
		create:  createTopic, update: updateTopic,
		remove: func(j *job) error { return j.do("sns", "DeleteTopic", map[string]any{"TopicArn": j.id}) },
	},
	"AWS::SNS::TopicPolicy": {
		allows: []string{"PolicyDocument", "Topics"}, create: putTopicPolicies, update: putTopicPolicies,
		remove: func(j *job) error { return j.each(list(j.properties["Topics"]), setTopicPolicy, "") },
	},
	"AWS::SNS::TopicInlinePolicy": {
		immutable: []string{"TopicArn"}, allows: []string{"PolicyDocument"}, create: putTopicPolicies, update: putTopicPolicies,
		remove: func(j *job) error { return setTopicPolicy(j, j.text("TopicArn"), "") },
	},
	"AWS::SNS::Subscription": {
		immutable: []string{"TopicArn", "Protocol", "Endpoint"}, allows: append([]string{"Region"}, subscriptionAttributes...),
		create: subscribe, update: updateSubscription,
		remove: func(j *job) error { return j.do("sns", "Unsubscribe", map[string]any{"SubscriptionArn": j.id}) },
	},
}

// each does something with each of some resources.
func (j *job) each(all []string, do func(*job, string, string) error, value string) error {
	for _, one := range all {
		if err := do(j, one, value); err != nil {
			return err
		}
	}
	return nil
}

var queueAttributes = []string{
	"ContentBasedDeduplication", "DeduplicationScope", "DelaySeconds", "FifoThroughputLimit", "KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId", "MaximumMessageSize",
	"MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds", "RedriveAllowPolicy", "RedrivePolicy", "SqsManagedSseEnabled", "VisibilityTimeout",
}

// attributesOf are properties that are attributes of a service: texts.
func attributesOf(properties map[string]any, names []string) map[string]any {
	all := map[string]any{}
	for _, name := range names {
		if v := properties[name]; v != nil {
			all[name] = encodedText(v)
		}
	}
	return all
}

// altered are the attributes that an update sets: those that are no longer said get the
// service's default.
func (j *job) altered(names []string, defaults map[string]string) map[string]any {
	all := map[string]any{}
	for _, name := range names {
		if !j.changed(name) {
			continue
		}
		all[name] = defaults[name]
		if v := j.properties[name]; v != nil {
			all[name] = encodedText(v)
		}
	}
	return all
}

func createQueue(j *job) error {
	name := j.physical("QueueName", 80, false)
	attributes := attributesOf(j.properties, queueAttributes)
	if j.isTrue("FifoQueue") {
		attributes["FifoQueue"] = "true"
	}
	out, err := j.call("sqs", "CreateQueue", with(map[string]any{"QueueName": name, "Attributes": attributes}, "Tags", j.tagMap()))
	if err != nil {
		return err
	}
	j.id = encodedText(out["QueueUrl"])
	return readQueue(j, name)
}

func readQueue(j *job, name string) error {
	out, err := j.call("sqs", "GetQueueAttributes", map[string]any{"QueueUrl": j.id, "AttributeNames": []string{"QueueArn"}})
	if err != nil {
		return err
	}
	attributes, _ := out["Attributes"].(map[string]any)
	j.attributes = map[string]string{"Arn": encodedText(attributes["QueueArn"]), "QueueName": name, "QueueUrl": j.id}
	return nil
}

// queueDefaults are what SQS has where nothing is said.
var queueDefaults = map[string]string{
	"ContentBasedDeduplication": "false", "DeduplicationScope": "queue", "DelaySeconds": "0", "FifoThroughputLimit": "perQueue", "KmsDataKeyReusePeriodSeconds": "300",
	"MaximumMessageSize": "1048576", "MessageRetentionPeriod": "345600", "ReceiveMessageWaitTimeSeconds": "0", "SqsManagedSseEnabled": "true", "VisibilityTimeout": "30",
}

func updateQueue(j *job) error {
	if attributes := j.altered(queueAttributes, queueDefaults); len(attributes) > 0 {
		if err := j.do("sqs", "SetQueueAttributes", map[string]any{"QueueUrl": j.id, "Attributes": attributes}); err != nil {
			return err
		}
	}
	return j.retagged(tagging{"sqs", "TagQueue", "UntagQueue", "QueueUrl", "Tags", "TagKeys", true}, j.id)
}

func setQueuePolicy(j *job, url, policy string) error {
	return j.do("sqs", "SetQueueAttributes", map[string]any{"QueueUrl": url, "Attributes": map[string]any{"Policy": policy}})
}

func putQueuePolicies(j *job) error {
	queues := list(j.properties["Queues"])
	if queue := j.text("Queue"); queue != "" {
		queues = []string{queue}
	}
	if j.id == "" {
		j.id = j.physical("", 255, false)
		if j.kind == "AWS::SQS::QueueInlinePolicy" {
			j.id = j.text("Queue")
		}
		j.attributes["Id"] = j.id
	}
	for _, queue := range list(j.old["Queues"]) {
		if !slices.Contains(queues, queue) {
			if err := setQueuePolicy(j, queue, ""); err != nil {
				return err
			}
		}
	}
	return j.each(queues, setQueuePolicy, j.text("PolicyDocument"))
}

var topicAttributes = []string{"ArchivePolicy", "ContentBasedDeduplication", "DisplayName", "FifoThroughputScope", "KmsMasterKeyId", "SignatureVersion", "TracingConfig"}

func createTopic(j *job) error {
	name := j.physical("TopicName", 256, false)
	attributes := attributesOf(j.properties, topicAttributes)
	if j.isTrue("FifoTopic") {
		attributes["FifoTopic"] = "true"
	}
	out, err := j.call("sns", "CreateTopic", with(map[string]any{"Name": name, "Attributes": attributes}, "Tags", j.tagList(), "DataProtectionPolicy", j.text("DataProtectionPolicy")))
	if err != nil {
		return err
	}
	j.id = encodedText(out["TopicArn"])
	j.attributes = map[string]string{"TopicArn": j.id, "TopicName": name}
	for _, s := range objects(j.properties["Subscription"]) {
		if err := j.do("sns", "Subscribe", map[string]any{"TopicArn": j.id, "Protocol": s["Protocol"], "Endpoint": s["Endpoint"]}); err != nil {
			return err
		}
	}
	return nil
}

func updateTopic(j *job) error {
	if j.changed("Subscription") {
		return notImplemented("the update of Subscription of AWS::SNS::Topic")
	}
	attributes := j.altered(topicAttributes, map[string]string{"ContentBasedDeduplication": "false", "SignatureVersion": "1", "TracingConfig": "PassThrough"})
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if err := j.do("sns", "SetTopicAttributes", map[string]any{"TopicArn": j.id, "AttributeName": name, "AttributeValue": attributes[name]}); err != nil {
			return err
		}
	}
	if j.changed("DataProtectionPolicy") {
		if err := j.do("sns", "PutDataProtectionPolicy", map[string]any{"ResourceArn": j.id, "DataProtectionPolicy": j.text("DataProtectionPolicy")}); err != nil {
			return err
		}
	}
	return j.retagged(tagging{"sns", "TagResource", "UntagResource", "ResourceArn", "Tags", "TagKeys", false}, j.id)
}

func setTopicPolicy(j *job, topic, policy string) error {
	if policy == "" {
		policy = j.topicPolicyOf(topic)
	}
	return j.do("sns", "SetTopicAttributes", map[string]any{"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": policy})
}

// topicPolicyOf is the policy that a topic has without that somebody wrote one, which the
// deletion of a policy puts back ("AWS::SNS::TopicPolicy").
func (j *job) topicPolicyOf(topic string) string {
	return encoded(map[string]any{"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": []any{map[string]any{
		"Sid": "__default_statement_ID", "Effect": "Allow", "Principal": map[string]any{"AWS": "*"},
		"Action": []any{"SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission", "SNS:DeleteTopic", "SNS:Subscribe",
			"SNS:ListSubscriptionsByTopic", "SNS:Publish"},
		"Resource": topic, "Condition": map[string]any{"StringEquals": map[string]any{"AWS:SourceOwner": j.account}},
	}}})
}

func putTopicPolicies(j *job) error {
	topics := list(j.properties["Topics"])
	if topic := j.text("TopicArn"); topic != "" {
		topics = []string{topic}
	}
	if j.id == "" {
		j.id = j.physical("", 255, false)
		if j.kind == "AWS::SNS::TopicInlinePolicy" {
			j.id = j.text("TopicArn")
		}
		j.attributes["Id"] = j.id
	}
	for _, topic := range list(j.old["Topics"]) {
		if !slices.Contains(topics, topic) {
			if err := setTopicPolicy(j, topic, ""); err != nil {
				return err
			}
		}
	}
	return j.each(topics, setTopicPolicy, j.text("PolicyDocument"))
}

var subscriptionAttributes = []string{"DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy", "ReplayPolicy", "SubscriptionRoleArn"}

func subscribe(j *job) error {
	if region := j.text("Region"); region != "" && region != j.region {
		return notImplemented("a subscription to a topic in another region")
	}
	out, err := j.call("sns", "Subscribe", map[string]any{
		"TopicArn": j.text("TopicArn"), "Protocol": j.text("Protocol"), "Endpoint": j.text("Endpoint"), "Attributes": attributesOf(j.properties, subscriptionAttributes),
		"ReturnSubscriptionArn": true,
	})
	if err != nil {
		return err
	}
	j.id = encodedText(out["SubscriptionArn"])
	j.attributes["Arn"] = j.id
	return nil
}

func updateSubscription(j *job) error {
	attributes := j.altered(subscriptionAttributes, map[string]string{"RawMessageDelivery": "false", "FilterPolicyScope": "MessageAttributes", "FilterPolicy": "{}"})
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if err := j.do("sns", "SetSubscriptionAttributes", map[string]any{"SubscriptionArn": j.id, "AttributeName": name, "AttributeValue": attributes[name]}); err != nil {
			return err
		}
	}
	return nil
}

// arnOf is an ARN in the place of the stack.
func (j *job) arnOf(service, resource string) string {
	region := j.region
	if service == "iam" {
		region = ""
	}
	return fakeaws.ARN(service, region, j.account, resource)
}

// lastOf is what follows the last separator of a text.
func lastOf(text, separator string) string { return text[strings.LastIndex(text, separator)+1:] }
