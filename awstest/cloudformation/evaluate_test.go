package cloudformation_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest/cloudformation"
	"github.com/leastpriv/leastpriv/awstest/deploy"
)

// target is a deployment in which what AWS makes up is a row of Z.
func target() deploy.Target {
	return deploy.Target{Partition: "aws", Account: "111122223333", Region: "eu-west-1", ID: func(_ string, n int) string { return strings.Repeat("Z", n) }}
}

// resources reads a template of this text; in errors its path is template.yaml.
func resources(t testing.TB, text string, params map[string]string, options ...cloudformation.Option) (*deploy.Stack, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("template.yaml", []byte(text), 0o600))
	return cloudformation.Template("template.yaml", params, append([]cloudformation.Option{cloudformation.StackName("app")}, options...)...).Resources(target())
}

// find returns a resource by its address.
func find(t *testing.T, stack *deploy.Stack, address string) deploy.Resource {
	t.Helper()
	for _, r := range stack.Resources {
		if r.Address == address {
			return r
		}
	}
	t.Fatalf("there is no %s", address)
	return deploy.Resource{}
}

func TestFunctions(t *testing.T) {
	const before = `
Transform: AWS::LanguageExtensions
Parameters:
  Name: { Type: String, Default: orders }
  Count: { Type: Number, Default: 3 }
  List: { Type: CommaDelimitedList, Default: "a, b,c" }
  Image: { Type: AWS::SSM::Parameter::Value<String>, Default: /image }
Mappings:
  Sizes: { eu-west-1: { small: 1, list: [x, y] } }
Conditions:
  Yes: !Equals [!Ref Name, orders]
  No: !Not [!Condition Yes]
Resources:
  Queue: { Type: AWS::SQS::Queue }
  Named: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs.fifo, FifoQueue: true } }
  Bucket: { Type: AWS::S3::Bucket }
  Key: { Type: AWS::KMS::Key }
  Topic: { Type: AWS::SNS::Topic }
  Role: { Type: AWS::IAM::Role, Properties: { Path: /app/, AssumeRolePolicyDocument: {} } }
  Policy: { Type: AWS::IAM::ManagedPolicy }
  Table: { Type: AWS::DynamoDB::Table, Properties: { TableName: !Sub "${Name}-table" } }
  Rule: { Type: AWS::Events::Rule, Properties: { EventBusName: !Ref Bus } }
  Bus: { Type: AWS::Events::EventBus, Properties: { Name: shop } }
  Function: { Type: AWS::Lambda::Function }
  Version: { Type: AWS::Lambda::Version, Properties: { FunctionName: !GetAtt Function.Arn } }
  Provider: { Type: AWS::IAM::OIDCProvider, Properties: { Url: "https://token.actions.githubusercontent.com" } }
  Custom: { Type: Custom::Thing }
Outputs:
  Out: { Value: `
	for value, want := range map[string]string{
		`!Ref Name`:                                                "orders",
		`!Ref Count`:                                               "3",
		`!Ref AWS::AccountId`:                                      "111122223333",
		`!Ref AWS::Region`:                                         "eu-west-1",
		`!Ref AWS::Partition`:                                      "aws",
		`!Ref AWS::StackName`:                                      "app",
		`!Ref AWS::URLSuffix`:                                      "amazonaws.com",
		`!Ref Image`:                                               "image-1",
		`!Join ["-", !Ref List]`:                                   "a-b-c",
		`!Join ["-", [a, !Ref AWS::NoValue]]`:                      "a",
		`!Join ["-", !Ref AWS::NotificationARNs]`:                  "",
		`!Select [1, !Ref List]`:                                   "b",
		`!Select ["2", !Split [":", "x:y:z"]]`:                     "z",
		`!Base64 hello`:                                            "aGVsbG8=",
		`!Select [0, !GetAZs ""]`:                                  "eu-west-1a",
		`!Select [1, !GetAZs us-east-1]`:                           "us-east-1b",
		`!Join [" ", !Cidr [10.0.0.0/16, 3, 8]]`:                   "10.0.0.0/24 10.0.1.0/24 10.0.2.0/24",
		`!Join [" ", !Cidr [10.0.0.0/16, 2, 12]]`:                  "10.0.0.0/20 10.0.16.0/20",
		`!Select [1, !Cidr ["2001:db8::/56", 2, 64]]`:              "2001:db8:0:1::/64",
		`!FindInMap [Sizes, !Ref AWS::Region, small]`:              "1",
		`!Join [",", !FindInMap [Sizes, eu-west-1, list]]`:         "x,y",
		`!FindInMap [Sizes, eu-west-1, large, DefaultValue: none]`: "none",
		`!If [Yes, a, b]`:                                          "a",
		`!If [No, a, b]`:                                           "b",
		`!If [Yes, !If [No, 1, 2], 3]`:                             "2",
		`!Sub "${Name} ${!Literal} ${Queue.QueueName} $x ${ AWS::Region }"`: "orders ${Literal} app-Queue-ZZZZZZZZZZZZ $x eu-west-1",
		`!Sub ["${a}-${b}-${Name}", { a: 1, b: !Ref Count }]`:               "1-3-orders",
		`{ "Fn::Length": !Ref List }`:                                       "3",
		`{ "Fn::ToJsonString": { a: [1, true, !Ref Name] } }`:               `{"a":[1,true,"orders"]}`,
		`!ImportValue shared-vpc`:                                           "vpc-1",
		`"{{resolve:ssm:/path:3}}"`:                                         "value",
		`!Sub "${Name}-{{resolve:secretsmanager:db:SecretString:user}}"`:    "orders-admin",
		`!Ref Queue`:                        "https://sqs.eu-west-1.amazonaws.com/111122223333/app-Queue-ZZZZZZZZZZZZ",
		`!GetAtt Queue.Arn`:                 "arn:aws:sqs:eu-west-1:111122223333:app-Queue-ZZZZZZZZZZZZ",
		`!GetAtt [Named, QueueUrl]`:         "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs.fifo",
		`!Ref Bucket`:                       "app-bucket-zzzzzzzzzzzz",
		`!GetAtt Bucket.RegionalDomainName`: "app-bucket-zzzzzzzzzzzz.s3.eu-west-1.amazonaws.com",
		`!Ref Topic`:                        "arn:aws:sns:eu-west-1:111122223333:app-Topic-ZZZZZZZZZZZZ",
		`!GetAtt Topic.TopicName`:           "app-Topic-ZZZZZZZZZZZZ",
		`!Ref Role`:                         "app-Role-ZZZZZZZZZZZZ",
		`!GetAtt Role.Arn`:                  "arn:aws:iam::111122223333:role/app/app-Role-ZZZZZZZZZZZZ",
		`!Ref Policy`:                       "arn:aws:iam::111122223333:policy/app-Policy-ZZZZZZZZZZZZ",
		`!GetAtt Table.Arn`:                 "arn:aws:dynamodb:eu-west-1:111122223333:table/orders-table",
		`!GetAtt Table.StreamArn`:           "arn:stream",
		`!GetAtt Rule.Arn`:                  "arn:aws:events:eu-west-1:111122223333:rule/shop/app-Rule-ZZZZZZZZZZZZ",
		`!Ref Version`:                      "arn:aws:lambda:eu-west-1:111122223333:function:app-Function-ZZZZZZZZZZZZ:1",
		`!Ref Provider`:                     "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
		`!GetAtt Custom.Answer`:             "42",
		`!GetAtt Custom.a.b`:                "dots",
		`!Ref Custom`:                       "custom-1",
		`{ "Fn::GetAtt": "Queue.Arn" }`:     "arn:aws:sqs:eu-west-1:111122223333:app-Queue-ZZZZZZZZZZZZ",
	} {
		stack, err := resources(t, before+value+" }\n", nil,
			cloudformation.Import("shared-vpc", "vpc-1"), cloudformation.SSM("/path", "value"), cloudformation.SSM("/image", "image-1"), cloudformation.Resolve("secretsmanager:db:SecretString:user", "admin"),
			cloudformation.Bind("Table.StreamArn", "arn:stream"), cloudformation.Bind("Custom.Answer", "42"), cloudformation.Bind("Custom.a.b", "dots"), cloudformation.Bind("Custom", "custom-1"))
		if assert.NoError(t, err, value) {
			assert.Equal(t, want, stack.Outputs["Out"], value)
		}
	}
	stack, err := resources(t, "Resources:\n  Key: { Type: AWS::KMS::Key }\n", nil)
	require.NoError(t, err)
	key := find(t, stack, "Key")
	assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, key.Name)
	assert.Equal(t, "arn:aws:kms:eu-west-1:111122223333:key/"+key.Name, key.ARN)
}

// queue is a template of one queue and what follows.
const queue = "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n"

func TestProblems(t *testing.T) {
	for _, test := range []struct {
		name, text, want string
	}{
		{"empty", "", "template.yaml: not YAML: the file is empty"},
		{"text", "hello", "template.yaml:1: not a template: it is text, not an object"},
		{"broken YAML", "a: [b\n", "template.yaml:1: not YAML: line 1: did not find expected ',' or ']'"},
		{"broken JSON", "{\n \"Resources\": {\n  \"A\": }\n}", `template.yaml:3: not JSON: invalid character '}' looking for beginning of value`},
		{"several documents", queue + "---\n" + queue, "template.yaml: not YAML: the file has several documents"},
		{"no resources", "Description: x\n", "template.yaml:1: not a template: it has no Resources"},
		{"section", queue + "Resource: {}\n", "template.yaml:4: not a template: AWS knows no section Resource"},
		{"section of another kind", queue + "Outputs: 1\n", "template.yaml:4: Outputs is a number, not an object"},
		{"key twice", queue + "  Queue:\n    Type: AWS::SQS::Queue\n", "template.yaml:4: the key Queue stands twice"},
		{"no type", "Resources:\n  A:\n    Properties: {}\n", "template.yaml:3: A: the resource has no Type"},
		{"attribute", queue + "    Property: {}\n", "template.yaml:4: Queue: AWS knows no Property of a resource"},
		{"unknown function", queue + "    Properties:\n      QueueName: !Splice [a]\n", "template.yaml:5: Queue: Fn::Splice is no intrinsic function"},
		{"function among others", queue + "    Properties:\n      Tags: { Fn::Sub: a, Key: b }\n", "template.yaml:5: Queue: the function Fn::Sub cannot stand here"},
		{"reference", queue + "    Properties:\n      QueueName: !Ref Name\n", "template.yaml:5: Queue: there is no parameter or resource Name"},
		{"attribute of nothing", queue + "    Properties:\n      QueueName: !Sub \"${Table.Name}\"\n", "template.yaml:5: Queue: there is no parameter or resource Table"},
		{"pseudo parameter", queue + "    Properties:\n      QueueName: !Ref AWS::Stack\n", "template.yaml:5: Queue: there is no pseudo parameter AWS::Stack"},
		{"unmet condition", queue + "    Properties:\n      QueueName: !Ref Other\n  Other:\n    Type: AWS::SNS::Topic\n    Condition: Never\nConditions:\n  Never: !Equals [a, b]\n", "template.yaml:5: Queue: the resource Other is not made: its condition does not hold"},
		{"condition", queue + "    Condition: Always\n", "template.yaml:4: there is no condition Always"},
		{"conditions that need each other", queue + "Conditions:\n  A: !Not [!Condition B]\n  B: !Not [!Condition A]\n", "template.yaml:5: circular dependency between conditions: A needs itself"},
		{"cycle", "Resources:\n  A:\n    Type: AWS::SQS::Queue\n    Properties: { Tags: [{ Key: b, Value: !Ref B }] }\n  B:\n    Type: AWS::SQS::Queue\n    DependsOn: C\n  C:\n    Type: AWS::SQS::Queue\n    Properties: { Tags: [{ Key: a, Value: !GetAtt A.Arn }] }\n",
			"template.yaml:2: circular dependency between resources: [A, B, C]"},
		{"name that needs itself", "Resources:\n  A:\n    Type: AWS::SQS::Queue\n    Properties: { QueueName: !GetAtt A.Arn }\n", "template.yaml:3: A: circular dependency: the name of A needs itself"},
		{"DependsOn", queue + "    DependsOn: [Other]\n", "template.yaml:4: Queue: DependsOn: there is no resource Other"},
		{"parameter", "Parameters:\n  Stage: { Type: String }\n" + queue, "template.yaml:2: the parameter Stage has no default: give its value"},
		{"type of parameter", "Parameters:\n  Stage: { Type: Text, Default: a }\n" + queue, `template.yaml:2: the parameter Stage has no type that AWS knows: "Text"`},
		{"allowed values", "Parameters:\n  Stage: { Type: String, Default: a, AllowedValues: [b, c] }\n" + queue, `template.yaml:2: the parameter Stage: "a" is none of the allowed values: b, c`},
		{"allowed pattern", "Parameters:\n  Stage: { Type: String, Default: A, AllowedPattern: \"[a-z]+\" }\n" + queue, `template.yaml:2: the parameter Stage: "A" does not match the allowed pattern [a-z]+`},
		{"NoEcho", "Parameters:\n  Secret: { Type: String, Default: hunter2, NoEcho: true, MaxLength: 3 }\n" + queue, `template.yaml:2: the parameter Secret: **** is longer than 3`},
		{"number", "Parameters:\n  Count: { Type: Number, Default: many }\n" + queue, `template.yaml:2: the parameter Count: "many" is no number`},
		{"range", "Parameters:\n  Count: { Type: Number, Default: 1, MinValue: 2 }\n" + queue, `template.yaml:2: the parameter Count: "1" is less than 2`},
		{"rule", queue + "Rules:\n  R:\n    Assertions:\n      - Assert: !Equals [a, b]\n        AssertDescription: a is b\n", "template.yaml:7: the rule R does not hold: a is b"},
		{"assertion", queue + "Rules:\n  R:\n    Assertions:\n      - AssertDescription: a is b\n", "template.yaml:7: the rule R has an assertion without Assert"},
		{"map", queue + "    Properties:\n      QueueName: !FindInMap [A, B, C]\n", "template.yaml:5: Queue: Fn::FindInMap: there is no A.B.C"},
		{"element", queue + "    Properties:\n      QueueName: !Select [2, [a]]\n", "template.yaml:5: Queue: Fn::Select: there is no element 2 in a list of 1"},
		{"blocks", queue + "    Properties:\n      QueueName: !Select [0, !Cidr [10.0.0.0/24, 9, 5]]\n", "template.yaml:5: Queue: Fn::Cidr: there are not 9 blocks in 10.0.0.0/24"},
		{"macro", "Transform: Company\n" + queue, `template.yaml:1: what the macro Company makes cannot be known: read the processed template, or leave the macro out with cloudformation.LeaveOut("Company")`},
		{"loop without extensions", "Resources:\n  Fn::ForEach::A: [X, [a], { \"Q${X}\": { Type: AWS::SQS::Queue } }]\n", "template.yaml:1: not a template: it has no Resources\ntemplate.yaml:2: Fn::ForEach::A needs the transform AWS::LanguageExtensions"},
		{"included file", "Transform: { Name: AWS::Include, Parameters: { Location: \"s3://b/k\" } }\n" + queue, "template.yaml:1: AWS::Include: s3://b/k is not in the template's folder: say which file it is with cloudformation.File"},
		{"nested stack", "Resources:\n  N:\n    Type: AWS::CloudFormation::Stack\n    Properties: { TemplateURL: \"https://x/y\" }\n", `template.yaml:4: N: the template https://x/y of the nested stack is not in the template's folder: say which file it is with cloudformation.File("N", …)`},
		{"stack that nests itself", "Resources:\n  N:\n    Type: AWS::CloudFormation::Stack\n    Properties: { TemplateURL: template.yaml }\n", "template.yaml:3: N/N: the stack template.yaml nests itself, or too deeply"},
		{"module", "Resources:\n  M:\n    Type: Company::Queue::Worker::MODULE\n", "template.yaml:3: M: Company::Queue::Worker::MODULE is a module: its fragment is not in the file"},
		{"SAM policy template", "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Policies:\n        - SQSPolicy: { QueueName: a }\n        - SQSPollerPolicy: { Queue: a }\n        - AmazonS3ReadOnly\n",
			"template.yaml:7: SAM has no policy template SQSPolicy\ntemplate.yaml:8: the policy template SQSPollerPolicy needs QueueName\ntemplate.yaml:9: AWS has no managed policy AmazonS3ReadOnly, as far as is known"},
		{"SAM connector", "Transform: AWS::Serverless-2016-10-31\nResources:\n  A: { Type: AWS::S3::Bucket }\n  B: { Type: AWS::S3::Bucket }\n  C:\n    Type: AWS::Serverless::Connector\n    Properties: { Source: { Id: A }, Destination: { Id: B }, Permissions: [Read] }\n",
			"template.yaml:6: SAM connects no AWS::S3::Bucket with AWS::S3::Bucket, as far as is known"},
		{"several at once", queue + "    Properties:\n      QueueName: !Ref A\n      KmsMasterKeyId: !Ref B\nOutputs:\n  C: { Value: !Ref C }\n",
			"template.yaml:5: Queue: there is no parameter or resource A\ntemplate.yaml:6: Queue: there is no parameter or resource B\ntemplate.yaml:8: there is no parameter or resource C"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := resources(t, test.text, nil)
			assert.EqualError(t, err, test.want)
			assert.ErrorAs(t, err, &deploy.Errors{})
		})
	}
	_, err := resources(t, queue, map[string]string{"Stage": "a"}, cloudformation.LeaveOut("Topic"))
	assert.EqualError(t, err, "template.yaml: LeaveOut: there is no Topic\ntemplate.yaml:1: there is no parameter Stage")
	_, err = cloudformation.Template(filepath.Join(t.TempDir(), "none.yaml"), nil).Resources(target())
	assert.ErrorContains(t, err, "no such file")
}

// What cannot be known is a problem where it is needed, and says how it is given.
func TestUnknown(t *testing.T) {
	stack, err := resources(t, `
Resources:
  Table: { Type: AWS::DynamoDB::Table }
  Custom: { Type: Custom::Thing }
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: { EventSourceArn: !GetAtt Table.StreamArn }
  Queue:
    Type: AWS::SQS::Queue
    Properties: { KmsMasterKeyId: !GetAtt Custom.Key, QueueName: !Sub "${Custom}-x", Tags: [{ Key: a, Value: "{{resolve:ssm:/a}}" }] }
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Statement:
          - Effect: Allow
            Action: dynamodb:GetRecords
            Resource: [!GetAtt Table.StreamArn, !ImportValue other]
Outputs:
  Stream: { Value: !GetAtt Table.StreamArn }
`, nil)
	require.NoError(t, err)
	assert.Empty(t, stack.Outputs)
	mapping, policy, queue := find(t, stack, "Mapping"), find(t, stack, "Policy"), find(t, stack, "Queue")
	assert.Len(t, mapping.Unknowns(), 1, "nobody needs it, there being no fake")
	assert.EqualError(t, policy.Unknowns(), `template.yaml:18: Policy: Fn::GetAtt: Table.StreamArn cannot be known (AWS makes it up): give it with cloudformation.Bind("Table.StreamArn", …)
template.yaml:18: Policy: Fn::ImportValue: the export other is of another stack: give it with cloudformation.Import("other", …)`)
	text := queue.Unknowns().Error()
	assert.Contains(t, text, `Fn::GetAtt: Custom.Key cannot be known (the custom resource gives it): give it with cloudformation.Bind("Custom.Key", …)`)
	assert.Contains(t, text, `Ref: what it gives of Custom (Custom::Thing) cannot be known: give it with cloudformation.Bind("Custom", …)`)
	assert.Contains(t, text, `{{resolve:ssm:/a}} cannot be known: give it with cloudformation.Resolve("ssm:/a", …)`)

	_, err = resources(t, "Parameters:\n  P: { Type: AWS::SSM::Parameter::Value<String>, Default: /p }\nConditions:\n  C: !Equals [!Ref P, a]\n"+"Resources:\n  Queue: { Type: AWS::SQS::Queue, Condition: C }\n", nil)
	assert.EqualError(t, err, `template.yaml:2: the parameter P is /p of Systems Manager: give it with cloudformation.SSM("/p", …)`)
}

// Where statements stand, in JSON and through functions.
func TestPositions(t *testing.T) {
	stack, err := resources(t, `{
  "Conditions": {"Yes": {"Fn::Equals": ["a", "a"]}},
  "Resources": {
    "Policy": {
      "Type": "AWS::IAM::ManagedPolicy",
      "Properties": {
        "PolicyDocument": {
          "Version": "2012-10-17",
          "Statement": [
            {"Fn::If": ["Yes",
              {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": true}, "NumericEquals": {"s3:max-keys": 5}}},
              {"Ref": "AWS::NoValue"}]},
            {"Fn::If": ["Yes", {"Ref": "AWS::NoValue"}, {"Effect": "Allow", "Action": "*", "Resource": "*"}]}, {"Effect": "Deny", "Action": "s3:Put*", "Resource": "<&>"}, {"Sid": "äöü", "Effect": "Deny", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "a:b", "Resource": "*"}
          ]
        }
      }
    }
  }
}`, nil)
	require.NoError(t, err)
	policy := find(t, stack, "Policy")
	assert.Equal(t, deploy.Position{File: "template.yaml", Line: 4}, policy.Position)
	doc, ok := policy.Properties["PolicyDocument"].(deploy.Document)
	require.True(t, ok)
	assert.Equal(t, `{"Version":"2012-10-17","Statement":[{"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"true"},"NumericEquals":{"s3:max-keys":"5"}},"Effect":"Allow","Resource":"*"},{"Action":"s3:Put*","Effect":"Deny","Resource":"<&>"},{"Action":"*","Effect":"Deny","Resource":"*","Sid":"äöü"},{"Action":"a:b","Effect":"Deny","Resource":"*"}]}`, doc.Text)
	assert.Equal(t, 7, doc.Source.Line)
	assert.Equal(t, "template.yaml", doc.Source.File)
	require.Len(t, doc.Source.Statements, 4)
	assert.Equal(t, [2]int{11, 15}, [2]int{doc.Source.Statements[0].Line, doc.Source.Statements[0].Column})
	assert.Equal(t, [2]int{13, 112}, [2]int{doc.Source.Statements[1].Line, doc.Source.Statements[1].Column})
	assert.Equal(t, [2]int{13, 238}, [2]int{doc.Source.Statements[3].Line, doc.Source.Statements[3].Column}, "in characters")
}

func TestValues(t *testing.T) {
	stack, err := resources(t, `
X: &tags
  - { Key: a, Value: 012345678901 }
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: { DelaySeconds: 5, FifoQueue: true, QueueName: "5", Tags: *tags, VisibilityTimeout: !Ref AWS::NoValue, RedrivePolicy: { maxReceiveCount: 3 } }
`, nil)
	require.ErrorContains(t, err, "no section X")
	require.Nil(t, stack)
	stack, err = resources(t, `
Metadata:
  X: &tags
    - { Key: a, Value: 012345678901 }
  Y: &base { DelaySeconds: 5, FifoQueue: false }
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: { <<: *base, FifoQueue: true, QueueName: "5", Tags: *tags, VisibilityTimeout: !Ref AWS::NoValue, RedrivePolicy: { maxReceiveCount: 3 } }
`, nil)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{
		"DelaySeconds": 5.0, "FifoQueue": true, "QueueName": "5", "Tags": []any{map[string]any{"Key": "a", "Value": "012345678901"}}, "RedrivePolicy": map[string]any{"maxReceiveCount": 3.0},
	}, find(t, stack, "Queue").Properties)
}

// Booleans are those of YAML 1.1, whatever their case; quoted they are text.
func TestBooleans(t *testing.T) {
	stack, err := resources(t, "Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties: { a: yes, b: True, c: ON, d: off, e: No, f: FALSE, g: \"yes\", h: !!str no, i: y, j: !Sub \"${P}\" }\nParameters: { P: { Type: String, Default: yes, AllowedValues: [yes, no] } }\n", nil)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"a": true, "b": true, "c": true, "d": false, "e": false, "f": false, "g": "yes", "h": "no", "i": "y", "j": "true"}, find(t, stack, "B").Properties)
}

// A macro inside of a resource makes what cannot be known.
func TestMacroInAResource(t *testing.T) {
	stack, err := resources(t, "Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: b\n      Fn::Transform: { Name: Company }\n", nil)
	require.NoError(t, err)
	bucket := find(t, stack, "B")
	assert.EqualError(t, bucket.Unknowns(), "template.yaml:5: B: Fn::Transform: what the macro Company makes cannot be known")
}

// Files that would take too much are refused.
func TestBounds(t *testing.T) {
	bomb := "Metadata:\n  a: &a [x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'k'; c++ {
		bomb += "  " + string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+", ", 9) + "]\n"
	}
	many := "Resources:\n" + strings.Repeat("  Q: { Type: AWS::SQS::Queue }\n", 1)
	for i := range 501 {
		many += "  Q" + strings.Repeat("a", i) + ": { Type: AWS::SQS::Queue }\n"
	}
	nested := `{"Fn::Sub": ["${a}", {"a": "xxxxxxxxxx"}]}`
	for range 30 {
		nested = `{"Fn::Sub": ["${a}${a}", {"a": ` + nested + `}]}`
	}
	text := `"\""`
	for range 30 {
		text = `{"Fn::ToJsonString": [` + text + `]}`
	}
	loops := `{"Q${A}${B}${C}${D}": {"Type": "AWS::SQS::Queue"}}`
	for _, name := range []string{"A", "B", "C", "D"} {
		loops = `{"Fn::ForEach::` + name + `": ["` + name + `", [` + strings.TrimSuffix(strings.Repeat(`"x",`, 100), ",") + `], ` + loops + `]}`
	}
	for name, test := range map[string]struct{ text, want string }{
		"aliases":      {bomb + queue, "the file has too many values"},
		"itself":       {"Metadata: &a\n  b: *a\n" + queue, "the file is nested too deeply"},
		"deep YAML":    {strings.Repeat("[", 200) + strings.Repeat("]", 200), "the file is nested too deeply"},
		"deep JSON":    {`{"Resources": ` + strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 201), "the file is nested too deeply"},
		"long":         {queue + "#" + strings.Repeat("x", 1<<20), "a template has at most 1048576"},
		"resources":    {many, "a template has at most 500"},
		"substitution": {`{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": ` + nested + `}}}}`, "the text is too long"},
		"JSON in JSON": {`{"Transform": "AWS::LanguageExtensions", "Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": ` + text + `}}}}`, "the text is too long"},
		"loops":        {`{"Transform": "AWS::LanguageExtensions", "Resources": ` + loops + `}`, "Fn::ForEach makes too much"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := resources(t, test.text, nil)
			assert.ErrorContains(t, err, test.want)
		})
	}
}
