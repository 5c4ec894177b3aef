package terraform

import "slices"

// messageConverters are those of queues and keys, and of policies for which there is no
// fake yet.
func messageConverters() map[string]rule {
	withPolicy := func(kind, property, from string) rule {
		return rule{kind: kind, optional: true, convert: func(c *conversion) {
			c.set(property, from)
			c.policy("PolicyDocument", "policy")
		}}
	}
	return map[string]rule{
		"aws_sqs_queue":                      {kind: "AWS::SQS::Queue", name: "url", convert: convertQueue},
		"aws_sqs_queue_policy":               {kind: "AWS::SQS::QueuePolicy", convert: func(c *conversion) { c.set("Queues", "queue_url"); c.policy("PolicyDocument", "policy") }},
		"aws_sqs_queue_redrive_policy":       {convert: func(c *conversion) { c.sets("Queue", "queue_url", "RedrivePolicy", "redrive_policy") }},
		"aws_sqs_queue_redrive_allow_policy": {convert: func(c *conversion) { c.sets("Queue", "queue_url", "RedriveAllowPolicy", "redrive_allow_policy") }},
		"aws_kms_key":                        {kind: "AWS::KMS::Key", name: "key_id", convert: convertKey},
		"aws_kms_key_policy":                 {convert: func(c *conversion) { c.set("KeyId", "key_id"); c.policy("KeyPolicy", "policy") }},
		"aws_kms_alias":                      {kind: "AWS::KMS::Alias", name: "name", convert: func(c *conversion) { c.sets("AliasName", "name", "TargetKeyId", "target_key_id") }},
		"aws_sns_topic":                      {kind: "AWS::SNS::Topic", name: "arn", optional: true, convert: func(*conversion) {}},
		"aws_sns_topic_policy":               withPolicy("AWS::SNS::TopicPolicy", "Topics", "arn"),
		"aws_secretsmanager_secret":          {kind: "AWS::SecretsManager::Secret", name: "arn", optional: true, convert: func(*conversion) {}},
		"aws_secretsmanager_secret_policy":   withPolicy("AWS::SecretsManager::ResourcePolicy", "SecretId", "secret_arn"),
		"aws_lambda_function":                {kind: "AWS::Lambda::Function", name: "function_name", optional: true, convert: func(*conversion) {}},
		"aws_lambda_permission": {kind: "AWS::Lambda::Permission", optional: true, convert: func(c *conversion) {
			c.sets("FunctionName", "function_name", "Action", "action", "Principal", "principal", "SourceArn", "source_arn", "SourceAccount", "source_account", "PrincipalOrgID", "principal_org_id")
		}},
	}
}

func convertQueue(c *conversion) {
	c.sets("QueueName", "name", "ContentBasedDeduplication", "content_based_deduplication", "DelaySeconds", "delay_seconds", "FifoQueue", "fifo_queue", "KmsMasterKeyId", "kms_master_key_id",
		"MaximumMessageSize", "max_message_size", "MessageRetentionPeriod", "message_retention_seconds", "ReceiveMessageWaitTimeSeconds", "receive_wait_time_seconds", "VisibilityTimeout", "visibility_timeout_seconds")
	for property, name := range map[string]string{
		"DeduplicationScope": "deduplication_scope", "FifoThroughputLimit": "fifo_throughput_limit", "KmsDataKeyReusePeriodSeconds": "kms_data_key_reuse_period_seconds",
		"SqsManagedSseEnabled": "sqs_managed_sse_enabled", "RedrivePolicy": "redrive_policy", "RedriveAllowPolicy": "redrive_allow_policy",
	} {
		if c.isSet(name) {
			c.set(property, name)
		}
	}
	if c.out.Properties["FifoQueue"] != true { // of FIFO queues alone
		for _, name := range []string{"ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"} {
			delete(c.out.Properties, name)
		}
	}
	if c.out.Properties["KmsMasterKeyId"] != nil && c.out.Properties["SqsManagedSseEnabled"] == false {
		delete(c.out.Properties, "SqsManagedSseEnabled")
	}
	c.tags()
}

func convertKey(c *conversion) {
	c.sets("Description", "description", "Enabled", "is_enabled", "EnableKeyRotation", "enable_key_rotation", "PendingWindowInDays", "deletion_window_in_days")
	if c.isSet("policy") && !c.hasKeyPolicy() {
		c.policy("KeyPolicy", "policy")
	}
	c.tags()
}

// hasKeyPolicy reports whether the policy of the key is a resource of its own: a state
// shows it at the key too.
func (c *conversion) hasKeyPolicy() bool {
	return slices.ContainsFunc(c.scope.world.order, func(other *instance) bool {
		id, ok := other.values["key_id"].(string)
		return other.kind == "aws_kms_key_policy" && ok && (id == c.values["key_id"] || id == c.values["arn"])
	})
}
