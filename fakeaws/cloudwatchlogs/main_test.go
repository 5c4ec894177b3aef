package cloudwatchlogs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	owner    = worldtest.Account
	stranger = worldtest.Other
	region   = worldtest.Region
	groupARN = "arn:aws:logs:" + region + ":" + owner + ":log-group:/app"
)

// A cloud is a World with CloudWatch Logs, reached through the SDK's clients.
type cloud struct {
	*worldtest.World
	users *worldtest.Users
}

func newCloud(t testing.TB) *cloud { return newCloudBy(t, worldtest.InProcess) }

func newCloudBy(t testing.TB, door worldtest.Door) *cloud {
	t.Helper()
	users := worldtest.NewUsers()
	w := worldtest.New(t, door, cloudwatchlogs.Service, users.Service())
	t.Cleanup(w.Close)
	return &cloud{w, users}
}

// root is the root user of the account that owns the log groups.
func (c *cloud) root() *awslogs.Client { return c.of(owner) }

func (c *cloud) of(account string) *awslogs.Client {
	return awslogs.NewFromConfig(c.RootConfig(account))
}

// user makes an IAM user with a policy of statements.
func (c *cloud) user(account, name string, statements ...string) *awslogs.Client {
	policy := ""
	if len(statements) > 0 {
		policy = document(statements...)
	}
	user := c.users.Add(c.World.World, account, name, policy)
	return awslogs.NewFromConfig(c.Config(user.AccessKeyID, user.SecretAccessKey, ""))
}

func document(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func allow(action, resource string, more ...string) string {
	return `{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"` + strings.Join(append([]string{""}, more...), ",") + `}`
}

func to(kind, principal string) string { return `"Principal":{"` + kind + `":"` + principal + `"}` }

func condition(operator, key, value string) string {
	return `"Condition":{"` + operator + `":{"` + key + `":"` + value + `"}}`
}

// group makes the log group /app with the stream web.
func (c *cloud) group(t testing.TB) *awslogs.Client {
	t.Helper()
	root := c.root()
	_, err := root.CreateLogGroup(t.Context(), &awslogs.CreateLogGroupInput{LogGroupName: aws.String("/app")})
	require.NoError(t, err)
	stream(t, root, "web")
	return root
}

func stream(t testing.TB, client *awslogs.Client, name string) {
	t.Helper()
	_, err := client.CreateLogStream(t.Context(), &awslogs.CreateLogStreamInput{LogGroupName: aws.String("/app"), LogStreamName: &name})
	require.NoError(t, err)
}

// batch are events that happened now.
func (c *cloud) batch(messages ...string) []types.InputLogEvent { return c.batchAt(0, messages...) }

func (c *cloud) batchAt(ago time.Duration, messages ...string) (all []types.InputLogEvent) {
	at := c.Clock().Now().Add(-ago).UnixMilli()
	for _, m := range messages {
		all = append(all, types.InputLogEvent{Timestamp: &at, Message: &m})
	}
	return all
}

func put(t testing.TB, client *awslogs.Client, stream string, events []types.InputLogEvent) (*awslogs.PutLogEventsOutput, error) {
	t.Helper()
	return client.PutLogEvents(t.Context(), &awslogs.PutLogEventsInput{LogGroupName: aws.String("/app"), LogStreamName: &stream, LogEvents: events})
}

func mustPut(t testing.TB, client *awslogs.Client, stream string, events []types.InputLogEvent) *awslogs.PutLogEventsOutput {
	t.Helper()
	out, err := put(t, client, stream, events)
	require.NoError(t, err)
	return out
}

func filter(t testing.TB, client *awslogs.Client, pattern string) ([]string, error) {
	t.Helper()
	out, err := client.FilterLogEvents(t.Context(), &awslogs.FilterLogEventsInput{LogGroupName: aws.String("/app"), FilterPattern: &pattern})
	if err != nil {
		return nil, err
	}
	messages := []string{}
	for _, e := range out.Events {
		messages = append(messages, *e.Message)
	}
	return messages, nil
}

func requireDenied(t testing.TB, err error, user, action, resource, reason string) {
	t.Helper()
	worldtest.RequireError(t, err, "AccessDeniedException",
		"User: arn:aws:iam::"+owner+":user/"+user+" is not authorized to perform: "+action+" on resource: "+resource+" "+reason)
}

func because(action string) string {
	return "because no identity-based policy allows the " + action + " action"
}

// asService is a client of a service of AWS that calls for a resource of the owner.
func (c *cloud) asService(principal, source string) fakeaws.Actor {
	return fakeaws.ServiceCall{Principal: principal, SourceARN: source, SourceAccount: owner, Region: region}.Actor()
}
