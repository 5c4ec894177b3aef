package lambda

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
)

// A sessionKey says whose session it is: the code's, or that of what Lambda itself does for
// the function: it polls queues, sends to destinations and writes logs. Requests of the
// latter do not have lambda:SourceFunctionArn ("Lambda service-initiated" calls of the
// developer guide, "Using source function ARN to control function access behavior").
type sessionKey struct {
	id   functionID
	role string
	code bool
}

// A session is one of an execution role.
type session struct {
	actor              fakeaws.Actor
	key, secret, token string
	expires            time.Time
}

func (s *session) credentials() aws.Credentials {
	return aws.Credentials{
		AccessKeyID: s.key, SecretAccessKey: s.secret, SessionToken: s.token, CanExpire: true, Expires: s.expires, Source: "Lambda",
	}
}

// session is that of what Lambda itself does for a function.
func (s *Fake) session(ctx context.Context, id functionID, roleARN string) (*session, error) {
	return s.sessionFor(ctx, id, roleARN, false)
}

// renewal is how long before its end a session is not used any more; unverified.
const renewal = 5 * time.Minute

// sessionFor returns the session of an execution role. One that was assumed lasts until it
// expires: that the trust policy has changed since does not end it. That of a role which
// was deleted ends. No lock is held.
func (s *Fake) sessionFor(ctx context.Context, id functionID, roleARN string, code bool) (*session, error) {
	key := sessionKey{id, roleARN, code}
	s.mu.Lock()
	var known session
	if found := s.sessions[key]; found != nil {
		known = *found
	}
	s.mu.Unlock()
	if known.key != "" && s.world.Clock().Now().Add(renewal).Before(known.expires) {
		if actor, err := s.world.ActorOf(known.key, id.region); err == nil {
			known.actor = actor
			return &known, nil
		}
	}
	next, err := s.assume(ctx, id, roleARN, code)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	stored := *next
	stored.actor = fakeaws.Actor{} // it is of one World
	s.sessions[key] = &stored
	s.mu.Unlock()
	return next, nil
}

// assume has Lambda assume an execution role, which its trust policy decides.
func (s *Fake) assume(ctx context.Context, id functionID, roleARN string, code bool) (*session, error) {
	if !s.world.Has("sts") {
		return nil, errors.New("leastpriv: this World has no STS, which execution roles take")
	}
	by := fakeaws.ServiceCall{Principal: serviceName, SourceARN: id.arn(), SourceAccount: id.account, Region: id.region}
	assumed, err := role.Assume(ctx, s.world, by, roleARN, sessionName(id.name))
	if err != nil {
		return nil, err
	}
	c := assumed.Credentials
	if code {
		if err := s.mark(c.AccessKeyID, id); err != nil {
			return nil, err
		}
	}
	actor, err := s.world.ActorOf(c.AccessKeyID, id.region)
	return &session{actor, c.AccessKeyID, c.SecretAccessKey, c.SessionToken, c.Expires}, err
}

// sessionName is the name of the function. STS takes none of one letter; that of such a
// function's session is unverified.
func sessionName(function string) string {
	if len(function) == 1 {
		return function + "_"
	}
	return function
}

// mark has the requests of a session tell which function makes them.
func (s *Fake) mark(accessKeyID string, id functionID) error {
	known, ok := s.world.Credential(accessKeyID)
	if !ok || known.Caller.Session == nil {
		return errors.New("leastpriv: the session of the execution role is gone")
	}
	caller, held, cred := *known.Caller, *known.Caller.Session, *known
	keys := enforce.Context{Base: held.Keys}
	keys.Set("lambda:SourceFunctionArn", id.arn())
	held.Keys, caller.Session, cred.Caller = &keys, &held, &caller
	s.world.SetCredential(&cred)
	return nil
}
