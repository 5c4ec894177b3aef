package sts

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

func (s *Fake) roleOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.assumeRole),
	}
}

const (
	defaultRoleSession = time.Hour
	// chainedSession is the longest session that temporary credentials can
	// get of another role (User Guide "Role chaining").
	chainedSession = time.Hour
)

// assumeRole makes credentials for a session of a role. A code of an MFA device is
// looked at before the permissions are asked for, and used up when they are there: it
// counts once.
func (s *Fake) assumeRole(call *fakeaws.Call, in *sdk.AssumeRoleInput) (*fakeaws.Plan[*sdk.AssumeRoleOutput], error) {
	if err := admit(call, in, ofUsers|ofRoles|ofSessions); err != nil {
		return nil, err
	}
	if err := checkAssumeRole(call, in); err != nil {
		return nil, err
	}
	if err := s.checkMFA(call, in.SerialNumber, in.TokenCode, lookAtCode); err != nil {
		return nil, err
	}
	if call.Caller.Type == enforce.Root && !call.Fixture() {
		return nil, accessDenied("Roles may not be assumed by root accounts.")
	}
	enhanced, err := s.enhance(in.ProvidedContexts, call.Time)
	if err != nil {
		return nil, err
	}
	a := s.assumption(call, actionAssumeRole, in)
	return &fakeaws.Plan[*sdk.AssumeRoleOutput]{Needs: a.needs(enhanced.request), Do: func() (*sdk.AssumeRoleOutput, error) {
		if err := s.checkMFA(call, in.SerialNumber, in.TokenCode, useCode); err != nil {
			return nil, err
		}
		if err := s.unchanged(a); err != nil {
			return nil, err
		}
		if err := s.apply(enhanced, a.session); err != nil {
			return nil, err
		}
		return s.openRole(a)
	}}, nil
}

// checkAssumeRole answers what is wrong with a request whatever the role is.
func checkAssumeRole(call *fakeaws.Call, in *sdk.AssumeRoleInput) error {
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
			return invalidParameter(inheritedTag)
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
