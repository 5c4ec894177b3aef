package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/awstest/deploy"
	"github.com/leastpriv/leastpriv/enforce"
)

// answer decides a question about one resource. The template gives the policy and the owner
// of the resource where nothing else does.
func (t *templateStack) answer(question *enforce.Simulation) ([]enforce.Decision, error) {
	s := *question
	resource := s.Resources[0]
	if s.Policies.Resource == nil {
		policy, err := t.resourcePolicy(resource)
		if err != nil {
			return nil, err
		}
		s.Policies.Resource = policy
	}
	s.ResourceAccount = cmp.Or(s.ResourceAccount, t.ownerOf(resource))
	return enforce.Simulate(&s)
}

// ownerOf is the account of a resource of the template, or of what is in it; "" of another
// one. The ARNs of buckets do not say it.
func (t *templateStack) ownerOf(arn string) string {
	for i := range t.Resources {
		if own := t.Resources[i].ARN; own != "" && (arn == own || strings.HasPrefix(arn, own+"/")) {
			return defaultAccount
		}
	}
	return ""
}

// resourcePolicy is the policy that the template gives to a resource, nil where it gives
// none.
func (t *templateStack) resourcePolicy(arn string) (*enforce.Policy, error) {
	for i := range t.Resources {
		r := &t.Resources[i]
		property, err := t.guards(r, arn)
		if err != nil {
			return nil, err
		}
		if property == "" {
			continue
		}
		if unknown := r.Unknowns(); len(unknown) > 0 {
			return nil, unknown
		}
		return parseIn(r.Properties[property], documentKind(r.Type, property), "")
	}
	return nil, nil //nolint:nilnil // a resource without a policy
}

// guards returns the property in which a resource of the template has the policy of what an
// ARN names; "" where it has none. It is an error where it may be that one's, and the
// template does not say.
func (t *templateStack) guards(r *deploy.Resource, arn string) (property string, err error) {
	whole := arn
	has := func(service, name string, arnOf func(string) string) bool {
		if !strings.HasPrefix(arn, "arn:aws:"+service+":") {
			return false
		}
		err = cmp.Or(err, unknownIn(r, name))
		return slices.ContainsFunc(listIn(r.Properties[name]), func(v any) bool { return arnOf(fmt.Sprint(v)) == whole })
	}
	same := func(id string) string { return id }
	property, guarded := "PolicyDocument", false
	switch r.Type {
	case "AWS::S3::BucketPolicy":
		whole, _, _ = strings.Cut(arn, "/") // the bucket of an object
		guarded = has("s3", "Bucket", func(id string) string { return "arn:aws:s3:::" + id })
	case "AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy":
		url := func(id string) string { return queueARN(t.region, id) }
		guarded = has("sqs", "Queues", url) || has("sqs", "Queue", url)
	case "AWS::SNS::TopicPolicy":
		guarded = has("sns", "Topics", same)
	case "AWS::SecretsManager::ResourcePolicy":
		if guarded = has("secretsmanager", "SecretId", same); r.Properties["ResourcePolicy"] != nil {
			property = "ResourcePolicy"
		}
	case "AWS::KMS::Key":
		property, guarded = "KeyPolicy", r.ARN == arn && r.Properties["KeyPolicy"] != nil
	case "aws_kms_key_policy":
		id := func(id string) string {
			return arn[:strings.LastIndexByte(arn, '/')+1] + id[strings.LastIndexByte(id, '/')+1:]
		}
		property, guarded = "KeyPolicy", has("kms", "KeyId", id)
	case "AWS::IAM::Role":
		property, guarded = "AssumeRolePolicyDocument", r.ARN == arn
	}
	if err != nil || !guarded {
		return "", err
	}
	return property, nil
}

// queueARN is the ARN of a queue by its URL.
func queueARN(region, url string) string {
	parts := strings.Split(url, "/")
	if len(parts) < 5 {
		return ""
	}
	return "arn:aws:sqs:" + region + ":" + parts[3] + ":" + parts[4]
}
