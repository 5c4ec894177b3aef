package stepfunctions_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An execution whose events would have more data than a history may have fails.
func TestHistoryIsBoundedInBytes(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	out := c.run(t, `{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"x.$":"States.Format('{}', $.x)"},"Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$.no","IsPresent":true,"Next":"C"}],"Default":"A"},"C":{"Type":"Succeed"}}}`,
		`{"x":"`+strings.Repeat("x", 200_000)+`"}`)
	assert.Equal(t, types.ExecutionStatusFailed, out.Status)
	size := 0
	for _, e := range c.history(t, out.ExecutionArn) {
		if d := e.StateExitedEventDetails; d != nil {
			size += len(*d.Output)
		}
	}
	assert.Less(t, size, 65<<20)
}

// Input that Step Functions does not take is refused before anything is made.
func TestBadInputs(t *testing.T) {
	t.Parallel()
	c, s := newScene(t)
	ctx := t.Context()
	long := strings.Repeat("x", 81)
	for name, call := range map[string]func() (string, error){
		"a long name": func() (string, error) {
			_, err := c.client.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: &long, RoleArn: &s.role, Definition: aws.String(passes)})
			return "ValidationException", err
		},
		"a name with a space": func() (string, error) {
			_, err := c.client.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String("a b"), RoleArn: &s.role, Definition: aws.String(passes)})
			return "InvalidName", err
		},
		"JSONata": func() (string, error) {
			_, err := c.client.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String("a"), RoleArn: &s.role, Definition: aws.String(`{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Succeed"}}}`)})
			return "NotImplemented", err
		},
		"a key of KMS": func() (string, error) {
			_, err := c.client.CreateActivity(ctx, &sfn.CreateActivityInput{Name: aws.String("a"), EncryptionConfiguration: &types.EncryptionConfiguration{Type: types.EncryptionTypeCustomerManagedKmsKey}})
			return "NotImplemented", err
		},
		"a reserved tag": func() (string, error) {
			_, err := c.client.TagResource(ctx, &sfn.TagResourceInput{ResourceArn: &s.machine, Tags: []types.Tag{{Key: aws.String("aws:x")}}})
			return "ValidationException", err
		},
		"51 tags": func() (string, error) {
			_, err := c.client.TagResource(ctx, &sfn.TagResourceInput{ResourceArn: &s.machine, Tags: make([]types.Tag, 51)})
			return "TooManyTags", err
		},
		"the alias 1": func() (string, error) {
			_, err := c.client.CreateStateMachineAlias(ctx, &sfn.CreateStateMachineAliasInput{Name: aws.String("1"), RoutingConfiguration: routes(s.version)})
			return "ValidationException", err
		},
		"half a route": func() (string, error) {
			_, err := c.client.CreateStateMachineAlias(ctx, &sfn.CreateStateMachineAliasInput{Name: aws.String("A"), RoutingConfiguration: []types.RoutingConfigurationListItem{{StateMachineVersionArn: &s.version, Weight: 50}}})
			return "ValidationException", err
		},
		"a route to nothing": func() (string, error) {
			_, err := c.client.CreateStateMachineAlias(ctx, &sfn.CreateStateMachineAliasInput{Name: aws.String("A"), RoutingConfiguration: routes(s.machine + ":7")})
			return "ResourceNotFound", err
		},
		"an empty update": func() (string, error) {
			_, err := c.client.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: &s.machine})
			return "MissingRequiredParameter", err
		},
		"a token of nobody": func() (string, error) {
			_, err := c.client.ListStateMachines(ctx, &sfn.ListStateMachinesInput{NextToken: aws.String("x")})
			return "InvalidToken", err
		},
		"another region": func() (string, error) {
			_, err := c.client.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: aws.String(strings.Replace(s.machine, "us-east-1", "eu-west-1", 1))})
			return "InvalidArn", err
		},
	} {
		t.Run(name, func(t *testing.T) {
			code, err := call()
			require.Error(t, err)
			requireCode(t, err, code, "")
		})
	}
}
