package sts

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

const (
	defaultRoleSession = time.Hour
	// chainedSession is the longest session that temporary credentials can
	// get of another role (User Guide "Role chaining").
	chainedSession = time.Hour
)

// assumeRoleNeeds asks for sts:AssumeRole on the role and for what comes with it.
func (s *Fake) assumeRoleNeeds(ctx context.Context, in *sdk.AssumeRoleInput) ([]fakeaws.Need, error) {
	call := fakeaws.CallFrom(ctx)
	if err := checkAssumeRole(call, in); err != nil {
		return nil, err
	}
	if err := s.checkMFA(call, in.SerialNumber, in.TokenCode, lookAtCode); err != nil {
		return nil, err
	}
	if call.Caller.Type == enforce.Root {
		return nil, accessDenied("Roles may not be assumed by root accounts.")
	}
	enhanced, err := s.enhance(in.ProvidedContexts, call.Time)
	if err != nil {
		return nil, err
	}
	return s.roleNeeds(actionAssumeRole, in, requested(call.Caller, in), enhanced.request), nil
}

// checkAssumeRole answers what is wrong with a request whatever the role is.
func checkAssumeRole(call *fakeaws.Call, in *sdk.AssumeRoleInput) error {
	if err := members.Check(in); err != nil {
		return err
	}
	if err := checkRoleARN(*in.RoleArn); err != nil {
		return err
	}
	if err := checkTags(call.Caller.Session, in); err != nil {
		return err
	}
	// A source identity stays the same over a chain of roles (User Guide
	// "Monitor and control actions taken with assumed roles").
	if s := call.Caller.Session; s != nil && s.SourceIdentity != "" && in.SourceIdentity != nil && *in.SourceIdentity != s.SourceIdentity {
		return accessDenied(otherSourceIdentity)
	}
	return nil
}

// checkTags compares keys without their case, as IAM's and STS's tag keys are.
func checkTags(calling *fakeaws.Session, in *sdk.AssumeRoleInput) error {
	requested := make(map[string]bool, len(in.Tags))
	for _, t := range in.Tags {
		key := strings.ToLower(*t.Key)
		if strings.HasPrefix(key, "aws:") {
			return invalidParameter(reservedTag)
		}
		if requested[key] {
			return invalidParameter("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		requested[key] = true
	}
	for _, key := range in.TransitiveTagKeys {
		if calling != nil && containsFold(calling.TransitiveTagKeys, key) {
			return invalidParameter("One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
		}
		if !requested[strings.ToLower(key)] {
			return invalidParameter("The specified transitive tag key must be included in the requested tags.")
		}
	}
	if calling == nil {
		return nil
	}
	for _, key := range calling.TransitiveTagKeys {
		if requested[strings.ToLower(key)] {
			return invalidParameter(inheritedTag)
		}
	}
	return nil
}

func containsFold(keys []string, key string) bool {
	return slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, key) })
}

// requested is the session that a request asks for, with what it inherits from
// the calling session: transitive tags and the source identity last over a
// chain of roles.
func requested(caller *fakeaws.Caller, in *sdk.AssumeRoleInput) *fakeaws.Session {
	session := &fakeaws.Session{
		Name:              *in.RoleSessionName,
		SourceIdentity:    aws.ToString(in.SourceIdentity),
		TransitiveTagKeys: slices.Clone(in.TransitiveTagKeys),
		Tags:              tagsOf(in.Tags),
	}
	calling := caller.Session
	if calling == nil {
		return session
	}
	session.Chained = caller.Type == enforce.AssumedRole
	if session.SourceIdentity == "" {
		session.SourceIdentity = calling.SourceIdentity
	}
	session.TransitiveTagKeys = append(session.TransitiveTagKeys, calling.TransitiveTagKeys...)
	for _, t := range calling.Tags {
		if containsFold(calling.TransitiveTagKeys, t.Key) {
			session.Tags = append(session.Tags, t)
		}
	}
	return session
}

// AssumeRole makes credentials for a session of a role. That the caller may is
// decided before; Go code that calls it directly may assume any role.
func (s *Fake) AssumeRole(ctx context.Context, in *sdk.AssumeRoleInput) (*sdk.AssumeRoleOutput, error) {
	call := fakeaws.CallFrom(ctx)
	if err := checkAssumeRole(call, in); err != nil {
		return nil, err
	}
	if err := s.checkMFA(call, in.SerialNumber, in.TokenCode, useCode); err != nil {
		return nil, err
	}
	role, ok := s.role(*in.RoleArn)
	if !ok {
		return nil, accessDenied(fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s",
			call.Caller.ARN, actionAssumeRole, *in.RoleArn))
	}
	session := requested(call.Caller, in)
	enhanced, err := s.enhance(in.ProvidedContexts, call.Time)
	if err != nil {
		return nil, err
	}
	if err := s.apply(enhanced, session); err != nil {
		return nil, err
	}
	return s.openRole(call, in, &role, session)
}

// duration is how long a session lasts. Credentials that are temporary
// themselves get at most an hour, whatever the role allows.
func duration(caller *fakeaws.Caller, role *fakeaws.Role, seconds *int32) (time.Duration, error) {
	if seconds == nil {
		return defaultRoleSession, nil
	}
	life := time.Duration(*seconds) * time.Second
	if caller.Session != nil && life > chainedSession {
		return 0, constraint.Error("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	}
	if life > role.MaxSession {
		return 0, constraint.Error("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return life, nil
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
