// Package role has services of a World assume the roles that they are given.
package role

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A Session is a service that has assumed a role.
type Session struct {
	// Actor performs operations as the role's session.
	Actor       fakeaws.Actor
	Credentials aws.Credentials
}

// Assume has a service assume a role, which the role's trust policy decides: the log has the
// decision. The session has a name, and lasts an hour. The service's Region is where it
// acts.
func Assume(ctx context.Context, w *fakeaws.World, service fakeaws.ServiceCall, role, name string) (*Session, error) {
	return assume(ctx, w, service, &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: &name})
}

// AssumeFor is Assume with an external id, which some services give: the account for which
// they act.
func AssumeFor(ctx context.Context, w *fakeaws.World, service fakeaws.ServiceCall, role, name, externalID string) (*Session, error) {
	return assume(ctx, w, service, &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: &name, ExternalId: &externalID})
}

func assume(ctx context.Context, w *fakeaws.World, service fakeaws.ServiceCall, in *sts.AssumeRoleInput) (*Session, error) {
	out, err := fakeaws.Do[sts.AssumeRoleOutput](ctx, w, service.Actor(), in)
	if err != nil {
		return nil, err
	}
	c := out.Credentials
	actor, err := w.ActorOf(*c.AccessKeyId, service.Region)
	if err != nil {
		return nil, err
	}
	return &Session{actor, aws.Credentials{
		AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken,
		CanExpire: true, Expires: *c.Expiration,
	}}, nil
}
