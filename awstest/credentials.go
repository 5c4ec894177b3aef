package awstest

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// Anonymous returns a caller without credentials, whose requests are not signed.
// S3 and SQS know such callers; other services refuse them with
// MissingAuthenticationToken.
func (a *Account) Anonymous() *Principal {
	return &Principal{identity: identity{account: a, name: "anonymous"}}
}

// like returns p with other credentials. It takes no policies: those are p's.
func (p *Principal) like(c aws.Credentials) *Principal {
	return &Principal{
		identity:    identity{account: p.account, name: p.name, arn: p.arn},
		credentials: fixed(c),
	}
}

// UnknownKey returns p with an access key that AWS does not know. Services answer
// InvalidClientTokenId, UnrecognizedClientException or InvalidAccessKeyId.
func (p *Principal) UnknownKey() *Principal {
	ids := p.account.world.IDs()
	return p.like(aws.Credentials{
		AccessKeyID: ids.AccessKey("AKIA"), SecretAccessKey: ids.Secret(), AccountID: p.account.acct.ID, Source: credentialSource,
	})
}

// WrongSecret returns p with its access key and another secret. Services answer
// SignatureDoesNotMatch, or InvalidSignatureException.
func (p *Principal) WrongSecret() *Principal {
	c := p.Credentials()
	c.SecretAccessKey = p.account.world.IDs().Secret()
	return p.like(c)
}

// Inactive returns p, a user, with another access key that was deactivated.
// Services answer as to an unknown key.
func (p *Principal) Inactive() *Principal {
	a := p.account
	a.t.Helper()
	f := fixture{account: a, subject: "of " + p.arn}
	out, err := f.do(&awsiam.CreateAccessKeyInput{UserName: &p.name})
	if err != nil {
		a.t.Fatalf("awstest: Inactive: only an access key of a user can be deactivated, and %s is not one that can get another: %v", p.arn, err)
		return nil
	}
	key := out.(*awsiam.CreateAccessKeyOutput).AccessKey
	perform[awsiam.UpdateAccessKeyOutput](f, &awsiam.UpdateAccessKeyInput{
		UserName: &p.name, AccessKeyId: key.AccessKeyId, Status: iamtypes.StatusTypeInactive,
	})
	return p.like(a.longTerm(key))
}

// expiredFor is how long the credentials of Expired have expired.
const expiredFor = time.Minute

// Expired returns p with temporary credentials that have expired. Services answer
// ExpiredToken, or ExpiredTokenException.
func (p *Principal) Expired() *Principal {
	a := p.account
	a.t.Helper()
	cred, ok := a.world.Credential(p.Credentials().AccessKeyID)
	if !ok {
		a.t.Fatalf("awstest: Expired: %s has no credentials any more", p.arn)
		return nil
	}
	caller, ids := *cred.Caller, a.world.IDs()
	session := fakeaws.Session{Issued: a.Now().Add(-time.Hour)}
	if caller.Session != nil {
		session = *caller.Session
	}
	session.Expires = a.Now().Add(-expiredFor)
	caller.Session = &session
	expired := &fakeaws.Credential{
		AccessKeyID: ids.AccessKey("ASIA"), SecretAccessKey: ids.Secret(), SessionToken: ids.Token(len("a token")), Caller: &caller,
	}
	a.world.AddSession(expired)
	return p.like(aws.Credentials{
		AccessKeyID: expired.AccessKeyID, SecretAccessKey: expired.SecretAccessKey, SessionToken: expired.SessionToken,
		AccountID: a.acct.ID, Source: credentialSource,
	})
}

// RevokeSessions denies everything to the sessions that a role has, as the button
// "Revoke active sessions" of AWS's console does: with an inline policy about
// aws:TokenIssueTime. AWS counts in whole seconds, so that sessions of the same
// second are revoked too.
func (p *Principal) RevokeSessions() {
	a := p.account
	a.t.Helper()
	before := a.Now().Truncate(time.Second).Add(time.Second).UTC().Format(time.RFC3339)
	role := identity{account: a, kind: aRole, name: p.name, arn: p.arn} // p may be a session of it
	role.put("AWSRevokeOlderSessions", a.read(Deny("*").If("DateLessThan", "aws:TokenIssueTime", before), enforce.IdentityPolicy, p.arn, anyResource))
}
