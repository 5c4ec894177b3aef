package sts

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

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

// assumeRoleNeeds asks for sts:AssumeRole on the role and, where the request or
// the calling session brings them, for tagging the session and for setting its
// source identity. The role's trust policy guards all three.
func (s *Service) assumeRoleNeeds(ctx context.Context, in *sdk.AssumeRoleInput) ([]enforce.Need, error) {
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
	role, ok := s.world.Directory().Role(*in.RoleArn)
	if !ok {
		// AWS does not tell a missing role from one that does not trust.
		role = fakeaws.Role{Account: strings.SplitN(*in.RoleArn, ":", 6)[4], Trust: enforce.Empty(enforce.TrustPolicy)}
	}
	session := requested(call, in)
	need := enforce.Need{
		Action:          actionAssumeRole,
		Resource:        *in.RoleArn,
		ResourceAccount: role.Account,
		Policy:          role.Trust,
	}
	needs := []enforce.Need{need}
	if session.SourceIdentity != "" {
		need.Action = actionSetSourceIdentity
		needs = append(needs, need)
	}
	if len(session.Tags) > 0 {
		need.Action = actionTagSession
		needs = append(needs, need)
	}
	for i := range needs {
		setKeys(&needs[i].Context, in, session, role.Tags)
	}
	return needs, nil
}

// setKeys sets the condition keys of AssumeRole and its companions.
func setKeys(c *enforce.Context, in *sdk.AssumeRoleInput, session *fakeaws.Session, roleTags []fakeaws.Tag) {
	c.Set("sts:RoleSessionName", session.Name)
	if in.ExternalId != nil {
		c.Set("sts:ExternalId", *in.ExternalId)
	}
	if in.TokenCode != nil {
		// The trust policy sees the code. The session that it leads to has no MFA
		// keys of its own (User Guide "Secure API access with MFA").
		c.SetBool("aws:MultiFactorAuthPresent", true)
		c.Set("aws:MultiFactorAuthAge", "0")
	}
	if session.SourceIdentity != "" {
		c.Set("sts:SourceIdentity", session.SourceIdentity)
	}
	if len(in.TransitiveTagKeys) > 0 {
		c.SetMulti("sts:TransitiveTagKeys", in.TransitiveTagKeys)
	}
	if len(in.Tags) > 0 {
		keys := make([]string, len(in.Tags))
		for i, t := range in.Tags {
			keys[i] = *t.Key
			c.Set("aws:RequestTag/"+*t.Key, *t.Value)
		}
		c.SetMulti("aws:TagKeys", keys)
	}
	for _, t := range roleTags {
		c.Set("iam:ResourceTag/"+t.Key, t.Value)
		c.Set("aws:ResourceTag/"+t.Key, t.Value)
	}
}

// checkAssumeRole answers what is wrong with a request whatever the role is.
func checkAssumeRole(call *fakeaws.Call, in *sdk.AssumeRoleInput) error {
	if err := members.Check(in); err != nil {
		return err
	}
	arn := strings.SplitN(*in.RoleArn, ":", 6)
	if len(arn) != 6 || arn[0] != "arn" || arn[2] != "iam" || arn[4] == "" || !strings.HasPrefix(arn[5], "role/") {
		return constraint.Error(*in.RoleArn + " is invalid")
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
func requested(call *fakeaws.Call, in *sdk.AssumeRoleInput) *fakeaws.Session {
	session := &fakeaws.Session{
		Name:              *in.RoleSessionName,
		SourceIdentity:    aws.ToString(in.SourceIdentity),
		TransitiveTagKeys: slices.Clone(in.TransitiveTagKeys),
	}
	for _, t := range in.Tags {
		session.Tags = append(session.Tags, fakeaws.Tag{Key: *t.Key, Value: *t.Value})
	}
	calling := call.Caller.Session
	if calling == nil {
		return session
	}
	session.Chained = call.Caller.Type == enforce.AssumedRole
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
func (s *Service) AssumeRole(ctx context.Context, in *sdk.AssumeRoleInput) (*sdk.AssumeRoleOutput, error) {
	call := fakeaws.CallFrom(ctx)
	if err := checkAssumeRole(call, in); err != nil {
		return nil, err
	}
	if err := s.checkMFA(call, in.SerialNumber, in.TokenCode, useCode); err != nil {
		return nil, err
	}
	role, ok := s.world.Directory().Role(*in.RoleArn)
	if !ok {
		return nil, accessDenied(fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s",
			call.Caller.ARN, actionAssumeRole, *in.RoleArn))
	}
	life, err := duration(call.Caller, &role, in.DurationSeconds)
	if err != nil {
		return nil, err
	}
	session := requested(call, in)
	if session.Policies, err = s.sessionPolicies(&role, in); err != nil {
		return nil, err
	}
	packed, err := packedSize(in)
	if err != nil {
		return nil, err
	}
	caller := &fakeaws.Caller{
		Principal: enforce.Principal{
			Type:      enforce.AssumedRole,
			ARN:       fakeaws.ARN("sts", "", role.Account, "assumed-role/"+role.Name+"/"+session.Name),
			IssuerARN: role.ARN,
			Account:   role.Account,
			UserID:    role.ID + ":" + session.Name,
		},
		EntityID: role.ID,
		Session:  session,
		Uses:     role.Uses,
	}
	if acct, ok := s.world.Account(role.Account); ok {
		caller.CanonicalUser = acct.CanonicalUser
	}
	out := &sdk.AssumeRoleOutput{
		AssumedRoleUser:  &types.AssumedRoleUser{Arn: aws.String(caller.ARN), AssumedRoleId: aws.String(caller.UserID)},
		Credentials:      s.issue(caller, call.Time, life, in.MinimumSessionTokenSize),
		PackedPolicySize: packed,
		SourceIdentity:   optional(session.SourceIdentity),
	}
	out.SessionTokenSize, out.SessionTokenUtilization = tokenUse(out.Credentials)
	return out, nil
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
