// Package logstest seeds and inspects the log groups of the accounts of package awstest. Only
// tests that import it link the fake of Amazon CloudWatch Logs:
//
//	acct := awstest.New(t, logstest.With())
//	app := logstest.Of(acct).Create("/app")
//	role := acct.NewRole("api", awstest.Allow("logs:PutLogEvents").On(app.ARN()+":*"))
package logstest

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/internal/fixture"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs"
)

// With gives a World CloudWatch Logs: an option of [awstest.New].
func With() awstest.Option { return awstest.With(cloudwatchlogs.Service) }

// Logs are those of an account in one region, for Go code that seeds and inspects them past
// the clients: no policy is asked, and [awstest.Account.Calls] shows nothing of it. What goes
// wrong ends the test.
type Logs struct {
	account *awstest.Account
	region  string
}

// Of returns the account's logs in its region.
func Of(a *awstest.Account) *Logs { return &Logs{a, a.Region()} }

// In returns the account's logs in another region.
func (l *Logs) In(region string) *Logs { return &Logs{l.account, region} }

// Create makes a log group.
func (l *Logs) Create(name string) *Group {
	l.account.TB().Helper()
	return l.CreateGroup(&awslogs.CreateLogGroupInput{LogGroupName: &name})
}

// CreateGroup makes a log group with all that CreateLogGroup can give it.
func (l *Logs) CreateGroup(in *awslogs.CreateLogGroupInput) *Group {
	l.account.TB().Helper()
	do[awslogs.CreateLogGroupOutput](l, aws.ToString(in.LogGroupName), in)
	return l.Group(aws.ToString(in.LogGroupName))
}

// Group returns a log group that exists.
func (l *Logs) Group(name string) *Group {
	l.account.TB().Helper()
	if _, ok := l.fake().Group(l.account.ID(), l.region, name); !ok {
		l.account.TB().Fatalf("logstest: no log group %s in %s of %s; there are: %s", name, l.region, l.account.ID(), strings.Join(l.Names(), ", "))
		return nil
	}
	return &Group{l, name}
}

// Names returns the names of the log groups, in order.
func (l *Logs) Names() []string {
	l.account.TB().Helper()
	return l.fake().Groups(l.account.ID(), l.region)
}

// Monitor has the account read the log groups of another one, as a link of CloudWatch
// Observability Access Manager does: its users and roles need permissions all the same.
func (l *Logs) Monitor(source *awstest.Account) {
	l.account.TB().Helper()
	l.fake().Link(l.account.ID(), source.ID(), l.region)
}

func (l *Logs) fake() *cloudwatchlogs.Fake {
	l.account.TB().Helper()
	fixture.Require(l.account, "logs", "CloudWatch Logs", "logstest")
	return cloudwatchlogs.Of(l.account.World())
}

// do performs an operation by the World's own hand.
func do[O any](l *Logs, subject string, in any) *O {
	l.account.TB().Helper()
	l.fake()
	return fixture.Do[O](l.account, l.region, "logstest: "+subject, in)
}

// A Group is one log group that Go code seeds and inspects.
type Group struct {
	logs *Logs
	name string
}

// Name returns the log group's name.
func (g *Group) Name() string { return g.name }

// ARN returns the log group's ARN. In policies it needs ":*" behind it, but for the actions of
// tags.
func (g *Group) ARN() string {
	return fakeaws.ARN("logs", g.logs.region, g.logs.account.ID(), "log-group:"+g.name)
}

// State returns what the log group has.
func (g *Group) State() cloudwatchlogs.Group {
	g.logs.account.TB().Helper()
	state, ok := g.logs.fake().Group(g.logs.account.ID(), g.logs.region, g.name)
	if !ok {
		g.logs.account.TB().Fatalf("logstest: the log group %s is gone", g.name)
	}
	return state
}

// Put has events happen now, in a stream that is made if there is none.
func (g *Group) Put(stream string, messages ...string) {
	g.logs.account.TB().Helper()
	if _, ok := g.logs.fake().Events(g.logs.account.ID(), g.logs.region, g.name, stream); !ok {
		do[awslogs.CreateLogStreamOutput](g.logs, "stream of "+g.name, &awslogs.CreateLogStreamInput{LogGroupName: &g.name, LogStreamName: &stream})
	}
	now := g.logs.account.World().Clock().Now().UnixMilli()
	in := &awslogs.PutLogEventsInput{LogGroupName: &g.name, LogStreamName: &stream}
	for _, message := range messages {
		in.LogEvents = append(in.LogEvents, types.InputLogEvent{Message: aws.String(message), Timestamp: &now})
	}
	do[awslogs.PutLogEventsOutput](g.logs, "events of "+g.name, in)
}

// Events returns all events in the order of their times.
func (g *Group) Events() []cloudwatchlogs.Event {
	g.logs.account.TB().Helper()
	return g.events("")
}

// Stream returns the events of one stream.
func (g *Group) Stream(name string) []cloudwatchlogs.Event {
	g.logs.account.TB().Helper()
	return g.events(name)
}

func (g *Group) events(stream string) []cloudwatchlogs.Event {
	g.logs.account.TB().Helper()
	events, ok := g.logs.fake().Events(g.logs.account.ID(), g.logs.region, g.name, stream)
	if !ok {
		g.logs.account.TB().Fatalf("logstest: no log group %s with a stream %q; streams: %s", g.name, stream, strings.Join(g.State().Streams, ", "))
	}
	return events
}

// Messages returns the messages of all events in the order of their times.
func (g *Group) Messages() []string {
	g.logs.account.TB().Helper()
	var messages []string
	for _, e := range g.Events() {
		messages = append(messages, e.Message)
	}
	return messages
}

// SetPolicy gives the account a resource policy of statements, by which services of AWS may
// write to this log group.
func (g *Group) SetPolicy(name string, statements ...awstest.Statement) {
	g.logs.account.TB().Helper()
	on := make([]awstest.Statement, len(statements))
	for i, s := range statements {
		on[i] = s.On(g.ARN() + ":*")
	}
	do[awslogs.PutResourcePolicyOutput](g.logs, "policy of "+g.name, &awslogs.PutResourcePolicyInput{PolicyName: &name, PolicyDocument: aws.String(awstest.Document(on...))})
}
