package terraform

import (
	"slices"

	"github.com/leastpriv/leastpriv/awstest/deploy"
)

func s3Converters() map[string]rule {
	return map[string]rule{
		"aws_s3_bucket":        {kind: "AWS::S3::Bucket", name: "bucket", convert: convertBucket},
		"aws_s3_bucket_policy": {kind: "AWS::S3::BucketPolicy", convert: convertBucketPolicy},
		"aws_s3_bucket_public_access_block": {convert: func(c *conversion) {
			c.sets("Bucket", "bucket", "BlockPublicAcls", "block_public_acls", "BlockPublicPolicy", "block_public_policy", "IgnorePublicAcls", "ignore_public_acls", "RestrictPublicBuckets", "restrict_public_buckets")
		}},
		"aws_s3_bucket_notification":                         {convert: convertNotification},
		"aws_s3_bucket_versioning":                           {convert: partOfBucket("VersioningConfiguration", versioningOf)},
		"aws_s3_bucket_ownership_controls":                   {convert: partOfBucket("OwnershipControls", ownershipOf)},
		"aws_s3_bucket_object_lock_configuration":            {convert: partOfBucket("ObjectLockConfiguration", func(c *conversion) any { return lockOf(c.objects("rule")) })},
		"aws_s3_bucket_acl":                                  {convert: partOfBucket("AccessControl", aclOf)},
		"aws_s3_bucket_server_side_encryption_configuration": {convert: partOfBucket("BucketEncryption", func(c *conversion) any { return encryptionOf(c.objects("rule")) })},
	}
}

// convertBucket converts a bucket. Its arguments that are resources of their own since
// version 4 of the provider are those of the configuration; a state shows what is set.
func convertBucket(c *conversion) {
	c.set("BucketName", "bucket")
	if c.isSet("object_lock_enabled") {
		c.set("ObjectLockEnabled", "object_lock_enabled")
	}
	if c.isConfigured("acl") {
		c.set("AccessControl", "acl")
	}
	c.tags()
	if c.isSet("versioning") {
		for _, v := range c.objects("versioning") {
			if v["enabled"] == true {
				c.out.Properties["VersioningConfiguration"] = map[string]any{"Status": "Enabled"}
			}
		}
	}
	if c.isSet("server_side_encryption_configuration") {
		for _, of := range c.objects("server_side_encryption_configuration") {
			c.out.Properties["BucketEncryption"] = encryptionOf(objectsOf(of["rule"]))
		}
	}
	if c.isSet("object_lock_configuration") {
		for _, of := range c.objects("object_lock_configuration") {
			c.out.Properties["ObjectLockConfiguration"] = lockOf(objectsOf(of["rule"]))
		}
	}
	if c.isConfigured("grant") && len(c.objects("grant")) > 0 {
		c.scope.world.problem(c.instance, "the argument grant is not understood: say it in the bucket's policy")
	}
}

func convertBucketPolicy(c *conversion) {
	c.set("Bucket", "bucket")
	c.policy("PolicyDocument", "policy")
}

// partOfBucket converts a resource that is a property of its bucket: join moves it there.
func partOfBucket(property string, of func(*conversion) any) converter {
	return func(c *conversion) {
		c.set("Bucket", "bucket")
		if v := of(c); v != nil {
			c.out.Properties[property] = v
		}
	}
}

func versioningOf(c *conversion) any {
	for _, v := range c.objects("versioning_configuration") {
		if status, _ := v["status"].(string); status == "Enabled" || status == "Suspended" {
			return map[string]any{"Status": status}
		}
	}
	return nil
}

func ownershipOf(c *conversion) any {
	var rules []any
	for _, rule := range c.objects("rule") {
		rules = append(rules, map[string]any{"ObjectOwnership": rule["object_ownership"]})
	}
	return map[string]any{"Rules": rules}
}

// lockOf is the default retention of objects.
func lockOf(rules []map[string]any) any {
	if len(rules) == 0 {
		return map[string]any{}
	}
	return map[string]any{"Rule": rules[0]}
}

// aclOf is a canned ACL. Grants of other forms are one that is not understood.
func aclOf(c *conversion) any {
	if acl := c.text("acl"); acl != "" {
		return acl
	}
	return "access_control_policy"
}

func encryptionOf(blocks []map[string]any) any {
	var rules []any
	for _, rule := range blocks {
		set := map[string]any{}
		if key := rule["bucket_key_enabled"]; key != nil {
			set["BucketKeyEnabled"] = key
		}
		for _, by := range objectsOf(rule["apply_server_side_encryption_by_default"]) {
			byDefault := map[string]any{"SSEAlgorithm": by["sse_algorithm"]}
			if key := by["kms_master_key_id"]; key != nil && key != "" {
				byDefault["KMSMasterKeyID"] = key
			}
			set["ServerSideEncryptionByDefault"] = byDefault
		}
		rules = append(rules, set)
	}
	return map[string]any{"ServerSideEncryptionConfiguration": rules}
}

func convertNotification(c *conversion) {
	c.set("Bucket", "bucket")
	for _, of := range []struct{ block, property, target, arn string }{
		{"queue", "QueueConfigurations", "Queue", "queue_arn"}, {"topic", "TopicConfigurations", "Topic", "topic_arn"}, {"lambda_function", "LambdaConfigurations", "Function", "lambda_function_arn"},
	} {
		c.optional = of.block != "queue" // there is no fake of the others
		var list []any
		for _, n := range c.objects(of.block) {
			set := map[string]any{of.target: n[of.arn], "Event": n["events"]}
			var rules []any
			for _, part := range []string{"prefix", "suffix"} {
				if value, _ := n["filter_"+part].(string); value != "" {
					rules = append(rules, map[string]any{"Name": part, "Value": value})
				}
			}
			if rules != nil {
				set["Filter"] = map[string]any{"S3Key": map[string]any{"Rules": rules}}
			}
			list = append(list, set)
		}
		if list != nil {
			c.out.Properties[of.property] = list
		}
	}
	c.optional = false
}

// join moves what is a property of a bucket or a policy of a queue or key there.
func (w *world) join(all []*conversion) []*conversion {
	buckets := map[string]*conversion{}
	for _, c := range all {
		if c.out.Type == "AWS::S3::Bucket" {
			buckets[c.out.Name] = c
		}
	}
	return slices.DeleteFunc(append(all, w.embedded(all)...), func(c *conversion) bool {
		for _, property := range []string{"VersioningConfiguration", "OwnershipControls", "BucketEncryption", "ObjectLockConfiguration", "AccessControl"} {
			part, ok := c.out.Properties[property]
			if !ok || c.out.Type == "AWS::S3::Bucket" {
				continue
			}
			name, _ := c.out.Properties["Bucket"].(string)
			bucket := buckets[name]
			if bucket == nil {
				if name != "" {
					w.problem(c.instance, "the bucket %s is not in the file", name)
				}
				return true
			}
			bucket.out.Properties[property] = part
			return true
		}
		return c.kind == "aws_s3_bucket_versioning" // Disabled
	})
}

// embedded returns the policies that are arguments of buckets and queues, as resources
// beside them. A state shows there what resources of their own set too: those count.
func (w *world) embedded(all []*conversion) (more []*conversion) {
	own := map[string]bool{}
	for _, c := range all {
		switch c.out.Type {
		case "AWS::S3::BucketPolicy":
			own["aws_s3_bucket "+textOf(c.out.Properties["Bucket"])] = true
		case "AWS::SQS::QueuePolicy":
			own["aws_sqs_queue "+textOf(c.out.Properties["Queues"])] = true
		}
	}
	kinds := map[string][2]string{"aws_s3_bucket": {"AWS::S3::BucketPolicy", "Bucket"}, "aws_sqs_queue": {"AWS::SQS::QueuePolicy", "Queues"}}
	for _, c := range all {
		kind, ok := kinds[c.kind]
		if !ok || !c.isSet("policy") || own[c.kind+" "+c.out.Name] {
			continue
		}
		p := &conversion{instance: c.instance, out: &deploy.Resource{Address: c.address + ".policy", Type: kind[0], Position: c.out.Position, Properties: map[string]any{kind[1]: c.out.Name}}}
		p.policy("PolicyDocument", "policy")
		if p.out.Properties["PolicyDocument"] != nil {
			more = append(more, p)
		}
	}
	return more
}

func textOf(v any) string { s, _ := v.(string); return s }
