package template

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/deploy"
)

// loadText reads a template of this text.
func loadText(t *testing.T, text string) *deploy.Stack {
	t.Helper()
	stack, err := readText(text)
	require.NoError(t, err)
	return stack
}

func readText(text string) (*deploy.Stack, error) {
	l := newLoad(deploy.Target{Account: "111122223333", Region: "eu-west-1", ID: func(_ string, n int) string { return strings.Repeat("Z", n) }}, newConfig(nil))
	root := read("template.yaml", []byte(text), &l.problems)
	s := newStack(l, "template.yaml", "app", nil)
	s.read(root)
	l.roots = append(l.roots, s)
	return l.finish()
}

func roleOf(t *testing.T, stack *deploy.Stack, address string) map[string]any {
	t.Helper()
	for _, r := range stack.Resources {
		if r.Address == address {
			return r.Properties
		}
	}
	t.Fatalf("there is no %s", address)
	return nil
}

// Each policy template makes a document that IAM takes, which stands where the template
// is named.
func TestPolicyTemplates(t *testing.T) {
	t.Parallel()
	require.Len(t, slices.Collect(maps.Keys(samPolicies)), 81, "as many as SAM has")
	names := slices.Sorted(maps.Keys(samPolicies))
	text := "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Policies:\n"
	for _, name := range names {
		var parameters []string
		for _, p := range parametersOf(samPolicies[name]) {
			value := "v"
			if strings.HasSuffix(p, "Arn") {
				value = "arn:aws:x:::v"
			}
			parameters = append(parameters, p+": \""+value+"\"")
		}
		text += "        - " + name + ": { " + strings.Join(parameters, ", ") + " }\n"
	}
	policies, ok := roleOf(t, loadText(t, text), "FRole")["Policies"].([]any)
	require.True(t, ok)
	require.Len(t, policies, len(names))
	for i, name := range names {
		document := policies[i].(map[string]any)["PolicyDocument"].(deploy.Document)
		policy, err := enforce.Parse(document.Text, enforce.IdentityPolicy, document.Source)
		require.NoError(t, err, name)
		assert.Equal(t, 7+i, document.Source.Line, name)
		assert.Len(t, policy.Statements(), len(samPolicies[name]), name)
		assert.NotContains(t, document.Text, "${", name)
		assert.NotContains(t, document.Text, "@", name)
	}
}

// Each connection that SAM knows makes something for each permission that it has.
func TestConnections(t *testing.T) {
	t.Parallel()
	for pair, c := range connections {
		for permission, grants := range map[string][]grant{"Read": c.read, "Write": c.write} {
			if grants == nil && (permission == "Read" || c.service == "") {
				continue
			}
			end := func(kind string) string {
				return "{ Type: " + kind + ", Arn: \"arn:aws:x:::" + alphanumeric(kind) + "\", RoleName: r, Name: n, QueueUrl: u }"
			}
			stack := loadText(t, "Transform: AWS::Serverless-2016-10-31\nResources:\n  C:\n    Type: AWS::Serverless::Connector\n    Properties: { Source: "+end(pair[0])+", Destination: "+end(pair[1])+", Permissions: ["+permission+"] }\n")
			require.Len(t, stack.Resources, 1, "%v %s", pair, permission)
			r := stack.Resources[0]
			switch c.kind {
			case functionPermission:
				assert.Equal(t, c.service, r.Properties["Principal"])
			case queuePolicy, topicPolicy:
				document := r.Properties["PolicyDocument"].(deploy.Document)
				assert.Contains(t, document.Text, `"Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:x:::`+alphanumeric(pair[0]))
			default:
				document := r.Properties["PolicyDocument"].(deploy.Document)
				_, err := enforce.Parse(document.Text, enforce.ManagedPolicy, document.Source)
				require.NoError(t, err)
				assert.Equal(t, []any{"r"}, r.Properties["Roles"])
			}
		}
	}
}

func TestFunctionRole(t *testing.T) {
	t.Parallel()
	stack := loadText(t, `
Transform: [AWS::Serverless-2016-10-31]
Globals:
  Function: { Tags: { team: a }, RolePath: /app/, VpcConfig: { SubnetIds: [s] }, Layers: [one] }
  SimpleTable: { SSESpecification: { SSEEnabled: true } }
Conditions: { Never: !Equals [a, b] }
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Tags: { app: b }
      Layers: [two]
      PermissionsBoundary: arn:aws:iam::aws:policy/PowerUserAccess
      Policies:
        - AWSLambdaExecute
        - arn:aws:iam::111122223333:policy/own
        - !Ref P
        - Statement: [{ Effect: Allow, Action: "s3:*", Resource: "*" }]
        - !If [Never, AmazonS3FullAccess, !Ref AWS::NoValue]
      AssumeRolePolicyDocument: { Statement: [{ Effect: Allow, Principal: { Service: [edgelambda.amazonaws.com] }, Action: "sts:AssumeRole" }] }
      Events:
        Stream: { Type: Kinesis, Properties: { Stream: "arn:aws:kinesis:eu-west-1:111122223333:stream/s", DestinationConfig: { OnFailure: { Type: SNS, Destination: "arn:aws:sns:eu-west-1:111122223333:t" } } } }
        Table: { Type: DynamoDB, Properties: { Stream: s } }
  P: { Type: AWS::IAM::ManagedPolicy, Properties: { ManagedPolicyName: own2 } }
  G:
    Type: AWS::Serverless::Function
    IgnoreGlobals: [RolePath, VpcConfig]
    Condition: Never
  H:
    Type: AWS::Serverless::Function
    IgnoreGlobals: "*"
Outputs:
  Role: { Value: !GetAtt FRole.Arn }
`)
	assert.Equal(t, "arn:aws:iam::111122223333:role/app/app-FRole-ZZZZZZZZZZZZ", stack.Outputs["Role"])
	role := roleOf(t, stack, "FRole")
	assert.Equal(t, []any{
		"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole",
		"arn:aws:iam::aws:policy/service-role/AWSLambdaKinesisExecutionRole", "arn:aws:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole",
		"arn:aws:iam::aws:policy/AWSLambdaExecute", "arn:aws:iam::111122223333:policy/own", "arn:aws:iam::111122223333:policy/own2",
	}, role["ManagedPolicyArns"])
	assert.Equal(t, "arn:aws:iam::aws:policy/PowerUserAccess", role["PermissionsBoundary"])
	tag := func(k, v string) any { return map[string]any{"Key": k, "Value": v} }
	assert.Equal(t, []any{tag("lambda:createdBy", "SAM"), tag("team", "a"), tag("app", "b")}, role["Tags"])
	policies, _ := role["Policies"].([]any)
	require.Len(t, policies, 2)
	assert.Equal(t, "FStreamSNSPolicy", policies[0].(map[string]any)["PolicyName"])
	assert.Equal(t, "FRolePolicy3", policies[1].(map[string]any)["PolicyName"])
	assert.Contains(t, role["AssumeRolePolicyDocument"].(deploy.Document).Text, "edgelambda")
	assert.Equal(t, []any{"one", "two"}, roleOf(t, stack, "F")["Layers"])
	assert.Equal(t, []any{"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}, roleOf(t, stack, "HRole")["ManagedPolicyArns"])
	for _, r := range stack.Resources {
		assert.NotContains(t, []string{"G", "GRole"}, r.Address, "its condition does not hold")
	}
}

// Functions that poll brokers have the permissions of SAM's inline policies: the secret,
// what describes the source, the network, and the key of the secret.
func TestEventsOfBrokers(t *testing.T) {
	t.Parallel()
	stack := loadText(t, `
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: go1.x
      Handler: main
      Events:
        Broker:
          Type: MQ
          Properties:
            Broker: arn:aws:mq:eu-west-1:111122223333:broker:b:b-1
            Queues: [q]
            DynamicPolicyName: true
            SecretsManagerKmsKeyId: 1234abcd-12ab-34cd-56ef-1234567890ab
            SourceAccessConfigurations: [{ Type: BASIC_AUTH, URI: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:mq-1" }, { Type: VIRTUAL_HOST, URI: / }]
        Documents:
          Type: DocumentDB
          Properties:
            Cluster: arn:aws:rds:eu-west-1:111122223333:cluster:c
            DatabaseName: d
            SourceAccessConfigurations: [{ Type: BASIC_AUTH, URI: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-1" }]
        Kafka:
          Type: SelfManagedKafka
          Properties:
            KafkaBootstrapServers: ["a.example:9092"]
            Topics: [t]
            SourceAccessConfigurations:
              - { Type: SASL_SCRAM_512_AUTH, URI: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:kafka-1" }
              - { Type: VPC_SUBNET, URI: "subnet:subnet-1" }
              - { Type: VPC_SECURITY_GROUP, URI: "security_group:sg-1" }
        Managed:
          Type: MSK
          Properties:
            Stream: arn:aws:kafka:eu-west-1:111122223333:cluster/c/1
            StartingPosition: LATEST
            Topics: [t]
            SourceAccessConfigurations: [{ Type: CLIENT_CERTIFICATE_TLS_AUTH, URI: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:tls-1" }]
`)
	role := roleOf(t, stack, "FRole")
	assert.Contains(t, role["ManagedPolicyArns"], any("arn:aws:iam::aws:policy/service-role/AWSLambdaMSKExecutionRole"))
	got := map[string]string{}
	for _, p := range role["Policies"].([]any) {
		policy := p.(map[string]any)
		got[policy["PolicyName"].(string)] = policy["PolicyDocument"].(deploy.Document).Text
	}
	statement := func(actions, resource string) string {
		return `{"Effect":"Allow","Action":[` + actions + `],"Resource":["` + resource + `"]}`
	}
	secret := func(name string) string {
		return statement(`"secretsmanager:GetSecretValue"`, "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"+name)
	}
	network := statement(`"ec2:CreateNetworkInterface","ec2:DescribeNetworkInterfaces","ec2:DeleteNetworkInterface","ec2:DescribeVpcs","ec2:DescribeSubnets","ec2:DescribeSecurityGroups"`, "*")
	document := func(statements ...string) string {
		return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
	}
	require.Len(t, got, 4)
	assert.JSONEq(t, document(secret("mq-1"), statement(`"mq:DescribeBroker"`, "arn:aws:mq:eu-west-1:111122223333:broker:b:b-1"),
		statement(`"kms:Decrypt"`, "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab")), got["FBrokerAMQPolicy"])
	assert.JSONEq(t, document(secret("db-1"), statement(`"rds:DescribeDBClusterParameters"`, "arn:aws:rds:eu-west-1:111122223333:cluster-pg:*"),
		statement(`"rds:DescribeDBSubnetGroups"`, "arn:aws:rds:eu-west-1:111122223333:subgrp:*"), statement(`"rds:DescribeDBClusters"`, "arn:aws:rds:eu-west-1:111122223333:cluster:c"), network), got["SamAutoGeneratedDocumentDBPolicy"])
	assert.JSONEq(t, document(secret("kafka-1"), network), got["SelfManagedKafkaExecutionRolePolicy"])
	assert.JSONEq(t, document(secret("tls-1")), got["MSKExecutionRolePolicy"])
}

// What SAM refuses of an event source is a problem, with its line.
func TestEventsOfBrokersThatAreRefused(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]string{
		`{ Type: MQ, Properties: { Broker: b } }`: "MQ has SourceAccessConfigurations, with BASIC_AUTH",
		`{ Type: MQ, Properties: { Broker: b, SourceAccessConfigurations: [{ Type: VIRTUAL_HOST, URI: / }] } }`:                                         "MQ has SourceAccessConfigurations, with BASIC_AUTH",
		`{ Type: MQ, Properties: { SourceAccessConfigurations: [{ Type: BASIC_AUTH, URI: s }] } }`:                                                      "the event E (MQ) has a Broker",
		`{ Type: DocumentDB, Properties: { Cluster: c, SourceAccessConfigurations: [{ Type: VIRTUAL_HOST, URI: s }] } }`:                                `DocumentDB has no access configuration "VIRTUAL_HOST"; it has BASIC_AUTH`,
		`{ Type: DocumentDB, Properties: { Cluster: c, SourceAccessConfigurations: [{ Type: BASIC_AUTH }] } }`:                                          "the access configuration BASIC_AUTH has a URI",
		`{ Type: SelfManagedKafka, Properties: { SourceAccessConfigurations: [{ Type: BASIC_AUTH, URI: s }, { Type: SASL_SCRAM_256_AUTH, URI: s }] } }`: "SelfManagedKafka has one secret: SASL_SCRAM_256_AUTH is a second",
		`{ Type: SelfManagedKafka, Properties: { SourceAccessConfigurations: [{ Type: BASIC_AUTH, URI: s }, { Type: VPC_SUBNET, URI: "subnet:s" }] } }`: "has VPC_SUBNET and VPC_SECURITY_GROUP, or neither",
		`{ Type: SelfManagedKafka, Properties: { SourceAccessConfigurations: [{ Type: SERVER_ROOT_CA_CERTIFICATE, URI: s }] } }`:                        "grants nothing",
		`{ Type: Carrier, Properties: { } }`: "the event E (Carrier) is not understood",
	} {
		_, err := readText("Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Events:\n        E: " + event + "\n")
		require.ErrorContains(t, err, want, event)
	}
}
