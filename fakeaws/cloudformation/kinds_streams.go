package cloudformation

import "strings"

// destinations are the properties of a delivery stream that say where it delivers.
var destinations = []string{
	"AmazonOpenSearchServerlessDestinationConfiguration", "AmazonopensearchserviceDestinationConfiguration", "ElasticsearchDestinationConfiguration", "ExtendedS3DestinationConfiguration",
	"HttpEndpointDestinationConfiguration", "IcebergDestinationConfiguration", "RedshiftDestinationConfiguration", "S3DestinationConfiguration", "SnowflakeDestinationConfiguration", "SplunkDestinationConfiguration",
}

var streamKinds = map[string]*kind{
	"AWS::Kinesis::Stream": {
		name: "Name", tags: "list", allows: []string{"RetentionPeriodHours", "ShardCount", "StreamEncryption", "StreamModeDetails"},
		create: createStream, update: updateStream, ready: streamReady, gone: describedGone("kinesis", "DescribeStreamSummary", "StreamName"),
		remove: func(j *job) error {
			return j.do("kinesis", "DeleteStream", map[string]any{"StreamName": j.id, "EnforceConsumerDeletion": true})
		},
	},
	"AWS::KinesisFirehose::DeliveryStream": {
		name: "DeliveryStreamName", immutable: append([]string{"DeliveryStreamType", "DirectPutSourceConfiguration", "KinesisStreamSourceConfiguration", "MSKSourceConfiguration", "DatabaseSourceConfiguration"}, destinations...),
		allows: []string{"DeliveryStreamEncryptionConfigurationInput"}, tags: "list",
		create: createDelivery, update: updateDelivery, ready: deliveryReady, gone: describedGone("firehose", "DescribeDeliveryStream", "DeliveryStreamName"),
		remove: func(j *job) error {
			return j.do("firehose", "DeleteDeliveryStream", map[string]any{"DeliveryStreamName": j.id})
		},
	},
}

func createStream(j *job) error {
	name := j.physical("Name", 128, false)
	params := with(j.pick("ShardCount", "StreamModeDetails"), "StreamName", name, "Tags", j.tagMap())
	if params["ShardCount"] == nil && params["StreamModeDetails"] == nil {
		params["StreamModeDetails"] = map[string]any{"StreamMode": "ON_DEMAND"}
	}
	if err := j.do("kinesis", "CreateStream", params); err != nil {
		return err
	}
	j.id = name
	return nil
}

// streamReady waits until a stream is active, and then sets what can only be set of one that is.
func streamReady(j *job) error {
	out, err := j.call("kinesis", "DescribeStreamSummary", map[string]any{"StreamName": j.id})
	if err != nil {
		return err
	}
	s := objectOf(out["StreamDescriptionSummary"])
	if encodedText(s["StreamStatus"]) != "ACTIVE" {
		j.later(poll)
		return nil
	}
	if j.attributes["Arn"] != "" {
		return nil
	}
	j.attributes["Arn"] = encodedText(s["StreamARN"])
	if hours := j.text("RetentionPeriodHours"); hours != "" && hours != "24" {
		if err := j.do("kinesis", "IncreaseStreamRetentionPeriod", map[string]any{"StreamName": j.id, "RetentionPeriodHours": hours}); err != nil {
			return err
		}
	}
	if e := objectOf(j.properties["StreamEncryption"]); e != nil {
		if err := j.do("kinesis", "StartStreamEncryption", map[string]any{"StreamName": j.id, "EncryptionType": e["EncryptionType"], "KeyId": e["KeyId"]}); err != nil {
			return err
		}
		j.later(poll)
	}
	return nil
}

func updateStream(j *job) error {
	if j.changed("ShardCount", "StreamModeDetails", "StreamEncryption") {
		return notImplemented("the update of ShardCount, StreamModeDetails or StreamEncryption of AWS::Kinesis::Stream")
	}
	if j.changed("RetentionPeriodHours") {
		return notImplemented("the update of RetentionPeriodHours of AWS::Kinesis::Stream")
	}
	return j.retagged(tagging{"kinesis", "AddTagsToStream", "RemoveTagsFromStream", "StreamName", "Tags", "TagKeys", true}, j.id)
}

func createDelivery(j *job) error {
	name := j.physical("DeliveryStreamName", 64, false)
	params := with(map[string]any{"DeliveryStreamName": name}, "DeliveryStreamType", j.text("DeliveryStreamType"), "Tags", j.tagList())
	for _, property := range append([]string{"DirectPutSourceConfiguration", "KinesisStreamSourceConfiguration", "MSKSourceConfiguration", "DatabaseSourceConfiguration", "DeliveryStreamEncryptionConfigurationInput"}, destinations...) {
		if v := j.properties[property]; v != nil {
			params[property] = arns(v)
		}
	}
	out, err := j.call("firehose", "CreateDeliveryStream", params)
	if err != nil {
		return err
	}
	j.id = name
	j.attributes["Arn"] = encodedText(out["DeliveryStreamARN"])
	return nil
}

func updateDelivery(j *job) error {
	if j.changed("DeliveryStreamEncryptionConfigurationInput") {
		return notImplemented("the update of DeliveryStreamEncryptionConfigurationInput of AWS::KinesisFirehose::DeliveryStream")
	}
	return j.retagged(tagging{"firehose", "TagDeliveryStream", "UntagDeliveryStream", "DeliveryStreamName", "Tags", "TagKeys", false}, j.id)
}

// arns renames members: what CloudFormation calls Arn, Firehose calls ARN.
func arns(v any) any {
	switch v := v.(type) {
	case map[string]any:
		all := make(map[string]any, len(v))
		for name, value := range v {
			switch name {
			case "BucketArn", "RoleArn", "KinesisStreamArn", "DomainArn":
				name = strings.TrimSuffix(name, "Arn") + "ARN"
			case "KeyArn":
				name = "KeyARN"
			case "AwsKmsKeyArn", "AWSKMSKeyARN":
				name = "AWSKMSKeyARN"
			}
			all[name] = arns(value)
		}
		return all
	case []any:
		all := make([]any, len(v))
		for i, e := range v {
			all[i] = arns(e)
		}
		return all
	}
	return v
}

func deliveryReady(j *job) error {
	out, err := j.call("firehose", "DescribeDeliveryStream", map[string]any{"DeliveryStreamName": j.id})
	if err != nil {
		return err
	}
	switch status := encodedText(objectOf(out["DeliveryStreamDescription"])["DeliveryStreamStatus"]); status {
	case "ACTIVE":
		return nil
	case "CREATING":
		j.later(poll)
		return nil
	default:
		return invalid("The delivery stream %s is %s", j.id, status)
	}
}
