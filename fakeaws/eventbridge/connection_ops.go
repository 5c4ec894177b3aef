package eventbridge

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) connectionOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createConnection),
		fakeaws.Bind(s.updateConnection),
		fakeaws.Bind(s.deleteConnection),
		fakeaws.Bind(s.describeConnection),
		fakeaws.Bind(s.listConnections),
	}
}

// A connection has what authorizes calls of API destinations. It is kept without its
// secrets, which nothing here uses: the secret of Secrets Manager that AWS makes of them is
// named and not made.
type connection struct {
	id               named
	suffix, secret   string // of the two ARNs
	description, key *string
	kind             types.ConnectionAuthorizationType
	auth             *types.ConnectionAuthResponseParameters
	created, changed time.Time
	gone             bool
}

func (c *connection) arn() *string { return aws.String(c.id.arn("connection") + "/" + c.suffix) }

// state is AUTHORIZED, but for OAuth: nothing here asks an authorization endpoint.
func (c *connection) state() types.ConnectionState {
	if c.kind == types.ConnectionAuthorizationTypeOauthClientCredentials {
		return types.ConnectionStateAuthorizing
	}
	return types.ConnectionStateAuthorized
}

// authOf is what answers tell of the parameters of a connection; nil where they are not
// those of its kind.
func authOf(kind types.ConnectionAuthorizationType, in *types.CreateConnectionAuthRequestParameters) *types.ConnectionAuthResponseParameters {
	out := &types.ConnectionAuthResponseParameters{InvocationHttpParameters: public(in.InvocationHttpParameters)}
	switch {
	case kind == types.ConnectionAuthorizationTypeBasic && in.BasicAuthParameters != nil:
		out.BasicAuthParameters = &types.ConnectionBasicAuthResponseParameters{Username: in.BasicAuthParameters.Username}
	case kind == types.ConnectionAuthorizationTypeApiKey && in.ApiKeyAuthParameters != nil:
		out.ApiKeyAuthParameters = &types.ConnectionApiKeyAuthResponseParameters{ApiKeyName: in.ApiKeyAuthParameters.ApiKeyName}
	case kind == types.ConnectionAuthorizationTypeOauthClientCredentials && in.OAuthParameters != nil && in.OAuthParameters.ClientParameters != nil:
		p := in.OAuthParameters
		out.OAuthParameters = &types.ConnectionOAuthResponseParameters{
			AuthorizationEndpoint: p.AuthorizationEndpoint, HttpMethod: p.HttpMethod, OAuthHttpParameters: public(p.OAuthHttpParameters),
			ClientParameters: &types.ConnectionOAuthClientResponseParameters{ClientID: p.ClientParameters.ClientID},
		}
	default:
		return nil
	}
	return out
}

// public are HTTP parameters without the values that are secret.
func public(p *types.ConnectionHttpParameters) *types.ConnectionHttpParameters {
	if p == nil {
		return nil
	}
	out := new(types.ConnectionHttpParameters)
	for _, v := range p.BodyParameters {
		if v.IsValueSecret {
			v.Value = nil
		}
		out.BodyParameters = append(out.BodyParameters, v)
	}
	for _, v := range p.HeaderParameters {
		if v.IsValueSecret {
			v.Value = nil
		}
		out.HeaderParameters = append(out.HeaderParameters, v)
	}
	for _, v := range p.QueryStringParameters {
		if v.IsValueSecret {
			v.Value = nil
		}
		out.QueryStringParameters = append(out.QueryStringParameters, v)
	}
	return out
}

func (s *Fake) createConnection(call *fakeaws.Call, in *eb.CreateConnectionInput) (*fakeaws.Plan[*eb.CreateConnectionOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if in.InvocationConnectivityParameters != nil || in.AuthParameters.ConnectivityParameters != nil {
		return nil, notImplemented("private connections are not there")
	}
	auth := authOf(in.AuthorizationType, in.AuthParameters)
	if auth == nil {
		return nil, invalidf(textAuthorization, in.AuthorizationType)
	}
	id := named{call.Account, call.Region, *in.Name}
	return planned(s, []fakeaws.Need{needNamed(call, "connection", id)}, func() (*eb.CreateConnectionOutput, error) {
		if s.links[id] != nil {
			return nil, exists(textNameTaken, "Connection "+id.name)
		}
		now := s.now()
		c := &connection{
			id: id, suffix: s.world.IDs().UUID(), secret: s.world.IDs().UUID() + "-" + s.world.IDs().Name(6), description: in.Description,
			key: in.KmsKeyIdentifier, kind: in.AuthorizationType, auth: auth, created: now, changed: now,
		}
		s.links[id] = c
		return &eb.CreateConnectionOutput{ConnectionArn: c.arn(), ConnectionState: c.state(), CreationTime: aws.Time(now), LastModifiedTime: aws.Time(now)}, nil
	}), nil
}

// onConnection plans an operation on one connection of the caller.
func onConnection[O any](s *Fake, call *fakeaws.Call, in any, name *string, do func(*connection) (O, error)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	id := named{call.Account, call.Region, *name}
	s.mu.Lock()
	c := s.links[id]
	s.mu.Unlock()
	return planned(s, []fakeaws.Need{needNamed(call, "connection", id)}, func() (none O, err error) {
		if c == nil || c.gone {
			return none, notFound(textNoConnection, id.name)
		}
		return do(c)
	}), nil
}

func (s *Fake) updateConnection(call *fakeaws.Call, in *eb.UpdateConnectionInput) (*fakeaws.Plan[*eb.UpdateConnectionOutput], error) {
	return onConnection(s, call, in, in.Name, func(c *connection) (*eb.UpdateConnectionOutput, error) {
		kind := c.kind
		if in.AuthorizationType != "" {
			kind = in.AuthorizationType
		}
		if in.AuthParameters != nil {
			auth := authOf(kind, created(in.AuthParameters))
			if auth == nil {
				return nil, invalidf(textAuthorization, kind)
			}
			c.auth = auth
		} else if kind != c.kind {
			return nil, invalidf(textAuthorization, kind)
		}
		c.kind, c.changed = kind, s.now()
		if in.Description != nil {
			c.description = in.Description
		}
		if in.KmsKeyIdentifier != nil {
			c.key = in.KmsKeyIdentifier
		}
		e := c.entry()
		return &eb.UpdateConnectionOutput{
			ConnectionArn: e.ConnectionArn, ConnectionState: e.ConnectionState, CreationTime: e.CreationTime,
			LastModifiedTime: e.LastModifiedTime, LastAuthorizedTime: e.LastAuthorizedTime,
		}, nil
	})
}

// created are the parameters of an update as those of a new connection.
func created(in *types.UpdateConnectionAuthRequestParameters) *types.CreateConnectionAuthRequestParameters {
	out := &types.CreateConnectionAuthRequestParameters{InvocationHttpParameters: in.InvocationHttpParameters}
	if p := in.BasicAuthParameters; p != nil {
		out.BasicAuthParameters = &types.CreateConnectionBasicAuthRequestParameters{Username: p.Username, Password: p.Password}
	}
	if p := in.ApiKeyAuthParameters; p != nil {
		out.ApiKeyAuthParameters = &types.CreateConnectionApiKeyAuthRequestParameters{ApiKeyName: p.ApiKeyName, ApiKeyValue: p.ApiKeyValue}
	}
	if p := in.OAuthParameters; p != nil {
		out.OAuthParameters = &types.CreateConnectionOAuthRequestParameters{
			AuthorizationEndpoint: p.AuthorizationEndpoint, HttpMethod: p.HttpMethod, OAuthHttpParameters: p.OAuthHttpParameters,
		}
		if of := p.ClientParameters; of != nil {
			out.OAuthParameters.ClientParameters = &types.CreateConnectionOAuthClientRequestParameters{ClientID: of.ClientID, ClientSecret: of.ClientSecret}
		}
	}
	return out
}

func (s *Fake) deleteConnection(call *fakeaws.Call, in *eb.DeleteConnectionInput) (*fakeaws.Plan[*eb.DeleteConnectionOutput], error) {
	return onConnection(s, call, in, in.Name, func(c *connection) (*eb.DeleteConnectionOutput, error) {
		for _, a := range s.apis {
			if a.connection == *c.arn() {
				return nil, invalidf(textInUse, c.id.name)
			}
		}
		c.gone = true
		delete(s.links, c.id)
		e := c.entry()
		return &eb.DeleteConnectionOutput{
			ConnectionArn: e.ConnectionArn, ConnectionState: types.ConnectionStateDeleting, CreationTime: e.CreationTime,
			LastModifiedTime: e.LastModifiedTime, LastAuthorizedTime: e.LastAuthorizedTime,
		}, nil
	})
}

func (s *Fake) describeConnection(call *fakeaws.Call, in *eb.DescribeConnectionInput) (*fakeaws.Plan[*eb.DescribeConnectionOutput], error) {
	return onConnection(s, call, in, in.Name, func(c *connection) (*eb.DescribeConnectionOutput, error) {
		e := c.entry()
		return &eb.DescribeConnectionOutput{
			ConnectionArn: e.ConnectionArn, ConnectionState: e.ConnectionState, CreationTime: e.CreationTime, Name: e.Name,
			LastModifiedTime: e.LastModifiedTime, LastAuthorizedTime: e.LastAuthorizedTime, AuthorizationType: e.AuthorizationType,
			AuthParameters: c.auth, Description: c.description, KmsKeyIdentifier: c.key,
			SecretArn: aws.String(fakeaws.ARN("secretsmanager", c.id.region, c.id.account, "secret:events!connection/"+c.id.name+"/"+c.secret)),
		}, nil
	})
}

func (c *connection) entry() types.Connection {
	return types.Connection{
		ConnectionArn: c.arn(), ConnectionState: c.state(), Name: aws.String(c.id.name), AuthorizationType: c.kind,
		CreationTime: aws.Time(c.created), LastModifiedTime: aws.Time(c.changed), LastAuthorizedTime: aws.Time(c.changed),
	}
}

func (s *Fake) listConnections(call *fakeaws.Call, in *eb.ListConnectionsInput) (*fakeaws.Plan[*eb.ListConnectionsOutput], error) {
	return onAccount(s, call, in, func() (*eb.ListConnectionsOutput, error) {
		all := ofAccount(call, s.links, func(c *connection) bool { return in.ConnectionState == "" || c.state() == in.ConnectionState })
		p, err := listed(all, in.NextToken, in.Limit, in.NamePrefix, func(c *connection) string { return c.id.name }, (*connection).entry)
		if err != nil {
			return nil, err
		}
		return &eb.ListConnectionsOutput{Connections: p.Items, NextToken: p.Next}, nil
	})
}
