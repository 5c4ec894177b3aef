package sts_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamsdk "github.com/aws/aws-sdk-go-v2/service/iam"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rule 55: no policy can deny GetCallerIdentity.
func TestGetCallerIdentity(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	u := w.user(t, w.iam, "alice", denyAll)
	out, err := u.GetCallerIdentity(ctx, &sdk.GetCallerIdentityInput{})
	require.NoError(t, err)
	assert.Equal(t, alice, *out.Arn)
	assert.Equal(t, accountID, *out.Account)
	assert.Regexp(t, "^AIDA", *out.UserId)

	root, _ := w.Account(accountID)
	out, err = w.client(root.Root.AccessKeyID, root.Root.SecretAccessKey, "").GetCallerIdentity(ctx, &sdk.GetCallerIdentityInput{})
	require.NoError(t, err)
	assert.Equal(t, "arn:aws:iam::111122223333:root", *out.Arn)
	assert.Equal(t, accountID, *out.UserId)
}

func TestAssumeRole(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	u := w.user(t, w.iam, "alice", "")
	role := w.role(t, "app", trust(assume, alice, ""))
	out, err := u.AssumeRole(ctx, input(role))
	require.NoError(t, err)
	assert.Equal(t, "arn:aws:sts::111122223333:assumed-role/app/session", *out.AssumedRoleUser.Arn)
	assert.Regexp(t, "^AROA[A-Z2-7]{17}:session$", *out.AssumedRoleUser.AssumedRoleId)
	assert.Regexp(t, "^ASIA[A-Z2-7]{16}$", *out.Credentials.AccessKeyId)
	w.requireLife(t, time.Hour, out.Credentials.Expiration)
	assert.Nil(t, out.PackedPolicySize)
	assert.Equal(t, int32(len(*out.Credentials.SessionToken)), *out.SessionTokenSize)

	session := w.session(out.Credentials)
	who, err := session.GetCallerIdentity(ctx, &sdk.GetCallerIdentityInput{})
	require.NoError(t, err)
	assert.Equal(t, *out.AssumedRoleUser.Arn, *who.Arn)
	assert.Equal(t, *out.AssumedRoleUser.AssumedRoleId, *who.UserId)

	_, err = iamsdk.NewFromConfig(w.with(out.Credentials)).GetUser(ctx, &iamsdk.GetUserInput{})
	requireError(t, err, "ValidationError", "Must specify userName when calling with non-User credentials")
}

func TestSessionExpires(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		u := w.user(t, w.iam, "alice", "")
		out, err := u.AssumeRole(ctx, input(w.role(t, "app", trust(assume, alice, "")), seconds(900)))
		require.NoError(t, err)
		w.requireLife(t, 15*time.Minute, out.Credentials.Expiration)
		session := w.session(out.Credentials)
		_, err = session.GetCallerIdentity(ctx, &sdk.GetCallerIdentityInput{})
		require.NoError(t, err)
		w.Clock().Advance(15*time.Minute + time.Second)
		_, err = session.GetCallerIdentity(ctx, &sdk.GetCallerIdentityInput{})
		requireError(t, err, "ExpiredToken", "The security token included in the request is expired")
	})
}

// rule 50: who may assume a role. rule 69: a denial never says why.
func TestWhoMayAssume(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	role := map[string]string{
		"named":    w.role(t, "any", trust(assume, "*", "")),
		"root":     w.role(t, "root", trust(assume, accountID, "")),
		"external": w.role(t, "external", trust(assume, "*", `"StringEquals":{"sts:ExternalId":"secret"}`)),
		"other":    w.role(t, "other", trust(assume, otherID, "")),
		"session":  w.role(t, "session", trust(assume, "*", `"StringLike":{"sts:RoleSessionName":"ci-*"}`)),
		"tagged":   w.role(t, "tagged", trust(assume, "*", `"StringEquals":{"iam:ResourceTag/team":"blue"}`), "team", "blue"),
		"missing":  "arn:aws:iam::111122223333:role/missing",
	}
	plain := w.user(t, w.iam, "plain", "")
	able := w.user(t, w.iam, "able", allowAll)
	never := w.user(t, w.iam, "never", denyAll)
	foreign := w.user(t, w.otherIAM, "foreign", "")
	foreignAble := w.user(t, w.otherIAM, "able", allowAll)
	account, _ := w.Account(accountID)
	root := w.client(account.Root.AccessKeyID, account.Root.SecretAccessKey, "")
	external := func(in *sdk.AssumeRoleInput) { in.ExternalId = aws.String("secret") }
	const user = "arn:aws:iam::111122223333:user/"
	tests := map[string]struct {
		client *sdk.Client
		in     *sdk.AssumeRoleInput
		want   string
	}{
		"trusted by wildcard":               {plain, input(role["named"]), ""},
		"trusted account, no permission":    {plain, input(role["root"]), denied(user+"plain", "AssumeRole", role["root"])},
		"trusted account and permission":    {able, input(role["root"]), ""},
		"external id absent":                {able, input(role["external"]), denied(user+"able", "AssumeRole", role["external"])},
		"external id given":                 {plain, input(role["external"], external), ""},
		"not trusted":                       {able, input(role["other"]), denied(user+"able", "AssumeRole", role["other"])},
		"cross-account, no permission":      {foreign, input(role["other"]), denied("arn:aws:iam::444455556666:user/foreign", "AssumeRole", role["other"])},
		"cross-account with both":           {foreignAble, input(role["other"]), ""},
		"session name":                      {plain, input(role["session"]), denied(user+"plain", "AssumeRole", role["session"])},
		"session name matches":              {plain, input(role["session"], func(in *sdk.AssumeRoleInput) { in.RoleSessionName = aws.String("ci-1") }), ""},
		"role's tag":                        {plain, input(role["tagged"]), ""},
		"missing role":                      {able, input(role["missing"]), denied(user+"able", "AssumeRole", role["missing"])},
		"root of the account":               {root, input(role["root"]), "Roles may not be assumed by root accounts."},
		"role of another case":              {able, input("arn:aws:iam::111122223333:role/ROOT"), denied(user+"able", "AssumeRole", "arn:aws:iam::111122223333:role/ROOT")},
		"source identity without the right": {plain, input(role["named"], identity("me")), denied(user+"plain", "SetSourceIdentity", role["named"])},
		"tags without the right":            {plain, input(role["named"], tags("k", "v")), denied(user+"plain", "TagSession", role["named"])},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tc.client.AssumeRole(t.Context(), tc.in)
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			requireError(t, err, "AccessDenied", tc.want)
		})
	}
	t.Run("explicit deny", func(t *testing.T) {
		t.Parallel()
		_, err := never.AssumeRole(t.Context(), input(role["named"]))
		var api interface{ ErrorCode() string }
		require.ErrorAs(t, err, &api)
		assert.Equal(t, "AccessDenied", api.ErrorCode())
	})
}

// rule 51: a role assumes itself when its trust policy says so, as it says of others,
// and not because its own policies do (AWS Security Blog, "Announcing an update to
// IAM role trust policy behavior").
func TestSelfAssumption(t *testing.T) {
	t.Parallel()
	eachDoor(t, selfAssumption)
}

func selfAssumption(t *testing.T, w *world) {
	u := w.user(t, w.iam, "alice", "")
	const role, session = "arn:aws:iam::111122223333:role/", "arn:aws:sts::111122223333:assumed-role/"
	w.role(t, "another", trust(assume, alice, ""))
	for name, tc := range map[string]struct {
		trusts    string // beside alice; NAME is the role
		permitted bool   // by the role's own policy
		want      bool
	}{
		"not-trusted":               {otherID, false, false},
		"permitted-not-trusted":     {otherID, true, false},
		"by-name":                   {role + "NAME", false, true},
		"by-name-permitted":         {role + "NAME", true, true},
		"another-session":           {session + "NAME/another", true, false},
		"the-session":               {session + "NAME/session", false, true},
		"the-account":               {accountID, false, false},
		"the-account-permitted":     {accountID, true, true},
		"everybody":                 {"*", false, true},
		"everybody-permitted":       {"*", true, true},
		"another-role-of-that-kind": {role + "another", true, false},
	} {
		arn := w.role(t, name, trust(assume, alice, ""))
		if tc.permitted {
			_, err := w.iam.PutRolePolicy(t.Context(), &iamsdk.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("p"), PolicyDocument: aws.String(allowAll)})
			require.NoError(t, err)
		}
		both := trust(assume, alice+`","`+strings.ReplaceAll(tc.trusts, "NAME", name), "")
		both = strings.Replace(strings.Replace(both, `"AWS":"`, `"AWS":["`, 1), `"},"Action"`, `"]},"Action"`, 1)
		_, err := w.iam.UpdateAssumeRolePolicy(t.Context(), &iamsdk.UpdateAssumeRolePolicyInput{RoleName: &name, PolicyDocument: &both})
		require.NoError(t, err, name)
		out, err := u.AssumeRole(t.Context(), input(arn))
		require.NoError(t, err)
		_, err = w.session(out.Credentials).AssumeRole(t.Context(), input(arn))
		if tc.want {
			require.NoError(t, err, name)
		} else {
			requireError(t, err, "AccessDenied", denied(session+name+"/session", "AssumeRole", arn))
		}
	}
}

// rule 81: what is wrong with a request.
func TestAssumeRoleInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.user(t, w.iam, "alice", "")
	role := w.role(t, "app", trust(every, alice, ""))
	const one = "1 validation error detected: Value "
	tests := map[string]struct {
		in            *sdk.AssumeRoleInput
		code, message string
	}{
		"nothing": {&sdk.AssumeRoleInput{}, "ValidationError", "2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null; Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null"},
		"session name": {input(role, func(in *sdk.AssumeRoleInput) { in.RoleSessionName = aws.String("Session1:2") }), "ValidationError",
			one + `'Session1:2' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`},
		"not a role":         {input("arn:aws:iam::111122223333:user/alice"), "ValidationError", "arn:aws:iam::111122223333:user/alice is invalid"},
		"not an ARN":         {input("role/of/twenty/letters"), "ValidationError", "role/of/twenty/letters is invalid"},
		"too short":          {input(role, seconds(899)), "ValidationError", one + "'899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"},
		"longer than role's": {input(role, seconds(3601)), "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."},
		"duplicate tags":     {input(role, tags("a", "1", "A", "2")), "InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive."},
		"reserved tag":       {input(role, tags("AWS:a", "1")), "InvalidParameterValue", "aws: prefixed tag key names are not allowed for external use."},
		"transitive":         {input(role, tags("a", "1"), transitive("b")), "InvalidParameterValue", "The specified transitive tag key must be included in the requested tags."},
		"session policy":     {input(role, func(in *sdk.AssumeRoleInput) { in.Policy = aws.String("{") }), "MalformedPolicyDocument", "Syntax errors in policy."},
		"policy ARN": {input(role, func(in *sdk.AssumeRoleInput) {
			in.PolicyArns = []types.PolicyDescriptorType{{Arn: aws.String("arn:aws:iam::111122223333:policy/none")}}
		}), "ValidationError", "Policy arn:aws:iam::111122223333:policy/none does not exist or is not attachable."},
		"policy ARNs": {input(role, func(in *sdk.AssumeRoleInput) {
			in.PolicyArns = slices.Repeat([]types.PolicyDescriptorType{{Arn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")}}, 11)
		}), "ValidationError", one + "'[" + strings.Repeat("PolicyDescriptorType(arn=arn:aws:iam::aws:policy/AdministratorAccess), ", 10) +
			"PolicyDescriptorType(arn=arn:aws:iam::aws:policy/AdministratorAccess)]' at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10"},
		"long session policy": {input(role, func(in *sdk.AssumeRoleInput) {
			in.Policy = aws.String(allowAll + strings.Repeat(" ", 2049-len(allowAll)))
		}), "PackedPolicyTooLarge", "Packed policy consumes 101% of allotted space, please use smaller policy."},
		"MFA": {input(role, func(in *sdk.AssumeRoleInput) {
			in.SerialNumber, in.TokenCode = aws.String("arn:aws:iam::111122223333:mfa/x"), aws.String("123456")
		}), "AccessDenied", "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user."},
		"trusted context": {input(role, func(in *sdk.AssumeRoleInput) {
			in.ProvidedContexts = []types.ProvidedContext{{ProviderArn: aws.String("arn:aws:iam::aws:contextProvider/IdentityCenter"), ContextAssertion: aws.String("asser")}}
		}), "ExpiredTokenException", "The trusted context assertion that was passed is expired or is not valid."},
		"too much": {input(role, func(in *sdk.AssumeRoleInput) {
			for i := range 20 {
				in.Tags = append(in.Tags, types.Tag{Key: aws.String(strings.Repeat("k", i+1)), Value: aws.String(strings.Repeat("v", 256))})
			}
		}), "PackedPolicyTooLarge", "Packed size of session tags consumes 131% of allotted space."},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := u.AssumeRole(t.Context(), tc.in)
			requireError(t, err, tc.code, tc.message)
		})
	}
}

func TestSessionPolicies(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	u := w.user(t, w.iam, "alice", "")
	role := w.role(t, "app", trust(assume, alice, ""))
	_, err := w.iam.PutRolePolicy(t.Context(), &iamsdk.PutRolePolicyInput{RoleName: aws.String("app"), PolicyName: aws.String("p"), PolicyDocument: aws.String(allowAll)})
	require.NoError(t, err)
	managed, err := w.iam.CreatePolicy(t.Context(), &iamsdk.CreatePolicyInput{PolicyName: aws.String("s3only"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`)})
	require.NoError(t, err)
	key := &sdk.GetAccessKeyInfoInput{AccessKeyId: aws.String("AKIAIOSFODNN7EXAMPLE")}
	root, _ := w.Account(accountID)
	key.AccessKeyId = &root.Root.AccessKeyID

	out, err := u.AssumeRole(ctx, input(role))
	require.NoError(t, err)
	info, err := w.session(out.Credentials).GetAccessKeyInfo(ctx, key)
	require.NoError(t, err)
	assert.Equal(t, accountID, *info.Account)

	out, err = u.AssumeRole(ctx, input(role, func(in *sdk.AssumeRoleInput) {
		in.PolicyArns = []types.PolicyDescriptorType{{Arn: managed.Policy.Arn}}
	}))
	require.NoError(t, err)
	assert.Positive(t, *out.PackedPolicySize)
	_, err = w.session(out.Credentials).GetAccessKeyInfo(ctx, key)
	requireError(t, err, "AccessDenied", "User: arn:aws:sts::111122223333:assumed-role/app/session is not authorized to perform: sts:GetAccessKeyInfo because no session policy allows the sts:GetAccessKeyInfo action")

	out, err = u.AssumeRole(ctx, input(role, func(in *sdk.AssumeRoleInput) {
		in.PolicyArns = []types.PolicyDescriptorType{{Arn: managed.Policy.Arn}}
		in.Policy = aws.String(allowAll)
	}))
	require.NoError(t, err)
	_, err = w.session(out.Credentials).GetAccessKeyInfo(ctx, key)
	require.NoError(t, err, "rule 43: session policies are a union")
}

// rule 51: what lasts over a chain of roles.
func TestRoleChain(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	u := w.user(t, w.iam, "alice", "")
	first := w.role(t, "first", trust(every, alice, ""))
	second := w.role(t, "second", trust(every, first, `"StringEquals":{"aws:PrincipalTag/team":"blue","sts:SourceIdentity":"me"}`))
	shy := w.role(t, "shy", trust(assume, "*", ""))
	_, err := w.iam.UpdateRole(t.Context(), &iamsdk.UpdateRoleInput{RoleName: aws.String("second"), MaxSessionDuration: aws.Int32(43200)})
	require.NoError(t, err)

	out, err := u.AssumeRole(ctx, input(first, tags("team", "blue", "cost", "7"), transitive("Team"), identity("me")))
	require.NoError(t, err)
	assert.Equal(t, "me", *out.SourceIdentity)
	chained := w.session(out.Credentials)

	const me = "arn:aws:sts::111122223333:assumed-role/first/session"
	_, err = chained.AssumeRole(ctx, input(second, seconds(3601)))
	requireError(t, err, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	_, err = chained.AssumeRole(ctx, input(second, tags("team", "red"), transitive("team")))
	requireError(t, err, "InvalidParameterValue", "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
	_, err = chained.AssumeRole(ctx, input(second, tags("TEAM", "red")))
	requireError(t, err, "InvalidParameterValue", "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
	_, err = chained.AssumeRole(ctx, input(second, identity("you")))
	requireError(t, err, "AccessDenied", "The source identity of the calling session can't be changed.")
	_, err = chained.AssumeRole(ctx, input(shy))
	requireError(t, err, "AccessDenied", denied(me, "SetSourceIdentity", shy))

	out, err = chained.AssumeRole(ctx, input(second))
	require.NoError(t, err)
	assert.Equal(t, "me", *out.SourceIdentity)
	c, ok := w.Credential(*out.Credentials.AccessKeyId)
	require.True(t, ok)
	s := c.Caller.Session
	assert.True(t, s.Chained)
	require.Len(t, s.Tags, 1)
	assert.Equal(t, "team", s.Tags[0].Key)
	assert.Equal(t, []string{"Team"}, s.TransitiveTagKeys)
}

// rule 54: credentials of GetSessionToken.
func TestGetSessionToken(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	u := w.user(t, w.iam, "alice", denyAll)
	out, err := u.GetSessionToken(ctx, &sdk.GetSessionTokenInput{})
	require.NoError(t, err, "policies cannot deny it")
	w.requireLife(t, 12*time.Hour, out.Credentials.Expiration)
	temporary := w.session(out.Credentials)
	who, err := temporary.GetCallerIdentity(ctx, &sdk.GetCallerIdentityInput{})
	require.NoError(t, err)
	assert.Equal(t, alice, *who.Arn)
	_, err = temporary.GetSessionToken(ctx, &sdk.GetSessionTokenInput{})
	requireError(t, err, "AccessDenied", "Cannot call GetSessionToken with session credentials")
	_, err = temporary.GetAccessKeyInfo(ctx, &sdk.GetAccessKeyInfoInput{AccessKeyId: out.Credentials.AccessKeyId})
	requireError(t, err, "AccessDenied", "Cannot call GetAccessKeyInfo with session credentials")

	rooted, err := w.sts.GetSessionToken(t.Context(), &sdk.GetSessionTokenInput{DurationSeconds: aws.Int32(7200), MinimumSessionTokenSize: aws.Int32(4096)})
	require.NoError(t, err)
	w.requireLife(t, time.Hour, rooted.Credentials.Expiration)
	assert.Len(t, *rooted.Credentials.SessionToken, 4096)
	assert.Equal(t, int32(100), *rooted.SessionTokenUtilization)
}

// GetSessionToken's credentials have the user's rights, and count as a chain.
func TestAssumeRoleWithSessionToken(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	u := w.user(t, w.iam, "alice", allowAll)
	role := w.role(t, "app", trust(assume, accountID, ""))
	_, err := w.iam.UpdateRole(t.Context(), &iamsdk.UpdateRoleInput{RoleName: aws.String("app"), MaxSessionDuration: aws.Int32(7200)})
	require.NoError(t, err)
	out, err := u.GetSessionToken(ctx, &sdk.GetSessionTokenInput{})
	require.NoError(t, err)
	temporary := w.session(out.Credentials)
	_, err = temporary.AssumeRole(ctx, input(role))
	require.NoError(t, err)
	_, err = temporary.AssumeRole(ctx, input(role, seconds(7200)))
	requireError(t, err, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	_, err = u.AssumeRole(ctx, input(role, seconds(7200)))
	require.NoError(t, err)
}

// Sessions of a role that was deleted can do nothing any more.
func TestDeletedRole(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	u := w.user(t, w.iam, "alice", "")
	role := w.role(t, "app", trust(assume, alice, ""))
	out, err := u.AssumeRole(ctx, input(role))
	require.NoError(t, err)
	_, err = w.iam.DeleteRole(t.Context(), &iamsdk.DeleteRoleInput{RoleName: aws.String("app")})
	require.NoError(t, err)
	_, err = w.session(out.Credentials).GetAccessKeyInfo(ctx, &sdk.GetAccessKeyInfoInput{AccessKeyId: out.Credentials.AccessKeyId})
	requireError(t, err, "InvalidClientTokenId", "The security token included in the request is invalid.")
	_, err = w.session(out.Credentials).GetCallerIdentity(ctx, &sdk.GetCallerIdentityInput{})
	requireError(t, err, "InvalidClientTokenId", "The security token included in the request is invalid.")
	w.role(t, "app", trust(assume, alice, ""))
	_, err = w.session(out.Credentials).GetCallerIdentity(ctx, &sdk.GetCallerIdentityInput{})
	requireError(t, err, "InvalidClientTokenId", "The security token included in the request is invalid.")
	_, err = w.iam.DeleteRole(t.Context(), &iamsdk.DeleteRoleInput{RoleName: aws.String("app")})
	require.NoError(t, err)
	_, err = w.sts.AssumeRole(t.Context(), input(role))
	requireError(t, err, "AccessDenied", denied("arn:aws:iam::111122223333:root", "AssumeRole", role))
}

func TestGetAccessKeyInfoOfUnknownKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.sts.GetAccessKeyInfo(t.Context(), &sdk.GetAccessKeyInfoInput{AccessKeyId: aws.String("AKIAIOSFODNN7EXAMPLE")})
	requireError(t, err, "ValidationError", "The access key id is not valid.")
}

// A World reads SAML only when it was asked to: see package saml.
func TestSAMLIsNotImplemented(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		in := &sdk.AssumeRoleWithSAMLInput{
			RoleArn: aws.String("arn:aws:iam::111122223333:role/app"), PrincipalArn: aws.String("arn:aws:iam::111122223333:saml-provider/idp"), SAMLAssertion: aws.String("AAAA"),
		}
		_, err := w.client("", "", "").AssumeRoleWithSAML(t.Context(), in)
		requireError(t, err, "NotImplemented", "sts AssumeRoleWithSAML needs a reader of SAML in this World: import github.com/leastpriv/leastpriv/fakeaws/sts/saml and call saml.Enable(world).")
		in.RoleArn = nil
		_, err = w.client("", "", "").AssumeRoleWithSAML(t.Context(), in)
		require.ErrorContains(t, err, "ValidationError")
	})
}

// The World's own hand opens sessions of every role, root may not.
func TestRootAssumesNoRole(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	in := input(w.role(t, "app", trust(assume, "arn:aws:iam::444455556666:root", "")))
	_, err := sdk.NewFromConfig(w.RootConfig(accountID)).AssumeRole(ctx, in)
	requireError(t, err, "AccessDenied", "Roles may not be assumed by root accounts.")
	out, err := w.sts.AssumeRole(ctx, in)
	require.NoError(t, err)
	who, err := w.session(out.Credentials).GetCallerIdentity(ctx, &sdk.GetCallerIdentityInput{})
	require.NoError(t, err)
	assert.Equal(t, *out.AssumedRoleUser.Arn, *who.Arn)
}

func FuzzAssumeRole(f *testing.F) {
	f.Add("arn:aws:iam::111122223333:role/app", "session", allowAll, "k", int32(900))
	f.Add(":::::role/", "", "{", "", int32(0))
	f.Add("arn:aws:iam::111122223333:role/app", "a b", "", "\xff", int32(-1))
	w := newWorld(f)
	w.role(f, "app", trust(every, "*", ""))
	f.Fuzz(func(t *testing.T, role, session, policy, key string, life int32) {
		out, err := w.sts.AssumeRole(t.Context(), &sdk.AssumeRoleInput{
			RoleArn: &role, RoleSessionName: &session, Policy: &policy, DurationSeconds: &life,
			Tags: []types.Tag{{Key: &key, Value: &session}}, TransitiveTagKeys: []string{key},
		})
		if err == nil {
			assert.NotEmpty(t, out.Credentials.AccessKeyId)
		}
	})
}

func BenchmarkAssumeRole(b *testing.B) {
	w := newWorld(b)
	u := w.user(b, w.iam, "alice", "")
	in := input(w.role(b, "app", trust(assume, alice, "")))
	b.Run("Do", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := w.sts.AssumeRole(b.Context(), in); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("client", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := u.AssumeRole(b.Context(), in); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("client GetCallerIdentity", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := u.GetCallerIdentity(b.Context(), &sdk.GetCallerIdentityInput{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
