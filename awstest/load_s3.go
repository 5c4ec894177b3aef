package awstest

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/leastpriv/leastpriv/enforce"
)

func s3Makers() map[string]maker {
	return map[string]maker{
		"AWS::S3::Bucket":       {making: makeBucket, attaching: closeBucket, telling: notifyOfBucket},
		"AWS::S3::BucketPolicy": {guarding: guardBucket},
		// Terraform has the configurations of buckets as resources.
		"aws_s3_bucket_public_access_block": {attaching: closeBucket},
		"aws_s3_bucket_notification":        {telling: notifyOfBucket},
	}
}

// decideNothing are properties of buckets that decide no call and deliver nothing.
var decideNothing = []string{
	"AccelerateConfiguration", "AnalyticsConfigurations", "IntelligentTieringConfigurations", "InventoryConfigurations", "LifecycleConfiguration", "LoggingConfiguration",
	"MetricsConfigurations", "MetadataTableConfiguration", "MetadataConfiguration", "ReplicationConfiguration", "CorsConfiguration", "WebsiteConfiguration", "AbacStatus",
}

func makeBucket(p *properties) {
	p.knows(append(slices.Clone(decideNothing), "BucketName", "AccessControl", "BucketEncryption", "NotificationConfiguration", "ObjectLockConfiguration",
		"ObjectLockEnabled", "OwnershipControls", "PublicAccessBlockConfiguration", "Tags", "VersioningConfiguration")...)
	in := &awss3.CreateBucketInput{Bucket: &p.Name, ObjectLockEnabledForBucket: aws.Bool(p.isTrue("ObjectLockEnabled"))}
	if region := p.account().Region(); region != "us-east-1" {
		in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(region)}
	}
	for _, rule := range rulesOf(p.object("OwnershipControls")) {
		in.ObjectOwnership = types.ObjectOwnership(textOf(rule["ObjectOwnership"]))
	}
	if p.do(in) == nil {
		return
	}
	p.deployment.made[p.Address] = p.account().S3().Bucket(p.Name)
	if versioning := p.object("VersioningConfiguration"); versioning != nil {
		p.do(&awss3.PutBucketVersioningInput{Bucket: &p.Name, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatus(textOf(versioning["Status"]))}})
	}
	p.encryptBucket()
	if tags := p.tags("Tags"); len(tags) > 0 {
		set := &types.Tagging{}
		for _, t := range p.iamTags() {
			set.TagSet = append(set.TagSet, types.Tag{Key: t.Key, Value: t.Value})
		}
		p.do(&awss3.PutBucketTaggingInput{Bucket: &p.Name, Tagging: set})
	}
	if acl := p.text("AccessControl"); acl != "" && acl != "Private" && acl != "private" {
		p.problem("AccessControl %s is not understood: say it in the bucket's policy", acl)
	}
	if p.object("ObjectLockConfiguration")["Rule"] != nil {
		p.problem("the default retention of ObjectLockConfiguration is not understood")
	}
}

// rulesOf returns the rules of a configuration.
func rulesOf(configuration map[string]any) (rules []map[string]any) {
	list, _ := configuration["Rules"].([]any)
	for _, e := range list {
		if rule, ok := e.(map[string]any); ok {
			rules = append(rules, rule)
		}
	}
	return rules
}

// encryptBucket sets the default encryption: with a customer's key, whoever writes and
// reads needs permissions on the key.
func (p *properties) encryptBucket() {
	configuration := p.object("BucketEncryption")
	if configuration == nil {
		return
	}
	encryption := &types.ServerSideEncryptionConfiguration{}
	list, _ := configuration["ServerSideEncryptionConfiguration"].([]any)
	for _, e := range list {
		rule, _ := e.(map[string]any)
		byDefault, _ := rule["ServerSideEncryptionByDefault"].(map[string]any)
		set := types.ServerSideEncryptionRule{}
		if key := rule["BucketKeyEnabled"]; key != nil {
			set.BucketKeyEnabled = aws.Bool(textOf(key) == "true")
		}
		if byDefault != nil {
			set.ApplyServerSideEncryptionByDefault = &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryption(textOf(byDefault["SSEAlgorithm"]))}
			if key := textOf(byDefault["KMSMasterKeyID"]); key != "" {
				set.ApplyServerSideEncryptionByDefault.KMSMasterKeyID = &key
			}
		}
		encryption.Rules = append(encryption.Rules, set)
	}
	p.do(&awss3.PutBucketEncryptionInput{Bucket: &p.Name, ServerSideEncryptionConfiguration: encryption})
}

// closeBucket sets Block Public Access before policies are put, as CloudFormation does,
// which makes a bucket with all its settings: it decides whether S3 takes a policy.
func closeBucket(p *properties) {
	block, bucket := p.object("PublicAccessBlockConfiguration"), p.Name
	if p.Type != "AWS::S3::Bucket" {
		p.knows("Bucket", "BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
		block, bucket = p.Properties, p.text("Bucket")
	}
	if block == nil {
		return
	}
	is := func(name string) *bool { return aws.Bool(textOf(block[name]) == "true") }
	p.do(&awss3.PutPublicAccessBlockInput{Bucket: &bucket, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
		BlockPublicAcls: is("BlockPublicAcls"), BlockPublicPolicy: is("BlockPublicPolicy"), IgnorePublicAcls: is("IgnorePublicAcls"), RestrictPublicBuckets: is("RestrictPublicBuckets"),
	}})
}

func guardBucket(p *properties) {
	p.knows("Bucket", "PolicyDocument")
	doc, bucket := p.policyOf(p.Properties["PolicyDocument"], enforce.BucketPolicy), p.text("Bucket")
	if doc == nil {
		p.problem("the policy of a bucket has a PolicyDocument")
		return
	}
	p.doWith(&awss3.PutBucketPolicyInput{Bucket: &bucket, Policy: &doc.text}, doc)
}

// notifyOfBucket configures the events that go to queues. Those to topics and functions
// are stored when there is a fake of their services.
func notifyOfBucket(p *properties) {
	configuration, bucket := p.object("NotificationConfiguration"), p.Name
	if p.Type != "AWS::S3::Bucket" {
		p.knows("Bucket", "QueueConfigurations", "TopicConfigurations", "LambdaConfigurations", "EventBridgeConfiguration")
		configuration, bucket = p.Properties, p.text("Bucket")
	}
	list, _ := configuration["QueueConfigurations"].([]any)
	if len(list) == 0 {
		return
	}
	in := &awss3.PutBucketNotificationConfigurationInput{Bucket: &bucket, NotificationConfiguration: &types.NotificationConfiguration{}}
	for _, e := range list {
		queue, _ := e.(map[string]any)
		set := types.QueueConfiguration{QueueArn: aws.String(textOf(queue["Queue"])), Filter: filterOf(queue["Filter"])}
		events, ok := queue["Event"].([]any)
		if !ok {
			events = []any{queue["Event"]}
		}
		for _, event := range events {
			set.Events = append(set.Events, types.Event(textOf(event)))
		}
		in.NotificationConfiguration.QueueConfigurations = append(in.NotificationConfiguration.QueueConfigurations, set)
	}
	p.do(in)
}

// filterOf is the filter of a notification: rules on the key.
func filterOf(value any) *types.NotificationConfigurationFilter {
	filter, _ := value.(map[string]any)
	key, _ := filter["S3Key"].(map[string]any)
	if key == nil {
		return nil
	}
	set := &types.S3KeyFilter{}
	for _, rule := range rulesOf(key) {
		set.FilterRules = append(set.FilterRules, types.FilterRule{Name: types.FilterRuleName(textOf(rule["Name"])), Value: aws.String(textOf(rule["Value"]))})
	}
	return &types.NotificationConfigurationFilter{Key: set}
}
