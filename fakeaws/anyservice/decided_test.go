package anyservice_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
)

// The services of the requests in TestDecided.
var decidedServices = map[string]*goldenFile{
	"ec2":      {pkg: "ec2", signing: "ec2", protocol: "ec2", targetOrDate: "2016-11-15"},
	"dynamodb": {pkg: "dynamodb", signing: "dynamodb", protocol: "json1.0", targetOrDate: "DynamoDB_20120810"},
	"lambda":   {pkg: "lambda", signing: "lambda", protocol: "rest-json"},
	"kms":      {pkg: "kms", signing: "kms", protocol: "json1.1", targetOrDate: "TrentService"},
	"ecs":      {pkg: "ecs", signing: "ecs", protocol: "json1.1", targetOrDate: "AmazonEC2ContainerServiceV20141113"},
	"events":   {pkg: "eventbridge", signing: "events", protocol: "json1.1", targetOrDate: "AWSEvents"},
	"logs":     {pkg: "cloudwatchlogs", signing: "logs", protocol: "json1.1", targetOrDate: "Logs_20140328"},
	"secrets":  {pkg: "secretsmanager", signing: "secretsmanager", protocol: "json1.1", targetOrDate: "secretsmanager"},
}

const (
	runInstances = "RunInstances ImageId=ami-1&InstanceType=t3.micro&MinCount=1&MaxCount=1&SubnetId=subnet-1&SecurityGroupId.1=sg-1"
	allowAll     = `{"Effect":"Allow","Action":"*","Resource":"*"}`
)

func allowOn(resource string) string {
	return fmt.Sprintf(`{"Effect":"Allow","Action":"*","Resource":%q}`, resource)
}

func allowIf(resource, operator, key, value string) string {
	return fmt.Sprintf(`{"Effect":"Allow","Action":"*","Resource":%q,"Condition":{%q:{%q:%q}}}`, resource, operator, key, value)
}

// decided are requests with a policy of their caller, and whether AWS lets them pass. Most are
// of requests that name things in another way than the simplest.
var decided = []struct {
	service, request, policy string
	allowed                  bool
}{
	// A key of a type of resource is none of the others that the action is asked on.
	{"ec2", runInstances, allowIf("*", "StringEquals", "ec2:InstanceType", "t3.micro"), false},
	{"ec2", runInstances, allowIf("arn:aws:ec2:*:*:instance/*", "StringEquals", "ec2:InstanceType", "t3.micro") + `,{"Effect":"Allow","Action":"*","NotResource":"arn:aws:ec2:*:*:instance/*"}`, true},
	// Each element is decided on by itself.
	{"ec2", "StartInstances InstanceId.1=i-1&InstanceId.2=i-2", allowIf("*", "StringEquals", "ec2:InstanceID", "i-1"), false},
	{"ec2", "StartInstances InstanceId.1=i-1", allowIf("*", "StringEquals", "ec2:InstanceID", "i-1"), true},
	{"events", `PutEvents {"Entries":[{"DetailType":"A","Source":"a"},{"DetailType":"B","Source":"a"}]}`, allowIf("*", "ForAllValues:StringEquals", "events:detail-type", "A"), false},
	{"events", `PutEvents {"Entries":[{"DetailType":"A","Source":"a"},{"DetailType":"A","Source":"b"}]}`, allowIf("*", "ForAllValues:StringEquals", "events:detail-type", "A"), true},
	{"events", `PutEvents {"Entries":[{"DetailType":"A","EventBusName":"shop"},{"DetailType":"B"}]}`, allowOn("arn:aws:events:*:*:event-bus/shop"), false},
	// Tags are of the resources that their specification is for.
	{"ec2", runInstances + "&TagSpecification.1.ResourceType=volume&TagSpecification.1.Tag.1.Key=team&TagSpecification.1.Tag.1.Value=x",
		allowIf("arn:aws:ec2:*:*:instance/*", "StringEquals", "aws:RequestTag/team", "x") + `,{"Effect":"Allow","Action":"*","NotResource":"arn:aws:ec2:*:*:instance/*"}`, false},
	// The ARN of a table in the place of its name.
	{"dynamodb", `Query {"TableName":"arn:aws:dynamodb:us-east-1:111122223333:table/orders","IndexName":"by-date"}`, allowOn("arn:aws:dynamodb:us-east-1:111122223333:table/orders"), false},
	{"dynamodb", `Query {"TableName":"arn:aws:dynamodb:us-east-1:111122223333:table/orders","IndexName":"by-date"}`, allowOn("arn:aws:dynamodb:us-east-1:111122223333:table/orders/index/by-date"), true},
	// Leading keys, where the request tells which attribute is the partition key.
	{"dynamodb", `GetItem {"TableName":"orders","Key":{"id":{"S":"1"}}}`, allowIf("*", "ForAllValues:StringEquals", "dynamodb:LeadingKeys", "1"), true},
	{"dynamodb", `GetItem {"TableName":"orders","Key":{"id":{"S":"2"}}}`, allowIf("*", "ForAllValues:StringEquals", "dynamodb:LeadingKeys", "1"), false},
	{"dynamodb", `GetItem {"TableName":"orders","Key":{"id":{"S":"1"},"at":{"N":"1"}}}`, allowIf("*", "ForAllValues:StringEquals", "dynamodb:LeadingKeys", "1"), false},
	{"dynamodb", `BatchGetItem {"RequestItems":{"orders":{"Keys":[{"id":{"S":"1"}},{"id":{"S":"2"}}]}}}`, allowIf("*", "ForAllValues:StringEquals", "dynamodb:LeadingKeys", "1"), false},
	{"dynamodb", `DeleteItem {"TableName":"orders","Key":{"id":{"S":"1"}}}`, allowIf("*", "ForAllValues:StringEquals", "dynamodb:Attributes", "id"), true},
	{"dynamodb", `DeleteItem {"TableName":"orders","Key":{"id":{"S":"1"}},"ConditionExpression":"size(secret) > 1"}`, allowIf("*", "ForAllValues:StringEquals", "dynamodb:Attributes", "id"), false},
	// A version or an alias of a function is a resource of its own.
	{"lambda", "POST /2015-03-31/functions/orders/invocations?Qualifier=live {}", allowOn("arn:aws:lambda:us-east-1:111122223333:function:orders"), false},
	{"lambda", "POST /2015-03-31/functions/orders/invocations?Qualifier=live {}", allowOn("arn:aws:lambda:us-east-1:111122223333:function:orders:live"), true},
	{"lambda", "POST /2015-03-31/functions/111122223333%3Afunction%3Aorders/invocations {}", allowOn("arn:aws:lambda:us-east-1:111122223333:function:orders"), true},
	// Which key an alias is of, the request does not tell.
	{"kms", `Encrypt {"KeyId":"alias/orders","Plaintext":"aGk="}`, allowAll + `,{"Effect":"Deny","Action":"*","Resource":"arn:aws:kms:*:*:key/0123"}`, false},
	{"kms", `Encrypt {"KeyId":"arn:aws:kms:us-east-1:111122223333:alias/orders","Plaintext":"aGk="}`, allowAll + `,{"Effect":"Deny","Action":"*","Resource":"arn:aws:kms:*:*:key/0123"}`, false},
	{"kms", `Encrypt {"KeyId":"alias/orders","Plaintext":"aGk="}`, allowIf("*", "StringEquals", "kms:RequestAlias", "alias/orders"), true},
	{"kms", `Encrypt {"KeyId":"alias/known","Plaintext":"aGk="}`, allowOn("arn:aws:kms:us-east-1:111122223333:key/0123abcd-0000-1111-2222-333344445555"), true},
	{"kms", `Encrypt {"KeyId":"alias/known","Plaintext":"aGk="}`, allowOn("arn:aws:kms:us-east-1:111122223333:key/aaaaabcd-0000-1111-2222-333344445555"), false},
	{"kms", `Encrypt {"KeyId":"alias/aws/s3","Plaintext":"aGk="}`, allowAll, false}, // through S3 alone
	{"kms", `Decrypt {"CiphertextBlob":"aGk="}`, allowOn("arn:aws:kms:us-east-1:111122223333:key/*"), true},
	{"kms", `Decrypt {"CiphertextBlob":"aGk="}`, allowOn("arn:aws:kms:us-east-1:111122223333:key/0123abcd-0000-1111-2222-333344445555"), false},
	// A key that is an ARN has it also where the request has a name.
	{"ecs", `StopTask {"cluster":"prod","task":"0123"}`, allowAll + `,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnEquals":{"ecs:cluster":"arn:aws:ecs:us-east-1:111122223333:cluster/prod"}}}`, false},
	{"ecs", `StopTask {"cluster":"test","task":"0123"}`, allowAll + `,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnEquals":{"ecs:cluster":"arn:aws:ecs:us-east-1:111122223333:cluster/prod"}}}`, true},
	// Policies name log groups with ":*" after them, but for tags.
	{"logs", `CreateLogGroup {"logGroupName":"/app"}`, allowOn("arn:aws:logs:*:*:log-group:/app"), false},
	{"logs", `CreateLogGroup {"logGroupName":"/app"}`, allowOn("arn:aws:logs:*:*:log-group:/app:*"), true},
	{"logs", `TagResource {"resourceArn":"arn:aws:logs:us-east-1:111122223333:log-group:/app","tags":{"a":"b"}}`, allowOn("arn:aws:logs:*:*:log-group:/app"), true},
	// The ARN of a secret without its six characters.
	{"secrets", `GetSecretValue {"SecretId":"arn:aws:secretsmanager:us-east-1:111122223333:secret:db"}`, allowAll + `,{"Effect":"Deny","Action":"*","Resource":"arn:aws:secretsmanager:*:*:secret:db-AbC123"}`, false},
	{"secrets", `GetSecretValue {"SecretId":"arn:aws:secretsmanager:us-east-1:111122223333:secret:db"}`, allowOn("arn:aws:secretsmanager:*:*:secret:db-??????"), true},
}

func TestDecided(t *testing.T) {
	t.Parallel()
	w := newGoldenWorld(t)
	alice, err := enforce.ParsePrincipal("arn:aws:iam::" + goldenAccount + ":user/alice")
	require.NoError(t, err)
	key, err := w.Keys().CreateWithID(goldenAccount, "us-east-1", "0123abcd-0000-1111-2222-333344445555", nil)
	require.NoError(t, err)
	key.SetAlias("alias/known")
	for _, test := range decided {
		g := decidedServices[test.service]
		e := w.send(t, g.signing, g.sample(test.request).http(t, g))
		require.NotEmpty(t, e.Decisions, "%s: %s", test.request, e.Message)
		policy, err := enforce.Parse(`{"Version":"2012-10-17","Statement":[`+test.policy+`]}`, enforce.IdentityPolicy, enforce.Source{})
		require.NoError(t, err)
		allowed := true
		var how []string
		for i := range e.Decisions {
			q := *e.Decisions[i].Request
			q.Principal = alice
			d := enforce.Evaluate(&q, &enforce.PolicySet{Identity: []*enforce.Policy{policy}, Resource: e.Decisions[i].Policies.Resource})
			allowed = allowed && d.Allowed()
			how = append(how, d.String())
		}
		assert.Equal(t, test.allowed, allowed, "%s\n%s\n%s", test.request, test.policy, strings.Join(how, "\n"))
	}
}
