package cloudformation

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest/deploy"
	"github.com/leastpriv/leastpriv/enforce"
)

// load reads a template of this text.
func loadText(t *testing.T, text string) *deploy.Stack {
	t.Helper()
	l := newLoad(deploy.Target{Account: "111122223333", Region: "eu-west-1", ID: func(_ string, n int) string { return strings.Repeat("X", n) }}, newConfig(nil))
	root := read("template.yaml", []byte(text), &l.problems)
	require.NotNil(t, root)
	s := newStack(l, "template.yaml", "app", nil)
	s.read(root)
	l.roots = append(l.roots, s)
	stack, err := l.finish()
	require.NoError(t, err)
	return stack
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
	assert.Equal(t, "arn:aws:iam::111122223333:role/app/app-FRole-XXXXXXXXXXXX", stack.Outputs["Role"])
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
