package eventbridge

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) apiOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createAPIDestination),
		fakeaws.Bind(s.updateAPIDestination),
		fakeaws.Bind(s.deleteAPIDestination),
		fakeaws.Bind(s.describeAPIDestination),
		fakeaws.Bind(s.listAPIDestinations),
	}
}

// An apiDestination is an HTTP endpoint. It is kept, and never called.
type apiDestination struct {
	id               named
	suffix           string // of the ARN
	description      *string
	connection       string // its ARN
	endpoint         string
	method           types.ApiDestinationHttpMethod
	rate             int32
	created, changed time.Time
	gone             bool
}

// defaultRate is how many calls a second AWS makes where no number is given.
const defaultRate = 300

func (a *apiDestination) arn() *string {
	return aws.String(a.id.arn("api-destination") + "/" + a.suffix)
}

// connectionAt finds the connection of an ARN; nil where there is none. The lock is held.
func (s *Fake) connectionAt(arn string) *connection {
	c := s.links[connectionID(arn)]
	if c == nil || *c.arn() != arn {
		return nil
	}
	return c
}

func connectionID(text string) named {
	a, err := awsarn.Parse(text)
	if err != nil {
		return named{}
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(a.Resource, "connection/"), "/")
	return named{a.AccountID, a.Region, name}
}

func (s *Fake) createAPIDestination(call *fakeaws.Call, in *eb.CreateApiDestinationInput) (*fakeaws.Plan[*eb.CreateApiDestinationOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	a := &apiDestination{
		id: named{call.Account, call.Region, *in.Name}, description: in.Description, connection: *in.ConnectionArn,
		endpoint: *in.InvocationEndpoint, method: in.HttpMethod, rate: defaultRate,
	}
	if in.InvocationRateLimitPerSecond != nil {
		a.rate = *in.InvocationRateLimitPerSecond
	}
	link := connectionID(a.connection)
	needs := []fakeaws.Need{needNamed(call, "api-destination", a.id), needNamed(call, "connection", link)}
	return planned(s, needs, func() (*eb.CreateApiDestinationOutput, error) {
		if s.apis[a.id] != nil {
			return nil, exists(textNameTaken, "An api-destination '"+a.id.name+"'")
		}
		if s.connectionAt(a.connection) == nil {
			return nil, notFound(textNoConnection, link.name)
		}
		a.suffix, a.created = s.world.IDs().UUID(), s.now()
		a.changed = a.created
		s.apis[a.id] = a
		return &eb.CreateApiDestinationOutput{
			ApiDestinationArn: a.arn(), ApiDestinationState: s.stateOf(a), CreationTime: aws.Time(a.created), LastModifiedTime: aws.Time(a.changed),
		}, nil
	}), nil
}

// stateOf is ACTIVE where the connection is authorized. The lock is held.
func (s *Fake) stateOf(a *apiDestination) types.ApiDestinationState {
	if c := s.connectionAt(a.connection); c != nil && c.state() == types.ConnectionStateAuthorized {
		return types.ApiDestinationStateActive
	}
	return types.ApiDestinationStateInactive
}

// onAPI plans an operation on one API destination of the caller.
func onAPI[O any](s *Fake, call *fakeaws.Call, in any, name *string, do func(*apiDestination) (O, error)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	id := named{call.Account, call.Region, *name}
	s.mu.Lock()
	a := s.apis[id]
	s.mu.Unlock()
	return planned(s, []fakeaws.Need{needNamed(call, "api-destination", id)}, func() (none O, err error) {
		if a == nil || a.gone {
			return none, notFound(textNoAPI, id.name)
		}
		return do(a)
	}), nil
}

func (s *Fake) updateAPIDestination(call *fakeaws.Call, in *eb.UpdateApiDestinationInput) (*fakeaws.Plan[*eb.UpdateApiDestinationOutput], error) {
	return onAPI(s, call, in, in.Name, func(a *apiDestination) (*eb.UpdateApiDestinationOutput, error) {
		if in.ConnectionArn != nil {
			if s.connectionAt(*in.ConnectionArn) == nil {
				return nil, notFound(textNoConnection, connectionID(*in.ConnectionArn).name)
			}
			a.connection = *in.ConnectionArn
		}
		if in.Description != nil {
			a.description = in.Description
		}
		if in.InvocationEndpoint != nil {
			a.endpoint = *in.InvocationEndpoint
		}
		if in.HttpMethod != "" {
			a.method = in.HttpMethod
		}
		if in.InvocationRateLimitPerSecond != nil {
			a.rate = *in.InvocationRateLimitPerSecond
		}
		a.changed = s.now()
		return &eb.UpdateApiDestinationOutput{
			ApiDestinationArn: a.arn(), ApiDestinationState: s.stateOf(a), CreationTime: aws.Time(a.created), LastModifiedTime: aws.Time(a.changed),
		}, nil
	})
}

func (s *Fake) deleteAPIDestination(call *fakeaws.Call, in *eb.DeleteApiDestinationInput) (*fakeaws.Plan[*eb.DeleteApiDestinationOutput], error) {
	return onAPI(s, call, in, in.Name, func(a *apiDestination) (*eb.DeleteApiDestinationOutput, error) {
		a.gone = true
		delete(s.apis, a.id)
		return &eb.DeleteApiDestinationOutput{}, nil
	})
}

func (s *Fake) describeAPIDestination(call *fakeaws.Call, in *eb.DescribeApiDestinationInput) (*fakeaws.Plan[*eb.DescribeApiDestinationOutput], error) {
	return onAPI(s, call, in, in.Name, func(a *apiDestination) (*eb.DescribeApiDestinationOutput, error) {
		e := s.entryOf(a)
		return &eb.DescribeApiDestinationOutput{
			ApiDestinationArn: e.ApiDestinationArn, ApiDestinationState: e.ApiDestinationState, ConnectionArn: e.ConnectionArn, Name: e.Name,
			CreationTime: e.CreationTime, LastModifiedTime: e.LastModifiedTime, Description: a.description, HttpMethod: e.HttpMethod,
			InvocationEndpoint: e.InvocationEndpoint, InvocationRateLimitPerSecond: e.InvocationRateLimitPerSecond,
		}, nil
	})
}

func (s *Fake) entryOf(a *apiDestination) types.ApiDestination {
	return types.ApiDestination{
		ApiDestinationArn: a.arn(), ApiDestinationState: s.stateOf(a), ConnectionArn: aws.String(a.connection), Name: aws.String(a.id.name),
		CreationTime: aws.Time(a.created), LastModifiedTime: aws.Time(a.changed), HttpMethod: a.method,
		InvocationEndpoint: aws.String(a.endpoint), InvocationRateLimitPerSecond: aws.Int32(a.rate),
	}
}

func (s *Fake) listAPIDestinations(call *fakeaws.Call, in *eb.ListApiDestinationsInput) (*fakeaws.Plan[*eb.ListApiDestinationsOutput], error) {
	return onAccount(s, call, in, func() (*eb.ListApiDestinationsOutput, error) {
		all := ofAccount(call, s.apis, func(a *apiDestination) bool { return in.ConnectionArn == nil || a.connection == *in.ConnectionArn })
		p, err := listed(all, in.NextToken, in.Limit, in.NamePrefix, func(a *apiDestination) string { return a.id.name }, s.entryOf)
		if err != nil {
			return nil, err
		}
		return &eb.ListApiDestinationsOutput{ApiDestinations: p.Items, NextToken: p.Next}, nil
	})
}
