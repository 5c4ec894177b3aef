package awstest

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/leastpriv/leastpriv/enforce"
)

// credentialSource is the Source of the credentials that this package makes.
const credentialSource = "awstest"

// sessionDuration is how long the credentials of a role's config last. They are
// renewed as those of an instance profile are.
const sessionDuration = time.Hour

// A Principal is who calls AWS: the root user, a user or role of an account, a session,
// or an anonymous caller ([Account.Anonymous]).
type Principal struct {
	identity
	credentials source // nil when anonymous
}

// A source gives a principal's credentials.
type source interface {
	get() (aws.Credentials, error)
	// in gives those that the principal has in a clone of its World, where account is its own.
	in(account *Account) source
}

// Config returns a config with the principal's credentials, ready for every
// NewFromConfig. A role's are those of a session that is named as the role, and
// are renewed when they expire. Where there are none to be had, the role being
// deleted, the test ends.
func (p *Principal) Config() aws.Config {
	p.account.t.Helper()
	p.mustHaveCredentials()
	return p.account.config(p.provide())
}

func (p *Principal) mustHaveCredentials() {
	p.account.t.Helper()
	if p.credentials == nil {
		return
	}
	if _, err := p.credentials.get(); err != nil {
		p.account.t.Fatalf("awstest: %s has no credentials: %v", p.arn, err)
	}
}

// Credentials returns the access key, secret and session token of the principal;
// nothing of [Account.Anonymous].
func (p *Principal) Credentials() aws.Credentials {
	p.account.t.Helper()
	if p.credentials == nil {
		return aws.Credentials{}
	}
	p.mustHaveCredentials()
	c, _ := p.credentials.get()
	return c
}

// provide is the credentials provider of a principal's config.
func (p *Principal) provide() aws.CredentialsProvider {
	if p.credentials == nil {
		return aws.AnonymousCredentials{}
	}
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return p.credentials.get() })
}

// NewUser makes an IAM user with an access key.
func (a *Account) NewUser(name string, options ...UserOption) *Principal {
	a.t.Helper()
	s := newSpec(options)
	out := perform[awsiam.CreateUserOutput](fixture{account: a, subject: name}, &awsiam.CreateUserInput{
		UserName: &name, Path: s.path, Tags: s.tagList(), PermissionsBoundary: a.boundary("user-"+name, s.boundary),
	})
	p := a.user(name, *out.User.Arn)
	p.Credentials()
	p.Attach(s.policies...)
	for _, g := range s.groups {
		g.Add(p)
	}
	return p
}

// user is a user that exists. It gets an access key when it is first asked for.
func (a *Account) user(name, arn string) *Principal {
	return &Principal{
		identity:    identity{account: a, kind: aUser, name: name, arn: arn},
		credentials: &accessKey{account: a, user: name},
	}
}

// An accessKey is that of a user, which is made when it is first asked for.
type accessKey struct {
	account *Account
	user    string

	mu      sync.Mutex
	current aws.Credentials
	copied  bool // of another World, so that this one may not have it
}

func (k *accessKey) get() (aws.Credentials, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.copied && !k.account.knows(k.current) {
		k.current = aws.Credentials{}
	}
	k.copied = false
	if k.current.HasKeys() {
		return k.current, nil
	}
	made, err := k.account.newAccessKey(k.user)
	if err == nil {
		k.current = made
	}
	return made, err
}

func (k *accessKey) in(account *Account) source {
	k.mu.Lock()
	defer k.mu.Unlock()
	return &accessKey{account: account, user: k.user, current: k.current, copied: true}
}

// knows reports whether the World has credentials.
func (a *Account) knows(c aws.Credentials) bool {
	_, ok := a.world.Credential(c.AccessKeyID)
	return ok
}

func (a *Account) newAccessKey(user string) (aws.Credentials, error) {
	out, err := fixture{account: a}.do(&awsiam.CreateAccessKeyInput{UserName: &user})
	if err != nil {
		return aws.Credentials{}, err
	}
	return a.longTerm(out.(*awsiam.CreateAccessKeyOutput).AccessKey), nil
}

// longTerm returns the credentials that are an access key.
func (a *Account) longTerm(key *iamtypes.AccessKey) aws.Credentials {
	return aws.Credentials{
		AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey, AccountID: a.acct.ID, Source: credentialSource,
	}
}

// NewRole makes an IAM role and a session of it.
func (a *Account) NewRole(name string, options ...RoleOption) *Principal {
	a.t.Helper()
	s := newSpec(options)
	var trust *document
	if s.trust != nil {
		trust = a.document(s.trust, enforce.TrustPolicy, "role "+name)
	} else {
		trust = a.read(Allow("sts:AssumeRole").By(a.acct.ID), enforce.TrustPolicy, "role "+name)
		trust.source.Implied = true
	}
	out := perform[awsiam.CreateRoleOutput](fixture{account: a, subject: name, policy: trust}, &awsiam.CreateRoleInput{
		RoleName: &name, Path: s.path, Tags: s.tagList(), PermissionsBoundary: a.boundary("role-"+name, s.boundary),
		AssumeRolePolicyDocument: &trust.text,
	})
	p := a.role(name, *out.Role.Arn)
	p.Attach(s.policies...)
	return p
}

// Role returns a role that the test did not make itself, by its name: one that a program has
// made, or a stack of CloudFormation.
func (a *Account) Role(name string) *Principal {
	a.t.Helper()
	out, err := fixture{account: a}.do(&awsiam.GetRoleInput{RoleName: &name})
	if err != nil {
		a.t.Fatalf("awstest: the role %s: %v", name, err)
		return nil
	}
	return a.role(name, *out.(*awsiam.GetRoleOutput).Role.Arn)
}

// role is a role that exists.
func (a *Account) role(name, arn string) *Principal {
	session := &roleSession{account: a, arn: arn, name: name}
	return &Principal{
		identity:    identity{account: a, kind: aRole, name: name, arn: arn},
		credentials: session,
	}
}

// boundary makes the managed policy that a boundary must be, unless it is one, and
// returns its ARN.
func (a *Account) boundary(owner string, p Policy) *string {
	a.t.Helper()
	if p == nil {
		return nil
	}
	if arn := managedARN(p); arn != "" {
		return &arn
	}
	arn := a.IAM().CreatePolicy("boundary-of-"+owner, p).ARN()
	return &arn
}

// A SessionOption is what [Principal.NewSession] makes a session with: [Tags], or a
// [Policy], which is a session policy.
type SessionOption interface {
	option
	forSessions()
}

// NewSession assumes a role with a name for the session, and tags and session policies
// if there are any: the principal "arn:aws:sts::ACCOUNT:assumed-role/ROLE/NAME". Its
// credentials last for an hour and are not renewed. What STS refuses ends the test.
func (p *Principal) NewSession(name string, options ...SessionOption) *Principal {
	a := p.account
	a.t.Helper()
	if p.kind != aRole {
		a.t.Fatalf("awstest: NewSession of %s: roles have sessions", p.arn)
		return nil
	}
	s := newSpec(options)
	in := &awssts.AssumeRoleInput{RoleArn: &p.arn, RoleSessionName: &name, DurationSeconds: aws.Int32(int32(sessionDuration.Seconds()))}
	f := fixture{account: a, subject: name + " of " + p.name}
	for _, policy := range s.policies {
		if arn := managedARN(policy); arn != "" {
			in.PolicyArns = append(in.PolicyArns, ststypes.PolicyDescriptorType{Arn: &arn})
			continue
		}
		if f.policy != nil {
			a.t.Fatalf("awstest: NewSession %s: a session has one session policy, and managed ones: use Statements", name)
			return nil
		}
		f.policy = a.document(policy, enforce.SessionPolicy, "session "+name, anyResource)
		in.Policy = &f.policy.text
	}
	for _, tag := range s.tagList() {
		in.Tags = append(in.Tags, ststypes.Tag{Key: tag.Key, Value: tag.Value})
	}
	out := perform[awssts.AssumeRoleOutput](f, in)
	return a.NewSession(out.AssumedRoleUser, out.Credentials)
}

// NewSession makes a principal of what sts:AssumeRole and its like answer: the session
// that they gave.
func (a *Account) NewSession(of *ststypes.AssumedRoleUser, c *ststypes.Credentials) *Principal {
	a.t.Helper()
	session, err := arn.Parse(aws.ToString(of.Arn))
	if err != nil {
		a.t.Fatalf("awstest: NewSession: %v", err)
		return nil
	}
	owner := *a
	if acct, ok := a.world.Account(session.AccountID); ok {
		owner.acct = acct
	}
	credentials := owner.temporary(c)
	return &Principal{
		identity:    identity{account: &owner, name: roleOf(session), arn: *of.Arn},
		credentials: fixed(credentials),
	}
}

// roleOf is the name of the role of a session's ARN, "assumed-role/ROLE/SESSION".
func roleOf(session arn.ARN) string {
	_, name, _ := strings.Cut(session.Resource, "/")
	name, _, _ = strings.Cut(name, "/")
	return name
}

// temporary returns temporary credentials, as STS gives them.
func (a *Account) temporary(c *ststypes.Credentials) aws.Credentials {
	return aws.Credentials{
		AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken,
		AccountID: a.acct.ID, Source: credentialSource,
	}
}

// roleSession holds the current session of a role's config.
type roleSession struct {
	account *Account
	arn     string
	name    string

	mu      sync.Mutex
	current aws.Credentials
	copied  bool // of another World, so that this one may not have it
}

// get returns the session's credentials, renewed when they have expired
// by the World's clock. The SDK is not told when that is, for it would ask the machine's.
// Of a role that was deleted the old ones tell so, as they do in AWS.
func (s *roleSession) get() (aws.Credentials, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.account
	if s.copied && !a.knows(s.current) {
		s.current = aws.Credentials{}
	}
	s.copied = false
	if s.current.HasKeys() && a.Now().Before(s.current.Expires) {
		return s.current, nil
	}
	answer, err := fixture{account: a}.do(&awssts.AssumeRoleInput{
		RoleArn: &s.arn, RoleSessionName: aws.String(sessionName(s.name)), DurationSeconds: aws.Int32(int32(sessionDuration.Seconds())),
	})
	switch {
	case err == nil:
	case s.current.HasKeys():
		return s.current, nil
	default:
		return aws.Credentials{}, err
	}
	c := answer.(*awssts.AssumeRoleOutput).Credentials
	s.current = a.temporary(c)
	s.current.Expires = *c.Expiration
	return s.current, nil
}

func (s *roleSession) in(account *Account) source {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &roleSession{account: account, arn: s.arn, name: s.name, current: s.current, copied: true}
}

// sessionName is the name of a role's session: the role's, which STS takes but where it
// is of one letter.
func sessionName(role string) string {
	if len(role) < 2 {
		return role + "-session"
	}
	return role
}

// fixed are credentials that are never renewed.
type fixed aws.Credentials

func (f fixed) get() (aws.Credentials, error) { return aws.Credentials(f), nil }

// in gives the credentials of another session where the clone has one in place of this.
func (f fixed) in(account *Account) source {
	account.shared.mu.Lock()
	defer account.shared.mu.Unlock()
	if c, ok := account.shared.sessions[f.AccessKeyID]; ok {
		return fixed(c)
	}
	return f
}
