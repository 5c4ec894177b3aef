package awstest

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
)

// Anonymous returns a caller without credentials, whose requests are not signed.
// S3 and SQS know such callers; other services refuse them with
// MissingAuthenticationToken.
func (a *Account) Anonymous() *Principal {
	return &Principal{account: a, name: "anonymous", credentials: nil}
}

// like returns p with other credentials. It takes no policies: those are p's.
func (p *Principal) like(c aws.Credentials) *Principal {
	return &Principal{account: p.account, name: p.name, arn: p.arn, credentials: func() aws.Credentials { return c }}
}

// session returns a principal that has temporary credentials.
func (a *Account) session(of *Principal, arn string, c *ststypes.Credentials) *Principal {
	return &Principal{account: a, name: of.name, arn: arn, credentials: func() aws.Credentials {
		return aws.Credentials{
			AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken,
			AccountID: a.acct.ID, Source: credentialSource,
		}
	}}
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
	ctx := a.background()
	key, err := a.iam().CreateAccessKey(ctx, &awsiam.CreateAccessKeyInput{UserName: &p.name})
	if err == nil {
		_, err = a.iam().UpdateAccessKey(ctx, &awsiam.UpdateAccessKeyInput{
			UserName: &p.name, AccessKeyId: key.AccessKey.AccessKeyId, Status: iamtypes.StatusTypeInactive,
		})
	}
	if err != nil {
		a.t.Fatalf("awstest: Inactive: only an access key of a user can be deactivated, and %s is not one that can get another: %v", p.arn, err)
		return nil
	}
	return p.like(aws.Credentials{
		AccessKeyID: *key.AccessKey.AccessKeyId, SecretAccessKey: *key.AccessKey.SecretAccessKey,
		AccountID: a.acct.ID, Source: credentialSource,
	})
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
	document := Document(Deny("*").If("DateLessThan", "aws:TokenIssueTime", before))
	name := "AWSRevokeOlderSessions"
	if _, err := a.iam().PutRolePolicy(a.background(), &awsiam.PutRolePolicyInput{
		RoleName: &p.name, PolicyName: &name, PolicyDocument: &document,
	}); err != nil {
		a.t.Fatalf("awstest: RevokeSessions: %s: %v", p.arn, err)
	}
}

// WithMFA returns p, a user, with temporary credentials of sts:GetSessionToken
// that were made with a code of an MFA device: aws:MultiFactorAuthPresent is true.
// The user gets a virtual device of its own for it, which shows real codes.
func (p *Principal) WithMFA() *Principal {
	a := p.account
	a.t.Helper()
	cred, ok := a.world.Credential(p.Credentials().AccessKeyID)
	if !ok || cred.Caller.Type != enforce.User || cred.Caller.Session != nil {
		a.t.Fatalf("awstest: WithMFA: %s: only a user has MFA devices; a role's trust policy sees the code of who assumes it", p.arn)
		return nil
	}
	device := a.mfaDevice(p)
	call := a.background()
	call.Caller = cred.Caller
	out, err := sts.Of(a.world).GetSessionToken(call, &awssts.GetSessionTokenInput{
		SerialNumber: &device.serial, TokenCode: device.code(a.Now()),
	})
	if err != nil {
		a.t.Fatalf("awstest: WithMFA: %s: %v", p.arn, err)
		return nil
	}
	return a.session(p, p.arn, out.Credentials)
}

// An mfaDevice is a virtual MFA device: RFC 6238, as AWS's.
type mfaDevice struct {
	serial string
	key    []byte
}

// mfaDevice makes a virtual MFA device and gives it to a user.
func (a *Account) mfaDevice(user *Principal) *mfaDevice {
	a.t.Helper()
	ctx, name := a.background(), user.name+"-"+a.world.IDs().Hex(8)
	made, err := a.iam().CreateVirtualMFADevice(ctx, &awsiam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: &name})
	if err != nil {
		a.t.Fatalf("awstest: MFA device of %s: %v", user.arn, err)
		return nil
	}
	d := &mfaDevice{serial: *made.VirtualMFADevice.SerialNumber}
	d.key, err = base32.StdEncoding.DecodeString(string(made.VirtualMFADevice.Base32StringSeed))
	if err == nil {
		// The codes of the past are used up, so that the present one is free.
		_, err = a.iam().EnableMFADevice(ctx, &awsiam.EnableMFADeviceInput{
			UserName: &user.name, SerialNumber: &d.serial,
			AuthenticationCode1: d.code(a.Now().Add(-2 * mfaStep)), AuthenticationCode2: d.code(a.Now().Add(-mfaStep)),
		})
	}
	if err != nil {
		a.t.Fatalf("awstest: MFA device of %s: %v", user.arn, err)
	}
	return d
}

const mfaStep = 30 * time.Second

// code is what the device shows at a time.
func (d *mfaDevice) code(at time.Time) *string {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(at.Unix()/int64(mfaStep/time.Second)))
	mac := hmac.New(sha1.New, d.key)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	return aws.String(fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1_000_000))
}

// provide is the credentials provider of a principal's config.
func (p *Principal) provide() aws.CredentialsProvider {
	if p.credentials == nil {
		return aws.AnonymousCredentials{}
	}
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return p.credentials(), nil })
}
