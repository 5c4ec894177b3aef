package eventbridge_test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/anyservice"
	"github.com/leastpriv/leastpriv/fakeaws/eventbridge"
	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/sns"
	"github.com/leastpriv/leastpriv/fakeaws/sqs"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	owner      = worldtest.Account
	stranger   = worldtest.Other
	region     = worldtest.Region
	defaultBus = "arn:aws:events:" + region + ":" + owner + ":event-bus/default"
	ordersRule = "arn:aws:events:" + region + ":" + owner + ":rule/orders"
	pattern    = `{"source":["shop"]}`
)

// A cloud is a World with EventBridge, queues, topics and roles, reached through the SDK's
// clients.
type cloud struct{ *worldtest.World }

func newCloud(t testing.TB, door worldtest.Door) *cloud {
	t.Helper()
	c := &cloud{worldtest.New(t, door, eventbridge.Service, sqs.Service, sns.Service, iam.Service, sts.Service)}
	t.Cleanup(c.Close)
	return c
}

// newCloudOfAll is one in which Go code can stand for resources of services without a fake.
func newCloudOfAll(t testing.TB) *cloud {
	t.Helper()
	w := worldtest.NewWorld(t, fakeaws.Config{Region: region, Others: anyservice.Services{},
		Services: []fakeaws.Service{eventbridge.Service, sqs.Service, sns.Service, iam.Service, sts.Service}})
	c := &cloud{worldtest.Clone(t, w)}
	t.Cleanup(c.Close)
	return c
}

func (c *cloud) root() *eb.Client { return c.of(owner) }

// of is the root user of an account.
func (c *cloud) of(account string) *eb.Client { return eb.NewFromConfig(c.RootConfig(account)) }

// config is that of a new user with a policy.
func (c *cloud) config(t testing.TB, account, policy string) aws.Config {
	t.Helper()
	as := awsiam.NewFromConfig(c.RootConfig(account))
	name := aws.String("user-" + c.IDs().Name(8))
	_, err := as.CreateUser(t.Context(), &awsiam.CreateUserInput{UserName: name})
	require.NoError(t, err)
	if policy != "" {
		_, err = as.PutUserPolicy(t.Context(), &awsiam.PutUserPolicyInput{UserName: name, PolicyName: aws.String("p"), PolicyDocument: &policy})
		require.NoError(t, err)
	}
	key, err := as.CreateAccessKey(t.Context(), &awsiam.CreateAccessKeyInput{UserName: name})
	require.NoError(t, err)
	return c.ConfigOf(credentials.NewStaticCredentialsProvider(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, ""))
}

func (c *cloud) user(t testing.TB, account, policy string) *eb.Client {
	t.Helper()
	return eb.NewFromConfig(c.config(t, account, policy))
}

// role makes a role that a service may assume, with a policy.
func (c *cloud) role(t testing.TB, account, name, service, policy string) string {
	t.Helper()
	as := awsiam.NewFromConfig(c.RootConfig(account))
	out, err := as.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: &name,
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}}`)})
	require.NoError(t, err)
	if policy != "" {
		_, err = as.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("p"), PolicyDocument: &policy})
		require.NoError(t, err)
	}
	return *out.Role.Arn
}

// queue makes a queue with a policy, which may be empty, and returns its ARN.
func (c *cloud) queue(t testing.TB, account, name, policy string, attributes ...string) string {
	t.Helper()
	settings := map[string]string{}
	if policy != "" {
		settings["Policy"] = policy
	}
	for i := 0; i < len(attributes); i += 2 {
		settings[attributes[i]] = attributes[i+1]
	}
	_, err := awssqs.NewFromConfig(c.RootConfig(account)).CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: &name, Attributes: settings})
	require.NoError(t, err)
	return fakeaws.ARN("sqs", region, account, name)
}

// admit is the policy of a queue to which EventBridge may send for a rule.
func admit(queue, rule string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage",` +
		`"Resource":"` + queue + `","Condition":{"ArnEquals":{"aws:SourceArn":"` + rule + `"}}}}`
}

func allow(action, resource string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}}`
}

func (c *cloud) messages(t testing.TB, account, name string) []sqs.Message {
	t.Helper()
	messages, err := sqs.Of(c.World.World).Messages(account, region, name)
	require.NoError(t, err)
	return messages
}

func (c *cloud) bodies(t testing.TB, name string) (bodies []string) {
	t.Helper()
	for _, m := range c.messages(t, owner, name) {
		bodies = append(bodies, m.Body)
	}
	return bodies
}

// ordersTo makes the rule orders with a target.
func (c *cloud) ordersTo(t testing.TB, target *types.Target) {
	t.Helper()
	_, err := c.root().PutRule(t.Context(), &eb.PutRuleInput{Name: aws.String("orders"), EventPattern: aws.String(pattern)})
	require.NoError(t, err)
	if target.Id == nil {
		target.Id = aws.String("one")
	}
	out, err := c.root().PutTargets(t.Context(), &eb.PutTargetsInput{Rule: aws.String("orders"), Targets: []types.Target{*target}})
	require.NoError(t, err)
	require.Zero(t, out.FailedEntryCount)
}

// entry is one of PutEvents.
func entry(source, kind, detail string) types.PutEventsRequestEntry {
	return types.PutEventsRequestEntry{Source: &source, DetailType: &kind, Detail: &detail}
}

func put(t testing.TB, by *eb.Client, entries ...types.PutEventsRequestEntry) *eb.PutEventsOutput {
	t.Helper()
	out, err := by.PutEvents(t.Context(), &eb.PutEventsInput{Entries: entries})
	require.NoError(t, err)
	return out
}

func decoded(t testing.TB, text string) (m map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &m))
	return m
}

// last is the latest delivery of the rule orders.
func (c *cloud) last(t testing.TB) eventbridge.Delivery {
	t.Helper()
	all := eventbridge.Deliveries(c.World.World, ordersRule)
	if !assert.NotEmpty(t, all) {
		return eventbridge.Delivery{}
	}
	return all[len(all)-1]
}

// requireDenied requires a denial by IAM.
func requireDenied(t testing.TB, err error) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, "AccessDeniedException", api.ErrorCode())
	assert.Contains(t, api.ErrorMessage(), "is not authorized to perform")
}
