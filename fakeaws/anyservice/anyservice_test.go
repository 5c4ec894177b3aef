package anyservice_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/anyservice"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// Requests of all protocols are routed, judged, and refused in the words of their service.
func TestProtocols(t *testing.T) {
	t.Parallel()
	metric := string(cbor.Encode(cbor.Map{"Namespace": cbor.String("app"), "MetricData": cbor.List{}}))
	for _, c := range []struct {
		name              string
		sent              sent
		action, resource  string
		status            int
		code              string
		contentTypePrefix string
	}{
		{"awsJson", target("dynamodb", "DynamoDB_20120810.GetItem", `{"TableName":"orders","Key":{}}`),
			"dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:111122223333:table/orders", 400, "AccessDeniedException", "application/x-amz-json-1.0"},
		{"awsQuery", form("sns", "Action=Publish&Version=2010-03-31&Message=x&TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A111122223333%3At"),
			"sns:Publish", "arn:aws:sns:us-east-1:111122223333:t", 403, "AuthorizationError", "text/xml"},
		{"ec2Query", form("ec2", "Action=StopInstances&Version=2016-11-15&InstanceId.1=i-0123456789abcdef0"),
			"ec2:StopInstances", "arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0", 403, "UnauthorizedOperation", "text/xml"},
		{"restJson1", sent{"lambda", http.MethodPost, "/2015-03-31/functions/worker/invocations", "{}", nil},
			"lambda:InvokeFunction", "arn:aws:lambda:us-east-1:111122223333:function:worker", 403, "AccessDeniedException", "application/json"},
		{"restXml", sent{"route53", http.MethodGet, "/2013-04-01/hostedzone/Z1", "", nil},
			"route53:GetHostedZone", "arn:aws:route53:::hostedzone/Z1", 403, "AccessDenied", "application/xml"},
		{"rpcv2Cbor", sent{"monitoring", http.MethodPost, "/service/GraniteServiceVersion20100801/operation/PutMetricData", metric,
			map[string]string{"Smithy-Protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}},
			"cloudwatch:PutMetricData", "*", 400, "", "application/cbor"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, anyservice.Services{})
			denied, allowed := l.user("denied", policyOf(allow("s3:*", "*"))), l.user("allowed", policyOf(allow(c.action, c.resource)))
			for door := range l.doors {
				a := l.do(door, denied, c.sent)
				assert.Equal(t, c.status, a.status, a.body)
				if c.code != "" {
					assert.Equal(t, c.code, a.code, a.body)
					assert.Contains(t, strings.ToLower(a.message), strings.ToLower(c.action), "SNS prints its prefix in upper case")
				}
				assert.Contains(t, a.header.Get("Content-Type"), c.contentTypePrefix)
				a = l.do(door, allowed, c.sent)
				assert.Equal(t, http.StatusNotImplemented, a.status, "it is allowed, and nobody answers: %s", a.body)
				if c.code != "" {
					assert.Equal(t, "NotImplemented", a.code)
					assert.Contains(t, a.message, "awstest.Stub(acct")
				}
			}
		})
	}
}

// What is no request of the service is refused with AWS's shape, before anybody is asked.
func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	l := newLab(t, anyservice.Services{})
	for _, c := range []struct {
		sent sent
		code string
	}{
		{target("dynamodb", "DynamoDB_20120810.Nothing", `{}`), "UnknownOperationException"},
		{target("dynamodb", "DynamoDB_20120810.GetItem", `{"TableName"`), "SerializationException"},
		{target("dynamodb", "DynamoDB_20120810.GetItem", `{"TableName":"a","TableName":"b"}`), "SerializationException"},
		{form("sns", "Action=Nothing&Version=2010-03-31"), "InvalidAction"},
		{form("sns", "Version=2010-03-31"), "MissingAction"},
		{sent{"lambda", http.MethodGet, "/2015-03-31/nothing", "", nil}, "UnknownOperationException"},
		{sent{"nosuchservice", http.MethodGet, "/", "", nil}, "NotImplemented"},
	} {
		for door := range l.doors {
			a := l.do(door, l.root(account), c.sent)
			assert.Equal(t, c.code, a.code, "%s %s: %s", door, c.sent.body, a.body)
		}
	}
	for _, e := range l.world.Log().Events() {
		assert.Empty(t, e.Decisions)
	}
}

// Each element of a list is asked for; one that is not allowed refuses the call.
func TestEachElementIsAsked(t *testing.T) {
	t.Parallel()
	l := newLab(t, anyservice.Services{})
	table := "arn:aws:dynamodb:us-east-1:111122223333:table/"
	user := l.user("u", policyOf(allow("dynamodb:BatchGetItem", table+"a")))
	both(t, func(t *testing.T, door string) {
		a := l.do(door, user, target("dynamodb", "DynamoDB_20120810.BatchGetItem", `{"RequestItems":{"a":{},"b":{}}}`))
		assert.Equal(t, "AccessDeniedException", a.code)
		assert.Contains(t, a.message, table+"b")
		a = l.do(door, user, target("dynamodb", "DynamoDB_20120810.BatchGetItem", `{"RequestItems":{"a":{}}}`))
		assert.Equal(t, "NotImplemented", a.code)
	})
}

// A resource that the request does not tell is decided against the caller.
func TestUnresolved(t *testing.T) {
	t.Parallel()
	l := newLab(t, anyservice.Services{})
	secret := "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-"
	get := target("secretsmanager", "secretsmanager.GetSecretValue", `{"SecretId":"db"}`)
	for name, c := range map[string]struct {
		policy string
		code   string
	}{
		"six":      {policyOf(allow("secretsmanager:*", secret+"??????")), "NotImplemented"},
		"any":      {policyOf(allow("secretsmanager:*", secret+"*")), "NotImplemented"},
		"one":      {policyOf(allow("secretsmanager:*", secret+"AbCdEf")), "AccessDeniedException"},
		"withheld": {policyOf(allow("*", "*"), `{"Effect":"Deny","Action":"*","Resource":"`+secret+`AbCdEf"}`), "AccessDeniedException"},
	} {
		user := l.user(name, c.policy)
		for door := range l.doors {
			a := l.do(door, user, get)
			assert.Equal(t, c.code, a.code, "%s %s", name, a.body)
		}
	}
	last := l.world.Log().Events()
	for _, e := range last {
		if e.Denied && e.Caller == "arn:aws:iam::111122223333:user/withheld" {
			assert.Contains(t, e.Decisions[0].Explain(), "the resource", "the log still knows what was not known")
		}
	}
}

// Tags of resources are not known until somebody tells them.
func TestTagsOfResources(t *testing.T) {
	t.Parallel()
	l := newLab(t, anyservice.Services{})
	table := "arn:aws:dynamodb:us-east-1:111122223333:table/orders"
	user := l.user("u", policyOf(`{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/env":"dev"}}}`))
	get := target("dynamodb", "DynamoDB_20120810.GetItem", `{"TableName":"orders","Key":{}}`)
	assert.Equal(t, "AccessDeniedException", l.do("process", user, get).code)
	fake, ok := l.world.Other("dynamodb")
	require.True(t, ok)
	fake.(*anyservice.Fake).SetTags(table, map[string]string{"env": "dev"})
	assert.Equal(t, "NotImplemented", l.do("process", user, get).code)
	fake.(*anyservice.Fake).SetTags(table, nil)
	a := l.do("process", user, get)
	assert.Equal(t, "AccessDeniedException", a.code)
	events := l.world.Log().Events()
	assert.Empty(t, events[len(events)-1].Decisions[0].Unknowns(), "it has no tags, and that is known")
}

// Policies of resources are stored, answered, and judged, in the account and across.
func TestResourcePolicies(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, door string) {
		l := newLab(t, anyservice.Services{})
		root, other := l.root(account), l.root(worldtest.Other)
		describe := target("ecr", "AmazonEC2ContainerRegistry_V20150921.DescribeImages", `{"repositoryName":"app","registryId":"111122223333"}`)
		repository := "arn:aws:ecr:us-east-1:111122223333:repository/app"
		get := target("ecr", "AmazonEC2ContainerRegistry_V20150921.GetRepositoryPolicy", `{"repositoryName":"app"}`)
		assert.Equal(t, "RepositoryPolicyNotFoundException", l.do(door, root, get).code)
		policy := policyOf(`{"Effect":"Allow","Principal":{"AWS":"` + worldtest.Other + `"},"Action":"ecr:*","Resource":"*"}`)
		set := func(policy string) answer {
			return l.do(door, root, target("ecr", "AmazonEC2ContainerRegistry_V20150921.SetRepositoryPolicy", `{"repositoryName":"app","policyText":`+quote(policy)+`}`))
		}
		assert.Equal(t, 400, set(`{"Version"`).status)
		assert.Equal(t, http.StatusOK, set(policy).status)
		assert.Contains(t, l.do(door, root, get).body, quote(policy))
		_ = describe
		_ = other
		_ = repository
		assert.Equal(t, http.StatusOK, l.do(door, root, target("ecr", "AmazonEC2ContainerRegistry_V20150921.DeleteRepositoryPolicy", `{"repositoryName":"app"}`)).status)
		assert.Equal(t, "RepositoryPolicyNotFoundException", l.do(door, root, get).code)
	})
}

// AddPermission of Lambda writes a statement, which then lets another account in.
func TestStatements(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, door string) {
		l := newLab(t, anyservice.Services{})
		root, other := l.root(account), l.root(worldtest.Other)
		invoke := sent{"lambda", http.MethodPost, "/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:worker/invocations", "{}", nil}
		assert.Equal(t, "AccessDeniedException", l.do(door, other, invoke).code)
		add := sent{"lambda", http.MethodPost, "/2015-03-31/functions/worker/policy", `{"StatementId":"s1","Action":"lambda:InvokeFunction","Principal":"` + worldtest.Other + `"}`, nil}
		a := l.do(door, root, add)
		require.Less(t, a.status, 300, a.body)
		assert.Equal(t, "ResourceConflictException", l.do(door, root, add).code)
		assert.Equal(t, "NotImplemented", l.do(door, other, invoke).code)
		remove := sent{"lambda", http.MethodDelete, "/2015-03-31/functions/worker/policy/s1", "", nil}
		require.Less(t, l.do(door, root, remove).status, 300)
		assert.Equal(t, "AccessDeniedException", l.do(door, other, invoke).code)
		assert.Equal(t, "ResourceNotFoundException", l.do(door, root, remove).code)
	})
}

// A request that carries a role needs iam:PassRole on it, and a role that trusts the service.
func TestPassRole(t *testing.T) {
	t.Parallel()
	l := newLab(t, anyservice.Services{})
	role := func(name, service string) {
		trust := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}}`
		_, err := l.iam.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: aws.String(name), AssumeRolePolicyDocument: &trust})
		require.NoError(t, err)
	}
	role("good", "lambda.amazonaws.com")
	role("bad", "ecs.amazonaws.com")
	create := func(role string) sent {
		return sent{"lambda", http.MethodPost, "/2015-03-31/functions", `{"FunctionName":"f","Role":"arn:aws:iam::111122223333:role/` + role + `","Code":{}}`, nil}
	}
	without := l.user("without", policyOf(allow("lambda:*", "*")))
	with := l.user("with", policyOf(allow("lambda:*", "*"), `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}}`))
	elsewhere := l.user("elsewhere", policyOf(allow("lambda:*", "*"), `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"ecs.amazonaws.com"}}}`))
	for door := range l.doors {
		a := l.do(door, without, create("good"))
		assert.Equal(t, "AccessDeniedException", a.code)
		assert.Contains(t, a.message, "iam:PassRole on resource: arn:aws:iam::111122223333:role/good")
		assert.Equal(t, "AccessDeniedException", l.do(door, elsewhere, create("good")).code)
		assert.Equal(t, "NotImplemented", l.do(door, with, create("good")).code)
		assert.Equal(t, "InvalidParameterValueException", l.do(door, with, create("bad")).code)
		assert.Equal(t, "InvalidParameterValueException", l.do(door, with, create("missing")).code)
	}
}

func quote(s string) string {
	b := []byte{'"'}
	for _, c := range []byte(s) {
		if c == '"' {
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return string(append(b, '"'))
}

// A clone knows what its World has learnt, and each of the two learns for itself.
func TestClone(t *testing.T) {
	t.Parallel()
	l := newLab(t, anyservice.Services{})
	table := "arn:aws:dynamodb:us-east-1:111122223333:table/orders"
	user := l.user("u", policyOf(`{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/env":"dev"}}}`))
	fake, _ := l.world.Other("dynamodb")
	fake.(*anyservice.Fake).SetTags(table, map[string]string{"env": "dev"})
	require.NoError(t, fake.(*anyservice.Fake).Stub("GetItem", nothing{}))
	clone, err := l.world.Clone()
	require.NoError(t, err)
	copied, _ := clone.Other("dynamodb")
	copied.(*anyservice.Fake).SetTags(table, nil)
	get := target("dynamodb", "DynamoDB_20120810.GetItem", `{"TableName":"orders","Key":{}}`)
	assert.Equal(t, http.StatusOK, l.do("process", user, get).status)
	l.doors["clone"] = clone.Door().RoundTrip
	assert.Equal(t, "AccessDeniedException", l.do("clone", user, get).code)
	copied.(*anyservice.Fake).SetTags(table, map[string]string{"env": "dev"})
	require.NoError(t, fake.(*anyservice.Fake).Stub("GetItem", nil))
	assert.Equal(t, http.StatusOK, l.do("clone", user, get).status, "the stub is still there")
	assert.Equal(t, http.StatusNotImplemented, l.do("process", user, get).status)
}

// A World without IAM has no roles that could be passed.
func TestPassRoleWithoutIAM(t *testing.T) {
	t.Parallel()
	w := worldtest.NewWorld(t, fakeaws.Config{Region: region, Others: anyservice.Services{}})
	acct, _ := w.Account(account)
	create := sent{"lambda", http.MethodPost, "/2015-03-31/functions", `{"FunctionName":"f","Role":"arn:aws:iam::111122223333:role/r","Code":{}}`, nil}
	r := create.sign(t, aws.Credentials{AccessKeyID: acct.Root.AccessKeyID, SecretAccessKey: acct.Root.SecretAccessKey})
	r.Host = r.URL.Host
	resp, err := w.Door().RoundTrip(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, "InvalidParameterValueException", resp.Header.Get("X-Amzn-Errortype"))
}
