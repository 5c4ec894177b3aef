package awstest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
)

// credentialSource is the Source of the credentials that this package makes.
const credentialSource = "awstest"

// sessionDuration is how long the credentials of a role's config last. They are
// renewed as those of an instance profile are.
const sessionDuration = time.Hour

// A Principal is a user or role of an account, with credentials.
type Principal struct {
	account     *Account
	name        string
	arn         string
	credentials func() aws.Credentials
	attach      func(ctx context.Context, name, document string) error // nil for root
	attachARN   attacher
	mu          sync.Mutex
	attached    int
}

// Name returns the name of the user or role, or "root".
func (p *Principal) Name() string { return p.name }

// ARN returns the ARN of the user or role, as policies name it.
func (p *Principal) ARN() string { return p.arn }

// Config returns a config with the principal's credentials, ready for every
// NewFromConfig. A role's are those of a session that is named as the role, and
// are renewed when they expire.
func (p *Principal) Config() aws.Config {
	return p.account.config(p.provide())
}

// Credentials returns the access key, secret and session token of the principal;
// nothing of [Account.Anonymous].
func (p *Principal) Credentials() aws.Credentials {
	if p.credentials == nil {
		return aws.Credentials{}
	}
	return p.credentials()
}

// Env returns the principal's credentials, the region and the account's URL as
// KEY=VALUE, for the environment of a subprocess. It names no configuration
// files, so that the subprocess does not read the developer's own.
func (p *Principal) Env() []string {
	p.account.t.Helper()
	c := p.Credentials()
	env := []string{
		"AWS_ACCESS_KEY_ID=" + c.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY=" + c.SecretAccessKey,
		"AWS_REGION=" + p.account.options.region,
		"AWS_DEFAULT_REGION=" + p.account.options.region,
		"AWS_ENDPOINT_URL=" + p.account.URL(),
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=/dev/null",
		"AWS_SHARED_CREDENTIALS_FILE=/dev/null",
	}
	if c.SessionToken != "" {
		env = append(env, "AWS_SESSION_TOKEN="+c.SessionToken)
	}
	return env
}

// Attach adds policies to the principal, as inline policies; those of [Managed]
// it attaches. They count from the next call on.
func (p *Principal) Attach(policies ...Policy) {
	t := p.account.t
	t.Helper()
	if p.attach == nil {
		t.Fatalf("awstest: %s takes no policies: users and roles do, and root may do everything that no resource policy or organization denies", p.name)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, policy := range policies {
		if managed := managedARN(policy); managed != "" {
			if err := p.attachARN(p.account.background(), p.name, managed); err != nil {
				t.Fatalf("awstest: policy of %s: %v", p.arn, err)
			}
			continue
		}
		text, file, err := policy.document()
		if err != nil {
			t.Fatalf("awstest: policy of %s: %v", p.arn, err)
		}
		p.attached++
		ctx := p.account.background()
		ctx.PolicyFile = file
		if err := p.attach(ctx, fmt.Sprintf("policy-%d", p.attached), text); err != nil {
			t.Fatalf("awstest: policy of %s: %s", p.arn, explainPolicy(err, text, enforce.IdentityPolicy, file))
		}
	}
}

// With is what a new user, role or group is made with: a [Policy], [Boundary],
// [Trust], [Path], [Tags] or [InGroup].
type With interface{ with(*spec) }

type withFunc func(*spec)

func (f withFunc) with(s *spec) { f(s) }

// spec collects what With says.
type spec struct {
	policies []Policy
	boundary Policy
	trust    Policy
	path     *string
	tags     map[string]string
	groups   []*Group
}

// Boundary is a permissions boundary: the most that the principal may do,
// whatever its policies say.
func Boundary(p Policy) With { return withFunc(func(s *spec) { s.boundary = p }) }

// Trust is the trust policy of a role: who may assume it. The default trusts
// the role's own account, so that identity-based policies decide.
func Trust(p Policy) With { return withFunc(func(s *spec) { s.trust = p }) }

// Path is the path of a user, role or group: "/engineering/".
func Path(path string) With { return withFunc(func(s *spec) { s.path = &path }) }

// Tags are the tags of a user or role.
func Tags(tags map[string]string) With { return withFunc(func(s *spec) { s.tags = tags }) }

// InGroup puts a user into a group.
func InGroup(g *Group) With {
	return withFunc(func(s *spec) { s.groups = append(s.groups, g) })
}

func newSpec(with []With) *spec {
	s := new(spec)
	for _, w := range with {
		w.with(s)
	}
	return s
}

func (s *spec) tagList() []iamtypes.Tag {
	var tags []iamtypes.Tag
	for _, key := range slices.Sorted(maps.Keys(s.tags)) {
		tags = append(tags, iamtypes.Tag{Key: aws.String(key), Value: aws.String(s.tags[key])})
	}
	return tags
}

// User makes an IAM user with an access key.
func (a *Account) User(name string, with ...With) *Principal {
	a.t.Helper()
	s, svc, ctx := newSpec(with), a.iam(), a.background()
	if s.trust != nil {
		a.t.Fatalf("awstest: user %s: a user has no trust policy; roles do", name)
	}
	out, err := svc.CreateUser(ctx, &awsiam.CreateUserInput{
		UserName: &name, Path: s.path, Tags: s.tagList(), PermissionsBoundary: a.boundary("user-"+name, s),
	})
	if err != nil {
		a.t.Fatalf("awstest: user %s: %v", name, err)
	}
	key, err := svc.CreateAccessKey(ctx, &awsiam.CreateAccessKeyInput{UserName: &name})
	if err != nil {
		a.t.Fatalf("awstest: user %s: %v", name, err)
	}
	credentials := aws.Credentials{
		AccessKeyID: *key.AccessKey.AccessKeyId, SecretAccessKey: *key.AccessKey.SecretAccessKey,
		AccountID: a.acct.ID, Source: credentialSource,
	}
	p := &Principal{
		account:     a,
		name:        name,
		arn:         *out.User.Arn,
		credentials: func() aws.Credentials { return credentials },
		attach: func(ctx context.Context, policyName, document string) error {
			_, err := svc.PutUserPolicy(ctx, &awsiam.PutUserPolicyInput{UserName: &name, PolicyName: &policyName, PolicyDocument: &document})
			return err
		},
		attachARN: a.attachToUser,
	}
	p.Attach(s.policies...)
	for _, g := range s.groups {
		g.Add(p)
	}
	return p
}

// Role makes an IAM role and a session of it.
func (a *Account) Role(name string, with ...With) *Principal {
	a.t.Helper()
	s, svc, ctx := newSpec(with), a.iam(), a.background()
	if s.groups != nil {
		a.t.Fatalf("awstest: role %s: a role cannot be in a group; users can", name)
	}
	trust, file := a.trust(name, s)
	out, err := svc.CreateRole(ctx, &awsiam.CreateRoleInput{
		RoleName: &name, Path: s.path, Tags: s.tagList(), PermissionsBoundary: a.boundary("role-"+name, s),
		AssumeRolePolicyDocument: &trust,
	})
	if err != nil {
		a.t.Fatalf("awstest: role %s: %s", name, explainPolicy(err, trust, enforce.TrustPolicy, file))
	}
	session := &roleSession{account: a, arn: *out.Role.Arn, name: name}
	p := &Principal{
		account:     a,
		name:        name,
		arn:         *out.Role.Arn,
		credentials: session.credentials,
		attach: func(ctx context.Context, policyName, document string) error {
			_, err := svc.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: &name, PolicyName: &policyName, PolicyDocument: &document})
			return err
		},
		attachARN: a.attachToRole,
	}
	p.Attach(s.policies...)
	return p
}

// trust returns the text of a role's trust policy, and its file if it has one.
func (a *Account) trust(name string, s *spec) (text, file string) {
	a.t.Helper()
	switch trust := s.trust.(type) {
	case nil:
		return render(nil, []Statement{Allow("sts:AssumeRole").By(a.acct.ID)}), ""
	case Statement:
		return render(nil, []Statement{trust}), ""
	case statements:
		return render(nil, trust), ""
	}
	text, file, err := s.trust.document()
	if err != nil {
		a.t.Fatalf("awstest: trust policy of role %s: %v", name, err)
	}
	return text, file
}

// explainPolicy adds to AWS's words on a policy document, which are few, what is
// wrong with it and where.
func explainPolicy(err error, text string, kind enforce.Kind, file string) string {
	var doc *enforce.DocumentError
	if _, parseErr := enforce.Parse(text, kind, enforce.Source{File: file}); errors.As(parseErr, &doc) {
		return err.Error() + "\n" + doc.Error()
	}
	return err.Error()
}

// boundary makes the managed policy that a boundary must be, unless it is one,
// and returns its ARN.
func (a *Account) boundary(owner string, s *spec) *string {
	a.t.Helper()
	if s.boundary == nil {
		return nil
	}
	if managed := managedARN(s.boundary); managed != "" {
		return &managed
	}
	text, file, err := s.boundary.document()
	if err != nil {
		a.t.Fatalf("awstest: boundary of %s: %v", owner, err)
	}
	ctx := a.background()
	ctx.PolicyFile = file
	out, err := a.iam().CreatePolicy(ctx, &awsiam.CreatePolicyInput{
		PolicyName: aws.String("boundary-of-" + owner), PolicyDocument: &text,
	})
	if err != nil {
		a.t.Fatalf("awstest: boundary of %s: %s", owner, explainPolicy(err, text, enforce.IdentityPolicy, file))
	}
	return out.Policy.Arn
}

// A Group is an IAM group: a set of users that share its policies.
type Group struct {
	account *Account
	name    string
	arn     string
}

// Group makes an IAM group with inline policies.
func (a *Account) Group(name string, with ...With) *Group {
	a.t.Helper()
	s, svc, ctx := newSpec(with), a.iam(), a.background()
	if s.boundary != nil || s.trust != nil || s.tags != nil || s.groups != nil {
		a.t.Fatalf("awstest: group %s: an IAM group has policies and a path, nothing else", name)
	}
	out, err := svc.CreateGroup(ctx, &awsiam.CreateGroupInput{GroupName: &name, Path: s.path})
	if err != nil {
		a.t.Fatalf("awstest: group %s: %v", name, err)
	}
	for i, policy := range s.policies {
		if managed := managedARN(policy); managed != "" {
			if err := a.attachToGroup(ctx, name, managed); err != nil {
				a.t.Fatalf("awstest: policy of group %s: %v", name, err)
			}
			continue
		}
		text, file, err := policy.document()
		if err != nil {
			a.t.Fatalf("awstest: policy of group %s: %v", name, err)
		}
		ctx.PolicyFile = file
		if _, err := svc.PutGroupPolicy(ctx, &awsiam.PutGroupPolicyInput{
			GroupName: &name, PolicyName: aws.String(fmt.Sprintf("policy-%d", i+1)), PolicyDocument: &text,
		}); err != nil {
			a.t.Fatalf("awstest: policy of group %s: %s", name, explainPolicy(err, text, enforce.IdentityPolicy, file))
		}
	}
	return &Group{account: a, name: name, arn: *out.Group.Arn}
}

// Name returns the group's name.
func (g *Group) Name() string { return g.name }

// ARN returns the group's ARN. No policy can name a group as its principal.
func (g *Group) ARN() string { return g.arn }

// Add puts users into the group.
func (g *Group) Add(users ...*Principal) {
	g.account.t.Helper()
	for _, u := range users {
		_, err := g.account.iam().AddUserToGroup(g.account.background(), &awsiam.AddUserToGroupInput{
			GroupName: &g.name, UserName: &u.name,
		})
		if err != nil {
			g.account.t.Fatalf("awstest: group %s: %v", g.name, err)
		}
	}
}

// roleSession holds the current session of a role's config.
type roleSession struct {
	account *Account
	arn     string
	name    string

	mu      sync.Mutex
	current aws.Credentials
}

// credentials returns the session's credentials, renewed when they have expired
// by the World's clock. The SDK is not told when that is, for it would ask the machine's.
func (s *roleSession) credentials() aws.Credentials {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.account
	if s.current.HasKeys() && a.Now().Before(s.current.Expires) {
		return s.current
	}
	out, err := sts.Of(a.world).AssumeRole(a.background(), &awssts.AssumeRoleInput{
		RoleArn: &s.arn, RoleSessionName: &s.name, DurationSeconds: aws.Int32(int32(sessionDuration.Seconds())),
	})
	if err != nil {
		// The role was deleted: its old credentials tell so, as they do in AWS.
		return s.current
	}
	s.current = aws.Credentials{
		AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey,
		SessionToken: *out.Credentials.SessionToken, Expires: *out.Credentials.Expiration,
		AccountID: a.acct.ID, Source: credentialSource,
	}
	return s.current
}

func (a *Account) iam() *iam.Fake { return iam.Of(a.world) }
