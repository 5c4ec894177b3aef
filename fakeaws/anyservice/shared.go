package anyservice

import (
	"strings"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// shareable are the types of the resources that IAM Access Analyzer looks at, by the services
// and the beginnings of the resources in their ARNs.
var shareable = []struct{ service, resource, kind string }{
	{"dynamodb", "table/", "AWS::DynamoDB::Table"},
	{"ecr", "repository/", "AWS::ECR::Repository"},
	{"elasticfilesystem", "file-system/", "AWS::EFS::FileSystem"},
	{"lambda", "function:", "AWS::Lambda::Function"},
	{"secretsmanager", "secret:", "AWS::SecretsManager::Secret"},
	{"sns", "", "AWS::SNS::Topic"},
	{"s3express", "bucket/", "AWS::S3Express::DirectoryBucket"},
}

// Shared implements [fakeaws.Sharer]: the resources of which a policy is known.
func (f *Fake) Shared() []fakeaws.Shared {
	f.mu.RLock()
	defer f.mu.RUnlock()
	var all []fakeaws.Shared
	for arn, k := range f.known {
		parsed, err := awsarn.Parse(arn)
		if err != nil || k.policy == nil {
			continue
		}
		for _, t := range shareable {
			if t.service == parsed.Service && strings.HasPrefix(parsed.Resource, t.resource) {
				all = append(all, fakeaws.Shared{ARN: arn, Type: t.kind, Account: parsed.AccountID, Region: parsed.Region, Policy: k.policy.Policy()})
				break
			}
		}
	}
	return all
}
