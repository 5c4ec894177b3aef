package anyservice

import (
	"strings"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// listed are the types of the resources that IAM Access Analyzer looks at, by the services
// and the beginnings of the resources in their ARNs.
var listed = []struct{ service, resource, kind string }{
	{"dynamodb", "table/", "AWS::DynamoDB::Table"},
	{"ecr", "repository/", "AWS::ECR::Repository"},
	{"elasticfilesystem", "file-system/", "AWS::EFS::FileSystem"},
	{"lambda", "function:", "AWS::Lambda::Function"},
	{"secretsmanager", "secret:", "AWS::SecretsManager::Secret"},
	{"sns", "", "AWS::SNS::Topic"},
	{"s3express", "bucket/", "AWS::S3Express::DirectoryBucket"},
}

// Guarded implements [fakeaws.PolicyHolder]: the resources whose policies were told.
func (f *Fake) Guarded(*fakeaws.Call) (all []fakeaws.Guarded) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for arn, k := range f.known {
		if k.policy != nil {
			kind, region := listedAs(arn)
			all = append(all, fakeaws.Guarded{
				Resources: []string{arn}, Type: kind, Tags: fakeaws.DescribedTags(k.tags), Account: owner(arn), Region: region, Policy: k.policy.Policy(),
			})
		}
	}
	return all
}

// listedAs is the type of a resource, if it is listed, and its region.
func listedAs(arn string) (kind, region string) {
	parsed, err := awsarn.Parse(arn)
	if err != nil {
		return "", ""
	}
	for _, t := range listed {
		if t.service == parsed.Service && strings.HasPrefix(parsed.Resource, t.resource) {
			return t.kind, parsed.Region
		}
	}
	return "", parsed.Region
}
